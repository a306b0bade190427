"""Traps: semantic faults of payments, one a file, named by their number on design page 3.

A trap changes what is *submitted* and keeps the truth of what was *wanted*; whether money then
leaks is up to the bank's controls and, for races, to the order of events in the network.
"""

from sanket_sim.faults.traps import (
    crash_between_legs,
    duplicate_submit,
    lost_ack_new_key,
    negative_amount,
    stale_balance,
)
from sanket_sim.faults.traps.trap import Ground, Intents, Trap, customer_routes, traps

__all__ = [
    "Ground",
    "Intents",
    "Trap",
    "crash_between_legs",
    "customer_routes",
    "duplicate_submit",
    "lost_ack_new_key",
    "negative_amount",
    "stale_balance",
    "traps",
]
