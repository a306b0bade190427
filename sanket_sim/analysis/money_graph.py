"""The way of the money of a fraud campaign: accounts, and what moved between them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.fraud_payments import STOPPING
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.trace.batch import Columns, places_of

if TYPE_CHECKING:
    import networkx as nx

NODES_MOST = 11
"""Accounts that a layer shows one by one; the smaller ones stand together as one node."""
_WORLD = "world"
_COLUMNS = (
    "tx_id",
    "campaign_id",
    "debtor_account",
    "creditor_account",
    "amount_minor",
    "d_minor",
    "currency",
    "decline_reason",
)
_TRUTH = ("tx_id", "hop", "role", "stage", "tainted_share")


class Move(NamedTuple):
    """One payment of a campaign.

    Parameters
    ----------
    worth : float
        Amount in units of the bank's first currency, for widths and sizes; no money is counted
        with it.
    debtor, creditor : Hashable
        Who pays whom. The worlds outside the bank are told apart as sources and as sinks.
    fate : str
        "moved", "stopped" for suspicion, or "failed" otherwise.
    """

    created_ns: int
    debtor: Hashable
    creditor: Hashable
    payer: str
    payee: str
    worth: float
    hop: int
    stage: str
    fate: str
    tainted: bool
    """Whether there is any money of the crime in it; cover traffic is not."""


FATES = ("moved", "stopped", "failed")


@dataclass(frozen=True, slots=True)
class _People:
    """Who stands behind accounts, as the table of agents says."""

    role: Mapping[int, str]
    segment: Mapping[int, str]

    def ends(self, debtor: int, creditor: int) -> tuple[Hashable, Hashable]:
        """Return the nodes of a payment's ends."""
        source = ("from", debtor) if self.role.get(debtor) == _WORLD else debtor
        sink = ("to", creditor) if self.role.get(creditor) == _WORLD else creditor
        return source, sink

    def name(self, account: int, said: str = "") -> str:
        """Name whoever an account is, by what the truth says of him if it says anything."""
        role = self.role.get(account, "payee")
        if role == _WORLD:
            return self.segment[account].replace("_", " ")
        names = {"merchant": "shop", "customer": "payee"}
        return said or names.get(role, role)


def moves_of(run: RunFolder, campaigns: Iterable[int]) -> dict[int, list[Move]]:
    """Return the payments of some campaigns in the order in which they were made."""
    wanted = np.array(sorted(campaigns), np.int64)
    found: dict[int, list[Move]] = {int(number): [] for number in wanted}
    parts = [_rows(batch, wanted) for batch in run.intents(_COLUMNS)]
    if not parts or not any(len(part["tx_id"]) for part in parts):
        return found
    rows = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    told, people = _truth(run, rows["tx_id"]), _people(run, rows)
    for row in np.argsort(rows["created_ns"], kind="stable").tolist():
        one = {name: int(column[row]) for name, column in rows.items()}
        found[one["campaign_id"]].append(_move(run, one, told[row], people))
    return found


def _rows(batch: Columns, wanted: NDArray[np.int64]) -> Columns:
    keep = np.isin(batch["campaign_id"], wanted) & (batch["amount_minor"] > 0)
    return {name: column[keep] for name, column in batch.items()}


class _Told(NamedTuple):
    """What the truth says of one payment; of one that it does not know, nothing."""

    hop: int = 0
    role: str = ""
    stage: str = ""
    tainted: bool = True


def _truth(run: RunFolder, tx_ids: NDArray[np.int64]) -> list[_Told]:
    table = run.trace.columns("truth", _TRUTH)
    order = np.argsort(table["tx_id"], kind="stable")
    place = places_of(table["tx_id"][order], tx_ids)
    roles, stages = run.trace.words("role"), run.trace.words("stage")
    if not len(order):
        return [_Told()] * len(tx_ids)
    columns = (table[name][order][np.maximum(place, 0)] for name in _TRUTH[1:])
    return [
        _Told(int(hop), roles[role], stages[stage], share > 0) if known else _Told()
        for known, hop, role, stage, share in zip(place >= 0, *columns, strict=True)
    ]


def _people(run: RunFolder, rows: Columns) -> _People:
    accounts = np.unique(np.concatenate([rows["debtor_account"], rows["creditor_account"]]))
    names = ("account_id", "role", "segment")
    agents = run.trace.columns("agents", names)
    keep = np.isin(agents["account_id"], accounts)
    roles, segments = run.trace.words("role"), run.trace.words("segment")
    # A fraudster's row repeats the account of his mule; whose account it is stands first.
    known = list(zip(*(agents[name][keep].tolist() for name in names), strict=True))[::-1]
    return _People(
        {account: roles[role] for account, role, _ in known},
        {account: segments[segment] for account, _, segment in known},
    )


