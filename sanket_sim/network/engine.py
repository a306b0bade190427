"""The SimPy engine: the specification of what a network does. Read this one first.

The engine wires the parts together and keeps the books of intents; callers hold what happens at
the caller's end of a call, callees what happens at the other, effects what it means.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sanket_sim.bank.description import Accounts, Bank
from sanket_sim.bank.power import power_w
from sanket_sim.bank.reach import Reach
from sanket_sim.core.draws import Draws
from sanket_sim.core.outcomes import Ack, Decline, Mishap, Outcome
from sanket_sim.core.units import NS_PER_S
from sanket_sim.network.callees import Callees
from sanket_sim.network.callers import Callers
from sanket_sim.network.control import ControlPlane
from sanket_sim.network.edges import EdgeRow
from sanket_sim.network.effects import Effects
from sanket_sim.network.ledger import Ledger
from sanket_sim.network.loop import Alarm, Loop, Occurrence, Rank
from sanket_sim.network.protocol import Command
from sanket_sim.network.recorder import Recorder
from sanket_sim.network.rows import (
    PAYMENT,
    REVERSAL,
    STATUS,
    Call,
    Intent,
    Replica,
    ServiceRow,
)
from sanket_sim.network.rules import answers
from sanket_sim.trace.arrivals import Arrivals
from sanket_sim.trace.batch import TraceBatch
from sanket_sim.trace.vocabulary import Vocabularies

OK = int(Outcome.OK)
APP_ERROR = int(Outcome.APP_ERROR)
ACK_OK = int(Ack.OK)
REPEAT_NS = NS_PER_S
"""How soon a till repeats a reversal that was not answered."""
BATCH_RERUN = int(Mishap.BATCH_RERUN)
REVERSED = int(Mishap.REVERSED)
ARRIVAL_RANK = int(Rank.ARRIVAL)


class Try(IntEnum):
    """Why an intent is submitted: that decides whose key it carries."""

    COPY = 0
    """The customer's app sends it, perhaps several times."""
    BY_HAND = 1
    """A person tries again."""
    ENQUIRED = 2
    """He has asked before how the first try stands, and it stands nowhere."""


