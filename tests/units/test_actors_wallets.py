import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from small_city import CURRENCIES, MONEY_ROUTES, RATES, Spread, Till, city, money_bank

from sanket_sim.actors import PopulationSettings
from sanket_sim.actors.chart import world_account
from sanket_sim.actors.exchange import Exchange
from sanket_sim.actors.population import WORLDS, Population
from sanket_sim.bank.description import Party, Route
from sanket_sim.core.draws import Draws
from sanket_sim.core.money import convert_minor
from sanket_sim.core.outcomes import LegPurpose
from sanket_sim.core.units import NS_PER_S
from sanket_sim.fraud import FraudSettings

FIVE = Exchange(CURRENCIES, RATES)
USD, GBP, JPY, KWD = 1, 2, 3, 4


def settle(customers, seed=5, **more):
    settings = PopulationSettings.model_validate({"customers": customers, **more})
    return Population.settle(settings, Draws(seed), FIVE)


@pytest.fixture(scope="module")
def town():
    savers = {"savings": 0.4}
    return city(customers=2000, rate_per_s=400.0, lasts_s=50, bank=money_bank(), people=savers)


@pytest.fixture(scope="module")
def day(town):
    return town.plan(0, 50 * NS_PER_S).intents


def of(day, name):
    return day[day["kind"] == money_bank().route_index(name)]


def test_every_world_has_an_account_in_every_currency(town):
    chart = town.accounts
    for code in range(len(CURRENCIES)):
        for party in WORLDS:
            account = world_account(party, code)
            assert (chart.party[account], chart.currency[account]) == (party, code)
            assert not chart.no_overdraft[account]
            assert chart.opening_minor[account] == 0
    assert world_account(WORLDS[-1], len(CURRENCIES) - 1) == town.population.first_closed - 1


def test_as_many_hold_wallets_as_the_shares_say():
    people = settle(20_000)
    for code, share in {USD: 0.04, GBP: 0.03, JPY: 0.01, KWD: 0.01}.items():
        held = len(people.wallets[code])
        assert abs(held - 20_000 * share) < 4.5 * np.sqrt(20_000 * share)


def test_the_chart_numbers_every_account_once(town):
    people, chart = town.population, town.accounts
    ids = [np.arange(people.first_customer), people.account]
    ids += [wallets.accounts for wallets in (people.savings, *people.wallets.values())]
    assert len(people.savings) > 100
    assert np.array_equal(np.sort(np.concatenate(ids)), np.arange(len(chart)))
    for code, wallets in people.wallets.items():
        assert set(chart.currency[wallets.accounts].tolist()) == {code}
        assert np.array_equal(chart.owner[wallets.accounts], people.account[wallets.holders])
        assert np.array_equal(people.number(wallets.accounts), wallets.holders)
        assert chart.no_overdraft[wallets.accounts].all()
        assert (chart.typical_minor[wallets.accounts] > 0).all()


@pytest.mark.parametrize("code", [USD, GBP, JPY, KWD])
def test_wallets_open_with_some_of_an_income_in_their_own_minor_units(code):
    people = settle(20_000)
    wallets = people.wallets[code]
    worth = FIVE.converted_minor(people.income_minor[wallets.holders], 0, code)
    assert np.median(wallets.opening_minor / worth) == pytest.approx(0.4, rel=0.3)


@pytest.mark.parametrize("more", [1, 2, 17, 300])
def test_newcomers_rename_nobody_and_open_nobodys_wallet(more):
    few, many = settle(300), settle(300 + more)
    assert np.array_equal(few.account, many.account[:300])
    assert few.first_customer == many.first_customer
    for code, before in few.wallets.items():
        after, count = many.wallets[code], len(before)
        assert np.array_equal(before.holders, after.holders[:count])
        assert np.array_equal(before.accounts, after.accounts[:count])
        assert np.array_equal(before.opening_minor, after.opening_minor[:count])
        assert (after.holders[count:] >= 300).all()


def test_a_wallet_in_one_currency_does_not_depend_on_the_others():
    all_five = settle(500)
    dollars = settle(500, wallets={"USD": 0.04}).wallets
    assert list(dollars) == [USD]
    assert np.array_equal(dollars[USD].holders, all_five.wallets[USD].holders)
    assert np.array_equal(dollars[USD].opening_minor, all_five.wallets[USD].opening_minor)


def test_wallets_that_the_bank_cannot_keep_are_not_opened():
    settings = PopulationSettings(customers=500, wallets={"EUR": 1.0, "CHF": 1.0, "USD": 1.0})
    people = Population.settle(settings, Draws(5), Exchange(("EUR", "CHF", "USD"), RATES))
    assert {code: len(wallets) for code, wallets in people.wallets.items()} == {2: 500}


