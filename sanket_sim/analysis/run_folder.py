"""What an analyst has: the folder of a run and nothing else."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, ValidationError

from sanket_sim.analysis.settings import ReportSettings, SloSettings, SteadyStateSettings
from sanket_sim.analysis.timeline import COARSE_WINDOWS_MAX, Timeline
from sanket_sim.bank.description import Bank
from sanket_sim.core.errors import TraceError
from sanket_sim.core.money import exponent_of
from sanket_sim.core.settings import DurationNs, PositiveDurationNs, Settings
from sanket_sim.core.units import NS_PER_S
from sanket_sim.trace.batch import Columns, rows_in
from sanket_sim.trace.manifest import Manifest, load_manifest
from sanket_sim.trace.reader import Trace
from sanket_sim.trace.schema import TRAP_MARK

FOREVER_NS = 2**62


class ExperimentOutline(Settings):
    """The part of a saved experiment that its analysis needs; the rest is the simulator's."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    name: str = ""
    seed: int = 0
    start: datetime | None = None
    duration: PositiveDurationNs = NS_PER_S
    """When arrivals stop."""
    warmup: DurationNs = 0
    """How much of the beginning the findings leave out."""
    slo: SloSettings = SloSettings()
    steady_state: SteadyStateSettings = SteadyStateSettings()
    report: ReportSettings = ReportSettings()


class Fault:
    """A disturbance and when it was on; one that was never taken back lasts to the end."""

    def __init__(self, fault_id: int, kind: str, target: str, begin_ns: int, end_ns: int) -> None:
        self.fault_id, self.kind, self.target = fault_id, kind, target
        self.begin_ns, self.end_ns = begin_ns, end_ns

    @property
    def label(self) -> str:
        """The fault in two words."""
        return f"{self.kind} on {self.target}" if self.target else self.kind


@dataclass(frozen=True, slots=True)
class LaidTrap:
    """A trap that was laid in the run.

    Parameters
    ----------
    kind : str
        As the intents that it struck carry it.
    code : str
        Its number in the catalogue, for example ``"T06"``.
    control : str
        The bank's control that catches it; empty if none does, or an old trace does not say.
    control_on : bool
        Whether that control was on.
    """

    kind: str
    code: str
    control: str
    control_on: bool


