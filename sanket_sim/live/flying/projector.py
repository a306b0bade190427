"""The projector: lets frames of the picture go, each topic at its own rate, and only when due."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from sanket_sim.core.clock import epoch_ms, wall_s
from sanket_sim.live.flying.outbox import Outbox
from sanket_sim.live.frames import Frame, RunStatus, Topic
from sanket_sim.live.frames.json_text import json_of
from sanket_sim.live.picture import Picture

INTERVALS_S: Mapping[Topic, float] = {
    "metrics": 0.1,
    "transactions": 0.2,
    "alerts": 0.25,
    "fraud_alerts": 0.5,
    "agents": 0.5,
}
"""Least time on the wall between two frames of a topic."""
_NEVER_S = float("-inf")


class Projector:
    """Builds a frame when its topic is due and the last one has left: never for nobody.

    Parameters
    ----------
    picture : Picture
    outbox : Outbox
    status : callable
        Says where the flight stands.
    """

    def __init__(self, picture: Picture, outbox: Outbox, status: Callable[[], RunStatus]) -> None:
        self._picture, self._outbox, self._status = picture, outbox, status
        self._sequence = dict.fromkeys(INTERVALS_S, 0)
        self._shown_s = dict.fromkeys(INTERVALS_S, _NEVER_S)
        self._lock = threading.Lock()

    def show(self) -> None:
        """Let a frame of every topic go now."""
        with self._lock:
            for topic in INTERVALS_S:
                self._show(topic)

    def show_due(self) -> None:
        """Let a frame of every topic go that is due."""
        now_s = wall_s()
        for topic, interval_s in INTERVALS_S.items():
            if now_s - self._shown_s[topic] >= interval_s and not self._outbox.holds(topic):
                with self._lock:
                    self._show(topic)

    def _show(self, topic: Topic) -> None:
        status = self._status()
        body = self._picture.body(topic, status)
        if body is None:
            return
        self._shown_s[topic] = wall_s()
        self._sequence[topic] += 1
        sequence = self._sequence[topic]
        self._outbox.put(Frame(status.run_id, topic, sequence, json_of(body), epoch_ms()))
