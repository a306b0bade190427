"""The six tiles: what is shown large, held against what, and when it turns amber or red.

While customers arrive tiles tell of the window; when they have stopped, of everything since the
warm-up, so that what stands there at the end is what the findings say.
"""

from __future__ import annotations

from sanket_sim.analysis.recovery import BURN_RULES
from sanket_sim.bank.health import LEAK_SHARE
from sanket_sim.core.shares import percent
from sanket_sim.core.units import NS_PER_MS
from sanket_sim.live.frames import State, Tile
from sanket_sim.live.meters import figures
from sanket_sim.live.meters.instruments import Instruments
from sanket_sim.live.meters.tally import Count

SLOWED, STALLED = 0.9, 0.5
"""Good intents each second as a share of those of the calm below which it is worth a look, or an
emergency, while customers are let down too (chosen: a tenth is beyond the noise of 15 s at 100/s;
demand that falls by itself lets nobody down)."""
LET_DOWN = 0.01
"""Share of intents ended badly from which customers count as let down (chosen)."""
FAILING_MIN = 10
"""Intents that must have ended badly before their share alone is worth a look (chosen)."""
NEAR = 0.8
"""Share of the latency objective from which it is near (chosen)."""
LEAKS_CRITICAL = LEAK_SHARE.critical
"""An emergency, of one service as of all; the heat of the map ends at five times this."""
FAST_BURN = BURN_RULES[0][1]
"""Burn rate at which the SRE workbook (2018, table 5-8) has somebody paged at once."""
RECALL_TARGET = 0.8
"""Share of fraud that should be flagged (chosen; an experiment has no objective for it)."""
RECALL_SLIP = 0.75
"""Part of the target below which recall is an emergency (chosen)."""
FRAUDS_MIN = 10
"""Frauds before which no recall is judged (chosen: one of ten moves it by a tenth)."""
ELEVATED, RUNAWAY = 1.1, 1.5
"""Carbon as a multiple of that of the calm from which it is elevated, or runs away (chosen)."""


def tiles_of(now: Instruments) -> tuple[Tile, ...]:
    """Return the tiles as of now."""
    return (
        _throughput(now),
        _latency(now),
        _leakage(now),
        _resilience(now),
        _recall(now),
        _carbon(now),
    )


def _throughput(now: Instruments) -> Tile:
    value = now.goodput_per_s if now.over else now.completed_per_s
    calm = now.calm_completed_per_s
    state, chip = _flow(now)
    text, unit = figures.flow(value)
    return Tile(
        key="throughput",
        label="Throughput",
        unit=unit,
        value=value,
        text=text,
        state=state,
        chip=chip,
        facts=(
            _no_baseline(now) if calm is None else f"baseline {_brief(calm, unit)}",
            f"peak {_brief(now.peak_per_s, unit)}",
        ),
        series="completed",
        goal=calm,
    )


def _flow(now: Instruments) -> tuple[State, str]:
    if now.over:
        return "idle", now.counted
    calm, ended = now.calm_completed_per_s, now.window.tally.ended
    if not (ended or (now.unserved and calm)):
        return "idle", "waiting" if now.unserved else "no demand"
    failing = _failing(now)
    if not (calm and now.comparable):
        return (failing, _going_wrong(now)) if failing else ("idle", _unheld(now))
    ratio = now.completed_per_s / calm
    if (now.unserved or now.bad_share >= LET_DOWN) and ratio < SLOWED:
        return "critical" if ratio < STALLED else "warn", figures.change(ratio)
    if failing:
        return failing, _going_wrong(now)
    return "ok", figures.change(ratio)


def _going_wrong(now: Instruments) -> str:
    return f"{percent(now.bad_share)} % go wrong"


def _unheld(now: Instruments) -> str:
    """Say why there is nothing to hold the window against."""
    if now.warming and not now.over:
        return "warming up"
    if now.calm.known:
        return "too few to judge"
    return "measuring" if now.calm.goes_on(now.now_ns) else "no baseline"


def _failing(now: Instruments) -> State | None:
    """Say how bad it is that so many end badly, however many end well beside them."""
    bad = now.bad_share
    if bad * now.window.tally.ended < FAILING_MIN or bad <= 1 - SLOWED:
        return None
    return "critical" if bad > 1 - STALLED else "warn"


def _no_baseline(now: Instruments) -> str:
    still = not now.over and now.calm.goes_on(now.now_ns)
    return "no baseline yet" if still else "no baseline"


def _brief(per_s: float, beside: str) -> str:
    """Write a rate; its unit too, where it is not that of the large number."""
    text, unit = figures.flow(per_s)
    return text if unit == beside or not per_s else f"{text} {unit}"


