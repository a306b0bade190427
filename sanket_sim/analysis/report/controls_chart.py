"""The control matrix as a picture: what became of the intents that each trap struck."""

from __future__ import annotations

from typing import Any

from sanket_sim.analysis.controls import WITHOUT_TRAP, TrapCourse
from sanket_sim.analysis.findings import Findings
from sanket_sim.analysis.report.money_sections import courses, idle_traps, no_leak, trap_names
from sanket_sim.analysis.report.style import LIGHT, Plot, finish
from sanket_sim.analysis.report.wording import moneys

_PARTS = (
    ("no leak", "ok"),
    ("told wrong, no money", "violet"),
    ("found and put right", "accent"),
    ("found, not put right", "warn"),
    ("leaked, never found", "critical"),
)
"""What a bar is made of, in its order: words and colour."""
_NO_LEAK = "No leak: stopped, put right by itself, or never at risk."
CURRENCIES_SHOWN = 1
"""Of what is gone, beside a bar; the table has them all."""
_WIDTH = 9.9
_ROW = 0.3
_NAME_AT, _SWITCH_AT = -1.1, -0.04
"""Where the words left of the bars stand, in widths of the bars."""


def controls_plot(findings: Findings) -> Plot | None:
    """Draw a bar for each trap that struck; None where none did and nothing leaked."""
    rows = [(kind, course) for kind, course in courses(findings) if kind != "all"]
    if not rows:
        return None
    import matplotlib.pyplot as plt  # noqa: PLC0415  # slow to import

    height = 1.0 + _ROW * len(rows)
    figure, axes = plt.subplots(figsize=(_WIDTH, height))
    # Fixed margins in inches: a layout engine would squeeze the bars to make room for the words.
    figure.subplots_adjust(left=0.36, right=0.68, top=1 - 0.58 / height, bottom=0.34 / height)
    _draw_bars(axes, [course for _, course in rows])
    _write_words(axes, rows)
    return finish(figure, "controls", "Traps and controls", _note(findings))


def _draw_bars(axes: Any, shown: list[TrapCourse]) -> None:
    left = [0.0] * len(shown)
    parts = [_parts(one) for one in shown]
    for place, (label, colour) in enumerate(_PARTS):
        shares = [
            100 * part[place] / one.injected.intents for part, one in zip(parts, shown, strict=True)
        ]
        axes.barh(
            range(len(shown)), shares, left=left, height=0.58, color=LIGHT[colour], label=label
        )
        left = [start + share for start, share in zip(left, shares, strict=True)]
    axes.set_xlim(0, 100)
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.set_yticks([])
    axes.xaxis.set_major_formatter(lambda share, _: f"{share:.0f} %")
    axes.grid(visible=False)
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(_NAME_AT, 1.0),
        ncols=len(_PARTS),
        handlelength=1.1,
        borderaxespad=0.6,
    )


def _parts(course: TrapCourse) -> tuple[int, ...]:
    passages = course.told_wrong, course.recovered, course.residual, course.undetected
    return no_leak(course), *(passage.intents for passage in passages)


def _write_words(axes: Any, rows: list[tuple[str, TrapCourse]]) -> None:
    across = {"transform": axes.get_yaxis_transform(), "va": "center", "fontsize": 8.5}
    for place, (kind, course) in enumerate(rows):
        name, control, switch = trap_names(kind, course)
        off = bool(course.control) and not course.control_on
        axes.text(_NAME_AT, place, name, color=LIGHT["text"], **across)
        said = f"{control} {switch}" if course.control else ""
        colour = LIGHT["critical" if off else "muted"]
        axes.text(_SWITCH_AT, place, said, color=colour, ha="right", **across)
        axes.text(1.02, place, _toll(kind, course), color=LIGHT["muted"], **across)


def _toll(kind: str, course: TrapCourse) -> str:
    """Say how many were struck, and what of their money is gone for good."""
    struck = "leaked" if kind == WITHOUT_TRAP else "struck"
    said = f"{course.injected.intents:,} {struck}"
    gone = _gone(course)
    if not gone:
        return said
    shown = dict(list(gone.items())[:CURRENCIES_SHOWN])
    rest = len(gone) - len(shown)
    return f"{said}, {moneys(shown)}{f' and {rest} more' if rest else ''} gone"


def _gone(course: TrapCourse) -> dict[str, int]:
    found, hidden = course.residual.minor, course.undetected.minor
    currencies = dict.fromkeys([*found, *hidden])
    lost = {one: found.get(one, 0) + hidden.get(one, 0) for one in currencies}
    return {currency: minor for currency, minor in lost.items() if minor}


def _note(findings: Findings) -> str:
    overall = findings.controls.overall
    idle = idle_traps(findings)
    aside = f"{_NO_LEAK} Struck nobody: {idle}." if idle else _NO_LEAK
    told = overall.told_wrong.intents
    if not overall.executed.intents:
        wrong = f"; about {told:,} of them somebody was told wrong or too late" if told else ""
        return f"No money leaked from {overall.injected.intents:,} intents{wrong}. {aside}"
    return (
        f"{overall.executed.intents:,} intents leaked {moneys(overall.executed.minor)}; "
        f"{overall.detected.intents:,} were found, and {moneys(overall.recovered.minor)} "
        f"came back. Controls that were off are red. {aside}"
    )
