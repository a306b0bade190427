"""What templates bring is what they say: how often, when, how much, from whom to whom."""

from datetime import date, datetime, timedelta

import numpy as np
import pytest
from scipy import stats
from small_city import RATES, bank, city, money_bank

from sanket_sim.actors.counts import counts
from sanket_sim.actors.demand import WEEKDAY_PEAKS
from sanket_sim.actors.plans import Plans
from sanket_sim.actors.template import holders_of
from sanket_sim.actors.templates import TemplateSettings
from sanket_sim.bank.description import Party
from sanket_sim.core.draws import Draws
from sanket_sim.core.money import convert_minor
from sanket_sim.core.units import NS_PER_S

START = datetime.fromisoformat("2026-01-01T00:00")
DAY_NS = 86_400 * NS_PER_S
SAVERS = {"savings": 0.5}


def template(**asked):
    return TemplateSettings.model_validate({"name": "one", "route": "transfer", **asked})


def lived(*templates, days=31, customers=2000, start=START, **more):
    """Return a city and what its templates bring."""
    plans = Plans(tuple(templates), frozenset(more.pop("holidays", ())))
    town = city(
        customers=customers,
        rate_per_s=1e-9,
        lasts_s=days * 86_400,
        start=start,
        plans=plans,
        **more,
    )
    return town, town.plan(0, days * DAY_NS).intents


def dates(rows, start=START):
    return [start.date() + timedelta(days=int(n)) for n in rows["created_ns"] // DAY_NS]


def numbers(town, rows):
    return town.population.number(rows["customer_id"])


def as_expected(found, shares):
    """Say whether counts are as likely as their shares."""
    shares = np.asarray(shares, dtype=float)
    expected = shares / shares.sum() * np.sum(found)
    return stats.chisquare(found, expected).pvalue > 1e-4


@pytest.mark.parametrize("fano", [1.0, 1.15, 3.0])
@pytest.mark.parametrize("mean", [0.0, 0.3, 4.0, 90.0, 600.0])
def test_counts_are_the_exact_quantiles_of_their_law(mean, fano):
    u = Draws(4).uniform(np.arange(2000))
    law = stats.poisson(mean) if fano == 1 else stats.nbinom(mean / (fano - 1), 1 / fano)
    expected = law.ppf(u) if mean else np.zeros(len(u))
    off = counts(np.full(len(u), mean), fano, u) != expected
    assert off.mean() < 0.001, "but for rounding at the very edges"


@pytest.mark.parametrize("fano", [1.0, 1.15, 2.5])
def test_monthly_counts_have_their_mean_and_dispersion(fano):
    town, rows = lived(template(per_month=6.0, fano=fano))
    mean = 6.0 * town.population.activity
    found = np.bincount(numbers(town, rows), minlength=2000)
    total = (found.sum() - mean.sum()) / np.sqrt(fano * mean.sum())
    assert abs(total) < 4.5
    dispersion = np.mean((found - mean) ** 2 / (fano * mean))
    assert dispersion == pytest.approx(1.0, abs=4.5 * np.sqrt(3.5 / 2000))


def test_a_year_has_its_seasons():
    months = np.array([1, 0.5, 1, 2, 1, 0, 1, 1, 1.5, 1, 1, 3])
    _, rows = lived(template(per_month=2.0, months=months.tolist()), days=365, customers=300)
    found = np.bincount([day.month - 1 for day in dates(rows)], minlength=12)
    assert found[5] == 0
    keep = months > 0
    assert as_expected(found[keep], months[keep])


def test_days_of_a_month_have_their_weekdays_factors():
    factors = [1, 2, 1, 0.5, 1, 0, 3]
    _, rows = lived(template(per_month=6.0, weekdays=factors))
    found = np.bincount([day.day - 1 for day in dates(rows)], minlength=31)
    shares = np.array([factors[(START + timedelta(days=n)).weekday()] for n in range(31)])
    assert found[shares == 0].sum() == 0
    assert as_expected(found[shares > 0], shares[shares > 0])


def test_hours_follow_their_weights():
    weights = np.arange(24) % 5
    _, rows = lived(template(per_month=6.0, hours=weights.tolist()))
    hour = rows["created_ns"] % DAY_NS // (DAY_NS // 24)
    found = np.bincount(hour, minlength=24)
    assert found[weights == 0].sum() == 0
    assert as_expected(found[weights > 0], weights[weights > 0])


@pytest.mark.parametrize("peaks", [(), [[1.0, 9.0, 1.0]]])
def test_times_of_day_follow_their_peaks(peaks):
    _, rows = lived(template(per_month=6.0, peaks=peaks))
    hour = rows["created_ns"] % DAY_NS / (DAY_NS / 24)
    bells = [
        (share, stats.norm(middle, spread)) for share, middle, spread in peaks or WEEKDAY_PEAKS
    ]
    cdf = lambda x: sum(s * (b.cdf(x) - b.cdf(0) + b.cdf(x - 24)) for s, b in bells)  # noqa: E731
    assert stats.kstest(hour[:10_000], lambda x: cdf(x) / cdf(24.0)).statistic < 0.02


def test_everybody_pays_once_a_month_on_a_day_of_his_own():
    town, rows = lived(template(day=[5, 14]), days=90)
    who, on = numbers(town, rows), dates(rows)
    assert np.array_equal(np.bincount(who, minlength=2000), np.full(2000, 3))
    own = {}
    for customer, day in zip(who.tolist(), on, strict=True):
        own.setdefault(customer, set()).add(day.day)
    assert {len(days) for days in own.values()} == {1}
    found = np.bincount([days.pop() - 5 for days in own.values()], minlength=10)
    assert as_expected(found, np.ones(10))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"day": 31}, ["2026-01-31", "2026-02-28", "2026-03-31"]),
        ({"day": "last"}, ["2026-01-31", "2026-02-28", "2026-03-31"]),
        ({"day": "first"}, ["2026-01-01", "2026-02-01", "2026-03-01"]),
        ({"day": "last_business_day"}, ["2026-01-30", "2026-02-27", "2026-03-31"]),
        ({"day": "first_business_day"}, ["2026-01-02", "2026-02-02", "2026-03-02"]),
        ({"day": 1, "shift": "next"}, ["2026-01-02", "2026-02-02", "2026-03-02"]),
        ({"day": 1, "shift": "previous"}, ["2026-01-30", "2026-02-27"]),
        ({"day": 25, "shift": "previous"}, ["2026-01-23", "2026-02-25", "2026-03-25"]),
        ({"day": 31, "shift": "next"}, ["2026-02-02", "2026-03-02", "2026-03-31"]),
    ],
)
def test_days_fall_where_the_calendar_says(asked, expected):
    """New Year's Day is a holiday here; 31 January and 28 February are Saturdays."""
    holiday = [date(2026, 1, 1)]
    town, rows = lived(template(**asked), days=90, customers=50, holidays=holiday)
    assert sorted({str(day) for day in dates(rows)}) == expected
    assert np.array_equal(np.bincount(numbers(town, rows)), np.full(50, len(expected)))


