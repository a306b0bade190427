"""Models: what is refused and how it is said, what a right one compiles to."""

import contextlib
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanket_sim.bank import bank_of, load_bank, model_folders, policies
from sanket_sim.bank import description as d
from sanket_sim.core.config import Document, dump_settings, override
from sanket_sim.core.draws import word_of
from sanket_sim.core.errors import InputError
from sanket_sim.core.outcomes import Outcome

MS = 1_000_000
TEXT = """
name = "small"
channels = ["app", "web"]
[service.front.operation.pay]
time = "2ms"
steps = [{call = "ledger.post"}, {maybe = 0.5, steps = [{publish = "mail.send"}]}]
[service.ledger.operation.post]
time = "5ms"
steps = [{commit = "debit"}, {compute = "1ms"}, {commit = "credit"}, {call = "mail.send"}]
[service.mail]
threading = "async"
[service.mail.operation.send]
time = "1ms"
[edge."*"]
timeout = "2s"
[route.transfer]
entry = "front.pay"
debtor = "customer"
creditor = "customer"
amount = 2500
[route.ping]
entry = "mail.send"
"""


def small(changes=None, **overrides):
    document = override(Document("small.toml", tomllib.loads(TEXT)), changes or {})
    return bank_of(document, overrides)


def policy(edge, **tables):
    changes = {f'edge."{name}"': table for name, table in tables["edges"].items()}
    bank, _ = small(changes)
    return next(e for e in bank.edges if e.name == edge).policy


STEPS = "service.front.operation.pay.steps"
PATH = "service.front.operation.pay"


