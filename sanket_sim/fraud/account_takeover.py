"""Account takeover: into somebody's account from a strange device, and out with the money.

References
----------
Design page 7, row account_takeover: login from a new device and place, 0-2 balance enquiries,
crude ones try 1-2 small transfers, then 3-10 transfers of together .7-.98 of the balance; a failed
one-time code, p = .3; the victim notices after Exp(12 h) and has the account blocked.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field

from sanket_sim.actors.actor import Actor, Answer, Fraudster, Hearing
from sanket_sim.actors.calendar import Act
from sanket_sim.actors.intents import Wish
from sanket_sim.actors.routes import errand, way_out
from sanket_sim.actors.typology import Typology, typologies
from sanket_sim.bank.description import Bank
from sanket_sim.bank.places import ABROAD
from sanket_sim.core.settings import Share
from sanket_sim.core.units import HOUR_NS, MINUTE_NS, NS_PER_S
from sanket_sim.fraud.new_phone import NewPhone
from sanket_sim.fraud.plot import (
    RETRY_NS,
    SOPHISTICATED,
    Cast,
    Judge,
    Nerve,
    Parts,
    accepted,
    restate,
    scaled,
    split_minor,
    suspected,
    undecided,
)

if TYPE_CHECKING:
    from sanket_sim.actors.city import City

_LOGINS_MOST = 3
_LOGIN_GAP_NS = (MINUTE_NS, 5 * MINUTE_NS)
_ENQUIRIES_MOST = 2
_ENQUIRY_GAP_NS = (20 * NS_PER_S, 120 * NS_PER_S)
_CRUDE_BELOW = 0.4
_TRIALS_MOST = 2
_TRIAL_MINOR = (1_000, 10_000)
_DRAIN_AFTER_NS = (30 * MINUTE_NS, 180 * MINUTE_NS)
_PATIENT_ABOVE = 0.6
_PATIENT_WAIT_NS = 24 * HOUR_NS
_TRANSFERS_FEWEST, _TRANSFERS_MOST = 3, 10
_TRANSFER_GAP_NS = (2 * MINUTE_NS, 25 * MINUTE_NS)
_DRAINED = (0.7, 0.98)
_NOT_WORTH_MINOR = 1_000
_NOTICED_AFTER_NS, _NOTICED_LATEST = 12 * HOUR_NS, 6.0
_OPENED_AGAIN_NS = (12 * HOUR_NS, 48 * HOUR_NS)
_BLIND_QUANTILE = (0.75, 0.98)
_VICTIM_GAP_NS = (10 * MINUTE_NS, 120 * MINUTE_NS)
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
        before_ns = _PATIENT_WAIT_NS if sophistication > _PATIENT_ABOVE else 0
        transfers_ns = _TRANSFERS_MOST * _TRANSFER_GAP_NS[1]
        longest_ns = before_ns + _DRAIN_AFTER_NS[1] + transfers_ns
        return cls.paced(at, sophistication, room_ns, longest_ns)

    def send(self, city: City, campaign_id: int) -> Intruder:
        """Put the intruder into the city."""
        return Intruder(city, campaign_id, self)

    def twin(self, city: City, campaign_id: int, twin_of: int, episode: int) -> NewPhone:
        """Give people new phones, some of them as they move house."""
        people = scaled(self.victims, self.intensity)
        return NewPhone(city, campaign_id, self, twin_of, episode, people)

    def expected_intents(self, bank: Bank) -> float:
        """Return logins, enquiries, trials and transfers, if nobody notices."""
        logins = float(errand(bank, "login") is not None)
        enquiries = _ENQUIRIES_MOST / 2 * (errand(bank, "balance_enquiry") is not None)
        trials = (1 + _TRIALS_MOST) / 2 * (self.sophistication < _CRUDE_BELOW)
        preparations = sum(errand(bank, name) is not None for name in _PREPARATIONS)
        transfers = (_TRANSFERS_FEWEST + _TRANSFERS_MOST) / 2
        inside = enquiries + trials + preparations + transfers
        passes = 1.0 - self.one_time_code_fails
        return scaled(self.victims, self.intensity) * (logins + passes * inside)

    def missing(self, bank: Bank) -> str:
        """Say whether money can leave a customer's account towards another person."""
        return "" if way_out(bank) is not None else "a route from customer to customer or bank"