def test_a_bank_of_one_currency_where_nobody_saves_numbers_customers_in_a_row():
    people = Population.settle(PopulationSettings(customers=50, savings=0.0), Draws(5))
    assert np.array_equal(people.account, people.first_customer + np.arange(50))
    assert people.wallets == {}


def test_foreign_routes_keep_their_weight_and_are_used_by_holders(town, day):
    chart = town.accounts
    for name, code in (("abroad", GBP), ("to_friend", USD), ("card_abroad", JPY)):
        rows, route = of(day, name), MONEY_ROUTES[money_bank().route_index(name)]
        expected = len(day) * route.weight / sum(r.weight for r in MONEY_ROUTES)
        assert abs(len(rows) - expected) < 4.5 * np.sqrt(expected)
        assert set(chart.currency[rows["debtor_account"]].tolist()) == {code}
        assert np.array_equal(chart.owner[rows["debtor_account"]], rows["customer_id"])
        assert set(rows["currency"].tolist()) == {code}


def test_every_leg_is_kept_in_its_currency_at_both_ends(town, day):
    money = day[day["debtor_account"] >= 0]
    money = money[money["creditor_account"] >= 0]
    currency = town.accounts.currency
    assert np.array_equal(currency[money["debtor_account"]], money["currency"])
    assert np.array_equal(currency[money["creditor_account"]], money["currency"])
    second = day[day["second_purpose"] != LegPurpose.NONE]
    assert np.array_equal(currency[second["second_debtor"]], second["second_currency"])
    assert np.array_equal(currency[second["second_creditor"]], second["second_currency"])
    assert (second["second_amount_minor"] > 0).all()


def test_friends_abroad_are_other_holders_or_live_elsewhere(town, day):
    rows = of(day, "to_friend")
    assert not np.any(rows["debtor_account"] == rows["creditor_account"])
    parties = set(town.accounts.party[rows["creditor_account"]].tolist())
    assert Party.CUSTOMER in parties
    assert parties <= {Party.CUSTOMER, Party.OTHER_BANK}


def test_shops_abroad_are_paid_through_their_banks(day):
    assert set(of(day, "card_abroad")["creditor_account"]) == {world_account(Party.OTHER_BANK, JPY)}


def test_nobody_uses_a_closed_account(town, day):
    closed = np.flatnonzero(town.accounts.shut)
    assert len(closed) == 64
    assert set(town.accounts.party[closed].tolist()) == {Party.NONE}
    for column in ("debtor_account", "creditor_account", "second_debtor", "second_creditor"):
        assert not np.isin(day[column], closed).any()


def test_a_conversion_goes_through_the_banks_positions_at_the_exact_rate(day):
    rows = of(day, "remittance")
    exchanged = rows[rows["second_purpose"] == LegPurpose.EXCHANGE]
    assert set(exchanged["second_currency"].tolist()) == {USD, JPY, KWD}
    assert set(exchanged["creditor_account"].tolist()) == {world_account(Party.EXCHANGE, 0)}
    assert np.array_equal(exchanged["right_creditor"], exchanged["creditor_account"])
    for row in exchanged:
        code = int(row["second_currency"])
        name = CURRENCIES[code]
        exact = convert_minor(int(row["amount_minor"]), RATES[name], "EUR", name)
        assert row["second_amount_minor"] == exact
        assert row["second_debtor"] == world_account(Party.EXCHANGE, code)
        assert row["second_creditor"] == world_account(Party.OTHER_BANK, code)


def test_money_from_abroad_comes_in_the_payees_currency(town, day):
    rows, people = of(day, "from_abroad"), town.population
    assert set(rows["debtor_account"].tolist()) == {world_account(Party.OTHER_BANK, USD)}
    assert set(rows["creditor_account"].tolist()) == {world_account(Party.EXCHANGE, USD)}
    for code in (0, KWD):
        paid = rows[rows["second_currency"] == code]
        holders = people.number(paid["customer_id"])
        assert np.array_equal(paid["second_creditor"], people.account_in(holders, code))
        rate = RATES.get(CURRENCIES[code], 1) / RATES["USD"]
        wanted = [convert_minor(a, rate, "USD", CURRENCIES[code]) for a in paid["amount_minor"]]
        assert paid["second_amount_minor"].tolist() == wanted
        assert len(paid) > 20


