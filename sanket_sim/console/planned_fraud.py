"""What an experiment says about fraud, before it runs: campaigns, their twins, who looks out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sanket_sim.actors import City, Demand
from sanket_sim.actors.financial_crime import FinancialCrimeSettings
from sanket_sim.actors.typology import Typology
from sanket_sim.bank.description import Bank
from sanket_sim.console.wording import clock, counted
from sanket_sim.core.units import NS_PER_S, format_duration
from sanket_sim.fraud.background import enlist
from sanket_sim.simulation.experiment import Experiment

_PEOPLE_ENOUGH = 1000
"""Whom campaigns and their twins are sent among to be asked who they are; nobody acts."""


def campaign_rows(asked: Experiment, bank: Bank) -> Iterator[tuple[str, ...]]:
    """Yield each campaign's name, typology, start, twins, own keys, S and pace."""
    campaigns = _campaigns(asked, bank)
    twins = _twins(asked, bank, campaigns)
    for campaign, twin in zip(campaigns, twins, strict=True):
        until = f", for {format_duration(campaign.lasts)}" if campaign.lasts else ""
        times = f"; x {campaign.intensity:g}" if campaign.intensity != 1 else ""
        yield (
            campaign.name,
            campaign.typology,
            f"{clock(campaign.at)}{until}",
            twin,
            f"{_own_keys(campaign)}{times}",
            f"{campaign.sophistication:g}",
            f"{campaign.pace:g}",
        )


def watch(bank: Bank, unit: FinancialCrimeSettings) -> str:
    """Say in one line how the fraud service judges and who looks into what it finds."""
    service = bank.fraud_service
    hours = f" from {unit.opens:%H:%M} to {unit.closes:%H:%M}" if unit.opens and unit.closes else ""
    monitoring = "monitoring off"
    if unit.monitoring.enabled:
        every = unit.monitoring.every
        when = f"every {format_duration(every)}" if every else f"at {unit.monitoring.at:%H:%M}"
        monitoring = f"monitoring {when}"
    return (
        f"Fraud service: {counted(len(service.rules), 'rule')}, model "
        f"{service.model_file.rpartition('/')[2] or 'none'}; reviews from {service.review_at:g}, "
        f"second factor from {service.step_up_at:g}, declines from {service.decline_at:g}; "
        f"{counted(unit.analysts, 'analyst')}{hours}, {monitoring}."
    )


def _campaigns(asked: Experiment, bank: Bank) -> tuple[Typology, ...]:
    """Return the experiment's own campaigns, named as the run will name them."""
    own = asked.fraud.model_copy(update={"rate": 0.0})
    return enlist(own, bank, _one_second(), asked.population.customers, asked.seed)


def _twins(asked: Experiment, bank: Bank, campaigns: tuple[Typology, ...]) -> list[str]:
    """Return how many twins each campaign has, and which: only they themselves know."""
    people = asked.population
    few = people.model_copy(update={"customers": min(people.customers, _PEOPLE_ENOUGH)})
    twins = asked.fraud.twins
    city = City(bank, few, _one_second(), asked.seed, campaigns, twins=twins)
    kinds: list[dict[str, None]] = [{} for _ in campaigns]
    for place, twin in enumerate(city.twins):
        kinds[place // twins][twin.TWIN.replace("_", " ")] = None
    return [f"{twins} x {', '.join(kind)}" if kind else "none" for kind in kinds]


def _one_second() -> Demand:
    return Demand(np.array([0, NS_PER_S]), np.array([1.0]), np.array([1.0]))


def _own_keys(campaign: Typology) -> str:
    """Spell the keys that only this typology has; those left to chance are said to be drawn."""
    said = campaign.model_dump()
    own = (key for key in type(campaign).model_fields if key not in Typology.model_fields)
    return ", ".join(f"{key} {'drawn' if said[key] is None else said[key]}" for key in own)
