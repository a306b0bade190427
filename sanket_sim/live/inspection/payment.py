"""The payment inspector: the whole life of one payment, while the run goes on or after it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sanket_sim.analysis.root_cause import blame, money_movers
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.analysis.story import (
    Flows,
    Journal,
    Party,
    Story,
    Visit,
    beginning_of,
    rows_of,
    tell,
)
from sanket_sim.bank.description import CORRECTION
from sanket_sim.core.money import format_minor
from sanket_sim.core.units import NS_PER_MS
from sanket_sim.live.inspection.evidence import Assessed, assessed
from sanket_sim.live.inspection.missing import Missing
from sanket_sim.live.inspection.moments import said_of
from sanket_sim.live.naming import Names
from sanket_sim.live.wording import decline_in_words, failure_in_words, in_words


@dataclass(frozen=True, slots=True)
class Person:
    """Who stands at an end of a payment; ids are -1 for nobody."""

    agent_id: int
    account_id: int
    name: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the time-line: when [ms since the payment was asked for], how deep, and what."""

    at_ms: float
    depth: int
    what: str
    said: str
    hop_id: int
    blamed: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """One attempt, as a waterfall shows it; ms since the payment was asked for.

    Parameters
    ----------
    hop_id, parent_hop_id, depth, submission, attempt : int
    caller, service, operation : str
    replica : int
        -1 if none was chosen.
    event : bool
        Whether a message broker carried it, and nobody waited for its answer.
    begin_ms, end_ms : float, float or None
        Sent; and when its caller stopped waiting, None while it waits.
    queue_ms, compute_ms : float
        Time in line and at work, its own calls included.
    worked_until_ms : float or None
        When the service was done with it: later than `end_ms` if nobody heard the answer.
    outcome, words : str
        What the caller believes, as a code and in words.
    failed, late, committed : bool
    fault : str
        What struck it; empty for nothing.
    blamed : bool
        Whether it is the hop that leaked the payment.
    """

    hop_id: int
    parent_hop_id: int
    depth: int
    submission: int
    attempt: int
    caller: str
    service: str
    operation: str
    replica: int
    event: bool
    begin_ms: float
    end_ms: float | None
    queue_ms: float
    compute_ms: float
    worked_until_ms: float | None
    outcome: str
    words: str
    failed: bool
    late: bool
    committed: bool
    fault: str
    blamed: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One leg of a journal."""

    account_id: int
    name: str
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """What the ledger wrote at one instant under one transfer id."""

    at_ms: float
    transfer_id: int
    phase: str
    side: str
    service: str
    hop_id: int
    one_sided: bool
    blamed: bool
    legs: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What should have moved on one leg of a payment, beside what did.

    Parameters
    ----------
    leg : str
        ``payment``, ``fee``, ``exchange`` or ``mismatch``.
    expected_minor, debited_minor, credited_minor, astray_minor, held_minor : int
        `astray_minor` went to others than the right payee.
    journals : int
    leak_minor : int
        Gross leak on this leg.
    balanced : bool
        Whether debit and credit are what they should be.
    """

    leg: str
    currency: str
    expected_minor: int
    debited_minor: int
    credited_minor: int
    astray_minor: int
    held_minor: int
    journals: int
    leak_minor: int
    balanced: bool


@dataclass(frozen=True, slots=True)
class PaymentStory:
    """Everything about one payment.

    Parameters
    ----------
    tx_id : int
    status : str
        ``OK``, ``REJECTED_RIGHT``, ``FAILED_CLEAN``, ``LEAKED`` or ``IN_FLIGHT``.
    headline : str
    verdict : tuple of str
        Sentences: why it ended so, what had been laid for it, who put it right.
    leak_class, root, leaked_at : str
        Empty if nothing leaked. `root` is the service to blame by the findings, the map and the
        feed: where the trouble began; `leaked_at` that of the hop at which it became a leak.
    blamed_hop_id : int
        That hop; -1 for none.
    kind, channel, currency, amount_minor
    born_ns : int
        Since the start of the run; -1 while it is under way and not known.
    born_at : str
    latency_ms, deadline_ms : float or None
    answer : str
        What the customer was told.
    iso20022, iso8583 : str
    customer, debtor, creditor : Person
    moments : tuple of Line
    hops : tuple of Bar
    journals : tuple of JournalEntry
    ledger : tuple of Reconciled
    fraud : Assessed or None
        None if it left no evidence; `fraud_score` and `fraud_decision` are there all the same.
    trap, truth : str
        What was laid for it, and the typology behind it: behind the switch for the truth.
    """

    tx_id: int
    status: str
    headline: str
    verdict: tuple[str, ...]
    hops: tuple[Bar, ...]
    journals: tuple[JournalEntry, ...]
    moments: tuple[Line, ...] = ()
    leak_class: str = ""
    root: str = ""
    leaked_at: str = ""
    blamed_hop_id: int = -1
    kind: str = ""
    channel: str = ""
    currency: str = ""
    amount_minor: int = 0
    born_ns: int = -1
    born_at: str = ""
    latency_ms: float | None = None
    deadline_ms: float | None = None
    answer: str = ""
    iso20022: str = ""
    iso8583: str = ""
    customer: Person | None = None
    debtor: Person | None = None
    creditor: Person | None = None
    ledger: tuple[Reconciled, ...] = ()
    fraud: Assessed | None = None
    fraud_decision: str = "none"
    fraud_score: float = 0.0
    trap: str = ""
    truth: str = ""


