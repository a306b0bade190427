"""How a story tells what only money with two legs, holds, reversals and corrections has to tell."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from synthetic_trace import _typed, judged, write_run

from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.analysis.story import Role, Story, instructive, tell
from sanket_sim.bank.description import (
    Bank,
    Edge,
    Effect,
    Operation,
    Route,
    Service,
    Step,
    StepKind,
)
from sanket_sim.console.telling import show_story
from sanket_sim.core.outcomes import Ack, Decline, LegPurpose, Outcome, Phase
from sanket_sim.trace import schema
from sanket_sim.trace.batch import TraceBatch
from sanket_sim.trace.vocabulary import Vocabularies
from sanket_sim.trace.writer import TraceWriter

MS, S = 1_000_000, 1_000_000_000
PAYER, PAYEE, FEES, SUSPENSE, EUR_DESK, JPY_DESK = 1, 2, 3, 4, 5, 6
OWNERS = {
    PAYER: "payer",
    PAYEE: "payee",
    FEES: "fees",
    SUSPENSE: "suspense",
    EUR_DESK: "euro desk",
    JPY_DESK: "yen desk",
}
OPERATIONS = ["api.pay", "ledger.post", "api.cancel", "api.ask", "ledger.capture"]
WORDS = {
    "kind": ["payment", "correction"],
    "channel": ["app"],
    "service": ["api", "ledger"],
    "caller": ["client", "api", "ledger"],
    "operation": OPERATIONS,
    "currency": ["EUR", "JPY", "KWD"],
    "typology": [""],
    "trap": ["", "kept_fee"],
    "actor": ["stand_in", "reconciliation:intraday", "reconciliation:end_of_day", "complaint"],
    "decision": ["approve", "break", "correction", "write_off", "decline"],
    "subject": ["payment", "orphan_debit", "duplicate"],
    "reason": ["within_limit", "stand_in_limit"],
    "role": ["world"],
    "segment": list(OWNERS.values()),
    "region": [""],
    "fault_ids": [""],
}
EUR, JPY, KWD = range(3)


def bank() -> Bank:
    """The app pays, cancels and asks at `api`; `api` posts at `ledger`, and publishes captures."""
    paying = (Step(StepKind.CALL, target=1), Step(StepKind.PUBLISH, target=4))
    return Bank(
        "small",
        (Service("api", 1, 1), Service("ledger", 1, 1)),
        (
            Operation("pay", 0, paying, 0),
            Operation("post", 1, (Step(StepKind.COMMIT, effect=Effect.TRANSFER),), 0),
            Operation("cancel", 0, (), 0),
            Operation("ask", 0, (), 0),
            Operation("capture", 1, (Step(StepKind.COMMIT, effect=Effect.CAPTURE),), 0),
        ),
        (
            Edge("pay", -1, 0),
            Edge("api->post", 0, 1),
            Edge("cancel", -1, 2),
            Edge("ask", -1, 3),
            Edge("api->capture", 0, 4),
        ),
        (Route("payment", 0, reversal_edge=2, status_edge=3),),
        currencies=("EUR", "JPY", "KWD"),
        hold_ttl_ns=10 * S,
    )


def table(name: str, rows: list[dict[str, Any]]) -> dict[str, np.ndarray]:
    columns = schema.TABLES[name]
    if not rows:
        return schema.empty(columns)
    plain = {c.name: -1 if c.nullable else 0 for c in columns}
    return _typed(
        {c.name: np.array([(plain | row)[c.name] for row in rows]) for c in columns}, name
    )


def payment(**told: Any) -> dict[str, Any]:
    ends = {"debtor": PAYER, "creditor": PAYEE}
    return {
        **{f"{end}_account": account for end, account in ends.items()},
        **{f"right_{end}_account": account for end, account in ends.items()},
        "customer_id": 7,
        "amount_minor": 2500,
        "completed_ns": 40 * MS,
        "ack": Ack.OK,
        "attempts": 1,
        "submissions": 1,
        **told,
    }


def moved(amount_minor: int, journals: int = 1) -> dict[str, int]:
    flows = dict.fromkeys(("d_minor", "c_minor"), amount_minor * journals)
    return {"e_minor": amount_minor, **flows, "n_posted": journals, "posted_ns": 20 * MS}


def hop(hop_id: int, operation: str, sent_ms: int, ended_ms: int, **told: Any) -> dict[str, Any]:
    service = OPERATIONS[OPERATIONS.index(operation)].split(".", maxsplit=1)[0]
    return {
        "hop_id": hop_id,
        "operation": OPERATIONS.index(operation),
        "service": WORDS["service"].index(service),
        "attempt": 1,
        "replica": 0,
        "sent_ns": sent_ms * MS,
        "queued_ns": sent_ms * MS,
        "begun_ns": sent_ms * MS,
        "ended_ns": ended_ms * MS,
        "received_ns": ended_ms * MS,
        **told,
    }


PAY = hop(1, "api.pay", 0, 40)
POST = hop(2, "ledger.post", 10, 30, parent_hop_id=1, caller=1, committed=True)


def legs(
    debtor: int,
    creditor: int,
    amount_minor: int,
    at_ms: int = 20,
    phase: Phase = Phase.POSTED,
    transfer: int = 1,
    **told: Any,
) -> list[dict[str, Any]]:
    same = {"phase": phase, "posted_ns": at_ms * MS, "service": 1, "transfer_id": transfer, **told}
    return [
        {"account_id": debtor, "amount_minor": -amount_minor, **same},
        {"account_id": creditor, "amount_minor": amount_minor, **same},
    ]


def folder_of(path: Path, **tables: list[dict[str, Any]]) -> RunFolder:
    words = Vocabularies()
    for name, texts in WORDS.items():
        for text in texts:
            words[name].code(text)
    write_run(path)
    for part in path.rglob("part-*.parquet"):
        part.unlink()
    postings = [row | {"posting_id": n} for n, row in enumerate(tables.pop("postings", []), 1)]
    tables["agents"] = [
        {"agent_id": account, "account_id": account, "segment": place}
        for place, account in enumerate(OWNERS)
    ]
    found = {name: table(name, rows) for name, rows in {**tables, "postings": postings}.items()}
    found["transactions"] = judged(found["transactions"])
    writer = TraceWriter(path, words)
    writer.write(TraceBatch(end_ns=60 * S, **found))
    writer.close()
    return RunFolder(path, bank())


def said(story: Story) -> str:
    console = Console(width=140, file=io.StringIO(), record=True)
    show_story(story, console)
    return " ".join(console.export_text().split())


def test_a_converted_payment_shows_both_currencies(tmp_path) -> None:
    yen = {f"second_{name}": value for name, value in moved(4075).items() if name != "posted_ns"}
    row = payment(
        **moved(2500),
        creditor_account=EUR_DESK,
        right_creditor_account=EUR_DESK,
        second_purpose=LegPurpose.EXCHANGE,
        second_currency=JPY,
        second_debtor_account=JPY_DESK,
        second_creditor_account=PAYEE,
        **yen,
    )
    postings = legs(PAYER, EUR_DESK, 2500) + legs(JPY_DESK, PAYEE, 4075, leg=1, currency=JPY)
    story = tell(folder_of(tmp_path, transactions=[row], hops=[PAY, POST], postings=postings), 0)
    assert story.verdict.status == "OK"
    assert [journal.side for journal in story.journals] == ["principal", "second"]
    assert not any(journal.one_sided for journal in story.journals)
    text = said(story)
    assert "converted: payee is to get 4,075 JPY" in text
    assert "ledger POSTS 25.00 EUR from payer to euro desk" in text
    assert "ledger PAYS OUT the exchange, 4,075 JPY from yen desk to payee" in text
    assert "exchange 4,075 JPY 4,075 JPY 4,075 JPY 0 JPY 1" in text


def test_a_second_leg_that_is_lost_is_the_leak_in_its_own_currency(tmp_path) -> None:
    row = payment(
        **moved(2500),
        second_purpose=LegPurpose.EXCHANGE,
        second_currency=JPY,
        second_debtor_account=JPY_DESK,
        second_creditor_account=PAYEE,
        second_e_minor=4075,
        second_d_minor=4075,
        second_n_posted=1,
    )
    postings = legs(PAYER, PAYEE, 2500) + legs(JPY_DESK, PAYEE, 4075, leg=1, currency=JPY)[:1]
    run = folder_of(tmp_path, transactions=[row], hops=[PAY, POST], postings=postings)
    story = tell(run, 0)
    assert (story.verdict.leak_class, story.verdict.glv_minor) == ("ORPHAN_DEBIT", 0)
    assert story.second is not None
    assert story.second.glv_minor == 4075
    assert "posted the debit, and the credit never followed" in story.verdict.why
    assert "ORPHAN_DEBIT, gross leak 4,075 JPY:" in said(story)
    (specimen,) = instructive(run, 3)
    assert (specimen.glv_minor, specimen.currency) == (4075, "JPY")


def test_a_fee_kept_on_a_refused_payment_is_named(tmp_path) -> None:
    fee = {"second_d_minor": 35, "second_c_minor": 35, "second_n_posted": 1}
    row = payment(
        e_minor=0,
        ack=Ack.FAILED,
        trap=1,
        decline_reason=Decline.REFUSED_BY_CREDITOR,
        second_purpose=LegPurpose.FEE,
        second_currency=EUR,
        second_debtor_account=PAYER,
        second_creditor_account=FEES,
        **fee,
    )
    postings = legs(PAYER, FEES, 35, leg=1)
    story = tell(folder_of(tmp_path, transactions=[row], hops=[PAY, POST], postings=postings), 0)
    assert story.verdict.leak_class == "INVALID_EXECUTED"
    assert "charged the fee of a payment that was never posted" in story.verdict.why
    assert story.verdict.hop_id == 2
    assert "CHARGES the fee, 0.35 EUR from payer to fees" in said(story)
    assert "and a fee nobody has put it right" in said(story)


def test_a_hold_that_lapses_and_one_that_is_captured_too_late(tmp_path) -> None:
    opened = legs(PAYER, PAYEE, 2500, 20, Phase.PENDING)
    lapse = legs(PAYER, PAYEE, -2500, 10_020, Phase.EXPIRED)
    row = payment(ack=Ack.FAILED, decline_reason=Decline.PENDING_TRANSFER_EXPIRED)
    lapsed = folder_of(
        tmp_path / "lapsed", transactions=[row], hops=[PAY, POST], postings=opened + lapse
    )
    text = said(tell(lapsed, 0))
    assert "ledger LETS LAPSE" in text
    assert "the hold had lapsed before the merchant claimed it" in text
    late = hop(3, "ledger.capture", 12_000, 12_030, parent_hop_id=1, caller=1, committed=True)
    taken = legs(PAYER, PAYEE, 2500, 12_020)
    row = payment(**(moved(2500) | {"e_minor": 0}))
    story = tell(
        folder_of(
            tmp_path / "late", transactions=[row], hops=[PAY, POST, late], postings=opened + taken
        ),
        0,
    )
    assert "captured a hold that was to lapse 2,000.0 ms before" in story.verdict.why
    assert story.verdict.hop_id == 3


CANCEL = hop(3, "api.cancel", 5, 8)


def test_a_reversal_is_no_second_try(tmp_path) -> None:
    row = payment(**(moved(2500) | {"e_minor": 0}))
    postings = legs(PAYER, PAYEE, 2500)
    run = folder_of(tmp_path, transactions=[row], hops=[PAY, POST, CANCEL], postings=postings)
    story = tell(run, 0)
    roles = {visit.hop_id: (visit.role, visit.submission) for visit in story.visits}
    assert roles == {1: (Role.PAYMENT, 1), 2: (Role.PAYMENT, 1), 3: (Role.REVERSAL, 0)}
    assert "posted it 12.0 ms after the customer had cancelled it" in story.verdict.why
    text = said(story)
    assert "customer 7 cancels it" in text
    assert "is taken, before anything had been posted: it leaves a mark" in text
    assert "submission 2" not in text


def test_a_tombstone_stops_what_it_reverses(tmp_path) -> None:
    row = payment(ack=Ack.FAILED, decline_reason=Decline.ALREADY_REVERSED)
    refused = POST | {"outcome": Outcome.APP_ERROR, "committed": False}
    run = folder_of(tmp_path, transactions=[row], hops=[PAY, refused, CANCEL])
    assert "its reversal had come first and left a mark" in tell(run, 0).verdict.why


def test_an_enquiry_is_told_as_one(tmp_path) -> None:
    ask = hop(4, "api.ask", 60, 65, outcome=Outcome.APP_ERROR)
    again = hop(5, "api.pay", 70, 90)
    row = payment(**moved(2500))
    hops = [PAY | {"outcome": Outcome.TIMEOUT}, POST, ask, again]
    run = folder_of(tmp_path, transactions=[row], hops=hops, postings=legs(PAYER, PAYEE, 2500))
    story = tell(run, 0)
    assert {visit.hop_id: visit.submission for visit in story.visits}[5] == 2
    text = said(story)
    assert "customer 7 asks what became of it" in text
    assert "customer 7 learns that nothing was posted" in text


def test_an_event_is_delivered_and_delivered_again(tmp_path) -> None:
    first = hop(3, "ledger.capture", 50, 60, parent_hop_id=1, caller=1, committed=True)
    again = hop(4, "ledger.capture", 90, 99, parent_hop_id=1, caller=1, committed=True, attempt=2)
    postings = legs(PAYER, PAYEE, 2500, 55) + legs(PAYER, PAYEE, 2500, 95, transfer=2)
    row = payment(**moved(2500, 2))
    row |= {"e_minor": 2500}
    run = folder_of(tmp_path, transactions=[row], hops=[PAY, first, again], postings=postings)
    story = tell(run, 0)
    assert [visit.event for visit in story.visits] == [False, True, True]
    assert "=> event to ledger.capture, delivery 2" in said(story)
    assert (story.verdict.leak_class, story.verdict.hop_id) == ("DUPLICATE", 4)


@pytest.mark.parametrize(
    ("decision", "reason", "expected"),
    [
        ("approve", "within_limit", "stand-in processing approves it by itself"),
        ("decline", "stand_in_limit", "stand-in processing declines it, stand_in_limit"),
    ],
)
def test_stand_in_processing_is_told(tmp_path, decision: str, reason: str, expected: str) -> None:
    ruling = {
        "time_ns": 15 * MS,
        "tx_id": 0,
        "decision": WORDS["decision"].index(decision),
        "reason": WORDS["reason"].index(reason),
    }
    row = payment(**(moved(2500) | {"e_minor": 0}))
    run = folder_of(
        tmp_path,
        transactions=[row],
        hops=[PAY, POST],
        postings=legs(PAYER, PAYEE, 2500),
        decisions=[ruling],
    )
    story = tell(run, 0)
    assert expected in said(story)
    assert ("what stand-in processing had approved" in story.verdict.why) == (decision == "approve")


def test_breaks_and_corrections_point_at_one_another(tmp_path) -> None:
    wrong = payment(**(moved(2500) | {"c_minor": 0}))
    mend = payment(
        **moved(2500), tx_id=8, kind=1, original_tx_id=0, created_ns=5 * S, completed_ns=6 * S
    )
    rulings = [
        {"time_ns": 2 * S, "tx_id": 0, "actor": 1, "decision": 1, "subject": kind}
        for kind in (1, 2)
    ]
    rulings.append({"time_ns": 4 * S, "tx_id": 0, "actor": 1, "decision": 2, "subject": 1})
    run = folder_of(
        tmp_path,
        transactions=[wrong, mend],
        hops=[PAY, POST],
        postings=legs(PAYER, PAYEE, 2500)[:1]
        + [row | {"tx_id": 8} for row in legs(SUSPENSE, PAYER, 2500, 5_500, transfer=9)],
        decisions=rulings,
    )
    first, second = tell(run, 0), tell(run, 8)
    (mend_told,) = first.put_right_by
    assert (mend_told.tx_id, mend_told.moved_minor, first.puts_right) == (8, 2500, None)
    assert second.puts_right is not None
    assert (second.puts_right.tx_id, second.puts_right.leak_class) == (0, "ORPHAN_DEBIT")
    assert second.put_right_by == ()
    text = said(first)
    assert "put right by payment 8: 25.00 EUR to payee, OK" in text
    assert "intraday reconciliation finds: orphan debit" in text
    assert "intraday reconciliation finds: duplicate" in text
    assert "the back office orders what puts it right: orphan debit" in text
    assert "puts right payment 0: payment of 25.00 EUR, ORPHAN_DEBIT" in said(second)


def test_a_split_that_misses_a_cent_is_told_by_how_much(tmp_path) -> None:
    row = payment(**(moved(2500) | {"c_minor": 2499}))
    postings = legs(PAYER, PAYEE, 2500)
    postings[1]["amount_minor"] = 2499
    run = folder_of(tmp_path, transactions=[row], hops=[PAY, POST], postings=postings)
    story = tell(run, 0)
    assert (story.verdict.leak_class, story.verdict.glv_minor) == ("ORPHAN_DEBIT", 1)
    assert "posted legs that miss one another by 0.01 EUR" in story.verdict.why


def test_a_file_and_its_business_date_are_told(tmp_path) -> None:
    row = payment(**moved(2500), batch_id=3, business_date=20784)
    run = folder_of(
        tmp_path, transactions=[row], hops=[PAY, POST], postings=legs(PAYER, PAYEE, 2500)
    )
    assert "came in file 3 of 2026-11-27" in said(tell(run, 0))


def test_dinars_have_three_decimals(tmp_path) -> None:
    row = payment(**moved(2500), currency=KWD)
    postings = legs(PAYER, PAYEE, 2500, currency=KWD)
    run = folder_of(tmp_path, transactions=[row], hops=[PAY, POST], postings=postings)
    assert "2.500 KWD from payer to payee" in said(tell(run, 0))
