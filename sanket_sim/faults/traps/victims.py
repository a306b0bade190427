"""What several traps ask about the intents that they might strike."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sanket_sim.bank.description import Bank
from sanket_sim.core.money import exponent_of
from sanket_sim.core.outcomes import LegPurpose
from sanket_sim.faults.traps.trap import Ground, Intents

NOBODY = -1
HUNDREDTHS = 2
"""Decimals of most currencies."""
_PPM = 1_000_000


def unconverted(intents: Intents) -> NDArray[np.bool_]:
    """Say which are paid out in the currency they are paid in.

    A trap that changes an amount, an account or what is expected would have to change the other
    currency's side too; it leaves payments that are converted alone.
    """
    kept: NDArray[np.bool_] = intents["second_purpose"] != LegPurpose.EXCHANGE
    return kept


def decimals(intents: Intents, bank: Bank) -> NDArray[np.int64]:
    """Return how many decimals each intent's currency has."""
    exponents = np.array([exponent_of(currency) for currency in bank.currencies], np.int64)
    counted: NDArray[np.int64] = exponents[intents["currency"]]
    return counted


def part_of(amounts_minor: NDArray[np.int64], factor: float) -> NDArray[np.int64]:
    """Multiply amounts and round down, in integers so that no cent depends on a float.

    Parameters
    ----------
    amounts_minor : int64 array
    factor : float
        Taken to the millionth.

    Examples
    --------
    >>> part_of(np.array([100_001, 2_500]), 1.2).tolist()
    [120001, 3000]
    """
    whole, rest = np.divmod(amounts_minor, _PPM)
    factor_ppm = round(factor * _PPM)
    part: NDArray[np.int64] = whole * factor_ppm + rest * factor_ppm // _PPM
    return part


def other_account(
    intents: Intents, ground: Ground, among: NDArray[np.bool_], *, same_currency: bool = True
) -> NDArray[np.int64]:
    """Pick an account by each intent's own key, neither its debtor's nor its creditor's.

    Parameters
    ----------
    intents : Intents
    ground : Ground
    among : bool array, shape (accounts,)
        Accounts that will do; of these only such as belong to the same kind of party as the
        debtor, or to nobody any more: a customer meets another customer, not the outside world.
    same_currency : bool
        Whether the account is kept in the intent's currency, or else in any other.

    Returns
    -------
    int64 array, shape (intents,)
        `NOBODY` where no account will do.
    """
    accounts = ground.accounts
    drawn = ground.draws.child("account").uniform(intents["draw_key"])
    party = accounts.party[intents["debtor_account"]]
    picked = np.full(len(intents), NOBODY, np.int64)
    for currency, owner in set(zip(intents["currency"].tolist(), party.tolist(), strict=True)):
        rows = (intents["currency"] == currency) & (party == owner)
        kept_in = (accounts.currency == currency) == same_currency
        alike = (accounts.party == owner) | accounts.shut
        pool = np.flatnonzero(among & kept_in & alike)
        picked[rows] = _from_pool(pool, intents[rows], drawn[rows])
    return picked


def _from_pool(
    pool: NDArray[np.int64], intents: Intents, drawn: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Take the account drawn, or the next that is not a party of the intent already."""
    if len(pool) == 0:
        return np.full(len(intents), NOBODY, np.int64)
    places = (drawn * len(pool)).astype(np.int64)
    for _ in ("debtor", "creditor"):
        places = np.where(_taken(pool[places], intents), (places + 1) % len(pool), places)
    return np.where(_taken(pool[places], intents), NOBODY, pool[places])


def _taken(accounts: NDArray[np.int64], intents: Intents) -> NDArray[np.bool_]:
    taken: NDArray[np.bool_] = (accounts == intents["debtor_account"]) | (
        accounts == intents["creditor_account"]
    )
    return taken
