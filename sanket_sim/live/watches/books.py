"""Books: breaks that reconciliation finds, and a law of money that does not hold."""

from __future__ import annotations

from collections import Counter
from typing import Final

from sanket_sim.analysis.breaks import BREAK, CORRECTION, DETECTORS
from sanket_sim.core.units import NS_PER_S
from sanket_sim.live.reading.decisions import told_by
from sanket_sim.live.scene import Scene
from sanket_sim.live.watches.alarm_book import AlarmBook, Measure, Notice
from sanket_sim.live.wording import in_words
from sanket_sim.trace.batch import TraceBatch, rows_in

TOPIC: Final = "LEDGER"
OFF_NS = 30 * NS_PER_S
"""How long nothing must have been found before a search is over (chosen)."""
_RULE = (
    "Raised when the bank finds a break between its books and others'; over when none has been "
    f"found for {OFF_NS // NS_PER_S} s. The laws of money hold all the same."
)
_TITLES = {
    "reconciliation:intraday": "Orders and postings disagree",
    "reconciliation:end_of_day": "Statements from outside disagree",
    "complaint": "Customers complain",
}
"""Whose record disagrees with whose (`docs/reconciliation.md`). No money has been made or lost by
that: the laws hold, or the run ends."""


class BreakWatch:
    """One alert for each way in which the bank finds its own leaks."""

    def __init__(self, book: AlarmBook, scene: Scene) -> None:
        self._book, self._words = book, scene.words
        self._found = {actor: Counter[str]() for actor in DETECTORS}
        self._righted: Counter[str] = Counter()
        self._last_ns: dict[str, int] = {}

    def watch(self, batch: TraceBatch) -> None:
        """Look for breaks and corrections."""
        if rows_in(batch.decisions):
            for actor in DETECTORS:
                self._read(actor, batch)
        for actor, last_ns in list(self._last_ns.items()):
            if batch.end_ns - last_ns >= OFF_NS:
                self._book.end(TOPIC, actor, batch.end_ns)
                del self._last_ns[actor]

    def _read(self, actor: str, batch: TraceBatch) -> None:
        rows = list(told_by(batch.decisions, self._words, actor))
        found = [row.subject for row in rows if row.said == BREAK]
        self._found[actor].update(found)
        self._righted[actor] += sum(row.said == CORRECTION for row in rows)
        if found:
            self._last_ns[actor] = batch.end_ns
        if found or (rows and actor in self._last_ns):
            self._book.tell(self._notice(actor), batch.end_ns)

    def _notice(self, actor: str) -> Notice:
        kinds = self._found[actor]
        told = ", ".join(f"{count:,} {in_words(kind)}" for kind, count in kinds.most_common(3))
        detail = f"{DETECTORS[actor]} · {told} · {self._righted[actor]:,} put right"
        breaks = kinds.total()
        title = f"{_TITLES[actor]}: {breaks:,} break{'' if breaks == 1 else 's'}"
        measure = Measure("breaks found", "breaks", breaks, 1)
        return Notice(TOPIC, actor, "warn", title, detail, measure=measure, rule=_RULE)


def broken_law(message: str) -> Notice:
    """Return what there is to say when a law of money does not hold: the run ends with it."""
    return Notice(TOPIC, "law", "critical", "Conservation law broken", message)
