"""A run with campaigns and twins that no actor played: rows whose leaks are known by construction.

Everybody pays like everybody else, unless the plan says what gives fraud away.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.core.draws import Draws
from sanket_sim.simulation.shelf import find
from sanket_sim.trace import schema
from sanket_sim.trace.batch import Columns, TraceBatch
from sanket_sim.trace.manifest import Manifest
from sanket_sim.trace.vocabulary import Vocabularies
from sanket_sim.trace.writer import TraceWriter

DAY_NS = 24 * 3600 * 10**9
KINDS = ["transfer", "card_payment", "wire"]
CHANNELS = ["app", "web"]


@dataclass
class LeakyPlan:
    """What is played, and what gives it away."""

    seed: int = 1
    campaigns: int = 40
    twins: int = 2
    rows_each: int = 6
    honest: int = 3_000
    gives_away: str = ""
    """``amount``, ``device``, ``kind`` or ``mule``; empty: nothing."""
    sophistication: float = 0.6
    kept: bool = True
    """Whether campaigns keep to their specification."""
    complete: bool = True
    cover: int = 0
    """How many rows of every episode are what campaigns do to look honest."""


def write_leaky_run(folder: Path, plan: LeakyPlan | None = None) -> RunFolder:
    """Write such a run and open it."""
    plan = plan or LeakyPlan()
    words = _words()
    writer = TraceWriter(folder, words)
    writer.write(_batch(plan, words))
    writer.close()
    text = f'name = "leaky"\nseed = {plan.seed}\nduration = "1d"\nstart = 2026-11-27T08:00:00\n'
    (folder / "experiment.toml").write_text(text)
    (folder / "model.toml").write_text(find("models", "single_queue").read_text("utf-8"))
    Manifest(name="leaky", seed=plan.seed, complete=plan.complete).save(folder)
    return RunFolder(folder)


def _words() -> Vocabularies:
    words = Vocabularies()
    lists = {
        "kind": KINDS,
        "channel": CHANNELS,
        "currency": ["EUR"],
        "typology": ["", "scam"],
        "twin": ["", "house purchase"],
        "campaign": ["one"],
        "campaign_end": ["complete"],
        "stage": ["pay", "cover"],
        "role": ["victim"],
        "measure": ["rows"],
        "place": ["abroad", "north", "south"],
        "tx_ids": [""],
        "trap": [""],
        "fault_ids": [""],
    }
    for name, texts in lists.items():
        for text in texts:
            words[name].code(text)
    return words


def _batch(plan: LeakyPlan, words: Vocabularies) -> TraceBatch:
    episodes = plan.campaigns * (1 + plan.twins)
    played = episodes * plan.rows_each
    tx_id = np.arange(1, played + plan.honest + 1)
    campaign = np.where(tx_id <= played, (tx_id - 1) // plan.rows_each, -1)
    cover = (campaign >= 0) & ((tx_id - 1) % plan.rows_each < plan.cover)
    fraud = (campaign >= 0) & (campaign < plan.campaigns) & ~cover
    transactions = _transactions(plan, tx_id, fraud, campaign)
    ours = transactions["tx_id"] <= played
    own = campaign[ours]
    truth = {
        "tx_id": transactions["tx_id"][ours],
        "created_ns": transactions["created_ns"][ours],
        "campaign_id": own,
        "typology": np.ones(len(own)),
        "twin": own >= plan.campaigns,
        "stage": cover[ours],
        "tainted_share": fraud[ours],
        "intended_minor": transactions["amount_minor"][ours],
        "executed_minor": transactions["amount_minor"][ours],
    }
    number = np.arange(episodes)
    campaigns = {
        "campaign_id": number,
        "typology": np.ones(episodes),
        "twin": number >= plan.campaigns,
        "twin_of": np.where(number >= plan.campaigns, number % plan.campaigns, -1),
        "sophistication": np.full(episodes, plan.sophistication),
        "pace": np.ones(episodes),
    }
    size = plan.rows_each + (0 if plan.kept else 1)
    specifications = {
        "campaign_id": number,
        "low": np.where(number == 0, size, plan.rows_each),
        "high": np.full(episodes, plan.rows_each + 5),
    }
    stages = list(words["stage"].words)
    assert stages == ["pay", "cover"], "the codes above are those of the first words"
    return TraceBatch(
        end_ns=DAY_NS,
        transactions=_typed(transactions, "transactions"),
        truth=_typed(truth, "truth"),
        campaigns=_typed(campaigns, "campaigns"),
        specifications=_typed(specifications, "specifications"),
    )


def _transactions(plan, tx_id, fraud, campaign) -> Columns:
    draws = Draws(plan.seed, "leaky")
    u = {name: draws.child(name).uniform(tx_id) for name in ("amount", "kind", "device", "who")}
    gives = fraud & (draws.child("gives").uniform(tx_id) < 0.95)
    amount = (1_000 + 90_000 * u["amount"] ** 3).astype(np.int64)
    person = (u["who"] * 500).astype(np.int64)
    device = (u["device"] * 2**39).astype(np.int64)
    kind = (u["kind"] * 2).astype(np.int64)
    channel = (u["amount"] * 1000).astype(np.int64) % 2
    payee = 1_000 + (draws.child("payee").uniform(tx_id) * 500).astype(np.int64)
    tells = plan.gives_away
    return {
        "tx_id": tx_id,
        "kind": np.where(gives & (tells == "kind"), 2, kind),
        "channel": np.where(gives & (tells == "channel"), 1, channel),
        "customer_id": person,
        "debtor_account": person,
        "creditor_account": np.where(gives & (tells == "mule"), 1_003 + campaign % 3 * 150, payee),
        "amount_minor": np.where(gives & (tells == "amount"), amount // 100 * 100, amount | 1),
        "created_ns": (draws.child("at").uniform(tx_id) * DAY_NS).astype(np.int64),
        "device_id": np.where(gives & (tells == "device"), device + 2**39, device),
        "place": 1 + tx_id % 2,
        "is_fraud": fraud,
        "typology": fraud,
        "campaign_id": np.where(campaign < plan.campaigns, campaign, -1),
    }


def _typed(table: Columns, name: str) -> Columns:
    rows = len(next(iter(table.values())))
    plain = {c.name: np.full(rows, -1 if c.nullable else 0) for c in schema.TABLES[name]}
    return {
        c.name: np.asarray((plain | table)[c.name]).astype(c.dtype) for c in schema.TABLES[name]
    }
