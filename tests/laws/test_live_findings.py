"""At the end of a run the figures of the flight deck are those of the findings."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from sanket_sim.analysis.findings import Findings
from sanket_sim.core.outcomes import LeakClass
from sanket_sim.live.meters.board import Meters
from sanket_sim.live.meters.instruments import Instruments
from sanket_sim.live.meters.tally import Count
from sanket_sim.live.reading.detection import Detection
from sanket_sim.live.scene import Scene
from sanket_sim.simulation.crew import Cockpit
from sanket_sim.simulation.resolve import resolve
from sanket_sim.simulation.run import Options, run_once
from sanket_sim.trace.batch import TraceBatch

EXPERIMENTS = Path(__file__).resolve().parents[2] / "experiments"


class Watch:
    """Meters aboard a real run."""

    def board(self, cockpit: Cockpit) -> None:
        scene = Scene.of(cockpit)
        self.detection = Detection(scene)
        self.meters = Meters(scene, self.detection)
        cockpit.simulation.observers = (*cockpit.simulation.observers, self)

    def observe(self, batch: TraceBatch) -> tuple[()]:
        self.detection.observe(batch)
        self.meters.observe(batch)
        return ()

    def leave(self) -> None:
        pass


class Flown(NamedTuple):
    meters: Meters
    findings: Findings

    @property
    def now(self) -> Instruments:
        return self.meters.now


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
    # Payments that stall are born before the end of the warm-up, and go on calling long after it.
    "payment_stall": (
        "80s",
        {"warmup": "65s", "drain": "2s", "fault.0.probability": 0.5, "demand.rate": "30/s"},
    ),
}


QUICK = ("payment_stall", "peak_load", "retry_storm")
LONG = pytest.param("fraud_attack", marks=pytest.mark.slow)


@pytest.fixture(scope="module", params=[*QUICK, LONG])
def flown(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Flown:
    duration, overrides = RUNS[request.param]
    watch, out = Watch(), tmp_path_factory.mktemp(request.param)
    asked = resolve(EXPERIMENTS / f"{request.param}.toml", overrides, duration=duration)
    run = run_once(asked, Options(out=out, report=False), crew=watch)
    return Flown(watch.meters, run.findings)


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


def test_leaks_with_a_root_are_those_of_its_service(flown: Flown) -> None:
    """Findings also blame services for leaks that the trace blames nobody for."""
    by_service = flown.findings.leakage.by_service
    roots = flown.now.total.roots.sum(axis=0)
    known = dict.fromkeys(flown.now.service_names, 0)
    known |= {name: group.leaked for name, group in by_service.items() if name in known}
    for name, blamed in zip(flown.now.service_names, roots[:-1].tolist(), strict=True):
        assert blamed <= known[name] <= blamed + roots[-1]


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
    assert tiles["leakage"].facts[0].startswith(f"{findings.leakage.leaked:,} unit")


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
    }
    assert shown[name]