@pytest.mark.parametrize(
    ("path", "value", "at", "says"),
    [
        ("service.front.replcas", 2, "service.front.replcas", 'did you mean "replicas"'),
        ("servce", {}, "servce", 'did you mean "service"'),
        ("service.front.replicas", 0, "service.front.replicas", "must be >= 1, is 0"),
        ("service.front.workers", 0, "service.front.workers", "must be >= 1, is 0"),
        ("service.front.replicas", 10**9, "service.front.replicas", "must be <= 10000"),
        ("service.front.replicas", 10**40, "service.front.replicas", "must be"),
        ("service.front.workers", 2.5, "service.front.workers", "must be a whole number"),
        ("service.front.workers", "4", "service.front.workers", "must be a whole number"),
        ("service.front.workers", True, "service.front.workers", "must be a whole number"),
        ("service.front.cpu", float("nan"), "service.front.cpu", "must be a finite number"),
        ("service.front.cpu", float("inf"), "service.front.cpu", "must be a finite number"),
        ("service.front.threading", "asink", "service.front.threading", 'did you mean "async"'),
        ("service.front", {}, "service.front.operation", "is missing"),
        ("service.front", 3, "service.front", "must be a table"),
        ("service.front.operation", {}, "service.front.operation", "at least 1 item"),
        ("service.client", {"operation": {"x": {}}}, "service.client", "another name"),
        (f"{PATH}.time", "4 parsecs", f"{PATH}.time", 'unknown unit "parsecs"'),
        (f"{PATH}.time", "-4ms", f"{PATH}.time", 'must be >= 0, is "-4ms"'),
        (f"{PATH}.time", 4, f"{PATH}.time", "duration with a unit"),
        (f"{PATH}.time", "900000h90000000d", f"{PATH}.time", "146 years"),
        (f"{PATH}.time", {"law": "lognorm"}, f"{PATH}.time", 'did you mean "lognormal"'),
        (f"{PATH}.cpu", "5", f"{PATH}.cpu", "duration with a unit"),
        (STEPS, ["computer"], f"{STEPS}.0", 'expected "compute" or a table'),
        (STEPS, [{}], f"{STEPS}.0", "exactly one of"),
        (STEPS, [{"call": "a.b", "check": "funds"}], f"{STEPS}.0", "found call and check"),
        (STEPS, [{"call": "ledger"}], f"{STEPS}.0.call", "pattern"),
        (STEPS, [{"call": "legder.post"}], f"{STEPS}.0", 'did you mean "ledger"'),
        (STEPS, [{"call": "ledger.pots"}], f"{STEPS}.0", 'did you mean "ledger.post"'),
        (STEPS, [{"publish": "mial.send"}], f"{STEPS}.0", 'did you mean "mail"'),
        (STEPS, [{"check": "found"}], f"{STEPS}.0.check", 'did you mean "funds"'),
        (STEPS, [{"maybe": 1.5, "steps": []}], f"{STEPS}.0.maybe", "must be <= 1"),
        (STEPS, [{"maybe": 0.5}], f"{STEPS}.0", "belong together"),
        (STEPS, [{"parallel": []}], f"{STEPS}.0.parallel", "at least 1 item"),
        (STEPS, [{"parallel": ["mail.send"], "join": 2}], f"{STEPS}.0", "more than the 1"),
        (STEPS, [{"parallel": ["mail.send"], "join": "most"}], f"{STEPS}.0.join", '"any"'),
        (STEPS, [{"call": "front.pay"}], f"{STEPS}.0", "front.pay -> front.pay"),
        (
            "service.mail.operation.send.steps",
            [{"maybe": 0.1, "steps": [{"publish": "front.pay"}]}],
            "",
            "calls go round without end",
        ),
        ('edge."*".timeout', "0s", 'edge."*".timeout', 'must be > 0; "none" means'),
        ('edge."*".timeuot', "1s", 'edge."*".timeuot', 'did you mean "timeout"'),
        ('edge."front->male"', {}, 'edge."front->male"', 'did you mean "front->mail"'),
        ('edge."*".retry', "gprc", 'edge."*".retry', 'did you mean "grpc"'),
        ('edge."*".retry', {"attempts": 3}, 'edge."*".retry', "expected the key preset"),
        ('edge."*".retry', {"preset": "grpc", "attempts": 6}, 'edge."*".retry', "at most 5"),
        ('edge."*".retry', {"preset": "fixed", "codes": ["TIMOUT"]}, 'edge."*".retry', "TIMEOUT"),
        ('edge."*".breaker', {"preset": "hystrix", "open": "0s"}, 'edge."*".breaker.open', "> 0"),
        ('edge."*".policy', "istio", 'edge."*".policy', "envoy"),
        ("route.transfer.entry", "front.play", "route.transfer.entry", 'did you mean "front.pay"'),
        ("route.transfer.weight", -1, "route.transfer.weight", "must be >= 0"),
        ("route.transfer.debtor", "none", "route.transfer.debtor", "or none of them"),
        ("route.transfer.amount", "25EUR", "route.transfer.amount", "whole number"),
        ("route.transfer.currency", "euro", "route.transfer.currency", "pattern"),
        ("route.transfer.currency", "USD", "route.transfer.currency", "known: EUR"),
        ("route.transfer.channels", {"ap": 1}, "route.transfer.channels.ap", '"app"'),
        ("route.transfer.channels", {"app": 0}, "route.transfer.channels", "every share is 0"),
        ("route.transfer.reverses", "transfe", "route.transfer.reverses", '"transfer"'),
        ("route.ping.entry", "front.pay", "route.ping.entry", "ledger.post commits"),
        ("route.transfer.entry", "mail.send", "route.transfer.entry", "no commit"),
        ("currencies", [], "currencies", "at least 1 item"),
        ("currencies", ["EUR", "EUR"], "currencies", "twice"),
        ("currencies", ["EUR", "ZZZ"], "currencies.1", "ISO 4217"),
        ("power.curve", "tead", "power.curve", 'did you mean "teads"'),
        ("power.max_w_per_vcpu", 0.1, "power.idle_w_per_vcpu", "<= max_w_per_vcpu"),
        ("controls.atomic_posting", 1, "controls.atomic_posting", "true or false"),
        ("name", "../etc", "name", "pattern"),
    ],
)
def test_what_is_wrong_is_named_at_its_key(path, value, at, says):
    with pytest.raises(InputError) as caught:
        small({path: value})
    assert any(at in p.path and says in p.message for p in caught.value.problems), caught.value


def test_every_weight_zero_is_refused():
    with pytest.raises(InputError, match="every weight is 0"):
        small({"route.transfer.weight": 0, "route.ping.weight": 0})


