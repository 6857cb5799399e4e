"""Several ranks train as one process does; a failure of one ends all; a break changes nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import ranks
from pictures import ROOT

import minigraph as mg
from minigraph.layers import Affine, BatchNorm, Dropout

pytestmark = pytest.mark.mpi


def run(mpiexec: str, n: int, what: str, argument: str, cwd: Path, *python: str) -> subprocess.CompletedProcess[str]:
    command = [mpiexec, "-n", str(n), sys.executable, *python, str(ROOT / "tests" / "ranks.py"), what, argument]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=60, check=False, env=environment
    )  # a hang is a failure


def alone(dtype: str, optimizer: Any) -> tuple[list[float], Any]:
    """The same steps in one process, without any of the machinery."""
    graph = ranks.network(dtype)
    rule = optimizer(graph.parameters)

    def step(**feeds: Any) -> float:
        loss = float(graph.forward(**feeds))
        graph.backward()
        rule.step()
        return loss

    return ranks.trained(step), ranks.numbers(graph)


@pytest.mark.parametrize("n", [2, pytest.param(3, marks=pytest.mark.thorough)])
def test_ranks_train_as_one_process_does(mpiexec: str, n: int, tmp_path: Path) -> None:
    done = run(mpiexec, n, "train", str(tmp_path), tmp_path)
    assert done.returncode == 0, done.stderr
    found = np.load(tmp_path / "found.npz")
    for compiled, dtype in ranks.FORMS:
        for name, optimizer in ranks.OPTIMIZERS.items():
            losses, numbers = alone(dtype, optimizer)
            # Adam divides by √v, which makes much of the last bits of a gradient that is nearly 0
            close = 1e-12 if dtype == "float64" else 1e-4
            case = f"{name} {compiled} {dtype}"
            np.testing.assert_allclose(found[case], numbers, rtol=close, atol=close, err_msg=case)
            np.testing.assert_allclose(found[f"{case} losses"], losses, rtol=close, err_msg=case)
    graph = ranks.network()
    total = 16 if n == 2 else 20
    graph.forward(x=ranks.X[:total], t=ranks.LABELS[:total])
    graph.backward()
    mg.SGD(graph.parameters, 0.1).step()
    np.testing.assert_allclose(found["local"], ranks.numbers(graph), rtol=1e-12, atol=1e-12)


def test_a_break_changes_no_bit(mpiexec: str, tmp_path: Path) -> None:
    done = run(mpiexec, 2, "resume", str(tmp_path), tmp_path)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["half.npz"]


@pytest.mark.thorough
@pytest.mark.parametrize("what, said", [
    ("early", "ValueError: rank 1 found no data"),
    ("nan", "ValueError: Graph: x has 4 NaN"),
    ("norm", "ValueError: DataParallel: BatchNorm takes statistics of the whole batch"),
    ("sum", "it must be a mean over the rows"),
    ("other batch", "RuntimeError: DataParallel: the rows of rank 1 are not those of rank 0"),
    ("sizes", "they were fed batches of different sizes"),
    ("drift", "RuntimeError: DataParallel: the parameters of rank 1 are not"),
])  # fmt: skip
def test_a_failure_of_one_ends_all(mpiexec: str, what: str, said: str, tmp_path: Path) -> None:
    done = run(mpiexec, 2, "fail", what, tmp_path)
    assert done.returncode != 0
    assert said in done.stderr and "Traceback (most recent call last)" in done.stderr, done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.thorough
def test_an_exit_of_one_ends_all_under_mpi4py(mpiexec: str, tmp_path: Path) -> None:
    assert run(mpiexec, 2, "fail", "exit", tmp_path, "-m", "mpi4py").returncode == 3


@pytest.fixture
def DataParallel(mpiexec: str) -> Any:
    """In this process, which is then the only rank."""
    from minigraph.distributed import DataParallel

    return DataParallel


@pytest.mark.parametrize("compiled", [False, True])
def test_one_rank_is_the_graph_itself_to_the_last_bit(DataParallel: Any, compiled: bool) -> None:
    by_hand, graph = (ranks.network("float64", 1, Dropout(0.3, seed=2)) for _ in range(2))
    sgd = mg.SGD(by_hand.parameters, 0.1)
    program = by_hand.compile(sgd)

    def step(**feeds: Any) -> float:
        loss = float(by_hand.forward(**feeds))
        by_hand.backward()
        sgd.step()
        return loss

    losses = ranks.trained(program if compiled else step)
    assert ranks.trained(DataParallel(graph, mg.SGD(graph.parameters, 0.1), compiled=compiled)) == losses
    assert np.array_equal(ranks.numbers(graph), ranks.numbers(by_hand))


def test_notes_settings_and_memory_come_back(DataParallel: Any, tmp_path: Path) -> None:
    graph, rng = ranks.network(), np.random.default_rng(3)
    adam = mg.Adam(graph.parameters, 0.01)
    parallel = DataParallel(graph, adam)
    ranks.trained(parallel, 1)
    adam.learning_rate = np.float32(0.25)
    parallel.save(tmp_path / "at.npz", rng=rng)
    drawn = rng.random(3)
    ranks.trained(parallel, 1)
    again = mg.Adam(graph.parameters)
    rng = DataParallel(graph, again).load(tmp_path / "at.npz")["rng"]
    assert np.array_equal(rng.random(3), drawn)
    assert again.learning_rate == 0.25 and again.betas == adam.betas and again.steps[0] == 5
    with pytest.raises(ValueError, match="at.npz has W.* and Adam; needed are W.* and SGD"):
        DataParallel(graph, mg.SGD(graph.parameters)).load(tmp_path / "at.npz")
    mg.save(tmp_path / "net.npz", graph.parameters)
    with pytest.raises(ValueError, match="net.npz is an .npz file, but no checkpoint"):
        parallel.load(tmp_path / "net.npz")
    with pytest.raises(TypeError, match="state.notes.what is <object"):
        parallel.save(tmp_path / "notes.npz", what=object())
    assert not (tmp_path / "notes.npz").exists()


@pytest.mark.parametrize("compiled", [False, True])
def test_two_types_in_one_message_and_leaves_fed_as_nodes(DataParallel: Any, compiled: bool) -> None:
    def mixed() -> tuple[mg.Node, mg.Graph]:
        x = mg.Node(ranks.X.astype(np.float32), "x")
        hidden = Affine(4, 6, seed=1, dtype=np.float32)(x)
        return x, mg.Graph((Affine(6, 3, seed=2)(hidden) ** 2).mean())

    (x, graph), (other, by_hand) = mixed(), mixed()
    parallel = DataParallel(graph, mg.SGD(graph.parameters, 0.1), compiled=compiled)
    loss = parallel({x: ranks.X[:8].astype(np.float32)})
    assert loss == pytest.approx(float(by_hand.forward({other: ranks.X[:8]})), rel=1e-6)
    by_hand.backward()
    mg.SGD(by_hand.parameters, 0.1).step()
    assert {parameter.value.dtype for parameter in graph.parameters} == {np.dtype("float32"), np.dtype("float64")}
    np.testing.assert_allclose(ranks.numbers(graph), ranks.numbers(by_hand), rtol=1e-5)


def test_what_is_no_batch_is_refused(DataParallel: Any) -> None:
    graph = ranks.network()
    parallel = DataParallel(graph, mg.SGD(graph.parameters))
    with pytest.raises(ValueError, match=r"fed was \[3, 4\], \[2\]; all need the same number of rows, at least 1"):
        parallel(x=ranks.X[:3], t=ranks.LABELS[:2])
    with pytest.raises(ValueError, match="fed was nothing"):
        parallel()
    with pytest.raises(ValueError, match="b is a parameter, which is no part of a batch|W"):
        parallel({graph.parameters[0]: graph.parameters[0].value})
    with pytest.raises(ValueError, match="total is 2, but this rank alone has 3 rows of it"):
        parallel.local(2, x=ranks.X[:3], t=ranks.LABELS[:3])
    with pytest.raises(RuntimeError, match="this rank has 3 of 4 rows, and all ranks have 3"):
        parallel.local(4, x=ranks.X[:3], t=ranks.LABELS[:3])
    x = mg.Node(ranks.X, "x")
    with pytest.raises(ValueError, match=r"DataParallel: Y is \[38, 3\], not a scalar; the output must be the loss"):
        DataParallel(mg.Graph(Affine(4, 3, seed=1)(x)), mg.SGD(graph.parameters))
    with pytest.raises(TypeError, match="DataParallel: needs a Graph and an Optimizer"):
        DataParallel(graph.output, mg.SGD(graph.parameters))
    with pytest.raises(TypeError, match="reduce is 3; it must be a function, and needs an optimizer"):
        graph.compile(mg.SGD(graph.parameters), reduce=3)  # type: ignore[arg-type]
    one = ranks.network("float64", 1, BatchNorm(6))
    assert DataParallel(one, mg.SGD(one.parameters))(x=ranks.X, t=ranks.LABELS) > 0


@pytest.mark.parametrize("compiled", [False, True])
def test_gradients_are_clipped_between_sum_and_step(DataParallel: Any, compiled: bool) -> None:
    class Clipped(mg.SGD):
        def step(self) -> None:
            norms.append(mg.clip_grad_norm(self.parameters, 0.01))
            super().step()

    norms: list[float] = []
    graph, by_hand = ranks.network(), ranks.network()
    DataParallel(graph, Clipped(graph.parameters, 0.1), compiled=compiled)(x=ranks.X, t=ranks.LABELS)
    by_hand.backward()
    Clipped(by_hand.parameters, 0.1).step()
    assert norms[0] == pytest.approx(norms[1], rel=1e-12) and norms[0] > 0.01
    np.testing.assert_allclose(ranks.numbers(graph), ranks.numbers(by_hand), rtol=1e-12)


def test_the_page_runs(DataParallel: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs" / "distributed.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        exec(compile(block, "distributed.md", "exec"), names)  # noqa: S102
    assert names["loss"] < 0.1 and names["start"] == 30
    assert {path.name for path in tmp_path.iterdir()} == {"at.npz", "net.npz"}


def test_shares_cover_all_rows_once(DataParallel: Any) -> None:
    graph = ranks.network()
    parallel = DataParallel(graph, mg.SGD(graph.parameters))
    for parallel.size in (1, 2, 3, 7):
        for total in (1, 2, 5, 38):
            shares = []
            for parallel.rank in range(parallel.size):
                shares.append(range(total)[parallel.rows(total)])
            assert [row for share in shares for row in share] == list(range(total))
            assert max(map(len, shares)) - min(map(len, shares)) <= 1
