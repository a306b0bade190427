"""The actors: who wants to move money, and how they take it when it does not move.

Nouns: `Population` (everyone, as columns), `Demand` (how busy the city is), `Traffic` (when
customers act), `Habits` (what they then do), `Patience` (how they react), `Customer` and
`Fraudster` (agents with something to decide), `City` (all of them; a Mesa model), and in a room of
its own the `back_office` (who finds what went wrong).
Neighbours: the bank's description below; the network carries what is planned here, and fraud
registers its typologies in `typology`. This room must not know how intents are carried.
"""

from typing import TYPE_CHECKING, Any

from sanket_sim.actors.settings import DemandSettings, PopulationSettings

if TYPE_CHECKING:
    from sanket_sim.actors.city import City
    from sanket_sim.actors.demand import Demand, Surge, demand_of

__all__ = ["City", "Demand", "DemandSettings", "PopulationSettings", "Surge", "demand_of"]


def __getattr__(name: str) -> Any:
    """Import what needs Mesa (1.3 s) when it is first asked for, so that checking stays quick."""
    if name == "City":
        from sanket_sim.actors import city  # noqa: PLC0415  # the point of this function

        return city.City
    if name in ("Demand", "Surge", "demand_of"):
        from sanket_sim.actors import demand  # noqa: PLC0415  # the point of this function

        return getattr(demand, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
