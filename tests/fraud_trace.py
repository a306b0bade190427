"""A trace of fraud that was made by hand, so that every figure about it can be said in advance."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from synthetic_trace import bank

from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.core.outcomes import Ack, Decline, FraudDecision, Outcome
from sanket_sim.trace import schema
from sanket_sim.trace.batch import Columns, TraceBatch
from sanket_sim.trace.manifest import Manifest
from sanket_sim.trace.vocabulary import Vocabularies
from sanket_sim.trace.writer import TraceWriter

S = 1_000_000_000
MINUTE = 60 * S
CASH, OTHER_BANK, SHOP = 0, 1, 10
CUSTOMERS, MULES = range(100, 200), range(200, 260)


@dataclass(frozen=True)
class Payment:
    """One payment; what is not said is as in an honest one that was approved and executed."""

    at: int
    debtor: int
    creditor: int
    amount: int
    typology: str = ""
    campaign: int = -1
    twin: str = ""
    stage: str = ""
    role: str = ""
    hop: int = 0
    parents: tuple[int, ...] = ()
    decision: FraudDecision = FraudDecision.APPROVE
    decline: Decline = Decline.NONE
    score: float = 0.0
    currency: str = "EUR"
    tainted: float = 1.0

    @property
    def fraud(self) -> bool:
        return bool(self.typology) and not self.twin and self.tainted > 0

    def declined(self) -> Payment:
        """The same, declined by the fraud service."""
        return replace(self, decision=FraudDecision.DECLINE, decline=Decline.SUSPECTED_FRAUD)

    def frozen(self) -> Payment:
        """The same, from an account that is blocked."""
        return replace(self, decision=FraudDecision.NONE, decline=Decline.ACCOUNT_FROZEN)

    def asked(self, *, proved: bool) -> Payment:
        """The same, once a second factor was asked for."""
        reason = Decline.NONE if proved else Decline.NOT_AUTHENTICATED
        return replace(self, decision=FraudDecision.STEP_UP, decline=reason)

    def unchecked(self) -> Payment:
        """The same, let through because the check failed."""
        return replace(self, decision=FraudDecision.UNCHECKED)

    def closed(self) -> Payment:
        """The same, refused because the check failed."""
        return replace(self, decision=FraudDecision.CLOSED, decline=Decline.SUSPECTED_FRAUD)

    def short(self) -> Payment:
        """The same, without the funds for it."""
        return replace(self, decline=Decline.EXCEEDS_CREDITS)


@dataclass
class Told:
    """Everything that the trace is to hold; a payment's tx_id is its place, from 1 on."""

    payments: list[Payment] = field(default_factory=list)
    campaigns: dict[int, tuple[str, float, str]] = field(default_factory=dict)
    """Name, sophistication and end, by number."""
    decisions: list[tuple[Any, ...]] = field(default_factory=list)
    """Time, actor, decision, tx_id and reason, and if it is told the subject."""
    blocks: list[tuple[int, str, int, str]] = field(default_factory=list)
    """Time, freeze or thaw, account, and who: owner or bank."""
    assessments: list[tuple[int, float, float, float]] = field(default_factory=list)
    """tx_id, score, points and likelihood."""
    fault: tuple[int, int] | None = None
    truth: bool = True
    settings: str = ""
    minutes: int = 60

    def add(self, *payments: Payment) -> list[int]:
        """Add payments and return their tx_ids."""
        first = len(self.payments) + 1
        self.payments += payments
        return list(range(first, first + len(payments)))


def _columns(name: str, rows: Iterable[dict[str, Any]], words: Vocabularies) -> Columns:
    listed = list(rows)
    columns = {}
    for column in schema.TABLES[name]:
        plain = -1 if column.nullable else ("" if column.vocabulary else 0)
        values = [row.get(column.name, plain) for row in listed]
        if column.vocabulary:
            book = words[column.vocabulary]
            values = [book.code(one) if isinstance(one, str) else one for one in values]
        columns[column.name] = np.array(values, column.dtype)
    return columns


