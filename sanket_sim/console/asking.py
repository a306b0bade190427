"""From the words of the command line to what the simulation takes."""

from __future__ import annotations

from rich.console import Console

from sanket_sim.console.arguments import Arguments
from sanket_sim.console.wording import plain
from sanket_sim.core.config import parse_override
from sanket_sim.simulation.remarks import remarks
from sanket_sim.simulation.resolve import ResolvedExperiment, resolve
from sanket_sim.simulation.run import RESULTS, Options


def resolved_of(arguments: Arguments) -> ResolvedExperiment:
    """Read, override and check the experiment that was named."""
    return resolve(
        arguments.target,
        overrides_of(arguments),
        seed=arguments.seed,
        duration=arguments.duration,
    )


def tell_remarks(resolved: ResolvedExperiment) -> None:
    """Tell, beside whatever the command shows, what the experiment asks for in vain."""
    for said in remarks(resolved.experiment, resolved.bank):
        plain(Console(stderr=True), f"{resolved.source}: {said}")


def options_of(arguments: Arguments) -> Options:
    """Return how to run."""
    return Options(
        out=arguments.out or RESULTS,
        engine=arguments.engine,
        trace=arguments.trace,
        duration=arguments.duration,
        force=arguments.force,
    )


def overrides_of(arguments: Arguments) -> dict[str, object]:
    """Read every ``--set KEY=VALUE``, the value as TOML or else as text.

    Raises
    ------
    InputError
        If one of them has no ``=``.

    Examples
    --------
    >>> overrides_of(Arguments(assignments=("tick=500ms", "population.customers=9")))
    {'tick': '500ms', 'population.customers': 9}
    """
    return dict(parse_override(assignment) for assignment in arguments.assignments)
