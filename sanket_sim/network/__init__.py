"""The service network: carries money movements, event by event, through queues.

Nouns: call and attempt (rows), line (queues), edge with its gates, command; of money: ledger with
its balance store and its admission, hold, stand-in, effect; around a commit: saga, broker; of
suspicion: the fraud desk, what it sees (view) and what it remembers (memory).
Neighbours: the bank's description and the trace's columns below; `simulation` drives it and
`faults` commands it. It must not know actors, experiments, files or wall time.

Start reading at `engine`, then `callers` and `callees`; what anything *means* is in `rules`, pure
functions that a compiled engine can call as well.
"""

from sanket_sim.network.engine import SimPyEngine
from sanket_sim.network.protocol import Command, CommandKind, Direction, Engine

__all__ = ["Command", "CommandKind", "Direction", "Engine", "SimPyEngine"]
