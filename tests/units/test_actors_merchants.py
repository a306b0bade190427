"""Shops keep hours, have tickets, and nobody pays a closed one."""

from datetime import datetime

import numpy as np
import pytest
from scipy import stats
from small_city import bank, city

from sanket_sim.actors.merchants import CATEGORIES, ONLINE, Merchants, clock
from sanket_sim.core.draws import Draws
from sanket_sim.core.units import NS_PER_S
from sanket_sim.fraud import FraudSettings

SUNDAY_EVENING = datetime.fromisoformat("2026-11-22T18:30")
HOUR_NS = 3600 * NS_PER_S


@pytest.fixture(scope="module")
def shops():
    return Merchants.open_shops(20_000, Draws(6))


@pytest.fixture(scope="module")
def town():
    return city(customers=2000, rate_per_s=3.0, lasts_s=36 * 3600, start=SUNDAY_EVENING)


@pytest.fixture(scope="module")
def payments(town):
    rows = town.plan(0, 36 * HOUR_NS).intents
    return rows[rows["kind"] == bank().route_index("card_payment")]


def test_one_more_shop_changes_no_other():
    few, many = (Merchants.open_shops(count, Draws(6)) for count in (40, 41))
    for column in ("category", "opens_h", "closes_h", "sundays", "ticket"):
        assert np.array_equal(getattr(few, column), getattr(many, column)[:40])


def test_one_shop_is_always_open():
    only = Merchants.open_shops(1, Draws(8))
    assert only.category.tolist() == [ONLINE]
    week_ns = np.arange(24 * 7) * HOUR_NS
    assert only.are_open(np.zeros(24 * 7, dtype=np.int64), week_ns, SUNDAY_EVENING).all()


def test_tickets_are_standard_normal_and_tell_categories_apart(shops):
    assert abs(shops.ticket.mean()) < 4.5 / np.sqrt(20_000)
    assert shops.ticket.std() == pytest.approx(1.0, abs=0.03)
    by_category = [shops.ticket[shops.category == code].mean() for code in range(len(CATEGORIES))]
    assert CATEGORIES[int(np.argmax(by_category))] == "electronics"
    assert CATEGORIES[int(np.argmin(by_category))] == "transport"


def test_shops_close_at_night_and_many_on_sundays(shops):
    number = np.arange(len(shops))
    night, noon, monday = (
        shops.are_open(number, np.full(len(shops), at_ns), SUNDAY_EVENING).mean()
        for at_ns in (9 * HOUR_NS, -7 * HOUR_NS, 17 * HOUR_NS + HOUR_NS // 2)
    )
    assert night < 0.3, "half past three on Monday"
    assert 0.6 < noon < 0.8, "half past eleven on Sunday"
    assert monday == 1.0, "noon on Monday"


def test_the_clock_of_a_run_goes_by_its_start():
    hour, weekday = clock(np.array([0, 6 * HOUR_NS]), SUNDAY_EVENING)
    assert (hour.tolist(), weekday.tolist()) == ([18.5, 0.5], [6, 0])


def test_nobody_pays_a_closed_shop(town, payments):
    merchant = payments["creditor_account"] - town.population.first_merchant
    shops = town.population.shops
    assert len(payments) > 100_000
    assert shops.are_open(merchant, payments["created_ns"], SUNDAY_EVENING).all()
    by_day = payments["created_ns"] // HOUR_NS == 18
    assert len(np.unique(merchant[by_day])) > 30, "at noon all kinds of shop are visited"


def test_most_people_still_go_to_their_favourites(town, payments):
    at_noon = payments[payments["created_ns"] // HOUR_NS == 18][:2000]
    people = town.population
    customer = people.number(at_noon["customer_id"])
    rank = np.arange(20)
    liked = people.merchant(people.draws.child("favourite").uniform(customer[:, None], rank))
    merchant = at_noon["creditor_account"] - people.first_merchant
    assert (liked == merchant[:, None]).any(axis=1).mean() > 0.99


def test_dear_shops_have_larger_payments_and_the_city_keeps_the_routes_law(town, payments):
    merchant = payments["creditor_account"] - town.population.first_merchant
    ticket = town.population.shops.ticket[merchant]
    score = stats.norm.ppf((payments["amount_minor"] - 99.5) / 8_900)
    people = town.population.affluence[town.population.number(payments["customer_id"])]
    explained = np.stack([people, ticket, np.ones(len(score))]).T
    slopes, residual = np.linalg.lstsq(explained, score)[:2]
    assert slopes[:2] == pytest.approx([0.5, 0.6], abs=0.01)
    assert residual[0] / len(score) == pytest.approx(1 - 0.25 - 0.36, abs=0.01)
    assert abs(score.mean()) < 4.5 * 0.6 * np.sqrt(
        np.sum((np.bincount(merchant) / len(score)) ** 2)
    )


def test_merchants_stand_in_the_register_with_their_category(town):
    table, people = town.agents_table(), town.population
    shops = slice(people.first_merchant, people.first_customer)
    words = np.array(town.vocabularies["segment"].words)[table["segment"][shops]]
    assert words.tolist() == [CATEGORIES[code] for code in people.shops.category.tolist()]


def test_actors_find_a_shop_that_is_open_and_spend_what_one_spends_there():
    entry = {"typology": "account_takeover", "at": "1s"}
    thief = city(
        start=SUNDAY_EVENING,
        campaigns=FraudSettings.model_validate({"campaign": [entry]}).campaign,
    ).fraudsters[0]
    shops, first = thief.population.shops, thief.population.first_merchant
    night_ns = 9 * HOUR_NS
    chosen = np.array([thief.shop(n, open_at_ns=night_ns) for n in range(50)]) - first
    assert shops.are_open(chosen, np.full(50, night_ns), SUNDAY_EVENING).all()
    usual = np.array([thief.shop(n) for n in range(50)]) - first
    kept = shops.are_open(usual, np.full(50, night_ns), SUNDAY_EVENING)
    assert np.array_equal(chosen[kept], usual[kept])
    dear, cheap = first + int(shops.ticket.argmax()), first + int(shops.ticket.argmin())
    kind = bank().route_index("card_payment")
    there, here = (thief.quantile_minor(kind, 3, 0.5, shop=shop) for shop in (dear, cheap))
    assert there > thief.quantile_minor(kind, 3, 0.5) > here
