"""How people call kinds of fraud, and what they count in them."""

from __future__ import annotations

_NAMES = {
    "card_testing": ("Card testing", "card"),
    "account_takeover": ("Account takeover", "victim"),
    "velocity_attack": ("Velocity attack", "card"),
    "app_scam": ("Payment scam", "account"),
    "mule_network": ("Mule ring", "account"),
    "layering": ("Layering", "account"),
    "smurfing": ("Smurfing", "account"),
    "structuring": ("Structuring", "account"),
    "synthetic_identity": ("Synthetic identities", "identity"),
    "front_business": ("Front business", "account"),
    "repeated_overseas": ("Repeated overseas", "account"),
    "u_turn": ("U-turn", "account"),
}
_PLURALS = {"identity": "identities"}
BY_PAYER = ("card", "victim", "identity")
"""What is counted by who pays; everything else by who pays or is paid."""


def title_of(typology: str) -> str:
    """Return what a kind of fraud is called.

    Examples
    --------
    >>> title_of("mule_network"), title_of("my_own_kind")
    ('Mule ring', 'My own kind')
    """
    name, _ = _NAMES.get(typology, (typology.replace("_", " ").capitalize(), ""))
    return name or "Fraud"


def noun_of(typology: str) -> str:
    """Return what is counted in a kind of fraud."""
    return _NAMES.get(typology, ("", "account"))[1]


def counted(typology: str, count: int) -> str:
    """Say how many.

    Examples
    --------
    >>> counted("card_testing", 20), counted("mule_network", 1), counted("synthetic_identity", 3)
    ('20 cards', '1 account', '3 identities')
    """
    noun = noun_of(typology)
    return f"{count:,} {noun if count == 1 else _PLURALS.get(noun, noun + 's')}"
