"""A part of the picture on its way: who it is of, how new it is, and its JSON."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Frame:
    """One part of the picture, serialised: the latest of its topic wins.

    Parameters
    ----------
    run_id : int
    topic : str
    sequence : int
        Grows by one with each frame of the topic.
    body : bytes
        JSON.
    sent_ms : int
        When it was made, by the clock on the wall [ms since 1970]: what a page needs to say how
        old its picture is. 0 if nobody noted it.
    """

    run_id: int
    topic: str
    sequence: int
    body: bytes
    sent_ms: int = 0
