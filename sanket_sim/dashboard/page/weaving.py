"""Solara's decorators with types: they carry none of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, cast

import solara

P = ParamSpec("P")
Element = Any
"""What a component returns: a description of a widget, which Solara makes or mends."""


def component(build: Callable[P, None]) -> Callable[P, Element]:
    """Make a component of a function that builds elements."""
    return cast(Callable[P, Element], solara.component(build))


def from_vue(template: str) -> Callable[[Callable[P, None]], Callable[P, Element]]:
    """Make a component of a template beside the function that says what it takes.

    Parameters ``event_NAME`` take what the template sends with ``this.NAME(...)``.
    """
    woven = solara.component_vue(template, vuetify=False)
    return cast(Callable[[Callable[P, None]], Callable[P, Element]], woven)
