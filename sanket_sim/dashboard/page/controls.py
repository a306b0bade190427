"""The run controls in the deck's header: Mesa's reset, play or pause and step; stop and speed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sanket_sim.core.units import NS_PER_S
from sanket_sim.dashboard.page.ordering import Orders
from sanket_sim.dashboard.page.standing import Standing
from sanket_sim.dashboard.page.weaving import component, from_vue
from sanket_sim.live.flying.orders import (
    SPEED_MAX,
    SPEED_MIN,
    Order,
    Pause,
    Play,
    SetSpeed,
    Step,
    Stop,
)

STEPS_S = (1, 10, 60)
"""Simulated seconds that one step may take; the first is what the button does."""
SPEEDS = (1.0, 10.0, 60.0, 600.0, SPEED_MAX)
"""Simulated seconds per second of wall time, one click away; the last means: as fast as it goes."""
_CONTROLS = ("play", "step", "stop", "reset", "speed")


@from_vue("controls.vue")
def _controls(
    *,
    state: str,
    speed: float,
    speeds: list[dict[str, Any]],
    steps: list[dict[str, Any]],
    against: dict[str, str],
    event_move: Callable[[str], None],
    event_step_by: Callable[[int], None],
    event_set_speed: Callable[[float], None],
) -> None:
    """Draw the controls."""


@component
def run_controls(standing: Standing, orders: Orders) -> None:
    """Show how a run is steered; what is not allowed now says why."""

    def move(name: str) -> None:
        if name == "reset":
            orders.in_background(lambda: _ignore(orders.deck.reset()))
        else:
            orders.give(_MOVES[name])

    _controls(
        state=standing.state,
        speed=standing.speed,
        speeds=[{"value": speed, "label": speed_label(speed)} for speed in SPEEDS],
        steps=[{"value": step_s, "label": step_label(step_s)} for step_s in STEPS_S],
        against={name: standing.against(name) for name in _CONTROLS},  # type: ignore[arg-type]
        event_move=move,
        event_step_by=lambda step_s: orders.give(Step(int(step_s) * NS_PER_S)),
        event_set_speed=lambda speed: orders.give(SetSpeed(within_reach(speed))),
    )


_MOVES: dict[str, Order] = {"play": Play(), "pause": Pause(), "stop": Stop()}


def within_reach(speed: float) -> float:
    """Return the nearest speed at which a run can be asked to go.

    Examples
    --------
    >>> within_reach(50_000), within_reach(0), within_reach(2.5)
    (10000.0, 0.1, 2.5)
    """
    return min(max(float(speed), SPEED_MIN), SPEED_MAX)


def speed_label(speed: float) -> str:
    """Write a speed as its button does.

    Examples
    --------
    >>> speed_label(2.5)[:-1], speed_label(10_000.0)
    ('2.5', 'max')
    """
    return "max" if speed >= SPEED_MAX else f"{speed:g}\N{MULTIPLICATION SIGN}"


def step_label(step_s: int) -> str:
    """Write how far a step goes.

    Examples
    --------
    >>> step_label(10), step_label(60)
    ('10 s', '1 min')
    """
    return f"{step_s // 60} min" if step_s >= 60 else f"{step_s} s"


def _ignore(_: object) -> None:
    """Drop what an order returns."""
