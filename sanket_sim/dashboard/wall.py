"""The deck's files, and the wall page: the deck alone, for a display that nobody sits before."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route, Router
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Scope

from sanket_sim.dashboard import assets

WALL_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
"""What the wall page may load: nothing but this host's own files."""
_PAGE = Path(__file__).parent / "wall.html"
_ASK_AGAIN = {"Cache-Control": "no-cache"}


class Fresh(StaticFiles):
    """Files that a browser keeps, but asks about each time: an update shows at once."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer as the parent does, with a word to the browser's cache."""
        response = await super().get_response(path, scope)
        response.headers.update(_ASK_AGAIN)
        return response


def deck_files() -> dict[str, ASGIApp]:
    """Return what to mount where so that a page can host the deck."""
    font = Route("/inter.ttf", _font)
    return {
        "/vendor": Router([font], default=Fresh(directory=assets.echarts_folder())),
        "/deck": Fresh(directory=assets.DECK),
    }


def wall_route() -> Route:
    """Return the wall page's route."""
    return Route("/wall", _wall, name="wall")


def icon_route() -> Route:
    """Return the route of the icon that browsers ask for beside any page, the report too."""
    return Route("/favicon.ico", _icon)


async def _icon(request: Request) -> Response:
    del request
    return FileResponse(assets.SKIN / "icon.svg", media_type="image/svg+xml", headers=_ASK_AGAIN)


async def _font(request: Request) -> Response:
    del request
    return FileResponse(assets.font_file(), headers=_ASK_AGAIN)


async def _wall(request: Request) -> Response:
    del request
    headers = {"Content-Security-Policy": WALL_POLICY, "X-Content-Type-Options": "nosniff"}
    return FileResponse(_PAGE, media_type="text/html", headers=headers | _ASK_AGAIN)
