"""Synthetic identities: one phone, a good history, and then all at once."""

import numpy as np
import pytest
from small_city import FRAUD_ROUTES, Till, approve, bank, city, in_words

from sanket_sim.actors.truth import COMPLETE, STOPPED
from sanket_sim.core.outcomes import Ack, Decline, Outcome
from sanket_sim.core.units import NS_PER_S
from sanket_sim.fraud import FraudSettings
from sanket_sim.trace import schema

HOUR_S = 3600
FLOOR = {"minimum": "1m"}
NAMES = [route.name for route in FRAUD_ROUTES]


def declined(reason):
    return {"outcome": Outcome.APP_ERROR, "ack": Ack.FAILED, "decline_reason": reason}


def strict(row, _submission):
    asked = NAMES[row["kind"]] == "application" and not row["proves"]
    return declined(Decline.IDENTITY_NOT_VERIFIED) if asked else {}


def story(rule=approve, twins=0, applicants=80, **more):
    entry = {"typology": "synthetic_identity", "name": "it", "at": "1m", "pace": 0.002} | more
    crew = FraudSettings.model_validate({"campaign": [entry]}).campaign
    people = {"applicants": applicants}
    town = city(
        300, 0.001, 12 * HOUR_S, 5, crew, FLOOR, bank=bank(FRAUD_ROUTES), twins=twins, people=people
    )
    till = Till(town, rule, NS_PER_S).run(12 * HOUR_S * NS_PER_S, 60 * NS_PER_S)
    truth = in_words(till.record().truth, schema.TRUTH, town.vocabularies).set_index("tx_id")
    rows = till.intents()
    for column in ("kind", "customer_id", "device", "created_ns"):
        truth[column] = rows[column][truth.index.to_numpy()]
    return town, truth


def test_they_apply_on_one_phone_for_accounts_that_are_not_open():
    town, truth = story(identities=6)
    applied = truth[truth.stage == "application"]
    assert len(set(applied.customer_id)) == 6
    assert len(set(applied.device)) == 1
    first = town.population.first_applicant
    assert applied.customer_id.between(first, first + 79).all()


def test_without_applicants_there_is_nobody_to_invent():
    with pytest.raises(ValueError, match="synthetic_identity needs applicants"):
        story(applicants=0, identities=4)


def test_a_ring_is_no_larger_than_the_accounts_that_are_left():
    town, truth = story(applicants=5, identities=8, twins=1)
    first = town.population.first_applicant
    assert set(truth.customer_id) == set(range(first, first + 5))
    assert town.fraudsters[0].ending == COMPLETE
    assert (town.twins[0].members, town.twins[0].ending) == ([], STOPPED)


def test_they_bust_out_beyond_the_limit_after_a_good_history():
    town, truth = story(history_days=90, identities=5)
    ring = town.fraudsters[0]
    assert ring.ending == COMPLETE
    taken = truth[truth.stage == "bust_out"]
    shares = taken.groupby("customer_id").intended_minor.sum() / ring.last_limit_minor
    assert shares.between(0.9, 1.6).all()
    assert len(shares) == 5
    assert (taken.tainted_share == 1).all()
    asked = truth[truth.stage.str.startswith("application")]
    assert (asked.tainted_share == 1).all(), "in an invented name it is a step of the crime"
    assert (truth[truth.stage == "history"].tainted_share == 0).all()
    for who, rows in truth.groupby("customer_id"):
        good = rows[rows.stage == "history"].created_ns
        assert good.max() - good.min() >= 60 * 86_400 * NS_PER_S * 0.002
        last = taken[taken.customer_id == who].created_ns
        assert last.min() > good.min()
        assert np.ptp(last) <= 5 * 86_400 * NS_PER_S * 0.002


def test_what_is_drawn_is_spent_only_once_it_has_come():
    _, truth = story(identities=4)
    spent = truth[truth.parent_tx_ids != ""]
    assert set(spent.stage) == {"history credit spent", "bust_out spent"}
    parents = truth.loc[spent.parent_tx_ids.astype(int)]
    assert (spent.created_ns.to_numpy() > parents.created_ns.to_numpy() + NS_PER_S).all()
    assert (spent.intended_minor.to_numpy() <= parents.intended_minor.to_numpy()).all()


def test_the_sophisticated_pass_more_often():
    passed = []
    for grade in (0.0, 1.0):
        _, truth = story(strict, identities=60, sophistication=grade)
        alive = truth[truth.stage == "history"].customer_id.nunique()
        passed.append(alive)
    assert passed[0] < passed[1]
    assert passed[1] > 50


def test_a_ring_of_which_too_many_are_found_stops():
    def rule(row, _submission):
        busts = row["is_fraud"] and NAMES[row["kind"]] == "credit_line"
        return declined(Decline.SUSPECTED_FRAUD) if busts else {}

    town, truth = story(rule, identities=6)
    assert town.fraudsters[0].ending == STOPPED
    calm = story(identities=6)[1]
    assert (truth.stage == "bust_out").sum() < (calm.stage == "bust_out").sum()


def test_homes_share_a_tablet_and_do_not_disappear():
    town, truth = story(twins=3, identities=5)
    homes = truth[truth.twin != ""]
    assert {twin.TWIN for twin in town.twins} == {"family or students' home"}
    per_home = homes[homes.stage == "application"].groupby("campaign_id").device.nunique()
    assert (per_home == 1).all()
    assert "bust_out" not in set(homes.stage)
    assert (homes.tainted_share == 0).all()
    assert len(homes[homes.stage == "repayment"]) > 0


def test_everybody_earns_what_he_spends_and_gives_back_what_he_borrowed():
    _, truth = story(twins=5, identities=8, history_days=90, sophistication=0.7)
    clean = truth[(truth.tainted_share == 0) & (truth.intended_minor > 0)]
    for _, rows in clean[~clean.stage.str.endswith("credit spent")].groupby("customer_id"):
        earned = rows.kind.isin([NAMES.index("salary"), NAMES.index("inbound")])
        signs = np.where(earned, 1, np.where(rows.stage.str.endswith("credit"), 0, -1))
        in_order = np.argsort(rows.created_ns.to_numpy(), kind="stable")
        at_hand = np.cumsum((signs * rows.intended_minor.to_numpy())[in_order])
        assert (at_hand >= 0).all()
    lent, repaid = (clean[clean.stage.str.endswith(stage)] for stage in ("credit", "repayment"))
    assert 0.9 * len(lent) < len(repaid) <= len(lent)
