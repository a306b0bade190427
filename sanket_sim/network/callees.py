"""The callee's side of every call: admission, queue, workers, and the steps of an operation."""

from __future__ import annotations

from collections.abc import Callable

from sanket_sim.bank.description import Step, StepKind
from sanket_sim.core.draws import MASK32, unit_from_lanes, word_of
from sanket_sim.core.outcomes import Mishap, Outcome, ReplicaState
from sanket_sim.network.broker import Broker
from sanket_sim.network.callers import WORD_RETURN, Callers
from sanket_sim.network.choice import keyed_uniform
from sanket_sim.network.edges import EdgeRow
from sanket_sim.network.effects import Effects
from sanket_sim.network.loop import Alarm, Loop, Rank
from sanket_sim.network.rows import Attempt, Call, FaultEffect, Replica, ServiceRow
from sanket_sim.network.rules import answers, timing
from sanket_sim.network.saga import Saga

OK = int(Outcome.OK)
APP_ERROR = int(Outcome.APP_ERROR)
DEADLINE_EXCEEDED = int(Outcome.DEADLINE_EXCEEDED)
CONNECTION_RESET = int(Outcome.CONNECTION_RESET)
UP = int(ReplicaState.UP)
PAUSED = int(ReplicaState.PAUSED)
LOSE_ACK = int(Mishap.LOSE_ACK)
LOSE_MESSAGE_ACK = int(Mishap.LOSE_MESSAGE_ACK)
WORD_STEP = word_of("step")
COMPLETION_RANK = int(Rank.COMPLETION)
IGNORED = (lambda _: None,)
Act = Callable[[Attempt, Step], bool]
Program = list[tuple[Act, Step]]
"""Steps and what carries each out; an act says whether the next may follow at once."""


