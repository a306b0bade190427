"""Experiments with known answers: what queueing theory says that the simulator must do.

An experiment is a bank of a service or two, a stream of customers and the figures that theory (or a
published demonstration) gives for them. Nouns: experiment, trial (one run of it), sample (what it
measured), control (luck of known mean), rule, row. `formulas` holds the theory; `examination` runs
everything; one module a topic holds the experiments. This room drives engines through the rig
alone; it knows no actors and no experiment files.
"""

from sanket_sim.simulation.validation.examination import validate
from sanket_sim.simulation.validation.rule import Row

__all__ = ["Row", "validate"]
