"""However time is cut, the same things happen at the same instants."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_city import BATCH_ROUTES, Till, city, money_bank

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
    assert promised == {at_ns for _, at_ns, _, _ in till.submissions}
