"""What an operation remembers of a key, exactly."""

from dataclasses import replace

import pytest
from banks import MS, S, chain, commit, compute, drive, intents

from sanket_sim.bank.description import Bank, Controls, Dedup, DedupScope, Effect, Service
from sanket_sim.core.outcomes import Mishap
from sanket_sim.network.protocol import Command, CommandKind

KEPT_NS = 10 * S
SHARED = {"mishap": int(Mishap.SHARE_KEY), "mishap_value": 77}


def bank(*steps, **controls: bool) -> Bank:
    desk = Service("desk", replicas=1, workers=4)
    found = chain(desk, steps=[steps or (commit(),)], controls=Controls(**controls))
    memory = Dedup(DedupScope.GLOBAL, ttl_ns=KEPT_NS, atomic=True)
    return replace(found, operations=(replace(found.operations[0], dedup=memory),))


def posted(the_bank, rows):
    return drive(the_bank, rows).transactions["n_posted"].tolist()


def test_a_key_that_is_remembered_at_the_debit_does_not_stop_its_own_credit():
    legs = (commit(Effect.DEBIT), compute(MS), commit(Effect.CREDIT))
    transactions = drive(bank(*legs), intents(0)).transactions
    assert transactions["c_minor"].tolist() == transactions["d_minor"].tolist() == [2500]


@pytest.mark.parametrize(("gap_ns", "second"), [(KEPT_NS, 0), (KEPT_NS + 1, 1)])
def test_a_key_is_forgotten_after_its_time(gap_ns, second):
    assert posted(bank(), intents(0, gap_ns, **SHARED)) == [1, second]


@pytest.mark.parametrize("fingerprint", [True, False])
@pytest.mark.parametrize("column", ["amount_minor", "creditor_account"])
def test_another_payload_under_a_known_key_moves_nothing_either_way(column, fingerprint):
    rows = intents(0, S, **SHARED)
    rows[column][1] += 1
    transactions = drive(bank(key_fingerprint=fingerprint), rows).transactions
    assert transactions["n_posted"].tolist() == [1, 0]
    assert (transactions["decline_reason"][1] != 0) == fingerprint
    assert transactions["root_service"][1] == 0, "the answer is wrong, or none, because of the desk"


@pytest.mark.parametrize(("off_ns", "on_again_ns"), [(S, 2 * S), (S // 2, 3 * S)])
def test_a_copy_meets_the_control_as_it_stands_when_it_is_sent(off_ns, on_again_ns):
    """Two copies half a second apart: a control that is off lets the second post again."""
    born = [0, 600 * MS, S + 200 * MS, 2 * S + 700 * MS]
    rows = intents(*born, copies=2, copy_gap_ns=500 * MS)
    settings = {"idempotency_key": False}
    switched = [
        Command(off_ns, CommandKind.CONTROL, 3, settings=settings),
        Command(on_again_ns, CommandKind.END, 3),
    ]
    sent_ns = [created_ns + 500 * MS for created_ns in born]
    expected = [2 if off_ns < at_ns <= on_again_ns else 1 for at_ns in sent_ns]  # commands act last
    the_bank = bank().copy_for_a_run()
    assert drive(the_bank, rows, switched).transactions["n_posted"].tolist() == expected
    assert the_bank.controls == Controls(), "what was switched off is on again"


def test_switches_lie_on_one_another_in_the_order_they_came():
    """What a fault switches again counts as newest, whatever it switched before."""

    def switch(at_ns, fault_id, *, on):
        return Command(at_ns, CommandKind.CONTROL, fault_id, settings={"idempotency_key": on})

    switched = [
        switch(S, 3, on=False),
        switch(2 * S, 4, on=True),
        switch(3 * S, 3, on=False),
        Command(4 * S, CommandKind.END, 3),
        Command(5 * S, CommandKind.END, 4),
    ]
    born = [at_ns + S // 4 for at_ns in range(0, 6 * S, S)]
    rows = intents(*born, copies=2, copy_gap_ns=S // 4)
    the_bank = bank().copy_for_a_run()
    assert drive(the_bank, rows, switched).transactions["n_posted"].tolist() == [1, 2, 1, 2, 1, 1]
    assert the_bank.controls == Controls()
