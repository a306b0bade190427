"""Fraud: one typology a file, each entering through the registry in `actors.typology`.

Neighbours: the actors below, whose population, calendar and habits every typology uses, so that
fraud travels by the same routes, channels, merchants and payees as honest traffic. This room must
not know how intents are carried, nor what the bank thinks of them beyond the answers it gives.
"""

from sanket_sim.actors.typology import typologies
from sanket_sim.fraud import (
    account_takeover,
    app_scam,
    card_testing,
    front_business,
    layering,
    mule_network,
    repeated_overseas,
    smurfing,
    structuring,
    synthetic_identity,
    u_turn,
    velocity_attack,
)
from sanket_sim.fraud.background import enlist
from sanket_sim.fraud.settings import FraudSettings

__all__ = [
    "FraudSettings",
    "account_takeover",
    "app_scam",
    "card_testing",
    "enlist",
    "front_business",
    "layering",
    "mule_network",
    "repeated_overseas",
    "smurfing",
    "structuring",
    "synthetic_identity",
    "typologies",
    "u_turn",
    "velocity_attack",
]
