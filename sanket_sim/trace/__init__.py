"""The append-only record of a run: what crosses between rooms in memory, and what stays on disk.

Nouns: *arrivals* (what actors want), *batch* (what one tick brought), *table* and *column*
(`schema`), *vocabulary* (words behind codes), *part* (a whole Parquet file), *manifest*.

Neighbours: the network writes batches, the simulation keeps them, analysis reads them back. The
room must not know who made the rows or what they mean, and reads no clock: the same rows give the
same bytes.
"""
