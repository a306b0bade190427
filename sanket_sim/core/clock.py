"""The only place that reads the wall: what a run cost the machine, never what happened in it."""

from __future__ import annotations

import resource
import sys
import time
from dataclasses import dataclass, field

_BYTES_PER_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


def wall_s() -> float:
    """Return a steadily growing number of seconds, for differences only."""
    return time.perf_counter()


def epoch_ms() -> int:
    """Return the date as milliseconds since 1970 in UTC: when something left this machine."""
    return time.time_ns() // 1_000_000


def cpu_s() -> float:
    """Return the processor time this process has used [s]."""
    return time.process_time()


def peak_mb() -> float:
    """Return the most memory this process has held at once [MB]."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _BYTES_PER_RSS_UNIT / 1e6


@dataclass(frozen=True, slots=True)
class Stopwatch:
    """Counts wall and processor seconds since it was made."""

    wall_begin_s: float = field(default_factory=wall_s)
    cpu_begin_s: float = field(default_factory=cpu_s)

    @property
    def wall_s(self) -> float:
        """Seconds on the wall since the start."""
        return wall_s() - self.wall_begin_s

    @property
    def cpu_s(self) -> float:
        """Processor seconds since the start."""
        return cpu_s() - self.cpu_begin_s
