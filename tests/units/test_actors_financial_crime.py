"""The financial crime unit: who looks into alerts, when, and what monitoring sees."""

from datetime import datetime

import numpy as np
import pytest

from sanket_sim.actors.financial_crime import FinancialCrimeSettings
from sanket_sim.actors.financial_crime.monitoring import Monitor
from sanket_sim.actors.financial_crime.posted import PostedPayments
from sanket_sim.actors.financial_crime.queue import Alert, ReviewQueue
from sanket_sim.actors.financial_crime.settings import MonitoringSettings
from sanket_sim.actors.financial_crime.unit import CrimeUnit
from sanket_sim.actors.intents import Wish, table_of
from sanket_sim.bank.description import Accounts, Party
from sanket_sim.core.draws import Draws
from sanket_sim.core.units import NS_PER_S
from sanket_sim.trace.arrivals import Arrivals
from sanket_sim.trace.batch import TraceBatch, columns_of
from sanket_sim.trace.schema import DECISIONS, TRANSACTIONS, empty
from sanket_sim.trace.vocabulary import Vocabularies

MINUTE = 60 * NS_PER_S
HOUR = 60 * MINUTE
EIGHT = datetime.fromisoformat("2026-11-27T08:00")
CASH, BANK, FIRST = 0, 1, 2
PEOPLE = 40
TEN_MINUTES = {"law": "constant", "value": "10m"}


def settings(**more):
    return FinancialCrimeSettings.model_validate({"handling": TEN_MINUTES} | more)


def chart():
    count = FIRST + PEOPLE
    party = np.full(count, Party.CUSTOMER, np.int8)
    party[CASH], party[BANK] = Party.CASH, Party.OTHER_BANK
    none = np.zeros(count, np.int64)
    return Accounts(none, none.astype(np.int16), party == Party.CUSTOMER, none, party, none)


def reviews(queue, *raised):
    return [queue.take(Alert(at, FIRST + who, 0, "score", 0.9)) for at, who in raised]


class TestQueue:
    def test_alerts_are_taken_up_in_turn_by_so_many_analysts(self):
        queue = ReviewQueue(settings(analysts=2), EIGHT, Draws(1))
        taken = reviews(queue, (0, 1), (0, 2), (MINUTE, 3), (30 * MINUTE, 4))
        assert [one.begun_ns for one in taken] == [0, 0, 10 * MINUTE, 30 * MINUTE]
        assert [one.ended_ns - one.begun_ns for one in taken] == [10 * MINUTE] * 4

    def test_an_account_that_waits_is_not_queued_again(self):
        queue = ReviewQueue(settings(analysts=1), EIGHT, Draws(1))
        first, joined, later = reviews(queue, (0, 1), (MINUTE, 1), (10 * MINUTE, 1))
        assert joined is None
        assert (first.ordinal, later.ordinal) == (0, 1)

    def test_nobody_reviews_where_nobody_works(self):
        assert reviews(ReviewQueue(settings(analysts=0), EIGHT, Draws(1)), (0, 1)) == [None]

    def test_the_office_has_hours(self):
        asked = settings(analysts=1, opens="09:00", closes="17:00")
        queue = ReviewQueue(asked, EIGHT, Draws(1))
        early, late = reviews(queue, (0, 1), (9 * HOUR, 2))
        assert early.begun_ns == HOUR
        assert late.begun_ns == 25 * HOUR

    def test_no_review_is_shorter_than_the_minimum(self):
        asked = settings(handling={"law": "constant", "value": "1s"}, minimum="2m")
        (one,) = reviews(ReviewQueue(asked, EIGHT, Draws(1)), (5, 1))
        assert one.ended_ns - one.begun_ns == 2 * MINUTE

    def test_half_an_opening_time_is_refused(self):
        with pytest.raises(ValueError, match="opens and closes belong together"):
            settings(opens="08:00")
        with pytest.raises(ValueError, match="opens must be before closes"):
            settings(opens="18:00", closes="08:00")


def payments(*rows):
    """(debtor, creditor, amount in units) -> columns as monitoring sees them."""
    columns = ("tx_id", "debtor_account", "creditor_account", "amount_minor", "posted_ns")
    cells = [(n, d, c, round(100 * a), n) for n, (d, c, a) in enumerate(rows)]
    return {
        name: np.array(side) for name, side in zip(columns, zip(*cells, strict=True), strict=True)
    }


