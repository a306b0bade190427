from collections import Counter

import numpy as np
import pytest
from scipy import stats
from small_city import ROUTES, Till, bank, city

from sanket_sim.actors.customer import Customer
from sanket_sim.core.outcomes import Ack, Decline, Outcome
from sanket_sim.core.units import NS_PER_S

SURE = {"retry": 1.0, "leave": 0.0, "enquire": 0.0}


def broken(_row, _submission):
    return {"outcome": Outcome.UNAVAILABLE, "ack": Ack.FAILED}


def refused(_row, _submission):
    return {
        "outcome": Outcome.APP_ERROR,
        "ack": Ack.FAILED,
        "decline_reason": Decline.EXCEEDS_CREDITS,
    }


def silent(row, submission):
    if submission == 0 and ROUTES[row["kind"]].moves_money:
        return {"outcome": Outcome.TIMEOUT, "ack": Ack.UNKNOWN}
    return {}


def run(rule, until_s=400, tick_s=1, **more):
    till = Till(city(lasts_s=30, rate_per_s=20.0, **more), rule)
    return till.run(until_s * NS_PER_S, tick_s * NS_PER_S)


def test_success_leaves_nothing_to_decide():
    till = run(None, until_s=40)
    assert not till.submissions
    assert not till.closed
    assert len(till.city.agents) == 0


def test_the_patient_try_as_often_as_they_may_and_then_give_up():
    till = run(broken, patience=SURE | {"retries_max": 3})
    assert set(till.tries.values()) == {4}
    assert not till.closed, "nothing was open any more"
    last = {tx_id: may for tx_id, _, may in till.submissions}
    assert set(last.values()) == {False}, "the network closes an intent after the last try"


def test_every_open_failure_is_resubmitted_or_closed():
    till = run(broken, patience={"retry": 0.5, "leave": 0.0})
    opened = Counter()
    for tx_id, row in enumerate(till.rows):
        opened[tx_id] += int(row["may_retry"])
    for tx_id, _, may_retry in till.submissions:
        opened[tx_id] += int(may_retry) - 1
    opened.subtract(till.closed)
    assert set(opened.values()) == {0}


def test_a_business_answer_is_never_tried_again():
    till = run(refused, until_s=60)
    assert not till.submissions
    assert len(till.city.agents) == 0


def test_an_open_business_answer_is_closed_at_once():
    till = Till(city(lasts_s=30, rate_per_s=20.0), refused)
    till.tick(NS_PER_S)
    batch = till._answers(10 * NS_PER_S)
    batch.answers["may_retry"][:] = True
    till.city.learn(batch)
    closed = till.city.plan(NS_PER_S, 2 * NS_PER_S).closures
    assert np.array_equal(np.sort(closed), np.sort(batch.answers["tx_id"]))


def test_the_time_to_the_next_try_follows_the_law_of_patience():
    till = run(
        broken, until_s=3000, patience=SURE | {"retries_max": 1, "median": "20s", "minimum": "2s"}
    )
    answered_ns = np.array([till.rows[tx_id]["created_ns"] for tx_id, *_ in till.submissions])
    delay_s = (np.array([at for _, at, *_ in till.submissions]) - answered_ns) / NS_PER_S - 0.1
    assert len(delay_s) > 500
    assert delay_s.min() >= 2.0
    law = stats.lognorm(0.8, scale=20.0)
    above = delay_s[delay_s > 2.0]
    cdf = lambda x: (law.cdf(x) - law.cdf(2)) / law.sf(2)  # noqa: E731
    assert stats.kstest(above, cdf).pvalue > 1e-4


def test_doubt_is_followed_by_balance_enquiries():
    calm = run(None, patience={"enquire": 1.0}, until_s=200).intents()
    till = run(silent, patience={"enquire": 1.0, "leave": 0.0}, until_s=200)
    enquiry = bank().route_index("balance_enquiry")
    enquiries = till.intents()[till.intents()["kind"] == enquiry]
    assert len(enquiries) > 5 * (calm["kind"] == enquiry).sum()
    assert np.array_equal(enquiries["debtor_account"], enquiries["customer_id"])
    assert len(np.unique(till.intents()["draw_key"])) == len(till.rows)


def test_those_who_leave_are_not_seen_again():
    till = run(broken, patience={"retry": 0.0, "leave": 1.0}, customers=50)
    seen = Counter(int(row["customer_id"]) for row in till.rows)
    left = {c.customer_id for c in till.city.agents if isinstance(c, Customer) and c.left}
    assert left == set(seen)
    for customer in left:
        rows = [row for row in till.rows if row["customer_id"] == customer]
        first_ns = min(int(row["created_ns"]) for row in rows)
        assert all(row["created_ns"] < first_ns + 2.1 * NS_PER_S for row in rows)


def test_only_those_who_met_a_failure_are_agents_and_they_count_it():
    hit = lambda row, _: broken(row, 0) if row["customer_id"] % 5 == 0 else {}  # noqa: E731
    till = run(hit, until_s=100)
    assert {agent.customer_id % 5 for agent in till.city.agents} == {0}
    assert all(agent.failures >= 1 for agent in till.city.agents)
    assert sum(agent.complaints for agent in till.city.agents) > 0


def test_two_failed_copies_of_an_intent_lead_to_one_more_try():
    till = Till(city(lasts_s=30, rate_per_s=20.0, patience=SURE | {"retries_max": 5}), broken)
    till.tick(NS_PER_S)
    batch = till._answers(10 * NS_PER_S)
    till.city.learn(batch)
    batch.answers["answered_ns"] += NS_PER_S // 100
    batch.answers["submission"] += 1
    till.city.learn(batch)
    till.run(400 * NS_PER_S, 2 * NS_PER_S)
    tried = Counter(tx_id for tx_id, _, _ in till.submissions)
    failed_twice = batch.answers["tx_id"].tolist()
    assert failed_twice
    assert {tried[tx_id] for tx_id in failed_twice} == {5}


def test_a_tick_longer_than_the_shortest_reaction_is_noticed():
    till = Till(city(patience=SURE | {"median": "2s", "spread": 0}), broken)
    with pytest.raises(AssertionError, match="longer than the shortest reaction"):
        till.tick(30 * NS_PER_S)


def test_ticks_leave_no_gap():
    town = city()
    town.plan(0, NS_PER_S)
    with pytest.raises(AssertionError, match="follow one another"):
        town.plan(2 * NS_PER_S, 3 * NS_PER_S)


def test_a_step_plans_the_longest_exact_tick():
    town = city()
    town.step()
    assert town.planned_ns == town.shortest_reaction_ns == 2 * NS_PER_S
    assert len(town.wanted.intents) > 0
