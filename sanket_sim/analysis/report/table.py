"""A table of the report, as Markdown and the page both draw it."""

from __future__ import annotations

from dataclasses import dataclass

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
