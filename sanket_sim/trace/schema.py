"""The tables of a trace: names, order and types of columns, as every run writes them.

In memory a column is a numpy array; text columns hold codes into a vocabulary. On disk the codes
become dictionary-encoded strings, and -1 in a nullable column becomes a null.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cache

import numpy as np

from sanket_sim.bank.fraud_features import FEATURES
from sanket_sim.bank.places import PLACES
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
from sanket_sim.core.result_codes import ISO8583_CODES, ISO20022_REASONS

SCHEMA_VERSION = 3
TRAP_MARK = "trap:"
"""How the faults table marks a trap's kind."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name : str
    dtype : str
        numpy type in memory.
    vocabulary : str
        For coded text: the name of its vocabulary (`Vocabularies`), else empty.
    nullable : bool
        -1 in memory is null on disk.
    """

    name: str
    dtype: str = "i8"
    vocabulary: str = ""
    nullable: bool = False


def _fixed(enum: type[IntEnum]) -> tuple[str, ...]:
    return tuple(member.name for member in enum)


FIXED_VOCABULARIES: dict[str, tuple[str, ...]] = {
    "outcome": _fixed(Outcome),
    "ack": tuple(name.lower() for name in _fixed(Ack)),
    "decline": tuple(name.lower() for name in _fixed(Decline)),
    "phase": tuple(name.lower() for name in _fixed(Phase)),
    "fraud_decision": tuple(name.lower() for name in _fixed(FraudDecision)),
    "leg": tuple(name.lower() for name in _fixed(Leg)),
    "leg_purpose": tuple(name.lower() for name in _fixed(LegPurpose)),
    "leak_class": _fixed(LeakClass),
    "place": PLACES,
    "replica_state": _fixed(ReplicaState),
    "iso20022_reason": ISO20022_REASONS,
    "iso8583_code": ISO8583_CODES,
}
"""Vocabularies that are the same in every run. Those of a bank (kind, channel, service, caller,
operation, currency, typology, trap, fault_ids, actor, decision, subject, reason, ...) come with
the run."""

TRANSACTIONS = (
    Column("tx_id"),
    Column("kind", "i2", "kind"),
    Column("channel", "i2", "channel"),
    Column("customer_id"),
    Column("debtor_account", nullable=True),
    Column("creditor_account", nullable=True),
    Column("right_debtor_account", nullable=True),
    Column("right_creditor_account", nullable=True),
    Column("amount_minor"),
    Column("currency", "i2", "currency"),
    Column("created_ns"),
    Column("deadline_ns", nullable=True),
    Column("completed_ns", nullable=True),
    Column("outcome", "i1", "outcome"),
    Column("ack", "i1", "ack"),
    Column("decline_reason", "i1", "decline"),
    Column("iso20022_reason", "i1", "iso20022_reason", nullable=True),
    Column("iso8583_code", "i1", "iso8583_code"),
    Column("attempts", "i4"),
    Column("submissions", "i2"),
    Column("typology", "i2", "typology"),
    Column("campaign_id", "i4", nullable=True),
    Column("trap", "i2", "trap"),
    Column("is_fraud", "?"),
    Column("fraud_score", "f4"),
    Column("fraud_decision", "i1", "fraud_decision"),
    Column("e_minor"),
    Column("d_minor"),
    Column("c_minor"),
    Column("x_minor"),
    Column("n_posted", "i4"),
    Column("posted_ns", nullable=True),
    Column("open_hold_minor"),
    Column("hold_overdue", "?"),
    Column("original_tx_id", nullable=True),
    Column("device_id", nullable=True),
    Column("place", "i1", "place", nullable=True),
    Column("batch_id", "i4"),
    Column("business_date", "i4"),
    Column("second_purpose", "i1", "leg_purpose"),
    Column("second_currency", "i2", "currency", nullable=True),
    Column("second_debtor_account", nullable=True),
    Column("second_creditor_account", nullable=True),
    Column("second_e_minor"),
    Column("second_d_minor"),
    Column("second_c_minor"),
    Column("second_x_minor"),
    Column("second_n_posted", "i4"),
    Column("second_glv_minor"),
    Column("leak_class", "i1", "leak_class"),
    Column("glv_minor"),
    Column("root_service", "i2", "service", nullable=True),
    Column("fault_ids", "i4", "fault_ids"),
)
HOPS = (
    Column("tx_id"),
    Column("hop_id"),
    Column("parent_hop_id", nullable=True),
    Column("caller", "i2", "caller"),
    Column("service", "i2", "service"),
    Column("operation", "i2", "operation"),
    Column("replica", "i2", nullable=True),
    Column("attempt", "i2"),
    Column("sent_ns"),
    Column("queued_ns", nullable=True),
    Column("begun_ns", nullable=True),
    Column("ended_ns", nullable=True),
    Column("received_ns", nullable=True),
    Column("outcome", "i1", "outcome"),
    Column("committed", "?"),
    Column("late", "?"),
    Column("cpu_ns"),
    Column("queue_length", "i4", nullable=True),
    Column("fault_id", "i2", nullable=True),
)
POSTINGS = (
    Column("posting_id"),
    Column("tx_id"),
    Column("transfer_id"),
    Column("leg", "i1", "leg"),
    Column("account_id"),
    Column("amount_minor"),
    Column("currency", "i2", "currency"),
    Column("phase", "i1", "phase"),
    Column("posted_ns"),
    Column("service", "i2", "service"),
)
GAUGES = (
    Column("time_ns"),
    Column("service", "i2", "service"),
    Column("replica", "i2"),
    Column("state", "i1", "replica_state"),
    Column("busy", "i4"),
    Column("busy_ns"),
    Column("queue_length", "i4"),
    Column("arrivals"),
    Column("completions"),
    Column("cpu_ns"),
    Column("power_w", "f4"),
)
FAULTS = (
    Column("fault_id", "i4"),
    Column("kind", "i2", "fault_kind"),
    Column("target", "i2", "fault_target"),
    Column("begin_ns"),
    Column("end_ns"),
    Column("probability", "f8"),
    Column("parameters", "i2", "fault_parameters"),
)
DECISIONS = (
    Column("time_ns"),
    Column("actor", "i2", "actor"),
    Column("decision", "i2", "decision"),
    Column("subject", "i4", "subject"),
    Column("tx_id", nullable=True),
    Column("score", "f4"),
    Column("reason", "i2", "reason"),
)
AGENTS = (
    Column("agent_id"),
    Column("role", "i1", "role"),
    Column("segment", "i2", "segment"),
    Column("region", "i2", "region"),
    Column("account_id"),
    Column("opening_minor"),
    Column("currency", "i2", "currency"),
    Column("typology", "i2", "typology"),
    Column("campaign_id", "i4", nullable=True),
)
TRUTH = (
    Column("tx_id"),
    Column("created_ns"),
    Column("campaign_id", "i4"),
    Column("typology", "i2", "typology"),
    Column("twin", "i2", "twin"),
    Column("stage", "i2", "stage"),
    Column("role", "i2", "role"),
    Column("hop", "i2"),
    Column("tainted_share", "f8"),
    Column("parent_tx_ids", "i4", "tx_ids"),
    Column("intended_minor"),
    Column("executed_minor"),
    Column("outcome", "i1", "outcome"),
)
"""What campaigns of fraud really did, payment by payment, and what their honest twins did; `twin`
is empty for a campaign itself.

