"""What more ranks bring: ``python -m benchmarks scaling``, which starts this under mpiexec.

One process and several, in blocks that take turns; and what the message of a step costs by latency and bandwidth, to
say what more ranks would bring than this machine has cores.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, log2
from pathlib import Path
from typing import Any

import numpy as np
from mpi4py import MPI

from benchmarks.driver import Timed
from benchmarks.peers.minigraph_graph import Recorded
from benchmarks.report import machine
from benchmarks.workloads import QUICK, WORKLOADS, Feed, Workload
from minigraph.distributed import DataParallel
from minigraph.distributed.reduction import Reduction

__all__ = ["Network", "allreduce_time", "speedups"]

COMM = MPI.COMM_WORLD
RANKS = (2, 4, 8, 16)


@dataclass(frozen=True)
class Network:
    """What joins two ranks: latency in seconds, bandwidth in bytes a second."""

    name: str
    latency: float
    bandwidth: float


ASSUMED = (
    Network("assumed: Ethernet of 1 Gbit/s, 50 µs", 50e-6, 125e6),
    Network("assumed: Ethernet of 10 Gbit/s, 20 µs", 20e-6, 1.25e9),
    Network("assumed: InfiniBand of 100 Gbit/s, 2 µs", 2e-6, 12.5e9),
)


@dataclass
class Case(Timed):
    """A thing to time: on rank 0 alone, or on all ranks together."""

    step: Callable[[int], Any]
    alone: bool


def rest() -> None:
    """Wait for all ranks, asleep: a rank that waits in MPI keeps its core busy."""
    request = COMM.Ibarrier()
    while not request.Test():
        time.sleep(2e-4)


def block(case: Case, steps: int) -> float:
    """Seconds a step, as rank 0 sees it."""
    rest()
    seconds = 0.0
    if COMM.rank == 0 or not case.alone:
        if not case.alone:
            COMM.Barrier()
        begin = time.perf_counter()
        for i in range(steps):
            case.step(i)
        seconds = (time.perf_counter() - begin) / steps
    rest()
    return seconds


def measure(cases: dict[str, Case], rounds: int, seconds: float) -> None:
    """Blocks of about so many seconds in the order A B C … C B A, so that what else the machine does falls on all."""
    counts = {}
    for name, case in cases.items():
        block(case, 2)  # makes plans
        counts[name] = COMM.bcast(max(1, round(seconds / max(block(case, 3), 1e-7))))
    for _ in range(rounds):
        for name in [*cases, *reversed(cases)]:
            cases[name].seconds.append(block(cases[name], counts[name]))


def cases_of(workload: Workload) -> dict[str, Case]:
    feeds = workload.feeds()
    large = [tuple(np.concatenate(arrays) for arrays in zip(*[feed] * COMM.size)) for feed in feeds]
    alone, together = Recorded(workload), Recorded(workload)
    program = alone.graph.compile(alone.optimizer)
    parallel = DataParallel(together.graph, together.optimizer, compiled=True)
    lone = Recorded(workload)
    single = DataParallel(lone.graph, lone.optimizer, compiled=True, comm=MPI.COMM_SELF)
    size = sum(parameter.value.size for parameter in alone.graph.parameters)
    vector, gradient = np.zeros(size, workload.dtype), np.zeros(size, workload.dtype)
    packing = Reduction(MPI.COMM_SELF)

    def pack(i: int) -> None:
        np.copyto(gradient, packing(1, 1, 0.0, [gradient])[1][0])

    def on(step: Any, batches: list[Feed]) -> Callable[[int], Any]:
        def run(i: int) -> Any:
            x, t = batches[i % len(batches)]
            return step(x=x, t=t)

        return run

    cases = {
        "one process": Case(on(program, feeds), alone=True),
        "one rank": Case(on(single, feeds), alone=True),
        "the batch shared": Case(on(parallel, feeds), alone=False),
        "a batch each": Case(on(parallel, large), alone=False),
        "packing": Case(pack, alone=True),
        "allreduce": Case(lambda i: COMM.Allreduce(MPI.IN_PLACE, vector), alone=False),
    }
    for ranks in RANKS:
        rows = ceil(workload.batch / ranks)
        part = [(x[:rows], t[:rows]) for x, t in feeds]
        cases[f"1/{ranks} of the batch"] = Case(on(program, part), alone=True)
    return cases


def ping_pong(size: int, turns: int) -> float:
    """Seconds for so many bytes from one rank to another, the least of fifty blocks."""
    data, best = np.zeros(size, np.uint8), float("inf")
    for _ in range(50):
        COMM.Barrier()
        begin = time.perf_counter()
        for _ in range(turns):
            if COMM.rank == 0:
                COMM.Send(data, 1)
                COMM.Recv(data, 1)
            elif COMM.rank == 1:
                COMM.Recv(data, 0)
                COMM.Send(data, 0)
        best = min(best, (time.perf_counter() - begin) / turns / 2)
    return best


def allreduce_time(ranks: int, size: int, network: Network) -> float:
    """2·⌈log₂ p⌉·α + 2·(p − 1)/p·n/β: reduce-scatter, then allgather (Thakur, Rabenseifner & Gropp 2005).

    The additions, which are faster than any network, are left out.
    """
    return 2 * ceil(log2(ranks)) * network.latency + 2 * (ranks - 1) / ranks * size / network.bandwidth


def speedups(cases: dict[str, Case], size: int, network: Network) -> dict[int, float]:
    """One process ÷ p ranks that share the batch, as modelled: computing, packing, and the message."""
    one, packing = cases["one process"].least, cases["packing"].least
    return {p: one / (cases[f"1/{p} of the batch"].least + packing + allreduce_time(p, size, network)) for p in RANKS}


def report(workload: Workload, cases: dict[str, Case], size: int, networks: list[Network]) -> str:
    n, one = COMM.size, cases["one process"]
    title = f"{workload.key} · {workload.title} · {size / 1e6:.2f} MB of gradients"
    lines = [
        title,
        f"  {'':44} {'least µs':>10} {'median':>8} {'speed-up: by least':>19} {'median':>7}",
    ]
    for name, case in cases.items():
        line = (
            f"  {name if case.alone else f'{n} ranks, {name}':44} {case.least * 1e6:10,.0f} {case.median * 1e6:8,.0f}"
        )
        if name in ("one rank", "the batch shared", "a batch each"):
            work = n if name == "a batch each" else 1
            line += f" {work * one.least / case.least:19.2f} {work * one.median / case.median:7.2f}"
        lines.append(line)
    lines.append(f"  {'speed-up as modelled by the least, ranks:':44} " + " ".join(f"{p:>6}" for p in RANKS))
    for network in networks:
        found = speedups(cases, size, network)
        lines.append(f"    {network.name:42} " + " ".join(f"{found[p]:6.2f}" for p in RANKS))
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser("python -m benchmarks.scaling")
    parser.add_argument("out", type=Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int)
    chosen = parser.parse_args()
    if COMM.size < 2:
        raise SystemExit("benchmarks scaling: needs two ranks at least: mpiexec -n 2")
    rounds, seconds = (
        (1, 0.002) if chosen.quick else (40, 0.02)
    )  # short: the least is then of a moment when all cores were free
    found: dict[str, Any] = {"machine": machine(), "ranks": COMM.size, "mpi": MPI.Get_library_version().split("\n")[0]}
    texts = []
    for key in ("W3", "ConvNet"):
        workload = (QUICK if chosen.quick else WORKLOADS)[key]
        size = sum(array.nbytes for array in workload.parameters())
        cases = cases_of(workload)
        measure(cases, chosen.rounds or rounds, seconds)
        latency = ping_pong(8, 10 if chosen.quick else 200)
        transfer = ping_pong(size, 10 if chosen.quick else 20)
        here = Network("measured here, in shared memory", latency, size / transfer)
        if COMM.rank == 0:
            texts.append(report(workload, cases, size, [here, *ASSUMED]))
            texts.append(f"  ping-pong: {latency * 1e6:.2f} µs for 8 B, {here.bandwidth / 1e9:.2f} GB/s for {size:,} B")
            modelled = allreduce_time(COMM.size, size, here)
            texts.append(f"  allreduce of {COMM.size} ranks as modelled: {modelled * 1e6:,.0f} µs\n")
            print("\n".join(texts[-3:]), flush=True)
            found[key] = {
                "bytes": size, "latency": latency, "bandwidth": here.bandwidth,
                "seconds": {name: case.seconds for name, case in cases.items()},
                "modelled": {network.name: speedups(cases, size, network) for network in (here, *ASSUMED)},
            }  # fmt: skip
    if COMM.rank == 0:
        if hasattr(os, "getloadavg"):
            found["load"] = os.getloadavg()[0]
            print(f"Load average {found['load']:.1f} on {os.cpu_count()} cores.")
        chosen.out.mkdir(parents=True, exist_ok=True)
        text = json.dumps(found, indent=1, ensure_ascii=False)
        (chosen.out / "scaling.json").write_text(text + "\n", encoding="utf-8")
        print(f"In {chosen.out}: scaling.json")


if __name__ == "__main__":
    main()
