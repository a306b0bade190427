"""`serve`: the live view and the API on one port, and a run that ends properly with it."""

from __future__ import annotations

import threading
import warnings
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from rich.console import Console

from sanket_sim.console.arguments import Arguments
from sanket_sim.console.asking import overrides_of, resolved_of, tell_remarks
from sanket_sim.console.listening import Berth, bound, token_of
from sanket_sim.core.errors import InputError, Problem, SanketError
from sanket_sim.simulation.interruption import Interruption, interruptible
from sanket_sim.simulation.run import RESULTS

if TYPE_CHECKING:
    import uvicorn

    from sanket_sim.live.flying.flight_deck import FlightDeck
    from sanket_sim.simulation.resolve import ResolvedExperiment

INTERRUPTED = 130
_LOOK_S = 0.1
_NEEDED = (
    "fastapi",
    "uvicorn",
    "websockets",
    "orjson",
    "prometheus_client",
    "solara",
    "ipyvuetify",
    "fontpkg_inter",
    "fastapi_offline",
)


class ServerError(SanketError):
    """The server could not go on."""


def perform_serve(arguments: Arguments) -> int:
    """Serve the flight deck until somebody interrupts it; the run is then ended and measured.

    Returns
    -------
    int
        130: nothing else ends it.

    Raises
    ------
    InputError
        If anything is wrong with what was asked; nothing has been written.
    """
    _check_extra()
    _check_out(arguments.out or RESULTS)
    resolved = _resolved(arguments)
    with (
        bound(arguments.host, arguments.port, token_of(arguments.token)) as berth,
        interruptible() as asked,
    ):
        return _fly(arguments, resolved, berth, asked)


def _fly(
    arguments: Arguments, resolved: ResolvedExperiment | None, berth: Berth, asked: Interruption
) -> int:
    from sanket_sim.console.crier import Crier  # noqa: PLC0415  # needs the extra
    from sanket_sim.live.flying.flight_deck import FlightDeck  # noqa: PLC0415  # so does this

    deck = FlightDeck(arguments.out or RESULTS)
    crier = Crier(deck, Console(highlight=False))
    try:
        if resolved is not None:
            _start(deck, arguments)
        server = _server(deck, berth)
        thread = _run(server, berth, asked)
        if server.started:
            crier.welcome(berth, resolved)
        _await_signal(thread, asked)
        crier.part(asked.by)
        deck.dismiss(asked.by)
        server.should_exit = True
        thread.join()
        deck.close(asked.by)
    except BaseException:
        deck.hurry()
        raise
    crier.farewell()
    return INTERRUPTED


def _start(deck: FlightDeck, arguments: Arguments) -> None:
    """Bring the run to its start while the page is being built."""
    deck.start(
        arguments.target,
        overrides_of(arguments),
        seed=arguments.seed,
        duration=arguments.duration,
        speed=arguments.speed,
        play=arguments.play,
        wait=False,
    )


def _server(deck: FlightDeck, berth: Berth) -> uvicorn.Server:
    import uvicorn  # noqa: PLC0415  # part of the extra

    from sanket_sim.dashboard.mounting import page_of  # noqa: PLC0415  # Solara takes seconds
    from sanket_sim.server.app import create_app  # noqa: PLC0415  # needs the extra
    from sanket_sim.server.line import SERVING  # noqa: PLC0415  # so does this

    for nobodys_concern in (  # of a page at home; of a shell that nobody opens
        "Cookies with samesite=none require https",
        "Attempting to work in a virtualenv",
    ):
        warnings.filterwarnings("ignore", nobodys_concern, UserWarning)
    mounts, lifespan = page_of(deck)
    app = create_app(deck, mounts, (lifespan,), token=berth.token, host=berth.host)
    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="critical",  # it calls a page that stays open at the end an error
            **SERVING,
        )
    )


def _run(server: uvicorn.Server, berth: Berth, asked: Interruption) -> threading.Thread:
    """Let the server run on a thread of its own: signals stay with us, who end the run first."""
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [berth.socket]}, name="server", daemon=True
    )
    thread.start()
    while thread.is_alive() and not server.started and not asked.requested:
        thread.join(_LOOK_S)
    return thread


def _await_signal(thread: threading.Thread, asked: Interruption) -> None:
    while not asked.requested:
        thread.join(_LOOK_S)
        if not thread.is_alive():
            raise ServerError("the server has stopped by itself; its log above says why")


def _resolved(arguments: Arguments) -> ResolvedExperiment | None:
    """Read the experiment before anything is begun; None if one is to be chosen on the page."""
    if arguments.target:
        resolved = resolved_of(arguments)
        tell_remarks(resolved)
        return resolved
    given = {
        "--seed": arguments.seed is not None,
        "--duration": arguments.duration is not None,
        "--set": bool(arguments.assignments),
        "--play": arguments.play,
    }
    if idle := [name for name, is_given in given.items() if is_given]:
        message = f"{', '.join(idle)} needs an EXPERIMENT; `sanket-sim list` shows which there are"
        raise InputError("serve", [Problem("", message)])
    return None


def _check_out(out: Path) -> None:
    """Refuse a folder in which no run could be kept, before anything flies; leave nothing there.

    What a file system says of itself is not enough: some let nobody in whom they call welcome.
    """
    try:
        there = next(folder for folder in (out, *out.absolute().parents) if folder.exists())
        with TemporaryDirectory(prefix=".sanket-", dir=there) as trial:
            (Path(trial) / "trial").write_bytes(b"?")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        message = f"nothing can be written in {out}: {reason}; name another folder"
        raise InputError("--out", [Problem("", message)]) from error


def _check_extra() -> None:
    if missing := [name for name in _NEEDED if find_spec(name) is None]:
        message = f"needs {', '.join(missing)}; remedy: pip install 'sanket-sim[live]'"
        raise InputError("serve", [Problem("", message)])
