"""The picture: a fold of every batch into what people look at. Its size does not grow with time."""

from __future__ import annotations

from typing import Protocol

from sanket_sim.live.alarms import Alarms
from sanket_sim.live.crowd import CrowdView
from sanket_sim.live.feed import LiveFeed
from sanket_sim.live.frames import Body, Metrics, RunStatus
from sanket_sim.live.fraud import FraudWatch
from sanket_sim.live.meters import Meters
from sanket_sim.live.scene import Scene
from sanket_sim.live.service_map import ServiceMap
from sanket_sim.live.timeline import Timeline
from sanket_sim.simulation.crew import Cockpit
from sanket_sim.trace.batch import TraceBatch, rows_in


class Part(Protocol):
    """One part of the picture."""

    def observe(self, batch: TraceBatch) -> None:
        """Take in what one tick brought."""
        ...


class Picture:
    """Everything that is shown of a run."""

    def __init__(self, cockpit: Cockpit) -> None:
        self.cockpit = cockpit
        self.scene = scene = Scene.of(cockpit)
        self.processed = 0
        self.timeline = Timeline(scene)
        self.meters = Meters(scene)
        self.services = ServiceMap(scene)
        self.feed = LiveFeed(scene)
        self.fraud = FraudWatch(scene)
        self.crowd = CrowdView(scene)
        self.alarms = Alarms(scene, self.meters, self.services, self.fraud)
        self._parts: tuple[Part, ...] = (
            self.timeline,
            self.meters,
            self.services,
            self.feed,
            self.fraud,
            self.crowd,
            self.alarms,
        )

    def observe(self, batch: TraceBatch) -> None:
        """Take in what one tick brought."""
        self.processed += rows_in(batch.transactions)
        for part in self._parts:
            part.observe(batch)

    def body(self, topic: str, status: RunStatus) -> Body | None:
        """Return the newest of a topic; None if nothing has changed since it was last shown."""
        match topic:
            case "metrics":
                return self.metrics(status)
            case "transactions":
                return self.feed.frame()
            case "fraud_alerts":
                return self.fraud.frame()
            case "alerts":
                return self.alarms.frame()
            case _:
                return self.crowd.frame()

    def metrics(self, status: RunStatus) -> Metrics:
        """Return everything that moves but lists and agents."""
        return Metrics(
            run=status,
            tiles=self.meters.tiles(),
            services=self.services.services(),
            edges=self.services.edges(),
            points=self.meters.newest_points(),
            disturbances=tuple(self.timeline.disturbances),
        )
