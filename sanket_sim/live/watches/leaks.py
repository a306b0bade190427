"""Leaks: money that goes wrong, by how it goes wrong."""

from __future__ import annotations

from typing import Final

import numpy as np

from sanket_sim.core.outcomes import LeakClass
from sanket_sim.core.shares import percent
from sanket_sim.live.frames import WINDOW_S, State
from sanket_sim.live.meters.instruments import Instruments
from sanket_sim.live.meters.tally import Count, Tally
from sanket_sim.live.meters.tiles import LEAKS_CRITICAL
from sanket_sim.live.watches.alarm_book import AlarmBook, Latch, Measure, Notice
from sanket_sim.trace.batch import TraceBatch

TOPIC: Final = "LEAKAGE"
RISING = 1.5
"""How many times more must have leaked in the newer half of the window to call it rising."""
FEW = 5
"""Leaks in the window of which no trend is told (both chosen)."""
OFF_S = 30.0
"""How long nothing must have leaked before a leak is over, the window not counted (chosen)."""
_LATELY, _ALL = f"the last {WINDOW_S} s", "all payments"
_RULE = (
    "Raised by the first leak of its class; critical when money is lost and "
    f"{100 * LEAKS_CRITICAL:g} % of the last {WINDOW_S} s leak so; over when none has leaked so in "
    f"that window for {OFF_S:.0f} s."
)
_WORDS = {
    LeakClass.ORPHAN_CREDIT: "Credits without a debit",
    LeakClass.ORPHAN_DEBIT: "Debits without a credit",
    LeakClass.INVALID_EXECUTED: "Invalid payments executed",
    LeakClass.MISDIRECTED: "Misdirected payments",
    LeakClass.DUPLICATE: "Duplicate postings",
    LeakClass.OVER: "Overpayments",
    LeakClass.UNDER: "Underpayments",
    LeakClass.LOST: "Lost payments",
    LeakClass.GHOST_POSTING: "Posted though told failed",
    LeakClass.PHANTOM_SUCCESS: "Told paid, nothing posted",
    LeakClass.LATE: "Payments after their deadline",
    LeakClass.STUCK_HOLD: "Holds stuck",
}


class LeakWatch:
    """One alert for each class of leak that occurs, with the service most of it is due to.

    Parameters
    ----------
    book : AlarmBook
    now : Instruments
    deduplicates : bool
        Whether the bank remembers idempotency keys.
    """

    def __init__(self, book: AlarmBook, now: Instruments, *, deduplicates: bool) -> None:
        self._book, self._now, self._deduplicates = book, now, deduplicates
        self._latches = {kind: Latch(0.0, OFF_S) for kind in _WORDS}
        self._told = dict.fromkeys(_WORDS, 0)
        """Of each class, how many leaks had been counted when something was last said of it."""
        self._closed = False

    def watch(self, batch: TraceBatch) -> None:
        """Judge what has leaked."""
        lately, fresh = self._now.window.tally, self._now.newest.tally.leaks
        in_window = lately.leaks
        for kind, latch in self._latches.items():
            count = int(in_window[kind])
            was_on = latch.on
            if latch.step(batch.end_ns, bad=count > 0, well=count == 0):
                if fresh[kind] or not was_on:
                    self._book.tell(self._notice(kind, lately, _LATELY), batch.end_ns)
                    self._told[kind] = int(self._now.total.leaks[kind])
            elif was_on:
                service = self._service(kind, self._now.total)
                told = " · ".join(filter(None, (service, self._so_far(kind))))
                self._book.end(TOPIC, kind.name, batch.end_ns, told, service)
                self._told[kind] = int(self._now.total.leaks[kind])

    def close(self, now_ns: int) -> None:
        """Say of each class what it has come to in the whole run: nothing leaks any more.

        What the run leaves open leaks, too, with its last batch, in which no time passes.
        """
        self._closed, total = True, self._now.total
        for kind, told in self._told.items():
            leaked = int(total.leaks[kind])
            if leaked and (leaked != told or self._book.is_open(TOPIC, kind.name)):
                self._book.tell(self._notice(kind, total, _ALL), now_ns)
            self._book.end(TOPIC, kind.name, now_ns)

    def _notice(self, kind: LeakClass, counted: Tally, of: str) -> Notice:
        share = int(counted.leaks[kind]) / max(counted[Count.SUBMITTED], 1)
        money = bool(counted.glv_minor[kind].any())
        severity: State = "critical" if money and share >= LEAKS_CRITICAL else "warn"
        service = self._service(kind, counted)
        parts = [
            service,
            f"{percent(share)} % of {of}",
            self._so_far(kind),
            "no idempotency key" if self._is_unguarded(kind) else "",
        ]
        return Notice(
            TOPIC,
            kind.name,
            severity,
            _WORDS[kind] + (" rising" if self._rises(kind) else ""),
            " · ".join(filter(None, parts)),
            "service" if service else "",
            service,
            Measure(f"leaks of {of}", "share", share, 0.0, LEAKS_CRITICAL if money else None),
            _RULE,
        )

    def _is_unguarded(self, kind: LeakClass) -> bool:
        return kind == LeakClass.DUPLICATE and not self._deduplicates

    def _so_far(self, kind: LeakClass) -> str:
        """Say what the class has come to since the warm-up, of which nothing counts."""
        if self._now.warming:
            return f"warming up, {self._now.counted}"
        leaked, lost = int(self._now.total.leaks[kind]), self._now.leaked_minor_of(kind)
        if not leaked:
            return "all of them in the warm-up"
        worth = f", {self._now.worth(lost)}" if lost else ""
        return f"{leaked:,} {self._now.since or ('in all' if self._closed else 'so far')}{worth}"

    def _service(self, kind: LeakClass, counted: Tally) -> str:
        """Return the service that most leaks of a class are due to."""
        roots = counted.roots[kind, :-1]
        return self._now.service_names[int(np.argmax(roots))] if roots.any() else ""

    def _rises(self, kind: LeakClass) -> bool:
        if self._closed:
            return False
        older, newer = (int(half.leaks[kind]) for half in self._now.window.halves())
        return newer >= FEW and newer > RISING * older
