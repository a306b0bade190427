"""The ASGI application: routes, socket and whatever page is mounted behind them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from fastapi import FastAPI, WebSocket
from starlette.types import ASGIApp

from sanket_sim.live.flight_deck import FlightDeck
from sanket_sim.server.hub import Hub
from sanket_sim.server.sockets import attend


def create_app(
    deck: FlightDeck,
    mounts: Mapping[str, ASGIApp] | None = None,
    lifespans: tuple[AbstractAsyncContextManager[object], ...] = (),
) -> FastAPI:
    """Build the application of one flight deck.

    Parameters
    ----------
    deck : FlightDeck
    mounts : mapping
        Path -> application, mounted in this order after every route of the API.
    lifespans : tuple of context managers
        Entered while the application is up: a mounted application's own is not run by itself.
    """
    hub = Hub(deck)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        del app
        async with AsyncExitStack() as stack:
            for one in lifespans:
                await stack.enter_async_context(one)
            with hub.open():
                yield

    app = FastAPI(title="Sanket", lifespan=lifespan)

    @app.get("/api/status")
    def status() -> object:
        return deck.status

    @app.websocket("/ws")
    async def socket(ws: WebSocket) -> None:
        await attend(ws, hub)

    for path, mounted in (mounts or {}).items():
        app.mount(path, mounted)
    return app
