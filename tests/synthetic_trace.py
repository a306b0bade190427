"""A trace that no engine made: consistent by construction, with leaks, a fault and fraud in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.breaks import DETECTORS
from sanket_sim.analysis.decomposition import decompose
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.bank.description import (
    Bank,
    Edge,
    Operation,
    Route,
    Service,
    WaitMode,
)
from sanket_sim.core.draws import Draws
from sanket_sim.core.outcomes import (
    Ack,
    Decline,
    FraudDecision,
    LeakClass,
    Leg,
    LegPurpose,
    Outcome,
    Phase,
    ReplicaState,
)
from sanket_sim.trace import schema
from sanket_sim.trace.batch import Columns, TraceBatch
from sanket_sim.trace.manifest import Manifest
from sanket_sim.trace.vocabulary import Vocabularies
from sanket_sim.trace.writer import TraceWriter

MS, S = 1_000_000, 1_000_000_000

# name, label, column and row on the map, replicas, workers, called by, share of calls, mean time
_SERVICES = [
    ("channels", "Channels", 0, 1, 4, 16, None, 1.0, 2),
    ("gateway", "API gateway", 1, 1, 4, 16, "channels", 1.0, 3),
    ("identity", "Identity", 2, 0, 3, 8, "gateway", 1.0, 5),
    ("payment", "Payment", 2, 1, 4, 16, "gateway", 0.8, 12),
    ("cards", "Cards", 2, 2, 3, 8, "gateway", 0.3, 8),
    ("fraud", "Fraud scoring", 3, 0, 3, 8, "payment", 1.0, 15),
    ("ledger", "Ledger", 3, 1, 3, 8, "payment", 1.0, 6),
    ("limits", "Limits", 3, 2, 2, 4, "payment", 0.6, 4),
    ("core", "Core banking", 4, 1, 2, 8, "ledger", 0.5, 9),
    ("aml", "AML screening", 4, 0, 2, 4, "fraud", 0.15, 25),
    ("clearing", "Clearing", 4, 2, 2, 4, "ledger", 0.3, 20),
    ("notification", "Notification", 5, 1, 2, 8, "core", 0.5, 5),
]
NAMES = [row[0] for row in _SERVICES]
KINDS = ["transfer", "card_payment", "correction"]
CAUGHT = '{"code": "T01", "control": "idempotency_key"}'
EXCHANGE = 5000
"""The bank's own position in euro; the next account is that in yen."""


def bank() -> Bank:
    """Twelve services laid out in columns, each with one operation, called as a tree."""
    services = tuple(
        Service(name, replicas, workers, x=float(x), y=float(y), label=label)
        if name != "limits"
        else Service(
            name, replicas, workers, x=float(x), y=float(y), label=label, wait_mode=WaitMode.ASYNC
        )
        for name, label, x, y, replicas, workers, *_ in _SERVICES
    )
    operations = tuple(Operation("do", place, (), 2 * MS) for place in range(len(services)))
    edges = tuple(
        Edge(f"{row[6] or 'client'}->{row[0]}", NAMES.index(row[6]) if row[6] else -1, place)
        for place, row in enumerate(_SERVICES)
    )
    return Bank(
        "synthetic",
        services,
        operations,
        edges,
        (Route("transfer", 0),),
        currencies=("EUR", "JPY"),
        rates={"EUR": Fraction(1), "JPY": Fraction(163)},
    )


@dataclass
class Plan:
    """What goes wrong, and how much of it."""

    rate_per_s: float = 40.0
    duration_s: int = 60
    warmup_s: int = 5
    fault: tuple[int, int] | None = (25, 35)
    struck: float = 0.3
    duplicates: float = 0.002
    converted: float = 0.0
    """Share of payments that reach the payee in yen."""
    found: float = 0.0
    """Share of leaks that reconciliation or a complaint brings up."""
    righted: float = 0.0
    """Share of leaks found that are put right."""
    alarms: int = 0
    """Breaks raised on payments that are sound."""
    fraud: float = 0.01
    complete: bool = True
    settings: str = ""


@dataclass
class _Hops:
    rows: dict[str, list[NDArray[np.int64]]] = field(default_factory=dict)
    next_id: int = 1

    def add(self, **columns: NDArray[np.int64]) -> NDArray[np.int64]:
        size = len(columns["tx_id"])
        ids = np.arange(self.next_id, self.next_id + size)
        self.next_id += size
        for name, column in {"hop_id": ids, **columns}.items():
            self.rows.setdefault(name, []).append(np.broadcast_to(column, size))
        return ids


