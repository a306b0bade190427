"""Giving orders from a tab: off the thread that draws, and with whatever is said against them."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from sanket_sim.core.errors import InputError, SanketError
from sanket_sim.live.flying.flight_deck import FlightDeck
from sanket_sim.live.flying.orders import Order, Problems

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence for whoever looks; `number` tells two alike apart."""

    text: str
    tone: str = "ok"
    number: int = field(default_factory=lambda: next(_numbers))


@dataclass(frozen=True, slots=True)
class Orders:
    """The orders of one tab.

    Parameters
    ----------
    deck : FlightDeck
    tell : callable
        Takes a `Notice`.
    """

    deck: FlightDeck
    tell: Callable[[Notice], None]

    def give(self, order: Order) -> None:
        """Give an order; say so if it is refused."""
        self.in_background(lambda: self._give(order))

    def _give(self, order: Order) -> None:
        answer = self.deck.ask(order)
        if answer.problems:
            self.complain(answer.problems)

    def complain(self, problems: Problems) -> None:
        """Say what was refused, and why."""
        self.tell(Notice(_joined(problems), "critical"))

    def in_background(self, act: Callable[[], None]) -> None:
        """Act on a thread of its own, since an order waits for the tick that is under way."""

        def run() -> None:
            try:
                act()
            except SanketError as error:
                self.tell(Notice(_plain(error), "critical"))

        threading.Thread(target=run, daemon=True).start()


def _plain(error: SanketError) -> str:
    return _joined(error.notes) if isinstance(error, InputError) else str(error)


def _joined(problems: Problems) -> str:
    return "; ".join(f"{path}: {text}" if path else text for path, text in problems)
