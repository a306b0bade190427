"""TOML as text: key paths, the lines that keys stand on, and a writer.

The standard library reads TOML but neither writes it nor says where a key stood.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, time
from typing import Any

KeyPath = tuple[str | int, ...]
"""Keys of tables and places in arrays, from the outside to the inside."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SEGMENT = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\s."'=]+))\s*(\.|$)""")
_WIDTH = 100


def split_path(text: str) -> tuple[str, ...]:
    """Split a dotted key path; keys that hold dots stand in quotes.

    Raises
    ------
    ValueError
        If a key is empty or a quote is not closed.

    Examples
    --------
    >>> split_path('edge."gateway->payment.pay".timeout')
    ('edge', 'gateway->payment.pay', 'timeout')
    """
    keys: list[str] = []
    position = 0
    while match := _SEGMENT.match(text, position):
        quoted, literal, bare, end = match.groups()
        keys.append(literal or bare or _unescaped(quoted or ""))
        position = match.end()
        if not end:
            return tuple(keys)
    raise ValueError(f'"{text}" is not a key path; write it as in services.ledger.timeout')


def join_path(path: KeyPath) -> str:
    """Write a key path as users do.

    Examples
    --------
    >>> join_path(("edge", "a->b.op", "timeout")), join_path(("fault", 0, "for"))
    ('edge."a->b.op".timeout', 'fault.0.for')
    """
    return ".".join(_key(str(part)) for part in path)


def key_lines(text: str) -> dict[KeyPath, int]:
    r"""Find the line of every key and array element of a TOML text that is known to be valid.

    Examples
    --------
    >>> key_lines("a = 1\n[b]\nc = [\n  {d = 2},\n]")
    {('a',): 1, ('b',): 2, ('b', 'c'): 3, ('b', 'c', 0): 4, ('b', 'c', 0, 'd'): 4}
    """
    return _Scanner(text).lines


class _Scanner:
    """Walks a valid TOML text once, noting where keys stand."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.line = text, 0, 1
        self.lines: dict[KeyPath, int] = {}
        self.counts: dict[KeyPath, int] = {}
        self._document()

    def _peek(self, token: str) -> bool:
        return self.text.startswith(token, self.at)

    def _skip(self, count: int) -> None:
        self.line += self.text.count("\n", self.at, self.at + count)
        self.at += count

    def _blank(self) -> None:
        match = re.compile(r"(?:\s|#[^\n]*)*").match(self.text, self.at)
        assert match is not None
        self._skip(match.end() - self.at)

    def _document(self) -> None:
        table: KeyPath = ()
        self._blank()
        while self.at < len(self.text):
            if self._peek("["):
                table = self._header()
            else:
                self._pair(table)
            self._blank()

    def _header(self) -> KeyPath:
        brackets = 2 if self._peek("[[") else 1
        self._skip(brackets)
        path = self._placed(self._keys("]"))
        self._skip(brackets)
        if brackets == 2:
            self.counts[path] = self.counts.get(path, -1) + 1
            self.lines.setdefault(path, self.line)
            path = (*path, self.counts[path])
        for depth in range(1, len(path) + 1):
            self.lines.setdefault(path[:depth], self.line)
        return path

    def _placed(self, keys: KeyPath) -> KeyPath:
        path: KeyPath = ()
        for key in keys[:-1]:
            path = (*path, key)
            if path in self.counts:
                path = (*path, self.counts[path])
        return (*path, keys[-1])

    def _keys(self, end: str) -> KeyPath:
        keys: list[str] = []
        while not self._peek(end):
            if self.text[self.at] in "\"'":
                keys.append(self._string())
            elif match := _BARE.match(self.text, self.at):
                keys.append(match[0])
                self._skip(len(match[0]))
            else:
                self._skip(1)
        return tuple(keys)

    def _pair(self, table: KeyPath) -> None:
        line = self.line
        path = (*table, *self._keys("="))
        self._skip(1)
        for depth in range(len(table) + 1, len(path) + 1):
            self.lines.setdefault(path[:depth], line)
        self._value(path)

    def _value(self, path: KeyPath) -> None:
        self._blank()
        if self._peek("["):
            self._items(path, "]")
        elif self._peek("{"):
            self._items(path, "}")
        elif self.text[self.at] in "\"'":
            self._string()
        else:
            match = re.compile(r"[^,\]}#\n]*").match(self.text, self.at)
            assert match is not None
            self._skip(len(match[0]))

    def _items(self, path: KeyPath, end: str) -> None:
        self._skip(1)
        place = 0
        self._blank()
        while not self._peek(end):
            if end == "}":
                self._pair(path)
            else:
                self.lines[*path, place] = self.line
                self._value((*path, place))
                place += 1
            self._blank()
            if self._peek(","):
                self._skip(1)
                self._blank()
        self._skip(1)

    def _string(self) -> str:
        quote = self.text[self.at]
        fence = quote * 3 if self._peek(quote * 3) else quote
        body = r"(?:[^\\]|\\.)*?" if quote == '"' else r".*?"
        # A multi-line string may end in up to two quotes of its own: the last three close it.
        pattern = re.compile(f"{fence}({body}){fence}(?!{quote})", re.DOTALL)
        match = pattern.match(self.text, self.at)
        assert match is not None
        self._skip(len(match[0]))
        return _unescaped(match[1]) if fence == '"' else match[1]


def _unescaped(body: str) -> str:
    text: str = tomllib.loads(f'text = "{body}"')["text"]
    return text


def write_toml(table: Mapping[str, Any]) -> str:
    """Write a table of strings, numbers, booleans, dates, arrays and tables as TOML.

    Keys keep their order; short inner tables are written on one line.

    Examples
    --------
    >>> print(write_toml({"seed": 7, "slo": {"share": 0.5}, "fault": [{"at": "2s"}]}), end="")
    seed = 7
    <BLANKLINE>
    [slo]
    share = 0.5
    <BLANKLINE>
    [[fault]]
    at = "2s"
    """
    return "\n".join(_section((), table)).lstrip("\n") + "\n"


def _section(path: tuple[str, ...], table: Mapping[str, Any]) -> Iterator[str]:
    inner = {key: value for key, value in table.items() if _stands_apart(path, key, value)}
    for key, value in table.items():
        if key not in inner:
            yield f"{_key(key)} = {_inline(value)}"
    for key, value in inner.items():
        name = (*path, key)
        if isinstance(value, Mapping):
            if not value or any(not _stands_apart(name, k, v) for k, v in value.items()):
                yield f"\n[{join_path(name)}]"
            yield from _section(name, value)
        else:
            for row in value:
                yield f"\n[[{join_path(name)}]]"
                yield from _section(name, row)


def _stands_apart(path: tuple[str, ...], key: str, value: Any) -> bool:
    if isinstance(value, Mapping):
        return not path or len(_key(key)) + len(_inline(value)) + 3 > _WIDTH
    rows = isinstance(value, list | tuple) and bool(value)
    return rows and not path and all(isinstance(row, Mapping) for row in value)


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _quoted(key)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _inline(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_key(k)} = {_inline(v)}' for k, v in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_inline, value))}]"
    raise TypeError(f"TOML has no {type(value).__name__}")
