"""The fraud desk."""

from __future__ import annotations

from dataclasses import dataclass

from sanket_sim.live.frames.alerts import Alert


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What flagging everything from one score on would have meant, had nobody acted otherwise.

    Parameters
    ----------
    score : float
    recall, precision : float or None
    honest_share : float or None
        Honest payments flagged, of those judged.
    flagged_minor : int
        Attempts at their owners' money at or above the score, in the bank's first currency. Not
        what would have been stopped: who is asked for a second factor may prove it.
    """

    score: float
    recall: float | None
    precision: float | None
    honest_share: float | None
    flagged_minor: int


@dataclass(frozen=True, slots=True)
class Move:
    """One step of a campaign on its time-line.

    Parameters
    ----------
    fate : str
        ``moved``, ``stopped`` for suspicion, ``failed`` otherwise, or ``step``: no money meant.
    flagged : bool
        Whether the fraud service declined it, or asked for a second factor.
    debtor, creditor : int
        Agent ids, -1 for the world outside.
    """

    tx_id: int
    at_ns: int
    stage: str
    amount_minor: int
    currency: str
    fate: str
    flagged: bool
    debtor: int
    creditor: int


@dataclass(frozen=True, slots=True)
class Case:
    """A campaign as its file would tell it: all of it is ground truth.

    Parameters
    ----------
    found : bool
        Whether the bank has noticed it.
    begun_ns, last_ns : int
        Of its first and its latest payment so far.
    caught, missed, payments : int
    stopped_minor, lost_minor : int
        In the bank's first currency.
    accounts : int
        How many accounts it has touched.
    stages : dict
        Stage -> payments so far.
    moves : tuple of Move
        The newest, oldest first.
    uncounted : int
        Of its payments, those born in the warm-up: the desk's own figures leave them out.
    """

    campaign_id: int
    typology: str
    label: str
    found: bool
    begun_ns: int
    last_ns: int
    caught: int
    missed: int
    payments: int
    stopped_minor: int
    lost_minor: int
    accounts: int
    stages: dict[str, int]
    moves: tuple[Move, ...]
    uncounted: int = 0


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Scores from which the bank looks at a payment, asks for a second factor, and declines."""

    review: float
    step_up: float
    decline: float


@dataclass(frozen=True, slots=True)
class FraudDesk:
    """How the fraud service fares, and what analysts have before them.

    Parameters
    ----------
    alerts : tuple of Alert
        Newest first.
    caught, missed, false_alarms : int
        Fraudulent payments flagged and not, honest ones flagged: the truth, as the findings count
        it, so without the warm-up.
    recall, precision : float or None
    stopped_minor, lost_minor : int
        Money of fraud, in the bank's first currency.
    waiting, in_review : int
        Alerts that no analyst has taken up yet, and those that one has, but not judged. What joined
        an alert is judged with it, and waits no more; the findings count it as waiting for good.
    currency : str
        Of all money on the desk: the bank's first.
    thresholds : Thresholds or None
    what_if : tuple of WhatIf
        By score, lowest first; empty until fraud has been scored.
    cases : tuple of Case
        The campaigns with most payments, largest first: ground truth, the warm-up included.
    counts_from_ns : int
        When the warm-up is over: figures and what-if are of payments born since.
    warming_up : bool
        It is not over yet, and nothing is counted.
    unscored : int
        Of the missed, those that the fraud service was never asked about, or did not answer in
        time; the what-if is without them.
    """

    alerts: tuple[Alert, ...]
    caught: int
    missed: int
    false_alarms: int
    recall: float | None
    precision: float | None
    stopped_minor: int
    lost_minor: int
    waiting: int
    currency: str = ""
    thresholds: Thresholds | None = None
    what_if: tuple[WhatIf, ...] = ()
    cases: tuple[Case, ...] = ()
    counts_from_ns: int = 0
    warming_up: bool = False
    unscored: int = 0
    in_review: int = 0
