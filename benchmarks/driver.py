"""Runs peers against each other on a workload: first whether they compute the same, then blocks in turn."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from benchmarks.peers import PEERS
from benchmarks.peers.numpy_by_hand import MODELS
from benchmarks.process import Failed, Process
from benchmarks.workloads import QUICK, WORKLOADS, Array, Workload

__all__ = ["BASE", "Outcome", "Settings", "Workers", "measure"]

State = tuple[list[float], list[Array]]

BASE = "minigraph"  # what the others are divided by
LOSSES, ARRAYS = 1e-5, 1e-3  # how far float32 may be from float64: a loss, and an array's change by its largest one


@dataclass(frozen=True)
class Settings:
    """rounds: how often A B C … C B A · block: seconds of a block, about · checked: steps compared beforehand."""

    threads: int = 1
    rounds: int = 5
    block: float = 0.2
    checked: int = 5
    quick: bool = False


@dataclass
class Timed:
    """The seconds of each block, and what is said of them."""

    seconds: list[float] = field(default_factory=list, kw_only=True)

    @property
    def least(self) -> float:
        return min(self.seconds)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


@dataclass
class Outcome(Timed):
    """A peer on a workload: the seconds a step of each block, or why there are none."""

    workload: str
    described: str
    peer: str
    title: str
    status: str = "timed"
    cores: list[float] = field(default_factory=list)  # busy in each block: threads of its own show here
    versions: dict[str, str] = field(default_factory=dict)
    errors: tuple[float, float] | None = None  # from float64: of the losses, and of what training did to the arrays

    def as_dict(self) -> dict[str, object]:
        numbers = {"least": self.least, "median": self.median} if self.seconds else {}
        return asdict(self) | numbers


class Workers:
    """A process for each peer, all started at once; `said` is what each answered to that."""

    def __init__(self, peers: Iterable[str], threads: int) -> None:
        self.processes = {peer: Process(peer, threads) for peer in peers}
        self.said: dict[str, dict[str, Any]] = {}
        for peer, process in self.processes.items():
            try:
                self.said[peer] = process.answer()
            except Failed as failure:
                self.said[peer] = {"failed": str(failure)}

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *exception: object) -> None:
        for process in self.processes.values():
            process.close()


def measure(workload: str, workers: Workers, settings: Settings) -> list[Outcome]:
    """All peers on one workload."""
    known = (QUICK if settings.quick else WORKLOADS)[workload]
    expected = reference(known, settings.checked)
    outcomes, ready = [], []
    for peer, process in workers.processes.items():
        print(f"  {workload}: {PEERS[peer].title} …", file=sys.stderr, flush=True)
        outcome = Outcome(workload, known.title, peer, PEERS[peer].title)
        outcomes.append(outcome)
        try:
            outcome.status = prepare(outcome, workers.said[peer], process, expected, settings)
            if outcome.status == "timed":
                ready.append((outcome, process, calibrated(process, settings.block)))
        except Failed as failure:
            outcome.status = f"failed: {failure}"
    interleave(ready, settings.rounds)
    return outcomes


def reference(workload: Workload, steps: int) -> State:
    """Losses, and what so many steps have changed, by straightforward NumPy in float64."""
    exact = replace(workload, dtype="float64")
    trainer, feeds = MODELS[exact.model](exact), exact.feeds()
    losses = [float(trainer.step(*feeds[i % len(feeds)])) for i in range(steps)]
    return losses, changes(trainer.state(), exact)


def changes(state: list[Array], workload: Workload) -> list[Array]:
    """How far the parameters are from where they began; a gradient as it is."""
    start = replace(workload, dtype="float64").parameters() or [np.zeros_like(a) for a in state]
    if [a.shape for a in state] != [a.shape for a in start]:
        raise Failed(f"arrays of shapes {[a.shape for a in state]}, not {[a.shape for a in start]}")
    return [a - b for a, b in zip(state, start)]


def prepare(outcome: Outcome, said: dict[str, Any], process: Process, expected: State, settings: Settings) -> str:
    """Gets a peer ready and compares what it computes; "timed" if it may be, or what is amiss."""
    if "missing" in said:
        return f"not installed: {said['missing']}"
    if "failed" in said or not process.alive:
        return f"failed: {said.get('failed', 'in an earlier workload')}"
    outcome.versions = said["versions"]
    loaded = process.load(outcome.workload, settings.quick)
    if "cannot" in loaded:
        return f"cannot: {loaded['cannot']}"
    losses, state = process.check(settings.checked)
    known = (QUICK if settings.quick else WORKLOADS)[outcome.workload]
    outcome.errors = errors((losses, changes(state, known)), expected)
    for what, error, limit in zip(("losses", "arrays"), outcome.errors, (LOSSES, ARRAYS)):
        if not error <= limit:
            return f"WRONG: its {what} are off by {error:.1e}; up to {limit:g} would be float32"
    return "timed"


def errors(found: State, expected: State) -> tuple[float, float]:
    """The largest relative difference of a loss, and of an array's elements relative to its largest one."""
    losses = [abs(a - b) / max(abs(b), 1e-3) for a, b in zip(found[0], expected[0], strict=True)]
    arrays = [np.abs(a - b).max() / np.abs(b).max() for a, b in zip(found[1], expected[1], strict=True)]
    return float(np.max(losses)), float(np.max(arrays))  # NaN stays NaN, unlike with Python's max


def interleave(ready: list[tuple[Outcome, Process, int]], rounds: int) -> None:
    """Blocks of about equal length in the order A B C … C B A, so that what the machine does else falls on all."""
    for _ in range(rounds):
        for outcome, process, steps in (*ready, *reversed(ready)):
            if outcome.status == "timed":
                try:
                    seconds, cores = process.run(steps)
                    outcome.seconds.append(seconds)
                    outcome.cores.append(cores)
                except Failed as failure:
                    outcome.status, outcome.seconds = f"failed: {failure}", []


def calibrated(process: Process, block: float) -> int:
    """How many steps take about so long; this warms up, too."""
    steps = 1
    while True:
        seconds, _ = process.run(steps)
        if seconds * steps >= block / 4:
            return max(1, round(block / seconds))
        steps = max(2 * steps, min(10 * steps, round(block / 2 / max(seconds, 1e-9))))
