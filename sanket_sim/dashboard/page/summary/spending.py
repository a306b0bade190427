"""Energy and carbon: what was of use, and what was not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sanket_sim.analysis.energy_work import J_PER_KWH
from sanket_sim.analysis.report.wording import number
from sanket_sim.dashboard.page.inspectors.sheet import Block, Cell, Fact, Facts, Table, Text
from sanket_sim.dashboard.page.summary.matter import Body, Matter, value
from sanket_sim.dashboard.page.wording import share
from sanket_sim.live.meters import figures

KWH_FROM = 0.01
"""From here on energy is told in kilowatt-hours [kWh]."""
_TERMS: Mapping[str, str] = {
    "waiting_j": "Waiting for others",
    "wasted_j": "Wasted: retried, abandoned, failed or leaked",
    "over_provisioned_j": "Over-provisioned replicas",
}
_OVERLAP = (
    "What was useful and what was idle are parts of all energy; waiting, waste and "
    "over-provisioning lie across them and may overlap."
)
_LATER = "What was useful, waiting, wasted or over-provisioned is told when the run has ended."


def spending(matter: Matter) -> Iterator[Block]:
    """Tell what a run has cost in energy and carbon."""
    spent = matter.found["energy"] if matter.ended else matter.so_far["amounts"]
    yield Facts(matter.titled("Energy and carbon"), tuple(_facts(spent)))
    if matter.ended:
        yield _uses(spent)
        yield Text("", (_OVERLAP,))
    else:
        yield Text("", (_LATER,))


def _facts(spent: Body) -> Iterator[Fact]:
    operational, embodied = spent["operational_gco2e"], spent["embodied_gco2e"]
    good = spent["good_payments"]
    yield Fact("Energy", energy(spent["energy_j"]))
    yield Fact("Carbon", carbon(operational + embodied))
    yield Fact("of it making hardware", carbon(embodied))
    if good:
        yield Fact("energy per good payment", energy(spent["energy_j"] / good))
        yield Fact("CO₂e per good payment", carbon((operational + embodied) / good))


def _uses(found: Body) -> Table:
    whole_j, uses = found["energy_j"], found["by_use_j"]
    told = {
        "Useful work": uses["useful"],
        "Idle: switched on, and unused": uses["idle"],
        **{label: value(found[key]) for key, label in _TERMS.items()},
    }
    rows = tuple(
        (
            Cell(label),
            Cell(energy(joules, whole_j)),
            Cell(share(joules / whole_j) if whole_j else "-"),
            Cell(carbon(found["operational_gco2e"] * joules / whole_j) if whole_j else "-"),
        )
        for label, joules in told.items()
    )
    columns = ("What for", "Energy", "Share", "Carbon")
    return Table("", columns, rows, (False, True, True, True))


def energy(joules: float, whole_j: float | None = None) -> str:
    """Write an energy in the unit that people read: that of the whole, for a part.

    Examples
    --------
    >>> energy(10_742.1), energy(2.0964), energy(0), energy(1_250_000)
    ('10,742 J', '2.1 J', '0 J', '0.347 kWh')
    >>> energy(360.0, 3_600_000.0)
    '0.0001 kWh'
    """
    if (joules if whole_j is None else whole_j) >= KWH_FROM * J_PER_KWH:
        return f"{number(joules / J_PER_KWH)} kWh"
    return f"{number(joules, _digits(joules))} J"


def _digits(joules: float) -> int:
    return 2 if joules < 10 else len(str(int(joules)))


def carbon(grams: float) -> str:
    """Write a mass of carbon.

    Examples
    --------
    >>> carbon(1.657), carbon(0.000323), carbon(0)
    ('1.66 g CO₂e', '0.323 mg CO₂e', '0 g CO₂e')
    """
    if not grams:
        return "0 g CO₂e"
    return " ".join((*figures.carbon(1000 * grams), "CO₂e"))