def test_fees_are_a_leg_of_their_own(day):
    rows = of(day, "wire")
    assert set(rows["second_purpose"].tolist()) == {LegPurpose.FEE}
    assert np.array_equal(rows["second_debtor"], rows["debtor_account"])
    assert set(rows["second_creditor"].tolist()) == {world_account(Party.FEES)}
    assert set(rows["second_amount_minor"].tolist()) == {120}
    assert set(rows["second_currency"].tolist()) == {0}
    assert np.array_equal(rows["e_minor"], rows["amount_minor"])
    free = day[np.isin(day["kind"], [0, 1, 2, 3, 4, 5])]
    assert set(free["second_purpose"].tolist()) == {LegPurpose.NONE}
    assert set(free["second_currency"].tolist()) == {-1}


def test_a_conversion_is_charged_in_its_rate_and_what_is_not_converted_by_its_fee(day):
    rows = of(day, "remittance")
    at_home = rows[rows["second_purpose"] == LegPurpose.FEE]
    assert set(rows["second_purpose"].tolist()) == {LegPurpose.EXCHANGE, LegPurpose.FEE}
    assert set(at_home["creditor_account"].tolist()) == {world_account(Party.OTHER_BANK)}
    assert set(at_home["second_amount_minor"].tolist()) == {250}


def test_stolen_money_pays_its_fee_too():
    entry = {"typology": "account_takeover", "at": "1s", "victims": 9, "pace": 1e-4}
    entry["sophistication"] = 0.0
    campaigns = FraudSettings.model_validate({"campaign": [entry]}).campaign
    dear = [replace(route, fee_minor=30) for route in MONEY_ROUTES[:1]]
    town = city(bank=money_bank((*dear, *MONEY_ROUTES[1:])), campaigns=campaigns)
    rows = Till(town).run(60 * NS_PER_S, NS_PER_S).intents()
    stolen = rows[rows["is_fraud"] & (rows["kind"] == 0)]
    assert len(stolen) > 5
    assert np.array_equal(stolen["second_debtor"], stolen["debtor_account"])
    assert set(stolen["second_amount_minor"].tolist()) == {30}
    mules = town.population.account[town.population.mules]
    assert np.isin(stolen["creditor_account"], mules).all()
    assert np.isin(stolen["customer_id"], town.population.account).all()


def test_targets_follow_their_shares(day):
    rows = of(day, "remittance")
    unconverted = (rows["second_purpose"] != LegPurpose.EXCHANGE).mean()
    dollars = (rows["second_currency"] == USD)[rows["second_purpose"] == LegPurpose.EXCHANGE]
    assert abs(unconverted - 0.1) < 4.5 * np.sqrt(0.09 / len(rows))
    assert abs(dollars.mean() - 5 / 9) < 4.5 * np.sqrt(0.25 / len(dollars))


def test_without_holders_the_first_route_for_everybody_takes_the_place():
    day = city(bank=money_bank(), people={"wallets": {}}).plan(0, 60 * NS_PER_S).intents
    assert not np.isin(day["kind"], [6, 7, 8]).any()
    usual = city(bank=money_bank()).plan(0, 60 * NS_PER_S).intents
    replaced = np.isin(usual["kind"], [6, 7, 8])
    assert np.array_equal(day["draw_key"], usual["draw_key"])
    assert set(day["kind"][replaced].tolist()) == {0}


def test_what_nobody_can_do_is_not_done():
    law = Spread(1, 10)
    route = Route("abroad", 0, 1.0, 0, Party.CUSTOMER, Party.OTHER_BANK, law, currency="USD")
    town = city(bank=money_bank((route,)), people={"wallets": {}})
    assert len(town.plan(0, 60 * NS_PER_S).intents) == 0


def test_the_register_lists_wallets_under_their_holders(town):
    table, chart = town.agents_table(), town.accounts
    assert np.array_equal(table["account_id"], np.arange(len(chart)))
    assert np.array_equal(table["currency"], chart.currency)
    assert table["opening_minor"].sum() == chart.opening_minor.sum()
    for wallets in town.population.wallets.values():
        own = town.population.account[wallets.holders]
        assert np.array_equal(table["agent_id"][wallets.accounts], own)
        for column in ("role", "segment", "region"):
            assert np.array_equal(table[column][wallets.accounts], table[column][own])


def test_a_hundred_thousand_customers_and_their_wallets_are_small():
    tracemalloc.start()
    town = city(customers=100_000, rate_per_s=500.0, lasts_s=20, bank=money_bank())
    town.plan(0, 10 * NS_PER_S)
    table = town.agents_table()
    most_mb = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    held = sum(map(len, town.population.wallets.values()))
    assert len(table["account_id"]) == town.population.first_customer + 100_000 + held
    assert held > 8_000
    assert most_mb < 50
