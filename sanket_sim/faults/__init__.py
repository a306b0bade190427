"""What goes wrong: faults of services and messages, and traps that poison payments.

A **fault** is a scheduled disturbance that becomes commands to the network's control plane (or,
for a load wave, surges of demand). A **trap** is a semantic fault: it spoils an intent on its way
in and keeps the truth of what the customer wanted. Each is one file behind a `Registry`, read from
``[[fault]]`` and ``[[trap]]`` tables; a `Scenario` is all of them in one experiment.

Neighbours: `network.protocol` (commands), `trace.arrivals` (intents), `actors.demand` (surges).
This room must not know of analysis or of who drives the loop, and takes every random number from
`core.draws`, keyed by the intent it strikes.
"""

from sanket_sim.faults.fault import Fault, faults
from sanket_sim.faults.record import Window
from sanket_sim.faults.scenario import Scenario
from sanket_sim.faults.settings import AnyFault, AnyTrap
from sanket_sim.faults.traps import Ground, Trap, traps

__all__ = [
    "AnyFault",
    "AnyTrap",
    "Fault",
    "Ground",
    "Scenario",
    "Trap",
    "Window",
    "faults",
    "traps",
]
