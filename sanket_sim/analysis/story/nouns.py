"""What a story is made of; times in ns since the creation of the payment, -1 for never."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sanket_sim.core.outcomes import Leg as Side

NEVER = -1
PRINCIPAL = Side.PRINCIPAL.name.lower()
"""The leg of a journal that moves what the customer ordered; the other is `SECOND`."""
SECOND = Side.SECOND.name.lower()


class Role(StrEnum):
    """What the customer's own call is about."""

    PAYMENT = "payment"
    REVERSAL = "reversal"
    """It cancels the payment."""
    STATUS = "status"
    """It asks what became of it."""


@dataclass(frozen=True, slots=True)
class Party:
    """An account and whose it is; `account_id` -1 where no money moves."""

    account_id: int
    name: str


@dataclass(frozen=True, slots=True)
class Visit:
    """One attempt at one service.

    Parameters
    ----------
    depth : int
        How many callers it has above it.
    operation : str
        With its service: ``"ledger.post"``.
    replica : int
        -1 if none was chosen.
    ahead : int
        How many stood in line before it.
    left_ns : int
        When the caller stopped waiting, be it that it heard the answer or that it gave up.
    outcome : str
        What the caller believes.
    fault : str
        The fault that struck this attempt; empty for none.
    role : Role
        Of the customer's call at its head.
    event : bool
        Whether a message broker delivered it, and nobody waits for its answer.
    """

    hop_id: int
    parent_hop_id: int
    depth: int
    submission: int
    attempt: int
    caller: str
    service: str
    operation: str
    replica: int
    ahead: int
    sent_ns: int
    queued_ns: int
    begun_ns: int
    ended_ns: int
    received_ns: int
    left_ns: int
    outcome: str
    committed: bool
    late: bool
    fault: str
    role: Role = Role.PAYMENT
    event: bool = False

    @property
    def wait_ns(self) -> int:
        """Time in line, 0 if it never began."""
        return self.begun_ns - self.queued_ns if self.begun_ns >= 0 else 0

    @property
    def span_ns(self) -> int:
        """Time for which the caller waited, -1 if it waits still."""
        return self.left_ns - self.sent_ns if self.left_ns >= 0 else NEVER

    @property
    def given_up(self) -> bool:
        """Whether the caller left before there was an answer."""
        return self.left_ns >= 0 and not 0 <= self.received_ns <= self.left_ns

    @property
    def failed(self) -> bool:
        """Whether the caller believes that it went wrong."""
        return self.outcome not in ("OK", "FALLBACK", "IN_FLIGHT")

    @property
    def caller_label(self) -> str:
        """Who called; the customer's own device is the app."""
        return "the app" if self.caller == "client" else self.caller

    @property
    def label(self) -> str:
        """The visit in two words, to be found again in the hops table."""
        return f"{self.operation} (hop {self.hop_id})"


@dataclass(frozen=True, slots=True)
class Leg:
    """One signed amount on one account [minor units of its currency]."""

    account: Party
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Journal:
    """The legs that were written at one instant under one transfer id, and by which visit.

    Parameters
    ----------
    hop_id : int
        -1 if no visit can be told.
    one_sided : bool
        Whether the legs of the transfer, later ones included, do not cancel.
    side : str
        `PRINCIPAL` or `SECOND`.
    """

    transfer_id: int
    phase: str
    at_ns: int
    service: str
    hop_id: int
    legs: tuple[Leg, ...]
    one_sided: bool
    side: str = PRINCIPAL


@dataclass(frozen=True, slots=True)
class Ruling:
    """A decision on record about this payment."""

    at_ns: int
    actor: str
    decision: str
    score: float
    subject: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the customer was told in the end, in our words and in those of the standards."""

    at_ns: int
    ack: str
    outcome: str
    decline_reason: str
    iso20022_status: str
    iso20022_reason: str
    iso8583_code: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Flows:
    """The oracle's truth against fact [minor units], and how many journals were posted."""

    e_minor: int
    d_minor: int
    c_minor: int
    x_minor: int
    n_posted: int
    open_hold_minor: int


@dataclass(frozen=True, slots=True)
class SecondLeg:
    """The payment's other movement of money.

    Parameters
    ----------
    purpose : str
        ``exchange``, ``fee`` or ``mismatch``.
    currency : str
    debtor, creditor : Party
        From whom to whom it should move.
    flows : Flows
    glv_minor : int
        Gross leak on this leg [minor units].
    """

    purpose: str
    currency: str
    debtor: Party
    creditor: Party
    flows: Flows
    glv_minor: int


