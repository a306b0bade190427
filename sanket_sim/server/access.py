"""Who may come in: by token, by the host that was asked for, and by the page that asks.

Wraps the whole application, whatever is mounted in it: every route and every socket.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, parse_qsl, quote, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sanket_sim.server.door import door
from sanket_sim.server.refusals import report

LOOPBACK = ("127.0.0.1", "localhost", "::1")
BODY_BYTES_MAX = 65_536
_SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")
_HOW = "send `Authorization: Bearer TOKEN`, or open any page once with ?token=TOKEN"
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_FRAMES = "frame-ancestors 'none'"


@dataclass(frozen=True)
class Rules:
    """Whom to let in.

    Parameters
    ----------
    host : str
        Where the server is bound. On loopback, requests must have been sent to this machine by
        name: a page elsewhere whose name turns into 127.0.0.1 is refused (DNS rebinding).
    token : str or None
    origins : sequence of str
        Pages elsewhere that may open the socket, and so watch, such as ``https://wall.example``.
    """

    host: str = "127.0.0.1"
    token: str | None = None
    origins: Sequence[str] = ()
    _secret: bytes = field(default_factory=lambda: os.urandom(32))

    def knows_host(self, host: str) -> bool:
        """Say whether a request was sent to this machine by a name that is its own."""
        if self.host not in LOOPBACK:
            return True
        return _name_of(host) in {*LOOPBACK, self.host}

    def knows_origin(self, origin: str | None, host: str, *, watches: bool) -> bool:
        """Say whether the page that asks is ours, or one that may watch; a program names none."""
        return origin in (None, f"http://{host}", f"https://{host}") or (
            watches and origin in self.origins
        )

    def is_token(self, said: str) -> bool:
        """Compare in a time that tells nothing."""
        return self.token is not None and _same(said, self.token)

    @property
    def session(self) -> str:
        """What a browser keeps instead of the token: worth nothing after this process."""
        return hmac.new(self._secret, (self.token or "").encode(), hashlib.sha256).hexdigest()

    def is_session(self, said: str) -> bool:
        """Say whether a cookie was given by this process."""
        return _same(said, self.session)


class Access:
    """Middleware around everything.

    Parameters
    ----------
    app : ASGIApp
    rules : Rules
    """

    def __init__(self, app: ASGIApp, rules: Rules) -> None:
        self._app, self._rules = app, rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or say why not."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif (refusal := self._refusal(scope)) is not None:
            await _refuse(scope, receive, send, refusal)
        elif _opens_a_page(scope) and self._rules.is_token(_asked_token(scope)):
            onward = RedirectResponse(_without_token(scope), 303)
            await onward(scope, receive, self._sealing(scope, send))
        else:
            await self._app(scope, receive, self._sealing(scope, send))

    def _refusal(self, scope: Scope) -> Response | None:
        headers, rules = Headers(scope=scope), self._rules
        host = headers.get("host", "")
        if not rules.knows_host(host):
            return report(403, f"this server is not called {host!r}; ask 127.0.0.1 or localhost")
        origin, watches = headers.get("origin"), scope["type"] == "websocket"
        if _changes(scope) and not rules.knows_origin(origin, host, watches=watches):
            return report(403, f"pages of {origin!r} may neither watch nor steer this server")
        if not self._is_known(scope, headers):
            return _stranger(scope)
        return _bad_body(scope, headers)

    def _is_known(self, scope: Scope, headers: Headers) -> bool:
        rules = self._rules
        if rules.token is None:
            return True
        scheme, _, said = _as_sent(headers.get("authorization", "")).partition(" ")
        if scheme.lower() == "bearer" and rules.is_token(said.strip()):
            return True
        return rules.is_session(_cookie(scope, headers)) or rules.is_token(_asked_token(scope))

    def _sealing(self, scope: Scope, send: Send) -> Send:
        """Return a `send` that adds the headers of every answer, and the cookie if one is due."""

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers.append("Content-Security-Policy", _FRAMES)  # beside a page's own
                if self._rules.is_token(_asked_token(scope)):
                    headers.append("Set-Cookie", self._new_cookie(scope))
            await send(message)

        return sealed

    def _new_cookie(self, scope: Scope) -> str:
        secure = "; Secure" if scope["scheme"] in ("https", "wss") else ""
        name = _cookie_name(scope)
        return f"{name}={self._rules.session}; Path=/; HttpOnly; SameSite=Strict{secure}"


async def _refuse(scope: Scope, receive: Receive, send: Send, refusal: Response) -> None:
    """Answer with a refusal; a socket that is not open yet is told why as any other request."""
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get(
        "extensions", {}
    ):
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": "refused"})
        return
    refusal.headers.update(_HEADERS)
    await refusal(scope, receive, send)


def _changes(scope: Scope) -> bool:
    """Say whether a request can change something, or opens a socket that can."""
    return scope["type"] == "websocket" or scope["method"] not in _SAFE


def _opens_a_page(scope: Scope) -> bool:
    """Say whether a person looks at the answer, and at its address."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return False
    return "text/html" in Headers(scope=scope).get("accept", "")


def _without_token(scope: Scope) -> str:
    """Return the address that was asked for, on this server, without what must not be seen."""
    query: bytes = scope["query_string"]
    asked = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    kept = urlencode([(name, said) for name, said in asked if name != "token"])
    path = "/" + quote(scope["path"].lstrip("/"))  # two slashes would name another host
    return f"{path}?{kept}" if kept else path


def _stranger(scope: Scope) -> Response:
    """Tell somebody without a token how to come in: a person on a page, a program in JSON."""
    answer: Response
    if _opens_a_page(scope):
        answer = door(wrong=bool(_asked_token(scope)))
    else:
        answer = report(401, f"a token is needed: {_HOW}")
    answer.headers["WWW-Authenticate"] = 'Bearer realm="sanket"'
    return answer


def _bad_body(scope: Scope, headers: Headers) -> Response | None:
    """Refuse a body of the API that is too large, or that a form of any page could have sent."""
    if scope["type"] != "http" or not scope["path"].startswith("/api"):
        return None
    length = headers.get("content-length", "0")
    if length.isdecimal() and int(length) > BODY_BYTES_MAX:
        return report(413, f"a body has at most {BODY_BYTES_MAX:,} bytes")
    has_body = length != "0" or "transfer-encoding" in headers
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if _changes(scope) and has_body and kind != "application/json":
        return report(415, "send JSON, with `Content-Type: application/json`")
    return None


def _as_sent(header: str) -> str:
    """Read a header as the UTF-8 that was sent: Starlette reads Latin-1."""
    return header.encode("latin-1").decode("utf-8", "replace")


def _asked_token(scope: Scope) -> str:
    query: bytes = scope["query_string"]
    return parse_qs(query.decode("latin-1")).get("token", [""])[0]


def _cookie(scope: Scope, headers: Headers) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(_cookie_name(scope))
    except CookieError:
        return ""
    return str(found.value) if found else ""


def _cookie_name(scope: Scope) -> str:
    """Return a name of this server's own: a host's cookies go to all of its ports."""
    server = scope.get("server") or ("", 0)
    return f"sanket_{server[1]}"


def _name_of(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode())
