"""Looking at what another thread changes: its writes never reach a tab's reactive variables."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import TypeVar

import solara

T = TypeVar("T")


def use_polled(read: Callable[[], T], every_s: float, *subjects: Hashable) -> solara.Reactive[T]:
    """Return a reactive variable that follows what is read, until the tab is gone.

    Parameters
    ----------
    read : callable
        Called on a thread of the tab's own; what it returns is compared with what was read last,
        so that nothing is drawn again for nothing.
    every_s : float
        Wall time from one look to the next [s].
    *subjects : hashable
        What is read depends on these; a change of theirs looks anew, at once.
    """
    seen: solara.Reactive[T] = solara.use_reactive(solara.use_memo(read, []))

    def watch() -> Callable[[], None]:
        gone = threading.Event()

        def look() -> None:
            seen.set(read())
            while not gone.wait(every_s):
                seen.set(read())

        threading.Thread(target=look, daemon=True).start()
        return gone.set

    solara.use_effect(watch, list(subjects))
    return seen
