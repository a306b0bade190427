"""What the fraud service sees of a payment, feature by feature, and what it may not see."""

from dataclasses import replace

import numpy as np
import pytest
from banks import S, accounts, intents

from sanket_sim.bank.description import Party
from sanket_sim.bank.fraud_features import FEATURES
from sanket_sim.core.units import DAY_NS, HOUR_NS, MINUTE_NS
from sanket_sim.network.fraud_memory import ENTRIES_MAX, AccountHistory, AddressBook
from sanket_sim.network.fraud_view import FraudView
from sanket_sim.network.rows import Intent

CASH, ANNE, BOB, CARL, SHOP, OUTSIDE = range(6)
PHONE, STRANGE = 77, 99
HOME, ELSEWHERE = 2, 5
TYPICAL = 2500
THRESHOLD = 1_000_000


def chart():
    party = [Party.CASH, *[Party.CUSTOMER] * 3, Party.MERCHANT, Party.OTHER_BANK]
    payees = np.full((6, 2), -1)
    payees[ANNE, 0] = BOB
    return replace(
        accounts(6),
        party=np.array(party, np.int8),
        device=np.array([0, PHONE, 0, 0, 0, 0]),
        home=np.array([-1, HOME, HOME, HOME, -1, -1], np.int8),
        payees=payees,
    )


class Watch:
    """A view of the chart, and payments that are shown to it."""

    def __init__(self, the_chart=None, midnight_ns=0):
        self.view = FraudView(the_chart or chart(), THRESHOLD, midnight_ns)

    def ask(self, now_ns=0, passes=True, **columns):
        payment = intent(**columns)
        seen = dict(zip(FEATURES, self.view.ask(payment, now_ns), strict=True))
        if passes:
            self.view.approve(payment, now_ns)
        return seen

    def credit(self, account, amount_minor, now_ns=0, payer=OUTSIDE):
        self.view.credit(intent(debtor_account=payer), account, amount_minor, now_ns)


def intent(**columns):
    given = {"device": PHONE, "place": HOME} | columns
    return Intent(intents(0, **given)[0].tolist(), True, 0, 0)


def test_payments_are_counted_with_this_one_and_fade_with_their_window():
    watch = Watch()
    first, second = watch.ask(0), watch.ask(5 * MINUTE_NS)
    assert [first[f"payments_{w}"] for w in ("5m", "1h", "24h")] == [1, 1, 1]
    faded = [np.exp(-1), np.exp(-1 / 12), np.exp(-1 / 288)]
    assert [second[f"payments_{w}"] for w in ("5m", "1h", "24h")] == pytest.approx(
        [1 + part for part in faded]
    )
    assert (first["since_last_s"], second["since_last_s"]) == (7 * 86_400, 300)


def test_a_burst_of_small_payments_does_not_become_what_is_usual_for_a_shop():
    watch = Watch()
    for _ in range(30):
        watch.ask(creditor_account=SHOP, amount_minor=2000)
    last = [watch.ask(creditor_account=SHOP, amount_minor=99) for _ in range(300)][-1]
    assert last["merchant_small_1h"] == 300
    assert last["merchant_small_share_1h"] == pytest.approx(300 / 330)


def test_another_accounts_payments_are_none_of_its_business():
    watch = Watch()
    watch.ask(debtor_account=BOB, creditor_account=CARL)
    assert watch.ask()["payments_1h"] == 1


def test_an_amount_is_measured_by_the_accounts_own():
    watch = Watch()
    usual = watch.ask(amount_minor=TYPICAL)
    large = watch.ask(amount_minor=10 * TYPICAL)
    assert (usual["amount_to_typical"], large["amount_to_typical"]) == (1, 10)
    assert usual["amount_z"] == pytest.approx(0)
    assert large["amount_z"] > 2
    assert large["amount_24h_to_typical"] == 11


def test_who_pays_much_again_and_again_is_not_surprising_any_more():
    watch = Watch()
    scores = [watch.ask(amount_minor=20 * TYPICAL)["amount_z"] for _ in range(30)]
    assert scores[0] > 2.9
    assert abs(scores[-1]) < 0.5


