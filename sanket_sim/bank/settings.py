"""The bank as users write it: the tables of a model file."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from sanket_sim.bank.batch_settings import BatchSettings
from sanket_sim.bank.description import Controls, Power
from sanket_sim.bank.fraud_service import FraudServiceSettings
from sanket_sim.bank.law_parameters import AmountLaw, TimeLaw, read_law
from sanket_sim.bank.policy_settings import (
    BreakerSettings,
    BudgetSettings,
    BulkheadSettings,
    RateLimitSettings,
    RetrySettings,
    TimeLimitNs,
)
from sanket_sim.bank.step_settings import Step, Target
from sanket_sim.core.settings import AmountMinor, DurationNs, Settings, Several

_POWER, _CONTROLS = Power(), Controls()

_RATE = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")


def _rate(value: Any) -> str:
    if not isinstance(value, str) or _RATE.fullmatch(value) is None:
        raise ValueError('expected a decimal number in quotes, such as "1.08"')
    if not value.strip("0."):
        raise ValueError("must be > 0")
    return value


Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]+(-[A-Za-z0-9_]+)*$", max_length=60)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Weight = Annotated[float, Field(ge=0, le=1e9)]
PartyName = Literal[
    "none", "customer", "merchant", "cash", "other_bank", "employer", "biller", "lender", "fees"
]
Rate = Annotated[str, BeforeValidator(_rate, json_schema_input_type=str)]
"""An exchange rate, written as ``"1.08"`` and kept as written: a fraction, never a float."""
Watts = Annotated[float, Field(ge=0, le=1000)]


class DedupSettings(Settings):
    """How an operation recognises a request that it has already served."""

    scope: Literal["none", "replica", "global"]
    ttl: DurationNs = 3_600_000_000_000
    when: Literal["atomic", "after_commit"] = "atomic"
    """Whether the key is remembered by the commit itself or once the operation has ended."""


class OperationSettings(Settings):
    """What a service does for one kind of request, as ``[service.NAME.operation.OP]``."""

    time: TimeLaw = read_law("0s", DurationNs)
    """Service time of the step ``"compute"``."""
    cpu: DurationNs | None = None
    """CPU demand of one request; the mean of `time` when it is not given."""
    steps: Annotated[Several[Step], Field(max_length=1000)] = ()
    """Without ``"compute"`` among them, `time` comes first."""
    dedup: DedupSettings = DedupSettings(scope="none")


class ServiceSettings(Settings):
    """One microservice, as ``[service.NAME]``."""

    label: str = ""
    """Name for people; the service's own name when it is not given."""
    replicas: Annotated[int, Field(ge=1, le=10_000)] = 1
    workers: Annotated[int, Field(ge=1, le=10_000)] = 1
    """Requests that one replica works on at once."""
    queue: Annotated[int, Field(ge=0, le=100_000_000)] | None = None
    """Most requests that may wait, per queue; no cap when it is not given."""
    discipline: Literal["fifo", "lifo", "priority"] = "fifo"
    balancing: Literal["shared", "round_robin", "random", "least_request", "full_scan"] = "shared"
    threading: Literal["blocking", "async"] = "blocking"
    """Whether a worker is held during nested calls."""
    wait_mode: Literal["async", "thread", "spin"] | None = None
    """What waiting costs in energy; follows `threading` when it is not given."""
    cpu: Annotated[float, Field(gt=0, le=1024)] = 2.0
    """vCPUs of a replica."""
    memory: Annotated[float, Field(gt=0, le=65_536)] = 4.0
    """Memory of a replica [GB]."""
    state_mb: Annotated[float, Field(ge=0, le=1e6)] = 8.0
    """Memory that one waiting request holds [MB]."""
    region: str = ""
    x: Annotated[float, Field(ge=-1e6, le=1e6)] = 0.0
    y: Annotated[float, Field(ge=-1e6, le=1e6)] = 0.0
    third_party: bool = False
    startup: DurationNs = 0
    """How long a restarted replica takes before it serves."""
    reset_delay: DurationNs = 1_000_000
    """How long after a crash its callers learn of it."""
    operation: Annotated[dict[Name, OperationSettings], Field(min_length=1, max_length=1000)]


class EdgeSettings(Settings):
    """What a caller does around its calls, as ``[edge."a->b"]``; keys not given are inherited."""

    policy: Literal["none", "resilience4j", "grpc", "envoy", "aws-standard"] | None = None
    """A whole stack; keys beside it replace parts."""
    delay: TimeLaw | None = None
    """One-way network delay."""
    message_kb: Annotated[float, Field(ge=0, le=1e6)] | None = None
    timeout: TimeLimitNs | None = None
    deadline: TimeLimitNs | None = None
    propagate_deadline: bool | None = None
    on_timeout: Literal["abandon", "cancel"] | None = None
    retry: RetrySettings | None = None
    budget: BudgetSettings | None = None
    breaker: BreakerSettings | None = None
    bulkhead: BulkheadSettings | None = None
    rate_limit: RateLimitSettings | None = None
    fallback: Literal["none", "static", "approve", "decline", "stand_in"] | None = None