def story_of(run: RunFolder, names: Names, tx_id: int, newest_tx_id: int) -> PaymentStory:
    """Tell the story of one payment; of one that is under way, what is known so far.

    Parameters
    ----------
    run : RunFolder
        As it stands.
    names : Names
        Of everybody in it.
    tx_id : int
    newest_tx_id : int
        The greatest number among the payments that have ended.

    Raises
    ------
    Missing
        If the run has no such payment.
    """
    owners = _AccountNames(names)
    try:
        story = tell(run, tx_id, owners)
    except KeyError:
        return _under_way(run, owners, tx_id, newest_tx_id)
    rows = rows_of(run, "assessments", tx_id)
    root = _root(run, tx_id) if story.verdict.status == "LEAKED" else ""
    fraud = assessed(rows, run.bank, run.trace.vocabularies, story.born_ns)
    return _told(names, story, root, fraud)


class _AccountNames(Mapping[int, str]):
    """Names accounts when asked, as everything live does."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def __getitem__(self, account_id: int) -> str:
        if name := self._names.account(account_id):
            return name
        raise KeyError(account_id)

    def __iter__(self) -> Iterator[int]:
        return iter(self._names.accounts)

    def __len__(self) -> int:
        return len(self._names.accounts)


def _root(run: RunFolder, tx_id: int) -> str:
    """Name the service to blame for a leak, as the findings do; empty for none."""
    row = rows_of(run, "transactions", tx_id)
    root = int(row["root_service"][0])
    if root < 0:
        hops, postings = rows_of(run, "hops", tx_id), rows_of(run, "postings", tx_id)
        movers = money_movers(run.bank, run.trace.words("operation"))
        root = blame(hops, postings, movers).get(tx_id, -1)
    return run.services[root] if root >= 0 else ""


def _under_way(
    run: RunFolder, owners: Mapping[int, str], tx_id: int, newest_tx_id: int
) -> PaymentStory:
    visits, journals = beginning_of(run, tx_id, owners)
    if not visits and tx_id > newest_tx_id:
        raise Missing(f"payment {tx_id}")
    return PaymentStory(
        tx_id=tx_id,
        status="IN_FLIGHT",
        headline=f"Payment {tx_id} is still under way",
        verdict=("What is shown are the calls that are over.",),
        hops=tuple(_bar(visit, -1) for visit in visits),
        journals=tuple(_journal(one, -1) for one in journals),
    )


def _told(names: Names, story: Story, root: str, fraud: Assessed | None) -> PaymentStory:
    verdict, answer, blamed = story.verdict, story.answer, story.verdict.hop_id
    customer = _customer(names, story)
    leaked = verdict.status == "LEAKED"
    return PaymentStory(
        tx_id=story.tx_id,
        status=verdict.status,
        headline=_headline(story),
        verdict=tuple(_sentences(story, root)),
        hops=tuple(_bar(visit, blamed) for visit in story.visits),
        journals=tuple(_journal(one, blamed) for one in story.journals),
        moments=tuple(_lines(story, customer.name)),
        leak_class=verdict.leak_class if leaked else "",
        root=root,
        leaked_at=verdict.service if leaked else "",
        blamed_hop_id=blamed,
        kind=in_words(story.kind),
        channel=in_words(story.channel),
        currency=story.currency,
        amount_minor=story.amount_minor,
        born_ns=story.born_ns,
        born_at=story.born_at,
        latency_ms=_ms(answer.at_ns),
        deadline_ms=_ms(story.deadline_ns),
        answer=_answer(story),
        iso20022=f"{answer.iso20022_status} {answer.iso20022_reason}".strip(),
        iso8583=answer.iso8583_code,
        customer=customer,
        debtor=_person(names, story.debtor),
        creditor=_person(names, story.creditor),
        ledger=tuple(_ledger(story)),
        fraud=fraud,
        fraud_decision=story.fraud_decision,
        fraud_score=story.fraud_score,
        trap=in_words(story.trap),
        truth=in_words(story.typology),
    )


def _ms(span_ns: int) -> float | None:
    return span_ns / NS_PER_MS if span_ns >= 0 else None


def _customer(names: Names, story: Story) -> Person:
    """Return who asked for it: corrections the bank's own back office."""
    if story.kind == CORRECTION:
        return Person(-1, -1, "The back office")
    return Person(story.customer_id, -1, names.agent(story.customer_id))


def _person(names: Names, party: Party) -> Person | None:
    if party.account_id < 0:
        return None
    return Person(names.owner(party.account_id), party.account_id, party.name)


