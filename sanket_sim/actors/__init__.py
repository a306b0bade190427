"""The actors: who wants to move money, and how they take it when it does not move.

Nouns: `Population` (everyone, as columns), `Demand` (how busy the city is), `Traffic` (when
customers act), `Habits` (what they then do), `Patience` (how they react), `Customer` and
`Fraudster` (agents with something to decide), `City` (all of them; a Mesa model).
Neighbours: the bank's description below; the network carries what is planned here, and fraud
registers its typologies in `typology`. This room must not know how intents are carried.
"""

from sanket_sim.actors.city import City
from sanket_sim.actors.demand import Demand, Surge, demand_of
from sanket_sim.actors.settings import DemandSettings, PopulationSettings

__all__ = ["City", "Demand", "DemandSettings", "PopulationSettings", "Surge", "demand_of"]
