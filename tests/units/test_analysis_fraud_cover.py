"""Clean money that campaigns spend to look honest: on record, and counted nowhere."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

from fraud_trace import CUSTOMERS, MINUTE, SHOP, Payment, S, Told, chain, write

from sanket_sim.analysis.detection import measure_fraud
from sanket_sim.analysis.money_graph import moves_of


def chained() -> Told:
    told = Told([Payment(place * S, CUSTOMERS[place], SHOP, 1_000) for place in range(10)])
    chain(told, 0, MINUTE)
    return told


def covered() -> Told:
    """The same with payments of clean money, two of which the bank refuses."""
    told = chained()
    one = replace(told.payments[-2], creditor=SHOP, stage="cover", tainted=0.0, parents=())
    told.add(replace(one, at=one.at + MINUTE, score=0.95).declined())
    told.add(replace(one, at=one.at + 2 * MINUTE), replace(one, at=one.at + 3 * MINUTE).closed())
    return told


def test_cover_counts_neither_as_fraud_nor_as_honest(tmp_path: Path) -> None:
    plain, both = (
        asdict(measure_fraud(write(tmp_path / str(number), told)))
        for number, told in enumerate((chained(), covered()))
    )
    assert (plain.pop("cover"), both.pop("cover")) == ({}, {"layering": 3})
    assert json.dumps(plain) == json.dumps(both)


def test_cover_raises_alerts_of_its_own(tmp_path: Path) -> None:
    told = covered()
    told.decisions = [
        (50 * MINUTE, "fraud", "decline", len(told.payments) - 2, "score"),
        (51 * MINUTE, "analyst", "take_up", len(told.payments) - 2, "decline"),
        (52 * MINUTE, "analyst", "clear", len(told.payments) - 2, "decline"),
    ]
    assert set(measure_fraud(write(tmp_path, told)).reviews.by_typology) == {"cover"}


def test_cover_is_drawn_with_its_campaign(tmp_path: Path) -> None:
    assert len(moves_of(write(tmp_path, covered()), [0])[0]) == 5 + 3
