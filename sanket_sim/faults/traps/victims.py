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
_ACCOUNTS_OF_TWO = 4
"""Accounts that two customers keep in one currency: current ones and savings."""


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
        picked[rows] = _from_pool(pool, intents[rows], drawn[rows], accounts.owner)
    return picked


def _from_pool(
    pool: NDArray[np.int64], intents: Intents, drawn: NDArray[np.float64], owner: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Take the account drawn, or the next that belongs to no party of the intent already."""
    if len(pool) == 0:
        return np.full(len(intents), NOBODY, np.int64)
    places = (drawn * len(pool)).astype(np.int64)
    for _ in range(_ACCOUNTS_OF_TWO):
        places = np.where(_taken(pool[places], intents, owner), (places + 1) % len(pool), places)
    return np.where(_taken(pool[places], intents, owner), NOBODY, pool[places])


def _taken(
    accounts: NDArray[np.int64], intents: Intents, owner: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Say which accounts belong to the debtor or the creditor; savings count as theirs."""
    taken = np.zeros(len(accounts), np.bool_)
    for side in ("debtor_account", "creditor_account"):
        party = intents[side]
        taken |= (accounts == party) | ((owner[accounts] >= 0) & (owner[accounts] == owner[party]))
    return taken
