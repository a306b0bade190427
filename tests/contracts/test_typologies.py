"""What every registered typology promises, whoever wrote it."""

from functools import cache

import numpy as np
import pytest
from small_city import FRAUD_ROUTES, ROUTES, Till, bank, city, in_words

from sanket_sim.actors.typology import typologies
from sanket_sim.analysis.specification import Verdict, check
from sanket_sim.bank.description import Party
from sanket_sim.core.outcomes import Ack, Decline, Outcome
from sanket_sim.core.settings import Settings
from sanket_sim.core.units import NS_PER_S
from sanket_sim.fraud import FraudSettings
from sanket_sim.trace import schema

HOUR_S = 3600
LASTS_S = 24 * HOUR_S
ROOM_NS = 5 * HOUR_S * NS_PER_S
DELAY_NS = NS_PER_S
NAMES = list(typologies)
GRADES = (0.0, 0.5, 1.0)
EVERYTHING = bank(FRAUD_ROUTES)
RICH = 1_000_000
APPLICANTS = {"applicants": 20_000}


def approve(_row, _submission):
    return {"balance_minor": RICH}


def declined(reason):
    return {"outcome": Outcome.APP_ERROR, "ack": Ack.FAILED, "decline_reason": reason}


def refuse(_row, _submission):
    return declined(Decline.SUSPECTED_FRAUD)


def moody(row, _submission):
    """Refuses, times out and approves by the name of the intent."""
    mood = row["draw_key"] % 10
    if mood == 0:
        return declined(Decline.SUSPECTED_FRAUD)
    if mood == 1:
        return declined(Decline.EXCEEDS_CREDITS)
    if mood == 2:
        return {"outcome": Outcome.TIMEOUT, "ack": Ack.UNKNOWN}
    return {"balance_minor": RICH}


@cache
def pace_of(name):
    """A pace at which campaigns of the kind fit into a few hours."""
    return min(typologies[name].small("0s", grade, ROOM_NS).pace for grade in GRADES)


def campaigns(kind, **more):
    entry = {"typology": kind, "name": "it", "at": "10m", "pace": pace_of(kind)} | more
    return FraudSettings.model_validate({"campaign": [entry]}).campaign


def committed(name, rule=approve, tick_s=600, seed=7, **more):
    """Return the till to which a campaign, and what else was asked for, has come for a day."""
    asked = {key: more.pop(key) for key in ("customers", "twins", "with_it") if key in more}
    crew = (*campaigns(name, **more), *asked.get("with_it", ()))
    people, twins = asked.get("customers", 300), asked.get("twins", 0)
    floor = {"minimum": "10m"}
    town = city(
        people, 0.001, LASTS_S, seed, crew, floor, bank=EVERYTHING, twins=twins, people=APPLICANTS
    )
    return Till(town, rule, DELAY_NS).run(LASTS_S * NS_PER_S, tick_s * NS_PER_S)


def fraud_of(till):
    rows = till.intents()
    return rows[rows["campaign_id"] >= 0]


def truth_of(till):
    """The truth with its transactions beside it, in words, by tx_id."""
    batch = till.record()
    truth = in_words(batch.truth, schema.TRUTH, till.city.vocabularies).set_index("tx_id")
    rows = till.intents()
    for column in ("kind", "customer_id", "debtor_account", "creditor_account", "is_fraud"):
        truth[column] = rows[column][truth.index.to_numpy()]
    return truth


@pytest.fixture(scope="module", params=NAMES)
def name(request):
    return request.param


@pytest.fixture(scope="module", params=GRADES)
def done(name, request):
    return committed(name, sophistication=request.param, twins=5)


def test_settings_are_strict_and_read_back_what_they_write(name):
    kind = typologies[name]
    assert issubclass(kind, Settings)
    first = campaigns(name)[0]
    written = first.model_dump(mode="json", by_alias=True, exclude_none=True)
    assert kind.model_validate(written) == first
    with pytest.raises(ValueError, match="no_such_key"):
        kind.model_validate(written | {"no_such_key": 1})


def test_labels_are_complete(name, done):
    rows = fraud_of(done)
    assert len(rows) > 0
    words = done.city.vocabularies["typology"].words
    assert {words[code] for code in rows["typology"].tolist()} == {name}
    assert 0 not in rows["typology"], "code 0 means no typology"
    assert set(rows["campaign_id"].tolist()) == {0}
    assert rows["is_fraud"].any()


