"""Which experiments can be flown over the network: those on the shelves, and those served."""

from __future__ import annotations

from pathlib import Path

from sanket_sim.core.settings import nearest
from sanket_sim.live.flying.flight_deck import FlightDeck
from sanket_sim.server.models import ShelfEntry
from sanket_sim.server.refusals import Refusal
from sanket_sim.simulation.shelf import Entry, Kind, entries, entry_of


def path_of(name: str, deck: FlightDeck) -> str:
    """Return the file of an experiment, by its name alone: paths are for the command line.

    Raises
    ------
    Refusal
        404 with the nearest name, if there is none of that name.
    """
    return str(find_entry(name, deck).path)


def find_entry(name: str, deck: FlightDeck) -> Entry:
    """Return an experiment by its name.

    Raises
    ------
    Refusal
        404 with the nearest name, if there is none of that name.
    """
    known = {entry.name: entry for entry in experiments(deck)}
    if name not in known:
        raise Refusal(404, f"there is no experiment {name!r}; {nearest(name, known)}")
    return known[name]


def experiments(deck: FlightDeck) -> list[Entry]:
    """Return every experiment that can be flown, by name; of two files of a name the shelf's."""
    found = {entry.name: entry for entry in entries("experiments")}
    for source in map(Path, deck.sources):
        if source.suffix == ".toml" and source.is_file() and source.stem not in found:
            found[source.stem] = entry_of(source)
    return [found[name] for name in sorted(found)]


def listed(kind: Kind, found: list[Entry]) -> list[ShelfEntry]:
    """Return entries as the API shows them: without where on this machine they lie."""
    return [
        ShelfEntry(
            name=entry.name,
            question=entry.question,
            expect=entry.expect,
            path=f"{kind}/{entry.path.name}",
        )
        for entry in found
    ]