class RouteSettings(Settings):
    """One kind of transaction, as ``[route.KIND]``."""

    entry: Target
    """The operation that the customer's device asks."""
    weight: Weight = 1.0
    """Share of the demand, relative to the other routes."""
    deadline: TimeLimitNs = 0
    debtor: PartyName = "none"
    creditor: PartyName = "none"
    amount: AmountLaw | None = None
    """Amount in whole minor units; none: no money moves."""
    channels: dict[str, Weight] = Field(default_factory=dict)
    """Channel -> share; all channels alike when it is not given."""
    currency: Currency | None = None
    """The bank's first currency when it is not given."""
    priority: Annotated[int, Field(ge=0, le=1000)] = 0
    reverses: str = ""
    """The route whose money this one gives back."""
    fee: AmountMinor = 0
    """What the bank charges the debtor for it [minor units of the route's currency]."""
    converts_to: dict[Currency, Weight] = Field(default_factory=dict)
    """Currency in which the creditor is paid -> share; the route's own when it is not given."""
    clock: TimeLimitNs = 0
    """The scheme's time limit: nothing is posted later than this after the payment was made."""
    reversal: Target | None = None
    """The operation that takes such a payment back."""
    status: Target | None = None
    """The operation that tells what became of such a payment."""
    batch: BatchSettings | None = None
    """Comes in files, on top of the demand."""


class AccountsSettings(Settings):
    """Rules for accounts, as ``[accounts]``."""

    balance_poll: DurationNs = 0
    """How stale a balance that is read may be."""
    payment_limit: AmountMinor = 1_000_000_000
    """Largest single payment [minor units]."""
    hold_ttl: DurationNs = 0
    """How long a hold lasts; "0s": until it is resolved."""
    stand_in_limit: AmountMinor = 20_000
    """Largest payment that stand-in processing approves [minor units]."""


class PowerSettings(Settings):
    """Coefficients of the energy model, as ``[power]``; defaults are Cloud Carbon Footprint's."""

    idle_w_per_vcpu: Watts = _POWER.idle_w_per_vcpu
    max_w_per_vcpu: Watts = _POWER.max_w_per_vcpu
    memory_w_per_gb: Watts = _POWER.memory_w_per_gb
    pue: Annotated[float, Field(ge=1, le=5)] = _POWER.pue
    network_kwh_per_gb: Annotated[float, Field(ge=0, le=10)] = _POWER.network_kwh_per_gb
    embodied_g_per_vcpu_h: Annotated[float, Field(ge=0, le=1e4)] = _POWER.embodied_g_per_vcpu_h
    curve: Literal["teads", "linear"] = "teads"


class ControlSettings(Settings):
    """Controls against logic traps, as ``[controls]``; all on unless switched off."""

    idempotency_key: bool = _CONTROLS.idempotency_key
    status_inquiry: bool = _CONTROLS.status_inquiry
    key_fingerprint: bool = _CONTROLS.key_fingerprint
    atomic_posting: bool = _CONTROLS.atomic_posting
    settle_before_credit: bool = _CONTROLS.settle_before_credit
    positive_amount: bool = _CONTROLS.positive_amount
    amount_range: bool = _CONTROLS.amount_range
    accounts_differ: bool = _CONTROLS.accounts_differ
    same_ledger: bool = _CONTROLS.same_ledger
    serialised_funds: bool = _CONTROLS.serialised_funds
    reversal_tombstone: bool = _CONTROLS.reversal_tombstone
    refund_cap: bool = _CONTROLS.refund_cap
    resolve_once: bool = _CONTROLS.resolve_once
    capture_cap: bool = _CONTROLS.capture_cap
    hold_timeout: bool = _CONTROLS.hold_timeout
    batch_uniqueness: bool = _CONTROLS.batch_uniqueness
    largest_remainder: bool = _CONTROLS.largest_remainder
    linked_fee: bool = _CONTROLS.linked_fee
    account_status: bool = _CONTROLS.account_status
    payee_verification: bool = _CONTROLS.payee_verification
    outbox: bool = _CONTROLS.outbox
    inbox: bool = _CONTROLS.inbox
    stand_in_limit: bool = _CONTROLS.stand_in_limit
    payment_clock: bool = _CONTROLS.payment_clock
    exponent_table: bool = _CONTROLS.exponent_table
    strict_parser: bool = _CONTROLS.strict_parser


class ModelSettings(Settings):
    """A bank: everything a model file says."""

    name: Name
    title: str = ""
    currencies: Annotated[Several[Currency], Field(min_length=1, max_length=200)] = ("EUR",)
    channels: Annotated[Several[Name], Field(min_length=1, max_length=200)] = ("app",)
    service: Annotated[dict[Name, ServiceSettings], Field(min_length=1, max_length=1000)]
    edge: dict[str, EdgeSettings] = Field(default_factory=dict)
    """``"a->b"``, ``"a->b.op"``, or ``"*"`` for what all share; callers include ``client``."""
    route: Annotated[dict[Name, RouteSettings], Field(min_length=1, max_length=1000)]
    accounts: AccountsSettings = AccountsSettings()
    rates: dict[Currency, Rate] = Field(default_factory=dict)
    """Currency -> units of it for one unit of the bank's first currency."""
    power: PowerSettings = PowerSettings()
    fraud_service: FraudServiceSettings = FraudServiceSettings()
    controls: ControlSettings = ControlSettings()