def test_the_truth_knows_every_payment_of_fraud_and_of_its_twins(name, done):
    truth = truth_of(done)
    assert truth.index.is_unique
    assert set(truth.typology) == {name}
    assert (truth.stage != "").all()
    assert (truth.role != "").all()
    fraud, twins = truth[truth.twin == ""], truth[truth.twin != ""]
    assert set(fraud.index) == set(fraud_of(done)["tx_id"].tolist())
    assert set(fraud.campaign_id) == {0}
    assert (fraud.is_fraud == (fraud.tainted_share > 0)).all()
    assert (twins.tainted_share == 0).all()
    assert not twins.is_fraud.any()
    assert set(twins.campaign_id) <= set(range(1, 6))
    assert (truth.intended_minor >= 0).all()
    assert truth.tainted_share.between(0, 1).all()
    assert (truth.hop >= 0).all()


def test_twins_are_on_record_beside_their_campaign(name, done):
    batch = done.record()
    table = in_words(batch.campaigns, schema.CAMPAIGNS, done.city.vocabularies)
    assert table.campaign_id.tolist() == list(range(6))
    assert table.twin_of.tolist() == [-1] + [0] * 5
    assert set(table.typology) == {name}
    assert (table.twin == "").tolist() == [True] + [False] * 5
    assert (table.begun_ns >= 0).all()


def test_twins_are_at_least_five_to_one(name):
    fraud = twins = 0
    for seed, grade in enumerate(GRADES):
        truth = truth_of(committed(name, seed=seed, sophistication=grade, twins=5))
        fraud += (truth.twin == "").sum()
        twins += (truth.twin != "").sum()
    assert twins >= 5 * fraud


def test_the_register_names_the_campaign(name, done):
    table = done.city.agents_table()
    words = done.city.vocabularies["typology"].words
    last = {column: values[-1] for column, values in table.items()}
    assert words[last["typology"]] == name
    assert last["campaign_id"] == 0
    assert last["opening_minor"] == 0


def test_amounts_are_positive_where_money_moves(done):
    truth = truth_of(done)
    moves = np.array([route.moves_money for route in FRAUD_ROUTES])[truth.kind]
    assert (truth.intended_minor[moves] > 0).all()
    assert (truth.intended_minor[~moves] == 0).all()


def test_money_goes_from_the_right_party_to_the_right_party_and_never_to_oneself(done):
    truth = truth_of(done)
    party = done.city.accounts.party
    for side in ("debtor", "creditor"):
        asked = np.array([getattr(route, side) for route in FRAUD_ROUTES])[truth.kind]
        account = truth[f"{side}_account"].to_numpy()
        placed = asked != Party.NONE
        assert (party[account[placed]] == asked[placed]).all()
    moves = truth.creditor_account >= 0
    assert (truth.debtor_account[moves] != truth.creditor_account[moves]).all()


def test_everything_happens_inside_the_window(name, done):
    rows = fraud_of(done)
    assert rows["created_ns"].min() >= 600 * NS_PER_S
    assert done.intents()["created_ns"].max() < LASTS_S * NS_PER_S
    brief = fraud_of(committed(name, **{"for": "20m"}, intensity=2.0))
    assert len(brief) > 0
    assert brief["created_ns"].max() < 1800 * NS_PER_S


def test_the_victims_are_honest_customers_of_the_bank(done):
    truth = truth_of(done)
    people = done.city.population
    applicants = range(people.first_applicant, people.first_merchant)
    numbers = people.number(truth.customer_id[~truth.customer_id.isin(applicants)].to_numpy())
    assert (numbers >= 0).all()
    assert (numbers < len(people)).all()
    victims = people.number(truth.customer_id[truth.role == "victim"].to_numpy())
    assert not np.isin(victims, people.mules).any()


def test_what_is_submitted_is_what_is_wanted_and_nothing_is_tried_twice(done):
    rows = fraud_of(done)
    assert np.array_equal(rows["e_minor"], rows["amount_minor"])
    assert np.array_equal(rows["right_creditor"], rows["creditor_account"])
    assert len(np.unique(rows["draw_key"])) == len(rows)
    assert not rows["may_retry"].any()


def test_parents_are_payments_of_the_same_story_answered_before(done):
    truth = truth_of(done)
    for child in truth[truth.parent_tx_ids != ""].itertuples():
        for parent in map(int, child.parent_tx_ids.split(",")):
            assert truth.campaign_id[parent] == child.campaign_id
            assert truth.created_ns[parent] + DELAY_NS <= child.created_ns


