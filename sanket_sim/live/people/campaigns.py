"""Campaigns of fraud as they unfold: the truth about them, and what the bank has noticed."""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from sanket_sim.analysis.fraud_payments import Payments
from sanket_sim.analysis.run_folder import worth_of
from sanket_sim.bank.description import Bank, Party
from sanket_sim.core.money import exponent_of
from sanket_sim.live.frames import Case, Move
from sanket_sim.live.people.typologies import BY_PAYER, counted, noun_of, title_of
from sanket_sim.live.reading.decisions import told_by
from sanket_sim.live.scene import Scene
from sanket_sim.trace.batch import Columns, TraceBatch

CAMPAIGNS_MOST = 256
"""Campaigns that are remembered; the one that has been quiet longest gives way."""
MOVES_MOST = 160
ACCOUNTS_MOST = 1_000
_TX_IDS_MOST = 20_000
_TWINS_MOST = 5_000
VICTIM = "victim"
_HONEST_ROLES = (VICTIM, "identity", "customer", "cover", "")
"""Whoever has another role in the truth of a campaign lends his account to it."""
_NOTICED_BY = ("aml", "analyst")
_NOTICING = ("alert", "confirm")


class _Row(NamedTuple):
    """One payment of a campaign, in words."""

    tx_id: int
    campaign_id: int
    created_ns: int
    completed_ns: int
    debtor: int
    creditor: int
    amount_minor: int
    executed_minor: int
    typology: str
    stage: str
    role: str
    currency: str
    tainted: bool
    flagged: bool
    stopped: bool
    missed: bool
    lost_minor: int

    @property
    def fate(self) -> str:
        """What became of the money."""
        if self.amount_minor == 0:
            return "step"
        if self.executed_minor > 0:
            return "moved"
        return "stopped" if self.stopped else "failed"


_CODED = ("typology", "stage", "role", "currency")
_COLUMNS = (
    "tx_id",
    "campaign_id",
    "created_ns",
    "completed_ns",
    "debtor_account",
    "creditor_account",
    "amount_minor",
    "d_minor",
    *_CODED,
)


@dataclass(slots=True)
class CaseFile:
    """What has come of one campaign so far.

    Parameters
    ----------
    fraudster : int
        Agent id of whoever carries it out, -1: unknown.
    roles : dict
        Account -> whether its owner is in on it (else he is robbed, or sells something).
    payers : set of int
        Accounts that have paid.
    found_ns : int
        When the bank first noticed it, -1: it has not.
    uncounted : int
        Payments born in the warm-up, which no figure of the whole desk has among its own.
    """

    campaign_id: int
    typology: str
    fraudster: int
    begun_ns: int
    last_ns: int
    payments: int = 0
    caught: int = 0
    missed: int = 0
    uncounted: int = 0
    found_ns: int = -1
    stages: Counter[str] = field(default_factory=Counter)
    roles: dict[int, bool] = field(default_factory=dict)
    payers: set[int] = field(default_factory=set)
    stopped_minor: Counter[str] = field(default_factory=Counter)
    lost_minor: Counter[str] = field(default_factory=Counter)
    moved_minor: Counter[str] = field(default_factory=Counter)
    moves: deque[Move] = field(default_factory=lambda: deque(maxlen=MOVES_MOST))

    @property
    def found(self) -> bool:
        """Whether the bank has noticed it."""
        return self.found_ns >= 0

    @property
    def size(self) -> int:
        """How many cards, victims or accounts it has touched, whichever is counted."""
        by_payer = noun_of(self.typology) in BY_PAYER
        return len(self.payers) if by_payer else len(self.roles)

    def notice(self, at_ns: int) -> None:
        """Note that the bank has noticed it."""
        if self.found_ns < 0:
            self.found_ns = at_ns


