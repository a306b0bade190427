"""Alerts, and the evidence behind those of the fraud service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sanket_sim.live.frames.standing import State

AlertTopic = Literal[
    "SLO",
    "LEAKAGE",
    "BREAKER",
    "REPLICA",
    "QUEUE",
    "FRAUD",
    "ENERGY",
    "FAULT",
    "LEDGER",
    "COMMAND",
]
"""What an alert is about, in a word."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an analyst has before him when he opens an alert about fraud.

    Parameters
    ----------
    tx_id : int
        The payment that raised it, -1 for none.
    customer_id : int
        Whose payment it is, -1 while that is not known.
    customer : str
        As people call him.
    amount_minor : int
    currency : str
    score : float or None
        Of the fraud service in [0, 1]; None where monitoring raised the alert.
    decision : str
        ``review``, ``step_up`` or ``decline``, or ``monitoring``.
    reasons : tuple of str
        Rules that fired, or the pattern that monitoring saw.
    progress : str
        ``waiting``, ``taken_up``, ``cleared``, ``confirmed`` or ``frozen``.
    truth : str or None
        The typology behind it; empty for honest ones, None until the payment has ended. Behind a
        switch on the page.
    campaign_id : int
        -1: of no campaign. Behind the same switch.
    """

    tx_id: int
    customer_id: int
    customer: str
    amount_minor: int
    currency: str
    score: float | None
    decision: str
    reasons: tuple[str, ...]
    progress: str
    truth: str | None
    campaign_id: int = -1


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that somebody should look at.

    Parameters
    ----------
    alert_id : int
        Runs from 0; an alert keeps it when it changes.
    topic : AlertTopic
    severity : State
        ``ok`` is for information.
    title, detail : str
    begin_ns : int
    end_ns : int or None
        None while it lasts.
    subject_kind : str
        ``service``, ``agent``, ``payment`` or ``campaign``: what to open; empty for nothing.
    subject : str
    evidence : Evidence or None
        Of alerts about fraud on the analysts' desk.
    """

    alert_id: int
    topic: AlertTopic
    severity: State
    title: str
    detail: str
    begin_ns: int
    end_ns: int | None = None
    subject_kind: str = ""
    subject: str = ""
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Alerts:
    """The newest alerts, newest first, and how many are open."""

    alerts: tuple[Alert, ...]
    open: int
