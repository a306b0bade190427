"""What leaves a flight: plain records, as JSON, which pages and the API show as they are.

Rates are per simulated second over the last `WINDOW_S` seconds unless said otherwise; shares are in
[0, 1]; money is in minor units with its currency beside it; instants are nanoseconds of simulated
time since the start of the run. What cannot be known yet is None. `state` is one of ``"ok"``,
``"warn"``, ``"critical"`` and ``"idle"`` (nothing to judge); colours are the page's business.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

WINDOW_S = 15
"""Length of the sliding window behind every rate, percentile and share that moves [s]."""
POINTS_MAX = 600
"""Most points of a chart over the whole run; what is longer gets wider points."""

FlightState = Literal[
    "empty", "starting", "ready", "running", "paused", "measuring", "ended", "failed"
]
State = Literal["ok", "warn", "critical", "idle"]
Topic = Literal["metrics", "transactions", "fraud_alerts", "alerts", "agents"]
TOPICS: tuple[Topic, ...] = ("metrics", "transactions", "fraud_alerts", "alerts", "agents")


@dataclass(frozen=True, slots=True)
class RunStatus:
    """Where a flight stands.

    Parameters
    ----------
    run_id : int
        Grows by one with every start and reset; frames of an older one are stale.
    experiment, question, model : str
    seed : int
    state : FlightState
        ``starting``: its process builds the bank; ``ready``: nothing has happened yet;
        ``measuring``: the last tick is over, findings and report are being written; ``ended``:
        they are there.
    now_ns, duration_ns, end_ns : int
        Simulated; arrivals stop at `duration_ns`, draining ends at `end_ns` at the latest.
    start : str
        Local time at which the run begins, ISO 8601.
    speed, speed_reached : float
        Simulated seconds per second of wall time: asked for, and had of late.
    folder : str
        The run's, empty before it exists.
    message : str
        Why it failed, or how it ended.
    processed : int
        Intents ended so far.
    conserved : bool
        Whether every law of money has held so far.
    """

    run_id: int
    experiment: str
    question: str
    model: str
    seed: int
    state: FlightState
    now_ns: int
    duration_ns: int
    end_ns: int
    start: str
    speed: float
    speed_reached: float
    folder: str = ""
    message: str = ""
    processed: int = 0
    conserved: bool = True


@dataclass(frozen=True, slots=True)
class Tile:
    """One number that a glance must catch.

    Parameters
    ----------
    key : str
        ``throughput``, ``p99``, ``leakage``, ``resilience``, ``recall`` or ``carbon``.
    label, unit : str
    value : float or None
    text : str
        The value as people read it, without the unit.
    state : State
    chip : str
        The state in a word or a figure: ``"SLO breach"``, ``"-20 %"``.
    facts : tuple of str
        Two short facts below: left and right.
    series : str
        The column of `Point` behind the sparkline.
    goal : float or None
        The objective, in the series' unit: the dashed line.
    """

    key: str
    label: str
    unit: str
    value: float | None
    text: str
    state: State
    chip: str
    facts: tuple[str, str]
    series: str
    goal: float | None = None


@dataclass(frozen=True, slots=True)
class Replica:
    """One copy of a service: ``UP``, ``DOWN``, ``PAUSED``, ``STARTING``, ... and its load."""

    state: str
    busy: int
    workers: int


@dataclass(frozen=True, slots=True)
class ServiceNow:
    """One service on the map.

    Parameters
    ----------
    name, label : str
    x, y : float
        Grid coordinates: columns from the left, rows from the top.
    state : State
    replicas : tuple of Replica
    rate_per_s : float
        Attempts answered.
    p50_ms, p95_ms, p99_ms : float or None
        Of the time its callers waited for it.
    utilisation : float
        Busy workers as a share of all.
    queue : int
    error_share, retry_share, timeout_share : float
        Of the attempts upon it.
    leak_share : float
        Leaks whose root it is, as a share of the intents that ended in the window: the heat.
    leaked : int
        The same since the start of the run, counted.
    leak_minor : int
        And its gross value, in the bank's first currency.
    breaker : str
        The worst of the breakers on edges to it: ``closed``, ``half_open`` or ``open``; "" none.
    power_w : float
    """

    name: str
    label: str
    x: float
    y: float
    state: State
    replicas: tuple[Replica, ...]
    rate_per_s: float
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    utilisation: float
    queue: int
    error_share: float
    retry_share: float
    timeout_share: float
    leak_share: float
    leaked: int
    leak_minor: int
    breaker: str
    power_w: float


@dataclass(frozen=True, slots=True)
class EdgeNow:
    """All calls from one service to another (``client`` is the customers' devices)."""

    caller: str
    callee: str
    rate_per_s: float
    error_share: float
    retry_share: float
    breaker: str


@dataclass(frozen=True, slots=True)
class Point:
    """One point of every chart: one stretch of simulated time.

    Parameters
    ----------
    index : int
        Runs from 0 without gaps; pages drop what they have already.
    end_ns : int
    completed, failed : float
        Intents per second that ended well, and not.
    p50_ms, p95_ms, p99_ms : float or None
        Of the time customers waited.
    leak_share : float
        Leaked intents of those that ended.
    leaks : dict
        The same by cause, `LeakClass` name -> share.
    resilience : float or None
        Score of the stretch, 0 to 100.
    recall : float or None
        Share of fraud stopped so far.
    power_w : float
    carbon_mg : float or None
        CO2e for each intent that ended well [mg].
    """

    index: int
    end_ns: int
    completed: float
    failed: float
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    leak_share: float
    leaks: dict[str, float]
    resilience: float | None
    recall: float | None
    power_w: float
    carbon_mg: float | None


@dataclass(frozen=True, slots=True)
class Disturbance:
    """A stretch on the time-line in which something is disturbed.

    Parameters
    ----------
    fault_id : int
    kind, target, label : str
    begin_ns, end_ns : int
    by : str
        ``"experiment"``, or who commanded it.
    trap : bool
    pending : bool
        Commanded and on the run's record, but no time has passed since: its `fault_id` is
        negative until it takes effect.
    """

    fault_id: int
    kind: str
    target: str
    label: str
    begin_ns: int
    end_ns: int
    by: str
    trap: bool
    pending: bool = False


@dataclass(frozen=True, slots=True)
class Metrics:
    """Everything that moves at five frames a second but lists and agents."""

    run: RunStatus
    tiles: tuple[Tile, ...]
    services: tuple[ServiceNow, ...]
    edges: tuple[EdgeNow, ...]
    points: tuple[Point, ...]
    """The newest: those that the last frame did not bring, and a few before them."""
    disturbances: tuple[Disturbance, ...]
    point_ns: int = 0
    """Length of a point; a frame in which it has changed brings every point there is, anew."""


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
    verdict : str
        In a word: ``ok``, ``review``, ``hold``, ``declined``, ``failed`` or ``leaked``.
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
    verdict: str
    state: State
    reasons: tuple[str, ...]
    leak_class: str
    leak_minor: int
    root: str
    truth: str


@dataclass(frozen=True, slots=True)
class Feed:
    """The newest payments, newest last: a sample, in which flagged and leaked ones come first."""

    rows: tuple[FeedRow, ...]
    processed: int


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
    truth : str
        The typology behind it; empty for honest ones. Behind a switch on the page.
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
    truth: str
    campaign_id: int = -1


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that somebody should look at.

    Parameters
    ----------
    alert_id : int
        Runs from 0; an alert keeps it when it changes.
    topic : str
        ``SLO``, ``LEAKAGE``, ``BREAKER``, ``REPLICA``, ``QUEUE``, ``FRAUD``, ``ENERGY``, ``FAULT``,
        ``LEDGER`` or ``COMMAND``.
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
    topic: str
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


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What flagging everything from one score on would have meant, had nobody acted otherwise.

    Parameters
    ----------
    score : float
    recall, precision : float or None
    honest_share : float or None
        Honest payments flagged, of those judged.
    stopped_minor : int
        Attempts at their owners' money at or above the score, in the bank's first currency.
    """

    score: float
    recall: float | None
    precision: float | None
    honest_share: float | None
    stopped_minor: int


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
        Fraudulent payments stopped and not, honest ones flagged: the truth, since the start.
    recall, precision : float or None
    stopped_minor, lost_minor : int
        Money of fraud, in the bank's first currency.
    waiting : int
        Alerts that no analyst has judged yet.
    currency : str
        Of all money on the desk: the bank's first.
    thresholds : Thresholds or None
    what_if : tuple of WhatIf
        By score, lowest first; empty until fraud has been scored.
    cases : tuple of Case
        The campaigns with most payments, largest first: ground truth.
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


@dataclass(frozen=True, slots=True)
class AgentDot:
    """One agent of the picture; its place stays where it is for the whole run.

    Parameters
    ----------
    agent_id : int
    role : str
        ``customer``, ``merchant``, ``mule`` or ``fraudster``.
    x, y : float
        In [0, 1]; communities lie together.
    state : State
        ``critical`` once the fraud service or an analyst has found it, ``warn`` while suspected.
    found : bool
        Whether the bank knows of a crime here. Where it does not, that somebody is a mule or a
        fraudster is ground truth, behind a switch.
    name : str
        As people call him.
    """

    agent_id: int
    role: str
    x: float
    y: float
    state: State
    found: bool = False
    name: str = ""


@dataclass(frozen=True, slots=True)
class Flow:
    """Money that has lately gone from one agent to another; `campaign_id` -1 for honest money.

    An amount of 0 leads from a fraudster to an account in whose name he acts.
    """

    debtor: int
    creditor: int
    campaign_id: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Campaign:
    """A fraud that is under way: its label stands beside its agents.

    Parameters
    ----------
    campaign_id : int
    typology, label : str
        The label says what, how many and how much: ``"Mule ring · 7 accounts · 18,240 EUR"``.
    agents : tuple of int
    found : bool
        Whether the bank has noticed it; what it has not noticed is ground truth, behind a switch.
    """

    campaign_id: int
    typology: str
    label: str
    agents: tuple[int, ...]
    found: bool


@dataclass(frozen=True, slots=True)
class Crowd:
    """The agent view: a sample of everyone, and everyone who matters."""

    dots: tuple[AgentDot, ...]
    flows: tuple[Flow, ...]
    campaigns: tuple[Campaign, ...]
    active: int
    """How many moved money in the last window."""


@dataclass(frozen=True, slots=True)
class History:
    """What a page needs that comes late: every point so far, and the latest of everything."""

    points: tuple[Point, ...] = field(default_factory=tuple)


Body = Metrics | Feed | FraudDesk | Alerts | Crowd
