"""What goes over the socket: frames, wrapped once for everybody, and words to one client."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from sanket_sim.live.frames import Frame
from sanket_sim.live.frames.json_text import json_of


class FrameMessage:
    """A frame as it goes over the wire; its body was serialised when it was made.

    Parameters
    ----------
    frame : Frame

    Examples
    --------
    >>> FrameMessage(Frame(1, "alerts", 7, b'{"open":0}', 5)).text()
    '{"topic":"alerts","run_id":1,"sequence":7,"sent_ms":5,"body":{"open":0},"dropped":0}'
    """

    def __init__(self, frame: Frame) -> None:
        self.frame = frame

    def text(self, dropped: int = 0) -> str:
        """Return the message for a client who missed so many of the topic."""
        return self._undropped if not dropped else f'{self._open}"dropped":{dropped}}}'

    @cached_property
    def _undropped(self) -> str:
        return f'{self._open}"dropped":0}}'

    @cached_property
    def _open(self) -> str:
        frame = self.frame
        head = f'{{"topic":"{frame.topic}","run_id":{frame.run_id},"sequence":{frame.sequence}'
        return f'{head},"sent_ms":{frame.sent_ms},"body":{frame.body.decode()},'


def control_message(topic: str, run_id: int, body: Any) -> str:
    """Write a message that is never dropped: ``reset``, ``pong``, ``error``."""
    return json_of({"topic": topic, "run_id": run_id, "sequence": 0, "body": body}).decode()
