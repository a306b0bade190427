"""The map of services, with leakage as heat."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.findings import Findings
from sanket_sim.analysis.report.style import LIGHT, Plot, finish
from sanket_sim.analysis.report.wording import duration, number, per_second, percent
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.analysis.series import gauge_series
from sanket_sim.bank.health import ERROR_SHARE, LATENCY, LEAK_SHARE, UTILISATION, Health, worst

CARD = (150.0, 72.0)
_GAP = (34.0, 34.0)
_MARGIN = (52.0, 48.0)
_WIDTH_MIN = 1180.0
"""Narrower maps are drawn in the middle of this, so that cards keep their size."""
_HEAT_FULL = 0.05
"""Leaked share of a service's intents at which the heat is full."""


@dataclass(frozen=True, slots=True)
class Card:
    """What the map says about one service."""

    label: str
    x: float
    y: float
    replicas: int
    rate_per_s: float
    p99_s: float
    p99_share: float
    utilisation: float
    leaked_share: float
    availability: float
    queue_peak: float

    @property
    def state(self) -> Health:
        """Colour token of the card's edge: red and amber only for state."""
        return worst(
            (
                UTILISATION.judge(self.utilisation),
                LATENCY.judge(self.p99_share),
                ERROR_SHARE.judge(1 - self.availability),
                LEAK_SHARE.judge(self.leaked_share),
            )
        )


def map_plot(run: RunFolder, findings: Findings) -> Plot:
    """Draw services where the model puts them, edges as wide as the root of their rate."""
    import matplotlib.pyplot as plt  # noqa: PLC0415  # slow to import

    places = layout(run)
    cards = _cards(run, findings, places)
    used, height = places.max(axis=0) + CARD + 2 * np.array(_MARGIN)
    width = max(float(used), _WIDTH_MIN)
    left = -_MARGIN[0] - (width - float(used)) / 2
    figure = plt.figure(figsize=(width / 96, height / 96))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(left, left + width)
    axes.set_ylim(height - _MARGIN[1], -_MARGIN[1])
    axes.set_axis_off()
    for card in cards:
        _glow(axes, card)
    _edges(run, axes, cards)
    for card in cards:
        _draw_card(axes, card)
    worst = max(cards, key=lambda card: card.leaked_share)
    note = (
        f"Heat is the share of a service's intents whose leak it caused; most at {worst.label}, "
        f"{percent(worst.leaked_share)}."
        if worst.leaked_share
        else "Heat would show leakage; there is none."
    )
    return finish(figure, "service_map", "Service map", note)


def layout(run: RunFolder) -> NDArray[np.float64]:
    """Place the cards by the model's coordinates, stretched until no two of them touch.

    Returns
    -------
    float64 array, shape (services, 2)
        Upper left corner of each card [px]; services without coordinates are laid out by their
        distance from the customer.
    """
    services = run.bank.services
    spots = np.array([[one.x, one.y] for one in services], np.float64)
    if len(np.unique(spots, axis=0)) < len(spots):
        spots = _by_depth(run)
    spots -= spots.min(axis=0)
    return spots * _stretch(spots)


