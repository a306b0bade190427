"""The service inspector: how one service fares, what it owes its callers, what can befall it."""

from __future__ import annotations

from sanket_sim.live.frames import ServiceNow
from sanket_sim.live.inspection.missing import Missing
from sanket_sim.live.picture import Picture


def inspect_service(picture: Picture, key: str) -> ServiceNow:
    """Return everything about one service.

    Raises
    ------
    Missing
        If the bank has no such service.
    """
    found = [service for service in picture.services.services() if service.name == key]
    if not found:
        raise Missing(f"service {key}")
    return found[0]
