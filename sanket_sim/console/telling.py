"""The command `story`: the life of one payment as a time-line, or which payments to read."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.analysis.story import (
    Journal,
    Moment,
    Specimen,
    Story,
    Visit,
    What,
    instructive,
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
        plain(console, f"{run.path}: no payment leaked; name a tx_id of its transactions table")


def _specimens(found: list[Specimen]) -> Table:
    table = Table(
        title="Leaked payments worth reading", title_justify="left", title_style="bold", box=None
    )
    table.pad_edge = False
    digits = max(len(f"{one.tx_id}") for one in found)
    table.add_column(
        "tx_id", justify="right", header_style=_MUTED, style="bold", min_width=digits, no_wrap=True
    )
    for name in ("class", "kind", "to blame"):
        table.add_column(name, header_style=_MUTED, no_wrap=True)
    for name in ("gross leak", "tries", "calls", "born", "alike"):
        table.add_column(name, justify="right", header_style=_MUTED, no_wrap=True)
    for one in found:
        table.add_row(
            f"{one.tx_id}",
            one.leak_class,
            one.kind,
            one.trap or one.service or "-",
            money(one.glv_minor, one.currency),
            f"{one.submissions}",
            f"{one.attempts}",
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
    if story.creditor.account_id >= 0:
        said = f"from {story.debtor.name} to {story.creditor.name} {said}"
    said += within if story.deadline_ns >= 0 else ""
    console.print(Text(said, style=_MUTED))
    for what, name in (("a trap was set", story.trap), ("a fraudster's", story.typology)):
        if name:
            console.print(Text(f"{what}: {name}", style=_WARNING))
    console.print(Text())


def _wish(story: Story) -> str:
    if story.creditor.account_id < 0:
        return story.kind
    return f"{story.kind} of {money(story.amount_minor, story.currency)}"


def _timeline(story: Story) -> Table:
    table = Table(box=None, pad_edge=False, show_edge=False, padding=(0, 2, 0, 0))
    table.add_column("ms", justify="right", style=_MUTED, header_style=_MUTED, no_wrap=True)
    table.add_column("", overflow="fold")
    for moment in story.moments:
        if moment.what == What.ASKED and moment.submission > 1:
            table.add_row()
        said = _SAID[moment.what](story, moment)
        table.add_row(_ms(moment.at_ns), Padding(said, (0, 0, 0, 2 * moment.depth)))
    return table


def _ms(span_ns: int) -> str:
    return f"{span_ns / NS_PER_MS:,.1f}"


def _asked(story: Story, moment: Moment) -> Text:
    if moment.submission == 1:
        return Text(f"{story.customer} asks: {_wish(story)}", style="bold")
    return Text(f"{story.customer} asks again, submission {moment.submission}", style="bold")


def _told(story: Story, moment: Moment) -> Text:
    visit = story.visit(moment.hop_id)
    told = "FAILED" if visit.failed else "OK"
    said = Text(f"{story.customer} is told ", style="bold")
    said.append(told, style=_ALARM if visit.failed else f"bold {_FINE}")
    final, answer = moment.at_ns == story.answer.at_ns, story.answer
    declined = final and answer.decline_reason != "none"
    why = answer.decline_reason if declined else visit.outcome
    return said.append(f"  {why}", style=_MUTED) if visit.failed else said


def _called(story: Story, moment: Moment) -> Text:
    return _call(story, story.visit(moment.hop_id))


def _call(story: Story, visit: Visit) -> Text:
    """Name a call; its hop too, where the verdict speaks of it."""
    said = Text(f"-> {visit.operation}")
    if visit.attempt > 1:
        said.append(f", attempt {visit.attempt}", style=_WARNING)
    if visit.replica >= 0:
        said.append(f" on {visit.service}-{visit.replica}", style=_MUTED)
    if visit.label in story.verdict.why:
        said.append(f", hop {visit.hop_id}", style=_MUTED)
    return said


def _again(visit: Visit) -> str:
    return f"{visit.operation}, attempt {visit.attempt}," if visit.attempt > 1 else visit.operation


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


_WRITES = {"posted": "POSTS", "pending": "HOLDS", "voided": "GIVES BACK"}


def _posted(story: Story, moment: Moment) -> Text:
    journal = next(
        one
        for one in story.journals
        if (one.transfer_id, one.at_ns) == (moment.transfer_id, moment.at_ns)
    )
    said = Text(f"{journal.service} {_WRITES[journal.phase]} {_legs(journal, story)}", "bold")
    if journal.hop_id == story.verdict.hop_id >= 0:
        said.append(f"  {story.verdict.leak_class}", style=_ALARM)
    return said.append(f"  #{journal.transfer_id}", style="not bold dim")


def _legs(journal: Journal, story: Story) -> str:
    if len(journal.legs) == 2 and not journal.one_sided:
        payer, payee = sorted(journal.legs, key=lambda leg: leg.amount_minor)
        amount = money(payee.amount_minor, story.currency)
        return f"{amount} from {payer.account.name} to {payee.account.name}"
    legs = (
        f"{money(leg.amount_minor, story.currency)} on {leg.account.name}" for leg in journal.legs
    )
    return " and ".join(legs) + (", one-sided" if journal.one_sided else "")


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
    ruling = next(one for one in story.rulings if one.at_ns == moment.at_ns)
    said = f"{ruling.actor} rules {ruling.decision}, score {ruling.score:.2f}"
    return Text(said, style=_WARNING)


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
    """Set what was wanted against what the ledger did."""
    flows = story.flows
    table = Table(title="Truth against fact", title_justify="left", title_style="bold", box=None)
    table.pad_edge = False
    for name in ("expected e", "debited d", "credited c", "to others x", "journals n", "held"):
        table.add_column(name, justify="right", header_style=_MUTED, no_wrap=True)
    wanted = money(flows.e_minor, story.currency)
    moved = (flows.d_minor, flows.c_minor)
    table.add_row(
        wanted,
        *(_flow(minor, story, wrong=minor != flows.e_minor) for minor in moved),
        _flow(flows.x_minor, story, wrong=flows.x_minor != 0),
        f"{flows.n_posted}",
        _flow(flows.open_hold_minor, story, wrong=flows.open_hold_minor != 0),
    )
    return table


def _flow(minor: int, story: Story, *, wrong: bool) -> Text:
    leaked = story.verdict.status == "LEAKED"
    return Text(money(minor, story.currency), style=_BAD if wrong and leaked else "")


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
        said.append(f", gross leak {money(verdict.glv_minor, story.currency)}")
    return said.append(f": {verdict.why}")
