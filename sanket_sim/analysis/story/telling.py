"""The story of one payment, put together from the tables of a run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

import numpy as np

from sanket_sim.analysis.decomposition import IntentStatus, decompose
from sanket_sim.analysis.edges import waited_until_ns
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.analysis.story.nouns import (
    NEVER,
    Answer,
    Flows,
    Journal,
    Leg,
    Party,
    Ruling,
    Story,
    Visit,
)
from sanket_sim.analysis.story.timeline import find_hop, submissions_of, timeline
from sanket_sim.analysis.story.verdict import Evidence, judge
from sanket_sim.core.outcomes import Decline, LeakClass, Outcome
from sanket_sim.core.result_codes import result_of
from sanket_sim.trace import schema
from sanket_sim.trace.batch import Columns, rows_in
from sanket_sim.trace.parquet import decode

Row = dict[str, Any]
"""One row of a table: whole numbers, and words for codes."""
_TIMES = ("sent_ns", "queued_ns", "begun_ns", "ended_ns", "received_ns", "left_ns")
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


def tell(run: RunFolder, tx_id: int) -> Story:
    """Tell the story of one payment, from the trace alone.

    Parameters
    ----------
    run : RunFolder
    tx_id : int

    Raises
    ------
    KeyError
        If the run has no such payment.
    """
    found = rows_of(run, "transactions", tx_id)
    if rows_in(found) == 0:
        raise KeyError(tx_id)
    return _Teller(run, tx_id, found).story()


def rows_of(run: RunFolder, table: str, tx_id: int) -> Columns:
    """Return the rows of one payment; part files keep their extremes, so most are not read."""
    import pyarrow.dataset as ds  # noqa: PLC0415  # only stories look for single rows

    if not run.trace.parts(table):
        return schema.empty(schema.TABLES[table])
    read = run.trace.scan(table).to_table(filter=ds.field("tx_id") == tx_id)
    return decode(read.unify_dictionaries(), schema.TABLES[table], run.trace.vocabularies)


@dataclass
class _Teller:
    run: RunFolder
    tx_id: int
    found: Columns

    def story(self) -> Story:
        row = self._rows("transactions", self.found)[0]
        visits, rulings = self._visits(), self._rulings()
        journals = self._journals(visits)
        flows, answer = _flows(row), self._answer(row)
        parts = decompose(self.found)
        deadline_ns = self._since_birth(row["deadline_ns"])
        right_creditor = self._party(row["right_creditor_account"])
        evidence = Evidence(
            status=IntentStatus(int(parts.status[0])),
            leak_class=LeakClass(int(parts.leak_class[0])),
            glv_minor=int(parts.glv_minor[0]),
            amount_minor=row["amount_minor"],
            deadline_ns=deadline_ns,
            trap=_spoken(row["trap"]),
            right_creditor=right_creditor,
            flows=flows,
            answer=answer,
            visits=visits,
            journals=journals,
        )
        return Story(
            tx_id=self.tx_id,
            kind=row["kind"],
            channel=row["channel"],
            currency=row["currency"],
            amount_minor=row["amount_minor"],
            born_ns=self._born_ns,
            deadline_ns=deadline_ns,
            customer=f"customer {row['customer_id']}",
            debtor=self._party(row["debtor_account"]),
            creditor=self._party(row["creditor_account"]),
            right_debtor=self._party(row["right_debtor_account"]),
            right_creditor=right_creditor,
            trap=evidence.trap,
            typology=_spoken(row["typology"]),
            flows=flows,
            answer=answer,
            verdict=judge(evidence),
            moments=timeline(visits, journals, rulings),
            visits=tuple(visits),
            journals=tuple(journals),
            rulings=tuple(rulings),
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

    def _visits(self) -> list[Visit]:
        columns = rows_of(self.run, "hops", self.tx_id)
        columns = {**columns, "left_ns": waited_until_ns(self.run, columns)}
        order = np.argsort(columns["hop_id"])
        columns = {name: column[order] for name, column in columns.items()}
        rows = self._rows("hops", columns)
        for row, left_ns in zip(rows, columns["left_ns"].tolist(), strict=True):
            row["left_ns"] = left_ns
        places = _places(rows)
        return [self._visit(row, *places[row["hop_id"]]) for row in rows]

    def _visit(self, row: Row, depth: int, submission: int) -> Visit:
        same: Row = {name: row[name] for name in _SAME}
        times: Row = {name: self._since_birth(row[name]) for name in _TIMES}
        return Visit(
            depth=depth,
            submission=submission,
            ahead=row["queue_length"],
            fault=self._faults.get(row["fault_id"], ""),
            **same,
            **times,
        )

    def _journals(self, visits: Sequence[Visit]) -> list[Journal]:
        rows = self._rows("postings", rows_of(self.run, "postings", self.tx_id))
        rows.sort(key=lambda row: row["posting_id"])
        sums: Counter[tuple[int, str]] = Counter()
        for row in rows:
            sums[row["transfer_id"], row["phase"]] += row["amount_minor"]
        written = groupby(rows, lambda row: (row["transfer_id"], row["phase"], row["posted_ns"]))
        return [
            self._journal(list(legs), visits, one_sided=sums[transfer, phase] != 0)
            for (transfer, phase, _), legs in written
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
            legs=tuple(Leg(self._party(row["account_id"]), row["amount_minor"]) for row in rows),
            one_sided=one_sided,
        )

    def _rulings(self) -> list[Ruling]:
        rows = self._rows("decisions", rows_of(self.run, "decisions", self.tx_id))
        return [
            Ruling(self._since_birth(row["time_ns"]), row["actor"], row["decision"], row["score"])
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
    def _faults(self) -> dict[int, str]:
        """Say what each fault does, by its number."""
        rows = self._rows("faults", self.run.trace.columns("faults"))
        return {row["fault_id"]: " ".join(_fault_words(row)) for row in rows}

    @cached_property
    def _owners(self) -> dict[int, str]:
        names = ("account_id", "agent_id", "role", "segment")
        table = self.run.trace.table("agents", names).to_pydict()
        rows = zip(*(table[name] for name in names), strict=True)
        return {account: _owner(role, segment, agent) for account, agent, role, segment in rows}

    def _party(self, account_id: int) -> Party:
        return Party(account_id, self._owners.get(account_id, f"account {account_id}"))


def _owner(role: str, segment: str, agent_id: int) -> str:
    """Name the owner of an account: worlds by their name, people by their number.

    Examples
    --------
    >>> _owner("world", "cash", 0), _owner("merchant", "merchant", 12)
    ('cash', 'merchant 12')
    """
    return segment if role == "world" else f"{role} {agent_id}"


def _flows(row: Row) -> Flows:
    names = ("e_minor", "d_minor", "c_minor", "x_minor", "n_posted", "open_hold_minor")
    return Flows(**{name: row[name] for name in names})


def _spoken(word: str) -> str:
    return "" if word == "none" else word


def _fault_words(row: Row) -> Iterator[str]:
    yield row["kind"]
    if row["target"]:
        yield f"on {row['target']}"
    parameters = json.loads(row["parameters"] or "{}")
    if parameters:
        yield "(" + ", ".join(f"{key} {value}" for key, value in parameters.items()) + ")"


def _places(rows: Sequence[Row]) -> dict[int, tuple[int, int]]:
    """Return the depth of each hop and the submission it belongs to; callers come before calls."""
    roots = [row for row in rows if row["parent_hop_id"] < 0]
    tries = submissions_of([(row["attempt"], row["sent_ns"]) for row in roots])
    places = {row["hop_id"]: (0, number) for row, number in zip(roots, tries, strict=True)}
    for row in rows:
        if row["hop_id"] not in places:
            depth, submission = places.get(row["parent_hop_id"], (0, 1))
            places[row["hop_id"]] = (depth + 1, submission)
    return places
