"""What every registered typology promises, whoever wrote it."""

import numpy as np
import pytest
from small_city import ROUTES, Till, bank, city

from sanket_sim.actors.typology import typologies
from sanket_sim.core.outcomes import Ack, Decline, Outcome
from sanket_sim.core.settings import Settings
from sanket_sim.core.units import NS_PER_S
from sanket_sim.fraud import FraudSettings

HOUR_S = 3600
LASTS_S = 12 * HOUR_S
NAMES = list(typologies)


def refuse(_row, _submission):
    return {
        "outcome": Outcome.APP_ERROR,
        "ack": Ack.FAILED,
        "decline_reason": Decline.SUSPECTED_FRAUD,
    }


def campaigns(name, **more):
    entry = {"typology": name, "at": "10m", "pace": 0.05} | more
    return FraudSettings.model_validate({"campaign": [entry]}).campaign


def committed(name, rule=None, tick_s=600, seed=7, **more):
    """Return the campaign's intents of half a day, and the till they came to."""
    town = city(300, 0.001, LASTS_S, seed, campaigns(name, **more), {"minimum": "10m"})
    till = Till(town, rule, delay_ns=NS_PER_S).run(LASTS_S * NS_PER_S, tick_s * NS_PER_S)
    rows = till.intents()
    return rows[rows["campaign_id"] >= 0], till


@pytest.fixture(scope="module", params=NAMES)
def name(request):
    return request.param


@pytest.fixture(scope="module", params=[0.0, 0.5, 1.0])
def done(name, request):
    return committed(name, sophistication=request.param, intensity=2.0)


def test_settings_are_strict_and_read_back_what_they_write(name):
    kind = typologies[name]
    assert issubclass(kind, Settings)
    first = campaigns(name)[0]
    written = first.model_dump(mode="json", by_alias=True, exclude_none=True)
    assert kind.model_validate(written) == first
    with pytest.raises(ValueError, match="no_such_key"):
        kind.model_validate(written | {"no_such_key": 1})


def test_labels_are_complete(name, done):
    rows, till = done
    assert len(rows) > 0
    words = till.city.vocabularies["typology"].words
    assert {words[code] for code in rows["typology"].tolist()} == {name}
    assert 0 not in rows["typology"], "code 0 means no typology"
    assert set(rows["campaign_id"].tolist()) == {0}
    assert rows["is_fraud"].all()


def test_the_register_names_the_campaign(name, done):
    table = done[1].city.agents_table()
    words = done[1].city.vocabularies["typology"].words
    last = {column: values[-1] for column, values in table.items()}
    assert words[last["typology"]] == name
    assert last["campaign_id"] == 0
    assert last["opening_minor"] == 0


def test_amounts_are_positive_where_money_moves(done):
    moves = np.array([route.moves_money for route in ROUTES])[done[0]["kind"]]
    amounts = done[0]["amount_minor"]
    assert (amounts[moves] > 0).all()
    assert (amounts[~moves] == 0).all()


def test_everything_happens_inside_the_window(name, done):
    assert done[0]["created_ns"].min() >= 600 * NS_PER_S
    assert done[0]["created_ns"].max() < LASTS_S * NS_PER_S
    brief, _ = committed(name, **{"for": "20m"}, intensity=2.0)
    assert len(brief) > 0
    assert brief["created_ns"].max() < 1800 * NS_PER_S


def test_the_victims_are_honest_customers_of_the_bank(done):
    rows, till = done
    people = till.city.population
    numbers = rows["customer_id"] - people.first_customer
    assert numbers.min() >= 0
    assert numbers.max() < len(people)
    assert not np.isin(numbers, people.mules).any()
    assert np.array_equal(rows["debtor_account"], rows["customer_id"])


def test_what_is_submitted_is_what_is_wanted_and_nothing_is_tried_twice(done):
    rows, _ = done
    assert np.array_equal(rows["e_minor"], rows["amount_minor"])
    assert np.array_equal(rows["right_creditor"], rows["creditor_account"])
    assert len(np.unique(rows["draw_key"])) == len(rows)
    assert not rows["may_retry"].any()


def test_the_same_key_makes_the_same_plan(name):
    assert committed(name)[0].tobytes() == committed(name)[0].tobytes()
    assert committed(name)[0].tobytes() == committed(name, tick_s=60)[0].tobytes()
    assert committed(name)[0].tobytes() != committed(name, seed=8)[0].tobytes()


def test_refusals_make_fraud_give_up_sooner(name):
    crude = {"intensity": 8.0, "sophistication": 0.0}
    assert len(committed(name, refuse, **crude)[0]) < len(committed(name, **crude)[0])


def test_intensity_scales_the_campaign(name):
    few, many = (len(committed(name, intensity=size)[0]) for size in (1.0, 6.0))
    assert many > 2 * few


def test_the_expected_size_is_the_mean_size(name):
    sizes = np.array([len(committed(name, seed=seed)[0]) for seed in range(24)])
    expected = campaigns(name)[0].expected_intents(bank())
    error = sizes.std(ddof=1) / np.sqrt(len(sizes))
    assert sizes.mean() == pytest.approx(expected, abs=4.5 * error + 0.1 * expected)


def test_a_bank_without_the_needed_route_is_told_so(name):
    login_only = bank(routes=ROUTES[4:])
    with pytest.raises(ValueError, match=rf"fraud\.campaign\.0: {name} needs a route"):
        city(campaigns=campaigns(name), bank=login_only)


def test_a_small_campaign_is_over_in_time(name):
    small = typologies[name].small("10m", 0.3, 10 * 60 * NS_PER_S)
    town = city(300, 0.001, LASTS_S, 7, [small])
    rows = Till(town).run(2 * HOUR_S * NS_PER_S, 2 * NS_PER_S).intents()
    fraud = rows[rows["is_fraud"]]
    assert 0 < len(fraud) <= 20
    assert fraud["created_ns"].max() < 25 * 60 * NS_PER_S
