"""The ASGI application: routes, socket and whatever page is mounted behind them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from fastapi import FastAPI, WebSocket
from starlette.exceptions import HTTPException
from starlette.routing import Mount, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from sanket_sim import __version__
from sanket_sim.live.flying.flight_deck import FlightDeck
from sanket_sim.server import docs, metrics, refusals
from sanket_sim.server.access import Access, Rules
from sanket_sim.server.body_limit import BodyLimit
from sanket_sim.server.bridge import Gate
from sanket_sim.server.hub import Hub
from sanket_sim.server.routes import commands, experiments, flight, picture, report
from sanket_sim.server.sockets import attend

PARTS = (flight, experiments, picture, commands, report, metrics)
"""Modules with routes of their own."""
Lifespan = AbstractAsyncContextManager[object]


def create_app(
    deck: FlightDeck,
    mounts: Mapping[str, ASGIApp] | None = None,
    lifespans: Sequence[Lifespan] = (),
    *,
    token: str | None = None,
    host: str = "127.0.0.1",
    origins: Sequence[str] = (),
) -> FastAPI:
    """Build the application of one flight deck.

    Parameters
    ----------
    deck : FlightDeck
    mounts : mapping
        Path -> application, in this order, for whatever the API does not answer.
    lifespans : sequence of context managers
        Entered while the application is up: a mounted application's own is not run by itself.
    token : str, optional
        Needed for everything, if there is one.
    host : str
        Where the server is bound; on loopback, requests must have been sent there by name.
    origins : sequence of str
        Pages elsewhere that may watch.
    """
    hub = Hub(deck)
    app = FastAPI(
        title="Sanket",
        version=__version__,
        summary="Watch a bank's platform fly, steer it, and do things to it.",
        description=docs.DESCRIPTION,
        openapi_tags=[{"name": name, "description": said} for name, said in docs.TAGS],
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan(hub, lifespans),
    )
    app.state.deck, app.state.hub, app.state.gate = deck, hub, Gate()
    app.state.registry = metrics.registry_of(deck, hub)
    for part in PARTS:
        app.include_router(part.router)
    docs.install(app)
    _add_socket(app, hub)
    app.router.default = _behind(mounts or {})
    refusals.install(app, [route for part in PARTS for route in part.router.routes])
    app.add_middleware(BodyLimit)
    app.add_middleware(Access, rules=Rules(host, token, origins))
    return app


def _add_socket(app: FastAPI, hub: Hub) -> None:
    @app.websocket("/ws")
    async def socket(ws: WebSocket) -> None:
        await attend(ws, hub)


def _lifespan(
    hub: Hub, lifespans: Sequence[Lifespan]
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        del app
        async with AsyncExitStack() as stack:
            for one in lifespans:
                await stack.enter_async_context(one)
            with hub.open():
                yield

    return lifespan


def _behind(mounts: Mapping[str, ASGIApp]) -> ASGIApp:
    """Return what answers where no route of the API does: a wrong address below /api is an error.

    A mount at ``/`` among the routes would answer those, and wrong methods, with a page.
    """
    pages = Router([Mount(path, app) for path, app in mounts.items()])

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (not mounts or scope["path"].startswith("/api/")):
            raise HTTPException(404)
        await pages(scope, receive, send)

    return answer
