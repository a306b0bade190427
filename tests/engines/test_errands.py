"""What a customer's device asks beside the payment itself: reversals, enquiries, new tries."""

from dataclasses import replace

import numpy as np
import pytest
from banks import MS, S, accounts, chain, check, commit, compute, drive, intents

from sanket_sim.bank.description import Bank, Controls, Dedup, DedupScope, Effect, Service
from sanket_sim.bank.policies import Policy
from sanket_sim.core.outcomes import Ack, Decline, Mishap
from sanket_sim.network import SimPyEngine
from sanket_sim.network.engine import REPEAT_NS
from sanket_sim.trace.arrivals import RESUBMISSION_DTYPE, Arrivals
from sanket_sim.trace.vocabulary import Vocabularies

PAY, REVERSE, STATUS = range(3)
SLOWED_NS = 2 * S


def bank(policy: Policy = Policy(), **controls: bool) -> Bank:  # noqa: B008  frozen
    """One desk each to pay, to reverse and to ask; all are asked by the customer's device."""
    steps = [
        (compute(20 * MS), commit()),
        (commit(Effect.REVERSE),),
        (check(Effect.CHECK_STATUS),),
    ]
    desks = [Service(name, replicas=1, workers=4) for name in ("pay", "reverse", "status")]
    patient = Policy(timeout_ns=10 * S)
    found = chain(*desks, steps=steps, policies=[policy, patient, patient],
                  controls=Controls(**controls))  # fmt: skip
    edges = tuple(replace(edge, caller=-1) for edge in found.edges)
    route = replace(found.routes[0], reversal_edge=REVERSE, status_edge=STATUS)
    return replace(found, edges=edges, routes=(route,))


@pytest.mark.parametrize(
    ("tombstone", "told", "reason", "moved"),
    [
        (True, Ack.FAILED, Decline.ALREADY_REVERSED, 0),
        (False, Ack.OK, Decline.NONE, 2500),
    ],
)
def test_a_reversal_that_met_nothing_is_told_of_only_where_it_left_its_mark(
    tombstone, told, reason, moved
):
    rows = intents(0, mishap=int(Mishap.REVERSED), mishap_value=SLOWED_NS, e_minor=0)
    the_bank = bank(Policy(timeout_ns=10 * S), reversal_tombstone=tombstone)
    transactions = drive(the_bank, rows).transactions
    assert transactions["ack"].tolist() == [told]
    assert transactions["decline_reason"].tolist() == [reason]
    assert transactions["d_minor"].tolist() == [moved]


def test_a_reversal_that_nobody_answers_is_repeated():
    the_bank = bank()
    steps = (compute(20 * MS), commit(Effect.REVERSE))
    operations = [replace(operation) for operation in the_bank.operations]
    operations[REVERSE] = replace(operations[REVERSE], steps=steps)
    edges = list(the_bank.edges)
    edges[REVERSE] = replace(edges[REVERSE], policy=Policy(timeout_ns=5 * MS))
    the_bank = replace(the_bank, operations=tuple(operations), edges=tuple(edges))
    rows = intents(0, mishap=int(Mishap.REVERSED), mishap_value=S)
    hops = drive(the_bank, rows, until_ns=4 * S).hops
    sent_ns = hops["sent_ns"][hops["service"] == REVERSE]
    assert sent_ns.tolist() == [S // 2 + tried * (REPEAT_NS + 5 * MS) for tried in range(4)]


def test_whether_to_try_again_is_asked_once_the_last_copy_is_answered():
    unheard = Policy(timeout_ns=5 * MS, cancel_on_timeout=True)
    rows = intents(0, copies=2, copy_gap_ns=MS, may_retry=True)
    assert drive(bank(unheard), rows).table("answers")["may_retry"].tolist() == [False, True]


def tried_again(policy: Policy) -> tuple[list[int], list[int], list[int]]:
    """Pay once and try again two seconds later.

    Returns whom the second try asked, its wish, and how often the wish was submitted in all.
    """
    engine = SimPyEngine(bank(policy), accounts(), 1, Vocabularies())
    engine.advance(S, Arrivals(intents=intents(0, may_retry=True)))
    engine.intents[0].e_minor = 0
    again = np.zeros(1, RESUBMISSION_DTYPE)
    again["at_ns"] = 2 * S
    batch = engine.advance(4 * S, Arrivals(resubmissions=again))
    asked = batch.hops["service"][np.argsort(batch.hops["sent_ns"], kind="stable")]
    rows = batch.transactions
    return asked.tolist(), rows["e_minor"].tolist(), rows["submissions"].tolist()


def test_a_new_try_asks_first_and_is_content_with_a_payment_that_was_made():
    assert tried_again(Policy(timeout_ns=5 * MS)) == ([STATUS], [0], [1])


def test_a_new_try_that_finds_nothing_pays_and_renews_a_wish_that_had_lapsed():
    unheard = Policy(timeout_ns=5 * MS, cancel_on_timeout=True)
    assert tried_again(unheard) == ([STATUS, PAY], [2500], [2])


@pytest.mark.parametrize("idempotency_key", [False, True])
def test_a_new_try_after_an_enquiry_keeps_the_key_whatever_an_app_would_do(idempotency_key):
    """The first try is still at work when the second is sent: only its key tells them apart."""
    the_bank = bank(Policy(timeout_ns=5 * MS), idempotency_key=idempotency_key)
    slow = (compute(5 * S), commit())
    memory = Dedup(DedupScope.GLOBAL, ttl_ns=60 * S, atomic=True)
    pay = replace(the_bank.operations[PAY], steps=slow, dedup=memory)
    the_bank = replace(the_bank, operations=(pay, *the_bank.operations[1:]))
    engine = SimPyEngine(the_bank, accounts(), 1, Vocabularies())
    engine.advance(S, Arrivals(intents=intents(0, may_retry=True)))
    again = np.zeros(1, RESUBMISSION_DTYPE)
    again["at_ns"] = 2 * S
    batch = engine.advance(20 * S, Arrivals(resubmissions=again))
    asked = batch.hops["service"][np.argsort(batch.hops["sent_ns"], kind="stable")]
    assert asked.tolist() == [PAY, STATUS, PAY]
    (rows,) = [
        one for one in (batch.transactions, engine.close().transactions) if len(one["tx_id"])
    ]
    assert rows["submissions"].tolist() == [2]
    assert rows["n_posted"].tolist() == [1]