def test_some_payments_are_missed():
    town, rows = lived(template(day=3, misses=0.2), days=60)
    found = np.bincount(numbers(town, rows), minlength=2000)
    assert as_expected(np.bincount(found), [0.04, 0.32, 0.64])


def test_as_many_have_a_template_as_its_share_says():
    town = city(customers=5000)
    kinds = [template(name=str(n), day=1, share=share) for n, share in enumerate([0.3, 0.3, 0])]
    first, second, none = holders_of(tuple(kinds), town.habits, town.draws)
    assert stats.binomtest(len(first), 5000, 0.3).pvalue > 1e-4
    both = len(np.intersect1d(first, second))
    assert stats.binomtest(both, 5000, 0.09).pvalue > 1e-4
    assert len(none) == 0


def test_a_group_gives_everybody_one_at_most():
    town = city(customers=5000)
    people = town.population
    kinds = (
        template(name="a", day=1, share=0.5, one_of="pay", segments=["worker", "family"]),
        template(name="b", day=1, share=0.5, one_of="pay", segments=["worker"]),
        template(name="c", day=1, share=0.9, one_of="pay", segments=["retired"]),
        template(name="d", day=1, share=0.1, one_of="pay"),
    )
    groups = list(holders_of(kinds[:3], town.habits, town.draws))
    assert len(np.unique(np.concatenate(groups))) == sum(map(len, groups))
    names = np.array([one.name for one in people.preset.segment])[people.segment]
    having = np.isin(np.arange(5000), np.concatenate(groups))
    assert having[names == "worker"].all()
    assert (
        stats.binomtest(
            int(having[names == "family"].sum()), int((names == "family").sum()), 0.5
        ).pvalue
        > 1e-4
    )
    assert (
        stats.binomtest(
            int(having[names == "retired"].sum()), int((names == "retired").sum()), 0.9
        ).pvalue
        > 1e-4
    )
    assert not having[names == "student"].any()
    retired = next(x for n, x in enumerate(holders_of(kinds, town.habits, town.draws)) if n == 3)
    assert not np.isin(retired, groups[2]).any()


