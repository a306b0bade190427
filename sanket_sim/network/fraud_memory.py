"""What the fraud service remembers: bounded, a few numbers and a short address book per account.

Counts fade with a time constant (`rules.fraud.faded`) instead of being kept as lists of instants,
so that remembering and asking cost the same however busy an account is.
"""

from __future__ import annotations

import math

from sanket_sim.core.units import DAY_NS, HOUR_NS, MINUTE_NS, NS_PER_S
from sanket_sim.network.rules import fraud

WEEK_NS = 7 * DAY_NS
YEAR_D = 365.0
ENTRIES_MAX = 20
"""Most partners of an account that are remembered; who has not been met for longest goes."""
DEVICES_MAX = 1 << 17
AVERAGE_WEIGHT = 8.0
"""So many payments at the average customer's rate count towards what is usual for an account."""
WATCHED_MIN_NS = 10 * NS_PER_S
"""A rate that has been watched for less is taken for lower than it looks."""
PRIOR_WEIGHT = 4.0
"""The account's typical payment counts as so many payments of its history."""
HISTORY_MAX = 60.0
"""From so many payments on, older ones fade."""
TICKETS_MAX = 500.0
"""The same of a merchant's."""
SMALL = 0.2
"""A payment is small below this share of the usual."""


class AddressBook:
    """Whom (or which device) an account has met: when first, and when last.

    Examples
    --------
    >>> book = AddressBook()
    >>> book.meet(7, 0), book.meet(8, DAY_NS), book.met_since(1), book.newcomer(7, DAY_NS)
    (None, None, 1, False)
    >>> book.newcomer(8, DAY_NS), book.newcomer(9, DAY_NS)
    (True, True)
    """

    __slots__ = ("met",)

    def __init__(self) -> None:
        self.met: dict[int, tuple[int, int]] | None = None

    def meet(self, other: int, now_ns: int) -> None:
        """Note a meeting; the book stays in the order of last meetings."""
        if self.met is None:
            self.met = {other: (now_ns, now_ns)}
            return
        first_ns = self.met.pop(other, (now_ns,))[0]
        self.met[other] = (first_ns, now_ns)
        if len(self.met) > ENTRIES_MAX:
            del self.met[next(iter(self.met))]

    def newcomer(self, other: int, now_ns: int) -> bool:
        """Say whether somebody was first met less than a day ago, or never."""
        entry = self.met.get(other) if self.met else None
        return entry is None or now_ns - entry[0] < DAY_NS

    def met_since(self, since_ns: int) -> int:
        """Count whom it has met since an instant."""
        count = 0
        if self.met is None:
            return 0
        for entry in reversed(self.met.values()):
            if entry[1] < since_ns:
                break
            count += 1
        return count


class AccountHistory:
    """What is remembered of a customer's account; amounts in its minor units.

    Parameters
    ----------
    now_ns : int
    typical_minor : int
        The account's typical payment, of which its history begins.
    """

    __slots__ = (
        "at_ns",
        "declines_1h",
        "deposits_7d",
        "devices",
        "in_24h",
        "last_ns",
        "mean",
        "out_24h",
        "payees",
        "payers",
        "payments",
        "payments_1h",
        "payments_5m",
        "payments_24h",
        "variance",
        "weight",
    )

    def __init__(self, now_ns: int, typical_minor: int) -> None:
        self.at_ns = now_ns
        self.payments = 0
        self.payments_5m = self.payments_1h = self.payments_24h = 0.0
        self.out_24h = self.in_24h = self.declines_1h = self.deposits_7d = 0.0
        self.last_ns = now_ns - WEEK_NS
        self.mean = math.log(max(1, typical_minor))
        self.variance = 1.0
        self.weight = PRIOR_WEIGHT
        self.payees = AddressBook()
        self.payers = AddressBook()
        self.devices = AddressBook()

    def fade(self, now_ns: int) -> None:
        """Bring everything that fades up to now."""
        elapsed_ns = now_ns - self.at_ns
        if elapsed_ns == 0:
            return
        self.at_ns = now_ns
        self.payments_5m = fraud.faded(self.payments_5m, elapsed_ns, 5 * MINUTE_NS)
        hour = fraud.faded(1.0, elapsed_ns, HOUR_NS)
        self.payments_1h *= hour
        self.declines_1h *= hour
        day = fraud.faded(1.0, elapsed_ns, DAY_NS)
        self.payments_24h *= day
        self.out_24h *= day
        self.in_24h *= day
        if self.deposits_7d:
            self.deposits_7d = fraud.faded(self.deposits_7d, elapsed_ns, WEEK_NS)

    def learn_amount(self, log_amount: float) -> None:
        """Take a payment into the mean and spread of the account's own."""
        self.weight = min(self.weight + 1.0, HISTORY_MAX)
        step = (log_amount - self.mean) / self.weight
        self.variance += step * (log_amount - self.mean - step) - self.variance / self.weight
        self.mean += step


