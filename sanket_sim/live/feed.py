"""The transaction feed: the newest payments, the flagged and the leaked before the others."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sanket_sim.bank.fraud_service import FraudService
from sanket_sim.bank.health import Limits
from sanket_sim.core.outcomes import Decline, FraudDecision, Outcome
from sanket_sim.core.units import NS_PER_MS
from sanket_sim.live.frames import Feed, FeedRow, State, Verdict
from sanket_sim.live.naming import Names
from sanket_sim.live.reading.roots import Roots
from sanket_sim.live.scene import Scene
from sanket_sim.live.wording import decline_in_words, failure_in_words, in_words
from sanket_sim.trace.batch import Columns, TraceBatch, one_of, rows_in

ROWS_PER_FRAME = 40
ROWS_KEPT = 300
BATCHES_WAITING = 20
"""More of them than this wait as one, so that a feed that nobody asks needs no more memory."""
_REASONS_KEPT = 1 << 16
_STOPPED: Mapping[Decline, Verdict] = {
    Decline.SUSPECTED_FRAUD: "decline",
    Decline.NOT_AUTHENTICATED: "step-up",
    Decline.ACCOUNT_FROZEN: "blocked",
}
"""Declines that guard against fraud, as the trace calls the decision behind them."""
_JUDGED = (FraudDecision.APPROVE, FraudDecision.STEP_UP, FraudDecision.DECLINE)
_WELL = (Outcome.OK, Outcome.FALLBACK)
_SHOWN = (
    "tx_id",
    "kind",
    "channel",
    "customer_id",
    "debtor_account",
    "creditor_account",
    "amount_minor",
    "currency",
    "created_ns",
    "completed_ns",
    "outcome",
    "decline_reason",
    "typology",
    "fraud_score",
    "fraud_decision",
    "leak_class",
    "glv_minor",
    "second_glv_minor",
)
STATES: dict[Verdict, State] = {
    "ok": "ok",
    "review": "warn",
    "step-up": "warn",
    "refused": "idle",
    "failed": "warn",
    "decline": "critical",
    "blocked": "critical",
    "leaked": "critical",
}
"""The state that goes with each verdict."""


class LiveFeed:
    """Keeps the newest payments as people read them.

    A frame brings only what is new since the last one, `ROWS_PER_FRAME` rows at most: first what
    is flagged, stopped, failed or leaked, then others evenly spaced among the rest.
    """

    def __init__(self, scene: Scene, names: Names, roots: Roots) -> None:
        self._scene, self._names, self._roots = scene, names, roots
        self._waiting: list[Columns] = []
        self._processed = 0
        self.newest_tx_id = -1
        self._kept: deque[FeedRow] = deque(maxlen=ROWS_KEPT)
        self._reasons = np.full((2, _REASONS_KEPT), -1, np.int64)
        self._shown = False

    def observe(self, batch: TraceBatch) -> None:
        """Take in what has ended."""
        self._note_reasons(batch.assessments)
        ended = batch.transactions
        if not rows_in(ended):
            return
        self._processed += rows_in(ended)
        self.newest_tx_id = max(self.newest_tx_id, int(ended["tx_id"].max()))
        table = {name: ended[name] for name in _SHOWN}
        table["root"] = self._roots.of(batch)
        over_ns = np.maximum(ended["completed_ns"], ended["posted_ns"])
        table["ended_ns"] = np.where(over_ns >= 0, over_ns, batch.end_ns)
        told = (ended["outcome"] != Outcome.IN_FLIGHT) | (ended["leak_class"] > 0)
        self._waiting.append(self._sampled(table, np.flatnonzero(told)))
        if len(self._waiting) > BATCHES_WAITING:
            self._waiting = [self._sampled_of_all(_joined(self._waiting))]

    def frame(self) -> Feed | None:
        """Return the rows that are new since the last frame; None if none came."""
        if not self._waiting and self._shown:
            return None
        rows = self._newest() if self._waiting else []
        self._waiting, self._shown = [], True
        self._kept.extend(rows)
        return Feed(tuple(rows), self._processed)

    @property
    def rows(self) -> tuple[FeedRow, ...]:
        """The last rows shown, newest last: for whoever comes late."""
        return tuple(self._kept)

    def _newest(self) -> list[FeedRow]:
        chosen = self._sampled_of_all(_joined(self._waiting))
        order = np.lexsort([chosen["tx_id"], chosen["ended_ns"]])
        columns = [column[order].tolist() for column in chosen.values()]
        return [
            self._row(dict(zip(chosen, row, strict=True))) for row in zip(*columns, strict=True)
        ]

    def _sampled_of_all(self, table: Columns) -> Columns:
        return self._sampled(table, np.arange(rows_in(table)))

    def _sampled(self, table: Columns, places: NDArray[np.int64]) -> Columns:
        """Choose the rows of a frame out of more."""
        if len(places) <= ROWS_PER_FRAME:
            return _rows(table, places)
        noteworthy = self._noteworthy(table)[places]
        first = places[noteworthy]
        if len(first) >= ROWS_PER_FRAME:
            return _rows(table, first[_evenly(len(first), ROWS_PER_FRAME)])
        others, room = places[~noteworthy], ROWS_PER_FRAME - len(first)
        return _rows(table, np.concatenate([first, others[_evenly(len(others), room)]]))

    def _noteworthy(self, table: Columns) -> NDArray[np.bool_]:
        flagged = table["fraud_score"] >= self._scene.bank.fraud_service.review_at
        stopped = one_of(table["decline_reason"], _STOPPED)
        answered = one_of(table["outcome"], (*_WELL, Outcome.APP_ERROR))
        return np.asarray(flagged | stopped | ~answered | (table["leak_class"] > 0))

    def _note_reasons(self, assessments: Columns) -> None:
        """Remember why the fraud service judged payments that have not ended yet."""
        places = assessments["tx_id"] % _REASONS_KEPT
        self._reasons[0, places] = assessments["tx_id"]
        self._reasons[1, places] = assessments["reasons"]

    def _row(self, one: dict[str, Any]) -> FeedRow:
        verdict = verdict_of(one, self._scene.bank.fraud_service.review_at)
        counterparty = self._counterparty(one)
        took_ns = one["completed_ns"] - one["created_ns"]
        return FeedRow(
            tx_id=one["tx_id"],
            at_ns=one["ended_ns"],
            customer=self._names.agent(one["customer_id"]),
            counterparty=self._names.agent(counterparty),
            customer_id=one["customer_id"],
            counterparty_id=counterparty,
            kind=in_words(self._word("kind", one["kind"])),
            channel=in_words(self._word("channel", one["channel"])),
            currency=self._word("currency", one["currency"]),
            amount_minor=one["amount_minor"],
            latency_ms=took_ns / NS_PER_MS if one["completed_ns"] >= 0 else None,
            risk=one["fraud_score"] if one["fraud_decision"] in _JUDGED else None,
            verdict=verdict,
            state=STATES[verdict],
            reasons=self._why(one),
            leak_class=self._word("leak_class", one["leak_class"]) if one["leak_class"] else "",
            leak_minor=one["glv_minor"] or one["second_glv_minor"],
            root=self._root(one["root"], verdict),
            truth=in_words(self._word("typology", one["typology"]).replace("none", "")),
            risk_state=risk_state(one, self._scene.bank.fraud_service),
        )

    def _why(self, one: dict[str, int | float]) -> tuple[str, ...]:
        said: list[str] = []
        if one["outcome"] not in (*_WELL, Outcome.APP_ERROR):
            said.append(failure_in_words(Outcome(int(one["outcome"])).name))
        tx_id = int(one["tx_id"])
        if self._reasons[0, tx_id % _REASONS_KEPT] == tx_id:
            fired = self._word("reasons", int(self._reasons[1, tx_id % _REASONS_KEPT]))
            said += [in_words(reason) for reason in (fired or "trained_model").split(",")]
        if one["fraud_decision"] == FraudDecision.UNCHECKED:
            said.append("fraud check gave no answer")
        said.append(decline_in_words(self._word("decline", int(one["decline_reason"]))))
        return tuple(dict.fromkeys(reason for reason in said if reason))

    def _counterparty(self, one: dict[str, int | float]) -> int:
        """Return who stands on the other side of the customer's payment, -1 for nobody."""
        creditor = self._names.owner(int(one["creditor_account"]))
        if creditor != one["customer_id"]:
            return creditor
        return self._names.owner(int(one["debtor_account"]))

    def _root(self, service: int, verdict: str) -> str:
        blamed = service >= 0 and verdict in ("failed", "leaked")
        return self._scene.bank.services[service].name if blamed else ""

    def _word(self, vocabulary: str, code: int) -> str:
        return self._scene.words[vocabulary].words[code]


