"""The plots over simulated time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sanket_sim.analysis.findings import Findings
from sanket_sim.analysis.recovery import SLI_WINDOW_S, ServiceLevel
from sanket_sim.analysis.report.style import LIGHT, SERIES, Plot, finish
from sanket_sim.analysis.report.wording import duration, number, percent, words
from sanket_sim.analysis.run_folder import RunFolder
from sanket_sim.analysis.series import gauge_series, intent_series
from sanket_sim.core.outcomes import LeakClass
from sanket_sim.core.units import NS_PER_S

CLASS_COLOURS = {
    LeakClass.ORPHAN_CREDIT: "critical",
    LeakClass.ORPHAN_DEBIT: "rose",
    LeakClass.INVALID_EXECUTED: "violet",
    LeakClass.MISDIRECTED: "teal",
    LeakClass.DUPLICATE: "heat",
    LeakClass.OVER: "sand",
    LeakClass.UNDER: "ok",
    LeakClass.LOST: "accent",
    LeakClass.GHOST_POSTING: "warn",
    LeakClass.PHANTOM_SUCCESS: "slate",
    LeakClass.LATE: "muted",
    LeakClass.STUCK_HOLD: "text",
}
_WIDTH, _HEIGHT = 7.4, 3.1
_UNMEASURED = "The run ended in its warm-up, of which nothing is measured."


def canvas(width: float = _WIDTH, height: float = _HEIGHT) -> tuple[Any, Any]:
    """Return a figure with one pair of axes, sized in inches."""
    import matplotlib.pyplot as plt  # noqa: PLC0415  # slow to import

    figure, axes = plt.subplots(figsize=(width, height), layout="constrained")
    return figure, axes


def time_axes(run: RunFolder, width: float = _WIDTH) -> tuple[Any, Any]:
    """Return axes over simulated time, with the warm-up and the fault windows shaded."""
    from matplotlib.ticker import FuncFormatter, MultipleLocator  # noqa: PLC0415  # slow to import

    figure, axes = canvas(width)
    end_s = run.arrivals_end_ns / NS_PER_S
    axes.set_xlim(0, end_s)
    axes.xaxis.set_major_locator(MultipleLocator(tick_s(end_s)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda t_s, _: clock(run, t_s)))
    if run.start_ns:
        # A run that was stopped in its warm-up has no later part: a name there would leave no plot.
        warm_s = min(run.start_ns / NS_PER_S, end_s)
        axes.axvspan(0, warm_s, color=LIGHT["bg"], zorder=0)
        axes.text(
            warm_s / 2,
            1.01,
            "warm-up",
            transform=axes.get_xaxis_transform(),
            color=LIGHT["muted"],
            fontsize=8,
            ha="center",
            va="bottom",
        )
    _shade_faults(run, axes, end_s)
    return figure, axes


def tick_s(end_s: float) -> float:
    """Return the distance of ticks on a time axis, such that there are at most nine.

    Examples
    --------
    >>> tick_s(480.0), tick_s(60.0), tick_s(86_400.0), tick_s(30 * 86_400.0)
    (60.0, 10.0, 10800.0, 345600.0)
    """
    nice = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200)
    fits = [step for step in nice if end_s / step <= 8]
    return float(fits[0] if fits else 86_400 * math.ceil(end_s / 8 / 86_400))


def clock(run: RunFolder, t_s: float) -> str:
    """Write an instant as the experiment's wall clock, or as minutes and seconds."""
    start = run.experiment.start
    base_s = 0 if start is None else (start.hour * 60 + start.minute) * 60 + start.second
    total_s = round(base_s + t_s)
    long = run.arrivals_end_ns >= 7200 * NS_PER_S
    if start is None and not long:
        return f"{total_s // 60}:{total_s % 60:02d}"
    stamp = f"{total_s // 3600 % 24:02d}:{total_s // 60 % 60:02d}"
    return stamp if long or total_s % 60 == 0 else f"{stamp}:{total_s % 60:02d}"


