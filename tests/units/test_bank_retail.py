"""The retail bank: every way in which money can go wrong has a payment that it can happen to."""

import pytest

from sanket_sim.bank import Workload, load_bank
from sanket_sim.bank.description import Effect, Party, StepKind
from sanket_sim.bank.policies import Fallback
from sanket_sim.bank.reach import Reach
from sanket_sim.core.money import exponent_of

S = 1_000_000_000
POSTING = {Effect.TRANSFER, Effect.DEBIT}


@pytest.fixture(scope="module")
def bank():
    return load_bank("retail_bank")[0]


@pytest.fixture(scope="module")
def reach(bank):
    return Reach(bank)


def edge(bank, name):
    return next(edge for edge in bank.edges if edge.name == name)


def in_demand(bank, wanted):
    return {r.name for i, r in enumerate(bank.routes) if r.weight > 0 and wanted(i, r)}


def test_payees_are_verified_on_every_payment_that_people_make(bank, reach):
    verified = in_demand(bank, lambda i, _: Effect.CHECK_PAYEE in reach.of_route(i))
    by_people = {"transfer", "alias_payment", "instant_payment", "bill"}
    assert verified == by_people | {"fx_payment", "wallet_payment", "dinar_payment"}


def test_what_other_banks_send_waits_for_its_settlement(bank, reach):
    settled = in_demand(bank, lambda i, _: Effect.CHECK_SETTLEMENT in reach.of_route(i))
    assert settled == in_demand(bank, lambda _, r: r.debtor == Party.OTHER_BANK)
    assert settled == {"inbound_transfer", "wallet_receipt"}


def test_a_fee_is_charged_where_a_step_charges_it(bank, reach):
    charged = {r.name for i, r in enumerate(bank.routes) if r.fee_minor}
    assert charged == {"instant_payment"}
    assert charged <= in_demand(bank, lambda i, _: Effect.FEE in reach.of_route(i))


def test_some_payments_post_by_an_event_and_some_captures_too(bank, reach):
    posted = in_demand(bank, lambda i, _: not POSTING.isdisjoint(reach.by_message(i)))
    captured = in_demand(bank, lambda i, _: Effect.CAPTURE in reach.by_message(i))
    assert (posted, captured) == ({"payout"}, {"card_payment"})


def test_clocks_run_where_money_is_posted_at_once(bank, reach):
    clocked = in_demand(bank, lambda _, r: r.clock_ns == 7 * S)
    at_once = in_demand(bank, lambda i, _: not POSTING.isdisjoint(reach.of_route(i)))
    assert clocked == {"instant_payment", "alias_payment", "inbound_transfer"}
    assert clocked & at_once == {"alias_payment", "inbound_transfer"}


def test_an_instant_payment_is_a_saga_with_the_schemes_time_limits(bank):
    steps = bank.operations[edge(bank, "gateway->payment.instant").operation].steps
    back = [bank.edges[step.undo].name for step in steps if step.undo >= 0]
    assert back == ["payment->ledger.void"]
    ways = ("payment->clearing.instant", "gateway->payment.instant", "channels->gateway.instant",
            "client->channels.instant")  # fmt: skip
    limits_s = [edge(bank, way).policy.timeout_ns / S for way in ways]
    assert limits_s == [7, 9, 9.5, 10]
    assert all(edge(bank, way).policy.retry.attempts == 1 for way in ways)


def test_the_card_switch_alone_stands_in_and_cards_alone_are_reversed(bank):
    standing_in = {e.name for e in bank.edges if e.policy.fallback == Fallback.STAND_IN}
    assert standing_in == {"cards->ledger.hold"}
    assert bank.stand_in_limit_minor < bank.payment_limit_minor
    assert in_demand(bank, lambda _, r: r.reversal_edge >= 0) == {"card_payment"}
    assert [r.name for r in bank.routes if r.reverses == "card_payment"] == ["refund"]


def test_whoever_pays_in_the_app_can_ask_what_became_of_it(bank):
    asking = in_demand(bank, lambda _, r: r.status_edge >= 0)
    entries = {"client->channels.pay", "client->channels.instant"}
    assert asking == in_demand(bank, lambda _, r: bank.edges[r.edge].name in entries)


def test_money_comes_with_none_two_and_three_decimals(bank):
    kept = {r.currency for r in bank.routes if r.moves_money}
    paid = {currency for r in bank.routes for currency in r.converts_to}
    assert kept == {"EUR", "GBP", "JPY", "KWD"}
    assert paid == set(bank.currencies) - {"EUR"}
    assert {exponent_of(currency) for currency in kept} == {0, 2, 3}
    assert bank.rates.keys() == set(bank.currencies)


def test_a_payroll_is_a_small_part_of_the_load_even_while_it_is_released(bank):
    (payroll,) = (route for route in bank.routes if route.batch)
    quiet = Workload(bank, 150.0)
    burst = dict(quiet.rate_per_s) | {payroll.name: payroll.batch.rate_per_s}
    assert max(Workload(bank, burst).utilisation) < 0.55


def test_every_message_is_delivered_until_it_is_taken(bank):
    published = {
        step.target for op in bank.operations for step in op.steps if step.kind == StepKind.PUBLISH
    }
    assert min(bank.edges[target].policy.retry.attempts for target in published) >= 5