def verdict_of(one: Mapping[str, int | float], review_at: float) -> Verdict:
    """Return what became of a payment, in a word; see `FeedRow`.

    Parameters
    ----------
    one : mapping
        A row of the table of transactions, as coded.
    review_at : float
        Score from which the fraud service flags.
    """
    if one["leak_class"]:
        return "leaked"
    if one["outcome"] == Outcome.APP_ERROR:
        return _STOPPED.get(Decline(int(one["decline_reason"])), "refused")
    if one["outcome"] not in _WELL:
        return "failed"
    if one["fraud_decision"] == FraudDecision.STEP_UP:
        return "step-up"
    return "review" if one["fraud_score"] >= review_at else "ok"


def risk_state(one: Mapping[str, int | float], service: FraudService) -> State:
    """Return the state of a payment's score by the thresholds of the bank's own fraud service."""
    if one["fraud_decision"] not in _JUDGED:
        return "idle"
    return Limits(service.review_at, service.decline_at).judge(one["fraud_score"])


def _rows(table: Columns, places: NDArray[np.int64]) -> Columns:
    return {name: column[places] for name, column in table.items()}


def _joined(tables: list[Columns]) -> Columns:
    return {name: np.concatenate([one[name] for one in tables]) for name in tables[0]}


def _evenly(count: int, wanted: int) -> NDArray[np.int64]:
    """Return evenly spaced places, all if there are not more.

    Examples
    --------
    >>> _evenly(10, 3).tolist(), _evenly(2, 3).tolist()
    ([0, 3, 6], [0, 1])
    """
    return np.arange(min(count, wanted)) * count // max(min(count, wanted), 1)
