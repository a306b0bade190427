"""The whole way: from a record to a preset, and from a preset to its verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from sanket_sim.actors.presets import PresetSettings, read_preset
from sanket_sim.bank.description import Bank
from sanket_sim.calibration.berka import read_borrowers, read_everybody
from sanket_sim.calibration.comparison import Verdict, compare
from sanket_sim.calibration.fit import Table, fit_preset, more_often
from sanket_sim.calibration.generated import Sample, generate
from sanket_sim.calibration.reference import Reference, measure
from sanket_sim.core.toml_text import write_toml

SOURCES = {
    "everybody": "Berka (PKDD'99), all accounts from their seventh calendar month on",
    "borrowers": "Berka (PKDD'99), accounts of later borrowers before their loans",
}
"""What each reference was taken from."""
LABEL = "calibrated on the Berka record (PKDD'99), Czech accounts of 1993-94; docs/calibration.md"
BANK = "savings_bank"
"""The model whose routes are the record's operations."""

_WITHDRAWAL = "cash_withdrawal"
_ROUNDS = 2
_EAGERNESS = 1.5
"""Of so many per cent more withdrawals wanted, one per cent more are made, or nearly so."""
_HEADER = """\
# The customers of a Czech savings bank of 1993-94, fitted to the Berka record (PKDD'99 Discovery
# Challenge; P. Berka, University of Economics, Prague) by `sanket-sim calibrate`; written by it,
# do not edit. Numbers are derived from the record (quantiles, shares, rates), none is a record's
# row. How it is fitted and how well: docs/calibration.md.
#
# Segments are where the money comes from. Amounts are quantiles in the customer's own monthly
# inflow (of_income), those of withdrawals in what standing orders leave of it (of_rest).
"""


def figures(folder: Path) -> dict[str, Reference]:
    """Return the figures of everybody and, where a folder has them, of borrowers.

    Parameters
    ----------
    folder : Path
        The original's ``.asc`` files, or the extracts (see `berka`).
    """
    found = {"everybody": measure(read_everybody(folder), SOURCES["everybody"])}
    borrowers = read_borrowers(folder)
    if borrowers is not None:
        found["borrowers"] = measure(borrowers, SOURCES["borrowers"])
    return found


def calibrate(
    folder: Path,
    bank: Bank,
    path: Path,
    sample: Sample,
    tell: Callable[[str], None] = lambda _: None,
) -> Verdict:
    """Fit a preset to a record, write it to `path`, and compare what it generates.

    Withdrawals that balances do not cover are not made: after the fit they are wanted a little
    more often, until as many are made as in the record.

    Parameters
    ----------
    folder : Path
    bank : Bank
        With a route for every operation.
    path : Path
        Ends in ``.toml``.
    sample : Sample
        How many customers to generate; its preset does not matter.
    tell : callable
        Hears what is done.
    """
    tell(f"reading {folder}")
    histories = read_everybody(folder)
    reference = measure(histories, SOURCES["everybody"])
    preset = fit_preset(histories, LABEL)
    tell(f"fitted {len(preset['segment'])} segments, {len(preset['template'])} templates")
    for number in range(1, _ROUNDS + 1):
        verdict = _tried(preset, bank, path, sample, reference)
        ratio = _wanting(verdict)
        tell(f"round {number}: {1 / ratio:.3f} of the record's withdrawals are made")
        preset = more_often(preset, _WITHDRAWAL, ratio**_EAGERNESS)
    return _tried(preset, bank, path, sample, reference)


def check(bank: Bank, sample: Sample, reference: Reference) -> Verdict:
    """Compare what a preset generates with a record's figures."""
    return compare(generate(bank, sample, reference.watched), reference)


def _tried(preset: Table, bank: Bank, path: Path, sample: Sample, reference: Reference) -> Verdict:
    PresetSettings.model_validate(preset)
    path.write_text(f"{_HEADER}{write_toml(preset)}", encoding="utf-8")
    read_preset.cache_clear()
    return check(bank, replace(sample, preset=str(path)), reference)


def _wanting(verdict: Verdict) -> float:
    """Return the record's withdrawals over the generated ones."""
    one = next(fit for fit in verdict.operations if fit.operation == _WITHDRAWAL)
    return one.per_month_reference / one.per_month