def _stretch(spots: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far columns and rows must spread so that cards keep their distance."""
    need = np.array(CARD) + np.array(_GAP)
    gaps = [np.diff(np.unique(spots[:, axis].round(6))) for axis in (0, 1)]
    smallest = [float(gap.min()) if len(gap) else 1.0 for gap in gaps]
    apart = np.abs(spots[:, None, :] - spots[None, :, :])
    factors = need / np.array(smallest)
    for factor in np.geomspace(0.02, 1.0, 60):
        tried = factors * factor
        touching = (apart * tried < need - 1e-6).all(axis=2)
        if int(touching.sum()) == len(spots):
            return np.asarray(tried)
    return np.asarray(factors)


def _by_depth(run: RunFolder) -> NDArray[np.float64]:
    bank = run.bank
    depth = dict.fromkeys(range(len(bank.services)), 0)
    for _ in bank.services:
        for edge in bank.edges:
            callee = bank.operations[edge.operation].service
            if edge.caller >= 0 and depth[callee] <= depth[edge.caller] < len(depth):
                depth[callee] = depth[edge.caller] + 1
    seen: dict[int, int] = {}
    spots = []
    for place in range(len(bank.services)):
        row = seen.get(depth[place], 0)
        seen[depth[place]] = row + 1
        spots.append((float(depth[place]), float(row)))
    return np.array(spots, np.float64)


def _cards(run: RunFolder, findings: Findings, places: NDArray[np.float64]) -> list[Card]:
    peaks = gauge_series(run).queue.max(axis=1, initial=0.0)
    goal_s = run.experiment.slo.latency_p99 * 1e-9
    cards = []
    for place, service in enumerate(run.bank.services):
        fared = findings.resilience.by_service[service.name]
        latency = findings.latency.by_service[service.name]
        cards.append(
            Card(
                label=service.label or service.name,
                x=float(places[place, 0]),
                y=float(places[place, 1]),
                replicas=service.replicas,
                rate_per_s=latency.arrival_rate_per_s,
                p99_s=latency.total.p99_s.value,
                p99_share=float(np.nan_to_num(latency.total.p99_s.value / goal_s)),
                utilisation=float(np.nan_to_num(latency.utilisation)),
                leaked_share=fared.leaked / fared.visited if fared.visited else 0.0,
                availability=fared.availability.value if fared.availability.known else 1.0,
                queue_peak=float(peaks[place]),
            )
        )
    return cards


def _glow(axes: Any, card: Card) -> None:
    from matplotlib.patches import Ellipse  # noqa: PLC0415  # slow to import

    heat = min(1.0, math.sqrt(card.leaked_share / _HEAT_FULL))
    if heat == 0:
        return
    colour = LIGHT["critical"] if heat > 0.7 else LIGHT["heat"]
    centre = (card.x + CARD[0] / 2, card.y + CARD[1] / 2)
    for step in range(7):
        size = 1.12 + 0.13 * step
        glow = Ellipse(
            centre, CARD[0] * size, CARD[1] * (size + 0.45), color=colour, alpha=0.08 * heat, lw=0
        )
        axes.add_patch(glow)


def _edges(run: RunFolder, axes: Any, cards: list[Card]) -> None:
    from matplotlib.patches import PathPatch  # noqa: PLC0415  # slow to import
    from matplotlib.path import Path  # noqa: PLC0415  # slow to import

    rates = edge_rates(run)
    most = max(rates.values(), default=1.0)
    for (caller, callee), rate in rates.items():
        start, end, bend = _ends(cards[caller], cards[callee])
        curve = Path(
            [
                start,
                (start[0] + bend[0], start[1] + bend[1]),
                (end[0] - bend[0], end[1] - bend[1]),
                end,
            ],
            [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4],
        )
        width = 0.6 + 3.4 * math.sqrt(rate / most)
        axes.add_patch(PathPatch(curve, fill=False, ec=LIGHT["slate"], lw=width, alpha=0.45))


def _ends(
    caller: Card, callee: Card
) -> tuple[tuple[float, float], tuple[float, float], tuple[float, float]]:
    """Return where an edge leaves, where it arrives, and how it bends."""
    right = callee.x - caller.x
    if abs(right) >= CARD[0]:
        side = 1.0 if right > 0 else -1.0
        from_x = caller.x + (CARD[0] if side > 0 else 0.0)
        to_x = callee.x + (0.0 if side > 0 else CARD[0])
        start = (from_x, caller.y + CARD[1] / 2)
        end = (to_x, callee.y + CARD[1] / 2)
        return start, end, (side * max(18.0, abs(to_x - from_x) / 2), 0.0)
    down = callee.y >= caller.y
    start = (caller.x + CARD[0] / 2, caller.y + (CARD[1] if down else 0.0))
    end = (callee.x + CARD[0] / 2, callee.y + (0.0 if down else CARD[1]))
    return start, end, (0.0, (end[1] - start[1]) / 2)


def edge_rates(run: RunFolder) -> dict[tuple[int, int], float]:
    """Return attempts per second from service to service, those of customers' devices left out."""
    size = len(run.services)
    counts = np.zeros((size, size), np.int64)
    for hops in run.hops(("caller", "service")):
        words = run.trace.words("caller")
        table = {name: place for place, name in enumerate(run.services)}
        callers = np.array([table.get(word, -1) for word in words], np.int64)[hops["caller"]]
        inside = callers >= 0
        cells = callers[inside] * size + hops["service"][inside]
        counts += np.bincount(cells, minlength=counts.size).reshape(counts.shape)
    span_s = max(run.arrivals_end_ns - run.start_ns, 1) * 1e-9
    return {
        (int(caller), int(callee)): float(counts[caller, callee]) / span_s
        for caller, callee in np.argwhere(counts)
    }


def _draw_card(axes: Any, card: Card) -> None:
    from matplotlib.patches import FancyBboxPatch, Rectangle  # noqa: PLC0415  # slow to import

    x, y, (width, height) = card.x, card.y, CARD
    state = LIGHT[card.state]
    edge = LIGHT["border"] if card.state == "ok" else state
    rounded = "round,pad=0,rounding_size=8"
    box = FancyBboxPatch((x, y), width, height, boxstyle=rounded, fc=LIGHT["card"], ec=edge, lw=1.1)
    axes.add_patch(box)
    strip = Rectangle((x, y), 6, height, fc=state, lw=0)
    axes.add_patch(strip)
    strip.set_clip_path(box)
    axes.text(x + 16, y + 18, card.label, fontsize=8.2, weight="bold", va="center")
    _dots(axes, card)
    rate, p99 = per_second(card.rate_per_s), f"p99 {duration(card.p99_s)}"
    axes.text(x + 16, y + 37, rate, fontsize=7.4, va="center")
    axes.text(x + width - 10, y + 37, p99, fontsize=7.4, va="center", ha="right")
    _utilisation_bar(axes, card)
    leak = f"{percent(card.leaked_share)} leak"
    leaks = LEAK_SHARE.judge(card.leaked_share)
    colour = LIGHT["muted" if leaks == "ok" else leaks]
    axes.text(x + width - 10, y + 57, leak, fontsize=7.4, va="center", ha="right", color=colour)
    if card.queue_peak >= 10:
        axes.text(
            x + 38,
            y - 1,
            f"queue {number(card.queue_peak)}",
            fontsize=6.8,
            color=LIGHT["card"],
            va="center",
            ha="center",
            bbox={"boxstyle": "round,pad=0.45,rounding_size=0.9", "fc": LIGHT["violet"], "lw": 0},
        )


def _dots(axes: Any, card: Card) -> None:
    shown = min(card.replicas, 6)
    xs = [card.x + CARD[0] - 12 - 8 * place for place in range(shown)]
    axes.scatter(xs, [card.y + 18] * shown, s=9, color=LIGHT["ok"], lw=0, zorder=3)


def _utilisation_bar(axes: Any, card: Card) -> None:
    from matplotlib.patches import Rectangle  # noqa: PLC0415  # slow to import

    full = 60.0
    load = UTILISATION.judge(card.utilisation)
    colour = "accent" if load == "ok" else load
    axes.add_patch(Rectangle((card.x + 16, card.y + 55), full, 4, fc=LIGHT["border"], lw=0))
    used = full * min(1.0, card.utilisation)
    axes.add_patch(Rectangle((card.x + 16, card.y + 55), used, 4, fc=LIGHT[colour], lw=0))
