"""The door: what a browser is shown that comes without the token, and where it can be typed."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from starlette.responses import HTMLResponse

_PAGE = (Path(__file__).parent / "door.html").read_text("utf-8")
_STYLE = _PAGE.partition("<style>")[2].partition("</style>")[0]
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
DOOR_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; img-src data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""What the page may load: its own style, and nothing else."""
_WRONG = '<p role="alert">That is not the token of this server.</p>'


def door(*, wrong: bool) -> HTMLResponse:
    """Ask for the token; say so if what was given is `wrong`."""
    page = _PAGE.replace("<!-- wrong -->", _WRONG if wrong else "")
    return HTMLResponse(page, 401, {"Content-Security-Policy": DOOR_POLICY})
