"""One run from its TOML to its findings: the only place where every room is introduced."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sanket_sim.actors.back_office.office import BackOffice
from sanket_sim.actors.city import City
from sanket_sim.actors.demand import demand_of
from sanket_sim.actors.financial_crime.unit import CrimeUnit
from sanket_sim.actors.onboarding import Onboarding
from sanket_sim.actors.plans import Plans
from sanket_sim.actors.presets import label_of, read_preset
from sanket_sim.bank.description import Accounts, Bank
from sanket_sim.core.errors import InputError, Problem, TraceError
from sanket_sim.core.memory import seldom_swept
from sanket_sim.core.units import format_duration, since_midnight_ns
from sanket_sim.faults import Scenario
from sanket_sim.fraud import enlist
from sanket_sim.network import SimPyEngine
from sanket_sim.simulation.conservation import MoneyAuditor
from sanket_sim.simulation.crew import Cockpit, Crew, NoCrew
from sanket_sim.simulation.experiment import Experiment
from sanket_sim.simulation.interruption import Interrupted, Interruption, interruptible
from sanket_sim.simulation.loop import (
    Calendar,
    Guard,
    NoGuard,
    NoRepairs,
    Observer,
    Repairs,
    Simulation,
)
from sanket_sim.simulation.record import (
    EXPERIMENT_NAME,
    RunRecord,
    choose_folder,
    packages,
    source_commit,
)
from sanket_sim.simulation.resolve import ResolvedExperiment, resolve
from sanket_sim.simulation.steering import OperatorCommand, Replay
from sanket_sim.trace import schema
from sanket_sim.trace.batch import TraceBatch
from sanket_sim.trace.files import sha256_of
from sanket_sim.trace.manifest import Manifest, load_manifest
from sanket_sim.trace.reader import Trace
from sanket_sim.trace.vocabulary import Vocabularies
from sanket_sim.trace.writer import TraceWriter

if TYPE_CHECKING:
    import pandas as pd

    from sanket_sim.analysis.findings import Findings

EngineName = Literal["auto", "simpy", "compiled"]
TraceKept = Literal["full", "transactions", "none"]
RESULTS = Path("results")
NOBODY = NoCrew()
CODE_0_IS_NONE = ("typology", "trap")
"""Vocabularies in which honest and unspoilt intents carry code 0, the empty word."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to run, as opposed to what.

    Parameters
    ----------
    out : Path
        Parent of the run's folder.
    engine : {"auto", "simpy", "compiled"}
    trace : {"full", "transactions", "none"}
        Which tables stay on the disk when the findings have been taken.
    duration : str or None
        Replaces the experiment's duration, for example ``"10m"``.
    force : bool
        Replace an earlier run of the same name and seed.
    report : bool
        Write report and plots too, not the findings alone.
    """

    out: Path = RESULTS
    engine: EngineName = "auto"
    trace: TraceKept = "full"
    duration: str | None = None
    force: bool = False
    report: bool = True

    def inside(self, folder: Path) -> Options:
        """Return the options of one run among several below `folder`."""
        return replace(self, out=folder, force=False, report=False)


class Run:
    """A run on disk: what it was, what happened, what it means.

    Parameters
    ----------
    folder : Path or str
        For example ``results/peak_load-s42``.

    Raises
    ------
    TraceError
        If the folder holds no run.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        self.manifest: Manifest = load_manifest(self.folder)

    @property
    def complete(self) -> bool:
        """Whether the run came to its end."""
        return self.manifest.complete

    @property
    def interrupted(self) -> bool:
        """Whether somebody stopped the run."""
        return bool(self.manifest.interrupted_by)

    @cached_property
    def trace(self) -> Trace:
        """Every table of the run."""
        return Trace(self.folder)

    @cached_property
    def findings(self) -> Findings:
        """Every headline with its interval, measured from the trace."""
        from sanket_sim.analysis import measure, read_findings  # noqa: PLC0415  # brings scipy

        written = (self.folder / "findings.json").is_file()
        return read_findings(self.folder) if written else measure(self.folder)

    @cached_property
    def findings_json(self) -> dict[str, Any]:
        """The findings as they stand in ``findings.json``."""
        text = (self.folder / "findings.json").read_text("utf-8")
        found: dict[str, Any] = json.loads(text)
        return found

    def transactions(self) -> pd.DataFrame:
        """Return one row per intent."""
        return self.trace.frame("transactions")

    def hops(self) -> pd.DataFrame:
        """Return one row per attempt at a service."""
        return self.trace.frame("hops")

    def postings(self) -> pd.DataFrame:
        """Return one row per signed amount on an account."""
        return self.trace.frame("postings")

    def scan(self, table: str) -> Any:
        """Return a table as a `pyarrow.dataset.Dataset`, without reading it."""
        return self.trace.scan(table)

    def __repr__(self) -> str:
        state = "complete" if self.complete else self.manifest.reason
        return f"Run({str(self.folder)!r}, {state})"


