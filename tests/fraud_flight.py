"""A hand-made trace of fraud as a flight would bring it: a scene, and a batch for every minute."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import numpy as np
from fraud_trace import CASH, CUSTOMERS, MINUTE, MULES, OTHER_BANK, SHOP, Told, batch_of
from synthetic_trace import bank

from sanket_sim.bank.description import Accounts, Party
from sanket_sim.live.scene import Scene
from sanket_sim.simulation.experiment import Experiment
from sanket_sim.trace import schema
from sanket_sim.trace.batch import Columns, TraceBatch
from sanket_sim.trace.vocabulary import Vocabularies

SHOPS = range(SHOP, SHOP + 40)
_BY = {"transactions": "completed_ns", "decisions": "time_ns"}


def scene_of(told: Told, **settings: object) -> tuple[Scene, TraceBatch]:
    """Return what is known before the first tick, and everything that happens."""
    words = Vocabularies()
    for service in bank().services:
        words["service"].code(service.name)
    whole = batch_of(told, words)
    said = {
        "name": "by_hand",
        "model": "by_hand",
        "start": datetime.fromisoformat("2026-11-27T08:00"),
        "duration": f"{told.minutes}m",
    }
    experiment = Experiment.model_validate(said | settings)
    faults = schema.empty(schema.FAULTS)
    return Scene(experiment, bank(), words, _accounts(), whole.agents, faults), whole


def minutes_of(told: Told, whole: TraceBatch) -> Iterator[TraceBatch]:
    """Cut what happens into minutes."""
    for minute in range(1, told.minutes + 1):
        rows = {name: _between(getattr(whole, name), by, minute) for name, by in _BY.items()}
        ended = np.isin(whole.truth["tx_id"], rows["transactions"]["tx_id"])
        truth = {name: column[ended] for name, column in whole.truth.items()}
        yield TraceBatch(end_ns=minute * MINUTE, truth=truth, **rows)


def _between(table: Columns, by: str, minute: int) -> Columns:
    here = (table[by] >= (minute - 1) * MINUTE) & (table[by] < minute * MINUTE)
    return {name: column[here] for name, column in table.items()}


def _accounts() -> Accounts:
    count = MULES[-1] + 1
    party = np.full(count, Party.NONE, np.int8)
    party[CASH], party[OTHER_BANK] = Party.CASH, Party.OTHER_BANK
    party[list(SHOPS)] = Party.MERCHANT
    party[[*CUSTOMERS, *MULES]] = Party.CUSTOMER
    nothing = np.zeros(count, np.int64)
    owner = np.where(np.isin(party, (Party.CUSTOMER, Party.MERCHANT)), np.arange(count), -1)
    return Accounts(nothing, nothing.astype(np.int16), nothing > 0, nothing, party, owner)
