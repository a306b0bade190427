"""What a run has written so far, read while it goes on, and held against what truly happened.

How intents have ended, whom a leak is to be blamed on, what of the fraud has been caught and
missed, what was decided and by whom: more than one part of the picture asks for each, and it is
found once.

Neighbours: `simulation.crew` (the writer), `trace`, `analysis.intents`, `analysis.root_cause`,
`analysis.detection`.
This room must not know what is asked about.
"""