@dataclass(frozen=True, slots=True)
class SetTrap:
    """The trap that was set for a payment; all of it empty for none.

    Parameters
    ----------
    kind, code : str
        Its name, and its number in the catalogue.
    control : str
        The bank's control that catches it; empty where an old trace does not say.
    control_on : bool
        Whether that control was on.
    """

    kind: str = ""
    code: str = ""
    control: str = ""
    control_on: bool = False

    @property
    def sprung(self) -> bool:
        """Whether nothing stood in its way."""
        return bool(self.control) and not self.control_on


@dataclass(frozen=True, slots=True)
class Linked:
    """Another payment that corrects this one, or that this one corrects.

    Parameters
    ----------
    amount_minor, moved_minor : int
        What was ordered, and what its payee got of it [minor units of its currency].
    ack : str
        What its customer was told.
    leak_class : str
        How it leaked itself; ``NONE`` if it did not.
    """

    tx_id: int
    kind: str
    amount_minor: int
    moved_minor: int
    currency: str
    creditor: Party
    ack: str
    leak_class: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """How it ended.

    Parameters
    ----------
    status : str
        `IntentStatus`.
    leak_class : str
    glv_minor : int
        Gross leak [minor units].
    hop_id : int
        The hop that leaked it, -1 if none can be named.
    service : str
        Of that hop.
    why : str
        One sentence.
    """

    status: str
    leak_class: str
    glv_minor: int
    hop_id: int
    service: str
    why: str


class What(StrEnum):
    """What happened at a moment; the order settles which of several at one instant comes first."""

    GIVEN_UP = "given up"
    """A caller stopped waiting."""
    POSTED = "posted"
    """The ledger wrote a journal."""
    ANSWERED = "answered"
    """A caller heard the answer to its call."""
    UNHEARD = "unheard"
    """An answer came after its caller had left, or was lost."""
    RULED = "ruled"
    """A decision went on record."""
    TOLD = "told"
    """The customer was told."""
    ASKED = "asked"
    """The customer submitted the payment."""
    CALLED = "called"
    """A call was sent."""
    VISITED = "visited"
    """A call without any trouble, from sending to answer."""
    BEGUN = "begun"
    """A worker took a request that had waited, or that a fault struck."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the time-line.

    Parameters
    ----------
    at_ns : int
    depth : int
        How far inside: 0 the customer, 1 the first service, and so on.
    what : What
    hop_id : int
        The visit it is about, -1 for none.
    transfer_id : int
        The journal it is about, -1 for none.
    submission : int
        Which try of the customer's, from 1; 0 for a call that is no try.
    item : int
        Place of the journal or the ruling it is about, -1 for none.
    """

    at_ns: int
    depth: int
    what: What
    hop_id: int = NEVER
    transfer_id: int = NEVER
    submission: int = 0
    item: int = NEVER


@dataclass(frozen=True, slots=True)
class Story:
    """All there is to tell of one payment.

    Parameters
    ----------
    born_at : str
        The time of the calendar and the clock at its creation; empty if the run does not say.
    trap : str
        Kind of the trap that was set for it; `set_trap` says what catches it.
    puts_right : Linked or None
        The payment that this one corrects.
    put_right_by : tuple of Linked
        The payments that correct this one.
    batch : str
        The file that it came in, with its business date; empty for none.
    second : SecondLeg or None
    customer_id : int
        Who asked for it.
    fraud_decision, fraud_score : str, float
        What the fraud service made of it; ``none`` and 0 if it was not asked.
    """

    tx_id: int
    kind: str
    channel: str
    currency: str
    amount_minor: int
    born_ns: int
    """Since the start of the run."""
    born_at: str
    deadline_ns: int
    customer: str
    debtor: Party
    creditor: Party
    right_debtor: Party
    right_creditor: Party
    trap: str
    set_trap: SetTrap
    typology: str
    flows: Flows
    answer: Answer
    verdict: Verdict
    moments: tuple[Moment, ...]
    visits: tuple[Visit, ...]
    journals: tuple[Journal, ...]
    rulings: tuple[Ruling, ...]
    second: SecondLeg | None
    puts_right: Linked | None
    put_right_by: tuple[Linked, ...]
    batch: str
    customer_id: int = NEVER
    fraud_decision: str = "none"
    fraud_score: float = 0.0

    def visit(self, hop_id: int) -> Visit:
        """Return the visit of that hop."""
        return next(visit for visit in self.visits if visit.hop_id == hop_id)