def _shade_faults(run: RunFolder, axes: Any, end_s: float) -> None:
    # One that would begin after the end has no place here, and its name would leave the plot none.
    faults = [fault for fault in run.faults if fault.begin_ns < end_s * NS_PER_S]
    for fault in faults[:12]:
        begin_s = fault.begin_ns / NS_PER_S
        until_s = min(fault.end_ns / NS_PER_S, end_s)
        axes.axvspan(begin_s, until_s, color=LIGHT["critical"], alpha=0.07, lw=0, zorder=0)
        axes.axvline(begin_s, color=LIGHT["critical"], alpha=0.45, lw=0.9, zorder=1)
    if faults:
        first = faults[0]
        more = f" + {len(faults) - 1}" if len(faults) > 1 else ""
        axes.text(
            first.begin_ns / NS_PER_S,
            1.01,
            first.label + more,
            transform=axes.get_xaxis_transform(),
            color=LIGHT["critical"],
            fontsize=8,
            ha="left" if first.begin_ns < end_s * NS_PER_S / 2 else "right",
            va="bottom",
        )


def legend(axes: Any, columns: int = 4) -> None:
    """Put the legend above the plot, to the right."""
    axes.legend(
        loc="lower right",
        bbox_to_anchor=(1.0, 1.06),
        ncols=columns,
        handlelength=1.1,
        columnspacing=1.3,
        borderaxespad=0,
    )


def measured(run: RunFolder, note: str) -> str:
    """Return what is to be seen in a plot of what is measured, if anything is."""
    return note if run.arrivals_end_ns > run.start_ns else _UNMEASURED


