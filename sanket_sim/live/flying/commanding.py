"""From a table that somebody sends to a command that fits the bank, or a clear refusal."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from sanket_sim.core.units import format_duration
from sanket_sim.live.flying.orders import Give
from sanket_sim.simulation.resolve import ResolvedExperiment
from sanket_sim.simulation.steering import OperatorCommand

Problems = tuple[tuple[str, str], ...]


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
    table: dict[str, Any] = {**order.table, "at": format_duration(now_ns)}
    try:
        command = OperatorCommand.model_validate({"by": order.by, name: table})
    except ValidationError as error:
        raise Refused(tuple(_problem(detail, name) for detail in error.errors())) from None
    if problems := tuple(_misfits(command, resolved)):
        raise Refused(problems)
    return command


def _misfits(command: OperatorCommand, resolved: ResolvedExperiment) -> Problems:
    return tuple((one.path, one.message) for one in command.deed.problems(resolved.bank))


def _problem(detail: Any, name: str) -> tuple[str, str]:
    keys = [str(key) for key in detail["loc"] if key != name]
    return ".".join(keys), str(detail["msg"]).removeprefix("Value error, ")
