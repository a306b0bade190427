from dataclasses import replace
from datetime import date, datetime

import numpy as np
import pytest
from scipy import stats
from small_city import BATCH_ROUTES, CUSTOMER, DOLLARS, PAYROLL, Spread, bank, city, money_bank

from sanket_sim.actors.batches import business_date
from sanket_sim.actors.business_days import BusinessDays
from sanket_sim.actors.chart import world_account
from sanket_sim.actors.plans import Plans
from sanket_sim.bank.description import BatchRun, Party, Route
from sanket_sim.core.outcomes import LegPurpose
from sanket_sim.core.units import NS_PER_S

HOUR_NS = 3600 * NS_PER_S
FRIDAY = datetime.fromisoformat("2026-11-20T16:59:30")


def town(lasts_s=60, **more):
    return city(bank=money_bank(BATCH_ROUTES), lasts_s=lasts_s, **more)


def of(rows, name):
    return rows[rows["kind"] == money_bank(BATCH_ROUTES).route_index(name)]


@pytest.fixture(scope="module")
def minute():
    return town(start=FRIDAY).plan(0, 60 * NS_PER_S).intents


def test_every_file_has_its_items_at_its_pace(minute):
    for number, batch_id in enumerate((1, 3), start=1):
        rows = of(minute, "payroll")
        rows = rows[rows["batch_id"] == batch_id]
        item = np.arange(PAYROLL.size)
        at_ns = number * PAYROLL.every_ns + (item * NS_PER_S / 7.0).astype(np.int64)
        due = at_ns < 60 * NS_PER_S
        assert rows["created_ns"].tolist() == at_ns[due].tolist()


def test_nothing_comes_before_the_first_file_or_after_the_end(minute):
    files = minute[minute["batch_id"] > 0]
    assert files["created_ns"].min() == DOLLARS.every_ns
    assert files["created_ns"].max() < 60 * NS_PER_S
    assert not (of(minute, "payroll")["created_ns"] < PAYROLL.every_ns).any()


def test_files_are_numbered_through_all_routes(minute):
    kinds = {}
    for row in minute[minute["batch_id"] > 0]:
        kinds.setdefault(int(row["batch_id"]), set()).add(int(row["kind"]))
    assert all(len(of_file) == 1 for of_file in kinds.values())
    assert sorted(kinds) == [1, 2, 3, 4, 6, 8, 10]


def test_what_comes_in_files_comes_in_files_only(minute):
    for name in ("payroll", "pension_abroad"):
        assert (of(minute, name)["batch_id"] > 0).all()
    others = minute[minute["kind"] < len(BATCH_ROUTES) - 2]
    assert not others["batch_id"].any()
    assert not others["business_date"].any()


def test_files_leave_the_honest_traffic_alone(minute):
    usual = city(bank=money_bank(), start=FRIDAY).plan(0, 60 * NS_PER_S).intents
    assert minute[minute["batch_id"] == 0].tobytes() == usual.tobytes()


def test_the_same_people_stand_in_every_file(minute):
    rows = of(minute, "payroll")
    first, second = rows[rows["batch_id"] == 1], rows[rows["batch_id"] == 3]
    count = len(second)
    assert count > 50
    assert np.array_equal(first["creditor_account"][:count], second["creditor_account"])
    assert not np.array_equal(first["amount_minor"][:count], second["amount_minor"])
    assert len(np.unique(rows["draw_key"])) == len(rows)


def test_a_newcomer_takes_few_places_of_a_file_and_moves_nobody_else():
    few, many = (
        of(town(customers=n).plan(0, 60 * NS_PER_S).intents, "payroll") for n in (150, 151)
    )
    moved = few["creditor_account"] != many["creditor_account"]
    assert moved.mean() < 0.05
    assert len(set(many["creditor_account"][moved].tolist())) <= 1
    same = ~moved
    for column in few.dtype.names:
        assert np.array_equal(few[column][same], many[column][same]), column


