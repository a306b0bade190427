"""The command `story`: the life of one payment as a time-line, or which payments to read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from sanket_sim.analysis.breaks import CORRECTION, DETECTORS
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.analysis.story import (
    MISREAD,
    Flows,
    Linked,
    Moment,
    Role,
    Ruling,
    SecondLeg,
    Specimen,
    Story,
    Visit,
    What,
    deed_of,
    instructive,
    legs_of,
    of_the_back_office,
    tell,
)
from sanket_sim.console.arguments import Arguments
from sanket_sim.console.folders import manifest_of
from sanket_sim.console.wording import clock, money, plain, seconds
from sanket_sim.core.errors import InputError, Problem
from sanket_sim.core.units import NS_PER_MS, NS_PER_S

SPECIMENS = 10
WIDTH = 100
"""What a story is laid out for; a pipe or a file gets no less."""
_ALARM = "bold red"
_BAD = "red"
_WARNING = "yellow"
_FINE = "green"
_MUTED = "dim"


def perform_story(arguments: Arguments) -> int:
    """Tell the life of one payment, or list leaked ones to choose from."""
    folder, console = Path(arguments.target), _console()
    manifest_of(folder, ("transactions", "hops", "postings", "decisions", "faults", "agents"))
    run = RunFolder(folder)
    if arguments.tx_id is None or arguments.worst is not None:
        _list(run, arguments, console)
        return 0
    story = _story_of(run, arguments.tx_id)
    if arguments.json:
        plain(console, json.dumps(asdict(story), indent=2))
    else:
        show_story(story, console)
    return 0


def _console() -> Console:
    console = Console()
    narrow = not console.is_terminal and console.width < WIDTH
    return Console(width=WIDTH) if narrow else console


def _story_of(run: RunFolder, tx_id: int) -> Story:
    try:
        return tell(run, tx_id)
    except KeyError:
        message = (
            f"has no payment {tx_id}; `sanket-sim story {run.path}` lists leaked ones, and "
            "tx_id in its transactions table all of them"
        )
        raise InputError(str(run.path), [Problem("", message)]) from None


def _list(run: RunFolder, arguments: Arguments, console: Console) -> None:
    found = instructive(run, arguments.worst or SPECIMENS)
    if arguments.json:
        plain(console, json.dumps([asdict(one) for one in found], indent=2))
    elif found:
        console.print(_specimens(found))
        hint = f"\nsanket-sim story {run.path} {found[0].tx_id}   tells the first of them"
        console.print(Text(hint, style=_MUTED), soft_wrap=True)
    else:
        plain(
            console,
            f"{run.path}: no payment leaked; name a tx_id of its transactions (or truth) table",
        )


def _specimens(found: list[Specimen]) -> Table:
    table = Table(
        title="Leaked payments worth reading", title_justify="left", title_style="bold", box=None
    )
    table.pad_edge = False
    digits = max(len("tx_id"), *(len(f"{one.tx_id}") for one in found))
    table.add_column(
        "tx_id", justify="right", header_style=_MUTED, style="bold", min_width=digits, no_wrap=True
    )
    for name in ("class", "kind", "to blame"):
        table.add_column(name, header_style=_MUTED, no_wrap=True)
    leaks = [money(one.glv_minor, one.currency) for one in found]
    widths = {"gross leak": max(map(len, leaks)), "tries": 5, "born": 5, "alike": 5}
    for name, width in widths.items():
        table.add_column(name, justify="right", header_style=_MUTED, min_width=width, no_wrap=True)
    for one, leak in zip(found, leaks, strict=True):
        table.add_row(
            f"{one.tx_id}",
            one.leak_class,
            one.kind,
            one.trap or one.service or "-",
            leak,
            f"{one.submissions}",
            clock(one.born_ns),
            f"{one.alike:,}",
        )
    return table


def show_story(story: Story, console: Console) -> None:
    """Print the life of one payment: who wanted what, what happened, and what came of it."""
    _print_opening(story, console)
    console.print(_timeline(story))
    console.print(Text())
    if story.creditor.account_id >= 0:
        console.print(_flows(story))
    console.print(_result(story))
    console.print(_verdict(story))


def _print_opening(story: Story, console: Console) -> None:
    title = Text.assemble((f"Payment {story.tx_id}", "bold"), f": {_wish(story)}")
    console.print(Rule(title, align="left", style=_MUTED))
    within = f", to be done within {seconds(story.deadline_ns / NS_PER_S)}"
    said = f"by {story.channel}, {clock(story.born_ns)} into the run"
    said += f" ({story.born_at})" if story.born_at else ""
    if story.creditor.account_id >= 0:
        said = f"from {story.debtor.name} to {story.creditor.name} {said}"
    said += within if story.deadline_ns >= 0 else ""
    console.print(Text(said, style=_MUTED))
    for what, name in (("a trap was set", _trap(story)), ("a fraudster's", story.typology)):
        if name:
            console.print(Text(f"{what}: {name}", style=_WARNING))
    for said in _relations(story):
        console.print(Text(said, style=_WARNING))
    console.print(Text())


def _trap(story: Story) -> str:
    """Name the trap, and whether what catches it was on."""
    trap = story.set_trap
    switch = "on" if trap.control_on else "off"
    return trap.kind + (f" ({trap.code}; {trap.control} is {switch})" if trap.control else "")


def _relations(story: Story) -> Iterator[str]:
    """Say what else belongs to the payment: its file, and those that correct one another."""
    if story.batch:
        yield f"came in {story.batch}"
    if story.second is not None:
        yield _WISHED[story.second.purpose](story.second)
    if story.puts_right is not None:
        original = story.puts_right
        wrong = f", {original.leak_class}" if original.leak_class != "NONE" else ""
        asked = money(original.amount_minor, original.currency)
        yield f"puts right payment {original.tx_id}: {original.kind} of {asked}{wrong}"
    for one in story.put_right_by:
        yield f"put right by payment {one.tx_id}: {_brought(story, one)}"
    if _lost(story) and not story.put_right_by:
        yield "nobody has put it right"


def _lost(story: Story) -> bool:
    """Say whether money leaked that could be put right."""
    second_minor = story.second.glv_minor if story.second else 0
    return story.verdict.status == "LEAKED" and story.verdict.glv_minor + second_minor > 0


def _brought(story: Story, correction: Linked) -> str:
    """Say what a correction brought to whom: back to who paid, or on to who was to be paid."""
    back = "back " if correction.creditor == story.debtor else ""
    amount = money(correction.amount_minor, correction.currency)
    end = _ENDS.get(correction.ack, "not answered")
    short = correction.ack == "ok" and correction.moved_minor != correction.amount_minor
    moved = f", but {money(correction.moved_minor, correction.currency)} moved" if short else ""
    return f"{amount} {back}to {correction.creditor.name}, {end}{moved}"


_ENDS = {"ok": "OK", "failed": "FAILED"}
_WISHED: dict[str, Callable[[SecondLeg], str]] = {
    "exchange": lambda leg: (
        f"converted: {leg.creditor.name} is to get {money(leg.flows.e_minor, leg.currency)}"
    ),
    "fee": lambda leg: (
        f"with a fee of {money(leg.flows.e_minor, leg.currency)}"
        if leg.flows.e_minor
        else "and a fee"
    ),
    "mismatch": lambda leg: f"reached an account kept in {leg.currency}, unconverted",
}


def _wish(story: Story) -> str:
    if story.creditor.account_id < 0:
        return story.kind
    read = money(story.amount_minor, story.currency)
    if story.trap not in MISREAD or not story.set_trap.sprung:
        return f"{story.kind} of {read}"
    wanted = story.flows.e_minor
    if wanted > 0 and wanted != story.amount_minor:
        return f"{story.kind} of {money(wanted, story.currency)}, read as {read}"
    misread = wanted <= 0 and story.flows.n_posted > 0
    return f"{story.kind} of {read}" + (", as the bank misread it" if misread else "")


def _asker(story: Story) -> str:
    return "the back office" if story.kind == CORRECTION else story.customer


def _timeline(story: Story) -> Table:
    table = Table(box=None, pad_edge=False, show_edge=False, padding=(0, 2, 0, 0))
    table.add_column("ms", justify="right", style=_MUTED, header_style=_MUTED, no_wrap=True)
    table.add_column("", overflow="fold")
    for moment in story.moments:
        if moment.what == What.ASKED and moment.submission != 1:
            table.add_row()
        said = _SAID[moment.what](story, moment)
        table.add_row(_ms(moment.at_ns), Padding(said, (0, 0, 0, 2 * moment.depth)))
    return table


def _ms(span_ns: int) -> str:
    return f"{span_ns / NS_PER_MS:,.1f}"


def _asked(story: Story, moment: Moment) -> Text:
    role = story.visit(moment.hop_id).role
    if role == Role.REVERSAL:
        return Text(f"{story.customer} cancels it", style="bold")
    if role == Role.STATUS:
        return Text(f"{story.customer} asks what became of it", style="bold")
    if moment.submission == 1:
        return Text(f"{_asker(story)} asks: {_wish(story)}", style="bold")
    if story.batch:
        return Text(f"the file is run again, submission {moment.submission}", style="bold")
    return Text(f"{story.customer} asks again, submission {moment.submission}", style="bold")


def _told(story: Story, moment: Moment) -> Text:
    visit = story.visit(moment.hop_id)
    if visit.role != Role.PAYMENT:
        return _told_beside(story, visit)
    told = "FAILED" if visit.failed else "OK"
    said = Text(f"{_asker(story)} is told ", style="bold")
    said.append(told, style=_ALARM if visit.failed else f"bold {_FINE}")
    final, answer = moment.at_ns == story.answer.at_ns, story.answer
    declined = final and answer.decline_reason != "none"
    why = answer.decline_reason if declined else visit.outcome
    return said.append(f"  {why}", style=_MUTED) if visit.failed else said


def _told_beside(story: Story, visit: Visit) -> Text:
    """Say how the customer's cancellation or enquiry ended."""
    if visit.role == Role.STATUS:
        answer = f"has no answer, {visit.outcome}" if visit.failed else "learns that it was posted"
        if visit.outcome == "APP_ERROR":
            answer = "learns that nothing was posted"
        return Text(f"{story.customer} {answer}", style="bold")
    moved = any(one.phase == "posted" and one.at_ns <= visit.left_ns for one in story.journals)
    early = "" if moved else ", before anything had been posted: it leaves a mark, if it may"
    end = f"fails, {visit.outcome}" if visit.failed else f"is taken{early}"
    return Text(f"{story.customer}'s cancellation {end}", style="bold")


