"""What the blocks of a run come to: ratios, targets, tables of text, JSON."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.driver import BASE, Outcome, Settings
from benchmarks.workloads import WORKLOADS

__all__ = ["by_workload", "ratios", "save", "summary", "targets", "workload_table"]

RIVALS = {"torch": None, "torch-best": None, "torch-compile": None, "jax-script": None,
          "jax": ("W1", "W2", "W4", "W6")}  # fmt: skip


def by_workload(outcomes: Iterable[Outcome]) -> dict[str, list[Outcome]]:
    grouped: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        grouped.setdefault(outcome.workload, []).append(outcome)
    return grouped


def ratios(outcome: Outcome, outcomes: Iterable[Outcome]) -> tuple[float, float] | None:
    """Its least and its median time, each divided by that of minigraph compiled."""
    base = next((o for o in outcomes if o.peer == BASE and o.seconds), None)
    if base is None or not outcome.seconds:
        return None
    return outcome.least / base.least, outcome.median / base.median


def workload_table(outcomes: list[Outcome]) -> str:
    """Of one workload: every peer with its times and ratios, or with the reason why it has none."""
    key = outcomes[0].workload
    lines = [f"{key} · {outcomes[0].described}"]
    lines.append(f"  {'':30} {'median µs':>11}  {'÷ compiled: min':>15} {'median':>7} {'cores':>6}")
    for outcome in outcomes:
        if outcome.seconds:
            found = ratios(outcome, outcomes)
            numbers = f"{number(found[0]):>15} {number(found[1]):>7}" if found else f"{'':23}"
            cores = statistics.median(outcome.cores)
            lines.append(f"  {outcome.title:30} {outcome.median * 1e6:11,.1f}  {numbers} {cores:6.1f}")
        else:
            lines.append(f"  {outcome.title:30} {outcome.status}")
    return "\n".join(lines)


def summary(outcomes: list[Outcome]) -> str:
    """Peers in rows, workloads in columns, in Markdown: how many times the time of minigraph compiled (by medians)."""
    groups = by_workload(outcomes)
    titles = dict.fromkeys(outcome.title for outcome in outcomes)
    lines = ["| time ÷ minigraph compiled | " + " | ".join(groups) + " |", "|---|" + "---|" * len(groups)]
    for title in titles:
        cells = []
        for group in groups.values():
            outcome = next((o for o in group if o.title == title), None)
            found = outcome and ratios(outcome, group)
            cells.append(number(found[1]) if found else outcome.status.split(":")[0] if outcome else "")
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def targets(outcomes: list[Outcome]) -> str:
    """Compiled against straightforward NumPy beside what it should be, and which rivals are still ahead."""
    lines = ["NumPy, straightforward ÷ minigraph compiled", f"  {'':10} {'min':>6} {'median':>7} {'target':>7}"]
    behind = []
    for key, group in by_workload(outcomes).items():
        for outcome in group:
            found, target = ratios(outcome, group), WORKLOADS[key].target
            if found and outcome.peer == "numpy":
                met = sum(ratio >= target for ratio in found) if target else None
                verdict = {None: "", 0: "  not met", 1: "  met by one of them", 2: "  met"}[met]
                lines.append(f"  {key:10} {found[0]:6.2f} {found[1]:7.2f} {target or '':>7}{verdict}")
            elif found and outcome.peer in RIVALS and min(found) < 1:
                where = RIVALS[outcome.peer]
                if where is None or key in where:
                    behind.append(f"  {outcome.title} on {key}: min {found[0]:.2f}, median {found[1]:.2f}")
    return "\n".join([*lines, *(["Not behind minigraph compiled, but should be:", *behind] if behind else [])])


def number(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:.1f}" if ratio < 100 else f"{ratio:,.0f}"


def save(path: Path, outcomes: list[Outcome], settings: Settings) -> None:
    groups = by_workload(outcomes)
    rows = [{**o.as_dict(), "ratios": ratios(o, groups[o.workload])} for o in outcomes]
    found = {"machine": machine(), "settings": asdict(settings), "outcomes": rows}
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def machine() -> dict[str, Any]:
    info = Path("/proc/cpuinfo")
    names = [line.split(":")[1].strip() for line in text_of(info).splitlines() if line.startswith("model name")]
    load = os.getloadavg() if hasattr(os, "getloadavg") else None
    return {"processor": names[0] if names else platform.processor(), "cores": os.cpu_count(), "load": load,
            "system": platform.system(), "python": platform.python_version()}  # fmt: skip


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
