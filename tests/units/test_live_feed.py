"""The feed of payments: a fair sample, the noteworthy first, and every word of it true."""

from collections import Counter

import numpy as np
import onlooker
import pytest

from sanket_sim.bank.fraud_service import FraudService
from sanket_sim.core.outcomes import Decline, FraudDecision, Outcome
from sanket_sim.live.feed import (
    BATCHES_WAITING,
    ROWS_KEPT,
    ROWS_PER_FRAME,
    STATES,
    LiveFeed,
    risk_state,
)
from sanket_sim.live.flying.recent_rows import RecentRows
from sanket_sim.live.frames import Frame
from sanket_sim.live.frames.json_text import json_of
from sanket_sim.live.naming import person
from sanket_sim.live.wording import in_words
from sanket_sim.trace import schema
from sanket_sim.trace.batch import TraceBatch, rows_in


class Blameless:
    """Nobody is to blame for thirty payments."""

    @staticmethod
    def of(batch):
        return np.full(rows_in(batch.transactions), -1)


@pytest.fixture(scope="module")
def day():
    return onlooker.day()


def test_what_the_bank_saw_comes_before_what_it_made_of_it(day):
    look, _ = day
    rows = [row for frame in look.frames for row in frame.rows]
    declined = [row.reasons for row in rows if row.verdict == "decline"]
    assert declined
    assert {reasons.index("suspected fraud") - len(reasons) for reasons in declined} == {-1}
    assert max(map(len, declined)) > 1


@pytest.mark.parametrize(
    ("score", "state"), [(0.69, "ok"), (0.70, "warn"), (0.89, "warn"), (0.90, "critical")]
)
def test_a_score_is_judged_by_the_thresholds_of_the_bank(score, state):
    strict = FraudService(review_at=0.7, step_up_at=0.8, decline_at=0.9)
    one = {"fraud_decision": FraudDecision.APPROVE, "fraud_score": score}
    assert risk_state(one, strict) == state
    assert risk_state(one | {"fraud_decision": FraudDecision.UNCHECKED}, strict) == "idle"


def test_a_frame_is_short_in_order_and_brings_nothing_twice(day):
    look, _ = day
    assert max(len(frame.rows) for frame in look.frames) == ROWS_PER_FRAME
    for frame in look.frames:
        assert [row.at_ns for row in frame.rows] == sorted(row.at_ns for row in frame.rows)
    assert max(Counter(row.tx_id for row in look.rows).values()) == 1
    assert look.frames[-1].processed == look.picture.processed


def test_rows_say_what_the_trace_says(day):
    look, run = day
    table = run.transactions().set_index("tx_id")
    assert len(look.rows) > 500
    for row in look.rows[::7]:
        true = table.loc[row.tx_id]
        assert (row.amount_minor, row.currency) == (true.amount_minor, true.currency)
        assert row.kind == in_words(true.kind)
        assert row.customer_id == true.customer_id
        assert row.leak_class == ("" if true.leak_class == "NONE" else true.leak_class)
        assert row.truth == true.typology.replace("_", " ")
        assert (row.risk is None) == (true.fraud_decision in ("none", "unchecked", "closed"))
        if true.completed_ns >= 0:
            assert row.latency_ms == (true.completed_ns - true.created_ns) / 1e6


def test_the_noteworthy_come_before_the_others(day):
    """Fewer than a frame's rows leak in a second, so all that leaked must have been shown."""
    look, run = day
    table = run.transactions()
    leaked = set(table[table.leak_class != "NONE"].tx_id)
    shown = {row.tx_id for row in look.rows}
    assert len(leaked) > 10
    assert leaked <= shown
    assert len(shown) < len(table)


def test_verdicts_have_their_states_and_reasons(day):
    look, _ = day
    seen = {row.verdict for row in look.rows}
    assert {"ok", "failed", "leaked", "review", "refused"} <= seen
    for row in look.rows:
        assert row.state == STATES[row.verdict]
        assert bool(row.leak_class) == (row.verdict == "leaked")
        if row.verdict in ("refused", "decline", "blocked", "failed"):
            assert row.reasons
        if row.verdict == "review":
            assert row.risk is not None


