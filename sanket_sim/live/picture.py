"""The picture: a fold of every batch into what people look at. Its size does not grow with time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar, assert_never

from sanket_sim.live.feed import LiveFeed
from sanket_sim.live.frames import Body, Metrics, RunStatus, Topic, Verdicts
from sanket_sim.live.in_force import InForce
from sanket_sim.live.meters.board import Meters
from sanket_sim.live.meters.run_account import RunAccount
from sanket_sim.live.naming import Names
from sanket_sim.live.people.crowd import CrowdView
from sanket_sim.live.people.fraud_watch import FraudWatch
from sanket_sim.live.reading.detection import Detection
from sanket_sim.live.reading.judge import Judge
from sanket_sim.live.reading.roots import Roots
from sanket_sim.live.scene import Scene
from sanket_sim.live.services.bottlenecks import Bottleneck
from sanket_sim.live.services.leaking_operations import LeakingOperations
from sanket_sim.live.services.service_map import ServiceMap
from sanket_sim.live.timeline import Timeline
from sanket_sim.live.watches.alarms import Alarms
from sanket_sim.live.watches.witnesses import Witnesses
from sanket_sim.simulation.crew import Cockpit
from sanket_sim.simulation.steering import OperatorCommand
from sanket_sim.trace.batch import TraceBatch, rows_in

_log = logging.getLogger(__name__)

Seen = TypeVar("Seen")
_TIMELINE, _IN_FORCE = "the time-line", "what is in force"
_METERS, _MAP, _LEAKS = "tiles and charts", "the service map", "where services leak"
_FEED, _DESK, _AGENTS, _ALERTS = "the feed", "the fraud desk", "agents", "alerts"


class Part(Protocol):
    """One part of the picture."""

    def observe(self, batch: TraceBatch) -> None:
        """Take in what one tick brought."""
        ...


class Picture:
    """Everything that is shown of a run.

    A part that fails takes nothing in any more, and `trouble` says so: the run goes on, for what is
    recorded must not depend on who looks.
    """

    def __init__(self, cockpit: Cockpit) -> None:
        self.cockpit = cockpit
        self.scene = scene = Scene.of(cockpit)
        self.processed = 0
        self.timeline = Timeline(scene)
        self.in_force = InForce(scene)
        self.names = Names(scene.words, scene.agents)
        self.roots = Roots(cockpit)
        self.detection = Detection(scene)
        judging = Judge(self.roots.of).of
        self.meters = Meters(scene, self.detection, judging, self._bottlenecks)
        self.services = ServiceMap(scene, self.meters.now)
        self.leaking = LeakingOperations(scene, self.roots)
        self.feed = LiveFeed(scene, self.names, self.roots)
        self.fraud = FraudWatch(scene, self.detection)
        self.crowd = CrowdView(scene, self.fraud)
        self.account = RunAccount(scene, judging)
        self.alarms = Alarms(scene, self.meters, self.fraud)
        self.witnesses = Witnesses(
            scene, self.names, self.alarms.book, self.roots, self.services.leaks
        )
        self._blind: dict[str, None] = {}
        self._parts: Mapping[str, Part] = {
            _TIMELINE: self.timeline,
            _IN_FORCE: self.in_force,
            "whom leaks are due to": self.roots,
            "what is caught of the fraud": self.detection,
            _METERS: self.meters,
            "names": self.names,
            _MAP: self.services,
            _LEAKS: self.leaking,
            _FEED: self.feed,
            _DESK: self.fraud,
            _AGENTS: self.crowd,
            "the account of the run": self.account,
            _ALERTS: self.alarms,
            "what alerts show": self.witnesses,
        }

    def _bottlenecks(self) -> Sequence[Bottleneck]:
        """Rank services by what the map knows of them; tiles ask, whose counts the map shows."""
        return self.services.bottlenecks()

    def announce(self, command: OperatorCommand) -> None:
        """Show a command that has been accepted, before the run goes on and it takes effect."""
        self.timeline.announce(command)
        self.in_force.announce(command)

    def observe(self, batch: TraceBatch) -> None:
        """Take in what one tick brought."""
        self.processed += rows_in(batch.transactions)
        for name, part in self._parts.items():
            try:
                part.observe(batch)
            except Exception:  # noqa: BLE001  # no part may bring the run down
                self._parts = {one: self._parts[one] for one in self._parts if one != name}
                self._note(name)

    def close(self) -> None:
        """Learn that the last batch has come: what is open now stays so."""
        self._look(_METERS, self.meters.now.close, None)
        self._look(_ALERTS, self.alarms.close, None)
        self._look(_LEAKS, self.leaking.look_up, None)

    def body(self, topic: Topic, status: RunStatus) -> Body | None:
        """Return the newest of a topic; None if nothing has changed since it was last shown."""
        match topic:
            case "metrics":
                return self.metrics(status)
            case "transactions":
                return self._look(_FEED, self.feed.frame, None)
            case "fraud_alerts":
                return self._look(_DESK, self.fraud.frame, None)
            case "alerts":
                return self._look(_ALERTS, self.alarms.frame, None)
            case "agents":
                return self._look(_AGENTS, self.crowd.frame, None)
            case _:
                assert_never(topic)

    def metrics(self, status: RunStatus) -> Metrics:
        """Return everything that moves but lists and agents."""
        seen = Metrics(
            run=status,
            tiles=self._look(_METERS, self.meters.tiles, ()),
            services=self._look(_MAP, self.services.services, ()),
            edges=self._look(_MAP, self.services.edges, ()),
            points=self._look(_METERS, self.meters.newest_points, ()),
            disturbances=self.timeline.disturbances,
            point_ns=self.meters.point_ns,
            stretch=self._look(_MAP, lambda: self.services.stretch, ""),
            in_force=self._look(_IN_FORCE, lambda: self.in_force.changes, ()),
            verdicts=self._look(_METERS, self.meters.verdicts, Verdicts()),
        )
        if not self.trouble:
            return seen
        message = "; ".join(filter(None, (status.message, self.trouble)))
        return replace(seen, run=replace(status, message=message))

    @property
    def trouble(self) -> str:
        """What is not shown any more; empty while all is."""
        if not self._blind:
            return ""
        return f"the view has lost sight of {', '.join(self._blind)}; the run is not touched"

    def _look(self, part: str, look: Callable[[], Seen], otherwise: Seen) -> Seen:
        try:
            return look()
        except Exception:  # noqa: BLE001  # nor blind the others
            self._note(part)
            return otherwise

    def _note(self, part: str) -> None:
        """Say once on the terminal, and from now on in the status, which part is blind."""
        if part not in self._blind:
            self._blind[part] = None
            _log.exception("the view has lost sight of %s", part)
