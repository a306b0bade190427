"""The block about fraud on the screen of a run."""

from __future__ import annotations

import pytest
from fraud_trace import MINUTE, SHOP, Payment, S, Told, chain, takeover, write
from rich.console import Console

from sanket_sim.analysis.findings import measure
from sanket_sim.console.summary import _fraud


@pytest.fixture(scope="module")
def lines(tmp_path_factory) -> dict[str, str]:
    told = Told([Payment(i * S, 150 + i % 40, SHOP, 900) for i in range(100)])
    told.payments[5] = told.payments[5].closed()
    takeover(told, 0, 5 * MINUTE)
    told.payments[-2] = told.payments[-2].unchecked()
    chain(told, 1, MINUTE)
    told.decisions = [
        (at * MINUTE, "analyst", word, tx_id, "decline")
        for tx_id, verdict in ((101, "clear"), (102, "confirm"))
        for at, word in ((20, "take_up"), (25, verdict))
    ]
    console = Console(width=80)
    with console.capture() as screen:
        console.print(_fraud(measure(write(tmp_path_factory.mktemp("screen"), told))))
    return {line[:20].strip(): " ".join(line[20:].split()) for line in screen.get().splitlines()}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("victims lost", "700.00 EUR 2 campaigns"),
        ("before a first block", "700.00 EUR"),
        ("stopped", "200.00 EUR"),
        ("caught least", "0 % layering"),
        ("alerts confirmed", "1 of 2 alerts reviewed"),
        ("passed, no check", "1 300.00 EUR lost"),
        ("honest, no check", "1 9.00 EUR refused"),
        ("loss and alarms", "720.00 EUR assumed prices"),
    ],
)
def test_each_figure_stands_beside_what_it_means(
    lines: dict[str, str], name: str, said: str
) -> None:
    assert lines[name] == said


def test_shares_stand_beside_their_intervals(lines: dict[str, str]) -> None:
    assert lines["fraud caught"].startswith("12.5 % 2.24 % ..")
    assert lines["campaigns blocked"].startswith("50.0 % 9.45 % ..")