def run(
    path: Path | str,
    seed: int | None = None,
    overrides: Mapping[str, object] | None = None,
    *,
    observers: Sequence[Observer] = (),
    **options: Any,
) -> Run:
    """Carry an experiment out and measure it.

    Parameters
    ----------
    path : Path or str
        An experiment file, or the name of one that ships with Sanket.
    seed : int, optional
        Instead of the file's.
    overrides : mapping, optional
        Dotted key -> value, for example ``{"services.payment.replicas": 5}``.
    observers : sequence of Observer
        See every batch and may command the network.
    **options
        Fields of `Options`: ``out``, ``engine``, ``trace``, ``duration``, ``force``, ``report``.

    Returns
    -------
    Run

    Raises
    ------
    InputError
        If anything is wrong with the input; nothing has been written.
    ConservationError
        If money was created or destroyed.

    Examples
    --------
    >>> run("experiments/peak_load.toml", seed=7).findings.leakage.rate_count  # doctest: +SKIP
    """
    chosen = Options(**options)
    resolved = resolve(path, overrides, seed=seed, duration=chosen.duration)
    return run_once(resolved, chosen, observers)


def load(folder: Path | str) -> Run:
    """Open a run that is on disk already."""
    return Run(folder)


def run_once(
    resolved: ResolvedExperiment,
    options: Options,
    observers: Sequence[Observer] = (),
    crew: Crew = NOBODY,
) -> Run:
    """Carry a resolved experiment out, measure it, and leave a manifest that says how it ended.

    Parameters
    ----------
    resolved : ResolvedExperiment
    options : Options
    observers : sequence of Observer
    crew : Crew
        Comes aboard before the first tick.

    Raises
    ------
    SanketError
        If the run failed; what it wrote until then stays, marked as not complete.
    """
    engine, engine_reason = choose_engine(options.engine)
    record = _begin(
        resolved,
        options,
        Manifest(
            name=resolved.experiment.name,
            seed=resolved.experiment.seed,
            engine=engine,
            engine_reason=engine_reason,
            version=version("sanket-sim"),
            commit=source_commit(),
            packages=packages(),
            people=label_of(resolved.experiment.population.preset),
            config_sha256=config_of(resolved),
        ),
    )
    try:
        with interruptible() as asked:
            reached_ns = _simulate(resolved, record, observers, crew, asked)
            asked.at_once = True
            record.reach(reached_ns)
            record.end(_said(asked, reached_ns), asked.by)
            _measure(record, options)
    except BaseException as error:
        by = error.by if isinstance(error, Interrupted) else ""
        with suppress(TraceError):
            record.end(str(error) or type(error).__name__, by)
        raise
    record.end(record.manifest.reason, record.manifest.interrupted_by)
    return Run(record.folder)


def config_of(resolved: ResolvedExperiment) -> str:
    """Return the fingerprint of everything that decides what a run does."""
    return sha256_of((resolved.experiment_toml + resolved.model_toml).encode())


def choose_engine(asked: EngineName) -> tuple[str, str]:
    """Return which engine runs, and why.

    Raises
    ------
    InputError
        If the compiled engine is asked for, which this version does not have.
    """
    if asked == "compiled":
        message = 'the compiled engine is not part of this version; use "auto" or "simpy"'
        raise InputError("--engine", [Problem("", message)])
    return "simpy", "asked for" if asked == "simpy" else "the only engine of this version"


def introduce(
    resolved: ResolvedExperiment,
    words: Vocabularies,
    write: Callable[[TraceBatch], None],
    observers: Sequence[Observer] = (),
    stopped: Callable[[], bool] = lambda: False,
) -> tuple[Simulation, TraceBatch]:
    """Build every part of a run from its experiment and introduce them to one another.

    Returns
    -------
    simulation : Simulation
    known : TraceBatch
        The rows that are known beforehand (who exists, what will strike), for the caller to write.
    """
    asked, bank = resolved.experiment, resolved.bank.copy_for_a_run()
    for name in CODE_0_IS_NONE:
        words[name].code("")
    city = _city(asked, bank, words)
    Onboarding(asked.onboarding, city).begin()
    scenario = Scenario(
        asked.fault,
        asked.trap,
        bank,
        city.accounts,
        seed=asked.seed,
        vocabularies=words,
        until_ns=asked.duration,
    )
    network = SimPyEngine(
        bank, city.accounts, asked.seed, words, asked.gauges, since_midnight_ns(asked.start)
    )
    known = TraceBatch(faults=scenario.faults_table(), agents=city.agents_table())
    simulation = Simulation(
        calendar=Calendar(asked.tick, asked.duration, asked.drain),
        city=city,
        scenario=scenario,
        network=network,
        auditor=MoneyAuditor(city.accounts, bank.currencies),
        write=write,
        repairs=_repairs(asked, bank, city.accounts, words),
        guard=_guard(asked, city.accounts, words),
        observers=observers,
        stopped=stopped,
        operator=Replay(asked.command),
    )
    return simulation, known


