"""Latency: answers of a service take longer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Literal, Self

from pydantic import model_validator

from sanket_sim.bank.description import Bank, Law
from sanket_sim.bank.law_parameters import ConstantParameters, TimeLaw
from sanket_sim.bank.laws import Uniform
from sanket_sim.core.settings import DurationNs
from sanket_sim.faults.fault import MessageFault, faults
from sanket_sim.faults.record import Window
from sanket_sim.network.protocol import Command, CommandKind


@faults.register("latency")
class Latency(MessageFault):
    """Each attempt struck holds its worker longer, by a duration or a law."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "kind": "latency",
        "target": "{service}",
        "at": "2s",
        "for": "3s",
        "add": "50ms",
        "jitter": "10ms",
    }
    COMMAND: ClassVar[CommandKind] = CommandKind.LATENCY

    kind: Literal["latency"]
    add: TimeLaw
    """How much longer: a duration such as ``"5s"``, or the table of a law."""
    jitter: DurationNs = 0
    """Uniform blur of a fixed `add` to both sides."""

    @model_validator(mode="after")
    def _jitter_fits(self) -> Self:
        if self.jitter and self.jitter > self._fixed_ns:
            raise ValueError("jitter blurs a fixed `add` and cannot be longer than it")
        return self

    @property
    def vanishes(self) -> bool:
        """Whether it adds nothing."""
        return self.law.mean_s == 0.0 or super().vanishes

    @property
    def law(self) -> Law:
        """Law of the extra time."""
        if self.jitter:
            return Uniform(self._fixed_ns - self.jitter, self._fixed_ns + self.jitter)
        return self.add.build()

    @property
    def _fixed_ns(self) -> int:
        return self.add.value if isinstance(self.add, ConstantParameters) else -1

    def beginning(self, bank: Bank, fault_id: int, window: Window) -> Command:
        """Slow the attempts struck down."""
        return replace(super().beginning(bank, fault_id, window), add=self.law)
