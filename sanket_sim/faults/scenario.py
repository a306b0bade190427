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
from sanket_sim.trace.batch import Columns, columns_of
from sanket_sim.trace.vocabulary import Vocabularies, Vocabulary


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
        self._grounds = list(_grounds(traps, bank, accounts, seed, vocabularies["trap"]))

    def commands(self) -> list[Command]:
        """Return every act of the control plane, in the order of time."""
        acts = [
            command
            for fault_id, fault in enumerate(self.faults)
            for command in fault.commands(self.bank, fault_id, self.until_ns)
        ]
        return sorted(acts, key=lambda command: command.at_ns)

    def spoil(self, arrivals: Arrivals) -> Arrivals:
        """Let every trap strike what has just been planned.

        Traps that add intents leave them without a number (``tx_id`` -1) at their place in time:
        number the arrivals after they have been spoiled.
        """
        intents = arrivals.intents
        for trap, ground in zip(self.traps, self._grounds, strict=True):
            intents = trap.spoil(intents, ground)
        if len(intents) != len(arrivals.intents):
            intents = _in_time(intents)
        return replace(arrivals, intents=intents)

    def faults_table(self) -> Columns:
        """Return the rows of the trace's faults table: one for each window of whatever can act."""
        rows = [*self._fault_rows(), *self._trap_rows()]
        return columns_of(sorted(rows, key=lambda row: (row[3], row[0])), schema.FAULTS)

    def _fault_rows(self) -> Iterator[tuple[Any, ...]]:
        words = self.vocabularies
        for fault_id, fault in enumerate(self.faults):
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
        words = self.vocabularies
        for fault_id, trap in enumerate(self.traps, start=len(self.faults)):
            if not trap.vanishes:
                yield (
                    fault_id,
                    words["fault_kind"].code(f"trap:{trap.kind}"),
                    words["fault_target"].code(",".join(trap.kinds or [])),
                    *trap.window(self.until_ns),
                    trap.probability,
                    words["fault_parameters"].code(
                        own_parameters(trap, code=trap.CODE, control=trap.CONTROL)
                    ),
                )


def _grounds(
    traps: Sequence[Trap], bank: Bank, accounts: Accounts, seed: int, words: Vocabulary
) -> Iterator[Ground]:
    """Give each trap draws named by its kind and its number among its like.

    So a trap of another kind, laid before or after, changes nobody's fate.
    """
    words.code("")
    laid: Counter[str] = Counter()
    for trap in traps:
        draws = Draws(seed, "trap", trap.kind, str(laid[trap.kind]))
        laid[trap.kind] += 1
        yield Ground(bank, accounts, draws, 0 if trap.vanishes else words.code(trap.kind))


def _in_time(intents: Intents) -> Intents:
    return intents[np.lexsort([intents["draw_key"], intents["created_ns"]])]
