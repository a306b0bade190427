"""Calibration: what a real bank's records say about people, and whether our people do the same.

Nouns: `Histories` (what happened on some accounts and how long each was watched), `berka` (the
reader of the one public record of a bank's accounts), `Reference` (the figures that both sides are
measured by), `Households` (the laws fitted to the record), and `Verdict` (how far apart the
generated customers and the record are).
Neighbours: actors, whose presets are written here and whose city is asked for its plans; the bank's
description. This room must not know how the network carries what is planned: analysis looks at
runs.
"""
