"""Account takeover: into somebody's account from a strange device, and out with the money.

References
----------
Design page 7, row account_takeover: login from a new device and place, 0-2 balance enquiries,
crude ones try 1-2 small transfers, then 3-10 transfers of together .7-.98 of the balance.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal, Self

import numpy as np
from pydantic import Field

from sanket_sim.actors.actor import Answer, Fraudster
from sanket_sim.actors.calendar import Act
from sanket_sim.actors.intents import Wish
from sanket_sim.actors.routes import errand, way_out
from sanket_sim.actors.typology import Typology, typologies
from sanket_sim.bank.description import ABROAD, Bank
from sanket_sim.core.outcomes import Ack, Decline, Outcome
from sanket_sim.core.settings import Share
from sanket_sim.core.units import NS_PER_S

if TYPE_CHECKING:
    from sanket_sim.actors.city import City

_MINUTE_NS = 60 * NS_PER_S
_HOUR_NS = 60 * _MINUTE_NS
_LOGINS_MOST = 3
_LOGIN_GAP_NS = (_MINUTE_NS, 5 * _MINUTE_NS)
_ENQUIRIES_MOST = 2
_ENQUIRY_GAP_NS = (20 * NS_PER_S, 120 * NS_PER_S)
_CRUDE_BELOW = 0.4
_TRIALS_MOST = 2
_TRIAL_MINOR = (1_000, 10_000)
_DRAIN_AFTER_NS = (30 * _MINUTE_NS, 180 * _MINUTE_NS)
_PATIENT_ABOVE = 0.6
_PATIENT_WAIT_NS = 24 * _HOUR_NS
_TRANSFERS_FEWEST, _TRANSFERS_MOST = 3, 10
_TRANSFER_GAP_NS = (2 * _MINUTE_NS, 25 * _MINUTE_NS)
_DRAINED = (0.7, 0.98)
_NOTICED_AFTER_NS = 12 * _HOUR_NS
_BLIND_QUANTILE = (0.75, 0.98)
_VICTIM_GAP_NS = (10 * _MINUTE_NS, 120 * _MINUTE_NS)
_PREPARATIONS = ("change_limit", "add_payee")
_OF_LIMIT = 0.95


@typologies.register("account_takeover")
class AccountTakeover(Typology):
    """Credentials of a few victims, and somebody who empties their accounts.

    Examples
    --------
    >>> AccountTakeover.model_validate({"typology": "account_takeover", "at": "1m"}).victims
    1
    """

    typology: Literal["account_takeover"] = "account_takeover"
    victims: Annotated[int, Field(ge=1, le=100_000)] = 1
    """People whose credentials were stolen, before `intensity`; one after the other."""
    one_time_code_fails: Share = 0.3
    """Probability that the takeover ends at the one-time code after the login."""

    @classmethod
    def small(cls, at: str, sophistication: float, room_ns: int) -> Self:
        """Return a small campaign of the background, paced to be over within `room_ns`."""
        before_ns = _PATIENT_WAIT_NS if sophistication > _PATIENT_ABOVE else _DRAIN_AFTER_NS[1]
        longest_ns = before_ns + _TRANSFERS_MOST * _TRANSFER_GAP_NS[1]
        pace = min(1.0, max(room_ns, NS_PER_S) / longest_ns)
        return cls.model_validate({"at": at, "sophistication": sophistication, "pace": pace})

    def send(self, city: City, campaign_id: int) -> Intruder:
        """Put the intruder into the city."""
        return Intruder(city, campaign_id, self)

    def expected_intents(self, bank: Bank) -> float:
        """Return logins, enquiries, trials and transfers, if nobody notices."""
        logins = float(errand(bank, "login") is not None)
        enquiries = _ENQUIRIES_MOST / 2 * (errand(bank, "balance_enquiry") is not None)
        trials = (1 + _TRIALS_MOST) / 2 * (self.sophistication < _CRUDE_BELOW)
        preparations = sum(errand(bank, name) is not None for name in _PREPARATIONS)
        transfers = (_TRANSFERS_FEWEST + _TRANSFERS_MOST) / 2
        inside = enquiries + trials + preparations + transfers
        passes = 1.0 - self.one_time_code_fails
        return max(1, round(self.victims * self.intensity)) * (logins + passes * inside)

    def missing(self, bank: Bank) -> str:
        """Say whether money can leave a customer's account towards another person."""
        return "" if way_out(bank) is not None else "a route from customer to customer or bank"