def _latency(now: Instruments) -> Tile:
    p99_ms, slo_ms = now.shown.quantile_ms(0.99), now.slo.latency_p99 / NS_PER_MS
    text, unit = figures.duration(p99_ms) if p99_ms is not None else (figures.NOTHING, "ms")
    state: State = "idle"
    if p99_ms is not None:
        state = "critical" if p99_ms > slo_ms else "warn" if p99_ms > NEAR * slo_ms else "ok"
    chips = {"critical": "SLO breach", "warn": "near SLO", "ok": "within SLO", "idle": "no answers"}
    return Tile(
        key="p99",
        label="p99 latency",
        unit=unit,
        value=p99_ms,
        text=text,
        state=state,
        chip=chips[state],
        facts=(
            "SLO " + " ".join(figures.duration(slo_ms)),
            f"budget burn {now.burn:.1f}{figures.TIMES}",
        ),
        series="p99_ms",
        goal=slo_ms,
    )


def _leakage(now: Instruments) -> Tile:
    share, tolerated = now.shown.share(Count.LEAKED), now.leaks_tolerated
    state: State = "idle"
    if share is not None:
        state = "critical" if share > LEAKS_CRITICAL else "warn" if share > tolerated else "ok"
    calm_word = "contained" if now.total[Count.LEAKED] or share else "none"
    chips = {"critical": "critical", "warn": "elevated", "ok": calm_word, "idle": calm_word}
    return Tile(
        key="leakage",
        label="Leakage rate",
        unit="%",
        value=None if share is None else 100 * share,
        text=percent(share or 0.0),
        state=state,
        chip=chips[state],
        facts=_leaked(now),
        series="leak_share",
        goal=tolerated,
    )


def _leaked(now: Instruments) -> tuple[str, str]:
    """Say how many payments have leaked, and what they were worth."""
    if now.warming:
        return "none counted" if now.over else "warming up", now.counted
    leaked = now.total[Count.LEAKED]
    return f"{leaked:,} payment{'' if leaked == 1 else 's'}", _at_stake(now)


def _at_stake(now: Instruments) -> str:
    """Say what leaked, or what is where it belongs though the customer was told otherwise.

    There is room for one: the larger.
    """
    risk, told = now.leaked_minor, now.told_wrong_minor
    if now.value(told) > now.value(risk):
        return f"{now.short_worth(told)} told wrong"
    return f"{now.short_worth(risk)} at risk"


def _resilience(now: Instruments) -> Tile:
    score = now.score_so_far if now.over else now.score
    target = 100 * now.slo.availability
    state: State = "idle"
    if score is not None:
        fast = 100 - FAST_BURN * (100 - target)
        state = "ok" if score >= target else "warn" if score >= fast else "critical"
    chips = {"critical": "degraded", "warn": "below SLO", "ok": "on target", "idle": "no demand"}
    return Tile(
        key="resilience",
        label="Service level",
        unit="% good",
        value=score,
        text=figures.NOTHING if score is None else figures.score(score),
        state=state,
        chip=chips[state],
        facts=(now.bottleneck_said, now.trend),
        series="resilience",
        goal=target,
    )


def _recall(now: Instruments) -> Tile:
    recall, precision = now.detection.recall, now.detection.precision
    state, chip = _vigilance(now)
    said = figures.NOTHING if precision is None else f"{percent(precision)} %"
    return Tile(
        key="recall",
        label="Fraud recall",
        unit="%",
        value=None if recall is None else 100 * recall,
        text=figures.NOTHING if recall is None else percent(recall),
        state=state,
        chip=chip,
        facts=(
            now.counted if now.warming else f"precision {said}",
            f"target {100 * RECALL_TARGET:.0f} %",
        ),
        series="recall",
        goal=RECALL_TARGET,
    )


def _vigilance(now: Instruments) -> tuple[State, str]:
    """Say how well fraud is found, or why that cannot be said."""
    seen, recall = now.detection, now.detection.recall
    if now.warming:
        return "idle", "none counted" if now.over else "warming up"
    if seen.nobody_judges:
        return "idle", "no fraud check"
    if recall is None or seen.frauds < FRAUDS_MIN:
        nothing = "no fraud" if now.over else "no fraud yet"
        return "idle", "few frauds" if seen.frauds else nothing
    if recall < RECALL_TARGET:
        slipped = recall < RECALL_SLIP * RECALL_TARGET
        return ("critical", "below target") if slipped else ("warn", "slipping")
    return "ok", "on target"


def _carbon(now: Instruments) -> Tile:
    value = now.carbon_mg_so_far if now.over else now.carbon_mg
    text, unit = figures.carbon(value) if value is not None else (figures.NOTHING, "mg")
    state, chip = _dearness(now, value)
    return Tile(
        key="carbon",
        label="CO₂e per good payment",
        unit=unit,
        value=value,
        text=text,
        state=state,
        chip=chip,
        facts=(f"grid {now.grid_g_per_kwh:.0f} g/kWh", figures.power(now.power_w)),
        series="carbon_mg",
        goal=now.calm_carbon_mg,
    )


def _dearness(now: Instruments, value: float | None) -> tuple[State, str]:
    """Say whether a payment costs more carbon than it did, and more than chance can make it."""
    if value is None:
        return "idle", "none counted" if now.warming and now.over else "no payments"
    if now.carbon_ratio is None:
        return "idle", _unheld(now)
    surely = now.carbon_ratio * (1 - now.carbon_chance)
    if surely > RUNAWAY:
        return "critical", "runaway"
    return ("warn", "elevated") if surely > ELEVATED else ("ok", "steady")