def _called(story: Story, moment: Moment) -> Text:
    return _call(story, story.visit(moment.hop_id))


def _call(story: Story, visit: Visit) -> Text:
    """Name a call; its hop too, where the verdict speaks of it."""
    said = Text(f"{'=> event to' if visit.event else '->'} {visit.operation}")
    if visit.attempt > 1:
        said.append(f", {_nth(visit)}", style=_WARNING)
    if visit.replica >= 0:
        said.append(f" on {visit.service}-{visit.replica}", style=_MUTED)
    if visit.label in story.verdict.why:
        said.append(f", hop {visit.hop_id}", style=_MUTED)
    return said


def _nth(visit: Visit) -> str:
    return f"{'delivery' if visit.event else 'attempt'} {visit.attempt}"


def _again(visit: Visit) -> str:
    return f"{visit.operation}, {_nth(visit)}," if visit.attempt > 1 else visit.operation


def _visited(story: Story, moment: Moment) -> Text:
    visit = story.visit(moment.hop_id)
    said = _call(story, visit)
    _append_end(said, visit)
    if visit.wait_ns >= NS_PER_MS:
        said.append(f", {_line(visit)}", style=_MUTED)
    elif visit.failed and visit.ahead > 0:
        said.append(f", {visit.ahead} in line", style=_MUTED)
    return said


