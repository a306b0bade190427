"""The traps in a living city: people's own retries, queues and a stall, under audit throughout."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime

import numpy as np
import pytest
from audited import posting_bank
from banks import S

from sanket_sim.actors import City, DemandSettings, PopulationSettings, demand_of
from sanket_sim.bank.description import Bank, Controls, Party
from sanket_sim.core.outcomes import LeakClass
from sanket_sim.faults import Scenario, faults, traps
from sanket_sim.network import SimPyEngine
from sanket_sim.simulation.conservation import MoneyAuditor
from sanket_sim.simulation.loop import Calendar, Simulation
from sanket_sim.trace.batch import Columns, TraceBatch
from sanket_sim.trace.vocabulary import Vocabularies

LASTS_NS = 60 * S
STALL = {"kind": "latency", "target": "ledger", "at": "20s", "for": "5s", "add": "3s",
         "probability": 0.5}  # fmt: skip
KINDS = (
    "duplicate_submit",
    "lost_ack_new_key",
    "crash_between_legs",
    "negative_amount",
    "stale_balance",
    "rounding_split",
)
"""What this little bank, with its one route to merchants, gives something to work on."""
SHARES = dict.fromkeys(KINDS, 0.02) | {"crash_between_legs": 0.01}
ALL_OFF = Controls(**{field.name: False for field in fields(Controls)})


def shopping_bank(controls: Controls) -> Bank:
    bank = posting_bank(controls)
    route = replace(bank.routes[0], channels={"app": 1.0}, creditor=Party.MERCHANT)
    return replace(bank, routes=(route,), services=(replace(bank.services[0], workers=8),))


def a_minute_of(bank: Bank, words: Vocabularies) -> Columns:
    """Carry a minute of a small city, to the drained end; the auditor watches every batch."""
    asked = DemandSettings.model_validate({"rate": "40/s"})
    people = PopulationSettings(customers=500)
    demand = demand_of(asked, 500, datetime(2026, 11, 27, 8), LASTS_NS)  # noqa: DTZ001  local time
    city = City(bank, people, demand, 7, (), words)
    laid = [
        traps[kind].model_validate({"kind": kind, "probability": share})
        for kind, share in SHARES.items()
    ]
    batches: list[TraceBatch] = []
    Simulation(
        calendar=Calendar(S, LASTS_NS, 60 * S),
        city=city,
        scenario=Scenario(
            [faults["latency"].model_validate(STALL)],
            laid,
            bank,
            city.accounts,
            seed=7,
            vocabularies=words,
            until_ns=LASTS_NS,
        ),
        network=SimPyEngine(bank, city.accounts, 7, words),
        auditor=MoneyAuditor(city.accounts, bank.currencies),
        write=batches.append,
    ).run()
    tables = [batch.transactions for batch in batches]
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}


def test_with_all_controls_on_no_money_leaks() -> None:
    words = Vocabularies()
    transactions = a_minute_of(shopping_bank(Controls()), words)
    struck = {words["trap"].words[code] for code in set(transactions["trap"].tolist())}
    assert struck == {"", *KINDS}
    assert not transactions["glv_minor"].any()


@pytest.mark.parametrize("kind", KINDS)
def test_with_all_controls_off_every_trap_leaks_its_own_class(kind: str) -> None:
    words = Vocabularies()
    transactions = a_minute_of(shopping_bank(ALL_OFF), words)
    victims = transactions["trap"] == words["trap"].code(kind)
    leaking = victims & (transactions["glv_minor"] > 0)
    assert set(transactions["leak_class"][leaking].tolist()) == {traps[kind].LEAK_CLASS}


def test_untouched_payments_leak_only_by_peoples_own_retries() -> None:
    """Without a status inquiry the stall alone pays some twice: T02 needs no trap to happen."""
    transactions = a_minute_of(shopping_bank(ALL_OFF), Vocabularies())
    innocent = (transactions["trap"] == 0) & (transactions["glv_minor"] > 0)
    assert set(transactions["leak_class"][innocent].tolist()) == {LeakClass.DUPLICATE}
