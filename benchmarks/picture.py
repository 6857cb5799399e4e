"""The picture of a run: for each workload one bar a peer, on a logarithmic scale."""

from __future__ import annotations

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.driver import BASE, Outcome
from benchmarks.report import by_workload, number, ratios

__all__ = ["draw"]

COLOURS = {"minigraph": "#1b7f5a", "minigraph-eager": "#7fbfa3", "numpy": "#555555"}


def draw(outcomes: list[Outcome], path: Path) -> None:
    groups = list(by_workload(outcomes).values())
    columns = min(3, len(groups))
    rows = -(-len(groups) // columns)
    figure = Figure(figsize=(1.8 + 4.2 * columns, 0.9 + rows * (0.7 + 0.23 * len(groups[0]))), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False, sharey=True).flat
    for axes, group in zip(panels, groups):
        panel(axes, group)
    for axes in list(panels)[len(groups) :]:
        axes.set_visible(False)
    figure.suptitle("Time of a training step relative to minigraph compiled (medians, logarithmic; shorter is faster)")
    figure.savefig(path, dpi=110)


def panel(axes: Axes, group: list[Outcome]) -> None:
    found = {outcome.peer: ratios(outcome, group) for outcome in group}
    widths = [ratio[1] for ratio in found.values() if ratio]
    low, high = min([1.0, *widths]) / 1.6, max([1.0, *widths])
    axes.set_xscale("log")
    axes.set_xlim(low, high * (high / low) ** 0.25)  # room for the number behind the longest bar
    for y, outcome in enumerate(group):
        ratio = found[outcome.peer]
        if ratio is None:
            axes.text(low * 1.08, y, outcome.status.split(":")[0], va="center", fontsize=8, color="#777777")
            continue
        axes.barh(y, ratio[1] - low, left=low, color=COLOURS.get(outcome.peer, "#9db4d3"), height=0.72)
        text = f" {number(ratio[1])}" if outcome.peer != BASE else f" 1 = {1e6 * outcome.median:,.0f} µs"
        axes.text(ratio[1], y, text, va="center", fontsize=8)
    axes.axvline(1, color="#1b7f5a", linewidth=0.8, linestyle="dotted")
    axes.set_yticks(range(len(group)), [outcome.title for outcome in group], fontsize=8)
    axes.set_ylim(len(group) - 0.4, -0.6)
    axes.tick_params(axis="x", labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title(f"{group[0].workload} · {group[0].described}", fontsize=9, loc="left")
