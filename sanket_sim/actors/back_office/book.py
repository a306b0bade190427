"""The book of open orders: what was ordered, what was answered, and what the posting log says.

Rows are kept as they come and folded in at the instants at which somebody looks, each row only if
its own time has come by then. What is seen at an instant hence does not depend on the batches in
which the rows came.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sanket_sim.bank.description import Accounts, Bank
from sanket_sim.core.outcomes import Ack, Leg, Mishap, Phase
from sanket_sim.trace.batch import Columns, TraceBatch, places_of

Rows = NDArray[np.void]
Mask = NDArray[np.bool_]
Minor = NDArray[np.int64]

ORDER = np.dtype(
    [
        ("tx_id", "i8"),
        ("draw_key", "i8"),
        ("kind", "i2"),
        ("customer_id", "i8"),
        ("created_ns", "i8"),
        ("deadline_ns", "i8"),
        ("debtor", "i8"),
        ("creditor", "i8"),
        ("amount_minor", "i8"),
        ("currency", "i2"),
        ("second_purpose", "i1"),
        ("second_currency", "i2"),
        ("second_debtor", "i8"),
        ("second_creditor", "i8"),
        ("second_amount_minor", "i8"),
        ("batch_id", "i4"),
        ("reference", "i8"),
        ("cancelled_ns", "i8"),
        ("read_alike", "?"),
        ("presented", "?"),
        ("wish_minor", "i8"),
        ("wish_debtor", "i8"),
        ("wish_creditor", "i8"),
        ("told", "i1"),
        ("last_ns", "i8"),
        ("posted_ns", "i8"),
        ("held_ns", "i8"),
        ("held_minor", "i8"),
        ("resolved_ns", "i8"),
        ("expired", "?"),
        ("debits", "i4"),
        ("d_minor", "i8"),
        ("c_minor", "i8"),
        ("x_minor", "i8"),
        ("elsewhere", "i8"),
        ("second_d_minor", "i8"),
        ("second_c_minor", "i8"),
        ("second_x_minor", "i8"),
        ("second_elsewhere", "i8"),
        ("overdrew", "i8"),
        ("counted", "?"),
        ("excess", "?"),
        ("ended", "?"),
        ("suspect", "?"),
        ("overheard", "?"),
        ("reported", "i4"),
        ("pursued", "?"),
        ("files", "i4"),
    ]
)
"""An order and what has become of it. Up to `second_amount_minor` as submitted; -1: none.
`reference` is the payment that a refund names, `cancelled_ns` when the sender cancelled it,
`read_alike`: the door misread it, so all of the bank's own books agree on the wrong amount,
`presented`: the payee claims the money. `wish_*` is what the customer wanted; only complaints look
at it. Then the answer, and sums over the log's rows of each leg: debited from the ordered debtor
(`d`), credited to the ordered creditor (`c`), to anyone else (`x`, on the account `elsewhere`).
`overdrew` is the account that had less to spend than the order took. `files` counts the desks that
still hold the order; `suspect`: the end of the day will ask about it; `overheard`: whether its
customer will complain has been settled; `reported`: its breaks on record; `pursued`: one of them
has been, or is, investigated."""

ANSWER = np.dtype([("tx_id", "i8"), ("answered_ns", "i8"), ("ack", "i1")])
POSTING = np.dtype(
    [
        ("tx_id", "i8"),
        ("posted_ns", "i8"),
        ("leg", "i1"),
        ("account_id", "i8"),
        ("amount_minor", "i8"),
        ("currency", "i2"),
        ("phase", "i1"),
    ]
)
_AS_SUBMITTED = {
    "tx_id": "tx_id",
    "draw_key": "draw_key",
    "kind": "kind",
    "customer_id": "customer_id",
    "created_ns": "created_ns",
    "last_ns": "created_ns",
    "debtor": "debtor_account",
    "creditor": "creditor_account",
    "amount_minor": "amount_minor",
    "currency": "currency",
    "second_purpose": "second_purpose",
    "second_currency": "second_currency",
    "second_debtor": "second_debtor",
    "second_creditor": "second_creditor",
    "second_amount_minor": "second_amount_minor",
    "batch_id": "batch_id",
    "wish_minor": "e_minor",
    "wish_debtor": "right_debtor",
    "wish_creditor": "right_creditor",
}
_NEVER = ("deadline_ns", "posted_ns", "held_ns", "resolved_ns", "cancelled_ns")
_NOBODY = ("elsewhere", "second_elsewhere", "overdrew")


class Queue:
    """Rows that have come and whose time is still to be asked for.

    Examples
    --------
    >>> queue = Queue(ANSWER, "answered_ns")
    >>> queue.put(np.array([(1, 10, 1), (2, 20, 1)], ANSWER))
    >>> queue.take(20)["tx_id"].tolist(), queue.take(21)["tx_id"].tolist()
    ([1], [2])
    """

    def __init__(self, dtype: np.dtype[np.void], clock: str) -> None:
        self._parts: list[Rows] = [np.empty(0, dtype)]
        self._clock = clock

    def put(self, rows: Rows) -> None:
        """Append rows."""
        if len(rows):
            self._parts.append(rows)

    def take(self, before_ns: int) -> Rows:
        """Return, and forget, the rows from before an instant, in the order in which they came."""
        rows = np.concatenate(self._parts)
        due = rows[self._clock] < before_ns
        self._parts = [rows[~due]]
        taken: Rows = rows[due]
        return taken


class Book:
    """Orders that are open to doubt, and every account's balance, as of the last look.

    Parameters
    ----------
    bank : Bank
    accounts : Accounts
    """

    def __init__(self, bank: Bank, accounts: Accounts) -> None:
        self.rows: Rows = np.empty(0, ORDER)
        self.balances_minor: Minor = accounts.opening_minor.astype(np.int64)
        self.available_minor = self.balances_minor.copy()
        self._no_overdraft = accounts.no_overdraft
        self._moves_money = np.array([route.moves_money for route in bank.routes])
        self._deadlines_ns = np.array([route.deadline_ns for route in bank.routes])
        self._orders = Queue(ORDER, "created_ns")
        self._answers = Queue(ANSWER, "answered_ns")
        self._postings = Queue(POSTING, "posted_ns")
        self._ended: list[tuple[int, Minor]] = []

    def admit(self, intents: Rows) -> None:
        """Note what the bank is about to be asked."""
        self._orders.put(self._orders_of(intents[self._moves_money[intents["kind"]]]))

    def hear(self, batch: TraceBatch) -> None:
        """Note what became of it."""
        self._answers.put(_table(batch.answers, ANSWER))
        self._postings.put(_table(batch.postings, POSTING))
        self._ended.append((batch.end_ns, batch.transactions["tx_id"]))

    def look(self, now_ns: int) -> None:
        """Bring the rows to what was known just before an instant."""
        new = self._orders.take(now_ns)
        rows = np.concatenate([self.rows, new]) if len(new) else self.rows
        self.rows = rows[np.argsort(rows["tx_id"], kind="stable")]
        self._fold_answers(self._answers.take(now_ns))
        self._fold_postings(self._postings.take(now_ns))
        self._note_ended(now_ns)

    def tidy(self, ripe: Mask) -> None:
        """Forget what has ended, is ripe, and lies on nobody's desk.

        Nothing can happen to an order that has ended, so forgetting it changes no later finding.
        """
        rows = self.rows
        holds = rows["held_ns"] > rows["resolved_ns"]
        kept = ~rows["ended"] | ~ripe | holds | rows["suspect"] | (rows["files"] > 0)
        self.rows = rows[kept | (rows["overdrew"] >= 0)]

    def row(self, tx_id: int) -> Rows:
        """Return one order that lies on a desk, as an array of length 1."""
        place = int(np.searchsorted(self.rows["tx_id"], tx_id))
        row = self.rows[place : place + 1]
        assert row["tx_id"].tolist() == [tx_id], "what lies on a desk stays in the book"
        return row

    def lay_out(self, tx_id: int) -> None:
        """Put an order on one more desk: it is kept until it is put away there."""
        self.row(tx_id)["files"] += 1

    def put_away(self, tx_id: int) -> None:
        """Take an order off a desk."""
        self.row(tx_id)["files"] -= 1

    def places(self, tx_ids: Minor) -> Minor:
        """Return the place of each order, -1 for one that is not in the book."""
        return places_of(self.rows["tx_id"], tx_ids)

    def _orders_of(self, intents: Rows) -> Rows:
        rows = np.zeros(len(intents), ORDER)
        for name, source in _AS_SUBMITTED.items():
            rows[name] = intents[source]
        for name in (*_NEVER, *_NOBODY):
            rows[name] = -1
        allowed_ns = self._deadlines_ns[rows["kind"]]
        rows["deadline_ns"] = np.where(allowed_ns > 0, rows["created_ns"] + allowed_ns, -1)
        _note_what_was_said(rows, intents["mishap"], intents["mishap_value"])
        return rows

    def _fold_answers(self, answers: Rows) -> None:
        """Note what customers were told: the first success stands, otherwise the last word."""
        places = self.places(answers["tx_id"])
        answers, places = answers[places >= 0], places[places >= 0]
        rows = self.rows
        still = rows["told"][places] != Ack.OK
        rows["told"][places[still]] = answers["ack"][still]
        rows["told"][places[answers["ack"] == Ack.OK]] = Ack.OK
        np.maximum.at(rows["last_ns"], places, answers["answered_ns"])

    def _fold_postings(self, postings: Rows) -> None:
        places = self.places(postings["tx_id"])
        postings, places = postings[places >= 0], places[places >= 0]
        rows = self.rows
        np.maximum.at(rows["last_ns"], places, postings["posted_ns"])
        posted = postings["phase"] == Phase.POSTED
        principal = postings["leg"] == Leg.PRINCIPAL
        np.maximum.at(rows["posted_ns"], places[posted], postings["posted_ns"][posted])
        self._fold_holds(postings[principal], places[principal])
        self._fold_balances(postings, places)
        for leg, prefix in ((principal, ""), (~principal, "second_")):
            self._fold_leg(postings[posted & leg], places[posted & leg], prefix)

    def _fold_holds(self, postings: Rows, places: Minor) -> None:
        rows, opened = self.rows, postings["phase"] == Phase.PENDING
        np.maximum.at(rows["held_ns"], places[opened], postings["posted_ns"][opened])
        np.maximum.at(rows["resolved_ns"], places[~opened], postings["posted_ns"][~opened])
        rows["expired"][places[postings["phase"] == Phase.EXPIRED]] = True

    def _fold_leg(self, postings: Rows, places: Minor, prefix: str) -> None:
        rows, minor = self.rows, postings["amount_minor"]
        debtor, creditor = (rows[f"{prefix}{end}"][places] for end in ("debtor", "creditor"))
        to_himself = (debtor == creditor) & (minor > 0)
        of_debtor = (postings["account_id"] == debtor) & ~to_himself
        of_creditor = (postings["account_id"] == creditor) & ~of_debtor
        other = ~of_debtor & ~of_creditor
        np.subtract.at(rows[f"{prefix}d_minor"], places[of_debtor], minor[of_debtor])
        np.add.at(rows[f"{prefix}c_minor"], places[of_creditor], minor[of_creditor])
        np.add.at(rows[f"{prefix}x_minor"], places[other], minor[other])
        rows[f"{prefix}elsewhere"][places[other]] = postings["account_id"][other]
        if prefix:
            rows["second_currency"][places] = postings["currency"]
        else:
            np.add.at(rows["debits"], places[of_debtor & (minor < 0)], 1)

    def _fold_balances(self, postings: Rows, places: Minor) -> None:
        """Follow the log row by row, and mark what took more than an account had to spend.

        Where there was a hold, it is the hold that took it.
        """
        account, posted = postings["account_id"], postings["phase"] == Phase.POSTED
        np.add.at(self.balances_minor, account[posted], postings["amount_minor"][posted])
        moved = self._spendable_minor(postings, places)
        after = _running(self.available_minor, account, moved)
        below = (after < 0) & (moved < 0) & self._no_overdraft[account]
        below &= (postings["phase"] == Phase.PENDING) | (self.rows["held_ns"][places] < 0)
        self.rows["overdrew"][places[below]] = account[below]
        np.add.at(self.available_minor, account, moved)

    def _spendable_minor(self, postings: Rows, places: Minor) -> Minor:
        """Return what each row adds to what its account may spend.

        A hold takes it away, its end gives it back, and so does the first capture.
        """
        rows, minor, phase = self.rows, postings["amount_minor"], postings["phase"]
        own = postings["account_id"] == rows["debtor"][places]
        opens, posted = own & (phase == Phase.PENDING), phase == Phase.POSTED
        lapses = own & (phase != Phase.PENDING) & ~posted
        np.subtract.at(rows["held_minor"], places[opens], minor[opens])
        captures = np.flatnonzero(own & posted & (postings["leg"] == Leg.PRINCIPAL))
        captured, first = np.unique(places[captures], return_index=True)
        moved = minor * (posted | opens) - minor * lapses
        moved[captures[first]] += rows["held_minor"][captured]
        rows["held_minor"][captured] = 0
        rows["held_minor"][places[lapses]] = 0
        return np.asarray(moved)

    def _note_ended(self, now_ns: int) -> None:
        """Mark ended orders once every row of their batch has been folded in."""
        due = [tx_ids for end_ns, tx_ids in self._ended if end_ns <= now_ns]
        self._ended = [part for part in self._ended if part[0] > now_ns]
        places = self.places(np.concatenate(due) if due else np.empty(0, np.int64))
        self.rows["ended"][places[places >= 0]] = True


def _note_what_was_said(rows: Rows, mishap: Minor, value: Minor) -> None:
    """Take from an intent's mishaps what the bank is told: references, cancellations, claims."""
    referred, reversed_ = (mishap & bit != 0 for bit in (Mishap.REFERRED, Mishap.REVERSED))
    rows["reference"] = np.where(referred, value, -1)
    rows["cancelled_ns"] = np.where(reversed_, rows["created_ns"] + value // 2, -1)
    rows["read_alike"] = mishap & (Mishap.WRONG_EXPONENT | Mishap.FOREIGN_NOTATION) != 0
    rows["presented"] = mishap & Mishap.CAPTURE_LATE == 0


def _table(columns: Columns, dtype: np.dtype[np.void]) -> Rows:
    assert dtype.names is not None
    table = np.empty(len(columns["tx_id"]), dtype)
    for name in dtype.names:
        table[name] = columns[name]
    return table


def _running(opening_minor: Minor, account: Minor, minor: Minor) -> Minor:
    """Return the balance of each row's account after it.

    Examples
    --------
    >>> _running(np.array([10, 0]), np.array([0, 1, 0]), np.array([-4, 5, -8])).tolist()
    [6, 5, -2]
    """
    order = np.argsort(account, kind="stable")
    account, minor = account[order], minor[order]
    total = np.cumsum(minor)
    first = np.searchsorted(account, account, side="left")
    after = np.empty(len(minor), np.int64)
    after[order] = opening_minor[account] + total - total[first] + minor[first]
    return after
