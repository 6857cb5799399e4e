"""Pictures: for each workload one bar a peer, on a logarithmic scale; and lines of cost against size."""

from __future__ import annotations

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from benchmarks.driver import BASE, Outcome
from benchmarks.report import by_workload, number, ratios

__all__ = ["draw", "draw_growth"]

NEAR = 0.7  # a ratio between this and 1 has its number on the right: its bar is too short to stand beside
COLOURS = {"minigraph": "#1b7f5a", "minigraph-eager": "#7fbfa3", "numpy": "#555555"}
LINES = {"eager": COLOURS["minigraph-eager"], "compiled": COLOURS["minigraph"], "NumPy": COLOURS["numpy"]}


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
    """Bars begin at 1: slower ones go to the right, faster ones to the left."""
    found = {outcome.peer: ratios(outcome, group) for outcome in group}
    medians = [ratio[1] for ratio in found.values() if ratio]
    low, high = min([NEAR, *medians]), max([2.0, *medians])
    room = (high / low) ** 0.3  # for the number behind the longest bar
    axes.set_xscale("log")
    axes.set_xlim(low / (room if low < NEAR else 1), high * room)
    for y, outcome in enumerate(group):
        ratio = found[outcome.peer]
        if ratio is None:
            axes.text(1, y, "  " + outcome.status.split(":")[0], va="center", fontsize=8, color="#777777")
            continue
        axes.barh(y, ratio[1] - 1, left=1, color=COLOURS.get(outcome.peer, "#9db4d3"), height=0.72)
        text = number(ratio[1])
        if outcome.peer == BASE:
            axes.plot(1, y, marker="D", color=COLOURS[BASE], markersize=6)
            text = f"  1 = {1e6 * outcome.median:,.0f} µs"
        if ratio[1] < NEAR:
            axes.text(ratio[1], y, f"{text} ", va="center", ha="right", fontsize=8)
        else:
            axes.text(max(1.0, ratio[1]), y, f" {text}", va="center", fontsize=8)
    axes.axvline(1, color=COLOURS[BASE], linewidth=0.8)
    axes.set_yticks(range(len(group)), [outcome.title for outcome in group], fontsize=8)
    axes.set_ylim(len(group) - 0.4, -0.6)
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high / low < 50 else (1,)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda ratio, _: f"{ratio:,.10g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(axis="x", labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title(f"{group[0].workload} · {group[0].described}", fontsize=9, loc="left")


def draw_growth(found: dict[str, list[dict[str, float]]], path: Path) -> None:
    """found: for depth, width and batch a row for each size, which stands in its first column."""
    columns = {
        ("depth", "time of a step, by node"): ("eager µs/node", "compiled µs/node", "NumPy µs/node"),
        ("depth", "time to record, compile, draw"): ("record ms", "compile ms", "draw ms"),
        ("depth", "memory held, by node"): ("graph B/node", "program B/node"),
        ("width", "time of a step, by width of the layer"): ("eager µs", "compiled µs", "NumPy µs"),
        ("batch", "time of a step, by size of the batch"): ("eager µs", "compiled µs", "NumPy µs"),
    }
    figure = Figure(figsize=(13, 7.2), layout="constrained")
    panels = list(figure.subplots(2, 3).flat)
    for axes, ((what, title), names) in zip(panels, columns.items()):
        for name in names:
            colour = LINES.get(name.split()[0])
            rows = found[what]
            axes.loglog(list(map(first, rows)), [row[name] for row in rows], marker="o", label=name, color=colour)
        if "memory" in title:
            axes.set_yscale("linear")
            axes.set_ylim(0)
        axes.set_title(title, fontsize=10, loc="left")
        axes.set_xlabel({"depth": "nodes in a chain", "width": "units", "batch": "rows"}[what], fontsize=9)
        axes.legend(fontsize=8)
        axes.grid(alpha=0.3)
    panels[-1].set_visible(False)
    figure.savefig(path, dpi=110)


def first(row: dict[str, float]) -> float:
    return next(iter(row.values()))
