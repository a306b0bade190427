"""A command before it is given: put together, tried on the bank, written as it will be recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sanket_sim.bank.description import Bank
from sanket_sim.core.config import dump_settings
from sanket_sim.core.settings import Settings
from sanket_sim.dashboard.page.deeds import Deed, deeds_of, table_of
from sanket_sim.dashboard.page.policies import changes_of, settings_of
from sanket_sim.live.flying.commanding import Refused, command_of
from sanket_sim.live.flying.orders import Give, Problems
from sanket_sim.live.flying.worker import FlightPlan
from sanket_sim.live.frames import Changed
from sanket_sim.live.in_force import with_changes
from sanket_sim.simulation.resolve import ResolvedExperiment
from sanket_sim.simulation.steering import OperatorCommand

UNCHANGED = "Change something first: all is as it is in force"


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody is about to command.

    Parameters
    ----------
    order : Give
    toml : str
        As it will stand in the run's experiment; empty if it would be refused.
    problems : tuple of (key path, message)
        Why it would be refused.
    """

    order: Give
    toml: str
    problems: Problems


class Workshop:
    """Makes drafts for one flight.

    Parameters
    ----------
    resolved : ResolvedExperiment
        What flies.
    """

    def __init__(self, resolved: ResolvedExperiment) -> None:
        self.resolved = resolved
        self.bank = resolved.bank
        self.deeds: dict[tuple[str, bool], Deed] = {
            (deed.kind, deed.is_trap): deed for deed in deeds_of(resolved.bank)
        }

    def draft(
        self,
        form: Mapping[str, Any],
        now_ns: int,
        changes: Iterable[Changed] = (),
        given: Sequence[OperatorCommand] = (),
    ) -> Draft:
        """Put a command together from what stands in a form, and try it.

        Parameters
        ----------
        form : mapping
            ``tab`` (``fault``, ``trap``, ``policy`` or ``control``), ``kind``, ``target``,
            ``lasts``, and what was typed as ``values``.
        now_ns : int
            When it would be given.
        changes : iterable of Changed
            What is otherwise then than the bank has it: only what differs from that is commanded.
        given : sequence of OperatorCommand
            On record so far: on top of these it must not be too much.
        """
        bank = with_changes(self.bank, changes)
        order = Give(self._table(form, bank), is_trap=form["tab"] == "trap")
        if order.table.get("set") == {}:
            return Draft(order, "", (("set", UNCHANGED),))
        before = self.resolved.steered(given) if given else self.resolved
        try:
            return Draft(order, recorded(command_of(order, now_ns, before)), ())
        except Refused as refusal:
            return Draft(order, "", refusal.problems)

    def _table(self, form: Mapping[str, Any], bank: Bank) -> dict[str, Any]:
        values = form["values"]
        if form["tab"] in ("fault", "trap"):
            return table_of(self.deeds[form["kind"], form["tab"] == "trap"], values)
        lasts = {"for": form["lasts"].strip()} if form["lasts"].strip() else {}
        if form["tab"] == "control":
            on_now = bank.controls
            switched = {key: on for key, on in values.items() if on != getattr(on_now, key)}
            return {"kind": "control", **lasts, "set": switched}
        known = settings_of(bank, form["target"])
        changes = changes_of(values, known)
        return {"kind": "config", "target": form["target"], **lasts, "set": changes}


class _Record(Settings):
    """The part of a run's experiment on which commands stand."""

    command: tuple[OperatorCommand, ...]


def recorded(command: OperatorCommand) -> str:
    """Write a command as the run's experiment will have it: every default is explicit there."""
    return dump_settings(_Record(command=(command,))).strip() + "\n"


def workshop_of(plan: FlightPlan) -> Workshop:
    """Return a workshop for what is flying."""
    return Workshop(plan.resolved())