_ENDS = {
    "OK": "ended well",
    "REJECTED_RIGHT": "was declined, rightly",
    "FAILED_CLEAN": "failed, and nothing moved",
    "IN_FLIGHT": "was still under way when the run ended",
}


def _headline(story: Story) -> str:
    """Say in one line what it was, and how it ended."""
    kind = in_words(story.kind)
    what = kind[:1].upper() + kind[1:]
    if story.amount_minor:
        what += f" of {format_minor(story.amount_minor, story.currency)}"
    if story.verdict.status != "LEAKED":
        return f"{what} {_ENDS[story.verdict.status]}"
    how = in_words(story.verdict.leak_class.lower())
    amount = _leaked(story)
    return f"{what} leaked {amount}: {how}" if amount else f"{what} went wrong: {how}"


def _leaked(story: Story) -> str:
    """Write the gross leak of each leg in its own currency; empty where no money is lost."""
    legs = [(story.verdict.glv_minor, story.currency)]
    if story.second is not None:
        legs.append((story.second.glv_minor, story.second.currency))
    return " and ".join(format_minor(*leg) for leg in legs if leg[0])


def _sentences(story: Story, root: str) -> Iterator[str]:
    why, place = story.verdict.why, story.verdict.service
    yield why[:1].upper() + why[1:]
    if place and root and place != root:
        yield f"It leaked at {place}, because of trouble at {root}: leaks count for their root."
    if story.batch:
        yield f"It came in {story.batch}."
    if story.puts_right is not None:
        yield f"It puts right payment {story.puts_right.tx_id}."
    for one in story.put_right_by:
        amount = format_minor(one.amount_minor, one.currency)
        yield f"Payment {one.tx_id} puts it right with {amount} to {one.creditor.name}."


def _answer(story: Story) -> str:
    """Say what the customer was told."""
    answer = story.answer
    if answer.ack == "ok":
        return "told that all is well"
    if answer.ack == "failed":
        failed = failure_in_words(answer.outcome)
        return f"told that it failed: {decline_in_words(answer.decline_reason) or failed}"
    return "told nothing" if answer.ack == "none" else "told that nobody knows"


def _lines(story: Story, customer: str) -> Iterator[Line]:
    blamed = story.verdict.hop_id
    for one in story.moments:
        said = said_of(story, one, customer)
        at_fault = blamed >= 0 and one.hop_id == blamed
        yield Line(one.at_ns / NS_PER_MS, one.depth, str(one.what), said, one.hop_id, at_fault)


def _bar(visit: Visit, blamed: int) -> Bar:
    worked_ns = visit.ended_ns - visit.begun_ns if 0 <= visit.begun_ns <= visit.ended_ns else 0
    return Bar(
        hop_id=visit.hop_id,
        parent_hop_id=visit.parent_hop_id,
        depth=visit.depth,
        submission=visit.submission,
        attempt=visit.attempt,
        caller=visit.caller_label,
        service=visit.service,
        operation=visit.operation,
        replica=visit.replica,
        event=visit.event,
        begin_ms=visit.sent_ns / NS_PER_MS,
        end_ms=_ms(visit.left_ns),
        queue_ms=max(visit.wait_ns, 0) / NS_PER_MS,
        compute_ms=worked_ns / NS_PER_MS,
        worked_until_ms=_ms(visit.ended_ns),
        outcome=visit.outcome,
        words=failure_in_words(visit.outcome),
        failed=visit.failed,
        late=visit.late,
        committed=visit.committed,
        fault=visit.fault,
        blamed=visit.hop_id == blamed >= 0,
    )


def _journal(journal: Journal, blamed: int) -> JournalEntry:
    return JournalEntry(
        at_ms=journal.at_ns / NS_PER_MS,
        transfer_id=journal.transfer_id,
        phase=journal.phase,
        side=journal.side,
        service=journal.service,
        hop_id=journal.hop_id,
        one_sided=journal.one_sided,
        blamed=journal.hop_id == blamed >= 0,
        legs=tuple(
            Entry(leg.account.account_id, leg.account.name, leg.amount_minor, leg.currency)
            for leg in journal.legs
        ),
    )


def _ledger(story: Story) -> Iterator[Reconciled]:
    if story.creditor.account_id < 0:
        return
    yield _reconciled("payment", story.currency, story.flows, story.verdict.glv_minor)
    second = story.second
    if second is not None:
        yield _reconciled(second.purpose, second.currency, second.flows, second.glv_minor)


def _reconciled(leg: str, currency: str, flows: Flows, leak_minor: int) -> Reconciled:
    return Reconciled(
        leg=leg,
        currency=currency,
        expected_minor=flows.e_minor,
        debited_minor=flows.d_minor,
        credited_minor=flows.c_minor,
        astray_minor=flows.x_minor,
        held_minor=flows.open_hold_minor,
        journals=flows.n_posted,
        leak_minor=leak_minor,
        balanced=flows.d_minor == flows.c_minor == flows.e_minor and flows.x_minor == 0,
    )