A, B, C, D = range(FIRST, FIRST + 4)
HELPERS = range(FIRST + 10, FIRST + 16)
PATTERNS = {
    "structuring": [(CASH, A, 9_500), (CASH, A, 9_000), (CASH, A, 7_500)],
    "collector": [*((h, A, 900) for h in HELPERS), (A, BANK, 5_000)],
    "distributor": [(BANK, A, 9_000), *((A, h, 1_450) for h in HELPERS)],
    "pass_through": [(B, A, 4_000), (A, BANK, 3_800)],
    "cycle": [(A, B, 4_000), (B, C, 3_900), (C, A, 3_800)],
}
QUIET = {
    "large deposits are reported anyway": [(CASH, A, 10_000)] * 3,
    "small deposits": [(CASH, A, 3_000)] * 5,
    "two deposits": [(CASH, A, 9_500)] * 2,
    "a collection that is kept": [(h, A, 900) for h in HELPERS],
    "a salary that is spent": [(BANK, A, 3_000), (A, BANK, 2_900)],
    "a debt that is paid": [(B, A, 4_000)],
    "small change passes on": [(B, A, 400), (A, BANK, 390)],
    "a collection of small change": [*((h, A, 100) for h in HELPERS), (A, BANK, 590)],
    "more goes out than came in": [(B, A, 4_000), (A, BANK, 9_000)],
    "two who pay each other": [(A, B, 4_000), (B, A, 4_000), (B, BANK, 9_000), (A, C, 9_000)],
    "a chain": [(BANK, A, 4_000), (A, B, 3_900), (B, C, 3_800), (C, BANK, 3_700)],
}


def reasons(rows, account=A, **more):
    monitor = Monitor(MonitoringSettings(**more), chart())
    return {s.reason for s in monitor.suspicions(payments(*rows)) if s.account == account}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_monitoring_sees(pattern):
    assert pattern in reasons(PATTERNS[pattern])


@pytest.mark.parametrize("pattern", QUIET)
def test_monitoring_lets_pass(pattern):
    assert not reasons(QUIET[pattern])


def test_one_friend_who_pays_again_and_again_is_no_crowd():
    assert reasons([*[(B, A, 900)] * 6, (A, BANK, 5_400)]) == {"pass_through"}


def test_a_suspicion_names_the_last_payment_of_the_account():
    rows = payments(*PATTERNS["structuring"], (BANK, B, 10))
    (found,) = Monitor(MonitoringSettings(), chart()).suspicions(rows)
    assert (found.account, found.tx_id) == (A, 2)


def test_monitoring_counts_money_that_moved_and_in_one_currency():
    table = {name: np.zeros(4, column.dtype) for name, column in empty(TRANSACTIONS).items()}
    table["tx_id"], table["posted_ns"] = np.arange(4), np.arange(4) * MINUTE
    table["amount_minor"][:], table["n_posted"][:] = 500, [2, 2, 0, 2]
    table["currency"][1] = 3
    heard = PostedPayments()
    heard.hear(table)
    assert heard.between(0, HOUR)["tx_id"].tolist() == [0, 3]
    assert heard.between(0, 3 * MINUTE)["tx_id"].tolist() == [0], "the end is left out"
    assert heard.between(MINUTE, HOUR)["tx_id"].tolist() == [3]


def test_monitoring_never_suspects_the_world():
    assert not reasons(PATTERNS["distributor"], account=BANK)


