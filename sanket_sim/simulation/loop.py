"""The one loop: actors plan, the scenario spoils, the network carries, everybody learns.

Exact, not approximate, while no actor reacts sooner than one tick; `Experiment` checks that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sanket_sim.actors.demand import Surge
from sanket_sim.core.result_codes import codes_of
from sanket_sim.core.units import NS_PER_S
from sanket_sim.faults import Fault, Trap
from sanket_sim.network.protocol import Command, Engine
from sanket_sim.simulation.conservation import MoneyAuditor
from sanket_sim.simulation.steering import Operator, Replay
from sanket_sim.trace.arrivals import Arrivals, no_blocks, no_intents
from sanket_sim.trace.batch import TraceBatch


class Actors(Protocol):
    """Who wants to move money; `actors.City` is one."""

    def plan(self, begin_ns: int, end_ns: int) -> Arrivals:
        """Return what they want in [begin, end)."""
        ...

    def learn(self, batch: TraceBatch) -> None:
        """Tell them what became of it."""
        ...

    def admit(self, arrivals: Arrivals) -> None:
        """Tell them under which numbers their intents have gone out."""
        ...

    def surge(self, surges: Sequence[Surge]) -> None:
        """Let more of them, or fewer, act in windows that begin now or later."""
        ...

    def witness(self, batch: TraceBatch) -> None:
        """Let them put the truth about what has ended on a batch's record."""
        ...

    def close(self, batch: TraceBatch) -> None:
        """Let them put the rest of the truth on the last batch's record."""
        ...


class Spoiler(Protocol):
    """What goes wrong; `faults.Scenario` is one."""

    def commands(self) -> Sequence[Command]:
        """Return every scheduled act of the control plane."""
        ...

    def spoil(self, arrivals: Arrivals) -> Arrivals:
        """Poison some arrivals; the truth of what was wanted is kept."""
        ...

    def admit(self, deed: Fault | Trap, by: str, batch: TraceBatch) -> Sequence[Command]:
        """Take up what somebody commanded at this instant, and put it on the batch's record."""
        ...


class Observer(Protocol):
    """Sees every batch and may answer with commands for the next tick."""

    def observe(self, batch: TraceBatch) -> Sequence[Command]:
        """Look at what one tick brought; at the end, at what has been left open."""
        ...


class Repairs(Protocol):
    """Who finds what went wrong and puts it right; `back_office.office.BackOffice` is one."""

    def admit(self, arrivals: Arrivals) -> None:
        """Note what the bank is about to be asked."""
        ...

    def plan(self, begin_ns: int, end_ns: int) -> NDArray[np.void]:
        """Return the corrections that leave in [begin, end)."""
        ...

    def reconcile(self, batch: TraceBatch) -> None:
        """Look at what one tick brought; put what is decided on the batch's record."""
        ...

    def close(self, batch: TraceBatch) -> None:
        """Look for the last time, at what the network leaves."""
        ...

    def waits(self, until_ns: int) -> bool:
        """Say whether a correction may still leave before an instant."""
        ...


class Guard(Protocol):
    """Who watches for crime; `financial_crime.unit.CrimeUnit` is one."""

    def admit(self, arrivals: Arrivals) -> None:
        """Note who asks the bank for what."""
        ...

    def blocks(self, begin_ns: int, end_ns: int) -> NDArray[np.void]:
        """Return which accounts are blocked and opened again in [begin, end)."""
        ...

    def review(self, batch: TraceBatch) -> None:
        """Look at what one tick brought; put what is decided on the batch's record."""
        ...


class NoGuard:
    """A bank that has nobody to look into alerts."""

    def admit(self, arrivals: Arrivals) -> None:
        """Note nothing."""

    def blocks(self, begin_ns: int, end_ns: int) -> NDArray[np.void]:
        """Block nothing."""
        del begin_ns, end_ns
        return no_blocks()

    def review(self, batch: TraceBatch) -> None:
        """Look at nothing."""


class NoRepairs:
    """A bank that does not look."""

    def admit(self, arrivals: Arrivals) -> None:
        """Note nothing."""

    def plan(self, begin_ns: int, end_ns: int) -> NDArray[np.void]:
        """Correct nothing."""
        del begin_ns, end_ns
        return no_intents()

    def reconcile(self, batch: TraceBatch) -> None:
        """Find nothing."""

    def close(self, batch: TraceBatch) -> None:
        """Find nothing at the end either."""

    def waits(self, until_ns: int) -> bool:
        """Hold nobody up."""
        del until_ns
        return False


