"""Looking at what another thread changes: its writes never reach a tab's reactive variables."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable
from typing import TypeVar

import solara

T = TypeVar("T")
_log = logging.getLogger(__name__)


def use_polled(
    read: Callable[[], T], first: T, every_s: float, *subjects: Hashable
) -> solara.Reactive[T]:
    """Return a reactive variable that follows what is read, until the tab is gone.

    Parameters
    ----------
    read : callable
        Called on a thread of the tab's own; what it returns is compared with what was read last,
        so that nothing is drawn again for nothing. If it fails, the log says so, and the next look
        may do better.
    first : object
        What stands there before the first look.
    every_s : float
        Wall time from one look to the next [s].
    *subjects : hashable
        What is read depends on these; a change of theirs looks anew, at once.
    """
    seen: solara.Reactive[T] = solara.use_reactive(first)

    def watch() -> Callable[[], None]:
        gone = threading.Event()

        def look() -> None:
            while not gone.is_set():
                try:
                    found = read()
                except Exception:  # noqa: BLE001  # the next look may do better
                    _log.exception("%r could not be read; what was read last stands", subjects)
                else:
                    if not gone.is_set():
                        seen.set(found)
                gone.wait(every_s)

        threading.Thread(target=look, daemon=True).start()
        return gone.set

    solara.use_effect(watch, list(subjects))
    return seen
