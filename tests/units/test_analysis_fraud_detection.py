"""What detection is said to have done, against a trace of which every figure is known."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from fraud_trace import (
    CUSTOMERS,
    MINUTE,
    MULES,
    SHOP,
    Payment,
    S,
    Told,
    card_testing,
    chain,
    scatter_gather,
    takeover,
    write,
)

from sanket_sim.analysis.detection import FraudFinding, measure_fraud
from sanket_sim.core.outcomes import Decline, FraudDecision

PHONE = {"typology": "account_takeover", "twin": "new phone", "campaign": 9}


def found(tmp_path, told: Told) -> FraudFinding:
    return measure_fraud(write(tmp_path, told))


def honest(count: int = 10, at: int = 0, **more) -> list[Payment]:
    return [
        Payment(at + place * S, CUSTOMERS[20 + place], SHOP, 1_000, **more)
        for place in range(count)
    ]


class TestTypology:
    def test_recall_money_and_delay_of_one_campaign(self, tmp_path) -> None:
        told = Told()
        takeover(told, 0, MINUTE)
        one = found(tmp_path, told).by_typology["account_takeover"]
        assert (one.recall.value, one.recall.n) == (pytest.approx(1 / 3), 3)
        assert one.value_minor == {"EUR": 90_000}
        assert one.stopped_minor == one.value_detected_minor == {"EUR": 20_000}
        assert one.executed_minor == one.loss_minor == {"EUR": 70_000}
        assert one.loss_before_block_minor == {"EUR": 70_000}
        assert one.alert_delay_s.value == 12 * 60
        assert (one.campaigns, one.campaigns_blocked) == (1, 1)

    def test_money_that_is_passed_on_is_lost_once(self, tmp_path) -> None:
        told = Told()
        scatter_gather(told, 0, MINUTE)
        one = found(tmp_path, told).by_typology["mule_network"]
        assert one.loss_minor == {"EUR": 600_000}
        assert one.executed_minor["EUR"] > 2 * 600_000

    def test_launderers_lose_nobody_anything(self, tmp_path) -> None:
        told = Told()
        chain(told, 0, MINUTE)
        made = found(tmp_path, told)
        assert made.by_typology["layering"].loss_minor == {"EUR": 0}
        assert made.cost.lost_minor == {"EUR": 0}

    def test_the_bank_loses_what_it_lends_to_somebody_invented(self, tmp_path) -> None:
        common = {"typology": "synthetic_identity", "campaign": 0, "role": "identity"}
        history = Payment(MINUTE, 150, SHOP, 2_000, stage="history", tainted=0.0, **common)
        loan = Payment(2 * MINUTE, 1, 150, 90_000, stage="bust_out", **common)
        spent = Payment(3 * MINUTE, 150, SHOP, 88_000, stage="bust_out", hop=1, **common)
        made = found(tmp_path, Told([history, loan, spent]))
        assert made.by_typology["synthetic_identity"].loss_minor == {"EUR": 90_000}

    def test_stages_come_in_the_order_in_which_they_begin(self, tmp_path) -> None:
        told = Told()
        card_testing(told, 0, MINUTE)
        stages = found(tmp_path, told).by_typology["card_testing"].by_stage
        assert list(stages) == ["test", "cash_out"]
        # Of six purchases one is declined; a sixth meets a blocked account, which nobody judged.
        assert (stages["cash_out"].recall.value, stages["cash_out"].recall.n) == (0.2, 5)

    def test_what_failed_before_anybody_judged_it_is_neither_caught_nor_missed(
        self, tmp_path
    ) -> None:
        told = Told()
        first, second, third = (told.payments[i - 1] for i in takeover(told, 0, MINUTE))
        unjudged = replace(second.short(), decision=FraudDecision.NONE)
        login = replace(first, amount=0, decision=FraudDecision.NONE, stage="login")
        told.payments = [login, first, unjudged, third]
        made = found(tmp_path, told)
        assert (made.true_positives, made.false_negatives) == (1, 1)
        assert made.by_typology["account_takeover"].intents == 4

    def test_fraud_executed_without_a_judgement_is_missed(self, tmp_path) -> None:
        told = Told()
        first, second, third = (told.payments[i - 1] for i in takeover(told, 0, MINUTE))
        told.payments = [first.unchecked(), second, third]
        assert found(tmp_path, told).recall.n == 3

    def test_precision_against_twins_leaves_everybody_else_out(self, tmp_path) -> None:
        told = Told(honest(6))
        takeover(told, 0, MINUTE)
        told.add(*(one.declined() for one in honest(3, MINUTE, **PHONE)))
        told.add(*(one.declined() for one in honest(4, 2 * MINUTE)))
        made = found(tmp_path, told)
        assert made.by_typology["account_takeover"].precision.value == 1 / 4
        assert made.by_typology["account_takeover"].share_of_flags.value == 1 / 8
        assert made.precision.value == 1 / 8

    def test_a_trace_without_truth_is_judged_by_its_labels(self, tmp_path) -> None:
        told = Told(honest(), truth=False)
        takeover(told, 0, MINUTE)
        told.campaigns = {}
        made = found(tmp_path, told)
        one = made.by_typology["account_takeover"]
        assert one.loss_minor == {"EUR": 70_000}
        assert one.by_stage == {}
        (campaign,) = made.campaigns
        assert (campaign.name, campaign.end) == ("account_takeover 0", "")
        assert math.isnan(campaign.sophistication)


class TestCampaigns:
    def test_each_is_told_by_its_name_its_times_and_its_end(self, tmp_path) -> None:
        told = Told()
        takeover(told, 0, 3 * MINUTE)
        chain(told, 1, MINUTE)
        far, near = found(tmp_path, told).campaigns
        assert (far.name, far.sophistication, far.end) == ("long way", 0.8, "complete")
        assert math.isnan(far.first_block_s)
        assert (near.begun_s, near.first_block_s, near.last_s) == (180, 900, 900)
        assert near.loss_before_block_minor == {"EUR": 70_000}

    def test_a_second_factor_that_is_given_flags_but_does_not_block(self, tmp_path) -> None:
        told = Told()
        takeover(told, 0, 0)
        told.payments[0] = told.payments[0].asked(proved=True)
        told.payments[1] = told.payments[1].asked(proved=False)
        made = found(tmp_path, told)
        (one,) = made.campaigns
        assert (one.first_flag_s, one.first_block_s) == (0, 300)
        assert one.loss_before_block_minor == {"EUR": 40_000}
        kind = made.by_typology["account_takeover"]
        assert kind.alert_delay_s.value == 0
        assert kind.stopped_minor["EUR"] == kind.value_detected_minor["EUR"] - 40_000

    def test_a_campaign_met_only_by_a_blocked_account_was_blocked(self, tmp_path) -> None:
        told = Told()
        takeover(told, 0, 0)
        told.payments[2] = replace(told.payments[2], score=0.1).frozen()
        made = found(tmp_path, told)
        assert made.campaigns_blocked.value == 1
        assert made.recall.value == 0

    def test_an_application_that_is_refused_blocks_no_ring_and_troubles_nobody(
        self, tmp_path
    ) -> None:
        refused = Payment(
            MINUTE, 150, SHOP, 0, decision=FraudDecision.NONE, decline=Decline.IDENTITY_NOT_VERIFIED
        )
        ring = {"typology": "synthetic_identity", "campaign": 0, "role": "identity"}
        taken = Payment(3 * MINUTE, 1, 150, 90_000, stage="bust_out", **ring)
        login = replace(refused, decline=Decline.ACCOUNT_FROZEN)
        told = Told([refused, login, replace(refused, stage="application", **ring), taken])
        made = found(tmp_path, told)
        assert math.isnan(made.campaigns[0].first_block_s)
        assert made.campaigns[0].loss_before_block_minor == {"EUR": 90_000}
        assert (made.campaigns_blocked.value, made.alarms.refused) == (0, 0)

    @pytest.mark.parametrize(
        ("by", "blocked"), [(["owner"], 0), (["bank"], 1), (["owner", "bank"], 1)]
    )
    def test_what_its_victim_has_blocked_was_not_blocked_by_the_bank(
        self, tmp_path, by, blocked
    ) -> None:
        told = Told()
        takeover(told, 0, 0)
        told.payments[2] = replace(told.payments[2], score=0.1).frozen()
        told.blocks = [(1, "freeze", told.payments[2].debtor, who) for who in by]
        made = found(tmp_path, told)
        assert made.campaigns_blocked.value == blocked
        assert math.isnan(made.campaigns[0].first_block_s) == (not blocked)


class TestAlarms:
    def test_who_has_blocked_his_own_account_is_no_false_alarm(self, tmp_path) -> None:
        told = Told([one.frozen() for one in honest(6, MINUTE)])
        accounts = [one.debtor for one in told.payments]
        told.blocks = [
            *((S, "freeze", account, "owner") for account in accounts[:3]),
            (2 * S, "freeze", accounts[1], "bank"),
            (2 * S, "freeze", accounts[2], "bank"),
            (3 * S, "thaw", accounts[2], "bank"),
            *((S, "freeze", account, "bank") for account in accounts[3:5]),
        ]
        made = found(tmp_path, told).alarms
        assert made.refused == 4, "all but the first and the third"
        assert made.refused_minor == {"EUR": 4_000}

    def test_twins_stand_under_what_they_look_like(self, tmp_path) -> None:
        told = Told(honest(50))
        takeover(told, 0, MINUTE)
        calm, *troubled = honest(4, MINUTE, **PHONE)
        told.add(calm, troubled[0].declined(), *(one.asked(proved=True) for one in troubled[1:]))
        made = found(tmp_path, told).alarms
        phones = made.by_twin["account_takeover"]
        assert (phones.twin, phones.scored, phones.flagged) == ("new phone", 4, 3)
        assert phones.value_minor == {"EUR": 3_000}
        assert (made.ordinary.value, made.ordinary.n) == (0, 50)
        assert (made.declined.value, made.asked.value) == (1 / 54, 2 / 54)
        assert made.per_true_positive == 3

    def test_false_alarms_are_a_share_of_the_honest_payments(self, tmp_path) -> None:
        first, *rest = honest(8)
        told = Told([first.declined(), *rest])
        takeover(told, 0, MINUTE)
        made = found(tmp_path, told)
        assert (made.false_positive_rate.value, made.false_positive_rate.n) == (1 / 8, 8)

    def test_who_gave_no_second_factor_or_is_blocked_did_not_get_through(self, tmp_path) -> None:
        first, second, third, *rest = honest(8)
        told = Told([first.asked(proved=False), second.frozen(), third.closed(), *rest])
        made = found(tmp_path, told).alarms
        assert made.refused == 3
        assert made.refused_minor == {"EUR": 3_000}
        assert (made.flagged, made.scored) == (1, 6)

    def test_cost_is_what_was_lost_and_the_price_of_each_alarm(self, tmp_path) -> None:
        prices = "[report]\nfalse_positive_cost_minor = 700\nstep_up_cost_minor = 30\n"
        first, second, third, *rest = honest(8)
        told = Told(
            [first.declined(), second.asked(proved=True), third.asked(proved=True), *rest],
            settings=prices,
        )
        takeover(told, 0, MINUTE)
        cost = found(tmp_path, told).cost
        parts = cost.lost_minor, cost.refused_minor, cost.asked_minor, cost.total_minor
        assert [part["EUR"] for part in parts] == [70_000, 700, 60, 70_760]

    def test_who_is_refused_for_want_of_a_check_costs_as_much_as_who_is_declined(
        self, tmp_path
    ) -> None:
        told = Told([one.closed() for one in honest(8)])
        assert found(tmp_path, told).cost.total_minor == {"EUR": 8 * 1_000}

    def test_losses_in_other_currencies_count_at_the_banks_rates(self, tmp_path) -> None:
        told = Told()
        takeover(told, 0, MINUTE)
        told.payments = [replace(one, currency="JPY", amount=16_300) for one in told.payments]
        # 163 yen make a euro, and yen have no minor units: twice 100.00 euro.
        assert found(tmp_path, told).cost.lost_minor == {"EUR": 20_000}


class TestOutage:
    def test_what_passed_unchecked_is_told_by_when_it_was_born(self, tmp_path) -> None:
        told = Told(honest(5), fault=(10 * MINUTE, 20 * MINUTE))
        takeover(told, 0, 11 * MINUTE)
        told.payments[-2] = told.payments[-2].unchecked()
        told.add(*(one.unchecked() for one in honest(3, 12 * MINUTE)))
        made = found(tmp_path, told).outage
        inside = made.in_faults
        assert (inside.payments, inside.fraud, inside.unchecked_count) == (5, 2, 4)
        assert inside.unchecked_loss_minor == {"EUR": 30_000}
        assert inside.recall.value == 0
        assert (made.otherwise.payments, made.otherwise.recall.value) == (6, 1.0)
        assert made.overall.payments == 11

    def test_what_is_born_as_a_fault_ends_is_born_without_it(self, tmp_path) -> None:
        told = Told(fault=(10 * MINUTE, 20 * MINUTE))
        for at in (10 * MINUTE - S, 10 * MINUTE, 20 * MINUTE - S, 20 * MINUTE):
            told.add(*honest(1, at))
        made = found(tmp_path, told).outage
        assert (made.in_faults.payments, made.otherwise.payments) == (2, 2)

    def test_what_was_refused_unchecked_troubles_the_honest(self, tmp_path) -> None:
        told = Told(honest(5), fault=(10 * MINUTE, 20 * MINUTE))
        takeover(told, 0, 11 * MINUTE)
        told.payments[-2] = told.payments[-2].closed()
        told.add(*(one.closed() for one in honest(3, 12 * MINUTE)))
        inside = found(tmp_path, told).outage.in_faults
        assert (inside.fraud, inside.recall.n) == (2, 1)
        assert (inside.closed.value, inside.closed_honest) == (4 / 5, 3)
        assert inside.closed_honest_minor == {"EUR": 3_000}
        assert inside.closed_fraud_minor == {"EUR": 30_000}
        assert inside.loss_minor == {"EUR": 40_000}


def test_nothing_is_found_in_nothing(tmp_path) -> None:
    made = found(tmp_path, Told())
    assert not made.recall.known
    assert made.by_typology == {}
    assert (made.campaigns, made.curve) == ((), ())


def test_mules_that_pay_are_no_twins(tmp_path) -> None:
    told = Told([Payment(S, MULES[0], SHOP, 500).declined()])
    assert found(tmp_path, told).alarms.by_twin == {}


def test_a_trace_whose_fraud_is_all_twins_still_knows_its_twins(tmp_path) -> None:
    twins = [Payment(S * at, 100, SHOP, 500, **PHONE) for at in range(1, 4)]
    truth = write(tmp_path, Told(twins)).trace.columns("truth")
    assert (truth["twin"] > 0).tolist() == [True, True, True]