def test_problems_of_every_kind_come_together():
    with pytest.raises(InputError) as caught:
        small({STEPS: [{"call": "x.y"}], "route.ping.entry": "y.z", 'edge."a->b"': {}})
    assert len(caught.value.problems) == 3


def test_calls_that_double_at_every_layer_are_refused():
    layers = {
        f"l{i}": {"operation": {"o": {"steps": [{"parallel": [f"l{i + 1}.o"] * 2}]}}}
        for i in range(40)
    }
    layers["l40"] = {"operation": {"o": {}}}
    changes = {f"service.{name}": table for name, table in layers.items()}
    with pytest.raises(InputError, match="could make 2,199,023,255,551 calls"):
        small(changes | {"route.ping.entry": "l0.o"})


def test_unknown_models_list_the_known_ones():
    with pytest.raises(InputError, match='did you mean "retail_bank"'):
        load_bank("retail_bnak")
    with pytest.raises(InputError, match="no such file"):
        load_bank("nowhere/bank.toml")


def test_time_comes_first_when_no_step_computes():
    bank, _ = small()
    kinds = [step.kind.name for step in bank.operations[0].steps]
    assert kinds == ["COMPUTE", "CALL", "MAYBE", "PUBLISH"]
    assert bank.operations[0].steps[0].law.ns(0.5) == 2 * MS
    assert bank.operations[0].steps[2].count == 1
    assert bank.operations[0].cpu_ns == 2 * MS


def test_a_linked_pair_posts_once_and_shifts_no_draw():
    linked = small()[0].operations[1].steps
    apart = small(controls={"atomic_posting": False})[0].operations[1].steps
    assert [s.effect.name for s in linked if s.kind == d.StepKind.COMMIT] == ["TRANSFER"]
    assert [s.effect.name for s in apart if s.kind == d.StepKind.COMMIT] == ["DEBIT", "CREDIT"]
    assert linked[-1].word == apart[-1].word == word_of("ledger.post#3->mail.send")


def test_the_most_specific_edge_has_the_last_word_on_each_key():
    edges = {
        "*": {"timeout": "3s", "retry": "grpc"},
        "front->ledger": {"timeout": "4s", "fallback": "static"},
        "front->ledger.post": {"fallback": "decline"},
    }
    found = policy("front->ledger.post", edges=edges)
    assert (found.timeout_ns, found.fallback) == (4000 * MS, policies.Fallback.DECLINE)
    assert found.retry.kind is policies.RetryKind.GRPC
    assert policy("ledger->mail.send", edges=edges).fallback is policies.Fallback.NONE


def test_presets_carry_the_numbers_of_their_stacks():
    grpc = policy("front->ledger.post", edges={"*": {"policy": "grpc"}})
    aws = policy("front->ledger.post", edges={"*": {"policy": "aws-standard"}})
    r4j = policy("front->ledger.post", edges={"*": {"policy": "resilience4j"}})
    assert grpc.retry.codes == {Outcome.UNAVAILABLE}
    assert (grpc.retry.attempts, grpc.retry.initial_ns, grpc.retry.max_ns) == (
        4,
        100 * MS,
        1000 * MS,
    )
    assert (grpc.budget.capacity, grpc.budget.deposit) == (10, 0.1)
    assert grpc.propagate_deadline
    assert grpc.cancel_on_timeout
    assert (aws.budget.capacity, aws.budget.cost, aws.budget.deposit) == (500, 14, 1)
    assert (aws.retry.attempts, aws.retry.initial_ns, aws.retry.max_ns) == (3, 50 * MS, 20_000 * MS)
    assert (r4j.retry.kind, r4j.retry.initial_ns) == (policies.RetryKind.FIXED, 500 * MS)
    assert {Outcome.TIMEOUT, Outcome.REJECTED} < r4j.retry.codes
    assert not {Outcome.CIRCUIT_OPEN, Outcome.DEADLINE_EXCEEDED} & r4j.retry.codes
    assert (r4j.breaker.window_calls, r4j.breaker.open_ns) == (100, 60_000 * MS)


def test_naming_a_stack_leaves_nothing_of_another():
    edges = {"*": {"policy": "grpc"}, "front->ledger": {"policy": "envoy"}}
    assert policy("front->ledger.post", edges=edges) == policy(
        "front->ledger.post", edges={"*": {"policy": "envoy"}}
    )