def test_roots_are_named_as_the_findings_blame(day):
    look, run = day
    roots = Counter(row.root for row in look.rows if row.verdict == "leaked")
    by_service = run.findings.leakage.by_service
    assert roots == {name: group.leaked for name, group in by_service.items() if group.leaked}


def test_a_feed_that_nobody_asks_stays_small(day):
    look, _ = day
    picture = look.picture
    unasked = LiveFeed(picture.scene, picture.names, Blameless)
    table = {column.name: np.zeros(30, column.dtype) for column in schema.TRANSACTIONS}
    for number in range(50):
        ids = {"tx_id": np.arange(30) + 30 * number}
        unasked.observe(TraceBatch(end_ns=number, transactions=table | ids))
    assert len(unasked._waiting) <= BATCHES_WAITING
    frame = unasked.frame()
    assert (len(frame.rows), frame.processed) == (ROWS_PER_FRAME, 1500)


def test_what_is_still_under_way_at_the_end_has_not_ended(day):
    look, _ = day
    unasked = LiveFeed(look.picture.scene, look.picture.names, Blameless)
    table = {column.name: np.zeros(30, column.dtype) for column in schema.TRANSACTIONS}
    table["outcome"][:29] = Outcome.IN_FLIGHT
    unasked.observe(TraceBatch(end_ns=1, transactions=table))
    assert [row.verdict for row in unasked.frame().rows] == ["ok"]


def test_nothing_new_is_no_frame(day):
    look, _ = day
    assert look.picture.feed.frame() is None
    assert len(look.picture.feed.rows) == ROWS_KEPT


def test_names_tell_people_shops_and_the_world_apart(day):
    look, run = day
    names, agents = look.picture.names, run.trace.frame("agents")
    first = {
        role: int(rows.agent_id.iloc[0]) for role, rows in agents.groupby("role", observed=True)
    }
    assert names.agent(first["customer"]) == person(first["customer"])
    assert names.agent(first["mule"]) == person(first["mule"])
    shops = agents[agents.role == "merchant"].drop_duplicates("agent_id")
    called = [names.agent(int(shop)) for shop in shops.agent_id]
    assert len(set(called)) == len(called)
    assert called[0].split()[0].lower() == shops.segment.iloc[0]
    cash = agents[agents.segment == "cash"].iloc[0]
    assert names.account(int(cash.account_id)) == "Cash"
    assert names.agent(-1) == names.account(-1) == ""


def test_whoever_comes_late_sees_the_rows_of_earlier_frames(day):
    look, _ = day
    recent = RecentRows()
    assert recent.frame is None
    for number, frame in enumerate(look.frames):
        recent.keep(Frame(1, "transactions", number, json_of(frame)))
    assert recent.frame.sequence == len(look.frames) - 1
    newest = json_of({"rows": look.rows[-ROWS_KEPT:], "processed": look.frames[-1].processed})
    assert recent.frame.body == newest


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"outcome": Outcome.APP_ERROR, "decline_reason": Decline.SUSPECTED_FRAUD}, "decline"),
        ({"outcome": Outcome.APP_ERROR, "decline_reason": Decline.NOT_AUTHENTICATED}, "step-up"),
        ({"outcome": Outcome.APP_ERROR, "decline_reason": Decline.ACCOUNT_FROZEN}, "blocked"),
        ({"outcome": Outcome.APP_ERROR, "decline_reason": Decline.NOT_FOUND}, "refused"),
        ({"fraud_decision": FraudDecision.STEP_UP, "fraud_score": 0.9}, "step-up"),
        ({"fraud_decision": FraudDecision.APPROVE, "fraud_score": 0.99}, "review"),
    ],
)
def test_decisions_are_called_as_the_trace_calls_them(day, changes, verdict):
    look, _ = day
    fresh = LiveFeed(look.picture.scene, look.picture.names, Blameless)
    table = {column.name: np.zeros(1, column.dtype) for column in schema.TRANSACTIONS}
    for name, value in changes.items():
        table[name][:] = value
    fresh.observe(TraceBatch(end_ns=1, transactions=table))
    (row,) = fresh.frame().rows
    assert row.verdict == verdict
