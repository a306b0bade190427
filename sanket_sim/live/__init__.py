"""A run while it flies: seen, steered and looked into, from another process.

Nouns: a *flight* is a run in a process of its own; its *pilot* obeys orders between two ticks
(wait, go on, one step, faster, command a fault); the *picture* is a fold of every batch into what
people look at; a *frame* is the picture at one instant, serialised once; the *flight deck* has the
present flight and the latest frames. Frames leave at most ten times a second and the latest wins,
so that nobody who looks can hold the run up, and what is recorded is the same as when nobody looks.

Neighbours: `simulation` (which lets a crew aboard), `trace` (batches), `analysis` (the formulas of
the findings). This room must not know of HTTP, of sockets or of a page, and decides nothing that
is not an order: orders are recorded in the run's experiment and replayed from there.
"""