def test_envoy_caps_its_delay_at_ten_times_the_base():
    edges = {"*": {"retry": {"preset": "envoy", "initial": "40ms"}}}
    assert policy("front->ledger.post", edges=edges).retry.max_ns == 400 * MS


def test_one_attempt_makes_every_retry_preset_vanish():
    for preset in ("grpc", "envoy", "aws-standard", "resilience4j", "fixed", "backoff"):
        edges = {"*": {"retry": {"preset": preset, "attempts": 1}}}
        assert policy("front->ledger.post", edges=edges).retry == policies.Retry()


def test_a_breaker_of_ones_own_keeps_the_rest_of_the_preset():
    edges = {"*": {"breaker": {"preset": "hystrix", "window": "20s"}}}
    breaker = policy("front->ledger.post", edges=edges).breaker
    assert (breaker.kind, breaker.window_ns) == (policies.BreakerKind.TIME_WINDOW, 20_000 * MS)
    assert (breaker.minimum_calls, breaker.half_open_calls) == (20, 1)


def test_overrides_replace_values_whole_and_are_named_by_the_experiments_key():
    bank, _ = small(
        services={"front": {"workers": 7, "operation": {"pay": {"time": "9ms"}}}},
        edges={"front->ledger": {"retry": "grpc"}},
        routes={"transfer": {"amount": {"law": "exponential", "mean": 100}}},
    )
    assert bank.services[0].workers == 7
    assert bank.operations[0].steps[0].law.ns(0.5) == 9 * MS
    assert bank.routes[0].amount_minor.mean == 100
    with pytest.raises(InputError, match=r"services\.front\.workers: must be >= 1, is 0"):
        small(services={"front": {"workers": 0}})
    with pytest.raises(InputError, match=r'services\.frnt: unknown service "frnt"; did you mean'):
        small(services={"frnt": {"workers": 1}})


SHIPPED = sorted({path.stem for folder in model_folders() for path in folder.glob("*.toml")})


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_model_survives_writing_and_reading(name):
    bank, model = load_bank(name)
    again, same = bank_of(Document("again", tomllib.loads(dump_settings(model))))
    assert same == model
    assert again == bank


PATHS = [
    "service", "service.front", "service.front.workers", f"{PATH}.time", STEPS, f"{STEPS}.0",
    f"{STEPS}.1.steps", "edge", 'edge."*"', 'edge."*".retry', 'edge."*".breaker', "route",
    "route.transfer.amount", "route.transfer.channels", "accounts", "power", "controls", "name",
    'edge."*".rate_limit', 'edge."*".bulkhead', 'edge."*".delay', "currencies", "channels",
    "rates", "route.transfer.batch", "route.transfer.converts_to", "route.transfer.reversal",
    "route.transfer.batch.every", "rates.EUR",
]  # fmt: skip
WORDS = st.sampled_from(
    ["compute", "call", "law", "gamma", "mean", "mixture", "laws", "preset", "grpc", "codes", "5ms",
     "1d", "-1s", "front.pay", "mail.send", "parallel", "maybe", "steps", "operation", "pay", "x",
     "none", "shape", "quantiles", "empirical", "rate", "initial", "envoy", "EUR", "1.0", "every",
     "size", "9/s", "cut_off", "17:00", "undo", "commit", "reverse"]
)  # fmt: skip
SCALARS = st.one_of(
    st.none().map(lambda _: True),
    st.integers(),
    st.floats(),
    st.just(10**400),
    st.text(max_size=4),
    WORDS,
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=10,
)


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(st.sampled_from(PATHS), VALUES, min_size=1, max_size=2))
def test_whatever_a_model_says_loading_brings_a_bank_or_an_input_error(changes):
    with contextlib.suppress(InputError):
        bank, _ = small(changes)
        assert isinstance(bank, d.Bank)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(["services", "edges", "routes", "controls", "x"]), VALUES))
def test_whatever_an_experiment_overrides_brings_a_bank_or_an_input_error(overrides):
    with contextlib.suppress(InputError):
        assert isinstance(small(**overrides)[0], d.Bank)