def _transaction(tx_id: int, one: Payment) -> dict[str, Any]:
    executed = 0 if one.decline else one.amount
    label = {"typology": one.typology, "campaign_id": one.campaign}
    label = {} if one.twin else label
    return label | {
        "tx_id": tx_id,
        "kind": "transfer",
        "channel": "app",
        "customer_id": one.debtor,
        "debtor_account": one.debtor,
        "creditor_account": one.creditor,
        "right_debtor_account": one.debtor,
        "right_creditor_account": one.creditor,
        "amount_minor": one.amount,
        "currency": one.currency,
        "created_ns": one.at,
        "completed_ns": one.at + S // 10,
        "outcome": int(Outcome.APP_ERROR if one.decline else Outcome.OK),
        "ack": int(Ack.FAILED if one.decline else Ack.OK),
        "decline_reason": int(one.decline),
        "iso8583_code": 0,
        "second_purpose": 0,
        "leak_class": 0,
        "attempts": 1,
        "submissions": 1,
        "is_fraud": one.fraud,
        "fraud_score": one.score,
        "fraud_decision": int(one.decision),
        "e_minor": executed,
        "d_minor": executed,
        "c_minor": executed,
        "n_posted": int(executed > 0),
    }


def _true(tx_id: int, one: Payment) -> dict[str, Any]:
    return {
        "tx_id": tx_id,
        "created_ns": one.at,
        "campaign_id": one.campaign,
        "typology": one.typology,
        "twin": one.twin,
        "stage": one.stage,
        "role": one.role,
        "hop": one.hop,
        "tainted_share": one.tainted,
        "parent_tx_ids": ",".join(map(str, one.parents)),
        "intended_minor": one.amount,
        "outcome": 0,
    }


def _agents() -> list[dict[str, Any]]:
    who = [(CASH, "world", "cash"), (OTHER_BANK, "world", "other_bank")]
    who += [(SHOP + place, "merchant", "grocer") for place in range(40)]
    who += [(account, "customer", "family") for account in CUSTOMERS]
    who += [(account, "mule", "family") for account in MULES]
    return [
        {"agent_id": account, "account_id": account, "role": role, "segment": segment}
        for account, role, segment in who
    ]


def _decisions(told: Told) -> list[dict[str, Any]]:
    names = "time_ns", "actor", "decision", "tx_id", "reason", "subject"
    rows: list[tuple[Any, ...]] = [(*row[:5], *(row[5:] or ("",))) for row in told.decisions]
    rows += [
        (at, "control_plane", decision, -1, who, f"account {account}")
        for at, decision, account, who in told.blocks
    ]
    return [dict(zip(names, row, strict=True)) for row in sorted(rows)]


def batch_of(told: Told, words: Vocabularies) -> TraceBatch:
    """Return everything that the trace holds, as one batch."""
    # The empty word comes first wherever plain rows stand.
    for name in ("typology", "twin", "trap", "tx_ids", "fault_ids", "reason"):
        words[name].code("")
    numbered = list(enumerate(told.payments, start=1))
    known = [(tx_id, one) for tx_id, one in numbered if one.typology and told.truth]
    order = sorted(numbered, key=lambda pair: (pair[1].at, pair[0]))
    typologies = {one.campaign: (one.typology, one.twin) for _, one in known}
    return TraceBatch(
        end_ns=told.minutes * MINUTE,
        transactions=_columns("transactions", (_transaction(*pair) for pair in order), words),
        truth=_columns("truth", (_true(*pair) for pair in known), words),
        campaigns=_columns("campaigns", _campaigns(told, typologies), words),
        agents=_columns("agents", _agents() if told.truth else [], words),
        faults=_columns("faults", _faults(told), words),
        decisions=_columns("decisions", _decisions(told), words),
        assessments=_columns("assessments", _assessments(told), words),
    )


def _campaigns(told: Told, typologies: dict[int, tuple[str, str]]) -> list[dict[str, Any]]:
    return [
        {
            "campaign_id": number,
            "name": name,
            "typology": typologies[number][0],
            "twin": typologies[number][1],
            "sophistication": s,
            "pace": 1.0,
            "end": end,
        }
        for number, (name, s, end) in sorted(told.campaigns.items())
    ]


def _faults(told: Told) -> list[dict[str, Any]]:
    if told.fault is None:
        return []
    begin_ns, end_ns = told.fault
    said = {"kind": "latency", "target": "fraud", "parameters": "{}"}
    return [said | {"fault_id": 0, "begin_ns": begin_ns, "end_ns": end_ns, "probability": 1.0}]


def _assessments(told: Told) -> list[dict[str, Any]]:
    return [
        {
            "tx_id": tx_id,
            "time_ns": told.payments[tx_id - 1].at,
            "decision": int(told.payments[tx_id - 1].decision),
            "score": score,
            "points": points,
            "likelihood": likelihood,
            "reasons": "",
        }
        for tx_id, score, points, likelihood in told.assessments
    ]


