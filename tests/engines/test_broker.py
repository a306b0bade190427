"""The broker, exactly: which events are lost, relayed, replayed or late, and which are not."""

from dataclasses import replace

import pytest
from banks import MS, chain, commit, compute, drive, intents, publish

from sanket_sim.bank.description import Bank, Controls, Effect, Service
from sanket_sim.bank.policies import Policy, Retry, RetryKind
from sanket_sim.core.outcomes import Mishap, Outcome
from sanket_sim.network.callers import RELAY_NS

FRONT, NOTIFY, POST, CAPTURE = range(4)
LATE_NS = 500 * MS
AGAIN = Retry(RetryKind.FIXED, 3, 20 * MS, 20 * MS, codes=frozenset({Outcome.TIMEOUT}))


def bank(**off: bool) -> Bank:
    """A front that holds and publishes: a note that moves no money, a posting, or a capture."""
    steps = [
        (commit(Effect.HOLD), publish(NOTIFY), publish(CAPTURE)),
        (compute(MS),),
        (commit(),),
        (commit(Effect.CAPTURE),),
    ]
    if off.pop("posts", False):
        steps[FRONT] = (publish(NOTIFY), publish(POST))
    desks = [Service(name, replicas=1, workers=4) for name in ("front", "notify", "post", "till")]
    return chain(*desks, steps=steps, controls=Controls(**off))


def deliveries(result, service):
    """When a service was asked."""
    return result.hops["sent_ns"][result.hops["service"] == service].tolist()


@pytest.mark.parametrize(("outbox", "sent_ns"), [(True, [RELAY_NS]), (False, [])])
def test_a_dropped_event_is_relayed_from_the_outbox_or_lost(outbox, sent_ns):
    dropped = intents(0, mishap=int(Mishap.DROP_EVENT))
    result = drive(bank(posts=True, outbox=outbox), dropped)
    assert deliveries(result, POST) == sent_ns
    assert deliveries(result, NOTIFY) == [0], "an event that moves no money is none of the trap's"


@pytest.mark.parametrize(
    ("mishap", "sent_ns"),
    [(0, [0]), (Mishap.REPLAY_CAPTURE, [0, LATE_NS]), (Mishap.CAPTURE_LATE, [LATE_NS])],
)
def test_a_capture_is_presented_once_twice_or_late(mishap, sent_ns):
    rows = intents(0, mishap=int(mishap), mishap_value=LATE_NS)
    result = drive(bank(), rows)
    assert deliveries(result, CAPTURE) == sent_ns
    assert deliveries(result, NOTIFY) == [0]


def test_the_acknowledgement_that_is_lost_is_that_of_a_posting():
    rows = intents(0, mishap=int(Mishap.LOSE_MESSAGE_ACK), mishap_value=2)
    policies = [Policy(), *[Policy(timeout_ns=100 * MS, retry=AGAIN)] * 3]
    the_bank = bank(posts=True)
    edges = [replace(edge, policy=policies[i]) for i, edge in enumerate(the_bank.edges)]
    result = drive(replace(the_bank, edges=tuple(edges)), rows)
    assert len(deliveries(result, NOTIFY)) == 1
    assert len(deliveries(result, POST)) == 3