def test_who_pays_now_little_now_much_is_surprised_by_less():
    steady, moody = Watch(), Watch()
    for turn in range(20):
        steady.ask(amount_minor=TYPICAL)
        moody.ask(amount_minor=TYPICAL * (10 if turn % 2 else 1) // (1 if turn % 2 else 10))
    scores = [watch.ask(amount_minor=20 * TYPICAL)["amount_z"] for watch in (moody, steady)]
    assert 2 * scores[0] < scores[1]


def test_habits_of_long_ago_are_forgotten():
    watch = Watch()
    for _ in range(600):
        watch.ask(amount_minor=TYPICAL)
    scores = [watch.ask(amount_minor=20 * TYPICAL)["amount_z"] for _ in range(120)]
    assert scores[-1] < 0.7


def test_what_was_declined_is_no_outgoing_money():
    watch = Watch()
    watch.ask(passes=False, amount_minor=10 * TYPICAL)
    assert watch.ask(amount_minor=TYPICAL)["amount_24h_to_typical"] == 1


def test_what_is_paid_in_does_not_count_as_paid_out():
    watch = Watch()
    watch.ask(debtor_account=CASH, creditor_account=ANNE, amount_minor=10 * TYPICAL, device=0)
    assert watch.ask(amount_minor=TYPICAL)["amount_24h_to_typical"] == 1


def test_nobody_has_been_silent_for_more_than_a_week():
    watch = Watch()
    watch.ask(0)
    assert watch.ask(30 * DAY_NS)["since_last_s"] == 7 * 86_400


def test_payees_are_new_for_a_day_unless_they_were_known_before_the_run():
    watch = Watch()
    assert watch.ask(creditor_account=BOB)["new_payee"] == 0
    hours = [0, 1, 23, 25]
    assert [watch.ask(h * HOUR_NS, creditor_account=CARL)["new_payee"] for h in hours] == [
        1, 1, 1, 0,
    ]  # fmt: skip
    assert watch.ask(25 * HOUR_NS, creditor_account=SHOP)["new_payee"] == 0
    assert watch.ask(25 * HOUR_NS, creditor_account=BOB)["payees_24h"] == 3


def test_a_device_is_new_for_a_day_and_one_that_was_stopped_stays_new():
    watch = Watch()
    assert watch.ask(device=PHONE)["new_device"] == 0
    assert watch.ask(device=0)["new_device"] == 0
    assert watch.ask(0, passes=False, device=STRANGE)["new_device"] == 1
    assert watch.ask(2 * DAY_NS, device=STRANGE)["new_device"] == 1
    assert watch.ask(4 * DAY_NS, device=STRANGE)["new_device"] == 0


def test_a_device_that_many_use_is_seen():
    watch = Watch()
    people = (ANNE, BOB, CARL, ANNE)
    seen = [watch.ask(debtor_account=who, creditor_account=SHOP, device=STRANGE) for who in people]
    assert [one["device_accounts_24h"] for one in seen] == [1, 2, 3, 3]
    assert watch.ask(2 * DAY_NS, device=STRANGE)["device_accounts_24h"] == 1


def test_away_is_another_place_than_home_and_nobody_present_is_nowhere():
    watch = Watch()
    assert [watch.ask(place=p)["away"] for p in (HOME, ELSEWHERE, 0, -1)] == [0, 1, 1, 0]


def test_a_bank_that_knows_nothing_beforehand_finds_nothing_new():
    watch = Watch(accounts(6))
    seen = watch.ask(device=STRANGE, place=ELSEWHERE, creditor_account=CARL)
    assert (seen["new_device"], seen["new_payee"], seen["away"]) == (0, 0, 0)


def test_what_came_in_is_compared_with_what_goes_out():
    watch = Watch()
    assert watch.ask(amount_minor=TYPICAL)["out_to_in_24h"] == 0
    watch.credit(ANNE, 4 * TYPICAL)
    watch.credit(ANNE, TYPICAL, payer=BOB)
    seen = watch.ask(amount_minor=3 * TYPICAL)
    assert (seen["inflow_24h_minor"], seen["payers_24h"]) == (5 * TYPICAL, 2)
    assert seen["out_to_in_24h"] == pytest.approx(4 / 5)
    paid = watch.ask(debtor_account=BOB, creditor_account=ANNE)
    assert (paid["payee_payers_24h"], paid["payee_out_to_in_24h"]) == (2, pytest.approx(4 / 5))


def test_deposits_just_below_the_threshold_add_up_this_one_included():
    watch = Watch()
    for amount in (THRESHOLD, THRESHOLD - 1, 750_000, 749_999):
        watch.credit(ANNE, amount, payer=CASH)
    watch.credit(ANNE, THRESHOLD - 1, payer=BOB)
    assert watch.ask()["deposits_under_threshold_7d"] == 2
    deposit = {"debtor_account": CASH, "creditor_account": ANNE, "device": 0}
    assert watch.ask(amount_minor=900_000, **deposit)["deposits_under_threshold_7d"] == 3
    seen = watch.ask(amount_minor=100, **deposit)
    assert (seen["deposits_under_threshold_7d"], seen["payments_1h"]) == (2, 1)


def test_a_shop_counts_what_is_small_for_it_and_refusals_of_whoever_pays():
    watch = Watch()
    refused = intent(debtor_account=BOB, creditor_account=SHOP)
    watch.view.decline(refused, 0)
    pairs = [(ANNE, 3000), (CARL, 601), (ANNE, 3000), (CARL, 1), (ANNE, 3000)]
    counts = [
        watch.ask(debtor_account=who, creditor_account=SHOP, amount_minor=amount)
        for who, amount in pairs
    ]
    assert [seen["merchant_small_1h"] for seen in counts] == [0, 0, 0, 1, 1]
    seen = counts[-1]
    assert counts[0]["amount_to_merchant"] == pytest.approx(3000 / TYPICAL)
    assert watch.ask(creditor_account=BOB)["amount_to_merchant"] == 0
    assert seen["merchant_small_share_1h"] == pytest.approx(1 / 5)
    assert seen["merchant_declines_1h"] == 1
    assert watch.ask(debtor_account=BOB)["declines_1h"] == 1
    assert watch.ask(creditor_account=BOB)["merchant_small_1h"] == 0


@pytest.mark.parametrize(
    ("payee", "flags"),
    [(BOB, (1, 0, 0)), (SHOP, (0, 1, 0)), (OUTSIDE, (0, 0, 1)), (CASH, (0,) * 3)],
)
def test_who_is_paid_is_seen(payee, flags):
    seen = Watch().ask(creditor_account=payee)
    assert (seen["to_customer"], seen["to_merchant"], seen["to_other_bank"]) == flags


def test_an_account_is_as_old_as_its_opening_and_a_year_if_it_was_there_before():
    watch = Watch()
    watch.view.open(CARL, 2 * DAY_NS)
    seen = watch.ask(5 * DAY_NS, creditor_account=CARL)
    assert (seen["account_age_d"], seen["payee_age_d"]) == (365, 3)


def test_the_hour_is_the_local_one():
    watch = Watch(midnight_ns=8 * HOUR_NS)
    assert watch.ask(90 * MINUTE_NS)["hour"] == pytest.approx(9.5)
    assert watch.ask(17 * HOUR_NS)["hour"] == pytest.approx(1)


def test_nothing_that_only_the_simulation_knows_changes_what_is_seen():
    seen = [
        Watch().ask(is_fraud=guilty, typology=3 * guilty, campaign_id=guilty, proves=not guilty,
                    e_minor=2500 * (not guilty), trap=guilty)
        for guilty in (False, True)
    ]  # fmt: skip
    assert seen[0] == seen[1]


def test_memory_is_bounded_and_forgets_who_was_met_longest_ago():
    book = AddressBook()
    for other in range(3 * ENTRIES_MAX):
        book.meet(other, other * S)
    assert len(book.met) == ENTRIES_MAX
    assert min(book.met) == 2 * ENTRIES_MAX
    book.meet(2 * ENTRIES_MAX, DAY_NS)
    book.meet(0, DAY_NS)
    assert 2 * ENTRIES_MAX in book.met
    assert book.met_since(DAY_NS) == 2


def test_what_fades_does_not_mind_how_often_it_is_looked_at():
    hours = {"payments_5m": 1 / 12, "payments_1h": 1, "declines_1h": 1, "payments_24h": 24,
             "in_24h": 24, "out_24h": 24, "deposits_7d": 168}  # fmt: skip
    often, once = (AccountHistory(0, TYPICAL) for _ in range(2))
    for history in (often, once):
        for name in hours:
            setattr(history, name, 8.0)
    for minute in range(0, 600, 7):
        often.fade(minute * MINUTE_NS)
    for history in (often, once):
        history.fade(600 * MINUTE_NS)
    for name, constant_h in hours.items():
        assert getattr(once, name) == pytest.approx(8.0 * np.exp(-10 / constant_h)), name
        assert getattr(often, name) == pytest.approx(getattr(once, name)), name
