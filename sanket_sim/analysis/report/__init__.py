"""The report of a run: findings.json, report.md, a self-contained report.html and its plots."""

from __future__ import annotations

from pathlib import Path

from sanket_sim.analysis.findings import FINDINGS_NAME, Findings, measure
from sanket_sim.analysis.report.campaign_chart import campaign_plots
from sanket_sim.analysis.report.controls_chart import controls_plot
from sanket_sim.analysis.report.energy_chart import energy_plot
from sanket_sim.analysis.report.markdown import markdown
from sanket_sim.analysis.report.page import page
from sanket_sim.analysis.report.service_map import map_plot
from sanket_sim.analysis.report.style import Plot, house_style
from sanket_sim.analysis.report.threshold_chart import threshold_plot
from sanket_sim.analysis.report.time_charts import (
    latency_plot,
    leakage_plot,
    quality_plot,
    queue_plot,
    throughput_plot,
    utilisation_plot,
)
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.trace.files import write_atomically

__all__ = ["draw_plots", "write_report"]


def draw_plots(run: RunFolder, findings: Findings) -> list[Plot]:
    """Draw every plot of the report that has something to show."""
    with house_style():
        drawn = [
            map_plot(run, findings),
            throughput_plot(run, findings),
            quality_plot(run, findings),
            latency_plot(run, findings),
            leakage_plot(run, findings),
            controls_plot(findings),
            queue_plot(run),
            utilisation_plot(run, findings),
            energy_plot(run, findings),
            threshold_plot(run, findings),
            *campaign_plots(run, findings),
        ]
    return [plot for plot in drawn if plot is not None]


def write_report(folder: Path | str | RunFolder) -> Findings:
    """Measure a run and write findings, report and plots into its folder.

    Parameters
    ----------
    folder : Path, str or RunFolder
        A run, complete or partial.

    Returns
    -------
    Findings
        What was measured.

    Raises
    ------
    TraceError
        If the folder holds no run, or the disk is full.
    """
    run = folder if isinstance(folder, RunFolder) else RunFolder(folder)
    findings = measure(run)
    plots = draw_plots(run, findings)
    files = {
        FINDINGS_NAME: findings.to_json().encode(),
        **{f"plots/{plot.name}.png": plot.png for plot in plots},
        "report.md": markdown(findings, plots).encode(),
        "report.html": page(findings, plots).encode(),
    }
    for name, content in files.items():
        write_atomically(run.path / name, content)
    return findings
