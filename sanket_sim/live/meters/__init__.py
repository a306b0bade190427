"""Tiles and charts: what the whole bank does, second by second.

Neighbours: `live.frames`, the formulas of `analysis`. This room must not know of single services,
payments or people beyond their counts.
"""
