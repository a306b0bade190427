"""The laws of money over random banks, faults, traps and controls; every failure shrinks."""

from __future__ import annotations

import pytest
from audited import audited_run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_banks import CHART, CURRENCIES, banks, fault_tables, laid, payments, struck

from sanket_sim.analysis.decomposition import laws
from sanket_sim.faults import traps


def hold_the_laws(data: st.DataObject) -> None:
    bank = data.draw(banks())
    rows = data.draw(payments())
    parts = struck(data.draw(st.lists(fault_tables, max_size=2)))
    parts += laid(data.draw(st.lists(st.sampled_from(sorted(traps)), max_size=4)), bank)
    run = audited_run(bank, rows, *parts, chart=CHART, seed=data.draw(st.integers(0, 9)))
    assert laws(run.transactions, run.parts, len(CURRENCIES)).broken() == []


def settled(examples: int) -> settings:
    return settings(
        max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )


@settled(20)
@given(st.data())
def test_the_laws_hold_in_random_banks(data: st.DataObject) -> None:
    hold_the_laws(data)


@pytest.mark.slow
@settled(400)
@given(st.data())
def test_the_laws_hold_in_hundreds_of_random_banks(data: st.DataObject) -> None:
    hold_the_laws(data)
