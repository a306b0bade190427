"""How ``[[fault]]`` and ``[[trap]]`` tables are read: each by the class that its `kind` names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Generic, TypeVar

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from sanket_sim.bank.description import Bank
from sanket_sim.core.errors import Problem
from sanket_sim.core.registry import Registry
from sanket_sim.core.settings import Settings

# Parts file themselves in the registry when they are imported.
from sanket_sim.faults import (
    abort,
    config,
    control,
    crash,
    latency,
    load,
    loss,
    pause,
    restart,
    slow,
)
from sanket_sim.faults.fault import Fault, faults
from sanket_sim.faults.traps import Trap, traps

BUILT_IN = (abort, config, control, crash, latency, load, loss, pause, restart, slow)

Part = TypeVar("Part", bound=Settings)


class ByKind(Generic[Part]):
    """Reads a table by the part that its `kind` names, whoever registered it.

    The registry is asked when a table is read, so plug-ins count. Problems inside the table keep
    their key paths.

    Examples
    --------
    >>> ByKind(traps).read({"kind": "duplicate_submit", "probability": 0.1}).copies
    2
    >>> ByKind(traps).read({"kind": "dublicate_submit", "probability": 0.1})
    Traceback (most recent call last):
    pydantic_core._pydantic_core.PydanticCustomError: unknown trap 'dublicate_submit'; ...
    """

    def __init__(self, registry: Registry[type[Part]]) -> None:
        self.registry = registry

    def read(self, table: Any) -> Part:
        """Validate one table.

        Raises
        ------
        PydanticCustomError
            If it is no table or its kind is missing or unknown; the nearest kind is named.
        ValidationError
            If the part does not like its keys or values.
        """
        if isinstance(table, Settings):
            return self._part(getattr(table, "kind", None)).model_validate(table)
        if not isinstance(table, dict):
            raise PydanticCustomError("table_type", "expected a table with a `kind`")
        return self._part(table.get("kind")).model_validate(table)

    def _part(self, kind: Any) -> type[Part]:
        if not isinstance(kind, str):
            known = ", ".join(self.registry)
            raise PydanticCustomError("kind_missing", f"`kind` must be given: one of {known}")
        if kind not in self.registry:
            unknown = self.registry.explain_unknown(kind)
            raise PydanticCustomError("kind_unknown", unknown.replace("{", "{{"))
        return self.registry[kind]

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Validate by `read`; whatever was read writes itself down."""
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Offer the schemas of all parts known."""
        return {"oneOf": [part.model_json_schema() for _, part in self.registry.items()]}


AnyFault = Annotated[Fault, ByKind(faults)]
"""One ``[[fault]]`` table, read by its kind."""

AnyTrap = Annotated[Trap, ByKind(traps)]
"""One ``[[trap]]`` table, read by its kind."""


def misfits(struck_by: Sequence[Fault], laid: Sequence[Trap], bank: Bank) -> list[Problem]:
    """Return everything in the fault and trap tables of an experiment that this bank has not.

    Examples
    --------
    >>> misfits([], [], None)
    []
    """
    found = _located("fault", (fault.problems(bank) for fault in struck_by))
    return found + _located("trap", (trap.problems(bank) for trap in laid))


def _located(table: str, problems: Iterable[list[Problem]]) -> list[Problem]:
    return [
        Problem(f"{table}.{index}.{problem.path}", problem.message)
        for index, inside in enumerate(problems)
        for problem in inside
    ]
