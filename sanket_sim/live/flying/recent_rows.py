"""The feed as somebody sees it who comes late: the rows of many frames as one."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from typing import Any

from sanket_sim.live.feed import ROWS_KEPT
from sanket_sim.live.frames import Frame
from sanket_sim.live.frames.json_text import json_of, value_of


class RecentRows:
    """The newest frames of the feed, each of which brings only what is new.

    Examples
    --------
    >>> recent = RecentRows()
    >>> for number in (1, 2):
    ...     body = json_of({"rows": [{"tx_id": number}], "processed": number})
    ...     recent.keep(Frame(run_id=1, topic="transactions", sequence=number, body=body))
    >>> recent.frame.sequence, recent.frame.body
    (2, b'{"rows":[{"tx_id":1},{"tx_id":2}],"processed":2}')
    """

    def __init__(self) -> None:
        self._frames: deque[Frame] = deque(maxlen=ROWS_KEPT)

    def keep(self, frame: Frame) -> None:
        """Keep a frame; those that are too old to matter are forgotten."""
        self._frames.append(frame)

    @property
    def frame(self) -> Frame | None:
        """The newest frame with the rows of those before it; None if there is none."""
        frames = tuple(self._frames)
        if not frames:
            return None
        newest = frames[-1]
        processed = value_of(newest.body)["processed"]
        rows = [*islice(_backwards(frames), ROWS_KEPT)][::-1]
        return replace(newest, body=json_of({"rows": rows, "processed": processed}))


def _backwards(frames: tuple[Frame, ...]) -> Iterable[Any]:
    """Yield rows from the newest on."""
    for frame in reversed(frames):
        yield from reversed(value_of(frame.body)["rows"])
