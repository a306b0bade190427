"""The shapes in which money is passed on, as layers of accounts and the ties between them.

References
----------
Altman et al. 2023, Realistic Synthetic Financial Transactions for Anti-Money Laundering Models,
section 3: fan-in, fan-out, cycle, scatter-gather, gather-scatter, bipartite and stack.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple, get_args

Shape = Literal["chain", "scatter_gather", "gather_scatter", "cycle", "stack", "bipartite"]
SHAPES: tuple[Shape, ...] = get_args(Shape)
LANES_FEWEST, LANES_MOST = 2, 4
"""Into how many lanes money is split, where it is: 1 in a chain, up to 4 elsewhere."""


class Tie(NamedTuple):
    """A payment from a place in one layer to a place in the next."""

    source: int
    target: int


@dataclass(frozen=True, slots=True)
class Web:
    """Who passes money on to whom.

    Parameters
    ----------
    layers : tuple of tuple of int
        Labels of the accounts of each layer; the same label is the same account.
    ties : tuple of tuple of Tie
        Payments from each layer to the next; one fewer than there are layers.
    """

    layers: tuple[tuple[int, ...], ...]
    ties: tuple[tuple[Tie, ...], ...]

    @property
    def hops(self) -> int:
        """How many times money is passed on before it leaves."""
        return len(self.ties)

    @property
    def payments(self) -> int:
        """How many payments pass money on."""
        return sum(map(len, self.ties))

    @property
    def places(self) -> int:
        """At how many places money arrives, an account that sees it twice counted twice."""
        return sum(map(len, self.layers))

    @property
    def meets(self) -> bool:
        """Whether payments meet anywhere, so that an account waits for more than one."""
        return any(
            self.ties_into(layer, place) > 1
            for layer in range(1, self.hops + 1)
            for place in range(len(self.layers[layer]))
        )

    def ties_from(self, layer: int, place: int) -> tuple[Tie, ...]:
        """Return the payments that a place of a layer makes; none in the last layer."""
        if layer == self.hops:
            return ()
        return tuple(tie for tie in self.ties[layer] if tie.source == place)

    def ties_into(self, layer: int, place: int) -> int:
        """Return how many payments a place waits for, 0 in the first layer."""
        return sum(tie.target == place for tie in self.ties[layer - 1]) if layer else 0


def weave(shape: Shape, hops: int, lanes: int) -> Web:
    """Return a web of a shape in which money is passed on `hops` times, at least 3.

    Parameters
    ----------
    shape : Shape
    hops : int
    lanes : int
        Into how many lanes money is split; a chain and a cycle have one.

    Examples
    --------
    >>> weave("cycle", 3, 2).layers
    ((0,), (1,), (2,), (0,))
    >>> web = weave("scatter_gather", 3, 2)
    >>> web.layers, web.payments
    (((0,), (1, 2), (3, 4), (5,)), 6)
    >>> weave("bipartite", 3, 2).layers
    ((0, 1), (2, 3), (0, 1), (2, 3))
    """
    widths = _WIDTHS[shape](hops, lanes)
    labels = _labels(widths)
    if shape == "cycle":
        labels[-1] = labels[0]
    if shape == "bipartite":
        labels = [labels[layer % 2] for layer in range(len(labels))]
    pairs = pairwise(widths)
    across = shape in ("stack", "bipartite")
    return Web(tuple(labels), tuple(_ties(one, other, across=across) for one, other in pairs))


def lanes_of(depth: int, lanes: int) -> Web:
    """Return parallel chains of `depth` accounts each.

    Examples
    --------
    >>> lanes_of(2, 3).layers
    ((0, 1, 2), (3, 4, 5))
    """
    widths = [lanes] * depth
    pairs = pairwise(widths)
    ties = tuple(_ties(one, other, across=False) for one, other in pairs)
    return Web(tuple(_labels(widths)), ties)


def _labels(widths: list[int]) -> list[tuple[int, ...]]:
    labels, first = [], 0
    for width in widths:
        labels.append(tuple(range(first, first + width)))
        first += width
    return labels


def _ties(sources: int, targets: int, *, across: bool) -> tuple[Tie, ...]:
    """Tie two layers: lane by lane, or everybody to everybody across or into and out of a hub."""
    if sources == targets and not across:
        return tuple(Tie(lane, lane) for lane in range(sources))
    return tuple(Tie(one, other) for one in range(sources) for other in range(targets))


def _one_lane(hops: int, lanes: int) -> list[int]:
    del lanes  # there is one
    return [1] * (hops + 1)


def _scattered(hops: int, lanes: int) -> list[int]:
    return [1, *[lanes] * (hops - 1), 1]


def _gathered(hops: int, lanes: int) -> list[int]:
    before = (hops + 1) // 2
    return [*[lanes] * before, 1, *[lanes] * (hops - before)]


def _sheets(hops: int, lanes: int) -> list[int]:
    return [lanes] * (hops + 1)


_WIDTHS: Mapping[Shape, Callable[[int, int], list[int]]] = {
    "chain": _one_lane,
    "cycle": _one_lane,
    "scatter_gather": _scattered,
    "gather_scatter": _gathered,
    "stack": _sheets,
    "bipartite": _sheets,
}
