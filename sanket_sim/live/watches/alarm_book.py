"""The book of alarms: one entry for each thing that is wrong, however often it is told."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from sanket_sim.core.units import NS_PER_S
from sanket_sim.live.frames import Alert, Alerts, AlertTopic, State

ALERTS_MOST = 200
"""Alerts that are remembered; the oldest give way, those that are over first."""
REOPEN_NS = 60 * NS_PER_S
"""What comes back so soon is the same alert (chosen): no storm of alerts from what flickers."""
TURNS_MOST = 40
"""Turns of one alert that are remembered; the first always is."""
_GRAVITY: dict[State, str] = {
    "critical": "now critical",
    "warn": "now a warning",
    "ok": "now for information",
    "idle": "now nothing to judge",
}


@dataclass(frozen=True, slots=True)
class Measure:
    """The figure that raises an alert; larger is worse.

    Parameters
    ----------
    name : str
    unit : str
        ``ms``, ``share`` (in [0, 1]), ``ratio`` (to what it is held against), ``per min`` or the
        plural of what is counted.
    value : float or None
        None: beyond any number, as carbon per good payment where none is good.
    raised_at : float
        From here on, or above it, somebody is told.
    critical_at : float or None
        None: it is critical at once, or never.
    """

    name: str
    unit: str
    value: float | None
    raised_at: float
    critical_at: float | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """What a watch has to say.

    Parameters
    ----------
    topic : AlertTopic
    key : str
        What it is about; with the topic it names the alert.
    severity : State
    title, detail : str
    subject_kind, subject : str
        What to open; empty for nothing.
    measure : Measure or None
        None where nothing is measured: a breaker opens, somebody commands something.
    rule : str
        When such an alert is raised, and when it is over, as a sentence.
    """

    topic: AlertTopic
    key: str
    severity: State
    title: str
    detail: str = ""
    subject_kind: str = ""
    subject: str = ""
    measure: Measure | None = None
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """A moment at which an alert was raised, grew worse or better, was over, or came back."""

    at_ns: int
    severity: State
    said: str


@dataclass(slots=True)
class Past:
    """What the book keeps of an alert besides what everybody is shown all the time.

    Parameters
    ----------
    notice : Notice
        The last one.
    told_ns : int
        When that was.
    worst : float or None
        The largest value of its measure so far; None beyond any number.
    turns : deque of Turn
    """

    notice: Notice
    told_ns: int
    worst: float | None
    turns: deque[Turn] = field(default_factory=lambda: deque(maxlen=TURNS_MOST))

    def take(self, notice: Notice, now_ns: int) -> None:
        """Take up what is told of it now."""
        if notice.measure and self.worst is not None:
            value = notice.measure.value
            self.worst = None if value is None else max(self.worst, value)
        self.notice, self.told_ns = notice, now_ns

    def turn(self, turn: Turn) -> None:
        """Note a turn; of too many the first one stays."""
        if len(self.turns) == self.turns.maxlen:
            del self.turns[1]
        self.turns.append(turn)


class AlarmBook:
    """Raises, changes and ends alerts; at most one is open for a topic and a key.

    Examples
    --------
    >>> book = AlarmBook()
    >>> slow = Notice("SLO", "p99", "critical", "SLO breach", "1.2 s")
    >>> book.tell(slow, 5), book.tell(slow, 6), book.end("SLO", "p99", 9)
    (True, False, True)
    >>> [(one.alert_id, one.begin_ns, one.end_ns) for one in book.newest().alerts]
    [(0, 5, 9)]
    """

    def __init__(self) -> None:
        self._entries: OrderedDict[int, Alert] = OrderedDict()
        self._known: dict[tuple[str, str], int] = {}
        self._pasts: dict[int, Past] = {}
        self._next_id = 0
        self.changed = True

    def tell(self, notice: Notice, now_ns: int) -> bool:
        """Raise an alert, or change the one that is open; return whether anything is new."""
        name = notice.topic, notice.key
        before = self._entries.get(self._known.get(name, -1))
        if before is None or _long_over(before, now_ns):
            self._enter(name, _alert(notice, self._take_id(), now_ns), notice, now_ns)
            return True
        after = _alert(notice, before.alert_id, before.begin_ns)
        self._pasts[before.alert_id].take(notice, now_ns)
        if word := _turned(before, after):
            self._turn(after, now_ns, word)
        return after != before and self._change(after)

    def note(self, notice: Notice, now_ns: int) -> None:
        """Put something on record that is over at once."""
        alert = _alert(notice, self._take_id(), now_ns)
        over = replace(alert, end_ns=now_ns)
        self._enter((notice.topic, f"{notice.key} {alert.alert_id}"), over, notice, now_ns)

    def end(self, topic: str, key: str, now_ns: int, detail: str = "", service: str = "") -> bool:
        """End an alert, if it is open; say how, and which service it has turned out to be about."""
        alert = self._entries.get(self._known.get((topic, key), -1))
        if alert is None or alert.end_ns is not None:
            return False
        over = replace(
            alert,
            end_ns=now_ns,
            detail=detail or alert.detail,
            subject=service or alert.subject,
            subject_kind="service" if service else alert.subject_kind,
        )
        self._turn(over, now_ns, "over")
        return self._change(over)

    def is_open(self, topic: str, key: str) -> bool:
        """Say whether an alert is open."""
        alert = self._entries.get(self._known.get((topic, key), -1))
        return alert is not None and alert.end_ns is None

    def find(self, alert_id: int) -> tuple[Alert, Past] | None:
        """Return an alert with its past; None if it is not, or no longer, remembered."""
        if alert_id not in self._entries:
            return None
        return self._entries[alert_id], self._pasts[alert_id]

    def open_ones(self) -> Iterator[tuple[int, Past]]:
        """Yield the open alerts: the number and the past of each."""
        return (
            (number, self._pasts[number])
            for number, one in self._entries.items()
            if one.end_ns is None
        )

    def newest(self) -> Alerts:
        """Return the alerts, newest first."""
        alerts = sorted(self._entries.values(), key=lambda one: (-one.begin_ns, -one.alert_id))
        return Alerts(tuple(alerts), sum(one.end_ns is None for one in alerts))

    def _take_id(self) -> int:
        self._next_id += 1
        return self._next_id - 1

    def _enter(self, name: tuple[str, str], alert: Alert, notice: Notice, now_ns: int) -> None:
        self._entries[alert.alert_id] = alert
        self._known[name] = alert.alert_id
        worst = notice.measure.value if notice.measure else 0.0
        self._pasts[alert.alert_id] = Past(notice, now_ns, worst)
        self._turn(alert, alert.begin_ns, "raised")
        self.changed = True
        if len(self._entries) > ALERTS_MOST:
            self._forget()

    def _change(self, alert: Alert) -> bool:
        self._entries[alert.alert_id] = alert
        self.changed = True
        return True

    def _turn(self, alert: Alert, at_ns: int, word: str) -> None:
        self._pasts[alert.alert_id].turn(Turn(at_ns, alert.severity, f"{word}: {alert.detail}"))

    def _forget(self) -> None:
        """Let the oldest go that is over; the oldest of all, if all last."""
        over = (number for number, one in self._entries.items() if one.end_ns is not None)
        oldest = next(over, next(iter(self._entries)))
        del self._entries[oldest], self._pasts[oldest]
        self._known = {name: one for name, one in self._known.items() if one != oldest}


def _alert(notice: Notice, alert_id: int, begin_ns: int) -> Alert:
    return Alert(
        alert_id=alert_id,
        topic=notice.topic,
        severity=notice.severity,
        title=notice.title,
        detail=notice.detail,
        begin_ns=begin_ns,
        subject_kind=notice.subject_kind,
        subject=notice.subject,
    )


def _turned(before: Alert, after: Alert) -> str:
    """Say in a word how an alert has turned; empty if it has not."""
    if before.end_ns is not None:
        return "back"
    return "" if before.severity == after.severity else _GRAVITY[after.severity]


def _long_over(alert: Alert, now_ns: int) -> bool:
    return alert.end_ns is not None and now_ns - alert.end_ns >= REOPEN_NS


class Latch:
    """Goes on when something has been bad for a while, off when it has been well for a while.

    Between bad and well lies a band in which a latch stays as it is (hysteresis).

    Parameters
    ----------
    on_s, off_s : float
        How long it must be bad, and well.

    Examples
    --------
    >>> latch = Latch(on_s=2, off_s=3)
    >>> [latch.step(second * NS_PER_S, bad=True, well=False) for second in range(4)]
    [False, False, True, True]
    >>> [latch.step(second * NS_PER_S, bad=False, well=True) for second in range(4, 9)]
    [True, True, True, False, False]
    """

    def __init__(self, on_s: float, off_s: float) -> None:
        self._wait_ns = {True: int(off_s * NS_PER_S), False: int(on_s * NS_PER_S)}
        self._since_ns: int | None = None
        self.on = False

    def step(self, now_ns: int, *, bad: bool, well: bool) -> bool:
        """Take in how things stand; return whether the latch is on."""
        turning = well if self.on else bad
        if not turning:
            self._since_ns = None
        elif self._since_ns is None:
            self._since_ns = now_ns
        if self._since_ns is not None and now_ns - self._since_ns >= self._wait_ns[self.on]:
            self.on, self._since_ns = not self.on, None
        return self.on
