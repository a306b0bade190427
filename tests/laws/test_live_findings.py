"""At the end of a run the figures of the flight deck are those of the findings."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import pytest

from sanket_sim.analysis.findings import Findings
from sanket_sim.core.outcomes import LeakClass
from sanket_sim.core.units import NS_PER_S
from sanket_sim.live.frames import WINDOW_S, Alert, ServiceNow
from sanket_sim.live.inspection import inspect
from sanket_sim.live.meters.board import Meters
from sanket_sim.live.meters.instruments import Instruments
from sanket_sim.live.meters.tally import Count
from sanket_sim.live.picture import Picture
from sanket_sim.live.watches import leaks, objectives, spending
from sanket_sim.simulation import run as running
from sanket_sim.simulation.crew import Cockpit
from sanket_sim.simulation.resolve import resolve
from sanket_sim.trace.batch import TraceBatch
from sanket_sim.trace.writer import TraceWriter

EXPERIMENTS = Path(__file__).resolve().parents[2] / "experiments"


ROWS_PER_PART = 3000
"""Small, so that most rows are on the disk before the end asks for them."""


class Watch:
    """A picture of a real run, which may be stopped before its time."""

    corrections = 0

    def __init__(self, stop_ns: int | None) -> None:
        self.stop_ns = stop_ns

    def board(self, cockpit: Cockpit) -> None:
        self.picture, self.cockpit = Picture(cockpit), cockpit
        cockpit.simulation.observers = (*cockpit.simulation.observers, self)

    def observe(self, batch: TraceBatch) -> tuple[()]:
        self.picture.observe(batch)
        ended = batch.transactions
        own = (ended["original_tx_id"] >= 0) & (ended["leak_class"] == LeakClass.NONE)
        self.corrections += int(own.sum())
        if batch.end_ns == self.stop_ns:
            self.cockpit.stop("the watch")
        return ()

    def leave(self) -> None:
        self.picture.close()


class Flown(NamedTuple):
    picture: Picture
    findings: Findings
    corrections: int

    @property
    def meters(self) -> Meters:
        return self.picture.meters

    @property
    def now(self) -> Instruments:
        return self.meters.now

    @property
    def cards(self) -> dict[str, ServiceNow]:
        return {card.name: card for card in self.picture.services.services()}

    @property
    def leak_alerts(self) -> dict[str, Alert]:
        """The newest alert of each class of leaks."""
        alerts = reversed(self.picture.alarms.book.newest().alerts)
        found = {}
        for alert in alerts:
            if alert.topic == leaks.TOPIC:
                _, past = self.picture.alarms.book.find(alert.alert_id) or (None, None)
                assert past is not None
                found[past.notice.key] = alert
        return found


STALL = [{"kind": "latency", "target": "payment", "at": "25s", "for": "15s", "add": "5s"}]
TRAPS = [
    {"kind": "duplicate_submit", "probability": 0.02},
    {"kind": "lost_ack_new_key", "probability": 0.02},
    {"kind": "currency_mismatch", "probability": 0.05},
    {"kind": "wrong_exponent", "probability": 1.0},
]
HASTY = {
    "intraday": "5s",
    "grace": "1s",
    "approval": "1s",
    "investigation": {"law": "constant", "value": "1s"},
}
RUNS = {
    "peak_load": (
        "50s",
        {
            "warmup": "10s",
            "fault": STALL,
            "trap": TRAPS,
            "demand.rate": "90/s",
            "controls.same_ledger": False,
            "controls.exponent_table": False,
            "reconciliation": HASTY,
        },
    ),
    "retry_storm": ("80s", {"warmup": "10s"}),
    "fraud_attack": ("5m", {"warmup": "30s", "demand.rate": "20/s", "population.customers": 2000}),
    # Customers overdraw accounts, and the bank corrects that while it goes on; a service that is
    # not back when somebody stops the run leaves intents in flight.
    "cbe_2024": (
        "6m",
        {
            "warmup": "30s",
            "drain": "0s",
            "reconciliation.end_of_day": "00:02",
            "reconciliation.approval": "1s",
            "reconciliation.investigation": {"law": "constant", "value": "5s"},
            "fault": [{"kind": "pause", "target": "clearing", "at": "2m", "for": "10m"}],
        },
    ),
    # Payments that stall are born before the end of the warm-up, and go on calling long after it.
    "payment_stall": (
        "80s",
        {"warmup": "65s", "drain": "2s", "fault.0.probability": 0.5, "demand.rate": "30/s"},
    ),
}


STOPPED = {"cbe_2024": 4 * 60 * NS_PER_S}
QUICK = ("cbe_2024", "payment_stall", "peak_load", "retry_storm")
LONG = pytest.param("fraud_attack", marks=pytest.mark.slow)


@pytest.fixture(scope="module", params=[*QUICK, LONG])
def flown(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Flown:
    duration, overrides = RUNS[request.param]
    watch, out = Watch(STOPPED.get(request.param)), tmp_path_factory.mktemp(request.param)
    asked = resolve(EXPERIMENTS / f"{request.param}.toml", overrides, duration=duration)
    small = partial(TraceWriter, rows_per_part=ROWS_PER_PART)
    with patch.object(running, "TraceWriter", small):
        run = running.run_once(asked, running.Options(out=out, report=False), crew=watch)
    assert not watch.picture.trouble
    return Flown(watch.picture, run.findings, watch.corrections)


def test_intents_are_counted_as_the_findings_count_them(flown: Flown) -> None:
    total, traffic = flown.now.total, flown.findings.traffic
    assert traffic.submitted > 300
    assert total[Count.SUBMITTED] == traffic.submitted
    assert total[Count.GOOD] == traffic.good
    assert total[Count.OPEN] == traffic.in_flight
    assert total[Count.LEAKED] == traffic.leaked == flown.findings.leakage.leaked
    assert total[Count.GOOD_PAYMENTS] == flown.findings.energy.good_payments
    assert total[Count.FAILED] + total[Count.LEAKED] == traffic.submitted - traffic.good - (
        traffic.in_flight
    )


def test_leaks_are_those_of_the_findings_to_the_minor_unit(flown: Flown) -> None:
    leakage = flown.findings.leakage
    for leak_class in LeakClass:
        found = leakage.by_class.get(leak_class.name)
        assert flown.now.total.leaks[leak_class] == (found.leaked if found else 0)
        lost = {} if found is None else {name: one for name, one in found.glv_minor.items() if one}
        assert flown.now.leaked_minor_of(leak_class) == lost
    assert flown.now.leaked_minor == {
        name: one.glv_minor for name, one in leakage.by_currency.items() if one.glv_minor
    }


def test_every_service_is_as_hot_on_the_map_as_in_the_findings(flown: Flown) -> None:
    by_service = flown.findings.leakage.by_service
    assert sum(card.leaked for card in flown.cards.values()) == flown.findings.leakage.leaked
    for name, card in flown.cards.items():
        found = by_service.get(name)
        assert card.leaked == (found.leaked if found else 0), name
        assert card.leak_share == pytest.approx(found.rate.value if found else 0.0), name
        worth = flown.now.value(found.glv_minor) if found else 0.0
        assert card.leak_minor == pytest.approx(100 * worth, abs=0.51), name


def test_the_operations_that_leak_add_up_to_their_service(flown: Flown) -> None:
    """Most of their hops are on the disk by then."""
    words = flown.picture.scene.words["operation"].words
    for name, card in flown.cards.items():
        leaking = inspect(flown.picture, "service", name).leaking
        assert sum(one.leaks for one in leaking) == card.leaked
        assert all(one.operation in words for one in leaking)
        assert all(one.operation.startswith(f"{name}.") for one in leaking)
        assert all(0 < len(one.tx_ids) <= one.leaks for one in leaking)


def test_every_class_of_leaks_has_an_alert_with_its_figures(flown: Flown) -> None:
    by_class, cells = flown.findings.leakage.by_class, flown.findings.leakage.cells
    since = flown.now.since or "in all"
    for name, found in by_class.items():
        alert = flown.leak_alerts[name]
        assert f" {found.leaked:,} {since}" in alert.detail, name
        assert alert.end_ns is not None, "nothing leaks any more"
        assert f"of the last {WINDOW_S} s" not in alert.detail
        leaked = {
            service: sum(
                one.leaked for one in cells if (one.leak_class, one.service) == (name, service)
            )
            for service in flown.cards
        }
        assert leaked[alert.subject] == max(leaked.values())
    for name in flown.leak_alerts.keys() - by_class.keys():
        assert "all of them in the warm-up" in flown.leak_alerts[name].detail


def test_what_is_measured_over_time_is_over_with_the_run(flown: Flown) -> None:
    topics = {leaks.TOPIC, objectives.TOPIC, spending.TOPIC}
    alerts = [one for one in flown.picture.alarms.book.newest().alerts if one.topic in topics]
    assert alerts
    assert all(one.end_ns is not None for one in alerts)


def test_the_bottleneck_is_that_of_the_audit(flown: Flown) -> None:
    findings = flown.findings
    visited = [one.visited for one in findings.resilience.by_service.values()]
    assert flown.now._visits.intents.tolist() == visited
    fact = {tile.key: tile for tile in flown.meters.tiles()}["resilience"].facts[0]
    if findings.leakage.leaked:
        assert flown.now.bottleneck == findings.executive.critical_bottleneck
        ranks = {name: inspect(flown.picture, "service", name).rank for name in flown.cards}
        assert [name for name, rank in ranks.items() if rank] == [flown.now.bottleneck]
        label = flown.cards[flown.now.bottleneck].label
        assert fact == f"bottleneck {label}"
    else:
        assert fact.startswith("busiest ")


def test_the_error_budget_is_burnt_as_the_findings_say(flown: Flown) -> None:
    sli = flown.findings.resilience.sli.value
    burn = (1 - sli) / (1 - flown.now.slo.availability)
    assert flown.now.burn == pytest.approx(burn)
    fact = {tile.key: tile for tile in flown.meters.tiles()}["p99"].facts[1]
    assert fact.startswith(f"budget burn {burn:.1f}")


def test_the_score_of_the_run_is_the_service_level(flown: Flown) -> None:
    assert flown.now.score_so_far == pytest.approx(100 * flown.findings.resilience.sli.value)


def test_latency_is_within_the_error_of_the_sketch(flown: Flown) -> None:
    found = flown.findings.latency.end_to_end
    assert int(flown.now.total.latency.sum()) == found.n
    for q, estimate in ((0.5, found.p50_s), (0.95, found.p95_s), (0.99, found.p99_s)):
        assert flown.now.total.quantile_ms(q) == pytest.approx(1e3 * estimate.value, rel=0.01)


def test_fraud_is_counted_as_the_findings_count_it(flown: Flown) -> None:
    seen, fraud = flown.now.detection, flown.findings.fraud
    assert seen.caught == fraud.true_positives
    assert seen.false_alarms == fraud.false_positives
    assert seen.missed == fraud.false_negatives
    assert seen.cleared == fraud.true_negatives
    assert seen.nobody_judges == fraud.nobody_judged


def test_energy_and_carbon_are_those_of_the_findings(flown: Flown) -> None:
    energy, spent = flown.findings.energy, flown.now.spent
    assert spent.energy_j == pytest.approx(energy.energy_j, rel=1e-9)
    assert spent.embodied_g == pytest.approx(energy.embodied_gco2e, rel=1e-9)
    assert flown.now.carbon_mg_so_far == pytest.approx(energy.sci_mg.value, rel=1e-9)


def test_the_tiles_end_with_the_findings(flown: Flown) -> None:
    tiles, findings = {tile.key: tile for tile in flown.meters.tiles()}, flown.findings
    assert tiles["throughput"].value == pytest.approx(findings.traffic.goodput_per_s.value)
    assert tiles["resilience"].value == pytest.approx(100 * findings.resilience.sli.value)
    assert tiles["carbon"].value == pytest.approx(findings.energy.sci_mg.value)
    assert tiles["leakage"].value == pytest.approx(100 * findings.leakage.rate_count.value)
    assert tiles["leakage"].facts[0].startswith(f"{findings.leakage.leaked:,} ")


def test_the_runs_show_what_the_law_is_about(flown: Flown, request: pytest.FixtureRequest) -> None:
    """A law that holds for nothings alone says nothing."""
    total, seen, name = flown.now.total, flown.now.detection, request.node.callspec.params["flown"]
    shown = {
        "peak_load": (
            len(flown.now.leaked_minor) > 1 and min(total[Count.FAILED], seen.cleared) > 0
        ),
        "retry_storm": total.leaks[LeakClass.DUPLICATE] > 100,
        "fraud_attack": min(seen.caught, seen.missed, seen.cleared) > 0,
        "payment_stall": total[Count.OPEN] > 0,
        "cbe_2024": (
            total[Count.OPEN] > 50
            and sum(card.leaked > 0 for card in flown.cards.values()) > 1
            and flown.corrections > 10
        ),
    }
    assert shown[name]
