"""One look for every plot: palette, type, and figures that a page can recolour."""

from __future__ import annotations

import io
import re
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

LIGHT = {
    "bg": "#f3f5f9",
    "card": "#ffffff",
    "border": "#dfe5ee",
    "grid": "#e9edf4",
    "text": "#122039",
    "muted": "#5f6f89",
    "accent": "#1f63d6",
    "ok": "#0e8f68",
    "warn": "#b97a08",
    "critical": "#cf2444",
    "heat": "#f0882c",
    "violet": "#7a4fd6",
    "teal": "#2592a8",
    "rose": "#e0607a",
    "slate": "#8393ad",
    "sand": "#c9a45c",
}
"""Colours by what they mean; every one is distinct, so that a page can swap it for a dark one."""

DARK = {
    "bg": "#0a111e",
    "card": "#111b2c",
    "border": "#1f2c43",
    "grid": "#1a263a",
    "text": "#e8eef8",
    "muted": "#8c9bb5",
    "accent": "#5aa2ff",
    "ok": "#3cc79a",
    "warn": "#f5b94a",
    "critical": "#ff5d73",
    "heat": "#f79a3e",
    "violet": "#b59cff",
    "teal": "#4fc3d9",
    "rose": "#ff8fa3",
    "slate": "#7486a5",
    "sand": "#dcbb7a",
}

SERIES = ("accent", "violet", "teal", "heat", "rose", "ok", "sand", "slate")
"""Colours of lines that mean nothing but themselves, in the order they are handed out."""

_FONTS = ("Inter", "Helvetica Neue", "Arial", "Liberation Sans", "DejaVu Sans")


def settings() -> dict[str, Any]:
    """Return matplotlib's settings for the house style."""
    from matplotlib.font_manager import fontManager  # noqa: PLC0415  # slow to import

    known = {font.name for font in fontManager.ttflist}
    return {
        "font.family": next(name for name in _FONTS if name in known),
        "font.size": 9.5,
        "text.color": LIGHT["text"],
        "axes.edgecolor": LIGHT["border"],
        "axes.facecolor": LIGHT["card"],
        "axes.labelcolor": LIGHT["muted"],
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.spines.left": False,
        "axes.grid": True,
        "axes.grid.axis": "y",
        "axes.axisbelow": True,
        "axes.titlelocation": "left",
        "grid.color": LIGHT["grid"],
        "grid.linewidth": 1.0,
        "xtick.color": LIGHT["border"],
        "xtick.labelcolor": LIGHT["muted"],
        "ytick.color": LIGHT["border"],
        "ytick.labelcolor": LIGHT["muted"],
        "ytick.left": False,
        "figure.facecolor": LIGHT["card"],
        "legend.frameon": False,
        "legend.fontsize": 9,
        "lines.linewidth": 1.7,
        "lines.solid_capstyle": "round",
        "svg.fonttype": "none",
        "svg.hashsalt": "sanket",
        "savefig.dpi": 144,
    }


def house_style() -> AbstractContextManager[None]:
    """Return a context in which matplotlib draws in the house style."""
    import matplotlib as mpl  # noqa: PLC0415  # slow to import

    mpl.use("Agg")
    style: AbstractContextManager[None] = mpl.rc_context(settings())
    return style


@dataclass(frozen=True, slots=True)
class Plot:
    """A finished plot.

    Parameters
    ----------
    name : str
        File name without its ending.
    title : str
    note : str
        What to see in it, in a sentence.
    png : bytes
        In light colours.
    svg : str
        Coloured by the page's CSS variables; ids are prefixed by the plot's name.
    """

    name: str
    title: str
    note: str
    png: bytes
    svg: str


def finish(figure: Any, name: str, title: str, note: str) -> Plot:
    """Render a figure once for files and once for a page, and close it."""
    import matplotlib.pyplot as plt  # noqa: PLC0415  # slow to import

    png, svg = io.BytesIO(), io.StringIO()
    figure.savefig(png, format="png", metadata={"Software": None})
    figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)
    return Plot(name, title, note, png.getvalue(), recoloured(svg.getvalue(), name))


def recoloured(svg: str, prefix: str) -> str:
    """Replace the light palette of an SVG by CSS variables and make its ids its own.

    Examples
    --------
    >>> recoloured('<svg id="a" style="fill: #ffffff; clip-path: url(#a)"/>', "q")
    '<svg id="q-a" style="fill: var(--card); clip-path: url(#q-a)"/>'
    """
    svg = svg[svg.index("<svg") :]
    for token, colour in LIGHT.items():
        svg = svg.replace(colour, f"var(--{token})")
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", svg)
    svg = re.sub(r'href="#([^"]+)"', rf'href="#{prefix}-\1"', svg)
    svg = re.sub(r"font: ([\d.]+)px [^;\"]+", r"font-size: \1px; font-family: inherit", svg)
    return re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
