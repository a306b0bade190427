"""A frame that takes the place of one that has not left: nothing that only the other told is lost.

Most topics tell how things stand, and the newer frame tells all of it. Rows of the feed and points
of the charts are told once: they go over to the newer frame.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sanket_sim.live.feed import ROWS_KEPT
from sanket_sim.live.frames import Frame
from sanket_sim.live.frames.json_text import json_of, object_of

Told = list[Any]


def joined(waiting: Frame, newer: Frame) -> Frame:
    """Return the newer of two frames of a topic, with what only the waiting one tells.

    Parameters
    ----------
    waiting, newer : Frame
        Of one topic, `newer` made after `waiting`.

    Examples
    --------
    >>> first, second = (
    ...     Frame(1, "transactions", number, json_of({"rows": [number], "processed": number}))
    ...     for number in (1, 2)
    ... )
    >>> joined(first, second).body
    b'{"rows":[1,2],"processed":2}'
    """
    if newer.topic not in _TOLD_ONCE:
        return newer
    name, join = _TOLD_ONCE[newer.topic]
    earlier, body = object_of(waiting.body)[name], object_of(newer.body)
    if not earlier:
        return newer
    body[name] = join(earlier, body[name])
    return replace(newer, body=json_of(body))


def _rows(earlier: Told, later: Told) -> Told:
    """Put rows together, the newest of them if there are too many."""
    return [*earlier, *later][-ROWS_KEPT:]


def _points(earlier: Told, later: Told) -> Told:
    """Put points together, the later of two that bear one index."""
    points = {point["index"]: point for point in (*earlier, *later)}
    return [points[index] for index in sorted(points)]


_TOLD_ONCE: Mapping[str, tuple[str, Callable[[Told, Told], Told]]] = {
    "transactions": ("rows", _rows),
    "metrics": ("points", _points),
}
"""By topic: the field that no later frame repeats, and how two of them are put together."""
