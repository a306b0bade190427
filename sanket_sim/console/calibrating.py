"""The command `calibrate`: fit a preset to a bank's record, and say how well it fits."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sanket_sim.actors.presets import preset_names
from sanket_sim.bank.model import load_bank
from sanket_sim.calibration.calibrate import BANK, calibrate, check, figures
from sanket_sim.calibration.chart import draw
from sanket_sim.calibration.comparison import OperationFit, Verdict
from sanket_sim.calibration.generated import Sample
from sanket_sim.calibration.page import overall, page
from sanket_sim.calibration.reference import read_reference
from sanket_sim.console.arguments import Arguments
from sanket_sim.console.wording import plain
from sanket_sim.core.config import dump_settings
from sanket_sim.core.errors import InputError, Problem
from sanket_sim.core.settings import nearest

_DOES_NOT_FIT = 1
_STYLES = {"yes": "green", "no": "bold red", "told": "dim"}


def perform_calibrate(arguments: Arguments) -> int:
    """Fit or check a preset; 1 if it does not fit."""
    console = Console(stderr=arguments.json)
    verdict = _checked(arguments) if arguments.check else _fitted(arguments, console)
    if arguments.report is not None:
        _write(verdict, arguments.report, console)
    if arguments.json:
        plain(Console(), json.dumps(_told(verdict), indent=2))
    else:
        _show(verdict, console)
    return 0 if verdict.passes else _DOES_NOT_FIT


def _sample(arguments: Arguments) -> Sample:
    sample = Sample(preset=arguments.preset)
    if arguments.customers is not None:
        sample = replace(sample, customers=arguments.customers)
    return sample if arguments.seed is None else replace(sample, seed=arguments.seed)


def _checked(arguments: Arguments) -> Verdict:
    name, preset = arguments.against, arguments.preset
    if preset not in preset_names() and not Path(preset).is_file():
        said = f'unknown preset "{preset}"; {nearest(preset, preset_names())}'
        raise InputError("calibrate", [Problem("preset", said)])
    found = figures(Path(arguments.target)) if arguments.target else {}
    if found and name not in found:
        raise InputError(arguments.target, [Problem("", f"has no figures of {name}")])
    reference = found[name] if found else read_reference(name)
    if name == "borrowers":  # they are watched up to their loans; generated ones to the end
        calendar = {"watched": read_reference("everybody").watched}
        reference = reference.model_copy(update=calendar)
    return check(load_bank(BANK)[0], _sample(arguments), reference)


def _fitted(arguments: Arguments, console: Console) -> Verdict:
    if not arguments.target:
        said = "name the folder of a record, or say --check to check the shipped preset"
        raise InputError("calibrate", [Problem("", said)])
    folder, path = Path(arguments.target), arguments.out or Path("berka.toml")
    if path.suffix != ".toml":
        raise InputError(str(path), [Problem("", "a preset's name ends in .toml")])
    verdict = calibrate(folder, load_bank(BANK)[0], path, _sample(arguments), console.print)
    console.print(f"wrote {path}")
    if arguments.figures is not None:
        _write_figures(folder, arguments.figures, console)
    return verdict


def _write_figures(folder: Path, place: Path, console: Console) -> None:
    place.mkdir(parents=True, exist_ok=True)
    for name, figures_of_it in figures(folder).items():
        path = place / f"{name}.toml"
        path.write_text(f"# {figures_of_it.source}.\n{dump_settings(figures_of_it)}", "utf-8")
        console.print(f"wrote {path}")


def _write(verdict: Verdict, place: Path, console: Console) -> None:
    place.mkdir(parents=True, exist_ok=True)
    (place / "calibration.md").write_text(page(verdict), "utf-8")
    draw(verdict, place / "calibration.png")
    console.print(f"wrote {place / 'calibration.md'} and calibration.png")


def _told(verdict: Verdict) -> dict[str, object]:
    operations = [asdict(one) | {"passes": one.passes} for one in verdict.operations]
    return {
        "passes": verdict.passes,
        "counts_apart": verdict.counts_apart,
        "declines_apart": verdict.declines_apart,
        "operations": operations,
        "generated": verdict.generated.model_dump(),
    }


def _show(verdict: Verdict, console: Console) -> None:
    console.print(_operations(verdict))
    console.print(_whole(verdict))
    said, style = ("fits", "green") if verdict.passes else ("does not fit", "bold red")
    console.print(Text(f"The preset {said}: {verdict.reference.source}.", style=style))


def _operations(verdict: Verdict) -> Table:
    table = Table(
        title="Per operation",
        title_justify="left",
        title_style="bold",
        box=None,
        padding=(0, 1, 0, 0),
    )
    table.add_column("operation", no_wrap=True)
    for name in ("KS income", "KS CZK", "a month", "apart", "share", "points", "within"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in verdict.operations:
        table.add_row(*_cells(one))
    return table


def _cells(one: OperationFit) -> list[str | Text]:
    said = ("yes" if one.passes else "no") if one.is_judged else "told"
    return [
        one.operation,
        f"{one.ks_of_income:.3f}",
        f"{one.ks_amount:.3f}",
        f"{one.per_month:.3f}",
        f"{one.counts_apart:+.1%}",
        f"{one.share:.2%}",
        f"{one.share_apart * 100:+.2f}",
        Text(said, style=_STYLES[said]),
    ]


def _whole(verdict: Verdict) -> Table:
    table = Table(title="Per account", title_justify="left", title_style="bold", box=None)
    table.add_column("figure")
    for name in ("generated", "record", "within"):
        table.add_column(name, justify="right", no_wrap=True)
    for figure, made, record, within in overall(verdict):
        said = within.strip("*")
        table.add_row(figure, made, record, Text(said, style=_STYLES[said]))
    return table
