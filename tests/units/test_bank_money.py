"""What a model says about money: currencies, fees, holds, sagas, side entries, files."""

import tomllib
from fractions import Fraction

import pytest

from sanket_sim.bank import bank_of, policies
from sanket_sim.bank import description as d
from sanket_sim.bank.graph import Workload
from sanket_sim.core.config import Document, dump_settings, override
from sanket_sim.core.draws import word_of
from sanket_sim.core.errors import InputError

S = 1_000_000_000
TEXT = """
name = "money"
currencies = ["EUR", "USD", "JPY"]
[service.switch.operation.pay]
steps = [
  {check = "payee"},
  {call = "ledger.hold", undo = "ledger.void"},
  {call = "payee.accept"},
  {call = "ledger.capture"},
]
[service.switch.operation.cancel]
steps = [{call = "ledger.reverse"}]
[service.switch.operation.enquire]
steps = [{call = "ledger.status"}]
[service.switch.operation.receive]
steps = [{check = "settlement"}, {call = "ledger.post"}]
[service.payee.operation.accept]
time = "2ms"
[service.ledger.operation.hold]
steps = [{commit = "fee"}, {commit = "hold"}]
[service.ledger.operation.void]
steps = [{commit = "void"}]
[service.ledger.operation.capture]
steps = [{commit = "capture"}]
[service.ledger.operation.post]
steps = [{commit = "transfer"}]
[service.ledger.operation.reverse]
steps = [{commit = "reverse"}]
[service.ledger.operation.status]
steps = [{check = "status"}]
[edge."switch->ledger.hold"]
fallback = "stand_in"
[edge."switch->ledger.void"]
timeout = "9s"
[route.pay]
entry = "switch.pay"
debtor = "customer"
creditor = "other_bank"
amount = 2500
fee = 20
clock = "7s"
reversal = "switch.cancel"
status = "switch.enquire"
[route.convert]
entry = "switch.pay"
debtor = "customer"
creditor = "other_bank"
amount = 2500
converts_to = {USD = 3, JPY = 1}
[route.payroll]
entry = "switch.receive"
weight = 0
debtor = "employer"
creditor = "customer"
amount = 2500
batch = {every = "10m", size = 200, rate = "50/s", cut_off = "17:30"}
[route.ask]
entry = "switch.enquire"
[rates]
USD = "1.08"
JPY = "163.25"
[accounts]
hold_ttl = "7d"
stand_in_limit = 15_000
"""
RECEIVE = "service.switch.operation.receive.steps"
PAY = "service.switch.operation.pay.steps"


def money(changes=None):
    return bank_of(override(Document("money.toml", tomllib.loads(TEXT)), changes or {}))


def edges(bank):
    return {edge.name: (index, edge) for index, edge in enumerate(bank.edges)}


def test_a_route_carries_fee_clock_and_shares_of_the_currencies_it_pays_in():
    pay, convert, *_ = money()[0].routes
    assert (pay.fee_minor, pay.clock_ns, pay.converts_to) == (20, 7 * S, {})
    assert (convert.fee_minor, convert.clock_ns) == (0, 0)
    assert convert.converts_to == {"USD": 0.75, "JPY": 0.25}


def test_reversal_and_status_are_asked_by_the_customers_device():
    bank, _ = money()
    pay, convert, *_ = bank.routes
    assert edges(bank)["client->switch.cancel"][0] == pay.reversal_edge
    assert edges(bank)["client->switch.enquire"][0] == pay.status_edge == bank.routes[3].edge
    assert bank.edges[pay.reversal_edge].caller == -1
    assert (convert.reversal_edge, convert.status_edge) == (-1, -1)


def test_a_saga_knows_the_way_back_and_takes_it_under_a_policy_of_its_own():
    bank, _ = money()
    saga, plain, _ = (s for s in bank.operations[0].steps if s.kind == d.StepKind.CALL)
    index, edge = edges(bank)["switch->ledger.void"]
    assert (saga.undo, plain.undo) == (index, -1)
    assert edge.policy.timeout_ns == 9 * S
    assert saga.word == word_of("switch.pay#2->ledger.hold")


