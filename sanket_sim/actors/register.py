"""Who exists, as rows of the trace's agents table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sanket_sim.actors.actor import Fraudster
from sanket_sim.actors.merchants import CATEGORIES
from sanket_sim.actors.population import REGIONS, WORLDS, Numbers, Population
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

    One row for every account, with the agent whose it is: worlds, closed accounts, merchants and
    customers have the id of their (current) account; a fraudster's follows all accounts, and his
    account is the mule's that serves the campaign (opened by the mule, hence with nothing). Every
    account's opening balance occurs once, so the table closes law L4.
    """
    city, crime = len(accounts), len(fraudsters)
    table = {column.name: np.zeros(city + crime, column.dtype) for column in AGENTS}
    table["account_id"][:city] = np.arange(city)
    table["agent_id"][:city] = np.where(accounts.owner < 0, np.arange(city), accounts.owner)
    table["agent_id"][city:] = np.arange(city, city + crime)
    table["opening_minor"][:city] = accounts.opening_minor
    table["currency"][:city] = accounts.currency
    table["campaign_id"][:] = -1
    table["role"][:city] = _roles(population, vocabularies["role"])
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


def _owners(population: Population) -> Numbers:
    """Return the customer number behind each account from the first customer's on."""
    return population.number(np.arange(population.first_customer, population.accounts))


def _roles(population: Population, words: Vocabulary) -> Numbers:
    customer = words.code("customer")
    world, merchant, mule = (words.code(word) for word in ("world", "merchant", "mule"))
    lends = np.isin(_owners(population), population.mules)
    return np.concatenate(
        [
            np.full(population.first_closed, world),
            np.full(population.closed, words.code("former customer")),
            np.full(population.applicants, words.code("applicant")),
            np.full(population.merchants, merchant),
            np.where(lends, mule, customer),
        ]
    )


def _segments(population: Population, words: Vocabulary) -> Numbers:
    worlds = [words.code(world.name.lower()) for world in WORLDS]
    trades = np.array([words.code(category) for category in CATEGORIES])
    merchants = trades[population.shops.category]
    codes = np.array([words.code(segment.name) for segment in population.preset.segment])
    closed = np.full(population.closed, words.code("closed"))
    applicants = np.full(population.applicants, words.code("applicant"))
    everywhere = np.tile(worlds, len(population.exchange.currencies))
    people = codes[population.segment[_owners(population)]]
    return np.concatenate([everywhere, closed, applicants, merchants, people])


def _regions(population: Population, words: Vocabulary) -> Numbers:
    elsewhere = np.full(population.first_customer, words.code("outside"))
    codes = np.array([words.code(region) for region in REGIONS])
    return np.concatenate([elsewhere, codes[population.region[_owners(population)]]])
