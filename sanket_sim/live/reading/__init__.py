"""What a run has written so far, read while it goes on, and held against what truly happened.

Whom a leak is to be blamed on, and what of the fraud has been caught and missed: more than one part
of the picture asks for either, and it is found once.

Neighbours: `simulation.crew` (the writer), `trace`, `analysis.root_cause`, `analysis.detection`.
This room must not know what is asked about.
"""
