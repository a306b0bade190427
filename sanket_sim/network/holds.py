"""Holds and their time-out: what is reserved and never captured comes back by itself."""

from __future__ import annotations

from collections.abc import Callable

from sanket_sim.network.ledger import DONE, Ledger
from sanket_sim.network.loop import Alarm, Loop, Rank
from sanket_sim.network.rows import Intent

TIMEOUT_RANK = int(Rank.TIMEOUT)


class Holds:
    """Takes holds and lets them lapse, in the order in which they were taken.

    All holds last equally long, so one alarm serves them all.

    Parameters
    ----------
    loop : Loop
    ledger : Ledger
    """

    def __init__(self, loop: Loop, ledger: Ledger) -> None:
        self.loop = loop
        self.ledger = ledger
        self.lapsed: Callable[[Intent], None] = lambda _intent: None
        self._alarm = Alarm(None)
        self._armed = False
        self._due = (self._watch,)

    def hold(self, intent: Intent, service: int, now_ns: int) -> int:
        """Reserve an intent's money, or return the reason not to."""
        reason = self.ledger.hold(intent, service, now_ns)
        if reason == DONE and self.ledger.open_holds and not self._armed:
            self._arm(self.ledger.hold_ttl_ns)
        return reason

    def overdue(self, intent: Intent) -> bool:
        """Say whether an open hold should have ended, or never will."""
        if intent.hold_minor == 0:
            return False
        return self.ledger.hold_ttl_ns == 0 or self.loop.now_ns >= intent.hold_expires_ns

    def lapses_before(self, until_ns: int) -> bool:
        """Say whether the first of the open holds lapses before an instant."""
        first = next(iter(self.ledger.open_holds.values()), None)
        return first is not None and first.hold_expires_ns < until_ns

    def waits(self, intent: Intent) -> bool:
        """Say whether an intent's hold is still to lapse."""
        return intent.tx_id in self.ledger.open_holds

    def _arm(self, delay_ns: int) -> None:
        self._armed = True
        self.loop.after(delay_ns, TIMEOUT_RANK, self._alarm, self._due)

    def _watch(self, _alarm: Alarm) -> None:
        """End what is due, and wake for the next."""
        self._armed = False
        open_holds, now_ns = self.ledger.open_holds, self.loop.now_ns
        while open_holds:
            intent = next(iter(open_holds.values()))
            if intent.hold_expires_ns > now_ns:
                self._arm(intent.hold_expires_ns - now_ns)
                return
            del open_holds[intent.tx_id]
            if self.ledger.controls.hold_timeout:
                self.ledger.expire(intent, now_ns)
            self.lapsed(intent)
