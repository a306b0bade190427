"""How the fraud desk judges: scores, decisions, second factors, and what it puts on record."""

from dataclasses import replace

import pytest
from banks import accounts, chain, check, intents

from sanket_sim.bank.description import Effect, Service
from sanket_sim.bank.fraud_features import FEATURES
from sanket_sim.bank.fraud_model import FraudModel, Tree
from sanket_sim.bank.fraud_service import Evidence, FraudRule, FraudService, read_condition
from sanket_sim.core.outcomes import Decline, FraudDecision
from sanket_sim.network.fraud_desk import FraudDesk
from sanket_sim.network.recorder import Recorder
from sanket_sim.network.rows import Intent
from sanket_sim.network.rules import money
from sanket_sim.trace.vocabulary import Vocabularies

NOW_NS = 5
MEDIUM, LARGE = 12_500, 50_000
"""Five and twenty typical payments."""


def rule(name, points, *when):
    return FraudRule(name, tuple(map(read_condition, when)), points)


RULES = (
    rule("medium", 0.3, "amount_to_typical >= 5"),
    rule("large", 0.35, "amount_to_typical >= 20"),
    rule("often", 0.25, "payments_5m > 1", "amount_to_typical >= 20"),
)
SERVICE = FraudService(rules=RULES, review_at=0.25, step_up_at=0.6, decline_at=0.8)


class Case:
    """A desk, and what it put on record."""

    def __init__(self, service=SERVICE):
        bank = chain(Service("desk", 1, 1), steps=[(check(Effect.CHECK_FRAUD),)])
        self.words = Vocabularies()
        self.recorder = Recorder(bank, self.words)
        self.desk = FraudDesk(service, accounts(), self.recorder)

    def check(self, amount_minor, **columns):
        payment = Intent(intents(0, amount_minor=amount_minor, **columns)[0].tolist(), True, 0, 0)
        return payment, self.desk.check(payment, NOW_NS)

    def record(self):
        batch = self.recorder.batch(NOW_NS)
        said = [self.words["decision"].words[code] for code in batch.decisions["decision"]]
        why = [self.words["reasons"].words[code] for code in batch.assessments["reasons"]]
        return said, why, batch.assessments


def test_points_of_the_rules_that_fire_add_up_to_a_decision():
    case = Case()
    found = [case.check(amount)[0] for amount in (2500, MEDIUM, LARGE)]
    assert [payment.fraud_score for payment in found] == pytest.approx([0, 0.3, 0.9])
    assert [payment.fraud_decision for payment in found] == [
        FraudDecision.APPROVE, FraudDecision.APPROVE, FraudDecision.DECLINE,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("proves", "reason"), [(True, Decline.NONE), (False, Decline.NOT_AUTHENTICATED)]
)
def test_whoever_is_asked_for_a_second_factor_goes_on_if_he_has_it(proves, reason):
    payment, found = Case().check(LARGE, proves=proves)
    assert (payment.fraud_decision, found) == (FraudDecision.STEP_UP, reason)


@pytest.mark.parametrize("is_fraud", [False, True])
def test_only_of_what_is_fraud_the_oracle_says_that_nothing_should_move(is_fraud):
    harsh = replace(SERVICE, step_up_at=0.3, decline_at=0.3)
    payment, reason = Case(harsh).check(LARGE, is_fraud=is_fraud)
    assert reason == Decline.SUSPECTED_FRAUD
    assert payment.verdict == (money.REJECT if is_fraud else money.UNDECIDED)
    passed, _ = Case(harsh).check(2500, is_fraud=is_fraud)
    assert passed.verdict == money.UNDECIDED


def test_a_payment_is_judged_once_however_often_it_is_asked_about():
    case = Case()
    payment, reason = case.check(LARGE)
    assert case.desk.check(payment, NOW_NS) == reason
    assert len(case.record()[0]) == 1


def test_what_is_flagged_is_on_record_with_its_reasons_and_all_it_knew():
    case = Case()
    for amount in (2500, MEDIUM, LARGE):
        case.check(amount)
    said, why, table = case.record()
    assert said == ["review", "decline"]
    assert why == ["medium", "medium,large,often"]
    assert table["points"].tolist() == pytest.approx([0.3, 0.9])
    assert table["decision"].tolist() == [FraudDecision.APPROVE, FraudDecision.DECLINE]
    assert table["amount_minor"].tolist() == [MEDIUM, LARGE]
    assert list(table)[-len(FEATURES) :] == list(FEATURES)


@pytest.mark.parametrize(("proves", "typicals"), [(True, 25), (False, 5)])
def test_only_what_may_go_on_counts_as_paid_out(proves, typicals):
    case = Case()
    case.check(LARGE, proves=proves)
    case.check(MEDIUM)
    assert case.record()[2]["amount_24h_to_typical"].tolist()[-1] == pytest.approx(typicals)


@pytest.mark.parametrize(("evidence", "rows"), [("NONE", 0), ("FLAGGED", 1), ("ALL", 2)])
def test_evidence_is_left_of_whom_the_bank_wants(evidence, rows):
    case = Case(replace(SERVICE, evidence=Evidence[evidence]))
    case.check(2500)
    case.check(MEDIUM)
    said, why, _ = case.record()
    assert (len(why), said) == (rows, ["review"])


def test_rules_and_model_are_two_witnesses():
    tree = Tree(feature=(-1,), threshold=(0,), left=(0,), right=(0,), value=(0,))
    model = FraudModel(features=("hour",), trees=(tree,))
    case = Case(replace(SERVICE, model=model))
    even, _ = case.check(2500)
    both, _ = case.check(MEDIUM)
    assert even.fraud_score == pytest.approx(0.5)
    assert both.fraud_score == pytest.approx(1 - 0.5 * 0.7)
    said, why, table = case.record()
    assert (said, why) == (["review", "step_up"], ["", "medium"])
    assert table["likelihood"].tolist() == [0.5, 0.5]
