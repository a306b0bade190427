"""A bank small enough to reason about, and a till that answers at once: for tests of actors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import pandas as pd

from sanket_sim.actors import City, Demand, PopulationSettings
from sanket_sim.bank.description import Bank, BatchRun, Controls, Party, Route
from sanket_sim.core.outcomes import Ack, Decline, Outcome
from sanket_sim.core.units import NS_PER_S
from sanket_sim.trace import schema
from sanket_sim.trace.batch import TraceBatch


@dataclass(frozen=True)
class Spread:
    """Uniform amounts or times in [low, high)."""

    low: int
    high: int
    mean_s: float = 0.0
    variance_s2: float = 0.0

    def ns(self, u):
        return self.low + int((self.high - self.low) * u)


CUSTOMER, MERCHANT = Party.CUSTOMER, Party.MERCHANT
ROUTES = (
    Route("transfer", 0, 0.3, 0, CUSTOMER, CUSTOMER, Spread(100, 50_000), {"app": 0.7, "web": 0.3}),
    Route("card_payment", 0, 0.5, 0, CUSTOMER, MERCHANT, Spread(100, 9_000), {"card": 1.0}),
    Route("salary", 0, 0.05, 0, Party.EMPLOYER, CUSTOMER, Spread(150_000, 400_000)),
    Route("refund", 0, 0.05, 0, MERCHANT, CUSTOMER, Spread(100, 9_000), reverses="card_payment"),
    Route("balance_enquiry", 0, 0.06),
    Route("login", 0, 0.04),
)


CHANNELS = ("app", "web", "card", "branch", "atm")
_DESKS = {"branch": 0.6, "atm": 0.4}
FRAUD_ROUTES = (
    *ROUTES,
    Route("cash_deposit", 0, 0.05, 0, Party.CASH, CUSTOMER, Spread(1_000, 90_000), _DESKS),
    Route("cash_withdrawal", 0, 0.05, 0, CUSTOMER, Party.CASH, Spread(1_000, 40_000), _DESKS),
    Route("instant", 0, 0.05, 0, CUSTOMER, Party.OTHER_BANK, Spread(100, 90_000), {"app": 1.0}),
    Route("inbound", 0, 0.05, 0, Party.OTHER_BANK, CUSTOMER, Spread(100, 90_000)),
    Route("bill", 0, 0.05, 0, CUSTOMER, Party.BILLER, Spread(1_000, 30_000), {"web": 1.0}),
    Route("credit_line", 0, 0, 0, Party.LENDER, CUSTOMER, Spread(9_000, 90_000), {"app": 1.0}),
    Route("repayment", 0, 0, 0, CUSTOMER, Party.LENDER, Spread(9_000, 90_000), {"app": 1.0}),
    Route("application", 0, 0),
    Route("limit_raise", 0, 0),
)
"""Everything that any kind of fraud needs."""

CURRENCIES = ("EUR", "USD", "GBP", "JPY", "KWD")
RATES = {
    "USD": Fraction("1.1"),
    "GBP": Fraction("0.86"),
    "JPY": Fraction("163.25"),
    "KWD": Fraction("0.332"),
}
MONEY_ROUTES = (
    *ROUTES,
    Route("abroad", 0, 0.2, 0, CUSTOMER, Party.OTHER_BANK, Spread(100, 900), currency="GBP"),
    Route("to_friend", 0, 0.1, 0, CUSTOMER, CUSTOMER, Spread(100, 900), currency="USD"),
    Route("card_abroad", 0, 0.1, 0, CUSTOMER, MERCHANT, Spread(1_000, 9_000), currency="JPY"),
    Route(
        "remittance",
        0,
        0.2,
        0,
        CUSTOMER,
        Party.OTHER_BANK,
        Spread(1_000, 90_000),
        fee_minor=250,
        converts_to={"USD": 0.5, "JPY": 0.2, "KWD": 0.2, "EUR": 0.1},
    ),
    Route(
        "from_abroad",
        0,
        0.1,
        0,
        Party.OTHER_BANK,
        CUSTOMER,
        Spread(1_000, 90_000),
        currency="USD",
        converts_to={"EUR": 0.7, "KWD": 0.3},
    ),
    Route("wire", 0, 0.1, 0, CUSTOMER, Party.OTHER_BANK, Spread(100, 50_000), fee_minor=120),
)
PAYROLL = BatchRun(every_ns=25 * NS_PER_S, size=90, rate_per_s=7.0)
DOLLARS = BatchRun(every_ns=10 * NS_PER_S, size=12, rate_per_s=4.5)
BATCH_ROUTES = (
    *MONEY_ROUTES,
    Route("payroll", 0, 0, 0, Party.EMPLOYER, CUSTOMER, Spread(150_000, 400_000), batch=PAYROLL),
    Route(
        "pension_abroad",
        0,
        0,
        0,
        Party.OTHER_BANK,
        CUSTOMER,
        Spread(1_000, 9_000),
        currency="USD",
        fee_minor=30,
        batch=DOLLARS,
    ),
)


def money_bank(routes=MONEY_ROUTES, **more):
    """The small bank with five currencies, conversion and fees."""
    return replace(bank(routes), currencies=CURRENCIES, rates=RATES, **more)


def bank(routes=ROUTES, **controls):
    return Bank("small", (), (), (), routes, Controls(**controls), channels=CHANNELS)


def flat(rate_per_s, lasts_s, customers):
    each = np.array([rate_per_s / customers])
    return Demand(np.array([0, lasts_s * NS_PER_S]), each, each.copy())


def city(customers=200, rate_per_s=50.0, lasts_s=60, seed=7, campaigns=(), patience=None, **kw):
    people = {"customers": customers, "merchants": 40, "patience": patience or {}, "savings": 0}
    settings = PopulationSettings.model_validate(people | kw.get("people", {}))
    demand = kw.get("demand") or flat(rate_per_s, lasts_s, customers)
    later = {name: kw[name] for name in ("start", "twins", "plans") if name in kw}
    return City(kw.get("bank", bank()), settings, demand, seed, campaigns, **later)


def approve(_row, _submission):
    return {}


def in_words(table, columns, vocabularies):
    """A table of the trace as a frame, codes replaced by their words."""
    frame = pd.DataFrame(table)
    for column in columns:
        if column.vocabulary:
            words = np.array(vocabularies[column.vocabulary].words, dtype=object)
            frame[column.name] = words[frame[column.name].to_numpy()]
    return frame


class Till:
    """Answers every submission `delay_ns` after it was made, by a rule of the test."""

    def __init__(self, city, rule=None, delay_ns=NS_PER_S // 10):
        self.city, self.delay_ns = city, delay_ns
        self.rule = rule or approve
        self.rows, self.submissions, self.at_ns, self.pending = [], [], [], []
        self.closed, self.blocks, self.closed_batch = [], [], None
        self.tries, self.said = {}, {}
        self.now_ns = 0

    def tick(self, length_ns):
        end_ns = self.now_ns + length_ns
        arrivals = self.city.plan(self.now_ns, end_ns)
        arrivals.intents["tx_id"] = len(self.rows) + np.arange(len(arrivals.intents))
        self.city.admit(arrivals)
        self.blocks += arrivals.blocks.tolist()
        for wish in arrivals.intents:
            row = wish.copy()
            self.rows.append(row)
            self.tries[int(row["tx_id"])] = 1
            self.pending.append(
                (int(row["created_ns"]), int(row["tx_id"]), 0, bool(row["may_retry"]))
            )
        for tx_id, at_ns, may_retry in arrivals.resubmissions.tolist():
            assert self.now_ns <= at_ns < end_ns
            number = self.tries[tx_id]
            self.tries[tx_id] += 1
            self.submissions.append((tx_id, at_ns, may_retry))
            self.pending.append((at_ns, tx_id, number, may_retry))
        self.closed += arrivals.closures.tolist()
        self.city.learn(self._answers(end_ns))
        self.now_ns = end_ns
        return arrivals

    def run(self, until_ns, length_ns):
        while self.now_ns < until_ns:
            self.tick(min(length_ns, until_ns - self.now_ns))
        return self

    def intents(self):
        return np.array(self.rows)

    def record(self):
        """End the run; return the batch that holds its whole truth."""
        if self.closed_batch is None:
            self.closed_batch = TraceBatch(self.now_ns)
            self.closed_batch.transactions = self._fates()
            self.city.close(self.closed_batch)
        return self.closed_batch

    def _fates(self):
        rows = self.intents()
        fates = schema.empty(schema.TRANSACTIONS)
        done = np.array([self.said.get(int(tx), Outcome.OK) == Outcome.OK for tx in rows["tx_id"]])
        outcome = np.array([self.said.get(int(tx), Outcome.OK) for tx in rows["tx_id"]])
        return fates | {
            "tx_id": rows["tx_id"],
            "created_ns": rows["created_ns"],
            "outcome": outcome,
            "customer_id": rows["customer_id"],
            "creditor_account": rows["creditor_account"],
            "device_id": np.where(rows["device"] == 0, -1, rows["device"]),
            "e_minor": rows["e_minor"],
            "d_minor": np.where(done, rows["e_minor"], 0),
            "completed_ns": rows["created_ns"] + self.delay_ns,
        }

    def _answers(self, end_ns):
        due = sorted(p for p in self.pending if p[0] + self.delay_ns < end_ns)
        self.pending = [p for p in self.pending if p[0] + self.delay_ns >= end_ns]
        batch = TraceBatch(end_ns)
        rows = [self._answer(*p) for p in due]
        if rows:
            batch.answers = {
                c.name: np.array([row[c.name] for row in rows], c.dtype) for c in schema.ANSWERS
            }
        return batch

    def _answer(self, at_ns, tx_id, submission, may_retry):
        row = self.rows[tx_id]
        said = {
            "outcome": Outcome.OK,
            "ack": Ack.OK,
            "decline_reason": Decline.NONE,
            "balance_minor": 100_000,
        } | self.rule(row, submission)
        self.said[tx_id] = said["outcome"]
        open_still = may_retry and said["ack"] != Ack.OK and said["outcome"] != Outcome.APP_ERROR
        return said | {
            "tx_id": tx_id,
            "draw_key": row["draw_key"],
            "customer_id": row["customer_id"],
            "kind": row["kind"],
            "answered_ns": at_ns + self.delay_ns,
            "submission": submission,
            "may_retry": open_still,
            "amount_minor": row["amount_minor"],
            "typology": row["typology"],
            "campaign_id": row["campaign_id"],
        }
