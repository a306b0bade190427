"""How busy the city is at every instant, and the exact way back from hazard to time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from sanket_sim.actors.business_days import BusinessDays
from sanket_sim.actors.presets import DaysSettings, PresetSettings, read_preset
from sanket_sim.actors.settings import DemandSettings, WaveSettings
from sanket_sim.core.units import DAY_NS, NS_PER_S

NEVER_NS = np.iinfo(np.int64).max
"""The time of what will not happen in this run."""

_GRID_NS = 300 * NS_PER_S
_HOURS_PER_DAY = 24.0
WEEKDAY_PEAKS = ((0.6, 12.5, 2.5), (0.4, 18.75, 2.0))
"""Share, middle [h] and deviation [h] of the busy times of a working day."""
_WEEKEND_PEAKS = ((1.0, 15.0, 3.5),)

Floats = NDArray[np.float64]
Times = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Surge:
    """A window in which demand is multiplied: a wave of the experiment or a load fault.

    Parameters
    ----------
    begin_ns, end_ns : int
        Window [ns since the start of the run].
    factor : float
        Multiplier on the plateau.
    ramp_ns : int
        Linear climb from 1 at the beginning and descent to 1 at the end, inside the window.
    """

    begin_ns: int
    end_ns: int
    factor: float
    ramp_ns: int = 0

    @classmethod
    def of_wave(cls, wave: WaveSettings) -> Surge:
        """Read a wave of the experiment."""
        return cls(wave.at, wave.at + wave.lasts, wave.factor, wave.ramp)

    def edges_ns(self) -> tuple[int, int, int, int]:
        """Return the instants at which the surge's law changes."""
        return (
            self.begin_ns,
            self.begin_ns + self.ramp_ns,
            self.end_ns - self.ramp_ns,
            self.end_ns,
        )

    def factor_at(self, at_ns: Times, begin_ns: Times, end_ns: Times) -> Floats:
        """Return the multiplier at `at_ns` as seen from inside the segments [begin, end)."""
        inside = (begin_ns >= self.begin_ns) & (end_ns <= self.end_ns)
        height = np.ones(len(at_ns))
        if self.ramp_ns:
            depth_ns = np.minimum(at_ns - self.begin_ns, self.end_ns - at_ns)
            height = np.clip(depth_ns / self.ramp_ns, 0.0, 1.0)
        return np.where(inside, 1.0 + (self.factor - 1.0) * height, 1.0)


class Demand:
    """The intensity of one customer of mean activity, linear between edges.

    Parameters
    ----------
    edges_ns : int64 array, shape (segments + 1,)
        Times at which the law of the intensity changes; the last is the end of arrivals.
    after, before : float64 array, shape (segments,) [1/s]
        Intensity just after the beginning and just before the end of each segment.

    Notes
    -----
    A customer of weight w acts when the cumulative intensity H(t) reaches S/w, S a sum of
    exponentials: time is H's inverse, which on a linear segment is the root of a quadratic,
    t = 2h / (a + sqrt(a^2 + 2bh)), free of cancellation.

    Examples
    --------
    >>> flat = Demand(np.array([0, 10 * NS_PER_S]), np.array([0.5]), np.array([0.5]))
    >>> flat.expected
    5.0
    >>> flat.instant_ns(np.array([1.0, 9.0])).tolist() == [2 * NS_PER_S, NEVER_NS]
    True
    """

    def __init__(self, edges_ns: Times, after: Floats, before: Floats) -> None:
        self.edges_ns, self.after, self.before = edges_ns, after, before
        lengths_s = np.diff(edges_ns) / NS_PER_S
        self.slope_per_s2 = (before - after) / lengths_s
        self.hazard = np.concatenate([[0.0], np.cumsum(0.5 * (after + before) * lengths_s)])

    @property
    def end_ns(self) -> int:
        """When arrivals stop [ns]."""
        return int(self.edges_ns[-1])

    @property
    def expected(self) -> float:
        """Return how often a customer of mean activity acts in the whole run."""
        return float(self.hazard[-1])

    def instant_ns(self, hazard: Floats) -> Times:
        """Return the times at which the cumulative intensity reaches `hazard`.

        Returns
        -------
        int64 array
            `NEVER_NS` where the run ends sooner.
        """
        reached = hazard < self.expected
        inside = np.where(reached, hazard, 0.0)
        segment = np.searchsorted(self.hazard, inside, side="right") - 1
        segment = np.minimum(segment, len(self.after) - 1)
        rest = inside - self.hazard[segment]
        begin = self.after[segment]
        root = np.sqrt(np.maximum(begin**2 + 2.0 * self.slope_per_s2[segment] * rest, 0.0))
        with np.errstate(invalid="ignore"):
            after_s = np.where(rest > 0.0, 2.0 * rest / (begin + root), 0.0)
        at_ns = self.edges_ns[segment] + (after_s * NS_PER_S).astype(np.int64)
        return np.where(reached, np.minimum(at_ns, self.edges_ns[segment + 1] - 1), NEVER_NS)

    def intensity(self, at_ns: Times, begin_ns: Times) -> Floats:
        """Return the intensity at instants, as seen from the segments that hold `begin_ns`."""
        segment = np.searchsorted(self.edges_ns, begin_ns, side="right") - 1
        since_s = (at_ns - self.edges_ns[segment]) / NS_PER_S
        return np.asarray(self.after[segment] + self.slope_per_s2[segment] * since_s)

    def with_surges(self, surges: Sequence[Surge]) -> Demand:
        """Return this demand, multiplied inside further windows.

        Examples
        --------
        >>> flat = Demand(np.array([0, 10 * NS_PER_S]), np.array([0.5]), np.array([0.5]))
        >>> flat.with_surges([Surge(4 * NS_PER_S, 6 * NS_PER_S, 3.0)]).expected
        7.0
        """
        edges = [self.edges_ns, *(np.array(surge.edges_ns()) for surge in surges)]
        edges_ns = np.unique(np.concatenate(edges))
        edges_ns = edges_ns[(edges_ns >= 0) & (edges_ns <= self.end_ns)]
        begin_ns, stop_ns = edges_ns[:-1], edges_ns[1:]
        after, before = self.intensity(begin_ns, begin_ns), self.intensity(stop_ns, begin_ns)
        for surge in surges:
            after = after * surge.factor_at(begin_ns, begin_ns, stop_ns)
            before = before * surge.factor_at(stop_ns, begin_ns, stop_ns)
        return Demand(edges_ns, after, before)

    def hazard_at(self, at_ns: int) -> float:
        """Return the cumulative intensity at an instant."""
        at_ns = min(max(at_ns, 0), self.end_ns)
        segment = int(np.searchsorted(self.edges_ns, at_ns, side="right")) - 1
        segment = min(segment, len(self.after) - 1)
        span_s = (at_ns - int(self.edges_ns[segment])) / NS_PER_S
        slope = float(self.slope_per_s2[segment])
        return float(self.hazard[segment] + span_s * (self.after[segment] + 0.5 * slope * span_s))


