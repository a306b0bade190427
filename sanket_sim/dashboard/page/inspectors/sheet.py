"""A sheet: what an inspector shows, as blocks of a few kinds that one template can draw."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

State = Literal["", "ok", "warn", "critical", "idle", "accent"]


@dataclass(frozen=True, slots=True)
class Link:
    """Where a name leads: another inspector."""

    kind: str
    key: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One line: what, and how much; the state is said by the text too."""

    label: str
    value: str
    state: State = ""
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts side by side."""

    title: str
    rows: tuple[Fact, ...]
    type: str = "facts"


@dataclass(frozen=True, slots=True)
class Text:
    """Sentences."""

    title: str
    lines: tuple[str, ...]
    type: str = "text"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table."""

    text: str
    state: State = ""
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings; `numeric` says which columns stand at the right."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: tuple[bool, ...] = ()
    type: str = "table"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a log."""

    when: str
    text: str
    state: State = ""
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Log:
    """What happened, line by line; the first few, unless somebody asks for all."""

    title: str
    rows: tuple[Line, ...]
    shown: int = 12
    type: str = "log"


@dataclass(frozen=True, slots=True)
class Gauge:
    """A share of something, as a bar: `value` and `mark` in [0, 1]."""

    label: str
    value: float
    text: str
    state: State = ""
    mark: float | None = None


@dataclass(frozen=True, slots=True)
class Gauges:
    """Bars below one another."""

    title: str
    rows: tuple[Gauge, ...]
    note: str = ""
    type: str = "gauges"


@dataclass(frozen=True, slots=True)
class Bar:
    """One attempt in a waterfall; positions are shares of the whole span.

    Parameters
    ----------
    label, note, tip : str
        Who was called; what came of it; everything, for a pointer or a reader.
    depth : int
    left, width : float
        While its caller waited.
    queue : float
        Share of the bar that was spent in line.
    tail : float
        How far the work went on when nobody waited any more.
    state : State
    leaked : bool
    event : bool
        Nobody waited for it.
    """

    label: str
    note: str
    tip: str
    depth: int
    left: float
    width: float
    queue: float
    tail: float
    state: State
    leaked: bool
    event: bool


@dataclass(frozen=True, slots=True)
class Waterfall:
    """The attempts of a payment on one scale of time."""

    title: str
    rows: tuple[Bar, ...]
    ticks: tuple[str, ...]
    type: str = "waterfall"


@dataclass(frozen=True, slots=True)
class Chart:
    """A small line over time; None where there is no value."""

    title: str
    values: tuple[float | None, ...]
    text: str
    state: State = "accent"
    goal: float | None = None
    type: str = "chart"


Block = Facts | Text | Table | Log | Gauges | Waterfall | Chart


@dataclass(frozen=True, slots=True)
class Chip:
    """A word about the whole."""

    text: str
    state: State = "idle"


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything about one thing.

    Parameters
    ----------
    title, subtitle : str
    blocks : tuple of Block
    chips : tuple of Chip
    icon : str
        As the map draws it.
    target : str
        What "inject here" strikes; empty for what cannot be struck.
    """

    title: str
    subtitle: str
    blocks: tuple[Block, ...]
    chips: tuple[Chip, ...] = ()
    icon: str = ""
    target: str = ""


def filled(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """Leave out blocks in which nothing stands.

    Examples
    --------
    >>> filled([Text("Why", ()), Text("What", ("it leaked",))])
    (Text(title='What', lines=('it leaked',), type='text'),)
    """
    return tuple(block for block in blocks if _length(block))


def _length(block: Block) -> int:
    if isinstance(block, Chart):
        return sum(value is not None for value in block.values)
    return len(block.lines if isinstance(block, Text) else block.rows)
