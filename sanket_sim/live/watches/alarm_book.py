"""The book of alarms: one entry for each thing that is wrong, however often it is told."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace

from sanket_sim.core.units import NS_PER_S
from sanket_sim.live.frames import Alert, Alerts, State

ALERTS_MOST = 200
"""Alerts that are remembered; the oldest give way, those that are over first."""
REOPEN_NS = 60 * NS_PER_S
"""What comes back so soon is the same alert (chosen): no storm of alerts from what flickers."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What a watch has to say.

    Parameters
    ----------
    topic : str
        See `Alert`.
    key : str
        What it is about; with the topic it names the alert.
    severity : State
    title, detail : str
    subject_kind, subject : str
        What to open; empty for nothing.
    """

    topic: str
    key: str
    severity: State
    title: str
    detail: str = ""
    subject_kind: str = ""
    subject: str = ""


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
        self._next_id = 0
        self.changed = True

    def tell(self, notice: Notice, now_ns: int) -> bool:
        """Raise an alert, or change the one that is open; return whether anything is new."""
        name = notice.topic, notice.key
        before = self._entries.get(self._known.get(name, -1))
        if before is None or _long_over(before, now_ns):
            self._enter(name, _alert(notice, self._take_id(), now_ns))
            return True
        after = _alert(notice, before.alert_id, before.begin_ns)
        return after != before and self._change(after)

    def note(self, notice: Notice, now_ns: int) -> None:
        """Put something on record that is over at once."""
        alert = _alert(notice, self._take_id(), now_ns)
        self._enter((notice.topic, f"{notice.key} {alert.alert_id}"), replace(alert, end_ns=now_ns))

    def end(self, topic: str, key: str, now_ns: int, detail: str = "") -> bool:
        """End an alert, if it is open; say how it ended."""
        alert = self._entries.get(self._known.get((topic, key), -1))
        if alert is None or alert.end_ns is not None:
            return False
        return self._change(replace(alert, end_ns=now_ns, detail=detail or alert.detail))

    def is_open(self, topic: str, key: str) -> bool:
        """Say whether an alert is open."""
        alert = self._entries.get(self._known.get((topic, key), -1))
        return alert is not None and alert.end_ns is None

    def newest(self) -> Alerts:
        """Return the alerts, newest first."""
        alerts = sorted(self._entries.values(), key=lambda one: (-one.begin_ns, -one.alert_id))
        return Alerts(tuple(alerts), sum(one.end_ns is None for one in alerts))

    def _take_id(self) -> int:
        self._next_id += 1
        return self._next_id - 1

    def _enter(self, name: tuple[str, str], alert: Alert) -> None:
        self._entries[alert.alert_id] = alert
        self._known[name] = alert.alert_id
        self.changed = True
        if len(self._entries) > ALERTS_MOST:
            self._forget()

    def _change(self, alert: Alert) -> bool:
        self._entries[alert.alert_id] = alert
        self.changed = True
        return True

    def _forget(self) -> None:
        """Let the oldest go that is over; the oldest of all, if all last."""
        over = (number for number, one in self._entries.items() if one.end_ns is not None)
        oldest = next(over, next(iter(self._entries)))
        del self._entries[oldest]
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
