"""The bank: what it is, before anything happens to it.

A model file (``models/*.toml``) becomes settings, is checked as a whole, and is compiled into a
frozen `Bank` that every engine executes: names resolved to indices, presets to numbers, steps to
flat rows, times to nanoseconds.

Nouns: service, replica, worker, operation, step, edge, policy, route, law, control.

Neighbours: takes TOML from `core`; is read by `trace`, `actors`, `network`, `faults`, `analysis`
and `simulation`.

Must not know: time that passes, transactions, accounts' balances, or who carries all this out. A
description holds no state and draws no random number.
"""

from sanket_sim.bank.description import Bank, Law
from sanket_sim.bank.graph import Workload, service_graph
from sanket_sim.bank.law_parameters import AmountLaw, TimeLaw
from sanket_sim.bank.laws import amount_law, laws, time_law
from sanket_sim.bank.model import bank_of, find_model, load_bank, model_folders
from sanket_sim.bank.power import power_w
from sanket_sim.bank.settings import ModelSettings

__all__ = [
    "AmountLaw",
    "Bank",
    "Law",
    "ModelSettings",
    "TimeLaw",
    "Workload",
    "amount_law",
    "bank_of",
    "find_model",
    "laws",
    "load_bank",
    "model_folders",
    "power_w",
    "service_graph",
    "time_law",
]
