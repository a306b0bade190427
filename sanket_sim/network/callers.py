"""The caller's side of every call: gates, balancing, timeouts, retries, fallbacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from sanket_sim.bank.description import Controls
from sanket_sim.bank.policies import Fallback
from sanket_sim.core.draws import MASK32, absorb, word_of
from sanket_sim.core.outcomes import FraudDecision, Mishap, Outcome
from sanket_sim.core.units import NS_PER_S
from sanket_sim.network.choice import choose, keyed_uniform
from sanket_sim.network.edges import STATE_NAMES, BreakerRow, EdgeRow, TimeoutLane
from sanket_sim.network.loop import Alarm, Loop, Rank
from sanket_sim.network.recorder import Recorder
from sanket_sim.network.rows import (
    DETACHED,
    NEVER,
    PAYMENT,
    Attempt,
    Call,
    Intent,
    ServiceRow,
)
from sanket_sim.network.rules import answers, backoff, timing

if TYPE_CHECKING:
    from sanket_sim.network.callees import Callees

OK = int(Outcome.OK)
APP_ERROR = int(Outcome.APP_ERROR)
TIMEOUT = int(Outcome.TIMEOUT)
DEADLINE_EXCEEDED = int(Outcome.DEADLINE_EXCEEDED)
CANCELLED = int(Outcome.CANCELLED)
NO_INSTANCE = int(Outcome.NO_INSTANCE)
NO_LEDGER = int(Mishap.NO_LEDGER)
SLOWED = int(Mishap.SLOWED | Mishap.REVERSED)
BARRED = NO_LEDGER | SLOWED
PARKED = -2
ERRANDS_APART = 1 << 16
RELAY_NS = NS_PER_S
"""How soon the relay of an outbox tries again with an event that nobody has taken."""
KEYS_PER_MESSAGE = 1 << 20
"""Keys of a redelivered message lie this far from those of the delivery before."""
GOLDEN = 0x9E3779B1
WORD_DELAY = word_of("delay")
WORD_RETURN = word_of("return")
WORD_BACKOFF = word_of("backoff")
RETRY_RANK = int(Rank.RETRY)
TIMEOUT_RANK = int(Rank.TIMEOUT)
DELIVERY_RANK = int(Rank.DELIVERY)


class Callers:
    """Everything that a caller does around a call, from its first attempt to its conclusion."""

    def __init__(
        self,
        loop: Loop,
        edges: list[EdgeRow],
        services: list[ServiceRow],
        recorder: Recorder,
        answered: Callable[[Call, int], None],
        rested: Callable[[Intent], None],
        controls: Controls,
    ) -> None:
        self.loop = loop
        self.edges = edges
        self.services = services
        self.recorder = recorder
        self.answered = answered
        self.rested = rested
        self.controls = controls
        self.callees: Callees = cast("Callees", None)
        self.open: dict[int, Attempt] = {}
        self.keeps_children = any(edge.cancel for edge in edges)
        self._hops = 0
        self._timed_out = (self._ring,)
        self._lane_due = (self._watch_lane,)
        self._retried = (self._try_again,)
        self._unparked = (self._leave_bulkhead_line,)
        self._cancelled = (self._deliver_cancellation,)
        self._delivered: tuple[Callable[[Attempt], None]] = cast(
            "tuple[Callable[[Attempt], None]]", ()
        )

    def attach(self, callees: Callees) -> None:
        """Introduce the other side."""
        self.callees = callees
        self._delivered = (callees.deliver,)

    def submit(
        self, intent: Intent, edge: EdgeRow, submission: int, key_no: int, errand: int = PAYMENT
    ) -> None:
        """Send an intent, or an errand about it, from the customer's device into the bank."""
        call = Call(intent, edge, None, edge.index, 0)
        call.hi, call.lo = absorb(intent.hi, intent.lo, submission + ERRANDS_APART * errand)
        call.submission, call.key_no, call.errand = submission, key_no, errand
        self._begin(call, 0)

    def call(
        self, parent: Attempt, edge: EdgeRow, word: int, group: int, key_shift: int = 0
    ) -> None:
        """Call along `edge` on behalf of a running attempt; group DETACHED: nobody waits."""
        above = parent.call
        call = Call(above.intent, edge, parent, word, group)
        call.hi, call.lo = parent.hi, parent.lo
        call.submission, call.key_no = above.submission, above.key_no + key_shift
        call.errand = above.errand
        inherited_ns = above.deadline_ns if edge.propagates and group != DETACHED else 0
        self._begin(call, inherited_ns)

    def _begin(self, call: Call, inherited_ns: int) -> None:
        policy = call.edge.policy
        if policy.deadline_ns or inherited_ns:
            own_ns = self.loop.now_ns + policy.deadline_ns if policy.deadline_ns else 0
            call.deadline_ns = timing.child_deadline_ns(own_ns, inherited_ns, call.edge.delay_ns)
        call.intent.live += 1
        if call.edge.budget is not None:
            call.edge.budget.see_call(self.loop.now_ns)
        self._attempt(call)

    def _attempt(self, call: Call) -> None:
        intent, edge, now_ns = call.intent, call.edge, self.loop.now_ns
        call.attempts += 1
        intent.attempts += 1
        intent.live += 1
        self._hops += 1
        attempt = Attempt(call, self._hops, now_ns)
        self.open[attempt.hop_id] = attempt
        attempt.hi, attempt.lo = absorb(
            call.hi, call.lo, (call.word + call.attempts * GOLDEN) & MASK32
        )
        if self.keeps_children and call.parent is not None and call.group != DETACHED:
            self._adopt(call.parent, attempt)
        if call.deadline_ns and now_ns >= call.deadline_ns:
            self._refuse(attempt, DEADLINE_EXCEEDED)
        elif edge.gated:
            self._pass_gates(attempt, edge, now_ns)
        else:
            self._send(attempt)

    @staticmethod
    def _adopt(parent: Attempt, child: Attempt) -> None:
        if parent.children is None:
            parent.children = []
        parent.children.append(child)

    def _pass_gates(self, attempt: Attempt, edge: EdgeRow, now_ns: int) -> None:
        if not edge.within_rate(now_ns):
            self._refuse(attempt, int(Outcome.RATE_LIMITED))
            return
        wait_ns = edge.policy.bulkhead.wait_ns
        if edge.has_room:
            self._pass_breaker(attempt, edge, now_ns)
        elif wait_ns == 0:
            self._refuse(attempt, int(Outcome.BULKHEAD_FULL))
        else:
            edge.bulkhead_line.append(attempt)
            attempt.outcome = PARKED
            self.loop.after(wait_ns, TIMEOUT_RANK, Alarm(attempt), self._unparked)
            self._set_timeout(attempt)

    def _pass_breaker(self, attempt: Attempt, edge: EdgeRow, now_ns: int) -> None:
        ticket = 1
        if edge.breaker is not None:
            before = edge.breaker.state
            ticket = edge.breaker.admit(now_ns)
            self._note_breaker(edge, before, now_ns)
            if not ticket:
                self._refuse(attempt, int(Outcome.CIRCUIT_OPEN))
                return
        edge.active += 1
        attempt.ticket = ticket
        self._send(attempt)

    def _leave_bulkhead_line(self, alarm: Alarm) -> None:
        attempt: Attempt = alarm.subject
        if attempt.outcome == PARKED:
            self._refuse(attempt, int(Outcome.BULKHEAD_FULL))

    def _refuse(self, attempt: Attempt, outcome: int) -> None:
        """End an attempt that was never sent."""
        attempt.travelling = False
        attempt.received_ns = self.loop.now_ns
        self.settle(attempt, outcome)

    def _send(self, attempt: Attempt) -> None:
        call = attempt.call
        edge = call.edge
        service = self.services[edge.callee]
        barred = call.intent.mishap & BARRED
        if not service.healthy or (barred & NO_LEDGER and edge.holds):
            self._refuse(attempt, NO_INSTANCE)
            return
        if not service.shared:
            self._choose_replica(attempt, call, service)
        loop = self.loop
        if attempt.sent_ns == loop.now_ns:  # else its time has been running in the bulkhead's line
            self._set_timeout(attempt)
        delay_ns = edge.delay_ns
        if edge.delay_law is not None:
            delay_ns = edge.delay_law.ns(keyed_uniform(attempt.hi, attempt.lo, WORD_DELAY))
        if barred & SLOWED and edge.posts:
            delay_ns += call.intent.mishap_value
        if edge.faults:
            delay_ns = self._disturbed_request_ns(attempt, edge, delay_ns)
            if delay_ns < 0:
                return
        if delay_ns:
            loop.after(delay_ns, DELIVERY_RANK, attempt, self._delivered)
        else:
            self.callees.deliver(attempt)

    def _set_timeout(self, attempt: Attempt) -> None:
        """Let the caller's patience run from now; it spans the wait at the gates."""
        call, now_ns = attempt.call, self.loop.now_ns
        edge = call.edge
        if call.deadline_ns:
            wait_ns = timing.patience_ns(edge.timeout_ns, call.deadline_ns, now_ns)
            self.loop.after(wait_ns, TIMEOUT_RANK, Alarm(attempt), self._timed_out)
        elif edge.timeout_ns:
            lane = edge.lane
            lane.expiries.append((now_ns + edge.timeout_ns, attempt))
            if not lane.armed:
                lane.armed = True
                self.loop.after(edge.timeout_ns, TIMEOUT_RANK, lane, self._lane_due)

    def _watch_lane(self, lane: TimeoutLane) -> None:
        """Time out whoever is due, pass over whoever was answered, and wake for the next."""
        expiries, now_ns = lane.expiries, self.loop.now_ns
        while expiries:
            expiry_ns, attempt = expiries[0]
            if attempt.caller_open and expiry_ns > now_ns:
                self.loop.after(expiry_ns - now_ns, TIMEOUT_RANK, lane, self._lane_due)
                return
            expiries.popleft()
            if attempt.caller_open:
                self._time_out(attempt)
        lane.armed = False

    def _disturbed_request_ns(self, attempt: Attempt, edge: EdgeRow, delay_ns: int) -> int:
        """Return the request's delay under the edge's faults; negative if it goes no further."""
        for fault in edge.faults:
            if fault.response or not self.callees.struck(attempt, fault):
                continue
            if fault.law is not None:
                delay_ns += fault.law.ns(keyed_uniform(attempt.hi, attempt.lo, fault.word ^ 1))
            else:
                self._stop_on_the_way(attempt, fault.code)
                return -1
        return delay_ns

    def _stop_on_the_way(self, attempt: Attempt, code: int) -> None:
        """Let a request never arrive: answered with a code (-1: with nothing at all)."""
        if attempt.replica is not None:
            attempt.replica.outstanding -= 1
        if code >= 0:
            self._refuse(attempt, code)
        else:
            self.vanish(attempt)

    def vanish(self, attempt: Attempt) -> None:
        """Lose an attempt's message: nothing more of it will ever arrive."""
        attempt.travelling = False
        if not attempt.caller_open:
            self._emit(attempt)

    def _choose_replica(self, attempt: Attempt, call: Call, service: ServiceRow) -> None:
        healthy = service.healthy
        chosen = healthy[0] if len(healthy) == 1 else choose(attempt, call, service)
        attempt.replica = chosen
        chosen.outstanding += 1
        if call.edge.retries:
            if call.tried is None:
                call.tried = set()
            call.tried.add(chosen.index)

    def _ring(self, alarm: Alarm) -> None:
        attempt: Attempt = alarm.subject
        if attempt.caller_open:
            self._time_out(attempt)

    def _time_out(self, attempt: Attempt) -> None:
        call = attempt.call
        expired = call.deadline_ns and self.loop.now_ns >= call.deadline_ns
        if attempt.outcome == PARKED:
            attempt.travelling = False
        self.settle(attempt, DEADLINE_EXCEEDED if expired else TIMEOUT)
        if call.edge.cancel:
            self._send_cancellation(attempt)

    def _send_cancellation(self, attempt: Attempt) -> None:
        delay_ns = attempt.call.edge.delay_ns
        self.loop.after(delay_ns, DELIVERY_RANK, Alarm(attempt), self._cancelled)

    def _deliver_cancellation(self, alarm: Alarm) -> None:
        attempt: Attempt = alarm.subject
        if attempt.travelling and self.callees.cancel(attempt):
            self.vanish(attempt)

    def forsake_children(self, parent: Attempt) -> None:
        """Cancel the nested calls of an attempt that has itself been cancelled."""
        for child in parent.children or ():
            if child.caller_open:
                child.outcome = CANCELLED
                child.caller_open = False
                if child.ticket:
                    self._open_gate(child, CANCELLED)
                self._send_cancellation(child)
                self._release(child.call.intent)

    def receive(self, attempt: Attempt) -> None:
        """Let an answer arrive at its caller."""
        attempt.received_ns = self.loop.now_ns
        attempt.travelling = False
        if attempt.caller_open:
            self.settle(attempt, attempt.response)
        else:
            attempt.late = True
            self._emit(attempt)

    def settle(self, attempt: Attempt, outcome: int) -> None:
        """Fix what the caller believes about an attempt, and let the call go on from there."""
        attempt.outcome = outcome
        attempt.caller_open = False
        call = attempt.call
        edge = call.edge
        if attempt.ticket:
            self._open_gate(attempt, outcome)
        if outcome == OK:
            if edge.budget is not None:
                edge.budget.see_success(call.attempts > 1)
            if not attempt.travelling:
                self._emit(attempt)
            self.conclude(call, OK)
            return
        call.decline = attempt.decline
        self._blame(attempt, edge)
        if edge.budget is not None and outcome in edge.codes:
            edge.budget.see_failure()
        if not attempt.travelling:
            self._emit(attempt)
        if not (edge.retries and outcome in edge.codes and self._schedule_retry(call)):
            self.conclude(call, outcome)

    @staticmethod
    def _blame(attempt: Attempt, edge: EdgeRow) -> None:
        intent = attempt.call.intent
        if attempt.depth > intent.error_depth:
            intent.error_depth = attempt.depth
            intent.error_service = edge.callee

    def _open_gate(self, attempt: Attempt, outcome: int) -> None:
        ticket, attempt.ticket = attempt.ticket, 0
        edge = attempt.call.edge
        edge.active -= 1
        if edge.breaker is not None:
            self._tell_breaker(edge.breaker, attempt, outcome, ticket)
        if edge.bulkhead_line:
            self._admit_parked(edge)

    def _tell_breaker(
        self, breaker: BreakerRow, attempt: Attempt, outcome: int, ticket: int
    ) -> None:
        if outcome == CANCELLED:
            breaker.forget(ticket)
            return
        before, now_ns, slow_ns = breaker.state, self.loop.now_ns, breaker.policy.slow_ns
        slow = slow_ns > 0 and now_ns - attempt.sent_ns >= slow_ns
        breaker.see(now_ns, answers.is_failure(outcome), slow, ticket)
        self._note_breaker(attempt.call.edge, before, now_ns)

    def _go_in(self, attempt: Attempt, edge: EdgeRow) -> None:
        """Let an attempt past the bulkhead, unless its time has run out at the gate."""
        now_ns, deadline_ns = self.loop.now_ns, attempt.call.deadline_ns
        if deadline_ns and now_ns >= deadline_ns:
            self._refuse(attempt, DEADLINE_EXCEEDED)
        else:
            self._pass_breaker(attempt, edge, now_ns)

    def note_policy(self, edge: EdgeRow) -> None:
        """Act on a policy just pushed: its bulkhead may have room, its timeouts may cancel."""
        self.keeps_children = self.keeps_children or edge.cancel
        self._admit_parked(edge)

    def _admit_parked(self, edge: EdgeRow) -> None:
        """Let those who wait at a bulkhead in while there is room, one after the other.

        One that fails at once makes room again and leads back here; the loop already running
        takes the next.
        """
        if edge.admitting:
            return
        edge.admitting = True
        while edge.bulkhead_line and edge.has_room:
            attempt: Attempt = edge.bulkhead_line.popleft()
            if attempt.outcome == PARKED:
                attempt.outcome = NEVER
                self._go_in(attempt, edge)
        edge.admitting = False

    def _note_breaker(self, edge: EdgeRow, before: int, now_ns: int) -> None:
        if edge.breaker is not None and edge.breaker.state != before:
            state = STATE_NAMES[edge.breaker.state]
            self.recorder.decision(now_ns, "breaker", state, edge.description.name, "")

    def _schedule_retry(self, call: Call) -> bool:
        edge = call.edge
        retry = edge.policy.retry
        if call.attempts >= retry.attempts or call.forsaken:
            return False
        u = keyed_uniform(call.hi, call.lo, (call.word ^ WORD_BACKOFF) + call.attempts & MASK32)
        delay_ns = backoff.retry_delay_ns(
            retry.kind,
            call.attempts,
            retry.initial_ns,
            retry.max_ns,
            retry.multiplier,
            retry.jitter,
            call.previous_delay_ns,
            u,
        )
        now_ns = self.loop.now_ns
        if call.deadline_ns and now_ns + delay_ns >= call.deadline_ns:
            return False
        if edge.budget is not None and not edge.budget.take(now_ns):
            return False
        call.previous_delay_ns = delay_ns
        self.loop.after(delay_ns, RETRY_RANK, Alarm(call), self._retried)
        return True

    def _try_again(self, alarm: Alarm) -> None:
        call: Call = alarm.subject
        if call.forsaken:
            self._release(call.intent)
            return
        if call.group == DETACHED and call.edge.posts_below and not self.controls.inbox:
            call.key_no += KEYS_PER_MESSAGE
        self._attempt(call)

    def conclude(self, call: Call, outcome: int) -> None:
        """End a logical call: its caller goes on, with the answer or with a fallback."""
        call.refused = outcome == APP_ERROR and call.attempts == 1
        if outcome not in (OK, APP_ERROR):
            if self.controls.outbox and call.group == DETACHED and call.edge.moves_money:
                self.loop.after(RELAY_NS, RETRY_RANK, Alarm(call), self._retried)
                return
            outcome = self._fall_back(call, outcome)
        if call.parent is None:
            self.answered(call, outcome)
        elif call.group != DETACHED:
            self.callees.resume(call.parent, call, outcome)
        intent = call.intent
        intent.live -= 1
        if intent.live == 0:
            self.rested(intent)

    def _fall_back(self, call: Call, outcome: int) -> int:
        fallback = call.edge.policy.fallback
        if fallback == Fallback.NONE:
            return outcome
        if fallback == Fallback.STAND_IN:
            call.decline = self.callees.stand_in(call)
            return APP_ERROR if call.decline else OK
        if fallback == Fallback.DECLINE:
            call.decline = self.callees.fail_closed(call)
            return APP_ERROR
        if call.edge.decides_fraud:
            self._note_unchecked(call.intent)
        return OK

    def _note_unchecked(self, intent: Intent) -> None:
        """Put on record that a payment goes on without the fraud service's word (fail-open)."""
        if intent.fraud_decision == 0:
            intent.fraud_decision = int(FraudDecision.UNCHECKED)
            self.recorder.decision(
                self.loop.now_ns, "fraud_fallback", "approve", "payment", "", intent.tx_id
            )

    def _emit(self, attempt: Attempt) -> None:
        del self.open[attempt.hop_id]
        self.recorder.hop(attempt)
        intent = attempt.call.intent
        intent.live -= 1
        if intent.live == 0:
            self.rested(intent)

    def _release(self, intent: Intent) -> None:
        intent.live -= 1
        if intent.live == 0:
            self.rested(intent)
