"""The transaction feed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sanket_sim.live.frames.standing import State

Verdict = Literal["ok", "review", "step-up", "decline", "blocked", "refused", "failed", "leaked"]
"""What became of a payment, in a word; see `FeedRow`."""


@dataclass(frozen=True, slots=True)
class FeedRow:
    """One payment that has ended.

    Parameters
    ----------
    tx_id : int
    at_ns : int
        When it ended: when the customer was told, or when money moved for the last time, if later.
    customer, counterparty : str
        As people call them; `customer_id` and `counterparty_id` open their inspectors.
    customer_id, counterparty_id : int
        -1: nobody.
    kind, channel, currency : str
    amount_minor : int
    latency_ms : float or None
    risk : float or None
        Score of the fraud service in [0, 1]; None: not assessed.
    risk_state : State
        ``warn`` from where this bank flags, ``critical`` from where it declines.
    verdict : Verdict
        In a word. What the fraud service decided, as the trace and the desk call it: ``review``
        (done, and flagged), ``step-up`` (a second factor was asked for, whether it came or not),
        ``decline``; ``blocked``: an account of it is. Else ``ok``, ``refused`` (the bank's own no,
        such as too little money), ``failed`` or ``leaked``.
    state : State
    reasons : tuple of str
        Why the fraud service, or the bank, decided so.
    leak_class : str
        Empty if nothing leaked.
    leak_minor : int
    root : str
        The service to blame for a failure or leak; empty if none is.
    truth : str
        The typology behind it; empty for honest ones. Behind a switch on the page.
    """

    tx_id: int
    at_ns: int
    customer: str
    counterparty: str
    customer_id: int
    counterparty_id: int
    kind: str
    channel: str
    currency: str
    amount_minor: int
    latency_ms: float | None
    risk: float | None
    verdict: Verdict
    state: State
    reasons: tuple[str, ...]
    leak_class: str
    leak_minor: int
    root: str
    truth: str
    risk_state: State = "idle"


@dataclass(frozen=True, slots=True)
class Feed:
    """The newest payments, newest last: a sample, in which flagged and leaked ones come first.

    `processed` counts all that have ended since the start, the warm-up included.
    """

    rows: tuple[FeedRow, ...]
    processed: int
