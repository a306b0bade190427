"""What there is to tell a run from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sanket_sim.dashboard.page.inspectors.sheet import Link
from sanket_sim.dashboard.page.wording import capital, words

Body = Mapping[str, Any]
NOTHING: Body = {}


@dataclass(frozen=True)
class Matter:
    """What is known of a run, as JSON has it.

    Parameters
    ----------
    found : mapping
        Its ``findings.json``; empty while it goes on.
    so_far : mapping
        As `live.inspection.run.RunSoFar`; empty if the run does not answer any more.
    metrics, alerts : mapping
        The latest frames of these topics.
    """

    found: Body = field(default_factory=dict)
    so_far: Body = field(default_factory=dict)
    metrics: Body = field(default_factory=dict)
    alerts: Body = field(default_factory=dict)

    @property
    def ended(self) -> bool:
        """Whether the run has been measured."""
        return bool(self.found)

    @property
    def start(self) -> str:
        """When the run began, by the bank's clock."""
        return str(self.metrics["run"]["start"])

    @property
    def now_ns(self) -> int:
        """How far the run has come."""
        return int(self.metrics["run"]["now_ns"])

    @property
    def resilience(self) -> Body:
        """The findings about resilience, or as much of them as can be told; empty if nothing."""
        return self.found["resilience"] if self.ended else self.so_far.get("resilience") or NOTHING

    def titled(self, title: str) -> str:
        """Say beside a title that the run goes on."""
        return title if self.ended else f"{title} so far"

    def label(self, service: str) -> str:
        """Return what people call a service."""
        named = {one["name"]: one["label"] for one in self.metrics.get("services", ())}
        said = named.get(service) or words(service)
        return capital(said)

    def link(self, place: str) -> Link | None:
        """Return the way to the service that a fault strikes: itself, or the far end of an edge."""
        service = place.rpartition("->")[2].partition(".")[0]
        known = {one["name"] for one in self.metrics.get("services", ())}
        return Link("service", service) if service in known else None


def value(finding: Any) -> float:
    """Return a figure, with or without its interval; NaN where there is none."""
    plain = finding["value"] if isinstance(finding, Mapping) else finding
    return math.nan if plain is None else float(plain)
