"""How often Python looks for cyclic garbage while a run has millions of short-lived rows."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_ALLOCATIONS_PER_SWEEP = 200_000


@contextmanager
def seldom_swept() -> Iterator[None]:
    """Let the collector leave what exists alone, and sweep new objects seldom.

    Rows of a run point at their parents alone, so reference counts free them; a sweep every few
    hundred rows finds nothing and costs a quarter of the run (`benchmarks/whole_run.py`).

    Examples
    --------
    >>> before = gc.get_threshold()
    >>> with seldom_swept():
    ...     gc.get_threshold()[0]
    200000
    >>> gc.get_threshold() == before
    True
    """
    thresholds = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS_PER_SWEEP, 10, 10)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()
