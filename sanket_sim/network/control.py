"""The control plane: faults that begin and end, crashes, pauses, pushed configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from functools import partial
from math import prod
from typing import Any, cast

from sanket_sim.bank.description import Bank, Law
from sanket_sim.bank.policies import Policy, with_setting
from sanket_sim.core.draws import word_of
from sanket_sim.core.outcomes import ReplicaState
from sanket_sim.network.callees import Callees
from sanket_sim.network.edges import EdgeRow
from sanket_sim.network.loop import Alarm, Loop, Rank
from sanket_sim.network.protocol import Command, CommandKind, Direction
from sanket_sim.network.recorder import Recorder
from sanket_sim.network.rows import FaultEffect, Replica, ServiceRow

UP = int(ReplicaState.UP)
DOWN = int(ReplicaState.DOWN)
PAUSED = int(ReplicaState.PAUSED)
STARTING = int(ReplicaState.STARTING)
COMMAND_RANK = int(Rank.COMMAND)
MISHAP_DOWN_NS = 1_000_000_000
"""How long the replica stays down that a crash-between-legs trap has killed."""

FOR_EVER_NS = 1 << 62

Undo = Callable[[], None]


class ControlPlane:
    """Carries out commands on the running network, and takes their effects back."""

    def __init__(
        self,
        loop: Loop,
        bank: Bank,
        services: list[ServiceRow],
        edges: list[EdgeRow],
        callees: Callees,
        recorder: Recorder,
    ) -> None:
        self.loop = loop
        self.bank = bank
        self.services = services
        self.edges = edges
        self.callees = callees
        self.recorder = recorder
        self._undo: dict[int, list[Undo]] = {}
        self._controls = replace(bank.controls)
        self._switched: dict[int, dict[str, Any]] = {}
        self._due = (self._carry_out,)
        self._do: dict[CommandKind, Callable[[Command], list[Undo]]] = {
            CommandKind.LATENCY: self._disturb,
            CommandKind.LOSS: self._disturb,
            CommandKind.ABORT: self._disturb,
            CommandKind.SLOW: self._slow,
            CommandKind.PAUSE: self._pause,
            CommandKind.CRASH: self._crash,
            CommandKind.RESTART: self._restart,
            CommandKind.CONFIG: self._configure,
            CommandKind.CONTROL: self._switch,
            CommandKind.FREEZE: self._block,
            CommandKind.THAW: self._block,
        }

    def schedule(self, command: Command) -> None:
        """Let a command act at its instant."""
        delay_ns = command.at_ns - self.loop.now_ns
        assert delay_ns >= 0, "a command cannot act in the past"
        self.loop.after(delay_ns, COMMAND_RANK, Alarm(command), self._due)

    def block(self, account: int, at_ns: int, *, blocked: bool, by_bank: bool) -> None:
        """Let an account be blocked, or a block be taken back, at an instant."""
        kind = CommandKind.FREEZE if blocked else CommandKind.THAW
        self.schedule(Command(at_ns, kind, account=account, by_bank=by_bank))

    def crash_now(self, replica: Replica) -> None:
        """Kill a replica at this instant (a trap's doing); it restarts after a second."""
        self._kill(replica, -1, silent=False)
        self._keep_down(replica, MISHAP_DOWN_NS)

    def _carry_out(self, alarm: Alarm) -> None:
        command: Command = alarm.subject
        subject, reason = command.target, ""
        if command.account >= 0:
            subject, reason = f"account {command.account}", "bank" if command.by_bank else "owner"
        self.recorder.decision(
            self.loop.now_ns,
            "control_plane",
            command.kind.name.lower(),
            subject or f"fault {command.fault_id}",
            reason,
        )
        if command.kind == CommandKind.END:
            for undo in self._undo.pop(command.fault_id, []):
                undo()
            return
        undos = self._do[command.kind](command)
        if command.fault_id >= 0:
            self._undo.setdefault(command.fault_id, []).extend(undos)

    def _disturb(self, command: Command) -> list[Undo]:
        word = word_of(f"fault {command.fault_id} {command.kind.name} {command.at_ns}")
        effect = FaultEffect(command.fault_id, word, command.probability)
        effect.replicas = frozenset(command.replicas)
        if command.kind == CommandKind.LATENCY:
            effect.law = cast("Law", command.add)
        elif command.kind == CommandKind.ABORT:
            effect.code = int(command.code)
        else:
            effect.response = command.direction == Direction.RESPONSE
        places = [place.faults for place in self._places(command.target, effect)]
        for faults in places:
            faults.append(effect)
        return [partial(faults.remove, effect) for faults in places]

    def _places(self, target: str, effect: FaultEffect) -> list[ServiceRow] | list[EdgeRow]:
        """Find where an effect is to be looked for: at a service or on edges."""
        if "->" in target:
            return self._edges(target)
        service, _, operation = target.partition(".")
        row = self._service(service)
        if operation:
            effect.operation = self._operation_index(row.index, operation)
        return [row]

    def _service(self, name: str) -> ServiceRow:
        return self.services[self.bank.service_index(name)]

    def _operation_index(self, service: int, name: str) -> int:
        return next(
            index
            for index, operation in enumerate(self.bank.operations)
            if operation.service == service and operation.name == name
        )

    def _edges(self, target: str) -> list[EdgeRow]:
        """Return the edges named ``a->b`` or ``a->b.operation``."""
        return [
            edge
            for edge in self.edges
            if edge.description.name == target or edge.description.name.rpartition(".")[0] == target
        ]

    def _struck_replicas(self, command: Command) -> Iterator[Replica]:
        for replica in self._service(command.target.partition(".")[0]).replicas:
            if not command.replicas or replica.index in command.replicas:
                yield replica

    def _slow(self, command: Command) -> list[Undo]:
        struck = list(self._struck_replicas(command))
        for replica in struck:
            replica.slowdowns[command.fault_id] = command.speed
            self._set_speed(replica)
        return [partial(self._recover, replica, command.fault_id) for replica in struck]

    def _recover(self, replica: Replica, fault_id: int) -> None:
        replica.slowdowns.pop(fault_id, None)
        self._set_speed(replica)

    @staticmethod
    def _set_speed(replica: Replica) -> None:
        """Multiply every slowdown in force; exactly 1 when there is none."""
        replica.speed = prod(replica.slowdowns.values(), start=1.0)
        replica.fault_id = max(replica.slowdowns, default=-1)

    def _pause(self, command: Command) -> list[Undo]:
        for replica in self._struck_replicas(command):
            if replica.state in (UP, PAUSED) and command.duration_ns:
                self._freeze(replica, command.duration_ns, command.fault_id)
        return []

    def _freeze(self, replica: Replica, duration_ns: int, fault_id: int) -> None:
        """Stop all workers of a replica; whatever they compute ends later by as much.

        A pause inside another lasts to the later end of the two.
        """
        now_ns, until_ns = self.loop.now_ns, self.loop.now_ns + duration_ns
        longer_ns = until_ns - (replica.absent_until_ns if replica.state == PAUSED else now_ns)
        if longer_ns <= 0:
            return
        if replica.state == UP:
            self._change_state(replica, PAUSED)
        replica.absent_until_ns = until_ns
        for attempt in self.callees.running_on(replica):
            self.callees.mark(attempt, fault_id)
            if attempt.group == 0 and attempt.holding:
                attempt.pause_debt_ns += longer_ns
        alarm = Alarm(partial(self._thaw, replica, replica.epoch))
        self.loop.after(duration_ns, COMMAND_RANK, alarm, (lambda event: event.subject(),))

    def _thaw(self, replica: Replica, epoch: int) -> None:
        if replica.epoch != epoch or replica.state != PAUSED:
            return
        if self.loop.now_ns < replica.absent_until_ns:
            return
        self._change_state(replica, UP)
        frozen, replica.frozen = replica.frozen, []
        for attempt in frozen:
            if not attempt.dead:
                self.callees.go_on(attempt)
        self._wake(replica)

    def _crash(self, command: Command) -> list[Undo]:
        for replica in self._struck_replicas(command):
            if replica.state != DOWN:
                self._kill(replica, command.fault_id, command.silent)
            self._keep_down(replica, command.duration_ns)
        return []

    def _kill(self, replica: Replica, fault_id: int, silent: bool) -> None:
        """Open a new epoch: running work is lost, and waiting work if nobody else can take it."""
        replica.account(self.loop.now_ns)
        self._change_state(replica, DOWN)
        replica.epoch += 1
        replica.absent_until_ns = 0
        replica.frozen.clear()
        replica.resuming.clear()
        lost = self.callees.running_on(replica)
        if not replica.service.shared or not replica.service.healthy:
            lost += replica.line.empty()
        for attempt in lost:
            if not attempt.dead:
                self.callees.kill(attempt, fault_id, silent)

    def _keep_down(self, replica: Replica, duration_ns: int) -> None:
        """Bring a dead replica back after a while (0: not by itself); the latest end counts."""
        until_ns = self.loop.now_ns + duration_ns if duration_ns else FOR_EVER_NS
        replica.absent_until_ns = max(replica.absent_until_ns, until_ns)
        if duration_ns:
            alarm = Alarm(partial(self._revive, replica, replica.epoch))
            self.loop.after(duration_ns, COMMAND_RANK, alarm, (lambda event: event.subject(),))

    def _revive(self, replica: Replica, epoch: int) -> None:
        if replica.epoch != epoch or replica.state != DOWN:
            return
        if self.loop.now_ns < replica.absent_until_ns:
            return
        self._change_state(replica, STARTING)
        startup_ns = replica.service.description.startup_ns
        alarm = Alarm(partial(self._open, replica, epoch))
        self.loop.after(startup_ns, COMMAND_RANK, alarm, (lambda event: event.subject(),))

    def _open(self, replica: Replica, epoch: int) -> None:
        if replica.epoch == epoch and replica.state == STARTING:
            self._change_state(replica, UP)
            self._wake(replica)

    def _wake(self, replica: Replica) -> None:
        self.callees.dispatch(replica)

    def _restart(self, command: Command) -> list[Undo]:
        """Bring a replica that is down up again; one that is up is crashed first."""
        for replica in self._struck_replicas(command):
            if replica.state != DOWN:
                self._kill(replica, command.fault_id, command.silent)
            replica.absent_until_ns = 0
            self._revive(replica, replica.epoch)
        return []

    def _change_state(self, replica: Replica, state: int) -> None:
        replica.state = state
        replica.service.survey()
        self.recorder.decision(
            self.loop.now_ns,
            "replica",
            ReplicaState(state).name.lower(),
            f"{replica.service.description.name}-{replica.index}",
            "",
        )

    def _block(self, command: Command) -> list[Undo]:
        """Block an account, or take one block by the same hand back."""
        store = self.callees.effects.ledger.store
        blocked = command.kind == CommandKind.FREEZE
        store.block(command.account, blocked=blocked, by_bank=command.by_bank)
        return []

    def _switch(self, command: Command) -> list[Undo]:
        """Switch the bank's controls; switches lie on one another in the order they came."""
        self._switched.pop(command.fault_id, None)
        self._switched[command.fault_id] = dict(command.settings)
        self._put_controls_in_force()
        return [partial(self._switch_back, command.fault_id)]

    def _switch_back(self, fault_id: int) -> None:
        self._switched.pop(fault_id, None)
        self._put_controls_in_force()

    def _put_controls_in_force(self) -> None:
        wanted = asdict(self._controls)
        for switches in self._switched.values():
            wanted |= switches
        for name, on in wanted.items():
            setattr(self.bank.controls, name, on)

    def _configure(self, command: Command) -> list[Undo]:
        """Change settings of a service (workers, queue_cap) or the policy of edges.

        Pushes lie on one another in the order in which they came; each is taken back by itself.
        """
        on_edges = "->" in command.target
        rows = self._edges(command.target) if on_edges else [self._service(command.target)]
        for row in rows:
            earlier = row.pushes.pop(command.fault_id, {})
            row.pushes[command.fault_id] = {**earlier, **command.settings}
            self._put_in_force(row)
        return [partial(self._take_push_back, row, command.fault_id) for row in rows]

    def _take_push_back(self, row: EdgeRow | ServiceRow, fault_id: int) -> None:
        row.pushes.pop(fault_id, None)
        self._put_in_force(row)

    def _put_in_force(self, row: EdgeRow | ServiceRow) -> None:
        settings: dict[str, Any] = {}
        for push in row.pushes.values():
            settings |= push
        if isinstance(row, EdgeRow):
            self._put_policy_in_force(row, settings)
        else:
            self._put_sizes_in_force(row, settings)

    def _put_policy_in_force(self, edge: EdgeRow, settings: dict[str, Any]) -> None:
        policy: Policy = edge.description.policy
        for path, value in settings.items():
            policy = with_setting(policy, path, value)
        edge.set_policy(policy)
        self.callees.callers.note_policy(edge)

    def _put_sizes_in_force(self, row: ServiceRow, settings: dict[str, Any]) -> None:
        row.queue_cap = settings.get("queue_cap", row.description.queue_cap)
        for replica in row.replicas:
            replica.workers = settings.get("workers", row.description.workers)
            self._wake(replica)
