"""Where people are when they act: the regions of the bank's country, and everywhere else."""

from __future__ import annotations

ABROAD = 0
"""The place that is nobody's home; homes are 1, 2, ..."""
PLACES = (
    "abroad",
    "north",
    "north_east",
    "east",
    "south_east",
    "south",
    "south_west",
    "west",
    "centre",
)
"""Words of the vocabulary "place", in the order of their codes; homes are the regions."""
