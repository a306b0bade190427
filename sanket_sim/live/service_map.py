"""The map: every service and every way between two of them, as they stand."""

from __future__ import annotations

from sanket_sim.live.frames import EdgeNow, ServiceNow
from sanket_sim.live.scene import Scene
from sanket_sim.trace.batch import TraceBatch


class ServiceMap:
    """Folds hops, gauges and breaker decisions into one card per service."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def observe(self, batch: TraceBatch) -> None:
        """Take in hops, gauges and decisions."""

    def services(self) -> tuple[ServiceNow, ...]:
        """Return every service as it stands."""
        return tuple(
            ServiceNow(
                name=service.name,
                label=service.label or service.name,
                x=service.x,
                y=service.y,
                state="idle",
                replicas=(),
                rate_per_s=0.0,
                p50_ms=None,
                p95_ms=None,
                p99_ms=None,
                utilisation=0.0,
                queue=0,
                error_share=0.0,
                retry_share=0.0,
                timeout_share=0.0,
                leak_share=0.0,
                leaked=0,
                leak_minor=0,
                breaker="",
                power_w=0.0,
            )
            for service in self._scene.bank.services
        )

    def edges(self) -> tuple[EdgeNow, ...]:
        """Return every way between two services that calls can take."""
        return ()
