"""Control: one of the bank's controls against traps is off for a while, or on at last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from sanket_sim.bank.description import Bank, Controls
from sanket_sim.core.errors import Problem
from sanket_sim.core.settings import nearest
from sanket_sim.faults.fault import Fault, faults
from sanket_sim.network.protocol import Command, CommandKind

BUILT_IN = frozenset({"atomic_posting"})
"""Controls that decide how a bank's operations are built; no run can switch them."""
SWITCHES = tuple(field.name for field in fields(Controls) if field.name not in BUILT_IN)


@faults.register("control")
class Control(Fault):
    """The bank's own controls against logic traps are switched, at once and everywhere.

    Without `for` they stay as they are switched. What is on its way meets the control as it stands
    when it comes by.

    Examples
    --------
    >>> table = {"kind": "control", "at": "1m", "for": "30s", "set": {"idempotency_key": False}}
    >>> Control.model_validate(table).changes
    {'idempotency_key': False}
    """

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "kind": "control",
        "at": "2s",
        "for": "3s",
        "set": {"idempotency_key": False},
    }

    kind: Literal["control"]
    changes: Annotated[dict[str, bool], Field(alias="set", min_length=1)]
    """Name of a control, as under ``[controls]`` -> whether it is on."""

    def problems(self, bank: Bank) -> list[Problem]:
        """Say which control does not exist, or cannot be switched while a bank runs."""
        del bank
        return [
            Problem(f"set.{name}", self._wrong(name))
            for name in self.changes
            if name not in SWITCHES
        ]

    def commands(self, bank: Bank, fault_id: int, until_ns: int) -> list[Command]:
        """Switch at the beginning of every window, and back at its end."""
        del bank
        acts: list[Command] = []
        for begin_ns, end_ns in self.windows(until_ns):
            acts.append(
                Command(begin_ns, CommandKind.CONTROL, fault_id, settings=dict(self.changes))
            )
            if self.lasts is not None:
                acts.append(Command(end_ns, CommandKind.END, fault_id))
        return acts

    @staticmethod
    def _wrong(name: str) -> str:
        if name in BUILT_IN:
            message = "decides how operations are built, and cannot be switched in mid-run"
            return f"{message}; set it under [controls]"
        return f'there is no control "{name}"; {nearest(name, SWITCHES)}'
