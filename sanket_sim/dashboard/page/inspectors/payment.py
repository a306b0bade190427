"""The payment inspector: how it ended and why, hop by hop, and what the ledger wrote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sanket_sim.core.money import format_minor
from sanket_sim.dashboard.page.inspectors.shared_blocks import agent_link, service_link
from sanket_sim.dashboard.page.inspectors.sheet import (
    Bar,
    Block,
    Cell,
    Chip,
    Fact,
    Facts,
    Gauge,
    Gauges,
    Line,
    Log,
    Sheet,
    State,
    Table,
    Text,
    Waterfall,
    filled,
)
from sanket_sim.dashboard.page.wording import millis, words

Body = Mapping[str, Any]
_STATES: Mapping[str, tuple[str, State]] = {
    "OK": ("ended well", "ok"),
    "REJECTED_RIGHT": ("rightly declined", "idle"),
    "FAILED_CLEAN": ("failed clean", "warn"),
    "LEAKED": ("leaked", "critical"),
    "IN_FLIGHT": ("under way", "accent"),
}
_TICKS = 4


def payment_sheet(body: Body, *, truth: bool) -> Sheet:
    """Return the sheet of one payment.

    Parameters
    ----------
    body : mapping
        As `live.inspection.payment.PaymentStory`.
    truth : bool
        Whether the typology and the trap behind it may be told.
    """
    return Sheet(
        title=body["headline"],
        subtitle=_subtitle(body),
        blocks=filled(_blocks(body)),
        chips=tuple(_chips(body, truth=truth)),
    )


def _subtitle(body: Body) -> str:
    said = [f"TX-{body['tx_id']}", body["kind"], body["channel"], body["born_at"]]
    return " · ".join(word for word in said if word)


def _chips(body: Body, *, truth: bool) -> Iterator[Chip]:
    yield Chip(*_STATES.get(body["status"], (words(body["status"]), "idle")))
    if body["leak_class"]:
        yield Chip(words(body["leak_class"]), "critical")
    if truth and body["truth"]:
        yield Chip(f"truth: {body['truth']}", "warn")
    if truth and body["trap"]:
        yield Chip(f"trap: {body['trap']}", "warn")


def _blocks(body: Body) -> Iterator[Block]:
    yield Text("", tuple(body["verdict"]))
    yield Facts("", tuple(_facts(body)))
    yield waterfall_of(body["hops"])
    yield _ledger(body["ledger"])
    yield _journals(body["journals"])
    yield from _fraud(body["fraud"])
    yield _moments(body["moments"])


def _facts(body: Body) -> Iterator[Fact]:
    if body["amount_minor"]:
        yield Fact("Amount", format_minor(body["amount_minor"], body["currency"]))
    for role in ("customer", "debtor", "creditor"):
        if who := body[role]:
            yield Fact(role.capitalize(), who["name"], link=agent_link(who["agent_id"]))
    yield Fact("Took", millis(body["latency_ms"]))
    if body["answer"]:
        yield Fact("Customer was", body["answer"])
    codes = [body["iso20022"], body["iso8583"] and f"ISO 8583 {body['iso8583']}"]
    if any(codes):
        yield Fact("Codes", " · ".join(code for code in codes if code))
    if body["root"]:
        yield Fact("Root", body["root"], "critical", service_link(body["root"]))
    if body["leaked_at"]:
        yield Fact("Leaked at", body["leaked_at"], "", service_link(body["leaked_at"]))


def waterfall_of(hops: list[Body]) -> Waterfall:
    """Lay the attempts of a payment on one scale, from the first sent to the last done."""
    if not hops:
        return Waterfall("Hop by hop", (), ())
    first_ms = min(hop["begin_ms"] for hop in hops)
    span_ms = max(max(map(_over_ms, hops)) - first_ms, 1e-6)
    bars = tuple(_bar(hop, first_ms, span_ms) for hop in hops)
    ticks = ("0", *(millis(span_ms * tick / _TICKS) for tick in range(1, _TICKS + 1)))
    return Waterfall("Hop by hop", bars, ticks)


def _over_ms(hop: Body) -> float:
    """Return when nothing of an attempt was left [ms]."""
    ends = (hop["begin_ms"], hop["end_ms"], hop["worked_until_ms"])
    return max(float(end) for end in ends if end is not None)


def _bar(hop: Body, first_ms: float, span_ms: float) -> Bar:
    end_ms = _over_ms(hop) if hop["end_ms"] is None else hop["end_ms"]
    width_ms = max(end_ms - hop["begin_ms"], 0.0)
    nth = f" · try {hop['attempt']}" if hop["attempt"] > 1 else ""
    return Bar(
        label=f"{hop['service']} {hop['operation'].rpartition('.')[2]}{nth}",
        note=_note(hop, width_ms),
        tip=_tip(hop, width_ms),
        depth=hop["depth"],
        left=(hop["begin_ms"] - first_ms) / span_ms,
        width=width_ms / span_ms,
        queue=min(hop["queue_ms"] / width_ms, 1.0) if width_ms else 0.0,
        tail=max(_over_ms(hop) - end_ms, 0.0) / span_ms,
        state="critical" if hop["blamed"] else "warn" if hop["failed"] or hop["late"] else "accent",
        leaked=hop["blamed"],
        event=hop["event"],
    )


def _note(hop: Body, width_ms: float) -> str:
    if hop["blamed"]:
        return "leaked here"
    if hop["failed"]:
        return str(hop["words"])
    return "late" if hop["late"] else millis(width_ms)


def _tip(hop: Body, width_ms: float) -> str:
    said = [
        f"{hop['caller']} calls {hop['operation']}",
        f"{hop['words'] if hop['failed'] else 'answered'} after {millis(width_ms)}",
        f"{millis(hop['queue_ms'])} in line" if hop["queue_ms"] >= 0.05 else "",
        f"struck by {hop['fault']}" if hop["fault"] else "",
        "committed" if hop["committed"] else "",
    ]
    return ", ".join(word for word in said if word)


def _ledger(legs: list[Body]) -> Table:
    columns = ("Leg", "Expected", "Debited", "Credited", "Astray", "Leak")
    return Table("Ledger reconciliation", columns, tuple(map(_leg, legs)), (False, *[True] * 5))


def _leg(leg: Body) -> tuple[Cell, ...]:
    """Write what moved beside what should have: marked where money is not where it belongs."""
    leaked = leg["leak_minor"] != 0

    def amount(name: str, right_minor: int) -> Cell:
        wrong = leaked and leg[name] != right_minor
        return Cell(_bare(leg[name], leg["currency"]), "critical" if wrong else "")

    expected_minor = leg["expected_minor"]
    said = f"{leg['leg']}, {leg['currency']}, {'leaked' if leaked else 'in order'}"
    return (
        Cell(said, "critical" if leaked else ""),
        Cell(_bare(expected_minor, leg["currency"])),
        amount("debited_minor", expected_minor),
        amount("credited_minor", expected_minor),
        amount("astray_minor", 0),
        amount("leak_minor", 0),
    )


def _bare(amount_minor: int, currency: str) -> str:
    """Write an amount whose currency stands beside it."""
    return format_minor(amount_minor, currency).removesuffix(currency).rstrip()


def _journals(journals: list[Body]) -> Table:
    rows = tuple(_posting(one, leg) for one in journals for leg in one["legs"])
    return Table(
        "Postings", ("After", "Phase", "Account", "Amount"), rows, (True, False, False, True)
    )


def _posting(journal: Body, leg: Body) -> tuple[Cell, ...]:
    state: State = "critical" if journal["blamed"] else ""
    phase = f"{journal['phase']}{', one-sided' if journal['one_sided'] else ''}"
    amount = format_minor(leg["amount_minor"], leg["currency"])
    return (
        Cell(millis(journal["at_ms"])),
        Cell(phase, state),
        Cell(leg["name"]),
        Cell(amount, state),
    )


def _fraud(assessed: Body | None) -> Iterator[Block]:
    if assessed is None:
        return
    score, marks = assessed["score"], (assessed["review_at"], assessed["decline_at"])
    state: State = "critical" if score >= marks[1] else "warn" if score >= marks[0] else "ok"
    gauge = Gauge("Score", score, f"{score:.2f}", state, marks[0])
    telling = [
        Gauge(one["words"], max(one["weight"], 0.0), f"+{one['weight']:.2f}", "warn")
        for one in assessed["telling"]
    ]
    note = f"{words(assessed['decision'])}; review at {marks[0]:.2f}, decline at {marks[1]:.2f}"
    yield Gauges("Fraud service", (gauge, *telling), note)
    yield Text("Rules that fired", tuple(assessed["reasons"]))


def _moments(moments: list[Body]) -> Log:
    rows = tuple(
        Line(millis(one["at_ms"]), one["said"], "critical" if one["blamed"] else "", one["depth"])
        for one in moments
        if one["said"]
    )
    return Log("Its life", rows)
