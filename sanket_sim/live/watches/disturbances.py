"""Disturbances: faults and traps that come and go, and what somebody has commanded."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final

from sanket_sim.core.units import NS_PER_S
from sanket_sim.live.meters import figures
from sanket_sim.live.reading.decisions import Decision, saying
from sanket_sim.live.scene import Scene
from sanket_sim.live.watches.alarm_book import AlarmBook, Notice
from sanket_sim.live.wording import in_words, place_in_words
from sanket_sim.trace.batch import Columns, TraceBatch, rows_in
from sanket_sim.trace.schema import TRAP_MARK

FAULT: Final = "FAULT"
COMMAND: Final = "COMMAND"
_COMMANDED = "command:"
_FAULT_RULE = "Raised when a fault or trap begins; over when it ends."
_COMMAND_RULE = "Put on record when somebody commands something; there is nothing to wait for."
_TOLD_MOST = 4
"""Parameters of a fault that are told."""
_SHARES = ("share", "probability")
_TRAP_NUMBER = re.compile(r"T\d+")
_NAME = re.compile(r"[a-z]+(_[a-z]+)+")
"""A name of several words, as code writes it."""


@dataclass(frozen=True, slots=True)
class _Stretch:
    """One window of a fault or trap."""

    begin_ns: int
    end_ns: int
    key: str
    title: str
    known: tuple[str, ...]
    service: str


class FaultWatch:
    """One alert for each fault while it is on; those that are on all the time are part of the bank.

    Parameters
    ----------
    book : AlarmBook
    scene : Scene
    """

    def __init__(self, book: AlarmBook, scene: Scene) -> None:
        self._book, self._words = book, scene.words
        self._services = set(scene.service_names)
        self._until_ns = scene.experiment.duration
        self._coming: list[_Stretch] = []
        self._on: list[_Stretch] = []
        self._take(scene.faults)

    def watch(self, batch: TraceBatch) -> None:
        """Take up what is commanded; tell what begins and ends."""
        if rows_in(batch.faults):
            self._take(batch.faults)
        now_ns = batch.end_ns
        while self._coming and self._coming[-1].begin_ns <= now_ns:
            self._begin(self._coming.pop())
        for one in [one for one in self._on if one.end_ns <= now_ns]:
            self._on.remove(one)
            self._book.end(FAULT, one.key, one.end_ns, " · ".join(one.known))

    def _begin(self, one: _Stretch) -> None:
        self._on.append(one)
        kind = "service" if one.service else ""
        lasts = figures.span((one.end_ns - one.begin_ns) / NS_PER_S)
        detail = " · ".join((*one.known, f"for {lasts}"))
        notice = Notice(
            FAULT, one.key, "warn", one.title, detail, kind, one.service, rule=_FAULT_RULE
        )
        self._book.tell(notice, one.begin_ns)

    def _take(self, faults: Columns) -> None:
        names = ("fault_id", "kind", "target", "begin_ns", "end_ns", "probability", "parameters")
        rows = zip(*(faults[name].tolist() for name in names), strict=True)
        fresh = [self._read(*row) for row in rows]
        self._coming += [one for one in fresh if not self._always_on(one)]
        self._coming.sort(key=lambda one: -one.begin_ns)

    def _always_on(self, one: _Stretch) -> bool:
        return one.begin_ns <= 0 and one.end_ns >= self._until_ns

    def _read(
        self,
        fault_id: int,
        kind: int,
        target: int,
        begin_ns: int,
        end_ns: int,
        probability: float,
        parameters: int,
    ) -> _Stretch:
        word, place = (
            self._words["fault_kind"].words[kind],
            self._words["fault_target"].words[target],
        )
        trap = word.startswith(TRAP_MARK)
        what, struck = in_words(word.removeprefix(TRAP_MARK)), "payments" if trap else "calls"
        until_ns = end_ns if end_ns >= begin_ns else self._until_ns
        said = parameters_in_words(self._words["fault_parameters"].words[parameters])
        where = place_in_words(place)
        parts = [
            where,
            said,
            f"{100 * probability:g} % of {struck}" if 0 < probability < 1 else "",
        ]
        first, _, _ = place.partition("-")
        return _Stretch(
            begin_ns,
            until_ns,
            f"{fault_id}",
            f"{'Trap laid' if trap else 'Fault'}: {what}" + (f" on {where}" if where else ""),
            tuple(filter(None, parts)),
            next((name for name in (place, first) if name in self._services), ""),
        )


class CommandWatch:
    """Tells who has commanded what."""

    def __init__(self, book: AlarmBook, scene: Scene) -> None:
        self._book, self._words = book, scene.words
        self._services = set(scene.service_names)

    def watch(self, batch: TraceBatch) -> None:
        """Look for commands."""
        if rows_in(batch.faults):
            for command in saying(batch.decisions, self._words, _is_commanded):
                self._tell(command)

    def _tell(self, command: Decision) -> None:
        deed, place = in_words(command.said.removeprefix(_COMMANDED)), command.subject
        title = f"Command: {deed}" + (f" on {place_in_words(place)}" if place else "")
        detail = " · ".join(
            filter(None, (f"by {command.actor}", parameters_in_words(command.reason)))
        )
        where = ("service", place) if place in self._services else ("", "")
        notice = Notice(COMMAND, deed, "ok", title, detail, *where, rule=_COMMAND_RULE)
        self._book.note(notice, command.time_ns)


def _is_commanded(word: str) -> bool:
    return word.startswith(_COMMANDED)


def parameters_in_words(text: str) -> str:
    """Write what sets a fault or trap apart, as the trace keeps it; a trap's number says nothing.

    Examples
    --------
    >>> parameters_in_words('{"code": "T10", "control": "serialised_funds", "share": 0.5}')
    'control serialised funds, share 50 %'
    >>> parameters_in_words('{"add": "5s", "speed": 0.2, "of": ""}'), parameters_in_words("")
    ('add 5s, speed 0.2', '')
    """
    said = json.loads(text) if text else {}
    told = [
        f"{in_words(name)} {_share(value) if name in _SHARES else _value(value)}"
        for name, value in said.items()
        if value != "" and not (name == "code" and _TRAP_NUMBER.fullmatch(str(value)))
    ]
    return ", ".join(told[:_TOLD_MOST])


def _share(value: float) -> str:
    return f"{100 * value:g} %"


def _value(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} = {_value(one)}" for name, one in value.items())
    if isinstance(value, str) and _NAME.fullmatch(value):
        return in_words(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
