"""The parameters of an experiment that a page offers, as Mesa's `model_params` are offered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

from sanket_sim.core.errors import InputError
from sanket_sim.core.units import format_duration
from sanket_sim.dashboard.page.deeds import plain
from sanket_sim.dashboard.page.policies import control_hints
from sanket_sim.live.flying.orders import Problems
from sanket_sim.simulation.resolve import ResolvedExperiment, locate, resolve
from sanket_sim.simulation.shelf import Entry, entries, entry_of

Kind = Literal["text", "number", "switch"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One knob of an experiment.

    Parameters
    ----------
    key : str
        Key path of the override.
    label, hint : str
    kind : str
        ``text``, ``number`` or ``switch``.
    value : str or bool
        As resolved, before anybody turns it.
    group : str
        ``""`` or ``"controls"``.
    """

    key: str
    label: str
    hint: str
    kind: Kind
    value: str | bool
    group: str = ""


Reading = Callable[[ResolvedExperiment], str]
_KNOBS: tuple[tuple[str, str, str, Kind, Reading], ...] = (
    ("seed", "Seed", "Names every random number", "number", lambda one: str(one.experiment.seed)),
    (
        "duration",
        "Duration",
        'Such as "8m" or "2h"',
        "text",
        lambda one: format_duration(one.experiment.duration),
    ),
    (
        "population.customers",
        "Customers",
        "People with an account",
        "number",
        lambda one: str(one.experiment.population.customers),
    ),
    (
        "demand.rate",
        "Demand",
        'Such as "120/s", or "model"',
        "text",
        lambda one: _rate(one.experiment.demand.rate),
    ),
    (
        "fraud.rate",
        "Fraud",
        "Share of payments",
        "number",
        lambda one: f"{one.experiment.fraud.rate:g}",
    ),
)


def parameters_of(resolved: ResolvedExperiment) -> list[Parameter]:
    """Return the knobs of an experiment, and the controls of its bank as switches."""
    knobs = [
        Parameter(key, label, hint, kind, read(resolved)) for key, label, hint, kind, read in _KNOBS
    ]
    controls, said = resolved.bank.controls, control_hints()
    return knobs + [
        Parameter(
            f"controls.{field.name}",
            field.name.replace("_", " "),
            said[field.name],
            "switch",
            getattr(controls, field.name),
            "controls",
        )
        for field in fields(controls)
    ]


def _rate(rate: float | str) -> str:
    return rate if isinstance(rate, str) else f"{rate:g}/s"


def overrides_from(turned: Mapping[str, str | bool], offered: list[Parameter]) -> dict[str, Any]:
    """Return what somebody has changed, as overrides; what reads as before is left out.

    Examples
    --------
    >>> offered = [Parameter("seed", "Seed", "", "number", "42")]
    >>> overrides_from({"seed": "7"}, offered), overrides_from({"seed": "42"}, offered)
    ({'seed': 7}, {})
    """
    known = {one.key: one for one in offered}
    return {
        key: value if isinstance(value, bool) else _number_or_text(value, known[key].kind)
        for key, value in turned.items()
        if key in known and value != known[key].value
    }


def _number_or_text(text: str, kind: Kind) -> int | float | str:
    if kind != "number":
        return text
    for read in (int, float):
        try:
            return read(text.replace("_", "").replace(",", ""))
        except ValueError:
            continue
    return text


@dataclass(frozen=True, slots=True)
class Offer:
    """An experiment as the page offers it.

    Parameters
    ----------
    source : str
        What `FlightDeck.start` takes.
    parameters : list of Parameter
    problems : list of (key path, message)
        Why it cannot be flown as it is.
    """

    source: str
    parameters: list[Parameter]
    problems: Problems


def offer_of(source: str) -> Offer:
    """Read an experiment, and say what can be turned."""
    try:
        return Offer(source, parameters_of(resolve(source)), [])
    except InputError as error:
        return Offer(source, [], error.notes)


def check(source: str, overrides: Mapping[str, Any]) -> None:
    """Read an experiment as it would be started.

    Raises
    ------
    InputError
        If anything is wrong with it.
    """
    resolve(source, overrides)


def shelf(flown: Sequence[str] = ()) -> list[dict[str, str]]:
    """Return every experiment with what it asks and what to expect.

    Parameters
    ----------
    flown : sequence of str
        Files that have flown: offered too, first, if they lie on no shelf.
    """
    lying = entries("experiments")
    known = {one.path.resolve() for one in lying}
    brought = [Path(one) for one in flown if Path(one) not in known and Path(one).is_file()]
    return [_offered(one) for one in (*map(entry_of, brought), *lying)]


def _offered(one: Entry) -> dict[str, str]:
    return {
        "name": one.name,
        "title": one.title,
        "source": str(one.path.resolve()),
        "question": plain(one.question),
        "expect": plain(one.expect),
    }


def file_of(source: str) -> str:
    """Return the file that a flight's source stands for."""
    return str(locate(source).resolve())


def as_fields(parameters: list[Parameter]) -> list[dict[str, Any]]:
    """Return parameters as a template takes them."""
    return [asdict(one) for one in parameters]
