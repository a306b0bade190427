"""A scenario: every fault and trap of an experiment, laid out on one bank and one clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sanket_sim.bank.description import Accounts, Bank
from sanket_sim.core.draws import Draws
from sanket_sim.faults.fault import Fault
from sanket_sim.faults.record import own_parameters
from sanket_sim.faults.traps import Ground, Intents, Trap
from sanket_sim.network.protocol import Command
from sanket_sim.trace import schema
from sanket_sim.trace.arrivals import Arrivals
from sanket_sim.trace.batch import Columns, TraceBatch, columns_of
from sanket_sim.trace.vocabulary import Vocabularies


class Scenario:
    """What goes wrong in one run.

    Parameters
    ----------
    faults, traps : sequences
        As read from the experiment; a fault's id is its place, traps are numbered after faults.
    bank : Bank
    accounts : Accounts
    seed : int
    vocabularies : Vocabularies
        ``trap`` and the words of the faults table are filed there.
    until_ns : int
        End of arrivals: what has no end of its own lasts until then, and nothing begins later.
    """

    def __init__(
        self,
        faults: Sequence[Fault],
        traps: Sequence[Trap],
        bank: Bank,
        accounts: Accounts,
        *,
        seed: int,
        vocabularies: Vocabularies,
        until_ns: int,
    ) -> None:
        self.faults, self.traps = faults, traps
        self.bank = bank
        self.until_ns = until_ns
        self.vocabularies = vocabularies
        self._seed, self._accounts = seed, accounts
        self._alike: Counter[str] = Counter()
        self._admitted = 0
        vocabularies["trap"].code("")
        self._laid = [(trap, self._ground(trap)) for trap in traps]

    def commands(self) -> list[Command]:
        """Return every act of the control plane, in the order of time."""
        acts = [
            command
            for fault_id, fault in enumerate(self.faults)
            for command in fault.commands(self.bank, fault_id, self.until_ns)
        ]
        return sorted(acts, key=lambda command: command.at_ns)

    def admit(self, deed: Fault | Trap, by: str, batch: TraceBatch) -> Sequence[Command]:
        """Take up what somebody commanded while the run goes on.

        Its number follows those of everything planned and of what was commanded before. The batch
        gets its windows, and a decision that names who commanded it.

        Parameters
        ----------
        deed : Fault or Trap
            Fits the bank; its `at` is now.
        by : str
            Who commanded it.
        batch : TraceBatch
            Empty, ending now.
        """
        number = len(self.faults) + len(self.traps) + self._admitted
        self._admitted += 1
        if isinstance(deed, Trap):
            self._laid.append((deed, self._ground(deed)))
            rows, acts = self._rows_of_trap(number, deed), []
        else:
            rows = self._rows_of_fault(number, deed)
            acts = deed.commands(self.bank, number, self.until_ns)
        batch.faults = columns_of(list(rows), schema.FAULTS)
        batch.decisions = columns_of([self._decision(deed, by, batch.end_ns)], schema.DECISIONS)
        return acts

    def _decision(self, deed: Fault | Trap, by: str, now_ns: int) -> tuple[Any, ...]:
        words = self.vocabularies
        place = deed.place if isinstance(deed, Fault) else ",".join(deed.kinds or [])
        return (
            now_ns,
            words["actor"].code(by),
            words["decision"].code(f"command:{deed.kind}"),
            words["subject"].code(place),
            -1,
            0.0,
            words["reason"].code(own_parameters(deed)),
        )

    def _ground(self, trap: Trap) -> Ground:
        """Give a trap draws named by its kind and its number among its like.

        So a trap of another kind, laid before or after, changes nobody's fate.
        """
        draws = Draws(self._seed, "trap", trap.kind, str(self._alike[trap.kind]))
        self._alike[trap.kind] += 1
        code = 0 if trap.vanishes else self.vocabularies["trap"].code(trap.kind)
        return Ground(self.bank, self._accounts, draws, code)

    def spoil(self, arrivals: Arrivals) -> Arrivals:
        """Let every trap strike what has just been planned.

        Traps that add intents leave them without a number (``tx_id`` -1) at their place in time:
        number the arrivals after they have been spoiled.
        """
        intents = arrivals.intents
        for trap, ground in self._laid:
            intents = trap.spoil(intents, ground)
        if len(intents) != len(arrivals.intents):
            intents = _in_time(intents)
        return replace(arrivals, intents=intents)

    def faults_table(self) -> Columns:
        """Return the rows of the trace's faults table: one for each window of whatever can act."""
        rows = [*self._fault_rows(), *self._trap_rows()]
        return columns_of(sorted(rows, key=lambda row: (row[3], row[0])), schema.FAULTS)

    def _fault_rows(self) -> Iterator[tuple[Any, ...]]:
        for fault_id, fault in enumerate(self.faults):
            yield from self._rows_of_fault(fault_id, fault)

    def _rows_of_fault(self, fault_id: int, fault: Fault) -> Iterator[tuple[Any, ...]]:
        words = self.vocabularies
        for window in fault.windows(self.until_ns):
            yield (
                fault_id,
                words["fault_kind"].code(fault.kind),
                words["fault_target"].code(fault.place),
                *window,
                fault.share,
                words["fault_parameters"].code(own_parameters(fault)),
            )

    def _trap_rows(self) -> Iterator[tuple[Any, ...]]:
        for fault_id, trap in enumerate(self.traps, start=len(self.faults)):
            yield from self._rows_of_trap(fault_id, trap)

    def _rows_of_trap(self, fault_id: int, trap: Trap) -> Iterator[tuple[Any, ...]]:
        if trap.vanishes:
            return
        words = self.vocabularies
        yield (
            fault_id,
            words["fault_kind"].code(f"{schema.TRAP_MARK}{trap.kind}"),
            words["fault_target"].code(",".join(trap.kinds or [])),
            *trap.window(self.until_ns),
            trap.probability,
            words["fault_parameters"].code(
                own_parameters(trap, code=trap.CODE, control=trap.CONTROL)
            ),
        )


def _in_time(intents: Intents) -> Intents:
    return intents[np.lexsort([intents["draw_key"], intents["created_ns"]])]