class Intruder(Fraudster):
    """Takes over one victim's account after the other.

    The drain is sized by what a balance enquiry told, and by nothing else; without an answer the
    intruder guesses from what people in general pay. Refused funds or limits make him halve what
    is left to send, a suspicion makes him stop; a victim who notices has the account blocked.
    Where nobody decides he sends the same transfer again; three approvals in a row make him hurry.
    """

    def __init__(self, city: City, campaign_id: int, campaign: AccountTakeover) -> None:
        super().__init__(city, campaign_id, campaign)
        out = way_out(city.bank)
        assert out is not None, "checked by `missing`"
        self.out = out
        self.login = errand(city.bank, "login")
        self.enquiry = errand(city.bank, "balance_enquiry")
        self.code_fails = campaign.one_time_code_fails
        self.victims = scaled(campaign.victims, campaign.intensity)
        self.cast, self.parts = Cast(self), Parts(self, self.victims)

    def begin(self, now_ns: int) -> None:
        """Turn to the first victim."""
        self._state_bounds()
        self._turn_to(0, now_ns)

    def _state_bounds(self) -> None:
        self.specify("trial", "amount_minor", *_TRIAL_MINOR)
        self.specify("drain", "creditors", 0, self.victims)
        if not self.cast.distinct(self.victims):
            return
        self.specify("", "people", self.victims, self.victims)
        self.specify("login", "person_rows", 1, _LOGINS_MOST)
        self.specify("enquiry", "person_rows", 1, _ENQUIRIES_MOST)
        self.specify("trial", "person_rows", 1, _TRIALS_MOST)
        gap_ns = [wait_ns * self.campaign.pace for wait_ns in _TRANSFER_GAP_NS]
        self.specify("drain", "person_rows", _TRANSFERS_FEWEST, _TRANSFERS_MOST)
        self.specify("drain", "person_gap_ns", gap_ns[0] - 1, gap_ns[1] + 2)

    def _turn_to(self, victim: int, now_ns: int) -> None:
        Takeover(self, victim, now_ns).log_in(0, now_ns)
        if victim + 1 < self.victims:
            at_ns = self.busy_ns(now_ns, *_VICTIM_GAP_NS, "next_victim", victim) + 1
            self.enter(at_ns, partial(self._turn_to, victim + 1), "next_victim", victim)


