"""What minigraph costs as a graph gets deeper, a layer wider, a batch larger: ``python -m benchmarks growth``."""

from __future__ import annotations

import argparse
import json
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import numpy as np

import minigraph as mg
from benchmarks.peers import Trainer, minigraph_graph, numpy_by_hand
from benchmarks.report import machine
from benchmarks.workloads import WORKLOADS, Workload

__all__ = ["batch", "depth", "width"]

Row = dict[str, float]
FORMS = {"eager": minigraph_graph.eager, "compiled": minigraph_graph.compiled}


def depth(nodes: int) -> Row:
    """A chain of so many elementwise nodes on 16-vectors: what one of them costs."""
    workload = replace(WORKLOADS["W6"], sizes=(16, nodes))
    feed = workload.feeds()[0]
    begin = perf_counter()
    recorded = minigraph_graph.Recorded(workload)
    made = perf_counter()
    program = recorded.graph.compile()
    program(x=feed[0])  # the first call of a shape makes its plan
    compiled = perf_counter()
    mg.draw(recorded.graph).svg()
    drawn = perf_counter()
    row = {"nodes": float(nodes), "record ms": 1e3 * (made - begin), "compile ms": 1e3 * (compiled - made),
           "draw ms": 1e3 * (drawn - compiled)}  # fmt: skip
    row |= {f"{name} µs/node": time / nodes for name, time in times(workload).items()}
    return row | memory(workload, nodes)


def memory(workload: Workload, nodes: int) -> Row:
    """Bytes a node: held by a graph that ran forward and backward, and besides by a program of it."""
    x = workload.feeds()[0][0]
    tracemalloc.start()
    before = held()
    recorded = minigraph_graph.Recorded(workload)
    recorded.graph.forward(x=x)
    recorded.graph.backward()
    graph = held()
    program = recorded.graph.compile()
    program(x=x)
    both = held()
    tracemalloc.stop()
    return {"graph B/node": (graph - before) / nodes, "program B/node": (both - graph) / nodes}


def held() -> int:
    return tracemalloc.get_traced_memory()[0]


def width(units: int) -> Row:
    """One hidden layer of so many units, each wired to as many inputs, on a batch of 32."""
    workload = replace(WORKLOADS["W2"], sizes=(units, units, 10), learning_rate=0.01)
    return {"width": float(units)} | {f"{name} µs": time for name, time in times(workload).items()}


def batch(rows: int) -> Row:
    """The digits MLP, 64 → 32 → 10, on so many rows at once."""
    workload = replace(WORKLOADS["W2"], batch=rows)
    return {"batch": float(rows)} | {f"{name} µs": time for name, time in times(workload).items()}


def times(workload: Workload, blocks: int = 5, seconds: float = 0.03) -> Row:
    """Microseconds a step in each form, the least of a few blocks that take turns."""
    makers: dict[str, Callable[[Workload], Trainer]] = {**FORMS, "NumPy": numpy_by_hand.MODELS[workload.model]}
    trainers = {name: make(workload) for name, make in makers.items()}
    feeds, best = workload.feeds(), dict.fromkeys(trainers, float("inf"))
    counts = dict.fromkeys(trainers, 1)
    for _ in range(blocks):
        for name, trainer in trainers.items():
            begin = perf_counter()
            for i in range(counts[name]):
                trainer.step(*feeds[i % len(feeds)])
            best[name] = min(best[name], (perf_counter() - begin) / counts[name])
            counts[name] = max(1, min(10 * counts[name], round(seconds / best[name])))
    return {name: 1e6 * time for name, time in best.items()}


def table(rows: list[Row]) -> str:
    widths = [max(len(name), 9) for name in rows[0]]
    lines = ["  ".join(f"{name:>{width}}" for name, width in zip(rows[0], widths))]
    for row in rows:
        lines.append("  ".join(f"{number:>{width},.{places(number)}f}" for number, width in zip(row.values(), widths)))
    return "\n".join(lines)


def places(number: float) -> int:
    return 2 if number < 10 and number != int(number) else 0


def main() -> None:
    parser = argparse.ArgumentParser("python -m benchmarks.growth")
    parser.add_argument("out", type=Path)
    parser.add_argument("--quick", action="store_true")
    chosen = parser.parse_args()
    sizes = {
        "depth": (depth, (1, 10, 100) if chosen.quick else (1, 10, 100, 1000, 10_000)),
        "width": (width, (16, 64) if chosen.quick else (16, 64, 256, 1024, 4096)),
        "batch": (batch, (1, 10) if chosen.quick else (1, 10, 100, 1000, 10_000)),
    }
    found: dict[str, list[Row]] = {}
    for name, (cost, counts) in sizes.items():
        cost(counts[0])  # what is done only once in a process is not counted
        found[name] = [cost(count) for count in counts]
        print(f"{name} · {str(cost.__doc__).strip()}\n{table(found[name])}\n", flush=True)
    chosen.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"machine": machine(), "numpy": np.__version__, **found}, indent=1, ensure_ascii=False)
    (chosen.out / "growth.json").write_text(text + "\n", encoding="utf-8")
    try:
        from benchmarks.picture import draw_growth
    except ImportError as error:
        print(f"No picture: {error}")
    else:
        draw_growth(found, chosen.out / "growth.png")
    print(f"In {chosen.out}: growth.json, growth.png")


if __name__ == "__main__":
    main()
