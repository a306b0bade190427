"""The inject form: a fault, a trap, another policy, a control switched; tried before given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import solara

from sanket_sim.bank.description import Bank
from sanket_sim.dashboard.page.drafting import Draft, Workshop, workshop_of
from sanket_sim.dashboard.page.ordering import Notice, Orders
from sanket_sim.dashboard.page.panel import Tab
from sanket_sim.dashboard.page.policies import control_hints, settings_of, targets_of
from sanket_sim.dashboard.page.polling import use_polled
from sanket_sim.dashboard.page.standing import Standing
from sanket_sim.dashboard.page.weaving import component, from_vue
from sanket_sim.dashboard.page.wording import clock
from sanket_sim.faults.control import SWITCHES
from sanket_sim.live.flying.orders import Give
from sanket_sim.live.frames import Changed
from sanket_sim.live.in_force import with_changes
from sanket_sim.simulation.record import commands_in

Form = Mapping[str, Any]
LOOKS_S = 0.5
"""How often an open form looks what has been commanded, by whomever."""


@from_vue("inject.vue")
def _inject(
    *,
    deeds: list[dict[str, Any]],
    targets: list[str],
    controls: list[dict[str, Any]],
    settings: list[dict[str, Any]],
    target: str,
    toml: str,
    problems: list[dict[str, str]],
    given: list[dict[str, str]],
    record: str,
    against: str,
    event_draw_up: Callable[[Form], None],
    event_give: Callable[[Form], None],
) -> None:
    """Draw the form."""


@component
def inject(standing: Standing, orders: Orders, tab: Tab, target: str) -> None:
    """Let somebody disturb the run, or mend it."""
    workshop: solara.Reactive[Workshop | None] = solara.use_reactive(None)
    draft: solara.Reactive[Draft | None] = solara.use_reactive(None)
    chosen = solara.use_reactive(target)
    refused: solara.Reactive[tuple[tuple[str, str], ...]] = solara.use_reactive(())
    deck = orders.deck
    none: list[dict[str, str]] = []
    as_it_was: tuple[Changed, ...] = ()
    given = use_polled(lambda: given_so_far(deck.body("metrics")), none, LOOKS_S, standing.run_id)
    changes = use_polled(
        lambda: changed_now(deck.body("metrics")), as_it_was, LOOKS_S, standing.run_id
    )

    def prepare() -> None:
        plan = deck.plan
        if plan is not None:
            orders.in_background(lambda: workshop.set(workshop_of(plan)))

    def draw_up(form: Form) -> None:
        if workshop.value is not None and (status := deck.status):
            chosen.set(form["target"])
            refused.set(())
            given_now = commands_in(status.folder)
            draft.set(workshop.value.draft(form, status.now_ns, changes.value, given_now))

    def give(form: Form) -> None:
        if workshop.value is not None and (status := deck.status):
            order = workshop.value.draft(form, status.now_ns, changes.value).order
            orders.in_background(lambda: carry_out(order))

    def carry_out(order: Give) -> None:
        answer = deck.ask(order)
        refused.set(answer.problems)
        if answer.problems:
            tab.notice.set(Notice(""))
        else:
            said = f"Recorded in {standing.folder}/experiment.toml: run it again for the same bytes"
            tab.notice.set(Notice(said))

    solara.use_effect(prepare, [standing.run_id])
    _inject(
        **_offered(workshop.value, chosen.value, changes.value),
        target=target,
        toml=draft.value.toml if draft.value else "",
        problems=_listed(refused.value or (draft.value.problems if draft.value else ())),
        given=given.value,
        record=f"{standing.folder}/experiment.toml",
        against=standing.against("inject"),
        event_draw_up=draw_up,
        event_give=give,
    )


def _offered(
    workshop: Workshop | None, target: str, changes: tuple[Changed, ...]
) -> dict[str, Any]:
    if workshop is None:
        return {"deeds": [], "targets": [], "controls": [], "settings": []}
    bank = with_changes(workshop.bank, changes)
    return {
        "deeds": [asdict(deed) for deed in workshop.deeds.values()],
        "targets": targets_of(bank),
        "controls": controls_of(bank),
        "settings": [asdict(entry) for entry in settings_of(bank, target)],
    }


def controls_of(bank: Bank) -> list[dict[str, Any]]:
    """Return the controls that can be switched, with what each of them sees to."""
    said = control_hints()
    return [
        {
            "key": name,
            "label": name.replace("_", " "),
            "on": getattr(bank.controls, name),
            "hint": said[name],
        }
        for name in SWITCHES
    ]


def changed_now(metrics: Any) -> tuple[Changed, ...]:
    """Return what is otherwise now than the bank has it."""
    return () if metrics is None else tuple(Changed(**one) for one in metrics["in_force"])


def _listed(problems: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    return [{"path": path, "message": message} for path, message in problems]


def given_so_far(metrics: Any) -> list[dict[str, str]]:
    """Return what was commanded in this run, newest first, as the time-line has it."""
    if metrics is None:
        return []
    start = metrics["run"]["start"]
    return [
        {"at": clock(start, one["begin_ns"]), "label": one["label"], "by": one["by"]}
        for one in reversed(metrics["disturbances"])
        if one["by"] != "experiment"
    ]
