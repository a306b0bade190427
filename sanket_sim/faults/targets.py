"""Names of what a fault can strike, held against a bank; which replicas it takes."""

from __future__ import annotations

import re
from enum import Enum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from sanket_sim.bank.description import Bank
from sanket_sim.core.settings import nearest

_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%")


class TargetKind(Enum):
    """What a target's spelling names."""

    SERVICE = "service"
    OPERATION = "operation"
    EDGE = "edge"


EVERYWHERE = tuple(TargetKind)
"""Kinds of target that a fault of messages accepts."""


def _selection(value: Any) -> Any:
    if isinstance(value, str) and value in ("all", "one"):
        return value
    if isinstance(value, str) and (percent := _PERCENT.fullmatch(value)):
        if 0.0 < float(percent[1]) <= 100.0:
            return value
    elif isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return value
    raise ValueError('expected "all", "one", a count of at least 1, or a share such as "25%"')


Replicas = Annotated[
    str | Annotated[int, Field(ge=1)],
    BeforeValidator(_selection, json_schema_input_type=str | int),
]
"""Which replicas of a service: "all", "one", a count, or a share of them in percent."""


def names_of(bank: Bank, kind: TargetKind) -> list[str]:
    """Return every name by which something of this kind can be a target.

    An edge answers to its full name and to the pair of services alone, which means all
    operations between the two.
    """
    if kind is TargetKind.SERVICE:
        return [service.name for service in bank.services]
    if kind is TargetKind.OPERATION:
        services = bank.services
        return [f"{services[op.service].name}.{op.name}" for op in bank.operations]
    full = [edge.name for edge in bank.edges]
    return sorted({*full, *(_pair(name) for name in full)})


def wrong_target(bank: Bank, target: str, kinds: tuple[TargetKind, ...]) -> str:
    """Say what is wrong with a target, or return an empty text.

    Parameters
    ----------
    bank : Bank
    target : str
    kinds : tuple of TargetKind
        What the fault can strike.
    """
    known = [name for kind in kinds for name in names_of(bank, kind)]
    if target in known:
        return ""
    wanted = " or ".join(kind.value for kind in kinds)
    return f'no {wanted} is called "{target}"; {nearest(target, known)}'


def callee_of(bank: Bank, target: str) -> int:
    """Return the index of the service whose replicas serve a target."""
    if "->" not in target:
        return bank.service_index(target.partition(".")[0])
    edge = next(edge for edge in bank.edges if target in (edge.name, _pair(edge.name)))
    return bank.operations[edge.operation].service


def replicas_struck(bank: Bank, target: str, selection: str | int) -> tuple[int, ...]:
    """Return the indices of the replicas selected, empty for all of them.

    Replicas are alike, so the first ones stand for any.

    Raises
    ------
    ValueError
        If more replicas are asked for than the service has.
    """
    service = bank.services[callee_of(bank, target)]
    if selection == "all":
        return ()
    count = _count(selection, service.replicas)
    if count > service.replicas:
        raise ValueError(f"{service.name} has {service.replicas} replicas, not {count}")
    return tuple(range(count))


def _count(selection: str | int, replicas: int) -> int:
    if isinstance(selection, int):
        return selection
    if selection == "one":
        return 1
    percent = float(selection.rstrip("% "))
    return -int(-percent * replicas // 100)


def _pair(edge_name: str) -> str:
    """Return ``a->b`` of ``a->b.operation``."""
    caller, arrow, callee = edge_name.partition("->")
    return f"{caller}{arrow}{callee.partition('.')[0]}"
