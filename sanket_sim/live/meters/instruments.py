"""The instruments: every figure of the whole bank, of the last seconds and since the warm-up."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.intents import Judgement
from sanket_sim.analysis.run_folder import worth_of
from sanket_sim.analysis.settings import SloSettings
from sanket_sim.core.outcomes import LeakClass
from sanket_sim.core.units import NS_PER_S
from sanket_sim.live.frames import WINDOW_S
from sanket_sim.live.meters import figures
from sanket_sim.live.meters.calm import Calm
from sanket_sim.live.meters.energy_meter import EnergyMeter, Spent
from sanket_sim.live.meters.measured import MeasuredIds
from sanket_sim.live.meters.tally import Count, Counts, Shape, Tally, tally_of
from sanket_sim.live.meters.visits import Visits
from sanket_sim.live.meters.window import Stretch, Window
from sanket_sim.live.reading.detection import Detection
from sanket_sim.live.reading.judge import Judging
from sanket_sim.live.scene import Scene
from sanket_sim.live.services.bottlenecks import Bottleneck
from sanket_sim.trace.batch import Columns, TraceBatch, rows_in

LEAKS_TOLERATED = 0.0001
"""Share of intents that may leak where the experiment names no tolerance (that of `peak_load`)."""
COMPARED_MIN = 30
"""Payments of which no rate is compared if there are, or should be, fewer (chosen: of 30 chance
alone moves a rate by a fifth)."""
TREND = 1.0
"""Points of the score by which its halves must differ to call it falling or recovering (chosen)."""


Ranking = Callable[[], Sequence[Bottleneck]]
"""Tells which services hold payments up now, the worst first."""


def nothing_ranked() -> Sequence[Bottleneck]:
    """Rank nothing."""
    return ()


class Instruments:
    """What the tiles, the charts, the heat of the map and the alarms are read from.

    Parameters
    ----------
    scene : Scene
    detection : Detection
        Must observe before them.
    judging : Judging
        Says how intents have ended, and whom leaks are due to.
    ranking : Ranking

    Notes
    -----
    `window` holds whatever ended in the last seconds, `total` what the findings of the run count:
    intents born after the warm-up, corrections left out. Both judge as `analysis.intents` does, so
    that at the end of the run `total` is equal to the findings, to the unit, and so is every share
    of it. It lacks what has not ended: an intent is counted with its end, and what is still open
    when the run is over is `Count.OPEN`. Shares of the window are of what ended in it: an intent in
    flight is no failure yet. `total` divides by what was submitted, as the findings do; that is the
    same until the end leaves something open, which then counts as not served.

    The score is Q of design page 4, the service level: good intents per hundred, of the window
    `score`, of the run `score_so_far`, which ends as ``100 * resilience.sli`` of the findings. (The
    audit's "resilience score", `executive.resilience_score`, is another figure: the leaks of the
    worst service alone. A bank that fails everybody without losing a cent scores 100 by it.)
    """

    def __init__(
        self,
        scene: Scene,
        detection: Detection,
        judging: Judging,
        ranking: Ranking = nothing_ranked,
    ) -> None:
        self.detection, self._judging = detection, judging
        asked, self._bank, self._ranking = scene.experiment, scene.bank, ranking
        self.slo: SloSettings = asked.slo
        self.shape = Shape(len(scene.bank.services), len(scene.bank.currencies))
        self.window, self.total = Window(self.shape), Tally.empty(self.shape)
        ids = self._ids = MeasuredIds(asked.warmup)
        self._visits = Visits(len(scene.bank.services), asked.warmup)
        self.energy = EnergyMeter(scene, ids)
        self.calm = Calm(scene, self.shape)
        self.service_names = scene.service_names
        self.newest = Stretch(0, 0, Tally.empty(self.shape))
        self.now_ns = 0
        self.closed = False
        self.peak_per_s = 0.0
        self._start, self._duration_ns = asked.start, asked.duration
        self._services = _Services(scene)
        self.leaks_tolerated = min(
            (
                one.tolerance[1]
                for one in asked.steady_state.probe
                if one.metric == "leak_rate_count"
            ),
            default=LEAKS_TOLERATED,
        )

    def observe(self, batch: TraceBatch) -> Stretch:
        """Take in what one tick brought; return what was counted of it.

        What the end of a run leaves open comes when no time passes any more: it is part of the
        total, and of no window, for no rate can be taken of it.
        """
        begin_ns, self.now_ns = self.now_ns, max(self.now_ns, batch.end_ns)
        self._ids.learn(batch.transactions)
        self.calm.take(batch.faults)
        self._services.read(batch.gauges)
        self._visits.observe(batch)
        judgement = self._judging(batch)
        tally = tally_of(judgement, self.shape)
        self.total.add(self._measured(judgement, tally))
        spent = self.energy.read(batch, (self.now_ns - begin_ns) / NS_PER_S)
        carbon_mg = spent.carbon_mg(self.energy.grid)
        newest = Stretch(begin_ns, self.now_ns, tally, spent.energy_j, carbon_mg)
        if begin_ns == self.now_ns:
            self.closed |= rows_in(batch.transactions) > 0
            self.newest = Stretch(begin_ns, begin_ns, Tally.empty(self.shape))
            return newest
        self.newest = newest
        if self.energy.known:
            self.calm.add(newest)
        self.window.add(newest)
        if self.window.span_s >= min(WINDOW_S, begin_ns / NS_PER_S):
            self.peak_per_s = max(self.peak_per_s, self.completed_per_s)
        return newest

    def close(self) -> None:
        """Learn that the last batch has come."""
        self.closed = True

    def _measured(self, judgement: Judgement | None, tally: Tally) -> Tally:
        """Return the counts of the intents that were not born during the warm-up."""
        if judgement is None:
            return tally
        late = judgement.columns["created_ns"] >= self._ids.start_ns
        return tally if late.all() else tally_of(judgement.where(late), self.shape)

    @property
    def over(self) -> bool:
        """Whether customers have stopped arriving: at the end, or as somebody stopped the run."""
        return self.closed or self.now_ns >= self._duration_ns

    @property
    def warming(self) -> bool:
        """Whether the warm-up goes on, of which the findings count nothing."""
        return self.now_ns < self._ids.start_ns

    @property
    def since(self) -> str:
        """Say since when the findings count; empty if they do from the beginning."""
        begin_ns = self._ids.start_ns
        return f"since {figures.clock(self._start, begin_ns)}" if begin_ns else ""

    @property
    def counted(self) -> str:
        """Say which part of the run it is that the findings count."""
        if not self.warming:
            return self.since or "whole run"
        return "ended in warm-up" if self.over else self.since.replace("since", "counts from")

    @property
    def shown(self) -> Tally:
        """The window; when customers have stopped arriving, everything since the warm-up."""
        return self.total if self.over else self.window.tally

    @property
    def completed_per_s(self) -> float:
        """Intents that ended well in the window."""
        return self.window.rate_per_s(self.window.tally[Count.GOOD])

    @property
    def goodput_per_s(self) -> float:
        """Intents that ended well since the warm-up: ``traffic.goodput_per_s``, at the end."""
        measured_ns = min(self.now_ns, self._duration_ns) - self._ids.start_ns
        return self.total[Count.GOOD] * NS_PER_S / measured_ns if measured_ns > 0 else 0.0

    @property
    def bad_share(self) -> float:
        """Intents that failed or leaked, of those that ended in the window.

        Of the run: all that were not served well, as ``1 - resilience.sli`` of the findings.
        """
        good = self.shown.share(Count.GOOD)
        return 0.0 if good is None else 1 - good

    @property
    def comparable(self) -> bool:
        """Whether there are payments enough, or should be, to hold the window against the calm."""
        calm, seen = self.calm_completed_per_s, self.window.tally[Count.GOOD]
        return calm is not None and max(calm * self.window.span_s, seen) >= COMPARED_MIN

    @property
    def unserved(self) -> bool:
        """Whether services are at work and yet nothing has ended in the window."""
        return not self.window.tally.ended and self._services.at_work

    @property
    def calm_completed_per_s(self) -> float | None:
        """The same while nothing disturbed the run; None before there was time for it."""
        good = self.calm.seen.tally[Count.GOOD]
        return good / self.calm.span_s if self.calm.known and good >= COMPARED_MIN else None

    @property
    def score(self) -> float | None:
        """Good intents per hundred that ended in the window; None if none has."""
        share = self.window.tally.share(Count.GOOD)
        return None if share is None else 100 * share

    @property
    def score_so_far(self) -> float | None:
        """Good intents per hundred submitted, since the warm-up."""
        share = self.total.share(Count.GOOD)
        return None if share is None else 100 * share

    @property
    def burn(self) -> float:
        """How many times faster than allowed the window, or the run, uses the error budget up."""
        return self.bad_share / (1 - self.slo.availability)

    @property
    def trend(self) -> str:
        """Where the score is going, or how the run has fared while all is well."""
        if self.over:
            return "overall"
        score, so_far = self.score, self.score_so_far
        if score is None or score >= 100 * self.slo.availability:
            nothing = "warming up" if self.warming else ""
            return nothing if so_far is None else f"overall {figures.score(so_far)}"
        older, newer = (half.share(Count.GOOD) for half in self.window.halves())
        if older is None or newer is None or abs(100 * (newer - older)) < TREND:
            return "steady"
        return "recovering" if newer > older else "falling"

    @property
    def bottleneck(self) -> str:
        """Name of the service that holds payments up most; empty if nothing does.

        The map's ranking while customers arrive. Of the whole run the audit's: the service that
        leaked most of what reached it, `executive.critical_bottleneck` of the findings. Without
        leaks that is the one with most time on the slowest paths, which takes whole call trees to
        find; here it is the one whose workers were `busiest`, under that name.
        """
        if not self.over:
            ranked = self._ranking()
            return ranked[0].name if ranked else self._busiest
        visited = self._visits.intents
        leaked = np.minimum(self.leaked, visited)
        if not leaked.any():
            return self._busiest
        return self.service_names[int((leaked / np.maximum(visited, 1)).argmax())]

    @property
    def bottleneck_said(self) -> str:
        """The same as people call it, and by what it is one."""
        labels = {one.name: one.label or one.name for one in self._bank.services}
        word = "busiest" if self.over and not self.audited else "bottleneck"
        return f"{word} {labels.get(self.bottleneck, 'none')}"

    @property
    def audited(self) -> bool:
        """Whether the bottleneck is that of the audit: customers have stopped, and some leaked."""
        return self.over and bool(self.leaked.any())

    @property
    def _busiest(self) -> str:
        place = self._services.busiest
        return self.service_names[place] if place >= 0 else ""

    @property
    def leaked(self) -> Counts:
        """Leaks since the warm-up by the service to blame, shape (services,)."""
        return self.total.leaks_by_service[:-1]

    @property
    def lost_minor(self) -> Counts:
        """Their gross value, shape (services, currencies) [minor units]."""
        by_service: Counts = self.total.glv_minor.sum(axis=0)[:-1]
        return by_service

    @property
    def leak_shares(self) -> NDArray[np.float64]:
        """Leaks of what is shown by the service to blame, as shares of its intents: the heat."""
        intents = max(self.shown[Count.SUBMITTED], 1)
        return np.asarray(self.shown.leaks_by_service[:-1] / intents)

    @property
    def leaked_minor(self) -> dict[str, int]:
        """Gross leak by currency, since the warm-up."""
        return self.amounts(self.total.glv_minor.sum(axis=(0, 1)))

    @property
    def told_wrong_minor(self) -> dict[str, int]:
        """Amounts of leaked intents that leaked no money, by currency, since the warm-up."""
        return self.amounts(self.total.told_minor)

    def leaked_minor_of(self, leak_class: LeakClass) -> dict[str, int]:
        """Return the gross leak of one class by currency, since the warm-up."""
        return self.amounts(self.total.glv_minor[leak_class].sum(axis=0))

    def amounts(self, minor: Counts) -> dict[str, int]:
        """Name the currencies of amounts; nothing of a currency is not named."""
        pairs = zip(self._bank.currencies, minor.tolist(), strict=True)
        return {currency: amount for currency, amount in pairs if amount}

    def value(self, amounts_minor: dict[str, int]) -> float:
        """Return amounts as one, in the bank's first currency."""
        return float(worth_of(amounts_minor, self._bank.rates))

    def short_worth(self, amounts_minor: dict[str, int]) -> str:
        """Write amounts as one, in few letters."""
        return figures.short_worth(amounts_minor, self._bank.rates, self._bank.currencies[0])

    def worth(self, amounts_minor: dict[str, int]) -> str:
        """Write amounts as one, in the bank's first currency."""
        return figures.worth(amounts_minor, self._bank.rates, self._bank.currencies[0])

    @property
    def power_w(self) -> float:
        """What all replicas draw, by the newest gauges, before the building's overhead."""
        return self.energy.power_w

    @property
    def spent(self) -> Spent:
        """Energy and carbon that the findings count, so far."""
        return self.energy.measured

    @property
    def grid_g_per_kwh(self) -> float:
        """Carbon intensity of the grid [g CO2e / kWh]."""
        return self.energy.grid.ci_gco2e_per_kwh

    @property
    def carbon_mg(self) -> float | None:
        """Carbon of one good payment of the window [mg CO2e]; None if nothing is known of it."""
        good = self.window.tally[Count.GOOD_PAYMENTS]
        return self.window.carbon_mg / good if good and self.energy.known else None

    @property
    def calm_carbon_mg(self) -> float | None:
        """The same while nothing disturbed the run; None before there was time for it."""
        good = self.calm.seen.tally[Count.GOOD_PAYMENTS]
        return self.calm.seen.carbon_mg / good if good and self.calm.known else None

    @property
    def carbon_ratio(self) -> float | None:
        """Carbon of a good payment over that of the calm; None where one of them is unknown."""
        value = self.carbon_mg_so_far if self.over else self.carbon_mg
        calm = self.calm_carbon_mg
        return value / calm if value is not None and calm else None

    @property
    def carbon_chance(self) -> float:
        """By which part of itself that ratio may be off by chance (two standard deviations)."""
        good = self.shown[Count.GOOD_PAYMENTS]
        return 2 / math.sqrt(good) if good else 1.0

    @property
    def carbon_mg_so_far(self) -> float | None:
        """The same since the warm-up: ``energy.sci_mg`` of the findings, at the end of the run."""
        good = self.total[Count.GOOD_PAYMENTS]
        return self.spent.carbon_mg(self.energy.grid) / good if good else None


class _Services:
    """How busy the services have been, by their gauges."""

    def __init__(self, scene: Scene) -> None:
        services = scene.bank.services
        self._workers = np.array([one.replicas * one.workers for one in services], np.float64)
        self._until_ns = scene.experiment.duration
        self._busy_ns = np.zeros(len(services))
        self.at_work = False

    def read(self, gauges: Columns) -> None:
        """Take in a reading."""
        if not rows_in(gauges):
            return
        if gauges["time_ns"][-1] <= self._until_ns:
            size = len(self._busy_ns)
            self._busy_ns += np.bincount(gauges["service"], gauges["busy_ns"], size)
        newest = gauges["time_ns"] == gauges["time_ns"][-1]
        self.at_work = bool((gauges["busy"][newest] + gauges["queue_length"][newest]).any())

    @property
    def busiest(self) -> int:
        """The service with the highest share of busy workers so far; -1 if all are idle."""
        return int((self._busy_ns / self._workers).argmax()) if self._busy_ns.any() else -1