def _city(asked: Experiment, bank: Bank, words: Vocabularies) -> City:
    """Build everyone who wants to move money."""
    people = asked.population
    surges = [surge for fault in asked.fault for surge in fault.surges(asked.duration)]
    preset = read_preset(people.preset)
    demand = demand_of(asked.demand, people.customers, asked.start, asked.duration, surges, preset)
    plans = Plans.of(people, asked.demand, bank)
    campaigns = enlist(
        asked.fraud,
        bank,
        demand,
        people.customers,
        asked.seed,
        applicants=people.applicants,
        besides=plans.beside(demand).expected - demand.expected,
    )
    return City(
        bank,
        people,
        demand,
        asked.seed,
        campaigns,
        words,
        asked.start,
        asked.fraud.twins,
        plans,
    )


def _repairs(asked: Experiment, bank: Bank, accounts: Accounts, words: Vocabularies) -> Repairs:
    if not asked.reconciliation.enabled:
        return NoRepairs()
    return BackOffice(asked.reconciliation, bank, accounts, asked.start, asked.seed, words)


def _guard(asked: Experiment, accounts: Accounts, words: Vocabularies) -> Guard:
    if not asked.financial_crime.analysts:
        return NoGuard()
    return CrimeUnit(asked.financial_crime, accounts, asked.start, asked.seed, words)


def _begin(resolved: ResolvedExperiment, options: Options, manifest: Manifest) -> RunRecord:
    folder = choose_folder(options.out, f"{manifest.name}-s{manifest.seed}", force=options.force)
    record = RunRecord(folder, manifest)
    for path in resolved.plugins:
        record.keep(path.name, path.read_text("utf-8"))
    if trained := resolved.bank.fraud_service.model_file:
        record.keep(Path(trained).name, Path(trained).read_text("utf-8"))
    record.keep("model.toml", resolved.model_toml)
    record.keep(EXPERIMENT_NAME, resolved.experiment_toml)
    record.save()
    return record


def _simulate(
    resolved: ResolvedExperiment,
    record: RunRecord,
    observers: Sequence[Observer],
    crew: Crew,
    asked: Interruption,
) -> int:
    """Introduce the parts, let a crew aboard and fly; returns how far time has come [ns]."""
    words = Vocabularies()
    writer = TraceWriter(record.folder, words, on_part=record.add_part)

    def note(commands: Sequence[OperatorCommand]) -> None:
        steered = resolved.steered(commands)
        record.steer(steered.experiment_toml, config_of(steered))

    simulation, known = introduce(resolved, words, writer.write, observers, lambda: asked.requested)
    writer.write(known)
    seats = Cockpit(
        folder=record.folder,
        resolved=resolved,
        words=words,
        simulation=simulation,
        accounts=simulation.auditor.accounts,
        agents=known.agents,
        faults=known.faults,
        writer=writer,
        note=note,
        stop=asked.ask,
    )
    crew.board(seats)
    try:
        _fly(simulation, writer)
    finally:
        crew.leave()
    return simulation.now_ns


def _fly(simulation: Simulation, writer: TraceWriter) -> None:
    """Run the loop; whatever happens, the rows that wait for a full part are written."""
    try:
        with seldom_swept():
            simulation.run()
    finally:
        writer.close()


def _measure(record: RunRecord, options: Options) -> None:
    from sanket_sim.analysis import measure  # noqa: PLC0415  # scipy costs start-up time
    from sanket_sim.analysis.report import write_report  # noqa: PLC0415  # so does matplotlib

    if options.report:
        write_report(record.folder)
    else:
        record.keep("findings.json", measure(record.folder).to_json())
    kept = {"full": tuple(schema.TABLES), "transactions": ("transactions",), "none": ()}
    for table in schema.TABLES:
        if table not in kept[options.trace]:
            record.drop_table(table)


def _said(asked: Interruption, reached_ns: int) -> str:
    """Say why the run is not complete, if it is not."""
    if not asked.requested:
        return ""
    return f"interrupted by {asked.by} at {format_duration(reached_ns)} of simulated time"
