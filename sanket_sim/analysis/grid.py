"""Carbon intensity of the world's electricity grids."""

from __future__ import annotations

import csv
import difflib
from dataclasses import dataclass
from importlib.resources import files

from sanket_sim.core.errors import InputError, Problem

SOURCE = "Our World in Data, Ember, Energy Institute (CC BY 4.0)"


@dataclass(frozen=True, slots=True)
class Grid:
    """An electricity grid: average generation mix, life cycle, over one year."""

    iso3: str
    country: str
    year: int
    ci_gco2e_per_kwh: float
    source: str = SOURCE


def grids() -> dict[str, Grid]:
    """Return every known grid by its ISO 3166 alpha-3 code; ``WLD`` is the world.

    Examples
    --------
    >>> grids()["FRA"].country, grids()["DEU"].ci_gco2e_per_kwh
    ('France', 380.9)
    """
    text = files("sanket_sim.analysis").joinpath("grid_intensity.csv").read_text("utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    rows = csv.DictReader(lines)
    return {
        row["iso3"]: Grid(
            row["iso3"], row["country"], int(row["year"]), float(row["ci_gco2e_per_kwh"])
        )
        for row in rows
    }


def grid(iso3: str) -> Grid:
    """Return one grid.

    Raises
    ------
    InputError
        If there are no figures for it; names the nearest code.
    """
    known = grids()
    if iso3 in known:
        return known[iso3]
    near = difflib.get_close_matches(iso3, known, n=1, cutoff=0.3)
    hint = f"; did you mean {near[0]}?" if near else ""
    message = f'unknown grid "{iso3}"{hint} known: {", ".join(known)}'
    raise InputError("experiment.toml", [Problem("report.grid", message)])
