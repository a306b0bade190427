"""Every kind of fraud at once, from its TOML to its trace: the laws of money, nobody's draws."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sanket_sim.actors.typology import typologies
from sanket_sim.analysis.audit import audit
from sanket_sim.core.units import NS_PER_S
from sanket_sim.fraud import FraudSettings
from sanket_sim.simulation.resolve import resolve
from sanket_sim.simulation.run import Options, Run, introduce, run_once
from sanket_sim.trace.vocabulary import Vocabularies

assert FraudSettings, "registers every typology"

ASKED = """
name = "every_fraud"
model = "retail_bank"
seed = 11
start = 2026-11-27T09:00:00
duration = "20m"
[population]
customers = 1500
applicants = 300
[demand]
rate = "8/s"
[fraud]
rate = 0.0
twins = 1
[financial_crime]
handling = {law = "constant", value = "2m"}
[financial_crime.monitoring]
every = "5m"
lag = "30s"
"""
CAMPAIGN = """
[[fraud.campaign]]
typology = "{}"
at = "1m"
pace = 0.002
sophistication = 0.6
"""


def written(folder: Path, more: str = "", names: tuple[str, ...] = tuple(typologies)) -> Path:
    path = folder / "every_fraud.toml"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(ASKED + "".join(CAMPAIGN.format(name) for name in names) + more, "utf-8")
    return path


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("fraud")
    options = Options(out=folder, report=False)
    return run_once(resolve(written(folder)), options)


@cache
def honest_of(toml: Path) -> tuple[pd.DataFrame, np.ndarray]:
    """Return what customers plan of themselves, and the keys of campaign 0's intents."""
    sim, _ = introduce(resolve(toml), Vocabularies(), lambda _: None)
    begins_ns = range(0, 300 * NS_PER_S, NS_PER_S)
    rows = np.concatenate([sim.city.plan(at, at + NS_PER_S).intents for at in begins_ns])
    ours = ["draw_key", "created_ns", "kind", "customer_id", "creditor_account", "amount_minor"]
    own = rows[rows["may_retry"]]
    first = rows[rows["campaign_id"] == 0]
    return pd.DataFrame({name: own[name] for name in ours}), first["draw_key"]


def test_every_typology_acts_and_money_is_conserved(done: Run) -> None:
    truth = done.trace.frame("truth")
    acted = set(truth.loc[truth.twin == "", "typology"])
    assert acted == set(typologies)
    assert audit(done.folder).agrees
    balance = done.postings().query("phase == 'posted'").groupby("currency").amount_minor.sum()
    assert (balance == 0).all()
    assert done.findings.leakage.leaked == 0


def test_nobody_pays_himself_nothing_or_less(done: Run) -> None:
    rows = done.transactions()
    moving = rows[rows.creditor_account.notna() & (rows.creditor_account >= 0)]
    assert len(moving) > 5000
    assert (moving.amount_minor > 0).all()
    assert (moving.debtor_account != moving.creditor_account).all()
    assert not moving[["amount_minor", "debtor_account", "currency"]].isna().any().any()


def test_balance_chains_are_unbroken(done: Run) -> None:
    """No customer's balance, followed posting by posting, is ever below nothing."""
    agents = done.trace.frame("agents")
    people = agents[agents.role.isin(["customer", "mule"])].drop_duplicates("account_id")
    opening = people.set_index("account_id").opening_minor
    posted = done.postings().query("phase == 'posted'").sort_values(["posted_ns", "posting_id"])
    posted = posted[posted.account_id.isin(opening.index)]
    chain = posted.groupby("account_id").amount_minor.cumsum()
    chain += posted.account_id.map(opening)
    assert len(chain) > 2000
    assert (chain >= 0).all()


def test_what_a_thief_takes_is_on_record_to_the_cent(done: Run) -> None:
    truth = done.trace.frame("truth").set_index("tx_id")
    rows = done.transactions().set_index("tx_id")
    theirs = truth[truth.twin == ""]
    assert set(rows.index[rows.campaign_id >= 0]) == set(theirs.index)
    assert set(rows.index[rows.is_fraud]) == set(theirs.index[theirs.tainted_share > 0])
    assert (theirs.tainted_share == 0).sum() > 10, "launderers pay with money of their own, too"
    together = truth.join(rows[["d_minor", "created_ns"]].add_suffix("_row"))
    assert (together.executed_minor == together.d_minor_row).all()
    assert (together.created_ns == together.created_ns_row).all()
    assert truth.tainted_share.between(0, 1).all()


def test_parents_come_before_their_children(done: Run) -> None:
    rows = done.transactions().set_index("tx_id")
    truth = done.trace.frame("truth")
    with_parents = truth[truth.parent_tx_ids != ""]
    assert len(with_parents) > 10
    for tx_id, parents in zip(with_parents.tx_id, with_parents.parent_tx_ids, strict=True):
        for parent in map(int, str(parents).split(",")):
            assert rows.completed_ns[parent] <= rows.created_ns[tx_id]
            assert rows.ack[parent] == "ok"


def test_one_campaign_more_changes_nobody_elses_draws(tmp_path: Path) -> None:
    names = tuple(typologies)
    few, more = (written(tmp_path / str(n), names=names[:n]) for n in (1, len(names)))
    (alone, first), (together, first_too) = honest_of(few), honest_of(more)
    assert len(alone) > 2000
    pd.testing.assert_frame_equal(alone, together)
    assert len(first) > 0
    assert np.array_equal(first, first_too)


def test_customers_more_change_nobody_elses_draws(tmp_path: Path) -> None:
    names = ("card_testing",)
    base = written(tmp_path / "base", names=names)
    grown = written(tmp_path / "grown", names=names)
    grown.write_text(grown.read_text("utf-8").replace("= 1500", "= 1520"), "utf-8")
    flat = 'rate = "8/s"'
    for path in (base, grown):
        asked = path.read_text("utf-8").replace(flat, 'rate = "model"\nper_customer = "300/d"')
        path.write_text(asked, "utf-8")
    (before, _), (after, _) = honest_of(base), honest_of(grown)
    assert 0 < len(after) - len(before) < 60
    both = before.merge(after, on="draw_key", suffixes=("", "_after"))
    assert len(both) == len(before)
    assert (both.created_ns == both.created_ns_after).all()
    assert (both.amount_minor == both.amount_minor_after).all()
    people = both[["customer_id", "creditor_account"]].to_numpy()
    moved = people != both[["customer_id_after", "creditor_account_after"]].to_numpy()
    assert moved.mean() < 0.02, "a newcomer becomes somebody's payee, that is all"
