"""The living things of a run: intents, calls, attempts, replicas; one slotted row each."""

from __future__ import annotations

from collections import deque
from typing import Any

from sanket_sim.bank.description import Balancing, Law, Service
from sanket_sim.core.outcomes import ReplicaState
from sanket_sim.network.edges import EdgeRow
from sanket_sim.network.loop import Occurrence
from sanket_sim.network.queues import WaitingLine
from sanket_sim.network.rules import money

NEVER = -1
DETACHED = -1
"""Group of a call that nobody waits for: a message."""
PAYMENT, REVERSAL, STATUS = range(3)
"""What the customer's device asks about an intent: to make it, to take it back, how it stands."""
Key = tuple[int, int, int]
"""Operation, place (-1: anywhere), and which of the intent's own keys."""
Served = tuple[int, int, int]
"""When a key was served [ns], and the fingerprint of what it asked for: amount and payee."""
UP = int(ReplicaState.UP)
PAUSED = int(ReplicaState.PAUSED)


class Intent:
    """One actor's wish to move money, what the ledger made of it, and what the customer was told.

    The columns of an arrival are its first fields, in the order of `INTENT_DTYPE`.
    """

    __slots__ = (
        "ack",
        "amount_minor",
        "answered_ns",
        "answers",
        "asked_ns",
        "attempts",
        "awaiting_actor",
        "balance_minor",
        "batch_id",
        "business_date",
        "c_minor",
        "campaign_id",
        "captured_minor",
        "channel",
        "copies",
        "copy_gap_ns",
        "created_ns",
        "creditor",
        "currency",
        "customer_id",
        "d_minor",
        "debtor",
        "decline",
        "device",
        "draw_key",
        "e_minor",
        "errands",
        "error_depth",
        "error_service",
        "failed_closed",
        "fault_ids",
        "fault_service",
        "fraud_decision",
        "fraud_score",
        "half_done",
        "hi",
        "hold_expires_ns",
        "hold_minor",
        "hold_opened",
        "hold_overdue",
        "hold_service",
        "holds",
        "is_fraud",
        "keys_done",
        "kind",
        "lapsed",
        "live",
        "lo",
        "may_retry",
        "mishap",
        "mishap_value",
        "moves_money",
        "n_posted",
        "original_tx_id",
        "outcome",
        "place",
        "posted_ns",
        "proves",
        "right_creditor",
        "right_debtor",
        "second_amount_minor",
        "second_c_minor",
        "second_creditor",
        "second_currency",
        "second_d_minor",
        "second_debtor",
        "second_n_posted",
        "second_purpose",
        "second_x_minor",
        "stood_in",
        "submissions",
        "tombstone",
        "trap",
        "tx_id",
        "typology",
        "verdict",
        "voided",
        "wanted_minor",
        "x_minor",
    )

    def __init__(self, row: tuple[Any, ...], moves_money: bool, hi: int, lo: int) -> None:
        (
            self.tx_id,
            self.draw_key,
            self.created_ns,
            self.kind,
            self.channel,
            self.customer_id,
            self.debtor,
            self.creditor,
            self.amount_minor,
            self.currency,
            self.e_minor,
            self.right_debtor,
            self.right_creditor,
            self.typology,
            self.campaign_id,
            self.trap,
            self.is_fraud,
            self.device,
            self.place,
            self.proves,
            self.copies,
            self.copy_gap_ns,
            self.may_retry,
            self.mishap,
            self.mishap_value,
            self.original_tx_id,
            self.batch_id,
            self.business_date,
            self.second_purpose,
            self.second_currency,
            self.second_debtor,
            self.second_creditor,
            self.second_amount_minor,
        ) = row
        self.moves_money = moves_money
        self.hi, self.lo = hi, lo
        self.live = 0
        self.submissions = 0
        self.attempts = 0
        self.answers = 0
        self.awaiting_actor = False
        self.outcome = NEVER
        self.ack = 0
        self.answered_ns = NEVER
        self.decline = 0
        self.verdict = money.UNDECIDED
        self.d_minor = self.c_minor = self.x_minor = self.n_posted = 0
        self.second_d_minor = self.second_c_minor = self.second_x_minor = self.second_n_posted = 0
        self.posted_ns = NEVER
        self.half_done: list[int] = []
        """Transfers of which only the debit is posted."""
        self.hold_minor = 0
        self.hold_opened = self.hold_overdue = False
        self.hold_expires_ns = self.hold_service = NEVER
        self.holds: list[tuple[int, int]] = []
        """Open holds: what is reserved for the payment, and for its fee."""
        self.captured_minor = 0
        self.asked_ns = self.created_ns
        self.wanted_minor = self.e_minor
        self.errands = 0
        self.voided = self.lapsed = self.tombstone = self.stood_in = False
        self.balance_minor = 0
        self.fraud_score = 0.0
        self.fraud_decision = 0
        self.failed_closed = False
        """Refused because the fraud service was not heard, whatever it says later."""
        self.keys_done: dict[Key, Served] = {}
        self.error_service = self.fault_service = NEVER
        self.error_depth = -1
        self.fault_ids: set[int] | None = None


class Call:
    """A logical call: what one caller wants of one operation, through all its attempts."""

    __slots__ = (
        "attempts",
        "deadline_ns",
        "decline",
        "edge",
        "errand",
        "group",
        "hi",
        "intent",
        "key_no",
        "lo",
        "parent",
        "previous_delay_ns",
        "refused",
        "submission",
        "tried",
        "word",
    )

    def __init__(
        self, intent: Intent, edge: EdgeRow, parent: Attempt | None, word: int, group: int
    ) -> None:
        self.intent = intent
        self.edge = edge
        self.parent = parent
        self.word = word
        self.group = group
        self.hi = self.lo = 0
        self.submission = self.key_no = 0
        self.errand = PAYMENT
        self.refused = False
        """Whether a business no was all that ever happened to it."""
        self.attempts = 0
        self.deadline_ns = 0
        self.decline = 0
        self.previous_delay_ns = 0
        self.tried: set[int] | None = None

    @property
    def forsaken(self) -> bool:
        """Whether the attempt that waited for the answer is dead; a message outlives its sender."""
        return self.parent is not None and self.parent.dead and self.group != DETACHED


