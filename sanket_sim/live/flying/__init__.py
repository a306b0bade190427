"""The run's process and its two ends: who flies it, who orders it about, who keeps its frames.

Neighbours: `live.picture` (what is shown), `simulation.crew`. This room must not know what a frame
shows.
"""
