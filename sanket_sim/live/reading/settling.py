"""Breaks that the bank has found in its books: how many, over how much money, and what became."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from sanket_sim.analysis.breaks import BREAK, CORRECTION, DETECTORS
from sanket_sim.analysis.intents import Judgement
from sanket_sim.core.outcomes import Ack
from sanket_sim.live.reading.decisions import told_by
from sanket_sim.live.scene import Scene
from sanket_sim.trace.batch import Columns, rows_in

ORDERS_MOST = 50_000
"""Orders that are remembered one by one; what becomes of older ones is no longer followed."""
_STATES = {CORRECTION: "ordered", "cleared": "cleared", "write_off": "written_off"}
"""How an investigation ends: the money is called back, has come by itself, or is given up."""


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

    def count(self, state: str, step: int) -> None:
        """Count a break in a state, or no longer; empty: it is still investigated."""
        if state:
            setattr(self, state, getattr(self, state) + step)


@dataclass(slots=True)
class _Order:
    """What is known of one order."""

    kinds: list[BreakKind] = field(default_factory=list)
    end: str = ""
    leaked_minor: Counter[str] = field(default_factory=Counter)
    returned_minor: Counter[str] = field(default_factory=Counter)

    @property
    def state(self) -> str:
        """The field of `BreakKind` in which it counts; empty while it is investigated."""
        if self.end == CORRECTION and self.returned_minor:
            return "corrected"
        return _STATES.get(self.end, "")

    def find(self, one: BreakKind) -> None:
        """Take up a break of some kind."""
        self.kinds.append(one)
        one.found += 1
        one.count(self.state, 1)
        one.leaked_minor.update(self.leaked_minor)
        one.returned_minor.update(self.returned_minor)

    def leak(self, currency: str, minor: int) -> None:
        """Take up money that went wrong."""
        for leaked_minor in (self.leaked_minor, *(one.leaked_minor for one in self.kinds)):
            leaked_minor[currency] += minor

    def settle(self, end: str = "", currency: str = "", minor: int = 0) -> None:
        """Take up how its investigation has ended, or money that came back."""
        before, self.end = self.state, end or self.end
        if minor:
            for back_minor in (self.returned_minor, *(one.returned_minor for one in self.kinds)):
                back_minor[currency] += minor
        for one in self.kinds:
            one.count(before, -1)
            one.count(self.state, 1)


class Settling:
    """Follows every break from its finding to its end.

    Parameters
    ----------
    scene : Scene
    """

    def __init__(self, scene: Scene) -> None:
        self._words, self._currencies = scene.words, scene.bank.currencies
        self._orders: dict[int, _Order] = {}
        self._kinds: dict[str, BreakKind] = {}

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
                self._order(tx_id).leak(self._currencies[currency], minor)

    def observe(self, transactions: Columns, decisions: Columns) -> None:
        """Look for breaks, for how they end, and for money that comes back."""
        if rows_in(decisions):
            self._read(decisions)
        self._bring_back(transactions)

    def kinds(self) -> list[BreakKind]:
        """Return the breaks by kind, most frequent first."""
        return sorted(self._kinds.values(), key=lambda one: (-one.found, one.kind))

    def _order(self, tx_id: int) -> _Order:
        if tx_id not in self._orders:
            if len(self._orders) >= ORDERS_MOST:
                del self._orders[next(iter(self._orders))]
            self._orders[tx_id] = _Order()
        return self._orders[tx_id]

    def _read(self, decisions: Columns) -> None:
        for row in told_by(decisions, self._words, *DETECTORS):
            if row.tx_id < 0:
                continue
            if row.said == BREAK:
                kind = self._kinds.setdefault(row.subject, BreakKind(row.subject))
                self._order(row.tx_id).find(kind)
            elif row.said in _STATES:
                self._order(row.tx_id).settle(end=row.said)

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
            self._order(tx_id).settle(currency=self._currencies[currency], minor=minor)
