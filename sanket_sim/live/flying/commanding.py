"""From a table that somebody sends to a command that fits the bank, or a clear refusal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from sanket_sim.core.config import Document, problems_of
from sanket_sim.core.units import format_duration
from sanket_sim.live.flying.orders import Give, Problems
from sanket_sim.simulation.misfits import excesses
from sanket_sim.simulation.resolve import ResolvedExperiment
from sanket_sim.simulation.steering import OperatorCommand

_ABOUT_THE_KIND = ("kind_missing", "kind_unknown")


class Refused(Exception):  # noqa: N818  # a refusal is an answer, not a mishap
    """An order cannot be obeyed; says what is wrong with it, key by key."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{path}: {message}" for path, message in problems))


def command_of(order: Give, now_ns: int, resolved: ResolvedExperiment) -> OperatorCommand:
    """Read a command given now.

    Raises
    ------
    Refused
        If it is no fault or trap, or does not fit the bank.
    """
    if "at" in order.table:
        raise Refused((("at", "leave it out: a command acts when it is given"),))
    if now_ns >= resolved.experiment.duration:
        raise Refused((("", "customers have stopped arriving: nothing begins any more"),))
    name = "trap" if order.is_trap else "fault"
    table: dict[str, Any] = {"by": order.by, name: {**order.table, "at": format_duration(now_ns)}}
    try:
        command = OperatorCommand.model_validate(table)
    except ValidationError as error:
        raise Refused(tuple(_said(error, table, name))) from None
    if problems := tuple(_misfits(command, resolved)):
        raise Refused(problems)
    return command


def _misfits(command: OperatorCommand, resolved: ResolvedExperiment) -> Iterator[tuple[str, str]]:
    """Yield what does not fit the bank, or would be too much on top of all that is on record."""
    yield from ((one.path, one.message) for one in command.deed.problems(resolved.bank))
    steered = resolved.steered([*resolved.experiment.command, command])
    for keys, message in excesses(steered.experiment, resolved.bank):
        yield ("repeat" if keys[-1] == "repeat" else "factor"), message


def _said(error: ValidationError, table: dict[str, Any], name: str) -> Iterator[tuple[str, str]]:
    """Say what is wrong as for a file; a command has its keys at the top."""
    problems = problems_of(error, Document("command", table))
    for detail, problem in zip(error.errors(include_url=False), problems, strict=True):
        path = problem.path.removeprefix(name).removeprefix(".")
        yield ("kind" if detail["type"] in _ABOUT_THE_KIND else path), problem.message