def demand_of(
    settings: DemandSettings,
    customers: int,
    start: datetime,
    end_ns: int,
    load: Iterable[Surge] = (),
    preset: PresetSettings | None = None,
) -> Demand:
    """Compile the settings of an experiment into the intensity of one mean customer.

    Parameters
    ----------
    settings : DemandSettings
    customers : int
        A flat rate of the city is shared among so many.
    start : datetime
        Local time at which the run begins; decides the place in day and week.
    end_ns : int
        When arrivals stop [ns since the start].
    load : iterable of Surge
        Further multipliers, such as those of load faults.
    preset : PresetSettings, optional
        Says with ``rate = "model"`` how days differ, and whether people act by the routes' weights
        at all; `modern` by default.
    """
    surges = [*map(Surge.of_wave, settings.wave), *load]
    preset = preset or read_preset("modern")
    edges_ns = _edges_ns(surges, start, end_ns, settings.rate == "model")
    begin_ns, stop_ns = edges_ns[:-1], edges_ns[1:]
    if isinstance(settings.rate, str):
        base = settings.per_customer if preset.by_weights else 0.0
        days = preset.days, BusinessDays(frozenset(settings.holidays))
        after = base * _profile(begin_ns, begin_ns, start, *days)
        before = base * _profile(stop_ns, begin_ns, start, *days)
    else:
        after = np.full(len(begin_ns), settings.rate / customers)
        before = after.copy()
    for surge in surges:
        after *= surge.factor_at(begin_ns, begin_ns, stop_ns)
        before *= surge.factor_at(stop_ns, begin_ns, stop_ns)
    return Demand(edges_ns, after, before)


def _edges_ns(surges: list[Surge], start: datetime, end_ns: int, profile: bool) -> Times:
    edges = [np.array([0, end_ns], dtype=np.int64)]
    edges += [np.array(surge.edges_ns(), dtype=np.int64) for surge in surges]
    if profile:
        edges.append(np.arange(-_since_midnight_ns(start) % _GRID_NS, end_ns, _GRID_NS))
    together = np.unique(np.concatenate(edges))
    return together[(together >= 0) & (together <= end_ns)]


def _since_midnight_ns(start: datetime) -> int:
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    return round((start - midnight).total_seconds() * NS_PER_S)


def _profile(
    at_ns: Times,
    segment_begin_ns: Times,
    start: datetime,
    factors: DaysSettings,
    open_: BusinessDays,
) -> Floats:
    """Return the preset's factor at `at_ns`, by the day in which the segment begins."""
    offset_ns = _since_midnight_ns(start)
    day = (segment_begin_ns + offset_ns) // DAY_NS
    hour = (at_ns + offset_ns - day * DAY_NS) / (3600.0 * NS_PER_S)
    dates = [start.date() + timedelta(days=int(n)) for n in range(int(day[-1]) + 1)]
    free = np.array([not open_.is_open(date) for date in dates])[day]
    level = np.array([_day_factor(date, factors, open_) for date in dates])[day]
    working, resting = (density_of_peaks(hour, peaks) for peaks in (WEEKDAY_PEAKS, _WEEKEND_PEAKS))
    return np.asarray(level * np.where(free, resting, working), dtype=np.float64)


def density_of_peaks(hour: Floats, peaks: Sequence[tuple[float, float, float]]) -> Floats:
    """Return the density of the hour of day, wrapped at midnight, with mean 1 over a day.

    Parameters
    ----------
    hour : float64 array [h]
    peaks : sequence of (share, middle, deviation)
        Bells whose shares add up to 1; if they do not, the mean over a day is their sum.
    """
    density = np.zeros(len(hour))
    for share, mean_h, deviation_h in peaks:
        for turn in (-_HOURS_PER_DAY, 0.0, _HOURS_PER_DAY):
            z = (hour - mean_h + turn) / deviation_h
            density += share * np.exp(-0.5 * z * z) / (deviation_h * np.sqrt(2.0 * np.pi))
    return _HOURS_PER_DAY * density


def _day_factor(day: date, factors: DaysSettings, days: BusinessDays) -> float:
    factor = 1.0 if days.is_open(day) else factors.weekend
    if days.is_payday(day):
        factor *= factors.payday
    return factor * (factors.months[day.month - 1] if factors.months else 1.0)
