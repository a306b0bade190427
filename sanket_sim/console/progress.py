"""Progress of a run: a live bar on a terminal, a plain line every tenth elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from sanket_sim.console.wording import clock, money, plain
from sanket_sim.core.clock import Stopwatch
from sanket_sim.network.protocol import Command
from sanket_sim.trace.batch import TraceBatch, rows_in

PLAIN_LINES = 10


class Face(Protocol):
    """Shows how far a run has come."""

    def show(self, tally: Tally) -> None:
        """Show the state after one batch."""
        ...

    def close(self) -> None:
        """Leave the terminal tidy."""
        ...


class Tally:
    """What has happened so far, counted as an observer of the loop.

    Parameters
    ----------
    duration_ns : int
        When arrivals stop; what comes after is draining.
    currencies : sequence of str
        By currency code.
    face : Face
    """

    def __init__(self, duration_ns: int, currencies: Sequence[str], face: Face) -> None:
        self.duration_ns, self.currencies = duration_ns, currencies
        self.now_ns = self.ended = self.leaked = 0
        self.leak_minor = dict.fromkeys(currencies, 0)
        self._face = face
        self._watch = Stopwatch()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._face.close()

    @property
    def transactions_per_s(self) -> float:
        """Transactions ended per second of wall time."""
        return self.ended / max(self._watch.wall_s, 1e-9)

    @property
    def leak(self) -> str:
        """Gross leak so far, in every currency that leaked."""
        leaks = [money(minor, name) for name, minor in self.leak_minor.items() if minor]
        return " + ".join(leaks) if leaks else "none"

    def observe(self, batch: TraceBatch) -> Sequence[Command]:
        """Count a batch and show the new state; command nothing."""
        table = batch.transactions
        self.now_ns = batch.end_ns
        self.ended += rows_in(table)
        leaking = table["leak_class"] > 0
        self.leaked += int(leaking.sum())
        if leaking.any():
            for code, name in enumerate(self.currencies):
                here = leaking & (table["currency"] == code)
                self.leak_minor[name] += int(table["glv_minor"][here].sum())
        self._face.show(self)
        return ()


class LiveFace:
    """A bar that moves, on a terminal."""

    def __init__(self, console: Console, title: str) -> None:
        self._progress = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=30),
            TextColumn("{task.fields[clock]}  {task.fields[rate]} tx/s  leak {task.fields[leak]}"),
            TimeRemainingColumn(compact=True),
            console=console,
            transient=True,
        )
        self._task: TaskID = self._progress.add_task(
            title, total=None, clock="0s", rate="0", leak="none"
        )
        self._progress.start()

    def show(self, tally: Tally) -> None:
        """Move the bar."""
        draining = tally.now_ns > tally.duration_ns
        self._progress.update(
            self._task,
            total=tally.duration_ns,
            completed=min(tally.now_ns, tally.duration_ns),
            clock=clock(tally.now_ns) + (" draining" if draining else ""),
            rate=f"{tally.transactions_per_s:,.0f}",
            leak=tally.leak,
        )

    def close(self) -> None:
        """Take the bar away."""
        self._progress.stop()


class PlainFace:
    """Ten lines, for logs and pipes."""

    def __init__(self, console: Console, title: str) -> None:
        self._console, self._title = console, title
        self._shown = 0

    def show(self, tally: Tally) -> None:
        """Say a line when another tenth is done."""
        tenths = PLAIN_LINES * tally.now_ns // max(tally.duration_ns, 1)
        if min(tenths, PLAIN_LINES) > self._shown:
            self._shown = min(tenths, PLAIN_LINES)
            line = (
                f"{self._title}: {clock(tally.now_ns)} of {clock(tally.duration_ns)} simulated, "
                f"{tally.ended:,} transactions, {tally.transactions_per_s:,.0f} tx/s, "
                f"leak {tally.leak}"
            )
            plain(self._console, line)

    def close(self) -> None:
        """Leave nothing to tidy."""


class NoFace:
    """Silence, for ``--quiet``."""

    def show(self, tally: Tally) -> None:
        """Say nothing."""

    def close(self) -> None:
        """Leave nothing to tidy."""


def face_for(console: Console, title: str, *, quiet: bool) -> Face:
    """Choose how to show progress on this console."""
    if quiet:
        return NoFace()
    return LiveFace(console, title) if console.is_terminal else PlainFace(console, title)


class Trials:
    """Progress of things done one by one: a line that is rewritten, or silence."""

    def __init__(self, console: Console, things: str = "runs") -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            TextColumn(f"{{task.completed}} of {{task.total}} {things}"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("", total=None)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, done: int, total: int, last: str) -> None:
        """Show which was last."""
        self._progress.update(self._task, completed=done, total=total, description=last)
