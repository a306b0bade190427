"""The vocabulary of what can happen: codes in the engines, words in the trace."""

from __future__ import annotations

from enum import IntEnum


class Outcome(IntEnum):
    """What the caller of an attempt believes about it (design page 2)."""

    OK = 0
    APP_ERROR = 1
    UNAVAILABLE = 2
    TIMEOUT = 3
    DEADLINE_EXCEEDED = 4
    CONNECTION_RESET = 5
    REJECTED = 6
    RATE_LIMITED = 7
    BULKHEAD_FULL = 8
    CIRCUIT_OPEN = 9
    NO_INSTANCE = 10
    CANCELLED = 11
    FALLBACK = 12
    IN_FLIGHT = 13


class Ack(IntEnum):
    """What the customer was told about a transaction."""

    NONE = 0
    OK = 1
    FAILED = 2
    UNKNOWN = 3


class Decline(IntEnum):
    """Why a business decision said no; the ledger's words are TigerBeetle's."""

    NONE = 0
    EXCEEDS_CREDITS = 1
    AMOUNT_MUST_BE_POSITIVE = 2
    ACCOUNTS_MUST_BE_DIFFERENT = 3
    EXISTS = 4
    LIMIT_EXCEEDED = 5
    SUSPECTED_FRAUD = 6
    PENDING_TRANSFER_NOT_FOUND = 7
    PENDING_TRANSFER_ALREADY_POSTED = 8
    NOT_CAPTURED = 9
    REFUND_EXCEEDS_CAPTURE = 10
    ACCOUNTS_MUST_HAVE_THE_SAME_LEDGER = 11
    EXISTS_WITH_DIFFERENT_AMOUNT = 12
    """The idempotency key is known, with another payload."""
    EXCEEDS_PENDING_TRANSFER_AMOUNT = 13
    PENDING_TRANSFER_ALREADY_VOIDED = 14
    PENDING_TRANSFER_EXPIRED = 15
    CREDIT_ACCOUNT_ALREADY_CLOSED = 16
    AMOUNT_OUT_OF_RANGE = 17
    AMOUNT_MALFORMED = 18
    PAYEE_MISMATCH = 19
    """Verification of payee: the name does not belong to the account."""
    ALREADY_REVERSED = 20
    """A reversal came first; its tombstone stops the payment."""
    NOT_SETTLED = 21
    STAND_IN_LIMIT = 22
    CREDITOR_TIMEOUT = 23
    """The scheme's clock had run out when the payment reached the payee's side."""
    REFUSED_BY_CREDITOR = 24
    NOT_FOUND = 25
    """A status enquiry found no posting."""
    ACCOUNT_FROZEN = 26
    """The debtor's account is blocked: somebody reported it, or the bank suspects it."""
    NOT_AUTHENTICATED = 27
    """The fraud service asked for a second factor, and it did not come."""
    IDENTITY_NOT_VERIFIED = 28
    """An application whose applicant could not prove who he is."""
    DEBIT_ACCOUNT_ALREADY_CLOSED = 29
    """Closed, or applied for and not open yet."""
    CHECK_FAILED = 30
    """A decision was not to be had, and the edge's fallback takes that for a no; where it would
    have been about fraud, the reason is `SUSPECTED_FRAUD`."""


class Phase(IntEnum):
    """The phase of a posting, as in TigerBeetle's two-phase transfers."""

    PENDING = 0
    POSTED = 1
    VOIDED = 2
    EXPIRED = 3


class Leg(IntEnum):
    """Which of an intent's money movements a posting belongs to."""

    PRINCIPAL = 0
    SECOND = 1


class LegPurpose(IntEnum):
    """Why an intent has a second leg."""

    NONE = 0
    EXCHANGE = 1
    """The other currency's side of a payment that is converted."""
    FEE = 2
    """The bank's own charge for the payment."""
    MISMATCH = 3
    """Money that reached an account of another currency unconverted; nobody wanted this leg."""


class FraudDecision(IntEnum):
    """What the fraud service said."""

    NONE = 0
    APPROVE = 1
    STEP_UP = 2
    DECLINE = 3
    UNCHECKED = 4
    """The check failed and the edge's fallback let the payment through (fail-open)."""
    CLOSED = 5
    """The check failed and the edge's fallback refused the payment (fail-closed)."""


class LeakClass(IntEnum):
    """How an intent ended, in money (design page 3); a higher precedence has a lower code."""

    NONE = 0
    ORPHAN_CREDIT = 1
    ORPHAN_DEBIT = 2
    INVALID_EXECUTED = 3
    MISDIRECTED = 4
    DUPLICATE = 5
    OVER = 6
    UNDER = 7
    LOST = 8
    GHOST_POSTING = 9
    PHANTOM_SUCCESS = 10
    LATE = 11
    STUCK_HOLD = 12


class ReplicaState(IntEnum):
    """Life of a replica."""

    STARTING = 0
    UP = 1
    DRAINING = 2
    PAUSED = 3
    DOWN = 4


class Mishap(IntEnum):
    """Bits of what will befall an intent on its way, planned by a trap.

    An intent has one trap at most; `mishap_value` of its row says how much, as each bit explains.
    """

    LOSE_ACK = 1 << 0
    """The answer to the customer's first submission is lost."""
    CRASH_BETWEEN_LEGS = 1 << 1
    """The ledger's replica dies at the instant between debit and credit."""
    SHARE_KEY = 1 << 2
    """Carries the idempotency key named by the value, which another intent carries too."""
    UNSETTLED = 1 << 3
    """The sending bank's funds never come."""
    WRONG_EXPONENT = 1 << 4
    """Written in minor units of the currency, easily read as hundredths."""
    FOREIGN_NOTATION = 1 << 5
    """The amount's text has thousands separators: ``1,234.56``."""
    REVERSED = 1 << 6
    """Cancelled by its sender at half of value [ns], and slowed by value on its way."""
    SLOWED = 1 << 7
    """Every request that would post it takes value [ns] longer on the wire."""
    REFERRED = 1 << 8
    """The original named by the value, or a refund of that original."""
    REPLAY_CAPTURE = 1 << 9
    """The capture message comes a second time, value [ns] later, as a message of its own."""
    CAPTURE_AMOUNT = 1 << 10
    """The merchant captures value [minor units], whatever was authorised."""
    CAPTURE_LATE = 1 << 11
    """The merchant presents the capture value [ns] late."""
    BATCH_RERUN = 1 << 12
    """Its further copies are runs of the same batch under another date."""
    SPLIT = 1 << 13
    """Credited in value equal parts."""
    REFUSED = 1 << 14
    """The payee's side refuses the payment when it is to be posted."""
    DROP_EVENT = 1 << 15
    """The broker is gone at the instant at which the event that posts it is published."""
    LOSE_MESSAGE_ACK = 1 << 16
    """The consumer's first value acknowledgements to the broker are lost."""
    NO_LEDGER = 1 << 17
    """The card switch cannot reach the ledger for it."""