class Intruder(Fraudster):
    """Takes over one victim's account after the other.

    The drain is sized by what a balance enquiry told, and by nothing else; without an answer the
    intruder guesses from what people in general pay. Refused funds or limits make him halve what
    is left to send, a suspicion makes him stop; a victim who notices ends it.
    """

    def __init__(self, city: City, campaign_id: int, campaign: AccountTakeover) -> None:
        super().__init__(city, campaign_id, campaign)
        out = way_out(city.bank)
        assert out is not None, "checked by `missing`"
        self.out = out
        self.login = errand(city.bank, "login")
        self.enquiry = errand(city.bank, "balance_enquiry")
        self.code_fails = campaign.one_time_code_fails
        self.victims = max(1, round(campaign.victims * campaign.intensity))

    def begin(self, now_ns: int) -> None:
        """Turn to the first victim."""
        self._turn_to(0, now_ns)

    def _turn_to(self, number: int, now_ns: int) -> None:
        Takeover(self, number, now_ns).log_in(0, now_ns)
        if number + 1 < self.victims:
            at_ns = now_ns + self.wait_ns(*_VICTIM_GAP_NS, "next_victim", number) + 1
            self.enter(at_ns, partial(self._turn_to, number + 1), "next_victim", number)


class Takeover:
    """One account in an intruder's hands, from the login to the last transfer.

    Parameters
    ----------
    intruder : Intruder
    number : int
        Which of his victims; part of every draw's key.
    now_ns : int
        When he begins.
    """

    def __init__(self, intruder: Intruder, number: int, now_ns: int) -> None:
        self.intruder, self.number = intruder, number
        self.account = intruder.account(intruder.person("victim", number))
        self.mule_account = intruder.mule_account(number)
        notice_ns = _NOTICED_AFTER_NS * intruder.exponential("notice", number)
        self.noticed_ns = now_ns + round(notice_ns * intruder.campaign.pace)
        self.begun_ns = now_ns
        self.balance_minor: int | None = None
        """What the last enquiry told; None: nothing heard yet."""
        self.parts_minor: list[int] = []
        self.over = False

    def log_in(self, attempt: int, now_ns: int) -> None:
        """Log in from a device and a place that the bank has never seen."""
        intruder = self.intruder
        if intruder.login is None:
            self._look_around(now_ns)
            return
        hearing = partial(self._hear_login, attempt)
        intruder.submit(
            self._errand(intruder.login, now_ns)._replace(place=ABROAD),
            hearing,
            self.number,
            attempt,
            stage="login",
            role="victim",
        )

    def _hear_login(self, attempt: int, answer: Answer) -> None:
        intruder = self.intruder
        if answer.ack == Ack.OK and intruder.u("code", self.number) < intruder.code_fails:
            return
        wait_ns = self._wait_ns(_ENQUIRY_GAP_NS, "look", attempt)
        if answer.ack == Ack.OK:
            self._enter(intruder.react_ns(answer, wait_ns), self._look_around, "look")
        elif answer.outcome != Outcome.APP_ERROR and attempt + 1 < _LOGINS_MOST:
            wait_ns = self._wait_ns(_LOGIN_GAP_NS, "login", attempt)
            again = partial(self.log_in, attempt + 1)
            self._enter(intruder.react_ns(answer, wait_ns), again, "login")

    def _look_around(self, now_ns: int) -> None:
        """Ask for the balance as often as this intruder does, and settle when to drain."""
        intruder = self.intruder
        count = intruder.whole(0, _ENQUIRIES_MOST, "enquiries", self.number)
        at_ns = now_ns
        for enquiry in range(count if intruder.enquiry is not None else 0):
            self._enter(at_ns, partial(self._enquire, enquiry), "enquire", enquiry)
            at_ns += self._wait_ns(_ENQUIRY_GAP_NS, "enquire", enquiry) + 1
        at_ns = self._enter_preparations(at_ns)
        self._enter(max(at_ns, self._drain_ns()), self._drain, "drain")

    def _drain_ns(self) -> int:
        wait_ns = self._wait_ns(_DRAIN_AFTER_NS, "drain")
        if self.intruder.campaign.sophistication > _PATIENT_ABOVE:
            wait_ns = round(_PATIENT_WAIT_NS * self.intruder.campaign.pace)
        return self.begun_ns + wait_ns

    def _enquire(self, enquiry: int, now_ns: int) -> None:
        kind = self.intruder.enquiry
        assert kind is not None, "entered only where there is such a route"
        wish = self._errand(kind, now_ns)
        self.intruder.submit(
            wish, self._hear_balance, self.number, enquiry, stage="enquiry", role="victim"
        )

    def _hear_balance(self, answer: Answer) -> None:
        if answer.ack == Ack.OK:
            note = partial(self._note_balance, answer.balance_minor)
            self._enter(self.intruder.react_ns(answer), note, "note")

    def _note_balance(self, balance_minor: int, now_ns: int) -> None:
        del now_ns  # from now on, whenever that is
        self.balance_minor = balance_minor

    def _enter_preparations(self, at_ns: int) -> int:
        """Enter limit changes, new payees and, for the crude, trial transfers; return the end."""
        intruder = self.intruder
        for step, name in enumerate(_PREPARATIONS):
            kind = errand(intruder.bank, name)
            if kind is not None:
                self._enter(at_ns, partial(self._prepare, kind), "prepare", step)
                at_ns += self._wait_ns(_ENQUIRY_GAP_NS, "prepare", step) + 1
        crude = intruder.campaign.sophistication < _CRUDE_BELOW
        trials = intruder.whole(1, _TRIALS_MOST, "trials", self.number) if crude else 0
        for trial in range(trials):
            self._enter(at_ns, partial(self._try_small, trial), "trial", trial)
            at_ns += self._wait_ns(_TRANSFER_GAP_NS, "trial", trial) + 1
        return at_ns

    def _prepare(self, kind: int, now_ns: int) -> None:
        self.intruder.submit(
            self._errand(kind, now_ns), None, self.number, stage="preparation", role="victim"
        )

    def _try_small(self, trial: int, now_ns: int) -> None:
        amount_minor = self.intruder.whole(*_TRIAL_MINOR, "trial_amount", self.number, trial)
        self._send(amount_minor, now_ns, _TRANSFERS_MOST + trial, first=trial == 0)

    def _drain(self, now_ns: int) -> None:
        self.parts_minor = self._parts_minor()
        if self.parts_minor:
            self._send_part(0, now_ns)

    def _parts_minor(self) -> list[int]:
        """Cut what is to be taken into transfers, each below the bank's limit for one payment."""
        count = self.intruder.whole(_TRANSFERS_FEWEST, _TRANSFERS_MOST, "transfers", self.number)
        if self.balance_minor is None:
            return [self._guess_minor(part) for part in range(count)]
        total = self.balance_minor * self.intruder.between(*_DRAINED, "drained", self.number)
        sizes = [self.intruder.exponential("size", self.number, part) for part in range(count)]
        most = int(self.intruder.bank.payment_limit_minor * _OF_LIMIT)
        shares = [min(int(total * size / sum(sizes)), most) for size in sizes]
        return [share for share in shares if share > 0]

    def _guess_minor(self, part: int) -> int:
        """Return what somebody who pays a lot would pay, knowing nothing of the victim."""
        u = np.array([self.intruder.between(*_BLIND_QUANTILE, "guess", self.number, part)])
        anybody = np.array([self.intruder.person("victim", self.number, 1 + part)])
        return int(self.intruder.city.habits.amounts_minor(self.intruder.out, anybody, u)[0])

    def _send_part(self, part: int, now_ns: int) -> None:
        first = part == 0 and not self.intruder.campaign.sophistication < _CRUDE_BELOW
        self._send(self.parts_minor[part], now_ns, part, first=first)
        if part + 1 < len(self.parts_minor):
            at_ns = now_ns + self._wait_ns(_TRANSFER_GAP_NS, "gap", part) + 1
            self._enter(at_ns, partial(self._send_part, part + 1), "send", part)

    def _send(self, amount_minor: int, now_ns: int, part: int, *, first: bool) -> None:
        intruder = self.intruder
        sink = intruder.sink(intruder.out, self.mule_account)
        wish = self._errand(intruder.out, now_ns)._replace(
            creditor_account=sink, amount_minor=amount_minor
        )
        intruder.submit(wish, self._hear_transfer, self.number, part, stage="drain", role="victim")

    def _hear_transfer(self, answer: Answer) -> None:
        if answer.ack == Ack.OK or answer.outcome != Outcome.APP_ERROR:
            return
        adapt = self._halve
        if answer.decline_reason in (Decline.SUSPECTED_FRAUD, Decline.NONE):
            adapt = self._stop
        self._enter(self.intruder.react_ns(answer), adapt, "adapt")

    def _halve(self, now_ns: int) -> None:
        del now_ns  # from now on, whenever that is
        self.parts_minor = [max(1, part // 2) for part in self.parts_minor]

    def _stop(self, now_ns: int) -> None:
        del now_ns  # from now on, whenever that is
        self.over = True

    def _errand(self, kind: int, now_ns: int) -> Wish:
        device = self.intruder.strange_device(self.number)
        return Wish(created_ns=now_ns, kind=kind, customer_id=self.account, device=device)

    def _wait_ns(self, bounds_ns: tuple[int, int], purpose: str, *keys: int) -> int:
        return self.intruder.wait_ns(*bounds_ns, purpose, self.number, *keys)

    def _enter(self, at_ns: int, act: Act, name: str, *keys: int) -> None:
        """Enter an act that is not done once the victim has noticed or the intruder stopped."""

        def unless_over(now_ns: int) -> None:
            if not self.over and now_ns < self.noticed_ns:
                act(now_ns)

        self.intruder.enter(at_ns, unless_over, name, self.number, *keys)
