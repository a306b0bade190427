"""Rows of the table of decisions in words: who has put what on record, about what, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from sanket_sim.trace.batch import Columns, one_of, rows_in
from sanket_sim.trace.vocabulary import Vocabularies

_ACCOUNT = "account "


class Decision(NamedTuple):
    """A row of the table of decisions, in words."""

    time_ns: int
    actor: str
    said: str
    subject: str
    tx_id: int
    score: float
    reason: str

    @property
    def account(self) -> int:
        """The account that it is about, -1 if it is about something else.

        Examples
        --------
        >>> row = Decision(0, "bank", "freeze", "account 17", -1, 0.0, "fraud")
        >>> row.account, row._replace(subject="payment").account
        (17, -1)
        """
        if not self.subject.startswith(_ACCOUNT):
            return -1
        return int(self.subject.removeprefix(_ACCOUNT))


def told_by(decisions: Columns, words: Vocabularies, *actors: str) -> Iterator[Decision]:
    """Yield what some actors have put on record, in its order."""
    yield from _told(decisions, words, "actor", actors.__contains__)


def saying(
    decisions: Columns, words: Vocabularies, is_it: Callable[[str], bool]
) -> Iterator[Decision]:
    """Yield the decisions whose word is one of those asked for, whoever has put them on record."""
    yield from _told(decisions, words, "decision", is_it)


def _told(
    decisions: Columns, words: Vocabularies, name: str, is_it: Callable[[str], bool]
) -> Iterator[Decision]:
    if not rows_in(decisions):
        return
    codes = [code for code, word in enumerate(words[name].words) if is_it(word)]
    which = np.flatnonzero(one_of(decisions[name], codes))
    if not len(which):
        return
    actors, said, subjects, reasons = (
        words[coded].words for coded in ("actor", "decision", "subject", "reason")
    )
    columns = (decisions[column][which].tolist() for column in _COLUMNS)
    for time_ns, actor, word, subject, tx_id, score, reason in zip(*columns, strict=True):
        yield Decision(
            time_ns, actors[actor], said[word], subjects[subject], tx_id, score, reasons[reason]
        )


_COLUMNS = ("time_ns", "actor", "decision", "subject", "tx_id", "score", "reason")
