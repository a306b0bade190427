"""What the back office puts on record: rows of the decisions table."""

from __future__ import annotations

from enum import Enum

from sanket_sim.actors.back_office.breaks import SUBJECTS, Break
from sanket_sim.trace.batch import Columns, columns_of, in_time
from sanket_sim.trace.schema import DECISIONS
from sanket_sim.trace.vocabulary import Vocabularies

NOBODY = -1


class Finder(Enum):
    """Who finds breaks; the actor of the decisions table."""

    INTRADAY = "reconciliation:intraday"
    END_OF_DAY = "reconciliation:end_of_day"
    COMPLAINT = "complaint"


class Verdict(Enum):
    """What is decided; the decision of the decisions table."""

    BREAK = "break"
    """Orders, posting log or statements disagree, or a customer says so."""
    CORRECTION = "correction"
    """Investigated; what puts it right has been ordered."""
    WRITE_OFF = "write_off"
    """Investigated; whoever has the money does not give it back."""
    CLEARED = "cleared"
    """Investigated; by then nothing was wrong any more."""
    TRIAL_BALANCE = "trial_balance"
    """The accounts of a currency do not sum to what they opened with."""


REASONS = {
    Finder.INTRADAY: "own books",
    Finder.END_OF_DAY: "statements",
    Finder.COMPLAINT: "customer",
}


class Records:
    """Decisions taken since the last batch, in the order of their instants.

    Parameters
    ----------
    vocabularies : Vocabularies
    """

    def __init__(self, vocabularies: Vocabularies) -> None:
        self._words = vocabularies
        self._rows: list[tuple[int, int, int, int, int, float, int]] = []

    def note(self, now_ns: int, finder: Finder, verdict: Verdict, kind: Break, tx_id: int) -> None:
        """Write what was decided about one order."""
        self._write(now_ns, finder, verdict, SUBJECTS[kind], tx_id, REASONS[finder])

    def out_of_balance(self, now_ns: int, currency: str) -> None:
        """Write that the books of a currency have gained or lost money."""
        finder, verdict = Finder.END_OF_DAY, Verdict.TRIAL_BALANCE
        self._write(now_ns, finder, verdict, currency, NOBODY, "out of balance")

    def merged(self, others: Columns) -> Columns:
        """Return, and forget, what was noted, in one table with decisions of others.

        At one instant the back office comes first, whatever the batch.
        """
        own = columns_of(self._rows, DECISIONS)
        self._rows = []
        return in_time(own, others)

    def _write(
        self, now_ns: int, finder: Finder, verdict: Verdict, subject: str, tx_id: int, reason: str
    ) -> None:
        words = self._words
        self._rows.append(
            (
                now_ns,
                words["actor"].code(finder.value),
                words["decision"].code(verdict.value),
                words["subject"].code(subject),
                tx_id,
                0.0,
                words["reason"].code(reason),
            )
        )
