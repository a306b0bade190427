"""Where experiments and models lie: beside you, in the source tree, or inside the wheel."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sanket_sim.bank.model import model_folders

Kind = Literal["experiments", "models"]

_PACKAGE = Path(__file__).resolve().parents[1]
_COMMENT = re.compile(r"#+\s?(.*)")
_HEADING = re.compile(r"(question|expect|expected|found)\s*:\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Entry:
    """One file on a shelf and what its opening comment says.

    Parameters
    ----------
    name : str
        File name without ``.toml``: what to type. `title` is the same for people.
    path : Path
    question : str
        What it asks (an experiment) or what it is (a model); empty if it does not say.
    expect : str
        The answer to expect, if it says so.
    """

    name: str
    path: Path
    question: str
    expect: str = ""

    @property
    def title(self) -> str:
        """The name as people read it."""
        return title_of(self.name)


_ACRONYMS = ("cbe", "uco", "tsb", "upi", "ecb")
"""Words in the names of experiments that are written in capitals."""


def title_of(name: str) -> str:
    """Write the name of an experiment's file as a title.

    Examples
    --------
    >>> title_of("cbe_2024"), title_of("visa_2018"), title_of("peak_load")
    ('CBE 2024', 'Visa 2018', 'Peak load')
    """
    said = " ".join(one.upper() if one in _ACRONYMS else one for one in name.split("_"))
    return said[:1].upper() + said[1:]


def shelves(kind: Kind) -> list[Path]:
    """Return the folders that are searched for a bare name, first match wins."""
    if kind == "models":
        return model_folders()
    places = (Path.cwd() / kind, _PACKAGE.parent / kind, _PACKAGE / "_shipped" / kind)
    return list(dict.fromkeys(place for place in places if place.is_dir()))


def find(kind: Kind, name: str) -> Path | None:
    """Return the file that a bare name stands for, None if no shelf has it."""
    for shelf in shelves(kind):
        path = shelf / f"{name}.toml"
        if path in set(shelf.glob("*.toml")):
            return path
    return None


def entries(kind: Kind) -> list[Entry]:
    """Return everything on the shelves, by name."""
    found: dict[str, Entry] = {}
    for shelf in shelves(kind):
        for path in sorted(shelf.glob("*.toml")):
            found.setdefault(path.stem, entry_of(path))
    return sorted(found.values(), key=lambda entry: entry.name)


def entry_of(path: Path) -> Entry:
    """Read the comment that opens a file."""
    said = opening_comment(path.read_text("utf-8", errors="replace"))
    question = said.get("question") or said.get("", "")
    return Entry(path.stem, path, question, said.get("expect") or said.get("expected", ""))


def opening_comment(text: str) -> dict[str, str]:
    r"""Read ``# Question: ...`` and its like from the top of a file; other text under "".

    An empty line of the comment ends what a heading began.

    Examples
    --------
    >>> opening_comment("# Question: does it\n#   leak?\n# Expect: no.\n#\n# Do so.\nname = 'x'")
    {'question': 'does it leak?', 'expect': 'no.', '': 'Do so.'}
    """
    said: dict[str, str] = {}
    heading = ""
    for line in text.splitlines():
        comment = _COMMENT.fullmatch(line.strip())
        if comment is None:
            break
        words = comment[1].strip()
        if match := _HEADING.match(words):
            heading, words = match[1].lower(), words[match.end() :]
        elif not words:
            heading = ""
            continue
        said[heading] = f"{said.get(heading, '')} {words}".strip()
    return said