class _Story:
    """Draws the calls of every intent, going down the tree of services."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.draws, self.hops = plan, Draws(7, "synthetic"), _Hops()
        count = int(plan.rate_per_s * plan.duration_s)
        self.tx_id = np.arange(1, count + 1)
        self.created_ns = np.sort(
            (self.draws.child("born").uniform(self.tx_id) * plan.duration_s * S).astype(np.int64)
        )

    def u(self, purpose: str) -> NDArray[np.float64]:
        return self.draws.child(purpose).uniform(self.tx_id)

    def exponential_ns(self, purpose: str, mean_ms: float) -> NDArray[np.int64]:
        return (-np.log(self.u(purpose)) * mean_ms * MS).astype(np.int64) + 1000

    def call(
        self,
        place: int,
        who: NDArray[np.int64],
        sent_ns: NDArray[np.int64],
        parent: NDArray[np.int64] | int,
        attempt: int = 1,
        stalled: bool = False,
    ) -> NDArray[np.int64]:
        """Call one service for the intents `who`; return when their answers are received."""
        name, mean_ms = NAMES[place], float(_SERVICES[place][8])
        wait = self.exponential_ns(f"{name} wait {attempt}", 1.5)[who]
        own = self.exponential_ns(f"{name} own {attempt}", mean_ms)[who]
        queued = sent_ns + 500_000
        begun = queued + wait
        ids = np.arange(self.hops.next_id, self.hops.next_id + len(who))
        at = self.hops.next_id
        self.hops.next_id += len(who)
        cursor = begun + own
        for child, row in enumerate(_SERVICES):
            if row[6] == name:
                cursor = self._call_child(child, who, cursor, ids)
        received = cursor + 500_000
        timed_out = np.zeros(len(who), np.bool_)
        if stalled and name == "payment":
            cursor = cursor + 5 * S
            received, timed_out = sent_ns + 1 * S, np.ones(len(who), np.bool_)
        resume, self.hops.next_id = self.hops.next_id, at
        self.hops.add(
            tx_id=self.tx_id[who],
            parent_hop_id=np.asarray(parent),
            caller=np.asarray(NAMES.index(_SERVICES[place][6]) + 1 if _SERVICES[place][6] else 0),
            service=np.asarray(place),
            operation=np.asarray(place),
            replica=self.tx_id[who] % _SERVICES[place][4],
            attempt=np.asarray(attempt),
            sent_ns=sent_ns,
            queued_ns=queued,
            begun_ns=begun,
            ended_ns=cursor,
            received_ns=received,
            outcome=np.where(timed_out, Outcome.TIMEOUT, Outcome.OK),
            committed=np.asarray(name == "ledger"),
            late=timed_out.astype(np.int64),
            cpu_ns=own // 2,
            queue_length=(wait > 3 * MS).astype(np.int64),
            fault_id=np.where(timed_out, 0, -1),
        )
        self.hops.next_id = resume
        return received

    def _call_child(
        self,
        child: int,
        who: NDArray[np.int64],
        cursor: NDArray[np.int64],
        ids: NDArray[np.int64],
    ) -> NDArray[np.int64]:
        takes = self.u(f"takes {NAMES[child]}")[who] < _SERVICES[child][7]
        stalls = takes & self.struck[who] & (NAMES[child] == "payment")
        plain, done = takes & ~stalls, cursor.copy()
        done[plain] = self.call(child, who[plain], cursor[plain], ids[plain])
        late = self.call(child, who[stalls], cursor[stalls], ids[stalls], 1, stalled=True)
        done[stalls] = self.call(child, who[stalls], late, ids[stalls], 2)
        return done

    @property
    def struck(self) -> NDArray[np.bool_]:
        if self.plan.fault is None:
            return np.zeros(len(self.tx_id), np.bool_)
        begin, end = self.plan.fault
        inside = (self.created_ns >= begin * S) & (self.created_ns < end * S)
        visits = self.u("takes payment") < _SERVICES[NAMES.index("payment")][7]
        return inside & visits & (self.u("struck") < self.plan.struck)


def _transactions(story: _Story, answered_ns: NDArray[np.int64]) -> Columns:
    plan, size = story.plan, len(story.tx_id)
    table = {c.name: np.zeros(size, c.dtype) for c in schema.TRANSACTIONS}
    amount = (500 + story.u("amount") * 20_000).astype(np.int64)
    fraud = story.u("fraud") < plan.fraud
    caught = fraud & (story.u("caught") < 0.8)
    alarmed = ~fraud & (story.u("alarm") < 0.002)
    failed = (story.struck & (story.u("fails") < 0.4)) | caught
    ghost = failed & ~caught & (story.u("ghost") < 0.25)
    double = ~failed & (story.u("double") < plan.duplicates)
    n = np.where(double, 2, np.where(failed & ~ghost, 0, 1))
    table |= {
        "tx_id": story.tx_id,
        "customer_id": story.tx_id % 500,
        "debtor_account": story.tx_id % 500,
        "creditor_account": 1000 + story.tx_id % 50,
        "right_debtor_account": story.tx_id % 500,
        "right_creditor_account": 1000 + story.tx_id % 50,
        "kind": (story.u("kind") < 0.3).astype(np.int16),
        "amount_minor": amount,
        "created_ns": story.created_ns,
        "deadline_ns": np.full(size, -1),
        "completed_ns": answered_ns,
        "outcome": np.where(caught, Outcome.APP_ERROR, np.where(failed, Outcome.TIMEOUT, 0)),
        "ack": np.where(failed, Ack.FAILED, Ack.OK),
        "decline_reason": np.where(caught, Decline.SUSPECTED_FRAUD, Decline.NONE),
        "attempts": np.ones(size, np.int32),
        "submissions": np.ones(size, np.int16),
        "typology": np.where(fraud, 1 + (story.tx_id % 2), 0),
        "campaign_id": np.where(fraud, story.tx_id % 2, -1),
        "trap": double.astype(np.int16),
        "is_fraud": fraud,
        "fraud_score": np.where(fraud, 0.4 + 0.6 * story.u("s"), 0.5 * story.u("s")),
        "fraud_decision": np.where(
            caught | alarmed,
            np.where(alarmed, FraudDecision.STEP_UP, FraudDecision.DECLINE),
            FraudDecision.APPROVE,
        ),
        "e_minor": amount,
        "d_minor": amount * n,
        "c_minor": amount * n,
        "n_posted": n,
        "posted_ns": np.where(n > 0, answered_ns, -1),
        "root_service": np.where(double, NAMES.index("ledger"), -1),
        "original_tx_id": np.full(size, -1),
    }
    table |= _second_legs(table, story.u("converted") < plan.converted)
    return judged(table)


def judged(table: Columns) -> Columns:
    """Write into transactions what the decomposition says of them."""
    parts = decompose(table)
    return table | {
        "leak_class": parts.leak_class,
        "glv_minor": parts.glv_minor,
        "second_glv_minor": parts.second_glv_minor,
    }


def _second_legs(table: Columns, converted: NDArray[np.bool_]) -> Columns:
    """Let payments go through the bank's position, and reach their payee in yen."""
    yen = np.where(converted, table["amount_minor"] * 163 // 100, 0)
    payee = np.where(converted, EXCHANGE, table["creditor_account"])
    return {
        "creditor_account": payee,
        "right_creditor_account": payee,
        "second_purpose": np.where(converted, LegPurpose.EXCHANGE, LegPurpose.NONE),
        "second_currency": np.where(converted, 1, -1),
        "second_debtor_account": np.where(converted, EXCHANGE + 1, -1),
        "second_creditor_account": np.where(converted, table["creditor_account"], -1),
        "second_e_minor": yen,
        "second_d_minor": yen * table["n_posted"],
        "second_c_minor": yen * table["n_posted"],
        "second_n_posted": np.where(converted, table["n_posted"], 0),
    }


def _correct(transactions: Columns, found: NDArray[np.int64]) -> Columns:
    """Append a correction for each of some leaked payments, which gives back all that leaked."""
    size = len(found)
    rows = {name: np.zeros(size, column.dtype) for name, column in transactions.items()}
    lost = transactions["glv_minor"][found]
    first = int(transactions["tx_id"].max()) + 1
    rows |= {
        "tx_id": first + np.arange(size),
        "kind": np.full(size, KINDS.index("correction")),
        "original_tx_id": transactions["tx_id"][found],
        "debtor_account": transactions["creditor_account"][found],
        "creditor_account": transactions["debtor_account"][found],
        "right_debtor_account": transactions["creditor_account"][found],
        "right_creditor_account": transactions["debtor_account"][found],
        "created_ns": transactions["completed_ns"][found] + 2 * S,
        "completed_ns": transactions["completed_ns"][found] + 3 * S,
        "posted_ns": transactions["completed_ns"][found] + 3 * S,
        "deadline_ns": np.full(size, -1),
        "campaign_id": np.full(size, -1),
        "second_currency": np.full(size, -1),
        "root_service": np.full(size, -1),
        "ack": np.full(size, Ack.OK),
        **dict.fromkeys(("amount_minor", "e_minor", "d_minor", "c_minor"), lost),
        "n_posted": np.ones(size, np.int64),
    }
    return {name: np.concatenate([transactions[name], rows[name]]) for name in transactions}


def _decisions(transactions: Columns, plan: Plan) -> tuple[Columns, NDArray[np.int64]]:
    """Return breaks, and the rows of the payments that are to be put right."""
    leaks = np.flatnonzero(transactions["leak_class"] != LeakClass.NONE)
    found = leaks[: round(plan.found * len(leaks))]
    sound = np.flatnonzero(transactions["leak_class"] == LeakClass.NONE)[-plan.alarms :]
    raised = np.concatenate([found, sound if plan.alarms else sound[:0]])
    columns = {
        "time_ns": transactions["completed_ns"][raised] + S,
        "actor": np.arange(len(raised)) % len(DETECTORS),
        "decision": np.zeros(len(raised)),
        "subject": np.arange(len(raised)) % 2,
        "tx_id": transactions["tx_id"][raised],
        "reason": np.zeros(len(raised)),
    }
    return columns, found[: round(plan.righted * len(found))]


def _postings(transactions: Columns) -> Columns:
    principal = _leg_postings(transactions, "", "amount_minor")
    second = _leg_postings(transactions, "second_", "second_e_minor")
    legs = {name: np.concatenate([principal[name], second[name]]) for name in principal}
    return legs | {
        "posting_id": np.arange(1, len(legs["tx_id"]) + 1),
        "transfer_id": np.arange(len(legs["tx_id"])) // 2,
    }


def _leg_postings(transactions: Columns, prefix: str, amount: str) -> Columns:
    rows = np.repeat(np.arange(len(transactions["tx_id"])), 2 * transactions[f"{prefix}n_posted"])
    side = np.arange(len(rows)) % 2
    ends = [transactions[f"{prefix}{end}_account"][rows] for end in ("debtor", "creditor")]
    amount = transactions[amount][rows]
    return {
        "tx_id": transactions["tx_id"][rows],
        "leg": np.full(len(rows), Leg.SECOND if prefix else Leg.PRINCIPAL),
        "account_id": np.where(side == 0, *ends),
        "amount_minor": np.where(side == 0, -amount, amount),
        "currency": transactions[f"{prefix}currency"][rows],
        "phase": np.full(len(rows), Phase.POSTED),
        "posted_ns": transactions["completed_ns"][rows],
        "service": np.full(len(rows), NAMES.index("ledger")),
    }


def _gauges(hops: Columns, duration_s: int) -> Columns:
    rows = []
    seconds = np.arange(1, duration_s + 1) * S
    for place, row in enumerate(_SERVICES):
        for replica in range(row[4]):
            here = (hops["service"] == place) & (hops["replica"] == replica)
            begun, ended = np.sort(hops["begun_ns"][here]), np.sort(hops["ended_ns"][here])
            queued = np.sort(hops["queued_ns"][here])
            # The integral of the number at work up to t, minus that up to a second before.
            area = [_area(begun, t) - _area(ended, t) for t in (seconds, seconds - S)]
            at = [np.searchsorted(events, seconds) for events in (queued, begun, ended)]
            cpu = np.bincount(
                np.minimum(hops["begun_ns"][here] // S, duration_s), hops["cpu_ns"][here]
            )
            cpu = np.pad(cpu, (0, duration_s + 1))[:duration_s]
            rows.append(
                {
                    "time_ns": seconds,
                    "service": np.full(duration_s, place),
                    "replica": np.full(duration_s, replica),
                    "state": np.full(duration_s, ReplicaState.UP),
                    "busy": at[1] - at[2],
                    "busy_ns": area[0] - area[1],
                    "queue_length": at[0] - at[1],
                    "arrivals": np.diff(at[0], prepend=0),
                    "completions": np.diff(at[2], prepend=0),
                    "cpu_ns": cpu.astype(np.int64),
                    "power_w": np.full(duration_s, 5.0),
                }
            )
    return {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}


def _area(events: NDArray[np.int64], at: NDArray[np.int64]) -> NDArray[np.int64]:
    sums = np.concatenate([[0], np.cumsum(events)])
    before = np.searchsorted(events, at)
    return before * at - sums[before]


def _faults(plan: Plan) -> Columns:
    whole = (0, plan.duration_s)
    rows = [(0, 0, *plan.fault, plan.struck)] if plan.fault else []
    rows += [(1, 1, *whole, plan.duplicates)] if plan.duplicates else []
    table = {c.name: np.zeros(len(rows), c.dtype) for c in schema.FAULTS}
    for place, (number, word, begin_s, end_s, share) in enumerate(rows):
        table["fault_id"][place] = number
        for name in ("kind", "target", "parameters"):
            table[name][place] = word
        table["begin_ns"][place], table["end_ns"][place] = begin_s * S, end_s * S
        table["probability"][place] = share
    return table


def _words() -> Vocabularies:
    words = Vocabularies()
    lists = {
        "kind": KINDS,
        "channel": ["app"],
        "service": NAMES,
        "caller": ["client", *NAMES],
        "operation": [f"{name}.do" for name in NAMES],
        "currency": ["EUR", "JPY"],
        "typology": ["", "card_testing", "account_takeover"],
        "trap": ["", "duplicate_submit"],
        "fault_kind": ["latency", "trap:duplicate_submit"],
        "fault_target": ["payment", ""],
        "fault_parameters": ['{"add": "5s"}', CAUGHT],
        "actor": list(DETECTORS),
        "decision": ["break"],
        "subject": ["duplicate", "amount"],
        "reason": [""],
        "fault_ids": [""],
    }
    for name, texts in lists.items():
        for text in texts:
            words[name].code(text)
    return words


def batch_of(plan: Plan) -> TraceBatch:
    """Tell the story of a plan as one batch."""
    story = _Story(plan)
    everyone = np.arange(len(story.tx_id))
    answered_ns = story.call(0, everyone, story.created_ns, -1)
    found = {name: np.concatenate(parts) for name, parts in story.hops.rows.items()}
    transactions = _transactions(story, answered_ns)
    decisions, righted = _decisions(transactions, plan)
    transactions = judged(_correct(transactions, righted))
    return TraceBatch(
        end_ns=plan.duration_s * S,
        transactions=_typed(transactions, "transactions"),
        hops=_typed(found, "hops"),
        postings=_typed(_postings(transactions), "postings"),
        faults=_faults(plan),
        decisions=_typed(decisions, "decisions"),
        gauges=_typed(_gauges(found, plan.duration_s), "gauges"),
    )


def _typed(table: Columns, name: str) -> Columns:
    """Give every column its type; one that the story does not tell of is as in a plain payment."""
    rows = len(next(iter(table.values())))
    plain = {c.name: np.full(rows, -1 if c.nullable else 0) for c in schema.TABLES[name]}
    return {
        c.name: np.asarray((plain | table)[c.name]).astype(c.dtype) for c in schema.TABLES[name]
    }


def write_run(folder: Path, plan: Plan | None = None, rows_per_part: int = 131_072) -> RunFolder:
    """Write a synthetic run to disk and open it as an analyst would."""
    plan = plan or Plan()
    writer = TraceWriter(folder, _words(), rows_per_part)
    if plan.rate_per_s:
        writer.write(batch_of(plan))
    writer.close()
    text = (
        f'name = "synthetic"\nseed = 7\nduration = "{plan.duration_s}s"\n'
        f'warmup = "{plan.warmup_s}s"\nstart = 2026-11-27T08:00:00\n{plan.settings}'
    )
    (folder / "experiment.toml").write_text(text)
    last_ns = (plan.duration_s + 10) * S
    manifest = Manifest(name="synthetic", seed=7, complete=plan.complete, simulated_ns=last_ns)
    manifest.save(folder)
    return RunFolder(folder, bank())