def write(folder: Path, told: Told) -> RunFolder:
    """Write the trace to disk and open it as an analyst would."""
    words = Vocabularies()
    for service in bank().services:
        words["service"].code(service.name)
    writer = TraceWriter(folder, words)
    writer.write(batch_of(told, words))
    writer.close()
    (folder / "experiment.toml").write_text(
        f'name = "by_hand"\nseed = 1\nduration = "{told.minutes}m"\n{told.settings}'
    )
    last_ns = told.minutes * MINUTE
    Manifest(name="by_hand", seed=1, complete=True, simulated_ns=last_ns).save(folder)
    return RunFolder(folder, bank())


def takeover(told: Told, number: int, at: int, victim: int = 100) -> list[int]:
    """Drain a victim by three transfers to a mule: two get through, the third is declined."""
    drain = Payment(
        at, victim, MULES[0], 40_000, "account_takeover", number, stage="drain", role="victim"
    )
    parts = [
        replace(drain, score=0.3),
        replace(drain, at=at + 5 * MINUTE, amount=30_000, score=0.4),
        replace(drain, at=at + 12 * MINUTE, amount=20_000, score=0.9).declined(),
    ]
    told.campaigns[number] = ("evening raid", 0.6, "stopped")
    return told.add(*parts)


def chain(told: Told, number: int, at: int, hops: int = 4) -> list[int]:
    """Put cash into an account and pass it on, a little kept at every hop, out of the bank."""
    told.campaigns[number] = ("long way", 0.8, "complete")
    amount, parents = 900_000, ()
    stops = [CASH, *MULES[5 : 5 + hops], OTHER_BANK]
    ids: list[int] = []
    for hop, (debtor, creditor) in enumerate(pairwise(stops)):
        stage = "placement" if not hop else ("exit" if creditor == OTHER_BANK else "layer")
        role = "placer" if not hop else "mule"
        one = Payment(
            at + hop * 9 * MINUTE, debtor, creditor, amount, "layering", number, "", stage, role,
            hop, tuple(parents), score=0.1 * hop,
        )  # fmt: skip
        ids += told.add(one)
        amount, parents = round(amount * 0.95), (ids[-1],)
    return ids


def scatter_gather(told: Told, number: int, at: int, wide: int = 9) -> list[int]:
    """Take money from a victim, scatter it over mules, gather it, and send it out of the bank."""
    told.campaigns[number] = ("spring fan", 0.7, "complete")
    common = {"typology": "mule_network", "campaign": number}
    feed = told.add(
        Payment(at, 101, MULES[20], 600_000, stage="feed", role="victim", score=0.5, **common)
    )
    fans = [
        Payment(
            at + (10 + 2 * place) * MINUTE, MULES[20], MULES[21 + place], 40_000 + 4_000 * place,
            stage="scatter", role="controller", hop=1, parents=tuple(feed), score=0.2, **common,
        )
        for place in range(wide)
    ]  # fmt: skip
    fans[2], fans[6] = fans[2].declined(), fans[6].short()
    sent = told.add(*fans)
    back = [
        Payment(
            one.at + 11 * MINUTE, one.creditor, MULES[45], round(one.amount * 0.96),
            stage="gather", role="mule", hop=2, parents=(tx_id,), score=0.3, **common,
        )
        for tx_id, one in zip(sent, fans, strict=True)
        if not one.decline
    ]  # fmt: skip
    back[4] = back[4].asked(proved=False)
    gathered = told.add(*back)
    out = Payment(
        at + 45 * MINUTE, MULES[45], OTHER_BANK, 250_000, stage="exit", role="collector", hop=3,
        parents=tuple(gathered), score=0.6, **common,
    )  # fmt: skip
    return [*feed, *sent, *gathered, *told.add(out)]


def card_testing(told: Told, number: int, at: int, cards: int = 90) -> list[int]:
    """Try many cards at two shops; cash a few of them out at others."""
    told.campaigns[number] = ("till roll", 0.2, "cut")
    common = {"typology": "card_testing", "campaign": number, "role": "victim"}
    tests = [
        Payment(at + 20 * S * place, CUSTOMERS[place], SHOP + place % 2, 100 + place, stage="test",
                score=0.2 + place / 200, **common)
        for place in range(cards)
    ]  # fmt: skip
    tests = [one.declined() if one.score >= 0.6 else one for one in tests]
    ids = told.add(*tests)
    spree = [
        Payment(at + (31 + place) * MINUTE, CUSTOMERS[place * 7], SHOP + 5 + place, 20_000,
                stage="cash_out", score=0.35, **common)
        for place in range(6)
    ]  # fmt: skip
    return ids + told.add(*spree[:4], spree[4].declined(), spree[5].frozen())
