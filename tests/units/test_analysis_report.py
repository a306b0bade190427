from __future__ import annotations

import dataclasses
import re
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from synthetic_trace import Plan, bank, write_run

from sanket_sim.analysis.controls import Passage
from sanket_sim.analysis.findings import FINDINGS_NAME, read_findings
from sanket_sim.analysis.report import write_report
from sanket_sim.analysis.report.controls_chart import controls_plot
from sanket_sim.analysis.report.sections import executive_table, tables
from sanket_sim.analysis.report.service_map import CARD, layout
from sanket_sim.analysis.report.style import DARK, LIGHT
from sanket_sim.analysis.report.wording import moneys, words
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.bank.description import Bank, Service

PLOTS = {
    "service_map",
    "throughput",
    "quality",
    "latency",
    "leakage",
    "controls",
    "queues",
    "utilisation",
    "energy",
    "thresholds",
    "campaign_1",
    "campaign_2",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    plan = Plan(rate_per_s=20.0, duplicates=0.03, converted=0.3, found=0.8, righted=0.5, alarms=4)
    run = write_run(tmp_path_factory.mktemp("report"), plan)
    write_report(run)
    return run.path


@pytest.fixture(scope="module")
def page(folder: Path) -> str:
    return (folder / "report.html").read_text("utf-8")


def test_everything_is_written(folder: Path) -> None:
    assert {path.stem for path in (folder / "plots").glob("*.png")} == PLOTS
    for path in (folder / "plots").glob("*.png"):
        assert path.read_bytes().startswith(b"\x89PNG")
    assert read_findings(folder).to_json() == (folder / FINDINGS_NAME).read_text("utf-8")


def test_the_page_asks_nothing_of_the_network(page: str) -> None:
    bare = re.sub(r'xmlns(:\w+)?="[^"]+"', "", page)
    assert not re.search(r"https?://|<script|<link|@import|url\((?!#)", bare)
    assert not re.search(r'(?:src|href)="(?!#|data:)', bare)


def test_ids_are_unique_across_plots(page: str) -> None:
    ids = Counter(re.findall(r'\bid="([^"]+)"', page))
    assert [name for name, times in ids.items() if times > 1] == []
    assert set(re.findall(r"url\(#([^)]+)\)", page)) <= set(ids)


def test_the_page_knows_light_and_dark(page: str) -> None:
    assert LIGHT.keys() == DARK.keys()
    assert len(set(LIGHT.values())) == len(LIGHT)
    assert "prefers-color-scheme:dark" in page
    drawn = page.partition("</style>")[2]
    assert [colour for colour in LIGHT.values() if colour in drawn] == []


def test_every_headline_stands_beside_its_interval(page: str, folder: Path) -> None:
    found = read_findings(folder)
    rate = found.leakage.rate_count
    assert f"{100 * rate.value:.3g}" in page
    assert f"{100 * rate.low:.3g} to {100 * rate.high:.3g}" in page
    assert page.count("95 %:") == 6


def test_markdown_links_plots_that_exist(folder: Path) -> None:
    text = (folder / "report.md").read_text("utf-8")
    links = re.findall(r"\((plots/[^)]+)\)", text)
    assert len(links) == len(PLOTS)
    assert all((folder / link).is_file() for link in links)


def test_the_same_run_gives_the_same_report(folder: Path, page: str) -> None:
    write_report(RunFolder(folder, bank()))
    assert (folder / "report.html").read_text("utf-8") == page


@pytest.mark.parametrize("complete", [True, False])
def test_a_run_without_traffic_has_a_report(tmp_path, complete: bool) -> None:
    write_report(write_run(tmp_path, Plan(rate_per_s=0, complete=complete)))
    text = (tmp_path / "report.html").read_text("utf-8")
    assert ("partial run" in text) is not complete


def test_names_are_escaped(tmp_path) -> None:
    run = write_run(tmp_path, Plan(rate_per_s=0))
    text = (tmp_path / "experiment.toml").read_text("utf-8")
    (tmp_path / "experiment.toml").write_text(text.replace('"synthetic"', '"<b>x</b>"'))
    write_report(RunFolder(tmp_path, run.bank))
    assert "<b>x</b>" not in (tmp_path / "report.html").read_text("utf-8")


@pytest.mark.parametrize(
    "seen", [[(0, 0), (1, 0), (1, 1)], [(0, 0)] * 3, [(0, 0), (151, 3), (9, 80)]]
)
def test_cards_never_touch(tmp_path, seen: list[tuple[float, float]]) -> None:
    services = tuple(Service(f"s{i}", 1, 1, x=x, y=y) for i, (x, y) in enumerate(seen))
    write_run(tmp_path, Plan(rate_per_s=0))
    places = layout(RunFolder(tmp_path, Bank("b", services, (), (), ())))
    apart = np.abs(places[:, None] - places[None])
    clear = (apart >= np.array(CARD)).any(axis=2)
    assert clear[~np.eye(len(seen), dtype=bool)].all()


def test_no_table_has_two_columns_of_one_name(folder: Path) -> None:
    found = read_findings(folder)
    for table in [*tables(found), executive_table(found)]:
        assert len(set(table.headings)) == len(table.headings), table.title
        assert {len(row) for row in table.rows} == {len(table.headings)}, table.title


def test_every_cell_of_the_cross_table_stands_in_the_report(folder: Path) -> None:
    text = (folder / "report.md").read_text("utf-8")
    cells = read_findings(folder).leakage.cells
    moneyless = [cell for cell in cells if not any(cell.glv_minor.values())]
    told = sum(cell.leaked for cell in moneyless)
    assert f"{told:,} leaks without money" in text
    assert 0 < len(moneyless) < len(cells)
    for cell in cells:
        if cell in moneyless:
            continue
        control = cell.control or "-"
        (line,) = [
            line
            for line in text.splitlines()
            if line.startswith(f"| {words(cell.leak_class)} | {cell.service} |")
        ]
        assert f"| {control} | {cell.leaked:,} |" in line
        assert line.endswith(f"| {moneys(cell.glv_minor)} |")


def test_the_control_matrix_tells_count_and_money(folder: Path) -> None:
    found = {table.title: table for table in tables(read_findings(folder))}
    course = read_findings(folder).controls.by_trap["duplicate_submit"]
    counts, money = (
        next(row for row in found[f"Control matrix, {what}"].rows if row[0].startswith("T01"))
        for what in ("intents", "money")
    )
    assert counts[:3] == money[:3] == ("T01 duplicate submit", "idempotency_key", "on")
    injected, no_leak, told_wrong, executed = map(int, counts[3:7])
    assert injected == course.injected.intents == no_leak + told_wrong + executed
    assert money[3] == moneys(course.executed.minor)
    assert "JPY" in money[3]
    assert len(found["Control matrix, money"].headings) == 8, "what was submitted is no loss"


def test_traps_that_struck_nobody_are_named_in_a_line(folder: Path) -> None:
    found = read_findings(folder)
    struck = found.controls.by_trap["duplicate_submit"]
    idle = dataclasses.replace(struck, code="T02", injected=Passage(0, {}))
    traps = found.controls.by_trap | {"lost_ack_new_key": idle}
    found = dataclasses.replace(found, controls=dataclasses.replace(found.controls, by_trap=traps))
    (matrix,) = [table for table in tables(found) if table.title == "Control matrix, intents"]
    assert not any(row[0].startswith("T02") for row in matrix.rows)
    assert "Struck nobody: T02 lost ack new key." in matrix.note
    plot = controls_plot(found)
    assert plot is not None
    assert "Struck nobody: T02 lost ack new key." in plot.note
    assert "T02" not in plot.svg


def test_drawing_a_run_that_ends_before_its_trap_is_laid_warns_of_nothing(tmp_path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write_report(write_run(tmp_path, Plan(duplicates=1e-9, fault=(900, 960))))
    assert not (tmp_path / "plots" / "controls.png").exists()


def test_drawing_a_run_that_was_stopped_in_its_warm_up_says_that_nothing_is_measured(
    tmp_path,
) -> None:
    short = Plan(duration_s=2, warmup_s=60, complete=False, fault=(120, 150))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write_report(write_run(tmp_path, short))
    text = (tmp_path / "report.md").read_text("utf-8")
    assert text.count("The run ended in its warm-up, of which nothing is measured.") == 6
    assert "No intent was measured" in text
    assert not re.search(r"\bnan\b", text)


def test_yen_have_no_decimals(folder: Path) -> None:
    text = (folder / "report.md").read_text("utf-8")
    assert re.search(r"\d JPY", text)
    assert not re.search(r"\.\d+ JPY", text)


def test_words_stand_left_and_figures_right(page: str, folder: Path) -> None:
    text = (folder / "report.md").read_text("utf-8")
    heads = "| Class | Service | Trap | Control | Leaked | Share | Gross leak |"
    assert f"{heads}\n|---|---|---|---|---:|---:|---:|\n" in text
    assert '<th class="name">Control</th><th>Leaked</th>' in page


def test_without_traps_and_leaks_there_is_no_picture_of_controls(tmp_path) -> None:
    write_report(write_run(tmp_path, Plan(duplicates=0.0, fault=None, rate_per_s=10.0)))
    assert not (tmp_path / "plots" / "controls.png").exists()
    assert (tmp_path / "plots" / "leakage.png").exists()
