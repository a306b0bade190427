"""Latency: answers of a service take longer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from pydantic import model_validator

from sanket_sim.bank.description import Bank
from sanket_sim.core.settings import DurationNs
from sanket_sim.faults.durations import Blurred
from sanket_sim.faults.fault import MessageFault, faults
from sanket_sim.faults.record import Window
from sanket_sim.network.protocol import Command, CommandKind


@faults.register("latency")
class Latency(MessageFault):
    """Each attempt struck holds its worker longer, by a duration."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "kind": "latency",
        "target": "{service}",
        "at": "2s",
        "for": "3s",
        "add": "50ms",
        "jitter": "10ms",
    }
    COMMAND: ClassVar[CommandKind] = CommandKind.LATENCY

    kind: Literal["latency"] = "latency"
    add: DurationNs
    """How much longer."""
    jitter: DurationNs = 0
    """Uniform blur of `add` to both sides."""

    @model_validator(mode="after")
    def _jitter_fits(self) -> Self:
        if self.jitter > self.add:
            raise ValueError("jitter cannot be longer than `add`: time does not run back")
        return self

    @property
    def vanishes(self) -> bool:
        """Whether it adds nothing."""
        return self.add == 0 or super().vanishes

    def beginning(self, bank: Bank, fault_id: int, window: Window) -> Command:
        """Slow the attempts struck down."""
        return Command(
            at_ns=window.begin_ns,
            kind=self.COMMAND,
            fault_id=fault_id,
            target=self.target,
            replicas=self.struck(bank),
            probability=self.probability,
            add=Blurred(self.add, self.jitter),
        )
