"""Fraud in the background: small campaigns that together make a stated share of the traffic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from sanket_sim.actors.demand import Demand
from sanket_sim.actors.typology import Typology, typologies
from sanket_sim.bank.description import Bank
from sanket_sim.core.draws import Draws
from sanket_sim.core.units import format_duration
from sanket_sim.fraud.settings import FraudSettings

_LATEST = 0.9
"""Campaigns begin before this share of the run's traffic has passed."""
_OF_ROOM = (0.2, 0.9)
"""Shares of the time left that campaigns are paced to fit into: were it one, they would all end
together, and the clock would give away how every one of them ends."""


def enlist(
    settings: FraudSettings,
    bank: Bank,
    demand: Demand,
    customers: int,
    seed: int,
    *,
    applicants: int = 0,
    besides: float = 0.0,
) -> tuple[Typology, ...]:
    """Return every campaign of a run: the experiment's own, then the background.

    Parameters
    ----------
    settings : FraudSettings
    bank : Bank
    demand : Demand
        By which campaigns begin.
    customers : int
    seed : int
    applicants : int
        People who may apply for an account; without them nobody invents customers.
    besides : float
        Honest intents that each customer is expected to have beside the demand.

    Notes
    -----
    With N honest intents expected, rate r asks for F = N r / (1 - r) fraudulent ones. Campaigns
    are added, each keyed by its number, until their expected sizes reach F; the last one enters
    with the probability that makes the expectation exactly F. Adaptation (dropped cards, stopped
    drains) keeps the realised share somewhat lower, and so do honest twins, which are traffic
    beyond N: with t of them a campaign, by a factor of about 1 - r t. What is counted is all that
    campaigns do, their cover with it, of which no payment is labelled as fraud.
    """
    honest = (demand.expected + besides) * customers
    wanted = honest * settings.rate / (1.0 - settings.rate)
    draws = Draws(seed, "fraud", "background")
    possible = _possible(bank, applicants)
    background: list[Typology] = []
    number = 0
    while possible and wanted > 0.0:
        campaign = _small(number, possible, demand, draws)
        size = campaign.expected_intents(bank)
        if size <= wanted or draws.child("last").unit(number) < wanted / size:
            background.append(campaign)
        wanted -= size
        number += 1
    return (*_named("campaign", settings.campaign), *_named("background", background))


def _named(list_name: str, campaigns: Sequence[Typology]) -> list[Typology]:
    """Name campaigns by their place in their list, where they have no name of their own."""
    return [
        one if one.name else one.model_copy(update={"name": f"{list_name} {place}"})
        for place, one in enumerate(campaigns)
    ]


def _possible(bank: Bank, applicants: int) -> dict[str, type[Typology]]:
    """Return the kinds of fraud that the bank has the routes, and the city the people, for."""
    return {
        name: kind
        for name, kind in typologies.items()
        if (applicants or not kind.APPLIES) and not kind.small("0s", 0.5, 1).missing(bank)
    }


def _small(
    number: int, possible: Mapping[str, type[Typology]], demand: Demand, draws: Draws
) -> Typology:
    """Draw the background's campaign of that number.

    Every kind draws a lot for it and the highest wins (Thaler and Ravishankar 1998), so that one
    more kind of fraud takes its fair share of the campaigns and leaves the others as they are.
    """
    winner = max(possible, key=lambda name: draws.child("typology", name).unit(number))
    hazard = np.array([_LATEST * demand.expected * draws.child("at").unit(number)])
    at_ns = int(demand.instant_ns(hazard)[0])
    low, high = _OF_ROOM
    of_room = low + (high - low) * draws.child("room").unit(number)
    room_ns = int(of_room * (demand.end_ns - at_ns))
    sophistication = draws.child("sophistication").unit(number)
    return possible[winner].small(format_duration(at_ns), sophistication, room_ns)
