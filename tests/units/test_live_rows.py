"""Rows of the feed, each from one payment whose every column a test has set."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from live_scene import scene_of
from synthetic_trace import NAMES, Plan

from sanket_sim.core.outcomes import LeakClass, Outcome
from sanket_sim.live.feed import LiveFeed
from sanket_sim.live.frames import FeedRow
from sanket_sim.live.naming import Names
from sanket_sim.trace import schema
from sanket_sim.trace.batch import Columns, TraceBatch

CALM = Plan(duration_s=60, warmup_s=0, fault=None)
LEDGER = NAMES.index("ledger")


class Told:
    """A feed into which payments are put one by one."""

    def __init__(self) -> None:
        self.scene = scene_of(CALM)
        for name in ("kind", "channel", "currency", "typology", "leak_class", "decline"):
            self.scene.words[name].code("none")
        self.blamed = np.full(1, -1)
        self.roots: Any = SimpleNamespace(of=lambda _batch: self.blamed)
        self.feed = LiveFeed(self.scene, Names(self.scene.words, self.scene.agents), self.roots)

    def row(self, *, assessments: Columns | None = None, **changes: Any) -> FeedRow:
        table = {column.name: np.zeros(1, column.dtype) for column in schema.TRANSACTIONS}
        for name, value in changes.items():
            table[name][:] = value
        batch = TraceBatch(end_ns=1, transactions=table)
        if assessments is not None:
            batch.assessments = assessments
        self.feed.observe(batch)
        frame = self.feed.frame()
        assert frame is not None
        return frame.rows[-1]


@pytest.fixture
def told() -> Told:
    return Told()


def test_the_newest_number_is_the_greatest_whatever_ends_last(told: Told) -> None:
    for tx_id in (9, 4):
        told.row(tx_id=tx_id)
    assert told.feed.newest_tx_id == 9


@pytest.mark.parametrize(("first", "second", "leaked"), [(700, 0, 700), (0, 30, 30), (7, 30, 7)])
def test_what_leaked_on_the_second_leg_alone_is_told(
    told: Told, first: int, second: int, leaked: int
) -> None:
    row = told.row(leak_class=LeakClass.DUPLICATE, glv_minor=first, second_glv_minor=second)
    assert row.leak_minor == leaked


@pytest.mark.parametrize(
    ("changes", "root"),
    [
        ({}, ""),
        ({"outcome": Outcome.APP_ERROR}, ""),
        ({"outcome": Outcome.TIMEOUT}, "ledger"),
        ({"leak_class": LeakClass.LOST}, "ledger"),
    ],
)
def test_nobody_is_blamed_for_what_went_well(
    told: Told, changes: dict[str, int], root: str
) -> None:
    told.blamed[:] = LEDGER
    assert told.row(**changes).root == root


def test_who_was_never_answered_has_no_latency(told: Told) -> None:
    assert told.row(created_ns=5, completed_ns=3_000_005).latency_ms == 3.0
    assert told.row(created_ns=5, completed_ns=-1, leak_class=LeakClass.LOST).latency_ms is None


def test_reasons_are_those_of_the_payment_and_of_no_earlier_one(told: Told) -> None:
    code = told.scene.words["reasons"].code("velocity,new_payee")
    assessed = {column.name: np.zeros(1, column.dtype) for column in schema.ASSESSMENTS}
    assessed["tx_id"][:], assessed["reasons"][:] = 5, code
    assert told.row(tx_id=5, assessments=assessed).reasons == ("velocity", "new payee")
    assert told.row(tx_id=5 + (1 << 16)).reasons == ()
