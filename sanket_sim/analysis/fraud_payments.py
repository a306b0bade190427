"""The payments of a run beside the truth about them: what detection is judged by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.account_blocks import AccountBlocks
from sanket_sim.analysis.intents import judged
from sanket_sim.analysis.run_folder import FOREVER_NS, RunFolder
from sanket_sim.core.outcomes import Decline, FraudDecision
from sanket_sim.trace.batch import Columns, one_of, places_of, rows_in

Mask = NDArray[np.bool_]

JUDGED_BY = (
    "tx_id",
    "typology",
    "campaign_id",
    "fraud_score",
    "fraud_decision",
    "debtor_account",
)
SCORED = (FraudDecision.APPROVE, FraudDecision.STEP_UP, FraudDecision.DECLINE)
"""What the fraud service says when it was there to be asked."""
STOPPING = (
    Decline.SUSPECTED_FRAUD,
    Decline.NOT_AUTHENTICATED,
    Decline.ACCOUNT_FROZEN,
)
"""Reasons for a refusal that mean suspicion of fraud. An identity that is not verified is none: it
stops nobody but whoever has not become a customer, and a ring comes back with another one."""
ROBBING = ("victim", "identity")
"""Roles in the truth of those by whom others lose money: whoever is robbed, and an invented person
to whom the bank lends."""
_TRUTH = ("tx_id", "campaign_id", "typology", "twin", "stage", "role", "hop", "tainted_share")


@dataclass(frozen=True, slots=True)
class Payments:
    """Some payments, with what the bank's suspicion did to them, as columns of equal length.

    Parameters
    ----------
    columns : Columns
        Transactions; those that a fraudster or an honest twin made carry `typology` and
        `campaign_id` of the truth, and `twin`, `stage` and `role` (codes; -1 in everyone else's).
        `owners_block` is 1 where nothing but the owner's own block refused it.
    fraud : bool array
        The label.
    loss : bool array
        Fraud with money that is taken from its owner, or from the bank, here. What passes stolen
        money on, moves the criminals' own, or makes them look honest costs nobody anything.
    struck : bool array
        Born while a fault was on.
    """

    columns: Columns
    fraud: Mask
    loss: Mask
    struck: Mask

    def __len__(self) -> int:
        return len(self.fraud)

    @property
    def cover(self) -> Mask:
        """Clean money that a campaign spends to look honest: neither fraud nor honest."""
        theirs = (self.columns["campaign_id"] >= 0) & (self.columns["twin"] <= 0)
        return np.asarray(theirs & ~self.fraud)

    @property
    def honest(self) -> Mask:
        """Of no campaign; twins are honest."""
        return np.asarray(~self.fraud & ~self.cover)

    @property
    def twin(self) -> Mask:
        """Honest, but such as a fraud looks like."""
        return np.asarray((self.columns["twin"] > 0) & ~self.fraud)

    @property
    def scored(self) -> Mask:
        """Judged by the fraud service."""
        return one_of(self.columns["fraud_decision"], SCORED)

    @property
    def flagged(self) -> Mask:
        """Declined by the fraud service, or asked for a second factor."""
        return is_flagged(self.columns["fraud_decision"])

    @property
    def declined(self) -> Mask:
        """Declined by the fraud service itself."""
        return np.asarray(self.columns["fraud_decision"] == FraudDecision.DECLINE)

    @property
    def stopped(self) -> Mask:
        """Refused for suspicion of the bank's, whoever had it; nothing was moved."""
        suspected = one_of(self.columns["decline_reason"], STOPPING)
        return np.asarray(suspected & (self.columns["owners_block"] == 0))

    @property
    def unchecked(self) -> Mask:
        """Let through because the check itself failed (fail-open)."""
        return np.asarray(self.columns["fraud_decision"] == FraudDecision.UNCHECKED)

    @property
    def closed(self) -> Mask:
        """Refused because the check itself failed (fail-closed)."""
        decision = self.columns["fraud_decision"]
        unasked = decision == FraudDecision.NONE
        unasked &= self.columns["decline_reason"] == Decline.SUSPECTED_FRAUD
        return np.asarray((decision == FraudDecision.CLOSED) | unasked)

    @property
    def decided(self) -> Mask:
        """Judged, or executed without a judgement: what can have been caught or missed."""
        return np.asarray(self.scored | self.unchecked | (self.columns["d_minor"] > 0))

    @property
    def missed(self) -> Mask:
        """Fraud with money in it that was decided about and let through unflagged."""
        moving = self.columns["amount_minor"] > 0
        return np.asarray(self.fraud & self.decided & ~self.flagged & moving)

    @property
    def lost_minor(self) -> NDArray[np.int64]:
        """What was taken from its owner [minor units]."""
        return np.where(self.loss, np.maximum(self.columns["d_minor"], 0), 0)

    def where(self, keep: Mask) -> Payments:
        """Return some of the payments."""
        columns = {name: column[keep] for name, column in self.columns.items()}
        return Payments(columns, self.fraud[keep], self.loss[keep], self.struck[keep])


def is_flagged(decision: NDArray[np.integer]) -> Mask:
    """Say which decisions stood in an intent's way."""
    return one_of(decision, (FraudDecision.DECLINE, FraudDecision.STEP_UP))


def payments(run: RunFolder) -> Iterator[Payments]:
    """Yield the measured payments of customers part by part, the truth beside them.

    A trace without the table of truth is told apart by the labels of its transactions alone.
    """
    truth = _truth(run)
    outage, blocks = _faults(run), AccountBlocks(run)
    for judgement in judged(run, JUDGED_BY):
        columns = judgement.columns | {"owners_block": _owners_block(judgement.columns, blocks)}
        yield beside(columns, truth, outage, run.trace.words("role"))


def beside(
    columns: Columns, truth: Columns, faults: NDArray[np.int64], roles: list[str]
) -> Payments:
    """Put payments beside the truth about them.

    Parameters
    ----------
    columns : Columns
        Transactions, `owners_block` among them.
    truth : Columns
        In the order of tx_id.
    faults : int64 array, shape (faults, 2) [ns]
        When faults begin and end.
    roles : list of str
        The words behind the truth's roles.
    """
    place = places_of(truth["tx_id"], columns["tx_id"])
    known = place >= 0
    told = dict(columns)
    for name in ("twin", "stage", "role", "typology", "campaign_id"):
        said = truth[name][place] if rows_in(truth) else np.zeros(len(place), np.int64)
        told[name] = np.where(known, said, columns.get(name, np.int64(-1)))
    fraud = np.asarray(columns["is_fraud"], np.bool_)
    return Payments(told, fraud, _losses(truth, place, fraud, roles), _struck(told, faults))


def concatenated(parts: Sequence[Payments]) -> Payments:
    """Put parts together; none make an empty one."""
    if not parts:
        names = (*JUDGED_BY, "created_ns", "amount_minor", "d_minor", "currency", "decline_reason")
        nothing = np.empty(0, np.int64)
        none = np.empty(0, np.bool_)
        columns = dict.fromkeys((*names, "twin", "stage", "role", "owners_block"), nothing)
        return Payments(columns, none, none, none)
    columns = {
        name: np.concatenate([part.columns[name] for part in parts]) for name in parts[0].columns
    }
    masks = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("fraud", "loss", "struck")
    )
    return Payments(columns, *masks)