def _pooled(values: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    return np.asarray(np.add.reduceat(values, np.arange(0, values.shape[-1], size), axis=-1))


def _coarse_means(
    run: RunFolder, values: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Average fine windows over the coarse ones; return the means and where the windows begin."""
    size = max(1, round(run.coarse.width_ns / run.fine.width_ns))
    edges = np.arange(0, values.shape[1], size)
    spans = np.diff(np.append(edges, values.shape[1]))
    return np.add.reduceat(values, edges, axis=1) / spans, run.fine.starts_s()[::size]


def throughput_plot(run: RunFolder, findings: Findings) -> Plot:
    """Draw what was offered, what ended well and what failed."""
    series = intent_series(run)
    size = max(1, round(run.coarse.width_ns / series.fine.width_ns))
    span_s = size * series.fine.width_s
    starts_s = series.fine.starts_s()[::size]
    figure, axes = time_axes(run)
    good, offered = _pooled(series.good, size) / span_s, _pooled(series.offered, size) / span_s
    axes.fill_between(starts_s, good, color=LIGHT["accent"], alpha=0.10, lw=0)
    axes.plot(starts_s, offered, color=LIGHT["slate"], lw=1.2, label="offered")
    axes.plot(starts_s, good, color=LIGHT["accent"], label="good")
    axes.plot(starts_s, offered - good, color=LIGHT["critical"], label="not good")
    axes.set_ylim(0, None)
    axes.set_ylabel("intents per second")
    legend(axes)
    rates = (findings.traffic.goodput_per_s.value, findings.traffic.offered_per_s.value)
    note = f"{number(rates[0])} good intents a second of {number(rates[1])} offered."
    return finish(figure, "throughput", "Throughput", measured(run, note))


def leakage_plot(run: RunFolder, findings: Findings) -> Plot:
    """Draw leaked intents by class, as a share of what was offered."""
    series = intent_series(run)
    size = max(1, round(run.coarse.width_ns / series.fine.width_ns))
    offered = np.maximum(_pooled(series.offered, size), 1)
    shares = 100 * _pooled(series.leaked, size) / offered
    starts_s = series.fine.starts_s()[::size]
    figure, axes = time_axes(run)
    present = [one for one in LeakClass if series.leaked[one].any()]
    colours = [LIGHT[CLASS_COLOURS[one]] for one in present]
    if present:
        axes.stackplot(
            starts_s,
            [shares[one] for one in present],
            colors=colours,
            alpha=0.8,
            labels=[words(one.name).lower() for one in present],
            step="post",
            lw=0,
        )
        legend(axes)
    axes.set_ylim(0, max(0.1, float(shares.sum(axis=0).max(initial=0.0)) * 1.1))
    axes.set_ylabel("% of intents")
    note = (
        f"{findings.leakage.leaked:,} of {findings.leakage.submitted:,} measured intents leaked."
        if findings.leakage.leaked
        else "Nothing leaked after the warm-up."
    )
    return finish(figure, "leakage", "Leakage by class", measured(run, note))


def quality_plot(run: RunFolder, findings: Findings) -> Plot:
    """Draw Q(t) and the resilience triangle."""
    series, found = intent_series(run), findings.resilience
    level = ServiceLevel(0.0, series.fine.width_s, series.offered, series.good)
    windows = level.pooled(SLI_WINDOW_S)
    q = np.append(windows.q_percent, windows.q_percent[-1])
    starts_s = np.arange(len(q)) * windows.width_s
    figure, axes = time_axes(run, width=1.34 * _WIDTH)
    axes.step(starts_s, q, where="post", color=LIGHT["accent"], label="Q(t)")
    target = 100 * found.target
    axes.axhline(target, color=LIGHT["ok"], lw=1.0, ls=(0, (4, 3)), label=f"target {target:g} %")
    recovery = found.recovery
    if recovery.degraded:
        begin_s = recovery.t_degraded_s
        until_s = recovery.t_recover_s if recovery.recovered else run.arrivals_end_ns / NS_PER_S
        inside = (starts_s >= begin_s) & (starts_s <= until_s)
        axes.fill_between(
            starts_s, q, 100.0, where=inside, step="post", color=LIGHT["critical"], alpha=0.22, lw=0
        )
        _annotate_recovery(axes, run, findings)
    axes.set_ylim(max(-2.0, 100 - 1.25 * max(float(100 - q.min()), 0.4)), 100.6)
    if q.min() > 99:
        axes.set_ylim(98.9, 100.06)
    axes.set_ylabel("Q, % good of offered")
    legend(axes)
    note = measured(run, _recovery_note(findings))
    return finish(figure, "quality", "Service level and the resilience triangle", note)


def _annotate_recovery(axes: Any, run: RunFolder, findings: Findings) -> None:
    recovery = findings.resilience.recovery
    marks = [(findings.resilience.t_detect_s, "detected", "warn")]
    if recovery.recovered:
        marks.append((recovery.t_recover_s, "recovered", "ok"))
    for t_s, text, colour in marks:
        if not math.isnan(t_s):
            axes.axvline(t_s, color=LIGHT[colour], lw=1.0)
            axes.text(
                t_s + run.arrivals_end_ns / NS_PER_S * 0.006,
                0.04 if text == "detected" else 0.12,
                text,
                transform=axes.get_xaxis_transform(),
                color=LIGHT[colour],
                fontsize=8,
            )


def _recovery_note(findings: Findings) -> str:
    recovery = findings.resilience.recovery
    if not recovery.degraded:
        return "Service never fell below its target by more than chance."
    depth, loss = percent(recovery.depth_percent / 100), number(recovery.loss_percent_s)
    lost = f"Deepest fall {depth}, loss {loss} % s"
    if not recovery.recovered:
        return f"{lost}; service did not come back before the run ended."
    return (
        f"{lost}; recovered {duration(recovery.time_to_recover_s)} after the fault struck"
        f" (watched for {duration(recovery.sustained_s)})."
    )


def latency_plot(run: RunFolder, findings: Findings) -> Plot:
    """Draw percentiles of end-to-end latency on a logarithmic scale."""
    from matplotlib.ticker import LogLocator, NullLocator  # noqa: PLC0415  # slow to import

    series = intent_series(run)
    starts_s = series.coarse.starts_s()
    figure, axes = time_axes(run)
    lines = ((0.5, "p50", "teal"), (0.95, "p95", "violet"), (0.99, "p99", "accent"))
    for q, label, colour in lines:
        axes.plot(starts_s, 1000 * series.percentiles_s(q), color=LIGHT[colour], label=label)
    slo_ms = run.experiment.slo.latency_p99 / 1e6
    axes.axhline(
        slo_ms, color=LIGHT["critical"], lw=1.0, ls=(0, (4, 3)), label=f"SLO {slo_ms:g} ms"
    )
    if not series.latency.any():
        axes.set_ylim(slo_ms / 100, 2 * slo_ms)
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(lambda ms, _: duration(ms / 1000))
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_minor_locator(NullLocator())
    legend(axes)
    end_to_end = findings.latency.end_to_end
    note = (
        f"p50 {duration(end_to_end.p50_s.value)}, p99 {duration(end_to_end.p99_s.value)}, "
        f"p99.9 {duration(end_to_end.p999_s.value)} over the measured time."
    )
    return finish(figure, "latency", "Latency, end to end", measured(run, note))


def queue_plot(run: RunFolder) -> Plot:
    """Draw the longest queues."""
    queues, starts_s = _coarse_means(run, gauge_series(run).queue)
    peaks = queues.max(axis=1, initial=0.0)
    longest = [int(place) for place in np.argsort(-peaks)[:6] if peaks[place] > 0]
    figure, axes = time_axes(run)
    for colour, place in zip(SERIES, longest, strict=False):
        label = run.bank.services[place].label or run.services[place]
        axes.plot(starts_s, queues[place], color=LIGHT[colour], lw=1.4, label=label)
    axes.set_ylim(0, max(1.0, 1.08 * float(peaks.max(initial=0.0))))
    axes.set_ylabel("requests waiting")
    if longest:
        legend(axes, columns=6)
    name = run.services[longest[0]] if longest else ""
    note = (
        f"The longest queue stood at {name}: {number(float(peaks[longest[0]]))} requests."
        if longest
        else "No request was seen waiting."
    )
    return finish(figure, "queues", "Queue lengths", note)


def utilisation_plot(run: RunFolder, findings: Findings) -> Plot:
    """Draw how busy each service's workers were, a row a service."""
    from matplotlib.colors import LinearSegmentedColormap, to_rgb  # noqa: PLC0415  # slow to import

    rows, _ = _coarse_means(run, gauge_series(run).busy)
    figure, axes = time_axes(run)
    # From see-through to solid, so that the empty cells take the colour of the page's card.
    accent, warn, critical = (to_rgb(LIGHT[name]) for name in ("accent", "warn", "critical"))
    ramp = [
        (0.0, (*accent, 0.0)),
        (0.7, (*accent, 0.75)),
        (0.85, (*warn, 0.9)),
        (1.0, (*critical, 1.0)),
    ]
    colours = LinearSegmentedColormap.from_list("busy", ramp)
    end_s = run.arrivals_end_ns / NS_PER_S
    image = axes.imshow(
        rows, aspect="auto", cmap=colours, vmin=0, vmax=1, extent=(0, end_s, len(rows), 0)
    )
    axes.grid(visible=False)
    axes.set_yticks(
        np.arange(len(rows)) + 0.5, [one.label or one.name for one in run.bank.services]
    )
    axes.tick_params(axis="y", labelsize=8)
    for place, one in enumerate(findings.latency.by_service.values()):
        text = percent(one.utilisation) if not math.isnan(one.utilisation) else ""
        axes.text(
            1.01, place + 0.5, text, transform=axes.get_yaxis_transform(), va="center", fontsize=8
        )
    figure.colorbar(image, ax=axes, pad=0.07, fraction=0.03, format=lambda u, _: f"{100 * u:.0f} %")
    busiest = max(
        findings.latency.by_service.items(), key=lambda item: np.nan_to_num(item[1].utilisation)
    )
    note = f"Busiest on average: {busiest[0]}, {percent(busiest[1].utilisation)} of its workers."
    return finish(figure, "utilisation", "Utilisation of workers", measured(run, note))
