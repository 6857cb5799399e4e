"""After an error everything is as it was: no half-replayed graph, half-made step, half-read or half-written file."""

from __future__ import annotations

import builtins
import gc
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import Array, Double, network

import minigraph as mg
from minigraph.layers import SoftmaxWithLoss

State = list[tuple[Any, ...]]


def state(graph: mg.Graph) -> State:
    """The very arrays that a graph holds, as identities."""
    return [(id(node.value), id(node.grad), tuple(map(id, node.operands))) for node in graph.nodes]


def with_gradients(targets: str = "labels") -> mg.Graph:
    graph = mg.Graph(network(targets))
    graph.backward()
    return graph


class Moody(Double):
    """An op whose backward can be told to fail."""

    refuses = False

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array, ...]:
        if self.refuses:
            raise ValueError("not now")
        return super().backward(upstream, y, x)


@pytest.mark.parametrize(
    "feeds",
    [
        {"t": [0, 1, 2, 3, 0, 0]}, {"x": np.ones((5, 4))}, {"x": np.ones((6, 5))}, {"x": np.ones((6, 4)), "z": 1},
        {"x": np.nan},
    ],
    ids=["last op refuses", "batch sizes differ", "first op refuses", "one feed unknown", "NaN"],
)  # fmt: skip
def test_forward_that_fails_changes_nothing(feeds: dict[str, Any]) -> None:
    graph = with_gradients()
    before = state(graph)
    with pytest.raises(ValueError):
        graph.forward(**feeds)
    assert state(graph) == before


def test_evaluate_that_fails_changes_nothing() -> None:
    graph = with_gradients()
    before = state(graph)
    with pytest.raises(ValueError, match="^Affine"):
        graph.evaluate(None, x=np.ones((6, 5)))
    assert state(graph) == before


def test_backward_that_fails_changes_nothing() -> None:
    moody = Moody()
    graph = mg.Graph(mg.tanh(moody(mg.tanh(mg.Node([1.0, 2.0], "x")))).sum())
    graph.backward()
    before = state(graph)
    moody.refuses = True
    with pytest.raises(ValueError, match="not now"):
        graph.backward()
    with pytest.raises(ValueError, match="seed"):
        graph.backward(np.ones(3))
    assert state(graph) == before


def test_recording_that_fails_leaves_the_inputs_alone() -> None:
    x = mg.Node(np.ones((2, 3)), "x")
    with pytest.raises(ValueError):
        SoftmaxWithLoss()(x, np.array([0, 3]))
    assert (x.op, x.inputs, x.grad, x.scope, x.name) == (None, (), None, (), "x")


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_a_step_with_one_gradient_missing_changes_no_parameter(momentum: float) -> None:
    parameters = [mg.Parameter([1.0, 2.0], name) for name in "abc"]
    for parameter in parameters:
        parameter.grad = np.ones(2)
    sgd = mg.SGD(parameters, 0.1, momentum=momentum)
    parameters[2].grad = None
    before = [parameter.value for parameter in parameters]
    with pytest.raises(ValueError, match="'c' has no gradient"):
        sgd.step()
    assert all(parameter.value is value for parameter, value in zip(parameters, before))
    parameters[2].grad = np.ones(2)
    sgd.step()
    for parameter in parameters:  # a velocity that had been updated before the error would show here
        np.testing.assert_allclose(parameter.value, [0.9, 1.9], rtol=1e-15)


def pair() -> list[mg.Parameter]:
    return [mg.Parameter(np.ones((2, 3)), "W"), mg.Parameter(np.ones(3), "b")]


def saved(**arrays: Array) -> Callable[[Path], None]:
    return lambda path: np.savez(path, **arrays)


def plain_npy(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.ones(3))


def text_in_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("W.txt", "hello")


def cut_short(path: Path) -> None:
    saved(W=np.ones((2, 3)), b=np.ones(3))(path)
    path.write_bytes(path.read_bytes()[:-40])


def bit_flipped(path: Path) -> None:
    saved(W=np.ones((2, 3)), b=np.ones(3))(path)
    content = bytearray(path.read_bytes())
    content[content.index(np.ones(1).tobytes())] ^= 1
    path.write_bytes(bytes(content))


