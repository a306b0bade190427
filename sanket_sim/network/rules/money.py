"""When money may move; all amounts in minor units."""

from __future__ import annotations

from sanket_sim.core.outcomes import LegPurpose

EXCHANGE = int(LegPurpose.EXCHANGE)
FEE = int(LegPurpose.FEE)
UNDECIDED, APPLY, REJECT = range(3)


def sufficient(amount_minor: int, available: int, no_overdraft: bool) -> bool:
    """Say whether funds cover an amount; accounts that may be overdrawn always do.

    Examples
    --------
    >>> sufficient(101, 100, True), sufficient(101, 100, False)
    (False, True)
    """
    return not no_overdraft or amount_minor <= available


def verdict_after(verdict: int, truly_sufficient: bool) -> int:
    """Return the oracle's verdict after a decision about funds at the serialisation point.

    Once money could truly move the intent is to be applied, whatever later tries find.

    Examples
    --------
    >>> verdict_after(UNDECIDED, False) == REJECT, verdict_after(APPLY, False) == APPLY
    (True, True)
    """
    if truly_sufficient or verdict == APPLY:
        return APPLY
    return REJECT


def expected_minor(verdict: int, wanted_minor: int) -> int:
    """Return e: what should have moved, given the oracle's verdict."""
    return 0 if verdict == REJECT else wanted_minor


def second_expected_minor(purpose: int, verdict: int, wanted_minor: int, made: bool) -> int:
    """Return what should have moved on the second leg.

    A fee is due if its payment was made (and not taken back); an exchange follows the verdict on
    the payment.

    Examples
    --------
    >>> second_expected_minor(FEE, APPLY, 50, False), second_expected_minor(FEE, APPLY, 50, True)
    (0, 50)
    >>> second_expected_minor(EXCHANGE, APPLY, 27, False), second_expected_minor(0, APPLY, 0, True)
    (27, 0)
    """
    if purpose == FEE:
        return wanted_minor if made else 0
    if purpose == EXCHANGE:
        return expected_minor(verdict, wanted_minor)
    return 0
