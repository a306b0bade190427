"""The story of one payment, put together from the tables of a run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np

from sanket_sim.analysis.breaks import CORRECTION
from sanket_sim.analysis.decomposition import IntentStatus, decompose
from sanket_sim.analysis.edges import waited_until_ns
from sanket_sim.analysis.root_cause import publishers
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.analysis.story.nouns import (
    NEVER,
    Answer,
    Flows,
    Journal,
    Leg,
    Linked,
    Party,
    Role,
    Ruling,
    SecondLeg,
    SetTrap,
    Story,
    Visit,
)
from sanket_sim.analysis.story.timeline import find_hop, submissions_of, timeline
from sanket_sim.analysis.story.verdict import Evidence, judge
from sanket_sim.bank.description import Bank, StepKind
from sanket_sim.core.outcomes import Decline, LeakClass, LegPurpose, Outcome
from sanket_sim.core.result_codes import result_of
from sanket_sim.core.units import NS_PER_US
from sanket_sim.trace import schema
from sanket_sim.trace.batch import Columns, rows_in
from sanket_sim.trace.reader import Trace

Row = dict[str, Any]
"""One row of a table: whole numbers, and words for codes."""
_TIMES = ("sent_ns", "queued_ns", "begun_ns", "ended_ns", "received_ns", "left_ns")
_NO_SECOND_LEG = LegPurpose.NONE.name.lower()
_SAME = (
    "hop_id",
    "parent_hop_id",
    "attempt",
    "replica",
    "caller",
    "service",
    "operation",
    "outcome",
    "committed",
    "late",
)


def tell(run: RunFolder, tx_id: int, owners: Mapping[int, str] | None = None) -> Story:
    """Tell the story of one payment, from the trace alone.

    Parameters
    ----------
    run : RunFolder
    tx_id : int
    owners : mapping, optional
        Whose each account is, as `owners_of` says; read from the run when not given.

    Raises
    ------
    KeyError
        If the run has no such payment.
    """
    found = rows_of(run, "transactions", tx_id)
    if rows_in(found) == 0:
        raise KeyError(tx_id)
    return _Teller(run, tx_id, found, owners or owners_of(run.trace)).story()


def beginning_of(
    run: RunFolder, tx_id: int, owners: Mapping[int, str] | None = None
) -> tuple[list[Visit], list[Journal]]:
    """Tell as much of a payment as is known before it has ended, timed from its first call.

    A call is known once it is over, so the calls that wait for others come last.
    """
    hops = rows_of(run, "hops", tx_id)
    born_ns = np.sort(hops["sent_ns"])[:1]
    if not len(born_ns):
        return [], []
    teller = _Teller(run, tx_id, {"created_ns": born_ns}, owners or owners_of(run.trace))
    visits = teller.visits("")
    return visits, teller.journals(visits)


def rows_of(run: RunFolder, table: str, tx_id: int) -> Columns:
    """Return the rows of one payment."""
    return run.trace.rows_with(table, "tx_id", [tx_id])


def owners_of(trace: Trace) -> dict[int, str]:
    """Say whose each account is, by its number."""
    names = ("account_id", "agent_id", "role", "segment")
    table = trace.columns("agents", names)
    roles, segments = trace.words("role"), trace.words("segment")
    rows = zip(*(table[name].tolist() for name in names), strict=True)
    return {
        account: _owner(roles[role], segments[segment], agent)
        for account, agent, role, segment in rows
    }


@dataclass
class _Teller:
    run: RunFolder
    tx_id: int
    found: Columns
    owners: Mapping[int, str]

    def story(self) -> Story:
        row = self._rows("transactions", self.found)[0]
        seen = self._evidence(row)
        return Story(
            tx_id=self.tx_id,
            kind=row["kind"],
            channel=row["channel"],
            currency=row["currency"],
            amount_minor=row["amount_minor"],
            born_ns=self._born_ns,
            born_at=_clock_time(self.run.experiment.start, self._born_ns),
            deadline_ns=seen.deadline_ns,
            customer=f"customer {row['customer_id']}",
            debtor=seen.debtor,
            creditor=self._party(row["creditor_account"]),
            right_debtor=self._party(row["right_debtor_account"]),
            right_creditor=seen.right_creditor,
            trap=seen.trap.kind,
            set_trap=seen.trap,
            typology=_spoken(row["typology"]),
            flows=seen.flows,
            answer=seen.answer,
            verdict=judge(seen),
            moments=timeline(seen.visits, seen.journals, seen.rulings),
            visits=tuple(seen.visits),
            journals=tuple(seen.journals),
            rulings=tuple(seen.rulings),
            second=seen.second,
            puts_right=self._corrected(row),
            put_right_by=self._corrections(),
            batch=seen.batch,
            customer_id=row["customer_id"],
            fraud_decision=row["fraud_decision"],
            fraud_score=row["fraud_score"],
        )

    def _evidence(self, row: Row) -> Evidence:
        parts = decompose(self.found)
        visits = self.visits(row["kind"])
        return Evidence(
            status=IntentStatus(int(parts.status[0])),
            leak_class=LeakClass(int(parts.leak_class[0])),
            glv_minor=int(parts.glv_minor[0]),
            amount_minor=row["amount_minor"],
            deadline_ns=self._since_birth(row["deadline_ns"]),
            hold_ttl_ns=self.run.bank.hold_ttl_ns,
            trap=self._trap(_spoken(row["trap"])),
            refunds=self._refunds(row["kind"]),
            batch=_batch(row["batch_id"], row["business_date"]),
            publishers=publishers(self.run.bank),
            debtor=self._party(row["debtor_account"]),
            right_creditor=self._party(row["right_creditor_account"]),
            flows=_flows(row),
            second=self._second(row, int(parts.second_glv_minor[0])),
            answer=self._answer(row),
            visits=visits,
            journals=self.journals(visits),
            rulings=self._rulings(),
            stolen=_spoken(row["typology"]) if row["is_fraud"] else "",
            judged=row["fraud_decision"],
        )

    def _second(self, row: Row, glv_minor: int) -> SecondLeg | None:
        if row["second_purpose"] == _NO_SECOND_LEG:
            return None
        return SecondLeg(
            purpose=row["second_purpose"],
            currency=row["second_currency"],
            debtor=self._party(row["second_debtor_account"]),
            creditor=self._party(row["second_creditor_account"]),
            flows=_flows(row, "second_"),
            glv_minor=glv_minor,
        )

    def _trap(self, kind: str) -> SetTrap:
        laid = self.run.traps.get(kind)
        return SetTrap(kind, laid.code, laid.control, laid.control_on) if laid else SetTrap(kind)

    def _refunds(self, kind: str) -> bool:
        """Say whether payments of a kind give back what others have moved."""
        return any(route.name == kind and route.reverses for route in self.run.bank.routes)

    def _corrections(self) -> tuple[Linked, ...]:
        """Return the payments that put this one right."""
        found = self.run.trace.rows_with("transactions", "original_tx_id", [self.tx_id])
        rows = sorted(self._rows("transactions", found), key=lambda row: row["tx_id"])
        return tuple(self._linked(row) for row in rows if row["kind"] == CORRECTION)

    def _corrected(self, row: Row) -> Linked | None:
        """Return the payment that this one puts right."""
        if row["kind"] != CORRECTION:
            return None
        found = rows_of(self.run, "transactions", row["original_tx_id"])
        return next(map(self._linked, self._rows("transactions", found)), None)

    def _linked(self, row: Row) -> Linked:
        return Linked(
            tx_id=row["tx_id"],
            kind=row["kind"],
            amount_minor=row["amount_minor"],
            moved_minor=row["c_minor"],
            currency=row["currency"],
            creditor=self._party(row["creditor_account"]),
            ack=row["ack"],
            leak_class=row["leak_class"],
        )

    @property
    def _born_ns(self) -> int:
        return int(self.found["created_ns"][0])

    def _since_birth(self, time_ns: int) -> int:
        return time_ns - self._born_ns if time_ns >= 0 else NEVER

    def _rows(self, table: str, columns: Columns) -> list[Row]:
        """Turn columns into rows, codes into words."""
        spelt = {}
        for column in schema.TABLES[table]:
            values = columns[column.name].tolist()
            if column.vocabulary:
                words = [*self.run.trace.words(column.vocabulary), ""]
                values = [words[code] for code in values]
            spelt[column.name] = values
        return [dict(zip(spelt, row, strict=True)) for row in zip(*spelt.values(), strict=True)]

    def visits(self, kind: str) -> list[Visit]:
        """Return its attempts, callers before calls."""
        columns = rows_of(self.run, "hops", self.tx_id)
        columns = {**columns, "left_ns": waited_until_ns(self.run, columns)}
        order = np.argsort(columns["hop_id"])
        columns = {name: column[order] for name, column in columns.items()}
        rows = self._rows("hops", columns)
        for row, left_ns in zip(rows, columns["left_ns"].tolist(), strict=True):
            row["left_ns"] = left_ns
        places = _places(rows, _roles(self.run.bank, kind))
        return [self._visit(row, places[row["hop_id"]]) for row in rows]

    def _visit(self, row: Row, place: _Place) -> Visit:
        same: Row = {name: row[name] for name in _SAME}
        times: Row = {name: self._since_birth(row[name]) for name in _TIMES}
        return Visit(
            depth=place.depth,
            submission=place.submission,
            role=place.role,
            event=(row["caller"], row["operation"]) in self._events,
            ahead=row["queue_length"],
            fault=self._faults.get(row["fault_id"], ""),
            **same,
            **times,
        )

    def journals(self, visits: Sequence[Visit]) -> list[Journal]:
        """Return what the ledger wrote for it."""
        rows = self._rows("postings", rows_of(self.run, "postings", self.tx_id))
        rows.sort(key=lambda row: row["posting_id"])
        sums: Counter[tuple[int, str, str]] = Counter()
        for row in rows:
            sums[_transfer(row)] += row["amount_minor"]
        written = groupby(rows, lambda row: (_transfer(row), row["posted_ns"]))
        return [
            self._journal(list(legs), visits, one_sided=sums[transfer] != 0)
            for (transfer, _), legs in written
        ]

    def _journal(self, rows: list[Row], visits: Sequence[Visit], *, one_sided: bool) -> Journal:
        at_ns = self._since_birth(rows[0]["posted_ns"])
        service = rows[0]["service"]
        return Journal(
            transfer_id=rows[0]["transfer_id"],
            phase=rows[0]["phase"],
            at_ns=at_ns,
            service=service,
            hop_id=find_hop(visits, service, at_ns),
            legs=tuple(
                Leg(self._party(row["account_id"]), row["amount_minor"], row["currency"])
                for row in rows
            ),
            one_sided=one_sided,
            side=rows[0]["leg"],
        )

    def _rulings(self) -> list[Ruling]:
        rows = self._rows("decisions", rows_of(self.run, "decisions", self.tx_id))
        return [
            Ruling(
                self._since_birth(row["time_ns"]),
                row["actor"],
                row["decision"],
                row["score"],
                row["subject"],
                row["reason"],
            )
            for row in rows
        ]

    def _answer(self, row: Row) -> Answer:
        outcome = Outcome[row["outcome"]]
        result = result_of(outcome, Decline[row["decline_reason"].upper()])
        return Answer(
            at_ns=self._since_birth(row["completed_ns"]),
            ack=row["ack"],
            outcome=outcome.name,
            decline_reason=row["decline_reason"],
            iso20022_status=result.iso20022_status,
            iso20022_reason=result.iso20022_reason,
            iso8583_code=result.iso8583,
            meaning=result.meaning,
        )

    @cached_property
    def _events(self) -> set[tuple[str, str]]:
        """Who publishes what: the calls that a message broker carries."""
        bank = self.run.bank
        targets = {
            step.target
            for operation in bank.operations
            for step in operation.steps
            if step.kind == StepKind.PUBLISH
        }
        return {
            (bank.services[bank.edges[edge].caller].name, _operation(bank, edge))
            for edge in targets
        }

    @cached_property
    def _faults(self) -> dict[int, str]:
        """Say what each fault does, by its number; traps strike payments, not hops."""
        rows = self._rows("faults", self.run.trace.columns("faults"))
        return {row["fault_id"]: " ".join(_fault_words(row)) for row in rows}

    def _party(self, account_id: int) -> Party:
        return Party(account_id, self.owners.get(account_id, f"account {account_id}"))


def _owner(role: str, segment: str, agent_id: int) -> str:
    """Name the owner of an account: worlds by their name, people by their number.

    Examples
    --------
    >>> _owner("world", "cash", 0), _owner("merchant", "merchant", 12)
    ('cash', 'merchant 12')
    """
    return segment if role == "world" else f"{role} {agent_id}"


def _flows(row: Row, prefix: str = "") -> Flows:
    names = ("e_minor", "d_minor", "c_minor", "x_minor", "n_posted")
    held = 0 if prefix else row["open_hold_minor"]
    return Flows(**{name: row[prefix + name] for name in names}, open_hold_minor=held)


def _transfer(row: Row) -> tuple[int, str, str]:
    return row["transfer_id"], row["leg"], row["phase"]


def _clock_time(start: datetime | None, born_ns: int) -> str:
    """Write the time of the calendar and the clock at an instant of the run.

    Examples
    --------
    >>> _clock_time(datetime(2026, 11, 27, 8), 16_733_786_087)
    '2026-11-27 08:00:16'
    """
    if start is None:
        return ""
    at = start + timedelta(microseconds=born_ns // NS_PER_US)
    return at.isoformat(" ", "seconds")


def _batch(batch_id: int, business_date: int) -> str:
    """Name a file of payments.

    Examples
    --------
    >>> _batch(3, 20784), _batch(0, 0)
    ('file 3 of 2026-11-27', '')
    """
    if not batch_id:
        return ""
    return f"file {batch_id} of {date(1970, 1, 1) + timedelta(days=business_date)}"


def _operation(bank: Bank, edge: int) -> str:
    operation = bank.operations[bank.edges[edge].operation]
    return f"{bank.services[operation.service].name}.{operation.name}"


def _roles(bank: Bank, kind: str) -> dict[str, Role]:
    """Return what the customer's calls are about that are not the payment itself."""
    found: dict[str, Role] = {}
    for route in bank.routes:
        entries = {Role.REVERSAL: route.reversal_edge, Role.STATUS: route.status_edge}
        for role, edge in entries.items() if route.name == kind else ():
            if edge >= 0:
                found[_operation(bank, edge)] = role
    return found


