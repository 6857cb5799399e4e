"""What every rank runs for tests/test_distributed.py: ``mpiexec -n 2 python tests/ranks.py WHAT FOLDER``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

import minigraph as mg
from minigraph.layers import L2, Affine, BatchNorm, Dropout, ReLU, SoftmaxWithLoss

Array = np.ndarray[Any, np.dtype[Any]]

RNG = np.random.default_rng(0)
X, LABELS = RNG.normal(size=(38, 4)), RNG.integers(0, 3, 38)
BATCHES = [slice(0, 16), slice(16, 32), slice(32, 37), slice(36, 38), slice(37, 38)]  # uneven; fewer rows than ranks
FORMS = [(compiled, dtype) for compiled in (False, True) for dtype in ("float64", "float32")]
OPTIMIZERS = {"SGD": lambda p: mg.SGD(p, 0.1, momentum=0.9), "Adam": lambda p: mg.Adam(p, 0.01)}


def network(dtype: str = "float64", seed: int = 1, *more: Any, reduction: str = "mean") -> mg.Graph:
    rng = np.random.default_rng(seed)
    first = Affine(4, 6, seed=rng, dtype=dtype)
    net = mg.Sequential(first, *more, ReLU(), Affine(6, 3, seed=rng, dtype=dtype))
    x, t = mg.Node(X.astype(dtype), "x"), mg.Node(LABELS, "t")
    return mg.Graph(SoftmaxWithLoss(reduction=reduction)(net(x), t) + L2(0.01)(first.parameters[0]))


def trained(step: Any, epochs: int = 4) -> list[float]:
    return [float(step(x=X[rows], t=LABELS[rows])) for _ in range(epochs) for rows in BATCHES]


def numbers(graph: mg.Graph) -> Array:
    return np.concatenate([parameter.value.ravel() for parameter in graph.parameters])


def train(folder: Path) -> None:
    """Every form of training, from first weights that differ between the ranks."""
    found = {}
    for compiled, dtype in FORMS:
        for name, optimizer in OPTIMIZERS.items():
            graph = network(dtype, seed=1 + COMM.rank)
            parallel = DataParallel(graph, optimizer(graph.parameters), compiled=compiled)
            found[f"{name} {compiled} {dtype} losses"] = np.array(trained(parallel))
            found[f"{name} {compiled} {dtype}"] = numbers(graph)
            parallel.check()
    graph = network()
    parallel = DataParallel(graph, mg.SGD(graph.parameters, 0.1))
    own = [slice(0, 3), slice(3, 16), slice(16, 20)][COMM.rank]
    total = 16 if COMM.size == 2 else 20
    parallel.local(total, x=X[own], t=LABELS[own])
    found["local"] = numbers(graph)
    if COMM.rank == 0:
        np.savez(folder / "found.npz", **found)


def resume(folder: Path) -> None:
    """A break in the middle changes no bit; with Dropout, whose masks are those of the step."""
    for compiled in (False, True):
        whole = network("float64", 1, Dropout(0.3, seed=5))
        straight = DataParallel(whole, mg.Adam(whole.parameters, 0.01), compiled=compiled)
        trained(straight)

        first = network("float64", 1, Dropout(0.3, seed=5))
        parallel = DataParallel(first, mg.Adam(first.parameters, 0.01), compiled=compiled)
        trained(parallel, 2)
        parallel.save(folder / "half.npz", epoch=2)

        other = network("float64", 9, Dropout(0.3, seed=5))
        again = DataParallel(other, mg.Adam(other.parameters, 0.5), compiled=compiled)
        assert again.load(folder / "half.npz") == {"epoch": 2}
        trained(again, 2)
        assert np.array_equal(numbers(other), numbers(whole)) and not np.array_equal(numbers(first), numbers(whole))
        assert again.steps == straight.steps == 20

        masks = [node.value for node in whole.nodes if type(node.op).__name__ == "DropoutMask"]
        if not compiled:
            parallel(x=X[:16], t=LABELS[:16])
            mask = next(node.value for node in first.nodes if type(node.op).__name__ == "DropoutMask")
            everybody = COMM.allgather(mask.tobytes())
            assert masks and len(set(everybody)) == COMM.size
    for path, error in (("none.npz", FileNotFoundError), ("nowhere/half.npz", FileNotFoundError)):
        try:
            again.load(folder / path) if path == "none.npz" else again.save(folder / path)
        except error:  # on all ranks, who may go on
            COMM.Barrier()
        else:
            raise AssertionError(path)


def fail(what: str) -> None:
    if what == "early" and COMM.rank == 1:
        raise ValueError("rank 1 found no data")
    if what == "norm":
        network("float64", 1, BatchNorm(6))
    more = [BatchNorm(6)] if what == "norm" else []
    graph = network("float64", 1, *more, reduction="sum" if what == "sum" else "mean")
    parallel = DataParallel(graph, mg.SGD(graph.parameters, 0.1), compiled=True)
    for _ in range(3):
        x = X[:16] + (COMM.rank if what == "other batch" else 0)
        if COMM.rank == 1 and what == "exit" and parallel.steps == 1:
            sys.exit(3)
        if COMM.rank == 1 and what == "nan" and parallel.steps == 1:
            x[12] = np.nan
        size = 16 - 6 * (COMM.rank == 1 and what == "sizes" and parallel.steps == 1)
        try:
            parallel(x=x[:size], t=LABELS[:size])
        except ValueError:
            pass  # the others would wait for this rank, if that were all
    if what == "drift":
        graph.parameters[0].value = graph.parameters[0].value + 1e-15 * COMM.rank
        parallel.save("drifted.npz")


if __name__ == "__main__":
    from mpi4py import MPI

    from minigraph.distributed import DataParallel

    COMM = MPI.COMM_WORLD
    what, argument = sys.argv[1:]
    {"train": lambda: train(Path(argument)), "resume": lambda: resume(Path(argument)), "fail": lambda: fail(argument)}[
        what
    ]()