`tainted_share` is the part of a payment that its author means as dirty money: 0 of a twin's, and of
a campaign's cover (money of the criminals' own, spent to look honest); else 1, also of steps of a
crime that move no money, or less where an author mixes dirty money with clean on purpose (a front
business). It is what was meant, not a fraction followed through balances from payment to payment.
`transactions.is_fraud` holds where it is above 0; `transactions.campaign_id` names the campaign of
cover too. `parent_tx_ids` are payments whose money this one moves on."""
CAMPAIGNS = (
    Column("campaign_id", "i4"),
    Column("name", "i2", "campaign"),
    Column("typology", "i2", "typology"),
    Column("twin", "i2", "twin"),
    Column("twin_of", "i4", nullable=True),
    Column("sophistication", "f8"),
    Column("pace", "f8"),
    Column("begun_ns", nullable=True),
    Column("ended_ns", nullable=True),
    Column("end", "i1", "campaign_end"),
)
SPECIFICATIONS = (
    Column("campaign_id", "i4"),
    Column("stage", "i2", "stage"),
    Column("measure", "i2", "measure"),
    Column("low", "f8"),
    Column("high", "f8"),
)
"""What a campaign was specified to be, in measures that are taken from its rows of the truth."""
ASSESSMENTS = (
    Column("tx_id"),
    Column("time_ns"),
    Column("decision", "i1", "fraud_decision"),
    Column("score", "f4"),
    Column("points", "f4"),
    Column("likelihood", "f4"),
    Column("reasons", "i4", "reasons"),
    *(Column(name, "f4") for name in FEATURES),
)
"""Why the fraud service decided as it did: points of the rules that fired, the model's likelihood,
and every feature as it stood at that instant."""
TABLES: dict[str, tuple[Column, ...]] = {
    "transactions": TRANSACTIONS,
    "hops": HOPS,
    "postings": POSTINGS,
    "faults": FAULTS,
    "decisions": DECISIONS,
    "gauges": GAUGES,
    "agents": AGENTS,
    "truth": TRUTH,
    "campaigns": CAMPAIGNS,
    "specifications": SPECIFICATIONS,
    "assessments": ASSESSMENTS,
}
SORT_KEYS: dict[str, tuple[str, ...]] = {
    "transactions": ("created_ns", "tx_id"),
    "hops": ("sent_ns", "hop_id"),
    "postings": ("posted_ns", "posting_id"),
    "faults": ("begin_ns", "fault_id"),
    "decisions": ("time_ns",),
    "gauges": ("time_ns", "service", "replica"),
    "agents": ("agent_id", "account_id"),
    "truth": ("tx_id",),
    "campaigns": ("campaign_id",),
    "specifications": ("campaign_id", "stage", "measure"),
    "assessments": ("time_ns", "tx_id"),
}

ANSWERS = (
    Column("tx_id"),
    Column("draw_key"),
    Column("customer_id"),
    Column("kind", "i2"),
    Column("answered_ns"),
    Column("outcome", "i1"),
    Column("ack", "i1"),
    Column("decline_reason", "i1"),
    Column("submission", "i2"),
    Column("may_retry", "?"),
    Column("amount_minor"),
    Column("balance_minor"),
    Column("typology", "i2"),
    Column("campaign_id", "i4"),
)
"""What actors learn after each submission; not written to disk."""


def empty(columns: tuple[Column, ...]) -> dict[str, np.ndarray]:
    """Return the columns of a table with no rows."""
    return dict(_empty(columns))


@cache
def _empty(columns: tuple[Column, ...]) -> dict[str, np.ndarray]:
    """Make the columns once: arrays of no rows cannot be changed, only replaced."""
    return {column.name: np.empty(0, column.dtype) for column in columns}
