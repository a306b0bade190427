"""Where a flight stands, and the words that all frames share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sanket_sim.bank.health import Health

WINDOW_S = 15
"""Length of the sliding window behind every rate, percentile and share that moves [s]."""
POINTS_MAX = 600
"""Most points of a chart over the whole run; what is longer gets wider points."""

FlightState = Literal[
    "empty", "starting", "ready", "running", "paused", "measuring", "ended", "failed"
]
STEERABLE: tuple[FlightState, ...] = ("ready", "running", "paused")
"""States in which a run takes orders."""
State = Health
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
    title, file : str
        What people call the experiment, and the name of the file that it was read from.
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
    counts_from_ns : int
        When the warm-up is over: what is counted was born since.
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
    counts_from_ns: int = 0
    title: str = ""
    file: str = ""


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
class Changed:
    """A setting that is otherwise now than the bank has it.

    Parameters
    ----------
    target : str
        An edge or a service; empty for the controls of the whole bank.
    setting : str
        As a `config` or `control` fault names it: ``retry.attempts``, ``workers``,
        ``idempotency_key``.
    value : bool, int, float or str
        As such a fault takes it.
    by : str
        ``"experiment"``, or who commanded it.
    since_ns : int
    """

    target: str
    setting: str
    value: bool | int | float | str
    by: str
    since_ns: int