class RunFolder:
    """One run on disk, complete or partial, as analysers read it.

    Parameters
    ----------
    path : Path or str
        The run's folder.
    bank : Bank, optional
        The bank that was simulated; read from the run's ``model.toml`` when not given.

    Raises
    ------
    TraceError
        If the folder holds no run, or its experiment cannot be understood.
    """

    def __init__(self, path: Path | str, bank: Bank | None = None) -> None:
        self.path = Path(path)
        self.trace = Trace(self.path)
        self.manifest: Manifest = load_manifest(self.path)
        self.experiment = load_outline(self.path / "experiment.toml")
        self._bank = bank
        assert self.services is not None, "services take their codes before any table is read"
        # A part of the truth in which there are twins alone would give the first of them code 0,
        # which means that a payment is no twin's.
        self.trace.vocabularies["twin"].code("")

    @cached_property
    def bank(self) -> Bank:
        """The bank as the run saw it, overrides included."""
        if self._bank is not None:
            return self._bank
        from sanket_sim.bank import load_bank  # noqa: PLC0415  # tests bring their own bank

        return load_bank(self.path / "model.toml")[0]

    @cached_property
    def services(self) -> list[str]:
        """Names of the bank's services, in its order; a name's place is its code in the trace."""
        names = [service.name for service in self.bank.services]
        words = self.trace.vocabularies["service"]
        assert [words.code(name) for name in names] == list(range(len(names))), "named too late"
        return names

    @property
    def start_ns(self) -> int:
        """Where the measured part of the run begins."""
        return self.experiment.warmup

    @cached_property
    def arrivals_end_ns(self) -> int:
        """Where arrivals stop: the planned duration, or how far a run came that was cut short."""
        planned_ns = self.experiment.duration
        reached_ns = self.manifest.simulated_ns
        return planned_ns if reached_ns == 0 else min(planned_ns, reached_ns)

    @cached_property
    def end_ns(self) -> int:
        """Where the run ends, its draining included."""
        return max(self.arrivals_end_ns, self.manifest.simulated_ns)

    @cached_property
    def fine(self) -> Timeline:
        """Windows for counts."""
        return Timeline.covering(self.arrivals_end_ns)

    @cached_property
    def coarse(self) -> Timeline:
        """Windows for percentiles."""
        return Timeline.covering(self.arrivals_end_ns, COARSE_WINDOWS_MAX)

    @cached_property
    def faults(self) -> list[Fault]:
        """The disturbances that had a window of their own, in the order they struck."""
        table = self.trace.columns("faults")
        kinds, targets = self.trace.words("fault_kind"), self.trace.words("fault_target")
        found = [
            Fault(int(number), kinds[kind], targets[target], int(begin), _end(int(end), int(begin)))
            for number, kind, target, begin, end in zip(
                *(table[key] for key in ("fault_id", "kind", "target", "begin_ns", "end_ns")),
                strict=True,
            )
        ]
        struck = [fault for fault in found if not self._always_on(fault)]
        return sorted(struck, key=lambda fault: (fault.begin_ns, fault.fault_id))

    def worth(self, amounts_minor: Mapping[str, int]) -> Fraction:
        """Return amounts by currency as one sum, in units of the bank's first currency.

        At the bank's own rates, a currency without one at par: good enough to put leaks in order.
        """
        return worth_of(amounts_minor, self.bank.rates)

    @cached_property
    def traps(self) -> dict[str, LaidTrap]:
        """The traps that were laid, by their kind."""
        table = self.trace.columns("faults", ["kind", "parameters"])
        kinds, texts = self.trace.words("fault_kind"), self.trace.words("fault_parameters")
        rows = zip(table["kind"].tolist(), table["parameters"].tolist(), strict=True)
        laid = {kinds[kind]: texts[text] for kind, text in rows}
        return {
            kind.removeprefix(TRAP_MARK): self._trap(kind.removeprefix(TRAP_MARK), parameters)
            for kind, parameters in laid.items()
            if kind.startswith(TRAP_MARK)
        }

    def _trap(self, kind: str, parameters: str) -> LaidTrap:
        said = json.loads(parameters or "{}")
        control = said.get("control", "")
        on = bool(getattr(self.bank.controls, control, False)) if control else False
        return LaidTrap(kind, said.get("code", ""), control, on)

    def intents(self, names: Sequence[str]) -> Iterator[Columns]:
        """Yield the measured intents (those born after the warm-up) part by part."""
        wanted = list(dict.fromkeys([*names, "created_ns"]))
        for batch in self.trace.batches("transactions", wanted):
            yield _where(batch, batch["created_ns"] >= self.start_ns)

    def hops(self, names: Sequence[str], *, corrections: bool = True) -> Iterator[Columns]:
        """Yield the hops of measured intents part by part, with or without the bank's own."""
        wanted = list(dict.fromkeys([*names, "tx_id", "sent_ns"]))
        for batch in self.trace.batches("hops", wanted):
            keep = (batch["sent_ns"] >= self.start_ns) & ~_among(self._warm_ids, batch["tx_id"])
            if not corrections:
                keep &= ~_among(self.correction_ids, batch["tx_id"])
            yield _where(batch, keep)

    def gauges(self, names: Sequence[str]) -> Iterator[Columns]:
        """Yield the gauges of the measured part, while there were arrivals, part by part."""
        wanted = list(dict.fromkeys([*names, "time_ns"]))
        for batch in self.trace.batches("gauges", wanted):
            times_ns = batch["time_ns"]
            yield _where(batch, (times_ns > self.start_ns) & (times_ns <= self.arrivals_end_ns))

    @cached_property
    def _warm_ids(self) -> NDArray[np.int64]:
        """Ids of the intents born during the warm-up: few, and their hops may come much later."""
        if self.start_ns == 0:
            return np.empty(0, np.int64)
        born = self.trace.batches("transactions", ["tx_id", "created_ns"])
        early = [batch["tx_id"][batch["created_ns"] < self.start_ns] for batch in born]
        return np.sort(np.concatenate(early)) if early else np.empty(0, np.int64)

    @cached_property
    def correction_ids(self) -> NDArray[np.int64]:
        """Ids of the measured payments by which the bank put others right, ascending."""
        born = self.intents(["tx_id", "original_tx_id"])
        own = [batch["tx_id"][batch["original_tx_id"] >= 0] for batch in born]
        return np.sort(np.concatenate(own)) if own else np.empty(0, np.int64)

    def _always_on(self, fault: Fault) -> bool:
        return fault.begin_ns <= 0 and fault.end_ns >= self.experiment.duration


def worth_of(amounts_minor: Mapping[str, int], rates: Mapping[str, Fraction]) -> Fraction:
    """Return amounts by currency as one sum, in units of the currency that the rates count from.

    Examples
    --------
    >>> worth_of({"EUR": 150, "JPY": 330}, {"JPY": Fraction(165)})
    Fraction(7, 2)
    """
    return sum(
        (
            Fraction(minor, 10 ** exponent_of(currency)) / rates.get(currency, Fraction(1))
            for currency, minor in amounts_minor.items()
        ),
        Fraction(0),
    )


def load_outline(path: Path) -> ExperimentOutline:
    """Read the part of a saved experiment that matters to analysis.

    Raises
    ------
    TraceError
        If the file is missing or cannot be understood.
    """
    try:
        return ExperimentOutline.model_validate(tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise TraceError(f"{path}: cannot be read; a run folder keeps its experiment") from error
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise TraceError(f"{path}: not an experiment this program understands: {error}") from error


def _among(ids: NDArray[np.int64], tx_ids: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say which of `tx_ids` are among `ids`, which ascend."""
    if not len(ids):
        return np.zeros(len(tx_ids), np.bool_)
    places = np.minimum(np.searchsorted(ids, tx_ids), len(ids) - 1)
    return np.asarray(ids[places] == tx_ids)


def _where(batch: Columns, keep: NDArray[np.bool_]) -> Columns:
    if rows_in(batch) == 0 or keep.all():
        return batch
    return {name: column[keep] for name, column in batch.items()}


def _end(end_ns: int, begin_ns: int) -> int:
    return end_ns if end_ns >= begin_ns else FOREVER_NS