def test_amounts_of_income_follow_their_quantiles():
    table = [[0, 0.05], [0.25, 0.11], [0.5, 0.2], [0.75, 0.34], [1, 1.5]]
    town, rows = lived(template(day=4, of_income=table))
    ratio = rows["amount_minor"] / town.population.income_minor[numbers(town, rows)]
    shares, points = np.array(table).T
    assert stats.kstest(ratio, lambda x: np.interp(x, points, shares)).pvalue > 1e-4


def test_amounts_have_their_months():
    months = [1, 1, 0.5, 1, 1, 1, 1, 1, 1, 1, 1, 2]
    asked = template(day=15, of_income=[[0, 0.1], [1, 0.1]], amount_months=months)
    town, rows = lived(asked, days=365, customers=40)
    factors = np.array(months)[[day.month - 1 for day in dates(rows)]]
    expected = 0.1 * town.population.income_minor[numbers(town, rows)] * factors
    assert len(rows) == 12 * 40
    assert np.abs(rows["amount_minor"] - expected).max() <= 1


def test_amounts_of_a_law_follow_it_and_are_positive():
    law = {"law": "lognormal", "median": 5, "p99": 5_000}
    _, rows = lived(template(day=4, amount=law))
    assert rows["amount_minor"].min() >= 1
    sigma = np.log(1000) / stats.norm.ppf(0.99)
    for at in (20, 300, 2000):
        share = int((rows["amount_minor"] > at).sum())
        assert (
            stats.binomtest(share, len(rows), stats.lognorm(sigma, scale=5).sf(at + 0.5)).pvalue
            > 1e-4
        )


def test_without_an_amount_the_routes_own_law_holds():
    _, rows = lived(template(day=4))
    assert stats.kstest(rows["amount_minor"], stats.uniform(100, 49_900).cdf).pvalue > 1e-4


@pytest.mark.parametrize("steady", [0.0, 0.6, 1.0])
def test_steady_amounts_resemble_one_another(steady):
    table = [[0, 0.0], [1, 1.0]]
    town, rows = lived(template(day=4, of_income=table, steady=steady), days=59)
    order = np.lexsort((rows["created_ns"], numbers(town, rows)))
    ratio = rows["amount_minor"][order] / town.population.income_minor[numbers(town, rows)[order]]
    two = stats.norm.ppf(ratio.clip(1e-6, 1 - 1e-6)).reshape(-1, 2)
    if steady == 1.0:
        assert np.array_equal(two[:, 0], two[:, 1])
    else:
        found = np.arctanh(np.corrcoef(two.T)[0, 1]) - np.arctanh(steady)
        assert abs(found) < 4.5 / np.sqrt(2000)
    assert stats.kstest(two[:, 0], stats.norm.cdf).pvalue > 1e-4


