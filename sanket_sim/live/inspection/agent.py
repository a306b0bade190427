"""The agent inspector: somebody's accounts, payments and alerts, and what he truly is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sanket_sim.actors.city import City
from sanket_sim.bank.places import PLACES
from sanket_sim.core.outcomes import LeakClass
from sanket_sim.live.frames import Alert
from sanket_sim.live.inspection.missing import Missing
from sanket_sim.live.picture import Picture
from sanket_sim.live.wording import in_words
from sanket_sim.trace.batch import Columns

PAYMENTS_SHOWN = 30
_HIDDEN_ROLES = ("mule", "fraudster")
"""What a bank takes for customers like any other."""


@dataclass(frozen=True, slots=True)
class AccountNow:
    """An account as it stands; amounts in minor units.

    Parameters
    ----------
    typical_minor : int
        What its owner usually pays, as the fraud service takes it.
    blocked_by : tuple of str
        ``"owner"``, ``"bank"``, both, or nobody.
    """

    account_id: int
    currency: str
    balance_minor: int
    opening_minor: int
    typical_minor: int
    closed: bool
    blocked_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PaymentLine:
    """One of somebody's latest payments.

    Parameters
    ----------
    direction : str
        ``out`` or ``in``, or ``none`` where no money was meant.
    other, other_id : str, int
        Who stands at the other end; empty and -1 for nobody.
    verdict : str
        ``moved``, or what became of it instead: the reason of the refusal, else ``failed``.
    leaked : bool
    truth : str
        The typology behind it; empty for honest ones.
    """

    tx_id: int
    at_ns: int
    kind: str
    channel: str
    direction: str
    other: str
    other_id: int
    amount_minor: int
    currency: str
    verdict: str
    risk: float | None
    decision: str
    leaked: bool
    truth: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part that somebody has in a campaign: ``fraudster``, ``mule`` or ``victim``."""

    campaign_id: int
    label: str
    part: str
    found: bool


@dataclass(frozen=True, slots=True)
class AgentTruth:
    """What nobody at the bank knows of somebody: behind the switch for the truth.

    Parameters
    ----------
    role : str
    parts : tuple of Part
    twin : str
        The honest thing that looks like fraud which he has lately done; empty for none.
    """

    role: str
    parts: tuple[Part, ...]
    twin: str


@dataclass(frozen=True, slots=True)
class AgentFile:
    """Everything about one agent.

    Parameters
    ----------
    role, segment, region : str
        As the bank sees him.
    home : str
        Where he lives; empty for nowhere.
    devices_enrolled, devices_seen : int
        Phones and computers that the bank knows as his, and different ones among the latest
        payments.
    failures, complaints : int or None
        Answers that were no success, and complaints about them; None for whoever has had none.
    left : bool
        Whether he has given the bank up.
    payments : tuple of PaymentLine
        The latest, newest first.
    alerts : tuple of Alert
        About him, newest first.
    """

    agent_id: int
    name: str
    role: str
    segment: str
    region: str
    home: str
    accounts: tuple[AccountNow, ...]
    devices_enrolled: int
    devices_seen: int
    failures: int | None
    complaints: int | None
    left: bool
    payments: tuple[PaymentLine, ...]
    alerts: tuple[Alert, ...]
    truth: AgentTruth


def inspect_agent(picture: Picture, key: str) -> AgentFile:
    """Return everything about one agent.

    Raises
    ------
    Missing
        If there is nobody of that number.
    """
    if not (key.isascii() and key.isdecimal()):
        raise Missing(f"agent {key}")
    return _Dossier(picture, int(key)).file()


