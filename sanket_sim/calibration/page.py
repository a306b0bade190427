"""The fit as Markdown: what `docs/calibration.md` shows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sanket_sim.calibration.comparison import (
    COUNTS_MAX,
    DECLINES_MAX,
    ENTRIES_FEWEST,
    KS_MAX,
    SHARES_MAX,
    OperationFit,
    Verdict,
)
from sanket_sim.calibration.reference import GRID

_HEAD = (
    "operation",
    "entries",
    "KS, of income",
    "KS, CZK",
    "per month",
    "record",
    "apart",
    "share",
    "record",
    "within",
)


def page(verdict: Verdict) -> str:
    """Return the fit as two tables, with the bounds they are held to."""
    bounds = (
        f"Bounds: KS at most {KS_MAX:.2f}, counts within {COUNTS_MAX:.0%}, shares within "
        f"{SHARES_MAX * 100:.0f} point, months in decline within {DECLINES_MAX * 100:.0f} points; "
        f"operations of which the record has fewer than {ENTRIES_FEWEST} entries are told only."
    )
    parts = [_operations(verdict), bounds, _whole(verdict)]
    return "\n\n".join(parts) + "\n"


def overall(verdict: Verdict) -> Iterator[tuple[str, str, str, str]]:
    """Yield the rows on whole accounts: figure, generated, record, whether it is within bounds."""
    made, record = verdict.generated, verdict.reference
    counts, wanted = verdict.counts
    within = "yes" if abs(verdict.counts_apart) <= COUNTS_MAX else "**no**"
    yield "payments per account and month", f"{counts:.2f}", f"{wanted:.2f}", within
    within = "yes" if abs(verdict.declines_apart) <= DECLINES_MAX else "**no**"
    yield (
        "months in which the balance declines by > 10 %",
        f"{made.decline10_share:.1%}",
        f"{record.decline10_share:.1%}",
        within,
    )
    below = [f"{figures.negative_share:.2%}" for figures in (made, record)]
    yield "months with a negative balance", below[0], below[1], "told"
    yield "debits refused for want of funds", f"{made.refused_share:.1%}", "not recorded", "told"
    for name, place in (("lower quartile", 0.25), ("median", 0.5), ("upper quartile", 0.75)):
        ends = [f"{_at(figures.balance_incomes, place):.2f}" for figures in (made, record)]
        yield f"balance in monthly incomes, {name}", ends[0], ends[1], "told"
    laws = [f"{f.activity_shape:.1f}, {f.activity_scale:.3f}" for f in (made, record)]
    yield "activity, Gamma(shape, scale)", laws[0], laws[1], "told"
    yield "Fano factor within an account", f"{made.fano:.2f}", f"{record.fano:.2f}", "told"


def _operations(verdict: Verdict) -> str:
    return _table(_HEAD, [_row(one) for one in verdict.operations])


def _row(one: OperationFit) -> tuple[str, ...]:
    within = ("yes" if one.passes else "**no**") if one.is_judged else "told"
    return (
        one.operation,
        f"{one.entries:,}",
        f"{one.ks_of_income:.3f}",
        f"{one.ks_amount:.3f}",
        f"{one.per_month:.3f}",
        f"{one.per_month_reference:.3f}",
        f"{one.counts_apart:+.1%}",
        f"{one.share:.2%}",
        f"{one.share_reference:.2%}",
        within,
    )


def _whole(verdict: Verdict) -> str:
    return _table(("figure", "generated", "record", "within"), list(overall(verdict)))


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" if place == 0 else "---:" for place in range(len(head))), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _at(quantiles: tuple[float, ...], share: float) -> float:
    return float(np.interp(share, GRID, quantiles))
