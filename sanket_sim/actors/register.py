"""Who exists, as rows of the trace's agents table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sanket_sim.actors.fraudster import Fraudster
from sanket_sim.actors.population import REGIONS, SEGMENTS, WORLDS, Numbers, Population
from sanket_sim.bank.description import Accounts
from sanket_sim.trace.batch import Columns
from sanket_sim.trace.schema import AGENTS
from sanket_sim.trace.vocabulary import Vocabularies, Vocabulary


def agents_table(
    population: Population,
    accounts: Accounts,
    fraudsters: Sequence[Fraudster],
    vocabularies: Vocabularies,
) -> Columns:
    """Return the rows of the agents table: the ground truth of who is who.

    Worlds, merchants and customers have the id of their account; a fraudster's follows all
    accounts, and his account is the mule's that serves the campaign (opened by the mule, hence
    with nothing). Every account's opening balance occurs once, so the table closes law L4.
    """
    city, crime = len(accounts), len(fraudsters)
    table = {column.name: np.zeros(city + crime, column.dtype) for column in AGENTS}
    table["agent_id"][:] = np.arange(city + crime)
    table["account_id"][:city] = np.arange(city)
    table["opening_minor"][:city] = accounts.opening_minor
    table["campaign_id"][:] = -1
    table["role"][:city] = _roles(population, accounts, vocabularies["role"])
    table["segment"][:city] = _segments(population, vocabularies["segment"])
    table["region"][:city] = _regions(population, vocabularies["region"])
    table["role"][city:] = vocabularies["role"].code("fraudster")
    table["segment"][city:] = vocabularies["segment"].code("fraudster")
    table["region"][city:] = vocabularies["region"].code("outside")
    for row, fraudster in enumerate(fraudsters, start=city):
        table["account_id"][row] = fraudster.mule_account()
        table["typology"][row] = fraudster.typology
        table["campaign_id"][row] = fraudster.campaign_id
    return table


def _roles(population: Population, accounts: Accounts, words: Vocabulary) -> Numbers:
    roles = np.full(len(accounts), words.code("customer"), dtype=np.int64)
    roles[: population.first_merchant] = words.code("world")
    roles[population.first_merchant : population.first_customer] = words.code("merchant")
    roles[population.first_customer + population.mules] = words.code("mule")
    return roles


def _segments(population: Population, words: Vocabulary) -> Numbers:
    worlds = [words.code(world.name.lower()) for world in WORLDS]
    merchants = np.full(population.merchants, words.code("merchant"))
    codes = np.array([words.code(segment) for segment in SEGMENTS])
    return np.concatenate([worlds, merchants, codes[population.segment]])


def _regions(population: Population, words: Vocabulary) -> Numbers:
    elsewhere = np.full(population.first_customer, words.code("outside"))
    codes = np.array([words.code(region) for region in REGIONS])
    return np.concatenate([elsewhere, codes[population.region]])
