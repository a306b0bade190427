"""Crime: bursts of what the fraud service suspects, and campaigns that the bank has found."""

from __future__ import annotations

import math
from collections import Counter, deque
from typing import Final

from sanket_sim.core.units import MINUTE_NS, NS_PER_S
from sanket_sim.live.frames import State
from sanket_sim.live.people.campaigns import CampaignBook, CaseFile
from sanket_sim.live.people.typologies import title_of
from sanket_sim.live.reading.decisions import told_by
from sanket_sim.live.scene import Scene
from sanket_sim.live.watches.alarm_book import AlarmBook, Latch, Measure, Notice
from sanket_sim.live.wording import in_words
from sanket_sim.trace.batch import Columns, TraceBatch

TOPIC: Final = "FRAUD"
SPAN_NS = MINUTE_NS
"""Bursts are counted over this long (chosen)."""
BURST = 6
"""Suspicions of one kind within it that are a burst (chosen: one in ten seconds)."""
UNUSUAL = 3.0
"""How many times more than usual, for this run, is a burst (chosen)."""
GREAT = 30
"""Suspicions that are a great one (chosen)."""
OFF_S = 30.0
QUIET_NS = 120 * NS_PER_S
"""How long a campaign must have been quiet to be over for us (chosen)."""
_BURST_RULE = (
    f"Raised when the fraud service flags {BURST} payments of a kind within a minute, and "
    f"{UNUSUAL:g} times as many as is usual in this run; critical from {GREAT}; over when it is "
    f"below half of that for {OFF_S:.0f} s."
)
_CAMPAIGN_RULE = (
    "Raised when monitoring or an analyst has noticed a campaign; critical while more of its "
    "payments get through than are flagged; over when it has been quiet for "
    f"{QUIET_NS // NS_PER_S} s."
)
_TITLES = {
    "enumeration": "Card-testing burst",
    "velocity": "Burst of rapid payments",
    "rapid_in_out": "Money passed on at once",
    "new_device_new_payee": "New devices paying new payees",
}


class BurstWatch:
    """One alert for each kind of suspicion that comes in a burst.

    The fraud service's first reason tells the kind, not the truth: what it cannot see is no alert.
    """

    def __init__(self, book: AlarmBook, scene: Scene) -> None:
        self._book, self._words = book, scene.words
        self._recent: deque[tuple[int, Counter[str]]] = deque()
        self._counts: Counter[str] = Counter()
        self._earlier: Counter[str] = Counter()
        self._latches: dict[str, Latch] = {}
        self._most: dict[str, int] = {}

    def watch(self, batch: TraceBatch) -> None:
        """Count the suspicions of the last minute by kind."""
        fresh = self._fresh(batch.decisions)
        if fresh:
            self._recent.append((batch.end_ns, fresh))
            self._counts.update(fresh)
        while self._recent and self._recent[0][0] <= batch.end_ns - SPAN_NS:
            old = self._recent.popleft()[1]
            self._counts.subtract(old)
            self._earlier.update(old)
        for kind in fresh:
            self._latches.setdefault(kind, Latch(0.0, OFF_S))
        for kind in list(self._latches):
            self._judge(kind, batch.end_ns)

    def _fresh(self, decisions: Columns) -> Counter[str]:
        told = told_by(decisions, self._words, "fraud")
        return Counter(one.reason.partition(",")[0] for one in told)

    def _judge(self, kind: str, now_ns: int) -> None:
        count, latch = self._counts[kind], self._latches[kind]
        burst = self._burst(kind, now_ns)
        if latch.step(now_ns, bad=count >= burst, well=count < burst / 2):
            self._most[kind] = max(self._most.get(kind, 0), count)
            self._book.tell(_notice(kind, self._most[kind], burst), now_ns)
        elif count < burst / 2 and self._most.pop(kind, 0):
            self._book.end(TOPIC, kind, now_ns)
        if not count and not latch.on:
            del self._latches[kind]

    def _burst(self, kind: str, now_ns: int) -> float:
        """Return how many in a minute are a burst: more than usual, where a kind is usual at all.

        What has a name is a pattern, and told at once; other suspicions come all the time.
        """
        before_ns = now_ns - SPAN_NS
        if kind not in _TITLES and before_ns < SPAN_NS:
            return math.inf
        usual = self._earlier[kind] * SPAN_NS / before_ns if before_ns > 0 else 0.0
        return max(BURST, UNUSUAL * usual)


def _notice(kind: str, most: int, burst: float) -> Notice:
    severity: State = "critical" if most >= GREAT else "warn"
    said = "the model" if kind == "model" else f"the rule “{in_words(kind)}”"
    return Notice(
        TOPIC,
        kind,
        severity,
        _TITLES.get(kind, "Burst of suspicious payments"),
        f"up to {most:,} payments a minute flagged by {said}",
        measure=Measure("payments flagged", "per min", most, burst, GREAT),
        rule=_BURST_RULE,
    )


class CampaignWatch:
    """One alert for each campaign that the bank has noticed, while it goes on."""

    def __init__(self, book: AlarmBook, campaigns: CampaignBook) -> None:
        self._book, self._campaigns = book, campaigns
        self._told: dict[int, int] = {}

    def watch(self, batch: TraceBatch) -> None:
        """Look for campaigns that have been noticed or have moved."""
        now_ns = batch.end_ns
        files = self._campaigns.files
        for file in files.values():
            if file.found and self._told.get(file.campaign_id) != file.payments:
                first = file.campaign_id not in self._told
                self._told[file.campaign_id] = file.payments
                self._book.tell(self._notice(file), file.found_ns if first else now_ns)
        for number in [number for number in self._told if number not in files]:
            self._book.end(TOPIC, f"campaign {number}", now_ns)
            del self._told[number]
        for number in self._told:
            if now_ns - files[number].last_ns >= QUIET_NS:
                self._book.end(TOPIC, f"campaign {number}", now_ns)

    def _notice(self, file: CaseFile) -> Notice:
        known = self._campaigns.label(file).partition(" · ")[2]
        stopped = f"{file.caught:,} of {file.caught + file.missed:,} payments flagged"
        return Notice(
            TOPIC,
            f"campaign {file.campaign_id}",
            "critical" if file.missed > file.caught else "warn",
            f"{title_of(file.typology)} found",
            f"{known} · {stopped}",
            "campaign",
            str(file.campaign_id),
            rule=_CAMPAIGN_RULE,
        )
