"""YAML files of banking simulators, turned into our TOML; what has no counterpart is said.

Such files agree on words more than on structure, so keys are found by their last name, wherever
they stand: ``simulation.peak_tps`` and ``load: {peak_tps: ...}`` are the same wish.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path

from sanket_sim.core.config import BYTES_MAX, show
from sanket_sim.core.errors import InputError, Problem
from sanket_sim.core.units import DURATION_NS_MAX, NS_PER_S, format_duration, parse_duration_ns
from sanket_sim.simulation.experiment import FIRST_YEAR, LAST_YEAR

Scalar = str | int | float | bool | date | None
Leaf = Scalar | list["Leaf"] | dict[str, "Leaf"]
Hours = tuple[float, float]

_SPANS_S = {"seconds": 1.0, "secs": 1.0, "s": 1.0, "minutes": 60.0, "mins": 60.0}
_SPANS_S |= {"hours": 3600.0, "h": 3600.0, "days": 86_400.0, "ms": 0.001}
_DURATIONS = ("duration", "simulation_duration", "sim_duration", "run_time", "runtime", "length")
_DAY = timedelta(days=1)
_SATURDAY = 5
_GUESSED_START = datetime(2026, 1, 5, 8)  # noqa: DTZ001  # local time of the bank
_WAVES_MAX = 400
LEAVES_MAX = 10_000
"""Most keys that are looked at; aliases of aliases can make a small file endless."""
_REASONS = {
    "speed_multiplier": "simulated time needs no speed: a run goes as fast as the machine can",
    "real_time": "simulated time needs no speed: a run goes as fast as the machine can",
    "currency": "belongs to the model: `currency` of a [route.*] in models/retail_bank.toml",
    "transaction_types": "belongs to the model: `weight` of each [route.*]",
    "transaction_mix": "belongs to the model: `weight` of each [route.*]",
    "error_rate": 'write a [[fault]] with kind = "abort", its target, window and probability',
    "failure_rate": 'write a [[fault]] with kind = "abort", its target, window and probability',
    "latency_ms": 'write a [[fault]] with kind = "latency", or `time` of an operation in the model',
    "output_dir": "say --out DIR on the command line",
    "output_format": "runs are always Parquet, JSON and HTML",
    "log_level": "there is no log; say --quiet for silence",
}


@dataclass(frozen=True, slots=True)
class Conversion:
    """Our TOML, and a line for each thing that is not in it or had to be guessed."""

    toml: str
    remarks: tuple[str, ...]


def convert(path: Path) -> Conversion:
    """Convert a YAML file.

    Raises
    ------
    InputError
        If the file cannot be read, is no YAML mapping, or a value makes no sense.
    """
    return Translation(_leaves(path), str(path)).toml(path.stem)


def _leaves(path: Path) -> dict[str, Leaf]:
    import yaml  # noqa: PLC0415  # only this command needs it

    try:
        with path.open("rb") as file:  # a device never ends
            tree = yaml.safe_load(file.read(BYTES_MAX).decode("utf-8-sig"))
        leaves = dict(islice(_flatten(tree, ""), LEAVES_MAX)) if isinstance(tree, dict) else None
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        reason = str(error).replace("\n", " ")
        raise InputError(str(path), [Problem("", f"cannot be read as YAML: {reason}")]) from error
    if leaves is None:
        raise InputError(str(path), [Problem("", "expected a mapping of keys to values")])
    return leaves


def _flatten(tree: dict[str, Leaf], above: str) -> Iterator[tuple[str, Leaf]]:
    for key, value in tree.items():
        path = f"{above}.{key}" if above else str(key)
        if isinstance(value, dict):
            yield from _flatten(value, path)
        else:
            yield path, value


@dataclass(slots=True)
class Translation:
    """A YAML file on its way to TOML; leaves that have been understood are taken out.

    Examples
    --------
    >>> made = Translation({"sim.peak_tps": 150, "speed_multiplier": 60}).toml("old")
    >>> 'rate = "150/s"' in made.toml, made.remarks[-1][:16]
    (True, 'speed_multiplier')
    """

    leaves: dict[str, Leaf]
    source: str = "YAML"
    remarks: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def toml(self, fallback_name: str) -> Conversion:
        """Write everything that has a counterpart."""
        hours = self._hours()
        duration_s, start = self._duration_s(), self._start()
        head = self._head(fallback_name, start, duration_s)
        demand = self._demand(start, duration_s, hours)
        sections = [head, self._population(), demand, self._fraud()]
        self._remark_on_the_rest()
        if self.problems:
            raise InputError(self.source, self.problems)
        return Conversion("\n\n".join(filter(None, sections)) + "\n", tuple(self.remarks))

    def _head(self, fallback_name: str, start: datetime, duration_s: float) -> str:
        name = str(self._take("name", "simulation_name", "scenario_name") or fallback_name)
        safe_name = re.sub(r"[^A-Za-z0-9_.-]+", "_", name).strip("_.-") or "converted"
        seed = self._whole("seed", "random_seed", "rng_seed") or 0
        lines = [
            f"# Converted from {Path(self.source).name}: say here which question it answers.",
            f"name = {json.dumps(safe_name)}",
            'model = "retail_bank"',
            f"seed = {seed}",
            f"start = {start.isoformat(timespec='seconds')}",
            f"duration = {_written(duration_s)}",
        ]
        warmup_s = self._span_s("warmup", "warm_up")
        return "\n".join([*lines, *([f"warmup = {_written(warmup_s)}"] if warmup_s else [])])

    def _population(self) -> str:
        customers = self._whole(
            "num_customers", "customers", "customer_count", "n_customers", "num_users", "users"
        )
        merchants = self._whole("num_merchants", "merchants", "merchant_count")
        lines = [f"customers = {customers}"] if customers is not None else []
        lines += [f"merchants = {merchants}"] if merchants is not None else []
        return "\n".join(["[population]", *lines]) if lines else ""

    def _demand(self, start: datetime, duration_s: float, hours: Hours | None) -> str:
        peak = self._number("peak_tps", "max_tps", "peak_rate")
        mean = self._number(
            "tps", "target_tps", "base_tps", "average_tps", "transactions_per_second"
        )
        low = self._number("off_peak_tps", "min_tps", "offpeak_tps", "off_peak_rate")
        weekend = self._number("weekend_multiplier", "weekend_factor")
        base = next((rate for rate in (low, mean, peak) if rate is not None), None)
        if base is None:
            return '[demand]\nrate = "model"'
        lines = ["[demand]", f'rate = "{base:g}/s"']
        surge = peak / base if peak is not None and base > 0 else 1.0
        waves = [*_daily(start, duration_s, hours, surge), *_weekends(start, duration_s, weekend)]
        if len(waves) > _WAVES_MAX:
            self.remarks.append(f"business hours after the first {_WAVES_MAX} windows are left out")
        return "\n\n".join(["\n".join(lines), *waves[:_WAVES_MAX]])

    def _fraud(self) -> str:
        rate = self._number("fraud_rate", "fraud_probability", "fraud_ratio")
        percent = self._number("fraud_percentage", "fraud_percent")
        share = percent / 100 if rate is None and percent is not None else rate
        if share is not None and not 0 <= share <= 1:
            self.problems.append(Problem("fraud_rate", f"must be a share in [0, 1], is {share:g}"))
        return f"[fraud]\nrate = {share!r}" if share is not None else ""

    def _duration_s(self) -> float:
        duration_s = self._span_s(*_DURATIONS, "simulation", "num", "run")
        if duration_s is None:
            self.remarks.append("no duration found: 10m is a guess")
        if duration_s == 0:
            self.problems.append(Problem("duration", "must be > 0, is 0"))
        return duration_s or 600.0

    def _start(self) -> datetime:
        start = self._start_found()
        if start.tzinfo is not None:
            self.remarks.append(
                f"the offset of {start} is left out: start is the bank's local time"
            )
        if not FIRST_YEAR <= start.year <= LAST_YEAR:
            message = f"must lie in the years {FIRST_YEAR} to {LAST_YEAR}, is {start}"
            self.problems.append(Problem("start", message))
            return _GUESSED_START
        return start.replace(tzinfo=None)

    def _start_found(self) -> datetime:
        found = self._take("start", "start_time", "start_date", "start_datetime")
        if isinstance(found, str):
            with suppress(ValueError):  # said below, as for a number
                found = datetime.fromisoformat(found)
        if isinstance(found, datetime):
            return found
        if isinstance(found, date):
            return datetime.combine(found, time())
        if found is not None:
            guess = _GUESSED_START.isoformat()
            self.remarks.append(f'start "{found}" is no date: {guess} is a guess')
        return _GUESSED_START

    def _hours(self) -> Hours | None:
        """Read the business hours first: their `start` is not the start of the run."""
        begin = self._take("business_hours.start", "business_hours.begin", "business_hours_start")
        end = self._take("business_hours.end", "business_hours.stop", "business_hours_end")
        whole = self._take("business_hours", "peak_hours")
        if isinstance(whole, list) and len(whole) == 2:
            begin, end = whole
        if isinstance(whole, str):
            begin, _, end = whole.partition("-")
        hours = (_hour(begin), _hour(end))
        if hours[0] is None or hours[1] is None:
            return None
        return hours[0], hours[1]

    def _take(self, *names: str) -> Leaf:
        for name in names:
            for path in self.leaves:
                if path == name or path.endswith("." + name):
                    return self.leaves.pop(path)
        return None

    def _number(self, *names: str) -> float | None:
        value = self._take(*names)
        return None if value is None else self._judged(names[0], value)

    def _judged(self, name: str, value: Leaf) -> float | None:
        try:
            number = float(value)  # type: ignore[arg-type]  # judged by the except below
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if not math.isfinite(number) or number < 0 or isinstance(value, bool):
            self.problems.append(Problem(name, f"expected a number >= 0, is {show(value)}"))
            return None
        return number

    def _whole(self, *names: str) -> int | None:
        number = self._number(*names)
        if number is not None and not number.is_integer():
            self.problems.append(Problem(names[0], f"expected a whole number, is {number:g}"))
        return None if number is None else int(number)

    def _span_s(self, *stems: str) -> float | None:
        """Find a span of time: a stem with a unit in the key, or with one in the value."""
        for stem in stems:
            for unit, unit_s in _SPANS_S.items():
                number = self._number(f"{stem}_{unit}")
                if number is not None:
                    return self._bounded_s(stem, number * unit_s)
        value = self._take(*(stem for stem in stems if stem not in ("simulation", "num", "run")))
        if value is None:
            return None
        if isinstance(value, str):
            return self._spelt_s(stems[0], value)
        return self._bounded_s(stems[0], self._judged(stems[0], value))

    def _bounded_s(self, key: str, span_s: float | None) -> float | None:
        if span_s is None or span_s * NS_PER_S <= DURATION_NS_MAX:
            return span_s
        self.problems.append(Problem(key, "is longer than the clock can hold (146 years)"))
        return None

    def _spelt_s(self, key: str, text: str) -> float | None:
        try:
            return self._judged(key, parse_duration_ns(text) / NS_PER_S)
        except ValueError as error:
            self.problems.append(Problem(key, str(error)))
            return None

    def _remark_on_the_rest(self) -> None:
        for path, value in self.leaves.items():
            words = path.split(".")
            reason = next((_REASONS[word] for word in words if word in _REASONS), None)
            self.remarks.append(
                f"{path} = {show(value)} is left out: {reason or 'it has no counterpart'}"
            )


def _written(span_s: float) -> str:
    return json.dumps(format_duration(round(span_s * NS_PER_S)))


def _hour(value: Leaf) -> float | None:
    """Read an hour of the day from 9, "9", "09:30", or what YAML makes of 09:30 (minutes)."""
    match = re.fullmatch(r"\s*(\d{1,4})(?::(\d{2}))?(?::\d{2})?\s*", str(value))
    if not match:
        return None
    hour = int(match[1]) + int(match[2] or 0) / 60
    hour = hour / 60 if hour > 24 else hour
    return hour if hour <= 24 else None


def _daily(start: datetime, duration_s: float, hours: Hours | None, factor: float) -> Iterator[str]:
    if hours is None or factor == 1:
        return
    length = timedelta(hours=(hours[1] - hours[0]) % 24)
    for day in _days(start, duration_s):
        opening = day + timedelta(hours=hours[0])
        yield from _wave(start, duration_s, opening, opening + length, factor)


def _weekends(start: datetime, duration_s: float, factor: float | None) -> Iterator[str]:
    if factor is None or factor == 1:
        return
    for day in _days(start, duration_s):
        if day.weekday() >= _SATURDAY:
            yield from _wave(start, duration_s, day, day + _DAY, factor)


def _days(start: datetime, duration_s: float) -> Iterator[datetime]:
    day = datetime.combine(start.date(), time()) - _DAY
    end = start + timedelta(seconds=duration_s)
    while day < end:
        yield day
        day += _DAY


def _wave(
    start: datetime, duration_s: float, begin: datetime, end: datetime, factor: float
) -> Iterator[str]:
    """Write the part of [begin, end) that lies inside the run, if any does."""
    at_s = max((begin - start).total_seconds(), 0.0)
    until_s = min((end - start).total_seconds(), duration_s)
    if until_s > at_s:
        lines = [f"at = {_written(at_s)}", f"for = {_written(until_s - at_s)}"]
        yield "\n".join(["[[demand.wave]]", *lines, f"factor = {factor!r}"])
