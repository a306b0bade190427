"""The door through which kinds of fraud enter: what a campaign says, who carries it out."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from pydantic import Field

from sanket_sim.bank.description import Bank
from sanket_sim.core.registry import Registry
from sanket_sim.core.settings import DurationNs, PositiveDurationNs, Settings, Share
from sanket_sim.core.units import NS_PER_S

if TYPE_CHECKING:
    from sanket_sim.actors.actor import Fraudster, Twin
    from sanket_sim.actors.city import City


class Typology(Settings):
    """One campaign of fraud, as ``[[fraud.campaign]]``; each kind adds its own keys.

    A kind of fraud is a subclass, registered under the name that `typology` carries, and a
    `Fraudster` that it sends.
    """

    APPLIES: ClassVar[bool] = False
    """Whether its people become customers: there must be applicants in the city."""

    typology: str
    name: Annotated[str, Field(max_length=60)] = ""
    """What the campaign is called; it names its draws too. By default its place in its list."""
    at: DurationNs = 0
    """When the campaign begins."""
    lasts: PositiveDurationNs | None = Field(default=None, alias="for")
    """The campaign is broken off after so long; by default it ends by itself."""
    intensity: Annotated[float, Field(gt=0, le=1e4)] = 1.0
    """Multiplies the number of cards or victims."""
    sophistication: Share = 0.5
    """0: crude and fast; 1: patient, and close to what honest people do."""
    pace: Annotated[float, Field(gt=0, le=100)] = 1.0
    """Multiplies the waits of hours and days, so that a short experiment sees the whole story."""

    @classmethod
    @abstractmethod
    def small(cls, at: str, sophistication: float, room_ns: int) -> Self:
        """Return a small campaign of the background, paced to be over within `room_ns`."""

    @classmethod
    def paced(
        cls, at: str, sophistication: float, room_ns: int, longest_ns: float, **size: int | str
    ) -> Self:
        """Return a campaign at a pace at which what takes `longest_ns` fits into `room_ns`."""
        pace = min(1.0, max(room_ns, NS_PER_S) / longest_ns)
        asked = {"at": at, "sophistication": sophistication, "pace": pace}
        return cls.model_validate(asked | size)

    @abstractmethod
    def send(self, city: City, campaign_id: int) -> Fraudster:
        """Put the person who carries the campaign out into the city."""

    @abstractmethod
    def twin(self, city: City, campaign_id: int, twin_of: int, episode: int) -> Twin:
        """Send somebody honest whose doings look like the campaign, and are about as many."""

    @abstractmethod
    def expected_intents(self, bank: Bank) -> float:
        """Return how many intents the campaign makes on average if nobody stops it."""

    @abstractmethod
    def missing(self, bank: Bank) -> str:
        """Say what the bank lacks for this kind of fraud; empty: nothing."""


typologies: Registry[type[Typology]] = Registry("typology")
"""Every kind of fraud, by the name that `typology` carries in an experiment."""
