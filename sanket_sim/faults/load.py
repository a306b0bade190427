"""Load: a flash crowd, more (or fewer) customers than the plan of the day foresaw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from sanket_sim.actors.demand import Surge
from sanket_sim.bank.description import Bank
from sanket_sim.core.errors import Problem
from sanket_sim.core.settings import PositiveDurationNs
from sanket_sim.faults.fault import Fault, faults
from sanket_sim.network.protocol import Command


@faults.register("load")
class Load(Fault):
    """Demand of the whole city is multiplied; no service is touched."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "kind": "load",
        "at": "2s",
        "for": "3s",
        "factor": 3.0,
        "shape": "triangle",
    }

    kind: Literal["load"]
    factor: Annotated[float, Field(ge=0, le=1000, strict=False)]
    """Multiplier on the plateau."""
    shape: Literal["step", "ramp", "triangle"] = "step"
    """At once; over `ramp` up and down again; or all the way to the middle and back."""
    ramp: PositiveDurationNs | None = None
    """How long the climb and the descent of a ramp take, inside the window."""

    @model_validator(mode="after")
    def _shape_fits(self) -> Self:
        if (self.shape == "ramp") != (self.ramp is not None):
            raise ValueError('`ramp` is given with shape = "ramp", and only then')
        if self.ramp is not None and self.lasts is not None and 2 * self.ramp > self.lasts:
            raise ValueError("`ramp` must be at most half of `for`: it climbs and descends inside")
        return self

    @property
    def vanishes(self) -> bool:
        """Whether demand stays what it was."""
        return self.factor == 1.0 or super().vanishes

    def problems(self, bank: Bank) -> list[Problem]:
        """Fit every bank: no service is named."""
        del bank
        return []

    def commands(self, bank: Bank, fault_id: int, until_ns: int) -> list[Command]:
        """Ask nothing of the network: the crowd is made of customers."""
        del bank, fault_id, until_ns
        return []

    def surges(self, until_ns: int) -> list[Surge]:
        """Return one surge of demand for each window."""
        return [
            Surge(begin_ns, end_ns, self.factor, self._climb_ns(end_ns - begin_ns))
            for begin_ns, end_ns in self.windows(until_ns)
        ]

    def _climb_ns(self, length_ns: int) -> int:
        if self.shape == "step":
            return 0
        half_ns = length_ns // 2
        return half_ns if self.ramp is None else min(self.ramp, half_ns)
