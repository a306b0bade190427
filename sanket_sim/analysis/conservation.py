"""The conservation laws of money, recomputed from the trace alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.decomposition import decompose, flows_of, laws
from sanket_sim.analysis.intents import JUDGED
from sanket_sim.analysis.registry import analysers
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.core.outcomes import Phase
from sanket_sim.trace.batch import Columns, rows_in, sums_by_code


@dataclass(frozen=True, slots=True)
class Residuals:
    """What is left over of each law in one currency [minor units; intents for `l5_count`].

    `l4_log_minor` holds the posting log against the flows that intents report: all postings
    together must be the net money created. (Store against log, account by account, is asserted
    while a run goes on; the store itself is not in the trace.) `l6_holds_minor` is the sum of the
    rows that open or release holds, which cancel pairwise.
    """

    l1_debit_minor: int
    l2_credit_minor: int
    l3_money_minor: int
    l4_log_minor: int
    l5_count: int
    l6_holds_minor: int
    net_created_minor: int
    open_holds_minor: int

    @property
    def broken(self) -> list[str]:
        """Names of the laws that do not hold."""
        laws_ = ("l1_debit_minor", "l2_credit_minor", "l3_money_minor", "l4_log_minor")
        return [name for name in (*laws_, "l5_count", "l6_holds_minor") if getattr(self, name)]


@dataclass(frozen=True, slots=True)
class ConservationFinding:
    """Residuals by currency, over the whole trace, its warm-up included.

    Parameters
    ----------
    holds : bool
        Whether every residual is zero.
    whole : bool
        Whether the trace is complete. Tables of a run that was cut short end at different
        instants, so the log (L4) and holds (L6) are not held against the intents then.
    class_mismatches : int
        Intents whose recorded leak class or gross leak differs from the recomputed one.
    """

    holds: bool
    whole: bool
    intents: int
    class_mismatches: int
    by_currency: dict[str, Residuals]


class _Sums:
    """Sums by currency, growing as currencies are met."""

    def __init__(self) -> None:
        self.columns: dict[str, NDArray[np.int64]] = {}

    def add(self, name: str, amounts: NDArray[np.int64]) -> None:
        old = self.columns.get(name, np.zeros(0, np.int64))
        size = max(len(old), len(amounts))
        self.columns[name] = np.pad(old, (0, size - len(old)))
        self.columns[name][: len(amounts)] += amounts

    def of(self, name: str, code: int) -> int:
        column = self.columns.get(name, np.zeros(0, np.int64))
        return int(column[code]) if code < len(column) else 0


_COLUMNS = (*JUDGED, "leak_class", "glv_minor", "second_glv_minor")


@analysers.register("conservation")
def measure_conservation(run: RunFolder) -> ConservationFinding:
    """Recompute the laws L1-L6 from transactions and postings."""
    sums, intents, mismatches = _Sums(), 0, 0
    for batch in run.trace.batches("transactions", _COLUMNS):
        intents += rows_in(batch)
        mismatches += _add_intents(sums, batch)
    whole = run.manifest.complete
    for batch in _postings(run) if whole else ():
        _add_postings(sums, batch)
    words = run.trace.words("currency")
    found = {words[code]: _residuals(sums, code, whole=whole) for code in range(len(words))}
    holds = not any(residuals.broken for residuals in found.values()) and mismatches == 0
    return ConservationFinding(holds, whole, intents, mismatches, found)


def _postings(run: RunFolder) -> Iterator[Columns]:
    return run.trace.batches("postings", ("amount_minor", "currency", "phase"))


def _add_intents(sums: _Sums, batch: Columns) -> int:
    parts = decompose(batch)
    size = 1 + max(int(batch[name].max(initial=-1)) for name in ("currency", "second_currency"))
    residuals = laws(batch, parts, size)
    for name in ("l1", "l2", "l3", "l5"):
        sums.add(name, getattr(residuals, name))
    for flows in flows_of(batch, parts):
        created = flows.credits_minor - flows.debits_minor
        sums.add("created", sums_by_code(flows.currency, created, size))
    sums.add("open", sums_by_code(batch["currency"], batch["open_hold_minor"], size))
    names = ("leak_class", "glv_minor", "second_glv_minor")
    differs = [batch[name] != getattr(parts, name) for name in names]
    return int(np.logical_or.reduce(differs).sum())


def _add_postings(sums: _Sums, batch: Columns) -> None:
    size = int(batch["currency"].max(initial=-1)) + 1
    posted = np.where(batch["phase"] == Phase.POSTED, batch["amount_minor"], 0)
    pending = np.where(batch["phase"] == Phase.POSTED, 0, batch["amount_minor"])
    sums.add("posted", sums_by_code(batch["currency"], posted, size))
    sums.add("pending", sums_by_code(batch["currency"], pending, size))


def _residuals(sums: _Sums, code: int, *, whole: bool) -> Residuals:
    created = sums.of("created", code)
    return Residuals(
        l1_debit_minor=sums.of("l1", code),
        l2_credit_minor=sums.of("l2", code),
        l3_money_minor=sums.of("l3", code),
        l4_log_minor=sums.of("posted", code) - created if whole else 0,
        l5_count=sums.of("l5", code),
        l6_holds_minor=sums.of("pending", code) if whole else 0,
        net_created_minor=created,
        open_holds_minor=sums.of("open", code),
    )