def test_amounts_of_a_file_follow_the_law_of_the_route():
    routes = (
        Route(
            "payroll",
            0,
            0,
            0,
            Party.EMPLOYER,
            CUSTOMER,
            Spread(150_000, 400_000),
            batch=BatchRun(NS_PER_S, 3000, 1e6),
        ),
    )
    paid = city(customers=5000, bank=bank(routes), lasts_s=2).plan(0, 2 * NS_PER_S).intents
    assert len(paid) == 3000, "and nobody makes anything else of demand"
    fresh = np.unique(paid["customer_id"], return_index=True)[1]
    amounts = paid["amount_minor"][fresh]
    assert stats.kstest(amounts, stats.uniform(150_000, 250_000).cdf).pvalue > 1e-4


def test_items_go_to_the_account_of_the_files_currency(minute):
    rows, people = of(minute, "pension_abroad"), town().population
    assert np.isin(rows["creditor_account"], people.wallets[1].accounts).all()
    assert set(rows["debtor_account"].tolist()) == {world_account(Party.OTHER_BANK, 1)}
    assert not rows["may_retry"].any()
    assert set(rows["second_purpose"].tolist()) == {LegPurpose.FEE}
    assert np.array_equal(rows["second_debtor"], rows["debtor_account"])


def test_a_file_for_holders_is_empty_while_there_are_none():
    day = town(people={"wallets": {}}).plan(0, 60 * NS_PER_S).intents
    assert len(of(day, "pension_abroad")) == 0
    assert len(of(day, "payroll")) > 50


def test_files_that_overlap_are_all_released():
    slow = BatchRun(every_ns=2 * NS_PER_S, size=100, rate_per_s=10.0)
    routes = (*BATCH_ROUTES[:-2], replace(BATCH_ROUTES[-2], batch=slow))
    rows = city(bank=money_bank(routes), lasts_s=30).plan(0, 30 * NS_PER_S).intents
    files = rows[rows["batch_id"] > 0]
    counts = np.bincount(files["batch_id"])[1:]
    assert counts.tolist() == [100] * 10 + [80, 60, 40, 20]


def test_after_the_cut_off_a_file_belongs_to_the_monday(minute):
    rows = minute[minute["batch_id"] > 0]
    friday, monday = (date.fromisoformat(day) for day in ("2026-11-20", "2026-11-23"))
    days = {day: (day - date(1970, 1, 1)).days for day in (friday, monday)}
    dates = {int(row["batch_id"]): int(row["business_date"]) for row in rows}
    assert dates[1] == dates[2] == days[friday], "run at 16:59:55 and 16:59:40, whenever released"
    assert dates[3] == dates[8] == days[monday], "run at 17:00:20 and 17:00:10"


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("2026-11-19T16:00", "2026-11-19"),
        ("2026-11-19T17:00", "2026-11-19"),
        ("2026-11-19T17:00:01", "2026-11-20"),
        ("2026-11-20T23:59", "2026-11-23"),
        ("2026-11-21T09:00", "2026-11-23"),
        ("2026-11-22T18:00", "2026-11-23"),
        ("2026-12-31T18:00", "2027-01-01"),
        ("1965-06-04T18:00", "1965-06-07"),
    ],
)
def test_business_dates(start, expected):
    found = business_date(datetime.fromisoformat(start), 0, 17 * HOUR_NS)
    assert str(np.datetime64(found, "D")) == expected


def test_what_is_handed_in_on_a_holiday_belongs_to_the_next_business_day():
    christmas = BusinessDays({date(2026, 12, 25)})
    eve = datetime.fromisoformat("2026-12-24T18:00")
    found = business_date(eve, 0, 17 * HOUR_NS, christmas)
    assert np.datetime64(found, "D") == np.datetime64("2026-12-28")
    holidays = Plans(holidays=christmas.holidays)
    rows = (
        city(bank=money_bank(BATCH_ROUTES), start=eve, plans=holidays)
        .plan(0, 60 * NS_PER_S)
        .intents
    )
    assert set(rows["business_date"][rows["batch_id"] > 0].tolist()) == {found}
