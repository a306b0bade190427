"""What an experiment asks for that can never come about: worth a word, and no error."""

from __future__ import annotations

from collections.abc import Iterator

from sanket_sim.bank.description import Bank
from sanket_sim.core.units import format_duration
from sanket_sim.faults import Trap
from sanket_sim.faults.traps.excess_refund import ExcessRefund
from sanket_sim.faults.traps.late_capture import LateCapture
from sanket_sim.simulation.experiment import Experiment


def remarks(asked: Experiment, bank: Bank) -> list[str]:
    """Return a line for every trap that comes too late to strike, at the key that is to change."""
    return [
        f"trap.{place}.{said}"
        for place, trap in enumerate(asked.trap)
        for said in _too_late(trap, asked, bank)
    ]


def _too_late(trap: Trap, asked: Experiment, bank: Bank) -> Iterator[str]:
    until_ns = asked.duration
    if trap.at >= until_ns:
        yield (
            f"at: {format_duration(trap.at)} is after the last arrival "
            f"({format_duration(until_ns)}): {trap.kind} strikes nobody; lay it sooner"
        )
        return
    key, wait_ns = _wait(trap, bank)
    if trap.at + wait_ns >= until_ns + asked.drain:
        yield (
            f"{key}: {trap.kind} takes {format_duration(wait_ns)} to show, and the run ends after "
            f"{format_duration(until_ns + asked.drain)}: it cannot bite; shorten {key}, or "
            "lengthen duration or drain"
        )


def _wait(trap: Trap, bank: Bank) -> tuple[str, int]:
    """Return how long after a payment a trap springs, and the key that says so."""
    if isinstance(trap, LateCapture):
        return "late", bank.hold_ttl_ns + trap.late
    if isinstance(trap, ExcessRefund):
        return "after", 2 * trap.after
    return "at", 0
