"""What is done to a running bank: faults struck and traps laid by hand."""

from __future__ import annotations

from fastapi import APIRouter, Response

from sanket_sim.core.registry import Registry
from sanket_sim.faults import Fault, Trap, faults, traps
from sanket_sim.faults.description import Description, described
from sanket_sim.live.flying.orders import Give
from sanket_sim.server.bridge import Deck, json_response, order, status_of
from sanket_sim.server.models import (
    Commanded,
    CommandKind,
    CommandKinds,
    CommandRequest,
    GivenCommand,
    GivenCommands,
)
from sanket_sim.server.refusals import Refusal, refusing
from sanket_sim.server.tables import untold
from sanket_sim.simulation.record import commands_in
from sanket_sim.simulation.steering import OperatorCommand

router = APIRouter(prefix="/api", tags=["commands"])


@router.get("/commands", summary="What has been commanded?", responses=refusing())
def given(deck: Deck) -> GivenCommands:
    """Return every command on the run's record, in the order in which they were given."""
    found = commands_in(status_of(deck).folder)
    return GivenCommands(commands=[_entry(command) for command in found])


@router.get("/commands/kinds", summary="What can be commanded?", responses=refusing())
def kinds() -> CommandKinds:
    """Return every kind of fault and trap with the JSON Schema of its table."""
    return CommandKinds(faults=_kinds_of(faults), traps=_kinds_of(traps))


@router.post(
    "/commands",
    status_code=201,
    summary="Command a fault or a trap",
    response_model=Commanded,
    responses=refusing(400, 409, 413, 415, 422, 503),
)
def command(asked: CommandRequest, deck: Deck) -> Response:
    """Let a fault strike, or lay a trap, at the present instant of the run.

    Also a changed policy (kind ``config``) and a control switched on or off (kind ``control``).
    The command is put on the run's record: running its experiment.toml gives the same bytes.
    """
    if found := untold(asked.table):
        raise Refusal(422, "no experiment can hold such a table", found)
    taken = order(deck, Give(asked.table, is_trap=asked.is_trap, by=asked.by))
    return json_response(taken, 201)


def _entry(command: OperatorCommand) -> GivenCommand:
    deed = command.deed.model_dump(by_alias=True, exclude_none=True)
    at = deed.pop("at")
    said = {"at": at, "at_ns": command.at_ns, "by": command.by, command.table: deed}
    return GivenCommand(**said)


def _kinds_of(registry: Registry[type[Fault]] | Registry[type[Trap]]) -> list[CommandKind]:
    return [_kind_of(name, described(part)) for name, part in registry.items()]


def _kind_of(name: str, about: Description) -> CommandKind:
    return CommandKind(
        kind=name,
        summary=about.summary,
        table_schema=dict(about.schema),
        example=dict(about.example),
    )
