"""Where the energy went."""

from __future__ import annotations

from typing import Any

from sanket_sim.analysis.findings import Findings
from sanket_sim.analysis.report.style import LIGHT, Plot, finish
from sanket_sim.analysis.report.time_charts import measured
from sanket_sim.analysis.report.wording import number, percent
from sanket_sim.analysis.run_folder import RunFolder

_PARTS = (
    ("idle_j", "idle", "slate"),
    ("memory_j", "memory", "teal"),
    ("dynamic_j", "computing", "accent"),
)
_USES = (
    ("useful", "ok"),
    ("retried", "sand"),
    ("abandoned", "warn"),
    ("failed", "heat"),
    ("leaked", "critical"),
    ("open", "violet"),
    ("idle", "slate"),
)


def energy_plot(run: RunFolder, findings: Findings) -> Plot:
    """Draw energy by service and part, and all of it by use."""
    import matplotlib.pyplot as plt  # noqa: PLC0415  # slow to import

    energy = findings.energy
    height = 1.5 + 0.24 * len(energy.by_service)
    figure, (top, bottom) = plt.subplots(
        2,
        1,
        figsize=(7.4, height),
        layout="constrained",
        height_ratios=[len(energy.by_service), 1.6],
    )
    _by_service(run, findings, top)
    _by_use(findings, bottom)
    idle = _share(energy.by_use_j["idle"], energy.energy_j)
    note = (
        f"{number(energy.per_payment_j.value)} J and {number(energy.sci_mg.value)} mg CO2e for "
        f"each good payment; {percent(idle)} of the energy was drawn by capacity that nobody used."
    )
    return finish(figure, "energy", "Energy by service and by use", measured(run, note))


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _by_service(run: RunFolder, findings: Findings, axes: Any) -> None:
    services = list(findings.energy.by_service.values())
    labels = [one.label or one.name for one in run.bank.services]
    left = [0.0] * len(services)
    for field, label, colour in _PARTS:
        parts_kj = [getattr(one, field) / 1000 for one in services]
        axes.barh(labels, parts_kj, left=left, height=0.62, color=LIGHT[colour], label=label)
        left = [start + part for start, part in zip(left, parts_kj, strict=True)]
    axes.invert_yaxis()
    axes.grid(visible=False)
    axes.set_xlabel("kJ")
    axes.tick_params(axis="y", labelsize=8, labelcolor=LIGHT["text"])
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3, handlelength=1.0)


def _by_use(findings: Findings, axes: Any) -> None:
    """Draw one bar of all uses; the small ones get their figure in the legend only."""
    energy, left = findings.energy, 0.0
    for use, colour in _USES:
        part = _share(energy.by_use_j.get(use, 0.0), energy.energy_j)
        share = 100 * part
        if share > 0:
            label = f"{use} {percent(part)}"
            axes.barh([0], [share], left=left, height=0.8, color=LIGHT[colour], label=label)
        left += share
    axes.set_xlim(0, 100)
    axes.set_axis_off()
    if not energy.energy_j:
        return
    axes.legend(
        loc="upper left", bbox_to_anchor=(0.0, 0.0), ncols=5, handlelength=1.0, borderaxespad=0
    )