def sums_by_currency(
    rows: Payments, amounts_minor: NDArray[np.int64], words: list[str]
) -> dict[str, int]:
    """Add amounts up by currency, those of every payment given."""
    codes = rows.columns["currency"]
    return {words[c]: int(amounts_minor[codes == c].sum()) for c in np.unique(codes).tolist()}


def _truth(run: RunFolder) -> Columns:
    """Return the truth in the order of tx_id."""
    table = run.trace.columns("truth", _TRUTH)
    order = np.argsort(table["tx_id"], kind="stable")
    return {name: column[order] for name, column in table.items()}


def _owners_block(columns: Columns, blocks: AccountBlocks) -> NDArray[np.int64]:
    """Return 1 for what its owner's own block has refused, else 0."""
    found = np.zeros(len(columns["decline_reason"]), np.int64)
    rows = np.flatnonzero(columns["decline_reason"] == Decline.ACCOUNT_FROZEN)
    answered_ns = columns["completed_ns"][rows]
    found[rows] = blocks.owners_alone(columns["debtor_account"][rows], answered_ns)
    return found


def _faults(run: RunFolder) -> NDArray[np.int64]:
    """Return when faults begin and end, shape (faults, 2) [ns]."""
    windows = [(fault.begin_ns, min(fault.end_ns, FOREVER_NS)) for fault in run.faults]
    return np.array(windows, np.int64).reshape(-1, 2)


def _losses(truth: Columns, place: NDArray[np.int64], fraud: Mask, roles: list[str]) -> Mask:
    """Say which payments take money from its owner: every fraud, where no truth says otherwise."""
    if not rows_in(truth):
        return fraud
    robbing = np.array([word in ROBBING for word in roles])[truth["role"]]
    taking = robbing & (truth["hop"] == 0) & (truth["tainted_share"] > 0)
    return np.asarray(fraud & ((place < 0) | taking[place]))


def _struck(told: Columns, faults: NDArray[np.int64]) -> Mask:
    born_ns = told["created_ns"]
    struck = np.zeros(len(born_ns), np.bool_)
    for begin_ns, end_ns in faults.tolist():
        struck |= (born_ns >= begin_ns) & (born_ns < end_ns)
    return struck
