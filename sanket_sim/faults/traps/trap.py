"""What every trap has in common: whom it strikes, when, and how the truth is kept."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from sanket_sim.bank.description import CORRECTION, Accounts, Bank, Party, Route
from sanket_sim.bank.reach import Reach
from sanket_sim.core.draws import Draws
from sanket_sim.core.errors import Problem
from sanket_sim.core.outcomes import LeakClass
from sanket_sim.core.registry import Registry
from sanket_sim.core.settings import DurationNs, Settings, Share, nearest
from sanket_sim.faults.record import Window

Intents = NDArray[np.void]
"""Structured array of `trace.arrivals.INTENT_DTYPE`."""

traps: Registry[type[Trap]] = Registry("trap")


@dataclass(frozen=True)
class Ground:
    """Where one trap of a run is laid.

    Parameters
    ----------
    bank : Bank
    accounts : Accounts
    draws : Draws
        Of this trap alone; keyed by the intent's own name (`draw_key`).
    code : int
        What the intents struck carry in their `trap` column; 0 means none.
    """

    bank: Bank
    accounts: Accounts
    draws: Draws
    code: int

    @cached_property
    def reach(self) -> Reach:
        """What the bank's routes can do to money."""
        return Reach(self.bank)


class Trap(Settings, ABC):
    """One ``[[trap]]`` table: a semantic fault that poisons a share of payments.

    A trap acts within the instant of each intent it strikes, so that slicing time differently
    changes nothing. It strikes honest intents that no other trap has struck, on routes that
    `fits` and in columns that `suits`: a trap that cannot work would be counted and do nothing.
    """

    EXAMPLE: ClassVar[Mapping[str, Any]]
    """A valid table, for the contract suite and the documentation."""
    CODE: ClassVar[str]
    """Its number in the catalogue of design page 3."""
    CONTROL: ClassVar[str]
    """Name of the field of `Controls` that catches it; empty if nothing in the bank does."""
    LEAK_CLASS: ClassVar[LeakClass]
    """Class of the leak when nothing catches it."""
    NEEDS: ClassVar[str] = "moves a customer's money"
    """What a route must do for the trap to work on it; ends the sentence "a route that ..."."""
    REMEDY: ClassVar[str] = 'give a route an amount, and debtor = "customer"'
    """What to do about a bank that has no such route."""

    kind: str
    probability: Share
    """Share of the eligible intents that are struck, drawn for each by itself."""
    at: DurationNs = 0
    """When the trap is laid, since the start of the run."""
    lasts: DurationNs | None = Field(default=None, alias="for")
    """How long it lies; left out: to the end of the run."""
    kinds: Annotated[list[str], Field(min_length=1)] | None = None
    """Routes it strikes; left out: every route that the trap can work on."""

    @property
    def vanishes(self) -> bool:
        """Whether it can strike nobody."""
        return self.probability == 0.0 or self.lasts == 0

    def window(self, until_ns: int) -> Window:
        """Return the stretch in which it lies, at most to the end of arrivals."""
        return Window(self.at, until_ns if self.lasts is None else self.at + self.lasts)

    def fits(self, reach: Reach, route: int) -> bool:
        """Say whether the trap can work on a route; on any on which a customer pays, by default."""
        return customer_pays(reach.bank.routes[route])

    def lacking(self, bank: Bank) -> str:
        """Say what the trap needs and the bank as a whole has not, with the remedy; or nothing."""
        del bank
        return ""

    def problems(self, bank: Bank) -> list[Problem]:
        """Return what does not fit this bank; paths are below the trap's table."""
        lacking = self.lacking(bank)
        found = [Problem("kind", lacking)] if lacking else []
        return found + self._unfit_routes(bank)

    def routes(self, reach: Reach) -> list[int]:
        """Return the indices of the routes it strikes."""
        bank = reach.bank
        if self.kinds is not None:
            return [bank.route_index(name) for name in self.kinds]
        return [route for route in range(len(bank.routes)) if self.fits(reach, route)]

    def spoil(self, intents: Intents, ground: Ground) -> Intents:
        """Poison the intents struck, and mark them; the others stay as they are.

        Returns
        -------
        structured array of INTENT_DTYPE
            The same rows in the same order, then any that the trap adds; the argument itself is
            not changed.
        """
        struck = self.strikes(intents, ground)
        if not struck.any():
            return intents
        spoilt = intents.copy()
        victims = intents[struck]
        victims["trap"] = ground.code
        self.poison(victims, ground)
        spoilt[struck] = victims
        return np.concatenate([spoilt, self.companions(victims, ground)])

    def strikes(self, intents: Intents, ground: Ground) -> NDArray[np.bool_]:
        """Say which intents are struck: a keyed draw for each, inside the window.

        Returns
        -------
        bool array, shape (intents,)
        """
        if self.vanishes or len(intents) == 0:
            return np.zeros(len(intents), np.bool_)
        drawn = self.chance(intents, ground.draws.child("struck")) < self.probability
        struck: NDArray[np.bool_] = drawn & self._in_reach(intents, ground)
        struck[struck] = self.suits(intents[struck], ground)
        return struck

    def chance(self, intents: Intents, draws: Draws) -> NDArray[np.float64]:
        """Draw for each intent by itself, unless the trap strikes several at once."""
        return draws.uniform(intents["draw_key"])

    def suits(self, candidates: Intents, ground: Ground) -> NDArray[np.bool_]:
        """Say on which of these intents the trap can work at all; on any, unless it is choosy."""
        del ground
        return np.ones(len(candidates), np.bool_)

    @abstractmethod
    def poison(self, victims: Intents, ground: Ground) -> None:
        """Change what is submitted (and its truth, if that changes with it), in place."""

    def companions(self, victims: Intents, ground: Ground) -> Intents:
        """Return further intents that belong to the trap; most traps add none."""
        del ground
        return victims[:0]

    def followers(self, victims: Intents, count: int, ground: Ground) -> Intents:
        """Return `count` copies of each victim: intents of their own, not numbered yet.

        Their actors know nothing of them, so nobody would try them again.
        """
        others = np.repeat(victims, count)
        which = np.tile(np.arange(1, count + 1), len(victims))
        others["draw_key"] = ground.draws.child("companion").key(others["draw_key"], which)
        others["tx_id"] = -1
        others["may_retry"] = False
        return others

    def _unfit_routes(self, bank: Bank) -> list[Problem]:
        reach = Reach(bank)
        fitting = [r.name for index, r in enumerate(bank.routes) if self.fits(reach, index)]
        # The back office's own payments are spoilt by no trap.
        fitting = [name for name in fitting if name != CORRECTION]
        if self.kinds is None and not fitting:
            return [Problem("kind", f"this bank has no route that {self.NEEDS}; {self.REMEDY}")]
        unfit = [name for name in self.kinds or [] if name not in fitting]
        return [Problem("kinds", self._unfit(name, fitting)) for name in unfit]

    def _unfit(self, name: str, fitting: list[str]) -> str:
        hint = nearest(name, fitting) if fitting else f"this bank has none; {self.REMEDY}"
        return f'no route that {self.NEEDS} is called "{name}"; {hint}'

    def _in_reach(self, intents: Intents, ground: Ground) -> NDArray[np.bool_]:
        since_ns = intents["created_ns"] - self.at
        inside = since_ns >= 0
        if self.lasts is not None:
            inside &= since_ns < self.lasts
        honest = (intents["trap"] == 0) & (intents["typology"] == 0)
        paying = np.isin(intents["kind"], self.routes(ground.reach)) & (intents["amount_minor"] > 0)
        reach: NDArray[np.bool_] = inside & honest & paying
        return reach


def customer_pays(route: Route) -> bool:
    """Say whether a route moves money out of a customer's account."""
    return route.moves_money and route.debtor is Party.CUSTOMER


def between_customers(route: Route) -> bool:
    """Say whether a route moves money from one customer to another."""
    return customer_pays(route) and route.creditor is Party.CUSTOMER
