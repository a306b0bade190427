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


class Phase(IntEnum):
    """The phase of a posting, as in TigerBeetle's two-phase transfers."""

    PENDING = 0
    POSTED = 1
    VOIDED = 2


class FraudDecision(IntEnum):
    """What the fraud service said."""

    NONE = 0
    APPROVE = 1
    STEP_UP = 2
    DECLINE = 3
    UNCHECKED = 4
    """The check failed and the edge's fallback let the payment through (fail-open)."""


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


class Signal(IntEnum):
    """Bits of what the channel can see about a payment when it is made."""

    NEW_DEVICE = 1
    NEW_PAYEE = 2
    FOREIGN = 4


class Mishap(IntEnum):
    """Bits of what will befall one submission on its way, planned by a trap."""

    LOSE_ACK = 1
    """The answer to the customer's first submission is lost."""
    CRASH_BETWEEN_LEGS = 2
    """The ledger's replica dies at the instant between debit and credit."""
