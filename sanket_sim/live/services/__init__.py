"""The service map: how every service and every way between two of them stands.

Neighbours: `live.frames`, `bank`. This room must not know of tiles, and moves no money.
"""
