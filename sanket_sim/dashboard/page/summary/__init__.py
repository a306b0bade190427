"""What a run amounts to, for somebody who answers for the service: incidents, books, energy.

Each module tells one thing, by the same blocks while the run goes on (from what the run says of
itself, `live.inspection.run`) and after it (from ``findings.json``, whose names the run uses too).
What only the end can tell is named in `LATER`.

Neighbours: `inspectors.sheet` (the blocks), `analysis.report.wording` (how the report writes the
same figures). This room must not know who asks, nor when to ask again.
"""

from __future__ import annotations

from sanket_sim.dashboard.page.inspectors.sheet import Block, filled
from sanket_sim.dashboard.page.summary.books import books
from sanket_sim.dashboard.page.summary.bottlenecks import bottlenecks
from sanket_sim.dashboard.page.summary.burn import burn
from sanket_sim.dashboard.page.summary.headlines import headlines
from sanket_sim.dashboard.page.summary.incidents import incidents
from sanket_sim.dashboard.page.summary.matter import Matter
from sanket_sim.dashboard.page.summary.spending import spending


def summary(matter: Matter) -> tuple[Block, ...]:
    """Tell everything about a run."""
    tellers = headlines, incidents, burn, books, bottlenecks, spending
    return filled(block for tell in tellers for block in tell(matter))


__all__ = ["Matter", "summary"]
