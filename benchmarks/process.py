"""The driver's side of a worker: starts it with so many threads, asks, and says what went wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.workloads import Array

__all__ = ["Failed", "Process"]

ROOT = Path(__file__).resolve().parents[1]
POOLS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
DISGUISES = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")  # make one library take the processor for another


class Failed(Exception):
    """A worker that died, with the last that it said."""


class Process:
    """A worker for one peer."""

    def __init__(self, peer: str, threads: int) -> None:
        self.alive = True
        self._errors = tempfile.TemporaryFile(mode="w+", encoding="utf-8", errors="replace")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", peer, str(threads)],
            cwd=ROOT, env=environment(threads), text=True, encoding="utf-8",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors,
        )  # fmt: skip

    def answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            self.alive = False
            self._errors.seek(0)
            said = [text.strip() for text in self._errors.read().splitlines() if text.strip()]
            raise Failed(said[-1] if said else f"exit code {self._process.returncode}")
        return json.loads(line)

    def ask(self, do: str, **request: Any) -> None:
        """Sends a request; `answer` waits for what comes back."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"do": do, **request}) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # `answer` says why

    def load(self, workload: str, quick: bool) -> dict[str, Any]:
        self.ask("load", workload=workload, quick=quick)
        return self.answer()

    def check(self, steps: int) -> tuple[list[float], list[Array]]:
        """The losses of the next steps and the state after them."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "state.npz"
            self.ask("check", steps=steps, path=str(path))
            losses = self.answer()["losses"]
            with np.load(path, allow_pickle=False) as state:
                return losses, [state[name] for name in state]

    def run(self, steps: int) -> tuple[float, float]:
        """Seconds a step, and how many cores were busy with it."""
        self.ask("run", steps=steps)
        answer = self.answer()
        return answer["seconds"] / steps, answer["busy"] / answer["seconds"]

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            self._process.stdin.close()
        except BrokenPipeError:
            pass
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._errors.close()


def environment(threads: int) -> dict[str, str]:
    """Every pool of threads as large as that: OpenMP, the BLAS libraries, XLA, and what else a peer may read."""
    xla = f"--xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'}"
    pools = dict.fromkeys(POOLS, str(threads))
    kept = {name: value for name, value in os.environ.items() if name not in DISGUISES}
    return {**kept, **pools, "XLA_FLAGS": xla, "NPROC": str(threads), "JAX_PLATFORMS": "cpu",
            "DEV": "CPU", "CPU_COUNT": str(threads)}  # fmt: skip
