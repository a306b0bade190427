"""The frozen bank: what every engine executes, with names resolved and times in nanoseconds.

A description holds no state. Services, edges and operations refer to one another by index, so
that an engine can keep its own rows beside them; `steps` of an operation are a flat table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from fractions import Fraction
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sanket_sim.bank.fraud_service import FraudService
from sanket_sim.bank.policies import NO_POLICY, Policy
from sanket_sim.core.units import NS_PER_S


class Law(Protocol):
    """A law of durations: an inverse distribution function and its exact moments."""

    @property
    def mean_s(self) -> float:
        """Mean [s]."""
        ...

    @property
    def variance_s2(self) -> float:
        """Variance [s^2]."""
        ...

    def ns(self, u: float) -> int:
        """Return the duration [ns] at probability `u` in (0, 1)."""
        ...


class StepKind(IntEnum):
    """What one row of an operation's table does."""

    COMPUTE = 0
    """Hold a worker for `law`."""
    CALL = 1
    """Call along edge `target`; `word` names the place for keyed draws."""
    PARALLEL = 2
    """Start the next `count` rows (all CALL) at once; go on when `need` of them are OK."""
    MAYBE = 3
    """With `probability` go on with the next row, else skip `count` rows."""
    PUBLISH = 4
    """Hand a message to edge `target` and go on; delivery is at least once."""
    COMMIT = 5
    """Apply ledger effect `effect`, whether or not the caller still waits."""
    CHECK = 6
    """Take business decision `effect`; a no ends the operation with APP_ERROR."""


class Effect(IntEnum):
    """What a COMMIT or CHECK row means; the meaning lives in `network`."""

    TRANSFER = 0
    DEBIT = 1
    CREDIT = 2
    HOLD = 3
    CAPTURE = 4
    VOID = 5
    CHECK_AMOUNT = 6
    CHECK_FUNDS = 7
    CHECK_LIMIT = 8
    CHECK_FRAUD = 9
    READ_BALANCE = 10
    FEE = 11
    """Charge the fee on its own; nothing where the fee is linked to its payment."""
    REVERSE = 12
    """Take the payment back: give a hold back, post the opposite, or leave a tombstone."""
    CHECK_PAYEE = 13
    """Verification of payee: does the account belong to whom the customer means?"""
    CHECK_SETTLEMENT = 14
    """Have the sending bank's funds come?"""
    CHECK_STATUS = 15
    """A status enquiry: OK if the payment has been posted."""
    CHECK_IDENTITY = 16
    """Can the applicant prove who he is?"""
    OPEN_ACCOUNT = 17
    """Open the account that was applied for."""


@dataclass(frozen=True, slots=True)
class Step:
    """One row of an operation's flat table; fields that a kind does not use stay at their zero."""

    kind: StepKind
    law: Law | None = None
    target: int = -1
    word: int = 0
    count: int = 0
    need: int = 0
    probability: float = 1.0
    effect: Effect = Effect.TRANSFER
    undo: int = -1
    """CALL: the edge that takes the call back if the operation fails later (a saga's step)."""


class DedupScope(IntEnum):
    """Where an operation remembers the idempotency keys it has seen."""

    NONE = 0
    REPLICA = 1
    GLOBAL = 2


@dataclass(frozen=True, slots=True)
class Dedup:
    """How an operation recognises a request it has already served.

    `atomic` checks and remembers at the commit itself; otherwise the key is looked up when work
    begins and remembered after the operation has ended (the race Bank of Anthos really has).
    """

    scope: DedupScope = DedupScope.NONE
    ttl_ns: int = 0
    atomic: bool = True


@dataclass(frozen=True, slots=True)
class Operation:
    """What a service does for one kind of request."""

    name: str
    service: int
    steps: tuple[Step, ...]
    cpu_ns: int
    dedup: Dedup = Dedup()


class Balancing(IntEnum):
    """How a caller's request finds a replica."""

    SHARED = 0
    ROUND_ROBIN = 1
    RANDOM = 2
    LEAST_REQUEST = 3
    FULL_SCAN = 4


class Discipline(IntEnum):
    """Who is served next."""

    FIFO = 0
    LIFO = 1
    PRIORITY = 2


class WaitMode(IntEnum):
    """What waiting costs in energy (design page 4)."""

    ASYNC = 0
    THREAD = 1
    SPIN = 2


@dataclass(frozen=True, slots=True)
class Service:
    """One microservice: replicas with workers, a queue, and what it draws from the wall."""

    name: str
    replicas: int
    workers: int
    queue_cap: int = -1
    """Most requests that may wait (per queue); -1: no cap."""
    discipline: Discipline = Discipline.FIFO
    balancing: Balancing = Balancing.SHARED
    blocking: bool = True
    """Keep the worker during nested calls (thread per request) or give it back (async)."""
    wait_mode: WaitMode = WaitMode.THREAD
    vcpus: float = 2.0
    memory_gb: float = 4.0
    state_mb: float = 8.0
    """Memory one waiting request holds."""
    x: float = 0.0
    y: float = 0.0
    label: str = ""
    third_party: bool = False
    startup_ns: int = 0
    reset_delay_ns: int = 1_000_000
    region: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """A way from a caller to an operation: network delay and the caller's policies.

    `caller` is a service index, or -1 for the customer's own device.
    """

    name: str
    caller: int
    operation: int
    policy: Policy = NO_POLICY
    delay: Law | None = None
    """One-way network delay, drawn for request and response; None: no time at all."""
    message_kb: float = 2.0
    """Request and response together, for the energy of the network."""