def _spoken(word: str) -> str:
    return "" if word == "none" else word


def _fault_words(row: Row) -> Iterator[str]:
    yield row["kind"]
    if row["target"]:
        yield f"on {row['target']}"
    parameters = json.loads(row["parameters"] or "{}")
    if parameters:
        yield "(" + ", ".join(f"{key} {value}" for key, value in parameters.items()) + ")"


class _Place(NamedTuple):
    """Where a hop stands: under how many callers, and under which of the customer's calls."""

    depth: int
    submission: int
    role: Role


def _places(rows: Sequence[Row], roles: Mapping[str, Role]) -> dict[int, _Place]:
    """Return the place of each hop; callers come before calls.

    A call below nobody that the customer did not make (a message sent late) belongs to the first
    try.
    """
    heads = [row for row in rows if row["parent_hop_id"] < 0]
    tried = [row for row in heads if row["operation"] not in roles]
    tries = submissions_of([(row["attempt"], row["sent_ns"]) for row in tried])
    places = {
        row["hop_id"]: _Place(0, number, Role.PAYMENT)
        for row, number in zip(tried, tries, strict=True)
    }
    for row in heads:
        if row["operation"] in roles:
            places[row["hop_id"]] = _Place(0, 0, roles[row["operation"]])
    for row in rows:
        if row["hop_id"] not in places:
            above = places.get(row["parent_hop_id"], _Place(0, 1, Role.PAYMENT))
            places[row["hop_id"]] = above._replace(depth=above.depth + 1)
    return places