class _Dossier:
    """Gathers what is known of one agent."""

    def __init__(self, picture: Picture, agent: int) -> None:
        self.picture, self.agent, self.scene = picture, agent, picture.scene
        rows = np.flatnonzero(self.scene.agents["agent_id"] == agent)
        if not len(rows):
            raise Missing(f"agent {agent}")
        self.rows = rows
        self.row = {name: int(column[rows[0]]) for name, column in self.scene.agents.items()}
        self.role = self._word("role")
        self.accounts = self.scene.agents["account_id"][rows]
        if self.role == "fraudster":
            self.accounts = self.accounts[:0]

    def file(self) -> AgentFile:
        """Return it all."""
        payments = self._payments()
        failures, complaints, left = self._temper()
        return AgentFile(
            agent_id=self.agent,
            name=self.picture.names.agent(self.agent),
            role="customer" if self.role in _HIDDEN_ROLES else self.role,
            segment=in_words(self._word("segment")),
            region=in_words(self._word("region")),
            home=self._home(),
            accounts=tuple(self._accounts()),
            devices_enrolled=self._enrolled(),
            devices_seen=self._devices(payments),
            failures=failures,
            complaints=complaints,
            left=left,
            payments=tuple(self._lines(payments)),
            alerts=self.picture.fraud.queue.about(self.agent),
            truth=self._truth(),
        )

    def _word(self, column: str) -> str:
        return self.scene.words[column].words[self.row[column]]

    def _accounts(self) -> Iterator[AccountNow]:
        accounts, blocks = self.scene.accounts, self.picture.detection.blocks
        balances_minor = self.picture.cockpit.simulation.network.balances_minor()
        currencies = self.scene.bank.currencies
        for account in self.accounts.tolist():
            by = (("owner", blocks.by_owner(account)), ("bank", blocks.by_bank(account)))
            yield AccountNow(
                account_id=account,
                currency=currencies[accounts.currency[account]],
                balance_minor=int(balances_minor[account]),
                opening_minor=int(accounts.opening_minor[account]),
                typical_minor=int(accounts.typical_minor[account]),
                closed=bool(accounts.shut[account]),
                blocked_by=tuple(who for who, blocked in by if blocked),
            )

    def _home(self) -> str:
        homes = self.scene.accounts.home
        if not len(self.accounts) or not len(homes) or homes[self.accounts[0]] < 0:
            return ""
        return in_words(PLACES[homes[self.accounts[0]]])

    def _enrolled(self) -> int:
        devices = self.scene.accounts.device
        if not len(self.accounts) or not len(devices):
            return 0
        return len(set(devices[self.accounts].tolist()) - {0})

    def _devices(self, payments: Columns) -> int:
        own = payments["device_id"][payments["customer_id"] == self.agent]
        return len(set(own.tolist()) - {0, -1})

    def _temper(self) -> tuple[int | None, int | None, bool]:
        """Return failures, complaints, and whether he has left."""
        city = self.picture.cockpit.simulation.city
        customer = city.customers.get(self.agent) if isinstance(city, City) else None
        if customer is None:
            return None, None, False
        return customer.failures, customer.complaints, customer.left

    def _payments(self) -> Columns:
        ring = self.picture.fraud.ring
        columns = ring.columns
        theirs = columns["customer_id"] == self.agent
        for side in ("debtor_account", "creditor_account"):
            theirs |= np.isin(columns[side], self.accounts)
        return ring.where(theirs & (columns["tx_id"] >= 0), PAYMENTS_SHOWN)

    def _lines(self, payments: Columns) -> Iterator[PaymentLine]:
        for row in range(len(payments["tx_id"])):
            yield self._line({name: column[row].item() for name, column in payments.items()})

    def _line(self, one: dict[str, int]) -> PaymentLine:
        words, names = self.scene.words, self.picture.names
        outgoing = one["debtor_account"] in self.accounts
        other = names.owner(one["creditor_account" if outgoing else "debtor_account"])
        moving = one["amount_minor"] > 0
        decision = words["fraud_decision"].words[one["fraud_decision"]]
        return PaymentLine(
            tx_id=one["tx_id"],
            at_ns=one["created_ns"],
            kind=in_words(words["kind"].words[one["kind"]]),
            channel=in_words(words["channel"].words[one["channel"]]),
            direction=("out" if outgoing else "in") if moving else "none",
            other=names.agent(other) if moving else "",
            other_id=other if moving else -1,
            amount_minor=one["amount_minor"],
            currency=words["currency"].words[one["currency"]],
            verdict=self._verdict(one),
            risk=None if decision == "none" else round(one["fraud_score"], 3),
            decision=decision,
            leaked=one["leak_class"] != LeakClass.NONE,
            truth=words["typology"].words[one["typology"]],
        )

    def _verdict(self, one: dict[str, int]) -> str:
        if one["d_minor"] > 0:
            return "moved"
        words = self.scene.words
        if one["decline_reason"] > 0:
            return in_words(words["decline"].words[one["decline_reason"]])
        return "ok" if words["outcome"].words[one["outcome"]] == "OK" else "failed"

    def _truth(self) -> AgentTruth:
        book = self.picture.fraud.campaigns
        twins = (book.twin_of(account) for account in self.accounts.tolist())
        return AgentTruth(
            role=self.role,
            parts=tuple(
                Part(one.campaign_id, book.label(one), self._part(book.people(one)), one.found)
                for one in book.about(self.agent)
            ),
            twin=in_words(next(filter(None, twins), "")),
        )

    def _part(self, people: dict[int, bool]) -> str:
        if self.agent not in people:
            return "fraudster"
        return "mule" if people[self.agent] else "victim"
