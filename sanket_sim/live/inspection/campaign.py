"""The campaign inspector: the file of one fraud, from its plan to where its money went."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sanket_sim.actors.city import City
from sanket_sim.live.frames import Case, Move
from sanket_sim.live.inspection.missing import Missing
from sanket_sim.live.people.campaigns import MOVES_MOST, CaseFile, first_currency_minor
from sanket_sim.live.picture import Picture

SOURCE, SINK = -1, -2
"""The world outside the bank, as where money comes from and where it goes."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a campaign was meant to be: its settings.

    Parameters
    ----------
    sophistication : float
        0: crude and fast; 1: patient, and close to what honest people do.
    pace : float
        Multiplies its waits of hours and days.
    end : str
        ``cut`` while it goes on, ``complete``, or ``stopped`` by the bank or a victim.
    """

    name: str
    sophistication: float
    pace: float
    end: str


@dataclass(frozen=True, slots=True)
class Node:
    """Somebody among whom a campaign's money goes.

    Parameters
    ----------
    agent_id : int
        `SOURCE` or `SINK` for the world outside.
    part : str
        ``victim``, ``mule``, ``payee`` or ``outside``.
    layer : int
        How many payments away from where the money began.
    """

    agent_id: int
    name: str
    part: str
    layer: int


@dataclass(frozen=True, slots=True)
class Edge:
    """What went from one to the other, or was to: in the bank's first currency."""

    debtor: int
    creditor: int
    payments: int
    moved_minor: int
    stopped_minor: int


@dataclass(frozen=True, slots=True)
class CampaignFile:
    """Everything about one campaign; all of it is ground truth.

    Parameters
    ----------
    case : Case
    fraudster_id : int
        Whoever carries it out, -1: unknown.
    plan : Plan or None
        None where the simulation has no such campaign of its own.
    found_ns : int or None
        When the bank first noticed it.
    currency : str
        Of the sums.
    moved_minor : int
        However often the same money moved.
    nodes, edges : tuple
        The way of the money, of the moves in `case`.
    """

    case: Case
    fraudster_id: int
    plan: Plan | None
    found_ns: int | None
    currency: str
    moved_minor: int
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def inspect_campaign(picture: Picture, key: str) -> CampaignFile:
    """Return everything about one campaign.

    Raises
    ------
    Missing
        If there is none of that number, or nothing of it has been seen so far.
    """
    number = int(key) if key.isascii() and key.isdecimal() else -1
    book, bank = picture.fraud.campaigns, picture.scene.bank
    file = book.files.get(number)
    if file is None:
        raise Missing(f"campaign {key}")
    edges = _edges(picture, file.moves)
    return CampaignFile(
        case=book.case(file, MOVES_MOST),
        fraudster_id=file.fraudster,
        plan=_plan(picture, number),
        found_ns=file.found_ns if file.found else None,
        currency=bank.currencies[0],
        moved_minor=first_currency_minor(file.moved_minor, bank),
        nodes=_nodes(picture, file, edges),
        edges=edges,
    )


def _plan(picture: Picture, campaign_id: int) -> Plan | None:
    city = picture.cockpit.simulation.city
    if not isinstance(city, City) or campaign_id >= len(city.fraudsters):
        return None
    actor = city.fraudsters[campaign_id]
    asked = actor.campaign
    return Plan(asked.name, asked.sophistication, asked.pace, actor.ending)


def _edges(picture: Picture, moves: Iterable[Move]) -> tuple[Edge, ...]:
    count: Counter[tuple[int, int]] = Counter()
    sums: dict[tuple[int, int], dict[str, Counter[str]]] = {}
    for move in moves:
        if move.fate == "step":
            continue
        ends = (
            move.debtor if move.debtor >= 0 else SOURCE,
            move.creditor if move.creditor >= 0 else SINK,
        )
        count[ends] += 1
        by_fate = sums.setdefault(ends, {"moved": Counter(), "stopped": Counter()})
        if move.fate in by_fate:
            by_fate[move.fate][move.currency] += move.amount_minor
    bank = picture.scene.bank
    return tuple(
        Edge(
            *ends,
            count[ends],
            *(first_currency_minor(by_fate[fate], bank) for fate in ("moved", "stopped")),
        )
        for ends, by_fate in sums.items()
    )


def _nodes(picture: Picture, file: CaseFile, edges: tuple[Edge, ...]) -> tuple[Node, ...]:
    people, names = picture.fraud.campaigns.people(file), picture.names
    found = []
    for agent, layer in _layers(edges).items():
        if agent < 0:
            found.append(Node(agent, "outside the bank", "outside", layer))
            continue
        accomplice = "mule" if people.get(agent) else "victim"
        part = accomplice if agent in people else "payee"
        found.append(Node(agent, names.agent(agent), part, layer))
    return tuple(found)


def _layers(edges: tuple[Edge, ...]) -> dict[int, int]:
    """Return how far each end is from where money begins: whoever receives none, else the first.

    Examples
    --------
    >>> _layers((Edge(7, 8, 1, 5, 0), Edge(8, 9, 1, 5, 0)))
    {7: 0, 8: 1, 9: 2}
    """
    onward: dict[int, list[int]] = {}
    for edge in edges:
        onward.setdefault(edge.debtor, []).append(edge.creditor)
    paid = {edge.creditor for edge in edges}
    layers: dict[int, int] = {}
    _spread([one for one in onward if one not in paid], onward, layers)
    for one in onward:
        if one not in layers:
            _spread([one], onward, layers)
    return layers


def _spread(beginnings: list[int], onward: Mapping[int, list[int]], layers: dict[int, int]) -> None:
    """Go breadth first from where money begins, and note how far everybody is."""
    waiting = deque(beginnings)
    layers.update(dict.fromkeys(beginnings, 0))
    while waiting:
        here = waiting.popleft()
        for there in onward.get(here, ()):
            if there not in layers:
                layers[there] = layers[here] + 1
                waiting.append(there)
