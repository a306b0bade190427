"""How the server holds its lines: uvicorn's own way, but it hangs up on who never listens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol


class Line(WebSocketsSansIOProtocol):
    """A WebSocket whose transport is gone soon after the application has let go of it.

    A transport that is closed waits until the other end has read everything: for ever, if it reads
    nothing and its kernel says so politely. Each such line would keep its buffer.
    """

    HANG_UP_S = 5.0
    """How long somebody may take to read what was sent to him before he was let go [s]."""

    async def run_asgi(self) -> None:
        """Serve a connection, and then hang up."""
        await super().run_asgi()
        self.loop.call_later(self.HANG_UP_S, self.transport.abort)


SERVING: Mapping[str, Any] = {
    "ws": Line,
    "ws_max_size": 1 << 20,
    "ws_ping_interval": 20.0,
    "ws_ping_timeout": 20.0,
    # Compressing a frame again for each client would cost more than all the rest of the server.
    "ws_per_message_deflate": False,
    # How long pages that are open may hold the end up [s].
    "timeout_graceful_shutdown": 3,
    "server_header": False,
}
"""What uvicorn is told."""
