"""SIGINT and SIGTERM as a question that the loop asks, so that a run ends between two ticks."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType


class Interrupted(KeyboardInterrupt):
    """A run was ended where it stood.

    Parameters
    ----------
    by : str
        Who asked first that it end.
    """

    def __init__(self, by: str) -> None:
        self.by = by
        super().__init__(f"interrupted by {by}")


@dataclass(slots=True)
class Interruption:
    """Which signal, or who else, has asked the run to end, if anybody has.

    Examples
    --------
    >>> asked = Interruption()
    >>> asked.requested, asked.by
    (False, '')
    >>> asked.ask("the operator")
    >>> asked.requested, asked.by
    (True, 'the operator')
    """

    by: str = ""
    at_once: bool = False
    """Nobody asks any more: the next signal ends what is being done."""

    @property
    def requested(self) -> bool:
        """Whether somebody asked the run to end."""
        return bool(self.by)

    def ask(self, by: str) -> None:
        """Ask the run to end after the tick that is under way; who asked first is remembered."""
        self.by = self.by or by

    def note(self, number: int, _frame: FrameType | None) -> None:
        """Remember the first signal; a second one no longer waits for the tick to end.

        Who asked first goes on record: a second signal may come from whoever was asked.
        """
        name = _pressed() or signal.Signals(number).name
        if self.requested or self.at_once:
            raise Interrupted(self.by or name)
        self.by = name


def _pressed() -> str:
    """Say whether somebody has pressed Ctrl-C at the terminal of a process that is deaf to it.

    Who started it hears it too, and ends it with SIGTERM; but it was not SIGTERM that came first.
    """
    return signal.SIGINT.name if signal.SIGINT in signal.sigpending() else ""


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Listen for SIGINT and SIGTERM while the block runs; outside the main thread, for none."""
    asked = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    before = {
        number: signal.signal(number, asked.note) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