class Callees:
    """Everything that happens to a request at the service that serves it."""

    def __init__(
        self,
        loop: Loop,
        services: list[ServiceRow],
        edges: list[EdgeRow],
        callers: Callers,
        effects: Effects,
    ) -> None:
        self.loop = loop
        self.services = services
        self.edges = edges
        self.callers = callers
        self.effects = effects
        self._launching: Attempt | None = None
        self._completed = (self._complete,)
        self._received = (callers.receive,)
        self._reset = (self._deliver_reset,)
        self.broker = Broker(loop, edges, callers)
        self.saga = Saga(edges, callers)
        self._programs = self._link(edges)

    def _link(self, edges: list[EdgeRow]) -> dict[int, Program]:
        """Pair each step of each operation with what carries it out; the last ends the request."""
        acts: dict[StepKind, Act] = {
            StepKind.COMPUTE: self._compute,
            StepKind.CALL: self._call,
            StepKind.PARALLEL: self._parallel,
            StepKind.MAYBE: self._maybe,
            StepKind.PUBLISH: self.broker.publish,
            StepKind.COMMIT: self.effects.commit,
            StepKind.CHECK: self.effects.check,
        }
        end: tuple[Act, Step] = (self._end, Step(StepKind.COMPUTE))
        return {
            edge.operation_index: [*((acts[s.kind], s) for s in edge.operation.steps), end]
            for edge in edges
        }

    def deliver(self, attempt: Attempt) -> None:
        """Let a request arrive: admission, then a worker or the line."""
        if attempt.dead:
            return
        edge = attempt.call.edge
        service = self.services[edge.callee]
        attempt.queued_ns = self.loop.now_ns
        replica = attempt.replica or self._free_replica(service)
        (replica or service.replicas[0]).arrivals += 1
        if service.faults and self._turned_away(attempt, service):
            return
        if not service.healthy:
            self._answer_reset(attempt, service)
        elif replica is None:
            self._join_line(attempt, service.lines[0].length, service.replicas[0])
        elif replica.state != UP:
            self._deliver_to_absent(attempt, replica)
        elif replica.busy < replica.workers and replica.line.length == 0:
            attempt.queue_length = 0
            self.start(attempt, replica)
        else:
            self._join_line(attempt, replica.line.length, replica)

    @staticmethod
    def _free_replica(service: ServiceRow) -> Replica | None:
        """Return the least busy replica that has a free worker, for a line shared by all."""
        chosen = None
        for replica in service.replicas:
            if (
                replica.state == UP
                and replica.busy < replica.workers
                and (chosen is None or replica.busy < chosen.busy)
            ):
                chosen = replica
        return chosen if service.lines[0].length == 0 else None

    def _deliver_to_absent(self, attempt: Attempt, replica: Replica) -> None:
        if replica.state == PAUSED:
            self._join_line(attempt, replica.line.length, replica)
        else:
            self._answer_reset(attempt, replica.service)

    def _join_line(self, attempt: Attempt, waiting: int, replica: Replica) -> None:
        attempt.queue_length = waiting
        if not timing.admits(waiting, replica.service.queue_cap):
            self._respond_unserved(attempt, int(Outcome.REJECTED))
            return
        replica.line.join(attempt, self.effects.priorities[attempt.call.intent.kind])

    def _turned_away(self, attempt: Attempt, service: ServiceRow) -> bool:
        for fault in service.faults:
            if fault.response or fault.law is not None or not self.struck(attempt, fault):
                continue
            if fault.code >= 0:
                self._respond_unserved(attempt, fault.code)
            else:
                self._leave(attempt)
                self.callers.vanish(attempt)
            return True
        return False

    def struck(self, attempt: Attempt, fault: FaultEffect) -> bool:
        """Say whether a fault hits this attempt, and put it on record if so."""
        edge = attempt.call.edge
        if fault.operation >= 0 and fault.operation != edge.operation_index:
            return False
        if fault.replicas and (
            attempt.replica is None or attempt.replica.index not in fault.replicas
        ):
            return False
        u = keyed_uniform(attempt.hi, attempt.lo, fault.word)
        if not timing.strikes(fault.probability, u):
            return False
        self.mark(attempt, fault.fault_id)
        return True

    @staticmethod
    def mark(attempt: Attempt, fault_id: int) -> None:
        """Record that a fault struck an attempt, and through it the intent."""
        if fault_id < 0:
            return
        attempt.fault_id = fault_id
        intent = attempt.call.intent
        if intent.fault_ids is None:
            intent.fault_ids = set()
            intent.fault_service = attempt.call.edge.callee
        intent.fault_ids.add(fault_id)

    def start(self, attempt: Attempt, replica: Replica) -> None:
        """Give a request a worker; one that was waiting for an answer goes on where it was."""
        now_ns = self.loop.now_ns
        replica.busy_ns += replica.busy * (now_ns - replica.accounted_ns)
        replica.accounted_ns = now_ns
        replica.busy += 1
        attempt.holding = True
        if attempt.begun_ns >= 0:
            self._run(attempt)
            return
        attempt.begun_ns = now_ns
        attempt.replica = replica
        if replica.fault_id >= 0:
            self.mark(attempt, replica.fault_id)
        call = attempt.call
        if call.edge.propagates and call.deadline_ns and now_ns >= call.deadline_ns:
            self.finish(attempt, DEADLINE_EXCEEDED)
        elif call.edge.operation.dedup.scope and (known := self.effects.recall(attempt)):
            self.effects.answer_from_memory(attempt, known)
        else:
            self._run(attempt)

    def _run(self, attempt: Attempt) -> None:
        """Do one step after another until one has to wait, or the last has ended the request."""
        program = self._programs[attempt.call.edge.operation_index]
        going = True
        while going:
            act, step = program[attempt.pc]
            attempt.pc += 1
            going = act(attempt, step)

    def _end(self, attempt: Attempt, _step: Step) -> bool:
        self._end_work(attempt, OK)
        return False

    def _compute(self, attempt: Attempt, step: Step) -> bool:
        replica = attempt.replica
        assert replica is not None
        assert step.law is not None
        first = not attempt.computed
        if first:
            attempt.computed = True
            attempt.cpu_ns = attempt.call.edge.operation.cpu_ns
            replica.cpu_ns += attempt.cpu_ns
            u = unit_from_lanes(attempt.hi, attempt.lo)
        else:
            u = keyed_uniform(attempt.hi, attempt.lo, (WORD_STEP + attempt.pc) & MASK32)
        time_ns = step.law.ns(u)
        faults = replica.service.faults
        if faults or replica.speed != 1.0:
            extra_ns = self._extra_ns(attempt, faults) if first else 0
            time_ns = timing.service_time_ns(time_ns, extra_ns, replica.speed)
        self.loop.after(time_ns, COMPLETION_RANK, attempt, self._completed)
        return False

    def _extra_ns(self, attempt: Attempt, faults: list[FaultEffect]) -> int:
        """Return what latency faults add; asked once an attempt."""
        extra_ns = 0
        for fault in faults:
            if fault.law is not None and self.struck(attempt, fault):
                u = keyed_uniform(attempt.hi, attempt.lo, fault.word ^ 1)
                extra_ns += fault.law.ns(u)
        return extra_ns

    def _complete(self, attempt: Attempt) -> None:
        if attempt.pause_debt_ns:
            debt_ns, attempt.pause_debt_ns = attempt.pause_debt_ns, 0
            self.loop.after(debt_ns, COMPLETION_RANK, attempt, self._completed)
        else:
            self._run(attempt)

    def _call(self, attempt: Attempt, step: Step) -> bool:
        attempt.group = attempt.pc
        attempt.waiting = attempt.needed = 1
        attempt.ok = attempt.failed = 0
        self._let_go(attempt)
        self.callers.call(attempt, self.edges[step.target], step.word, attempt.group)
        return False

    def _parallel(self, attempt: Attempt, step: Step) -> bool:
        branches = attempt.call.edge.operation.steps[attempt.pc : attempt.pc + step.count]
        attempt.group = attempt.pc
        attempt.waiting, attempt.needed = step.count, step.need
        attempt.ok = attempt.failed = 0
        attempt.pc += step.count
        self._let_go(attempt)
        outer, self._launching = self._launching, attempt
        for branch in branches:
            self.callers.call(attempt, self.edges[branch.target], branch.word, attempt.group)
        self._launching = outer
        self._judge(attempt)
        return False

    def _maybe(self, attempt: Attempt, step: Step) -> bool:
        u = keyed_uniform(attempt.hi, attempt.lo, (WORD_STEP + attempt.pc) & MASK32)
        if u >= step.probability:
            attempt.pc += step.count
        return True

    def _let_go(self, attempt: Attempt) -> None:
        """Give the worker back while waiting, if the service is asynchronous."""
        replica = attempt.replica
        assert replica is not None
        if not replica.service.blocking:
            self._release_worker(attempt, replica)
            self.dispatch(replica)

    def resume(self, parent: Attempt, call: Call, outcome: int) -> None:
        """Take note of a nested call's conclusion; go on when enough is known."""
        if parent.dead or call.group != parent.group:
            return
        if outcome == OK:
            parent.ok += 1
        else:
            parent.failed += 1
            parent.failed_outcome = outcome
            parent.refused = call.refused
            parent.decline = call.decline
        if self._launching is not parent:
            self._judge(parent)

    def _judge(self, parent: Attempt) -> None:
        if parent.group == 0 or parent.dead:
            return
        done = parent.ok >= parent.needed
        if not done and parent.waiting - parent.failed >= parent.needed:
            return
        if parent.conclusion is not None:
            parent.group = 0
            self._take_back(parent)
            return
        if parent.call.edge.undoes:
            self.saga.note(parent, done)
        parent.group = 0
        if done:
            parent.decline = 0
            self.go_on(parent)
        else:
            self.finish(parent, answers.passed_on(parent.failed_outcome))

    def go_on(self, attempt: Attempt) -> None:
        """Continue an attempt that has what it waited for."""
        replica = attempt.replica
        assert replica is not None
        if replica.state == PAUSED:
            replica.frozen.append(attempt)
        elif attempt.holding:
            self._run(attempt)
        elif replica.busy < replica.workers:
            self.start(attempt, replica)
        else:
            replica.resuming.append(attempt)

    def finish(self, attempt: Attempt, outcome: int) -> None:
        """End a request's work: free the worker, answer, call the next one in.

        An operation that fails takes back first what it has done, the latest first.
        """
        if outcome != OK and attempt.undos:
            attempt.conclusion = (outcome, attempt.decline)
            self._take_back(attempt)
        else:
            self._end_work(attempt, outcome)

    def _take_back(self, attempt: Attempt) -> None:
        if not self.saga.take_back(attempt):
            assert attempt.conclusion is not None
            outcome, attempt.decline = attempt.conclusion
            self._end_work(attempt, outcome)

    def _end_work(self, attempt: Attempt, outcome: int) -> None:
        replica = attempt.replica
        assert replica is not None
        attempt.response = outcome
        if outcome == OK and attempt.call.edge.operation.dedup.scope:
            self.effects.remember_after(attempt)
        self._leave(attempt)
        replica.completions += 1
        self._respond(attempt)
        if replica.line.length or replica.resuming:
            self.dispatch(replica)

    def _leave(self, attempt: Attempt) -> None:
        attempt.ended_ns = self.loop.now_ns
        replica = attempt.replica
        if replica is None:
            return
        if not replica.service.shared:
            replica.outstanding -= 1
        if attempt.holding:
            replica.busy_ns += replica.busy * (attempt.ended_ns - replica.accounted_ns)
            replica.accounted_ns = attempt.ended_ns
            replica.busy -= 1
            attempt.holding = False

    def _release_worker(self, attempt: Attempt, replica: Replica) -> None:
        replica.account(self.loop.now_ns)
        replica.busy -= 1
        attempt.holding = False

    def dispatch(self, replica: Replica) -> None:
        """Call waiting requests in while the replica has free workers; begun work goes first.

        Work that ends the moment it begins (its deadline has passed, its key is known) leads back
        here; the loop that called it in goes on, so that a long line needs no deep stack.
        """
        if replica.dispatching:
            return
        replica.dispatching = True
        while replica.state == UP and replica.busy < replica.workers:
            attempt = replica.resuming.popleft() if replica.resuming else replica.line.call()
            if attempt is None:
                break
            if not attempt.dead:
                self.start(attempt, replica)
        replica.dispatching = False

    def _respond_unserved(self, attempt: Attempt, outcome: int) -> None:
        attempt.response = outcome
        self._leave(attempt)
        self._respond(attempt)

    def _respond(self, attempt: Attempt) -> None:
        call = attempt.call
        edge = call.edge
        on_service = self.services[edge.callee].faults
        disturbed = edge.faults or on_service or call.intent.mishap
        if disturbed and self._answer_lost(attempt, (*edge.faults, *on_service)):
            self.callers.vanish(attempt)
            return
        delay_ns = edge.delay_ns
        if edge.delay_law is not None:
            delay_ns = edge.delay_law.ns(keyed_uniform(attempt.hi, attempt.lo, WORD_RETURN))
        if delay_ns:
            self.loop.after(delay_ns, COMPLETION_RANK, attempt, self._received)
        else:
            self.callers.receive(attempt)

    def _answer_lost(self, attempt: Attempt, faults: tuple[FaultEffect, ...]) -> bool:
        intent = attempt.call.intent
        if intent.mishap & LOSE_ACK and attempt.call.parent is None:
            intent.mishap &= ~LOSE_ACK
            return True
        if intent.mishap & LOSE_MESSAGE_ACK and self.broker.loses_ack(attempt):
            return True
        return any(fault.response and self.struck(attempt, fault) for fault in faults)

    def _answer_reset(self, attempt: Attempt, service: ServiceRow) -> None:
        attempt.response = CONNECTION_RESET
        self._leave(attempt)
        alarm = Alarm(attempt)
        self.loop.after(service.description.reset_delay_ns, COMPLETION_RANK, alarm, self._reset)

    def _deliver_reset(self, alarm: Alarm) -> None:
        self.callers.receive(alarm.subject)

    def fail_closed(self, call: Call) -> int:
        """Refuse where a call failed; return the reason."""
        return self.effects.fail_closed(call)

    def stand_in(self, call: Call) -> int:
        """Let the caller decide by itself where a call failed; return its reason to decline."""
        return self.effects.stand_in_for(call)

    def running_on(self, replica: Replica) -> list[Attempt]:
        """Return what has begun on a replica and not ended, in the order in which it was sent."""
        return [
            attempt
            for attempt in self.callers.open.values()
            if attempt.replica is replica and attempt.begun_ns >= 0 and attempt.ended_ns < 0
        ]

    def kill(self, attempt: Attempt, fault_id: int, silent: bool) -> None:
        """End an attempt whose replica has died; what it committed stays."""
        self.mark(attempt, fault_id)
        attempt.dead = True
        attempt.callbacks = IGNORED
        if silent:
            self._leave(attempt)
            self.callers.vanish(attempt)
        else:
            self._answer_reset(attempt, self.services[attempt.call.edge.callee])

    def cancel(self, attempt: Attempt) -> bool:
        """Stop a request whose caller has gone; work past a commit goes on (returns False)."""
        if attempt.dead or attempt.committed or attempt.ended_ns >= 0:
            return False
        attempt.dead = True
        waiting = attempt.queued_ns >= 0 and attempt.begun_ns < 0
        replica = attempt.replica
        if waiting:
            line = replica.line if replica else self.services[attempt.call.edge.callee].lines[0]
            line.leave()
        attempt.callbacks = IGNORED
        self._leave(attempt)
        self.callers.forsake_children(attempt)
        if replica is not None and not waiting:
            self.dispatch(replica)
        return True
