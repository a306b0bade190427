"""What the leak audit comes to: of every typology, and of all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sanket_sim.analysis.leak_audit.emitted import emitted
from sanket_sim.analysis.leak_audit.separability import JUDGED_FROM, Separation, separations
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.analysis.specification import Conformity, check_run, conformities, pooled


@dataclass(frozen=True, slots=True)
class TypologyVerdict:
    """What the audit says of one typology.

    Parameters
    ----------
    leaks : tuple of str
        What gives its rows away, where it must not.
    unmeasured : tuple of str
        Bands of sophistication that the pass rule speaks of, and what they lack to be judged.
    unkept : tuple of str
        Bounds of its specification, or of its twins', that did not hold.
    unspecified : bool
        Whether it states no bound at all.
    """

    typology: str
    leaks: tuple[str, ...]
    unmeasured: tuple[str, ...]
    unkept: tuple[str, ...]
    unspecified: bool

    @property
    def word(self) -> str:
        """The verdict in a word or two."""
        if self.leaks or self.unkept or self.unspecified:
            return "fails"
        return "too few" if self.unmeasured else "passes"


@dataclass(frozen=True, slots=True)
class LeakAudit:
    """Everything that the audit of some runs found."""

    runs: tuple[str, ...]
    seeds: tuple[int, ...]
    separations: tuple[Separation, ...]
    conformities: tuple[Conformity, ...]
    verdicts: tuple[TypologyVerdict, ...]

    @property
    def judged(self) -> bool:
        """Whether any typology had enough campaigns to be judged."""
        return any(one.word != "too few" for one in self.verdicts)

    @property
    def passes(self) -> bool:
        """Whether no typology fails, and one passes: few campaigns are no proof of anything."""
        return self.judged and all(one.word != "fails" for one in self.verdicts)


def audit_leaks(
    runs: Sequence[RunFolder], done: Callable[[int, int, str], None] = lambda *_: None
) -> LeakAudit:
    """Audit some runs together: their rows are pooled, which narrows the intervals.

    Parameters
    ----------
    runs : sequence of RunFolder
        With transactions, truth, campaigns and specifications.
    done : callable
        Hears how many of how many comparisons have been made, and of which typology the last was.

    Raises
    ------
    ExtraMissingError
        If XGBoost is not installed.
    """
    kept = pooled([conformities(*check_run(run)) for run in runs])
    found = tuple(separations(emitted(runs), done))
    return LeakAudit(
        runs=tuple(str(run.path) for run in runs),
        seeds=tuple(run.experiment.seed for run in runs),
        separations=found,
        conformities=tuple(kept),
        verdicts=tuple(verdicts(found, kept)),
    )


def verdicts(found: Sequence[Separation], kept: Sequence[Conformity]) -> list[TypologyVerdict]:
    """Judge every typology that either part of the audit has met."""
    names = sorted({one.typology for one in found} | {one.typology for one in kept})
    return [
        _verdict(
            name,
            [one for one in found if one.typology == name],
            [one for one in kept if one.typology == name],
        )
        for name in names
    ]


def _verdict(name: str, found: Sequence[Separation], kept: Sequence[Conformity]) -> TypologyVerdict:
    bands = [one for one in found if one.must_hide]
    short = [f"S {one.band} {one.shortfall}" for one in bands if one.decides and one.shortfall]
    return TypologyVerdict(
        name,
        leaks=tuple(f"S {one.band}: {leak}" for one in bands for leak in one.leaks),
        unmeasured=tuple(short) if bands else (f"no campaign from S {JUDGED_FROM:g} on",),
        unkept=tuple(str(worst) for one in kept for worst in one.worst),
        unspecified=not any(one.bounds for one in kept if not one.twin),
    )