class CampaignBook:
    """Keeps the files of campaigns.

    Parameters
    ----------
    scene : Scene
    """

    def __init__(self, scene: Scene) -> None:
        self._words, self.bank = scene.words, scene.bank
        self._warmup_ns = scene.experiment.warmup
        self._owner = scene.accounts.owner
        self._customers = scene.accounts.party == Party.CUSTOMER
        self._fraudsters = _fraudsters(scene)
        self._campaign_of: OrderedDict[int, int] = OrderedDict()
        self._twins: OrderedDict[int, str] = OrderedDict()
        self.files: OrderedDict[int, CaseFile] = OrderedDict()
        """By campaign_id, the most recently active last."""

    def observe(self, rows: Payments, batch: TraceBatch, blocked: list[int]) -> None:
        """Take in the payments of campaigns, and what the bank thinks of anybody.

        Parameters
        ----------
        rows : Payments
            Everything that ended in a tick.
        batch : TraceBatch
            The tick's own: decisions and end.
        blocked : list of int
            Accounts that the bank has blocked in it.
        """
        for row in self._rows(rows):
            self._enter(row)
        self._note_twins(rows)
        self._hear(batch.decisions)
        for account in blocked:
            self._blame(account, batch.end_ns)

    def campaign_of(self, tx_id: int) -> int:
        """Return the campaign of a payment that has ended of late, -1 for none."""
        return self._campaign_of.get(tx_id, -1)

    def twin_of(self, account: int) -> str:
        """Return the honest thing that looks like fraud which an account has lately done; or ""."""
        return self._twins.get(account, "")

    def about(self, agent: int) -> list[CaseFile]:
        """Return the campaigns in which somebody has a part, the largest first."""
        files = self.largest(CAMPAIGNS_MOST)
        return [one for one in files if one.fraudster == agent or agent in self.people(one)]

    def people(self, file: CaseFile) -> dict[int, bool]:
        """Return the customers that a campaign has touched, and which of them are in on it."""
        people: dict[int, bool] = {}
        for account, guilty in file.roles.items():
            agent = int(self._owner[account])
            people[agent] = people.get(agent, False) or guilty
        return people

    def largest(self, most: int, since_ns: int = 0) -> list[CaseFile]:
        """Return the files of most payments among those active since an instant."""
        live = [one for one in self.files.values() if one.last_ns >= since_ns]
        live.sort(key=lambda one: (-one.payments, one.campaign_id))
        return live[:most]

    def label(self, file: CaseFile) -> str:
        """Say what a campaign is, how many it touches and how much it has moved."""
        parts = [title_of(file.typology), counted(file.typology, file.size)]
        units = int(worth_of(file.moved_minor, self.bank.rates))
        if units and file.typology != "card_testing":
            parts.append(f"{units:,} {self.bank.currencies[0]}")
        return " · ".join(parts)

    def case(self, file: CaseFile, moves: int) -> Case:
        """Return a file as a page shows it, with so many of its newest moves."""
        return Case(
            campaign_id=file.campaign_id,
            typology=file.typology,
            label=self.label(file),
            found=file.found,
            begun_ns=file.begun_ns,
            last_ns=file.last_ns,
            caught=file.caught,
            missed=file.missed,
            payments=file.payments,
            stopped_minor=first_currency_minor(file.stopped_minor, self.bank),
            lost_minor=first_currency_minor(file.lost_minor, self.bank),
            accounts=len(file.roles),
            stages=dict(file.stages),
            moves=tuple(file.moves)[-moves:],
            uncounted=file.uncounted,
        )

    def _enter(self, row: _Row) -> None:
        file = self._file(row)
        file.last_ns = max(file.last_ns, row.created_ns)
        file.payments += 1
        file.uncounted += row.created_ns < self._warmup_ns
        file.stages[row.stage] += 1
        file.caught += row.flagged
        file.missed += row.missed
        if row.flagged or row.stopped:
            file.notice(row.completed_ns)
        file.stopped_minor[row.currency] += row.amount_minor if row.stopped else 0
        file.lost_minor[row.currency] += row.lost_minor
        file.moved_minor[row.currency] += max(0, row.executed_minor)
        self._meet(file, row)
        file.moves.append(self._move(row))
        self._campaign_of[row.tx_id] = row.campaign_id
        if len(self._campaign_of) > _TX_IDS_MOST:
            self._campaign_of.popitem(last=False)

    def _file(self, row: _Row) -> CaseFile:
        file = self.files.get(row.campaign_id)
        if file is None:
            if len(self.files) >= CAMPAIGNS_MOST:
                self.files.popitem(last=False)
            fraudster = self._fraudsters.get(row.campaign_id, -1)
            file = CaseFile(
                row.campaign_id, row.typology, fraudster, row.created_ns, row.created_ns
            )
            self.files[row.campaign_id] = file
        self.files.move_to_end(row.campaign_id)
        return file

    def _meet(self, file: CaseFile, row: _Row) -> None:
        """Note whose accounts a payment goes between, and who of them is in on it."""
        self._note(file, row.debtor, row.role not in _HONEST_ROLES, row.role == VICTIM)
        self._note(file, row.creditor, row.tainted and row.amount_minor > 0, robbed=False)
        if row.debtor >= 0 and len(file.payers) < ACCOUNTS_MOST:
            file.payers.add(row.debtor)

    def _note(self, file: CaseFile, account: int, guilty: bool, robbed: bool) -> None:
        if account < 0 or not self._customers[account] or len(file.roles) >= ACCOUNTS_MOST:
            return
        file.roles[account] = (file.roles.get(account, False) or guilty) and not robbed

    def _note_twins(self, rows: Payments) -> None:
        theirs = np.flatnonzero(rows.columns["twin"] > 0)
        words = self._words["twin"].words
        for row in theirs.tolist():
            account = int(rows.columns["debtor_account"][row])
            self._twins[account] = words[rows.columns["twin"][row]]
            if len(self._twins) > _TWINS_MOST:
                self._twins.popitem(last=False)

    def _move(self, row: _Row) -> Move:
        return Move(
            tx_id=row.tx_id,
            at_ns=row.created_ns,
            stage=row.stage,
            amount_minor=row.amount_minor,
            currency=row.currency,
            fate=row.fate,
            flagged=row.flagged,
            debtor=self._agent(row.debtor),
            creditor=self._agent(row.creditor),
        )

    def _agent(self, account: int) -> int:
        return int(self._owner[account]) if account >= 0 else -1

    def _hear(self, decisions: Columns) -> None:
        """Note which campaigns monitoring or an analyst has noticed by one of their payments."""
        for ruling in told_by(decisions, self._words, *_NOTICED_BY):
            file = self.files.get(self.campaign_of(ruling.tx_id))
            if file is not None and ruling.said in _NOTICING:
                file.notice(ruling.time_ns)

    def _blame(self, account: int, at_ns: int) -> None:
        for file in self.files.values():
            if account in file.roles:
                file.notice(at_ns)

    def _rows(self, rows: Payments) -> Iterator[_Row]:
        """Yield the payments of campaigns; those of their honest twins are nobody's."""
        some = rows.where((rows.columns["campaign_id"] >= 0) & (rows.columns["twin"] <= 0))
        if not len(some):
            return
        columns: list[list[Any]] = [some.columns[name].tolist() for name in _COLUMNS]
        for place, name in enumerate(_CODED, start=len(_COLUMNS) - len(_CODED)):
            words = (*self._words[name].words, "")
            columns[place] = [words[code] for code in columns[place]]
        told = (some.fraud, some.flagged, some.stopped, some.missed, some.lost_minor)
        yield from map(_Row, *columns, *(column.tolist() for column in told))


def first_currency_minor(amounts_minor: Mapping[str, int], bank: Bank) -> int:
    """Return amounts by currency as one, in minor units of the bank's first currency."""
    units = worth_of(amounts_minor, bank.rates)
    return round(units * Fraction(10) ** exponent_of(bank.currencies[0]))


def _fraudsters(scene: Scene) -> dict[int, int]:
    """Return who carries each campaign out: campaign_id -> agent id."""
    agents, roles = scene.agents, scene.words["role"].words
    rows = np.array([word == "fraudster" for word in roles])[agents["role"]]
    ids = zip(agents["campaign_id"][rows].tolist(), agents["agent_id"][rows].tolist(), strict=True)
    return dict(ids)
