"""Writes down what happens, row by row, and hands it over as a batch."""

from __future__ import annotations

from typing import Any

from sanket_sim.bank.description import Bank
from sanket_sim.core.outcomes import FraudDecision, Outcome
from sanket_sim.network.rows import NEVER, Attempt, Intent
from sanket_sim.network.rules import money
from sanket_sim.trace import schema
from sanket_sim.trace.batch import TraceBatch, columns_of
from sanket_sim.trace.vocabulary import Vocabularies

IN_FLIGHT = int(Outcome.IN_FLIGHT)
CLOSED = int(FraudDecision.CLOSED)
Rows = list[tuple[Any, ...]]


class Recorder:
    """Rows since the last batch, in the column order of `trace.schema`."""

    def __init__(self, bank: Bank, vocabularies: Vocabularies) -> None:
        self.vocabularies = vocabularies
        self._deadlines_ns = [route.deadline_ns for route in bank.routes]
        self._postings = 0
        self._fault_texts = vocabularies["fault_ids"]
        self._fault_texts.code("")
        self.transaction_rows: Rows = []
        self.hop_rows: Rows = []
        self.posting_rows: Rows = []
        self.decision_rows: Rows = []
        self.gauge_rows: Rows = []
        self.answer_rows: Rows = []
        self.assessment_rows: Rows = []

    def posting(
        self,
        intent: Intent,
        transfer_id: int,
        leg: int,
        account: int,
        amount_minor: int,
        currency: int,
        phase: int,
        service: int,
        now_ns: int,
    ) -> None:
        """Write one signed amount on one account."""
        self._postings += 1
        self.posting_rows.append(
            (
                self._postings,
                intent.tx_id,
                transfer_id,
                leg,
                account,
                amount_minor,
                currency,
                phase,
                now_ns,
                service,
            )
        )

    def hop(self, attempt: Attempt) -> None:
        """Write one attempt, when neither side has anything more to say about it."""
        call = attempt.call
        parent = call.parent
        edge = call.edge
        replica = attempt.replica
        self.hop_rows.append(
            (
                call.intent.tx_id,
                attempt.hop_id,
                NEVER if parent is None else parent.hop_id,
                edge.caller + 1,
                edge.callee,
                edge.operation_index,
                NEVER if replica is None else replica.index,
                attempt.number,
                attempt.sent_ns,
                attempt.queued_ns,
                attempt.begun_ns,
                attempt.ended_ns,
                attempt.received_ns,
                IN_FLIGHT if attempt.outcome < 0 else attempt.outcome,
                attempt.committed,
                attempt.late,
                attempt.cpu_ns,
                attempt.queue_length,
                attempt.fault_id,
            )
        )

    def answer(self, intent: Intent, outcome: int, ack: int, submission: int, now_ns: int) -> None:
        """Write what the customer has just learnt."""
        self.answer_rows.append(
            (
                intent.tx_id,
                intent.draw_key,
                intent.customer_id,
                intent.kind,
                now_ns,
                outcome,
                ack,
                intent.decline,
                submission,
                intent.awaiting_actor,
                intent.amount_minor,
                intent.balance_minor,
                intent.typology,
                intent.campaign_id,
            )
        )

    def transaction(self, intent: Intent) -> None:
        """Write an intent that has ended; result codes, leak class and value are filled later."""
        deadline_ns = self._deadlines_ns[intent.kind]
        root = intent.fault_service if intent.fault_service >= 0 else intent.error_service
        self.transaction_rows.append(
            (
                intent.tx_id,
                intent.kind,
                intent.channel,
                intent.customer_id,
                intent.debtor,
                intent.creditor,
                intent.right_debtor,
                intent.right_creditor,
                intent.amount_minor,
                intent.currency,
                intent.created_ns,
                intent.created_ns + deadline_ns if deadline_ns else NEVER,
                intent.answered_ns,
                IN_FLIGHT if intent.outcome < 0 else intent.outcome,
                intent.ack,
                intent.decline,
                NEVER,
                0,
                intent.attempts,
                intent.submissions,
                intent.typology,
                intent.campaign_id,
                intent.trap,
                intent.is_fraud,
                intent.fraud_score,
                CLOSED if intent.failed_closed and not intent.n_posted else intent.fraud_decision,
                money.expected_minor(intent.verdict, intent.e_minor),
                intent.d_minor,
                intent.c_minor,
                intent.x_minor,
                intent.n_posted,
                intent.posted_ns,
                intent.hold_minor,
                intent.hold_overdue,
                intent.original_tx_id,
                intent.device or NEVER,
                intent.place,
                intent.batch_id,
                intent.business_date,
                *_second_leg(intent),
                0,
                0,
                root,
                self._fault_code(intent.fault_ids),
            )
        )

    def decision(
        self,
        now_ns: int,
        actor: str,
        decision: str,
        subject: str,
        reason: str,
        tx_id: int = NEVER,
        score: float = 0.0,
    ) -> None:
        """Write what was decided by whom about what."""
        words = self.vocabularies
        self.decision_rows.append(
            (
                now_ns,
                words["actor"].code(actor),
                words["decision"].code(decision),
                words["subject"].code(subject),
                tx_id,
                score,
                words["reason"].code(reason),
            )
        )

    def assessment(
        self,
        intent: Intent,
        now_ns: int,
        score: float,
        points: float,
        likelihood: float,
        reasons: str,
        values: tuple[float, ...],
    ) -> None:
        """Write what the fraud service knew of a payment, and what it made of it."""
        self.assessment_rows.append(
            (
                intent.tx_id,
                now_ns,
                intent.fraud_decision,
                score,
                points,
                likelihood,
                self.vocabularies["reasons"].code(reasons),
                *values,
            )
        )

    def batch(self, end_ns: int) -> TraceBatch:
        """Hand over everything since the last batch."""
        batch = TraceBatch(
            end_ns=end_ns,
            transactions=columns_of(self.transaction_rows, schema.TRANSACTIONS),
            hops=columns_of(self.hop_rows, schema.HOPS),
            postings=columns_of(self.posting_rows, schema.POSTINGS),
            decisions=columns_of(self.decision_rows, schema.DECISIONS),
            gauges=columns_of(self.gauge_rows, schema.GAUGES),
            answers=columns_of(self.answer_rows, schema.ANSWERS),
            assessments=columns_of(self.assessment_rows, schema.ASSESSMENTS),
        )
        for rows in (
            self.transaction_rows,
            self.hop_rows,
            self.posting_rows,
            self.decision_rows,
            self.gauge_rows,
            self.answer_rows,
            self.assessment_rows,
        ):
            rows.clear()
        return batch

    def _fault_code(self, fault_ids: set[int] | None) -> int:
        if not fault_ids:
            return 0
        return self._fault_texts.code(",".join(map(str, sorted(fault_ids))))


def _second_leg(intent: Intent) -> tuple[int, ...]:
    """Return the columns of an intent's second leg; its gross leak is filled in later."""
    made = intent.d_minor != 0 or intent.c_minor != 0 or intent.x_minor != 0
    verdict = intent.verdict if intent.e_minor > 0 else money.REJECT
    return (
        intent.second_purpose,
        intent.second_currency,
        intent.second_debtor,
        intent.second_creditor,
        money.second_expected_minor(
            intent.second_purpose, verdict, intent.second_amount_minor, made
        ),
        intent.second_d_minor,
        intent.second_c_minor,
        intent.second_x_minor,
        intent.second_n_posted,
        0,
    )
