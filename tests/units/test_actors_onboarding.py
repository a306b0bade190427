"""Onboarding: who applies when, who comes again, and what newcomers do with an account."""

import numpy as np
import pytest
from small_city import FRAUD_ROUTES, Till, approve, bank, city

from sanket_sim.actors.onboarding import Applicants, Onboarding, OnboardingSettings
from sanket_sim.core.outcomes import Ack, Decline, Outcome
from sanket_sim.core.units import NS_PER_S

ASKED = {"rate": "0.2/s", "for": "10m", "fails": 0.0, "retry": "1m", "pace": 0.001}
NAMES = [route.name for route in FRAUD_ROUTES]
REFUSED = {
    "outcome": Outcome.APP_ERROR,
    "ack": Ack.FAILED,
    "decline_reason": Decline.IDENTITY_NOT_VERIFIED,
}


def strict(row, _submission):
    """Let nobody in who cannot prove who he is."""
    return REFUSED if NAMES[row["kind"]] == "application" and not row["proves"] else {}


def newcomers(rule=approve, applicants=200, tick_s=10, **more):
    """Return the city, and the rows of its newcomers by the names of their routes."""
    people, floor = {"applicants": applicants}, {"minimum": "10s"}
    town = city(100, 0.01, 7200, 3, (), floor, bank=bank(FRAUD_ROUTES), people=people)
    Onboarding(OnboardingSettings.model_validate(ASKED | more), town).begin()
    rows = Till(town, rule).run(7200 * NS_PER_S, tick_s * NS_PER_S).intents()
    first = town.population.first_applicant
    mine = rows[(rows["customer_id"] >= first) & (rows["customer_id"] < first + applicants)]
    kinds = np.array(NAMES)[mine["kind"]]
    return town, {name: mine[kinds == name] for name in NAMES}


def test_people_apply_at_the_rate_that_is_asked_for_one_after_the_other():
    _, rows = newcomers()
    applied = rows["application"]
    assert len(applied) == pytest.approx(120, abs=1)
    turns = applied["created_ns"] // (5 * NS_PER_S)
    assert len(np.unique(turns)) == len(turns)
    assert len(np.unique(applied["customer_id"])) == len(applied)


def test_there_are_no_more_newcomers_than_applicants_and_none_without_a_rate():
    assert len(newcomers(applicants=30)[1]["application"]) == 30
    assert len(newcomers(rate="0/s")[1]["application"]) == 0


def test_who_is_not_recognised_comes_again_and_at_last_gives_up():
    _, rows = newcomers(strict, fails=1.0, retries_max=2)
    per_person = np.unique(rows["application"]["customer_id"], return_counts=True)[1]
    assert set(per_person.tolist()) == {3}
    _, rows = newcomers(strict, fails=0.3, retries_max=5)
    shares = rows["application"]["proves"].mean()
    assert shares == pytest.approx(0.7, abs=0.1)


def test_nobody_pays_before_his_account_is_open_and_nobody_spends_before_he_is_paid():
    _, rows = newcomers(strict, fails=0.3)
    opened = rows["application"][rows["application"]["proves"]]
    opened_ns = dict(
        zip(opened["customer_id"].tolist(), opened["created_ns"].tolist(), strict=True)
    )
    paid = np.concatenate([rows["salary"], rows["inbound"]])
    first_ns = {}
    for who, at_ns in zip(paid["customer_id"].tolist(), paid["created_ns"].tolist(), strict=True):
        assert at_ns > opened_ns[who]
        first_ns[who] = min(at_ns, first_ns.get(who, at_ns))
    assert len(rows["card_payment"]) > 0
    for who, at_ns in rows["card_payment"][["customer_id", "created_ns"]].tolist():
        assert at_ns > first_ns[who]


def test_those_on_a_salary_borrow_and_give_back_what_they_were_lent():
    _, rows = newcomers(borrows=1.0, salaried=0.5)
    lent, back = rows["credit_line"], rows["repayment"]
    assert set(lent["customer_id"].tolist()) == set(rows["salary"]["customer_id"].tolist())
    owed = dict(zip(lent["customer_id"].tolist(), lent["amount_minor"].tolist(), strict=True))
    returned = dict(zip(back["customer_id"].tolist(), back["amount_minor"].tolist(), strict=True))
    assert returned == owed


def test_newcomers_are_honest_and_each_has_a_device_of_his_own():
    _, rows = newcomers()
    applied = rows["application"]
    assert not applied["is_fraud"].any()
    assert len(np.unique(applied["device"])) == len(applied)
    assert (applied["device"] > 0).all()


def test_who_belongs_to_another_story_moves_no_other_newcomer():
    def turns(claimed):
        town = city(100, 0.01, 7200, 3, bank=bank(FRAUD_ROUTES), people={"applicants": 200})
        for key in claimed:
            town.applicants.claim(key)
        Onboarding(OnboardingSettings.model_validate(ASKED), town).begin()
        rows = Till(town).run(600 * NS_PER_S, NS_PER_S).intents()
        applied = rows[rows["kind"] == NAMES.index("application")]
        return dict(applied[["customer_id", "created_ns"]].tolist())

    alone, among = turns(()), turns((3, 20))
    assert len(alone) > 100
    assert len(alone.keys() - among.keys()) == 2
    assert {who: alone[who] for who in among} == among


def test_the_length_of_a_tick_changes_nothing():
    one, other = (newcomers(tick_s=tick_s)[1] for tick_s in (10, 5))
    for name in NAMES:
        assert one[name]["draw_key"].tolist() == other[name]["draw_key"].tolist()
        assert one[name]["created_ns"].tolist() == other[name]["created_ns"].tolist()


def test_an_account_is_claimed_once():
    town = city(people={"applicants": 5})
    applicants = Applicants(town.population)
    claimed = [applicants.claim(key) for key in (7, 7, 0, 1, 2)]
    first = town.population.first_applicant
    assert claimed[0] == first + 2
    assert sorted(claimed) == list(range(first, first + 5))
    assert applicants.claim(3) is None
    assert applicants.rest() == []
