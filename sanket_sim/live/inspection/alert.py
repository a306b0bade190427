"""The alert inspector: what was seen, against what, what it is about, what happened around it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sanket_sim.core.units import MINUTE_NS
from sanket_sim.live.frames import Alert, Disturbance, Evidence, Move
from sanket_sim.live.inspection.missing import Missing
from sanket_sim.live.inspection.service import EdgePolicy, edge_policy, touches
from sanket_sim.live.people.alert_queue import ALERTS_MOST
from sanket_sim.live.picture import Picture
from sanket_sim.live.watches import crime, disturbances
from sanket_sim.live.watches.alarm_book import Measure, Past, Turn
from sanket_sim.live.watches.network import BreakerWatch
from sanket_sim.live.watches.witnesses import WITNESSES_MOST, Witness
from sanket_sim.live.wording import in_words

AROUND_NS = 2 * MINUTE_NS
"""What happened so long before an alert may have to do with it (chosen)."""
NEIGHBOURS_MOST = 12
_CAMPAIGN = "campaign "


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing that an alert is about, as it stands now.

    Parameters
    ----------
    kind, key : str
        What to open: see `inspect`.
    label, said : str
    """

    kind: str
    key: str
    label: str
    said: str


@dataclass(frozen=True, slots=True)
class AlertFile:
    """Everything about one alert.

    Parameters
    ----------
    alert : Alert
    now_ns : int
    rule : str
        When such an alert is raised, and when it is over.
    measure : Measure or None
        The figure behind it as it was told last, against what raises it; None where nothing is
        measured.
    told_ns : int
        When that was.
    worst : float or None
        The worst it has been; None beyond any number, or where nothing is measured.
    turns : tuple of Turn
        What became of it, oldest first.
    subjects : tuple of Subject
    edges : tuple of EdgePolicy
        On whose breakers it is.
    payments : tuple of Witness
        Those that show it best: the dearest leaks, the slowest answers, the newest suspicions.
    disturbances : tuple of Disturbance
        What struck or was commanded while it was open, or up to two minutes before.
    alerts : tuple of Alert
        Others that were open around it, by when they were raised.
    """

    alert: Alert
    now_ns: int
    rule: str
    measure: Measure | None
    told_ns: int
    worst: float | None
    turns: tuple[Turn, ...]
    subjects: tuple[Subject, ...]
    edges: tuple[EdgePolicy, ...]
    payments: tuple[Witness, ...]
    disturbances: tuple[Disturbance, ...]
    alerts: tuple[Alert, ...]


def inspect_alert(picture: Picture, key: str) -> AlertFile:
    """Return everything about one alert.

    Raises
    ------
    Missing
        If there is no alert of that number, or so many came after it that it is forgotten.
    """
    found = picture.alarms.book.find(int(key)) if key.isascii() and key.isdecimal() else None
    if found is None:
        raise Missing(f"alert {key}")
    alert, past = found
    notice, now_ns = past.notice, picture.services.now_ns
    return AlertFile(
        alert=alert,
        now_ns=now_ns,
        rule=notice.rule,
        measure=notice.measure,
        told_ns=past.told_ns,
        worst=past.worst if notice.measure else None,
        turns=tuple(past.turns),
        subjects=tuple(_subjects(picture, alert, past)),
        edges=tuple(_edges(picture, past)),
        payments=_payments(picture, alert, past),
        disturbances=tuple(_disturbances(picture, alert, past)),
        alerts=tuple(_neighbours(picture, alert)),
    )


def _subjects(picture: Picture, alert: Alert, past: Past) -> Iterator[Subject]:
    services = [name for name in picture.scene.service_names if _is_about(name, alert, past)]
    for name in services:
        now = picture.services.service(picture.scene.service_names.index(name))
        up = sum(one.state == "UP" for one in now.replicas)
        said = f"{up} of {len(now.replicas)} replicas up, {now.queue:,} in line"
        yield Subject("service", name, now.label or name, said)
    file = picture.fraud.campaigns.files.get(_campaign_of(past))
    if file is not None:
        label = picture.fraud.campaigns.label(file)
        said = f"{file.caught:,} of {file.caught + file.missed:,} payments flagged"
        yield Subject("campaign", str(file.campaign_id), label, said)