class Takeover:
    """One account in an intruder's hands, from the login to the last transfer.

    Parameters
    ----------
    intruder : Intruder
    victim : int
        Which of his victims; part of every draw's key.
    now_ns : int
        When he begins.
    """

    def __init__(self, intruder: Intruder, victim: int, now_ns: int) -> None:
        self.intruder, self.victim = intruder, victim
        self.account = intruder.account(intruder.cast.number(victim))
        self.mule_account = intruder.mule_account(victim)
        self.device = intruder.strange_device(victim)
        self.place = _hideout(intruder, victim)
        self.has_code = intruder.u("code", victim) >= intruder.code_fails
        self.begun_ns = now_ns
        self.balance_minor: int | None = None
        """What the last enquiry told; None: nothing heard yet."""
        self.parts_minor: list[int] = []
        self.stage = "drain"
        self.nerve = Nerve()
        self.hindered = self.money_moved = False

    @property
    def over(self) -> bool:
        """Whether nothing more will be done."""
        return self.victim not in self.intruder.parts

    def log_in(self, attempt: int, now_ns: int) -> None:
        """Log in from a device and a place that are not the victim's."""
        login = self.intruder.login
        if login is None:
            self._look_around(now_ns)
            return
        heard = self._hearing(partial(self._judge_login, attempt))
        self._submit(self._errand(login, now_ns), heard, attempt, stage="login")

    def _judge_login(self, attempt: int, answer: Answer, now_ns: int) -> None:
        wait_ns = partial(self._wait_ns, purpose="login")
        if accepted(answer) and self.has_code:
            self._enter(now_ns + wait_ns(_ENQUIRY_GAP_NS), self._look_around, "look")
        elif undecided(answer) and attempt + 1 < _LOGINS_MOST:
            again = partial(self.log_in, attempt + 1)
            self._enter(now_ns + wait_ns(_LOGIN_GAP_NS), again, "login", attempt)
        else:
            self._end(now_ns, stopped=not accepted(answer))

    def _look_around(self, now_ns: int) -> None:
        """Ask for the balance as often as this intruder does, and settle when to drain."""
        intruder = self.intruder
        count = intruder.whole(0, _ENQUIRIES_MOST, "enquiries", self.victim)
        at_ns = now_ns
        for enquiry in range(count if intruder.enquiry is not None else 0):
            self._enter(at_ns, partial(self._enquire, enquiry), "enquire", enquiry)
            at_ns += self._wait_ns(_ENQUIRY_GAP_NS, enquiry, purpose="enquire") + 1
        at_ns = self._enter_preparations(at_ns)
        self._enter(max(at_ns, self._drain_ns()), self._drain, "drain")

    def _drain_ns(self) -> int:
        wait_ns = self._wait_ns(_DRAIN_AFTER_NS, purpose="drain")
        if self.intruder.campaign.sophistication > _PATIENT_ABOVE:
            wait_ns += round(_PATIENT_WAIT_NS * self.intruder.campaign.pace)
        return self.begun_ns + wait_ns

    def _enquire(self, enquiry: int, now_ns: int) -> None:
        kind = self.intruder.enquiry
        assert kind is not None, "entered only where there is such a route"
        heard = self._hearing(self._note_balance)
        self._submit(self._errand(kind, now_ns), heard, enquiry, stage="enquiry")

    def _note_balance(self, answer: Answer, now_ns: int) -> None:
        del now_ns  # from now on, whenever that is
        if accepted(answer):
            self.balance_minor = answer.balance_minor

    def _enter_preparations(self, at_ns: int) -> int:
        """Enter limit changes, new payees and, for the crude, trial transfers; return the end."""
        intruder = self.intruder
        for step, name in enumerate(_PREPARATIONS):
            kind = errand(intruder.bank, name)
            if kind is not None:
                self._enter(at_ns, partial(self._prepare, kind), "prepare", step)
                at_ns += self._wait_ns(_ENQUIRY_GAP_NS, step, purpose="prepare") + 1
        crude = intruder.campaign.sophistication < _CRUDE_BELOW
        trials = intruder.whole(1, _TRIALS_MOST, "trials", self.victim) if crude else 0
        for trial in range(trials):
            self._enter(at_ns, partial(self._try_small, trial), "trial", trial)
            at_ns += self._wait_ns(_TRANSFER_GAP_NS, trial, purpose="trial") + 1
        return at_ns

    def _prepare(self, kind: int, now_ns: int) -> None:
        self._submit(self._errand(kind, now_ns), None, stage="preparation")

    def _try_small(self, trial: int, now_ns: int) -> None:
        amount_minor = self.intruder.whole(*_TRIAL_MINOR, "trial_amount", self.victim, trial)
        heard = self._hearing(self._judge_trial)
        self._send(amount_minor, heard, now_ns, _TRANSFERS_MOST + trial, 0, stage="trial")

    def _judge_trial(self, answer: Answer, now_ns: int) -> None:
        if suspected(answer):
            self._end(now_ns, stopped=True)

    def _drain(self, now_ns: int) -> None:
        self.parts_minor = self._cut_minor()
        if self.parts_minor:
            self._send_part(0, now_ns)
        else:
            self._end(now_ns)

    def _cut_minor(self) -> list[int]:
        """Cut what is to be taken into transfers, each below the bank's limit for one payment."""
        intruder = self.intruder
        count = intruder.whole(_TRANSFERS_FEWEST, _TRANSFERS_MOST, "transfers", self.victim)
        if self.balance_minor is None:
            self.stage = "blind_drain"
            return [self._guess_minor(part) for part in range(count)]
        if self.balance_minor < _NOT_WORTH_MINOR:
            return []
        total_minor = self.balance_minor * intruder.between(*_DRAINED, "drained", self.victim)
        most_minor = int(intruder.bank.payment_limit_minor * _OF_LIMIT)
        parts_minor = split_minor(intruder, total_minor, count, "size", self.victim)
        parts_minor = [min(part_minor, most_minor) for part_minor in parts_minor]
        least_minor = min(sum(parts_minor), _DRAINED[0] * self.balance_minor)
        bounds = least_minor - count, _DRAINED[1] * self.balance_minor
        restate(intruder, "drain", "person_total_minor", *bounds)
        return parts_minor

    def _guess_minor(self, part: int) -> int:
        """Return what somebody who pays a lot would pay, knowing nothing of the victim."""
        intruder = self.intruder
        u = intruder.between(*_BLIND_QUANTILE, "guess", self.victim, part)
        anybody = intruder.person("anybody", self.victim, part)
        return intruder.quantile_minor(intruder.out, anybody, u)

    def _send_part(self, part: int, now_ns: int) -> None:
        self._transfer(part, 0, self.stage, now_ns)
        if part + 1 < len(self.parts_minor):
            bounds_ns = self.nerve.hurried(*_TRANSFER_GAP_NS)
            at_ns = now_ns + self._wait_ns(bounds_ns, part, purpose="gap") + 1
            self._enter(at_ns, partial(self._send_part, part + 1), "send", part)

    def _transfer(self, part: int, attempt: int, stage: str, now_ns: int) -> None:
        heard = self._hearing(partial(self._judge_transfer, part, attempt))
        self._send(self.parts_minor[part], heard, now_ns, part, attempt, stage=stage)

    def _judge_transfer(self, part: int, attempt: int, answer: Answer, now_ns: int) -> None:
        self.nerve.note(answer)
        if suspected(answer):
            self._end(now_ns, stopped=True)
            return
        if undecided(answer) and attempt == 0:
            wait_ns = round(self.intruder.between(*RETRY_NS, "retry", self.victim, part))
            self._enter(now_ns + wait_ns, partial(self._transfer, part, 1, "retry"), "retry", part)
            return
        if not accepted(answer):
            self.hindered = True
            self.parts_minor = [max(1, one // 2) for one in self.parts_minor]
        if part + 1 == len(self.parts_minor):
            self._end(now_ns, stopped=self.hindered)

    def _send(
        self,
        amount_minor: int,
        heard: Hearing,
        now_ns: int,
        part: int,
        attempt: int,
        *,
        stage: str,
    ) -> None:
        out = self.intruder.out
        wish = self._errand(out, now_ns)._replace(
            creditor_account=self.intruder.sink(out, self.mule_account), amount_minor=amount_minor
        )
        self._submit(wish, partial(self._hear_sent, heard), part, attempt, stage=stage)

    def _hear_sent(self, heard: Hearing, answer: Answer) -> None:
        """Let the victim find money gone where some is."""
        if accepted(answer):
            at_ns = self.intruder.react_ns(answer)
            self.intruder.enter(at_ns, self._let_notice, "gone", self.victim, answer.tx_id)
        heard(answer)

    def _let_notice(self, now_ns: int) -> None:
        """Settle when the victim sees what is gone, and when the account is opened again."""
        if self.money_moved:
            return
        self.money_moved = True
        intruder = self.intruder
        waits = min(intruder.exponential("notice", self.victim), _NOTICED_LATEST)
        noticed_ns = now_ns + round(_NOTICED_AFTER_NS * waits * intruder.campaign.pace) + 1
        again_ns = noticed_ns + self._wait_ns(_OPENED_AGAIN_NS, purpose="open again") + 1
        intruder.enter(noticed_ns, self._block, "notice", self.victim)
        intruder.enter(again_ns, self._open_again, "open again", self.victim)

    def _block(self, now_ns: int) -> None:
        self.intruder.city.block(self.account, now_ns)
        self._end(now_ns, stopped=True)

    def _open_again(self, now_ns: int) -> None:
        self.intruder.city.block(self.account, now_ns, blocked=False)

    def _end(self, now_ns: int, *, stopped: bool = False) -> None:
        self.intruder.parts.end(self.victim, now_ns, stopped=stopped)

    def _errand(self, kind: int, now_ns: int) -> Wish:
        return Wish(
            created_ns=now_ns,
            kind=kind,
            customer_id=self.account,
            device=self.device,
            place=self.place,
            proves=self.has_code,
        )

    def _submit(self, wish: Wish, heard: Hearing | None, *keys: int, stage: str) -> None:
        self.intruder.submit(wish, heard, self.victim, *keys, stage=stage, role="victim")

    def _hearing(self, judge: Judge) -> Hearing:
        """Return what is done about an answer as soon as the intruder can act on it."""

        def heard(answer: Answer) -> None:
            at_ns = self.intruder.react_ns(answer)
            self._enter(at_ns, partial(judge, answer), "judge", answer.tx_id)

        return heard

    def _wait_ns(self, bounds_ns: tuple[int, int], *keys: int, purpose: str) -> int:
        return self.intruder.wait_ns(*bounds_ns, purpose, self.victim, *keys)

    def _enter(self, at_ns: int, act: Act, name: str, *keys: int) -> None:
        """Enter an act that is not done once the takeover is over."""

        def unless_over(now_ns: int) -> None:
            if not self.over:
                act(now_ns)

        self.intruder.enter(at_ns, unless_over, name, self.victim, *keys)


def _hideout(actor: Actor, victim: int) -> int:
    """Return where a thief seems to be: abroad, or with a proxy in a region like anybody's."""
    if actor.campaign.sophistication < SOPHISTICATED:
        return ABROAD
    return actor.whereabouts(actor.person("proxy", victim), victim)
