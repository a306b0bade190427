"""What can be commanded, described once for whoever offers it: a form, the API."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sanket_sim.faults.fault import Fault
from sanket_sim.faults.traps import Trap

_WHEN = "at"
"""A command acts when it is given: this key is not asked for."""


@dataclass(frozen=True, slots=True)
class Description:
    """One kind of fault or trap, as its class declares it.

    Parameters
    ----------
    summary : str
        What it does, in a line.
    schema : mapping
        JSON Schema of its table, without `at`.
    example : mapping
        A table of it, without `at`; ``{service}`` and ``{edge}`` stand for one of the bank's.
    """

    summary: str
    schema: Mapping[str, Any]
    example: Mapping[str, Any]


@cache
def described(part: type[Fault | Trap]) -> Description:
    """Describe a kind of fault or trap, built in or plugged in.

    Examples
    --------
    >>> from sanket_sim.faults import faults
    >>> pause = described(faults["pause"])
    >>> "at" in pause.schema["properties"], "at" in pause.example
    (False, False)
    """
    schema = part.model_json_schema()
    asked = {key: about for key, about in schema["properties"].items() if key != _WHEN}
    required = [key for key in schema.get("required", ()) if key != _WHEN]
    example = {key: value for key, value in part.EXAMPLE.items() if key != _WHEN}
    return Description(
        _summary(part), schema | {"properties": asked, "required": required}, example
    )


def _summary(part: type) -> str:
    paragraph = (inspect.getdoc(part) or part.__name__).split("\n\n")[0]
    return " ".join(paragraph.split())
