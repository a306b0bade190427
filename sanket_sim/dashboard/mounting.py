"""Solara as an ASGI application that another one mounts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager

from starlette.routing import Router
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from sanket_sim.dashboard import assets, cabin
from sanket_sim.dashboard.wall import deck_files, icon_route, wall_route
from sanket_sim.live.flying.flight_deck import FlightDeck

_ENVIRONMENT = {
    "SOLARA_APP": "sanket_sim.dashboard.page",
    "SOLARA_MODE": "production",
    "SOLARA_TELEMETRY_MIXPANEL_ENABLE": "false",
    "SOLARA_KERNEL_CULL_TIMEOUT": "2m",
    "SOLARA_THEME_LOADER": "plain",
}
"""Solara reads these when it is imported."""


def page_of(
    deck: FlightDeck,
) -> tuple[Mapping[str, ASGIApp], AbstractAsyncContextManager[object]]:
    """Return what to mount where, and the lifespan that goes with it."""
    os.environ |= _ENVIRONMENT
    cabin.seat(deck)
    import solara.server.starlette as solara_server  # noqa: PLC0415  # reads the environment

    mounts: dict[str, ASGIApp] = deck_files()
    mounts["/skin"] = StaticFiles(directory=assets.SKIN)
    mounts["/"] = Router([wall_route(), icon_route()], default=solara_server.app)
    return mounts, solara_server.app.router.lifespan_context(solara_server.app)
