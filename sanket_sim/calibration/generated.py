"""Customer-months from the city's plans alone, posted against balances as a ledger would do it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from sanket_sim.actors.city import City
from sanket_sim.actors.demand import demand_of
from sanket_sim.actors.plans import Plans
from sanket_sim.actors.presets import read_preset
from sanket_sim.actors.settings import DemandSettings, PopulationSettings
from sanket_sim.actors.templates import TemplateSettings
from sanket_sim.bank.description import Bank, Party
from sanket_sim.calibration.histories import (
    OPERATIONS,
    Histories,
    Numbers,
    month_name,
    month_number,
    sorted_entries,
)
from sanket_sim.core.draws import Draws
from sanket_sim.core.units import DAY_NS

_EPOCH = datetime.fromisoformat("1970-01-01")


@dataclass(frozen=True, slots=True)
class Sample:
    """How many customers to generate, of which preset.

    Parameters
    ----------
    customers : int
    seed : int
    preset : str
    template : sequence of TemplateSettings
        Take the places of the preset's templates of the same names.
    """

    customers: int = 8_000
    seed: int = 1
    preset: str = "berka"
    template: Sequence[TemplateSettings] = ()


def generate(bank: Bank, sample: Sample, watched: Mapping[str, int]) -> Histories:
    """Return what customers do, each watched from as late on as the accounts of a record.

    Parameters
    ----------
    bank : Bank
        Has a route for every operation, of the operation's name.
    sample : Sample
    watched : mapping
        Calendar month -> accounts that the record watches in it; never fewer than the month before.
    """
    first, end = month_number(min(watched)), month_number(max(watched)) + 1
    start = datetime.fromisoformat(f"{month_name(first)}-01")
    end_ns = int((_first_day(end) - _first_day(first)) * DAY_NS)
    city = _city(bank, sample, start, end_ns)
    intents = _planned(city, end_ns)
    begun = _first_months(watched, len(city.population), Draws(sample.seed, "calibration"))
    return post(bank, city.population.account, city.population.opening_minor, intents, start, begun)


def post(
    bank: Bank,
    account: Numbers,
    opening_minor: Numbers,
    intents: NDArray[np.void],
    start: datetime,
    first_month: Numbers,
) -> Histories:
    """Post intents in the order of time; a debit that the balance does not cover is refused.

    Parameters
    ----------
    bank : Bank
    account, opening_minor : int64 array, shape (customers,)
        Accounts' ids, and what is on them before the first intent.
    intents : array of INTENT_DTYPE
        In the order of time.
    start : datetime
        Local time to which intents' times count.
    first_month : int64 array, shape (customers,)
        From when on each account is watched; all are to the month of the last intent.
    """
    place = np.searchsorted(account, intents["customer_id"])
    debit = np.array([route.debtor == Party.CUSTOMER for route in bank.routes])[intents["kind"]]
    known = np.array([_operation(route.name) for route in bank.routes])
    change_minor = np.where(debit, -1, 1) * intents["amount_minor"]
    covered, refused = _covered(place, change_minor, opening_minor)
    offset_ns = (start - _EPOCH).days * DAY_NS
    day = (offset_ns + intents["created_ns"]) // DAY_NS
    operation = known[intents["kind"]]
    kept = covered & (operation >= 0)
    entries = sorted_entries(
        place[kept], day[kept], operation[kept], intents["amount_minor"][kept].astype(np.int64)
    )
    last = int(day.max().astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)) + 1
    end = np.full(len(account), last)
    return Histories(entries, opening_minor.copy(), first_month, end, refused)


def _city(bank: Bank, sample: Sample, start: datetime, end_ns: int) -> City:
    population = PopulationSettings(
        customers=sample.customers,
        preset=sample.preset,
        template=tuple(sample.template),
        wallets={},
        merchants=1,
    )
    asked = DemandSettings()
    demand = demand_of(asked, sample.customers, start, end_ns, preset=read_preset(sample.preset))
    plans = Plans.of(population, asked, bank)
    return City(bank, population, demand, sample.seed, start=start, plans=plans)


def _planned(city: City, end_ns: int) -> NDArray[np.void]:
    """Return all intents of a run, planned day by day: what is drawn ahead is sorted in."""
    parts = [
        city.plan(begin_ns, min(begin_ns + DAY_NS, end_ns)).intents
        for begin_ns in range(0, end_ns, DAY_NS)
    ]
    return np.concatenate(parts)


def _covered(
    place: Numbers, change_minor: Numbers, opening_minor: Numbers
) -> tuple[NDArray[np.bool_], Numbers]:
    """Say which changes the balances bear, one after another, and count each account's others."""
    balance = opening_minor.tolist()
    refused = [0] * len(balance)
    covered = np.ones(len(place), dtype=np.bool_)
    changes = zip(place.tolist(), change_minor.tolist(), strict=True)
    for row, (account, change) in enumerate(changes):
        if change < 0 and balance[account] + change < 0:
            covered[row] = False
            refused[account] += 1
        else:
            balance[account] += change
    return covered, np.array(refused, dtype=np.int64)


def _first_months(watched: Mapping[str, int], customers: int, draws: Draws) -> Numbers:
    """Return from when on each customer is watched: as many newcomers a month as in the record."""
    months = np.array([month_number(name) for name in sorted(watched)], dtype=np.int64)
    count = np.array([watched[name] for name in sorted(watched)], dtype=np.float64)
    edges = np.maximum.accumulate(count) / count.max()
    u = draws.child("watched").uniform(np.arange(customers))
    return months[np.searchsorted(edges[:-1], u, side="right")]


def _first_day(month: int) -> int:
    return int(np.datetime64(month, "M").astype("datetime64[D]").astype(np.int64))


def _operation(route: str) -> int:
    return OPERATIONS.index(route) if route in OPERATIONS else -1
