"""How intents ended: the one judgement that every analyser shares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.decomposition import Decomposition, IntentStatus, decompose
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.core.outcomes import Decline
from sanket_sim.trace.batch import Columns, is_code, one_of

JUDGED = (
    "e_minor",
    "d_minor",
    "c_minor",
    "x_minor",
    "n_posted",
    "ack",
    "outcome",
    "amount_minor",
    "currency",
    "deadline_ns",
    "completed_ns",
    "open_hold_minor",
    "hold_overdue",
    "second_purpose",
    "second_currency",
    "second_e_minor",
    "second_d_minor",
    "second_c_minor",
    "second_x_minor",
    "second_n_posted",
    "is_fraud",
    "decline_reason",
    "original_tx_id",
)
"""Columns that a judgement looks at."""


class Loss(NamedTuple):
    """What leaked on one leg of some leaked intents, as columns of equal length.

    Parameters
    ----------
    currency : int array
        Code of the leg's own currency.
    glv_minor : int64 array
        Gross leak on that leg [minor units]; may be 0, where the other leg leaked.
    rows : int64 array
        The intents, by their place in the judgement.
    """

    currency: NDArray[np.integer]
    glv_minor: NDArray[np.int64]
    rows: NDArray[np.int64]


class Fate(IntEnum):
    """How an intent ended, as the work done for it is accounted."""

    UNKNOWN = 0
    """Not in the transactions table: the run was cut short."""
    GOOD = 1
    FAILED = 2
    LEAKED = 3
    OPEN = 4


@dataclass(frozen=True, slots=True)
class Judgement:
    """Intents with what became of them, as columns of equal length.

    Parameters
    ----------
    columns : Columns
        What was asked for, and `JUDGED`.
    parts : Decomposition
        Of the same rows.
    good : bool array
        Completed correctly, within the deadline, and the customer told correctly. A business "no"
        that was right is correct, and so is one to a fraudster.
    """

    columns: Columns
    parts: Decomposition
    good: NDArray[np.bool_]

    @property
    def leaked(self) -> NDArray[np.bool_]:
        """Which intents leaked."""
        return is_code(self.parts.status, IntentStatus.LEAKED)

    @property
    def open(self) -> NDArray[np.bool_]:
        """Which intents were still in flight when the run ended."""
        return is_code(self.parts.status, IntentStatus.IN_FLIGHT)

    @property
    def failed(self) -> NDArray[np.bool_]:
        """Which intents failed without leaking."""
        return ~(self.good | self.leaked | self.open)

    @property
    def fates(self) -> NDArray[np.uint8]:
        """`Fate` of each intent."""
        cases = [self.leaked, self.open, self.good]
        codes = [np.uint8(fate) for fate in (Fate.LEAKED, Fate.OPEN, Fate.GOOD)]
        return np.select(cases, codes, np.uint8(Fate.FAILED))

    def losses(self) -> Iterator[Loss]:
        """Yield what leaked on the principal legs, then on the second ones.

        An intent stands in both if it has two legs: gross leak may be summed by currency over both,
        but intents may be counted by the first alone.
        """
        rows, second = np.flatnonzero(self.leaked), self.parts.second_rows
        yield Loss(self.columns["currency"][rows], self.parts.glv_minor[rows], rows)
        leaked = self.leaked[second]
        rows = second[leaked]
        yield Loss(self.columns["second_currency"][rows], self.parts.second.glv_minor[leaked], rows)

    def where(self, keep: NDArray[np.bool_]) -> Judgement:
        """Return what became of some of the intents."""
        columns = {name: column[keep] for name, column in self.columns.items()}
        return Judgement(columns, self.parts.where(keep), self.good[keep])

    @property
    def latencies_ns(self) -> NDArray[np.int64]:
        """Time from wish to answer, for the intents that were answered."""
        answered = self.columns["completed_ns"] >= 0
        spent = self.columns["completed_ns"] - self.columns["created_ns"]
        return np.asarray(spent[answered])


def judge(columns: Columns) -> Judgement:
    """Judge intents; `columns` holds at least `JUDGED`."""
    parts = decompose(columns)
    status = parts.status
    right = one_of(status, (IntentStatus.OK, IntentStatus.REJECTED_RIGHT))
    caught = (
        columns["is_fraud"]
        & is_code(columns["decline_reason"], Decline.SUSPECTED_FRAUD)
        & is_code(status, IntentStatus.FAILED_CLEAN)
    )
    on_time = (columns["deadline_ns"] < 0) | (columns["completed_ns"] <= columns["deadline_ns"])
    return Judgement(columns, parts, (right | caught) & on_time)


def judge_wishes(columns: Columns) -> Judgement:
    """Judge what customers wished for; corrections are the bank's own work and left out.

    They are no demand, and would make the bank look better the more it had to put right. One that
    leaked itself stays in: a leak is a leak, whoever ordered the payment.
    """
    judgement = judge(columns)
    own = (columns["original_tx_id"] >= 0) & ~judgement.leaked
    return judgement.where(~own) if own.any() else judgement


def judged(run: RunFolder, names: Sequence[str] = ()) -> Iterator[Judgement]:
    """Yield what customers wished for in the measured part of a run, part by part, judged."""
    for columns in run.intents([*JUDGED, *names]):
        yield judge_wishes(columns)


def fates_by_id(run: RunFolder) -> NDArray[np.uint8]:
    """Return the `Fate` of every intent at the place of its running number, one byte each.

    Corrections have one too: their work was done, and costs energy.

    The only thing that any analyser keeps per intent, so that hops can be told useful from wasted.
    """
    fates = np.zeros(1024, np.uint8)
    for columns in run.intents([*JUDGED, "tx_id"]):
        judgement = judge(columns)
        ids = judgement.columns["tx_id"]
        last = int(ids.max(initial=0))
        if last >= len(fates):
            fates = np.concatenate([fates, np.zeros(last + 1, np.uint8)])
        fates[ids] = judgement.fates
    return fates


def fate_of(fates: NDArray[np.uint8], tx_ids: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Look fates up by running number; UNKNOWN beyond the end."""
    within = tx_ids < len(fates)
    return np.where(within, fates[np.where(within, tx_ids, 0)], np.uint8(Fate.UNKNOWN))