class Office:
    """A unit that is told tick by tick what the fraud service flagged and what was posted."""

    def __init__(self, **more):
        self.words = Vocabularies()
        self.unit = CrimeUnit(settings(**more), chart(), EIGHT, 7, self.words)
        self.blocks, self.decisions = [], []

    def run(self, until_ns, tick_ns, flagged=(), posted=(), payee=BANK, late_ns=0):
        for begin_ns in range(0, until_ns, tick_ns):
            end_ns = begin_ns + tick_ns
            self.blocks += self.unit.blocks(begin_ns, end_ns).tolist()
            here = [f for f in flagged if begin_ns <= f[1] < end_ns]
            wishes = [
                Wish(tx, tx, at, debtor_account=who, creditor_account=payee, is_fraud=bad)
                for tx, at, who, bad in here
            ]
            self.unit.admit(Arrivals(table_of(wishes)))
            batch = TraceBatch(end_ns)
            late = [f for f in flagged if begin_ns <= f[1] + late_ns < end_ns]
            batch.decisions = columns_of([self._flag(*f, late_ns) for f in late], DECISIONS)
            batch.transactions = self._posted(posted, begin_ns, end_ns)
            self.unit.review(batch)
            self.decisions += zip(
                *(batch.decisions[c.name].tolist() for c in DECISIONS), strict=True
            )
        return self

    def told(self):
        words = self.words
        return [
            (at // MINUTE, words["actor"].words[a], words["decision"].words[d], tx)
            for at, a, d, _, tx, _, _ in self.decisions
        ]

    def recorded(self):
        names = [column.name for column in DECISIONS]
        texts = [column.name for column in DECISIONS if column.vocabulary]
        rows = [dict(zip(names, row, strict=True)) for row in self.decisions]
        return [row | {name: self.words[name].words[row[name]] for name in texts} for row in rows]

    def _flag(self, tx_id, at_ns, _who, _bad, late_ns):
        words = self.words
        codes = words["actor"].code("fraud"), words["decision"].code("decline")
        return (at_ns + late_ns, *codes, words["subject"].code("payment"), tx_id, 0.9, 0)

    def _posted(self, posted, begin_ns, end_ns):
        table = empty(TRANSACTIONS)
        rows = [p for p in posted if begin_ns <= p[0] < end_ns]
        table = {name: np.zeros(len(rows), column.dtype) for name, column in table.items()}
        for n, (at, debtor, creditor, amount, *bad) in enumerate(rows):
            table["is_fraud"][n] = any(bad)
            table["posted_ns"][n], table["n_posted"][n] = at, 2
            table["debtor_account"][n], table["creditor_account"][n] = debtor, creditor
            table["amount_minor"][n], table["tx_id"][n] = amount * 100, 1000 + at
        return table


THEFT = [(5, 2 * MINUTE, A, True)]
ALWAYS = {"finds": 1.0, "mistakes": 0.0}


def test_a_confirmed_alert_blocks_the_account_and_redress_opens_it():
    office = Office(**ALWAYS, redress="1h").run(2 * HOUR, MINUTE, THEFT)
    assert office.blocks == [(A, 12 * MINUTE, True, True), (A, 72 * MINUTE, False, True)]
    assert office.told() == [
        (2, "fraud", "decline", 5),
        (2, "analyst", "take_up", 5),
        (12, "analyst", "confirm", 5),
    ]


def test_an_honest_customer_is_cleared():
    office = Office(**ALWAYS).run(HOUR, MINUTE, [(5, 2 * MINUTE, A, False)])
    assert office.blocks == []
    assert office.told()[-1] == (12, "analyst", "clear", 5)


def test_mistakes_block_honest_customers():
    office = Office(finds=1.0, mistakes=1.0).run(HOUR, MINUTE, [(5, 2 * MINUTE, A, False)])
    assert [block[0] for block in office.blocks] == [A]


@pytest.mark.parametrize(("debtor", "creditor"), [(A, B), (CASH, A)])
def test_an_alert_is_about_the_customer_who_pays_or_else_who_is_paid(debtor, creditor):
    flagged = [(5, 2 * MINUTE, debtor, True)]
    office = Office(**ALWAYS).run(HOUR, MINUTE, flagged, payee=creditor)
    assert [block[0] for block in office.blocks] == [A]


def test_nobody_looks_into_the_accounts_of_the_world():
    office = Office(**ALWAYS).run(HOUR, MINUTE, [(5, 2 * MINUTE, CASH, True)])
    assert [who for _, who, _, _ in office.told()] == ["fraud"]


def test_the_first_crime_makes_an_account_guilty_not_the_last():
    later = (6, 2 * MINUTE + NS_PER_S, A, True)
    assert Office(**ALWAYS).run(HOUR, MINUTE, [*THEFT, later]).told()[-1][2] == "confirm"


def test_a_victim_is_no_criminal_when_he_pays_for_himself_the_next_day():
    flagged = [*THEFT, (6, 25 * HOUR, A, False)]
    told = Office(**ALWAYS).run(26 * HOUR, MINUTE, flagged).told()
    assert [(what, tx) for _, who, what, tx in told if who == "analyst" and what != "take_up"] == [
        ("confirm", 5),
        ("clear", 6),
    ]


def verdicts(*posted, **more):
    asked = {"monitoring": {"at": "12:00", "window": "1h", "lag": "1m"}} | ALWAYS | more
    told = Office(**asked).run(6 * HOUR, MINUTE, posted=posted).told()
    return [what for _, who, what, _ in told if who == "analyst" and what != "take_up"]


DEPOSITS = [(200 * MINUTE + n * MINUTE, CASH, A, 9_500) for n in range(3)]


@pytest.mark.parametrize(
    ("crimes", "verdict"),
    [
        ([], "clear"),
        ([(210 * MINUTE, B, A, 10, True)], "confirm"),
        ([(210 * MINUTE, A, B, 10, True)], "confirm"),
        ([(210 * MINUTE, B, C, 10, True)], "clear"),
        ([(100 * MINUTE, B, A, 10, True)], "clear"),
    ],
    ids=["none", "received", "paid", "of others", "before the window"],
)
def test_what_monitoring_sees_is_judged_by_the_crimes_in_its_window(crimes, verdict):
    assert verdicts(*crimes, *DEPOSITS) == [verdict]


def test_a_slow_check_still_finds_whom_it_is_about():
    office = Office(**ALWAYS).run(HOUR, MINUTE, THEFT, late_ns=20 * MINUTE)
    assert [block[0] for block in office.blocks] == [A]


def test_an_analyst_judges_anew_every_time():
    flagged = [(n, n * 11 * MINUTE, A, True) for n in range(30)]
    told = Office(finds=0.5, freeze=False).run(6 * HOUR, MINUTE, flagged).told()
    assert {what for _, who, what, _ in told if who == "analyst"} == {"take_up", "confirm", "clear"}


def test_a_bank_may_confirm_without_blocking():
    assert Office(**ALWAYS, freeze=False).run(HOUR, MINUTE, THEFT).blocks == []


def test_nothing_depends_on_the_length_of_a_tick():
    flagged = [(n, n * 17 * NS_PER_S, FIRST + n % 7, n % 2 == 0) for n in range(40)]
    posted = [(n * 31 * NS_PER_S, CASH, FIRST + n % 3, 9_500, n % 4 == 0) for n in range(60)]
    asked = {"analysts": 2, "monitoring": {"every": "7m", "window": "9m", "lag": "1m"}}
    short = Office(**asked).run(HOUR, 10 * NS_PER_S, flagged, posted)
    long = Office(**asked).run(HOUR, MINUTE, flagged, posted)
    assert sorted(short.blocks) == sorted(long.blocks)
    assert sorted(short.told()) == sorted(long.told())
    assert len(short.blocks) > 3


def test_what_is_on_record_names_the_account_and_stands_in_one_order_however_time_is_cut():
    posted = [(n * 31 * NS_PER_S, CASH, FIRST + (n * 5) % 7, 9_500, n % 4 == 0) for n in range(60)]
    asked = {"analysts": 9, "monitoring": {"every": "7m", "window": "20m", "lag": "1m"}}
    one, other = (
        Office(**asked).run(HOUR, tick_ns, posted=posted).recorded()
        for tick_ns in (10 * NS_PER_S, 7 * MINUTE)
    )
    assert one == other
    about = {row["subject"] for row in one}
    assert about == {f"account {FIRST + who}" for who in range(7)}
    ties = [row["time_ns"] for row in one if row["decision"] == "alert"]
    assert len(ties) > len(set(ties)), "several alerts at one instant"


def test_monitoring_looks_when_it_should_at_what_is_old_enough():
    posted = [(n * MINUTE, CASH, A, 9_500) for n in range(4)]
    asked = {"monitoring": {"every": "5m", "lag": "1m"}} | ALWAYS
    told = Office(**asked).run(12 * MINUTE, MINUTE, posted=posted).told()
    assert [(at, who) for at, who, what, _ in told if what == "alert"] == [(5, "aml"), (10, "aml")]
    lagging = asked | {"monitoring": {"every": "3m", "lag": "2m"}}
    told = Office(**lagging).run(4 * MINUTE, MINUTE, posted=posted).told()
    assert not told, "two deposits are old enough, three would be needed"


def test_monitoring_once_a_day_looks_at_its_hour():
    posted = [(n * MINUTE, CASH, A, 9_500) for n in range(4)]
    told = Office(**ALWAYS).run(16 * HOUR, MINUTE, posted=posted).told()
    assert [at for at, who, _, _ in told if who == "aml"] == [15 * 60]
