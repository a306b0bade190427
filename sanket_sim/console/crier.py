"""What `serve` says on the terminal: where to look, and what becomes of the run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sanket_sim.console.listening import Berth
from sanket_sim.console.wording import plain
from sanket_sim.core.units import format_duration
from sanket_sim.live.flying.flight_deck import FlightDeck
from sanket_sim.live.frames import Frame, RunStatus
from sanket_sim.live.frames.json_text import value_of
from sanket_sim.simulation.resolve import ResolvedExperiment
from sanket_sim.simulation.shelf import entry_of

_TOLD = ("ready", "measuring", "ended", "failed")
_NOT_BEGUN = "the run has not begun: nothing of it is kept"
_MEASURED = "what there is of the run is measured"
_WRITTEN = "findings and report of the run are being written"
_LONG = (_MEASURED, _WRITTEN)
"""What takes a while: it need not be waited for."""
_FATES: Mapping[str, str] = {
    "starting": _NOT_BEGUN,
    "ready": _NOT_BEGUN,
    "running": _MEASURED,
    "paused": _MEASURED,
    "measuring": _WRITTEN,
    "ended": "the run had ended, its report is written",
    "failed": "the run had failed, what it had written stays",
}
"""What becomes of a run that is in this state when its server is told to end."""


class Crier:
    """Listens to a flight deck and says each turn of events in one line.

    Parameters
    ----------
    deck : FlightDeck
    console : Console
    """

    def __init__(self, deck: FlightDeck, console: Console) -> None:
        self._deck, self._console = deck, console
        self._last: tuple[int, str] = (0, "")
        deck.listen(self._hear)

    def welcome(self, berth: Berth, resolved: ResolvedExperiment | None) -> None:
        """Say what flies, and where to look."""
        console = self._console
        console.print()
        console.print(_title(resolved), soft_wrap=True)
        if resolved and (question := entry_of(resolved.source).question):
            console.print(Text(question, style="italic"), soft_wrap=True)
        console.print()
        console.print(_places(berth, self._deck.out))
        console.print()
        if berth.token:
            plain(console, "Open it once with ?token=... behind the address: a cookie then stays.")
        plain(console, "Ctrl-C ends the run, measures it and writes its report.")
        console.print()

    def say(self, word: str, rest: str = "") -> None:
        """Say a line: a word, and what belongs to it."""
        style = {"failed": "bold red", "ended": "bold green"}.get(word, "bold")
        self._console.print(Text.assemble((f"{word:<10}", style), rest), soft_wrap=True)

    def part(self, by: str) -> None:
        """Say that the end has begun, what becomes of the run, and how not to wait for that."""
        self.say("ending", f"({by}) {_outlook(_fate(self._deck.status), self._deck.leaving)}")

    def farewell(self) -> None:
        """Say what is left of the last run."""
        status = self._deck.status
        if status is not None and self._last[1] not in ("ended", "failed"):
            self._tell(status)

    def _hear(self, frame: Frame) -> None:
        if frame.topic != "metrics":
            return
        status = RunStatus(**value_of(frame.body)["run"])
        turn = (status.run_id, status.state)
        if turn != self._last and status.state in _TOLD:
            self._tell(status)
        self._last = turn if status.state in _TOLD else self._last

    def _tell(self, status: RunStatus) -> None:
        folder, message = status.folder, status.message
        report = Path(folder) / "report.html" if folder else None
        written = str(report) if report and report.is_file() else folder and f"{folder}/"
        if status.state == "measuring":
            written = ""
        self.say(status.state, "  ".join(filter(None, (written, message))))


def _outlook(fate: str, leaving: int) -> str:
    said = [fate]
    if leaving:
        said.append(f"{leaving} earlier run{'s'[: leaving > 1]} still being measured")
    if leaving or fate in _LONG:
        said.append("again: at once")
    return "; ".join(said)


def _fate(status: RunStatus | None) -> str:
    """Say what becomes of a run when its server is told to end."""
    if status is None:
        return "no run has been started"
    if status.state == "ended" and not status.folder:
        return "the run was given up before it began, nothing of it was kept"
    return _FATES[status.state]


def _title(resolved: ResolvedExperiment | None) -> Text:
    if resolved is None:
        return Text.assemble(("Sanket flight deck", "bold"), "   choose an experiment on the page")
    asked = resolved.experiment
    facts = (
        f"   {asked.population.customers:,} customers, {format_duration(asked.duration)}"
        f" from {asked.start:%d %B %Y %H:%M}, seed {asked.seed}"
    )
    return Text.assemble(("Sanket flight deck", "bold"), "   ", (asked.name, "bold cyan"), facts)


def _places(berth: Berth, out: Path) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 3, 0, 0))
    table.add_row("flight deck", Text(f"{berth.url}/", style="bold cyan underline"))
    table.add_row("wall display", f"{berth.url}/wall")
    table.add_row("API and docs", f"{berth.url}/docs")
    table.add_row("runs go to", f"{out}/")
    return table
