"""When a service is amber and when it is red: one measure for cards, drawers, edges and reports."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

Health = Literal["ok", "warn", "critical", "idle"]
_RANK: dict[Health, int] = {"idle": 0, "ok": 1, "warn": 2, "critical": 3}


class Limits(NamedTuple):
    """From where on a value is amber, and from where on it is red."""

    warn: float
    critical: float

    def judge(self, value: float) -> Health:
        """Return the state that goes with a value.

        Examples
        --------
        >>> UTILISATION.judge(0.5), UTILISATION.judge(0.8), UTILISATION.judge(0.99)
        ('ok', 'warn', 'critical')
        """
        if value >= self.critical:
            return "critical"
        return "warn" if value >= self.warn else "ok"


UTILISATION = Limits(0.80, 0.95)
"""Above four fifths of all workers the wait in line grows steeply (M/M/c)."""
LATENCY = Limits(0.75, 1.0)
"""Of the objective for a whole payment, which one service alone should not use up."""
ERROR_SHARE = Limits(0.05, 0.20)
"""Of attempts, of which many are tried again: retries and time-outs are held to it too."""
LEAK_SHARE = Limits(0.001, 0.01)
"""Of intents: red from where the whole bank is, for a leak has one root."""
QUEUE_OF_CAP = Limits(0.5, 0.9)
QUEUE_PER_WORKER = Limits(2.0, 10.0)
"""Where the queue has no cap: how many stand in line for each worker."""


def worst(states: Iterable[Health]) -> Health:
    """Return the worst of several states.

    Examples
    --------
    >>> worst(["ok", "critical", "warn"]), worst(["idle", "ok"])
    ('critical', 'ok')
    """
    return max(states, key=_RANK.__getitem__)
