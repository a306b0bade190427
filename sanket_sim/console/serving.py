"""`serve`: the live view and the API on one port."""

from __future__ import annotations

from pathlib import Path

from sanket_sim.console.arguments import Arguments
from sanket_sim.console.asking import overrides_of


def perform_serve(arguments: Arguments) -> int:
    """Serve the flight deck until somebody interrupts it."""
    import uvicorn  # noqa: PLC0415  # part of the extra [live]

    from sanket_sim.dashboard.mounting import page_of  # noqa: PLC0415
    from sanket_sim.live.flight_deck import FlightDeck  # noqa: PLC0415
    from sanket_sim.server.app import create_app  # noqa: PLC0415

    deck = FlightDeck(arguments.out or Path("results"))
    deck.start(
        arguments.target,
        overrides_of(arguments),
        seed=arguments.seed,
        speed=arguments.speed,
        play=arguments.play,
    )
    mounts, lifespan = page_of(deck)
    try:
        uvicorn.run(
            create_app(deck, mounts, (lifespan,)),
            host=arguments.host,
            port=arguments.port,
            log_level="warning",
            timeout_graceful_shutdown=3,
        )
    finally:
        deck.close()
    return 0
