"""The message broker: delivery at least once, and what can go wrong with an event on its way."""

from __future__ import annotations

from sanket_sim.bank.description import Step
from sanket_sim.core.outcomes import Mishap
from sanket_sim.network.callers import KEYS_PER_MESSAGE, RELAY_NS, Callers
from sanket_sim.network.edges import EdgeRow
from sanket_sim.network.loop import Alarm, Loop, Rank
from sanket_sim.network.rows import DETACHED, Attempt

DROP_EVENT = int(Mishap.DROP_EVENT)
LOSE_MESSAGE_ACK = int(Mishap.LOSE_MESSAGE_ACK)
REPLAY_CAPTURE = int(Mishap.REPLAY_CAPTURE)
CAPTURE_LATE = int(Mishap.CAPTURE_LATE)
ODD = DROP_EVENT | REPLAY_CAPTURE | CAPTURE_LATE
RETRY_RANK = int(Rank.RETRY)
REPLAYED = 1 << 10
"""Keys of a replayed message lie this many messages from those of the message itself."""


class Broker:
    """Carries messages; the edge's retry policy is its redelivery.

    Parameters
    ----------
    loop : Loop
    edges : list of EdgeRow
    callers : Callers
    """

    def __init__(self, loop: Loop, edges: list[EdgeRow], callers: Callers) -> None:
        self.loop = loop
        self.edges = edges
        self.callers = callers
        self._due = (self._send_due,)

    def publish(self, attempt: Attempt, step: Step) -> bool:
        """Hand a message over and go on."""
        if attempt.call.intent.mishap & ODD:
            self._publish_oddly(attempt, step)
        else:
            self.callers.call(attempt, self.edges[step.target], step.word, DETACHED)
        return True

    def loses_ack(self, attempt: Attempt) -> bool:
        """Say whether the consumer's acknowledgement of a message is lost."""
        call = attempt.call
        intent = call.intent
        if call.group != DETACHED or not call.edge.posts_below or intent.mishap_value <= 0:
            return False
        intent.mishap_value -= 1
        return True

    def _publish_oddly(self, attempt: Attempt, step: Step) -> None:
        intent, edge = attempt.call.intent, self.edges[step.target]
        if intent.mishap & DROP_EVENT and edge.posts_below:
            intent.mishap &= ~DROP_EVENT
            if self.callers.controls.outbox:
                self._send_after(RELAY_NS, attempt, step)
            return
        if not (intent.mishap & CAPTURE_LATE and edge.captures_below):
            self.callers.call(attempt, edge, step.word, DETACHED)
        if edge.captures_below and intent.mishap & (CAPTURE_LATE | REPLAY_CAPTURE):
            again = intent.mishap & REPLAY_CAPTURE
            key_shift = KEYS_PER_MESSAGE * REPLAYED if again else 0
            self._send_after(intent.mishap_value, attempt, step, key_shift)

    def _send_after(self, delay_ns: int, attempt: Attempt, step: Step, key_shift: int = 0) -> None:
        attempt.call.intent.live += 1
        alarm = Alarm((attempt, step, key_shift))
        self.loop.after(delay_ns, RETRY_RANK, alarm, self._due)

    def _send_due(self, alarm: Alarm) -> None:
        attempt, step, key_shift = alarm.subject
        word = step.word ^ bool(key_shift)
        self.callers.call(attempt, self.edges[step.target], word, DETACHED, key_shift)
        attempt.call.intent.live -= 1
