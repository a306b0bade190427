"""One typed door through which every part enters: built-in, entry point or a user's file."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from typing import Generic, TypeVar

T = TypeVar("T")


class Registry(Generic[T]):
    """Named parts of one kind.

    Parameters
    ----------
    kind : str
        What is kept here, in the singular (``"fault"``); names the entry-point group
        ``sanket_sim.<kind>`` from which installed plug-ins are taken on first look-up.

    Examples
    --------
    >>> laws: Registry[type] = Registry("latency law")
    >>> @laws.register("constant")
    ... class Constant: ...
    >>> laws["constant"] is Constant
    True
    >>> laws["konstant"]
    Traceback (most recent call last):
    KeyError: "unknown latency law 'konstant'; did you mean 'constant'? known: constant"
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._parts: dict[str, T] = {}
        self._entry_points_taken = False

    def register(self, name: str) -> Callable[[T], T]:
        """Return the decorator that files a part under `name`; a name taken twice is an error."""

        def file_part(part: T) -> T:
            if self._parts.get(name, part) is not part:
                raise ValueError(f"{self.kind} {name!r} is registered twice")
            self._parts[name] = part
            return part

        return file_part

    def __getitem__(self, name: str) -> T:
        self._take_entry_points()
        if name not in self._parts:
            raise KeyError(self.explain_unknown(name))
        return self._parts[name]

    def __contains__(self, name: object) -> bool:
        self._take_entry_points()
        return name in self._parts

    def __iter__(self) -> Iterator[str]:
        self._take_entry_points()
        return iter(sorted(self._parts))

    def items(self) -> list[tuple[str, T]]:
        """Every part with its name, in the order of the names."""
        return [(name, self[name]) for name in self]

    def explain_unknown(self, name: str) -> str:
        """Say that `name` is unknown, which name comes nearest, and which are known."""
        near = difflib.get_close_matches(name, self._parts, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ";"
        return f"unknown {self.kind} {name!r}{hint} known: {', '.join(sorted(self._parts))}"

    def _take_entry_points(self) -> None:
        if self._entry_points_taken:
            return
        self._entry_points_taken = True
        for point in entry_points(group=f"sanket_sim.{self.kind.replace(' ', '_')}"):
            self.register(point.name)(point.load())
