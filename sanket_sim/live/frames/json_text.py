"""JSON as everything live speaks it: dataclasses and numpy as they are, no NaN."""

from __future__ import annotations

from typing import Any

import orjson

JsonObject = dict[str, Any]
"""A record of `live.frames` as JSON has it: its fields by their names, and theirs likewise."""
_AS_IT_IS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS


def json_of(value: Any) -> bytes:
    """Serialise dataclasses, numbers and lists; NaN and infinities become null.

    Examples
    --------
    >>> json_of({"rate": float("nan")})
    b'{"rate":null}'
    """
    return orjson.dumps(value, option=_AS_IT_IS)


def value_of(text: bytes) -> Any:
    """Read JSON back."""
    return orjson.loads(text)


def object_of(text: bytes) -> JsonObject:
    """Read a record back."""
    record: JsonObject = orjson.loads(text)
    return record
