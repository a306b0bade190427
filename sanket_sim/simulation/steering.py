"""Steering a run between two ticks: what somebody commanded, and how a record of it is replayed.

A command is a fault or a trap that was not planned: its `at` is the instant at which it was given.
Commands stand under ``[[command]]`` in the experiment of the run that they steered, so that running
that file again gives the same bytes. Ticks are cut where a command is given; how time is cut
changes nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Protocol, Self

from pydantic import Field, model_validator

from sanket_sim.core.settings import Settings
from sanket_sim.faults import AnyFault, AnyTrap, Fault, Trap


class OperatorCommand(Settings):
    """One ``[[command]]`` table: what somebody did to a running bank.

    Examples
    --------
    >>> stall = {"kind": "latency", "target": "payment", "at": "90s", "for": "30s", "add": "5s"}
    >>> OperatorCommand.model_validate({"fault": stall}).at_ns
    90000000000
    """

    by: Annotated[str, Field(min_length=1, max_length=60)] = "operator"
    """Who gave it."""
    fault: AnyFault | None = None
    """What was done to services and messages: any fault, also a changed policy (`config`)."""
    trap: AnyTrap | None = None
    """What was laid for payments."""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.fault is None) == (self.trap is None):
            raise ValueError("must hold either a `fault` or a `trap`")
        return self

    @property
    def deed(self) -> Fault | Trap:
        """What was done."""
        deed = self.fault if self.fault is not None else self.trap
        assert deed is not None, "one of the two is there"
        return deed

    @property
    def table(self) -> str:
        """Which of the two it holds."""
        return "trap" if self.fault is None else "fault"

    @property
    def at_ns(self) -> int:
        """When it was given [ns since the start of the run]."""
        return self.deed.at


class Operator(Protocol):
    """Who steers a run; `live.flying.pilot.Pilot` is a person's hand."""

    def until_ns(self, begin_ns: int, end_ns: int) -> int:
        """Return where the tick that begins at `begin_ns` ends: at `end_ns`, or sooner."""
        ...

    def given(self, now_ns: int) -> Sequence[OperatorCommand]:
        """Return what is commanded at this instant; the run waits for the answer."""
        ...


class Replay:
    """Gives recorded commands again, each at its instant.

    Parameters
    ----------
    commands : sequence of OperatorCommand
        In the order in which they were given.

    Examples
    --------
    >>> pause = {"kind": "pause", "target": "ledger", "at": "3s", "for": "1s"}
    >>> again = Replay([OperatorCommand.model_validate({"fault": pause})])
    >>> again.until_ns(2_500_000_000, 3_500_000_000), len(again.given(3_000_000_000))
    (3000000000, 1)
    """

    def __init__(self, commands: Sequence[OperatorCommand] = ()) -> None:
        self._commands = commands

    def until_ns(self, begin_ns: int, end_ns: int) -> int:
        """End a tick where the next command is due."""
        due_ns = (one.at_ns for one in self._commands if begin_ns < one.at_ns < end_ns)
        return min(due_ns, default=end_ns)

    def given(self, now_ns: int) -> Sequence[OperatorCommand]:
        """Return the commands of this instant."""
        return [one for one in self._commands if one.at_ns == now_ns]
