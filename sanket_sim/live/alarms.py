"""Alerts: what somebody should look at: raised once, changed while it lasts, then ended."""

from __future__ import annotations

from sanket_sim.live.frames import Alerts
from sanket_sim.live.fraud import FraudWatch
from sanket_sim.live.meters import Meters
from sanket_sim.live.scene import Scene
from sanket_sim.live.service_map import ServiceMap
from sanket_sim.trace.batch import TraceBatch


class Alarms:
    """Watches the other parts of the picture; must observe after them."""

    def __init__(
        self, scene: Scene, meters: Meters, services: ServiceMap, fraud: FraudWatch
    ) -> None:
        self._scene, self._meters, self._services, self._fraud = scene, meters, services, fraud

    def observe(self, batch: TraceBatch) -> None:
        """Judge what one tick brought."""

    def frame(self) -> Alerts | None:
        """Return the newest alerts; None if none changed."""
        return Alerts((), 0)
