"""Payments beside the truth, batch by batch: what the findings join at the end of a run."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, deque

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.fraud_payments import Payments, beside
from sanket_sim.core.outcomes import Decline
from sanket_sim.live.reading.decisions import Decision, saying
from sanket_sim.trace.batch import Columns, TraceBatch, rows_in
from sanket_sim.trace.vocabulary import Vocabularies

_NO_FAULTS = np.empty((0, 2), np.int64)
_STEPS = {"freeze": 1, "thaw": -1}
_OWNER = "owner"
_STEPS_KEPT = 8
_COLUMNS = (
    "tx_id",
    "created_ns",
    "completed_ns",
    "customer_id",
    "debtor_account",
    "creditor_account",
    "amount_minor",
    "d_minor",
    "n_posted",
    "currency",
    "typology",
    "campaign_id",
    "is_fraud",
    "fraud_score",
    "fraud_decision",
    "decline_reason",
    "original_tx_id",
    "leak_class",
)


class BlockLog:
    """Whose blocks lie on accounts; `analysis.account_blocks` while the run goes on.

    Of each account the newest steps are kept: payments are looked at soon after their answer.
    """

    def __init__(self, words: Vocabularies) -> None:
        self._words = words
        self._left: Counter[tuple[int, bool]] = Counter()
        self._steps: dict[int, deque[tuple[int, bool]]] = {}

    def observe(self, decisions: Columns) -> list[int]:
        """Take up what was blocked and opened again; return what the bank itself has blocked."""
        found = map(self._step, saying(decisions, self._words, _STEPS.__contains__))
        return [account for account in found if account >= 0]

    def _step(self, ruling: Decision) -> int:
        account = ruling.account
        if account < 0:
            return -1
        owners, step, left = ruling.reason == _OWNER, _STEPS[ruling.said], self._left
        left[account, owners] = max(0, left[account, owners] + step)
        alone = left[account, True] > 0 and left[account, False] == 0
        steps = self._steps.setdefault(account, deque(maxlen=_STEPS_KEPT))
        steps.append((ruling.time_ns, alone))
        return account if step > 0 and not owners else -1

    def by_bank(self, account: int) -> bool:
        """Say whether the bank itself blocks an account now."""
        return self._left[account, False] > 0

    def by_owner(self, account: int) -> bool:
        """Say whether its owner blocks an account now."""
        return self._left[account, True] > 0

    def owner_alone(self, account: int, at_ns: int) -> bool:
        """Say whether nobody but its owner had blocked an account at an instant."""
        steps = self._steps.get(account, ())
        place = bisect_right(steps, at_ns, key=_instant)
        return place > 0 and steps[place - 1][1]


def _instant(step: tuple[int, bool]) -> int:
    return step[0]


class FraudRows:
    """Reads a batch as analysis reads a trace.

    Parameters
    ----------
    words : Vocabularies
    blocks : BlockLog
        Must have taken up the blocks of a batch before its payments are read.
    """

    def __init__(self, words: Vocabularies, blocks: BlockLog) -> None:
        self._words, self._blocks = words, blocks

    def read(self, batch: TraceBatch) -> Payments:
        """Return what ended in a batch, the truth beside it."""
        columns = {name: batch.transactions[name] for name in _COLUMNS}
        columns["owners_block"] = self._owners_block(columns)
        return beside(columns, _in_order(batch.truth), _NO_FAULTS, self._words["role"].words)

    def _owners_block(self, columns: Columns) -> NDArray[np.int64]:
        found = np.zeros(len(columns["decline_reason"]), np.int64)
        for row in np.flatnonzero(columns["decline_reason"] == Decline.ACCOUNT_FROZEN).tolist():
            account, at_ns = columns["debtor_account"][row], columns["completed_ns"][row]
            found[row] = self._blocks.owner_alone(int(account), int(at_ns))
        return found


def _in_order(truth: Columns) -> Columns:
    """Return the truth in the order of tx_id."""
    if rows_in(truth) <= 1:
        return truth
    order = np.argsort(truth["tx_id"], kind="stable")
    return {name: column[order] for name, column in truth.items()}
