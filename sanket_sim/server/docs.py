"""The pages that show the API, with every asset from this machine."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

ASSETS = "/docs/assets"
TAGS = (
    ("run", "Where the run stands, and everything that moves it."),
    ("experiments", "What can be flown."),
    ("picture", "What the run looks like, and everything about one thing in it."),
    ("commands", "What is done to a running bank."),
    ("report", "What a run leaves behind."),
    ("machines", "For those who watch over machines."),
)
DESCRIPTION = """
A flight simulator for a bank's platform. One run flies at a time; several watch and steer it.

Instants are nanoseconds of simulated time since the start of the run, money is in minor units
beside its currency, shares lie in [0, 1], and rates are per simulated second over the last 15.

**Errors** all have one shape: `{"error": "...", "problems": [{"path": "...", "message": "..."}]}`.

**What moves** comes over the WebSocket at `/ws`: send
`{"type": "subscribe", "topics": ["metrics", "transactions", "fraud_alerts", "alerts", "agents"]}`;
every message is `{"topic", "run_id", "sequence", "sent_ms", "body", "dropped"}`.
"""


def install(app: FastAPI) -> None:
    """Serve ``/docs`` from the files that fastapi-offline carries."""
    folder = Path(str(files("fastapi_offline"))) / "static"
    app.mount(ASSETS, StaticFiles(directory=folder), name="docs-assets")

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url=app.openapi_url or "",
            title="Sanket: the API",
            swagger_js_url=f"{ASSETS}/swagger-ui-bundle.js",
            swagger_css_url=f"{ASSETS}/swagger-ui.css",
            swagger_favicon_url=f"{ASSETS}/favicon.png",
            # A validator elsewhere would be sent the API's address.
            swagger_ui_parameters={"validatorUrl": None, "tryItOutEnabled": True},
        )
