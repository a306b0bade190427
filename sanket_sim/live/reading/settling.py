"""Breaks that the bank has found in its books: how many, over how much money, and what became."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from sanket_sim.analysis.breaks import BREAK, CORRECTION, DETECTORS
from sanket_sim.analysis.intents import Judgement
from sanket_sim.core.outcomes import Ack
from sanket_sim.live.reading.decisions import told_by
from sanket_sim.live.scene import Scene
from sanket_sim.trace.batch import Columns, rows_in

ORDERS_MOST = 50_000
"""Orders that are remembered one by one; what is known of older ones is added up and stays so."""
_ENDS = (CORRECTION, "cleared", "write_off")
"""How an investigation ends: the money is sent back, has come by itself, or is given up."""


@dataclass(slots=True)
class BreakKind:
    """Breaks of one kind; an order with breaks of two kinds stands in both.

    Parameters
    ----------
    kind : str
    found : int
    ordered : int
        A correction has been ordered, and not carried out yet; it may fail.
    corrected, cleared, written_off : int
        Settled: by a correction that was carried out, by itself, or given up. The others are open.
    leaked_minor : dict
        Gross leak of these orders by currency [minor units]; nothing where no money went wrong.
    returned_minor : dict
        What corrections have brought back of it.
    """

    kind: str
    found: int = 0
    ordered: int = 0
    corrected: int = 0
    cleared: int = 0
    written_off: int = 0
    leaked_minor: Counter[str] = field(default_factory=Counter)
    returned_minor: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Order:
    """What is known of one order."""

    kinds: list[str] = field(default_factory=list)
    end: str = ""
    leaked_minor: Counter[str] = field(default_factory=Counter)
    returned_minor: Counter[str] = field(default_factory=Counter)


class Settling:
    """Follows every break from its finding to its end.

    Parameters
    ----------
    scene : Scene
    """

    def __init__(self, scene: Scene) -> None:
        self._words, self._currencies = scene.words, scene.bank.currencies
        self._orders: dict[int, _Order] = {}
        self._past: dict[str, BreakKind] = {}

    def take(self, judgement: Judgement) -> None:
        """Remember what has leaked: a break may be found in it."""
        if not judgement.leaked.any():
            return
        tx_ids = judgement.columns["tx_id"]
        for loss in judgement.losses():
            lost = loss.glv_minor != 0
            rows = zip(
                tx_ids[loss.rows][lost].tolist(),
                loss.currency[lost].tolist(),
                loss.glv_minor[lost].tolist(),
                strict=True,
            )
            for tx_id, currency, minor in rows:
                self._order(tx_id).leaked_minor[self._currencies[currency]] += minor

    def observe(self, transactions: Columns, decisions: Columns) -> None:
        """Look for breaks, for how they end, and for money that comes back."""
        if rows_in(decisions):
            self._read(decisions)
        self._bring_back(transactions)

    def kinds(self) -> list[BreakKind]:
        """Return the breaks by kind, most frequent first."""
        found = {kind: _copied(one) for kind, one in self._past.items()}
        for order in self._orders.values():
            _add(found, order)
        return sorted(found.values(), key=lambda one: (-one.found, one.kind))

    def _order(self, tx_id: int) -> _Order:
        if tx_id not in self._orders:
            if len(self._orders) >= ORDERS_MOST:
                _add(self._past, self._orders.pop(next(iter(self._orders))))
            self._orders[tx_id] = _Order()
        return self._orders[tx_id]

    def _read(self, decisions: Columns) -> None:
        for row in told_by(decisions, self._words, *DETECTORS):
            if row.tx_id < 0:
                continue
            if row.said == BREAK:
                self._order(row.tx_id).kinds.append(row.subject)
            elif row.said in _ENDS:
                self._order(row.tx_id).end = row.said

    def _bring_back(self, rows: Columns) -> None:
        """Note what corrections have moved, as `analysis.breaks.corrections_of` does."""
        own = rows["original_tx_id"] >= 0
        if not own.any():
            return
        kinds = self._words["kind"].words
        own &= (rows["ack"] == Ack.OK) & (rows["c_minor"] > 0)
        own &= rows["kind"] == (kinds.index(CORRECTION) if CORRECTION in kinds else -1)
        columns = (rows[name][own].tolist() for name in ("original_tx_id", "currency", "c_minor"))
        for tx_id, currency, minor in zip(*columns, strict=True):
            self._order(tx_id).returned_minor[self._currencies[currency]] += minor


def _copied(one: BreakKind) -> BreakKind:
    money = Counter(one.leaked_minor), Counter(one.returned_minor)
    return replace(one, leaked_minor=money[0], returned_minor=money[1])


def _add(found: dict[str, BreakKind], order: _Order) -> None:
    for kind in order.kinds:
        one = found.setdefault(kind, BreakKind(kind))
        one.found += 1
        one.ordered += order.end == CORRECTION and not order.returned_minor
        one.corrected += order.end == CORRECTION and bool(order.returned_minor)
        one.cleared += order.end == "cleared"
        one.written_off += order.end == "write_off"
        one.leaked_minor.update(order.leaked_minor)
        one.returned_minor.update(order.returned_minor)