@dataclass(frozen=True, slots=True)
class Tick:
    """A slice [begin, end) of simulated time; `open` while customers still arrive."""

    begin_ns: int
    end_ns: int
    open: bool = True


def whole(begin_ns: int, end_ns: int) -> int:
    """Cut nothing: a tick ends where it would."""
    del begin_ns
    return end_ns


@dataclass(frozen=True, slots=True)
class Calendar:
    """How time is sliced: ticks while customers arrive, then a bounded draining.

    Parameters
    ----------
    tick_ns, duration_ns, drain_ns : int
        Draining slices also end at whole seconds, so that the instant at which an idle network
        is noticed does not depend on the tick.

    Examples
    --------
    >>> ticks = Calendar(tick_ns=400, duration_ns=1000, drain_ns=300).ticks()
    >>> [(tick.begin_ns, tick.end_ns, tick.open) for tick in ticks]
    [(0, 400, True), (400, 800, True), (800, 1000, True), (1000, 1300, False)]
    """

    tick_ns: int
    duration_ns: int
    drain_ns: int

    @property
    def end_ns(self) -> int:
        """When the run is over at the latest [ns]."""
        return self.duration_ns + self.drain_ns

    def ticks(self, cut: Callable[[int, int], int] = whole) -> Iterator[Tick]:
        """Yield the slices in order; whoever drives stops when the network is idle.

        Parameters
        ----------
        cut : callable
            Is asked where a slice that begins and would end there shall end: never later.
        """
        begin_ns = 0
        while begin_ns < self.duration_ns:
            end_ns = cut(begin_ns, min(begin_ns + self.tick_ns, self.duration_ns))
            yield Tick(begin_ns, end_ns)
            begin_ns = end_ns
        while begin_ns < self.end_ns:
            end_ns = cut(begin_ns, min(begin_ns + self.tick_ns, self._second_after(begin_ns)))
            yield Tick(begin_ns, end_ns, open=False)
            begin_ns = end_ns

    def _second_after(self, time_ns: int) -> int:
        whole_ns = (time_ns // NS_PER_S + 1) * NS_PER_S
        return min(whole_ns, self.end_ns)


@dataclass(slots=True)
class Numbering:
    """Gives intents their running numbers, in the order of birth."""

    next_tx_id: int = 0

    def number(self, arrivals: Arrivals) -> Arrivals:
        """Return the arrivals with intents sorted by (created_ns, draw_key), `tx_id` running."""
        intents = arrivals.intents
        ordered = intents[np.lexsort([intents["draw_key"], intents["created_ns"]])]
        ordered["tx_id"] = np.arange(self.next_tx_id, self.next_tx_id + len(ordered))
        self.next_tx_id += len(ordered)
        return replace(arrivals, intents=ordered)


@dataclass(slots=True)
class WaitingRoom:
    """Keeps intents that were made before their time until the tick in which they are born.

    A trap adds a refund to the purchase that it strikes, half a minute early.

    Examples
    --------
    >>> room = WaitingRoom()
    >>> early = no_intents().copy()
    >>> early.resize(1)
    >>> early["created_ns"] = 7
    >>> len(room.due(early, 5)), len(room.due(no_intents(), 10)), room.empty
    (0, 1, True)
    """

    waiting: NDArray[np.void] = field(default_factory=no_intents)

    def due(self, intents: NDArray[np.void], end_ns: int) -> NDArray[np.void]:
        """Take more intents in; return those born before an instant."""
        if len(self.waiting):
            intents = np.concatenate([self.waiting, intents])
        born = intents["created_ns"] < end_ns
        self.waiting = intents[~born]
        ripe: NDArray[np.void] = intents[born]
        return ripe

    @property
    def empty(self) -> bool:
        """Whether nobody waits."""
        return len(self.waiting) == 0


@dataclass(slots=True)
class Simulation:
    """The living thing: every part introduced to the others, and the clock.

    Parameters
    ----------
    calendar : Calendar
    city : Actors
    scenario : Spoiler
    network : Engine
    auditor : MoneyAuditor
    write : callable
        Takes every batch to the trace; also the one that broke a law, as evidence.
    repairs : Repairs
        The bank's back office; its corrections leave unspoilt, also while the network drains.
    guard : Guard
        The bank's financial crime unit, which blocks accounts.
    observers : sequence of Observer
    stopped : callable
        Asked before every tick; true ends the run early.
    operator : Operator
        Commands between ticks what was not planned, and may let the run wait.
    """

    calendar: Calendar
    city: Actors
    scenario: Spoiler
    network: Engine
    auditor: MoneyAuditor
    write: Callable[[TraceBatch], None]
    repairs: Repairs = field(default_factory=NoRepairs)
    guard: Guard = field(default_factory=NoGuard)
    observers: Sequence[Observer] = ()
    stopped: Callable[[], bool] = lambda: False
    operator: Operator = field(default_factory=Replay)
    now_ns: int = 0
    _numbering: Numbering = field(default_factory=Numbering)
    _early: WaitingRoom = field(default_factory=WaitingRoom)

    def run(self) -> None:
        """Run until the network has drained, or until stopped.

        Raises
        ------
        ConservationError
            At the first batch that breaks a law of money.
        TraceError
            If the trace cannot be written.
        """
        self._apply(self.scenario.commands())
        for tick in self.calendar.ticks(self.operator.until_ns):
            self._obey(tick.begin_ns)
            if self.stopped() or self._drained(tick):
                break
            spoilt = self.scenario.spoil(self._wanted(tick))
            born = replace(spoilt, intents=self._early.due(spoilt.intents, tick.end_ns))
            guarded = self._with_blocks(self._with_corrections(born, tick), tick)
            arrivals = self._numbering.number(guarded)
            self.auditor.admit(arrivals)
            self.repairs.admit(arrivals)
            self.guard.admit(arrivals)
            self.city.admit(arrivals)
            batch = self.network.advance(tick.end_ns, arrivals)
            self.now_ns = tick.end_ns
            self.repairs.reconcile(batch)
            self.guard.review(batch)
            self.city.witness(batch)
            self._settle(batch)
            self.city.learn(batch)
            for observer in self.observers:
                self._apply(observer.observe(batch))
        last = self.network.close()
        self.repairs.close(last)
        self.city.close(last)
        self._settle(last)
        for observer in self.observers:
            observer.observe(last)
        self.auditor.close(self.network)

    def _obey(self, now_ns: int) -> None:
        """Carry out what is commanded at this instant."""
        for given in self.operator.given(now_ns):
            batch = TraceBatch(end_ns=now_ns)
            self._apply(self.scenario.admit(given.deed, given.by, batch))
            if given.fault is not None and (crowd := given.fault.surges(self.calendar.duration_ns)):
                self.city.surge(crowd)
            self.write(batch)
            for observer in self.observers:
                self._apply(observer.observe(batch))

    def _wanted(self, tick: Tick) -> Arrivals:
        """Plan one tick; once the doors are closed only those already inside may try again."""
        plan = self.city.plan(tick.begin_ns, tick.end_ns)
        intents = plan.intents if tick.open else no_intents()
        assert np.all(intents["created_ns"] >= tick.begin_ns), "nobody plans the past"
        assert np.all(intents["created_ns"] < tick.end_ns), "nobody plans beyond the tick"
        return replace(plan, intents=intents)

    def _with_corrections(self, arrivals: Arrivals, tick: Tick) -> Arrivals:
        corrections = self.repairs.plan(tick.begin_ns, tick.end_ns)
        if len(corrections) == 0:
            return arrivals
        return replace(arrivals, intents=np.concatenate([arrivals.intents, corrections]))

    def _with_blocks(self, arrivals: Arrivals, tick: Tick) -> Arrivals:
        """Add the accounts that the bank itself blocks to those that customers have blocked."""
        blocks = self.guard.blocks(tick.begin_ns, tick.end_ns)
        if len(blocks) == 0:
            return arrivals
        together = np.concatenate([arrivals.blocks, blocks])
        return replace(arrivals, blocks=together[np.argsort(together["at_ns"], kind="stable")])

    def _settle(self, batch: TraceBatch) -> None:
        """Hold the laws and name each leak; evidence is kept whether or not they hold."""
        ended = batch.transactions
        reasons, responses = codes_of(ended["outcome"], ended["decline_reason"])
        ended["iso20022_reason"], ended["iso8583_code"] = reasons, responses
        try:
            parts = self.auditor.audit(batch, self.network)
            ended["leak_class"] = parts.leak_class
            ended["glv_minor"] = parts.glv_minor
            ended["second_glv_minor"] = parts.second_glv_minor
        finally:
            self.write(batch)

    def _drained(self, tick: Tick) -> bool:
        """Whether nothing is left to do; asked at whole seconds alone, whatever the tick."""
        if tick.open or tick.begin_ns % NS_PER_S:
            return False
        end_ns = self.calendar.end_ns
        done = self.network.idle and self._early.empty and not self.network.waits(end_ns)
        return done and not self.repairs.waits(end_ns)

    def _apply(self, commands: Sequence[Command]) -> None:
        for command in commands:
            self.network.apply(command)