class ShopHistory:
    """What is remembered of a merchant's account: payments, small ones, and declined ones.

    Parameters
    ----------
    now_ns : int
    usual_minor : int
        What it is taken to sell for until more is known: its first customer's typical payment.
    """

    __slots__ = ("at_ns", "declines_1h", "mean", "payments_1h", "seen", "small_1h")

    def __init__(self, now_ns: int, usual_minor: int) -> None:
        self.at_ns = now_ns
        self.payments_1h = self.small_1h = self.declines_1h = 0.0
        self.mean = math.log(usual_minor)
        self.seen = 1.0

    def fade(self, now_ns: int) -> None:
        """Bring the counts up to now."""
        left = fraud.faded(1.0, now_ns - self.at_ns, HOUR_NS)
        self.at_ns = now_ns
        self.payments_1h *= left
        self.small_1h *= left
        self.declines_1h *= left

    def take(self, amount_minor: int) -> float:
        """Count a payment; return its size over what the merchant took before.

        One payment moves the usual no further than half a unit of the logarithm over their number
        (Huber's estimate of location), so that a burst of small ones does not become the usual.
        """
        size = amount_minor / math.exp(self.mean)
        self.payments_1h += 1.0
        if size < SMALL:
            self.small_1h += 1.0
        self.seen = min(self.seen + 1.0, TICKETS_MAX)
        self.mean += min(max(math.log(max(size, 1e-9)), -0.5), 0.5) / self.seen
        return size


class Traffic:
    """How often customers pay: on the average, and one of them given what he did so far.

    Parameters
    ----------
    accounts : int
        Customers' accounts that there are.

    Examples
    --------
    >>> traffic = Traffic(accounts=10)
    >>> traffic.payments = 189
    >>> traffic.watched(90 * NS_PER_S)
    >>> round(traffic.gap_ns / NS_PER_S), round(traffic.usual_gap_ns(0, 0) / NS_PER_S)
    (5, 5)
    >>> round(traffic.usual_gap_ns(8, 0) / NS_PER_S, 2)
    2.63
    """

    __slots__ = ("accounts", "gap_ns", "payments")

    def __init__(self, accounts: int) -> None:
        self.accounts = max(1, accounts)
        self.payments = 0
        self.gap_ns = 0.0

    def watched(self, now_ns: int) -> None:
        """Bring the time between an average account's payments up to now."""
        self.gap_ns = (now_ns + WATCHED_MIN_NS) * self.accounts / (self.payments + 1)

    def usual_gap_ns(self, payments: int, watched_ns: int) -> float:
        """Return what usually passes between an account's payments.

        The mean of a gamma law for its rate, whose prior is `AVERAGE_WEIGHT` payments of the
        average account: who has hardly been seen is taken for average.

        Parameters
        ----------
        payments : int
            What it has been asked to pay so far.
        watched_ns : int
            For how long.
        """
        return (watched_ns + AVERAGE_WEIGHT * self.gap_ns) / (payments + AVERAGE_WEIGHT)
