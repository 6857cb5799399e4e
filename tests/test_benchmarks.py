"""The benchmark runs at tiny sizes, times only who computes the same, names who is missing; and no fusion got lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import Array
from pictures import ROOT

sys.path.insert(0, str(ROOT))  # benchmarks/ belongs to the checkout and is never installed

from benchmarks import driver  # noqa: E402
from benchmarks.peers import PEERS, Peer  # noqa: E402
from benchmarks.process import Process  # noqa: E402
from benchmarks.workloads import QUICK, WORKLOADS  # noqa: E402

pytestmark = pytest.mark.thorough

OURS = ("minigraph", "minigraph-eager", "numpy")
SHORT = driver.Settings(rounds=1, block=0.001, quick=True)
Check = tuple[list[float], list[Array]]


def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False, env={**os.environ, **more}
    )


def outcomes(folder: Path) -> dict[tuple[str, str], dict[str, Any]]:
    found = json.loads((folder / "steps.json").read_text(encoding="utf-8"))["outcomes"]
    return {(outcome["workload"], outcome["peer"]): outcome for outcome in found}


def test_a_quick_run_times_everybody_who_is_there_and_names_the_others(tmp_path: Path) -> None:
    absent = tmp_path / "absent" / "jax"  # in place of one that may be installed
    absent.mkdir(parents=True)
    (absent / "__init__.py").write_text('raise ImportError("there is no jax")\n', encoding="utf-8")
    peers = [*OURS, "jax", *(["torch", "torch-best"] if find_spec("torch") else [])]
    folder = tmp_path / "made"
    done = run("--quick", "--peers", *peers, "--out", str(folder), PYTHONPATH=str(absent.parent))
    assert done.returncode == 0, done.stdout + done.stderr
    found = outcomes(folder)
    assert set(found) == {(workload, peer) for workload in WORKLOADS for peer in peers}
    for (workload, peer), outcome in found.items():
        if peer == "jax":
            assert outcome["status"] == "not installed: there is no jax" and not outcome["seconds"]
        else:
            assert outcome["status"] == "timed" and len(outcome["seconds"]) == 2, outcome
    for workload in WORKLOADS:
        assert f"\n{workload} · {QUICK[workload].title}\n" in "\n" + done.stdout
    assert done.stdout.count("not installed: there is no jax") == len(WORKLOADS)
    assert "| NumPy, straightforward | " in done.stdout
    assert "Left out of this run: " in done.stdout and "tinygrad" in done.stdout
    assert {path.name for path in folder.iterdir()} == {"steps.json", "steps.png"}


def one_loss(found: Check) -> Check:
    return [*found[0][:-1], found[0][-1] * 1.001], found[1]


def one_number(found: Check) -> Check:
    array = found[1][0]
    array.flat[np.abs(array).argmax()] *= 1.01
    return found


def nothing_learned(found: Check) -> Check:
    return found[0], [np.zeros_like(array) for array in found[1]]


def not_a_number(found: Check) -> Check:
    return [float("nan"), *found[0][1:]], found[1]


@pytest.mark.parametrize("falsify, what", [
    (one_loss, "losses"), (one_number, "arrays"), (nothing_learned, "arrays"), (not_a_number, "losses"),
])  # fmt: skip
@pytest.mark.parametrize("workload", ["W2", "W5b"])
def test_who_computes_something_else_is_not_timed(
    monkeypatch: pytest.MonkeyPatch, workload: str, falsify: Callable[[Check], Check], what: str
) -> None:
    class Wrong(Process):
        def check(self, steps: int) -> Check:
            return falsify(super().check(steps))

    monkeypatch.setattr(driver, "Process", lambda peer, threads: (Wrong if peer == "numpy" else Process)(peer, threads))
    with driver.Workers(["minigraph", "numpy"], 1) as workers:
        right, wrong = driver.measure(workload, workers, SHORT)
    assert right.status == "timed" and len(right.seconds) == 2
    assert wrong.status.startswith(f"WRONG: its {what} are off by ") and not wrong.seconds


def test_who_dies_is_named_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PEERS, "unheard-of", Peer("Unheard of", "nowhere"))
    with driver.Workers(["unheard-of", "numpy"], 1) as workers:
        dead, alive = driver.measure("W1", workers, SHORT)
    assert dead.status == "failed: KeyError: 'unheard-of'" and alive.status == "timed"


def test_a_run_in_which_somebody_fails_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "broken" / "micrograd"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text('raise RuntimeError("broken")\n', encoding="utf-8")
    command = ["--quick", "--workloads", "W6", "--peers", "numpy", "micrograd", "--out", str(tmp_path)]
    done = run(*command, PYTHONPATH=str(broken.parent))
    assert done.returncode == 1 and "failed: RuntimeError: broken" in done.stdout


def test_batches_differ_and_weights_are_the_same_in_both_types() -> None:
    for workload in QUICK.values():
        first, second, *_ = workload.feeds()
        assert not np.array_equal(first[0], second[0])
        assert all(array.dtype == np.float32 for array in workload.parameters())
        for array, again in zip(workload.parameters(), workload.parameters()):
            np.testing.assert_array_equal(array, again)


def test_cost_against_size(tmp_path: Path) -> None:
    done = run("growth", "--quick", "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "growth.json").read_text(encoding="utf-8"))
    assert [row["nodes"] for row in found["depth"]] == [1, 10, 100]
    assert all(value > 0 for what in ("depth", "width", "batch") for row in found[what] for value in row.values())
    assert "program B/node" in done.stdout and (tmp_path / "growth.png").exists()


@pytest.mark.mpi
def test_scaling(mpiexec: str, tmp_path: Path) -> None:
    done = run("scaling", "--quick", "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "scaling.json").read_text(encoding="utf-8"))
    assert found["ranks"] == 2
    for workload in ("W3", "ConvNet"):
        assert all(second > 0 for seconds in found[workload]["seconds"].values() for second in seconds)
        assert f"\n{workload} · {QUICK[workload].title} · " in "\n" + done.stdout
    assert "2 ranks, the batch shared" in done.stdout and "assumed: Ethernet of 10 Gbit/s" in done.stdout


@pytest.mark.mpi
def test_the_model_of_scaling(mpiexec: str) -> None:
    from benchmarks.scaling import Network, allreduce_time

    network = Network("made up", 1e-3, 1e6)
    assert allreduce_time(2, 10**6, network) == pytest.approx(2e-3 + 1)
    assert allreduce_time(4, 10**6, network) == pytest.approx(4e-3 + 1.5)


GUARD = {"W1": 1.6, "W2": 1.7, "W4": 1.05, "W5b": 1.3, "W6": 1.8, "ConvNet": 2.0, "Attention": 2.0}


@pytest.mark.timing
def test_compiled_steps_are_ahead_of_straightforward_numpy(tmp_path: Path) -> None:
    """Straightforward NumPy ÷ compiled, by the least of many blocks.

    GUARD is far below what is measured on a quiet machine, but more than is left when a fusion is lost.
    """
    left = dict(GUARD)
    for _ in range(3):  # a busy machine can spoil a run
        command = ["--rounds", "6", "--block", "0.05", "--peers", "minigraph", "numpy", "--out", str(tmp_path)]
        done = run("--workloads", *left, *command)
        assert done.returncode == 0, done.stdout + done.stderr
        measured = {workload: outcomes(tmp_path)[workload, "numpy"]["ratios"][0] for workload in left}
        left = {workload: ratio for workload, ratio in left.items() if measured[workload] < ratio}
        if not left:
            return
    pytest.fail(f"straightforward NumPy ÷ compiled should be at least {left}, but was {measured}")
