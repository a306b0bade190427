"""What is in force: the bank's controls, policies and sizes as commands and faults have left them.

Pushes and switches lie on one another in the order in which they came, and each is taken back by
itself, as `network.control` does it: what is in force follows from their windows and the clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from sanket_sim.bank.description import Bank, Edge
from sanket_sim.bank.policies import Policy, with_setting
from sanket_sim.faults import Fault
from sanket_sim.faults.config import Config, policy_setting
from sanket_sim.faults.control import Control
from sanket_sim.live.frames import Changed
from sanket_sim.live.scene import Scene
from sanket_sim.live.timeline import PLANNED
from sanket_sim.simulation.steering import OperatorCommand
from sanket_sim.trace.batch import TraceBatch

_NEVER_NS = 1 << 62
_CONTROLS = ""
"""Target of a change of the bank's controls."""


@dataclass(frozen=True, slots=True)
class _Window:
    begin_ns: int
    end_ns: int
    change: Changed


class InForce:
    """Follows what faults `config` and `control` change, planned or commanded."""

    def __init__(self, scene: Scene) -> None:
        self._bank = replace(scene.bank, controls=replace(scene.bank.controls))
        self._until_ns = scene.experiment.duration
        self._windows: list[_Window] = []
        self._now_ns = 0
        for fault in scene.experiment.fault:
            self._take(fault, PLANNED)
        for command in scene.experiment.command:
            self.announce(command)

    def announce(self, command: OperatorCommand) -> None:
        """Take up a command that has been accepted; it counts from the instant it is given."""
        if command.fault is not None:
            self._take(command.fault, command.by)

    def observe(self, batch: TraceBatch) -> None:
        """Note how late it is, and forget what is over."""
        self._now_ns = batch.end_ns
        self._windows = [one for one in self._windows if one.end_ns > self._now_ns]

    @property
    def changes(self) -> tuple[Changed, ...]:
        """What is otherwise now than the bank has it, by place and setting."""
        on = (one.change for one in self._windows if one.begin_ns <= self._now_ns)
        seen = {(one.target, one.setting): one for one in on}
        return tuple(
            one for _, one in sorted(seen.items()) if with_change(self._bank, one) != self._bank
        )

    @property
    def bank(self) -> Bank:
        """The bank as it is now."""
        return with_changes(self._bank, self.changes)

    def _take(self, fault: Fault, by: str) -> None:
        if not isinstance(fault, Config | Control):
            return
        for begin_ns, end_ns in fault.windows(self._until_ns):
            taken_back_ns = _NEVER_NS if fault.lasts is None else end_ns
            for target in self._struck(fault):
                for setting, value in fault.changes.items():
                    change = Changed(target, setting, value, by, begin_ns)
                    self._windows.append(_Window(begin_ns, taken_back_ns, change))
        self._windows.sort(key=lambda one: one.begin_ns)

    def _struck(self, fault: Config | Control) -> list[str]:
        if isinstance(fault, Control):
            return [_CONTROLS]
        if "->" not in fault.target:
            return [fault.target]
        return [edge.name for edge in self._bank.edges if _is_of(edge, fault.target)]


def _is_of(edge: Edge, target: str) -> bool:
    """Say whether ``a->b`` or ``a->b.operation`` names an edge."""
    return target in (edge.name, edge.name.rpartition(".")[0])


def with_changes(bank: Bank, changes: Iterable[Changed]) -> Bank:
    """Return a bank with changes put in force, one after another."""
    for change in changes:
        bank = with_change(bank, change)
    return bank


def with_change(bank: Bank, change: Changed) -> Bank:
    """Return a bank with one setting changed.

    Parameters
    ----------
    bank : Bank
        Stays as it is.
    change : Changed
        Of a control, a service or an edge of this bank.
    """
    if change.target == _CONTROLS:
        switched = {change.setting: bool(change.value)}
        return replace(bank, controls=replace(bank.controls, **switched))
    if "->" not in change.target:
        resized: dict[str, Any] = {change.setting: change.value}
        services = (
            replace(one, **resized) if one.name == change.target else one for one in bank.services
        )
        return replace(bank, services=tuple(services))
    path, value = policy_setting(Policy, change.setting, change.value)
    edges = (
        replace(one, policy=with_setting(one.policy, path, value))
        if one.name == change.target
        else one
        for one in bank.edges
    )
    return replace(bank, edges=tuple(edges))
