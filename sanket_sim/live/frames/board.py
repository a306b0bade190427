"""Tiles and the points of charts."""

from __future__ import annotations

from dataclasses import dataclass

from sanket_sim.live.frames.standing import State


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
        The value as people read it, in `unit`; `value` and `goal` are in the unit of the series.
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
        Service level of the stretch: good intents per hundred.
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
class Verdicts:
    """Intents that have ended since the start of the run, the warm-up included.

    Parameters
    ----------
    good, failed, leaked : int
        Done as wished; not done, and no money astray; money astray.
    """

    good: int = 0
    failed: int = 0
    leaked: int = 0
