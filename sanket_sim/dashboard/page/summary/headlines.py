"""The headlines of a run: whether it is well, what leaked, how much was asked and how fast."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from sanket_sim.core.units import NS_PER_MS, NS_PER_S
from sanket_sim.dashboard.page.inspectors.sheet import Block, Fact, Facts, State, Text
from sanket_sim.dashboard.page.summary.matter import Body, Matter, value
from sanket_sim.dashboard.page.wording import millis, rate, share, words
from sanket_sim.live.meters.figures import score

_VERDICTS: Mapping[str, State] = {"PASS": "ok", "FAIL": "critical"}


def headlines(matter: Matter) -> Iterator[Block]:
    """Tell the headlines."""
    if not matter.ended:
        yield Facts(f"So far, {matter.so_far['counted']}", tuple(_so_far(matter)))
        return
    found = matter.found
    yield Facts("Money and verdict", tuple(_money(matter)))
    yield Facts("Traffic", tuple(_traffic(found)))
    yield Text(
        "Resilience score: the leaks of the worst service",
        (in_plain_words(found["executive"].get("worth", "")),),
    )


def _so_far(matter: Matter) -> Iterator[Fact]:
    amounts = matter.so_far["amounts"]
    submitted, leaked = amounts["submitted"], amounts["leaked"]
    yield Fact("Ended", f"{submitted:,} intents")
    yield _level(amounts["good"] / submitted if submitted else math.nan)
    yield Fact("Leaked", f"{leaked:,} payments", "critical" if leaked else "ok")
    yield Fact("Leak rate", share(leaked / submitted) if submitted else "-")
    yield _conserved(bool(matter.metrics["run"]["conserved"]))


def _money(matter: Matter) -> Iterator[Fact]:
    found, executive = matter.found, matter.found["executive"]
    leaked, verdict = found["traffic"]["leaked"], found["verdict"]["verdict"]
    yield Fact("Leaked", f"{leaked:,} payments", "critical" if leaked else "ok")
    yield _conserved(found["conservation"]["holds"])
    yield Fact("Steady state", words(verdict), _VERDICTS.get(verdict, "warn"))
    yield _level(value(found["resilience"]["sli"]))
    yield Fact("Resilience score", _points(value(executive["resilience_score"])))
    bottleneck = executive["critical_bottleneck"]
    named = matter.label(bottleneck) if bottleneck else "None"
    yield Fact("Bottleneck", named, link=matter.link(bottleneck) if bottleneck else None)
    yield Fact("Leak rate", share(value(executive["global_leakage_rate_percent"]) / 100))


def _conserved(holds: bool) -> Fact:  # that is all there is to say
    return Fact("Money", "conserved" if holds else "not conserved", "ok" if holds else "critical")


def _points(score_of_100: float) -> str:
    return "-" if math.isnan(score_of_100) else f"{score_of_100:.4g} / 100"


def _level(good: float) -> Fact:
    said = "no demand" if math.isnan(good) else f"{score(100 * good)} % good"
    return Fact("Service level", said)


def _traffic(found: Body) -> Iterator[Fact]:
    traffic, latency = found["traffic"], found["latency"]["end_to_end"]
    yield Fact("Submitted", f"{traffic['submitted']:,}")
    yield Fact("Good", rate(value(traffic["goodput_per_s"])))
    yield Fact("Failed, clean", f"{traffic['failed_clean']:,}")
    for name in ("p50", "p95", "p99"):
        yield Fact(name, _seconds(value(latency[f"{name}_s"])))


def _seconds(latency_s: float) -> str:
    return millis(None if math.isnan(latency_s) else latency_s * NS_PER_S / NS_PER_MS)


def in_plain_words(sentence: str) -> str:
    """Write a sentence of the findings without the notation of programs.

    Examples
    --------
    >>> in_plain_words("would look this bad with probability 1e-06 or less: it leaks.")
    'would look this bad with a probability of one in a million or less: it leaks.'
    """
    return sentence.replace(
        "probability 1e-06 or less", "a probability of one in a million or less"
    )
