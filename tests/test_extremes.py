"""Inputs at the edge: huge logits, a single class or row, nothing at all, probabilities of exactly 0, corners and ties.

Warnings are errors in this suite, so that a test without ``pytest.warns`` also says: without a warning.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from helpers import Array

import minigraph as mg
from minigraph.layers import CrossEntropy, ReLU, Softmax, SoftmaxWithLoss

SOFTPLUS = math.log1p(math.exp(-1))  # ln(e⁰ + e⁻¹)
EXACT = [
    ([1000.0, -1000.0], 0, 0.0, [0.0, 0.0]),
    ([1000.0, -1000.0], 1, 2000.0, [1.0, -1.0]),
    ([-1000.0, 1000.0], 0, 2000.0, [-1.0, 1.0]),
    ([1000.0, 1000.0], 0, math.log(2), [-0.5, 0.5]),
    ([-1000.0, -1000.0, -1000.0], 2, math.log(3), [1 / 3, 1 / 3, -2 / 3]),
    ([1000.0, 999.0], 0, SOFTPLUS, [math.exp(-SOFTPLUS) - 1, 1 - math.exp(-SOFTPLUS)]),
    ([-1000.0, -999.0], 0, 1 + SOFTPLUS, [-math.exp(-SOFTPLUS), math.exp(-SOFTPLUS)]),
    ([1e300, 0.0], 0, 0.0, [0.0, 0.0]),
]  # fmt: skip


@pytest.mark.parametrize("one_hot", [False, True], ids=["labels", "one-hot"])
@pytest.mark.parametrize("z, label, loss, gradient", EXACT, ids=[f"{row[0]}, {row[1]}" for row in EXACT])
def test_huge_logits_are_exact(z: list[float], label: int, loss: float, gradient: list[float], one_hot: bool) -> None:
    logits = mg.Node([z], "z")
    target = np.eye(len(z))[[label]] if one_hot else np.array([label])
    result = SoftmaxWithLoss()(logits, target)
    result.backward()
    assert result.item() == pytest.approx(loss, rel=1e-12, abs=1e-12)
    np.testing.assert_allclose(logits.grad, [gradient], rtol=1e-12, atol=1e-12)


def test_softmax_of_huge_scores_is_exact() -> None:
    z = mg.Node([[1000.0, -1000.0], [-1000.0, -1000.0], [1e308, -1e308 / 2]])
    p = Softmax()(z)
    np.testing.assert_array_equal(p.value, [[1, 0], [0.5, 0.5], [1, 0]])
    p.backward(np.array([[1.0, 0.0]] * 3))
    np.testing.assert_array_equal(z.grad, [[0, 0], [0.25, -0.25], [0, 0]])


def test_a_class_masked_with_minus_infinity_has_probability_zero() -> None:
    z = mg.Node([[0.0, -np.inf, 0.0]])
    np.testing.assert_array_equal(Softmax()(z).value, [[0.5, 0, 0.5]])
    assert SoftmaxWithLoss()(z, np.array([0])).item() == pytest.approx(math.log(2), rel=1e-12)
    assert SoftmaxWithLoss()(z, np.array([[0.5, 0.0, 0.5]])).item() == pytest.approx(math.log(2), rel=1e-12)


@pytest.mark.parametrize("target", [np.array([0, 0]), np.ones((2, 1))], ids=["labels", "one-hot"])
def test_one_class_is_certain(target: Array) -> None:
    z = mg.Node([[3.0], [-900.0]])
    loss = SoftmaxWithLoss()(z, target)
    loss.backward()
    assert loss.item() == 0
    np.testing.assert_array_equal(z.grad, [[0.0], [0.0]])
    np.testing.assert_array_equal(Softmax()(z).value, [[1.0], [1.0]])


@pytest.mark.parametrize("shape", [(1, 3), (3,)], ids=["[1, 3]", "[3]"])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_one_sample(shape: tuple[int, ...], reduction: str) -> None:
    z = mg.Node(np.array([1.0, 2.0, 3.0]).reshape(shape))
    p = np.exp([1.0, 2.0, 3.0]) / np.exp([1.0, 2.0, 3.0]).sum()
    loss = SoftmaxWithLoss(reduction)(z, np.full(shape[:-1], 2))
    loss.backward()
    assert loss.item() == pytest.approx(-math.log(p[2]), rel=1e-12)
    np.testing.assert_allclose(z.grad, (p - [0, 0, 1]).reshape(shape), rtol=1e-12)


def test_the_label_of_one_sample_may_be_a_bare_number() -> None:
    z = mg.Node([1.0, 2.0, 3.0])
    assert SoftmaxWithLoss()(z, 2).item() == SoftmaxWithLoss()(z, np.array(2)).item()
    assert mg.pick(z, 1).item() == 2


@pytest.mark.parametrize("op", [SoftmaxWithLoss(), CrossEntropy(), CrossEntropy("none")], ids=repr)
@pytest.mark.parametrize("target", [np.zeros(0, int), np.zeros((0, 3))], ids=["labels", "distributions"])
def test_an_empty_batch_has_no_loss(op: mg.Op, target: Array) -> None:
    with pytest.raises(ValueError, match=rf"{op.name}: .*\[0, 3\].*not empty"):
        op(mg.Node(np.zeros((0, 3))), target)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0)], ids=str)
def test_an_empty_softmax_mean_or_max_is_refused_by_name(shape: tuple[int, int]) -> None:
    x = mg.Node(np.zeros(shape))
    for compute, name in ((Softmax(), "Softmax"), (mg.mean, "Mean"), (mg.max, "Max")):
        with pytest.raises(ValueError, match=rf"^{name}: .*\[{shape[0]}, {shape[1]}\]"):
            compute(x)


IMPOSSIBLE = {"labels": np.array([1, 0]), "one-hot": np.array([[0.0, 1.0], [1.0, 0.0]])}
POSSIBLE = {"labels": np.array([0, 0]), "one-hot": np.array([[1.0, 0.0]] * 2), "bool": np.array([[True, False]] * 2)}


@pytest.mark.parametrize("target", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_what_was_thought_impossible_costs_infinitely_much(target: Array) -> None:
    p = mg.Node([[1.0, 0.0], [0.5, 0.5]])
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        loss = CrossEntropy()(p, target)
    assert loss.item() == np.inf
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        loss.backward()
    np.testing.assert_array_equal(p.grad, [[0, -np.inf], [-1, 0]])


@pytest.mark.parametrize("target", POSSIBLE.values(), ids=POSSIBLE)
def test_an_impossible_class_that_did_not_occur_costs_nothing(target: Array) -> None:
    p = mg.Node([[1.0, 0.0], [0.5, 0.5]])
    loss = CrossEntropy("none")(p, target)
    loss.backward(np.ones(2))
    np.testing.assert_allclose(loss.value, [0, math.log(2)], rtol=1e-12)
    np.testing.assert_array_equal(p.grad, [[-1, 0], [-2, 0]])


@pytest.mark.parametrize("depth", [0, 1])
def test_relu_at_zero_has_gradient_zero(depth: int) -> None:
    x = mg.Node([-0.0, 0.0, 1e-300, -1e-300])
    y = mg.expand(ReLU()(x), depth)
    y.backward(np.ones(4))
    np.testing.assert_array_equal(x.grad, [0, 0, 1, 0])


def test_ties_of_maximum_go_to_the_second_and_of_max_are_shared() -> None:
    a, b = mg.Node([1.0, 2.0, 3.0]), mg.Node([1.0, 3.0, 2.0])
    mg.maximum(a, b).sum().backward()
    np.testing.assert_array_equal(a.grad, [0, 0, 1])
    np.testing.assert_array_equal(b.grad, [1, 1, 0])
    x = mg.Node([[5.0, 5.0, 1.0], [2.0, 3.0, 1.0]])
    mg.max(x, axis=-1).backward(np.array([1.0, 10.0]))
    np.testing.assert_array_equal(x.grad, [[0.5, 0.5, 0], [0, 10, 0]])


@pytest.mark.parametrize("exponent, value, slope", [(0, 1, 0), (1, 0, 1), (2, 0, 0), (3, 0, 0)])
def test_powers_of_zero(exponent: int, value: float, slope: float) -> None:
    x, n = mg.Node(0.0), mg.Node(exponent)
    y = x**n
    y.backward()
    assert (y.item(), x.grad, n.grad) == (value, slope, 0)


@pytest.mark.parametrize("exponent, slope", [(-1, -0.25), (0, 0), (1, 1), (2, -4), (3, 12)])
def test_constant_powers_of_a_negative_number(exponent: int, slope: float) -> None:
    x = mg.Node(-2.0)
    y = x**exponent
    y.backward()
    assert (y.item(), x.grad) == ((-2.0) ** exponent, slope)


@pytest.mark.parametrize("reduce", [mg.sum, mg.mean, mg.max])
@pytest.mark.parametrize("axis", [None, 0, -1])
def test_reductions_of_a_scalar_do_as_numpy_does(reduce: Callable[..., mg.Node], axis: int | None) -> None:
    x = mg.Node(3.0)
    y = reduce(x, axis=axis)
    y.backward()
    assert (y.item(), x.grad) == (3.0, 1.0)


def test_a_sum_over_nothing_is_zero() -> None:
    x = mg.Node(np.zeros((0, 3)))
    y = x.sum()
    y.backward()
    assert y.item() == 0 and x.grad is not None and x.grad.shape == (0, 3)
