"""Presets of a city's people: a TOML file each, and how it is read."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from sanket_sim.actors.templates import MONTHS, Factor, TemplateSettings
from sanket_sim.bank.law_parameters import AmountLaw
from sanket_sim.core.config import load_settings
from sanket_sim.core.settings import Settings, Several, Share, nearest

_FOLDER = Path(__file__).parent


class SegmentSettings(Settings):
    """A kind of customer, as ``[[segment]]`` of a preset."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=60)]
    share: Annotated[float, Field(gt=0, le=1)]
    """Share of the customers, against the other segments'."""
    income: AmountLaw
    """Law of the monthly income [minor units of the bank's own currency]."""
    activity: Annotated[float, Field(gt=0, le=100)] = 1.0
    """Mean of the segment's activity, against a mean customer's."""
    activity_shape: Annotated[float, Field(gt=0, le=1e4)] = 6.8
    """Shape of the Gamma law of activity; its variance over mean squared is 1/shape."""
    balance: Annotated[float, Field(ge=0, le=1000)] = 1.75
    """Mean opening balance of the current account [monthly incomes]."""
    balance_sigma: Annotated[float, Field(ge=0, le=5)] = 0.9
    """Standard deviation of the logarithm of that balance, incomes being equal."""
    savings: Share = 0.0
    """Share with a savings account beside the current account."""


class DaysSettings(Settings):
    """How days differ in the demand by the routes' weights, as ``[days]`` of a preset."""

    weekend: Factor = 1.0
    """Factor of Saturdays, Sundays and holidays."""
    payday: Factor = 1.0
    """Factor of the 1st, the 25th and the last business day of a month."""
    months: Several[Factor] = ()
    """12 factors from January on; empty: all alike."""

    @model_validator(mode="after")
    def _twelve(self) -> Self:
        if self.months and len(self.months) != MONTHS:
            raise ValueError(f"expected {MONTHS} factors in months")
        return self


class PresetSettings(Settings):
    """Laws of income, balance, activity and habits, as a file ``presets/<name>.toml``."""

    label: Annotated[str, Field(min_length=1)]
    """Says in reports how far the preset has been validated, and on what."""
    by_weights: bool
    """Whether people act by the routes' weights as well, or by the templates alone."""
    days: DaysSettings = DaysSettings()
    segment: Annotated[Several[SegmentSettings], Field(min_length=1)]
    template: Several[TemplateSettings] = ()

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        for kind, names in (
            ("segment", [one.name for one in self.segment]),
            ("template", [one.name for one in self.template]),
        ):
            if twice := sorted({name for name in names if names.count(name) > 1}):
                raise ValueError(f'{kind} "{twice[0]}" is given twice; names are unique')
        known = {one.name for one in self.segment}
        for template in self.template:
            for name in template.segments:
                if name not in known:
                    said = f'template "{template.name}": unknown segment "{name}"'
                    raise ValueError(f"{said}; {nearest(name, known)}")
        return self


def preset_names() -> list[str]:
    """Return the names of all presets."""
    return sorted(path.stem for path in _FOLDER.glob("*.toml"))


@cache
def read_preset(name: str) -> PresetSettings:
    """Read a preset by its name, or a file of one's own by a path that ends in ``.toml``.

    Raises
    ------
    InputError
        If there is no such file, or anything in it is wrong.

    Examples
    --------
    >>> read_preset("modern").label
    'not validated'
    """
    path = Path(name) if _is_path(name) else _FOLDER / f"{name}.toml"
    return load_settings(path, PresetSettings)


def label_of(name: str) -> str:
    """Return how reports call a preset.

    Examples
    --------
    >>> label_of("modern")
    'modern (not validated)'
    """
    return f"{name} ({read_preset(name).label})"


def _is_path(name: str) -> bool:
    return name.endswith(".toml")


def _known(value: object) -> object:
    names = preset_names()
    if isinstance(value, str) and _is_path(value) and Path(value).is_file():
        return value
    if value not in names:
        raise ValueError(f'unknown preset "{value}"; {nearest(str(value), names)}')
    return value


PresetName = Annotated[str, BeforeValidator(_known)]
"""The name of a preset that there is, or the path of a file of one's own."""
