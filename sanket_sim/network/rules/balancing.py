"""Which replica a request goes to."""

from __future__ import annotations


def better(outstanding_a: int, outstanding_b: int) -> bool:
    """Say whether replica a is to be preferred to b, which was drawn first: it has less to do.

    Both are untried, or all have been tried: the caller offers no others.

    Examples
    --------
    >>> better(0, 9), better(1, 1)
    (True, False)
    """
    return outstanding_a < outstanding_b


def pick_random(count: int, u: float) -> int:
    """Return one of `count` places, each as likely.

    Examples
    --------
    >>> pick_random(4, 0.99), pick_random(1, 0.5)
    (3, 0)
    """
    return min(count - 1, int(u * count))


def pick_other(count: int, first: int, u: float) -> int:
    """Return one of the `count` places that is not `first` (the second choice of two).

    Examples
    --------
    >>> pick_other(2, 0, 0.3), pick_other(3, 1, 0.0), pick_other(3, 1, 0.9)
    (1, 0, 2)
    """
    if count < 2:
        return first
    place = min(count - 2, int(u * (count - 1)))
    return place if place < first else place + 1
