"""The room where an experiment becomes a run: every other room is introduced here and only here.

Nouns: *experiment* (what is asked), *resolved experiment* (with its bank found and checked),
*tick*, *simulation* (the living thing with its loop), *run* (one seed on disk), *replications*,
*sweep*, *comparison*. Start reading at `loop`; `run` builds what it drives, `resolve` reads what
was asked, `conservation` audits every batch.

Neighbours: actors plan, faults spoil, the network carries, the trace keeps, analysis measures. The
room must not know how any of them does it, and decides nothing that has a meaning of its own.
"""
