"""Payments one by one: the feed, what they are called, and where all their rows are.

Neighbours: `live.frames`, `trace`, `analysis.root_cause`. This room must not know who looks.
"""
