"""What a payment's end is called outside: ISO 20022 reason and status, ISO 8583 response code.

Source: ``outcome_code_map.csv`` (``source`` names its row), whose ISO 20022 codes come from the
external code sets in npm @taprsvp/iso20022_external_codes 1.0.1 (MIT). Which of our words meets
which code, and the ISO 8583 code (data element 39) beside it, are judgements: networks differ. What
is still in flight has no row there; PDNG and 09 ("request in progress") are the standards' own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sanket_sim.core.outcomes import Decline, Outcome

Codes = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class ResultCode:
    """One result as other banks and card networks would write it.

    Parameters
    ----------
    source : str
        Row of the source table; empty where it has none.
    iso20022_status : str
        ``ACSC`` settled, ``RJCT`` rejected, ``PDNG`` pending.
    iso20022_reason : str
        Empty when nothing needs a reason.
    iso8583 : str
        Data element 39.
    meaning : str
        In a few words of ours.
    """

    source: str
    iso20022_status: str
    iso20022_reason: str
    iso8583: str
    meaning: str


def _rejected(source: str, reason: str, iso8583: str, meaning: str) -> ResultCode:
    return ResultCode(source, "RJCT", reason, iso8583, meaning)


_SETTLED = ResultCode("OK", "ACSC", "", "00", "approved")
_PENDING = ResultCode("", "PDNG", "", "09", "still in progress")
_AMOUNT = _rejected("VALIDATION_AMOUNT_INVALID", "AM12", "13", "invalid amount")
_ACCOUNT = _rejected("ACCOUNT_INVALID", "AC01", "14", "invalid account")
_FUNDS = _rejected("INSUFFICIENT_FUNDS", "AM04", "51", "insufficient funds")
_DUPLICATE = _rejected("DUPLICATE", "AM05", "94", "duplicate")
_LIMIT = _rejected("LIMIT_EXCEEDED", "AM02", "61", "more than the allowed maximum")
_FRAUD = _rejected("FRAUD_SUSPECTED", "FRAD", "59", "suspected fraud")
_NO_ORIGINAL = _rejected("NOT_RECEIVED", "AG09", "25", "the original was never received")
_ERROR = _rejected("SERVICE_ERROR", "AB09", "96", "stopped by an error of the agent")
_OFFLINE = _rejected("SERVICE_OFFLINE", "AB08", "91", "the agent is not online")
_TURNED_AWAY = _rejected("BREAKER_OPEN", "AB07", "91", "turned away before it was tried")
_UNHEARD = _rejected("TIMEOUT_INSTRUCTED_AGENT", "AB06", "68", "no answer in time")
_TOO_LATE = _rejected("TIMEOUT_DEBTOR_AGENT", "AB11", "68", "the debtor's bank ran out of time")
_CURRENCY = _rejected(
    "CURRENCY_MISMATCH", "AM03", "12", "a currency that the account does not hold"
)
_CLOSED = _rejected("ACCOUNT_CLOSED", "AC04", "78", "the account is closed")
_BLOCKED = _rejected("ACCOUNT_BLOCKED", "AC06", "62", "the account takes no payments")
_NAME = _rejected("NAME_MISMATCH_VOP", "BE01", "05", "the name does not belong to the account")
_UNSETTLED = _rejected("SETTLEMENT_LIMIT", "AM23", "61", "the funds have not come")
_PAYEE_TIME = _rejected("TIMEOUT_CREDITOR_AGENT", "AB05", "68", "the payee's bank ran out of time")
_AUTHENTICATION = _rejected("", "MS03", "1A", "strong customer authentication did not succeed")
_IDENTITY = _rejected("", "RR04", "05", "the identity could not be verified")
_UNKNOWN = _rejected("UNKNOWN", "MS03", "96", "no reason given")

BY_OUTCOME: dict[Outcome, ResultCode] = {
    Outcome.OK: _SETTLED,
    Outcome.APP_ERROR: _ERROR,
    Outcome.UNAVAILABLE: _OFFLINE,
    Outcome.TIMEOUT: _UNHEARD,
    Outcome.DEADLINE_EXCEEDED: _TOO_LATE,
    Outcome.CONNECTION_RESET: _ERROR,
    Outcome.REJECTED: _TURNED_AWAY,
    Outcome.RATE_LIMITED: _TURNED_AWAY,
    Outcome.BULKHEAD_FULL: _TURNED_AWAY,
    Outcome.CIRCUIT_OPEN: _TURNED_AWAY,
    Outcome.NO_INSTANCE: _OFFLINE,
    Outcome.CANCELLED: _UNKNOWN,
    Outcome.FALLBACK: _SETTLED,
    Outcome.IN_FLIGHT: _PENDING,
}
"""What stands for an end that no business decision explains."""

BY_DECLINE: dict[Decline, ResultCode] = {
    Decline.EXCEEDS_CREDITS: _FUNDS,
    Decline.AMOUNT_MUST_BE_POSITIVE: _AMOUNT,
    Decline.ACCOUNTS_MUST_BE_DIFFERENT: _ACCOUNT,
    Decline.EXISTS: _DUPLICATE,
    Decline.LIMIT_EXCEEDED: _LIMIT,
    Decline.SUSPECTED_FRAUD: _FRAUD,
    Decline.PENDING_TRANSFER_NOT_FOUND: _NO_ORIGINAL,
    Decline.PENDING_TRANSFER_ALREADY_POSTED: _DUPLICATE,
    Decline.NOT_CAPTURED: _NO_ORIGINAL,
    Decline.REFUND_EXCEEDS_CAPTURE: _LIMIT,
    Decline.ACCOUNTS_MUST_HAVE_THE_SAME_LEDGER: _CURRENCY,
    Decline.EXISTS_WITH_DIFFERENT_AMOUNT: _DUPLICATE,
    Decline.EXCEEDS_PENDING_TRANSFER_AMOUNT: _LIMIT,
    Decline.PENDING_TRANSFER_ALREADY_VOIDED: _NO_ORIGINAL,
    Decline.PENDING_TRANSFER_EXPIRED: _NO_ORIGINAL,
    Decline.CREDIT_ACCOUNT_ALREADY_CLOSED: _CLOSED,
    Decline.DEBIT_ACCOUNT_ALREADY_CLOSED: _CLOSED,
    Decline.AMOUNT_OUT_OF_RANGE: _LIMIT,
    Decline.AMOUNT_MALFORMED: _AMOUNT,
    Decline.PAYEE_MISMATCH: _NAME,
    Decline.ALREADY_REVERSED: _NO_ORIGINAL,
    Decline.NOT_SETTLED: _UNSETTLED,
    Decline.STAND_IN_LIMIT: _LIMIT,
    Decline.CREDITOR_TIMEOUT: _PAYEE_TIME,
    Decline.REFUSED_BY_CREDITOR: _BLOCKED,
    Decline.NOT_FOUND: _NO_ORIGINAL,
    Decline.ACCOUNT_FROZEN: _BLOCKED,
    Decline.NOT_AUTHENTICATED: _AUTHENTICATION,
    Decline.IDENTITY_NOT_VERIFIED: _IDENTITY,
    Decline.CHECK_FAILED: _ERROR,
}
"""What a business decision is called; `Decline.NONE` leaves the word to the outcome."""

_ALL = (*BY_OUTCOME.values(), *BY_DECLINE.values())
ISO20022_REASONS = tuple(sorted({result.iso20022_reason for result in _ALL} - {""}))
ISO8583_CODES = tuple(sorted({result.iso8583 for result in _ALL}))


def result_of(outcome: Outcome, decline: Decline) -> ResultCode:
    """Return what the end of a payment is called outside.

    Examples
    --------
    >>> result_of(Outcome.APP_ERROR, Decline.EXCEEDS_CREDITS).iso20022_reason
    'AM04'
    >>> result_of(Outcome.TIMEOUT, Decline.NONE).iso8583
    '68'
    """
    return BY_OUTCOME[outcome] if decline == Decline.NONE else BY_DECLINE[decline]


def codes_of(outcomes: NDArray[np.integer], declines: NDArray[np.integer]) -> tuple[Codes, Codes]:
    """Return the places in `ISO20022_REASONS` (-1 for none) and in `ISO8583_CODES`.

    Parameters
    ----------
    outcomes, declines : int arrays, shape (intents,)
        Codes of `Outcome` and of `Decline`.

    Examples
    --------
    >>> reasons, responses = codes_of(np.array([0, 3]), np.array([0, 0]))
    >>> reasons[0], ISO20022_REASONS[reasons[1]], ISO8583_CODES[responses[1]]
    (np.int8(-1), 'AB06', '68')
    """
    reasons, responses = _REASON_PLACES, _RESPONSE_PLACES
    return reasons[declines, outcomes], responses[declines, outcomes]


def _places(words: tuple[str, ...], field: str) -> Codes:
    """Lay a table of places out, shape (declines, outcomes); a word that is not listed is -1."""
    rows = [[getattr(result_of(o, d), field) for o in Outcome] for d in Decline]
    place = {word: index for index, word in enumerate(words)}
    return np.array([[place.get(word, -1) for word in row] for row in rows], np.int8)


_REASON_PLACES = _places(ISO20022_REASONS, "iso20022_reason")
_RESPONSE_PLACES = _places(ISO8583_CODES, "iso8583")
