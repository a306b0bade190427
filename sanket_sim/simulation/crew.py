"""Who comes aboard a run before its first tick: sees every batch, steers, looks things up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sanket_sim.bank.description import Accounts
from sanket_sim.simulation.loop import Simulation
from sanket_sim.simulation.resolve import ResolvedExperiment
from sanket_sim.simulation.steering import OperatorCommand
from sanket_sim.trace.batch import Columns
from sanket_sim.trace.vocabulary import Vocabularies
from sanket_sim.trace.writer import TraceWriter


@dataclass(frozen=True, slots=True)
class Cockpit:
    """What a crew can reach of a run.

    Parameters
    ----------
    folder : Path
        The run's.
    resolved : ResolvedExperiment
    words : Vocabularies
        Behind the codes of every batch.
    simulation : Simulation
        A crew adds itself to its `observers`, and may take the place of its `operator`.
    accounts : Accounts
    agents, faults : Columns
        Who exists and what is planned to strike: rows that no batch brings again.
    writer : TraceWriter
        Holds the rows that are not on the disk yet.
    note : callable
        Puts the commands given so far on the run's record; take it before you take their effect.
    stop : callable
        Ends the run before the next tick, and lets the manifest say who stopped it.
    """

    folder: Path
    resolved: ResolvedExperiment
    words: Vocabularies
    simulation: Simulation
    accounts: Accounts
    agents: Columns
    faults: Columns
    writer: TraceWriter
    note: Callable[[Sequence[OperatorCommand]], None]
    stop: Callable[[str], None]


class Crew(Protocol):
    """Comes aboard; `live.flying.pilot.Pilot` is one."""

    def board(self, cockpit: Cockpit) -> None:
        """Take a seat, before the first tick."""
        ...

    def leave(self) -> None:
        """Rise: the last tick is over, however it ended, and what follows is measuring."""
        ...


class NoCrew:
    """A run that nobody watches."""

    def board(self, cockpit: Cockpit) -> None:
        """Touch nothing."""

    def leave(self) -> None:
        """Leave nothing behind."""
