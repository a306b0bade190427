"""The books: what leaked, what the bank found of it, and what came back, in money."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sanket_sim.analysis.report.wording import moneys
from sanket_sim.dashboard.page.inspectors.sheet import Block, Cell, State, Table, Text
from sanket_sim.dashboard.page.summary.matter import Body, Matter
from sanket_sim.dashboard.page.wording import capital, words

_STAGES: tuple[tuple[str, str, State], ...] = (
    ("told_wrong", "Only told wrong, or too late", "warn"),
    ("executed", "Money went wrong", "critical"),
    ("undetected", "Not found by the bank", "critical"),
    ("detected", "Found by the bank", ""),
    ("recovered", "Put right", "ok"),
    ("residual", "Found, and still missing", "warn"),
)
"""Stages of law L7 -> what people call them, and how grave anything there is."""
_NO_BREAK = "\N{NO-BREAK SPACE}"
_LATER = "What of the leaks was found, put right or lost is told when the run has ended."
_BESIDE = (
    "Leaked: what went wrong with these payments, an order with two kinds of break standing in "
    "both. Corrections also move money where only the customer was told wrong."
)


def books(matter: Matter) -> Iterator[Block]:
    """Tell how the bank's books were reconciled."""
    kinds = matter.so_far.get("breaks", ())
    if matter.ended:
        yield _course(matter.found["controls"])
        yield from _beyond(matter.found["controls"])
    else:
        leaked = matter.so_far["amounts"]["leaked_minor"]
        said = f"Money went wrong: {amounts(leaked)}." if leaked else "No money has gone wrong."
        yield Text("Ledger reconciliation so far", (said,))
    if kinds:
        yield _breaks(matter, kinds)
        yield Text("", (_settled(kinds), _BESIDE))
    else:
        yield from _counted(matter)
    if not matter.ended:
        yield Text("", (_LATER,))


def _course(controls: Body) -> Table:
    overall = controls["overall"]
    rows = tuple(
        (
            Cell(label),
            Cell(f"{overall[stage]['intents']:,}", state if overall[stage]["intents"] else ""),
            Cell(amounts(overall[stage]["minor"])),
        )
        for stage, label, state in _STAGES
    )
    columns = ("Since the warm-up", "Payments", "Money")
    return Table("Ledger reconciliation", columns, rows, (False, True, False))


def _beyond(controls: Body) -> Iterator[Block]:
    over = {currency: minor for currency, minor in controls["overcorrected_minor"].items() if minor}
    if over:
        yield Text("", (f"Corrections moved {amounts(over)} beyond what had leaked.",))


def _breaks(matter: Matter, kinds: list[Body]) -> Table:
    rows = tuple(_kind(one) for one in kinds)
    columns = ("Break", "Found", "Open", "Settled", "Leaked", "Came back")
    numeric = (False, True, True, True, False, False)
    return Table(matter.titled("Breaks by kind"), columns, rows, numeric)


def _kind(one: Body) -> tuple[Cell, ...]:
    settled = one["corrected"] + one["cleared"] + one["written_off"]
    open_still = one["found"] - settled
    return (
        Cell(capital(words(one["kind"]))),
        Cell(f"{one['found']:,}"),
        Cell(f"{open_still:,}", "warn" if open_still else ""),
        Cell(f"{settled:,}"),
        Cell(amounts(one["leaked_minor"])),
        Cell(amounts(one["returned_minor"])),
    )


def amounts(minor: Body) -> str:
    r"""Write amounts by currency; a line breaks between them alone.

    Examples
    --------
    >>> amounts({"JPY": 9_657, "EUR": 2_500, "USD": 0}), amounts({"EUR": 0})
    ('25.00\xa0EUR, 9,657\xa0JPY', '-')
    """
    told = {currency: amount for currency, amount in sorted(minor.items()) if amount}
    return ", ".join(moneys({one: told[one]}).replace(" ", _NO_BREAK) for one in told) or "-"


def _settled(kinds: list[Body]) -> str:
    """Say what became of the breaks."""
    ways = Counter[str]()
    for one in kinds:
        for way in ("ordered", "corrected", "cleared", "written_off"):
            ways[way] += one[way]
    return (
        f"Settled: {ways['corrected']:,} by a correction, {ways['cleared']:,} healed by "
        f"themselves, {ways['written_off']:,} given up. Corrections ordered and not carried out: "
        f"{ways['ordered']:,}."
    )


def _counted(matter: Matter) -> Iterator[Block]:
    """Tell breaks by their number alone: the run does not answer any more, or there are none."""
    counts = matter.found["controls"]["by_break"] if matter.ended else {}
    rows = tuple((Cell(words(kind)), Cell(f"{count:,}")) for kind, count in counts.items())
    yield Table("Breaks by kind", ("Break", "Found"), rows, (False, True))
    if not rows:
        yet = "" if matter.ended else " yet"
        yield Text("", (f"The bank has found no break between its books and others'{yet}.",))