def _append_end(said: Text, visit: Visit) -> None:
    style = _FINE if not visit.failed else _WARNING if visit.outcome == "APP_ERROR" else _BAD
    said.append("  ").append(visit.outcome, style=style)
    said.append(f" in {_ms(visit.span_ns)} ms", style=_MUTED)


def _line(visit: Visit) -> str:
    behind = f" behind {visit.ahead}" if visit.ahead > 0 else ""
    return f"{_ms(visit.wait_ns)} ms in line{behind}"


def _begun(story: Story, moment: Moment) -> Text:
    visit = story.visit(moment.hop_id)
    said = Text()
    if visit.wait_ns >= NS_PER_MS:
        forgotten = 0 <= visit.left_ns < visit.begun_ns
        said.append(f"{_again(visit) if forgotten else ''} begins after {_line(visit)}".strip())
    if visit.fault:
        said.append("; " if said else "").append(f"struck by {visit.fault}", style=_WARNING)
    return said


def _posted(story: Story, moment: Moment) -> Text:
    journal = story.journals[moment.item]
    verb, what = deed_of(journal, story)
    words = filter(None, (journal.service, verb.upper(), what, legs_of(journal)))
    said = Text(" ".join(words), "bold")
    if journal.hop_id == story.verdict.hop_id >= 0:
        said.append(f"  {story.verdict.leak_class}", style=_ALARM)
    return said.append(f"  #{journal.transfer_id}", style="not bold dim")


