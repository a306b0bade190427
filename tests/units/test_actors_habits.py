import numpy as np
import pytest
from scipy import stats
from small_city import ROUTES, bank, city

from sanket_sim.actors.population import WORLDS
from sanket_sim.bank.description import Party
from sanket_sim.core.units import NS_PER_S


@pytest.fixture(scope="module")
def town():
    return city(customers=2000, rate_per_s=400.0, lasts_s=50)


@pytest.fixture(scope="module")
def day(town):
    return town.plan(0, 50 * NS_PER_S).intents


def of(day, name):
    return day[day["kind"] == bank().route_index(name)]


def test_routes_are_taken_by_their_weights(day):
    counts = np.bincount(day["kind"], minlength=len(ROUTES))
    weights = np.array([route.weight for route in ROUTES])
    assert stats.chisquare(counts, weights / weights.sum() * len(day)).pvalue > 1e-4


def test_channels_follow_the_shares_of_the_route(day):
    transfers = of(day, "transfer")
    app = (transfers["channel"] == bank().channels.index("app")).sum()
    assert stats.binomtest(int(app), len(transfers), 0.7).pvalue > 1e-4
    assert set(of(day, "card_payment")["channel"].tolist()) == {bank().channels.index("card")}


def test_amounts_of_the_whole_city_follow_the_law_of_the_route(day):
    fresh = np.unique(of(day, "transfer")["customer_id"], return_index=True)[1]
    amounts = of(day, "transfer")["amount_minor"][fresh]
    assert stats.kstest(amounts, stats.uniform(100, 49_900).cdf).pvalue > 1e-4
    assert amounts.min() >= 1


def test_the_affluent_pay_more(town):
    who = np.argsort(town.population.affluence)[[0, -1]]
    poor, rich = town.habits.amounts_minor(0, who, np.array([0.5, 0.5]))
    assert rich > 3 * poor
    typical = town.accounts.typical_minor[town.population.first_customer + who]
    assert typical[1] > typical[0] > 0


def test_money_goes_between_the_parties_of_the_route(town, day):
    party = town.accounts.party
    for kind, route in enumerate(ROUTES):
        rows = day[day["kind"] == kind]
        if route.moves_money:
            assert set(party[rows["debtor_account"]].tolist()) == {route.debtor}
            assert set(party[rows["creditor_account"]].tolist()) == {route.creditor}
        else:
            assert np.array_equal(rows["debtor_account"], rows["customer_id"])
            assert set(rows["creditor_account"].tolist()) == {-1}
            assert set(rows["amount_minor"].tolist()) == {0}


def test_the_customer_stands_at_his_own_end(day):
    assert np.array_equal(of(day, "transfer")["debtor_account"], of(day, "transfer")["customer_id"])
    assert np.array_equal(of(day, "salary")["creditor_account"], of(day, "salary")["customer_id"])
    assert not np.any(
        of(day, "transfer")["debtor_account"] == of(day, "transfer")["creditor_account"]
    )


def test_what_is_wanted_is_what_is_submitted(day):
    assert np.array_equal(day["e_minor"], day["amount_minor"])
    assert np.array_equal(day["right_debtor"], day["debtor_account"])
    assert np.array_equal(day["right_creditor"], day["creditor_account"])
    assert not day["is_fraud"].any()
    assert set(day["campaign_id"].tolist()) == {-1}


def test_draw_keys_are_unique_and_time_is_sorted(day):
    assert len(np.unique(day["draw_key"])) == len(day)
    assert np.all(np.diff(day["created_ns"]) >= 0)


def test_apps_see_a_device_and_card_readers_none(day):
    card = bank().channels.index("card")
    assert set(day["device"][day["channel"] == card].tolist()) == {0}
    assert (day["device"][day["channel"] != card] > 0).all()


def test_people_are_mostly_at_home_and_now_and_then_abroad(town, day):
    number = town.population.number(day["customer_id"])
    at_home = day["place"] == town.population.home[number]
    assert 0.9 < at_home.mean() < 0.96
    abroad = int((day["place"] == 0).sum())
    assert stats.binomtest(abroad, len(day), 0.015).pvalue > 1e-4


def test_few_fail_to_prove_who_they_are(day):
    assert stats.binomtest(int((~day["proves"]).sum()), len(day), 0.03).pvalue > 1e-4


def test_a_lonely_customer_pays_outside_the_bank():
    hermit = city(customers=1, rate_per_s=5.0, lasts_s=60).plan(0, 60 * NS_PER_S).intents
    assert set(of(hermit, "transfer")["creditor_account"].tolist()) == {1}


def test_the_register_opens_every_account_once(town):
    table = town.agents_table()
    assert len({len(column) for column in table.values()}) == 1
    assert np.array_equal(table["account_id"], np.arange(len(town.accounts)))
    assert np.array_equal(table["opening_minor"], town.accounts.opening_minor)
    roles = np.array(town.vocabularies["role"].words)[table["role"]]
    assert (roles == "mule").sum() == len(town.population.mules)
    assert (roles == "merchant").sum() == 40
    assert (roles == "world").sum() == len(WORLDS)
    assert (roles == "former customer").sum() == 64


def test_only_worlds_and_shops_may_overdraw(town):
    chart = town.accounts
    assert np.array_equal(chart.no_overdraft, chart.shut | (chart.party == Party.CUSTOMER))
    people = chart.party == Party.CUSTOMER
    assert np.array_equal(chart.owner[people], np.flatnonzero(people))
    assert set(chart.owner[chart.shut | np.isin(chart.party, WORLDS)].tolist()) == {-1}
