"""One wish, with everything that most wishes have in common filled in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sanket_sim.trace.arrivals import INTENT_DTYPE, no_intents


class Wish(NamedTuple):
    """A row of `INTENT_DTYPE`, field by field, with the values of an honest, ordinary wish."""

    tx_id: int = 0
    draw_key: int = 0
    created_ns: int = 0
    kind: int = 0
    channel: int = 0
    customer_id: int = -1
    debtor_account: int = -1
    creditor_account: int = -1
    amount_minor: int = 0
    currency: int = 0
    e_minor: int = 0
    right_debtor: int = -1
    right_creditor: int = -1
    typology: int = 0
    campaign_id: int = -1
    trap: int = 0
    is_fraud: bool = False
    device: int = 0
    place: int = -1
    proves: bool = True
    copies: int = 1
    copy_gap_ns: int = 0
    may_retry: bool = False
    mishap: int = 0
    mishap_value: int = 0
    original_tx_id: int = -1
    batch_id: int = 0
    business_date: int = 0
    second_purpose: int = 0
    second_currency: int = -1
    second_debtor: int = -1
    second_creditor: int = -1
    second_amount_minor: int = 0

    def as_wanted(self) -> Wish:
        """Return the wish with the truth equal to what is submitted."""
        return self._replace(
            e_minor=self.amount_minor,
            right_debtor=self.debtor_account,
            right_creditor=self.creditor_account,
        )


def table_of(wishes: Sequence[Wish]) -> NDArray[np.void]:
    """Turn wishes into an intent table, in their order."""
    return np.array(wishes, dtype=INTENT_DTYPE) if wishes else no_intents()


def blank_intents(rows: int) -> NDArray[np.void]:
    """Return `rows` ordinary wishes to be filled in, column by column."""
    return np.full(rows, np.array(Wish(), dtype=INTENT_DTYPE), dtype=INTENT_DTYPE)


def in_order(tables: Sequence[NDArray[np.void]]) -> NDArray[np.void]:
    """Join intent tables in the order of time; ties by draw key, whatever made them."""
    intents = np.concatenate(tables) if len(tables) > 1 else tables[0]
    return intents[np.lexsort((intents["draw_key"], intents["created_ns"]))]