def test_as_many_amounts_are_round_as_said_and_none_is_rounded_to_nothing():
    law = {"law": "uniform", "low": 1, "high": 99_999}
    _, rows = lived(template(per_month=5.0, amount=law, round_to=10_000, round_share=0.86))
    round_ones = int((rows["amount_minor"] % 10_000 == 0).sum())
    assert stats.binomtest(round_ones, len(rows), 0.86 + 0.14 / 10_000).pvalue > 1e-4
    found = np.bincount(rows["amount_minor"][rows["amount_minor"] % 10_000 == 0] // 10_000)
    assert found[0] == 0
    assert as_expected(found[1:], [1.5, *[1] * 8, 0.5])


def test_channels_of_a_template_are_its_own():
    _, rows = lived(template(per_month=5.0, channels={"app": 0.2, "card": 0.8}))
    codes = [bank().channels.index(name) for name in ("app", "card")]
    assert as_expected([(rows["channel"] == code).sum() for code in codes], [0.2, 0.8])
    assert (rows["device"] > 0).sum() == (rows["channel"] == codes[0]).sum()


def test_a_standing_order_always_goes_to_the_same_person():
    town, rows = lived(template(day=[1, 9], payee="same"), days=90)
    pairs = np.unique(np.stack([rows["debtor_account"], rows["creditor_account"]]), axis=1)
    assert pairs.shape[1] == 2000
    assert not np.any(rows["debtor_account"] == rows["creditor_account"])
    assert np.isin(rows["creditor_account"], town.population.account).all()
    known = town.accounts.payees[rows["debtor_account"]]
    assert (known == rows["creditor_account"][:, None]).any(axis=1).all(), "the bank knows them"


def test_a_subscription_is_paid_to_a_shop_that_never_closes():
    town, rows = lived(template(route="card_payment", day=2, payee="same"), days=90)
    shops = rows["creditor_account"] - town.population.first_merchant
    assert np.isin(shops, town.population.shops.always).all()
    assert len(np.unique(np.stack([rows["debtor_account"], shops]), axis=1).T) == 2000


@pytest.mark.parametrize("payee", ["to_savings", "from_savings"])
def test_savings_go_between_two_accounts_of_one_person(payee):
    town, rows = lived(template(day=2, payee=payee), people=SAVERS)
    people = town.population
    assert np.array_equal(np.unique(numbers(town, rows)), people.savings.holders)
    saved, current = "creditor_account", "debtor_account"
    if payee == "from_savings":
        saved, current = current, saved
    assert np.array_equal(rows[current], rows["customer_id"])
    assert np.array_equal(rows[saved], people.savings.account(numbers(town, rows)))
    assert np.array_equal(town.accounts.owner[rows[saved]], rows["customer_id"])
    assert (town.accounts.party[rows[saved]] == Party.CUSTOMER).all()
    assert not np.any(rows["debtor_account"] == rows["creditor_account"])


def test_somebody_alone_pays_outside_the_bank():
    town, rows = lived(template(day=2, payee="same"), customers=1)
    assert town.accounts.party[rows["creditor_account"]].tolist() == [Party.OTHER_BANK]


def test_a_route_that_moves_no_money_moves_none():
    _, rows = lived(template(route="login", per_month=2.0))
    assert set(rows["amount_minor"].tolist()) == {0}
    assert set(rows["creditor_account"].tolist()) == {-1}


def test_abroad_is_paid_from_wallets_in_their_currency():
    asked = template(route="abroad", day=2, of_income=[[0, 0.1], [1, 0.1]])
    town, rows = lived(asked, bank=money_bank(), people={"wallets": {"GBP": 0.2}})
    assert set(town.accounts.currency[rows["debtor_account"]].tolist()) == {2}
    assert len(rows) == 2000, "those without one leave it to somebody who has one"
    incomes = town.population.income_minor[numbers(town, rows)]
    wanted = [
        convert_minor(round(0.1 * one), RATES["GBP"], "EUR", "GBP") for one in incomes.tolist()
    ]
    assert np.abs(rows["amount_minor"] - np.array(wanted)).max() <= 1


def test_every_choice_stays_with_accounts_that_exist():
    kinds = [
        template(name="a", day=[1, 28], payee="same"),
        template(name="b", route="salary", day="last_business_day"),
        template(name="c", route="card_payment", per_month=4.0),
        template(name="d", per_month=4.0),
        template(name="e", per_month=2.0, payee="from_savings"),
    ]
    town, rows = lived(*kinds, people=SAVERS)
    for column in ("debtor_account", "creditor_account", "customer_id"):
        assert rows[column].min() >= 0
        assert rows[column].max() < len(town.accounts)
        assert not town.accounts.shut[rows[column]].any()
    assert not np.any(rows["debtor_account"] == rows["creditor_account"])
    assert rows["amount_minor"].min() >= 1
    assert len(np.unique(rows["draw_key"])) == len(rows)
    assert np.array_equal(rows["e_minor"], rows["amount_minor"])
    by_hand = rows["may_retry"]
    assert set(rows["kind"][by_hand].tolist()) == {0, 1}
    assert not by_hand[rows["kind"] == 2].any()


def test_those_who_left_are_paid_no_more():
    town = city(customers=50, rate_per_s=1e-9, lasts_s=60 * 86_400, start=START,
                plans=Plans((template(day=[1, 28]),)))  # fmt: skip
    first = int(town.population.account[7])
    town.plan(0, 31 * DAY_NS)
    town.let_go(first, 31 * DAY_NS)
    later = town.plan(31 * DAY_NS, 59 * DAY_NS).intents
    assert set(later["customer_id"].tolist()) == set(town.population.account.tolist()) - {first}
