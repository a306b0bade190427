"""A table of the report, as Markdown and the page both draw it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sanket_sim.analysis.report.wording import MISSING, number

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table: the first `names` columns hold words, the others figures.

    Parameters
    ----------
    title : str
    headings : tuple of str
    rows : tuple of tuples of str
    note : str
        What to see in it; empty for nothing.
    names : int
    """

    title: str
    headings: Row
    rows: tuple[Row, ...]
    note: str = ""
    names: int = 1


def percent(share: float) -> str:
    """Write a share in percent.

    Examples
    --------
    >>> percent(0.25), percent(math.nan)
    ('25 %', '-')
    """
    return MISSING if math.isnan(share) else f"{number(100 * share)} %"
