"""Objectives: latency, and the error budget by multi-window burn rates."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from sanket_sim.analysis.recovery import BURN_RULES, burn_scale
from sanket_sim.analysis.timeline import Timeline
from sanket_sim.core.shares import percent
from sanket_sim.core.units import NS_PER_MS, NS_PER_S
from sanket_sim.live.frames import WINDOW_S, State
from sanket_sim.live.meters import figures
from sanket_sim.live.meters.instruments import Instruments
from sanket_sim.live.meters.tally import Count
from sanket_sim.live.watches.alarm_book import AlarmBook, Latch, Measure, Notice
from sanket_sim.simulation.experiment import Experiment
from sanket_sim.trace.batch import TraceBatch

TOPIC: Final = "SLO"
CLEAR = 0.9
"""Latency is well again below this share of its objective (chosen)."""
ON_S, OFF_S = 3.0, 15.0
"""How long an objective must be missed, and met, before anybody is told (chosen)."""
_LATENCY_RULE = (
    f"Raised when the 99th percentile of the last {WINDOW_S} s lies above the objective for "
    f"{ON_S:.0f} s; over when it lies below {100 * CLEAR:.0f} % of it for {OFF_S:.0f} s."
)
_BUDGET_RULE = (
    "Raised when the error budget burns faster than a burn-rate rule allows, in its long and in "
    f"its short window; over when no rule has fired for {OFF_S:.0f} s."
)


class LatencyWatch:
    """Holds the 99th percentile of the window against its objective."""

    def __init__(self, book: AlarmBook, now: Instruments) -> None:
        self._book, self._now = book, now
        self._latch = Latch(ON_S, OFF_S)
        self._worst_ms, self._where = 0.0, ""

    def watch(self, batch: TraceBatch) -> None:
        """Judge the window."""
        if self._now.over:
            self._end(batch.end_ns)
            return
        p99_ms = self._now.window.tally.quantile_ms(0.99) or 0.0
        slo_ms = self._now.slo.latency_p99 / NS_PER_MS
        bad, well = p99_ms > slo_ms, p99_ms < CLEAR * slo_ms
        if not self._latch.step(batch.end_ns, bad=bad, well=well):
            self._end(batch.end_ns)
        elif bad:
            self._tell(p99_ms, slo_ms, batch.end_ns)

    def close(self, now_ns: int) -> None:
        """End what is open: nobody waits any more."""
        self._end(now_ns)

    def _tell(self, p99_ms: float, slo_ms: float, now_ns: int) -> None:
        if p99_ms > self._worst_ms:
            self._worst_ms, self._where = p99_ms, self._now.bottleneck
        slow, where = " ".join(figures.duration(p99_ms)), self._where
        burn = f"error budget burn {self._now.burn:.1f}{figures.TIMES}"
        detail = " · ".join(filter(None, (where, f"slowest 1 % wait {slow} or more", burn)))
        title = f"SLO breach: p99 > {' '.join(figures.duration(slo_ms))}"
        notice = Notice(
            TOPIC,
            "latency",
            "critical",
            title,
            detail,
            "service" if where else "",
            where,
            Measure("99th percentile of latency", "ms", p99_ms, slo_ms),
            _LATENCY_RULE,
        )
        self._book.tell(notice, now_ns)

    def _end(self, now_ns: int) -> None:
        worst = " ".join(figures.duration(self._worst_ms))
        detail = f"slowest 1 % waited up to {worst} or more"
        told = " · ".join(filter(None, (self._where, detail)))
        if self._book.end(TOPIC, "latency", now_ns, told):
            self._worst_ms, self._where = 0.0, ""


class _Rule(NamedTuple):
    """A burn-rate rule with its windows in slots."""

    name: str
    threshold: float
    long: int
    short: int


class BudgetWatch:
    """Alerts when an error budget burns too fast in a long and in a short window.

    The rules and the scale of their windows are those of `analysis.recovery`; intents count when
    they end, though, not when they were born, for nobody can know sooner.

    References
    ----------
    Google, "The Site Reliability Workbook" (2018), chapter 5, table 5-8.
    """

    def __init__(self, book: AlarmBook, now: Instruments, asked: Experiment) -> None:
        self._book, self._now = book, now
        self._slots = Timeline.covering(asked.duration)
        self._warm_ns, self._end_ns = asked.warmup, asked.duration
        self._sums = np.zeros((2, self._slots.count + 1), np.int64)
        self._allowed = 1 - asked.slo.availability
        self._rules = _rules(asked, self._slots)
        self._latch = Latch(0.0, OFF_S)

    def watch(self, batch: TraceBatch) -> None:
        """Take in what has ended, and judge."""
        if not self._warm_ns < batch.end_ns <= self._end_ns:
            self._book.end(TOPIC, "availability", batch.end_ns)
            return
        slot = int((batch.end_ns - 1) // self._slots.width_ns)
        ended = self._now.newest.tally
        self._sums[:, slot] += ended.ended, ended.ended - ended[Count.GOOD]
        burning = [(rule, burn) for rule in self._rules if (burn := self._burn(rule, slot)) > 0]
        if not self._latch.step(batch.end_ns, bad=bool(burning), well=not burning):
            self._book.end(TOPIC, "availability", batch.end_ns)
        elif burning:
            self._tell(*burning[0], batch.end_ns)

    def close(self, now_ns: int) -> None:
        """End what is open: nothing burns any more."""
        self._book.end(TOPIC, "availability", now_ns)

    def _burn(self, rule: _Rule, slot: int) -> float:
        """Return the burn rate of the long window if both windows burn too fast, else 0."""
        rates = []
        for size in (rule.long, rule.short):
            ended, bad = self._sums[:, max(0, slot + 1 - size) : slot + 1].sum(axis=1).tolist()
            rates.append(bad / max(ended, 1) / self._allowed)
        return rates[0] if min(rates) > rule.threshold else 0.0

    def _tell(self, rule: _Rule, burn: float, now_ns: int) -> None:
        severity: State = "critical" if rule.name.startswith("page") else "warn"
        served, target = 1 - burn * self._allowed, self._now.slo.availability
        title = f"Error budget burns {burn:.1f}{figures.TIMES} as fast as allowed"
        long_s = rule.long * self._slots.width_s
        detail = (
            f"{percent(served)} % served well, {100 * target:g} % promised · "
            f"rule {rule.name}, here {figures.span(long_s)}"
        )
        measure = Measure("burn rate of the error budget", "ratio", burn, rule.threshold)
        notice = Notice(
            TOPIC, "availability", severity, title, detail, measure=measure, rule=_BUDGET_RULE
        )
        self._book.tell(notice, now_ns)


def _rules(asked: Experiment, slots: Timeline) -> tuple[_Rule, ...]:
    """Shrink the windows until the longest fits the run, as the findings do."""
    scale = burn_scale((asked.duration - asked.warmup) / NS_PER_S)
    return tuple(
        _Rule(
            name, threshold, *(max(1, round(s * scale / slots.width_s)) for s in (long_s, short_s))
        )
        for name, threshold, long_s, short_s in BURN_RULES
    )
