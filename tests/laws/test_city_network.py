"""The city and the network together: planning a tick ahead is exact, whatever the tick."""

from dataclasses import replace

import numpy as np
import pytest
from banks import MS, Memoryless, S, check, commit, compute
from small_city import ROUTES, flat

from sanket_sim.actors import City, PopulationSettings
from sanket_sim.bank.description import Bank, Edge, Effect, Operation, Service
from sanket_sim.bank.policies import Policy
from sanket_sim.core.outcomes import Outcome
from sanket_sim.fraud import FraudSettings
from sanket_sim.network import SimPyEngine
from sanket_sim.trace.arrivals import Arrivals
from sanket_sim.trace.vocabulary import Vocabularies

ENTRY = {"transfer": 0, "card_payment": 0, "salary": 0, "refund": 0}


def overloaded_bank():
    """Two services, 60 payments/s at most, timing out after half a second."""
    services = (Service("payment", 1, 3, queue_cap=60), Service("channel", 1, 4))
    slow, quick = Memoryless(50 * MS), Memoryless(5 * MS)
    pay = Operation("pay", 0, (compute(slow), check(Effect.CHECK_FRAUD), commit()), MS)
    look = Operation("look", 1, (compute(quick), check(Effect.READ_BALANCE)), MS)
    edges = (
        Edge("client->payment.pay", -1, 0, Policy(timeout_ns=500 * MS)),
        Edge("client->channel.look", -1, 1, Policy(timeout_ns=500 * MS)),
    )
    routes = tuple(replace(route, edge=ENTRY.get(route.name, 1)) for route in ROUTES)
    return Bank("busy", services, (pay, look), edges, routes, channels=("app", "web", "card"))


def lived(tick_ns, until_s=60, seed=5):
    bank, words = overloaded_bank(), Vocabularies()
    settings = PopulationSettings.model_validate(
        {"customers": 400, "patience": {"median": "3s", "retry": 0.9, "leave": 0.02}}
    )
    campaigns = FraudSettings.model_validate(
        {
            "campaign": [
                {"typology": "card_testing", "at": "4s", "cards": 40, "live": 0.8, "pace": 1e-4},
                {"typology": "account_takeover", "at": "2s", "victims": 6, "pace": 2e-3},
            ]
        }
    ).campaign
    city = City(bank, settings, flat(65.0, until_s, 400), seed, campaigns, words)
    engine = SimPyEngine(bank, city.accounts, seed, words)
    batches, now_ns, numbered = [], 0, 0
    while now_ns < until_s * S or not engine.idle:
        arrivals = city.plan(now_ns, now_ns + tick_ns)
        intents = arrivals.intents.copy()
        intents["tx_id"] = numbered + np.arange(len(intents))
        numbered += len(intents)
        now_ns += tick_ns
        carried = Arrivals(intents, arrivals.resubmissions, arrivals.closures)
        batches.append(engine.advance(now_ns, carried))
        city.learn(batches[-1])
    batches.append(engine.close())
    return city, batches


def table(batches, name, key):
    parts = [getattr(batch, name) for batch in batches]
    columns = {column: np.concatenate([part[column] for part in parts]) for column in parts[0]}
    order = np.argsort(columns[key], kind="stable")
    return {column: values[order] for column, values in columns.items()}


@pytest.fixture(scope="module")
def reference():
    return lived(S)


def test_the_scene_has_everything_that_could_depend_on_ticks(reference):
    city, batches = reference
    done = table(batches, "transactions", "tx_id")
    assert (done["outcome"] == Outcome.TIMEOUT).sum() > 50
    assert (done["submissions"] > 1).sum() > 50
    assert done["is_fraud"].sum() > 40
    assert any(customer.left for customer in city.customers.values())


@pytest.mark.parametrize("tick_ns", [100 * MS, 333 * MS, 2 * S])
def test_customers_react_at_the_same_instants_whatever_the_tick(reference, tick_ns):
    _, batches = lived(tick_ns)
    for name, key in (("transactions", "tx_id"), ("hops", "hop_id"), ("postings", "posting_id")):
        expected, found = table(reference[1], name, key), table(batches, name, key)
        for column in expected:
            assert np.array_equal(expected[column], found[column]), f"{name}.{column}"


def test_every_intent_ends_once_and_nothing_stays_open(reference):
    done = table(reference[1], "transactions", "tx_id")
    assert np.array_equal(done["tx_id"], np.arange(len(done["tx_id"])))
    assert not (done["outcome"] == Outcome.IN_FLIGHT).any()


def test_money_is_conserved_in_the_chart_of_the_city(reference):
    postings = table(reference[1], "postings", "posting_id")
    assert len(postings["amount_minor"]) > 1000
    assert postings["amount_minor"].sum() == 0
