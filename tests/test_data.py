"""Batches of data, and parameters in files."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import Array

import minigraph as mg

X, T = np.arange(20.0).reshape(10, 2), np.arange(10)


def rows(batches: Iterable[tuple[Array, Array]]) -> list[int]:
    return [int(t) for _, labels in batches for t in labels]


@pytest.mark.parametrize("size", [1, 3, 5, 10, 11, 1000])
@pytest.mark.parametrize("shuffle", [False, True])
def test_each_row_comes_once_with_its_label(size: int, shuffle: bool) -> None:
    epoch = list(mg.batches(X, T, size=size, seed=0, shuffle=shuffle))
    assert sorted(rows(epoch)) == list(range(10))
    for x, t in epoch:
        np.testing.assert_array_equal(x, X[t])
    sizes = [len(t) for _, t in epoch]
    assert all(n == size for n in sizes[:-1]) and 1 <= sizes[-1] <= size


def test_without_shuffling_the_order_stays() -> None:
    assert rows(mg.batches(X, T, size=3, shuffle=False)) == list(range(10))


def test_a_seed_gives_one_order_again_and_again() -> None:
    first = rows(mg.batches(X, T, size=3, seed=1))
    assert first == rows(mg.batches(X, T, size=3, seed=1)) == rows(mg.batches(X, T, size=7, seed=1))
    assert first != rows(mg.batches(X, T, size=3, seed=2)) and first != list(range(10))


def test_a_generator_goes_on_so_that_epochs_differ() -> None:
    rng = np.random.default_rng(1)
    first, second = rows(mg.batches(X, T, size=3, seed=rng)), rows(mg.batches(X, T, size=3, seed=rng))
    assert first != second
    rng = np.random.default_rng(1)
    assert [first, second] == [rows(mg.batches(X, T, size=3, seed=rng)) for _ in range(2)]


def test_batches_take_lists_and_are_copies() -> None:
    for shuffle in (True, False):
        ((x, t),) = mg.batches([[1.0], [2.0]], [0, 1], size=2, seed=0, shuffle=shuffle)
        assert sorted(t.tolist()) == [0, 1]
    data = X.copy()
    for x, t in mg.batches(data, T, size=4, seed=0):
        x += 1
    np.testing.assert_array_equal(data, X)


def parameters(scale: float = 1.0, dtype: Any = np.float64) -> list[mg.Parameter]:
    shapes = {"W": (2, 3), "b": (3,), "scale": ()}
    values = [np.full(shape, scale * n, dtype) for n, shape in enumerate(shapes.values(), start=1)]
    return [mg.Parameter(value, name) for name, value in zip(shapes, values)]


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    saved, loaded = parameters(0.1), parameters(0.0)
    for parameter in loaded:
        parameter.grad = parameter.value
    mg.save(tmp_path / "model.npz", saved)
    mg.load(tmp_path / "model.npz", loaded)
    for ours, theirs in zip(saved, loaded):
        np.testing.assert_array_equal(ours.value, theirs.value)
        assert theirs.grad is None


def test_names_count_not_the_order(tmp_path: Path) -> None:
    mg.save(str(tmp_path / "model.npz"), parameters(2.0))
    loaded = parameters(0.0)
    mg.load(str(tmp_path / "model.npz"), iter(loaded[::-1]))
    assert [float(parameter.value.flat[0]) for parameter in loaded] == [2, 4, 6]


def test_equal_names_are_numbered_in_order(tmp_path: Path) -> None:
    values = [1.0, 2.0, 3.0, 4.0]
    mg.save(tmp_path / "model.npz", (mg.Parameter(v, name) for v, name in zip(values, ["W", "b", "W", None])))
    with np.load(tmp_path / "model.npz") as archive:
        assert {name: float(archive[name]) for name in archive} == {"W1": 1, "b": 2, "W2": 3, "parameter": 4}
    loaded = [mg.Parameter(0.0, name) for name in ["W", "b", "W", None]]
    mg.load(tmp_path / "model.npz", loaded)
    assert [parameter.item() for parameter in loaded] == values


def test_parameters_may_be_called_anything(tmp_path: Path) -> None:
    names = ["file", "args", "layer 1/W", "θ", "W.npy", "a:b"]
    mg.save(tmp_path / "model.npz", [mg.Parameter(float(i), name) for i, name in enumerate(names)])
    loaded = [mg.Parameter(-1.0, name) for name in names]
    mg.load(tmp_path / "model.npz", loaded)
    assert [parameter.item() for parameter in loaded] == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("name", ["model", "model.npz", "model.bin", "weights of today.tar", "ü" * 60])
def test_the_file_has_the_name_that_was_given(tmp_path: Path, name: str) -> None:
    mg.save(tmp_path / name, parameters())
    assert os.listdir(tmp_path) == [name]
    mg.load(tmp_path / name, parameters(0.0))


def test_a_parameter_keeps_its_type(tmp_path: Path) -> None:
    mg.save(tmp_path / "model", parameters(0.1, np.float64))
    loaded = parameters(0.0, np.float32)
    mg.load(tmp_path / "model", loaded)
    assert all(parameter.value.dtype == np.float32 for parameter in loaded)
    assert loaded[0].value[0, 0] == np.float32(0.1)


def test_the_same_parameters_make_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        mg.save(tmp_path / name, parameters())
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_new_file_replaces_the_old_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "model"
    mg.save(path, parameters())
    (tmp_path / "plain").touch()
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)
    path.chmod(0o640)
    mg.save(path, parameters(2.0))
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    loaded = parameters(0.0)
    mg.load(path, loaded)
    assert loaded[0].value[0, 0] == 2


def test_a_file_in_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    mg.save("model", parameters())
    assert os.listdir() == ["model"]


def test_training_goes_on_from_a_file(tmp_path: Path) -> None:
    x = mg.Node(X, "x", requires_grad=False)
    net = mg.Sequential(mg.layers.Affine(2, 3, seed=0), mg.tanh)
    before = net(x).value
    mg.save(tmp_path / "model", net.parameters)
    other = mg.Sequential(mg.layers.Affine(2, 3, seed=9), mg.tanh)
    graph = mg.Graph(other(x))
    mg.load(tmp_path / "model", other.parameters)
    np.testing.assert_array_equal(graph.forward(), before)
