"""What actors want of the network in one tick: the stream before it is carried."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

INTENT_DTYPE = np.dtype(
    [
        ("tx_id", "i8"),
        ("draw_key", "i8"),
        ("created_ns", "i8"),
        ("kind", "i2"),
        ("channel", "i2"),
        ("customer_id", "i8"),
        ("debtor_account", "i8"),
        ("creditor_account", "i8"),
        ("amount_minor", "i8"),
        ("currency", "i2"),
        ("e_minor", "i8"),
        ("right_debtor", "i8"),
        ("right_creditor", "i8"),
        ("typology", "i2"),
        ("campaign_id", "i4"),
        ("trap", "i2"),
        ("is_fraud", "?"),
        ("device", "i8"),
        ("place", "i1"),
        ("proves", "?"),
        ("copies", "i2"),
        ("copy_gap_ns", "i8"),
        ("may_retry", "?"),
        ("mishap", "i4"),
        ("mishap_value", "i8"),
        ("original_tx_id", "i8"),
        ("batch_id", "i4"),
        ("business_date", "i4"),
        ("second_purpose", "i1"),
        ("second_currency", "i2"),
        ("second_debtor", "i8"),
        ("second_creditor", "i8"),
        ("second_amount_minor", "i8"),
    ]
)
"""One row per intent. `draw_key` is the intent's own name for keyed draws (stable when others come
and go); `tx_id` its running number. `e_minor`, `right_debtor`, `right_creditor` are the truth of
what the customer wanted; `amount_minor`, `debtor_account`, `creditor_account` what is submitted.
`device` is the id of the phone or computer it is made with (0: none), `place` where that is (a
code of the vocabulary "place"; -1: nobody is present), and `proves` whether whoever makes it can
prove to be the customer when asked. `copies` > 1 submits the same intent again, `copy_gap_ns`
apart (an impatient thumb). `may_retry` keeps a failed intent open until its actor resubmits or
closes it. `typology`/`trap` 0: none.
`mishap` holds bits of `Mishap`, and `mishap_value` what they say; `original_tx_id` is the intent
that this one puts right (-1: none). Items of a batch carry its number (0: none) and its business
date [days since 1970-01-01]. The second leg (`LegPurpose`; 0: none, and then its other columns say
nothing) is a movement of its own: from whom to whom, in which currency, how much. World accounts
are accounts too; -1 where no money moves."""

RESUBMISSION_DTYPE = np.dtype([("tx_id", "i8"), ("at_ns", "i8"), ("may_retry", "?")])
"""A person's second try at an open intent."""


BLOCK_DTYPE = np.dtype([("account", "i8"), ("at_ns", "i8"), ("blocked", "?"), ("by_bank", "?")])
"""A customer has his account blocked, because he noticed a theft, or lets it be opened again; or
his bank does (`by_bank`), because it suspects him. Each takes back one block of its own."""


def no_blocks() -> NDArray[np.void]:
    """Return an empty table of blocks."""
    return np.empty(0, BLOCK_DTYPE)


def no_intents() -> NDArray[np.void]:
    """Return an empty intent table."""
    return np.empty(0, INTENT_DTYPE)


def no_resubmissions() -> NDArray[np.void]:
    """Return an empty resubmission table."""
    return np.empty(0, RESUBMISSION_DTYPE)


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What actors want of the network in one tick.

    Parameters
    ----------
    intents : structured array of INTENT_DTYPE, sorted by created_ns
    resubmissions : structured array of RESUBMISSION_DTYPE, sorted by at_ns
    closures : int64 array
        tx_ids that their actors have given up.
    blocks : structured array of BLOCK_DTYPE, sorted by at_ns
    """

    intents: NDArray[np.void] = field(default_factory=no_intents)
    resubmissions: NDArray[np.void] = field(default_factory=no_resubmissions)
    closures: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    blocks: NDArray[np.void] = field(default_factory=no_blocks)
