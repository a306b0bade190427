"""What the bank charges for a payment: a second leg from the debtor to its fee income."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sanket_sim.actors.chart import world_account
from sanket_sim.bank.description import Bank, Party
from sanket_sim.core.outcomes import LegPurpose


class Fees:
    """The bank's tariff, by route.

    Parameters
    ----------
    bank : Bank

    Examples
    --------
    >>> from sanket_sim.actors.intents import Wish, table_of
    >>> from sanket_sim.bank.description import Route
    >>> fees = Fees(Bank("corner", (), (), (), (Route("wire", 0, fee_minor=150),)))
    >>> wires = table_of([Wish(debtor_account=90, amount_minor=4000)])
    >>> fees.charge(wires)
    >>> wires["second_debtor"].tolist(), wires["second_amount_minor"].tolist()
    ([90], [150])
    """

    def __init__(self, bank: Bank) -> None:
        currency = [bank.currencies.index(route.currency) for route in bank.routes]
        self._minor = np.array([route.fee_minor for route in bank.routes], dtype=np.int64)
        self._currency = np.array(currency, dtype=np.int64)
        self._income = np.array([world_account(Party.FEES, code) for code in currency])

    def charge(self, intents: NDArray[np.void]) -> None:
        """Add the fee's leg to payments that cost something.

        An intent has one second leg at most: what is converted is charged in its rate.
        """
        if not self._minor.any():
            return
        kind = intents["kind"]
        moving = (intents["debtor_account"] >= 0) & (intents["amount_minor"] > 0)
        single = intents["second_purpose"] == LegPurpose.NONE
        due = np.flatnonzero((self._minor[kind] > 0) & moving & single)
        kind = kind[due]
        intents["second_purpose"][due] = LegPurpose.FEE
        intents["second_currency"][due] = self._currency[kind]
        intents["second_debtor"][due] = intents["debtor_account"][due]
        intents["second_creditor"][due] = self._income[kind]
        intents["second_amount_minor"][due] = self._minor[kind]