class Attempt(Occurrence):
    """One attempt of a call: a hop of the trace, and the event that carries it along."""

    __slots__ = (
        "begun_ns",
        "call",
        "caller_open",
        "children",
        "committed",
        "computed",
        "conclusion",
        "cpu_ns",
        "dead",
        "decline",
        "depth",
        "ended_ns",
        "failed",
        "failed_outcome",
        "fault_id",
        "group",
        "hi",
        "holding",
        "hop_id",
        "late",
        "lo",
        "needed",
        "number",
        "ok",
        "outcome",
        "pause_debt_ns",
        "pc",
        "queue_length",
        "queued_ns",
        "received_ns",
        "refused",
        "replica",
        "response",
        "sent_ns",
        "ticket",
        "travelling",
        "undos",
        "waiting",
    )

    def __init__(self, call: Call, hop_id: int, now_ns: int) -> None:
        self.call = call
        self.hop_id = hop_id
        self.number = call.attempts
        self.hi = self.lo = 0
        self.sent_ns = now_ns
        self.queued_ns = self.begun_ns = self.ended_ns = self.received_ns = NEVER
        self.outcome = NEVER
        self.response = NEVER
        self.replica: Replica | None = None
        self.queue_length = NEVER
        self.cpu_ns = 0
        self.fault_id = NEVER
        self.depth: int = 0 if call.parent is None else call.parent.depth + 1
        self.caller_open = True
        self.travelling = True
        self.committed = self.late = self.dead = False
        self.ticket = 0
        self.holding = self.computed = False
        self.decline = 0
        self.pc = 0
        self.group = 0
        self.waiting = self.needed = self.ok = self.failed = 0
        self.failed_outcome = 0
        self.pause_debt_ns = 0
        self.children: list[Attempt] | None = None
        self.undos: list[int] | None = None
        """Edges that take back what has been done, the latest last (a saga)."""
        self.refused = False
        """Whether the nested call that failed has certainly changed nothing."""
        self.conclusion: tuple[int, int] | None = None
        """Outcome and reason with which the attempt ends once all that is taken back."""


class Replica:
    """One instance of a service: workers, what they are doing, and what the gauges count."""

    __slots__ = (
        "absent_until_ns",
        "accounted_ns",
        "arrivals",
        "busy",
        "busy_ns",
        "completions",
        "cpu_ns",
        "dispatching",
        "epoch",
        "fault_id",
        "frozen",
        "index",
        "line",
        "outstanding",
        "resuming",
        "service",
        "slowdowns",
        "speed",
        "state",
        "workers",
    )

    def __init__(self, service: ServiceRow, index: int, line: WaitingLine[Attempt]) -> None:
        self.service = service
        self.index = index
        self.line = line
        self.workers = service.description.workers
        self.state = UP
        self.speed = 1.0
        self.slowdowns: dict[int, float] = {}
        self.epoch = 0
        self.fault_id = NEVER
        self.absent_until_ns = 0
        self.dispatching = False
        self.busy = 0
        self.outstanding = 0
        self.frozen: list[Attempt] = []
        self.resuming: deque[Attempt] = deque()
        self.busy_ns = self.accounted_ns = 0
        self.arrivals = self.completions = self.cpu_ns = 0

    def account(self, now_ns: int) -> None:
        """Bring the busy integral up to now, before `busy` changes (callees do it in place)."""
        self.busy_ns += self.busy * (now_ns - self.accounted_ns)
        self.accounted_ns = now_ns


class ServiceRow:
    """A service at run time."""

    __slots__ = (
        "balancing",
        "blocking",
        "description",
        "faults",
        "healthy",
        "index",
        "lines",
        "pushes",
        "queue_cap",
        "replicas",
        "rotation",
        "shared",
    )

    def __init__(self, index: int, description: Service) -> None:
        self.index = index
        self.description = description
        self.balancing = int(description.balancing)
        self.shared = description.balancing == Balancing.SHARED
        self.blocking = description.blocking
        self.queue_cap = description.queue_cap
        self.rotation = 0
        self.pushes: dict[int, dict[str, Any]] = {}
        self.faults: list[FaultEffect] = []
        count = 1 if self.shared else description.replicas
        self.lines: list[WaitingLine[Attempt]] = [
            WaitingLine(description.discipline) for _ in range(count)
        ]
        self.replicas = [
            Replica(self, number, self.lines[number % count])
            for number in range(description.replicas)
        ]
        self.healthy = list(self.replicas)

    def survey(self) -> None:
        """Note which replicas a balancer may choose, after one has changed its state."""
        self.healthy = [r for r in self.replicas if r.state in (UP, PAUSED)]


class FaultEffect:
    """A fault while it is on: what it does to the attempts it strikes."""

    __slots__ = (
        "code",
        "fault_id",
        "law",
        "operation",
        "probability",
        "replicas",
        "response",
        "word",
    )

    def __init__(self, fault_id: int, word: int, probability: float) -> None:
        self.fault_id = fault_id
        self.word = word
        self.probability = probability
        self.law: Law | None = None
        self.code = NEVER
        self.response = False
        self.operation = NEVER
        self.replicas: frozenset[int] = frozenset()
