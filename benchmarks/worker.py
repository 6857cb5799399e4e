"""One peer in a process of its own: answers requests, one line of JSON each, until its input ends.

load: makes a workload ready · check: a few steps, whose losses and state can be compared · run: steps against the
clock. Whatever a library prints goes to standard error.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module, metadata
from itertools import cycle, islice
from time import perf_counter, process_time
from typing import Any, TextIO

import numpy as np

from benchmarks.peers import PEERS, Trainer
from benchmarks.workloads import QUICK, WORKLOADS

__all__ = ["main"]


@dataclass
class Loaded:
    """A workload that this peer has made ready; batches go on where the last block ended."""

    trainer: Trainer
    feeds: list[tuple[Any, ...]]
    steps: int = 0

    def next_feeds(self, count: int) -> islice[Any]:
        start, self.steps = self.steps % len(self.feeds), self.steps + count
        return islice(cycle(self.feeds), start, start + count)

    def check(self, count: int, path: str) -> dict[str, Any]:
        """The losses of so many steps; the state after them goes to a file."""
        losses = [number(self.trainer.step(*feed)) for feed in self.next_feeds(count)]
        np.savez(path, *self.trainer.state())
        return {"losses": losses}

    def run(self, count: int) -> dict[str, Any]:
        step, loss = self.trainer.step, None
        feeds = self.next_feeds(count)
        start, busy = perf_counter(), process_time()
        for feed in feeds:
            loss = step(*feed)
        self.trainer.wait(loss)
        return {"seconds": perf_counter() - start, "busy": process_time() - busy}


def number(loss: Any) -> float:
    return float(loss.item() if hasattr(loss, "item") else loss)


class Worker:
    def __init__(self, peer: str, threads: int) -> None:
        self.peer, self.threads = PEERS[peer], threads
        self.loaded: Loaded | None = None

    def start(self) -> dict[str, Any]:
        try:
            self._models()
        except ImportError as error:
            return {"missing": str(error)}
        return {"versions": {name: metadata.version(name) for name in ("numpy", *self.peer.packages)}}

    def load(self, workload: str, quick: bool) -> dict[str, Any]:
        known = (QUICK if quick else WORKLOADS)[workload]
        make = self._models().get(known.model)
        if make is None:
            return {"cannot": "not a thing that it computes"}
        try:
            trainer = make(known)
        except NotImplementedError as error:
            return {"cannot": str(error)}
        self.loaded = Loaded(trainer, [tuple(trainer.held(array) for array in feed) for feed in known.feeds()])
        return {}

    def check(self, steps: int, path: str) -> dict[str, Any]:
        assert self.loaded is not None
        return self.loaded.check(steps, path)

    def run(self, steps: int) -> dict[str, Any]:
        assert self.loaded is not None
        return self.loaded.run(steps)

    def _models(self) -> dict[str, Callable[..., Trainer]]:
        if "torch" in self.peer.packages:
            import_module("torch").set_num_threads(self.threads)
        return getattr(import_module(f"benchmarks.peers.{self.peer.module}"), self.peer.form)


def main(peer: str, threads: int, answers: TextIO) -> None:
    worker = Worker(peer, threads)
    print(json.dumps(worker.start()), file=answers, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        answer = getattr(worker, request.pop("do"))(**request)
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print is no answer
    main(sys.argv[1], int(sys.argv[2]), answers)