def test_the_same_key_makes_the_same_plan(name):
    plan = committed(name, twins=1).intents().tobytes()
    assert committed(name, twins=1).intents().tobytes() == plan
    assert committed(name, twins=1, tick_s=60).intents().tobytes() == plan
    assert committed(name, twins=1, seed=8).intents().tobytes() != plan


def plans(till):
    """Every row of every campaign and of its twins, without what numbers it, by name."""
    batch, rows = till.record(), till.intents()
    numbers = ("tx_id", "typology", "campaign_id")
    kept = [field for field in rows.dtype.names if field not in numbers]
    stories = in_words(batch.campaigns, schema.CAMPAIGNS, till.city.vocabularies)
    found = {}
    for story in stories.to_dict("records"):
        mine = batch.truth["tx_id"][batch.truth["campaign_id"] == story["campaign_id"]]
        told = sorted(rows[mine][kept].tolist())
        found.setdefault((story["name"], story["twin"]), []).append(told)
    return found


def test_one_more_campaign_changes_no_other(name):
    others = [campaigns(other, name=f"another {other}")[0] for other in NAMES]
    alone = plans(committed(name, twins=2))
    among = plans(committed(name, twins=2, with_it=others))
    assert len(among) > len(alone)
    assert {story: among[story] for story in alone} == alone


def test_one_more_customer_changes_only_campaigns_that_he_gets_into(name):
    small = typologies[name].small("10m", 0.5, ROOM_NS)
    crew = [small.model_copy(update={"name": f"number {n}"}) for n in range(30)]
    few, more = (plans(committed(name, customers=people, with_it=crew)) for people in (1500, 1501))
    changed = sum(few[story] != more[story] for story in few)
    assert changed <= 0.2 * len(few)


def test_refusals_make_fraud_give_up_sooner(name):
    crude = {"intensity": 8.0, "sophistication": 0.0}
    calm = fraud_of(committed(name, **crude))
    assert len(fraud_of(committed(name, refuse, **crude))) < len(calm)


@pytest.mark.parametrize(("rule", "seeds"), [(approve, 3), (moody, 2), (refuse, 1)])
@pytest.mark.parametrize("grade", GRADES)
def test_everything_specified_comes_true(name, rule, seeds, grade):
    """Bounds hold whatever the bank answers."""
    for seed in range(seeds):
        till = committed(name, rule, seed=seed, sophistication=grade, twins=1)
        batch = till.record()
        words = till.city.vocabularies
        stated = (batch.campaigns, batch.specifications, words)
        found = check(batch.truth, batch.transactions, *stated)
        assert [str(one) for one in found if one.verdict == Verdict.OUT] == []
        assert any(not one.twin for one in found)
        if rule is approve:
            assert any(one.verdict == Verdict.WITHIN for one in found if not one.twin)


def test_intensity_scales_the_campaign(name):
    few, many = (
        np.mean([len(fraud_of(committed(name, intensity=size, seed=seed))) for seed in range(4)])
        for size in (1.0, 6.0)
    )
    assert many > 2 * few


def test_the_expected_size_is_the_mean_size(name):
    sizes = np.array([len(fraud_of(committed(name, seed=seed))) for seed in range(16)])
    expected = campaigns(name)[0].expected_intents(EVERYTHING)
    error = sizes.std(ddof=1) / np.sqrt(len(sizes))
    assert sizes.mean() == pytest.approx(expected, abs=4.5 * error + 0.1 * expected)


def test_pace_stretches_the_campaign(name):
    def span_ns(pace):
        spans = []
        for seed in range(4):
            rows = fraud_of(committed(name, seed=seed, pace=pace, tick_s=600))
            spans.append(np.ptp(rows["created_ns"]))
        return np.mean(spans)

    slower = min(1.0, 20 * pace_of(name))
    assert span_ns(slower) > 1.3 * span_ns(pace_of(name))


def test_a_bank_without_the_needed_route_is_told_so(name):
    login_only = bank(routes=ROUTES[4:])
    with pytest.raises(ValueError, match=rf"fraud\.campaign\.0: {name} needs a"):
        city(campaigns=campaigns(name), bank=login_only)


def test_a_small_campaign_is_over_in_time(name):
    small = typologies[name].small("10m", 0.3, 10 * 60 * NS_PER_S)
    town = city(300, 0.001, 2 * HOUR_S, 7, [small], bank=EVERYTHING, people=APPLICANTS)
    rows = Till(town, approve).run(2 * HOUR_S * NS_PER_S, 2 * NS_PER_S).intents()
    fraud = rows[rows["is_fraud"]]
    assert 0 < len(fraud) <= 40
    assert fraud["created_ns"].max() < 25 * 60 * NS_PER_S
