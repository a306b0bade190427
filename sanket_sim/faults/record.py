"""What the trace says of a fault or trap: when it acts, and its own parameters."""

from __future__ import annotations

import json
from typing import NamedTuple

from sanket_sim.core.settings import Settings

_IN_COLUMNS = {"kind", "target", "at", "lasts", "repeat", "probability", "kinds"}
"""Parameters that have a column of their own in the faults table."""


class Window(NamedTuple):
    """A stretch [begin, end) of simulated time [ns]."""

    begin_ns: int
    end_ns: int


def own_parameters(part: Settings, **known: str) -> str:
    """Return what sets this fault or trap apart, as JSON text; empty when all is at its default.

    Parameters
    ----------
    part : Settings
    **known
        What else a reader of the trace could not know, said in any case.

    Examples
    --------
    >>> from sanket_sim.faults.slow import Slow
    >>> table = {"kind": "slow", "target": "ledger", "at": "1s", "speed": 0.2}
    >>> own_parameters(Slow.model_validate(table))
    '{"speed": 0.2}'
    """
    own = part.model_dump(
        mode="json", by_alias=True, exclude=_IN_COLUMNS, exclude_defaults=True, exclude_none=True
    )
    said = known | own
    return json.dumps(said, sort_keys=True) if said else ""
