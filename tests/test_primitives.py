"""Primitives as operators and methods of a node, at corners and ties, and what NumPy makes of the same."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers import spread

import minigraph as mg

RNG = np.random.default_rng(17)
X = spread(RNG, 4, 3)

METHODS: dict[str, Callable[[Any], Any]] = {
    "abs": abs,
    "T": lambda x: x.T,
    "transpose": lambda x: x.transpose(),
    "transpose by axes": lambda x: x.transpose(1, 0),
    "transpose by a tuple": lambda x: x.transpose((1, 0)),
    "reshape": lambda x: x.reshape(2, 6),
    "reshape by a tuple": lambda x: x.reshape((2, -1)),
    "reshape by a list": lambda x: x.reshape([12]),
    "clip": lambda x: x.clip(-1, 0.5),
    "min": lambda x: x.min(axis=0),
    "min keepdims": lambda x: x.min(axis=1, keepdims=True),
    "row": lambda x: x[1],
    "element": lambda x: x[1, -1],
    "slice": lambda x: x[1:, ::2],
    "rows": lambda x: x[[3, 0, 0]],
    "pairs": lambda x: x[np.arange(4), [0, 2, 1, 1]],
    "mask": lambda x: x[np.array([True, False, True, True])],
    "unpacked": lambda x: (lambda a, b, c, d: a * d - b * c)(*x),
}


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_methods_do_as_numpy_does(method: Callable[[Any], Any]) -> None:
    np.testing.assert_array_equal(method(mg.Node(X)).value, method(X))


def test_functions_do_as_numpy_does() -> None:
    x, other = mg.Node(X), -X[:2]
    pairs = [
        (mg.sqrt(mg.Node(X**2)), np.sqrt(X**2)),
        (mg.minimum(x, 0.5), np.minimum(X, 0.5)),
        (mg.where(X > 0, x, 0.0), np.where(X > 0, X, 0)),
        (mg.concat([x, other]), np.concatenate([X, other])),
        (mg.concat(x), np.concatenate(list(X))),
        (mg.stack([x, X], axis=1), np.stack([X, X], axis=1)),
        (mg.broadcast_to(x[0], (2, 3)), np.broadcast_to(X[0], (2, 3))),
        (mg.getitem(x, (..., 0)), X[..., 0]),
    ]
    for node, array in pairs:
        np.testing.assert_array_equal(node.value, array)


def test_an_element_that_was_taken_twice_gets_both_gradients() -> None:
    x = mg.Node([1.0, 2.0, 3.0])
    x[[2, 0, 2]].backward(np.array([1.0, 10.0, 100.0]))
    np.testing.assert_array_equal(x.grad, [10, 0, 101])


def test_a_node_that_is_joined_with_itself_gets_both_gradients() -> None:
    for join in (mg.concat, mg.stack):
        x = mg.Node([1.0, 2.0])
        y = join([x, x])
        y.backward(np.arange(4.0).reshape(y.shape))
        np.testing.assert_array_equal(x.grad, [2, 4])


def test_ties_of_minimum_go_to_the_second_and_of_min_are_shared() -> None:
    a, b = mg.Node([1.0, 2.0, 3.0]), mg.Node([1.0, 3.0, 2.0])
    mg.minimum(a, b).sum().backward()
    np.testing.assert_array_equal(a.grad, [0, 1, 0])
    np.testing.assert_array_equal(b.grad, [1, 0, 1])
    x = mg.Node([[1.0, 1.0, 5.0], [2.0, 3.0, 4.0]])
    x.min(axis=-1).backward(np.array([1.0, 10.0]))
    np.testing.assert_array_equal(x.grad, [[0.5, 0.5, 0], [10, 0, 0]])


def test_the_smallest_is_minus_the_largest_of_minus() -> None:
    np.testing.assert_array_equal(mg.Node(X).min(axis=1).value, -(-mg.Node(X)).max(axis=1).value)
    np.testing.assert_array_equal(mg.minimum(X, -0.2).value, -mg.maximum(-X, 0.2).value)


def test_corners() -> None:
    x = mg.Node([-1.0, 0.0, 1.0])
    abs(x).backward(np.ones(3))
    np.testing.assert_array_equal(x.grad, [-1, 0, 1])
    x.clip(-1, 0).backward(np.ones(3))
    np.testing.assert_array_equal(x.grad, [1, 1, 0])


def test_the_root_of_zero_rises_infinitely_steeply() -> None:
    x = mg.Node([0.0, 4.0])
    y = mg.sqrt(x)
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        y.backward(np.ones(2))
    np.testing.assert_array_equal(x.grad, [np.inf, 0.25])


def test_where_keeps_what_is_infinite_out_of_the_value() -> None:
    x = mg.Node([0.0, 1.0])
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        y = mg.where(x.value > 0, mg.log(x), -math.inf)
    np.testing.assert_array_equal(y.value, [-np.inf, 0])


def test_a_condition_can_be_fed() -> None:
    x, c = mg.Node([1.0, 2.0], "x"), mg.Node(np.array([True, False]), "c")
    graph = mg.Graph(mg.where(c, x, -x).sum())
    assert graph.output.item() == -1
    assert graph.forward(c=np.array([True, True])) == 3
    graph.backward()
    np.testing.assert_array_equal(x.grad, [1, 1])
    assert c.grad is None


def test_another_batch_size_goes_through() -> None:
    x = mg.Node(X, "x")
    graph = mg.Graph(mg.concat([x[:, :1], x.clip(0), abs(x)], axis=1).T)
    assert graph.forward(x=np.ones((9, 3))).shape == (7, 9)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_what_was_joined_comes_apart_again(axis: int) -> None:
    parts = [mg.Node(X), mg.Node(2 * X)]
    stacked = mg.stack(parts, axis)
    for i, part in enumerate(parts):
        np.testing.assert_array_equal(np.take(stacked.value, i, axis), part.value)
    joined = mg.concat(parts, axis)
    np.testing.assert_array_equal(np.split(joined.value, 2, axis), [X, 2 * X])


def test_an_index_is_written_as_in_python() -> None:
    x = mg.Node(X)
    formulas = {
        "X[0]": x[0], "X[1:, ::2]": x[1:, ::2], "X[…, 1]": x[..., 1], "X[None]": x[None], "X[[2, 0]]": x[[2, 0]],
        "X[bool [4, 3]]": x[X > 0],
    }  # fmt: skip
    for formula, node in formulas.items():
        assert node.op is not None and node.op.formula.format("X") == formula
    assert repr(x[1:].op) == "GetItem([1:])"
