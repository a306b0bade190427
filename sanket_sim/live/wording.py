"""Codes in plain words, short enough for a table."""

from __future__ import annotations

import re

_DECLINES = {
    "none": "",
    "exceeds_credits": "not enough money",
    "amount_must_be_positive": "amount not above zero",
    "accounts_must_be_different": "payer and payee are the same",
    "exists": "posted already",
    "limit_exceeded": "over the limit",
    "suspected_fraud": "suspected fraud",
    "pending_transfer_not_found": "no such hold",
    "pending_transfer_already_posted": "hold already captured",
    "not_captured": "nothing was captured",
    "refund_exceeds_capture": "more than was captured",
    "accounts_must_have_the_same_ledger": "accounts in two currencies",
    "exists_with_different_amount": "key used for another payment",
    "exceeds_pending_transfer_amount": "more than was authorised",
    "pending_transfer_already_voided": "hold already given back",
    "pending_transfer_expired": "hold has lapsed",
    "credit_account_already_closed": "payee's account is closed",
    "amount_out_of_range": "amount out of range",
    "amount_malformed": "amount cannot be read",
    "payee_mismatch": "payee's name does not match",
    "already_reversed": "cancelled before",
    "not_settled": "funds have not come",
    "stand_in_limit": "over the stand-in limit",
    "creditor_timeout": "scheme's clock ran out",
    "refused_by_creditor": "refused by the payee",
    "not_found": "not found",
    "account_frozen": "account is blocked",
    "not_authenticated": "second factor did not come",
    "identity_not_verified": "identity not proven",
    "debit_account_already_closed": "payer's account is not open",
    "check_failed": "a check gave no answer",
}
_OUTCOMES = {
    "OK": "answered",
    "APP_ERROR": "said no",
    "FALLBACK": "went on without it",
    "UNAVAILABLE": "service unavailable",
    "TIMEOUT": "timed out",
    "DEADLINE_EXCEEDED": "deadline passed",
    "CONNECTION_RESET": "connection lost",
    "REJECTED": "queue was full",
    "RATE_LIMITED": "rate limit",
    "BULKHEAD_FULL": "too many calls at once",
    "CIRCUIT_OPEN": "breaker was open",
    "NO_INSTANCE": "no replica was up",
    "CANCELLED": "called off",
    "IN_FLIGHT": "still under way",
}


def decline_in_words(reason: str) -> str:
    """Say why a business decision was a no.

    Examples
    --------
    >>> decline_in_words("exceeds_credits"), decline_in_words("none")
    ('not enough money', '')
    """
    return _DECLINES.get(reason, in_words(reason))


def failure_in_words(outcome: str) -> str:
    """Say how a call went wrong.

    Examples
    --------
    >>> failure_in_words("NO_INSTANCE")
    'no replica was up'
    """
    return _OUTCOMES.get(outcome, in_words(outcome.lower()))


def in_words(code: str) -> str:
    """Write a code as words.

    Examples
    --------
    >>> in_words("new_payee_large"), in_words("card-testing"), in_words("fx_payment")
    ('new payee large', 'card testing', 'FX payment')
    """
    return " ".join(_CAPITALS.get(word, word) for word in re.split("[ _-]", code))


_CAPITALS = {"fx": "FX"}
"""Words that are written in capitals."""


def with_article(noun: str) -> str:
    """Put the article before a noun as it is spoken.

    Examples
    --------
    >>> with_article("transfer"), with_article("instant payment"), with_article("FX payment")
    ('a transfer', 'an instant payment', 'an FX payment')
    """
    return f"{'an' if noun[0] in 'aeiou' or noun.startswith('FX') else 'a'} {noun}"


def place_in_words(place: str) -> str:
    """Write what a fault or trap strikes: a service, an edge, or kinds of payments.

    Examples
    --------
    >>> place_in_words("core_banking"), place_in_words("gateway->payment.pay")
    ('core banking', 'gateway->payment.pay')
    >>> place_in_words("cash_withdrawal,fx_payment,transfer")
    'cash withdrawal, FX payment and transfer'
    """
    if "->" in place:
        return place
    *some, last = map(in_words, place.split(","))
    return f"{', '.join(some)} and {last}" if some else last
