"""What was asked of the bank and how it was answered."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from sanket_sim.analysis.decomposition import IntentStatus
from sanket_sim.analysis.intents import Judgement, judged
from sanket_sim.analysis.registry import analysers
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.analysis.statistics import Estimate, poisson
from sanket_sim.core.units import NS_PER_S


@dataclass(frozen=True, slots=True)
class TrafficFinding:
    """Volumes of the measured part of the run, as customers asked for them.

    `submitted` is the sum of the five disjoint ends of an intent that follow it (law L5); `good`
    counts those that ended well and in time, a right "no" included.
    """

    submitted: int
    ok: int
    rejected_right: int
    failed_clean: int
    in_flight: int
    leaked: int
    good: int
    offered_per_s: Estimate
    goodput_per_s: Estimate
    submissions: int
    by_kind: dict[str, int]
    by_channel: dict[str, int]
    by_outcome: dict[str, int]
    by_decline: dict[str, int]
    corrections: int
    """Payments by which the bank put others right: its own work, counted nowhere above (but for
    those that leaked themselves)."""


class _Counts:
    def __init__(self) -> None:
        self.status: Counter[int] = Counter()
        self.good = self.submissions = 0
        self.words: dict[str, Counter[int]] = {
            name: Counter() for name in ("kind", "channel", "outcome", "decline_reason")
        }

    def add(self, judgement: Judgement) -> None:
        self.status.update(judgement.parts.status.tolist())
        self.good += int(judgement.good.sum())
        self.submissions += int(judgement.columns["submissions"].sum())
        for name, counts in self.words.items():
            codes, times = np.unique(judgement.columns[name], return_counts=True)
            counts.update(dict(zip(codes.tolist(), times.tolist(), strict=True)))

    def named(self, run: RunFolder, column: str, vocabulary: str) -> dict[str, int]:
        words = run.trace.words(vocabulary)
        return {words[code]: times for code, times in self.words[column].most_common()}


@analysers.register("traffic")
def measure_traffic(run: RunFolder) -> TrafficFinding:
    """Count intents by kind, channel and end."""
    counts = _Counts()
    for judgement in judged(run, ("kind", "channel", "submissions")):
        counts.add(judgement)
    span_s = (run.arrivals_end_ns - run.start_ns) / NS_PER_S
    submitted = counts.status.total()
    return TrafficFinding(
        submitted=submitted,
        **{status.name.lower(): counts.status[status] for status in IntentStatus},
        good=counts.good,
        offered_per_s=poisson(submitted, span_s),
        goodput_per_s=poisson(counts.good, span_s),
        submissions=counts.submissions,
        by_kind=counts.named(run, "kind", "kind"),
        by_channel=counts.named(run, "channel", "channel"),
        by_outcome=counts.named(run, "outcome", "outcome"),
        by_decline=counts.named(run, "decline_reason", "decline"),
        corrections=len(run.correction_ids),
    )
