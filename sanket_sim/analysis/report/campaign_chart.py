"""A campaign as a picture: the way of its money from account to account, and when."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sanket_sim.analysis.findings import Findings
from sanket_sim.analysis.fraud_campaigns import CampaignDetection
from sanket_sim.analysis.money_graph import (
    FATES,
    Move,
    gathered,
    layers_of,
    money_graph,
    moves_of,
)
from sanket_sim.analysis.report.style import LIGHT, Plot, finish
from sanket_sim.analysis.report.time_charts import clock, tick_s
from sanket_sim.analysis.report.wording import duration, moneys, number, words
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.core.units import NS_PER_S

if TYPE_CHECKING:
    import networkx as nx

CAMPAIGNS_DRAWN = 4
_BACKGROUND = "background "
"""How campaigns are called that nobody asked for by name."""
FATE_COLOURS = {"moved": "heat", "stopped": "ok", "failed": "slate"}
_FATE_WORDS = {"moved": "moved", "stopped": "stopped for suspicion", "failed": "failed otherwise"}
_GATHERING = 3
"""From so many payers on an account is drawn as one where money comes together."""
_WIDTH, _STAGE = 7.4, 0.24
_GRAPH_LOWEST, _GRAPH_ROW, _GRAPH_HIGHEST = 1.1, 0.34, 3.5
_THICKEST = 7.0
_SPAN = 1.12
"""Height of the graph in its own units: nodes stand between 0 and 1."""
_CROWDED = 8
"""Accounts in a layer from which they are drawn smaller, with their names beside them."""
Spot = tuple[float, float]


def campaign_plots(run: RunFolder, findings: Findings) -> list[Plot]:
    """Draw the richest campaign of each kind of fraud; see `notable`."""
    campaigns = findings.fraud.campaigns
    moves = moves_of(run, [one.campaign_id for one in campaigns])
    chosen = notable(campaigns, {number: _ways(made) for number, made in moves.items()})
    return [
        _plot(run, one, moves[one.campaign_id], f"campaign_{place}")
        for place, one in enumerate(chosen, start=1)
    ]


def _ways(moves: Sequence[Move]) -> int:
    """Count who paid whom with money of the crime: what there is to see of a campaign."""
    return len({(move.debtor, move.creditor) for move in moves if move.tainted})


def notable(
    campaigns: Sequence[CampaignDetection], ways: Mapping[int, int]
) -> list[CampaignDetection]:
    """Choose one campaign of a kind: of those that the experiment is about, then the background.

    Of each kind it is the one with most edges, `ways`, in its graph; so are the kinds in order.
    Where nothing can be seen nothing is chosen.
    """
    first: dict[str, CampaignDetection] = {}
    seen = [one for one in campaigns if ways.get(one.campaign_id, 0)]
    for one in sorted(
        seen, key=lambda one: (one.name.startswith(_BACKGROUND), -ways[one.campaign_id])
    ):
        first.setdefault(one.typology, one)
    return list(first.values())[:CAMPAIGNS_DRAWN]


def _plot(run: RunFolder, one: CampaignDetection, moves: list[Move], name: str) -> Plot:
    import matplotlib.pyplot as plt  # noqa: PLC0415  # slow to import

    stages = list(dict.fromkeys(move.stage for move in moves))
    graph = gathered(money_graph(moves))
    # In inches, from below: times of payments, a gap, the graph, its headings and its legend.
    times, inches = 0.42 + _STAGE * max(2, len(stages)), _inches(graph)
    height = times + 0.3 + inches + 0.66
    figure = plt.figure(figsize=(_WIDTH, height))
    axes = figure.add_axes((0.02, (times + 0.3) / height, 0.96, inches / height))
    _draw_graph(axes, graph, point=_SPAN / (72 * inches))
    _legend(figure, moves, height)
    when = figure.add_axes((0.17, 0.34 / height, 0.77, (times - 0.34) / height))
    _draw_times(run, when, one, moves, stages)
    said = "" if math.isnan(one.sophistication) else f", S {number(one.sophistication, 2)}"
    title = f"Campaign {one.name}: {words(one.typology).lower()}{said}"
    return finish(figure, name, title, _note(one))


def _inches(graph: nx.DiGraph[Any]) -> float:
    """Return how high a graph has to be drawn so that its fullest layer has room."""
    fullest = max(len(nodes) for nodes in layers_of(graph).values())
    return min(_GRAPH_HIGHEST, _GRAPH_LOWEST + _GRAPH_ROW * (fullest - 1))


def _note(one: CampaignDetection) -> str:
    block = (
        "nothing was stopped"
        if math.isnan(one.first_block_s)
        else f"first stopped {duration(one.first_block_s - one.begun_s)} after it began"
        if one.first_block_s > one.begun_s
        else "its first payment was stopped"
    )
    end = {"cut": "; cut short by the end of the run", "stopped": "; it gave up"}.get(one.end, "")
    return (
        f"{one.intents:,} intents for {moneys(one.value_minor)}; {moneys(one.executed_minor)} "
        f"moved, counted each time; victims lost {moneys(one.loss_minor)}; {block}{end}."
    )


def _legend(figure: Any, moves: list[Move], height: float) -> None:
    from matplotlib.lines import Line2D  # noqa: PLC0415  # slow to import

    present = {move.fate for move in moves}
    lines = [
        Line2D([], [], color=LIGHT[FATE_COLOURS[fate]], lw=2.4, ls=_dashes(fate, 2.4))
        for fate in FATES
        if fate in present
    ]
    labels = [_FATE_WORDS[fate] for fate in FATES if fate in present]
    figure.legend(
        lines,
        labels,
        loc="upper right",
        bbox_to_anchor=(0.985, 1 - 0.02 / height),
        ncols=3,
        handlelength=1.8,
        columnspacing=1.4,
    )


def _draw_graph(axes: Any, graph: nx.DiGraph[Any], point: float) -> None:
    """Draw nodes and edges; `point` is the height of a typographic point on the axes."""
    layers = layers_of(graph)
    spots = _layout(graph, layers)
    most = max((sum(carried[f] for f in FATES) for *_, carried in graph.edges(data=True)))
    axes.set_xlim(-0.085, 1.085)
    axes.set_ylim(0.5 - _SPAN / 2, 0.5 + _SPAN / 2)
    axes.set_axis_off()
    for debtor, creditor, carried in graph.edges(data=True):
        _draw_edge(axes, spots[debtor], spots[creditor], carried, most, point)
    largest = max(seen["worth"] for _, seen in graph.nodes(data=True))
    for node, seen in graph.nodes(data=True):
        crowded = len(layers[seen["layer"]]) > _CROWDED
        colour = LIGHT[_colour(graph, node)]
        _draw_node(axes, spots[node], node, seen, largest, colour, crowded=crowded)
    for nodes in layers.values():
        heading = _heading([graph.nodes[node] for node in nodes])
        x = spots[nodes[0]][0]
        axes.annotate(
            heading,
            (x, 1.0),
            xycoords=("data", "axes fraction"),
            ha="center",
            va="bottom",
            fontsize=8,
            color=LIGHT["muted"],
        )


def _heading(seen: Sequence[dict[str, Any]]) -> str:
    """Name who stands in a layer; several kinds below each other."""
    counts: Counter[str] = Counter()
    for one in seen:
        counts[one["role"]] += one["accounts"]
    told = [f"{n:,} {_plural(role)}" if n > 1 else role for role, n in counts.items()]
    return "\n".join(told[:2] if len(told) <= 2 else [*told[:1], f"and {len(told) - 1} more kinds"])


def _plural(role: str) -> str:
    return f"{role[:-1]}ies" if role.endswith("y") else f"{role}s"


def _layout(graph: nx.DiGraph[Any], layers: dict[int, list[Hashable]]) -> dict[Hashable, Spot]:
    """Place layers from left to right, and let accounts stand near those they deal with."""
    order = {layer: list(nodes) for layer, nodes in layers.items()}
    heights = {node: y for nodes in order.values() for node, y in _spread(nodes).items()}
    undirected = graph.to_undirected(as_view=True)
    for sweep in range(6):
        for layer in sorted(order, reverse=bool(sweep % 2)):
            pulls = {
                node: _mean([heights[other] for other in undirected[node]], heights[node])
                for node in order[layer]
            }
            order[layer].sort(key=pulls.__getitem__, reverse=True)
            heights |= _spread(order[layer])
    columns = {layer: place for place, layer in enumerate(sorted(order))}
    last = max(1, len(columns) - 1)
    return {
        node: (columns[layer] / last if len(columns) > 1 else 0.5, heights[node])
        for layer, nodes in order.items()
        for node in nodes
    }


def _mean(values: Sequence[float], otherwise: float) -> float:
    return math.fsum(values) / len(values) if values else otherwise


def _spread(nodes: Sequence[Hashable]) -> dict[Hashable, float]:
    """Stand nodes evenly below each other, few of them not too far apart."""
    count = len(nodes)
    gap = min(0.3, 1.0 / max(count - 1, 1))
    top = 0.5 + gap * (count - 1) / 2
    return {node: top - gap * place for place, node in enumerate(nodes)}


def _draw_edge(
    axes: Any, start: Spot, end: Spot, carried: dict[str, float], most: float, point: float
) -> None:
    """Draw what moved, was stopped and failed side by side, each as wide as the root of it."""
    widths = {
        fate: max(0.7, _THICKEST * math.sqrt(carried[fate] / most))
        for fate in FATES
        if carried[fate] > 0
    }
    below = -(sum(widths.values()) + len(widths) - 1) / 2
    for fate, width in widths.items():
        _draw_curve(axes, start, end, (below + width / 2) * point, fate, width)
        below += width + 1


def _draw_curve(axes: Any, start: Spot, end: Spot, lift: float, fate: str, width: float) -> None:
    from matplotlib.patches import PathPatch  # noqa: PLC0415  # slow to import
    from matplotlib.path import Path  # noqa: PLC0415  # slow to import

    (x0, y0), (x1, y1) = start, end
    if x1 > x0:
        bend = (x1 - x0) / 2
        points = [(x0, y0 + lift), (x0 + bend, y0 + lift), (x1 - bend, y1 + lift), (x1, y1 + lift)]
    else:
        # Money that comes back goes round below, and within a layer round the right side.
        side, sink = (0.12, 0.0) if x1 == x0 else (0.06, -0.28 - 0.3 * (x0 - x1))
        points = [
            (x0, y0 + lift),
            (x0 + side, y0 + sink + lift),
            (x1 + (side if x1 == x0 else -side), y1 + sink + lift),
            (x1, y1 + lift),
        ]
    curve = Path(points, [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4])
    axes.add_patch(
        PathPatch(
            curve,
            fill=False,
            ec=LIGHT[FATE_COLOURS[fate]],
            lw=width,
            ls=_dashes(fate, width),
            alpha=0.62 if fate == "moved" else 0.8,
            capstyle="butt",
            zorder=1 if fate == "moved" else 2,
        )
    )


def _dashes(fate: str, width: float) -> Any:
    """Return dashes that a thick line does not stretch beyond recognition."""
    if fate == "moved":
        return "solid"
    on, off = (6.0, 3.0) if fate == "stopped" else (1.5, 2.5)
    return 0, (max(on, width) / width, max(off, 0.5 * width) / width)


def _colour(graph: nx.DiGraph[Any], node: Hashable) -> str:
    """Tell accounts apart by what they are in the flow: where it begins, passes, gathers, ends."""
    if isinstance(node, tuple) and node[0] in ("from", "to"):
        return "sand"
    if not graph.in_degree(node):
        return "accent"
    if not graph.out_degree(node):
        return "teal"
    return "rose" if graph.in_degree(node) >= _GATHERING else "violet"


def _draw_node(
    axes: Any,
    spot: Spot,
    node: Hashable,
    seen: dict[str, Any],
    largest: float,
    colour: str,
    *,
    crowded: bool,
) -> None:
    size = 34 + 220 * math.sqrt(seen["worth"] / largest)
    if crowded:
        size *= 0.6
    several = seen["accounts"] > 1
    axes.scatter(
        [spot[0]], [spot[1]], s=size, color=colour, edgecolors=LIGHT["card"], lw=1.2, zorder=4
    )
    label = f"{seen['accounts']:,} more" if several else _label(node)
    offset, ha, va = _beside(spot[0], math.sqrt(size) / 2 + 3, crowded=crowded)
    axes.annotate(
        label,
        spot,
        xytext=offset,
        textcoords="offset points",
        ha=ha,
        va=va,
        fontsize=7,
        color=LIGHT["muted"],
        bbox={"fc": LIGHT["card"], "ec": "none", "alpha": 0.75, "pad": 0.6},
        zorder=5,
    )


def _beside(x: float, points: float, *, crowded: bool) -> tuple[Spot, str, str]:
    """Say where a name stands: outside at the ends, else below, or to the right in a crowd."""
    if x == 0:
        return (-points, 0.0), "right", "center"
    if x == 1 or crowded:
        return (points, 0.0), "left", "center"
    return (0.0, -points), "center", "top"


def _label(node: Hashable) -> str:
    return "" if isinstance(node, tuple) else f"{node}"


def _draw_times(
    run: RunFolder, axes: Any, one: CampaignDetection, moves: list[Move], stages: list[str]
) -> None:
    from matplotlib.ticker import FuncFormatter, MultipleLocator  # noqa: PLC0415  # slow to import

    most = max(move.worth for move in moves)
    for fate in FATES:
        mine = [move for move in moves if move.fate == fate]
        axes.scatter(
            [move.created_ns / NS_PER_S for move in mine],
            [stages.index(move.stage) for move in mine],
            s=[10 + 80 * math.sqrt(move.worth / most) for move in mine],
            facecolors=LIGHT[FATE_COLOURS[fate]] if fate == "moved" else "none",
            edgecolors=LIGHT[FATE_COLOURS[fate]],
            alpha=0.75,
            lw=1.1,
            zorder=3,
        )
    span_s = max(one.last_s - one.begun_s, 1.0)
    axes.set_xlim(one.begun_s - 0.04 * span_s, one.last_s + 0.04 * span_s)
    axes.set_ylim(len(stages) - 0.45, -0.55)
    axes.set_yticks(range(len(stages)), [words(stage) or "payments" for stage in stages])
    axes.xaxis.set_major_locator(MultipleLocator(tick_s(span_s)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda t_s, _: clock(run, t_s)))
    axes.tick_params(labelsize=8)
    if not math.isnan(one.first_block_s):
        axes.axvline(one.first_block_s, color=LIGHT["ok"], lw=1.0)
        axes.text(
            one.first_block_s,
            1.02,
            "first block",
            transform=axes.get_xaxis_transform(),
            color=LIGHT["ok"],
            fontsize=8,
            ha="left" if one.first_block_s < one.begun_s + span_s / 2 else "right",
            va="bottom",
        )
