"""The last two minutes of every service, second by second, for small charts."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

SECONDS_KEPT = 120


@dataclass(frozen=True, slots=True)
class Past:
    """The recent past of one service, oldest first; all of one length.

    Parameters
    ----------
    end_ns : tuple of int
    rate_per_s, queue, utilisation : tuple
    p99_ms : tuple of float or None
    """

    end_ns: tuple[int, ...]
    rate_per_s: tuple[float, ...]
    p99_ms: tuple[float | None, ...]
    queue: tuple[int, ...]
    utilisation: tuple[float, ...]


class ServicePast:
    """Keeps what was noted of every service, `SECONDS_KEPT` times at most.

    Examples
    --------
    >>> past = ServicePast()
    >>> past.note(1_000_000_000, [3.0, 4.0], [12.5, None], [0, 2], [0.1, 0.9])
    >>> past.of(1).queue, past.of(1).p99_ms
    ((2,), (None,))
    """

    def __init__(self) -> None:
        self._seen: deque[
            tuple[int, Sequence[float], Sequence[float | None], Sequence[int], Sequence[float]]
        ] = deque(maxlen=SECONDS_KEPT)

    def note(
        self,
        at_ns: int,
        rates_per_s: Sequence[float],
        p99s_ms: Sequence[float | None],
        queues: Sequence[int],
        utilisations: Sequence[float],
    ) -> None:
        """Note how all services stand, one entry each."""
        self._seen.append((at_ns, rates_per_s, p99s_ms, queues, utilisations))

    def of(self, place: int) -> Past:
        """Return the past of one service."""
        return Past(
            end_ns=tuple(seen[0] for seen in self._seen),
            rate_per_s=tuple(seen[1][place] for seen in self._seen),
            p99_ms=tuple(seen[2][place] for seen in self._seen),
            queue=tuple(seen[3][place] for seen in self._seen),
            utilisation=tuple(seen[4][place] for seen in self._seen),
        )