class SimPyEngine:
    """Carries intents through the service network, event by event.

    Parameters
    ----------
    bank : Bank
        What there is.
    accounts : Accounts
        Whose money it is.
    seed : int
        The run's seed; all draws are keyed under it.
    vocabularies : Vocabularies
        Words behind the codes of the trace; the bank's are added here.
    gauge_interval_ns : int
        How often the gauges are read.
    midnight_ns : int
        How long ago midnight was, local time, when the run begins.

    Examples
    --------
    >>> from sanket_sim.bank.description import Operation, Service, Step, StepKind, Edge, Route
    >>> bank = Bank("tiny", (Service("desk", 1, 1),), (Operation("ask", 0, (), 0),),
    ...             (Edge("client->desk.ask", -1, 0),), (Route("login", 0),))
    >>> none = np.zeros(0, np.int64)
    >>> engine = SimPyEngine(bank, Accounts(*[none] * 6), 42, Vocabularies())
    >>> engine.advance(1_000_000_000, Arrivals()).end_ns, engine.idle
    (1000000000, True)
    """

    def __init__(
        self,
        bank: Bank,
        accounts: Accounts,
        seed: int,
        vocabularies: Vocabularies,
        gauge_interval_ns: int = NS_PER_S,
        midnight_ns: int = 0,
    ) -> None:
        self.bank = bank
        self.loop = Loop()
        self.draws = Draws(seed, "network")
        _name_the_parts(bank, vocabularies)
        self.recorder = Recorder(bank, vocabularies)
        self.services = [ServiceRow(index, s) for index, s in enumerate(bank.services)]
        reach = Reach(bank)
        self.edges = [EdgeRow(index, edge, bank, reach) for index, edge in enumerate(bank.edges)]
        self.ledger = Ledger(bank, accounts, self.recorder)
        self.callers = Callers(
            self.loop,
            self.edges,
            self.services,
            self.recorder,
            self._answer,
            self._rest,
            bank.controls,
        )
        self.effects = Effects(self.loop, bank, accounts, self.ledger, self.recorder, midnight_ns)
        self.callees = Callees(self.loop, self.services, self.edges, self.callers, self.effects)
        self.control = ControlPlane(
            self.loop, bank, self.services, self.edges, self.callees, self.recorder
        )
        self.callers.attach(self.callees)
        self.effects.finish = self.callees.finish
        self.effects.crash = self.control.crash_now
        self.effects.holds.lapsed = self._rest
        self.intents: dict[int, Intent] = {}
        self._dormant: set[int] = set()
        self._entries = [self.edges[route.edge] for route in bank.routes]
        self._moves_money = [route.moves_money for route in bank.routes]
        self._errands = {
            REVERSAL: [route.reversal_edge for route in bank.routes],
            STATUS: [route.status_edge for route in bank.routes],
        }
        self._submitted = (self._submit,)
        self._sent = (self._send_errand,)
        self._gauges = GaugeReader(self, gauge_interval_ns)

    def advance(self, until_ns: int, arrivals: Arrivals) -> TraceBatch:
        """Carry every event in [now, until_ns); return what happened."""
        self._open_intents(arrivals.intents)
        for tx_id, at_ns, may_retry in arrivals.resubmissions.tolist():
            self._resubmit(tx_id, at_ns, may_retry)
        for tx_id in arrivals.closures.tolist():
            self._give_up(tx_id)
        for account, at_ns, blocked, by_bank in arrivals.blocks.tolist():
            self.control.block(account, at_ns, blocked=blocked, by_bank=by_bank)
        self.loop.run_until(until_ns)
        return self.recorder.batch(until_ns)

    def apply(self, command: Command) -> None:
        """Schedule a command of the control plane."""
        self.control.schedule(command)

    def close(self) -> TraceBatch:
        """End the run: whatever is still open is reported as in flight."""
        for attempt in list(self.callers.open.values()):
            self.recorder.hop(attempt)
        self.callers.open.clear()
        for intent in self.intents.values():
            self._record(intent)
        self.intents.clear()
        return self.recorder.batch(self.loop.now_ns)

    @property
    def idle(self) -> bool:
        """Whether no intent is open but for a hold (the gauges alone keep the loop busy)."""
        return len(self.intents) == len(self._dormant)

    def waits(self, until_ns: int) -> bool:
        """Say whether a hold will lapse before an instant, though nothing else is on its way."""
        return self.effects.holds.lapses_before(until_ns)

    def balances_minor(self) -> NDArray[np.int64]:
        """Return the store's posted balance of every account [minor units]."""
        return self.ledger.balances_minor()

    def pending_minor(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return pending debits and pending credits of every account [minor units]."""
        store = self.ledger.store
        return (
            np.array(store.debits_pending, dtype=np.int64),
            np.array(store.credits_pending, dtype=np.int64),
        )

    def _open_intents(self, rows: NDArray[np.void]) -> None:
        if len(rows) == 0:
            return
        lanes_hi, lanes_lo = self.draws.lanes(rows["draw_key"])
        for row, hi, lo in zip(rows.tolist(), lanes_hi.tolist(), lanes_lo.tolist(), strict=True):
            intent = Intent(row, self._moves_money[row[3]], hi, lo)
            self.intents[intent.tx_id] = intent
            self._open(intent)

    def _open(self, intent: Intent) -> None:
        """Submit an intent as often as it will be, and cancel it if that is planned."""
        self.effects.admit(intent)
        for copy in range(max(1, intent.copies)):
            self._submit_at(intent, intent.created_ns + copy * intent.copy_gap_ns, Try.COPY)
        if intent.mishap & REVERSED:
            self._errand_at(intent, intent.created_ns + intent.mishap_value // 2, REVERSAL)

    def _resubmit(self, tx_id: int, at_ns: int, may_retry: bool) -> None:
        """Let a person try once more."""
        intent = self.intents.get(tx_id)
        if intent is None:
            return
        intent.awaiting_actor = False
        intent.may_retry = may_retry
        self._submit_at(intent, at_ns, Try.BY_HAND)

    def _give_up(self, tx_id: int) -> None:
        intent = self.intents.get(tx_id)
        if intent is not None:
            intent.awaiting_actor = False
            self._rest(intent)

    def _submit_at(self, intent: Intent, at_ns: int, why: Try) -> None:
        number = intent.submissions
        intent.submissions += 1
        intent.live += 1
        alarm = Alarm((intent, number, why))
        self.loop.after(at_ns - self.loop.now_ns, ARRIVAL_RANK, alarm, self._submitted)

    def _keeps_key(self, intent: Intent, why: Try) -> bool:
        """Say whether a try carries the key of the first, by the controls as they stand now."""
        controls = self.bank.controls
        if why == Try.BY_HAND:
            return controls.status_inquiry
        rerun = intent.mishap & BATCH_RERUN
        return why == Try.ENQUIRED or (
            controls.batch_uniqueness if rerun else controls.idempotency_key
        )

    def _submit(self, alarm: Alarm) -> None:
        """Send a submission off; who has heard of success meanwhile does not try again.

        Whoever can ask how the first try stands does so before.
        """
        intent, number, why = alarm.subject
        same_key = self._keeps_key(intent, why)
        if why == Try.BY_HAND and same_key and self._errands[STATUS][intent.kind] >= 0:
            intent.submissions -= 1
            self._run_errand(intent, STATUS)
            return
        key_no = 0 if same_key else number
        intent.asked_ns = self.loop.now_ns
        if number >= intent.copies:
            intent.e_minor = intent.wanted_minor  # a wish that had lapsed is made again
        if number < intent.copies or intent.ack != ACK_OK:
            self.callers.submit(intent, self._entries[intent.kind], number, key_no)
        intent.live -= 1
        self._rest(intent)

    def _errand_at(self, intent: Intent, at_ns: int, errand: int) -> None:
        intent.live += 1
        alarm = Alarm((intent, errand))
        self.loop.after(at_ns - self.loop.now_ns, ARRIVAL_RANK, alarm, self._sent)

    def _send_errand(self, alarm: Alarm) -> None:
        intent, errand = alarm.subject
        self._run_errand(intent, errand)

    def _run_errand(self, intent: Intent, errand: int) -> None:
        edge = self._errands[errand][intent.kind]
        if edge >= 0 and (errand == REVERSAL or intent.ack != ACK_OK):
            intent.errands += 1
            self.callers.submit(intent, self.edges[edge], intent.errands, 0, errand)
        intent.live -= 1
        self._rest(intent)

    def _answer(self, call: Call, outcome: int) -> None:
        """Let an answer reach the customer's device."""
        if call.errand == PAYMENT:
            self._tell(call, outcome)
        elif call.errand == REVERSAL:
            self._hear_reversal(call.intent, outcome)
        elif outcome == OK:
            self._tell(call, outcome)
        else:
            self._submit_at(call.intent, self.loop.now_ns, Try.ENQUIRED)

    def _hear_reversal(self, intent: Intent, outcome: int) -> None:
        """Tell of a payment that was taken back; a reversal without an answer is repeated.

        One that met nothing, and left no mark, changes nothing.
        """
        if outcome != OK:
            self._errand_at(intent, self.loop.now_ns + REPEAT_NS, REVERSAL)
        elif intent.tombstone:
            intent.outcome, intent.ack = APP_ERROR, int(Ack.FAILED)
            intent.decline = int(Decline.ALREADY_REVERSED)
            intent.answered_ns = self.loop.now_ns

    def _tell(self, call: Call, outcome: int) -> None:
        """Tell the customer how a submission ended; the first success stands.

        Whether to try again is asked once, when every submission on its way has been answered.
        """
        intent, now_ns = call.intent, self.loop.now_ns
        ack = answers.told(outcome)
        intent.answers += 1
        if intent.ack != ACK_OK:
            intent.outcome, intent.ack, intent.answered_ns = outcome, ack, now_ns
            intent.decline = call.decline if outcome == APP_ERROR else 0
        intent.awaiting_actor = (
            intent.may_retry
            and intent.answers == intent.submissions
            and intent.ack != ACK_OK
            and outcome != APP_ERROR
        )
        self.recorder.answer(intent, outcome, ack, call.submission, now_ns)

    def _rest(self, intent: Intent) -> None:
        """Close an intent once nothing of it is on its way and nobody will try again."""
        if intent.live > 0 or intent.awaiting_actor or intent.outcome < 0:
            return
        if self.effects.holds.waits(intent):
            self._dormant.add(intent.tx_id)
            return
        self._dormant.discard(intent.tx_id)
        del self.intents[intent.tx_id]
        self._record(intent)

    def _record(self, intent: Intent) -> None:
        intent.hold_overdue = self.effects.holds.overdue(intent)
        self.recorder.transaction(intent)


class GaugeReader(Occurrence):
    """Reads every replica's gauges at fixed instants of simulated time."""

    __slots__ = ("_before", "engine", "interval_ns")

    def __init__(self, engine: SimPyEngine, interval_ns: int) -> None:
        self.engine = engine
        self.interval_ns = interval_ns
        self._before: dict[tuple[int, int], tuple[int, int, int, int]] = {}
        engine.loop.after(interval_ns, int(Rank.GAUGE), self, (GaugeReader.read,))

    def read(self) -> None:
        """Write one row per replica and come back after the interval."""
        for service in self.engine.services:
            for replica in service.replicas:
                self._read_replica(service, replica)
        self.engine.loop.after(self.interval_ns, int(Rank.GAUGE), self, (GaugeReader.read,))

    def _read_replica(self, service: ServiceRow, replica: Replica) -> None:
        now_ns = self.engine.loop.now_ns
        replica.account(now_ns)
        totals = (replica.busy_ns, replica.arrivals, replica.completions, replica.cpu_ns)
        before = self._before.get((service.index, replica.index), (0, 0, 0, 0))
        self._before[service.index, replica.index] = totals
        busy_ns, arrivals, completions, cpu_ns = (
            total - earlier for total, earlier in zip(totals, before, strict=True)
        )
        seen_here = not service.shared or replica.index == 0
        self.engine.recorder.gauge_rows.append(
            (
                now_ns,
                service.index,
                replica.index,
                replica.state,
                replica.busy,
                busy_ns,
                replica.line.length if seen_here else 0,
                arrivals,
                completions,
                cpu_ns,
                self._power_w(service, cpu_ns),
            )
        )

    def _power_w(self, service: ServiceRow, cpu_ns: int) -> float:
        description = service.description
        utilisation = min(1.0, cpu_ns / (description.vcpus * self.interval_ns))
        return power_w(
            utilisation, description.vcpus, description.memory_gb, self.engine.bank.power
        )


def _name_the_parts(bank: Bank, vocabularies: Vocabularies) -> None:
    """Give every coded column of the trace its words, in the bank's order."""
    words: dict[str, Any] = {
        "kind": [route.name for route in bank.routes],
        "channel": bank.channels,
        "currency": bank.currencies,
        "service": [service.name for service in bank.services],
        "caller": ["client", *[service.name for service in bank.services]],
        "operation": [
            f"{bank.services[operation.service].name}.{operation.name}"
            for operation in bank.operations
        ],
    }
    for name, texts in words.items():
        for text in texts:
            vocabularies[name].code(text)
