"""The way of a campaign's money, as a graph and as a picture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fraud_trace import (
    CASH,
    MINUTE,
    MULES,
    OTHER_BANK,
    SHOP,
    Payment,
    Told,
    card_testing,
    chain,
    scatter_gather,
    takeover,
    write,
)
from synthetic_trace import bank

from sanket_sim.analysis.findings import measure
from sanket_sim.analysis.money_graph import NODES_MOST, gathered, layers_of, money_graph, moves_of
from sanket_sim.analysis.report import write_report
from sanket_sim.analysis.report.campaign_chart import CAMPAIGNS_DRAWN, _heading, notable
from sanket_sim.analysis.report.style import LIGHT
from sanket_sim.analysis.run_folder import RunFolder


def graph_of(tmp_path: Path, told: Told, campaign: int = 0):
    return money_graph(moves_of(write(tmp_path, told), [campaign])[campaign])


def test_a_chain_has_a_layer_for_every_hop(tmp_path) -> None:
    told = Told()
    chain(told, 0, MINUTE, hops=4)
    graph = graph_of(tmp_path, told)
    ways = [("from", CASH), *MULES[5:9], ("to", OTHER_BANK)]
    assert list(layers_of(graph).values()) == [[node] for node in ways]
    assert [graph.nodes[node]["role"] for node in ways] == ["cash", *4 * ["mule"], "other bank"]


def test_a_fan_comes_together_again_and_shows_what_was_stopped(tmp_path) -> None:
    told = Told()
    scatter_gather(told, 0, MINUTE, wide=9)
    graph = graph_of(tmp_path, told)
    assert [len(nodes) for nodes in layers_of(graph).values()] == [1, 1, 9, 1, 1]
    assert graph.nodes[MULES[20]]["role"] == "controller"
    assert graph.edges[MULES[20], MULES[23]]["stopped"] == 480.0
    assert graph.edges[MULES[20], MULES[27]]["failed"] == 640.0
    assert graph.edges[101, MULES[20]]["moved"] == 6_000.0


def test_money_that_comes_back_leaves_its_account_where_it_was(tmp_path) -> None:
    told = Told(campaigns={0: ("ring", 0.5, "complete")})
    ring = [100, *MULES[:2]]
    pairs = zip(ring, [*ring[1:], ring[0]], strict=True)
    told.add(
        *(
            Payment(hop * MINUTE, a, b, 1_000, "layering", 0, stage="layer", role="mule", hop=hop)
            for hop, (a, b) in enumerate(pairs)
        )
    )
    graph = graph_of(tmp_path, told)
    assert [graph.nodes[node]["layer"] for node in ring] == [0, 1, 2]


def test_cover_traffic_moves_no_account_out_of_its_place(tmp_path) -> None:
    told = Told()
    chain(told, 0, MINUTE, hops=3)
    cover = replace(told.payments[2], creditor=SHOP, stage="cover", hop=0, tainted=0.0)
    told.add(replace(cover, at=7 * MINUTE))
    graph = graph_of(tmp_path, told)
    assert SHOP not in graph
    assert [graph.nodes[node]["layer"] for node in MULES[5:8]] == [1, 2, 3]


def test_crowds_are_gathered_and_nobody_is_dropped(tmp_path) -> None:
    told = Told()
    card_testing(told, 0, MINUTE)
    graph = graph_of(tmp_path, told)
    small = gathered(graph)
    assert max(len(nodes) for nodes in layers_of(small).values()) == NODES_MOST
    assert sum(seen["accounts"] for _, seen in small.nodes(data=True)) == len(graph)
    for fate in ("moved", "stopped"):
        assert sum(carried[fate] for *_, carried in small.edges(data=True)) == pytest.approx(
            sum(carried[fate] for *_, carried in graph.edges(data=True))
        )


def test_a_trace_without_truth_still_shows_who_paid_whom(tmp_path) -> None:
    told = Told(truth=False)
    takeover(told, 0, MINUTE)
    told.campaigns = {}
    graph = graph_of(tmp_path, told)
    assert list(graph.edges) == [(100, MULES[0])]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    told = Told([Payment(i * MINUTE // 9, 150 + i % 40, SHOP, 900) for i in range(400)])
    takeover(told, 0, 5 * MINUTE)
    chain(told, 1, 4 * MINUTE)
    scatter_gather(told, 2, 3 * MINUTE)
    card_testing(told, 3, 8 * MINUTE)
    takeover(told, 4, 25 * MINUTE, victim=140)
    phones = {"typology": "account_takeover", "twin": "new phone", "campaign": 5}
    told.add(*(replace(one, **phones).declined() for one in told.payments[:4]))
    run = write(tmp_path_factory.mktemp("drawn"), told)
    write_report(run)
    return run.path


def test_the_greatest_campaign_of_each_kind_is_drawn(folder: Path) -> None:
    run = RunFolder(folder, bank())
    found = measure(run)
    chosen = notable(found.fraud.campaigns, {one.campaign_id: 1 for one in found.fraud.campaigns})
    assert len(chosen) == CAMPAIGNS_DRAWN == len({one.typology for one in chosen})
    assert [path.stem for path in sorted((folder / "plots").glob("campaign_*.png"))] == [
        f"campaign_{place}" for place in range(1, 5)
    ]


def test_those_that_the_experiment_names_are_drawn_before_the_background(folder: Path) -> None:
    raid, *others = measure(RunFolder(folder, bank())).fraud.campaigns
    few = replace(raid, campaign_id=90, name="quiet")
    blind = replace(raid, campaign_id=91, name="logins alone")
    grey = replace(raid, campaign_id=92, name="background 3")
    other = replace(others[-1], campaign_id=93, typology="u_turn", name="background 4")
    ways = {raid.campaign_id: 3, 90: 2, 91: 0, 92: 50, 93: 60}
    chosen = notable([other, grey, blind, few, raid], ways)
    assert chosen == [raid, other]


def test_several_identities_are_no_identitys() -> None:
    assert _heading([{"role": "identity", "accounts": 4}]) == "4 identities"


def test_campaigns_stand_in_the_report_by_name(folder: Path) -> None:
    text = (folder / "report.md").read_text("utf-8")
    for name in ("long way", "spring fan", "till roll", "evening raid"):
        assert f"## Campaign {name}: " in text
        assert f"| {name} |" in text


def test_tables_about_fraud_stand_in_the_report(folder: Path) -> None:
    text = (folder / "report.md").read_text("utf-8")
    titles = (
        "Fraud detection",
        "Campaigns",
        "Fraud by stage",
        "False alarms",
        "What fraud and its prevention cost",
    )
    assert [title for title in titles if f"\n## {title}\n" not in text] == []
    assert "| New phone | Account takeover | 4 | 4 |" in text


def test_pictures_of_campaigns_take_the_colours_of_the_page(folder: Path) -> None:
    drawn = (folder / "report.html").read_text("utf-8").partition("</style>")[2]
    assert [colour for colour in LIGHT.values() if colour in drawn] == []
    assert "80 more" in drawn
