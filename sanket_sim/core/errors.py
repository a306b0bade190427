"""What can go wrong, in the words of the person who must mend it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class SanketError(Exception):
    """Base of every error that Sanket raises on purpose; `exit_status` is what the shell sees."""

    exit_status = 1


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with the input.

    Parameters
    ----------
    path : str
        Dotted key path, for example ``services.ledger.timeout``; empty for a whole file.
    message : str
        What was found, what was expected, and the remedy.
    line : int or None
        Line of the key in its file, when it could be found.
    overridden : bool
        Whether an override has put it in: no line of the file is to blame.

    Examples
    --------
    >>> print(Problem("services.ledger.timeout", 'must be > 0, is "-1s"', 12))
    line 12: services.ledger.timeout: must be > 0, is "-1s"
    """

    path: str
    message: str
    line: int | None = None
    overridden: bool = False

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        what = f"{self.path}: {self.message}" if self.path else self.message
        return f"{where}{what}{' (overridden)' if self.overridden else ''}"


class InputError(SanketError):
    r"""Bad input: every problem found, not the first alone; nothing has been written.

    Examples
    --------
    >>> str(InputError("a.toml", [Problem("seed", "must be an integer, is 'x'")]))
    "a.toml: 1 problem\n  seed: must be an integer, is 'x'"
    """

    exit_status = 2

    def __init__(self, source: str, problems: list[Problem]) -> None:
        self.source = source
        self.problems = problems
        count = f"{len(problems)} problem{'s' if len(problems) != 1 else ''}"
        super().__init__("\n  ".join([f"{source}: {count}", *map(str, problems)]))

    @property
    def notes(self) -> list[tuple[str, str]]:
        """Every problem as (key path, message), for whoever sees them without the heading.

        What a line or a whole file is to blame for says which file, without where that lies.

        Examples
        --------
        >>> InputError("my/a.toml", [Problem("", "is not TOML", 2), Problem("seed", "is -1")]).notes
        [('', 'a.toml, line 2: is not TOML'), ('seed', 'is -1')]
        """
        return [(one.path, f"{self._place(one)}{one.message}") for one in self.problems]

    def _place(self, problem: Problem) -> str:
        name = Path(self.source).name
        if problem.line is not None:
            return f"{name}, line {problem.line}: "
        return "" if problem.path else f"{name}: "


class ConservationError(SanketError):
    """A law of money did not hold: the run is worthless and says which law, where, by how much."""

    exit_status = 3

    def __init__(self, law: str, currency: str, residual: int, detail: str) -> None:
        self.law, self.currency, self.residual = law, currency, residual
        super().__init__(f"conservation law {law} failed: residual {residual} {currency}: {detail}")


class TraceError(SanketError):
    """The trace could not be written or read (disk full, folder in use, schema too new)."""