def test_the_way_back_is_no_load_while_nothing_fails():
    bank, _ = money()
    work = Workload(bank, {"pay": 10.0})
    assert work.edge_rates_per_s[edges(bank)["switch->ledger.hold"][0]] == 10
    assert work.edge_rates_per_s[edges(bank)["switch->ledger.void"][0]] == 0


def test_files_come_on_top_of_the_demand():
    rates = Workload(money()[0], 30.0).rate_per_s
    assert rates == pytest.approx({"pay": 10, "convert": 10, "payroll": 1 / 3, "ask": 10})


def test_commits_and_checks_of_every_name_compile_to_their_effects():
    bank, _ = money()
    found = {
        operation.name: [s.effect.name for s in operation.steps if s.kind >= d.StepKind.COMMIT]
        for operation in bank.operations
    }
    assert found["hold"] == ["FEE", "HOLD"]
    assert (found["reverse"], found["status"]) == (["REVERSE"], ["CHECK_STATUS"])
    assert (found["pay"], found["receive"]) == (["CHECK_PAYEE"], ["CHECK_SETTLEMENT"])


def test_rates_are_exact_and_the_first_currency_is_their_measure():
    bank, _ = money()
    assert bank.rates == {"EUR": 1, "USD": Fraction(27, 25), "JPY": Fraction(653, 4)}
    assert money({"rates.EUR": "1.00"})[0].rates == bank.rates


def test_holds_end_and_stand_ins_have_a_limit():
    bank, _ = money()
    assert (bank.hold_ttl_ns, bank.stand_in_limit_minor) == (7 * 86_400 * S, 15_000)
    assert edges(bank)["switch->ledger.hold"][1].policy.fallback is policies.Fallback.STAND_IN


def test_a_file_comes_at_its_hours():
    batch = money()[0].routes[2].batch
    assert batch == d.BatchRun(600 * S, 200, 50.0, 63_000 * S)
    plain = money({"route.payroll.batch": {"every": "1h", "size": 9, "rate": "1/s"}})[0]
    assert plain.routes[2].batch == d.BatchRun(3600 * S, 9, 1.0)


def test_everything_survives_writing_and_reading():
    bank, model = money()
    again, same = bank_of(Document("again", tomllib.loads(dump_settings(model))))
    assert (again, same) == (bank, model)


BATCH = {"every": "10m", "size": 200, "rate": "50/s"}