class Party(IntEnum):
    """Which kind of account stands at an end of a route's money movement."""

    NONE = 0
    CUSTOMER = 1
    MERCHANT = 2
    CASH = 3
    OTHER_BANK = 4
    EMPLOYER = 5
    BILLER = 6
    EXCHANGE = 7
    """The bank's own position in a currency."""
    FEES = 8
    """The bank's fee income."""
    SUSPENSE = 9
    """Where money waits that has no account to go to."""
    LENDER = 10
    """The bank's loans: what it lends comes from here."""


FIVE_PM_NS = 17 * 3600 * NS_PER_S
"""Five in the afternoon: when many banks close the day's files."""


@dataclass(frozen=True, slots=True)
class BatchRun:
    """When a route's payments come as a file of many.

    Parameters
    ----------
    every_ns : int
        Time from one run to the next.
    size : int
        Payments in a file.
    rate_per_s : float
        How fast the items of a file are released.
    cut_off_ns : int
        Local time of day [ns] after which a file belongs to the next business date.
    """

    every_ns: int
    size: int
    rate_per_s: float
    cut_off_ns: int = FIVE_PM_NS


CORRECTION = "correction"
"""Name of the route by which the bank puts payments right; customers never take it."""


@dataclass(frozen=True, slots=True)
class Route:
    """The tree of operations that one kind of transaction visits, and whose money it moves."""

    name: str
    edge: int
    """Entry: an edge whose caller is the customer's device."""
    weight: float = 1.0
    """Share of the demand, relative to the other routes; 0: only planned by special actors."""
    deadline_ns: int = 0
    debtor: Party = Party.NONE
    creditor: Party = Party.NONE
    amount_minor: Law | None = None
    """Amount law; `ns(u)` gives whole minor units. None: no money moves (login, enquiry)."""
    channels: Mapping[str, float] = field(default_factory=dict)
    """Channel name -> share."""
    currency: str = "EUR"
    priority: int = 0
    """Lower is served first under a PRIORITY discipline."""
    reverses: str = ""
    """Name of the route whose money this one gives back (refund of a card payment)."""
    fee_minor: int = 0
    """What the bank charges the debtor for it, in the route's currency."""
    converts_to: Mapping[str, float] = field(default_factory=dict)
    """Currency that the creditor is paid in -> share; empty: the route's own currency."""
    clock_ns: int = 0
    """Scheme clock: nothing may be posted later than this after its creation; 0: none."""
    reversal_edge: int = -1
    """Entry of a reversal, an edge from the customer's device; -1: it cannot be reversed."""
    status_edge: int = -1
    """Entry of a status enquiry; -1: the retry itself must do."""
    batch: BatchRun | None = None
    """Comes in files instead of out of the customers' demand."""

    @property
    def moves_money(self) -> bool:
        """Whether an intent of this kind carries an amount."""
        return self.amount_minor is not None


@dataclass(slots=True)
class Controls:
    """The bank's controls against logic traps; all on unless an experiment switches one off.

    The one part of a bank that may change while a run goes on (fault `control`): a run works on a
    copy of its own (`Bank.copy_for_a_run`), which all its parts share.
    """

    idempotency_key: bool = True
    """The customer's app sends one key with every copy of a submission (T01)."""
    status_inquiry: bool = True
    """A person's retry asks for the status first, and carries the same key (T02)."""
    key_fingerprint: bool = True
    """A key that comes back with another payload is refused, not answered from memory (T03)."""
    atomic_posting: bool = True
    """Debit and credit are posted linked, in one commit (T04)."""
    settle_before_credit: bool = True
    """An incoming payment is credited when its funds have come, not before (T05)."""
    positive_amount: bool = True
    """Amounts must be greater than zero (T06)."""
    amount_range: bool = True
    """Amounts beyond the payment limit, or beyond what the ledger can store, are refused (T07)."""
    accounts_differ: bool = True
    """Debtor and creditor must be two accounts (T08)."""
    same_ledger: bool = True
    """Both accounts of a transfer must be kept in its currency (T09)."""
    serialised_funds: bool = True
    """The ledger judges funds at the commit, against the serialised balance (T10)."""
    reversal_tombstone: bool = True
    """A reversal that finds nothing yet leaves a mark that stops what it reverses (T11)."""
    refund_cap: bool = True
    """All refunds of a payment together may not exceed what was captured (T12)."""
    resolve_once: bool = True
    """A hold is captured or voided once (T13)."""
    capture_cap: bool = True
    """A capture takes at most what was authorised (T14)."""
    hold_timeout: bool = True
    """A hold ends at its time-out, and cannot be captured any more (T15)."""
    batch_uniqueness: bool = True
    """A batch runs once for a business date (T16)."""
    largest_remainder: bool = True
    """The parts of a split sum to the whole (T17)."""
    linked_fee: bool = True
    """A fee is posted with its payment or not at all (T18)."""
    account_status: bool = True
    """Nothing is credited to a closed account (T19)."""
    payee_verification: bool = True
    """The payee's name must belong to the account before money leaves (T20)."""
    outbox: bool = True
    """An event is stored with what it tells of, and relayed until it is taken (T21)."""
    inbox: bool = True
    """A consumer knows the messages that it has handled already (T22)."""
    stand_in_limit: bool = True
    """Stand-in approvals are set aside from the account's funds, so their advice matches (T23)."""
    payment_clock: bool = True
    """Nothing is posted once the scheme's clock has run out (T24)."""
    exponent_table: bool = True
    """Amounts are read with the number of decimals that their currency has (T25)."""
    strict_parser: bool = True
    """Amounts that are not written in the agreed form are refused (T26)."""


