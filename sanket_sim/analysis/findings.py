"""Every headline of a run, typed, and as JSON."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from sanket_sim.analysis.conservation import ConservationFinding, measure_conservation
from sanket_sim.analysis.controls import ControlsFinding, hold_totals, measure_controls
from sanket_sim.analysis.detection import FraudFinding, measure_fraud
from sanket_sim.analysis.energy import EnergyFinding, measure_energy
from sanket_sim.analysis.executive import ExecutiveFinding, summarise
from sanket_sim.analysis.latency import LatencyFinding, measure_latency
from sanket_sim.analysis.leakage import LeakageFinding, measure_leakage
from sanket_sim.analysis.resilience import ResilienceFinding, measure_resilience
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.analysis.traffic import TrafficFinding, measure_traffic
from sanket_sim.analysis.verdict import VerdictFinding, measure_verdict
from sanket_sim.core.errors import TraceError
from sanket_sim.core.units import NS_PER_S

FINDINGS_NAME = "findings.json"


@dataclass(frozen=True, slots=True)
class RunSummary:
    """Which run this is, and how much of it counts."""

    name: str
    seed: int
    model: str
    engine: str
    version: str
    complete: bool
    reason: str
    duration_s: float
    warmup_s: float
    measured_s: float
    simulated_s: float
    people: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """What one run showed; each field is a block of ``findings.json``.

    Examples
    --------
    ``measure("results/peak_load-s42").leakage.rate_count.value``
    """

    run: RunSummary
    traffic: TrafficFinding
    latency: LatencyFinding
    leakage: LeakageFinding
    controls: ControlsFinding
    resilience: ResilienceFinding
    energy: EnergyFinding
    fraud: FraudFinding
    conservation: ConservationFinding
    executive: ExecutiveFinding
    verdict: VerdictFinding

    def to_json(self) -> str:
        """Return the findings as JSON; what could not be measured is null."""
        return json.dumps(to_plain(self), indent=2, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Findings:
        """Read findings back.

        Raises
        ------
        TraceError
            If the text is not the findings of a run.
        """
        try:
            found: Findings = from_plain(cls, json.loads(text))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise TraceError(f"these are not findings: {error}") from error
        return found


def measure(run: RunFolder | Path | str) -> Findings:
    """Measure everything about a run, from its folder alone.

    Parameters
    ----------
    run : RunFolder, Path or str
        A run's folder; complete or partial.

    Raises
    ------
    TraceError
        If the folder holds no run.
    ConservationError
        If law L7 does not hold: what traps injected, what leaked, and what was found and put right
        do not add up.
    """
    folder = run if isinstance(run, RunFolder) else RunFolder(run)
    leakage, resilience = measure_leakage(folder), measure_resilience(folder)
    energy, controls = measure_energy(folder), measure_controls(folder)
    hold_totals(controls, leakage)
    return Findings(
        run=_summary(folder),
        traffic=measure_traffic(folder),
        latency=measure_latency(folder),
        leakage=leakage,
        controls=controls,
        resilience=resilience,
        energy=energy,
        fraud=measure_fraud(folder),
        conservation=measure_conservation(folder),
        executive=summarise(leakage, resilience, energy.high_energy_events),
        verdict=measure_verdict(folder),
    )


def read_findings(folder: Path | str) -> Findings:
    """Read the findings that a run's folder holds.

    Raises
    ------
    TraceError
        If there are none, or they cannot be understood.
    """
    path = Path(folder) / FINDINGS_NAME
    try:
        return Findings.from_json(path.read_text("utf-8"))
    except OSError as error:
        raise TraceError(f"{path}: cannot be read; write it with `sanket-sim report`") from error


def _summary(run: RunFolder) -> RunSummary:
    manifest = run.manifest
    return RunSummary(
        name=run.experiment.name or manifest.name,
        seed=manifest.seed,
        model=run.bank.name,
        engine=manifest.engine,
        version=manifest.version,
        complete=manifest.complete,
        reason="" if manifest.complete else manifest.reason,
        duration_s=run.arrivals_end_ns / NS_PER_S,
        warmup_s=run.start_ns / NS_PER_S,
        measured_s=max(0, run.arrivals_end_ns - run.start_ns) / NS_PER_S,
        simulated_s=run.end_ns / NS_PER_S,
        people=manifest.people,
    )


def to_plain(value: Any) -> Any:
    """Turn findings into what JSON knows; NaN and infinities become null.

    Examples
    --------
    >>> from sanket_sim.analysis.statistics import Estimate
    >>> to_plain({"rate": Estimate(0.5, 0.25, math.nan, 4)})
    {'rate': {'value': 0.5, 'low': 0.25, 'high': None, 'n': 4}}
    """
    if dataclasses.is_dataclass(value):
        return {
            field.name: to_plain(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_plain(item) for item in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return value


def from_plain(kind: Any, value: Any) -> Any:
    """Build a value of type `kind` out of what JSON knows; null becomes NaN for numbers."""
    if dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind)
        names = [field.name for field in dataclasses.fields(kind)]
        return kind(**{name: from_plain(hints[name], value[name]) for name in names})  # type: ignore[operator]  # is_dataclass also admits instances
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        raise TypeError(f"findings hold no unions, but {kind}")
    if origin is dict:
        return {key: from_plain(arguments[1], item) for key, item in value.items()}
    if origin is tuple:
        return tuple(from_plain(arguments[0], item) for item in value)
    if kind is float:
        return math.nan if value is None else float(value)
    return kind(value) if isinstance(kind, type) and issubclass(kind, StrEnum) else value
