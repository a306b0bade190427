"""What a run has written so far, read while it goes on, and whom a leak there is to be blamed on.

Neighbours: `simulation.crew` (the writer), `trace`, `analysis.root_cause`. This room must not know
what is asked about.
"""