@dataclass(frozen=True, slots=True)
class Power:
    """Coefficients of the energy model (page 4), with their source in the model file."""

    idle_w_per_vcpu: float = 0.74
    max_w_per_vcpu: float = 3.5
    memory_w_per_gb: float = 0.392
    pue: float = 1.135
    network_kwh_per_gb: float = 0.001
    embodied_g_per_vcpu_h: float = 0.446
    curve: str = "teads"


@dataclass(frozen=True, slots=True)
class Bank:
    """Everything about a bank; during a run only its controls may change."""

    name: str
    services: tuple[Service, ...]
    operations: tuple[Operation, ...]
    edges: tuple[Edge, ...]
    routes: tuple[Route, ...]
    controls: Controls = field(default_factory=Controls)
    power: Power = Power()
    fraud_service: FraudService = field(default_factory=FraudService)
    balance_poll_ns: int = 0
    """How stale a READ_BALANCE/CHECK_FUNDS may be: readers see the last poll (0: no cache)."""
    payment_limit_minor: int = 1_000_000_000
    """Largest single payment the limits service allows."""
    currencies: tuple[str, ...] = ("EUR",)
    channels: tuple[str, ...] = ("app",)
    rates: Mapping[str, Fraction] = field(default_factory=dict)
    """Units of a currency for one unit of the bank's first currency."""
    hold_ttl_ns: int = 0
    """How long a hold lasts; 0: until it is resolved."""
    stand_in_limit_minor: int = 20_000
    """Largest payment that stand-in processing approves."""

    def copy_for_a_run(self) -> Bank:
        """Return this bank with controls that one run may switch."""
        return replace(self, controls=replace(self.controls))

    def service_index(self, name: str) -> int:
        """Return the index of the service called `name`."""
        return next(i for i, service in enumerate(self.services) if service.name == name)

    def route_index(self, name: str) -> int:
        """Return the index of the route called `name`."""
        return next(i for i, route in enumerate(self.routes) if route.name == name)


@dataclass(frozen=True, slots=True)
class Accounts:
    """The chart of accounts of one run.

    The bank's customers and, so that the whole is closed, the worlds outside it (cash, other
    banks, merchants' acquirers).

    Parameters
    ----------
    opening_minor : int64 array, shape (accounts,) [minor units]
    currency : int16 array, shape (accounts,)
        Index into `Bank.currencies`.
    no_overdraft : bool array, shape (accounts,)
        TigerBeetle's ``debits_must_not_exceed_credits``.
    typical_minor : int64 array, shape (accounts,) [minor units]
        Typical payment of the account, the fraud service's yardstick.
    party : int8 array, shape (accounts,)
        `Party` of the owner.
    owner : int64 array, shape (accounts,)
        Agent id of the owner, -1 for the outside world.
    closed : bool array, shape (accounts,)
        Accounts that exist in old address books only, or that are applied for and not open yet.
    device : int64 array, shape (accounts,)
        The device that its owner has enrolled; 0: none.
    home : int8 array, shape (accounts,)
        The place where its owner lives; -1: nowhere.
    payees : int64 array, shape (accounts, slots)
        Accounts that its owner has paid before; -1: no further one.
    """

    opening_minor: NDArray[np.int64]
    currency: NDArray[np.int16]
    no_overdraft: NDArray[np.bool_]
    typical_minor: NDArray[np.int64]
    party: NDArray[np.int8]
    owner: NDArray[np.int64]
    closed: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    """Left out (length 0): none is closed."""
    device: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    home: NDArray[np.int8] = field(default_factory=lambda: np.zeros(0, np.int8))
    payees: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 0), np.int64))

    @property
    def shut(self) -> NDArray[np.bool_]:
        """Which accounts are closed, one flag each."""
        return self.closed if len(self.closed) else np.zeros(len(self), np.bool_)

    def __len__(self) -> int:
        return len(self.opening_minor)
