"""What the book of alarms keeps of an alert: its turns, its figure now and at its worst."""

from __future__ import annotations

from sanket_sim.core.units import NS_PER_S
from sanket_sim.live.frames import State
from sanket_sim.live.watches.alarm_book import TURNS_MOST, AlarmBook, Measure, Notice


def notice(value: float | None, severity: State = "warn") -> Notice:
    measure = Measure("queue", "waiting", value, 20.0, 36.0)
    return Notice("QUEUE", "ledger", severity, "Queue long", f"{value} wait", measure=measure)


def test_the_worst_is_kept_when_things_get_better() -> None:
    book = AlarmBook()
    for second, value in enumerate((25.0, 40.0, 30.0)):
        book.tell(notice(value), second * NS_PER_S)
    _, past = book.find(0)
    assert (past.notice.measure.value, past.worst, past.told_ns) == (30.0, 40.0, 2 * NS_PER_S)


def test_nothing_is_worse_than_what_no_number_can_say() -> None:
    book = AlarmBook()
    for second, value in enumerate((25.0, None, 30.0)):
        book.tell(notice(value), second * NS_PER_S)
    assert book.find(0)[1].worst is None


def test_an_alert_remembers_when_it_turned() -> None:
    book = AlarmBook()
    book.tell(notice(25.0), 1)
    book.tell(notice(26.0), 2)
    book.tell(notice(40.0, "critical"), 3)
    book.end("QUEUE", "ledger", 4, "up to 40 waited")
    book.tell(notice(30.0), 5)
    turns = [(turn.at_ns, turn.said.partition(":")[0]) for turn in book.find(0)[1].turns]
    assert turns == [(1, "raised"), (3, "now critical"), (4, "over"), (5, "back")]


def test_of_too_many_turns_the_first_one_stays() -> None:
    book = AlarmBook()
    for second in range(2 * TURNS_MOST):
        book.tell(notice(30.0, "critical" if second % 2 else "warn"), second)
    turns = book.find(0)[1].turns
    assert len(turns) == TURNS_MOST
    assert (turns[0].at_ns, turns[-1].at_ns) == (0, 2 * TURNS_MOST - 1)
    assert turns[1].at_ns == TURNS_MOST + 1


def test_what_is_forgotten_has_no_past() -> None:
    book = AlarmBook()
    for number in range(300):
        book.note(Notice("COMMAND", f"{number}", "ok", "Command"), number)
    assert book.find(0) is None
    assert book.find(299)[1].turns[0].at_ns == 299


def test_a_service_that_turns_out_to_blame_can_be_opened() -> None:
    book = AlarmBook()
    book.tell(notice(25.0), 1)
    book.end("QUEUE", "ledger", 4, service="ledger")
    alert, _ = book.find(0)
    assert (alert.subject_kind, alert.subject) == ("service", "ledger")
