"""People with one device or one home who become customers, build a history and use their credit.

What rings of invented people and honest families have in common: the same applications, incomes,
purchases and loans. How it ends is each story's own.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from functools import cached_property, partial
from typing import ClassVar, NamedTuple

from sanket_sim.actors.actor import Actor, Answer, Hearing
from sanket_sim.actors.calendar import Act
from sanket_sim.actors.chart import world_account
from sanket_sim.actors.onboarding import Newcomer
from sanket_sim.actors.routes import errand, way
from sanket_sim.actors.truth import COMPLETE, STOPPED
from sanket_sim.bank.description import Bank, Party
from sanket_sim.core.outcomes import Decline
from sanket_sim.core.units import DAY_NS, NS_PER_S
from sanket_sim.fraud.plot import accepted, undecided

MONTH_NS = 30 * DAY_NS
APPLICATION_GAP_NS = (600 * NS_PER_S, 36_000 * NS_PER_S)
AGAIN_NS = (300 * NS_PER_S, 3_600 * NS_PER_S)
TRIES = 2
_BORROWED = (0.2, 0.6)
"""What is drawn in a good month, of the limit."""
_BORROWS_SHARE = 0.5
_EARNED = (0.95, 1.05)
"""What comes in a month, of the monthly income of somebody with such means."""
_AT_HAND_SPENT = 0.5
"""Of what he has, the most that a newcomer spends on one purchase."""
_SPENT = (0.85, 1.0)
_SPENT_AFTER_NS = (3_600 * NS_PER_S, 2 * DAY_NS)
_REPAID_AFTER_NS = (3 * DAY_NS, 10 * DAY_NS)
_MANY_TRIES = 64


class Payment(NamedTuple):
    """A payment of a newcomer, by its kind and place in his story."""

    kind: int
    stage: str
    role: str
    minor: int
    hop: int = 0
    tainted_share: float = 0.0
    parents: tuple[int, ...] = ()


class Newcomers(Actor):
    """Several people who apply for accounts, mostly on one device, and live with them.

    `members` and `months` are set by whoever derives from it, before anything begins; so is
    `limit_minor`, what the bank lends each of them to begin with.
    """

    ROLE: ClassVar[str] = "newcomer"
    LOAN: ClassVar[str] = "credit"
    """What a loan is called that he means to give back."""
    CARDS: ClassVar[tuple[int, int]] = (1, 3)
    """Fewest and most purchases in a month."""
    members: list[Newcomer]
    months: int
    limit_minor: int
    raises: int

    def gather(self, count: int, shared: float) -> list[Newcomer]:
        """Return so many different people; an act is done on their one device with `shared`.

        They are fewer where fewer accounts are left to apply for.
        """
        self.shared = shared
        self.one_device = self.strange_device(-1)
        taken: dict[int, None] = {}
        for attempt in range(_MANY_TRIES + 4 * count):
            taken.setdefault(self.person("likeness", attempt))
            if len(taken) == count:
                break
        asked = (self._newcomer(place, number) for place, number in enumerate(taken))
        return [one for one in asked if one is not None]

    def begin(self, now_ns: int) -> None:
        """Apply one after the other; who finds no account to apply for gives up."""
        if not self.members:
            self.finish(now_ns, STOPPED)
        self.left = set(range(len(self.members)))
        self.gave_up = 0
        for who in range(len(self.members)):
            self.enter(now_ns, partial(self._apply, who, 0), "apply", who)
            now_ns += self.wait_ns(*APPLICATION_GAP_NS, "application_gap", who) + 1

    @abstractmethod
    def passes(self, who: int, attempt: int) -> bool:
        """Say whether somebody passes the check of identities."""

    @abstractmethod
    def crown(self, who: int, now_ns: int) -> None:
        """Do what the history was for."""

    @cached_property
    def at_hand_minor(self) -> dict[int, int]:
        """What each of them has earned, less what he has spent or keeps to repay [minor units]."""
        return dict.fromkeys(range(len(self.members)), 0)

    def _newcomer(self, place: int, number: int) -> Newcomer | None:
        """Return one of them; None where nobody can apply any more."""
        account = self.city.applicants.claim(int(self.draws.child("claim").key(0, place)))
        device = self.strange_device(place)
        return None if account is None else Newcomer(account, number, device)

    def _apply(self, who: int, attempt: int, now_ns: int) -> None:
        kind = errand(self.bank, "application")
        assert kind is not None, "checked by `missing`"
        wish = self.members[who].wish(self.city.habits, kind, now_ns, self._key(kind, who, attempt))
        self.submit(
            wish._replace(device=self.one_device, proves=self.passes(who, attempt)),
            partial(self._hear_application, who, attempt),
            who,
            attempt,
            stage="application again" if attempt else "application",
            role=self.ROLE,
        )

    def _hear_application(self, who: int, attempt: int, answer: Answer) -> None:
        at_ns, act = self.react_ns(answer), partial(self.end, who, stopped=True)
        again = undecided(answer) or answer.decline_reason == Decline.IDENTITY_NOT_VERIFIED
        if accepted(answer):
            act = partial(self._live, who, 0)
        elif again and attempt + 1 < TRIES:
            at_ns = self.react_ns(answer, self.wait_ns(*AGAIN_NS, "again", who, attempt))
            act = partial(self._apply, who, attempt + 1)
        self.enter(at_ns, act, "applied", who, attempt)

    def _live(self, who: int, month: int, now_ns: int) -> None:
        """Live through a month: be paid, buy, perhaps borrow; after the last, come to the point."""
        if who not in self.left:
            return
        month_ns = round(MONTH_NS * self.campaign.pace)
        if month == self.months:
            self.enter(now_ns, partial(self.crown, who), "crown", who)
            return
        self._do(
            who, month, 0, self._earning(who, month), now_ns, partial(self._hear_pay, who, month)
        )
        cards = self.whole(*self.CARDS, "cards", who, month)
        for card in range(1, 1 + cards):
            at_ns = now_ns + self._within(month_ns, "card", who, month, card)
            self.enter(at_ns, partial(self._buy, who, month, card), "buy", who, month, card)
        if self.u("borrows", who, month) < _BORROWS_SHARE:
            at_ns = now_ns + self._within(month_ns // 3, "borrow", who, month)
            self.enter(at_ns, partial(self._borrow, who, month), "borrow", who, month)
        if month and month <= self.raises:
            self._ask_for_more(who, month, now_ns)
        next_month = partial(self._live, who, month + 1)
        self.enter(now_ns + max(month_ns, 1), next_month, "live", who, month)

    def _within(self, span_ns: int, purpose: str, *keys: int) -> int:
        return round(span_ns * self.u(purpose, *keys))

    def _earning(self, who: int, month: int) -> Payment:
        kind = income(self.bank)
        assert kind is not None, "checked by `missing`"
        means_minor = int(self.population.income_minor[self.members[who].likeness])
        minor = round(means_minor * self.between(*_EARNED, "income", who, month))
        return Payment(kind, "history", self.ROLE, max(1, minor))

    def _hear_pay(self, who: int, month: int, answer: Answer) -> None:
        if accepted(answer):
            self.note(answer, partial(self._keep, who, answer.amount_minor), "paid", who, month)

    def _keep(self, who: int, minor: int, _now_ns: int) -> None:
        self.at_hand_minor[who] += minor

    def _buy(self, who: int, month: int, card: int, now_ns: int) -> None:
        """Buy what he can afford; what would leave him short he leaves in the shop."""
        kind = way(self.bank, Party.CUSTOMER, Party.MERCHANT)
        if kind is None:
            return
        u = self.u("ticket", who, month, card)
        minor = self.members[who].amount_minor(self.city.habits, kind, u)
        if minor <= self.at_hand_minor[who] * _AT_HAND_SPENT:
            self.at_hand_minor[who] -= minor
            self._do(who, month, card, Payment(kind, "history", self.ROLE, minor), now_ns)

    def _ask_for_more(self, who: int, month: int, now_ns: int) -> None:
        kind = errand(self.bank, "limit_raise")
        if kind is not None:
            asked = Payment(kind, "limit_raise", self.ROLE, 0)
            self._do(who, month, 0, asked, now_ns)

    def _borrow(self, who: int, month: int, now_ns: int) -> None:
        """Draw a part of the limit, spend it, and give it back: what makes a history good."""
        share = self.between(*_BORROWED, "borrowed", who, month)
        self.borrow(who, month, round(self.limit_minor * share), now_ns)

    def borrow(self, who: int, ordinal: int, wanted_minor: int, now_ns: int) -> None:
        """Draw no more than can be given back of what is at hand, and keep that until then."""
        minor = min(wanted_minor, self.at_hand_minor[who])
        if minor > 0:
            self.at_hand_minor[who] -= minor
            repay = partial(self._repay_later, who, ordinal, minor)
            self.draw(who, ordinal, minor, self.LOAN, 0.0, repay, now_ns)

    def draw(
        self,
        who: int,
        ordinal: int,
        minor: int,
        stage: str,
        tainted_share: float,
        then: Callable[[Answer], None] | None,
        now_ns: int,
    ) -> None:
        """Draw on the credit line and spend what came; `then` hears of the loan, too."""
        kind = way(self.bank, Party.LENDER, Party.CUSTOMER)
        assert kind is not None, "checked by `missing`"
        loan = Payment(kind, stage, self.ROLE, minor, 0, tainted_share)

        def heard(answer: Answer) -> None:
            if then is not None:
                then(answer)
            if accepted(answer):
                self._spend_later(who, ordinal, loan, answer)

        self._do(who, ordinal, 0, loan, now_ns, heard)

    def _spend_later(self, who: int, ordinal: int, loan: Payment, answer: Answer) -> None:
        """Pay a shop with borrowed money, once it has come."""
        kind = way(self.bank, Party.CUSTOMER, Party.MERCHANT)
        if kind is None:
            return
        share = self.between(*_SPENT, "spent", who, ordinal)
        stage = f"{loan.stage} spent"
        minor = max(1, round(answer.amount_minor * share))
        spent = Payment(kind, stage, self.ROLE, minor, 1, loan.tainted_share, (answer.tx_id,))
        at_ns = self.react_ns(answer, self.wait_ns(*_SPENT_AFTER_NS, "spend", who, ordinal))
        self.enter(at_ns, partial(self._do, who, ordinal, 0, spent), "spend", who, ordinal)

    def _repay_later(self, who: int, month: int, kept_minor: int, answer: Answer) -> None:
        kind = way(self.bank, Party.CUSTOMER, Party.LENDER)
        if kind is None or not accepted(answer):
            self.note(answer, partial(self._keep, who, kept_minor), "free again", who, month)
            return
        back = Payment(kind, "repayment", self.ROLE, answer.amount_minor)
        at_ns = self.react_ns(answer, self.wait_ns(*_REPAID_AFTER_NS, "repay", who, month))
        self.enter(at_ns, partial(self._do, who, month, 0, back), "repay", who, month)

    def _do(
        self,
        who: int,
        ordinal: int,
        part: int,
        payment: Payment,
        now_ns: int,
        heard: Hearing | None = None,
    ) -> None:
        """Make a payment as the newcomer makes it, on the device that he uses this time."""
        member, keys = self.members[who], (who, ordinal, part)
        name = self._key(payment.kind, *keys, payment.hop)
        wish = member.wish(self.city.habits, payment.kind, now_ns, name)
        shared = self.u("shared", *keys, payment.kind) < self.shared
        route = self.bank.routes[payment.kind]
        if route.moves_money:
            debtor, creditor = (
                self._side(party, member, *keys) for party in (route.debtor, route.creditor)
            )
            wish = wish._replace(
                debtor_account=debtor, creditor_account=creditor, amount_minor=payment.minor
            )
        self.submit(
            wish._replace(
                device=self.one_device if shared else member.device, proves=self.can_prove(*keys)
            ),
            heard,
            *keys,
            payment.hop,
            stage=payment.stage,
            role=payment.role,
            hop=payment.hop,
            tainted_share=payment.tainted_share,
            parents=payment.parents,
        )

    def _side(self, party: Party, member: Newcomer, *keys: int) -> int:
        if party == Party.CUSTOMER:
            return member.account
        if party == Party.MERCHANT:
            return member.shop(self.population, self.u("shop", *keys))
        return world_account(party)

    def end(self, who: int, now_ns: int, *, stopped: bool = False) -> None:
        """Note that somebody's story is over; the campaign ends with the last one."""
        if who not in self.left:
            return
        self.left.discard(who)
        self.gave_up += stopped
        if not self.left:
            self.finish(now_ns, STOPPED if self.gave_up else COMPLETE)

    def _key(self, *keys: int) -> int:
        return int(self.draws.child("whereabouts").key(0, *keys))

    def note(self, answer: Answer, act: Act, name: str, *keys: int) -> None:
        """Enter what is to be done about an answer as soon as somebody can."""
        self.enter(self.react_ns(answer), act, name, *keys)


def income(bank: Bank) -> int | None:
    """Return the route by which newcomers are paid, None without one.

    From another bank, where anybody can pretend to be an employer, or else as salaries are.
    """
    inbound = way(bank, Party.OTHER_BANK, Party.CUSTOMER)
    return way(bank, Party.EMPLOYER, Party.CUSTOMER) if inbound is None else inbound


def lacks(bank: Bank) -> str:
    """Say what a bank lacks for people to become customers and borrow; empty: nothing."""
    if errand(bank, "application") is None:
        return "a route called application"
    if way(bank, Party.LENDER, Party.CUSTOMER) is None:
        return "a route with debtor lender and creditor customer"
    return "" if income(bank) is not None else "a route by which customers are paid"


def expected_months(months: int) -> float:
    """Return how many intents a newcomer's months make on average."""
    return months * (1 + sum(Newcomers.CARDS) / 2 + 3 * _BORROWS_SHARE)
