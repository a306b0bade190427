"""What one party makes of another's answer."""

from __future__ import annotations

from sanket_sim.core.outcomes import Ack, Outcome

OK = int(Outcome.OK)
APP_ERROR = int(Outcome.APP_ERROR)
UNAVAILABLE = int(Outcome.UNAVAILABLE)
CANCELLED = int(Outcome.CANCELLED)
ACK_OK = int(Ack.OK)
ACK_FAILED = int(Ack.FAILED)


def passed_on(outcome: int) -> int:
    """Return what a service answers when a call it needs has failed for good.

    A business no stays one; every technical failure becomes UNAVAILABLE.

    Examples
    --------
    >>> passed_on(APP_ERROR) == APP_ERROR, passed_on(int(Outcome.TIMEOUT)) == UNAVAILABLE
    (True, True)
    """
    return APP_ERROR if outcome == APP_ERROR else UNAVAILABLE


def is_failure(outcome: int) -> bool:
    """Say whether a breaker or budget counts the outcome as a failure; a business no is none.

    Examples
    --------
    >>> is_failure(OK), is_failure(APP_ERROR), is_failure(UNAVAILABLE)
    (False, False, True)
    """
    return outcome not in (OK, APP_ERROR, CANCELLED)


def told(outcome: int) -> int:
    """Return what the app tells its customer: success, or failure for anything else.

    An app that hears nothing says "failed" as well. If the payment posts all the same, the
    customer has been told wrong: a ghost posting.
    """
    return ACK_OK if outcome == OK else ACK_FAILED