def _answered(story: Story, moment: Moment) -> Text:
    visit = story.visit(moment.hop_id)
    said = Text(f"<- {visit.operation}")
    _append_end(said, visit)
    return said


def _given_up(story: Story, moment: Moment) -> Text:
    visit = story.visit(moment.hop_id)
    waited = f"{visit.caller_label} waits no longer for {visit.operation}: "
    return Text.assemble(waited, (visit.outcome, _BAD), f" after {_ms(visit.span_ns)} ms")


def _unheard(story: Story, moment: Moment) -> Text:
    visit = story.visit(moment.hop_id)
    gone = f"{_ms(moment.at_ns - visit.left_ns)} ms after {visit.caller_label} had left"
    if moment.at_ns < visit.left_ns:
        gone = "but the answer is lost on its way"
    return Text(f"<- {_again(visit)} answers {gone}", style=_WARNING)


def _ruled(story: Story, moment: Moment) -> Text:
    ruling = story.rulings[moment.item]
    if ruling.actor == "stand_in":
        return Text(_stood_in(ruling), style=_WARNING)
    if ruling.actor in DETECTORS:
        return Text(of_the_back_office(ruling), style=_WARNING)
    said = f"{ruling.actor} rules {ruling.decision}, score {ruling.score:.2f}"
    return Text(said, style=_WARNING)


def _stood_in(ruling: Ruling) -> str:
    if ruling.decision == "approve":
        return "no ledger: stand-in processing approves it by itself"
    return f"no ledger: stand-in processing declines it, {ruling.reason}"


_SAID: dict[What, Callable[[Story, Moment], Text]] = {
    What.ASKED: _asked,
    What.TOLD: _told,
    What.CALLED: _called,
    What.VISITED: _visited,
    What.BEGUN: _begun,
    What.POSTED: _posted,
    What.ANSWERED: _answered,
    What.GIVEN_UP: _given_up,
    What.UNHEARD: _unheard,
    What.RULED: _ruled,
}


def _flows(story: Story) -> Table:
    """Set what was wanted against what the ledger did, a row for each leg."""
    second = story.second
    table = Table(title="Truth against fact", title_justify="left", title_style="bold", box=None)
    table.pad_edge = False
    if second is not None:
        table.add_column("", header_style=_MUTED, no_wrap=True)
    for name in ("expected e", "debited d", "credited c", "to others x", "journals n", "held"):
        table.add_column(name, justify="right", header_style=_MUTED, no_wrap=True)
    leaked = story.verdict.status == "LEAKED"
    principal = _flow_cells(story.flows, story.currency, leaked=leaked)
    if second is None:
        table.add_row(*principal)
    else:
        table.add_row("payment", *principal)
        table.add_row(second.purpose, *_flow_cells(second.flows, second.currency, leaked=leaked))
    return table


def _flow_cells(flows: Flows, currency: str, *, leaked: bool) -> list[Text]:
    """Write the flows of a leg, those that are wrong in red."""
    e = flows.e_minor
    cells = (
        (flows.d_minor, flows.d_minor != e),
        (flows.c_minor, flows.c_minor != e),
        (flows.x_minor, flows.x_minor != 0),
    )
    moved = [Text(money(minor, currency), _BAD if off and leaked else "") for minor, off in cells]
    held = Text(money(flows.open_hold_minor, currency))
    if flows.open_hold_minor and leaked:
        held.stylize(_BAD)
    return [Text(money(e, currency)), *moved, Text(f"{flows.n_posted}"), held]


def _result(story: Story) -> Text:
    """Say how other systems would call this end."""
    answer = story.answer
    reason = f" {answer.iso20022_reason}" if answer.iso20022_reason else ""
    codes = f"ISO 20022 {answer.iso20022_status}{reason}, ISO 8583 {answer.iso8583_code}"
    return Text(f"told {answer.ack}: {codes}, {answer.meaning}\n", style=_MUTED)


def _verdict(story: Story) -> Text:
    verdict = story.verdict
    leaked = verdict.status == "LEAKED"
    said = Text()
    said.append(verdict.leak_class if leaked else verdict.status, style=_ALARM if leaked else _FINE)
    if leaked:
        said.append(f", gross leak {_leak(story)}")
    return said.append(f": {verdict.why}")


def _leak(story: Story) -> str:
    """Write the gross leak of each leg in its own currency."""
    legs = [money(story.verdict.glv_minor, story.currency)]
    if story.second is not None and story.second.glv_minor:
        second = money(story.second.glv_minor, story.second.currency)
        legs = [*(legs if story.verdict.glv_minor else []), second]
    return " and ".join(legs)