def _is_about(service: str, alert: Alert, past: Past) -> bool:
    if past.notice.topic == BreakerWatch.TOPIC:
        return service in past.notice.key.split(BreakerWatch.WAY)
    return (alert.subject_kind, alert.subject) == ("service", service)


def _campaign_of(past: Past) -> int:
    """Return the campaign that an alert is about, -1 for none."""
    of_one = past.notice.topic == crime.TOPIC and past.notice.key.startswith(_CAMPAIGN)
    return int(past.notice.key.removeprefix(_CAMPAIGN)) if of_one else -1


def _edges(picture: Picture, past: Past) -> Iterator[EdgePolicy]:
    """Yield the edges on which breakers stand, each with what is agreed on it."""
    if past.notice.topic != BreakerWatch.TOPIC:
        return
    caller, _, callee = past.notice.key.partition(BreakerWatch.WAY)
    for edge in picture.in_force.bank.edges:
        from_there = touches(edge.name.partition("->")[0], caller)
        if from_there and touches(edge.name.partition("->")[2], callee):
            yield edge_policy(picture, edge, incoming=True)


def _payments(picture: Picture, alert: Alert, past: Past) -> tuple[Witness, ...]:
    if past.notice.topic != crime.TOPIC:
        return picture.witnesses.of(alert.alert_id)
    file = picture.fraud.campaigns.files.get(_campaign_of(past))
    if file is not None:
        return tuple(
            _moved(move, picture.names.agent(move.debtor))
            for move in list(file.moves)[: -WITNESSES_MOST - 1 : -1]
        )
    return tuple(_suspected(picture, alert, past.notice.key))


def _moved(move: Move, payer: str) -> Witness:
    return Witness(
        tx_id=move.tx_id,
        customer_id=move.debtor,
        customer=payer,
        at_ns=move.at_ns,
        kind=in_words(move.stage),
        currency=move.currency,
        amount_minor=move.amount_minor,
        latency_ms=None,
        verdict=in_words(move.fate),
        leak_class="",
        root="",
    )


def _suspected(picture: Picture, alert: Alert, kind: str) -> Iterator[Witness]:
    """Yield the newest payments on the analysts' desk for which the same reason came first."""
    until_ns = _until_ns(picture, alert)
    left = WITNESSES_MOST
    for one in picture.fraud.queue.alerts(ALERTS_MOST):
        told = one.evidence
        within = alert.begin_ns - MINUTE_NS <= one.begin_ns <= until_ns
        if left and within and told is not None and told.reasons[:1] == (kind,):
            left -= 1
            yield _flagged(one, told)


def _flagged(alert: Alert, told: Evidence) -> Witness:
    return Witness(
        tx_id=told.tx_id,
        customer_id=told.customer_id,
        customer=told.customer,
        at_ns=alert.begin_ns,
        kind="",
        currency=told.currency,
        amount_minor=told.amount_minor,
        latency_ms=None,
        verdict=in_words(told.decision),
        leak_class="",
        root="",
    )


def _until_ns(picture: Picture, alert: Alert) -> int:
    return picture.services.now_ns if alert.end_ns is None else alert.end_ns


def _disturbances(picture: Picture, alert: Alert, past: Past) -> Iterator[Disturbance]:
    """Yield what struck meanwhile or shortly before, but the fault that the alert itself tells."""
    until_ns, own = _until_ns(picture, alert), past.notice.topic == disturbances.FAULT
    for one in picture.timeline.disturbances:
        near = one.begin_ns <= until_ns and one.end_ns >= alert.begin_ns - AROUND_NS
        if near and not (own and str(one.fault_id) == past.notice.key):
            yield one


def _neighbours(picture: Picture, alert: Alert) -> list[Alert]:
    """Return the other alerts that were open meanwhile or shortly before, nearest first kept."""
    until_ns = _until_ns(picture, alert)
    near = [
        one
        for one in picture.alarms.book.newest().alerts
        if one.alert_id != alert.alert_id
        and one.topic != disturbances.FAULT
        and one.begin_ns <= until_ns
        and (one.end_ns is None or one.end_ns >= alert.begin_ns - AROUND_NS)
    ]
    near.sort(key=lambda one: abs(one.begin_ns - alert.begin_ns))
    return sorted(near[:NEIGHBOURS_MOST], key=lambda one: one.begin_ns)