def damaged(path: Path) -> None:
    np.savez_compressed(path, W=np.arange(6.0).reshape(2, 3), b=np.ones(3))
    content = bytearray(path.read_bytes())
    content[60:75] = b"\xff" * 15  # inside the first member
    path.write_bytes(bytes(content))


FILES: list[tuple[str, Callable[[Path], None], str]] = [
    ("a name is missing", saved(W=np.zeros((2, 3))), r"has W \[2, 3\], but expected W \[2, 3\], b \[3\]$"),
    ("a name too many", saved(W=np.zeros((2, 3)), b=np.zeros(3), c=np.zeros(())),
     r"has W \[2, 3\], b \[3\], c \[\], but expected W \[2, 3\], b \[3\]$"),
    ("other names", saved(V=np.zeros((2, 3)), b=np.zeros(3)),
     r"has V \[2, 3\], b \[3\], but expected W \[2, 3\], b \[3\]$"),
    ("other shape", saved(W=np.zeros((3, 2)), b=np.zeros(3)),
     r"has W \[3, 2\], b \[3\], but expected W \[2, 3\], b \[3\]$"),
    ("nothing in it", saved(), r"has nothing, but expected W"),
    ("strings", saved(W=np.zeros((2, 3)), b=np.array(["x", "y", "z"])), r"^load: .*\bb\b.* <U1"),
    ("complex numbers", saved(W=np.zeros((2, 3)), b=np.zeros(3) * 1j), r"^load: .*\bb\b.* complex128"),
    ("pickles", saved(W=np.zeros((2, 3)), b=np.array([{}, [], None], dtype=object)),
     r"is not an \.npz file of real-valued arrays"),
    ("garbage", lambda path: path.write_bytes(b"\x00garbage" * 50) and None,
     r"is not an \.npz file of real-valued arrays"),
    ("empty file", lambda path: path.write_bytes(b"") and None, r"is not an \.npz file of real-valued arrays"),
    ("one array", plain_npy, r"is not an \.npz file of real-valued arrays"),
    ("some other zip", text_in_zip, r"is not an \.npz file of real-valued arrays"),
    ("cut short", cut_short, r"is not an \.npz file of real-valued arrays"),
    ("compressed and damaged", damaged, r"is not an \.npz file of real-valued arrays"),
    ("a bit flipped", bit_flipped, r"is not an \.npz file of real-valued arrays"),
]  # fmt: skip


@pytest.mark.parametrize("write, message", [row[1:] for row in FILES], ids=[row[0] for row in FILES])
def test_load_refuses_and_changes_nothing(tmp_path: Path, write: Callable[[Path], None], message: str) -> None:
    path = tmp_path / "model.npz"
    write(path)
    parameters = pair()
    before = [parameter.value for parameter in parameters]
    with pytest.raises(ValueError, match=message) as caught:
        mg.load(path, parameters)
    assert str(path) in str(caught.value)
    assert all(parameter.value is value for parameter, value in zip(parameters, before))
    del caught
    gc.collect()  # a file left open would complain here, not in some later test


def test_load_of_a_missing_file_says_which(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere.npz"):
        mg.load(tmp_path / "nowhere.npz", pair())


@pytest.mark.parametrize("module, call", [(os, "replace"), (os, "chmod"), (builtins, "open")])
def test_save_that_fails_leaves_the_old_file_and_nothing_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: Any, call: str
) -> None:
    path = tmp_path / "model.npz"
    mg.save(path, pair())
    before = path.read_bytes()

    def full(*args: Any, **options: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(module, call, full)
        with pytest.raises(OSError, match="No space left"):
            mg.save(path, [mg.Parameter(np.zeros(7), "other")])
    assert os.listdir(tmp_path) == ["model.npz"]
    assert path.read_bytes() == before


def test_save_to_a_folder_that_is_not_there_fails_and_makes_none(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="missing"):
        mg.save(tmp_path / "missing" / "model.npz", pair())
    assert os.listdir(tmp_path) == []


def test_save_over_a_folder_fails_and_leaves_nothing_beside(tmp_path: Path) -> None:
    (tmp_path / "model.npz").mkdir()
    with pytest.raises(OSError):
        mg.save(tmp_path / "model.npz", pair())
    assert os.listdir(tmp_path) == ["model.npz"]
