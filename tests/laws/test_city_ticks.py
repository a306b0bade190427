"""However time is cut, the same things happen at the same instants."""

from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_city import BATCH_ROUTES, Till, city, money_bank

from sanket_sim.actors.plans import Plans
from sanket_sim.actors.templates import TemplateSettings
from sanket_sim.core.outcomes import Ack, Decline, Outcome
from sanket_sim.core.units import NS_PER_S
from sanket_sim.fraud import FraudSettings

CAMPAIGNS = FraudSettings.model_validate(
    {
        "campaign": [
            {"typology": "card_testing", "at": "5s", "cards": 25, "pace": 0.0004},
            {"typology": "account_takeover", "at": "2s", "pace": 0.004, "intensity": 3},
        ]
    }
).campaign


def moody(row, submission):
    """Answer by the intent's name alone: some fail, some are refused, most succeed."""
    mood = (int(row["draw_key"]) >> 7) + submission
    if mood % 5 == 0:
        return {"outcome": Outcome.TIMEOUT, "ack": Ack.UNKNOWN}
    if mood % 7 == 0:
        reason = Decline.SUSPECTED_FRAUD if mood % 2 else Decline.EXCEEDS_CREDITS
        return {"outcome": Outcome.APP_ERROR, "ack": Ack.FAILED, "decline_reason": reason}
    return {}


def lived(tick_ns, seed=7):
    town = city(customers=300, rate_per_s=30.0, seed=seed, campaigns=CAMPAIGNS)
    till = Till(town, moody).run(120 * NS_PER_S, tick_ns)
    return till.intents(), sorted(till.submissions), sorted(till.closed)


def planned(cuts_ns, end_ns, **more):
    town = city(customers=300, rate_per_s=30.0, **more)
    edges = sorted({0, end_ns, *cuts_ns})
    parts = [town.plan(a, b).intents for a, b in pairwise(edges)]
    return np.concatenate(parts)


@pytest.mark.parametrize("tick_ns", [NS_PER_S // 10, 700_000_001, 2 * NS_PER_S])
def test_ticks_up_to_the_shortest_reaction_change_nothing(tick_ns):
    intents, submissions, closed = lived(NS_PER_S)
    other_intents, other_submissions, other_closed = lived(tick_ns)
    assert intents.tobytes() == other_intents.tobytes()
    assert submissions == other_submissions
    assert closed == other_closed
    assert submissions
    assert intents["is_fraud"].sum() > 20


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(1, 60 * NS_PER_S - 1), max_size=40))
def test_any_cut_of_a_minute_plans_the_same_minute(cuts_ns):
    whole = planned([], 60 * NS_PER_S)
    assert planned(cuts_ns, 60 * NS_PER_S).tobytes() == whole.tobytes()


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(1, 60 * NS_PER_S - 1), max_size=40))
def test_any_cut_of_a_minute_releases_the_same_files(cuts_ns):
    whole = planned([], 60 * NS_PER_S, bank=money_bank(BATCH_ROUTES))
    assert planned(cuts_ns, 60 * NS_PER_S, bank=money_bank(BATCH_ROUTES)).tobytes() == (
        whole.tobytes()
    )
    assert len(np.unique(whole["batch_id"])) > 5


MONTHLY = Plans(
    tuple(
        TemplateSettings.model_validate(entry)
        for entry in (
            {"name": "wages", "route": "salary", "day": 25, "hours": [0] * 23 + [1]},
            {"name": "rent", "route": "transfer", "day": [25, 27], "payee": "same"},
            {"name": "coffee", "route": "card_payment", "per_month": 60, "fano": 1.5},
        )
    )
)
EVENING = datetime.fromisoformat("2026-11-25T22:40")
HOUR_NS = 3600 * NS_PER_S


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(1, 4 * HOUR_NS - 1), max_size=40))
def test_any_cut_of_a_night_brings_the_same_templates(cuts_ns):
    asked = {"lasts_s": 4 * 3600, "rate_per_s": 0.1, "start": EVENING, "plans": MONTHLY}
    edges = sorted({0, 4 * HOUR_NS, *cuts_ns})
    town = city(customers=300, **asked)
    parts = [town.plan(a, b).intents for a, b in pairwise(edges)]
    for (begin_ns, end_ns), part in zip(pairwise(edges), parts, strict=True):
        assert ((part["created_ns"] >= begin_ns) & (part["created_ns"] < end_ns)).all()
    whole = city(customers=300, **asked).plan(0, 4 * HOUR_NS).intents
    assert np.concatenate(parts).tobytes() == whole.tobytes()
    assert (whole["kind"] == 2).sum() > 200


def test_a_run_that_begins_later_sees_the_same_rest_of_the_month():
    asked = {"rate_per_s": 1e-9, "plans": MONTHLY, "customers": 300}
    early = city(lasts_s=3 * 3600, start=EVENING, **asked).plan(0, 3 * HOUR_NS).intents
    start = EVENING + timedelta(hours=1)
    late = city(lasts_s=2 * 3600, start=start, **asked).plan(0, 2 * HOUR_NS).intents
    early["created_ns"] -= HOUR_NS
    assert len(late) > 90
    assert early[early["created_ns"] >= 0].tobytes() == late.tobytes()


def test_another_seed_lives_another_life():
    assert lived(NS_PER_S, seed=8)[0].tobytes() != lived(NS_PER_S)[0].tobytes()


def test_a_resubmission_comes_exactly_when_patience_says():
    town = city(customers=300, rate_per_s=30.0)
    till = Till(town, lambda _row, _submission: {"outcome": Outcome.TIMEOUT, "ack": Ack.FAILED})
    told = []
    learn = town.learn

    def overhear(batch):
        open_still = batch.answers["may_retry"]
        failed = {name: column[open_still] for name, column in batch.answers.items()}
        told.append(town.patience.react(failed))
        learn(batch)

    town.learn = overhear
    till.run(60 * NS_PER_S, NS_PER_S)
    promised = {int(at) for will in told for at in will.retry_ns[will.retry] if at < till.now_ns}
    assert promised == {at_ns for _, at_ns, _ in till.submissions}
