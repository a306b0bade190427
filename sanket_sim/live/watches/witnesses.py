"""Witnesses: payments that show what an alert is about, kept while it is open."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sanket_sim.core.outcomes import LeakClass, Outcome
from sanket_sim.core.units import NS_PER_MS
from sanket_sim.live.feed import verdict_of
from sanket_sim.live.naming import Names
from sanket_sim.live.reading.roots import Roots
from sanket_sim.live.scene import Scene
from sanket_sim.live.services.leak_heat import LeakHeat
from sanket_sim.live.watches import books, disturbances, leaks, network, objectives
from sanket_sim.live.watches.alarm_book import AlarmBook, Past
from sanket_sim.trace.batch import Columns, TraceBatch, one_of, rows_in

WITNESSES_MOST = 10
_FINE = (Outcome.OK, Outcome.FALLBACK, Outcome.APP_ERROR)
_OF_SERVICES = (
    network.BreakerWatch.TOPIC,
    network.QueueWatch.TOPIC,
    network.ReplicaWatch.TOPIC,
)
Mask = NDArray[np.bool_]
Ranks = NDArray[np.int64]
"""How much each payment of a tick tells of an alert: more is better, below zero nothing."""


@dataclass(frozen=True, slots=True)
class Witness:
    """One payment that ended while an alert was open.

    Parameters
    ----------
    tx_id, customer_id : int
    customer : str
        As people call him.
    at_ns : int
        When it was asked for.
    kind, currency : str
    amount_minor : int
    latency_ms : float or None
        None: nobody was told anything.
    verdict : str
        As in the feed.
    leak_class : str
        Empty if nothing leaked.
    root : str
        The service to blame; empty if none is.
    """

    tx_id: int
    customer_id: int
    customer: str
    at_ns: int
    kind: str
    currency: str
    amount_minor: int
    latency_ms: float | None
    verdict: str
    leak_class: str
    root: str


class Witnesses:
    """Keeps the most telling payments of each alert; must observe after the alarms.

    Most telling are the dearest leaks where an alert is about leaks, else the slowest payments:
    those that a fault has struck, that a service is to blame for, or all of them, as it may be. Of
    equals the first stay.
    Alerts about fraud have their witnesses elsewhere: on the analysts' desk.
    """

    def __init__(
        self, scene: Scene, names: Names, book: AlarmBook, roots: Roots, heat: LeakHeat
    ) -> None:
        self._scene, self._names, self._book = scene, names, book
        self._roots, self._heat = roots, heat
        self._places = {name: place for place, name in enumerate(scene.service_names)}
        self._kept: dict[int, list[tuple[int, Witness]]] = {}

    def observe(self, batch: TraceBatch) -> None:
        """Choose among what has ended."""
        ended = batch.transactions
        if not rows_in(ended):
            return
        for alert_id, past in self._book.open_ones():
            telling = self._telling(past, ended)
            if telling is not None:
                self._take(alert_id, ended, np.where(telling, self._ranks(past, ended), -1))
        for alert_id in [one for one in self._kept if self._book.find(one) is None]:
            del self._kept[alert_id]

    def of(self, alert_id: int) -> tuple[Witness, ...]:
        """Return the payments that tell most of an alert, the most telling first."""
        return tuple(witness for _, witness in self._kept.get(alert_id, ()))

    def _take(self, alert_id: int, ended: Columns, ranks: Ranks) -> None:
        kept = self._kept.setdefault(alert_id, [])
        least = kept[-1][0] if len(kept) == WITNESSES_MOST else -1
        best = np.argsort(-ranks, kind="stable")[:WITNESSES_MOST]
        fresh = [
            (int(ranks[row]), self._witness(ended, row))
            for row in best.tolist()
            if ranks[row] > least
        ]
        self._kept[alert_id] = sorted([*kept, *fresh], key=lambda one: -one[0])[:WITNESSES_MOST]

    def _telling(self, past: Past, ended: Columns) -> Mask | None:
        """Say which payments show what an alert is about; None if none can."""
        topic, key = past.notice.topic, past.notice.key
        if topic == leaks.TOPIC:
            return np.asarray(ended["leak_class"] == LeakClass[key])
        if topic == books.TOPIC:
            return np.asarray(ended["leak_class"] > 0)
        if topic == objectives.TOPIC:
            return np.asarray(ended["completed_ns"] >= 0) if key == "latency" else _wrong(ended)
        if topic == disturbances.FAULT:
            return self._struck(key, ended)
        return self._due_to(past.notice.subject) if topic in _OF_SERVICES else None

    def _ranks(self, past: Past, ended: Columns) -> Ranks:
        if past.notice.topic in (leaks.TOPIC, books.TOPIC):
            return self._heat.worth_minor(ended)
        took_ns = ended["completed_ns"] - ended["created_ns"]
        return np.where(ended["completed_ns"] >= 0, took_ns, 0)

    def _struck(self, fault_id: str, ended: Columns) -> Mask:
        words = self._scene.words["fault_ids"].words
        theirs = [code for code, word in enumerate(words) if fault_id in word.split(",")]
        return np.isin(ended["fault_ids"], theirs)

    def _due_to(self, service: str) -> Mask:
        """Say of each payment whether it failed or leaked because of a service."""
        return np.asarray(self._roots.of_batch == self._places[service])

    def _witness(self, ended: Columns, row: int) -> Witness:
        one = {name: column[row].item() for name, column in ended.items()}
        words, root = self._scene.words, int(self._roots.of_batch[row])
        took_ns = one["completed_ns"] - one["created_ns"]
        return Witness(
            tx_id=one["tx_id"],
            customer_id=one["customer_id"],
            customer=self._names.agent(one["customer_id"]),
            at_ns=one["created_ns"],
            kind=words["kind"].words[one["kind"]],
            currency=words["currency"].words[one["currency"]],
            amount_minor=one["amount_minor"],
            latency_ms=took_ns / NS_PER_MS if one["completed_ns"] >= 0 else None,
            verdict=verdict_of(one, self._scene.bank.fraud_service.review_at),
            leak_class=words["leak_class"].words[one["leak_class"]] if one["leak_class"] else "",
            root=self._scene.bank.services[root].name if root >= 0 else "",
        )


def _wrong(ended: Columns) -> Mask:
    return np.asarray(~one_of(ended["outcome"], _FINE) | (ended["leak_class"] > 0))