@pytest.mark.parametrize(
    ("path", "value", "at", "says"),
    [
        (PAY, [{"publish": "ledger.hold", "undo": "ledger.void"}], f"{PAY}.0", "belongs to call"),
        (PAY, [{"call": "ledger.hold", "undo": "ledger.viod"}], f"{PAY}.0", '"ledger.void"'),
        (RECEIVE, [{"call": "ledger.post", "undo": "switch.receive"}], f"{RECEIVE}.0", "go round"),
        (RECEIVE, [{"call": "payee.accept", "undo": "ledger.void"}], "payroll.entry", "no commit"),
        (PAY, [{"check": "paye"}], f"{PAY}.0.check", 'did you mean "payee"'),
        (PAY, [{"commit": "fees"}], f"{PAY}.0.commit", 'did you mean "fee"'),
        ("route.pay.reversal", "switch.cancle", "route.pay.reversal", '"switch.cancel"'),
        ("route.pay.reversal", "ledger.status", "route.pay.reversal", "takes nothing back"),
        ("route.pay.status", "swich.enquire", "route.pay.status", 'did you mean "switch"'),
        ("route.pay.status", "payee.accept", "route.pay.status", "tells nothing"),
        ("service.ledger.operation.status.steps", [{"check": "status"}, {"commit": "void"}],
         "route.pay.status", "must only ask, but ledger.status commits"),
        ("route.ask.reversal", "switch.cancel", "route.ask.reversal", "routes that move money"),
        ("route.ask.fee", 20, "route.ask.fee", "leave it out, or give an amount"),
        ("route.ask.batch", BATCH, "route.ask.batch", "routes that move money"),
        ("route.pay.fee", -1, "route.pay.fee", "must be >= 0, is -1"),
        ("route.pay.fee", 0.2, "route.pay.fee", "must be a whole number"),
        ("route.convert.fee", 20, "route.convert.fee", "leave out fee or converts_to"),
        ("route.pay.clock", "7", "route.pay.clock", "duration with a unit"),
        ("route.pay.clock", "0s", "route.pay.clock", 'must be > 0; "none" means'),
        ("route.pay.debtor", "taxes", "route.pay.debtor", "known: biller, cash, customer"),
        ("route.pay.currency", "KWD", "route.pay.currency", "known: EUR, JPY, USD"),
        ("route.convert.converts_to.USB", 1, "route.convert.converts_to.USB", '"USD"'),
        ("route.convert.converts_to.EUR", 1, "route.convert.converts_to.EUR", "own currency"),
        ("route.convert.converts_to.USD", -1, "route.convert.converts_to.USD", "must be >= 0"),
        ("route.convert.converts_to", {"USD": 0}, "route.convert.converts_to", "every share is 0"),
        ("rates", {"USD": "1.08"}, "route.convert.converts_to", 'as in [rates] JPY = "1.0"'),
        ("rates.USD", 1.08, "rates.USD", "decimal number in quotes"),
        ("rates.USD", "1,08", "rates.USD", "decimal number in quotes"),
        ("rates.USD", "-1.08", "rates.USD", "decimal number in quotes"),
        ("rates.USD", "0.00", "rates.USD", "must be > 0"),
        ("rates.EUR", "1.01", "rates.EUR", 'must be "1": rates are units for one EUR'),
        ("rates.USB", "1.08", "rates.USB", 'did you mean "USD"'),
        ("route.payroll.weight", 0.1, "route.payroll.weight", "must be 0 beside batch"),
        ("route.payroll.batch", {**BATCH, "size": 0}, "batch.size", "must be >= 1"),
        ("route.payroll.batch", {**BATCH, "rate": "0/s"}, "batch.rate", "must be > 0"),
        ("route.payroll.batch", {**BATCH, "rate": "19/m"}, "batch", "take longer than 10m"),
        ("route.payroll.batch", {**BATCH, "every": "0s"}, "batch.every", "must be > 0"),
        ("route.payroll.batch", {**BATCH, "cut_off": "5pm"}, "batch.cut_off", 'such as "17:00"'),
        ("route.payroll.batch", {**BATCH, "cut_off": "24:00"}, "batch.cut_off", '"17:00"'),
        ("accounts.hold_ttl", 7, "accounts.hold_ttl", "duration with a unit"),
        ("accounts.stand_in_limit", -1, "accounts.stand_in_limit", "must be >= 0"),
        ('edge."switch->ledger"', {"fallback": "stand_in"}, 'edge."switch->ledger".fallback',
         "ledger.capture commits none; name the operation that does"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_at_its_key(path, value, at, says):
    with pytest.raises(InputError) as caught:
        money({path: value})
    assert any(at in p.path and says in p.message for p in caught.value.problems), caught.value


def test_a_way_back_that_doubles_at_every_layer_is_refused():
    layers = {
        f"l{i}": {"operation": {"o": {"steps": [{"call": f"l{i + 1}.o", "undo": f"l{i + 1}.o"}]}}}
        for i in range(20)
    }
    layers["l20"] = {"operation": {"o": {"steps": [{"commit": "reverse"}]}}}
    changes = {f"service.{name}": table for name, table in layers.items()}
    with pytest.raises(InputError, match=r"route\.pay\.reversal: .* could make 2,097,151 calls"):
        money(changes | {"route.pay.reversal": "l0.o"})