def _move(run: RunFolder, one: Mapping[str, int], told: _Told, people: _People) -> Move:
    debtor, creditor = one["debtor_account"], one["creditor_account"]
    currency = run.trace.words("currency")[one["currency"]]
    source, sink = people.ends(debtor, creditor)
    return Move(
        one["created_ns"],
        source,
        sink,
        people.name(debtor, told.role),
        people.name(creditor),
        float(run.worth({currency: one["amount_minor"]})),
        told.hop,
        told.stage,
        "moved" if one["d_minor"] > 0 else _fate(one["decline_reason"]),
        told.tainted,
    )


def _fate(reason: int) -> str:
    return "stopped" if reason in STOPPING else "failed"


def money_graph(moves: Iterable[Move]) -> nx.DiGraph[Any]:
    """Return who paid whom, cover traffic left out.

    Nodes carry `layer` (how many payments away from where the money began), `role`, `worth` (what
    went through or was to), `first_ns` and `accounts` (1, or how many stand together). Edges carry
    the worth that moved, was stopped, and failed otherwise.
    """
    import networkx as nx  # noqa: PLC0415  # slow to import

    graph: nx.DiGraph[Any] = nx.DiGraph()
    for move in (move for move in moves if move.tainted):
        _enter(graph, move.debtor, move.payer, move.hop, move, known=True)
        _enter(graph, move.creditor, move.payee, move.hop + 1, move, known=False)
        if not graph.has_edge(move.debtor, move.creditor):
            graph.add_edge(move.debtor, move.creditor, **dict.fromkeys(FATES, 0.0))
        graph.edges[move.debtor, move.creditor][move.fate] += move.worth
    _send_sinks_last(graph)
    return graph


def _enter(
    graph: nx.DiGraph[Any], node: Hashable, role: str, layer: int, move: Move, *, known: bool
) -> None:
    """Put an account into the graph; who pays is known better than who is paid."""
    if node not in graph:
        graph.add_node(
            node, layer=layer, role=role, worth=0.0, first_ns=move.created_ns, accounts=1
        )
    seen = graph.nodes[node]
    seen["layer"] = min(seen["layer"], layer)
    seen["worth"] += move.worth
    if known:
        seen["role"] = role


def _send_sinks_last(graph: nx.DiGraph[Any]) -> None:
    """Put the worlds outside the bank beyond everything else."""
    sinks = [node for node in graph if isinstance(node, tuple) and node[0] == "to"]
    inside = [graph.nodes[node]["layer"] for node in graph if node not in sinks]
    for node in sinks:
        graph.nodes[node]["layer"] = max(inside, default=0) + 1


def gathered(graph: nx.DiGraph[Any], most: int = NODES_MOST) -> nx.DiGraph[Any]:
    """Return the graph with the smaller accounts of crowded layers put together.

    Examples
    --------
    >>> import networkx as nx
    >>> crowd = nx.DiGraph()
    >>> for place in range(30):
    ...     crowd.add_node(place, layer=0, role="victim", worth=1.0, first_ns=place, accounts=1)
    >>> small = gathered(crowd)
    >>> len(small), max(small.nodes[node]["accounts"] for node in small)
    (11, 20)
    """
    import networkx as nx  # noqa: PLC0415  # slow to import

    into = _gathering(graph, most)
    made: nx.DiGraph[Any] = nx.DiGraph()
    for node, seen in graph.nodes(data=True):
        one = into[node]
        if one not in made:
            made.add_node(one, **{**seen, "worth": 0.0, "accounts": 0})
        made.nodes[one]["worth"] += seen["worth"]
        made.nodes[one]["accounts"] += seen["accounts"]
    for debtor, creditor, carried in graph.edges(data=True):
        ends = into[debtor], into[creditor]
        if not made.has_edge(*ends):
            made.add_edge(*ends, **dict.fromkeys(FATES, 0.0))
        for fate in FATES:
            made.edges[ends][fate] += carried[fate]
    return made


def _gathering(graph: nx.DiGraph[Any], most: int) -> dict[Hashable, Hashable]:
    """Say into which node each goes: itself, or the rest of its layer and role."""
    into: dict[Hashable, Hashable] = {node: node for node in graph}
    for layer in layers_of(graph).values():
        ranked = sorted(
            layer, key=lambda node: (-graph.nodes[node]["worth"], graph.nodes[node]["first_ns"])
        )
        if len(ranked) > most:
            for node in ranked[most - 1 :]:
                seen = graph.nodes[node]
                into[node] = ("rest", seen["layer"], seen["role"])
    return into


def layers_of(graph: nx.DiGraph[Any]) -> dict[int, list[Hashable]]:
    """Return the nodes of each layer, in the order in which they came."""
    layers: dict[int, list[Hashable]] = {}
    for node, seen in graph.nodes(data=True):
        layers.setdefault(seen["layer"], []).append(node)
    return dict(sorted(layers.items()))
