"""Where `serve` listens: an address that is ours before anything else is begun."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sanket_sim.core.errors import InputError, Problem

TOKEN_VARIABLE = "SANKET_TOKEN"  # noqa: S105  # the name of a variable
TOKEN_LENGTH_MIN = 8


@dataclass(frozen=True, slots=True)
class Berth:
    """An address that is bound, and who may come there.

    Parameters
    ----------
    socket : socket
    host : str
        As it was asked for.
    token : str or None
    """

    socket: socket.socket
    host: str
    token: str | None

    @property
    def port(self) -> int:
        """The port, also if any free one was asked for."""
        port: int = self.socket.getsockname()[1]
        return port

    @property
    def url(self) -> str:
        """What to open on this machine, without a slash at its end."""
        bound = ipaddress.ip_address(self.socket.getsockname()[0])
        host = "127.0.0.1" if bound.is_unspecified else self.host
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


def token_of(given: str | None) -> str | None:
    """Return the token of the command line, or that of the environment; None if there is none.

    Raises
    ------
    InputError
        If it is too short to be a secret, or cannot stand in a header.
    """
    token = given if given is not None else os.environ.get(TOKEN_VARIABLE) or None
    if token is None:
        return None
    if len(token) < TOKEN_LENGTH_MIN or not token.isascii() or not token.isprintable():
        wanted = f"needs at least {TOKEN_LENGTH_MIN} characters, plain ASCII"
        raise InputError("--token", [Problem("", f"{wanted}; try: {_suggested()}")])
    return token


@contextmanager
def bound(host: str, port: int, token: str | None) -> Iterator[Berth]:
    """Take an address for as long as the block runs.

    Raises
    ------
    InputError
        If it is no address of this machine, somebody else has it, or everybody could come there.
    """
    family, address = _resolve(host, port)
    if token is None and not ipaddress.ip_address(address[0]).is_loopback:
        message = (
            f"{host} can be reached from other machines, and whoever comes may steer the run: "
            f"demand a token by --token or {TOKEN_VARIABLE}, for example {_suggested()}"
        )
        raise InputError("--host", [Problem("", message)])
    with socket.socket(family, socket.SOCK_STREAM) as ours:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            ours.bind(address)
        except OSError as error:
            raise _unbound(host, port, error) from error
        yield Berth(ours, host, token)


def _resolve(host: str, port: int) -> tuple[int, tuple[str, int]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        message = f"{host!r} is no address: {getattr(error, 'strerror', None) or error}"
        remedy = "use 127.0.0.1, or an address of this machine"
        raise InputError("--host", [Problem("", f"{message}; {remedy}")]) from error
    family, _, _, _, address = found[0]
    return family, (str(address[0]), int(address[1]))


def _unbound(host: str, port: int, error: OSError) -> InputError:
    """Blame what was asked for: the address, if it is no own one of this machine, or its port."""
    if error.errno == errno.EADDRNOTAVAIL:
        said = f"cannot listen on {host}: this machine has no such address"
        remedy = "use 127.0.0.1, 0.0.0.0 for every address that it has, or one of `ip address`"
        return InputError("--host", [Problem("", f"{said}; {remedy}")])
    said = (error.strerror or str(error)).lower()
    remedy = "name another --port, or 0 for a free one"
    message = f"cannot listen on {host}, port {port}: {said}; {remedy}"
    return InputError("--port", [Problem("", message)])


def _suggested() -> str:
    return f"{TOKEN_VARIABLE}=$(openssl rand -hex 16) sanket-sim serve ..."
