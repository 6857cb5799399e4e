"""The activations at extreme inputs and at their corners, and the equations between them and softmax."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from helpers import Array, spread

import minigraph as mg
from minigraph.layers import (  # fmt: skip
    GELU,
    LeakyReLU,
    Logit,
    LogSoftmax,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    SoftmaxWithLoss,
    Softplus,
    Tanh,
)
from minigraph.ops.normal import bell, erf, normal_cdf

RNG = np.random.default_rng(16)
Z = 3 * spread(RNG, 6, 4)


def value_and_gradient(op: mg.Op, x: Any, upstream: Any = 1.0) -> tuple[Array, Array]:
    leaf = mg.Node(x)
    y = op(leaf)
    y.backward(np.broadcast_to(np.asarray(upstream, dtype=y.value.dtype), y.shape))
    assert leaf.grad is not None
    return y.value, leaf.grad


FAR = [-1e308, -1000.0, 0.0, 1000.0, 1e308]
UP, STEP = [0.0, 0.0, 0.0, 1000.0, 1e308], [0.0, 0.0, 0.5, 1.0, 1.0]  # max(x, 0), and a slope that is ½ at 0


@pytest.mark.parametrize(
    "op, value, slope",
    [
        (Sigmoid(), STEP, [0.0, 0.0, 0.25, 0.0, 0.0]),
        (Tanh(), [-1.0, -1.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 0.0, 0.0]),
        (ReLU(), UP, [0.0, 0.0, 0.0, 1.0, 1.0]),
        (LeakyReLU(0.25), [-2.5e307, -250.0, 0.0, 1000.0, 1e308], [0.25, 0.25, 0.25, 1.0, 1.0]),
        (SiLU(), UP, STEP),
        (Softplus(), [0.0, 0.0, math.log(2), 1000.0, 1e308], STEP),
        (GELU(), UP, STEP),
        (GELU("tanh"), UP, STEP),
        (mg.ops.Erf(), [-1.0, -1.0, 0.0, 1.0, 1.0], [0.0, 0.0, 2 / math.sqrt(math.pi), 0.0, 0.0]),
    ],
    ids=repr,
)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_far_out_and_at_zero(op: mg.Op, value: list[float], slope: list[float], dtype: type) -> None:
    scale = 1e-270 if dtype is np.float32 else 1.0  # 1e38 is as far as float32 goes
    far = [x * scale if abs(x) > 1e300 else x for x in FAR]
    found = value_and_gradient(op, np.array(far, dtype=dtype))
    expected = [x * scale if abs(x) > 1e300 else x for x in value]
    np.testing.assert_allclose(found[0], expected, rtol=1e-6 if dtype is np.float32 else 1e-14)
    np.testing.assert_allclose(found[1], slope, rtol=1e-6 if dtype is np.float32 else 1e-14)


def test_erf_is_right_to_the_last_digits() -> None:
    x = np.concatenate([np.linspace(-7, 7, 20_001), [1e-300, -1e-8, 0.46875, 4.0, 30.0]])
    exact = np.array([math.erf(t) for t in x])
    np.testing.assert_allclose(erf(x), exact, rtol=1e-15, atol=0)
    assert np.isnan(erf(np.array([np.nan])))
    np.testing.assert_array_equal(erf(np.array([np.inf, -np.inf])), [1, -1])
    z = np.linspace(-37, 37, 20_001)
    tails = np.array([math.erfc(-t / math.sqrt(2)) / 2 for t in z])
    np.testing.assert_allclose(normal_cdf(z), tails, rtol=2e-15, atol=0)
    np.testing.assert_allclose(bell(np.array([0.0, 1.0])) * math.sqrt(2 * math.pi), [1, math.exp(-0.5)], rtol=1e-15)


def test_gelu_by_tanh_is_near_the_exact_one() -> None:
    x = np.linspace(-6, 6, 1001)
    assert 1e-4 < np.abs(GELU("tanh").forward(x) - GELU().forward(x)).max() < 5e-4


def test_sigmoid_and_logit_are_inverses() -> None:
    np.testing.assert_allclose(mg.logit(mg.sigmoid(mg.Node(Z))).value, Z, rtol=1e-12)
    p = np.array([1e-300, 1e-9, 0.25, 0.5, 0.75])
    np.testing.assert_allclose(mg.sigmoid(mg.logit(mg.Node(p))).value, p, rtol=1e-12)
    x = mg.Node(Z)
    mg.logit(mg.sigmoid(x)).backward(np.ones(Z.shape))
    np.testing.assert_allclose(x.grad, 1, rtol=1e-11)


def test_certainty_has_infinite_odds() -> None:
    p = mg.Node([0.0, 1.0])
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        odds = Logit()(p)
    np.testing.assert_array_equal(odds.value, [-np.inf, np.inf])
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        odds.backward(np.ones(2))
    np.testing.assert_array_equal(p.grad, [np.inf, np.inf])


def test_sigmoid_by_its_relatives() -> None:
    s = Sigmoid().forward(Z)
    np.testing.assert_allclose(Sigmoid().forward(-Z), 1 - s, rtol=1e-12)
    np.testing.assert_allclose(Tanh().forward(Z / 2), 2 * s - 1, rtol=1e-12)
    np.testing.assert_allclose(Softplus().forward(Z) - Softplus().forward(-Z), Z, rtol=1e-12)
    np.testing.assert_allclose(value_and_gradient(Softplus(), Z)[1], s, rtol=1e-14)
    np.testing.assert_allclose(Softplus(1e6).forward(Z), ReLU().forward(Z), atol=1e-6)
    np.testing.assert_array_equal(LeakyReLU(0).forward(Z), ReLU().forward(Z))


def test_a_softmax_of_two_classes_is_the_sigmoid_of_their_difference_with_its_gradients() -> None:
    scores, other = mg.Node(Z[:, :2]), mg.Node(Z[:, :2])
    p, s = Softmax()(scores)[:, 0], mg.sigmoid(other[:, 0] - other[:, 1])
    np.testing.assert_allclose(p.value, s.value, rtol=1e-13)
    for root in (p, s):
        root.backward(np.arange(1.0, 7.0))
    np.testing.assert_allclose(scores.grad, other.grad, rtol=1e-11, atol=1e-15)


@pytest.mark.parametrize("axis", [0, 1])
def test_log_of_softmax_is_log_softmax_with_its_gradients(axis: int) -> None:
    x, upstream = mg.Node(Z), RNG.normal(size=Z.shape)
    chained = mg.log(Softmax(axis)(x))
    chained.backward(upstream)
    value, gradient = value_and_gradient(LogSoftmax(axis), Z, upstream)
    np.testing.assert_allclose(value, chained.value, rtol=1e-12)
    np.testing.assert_allclose(gradient, x.grad, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(np.exp(value).sum(axis=axis), 1, rtol=1e-14)


@pytest.mark.parametrize("shift", [-700.0, 1e-3, 5.0, 1e6])
def test_log_softmax_does_not_see_a_shift(shift: float) -> None:
    np.testing.assert_allclose(LogSoftmax().forward(Z + shift), LogSoftmax().forward(Z), rtol=1e-8, atol=1e-9)


def test_the_picked_log_softmax_is_the_loss() -> None:
    labels = np.array([0, 3, 1, 2, 2, 0])
    x, z = mg.Node(Z), mg.Node(Z)
    rows, loss = -mg.pick(LogSoftmax()(x), labels), SoftmaxWithLoss("none")(z, labels)
    np.testing.assert_allclose(rows.value, loss.value, rtol=1e-14)
    for root in (rows, loss):
        root.backward(np.ones(6))
    np.testing.assert_allclose(x.grad, z.grad, rtol=1e-12, atol=1e-15)


def test_log_softmax_of_huge_scores_is_exact() -> None:
    value, gradient = value_and_gradient(
        LogSoftmax(), [[1000.0, -1000.0], [-1e308, -1e308], [1e300, 0.0]], [[1.0, 0.0]]
    )
    np.testing.assert_allclose(value, [[0, -2000], [-math.log(2)] * 2, [0, -1e300]], rtol=1e-14)
    np.testing.assert_array_equal(gradient, [[0, 0], [0.5, -0.5], [0, 0]])
    np.testing.assert_array_equal(LogSoftmax().forward(np.array([[3.0]])), [[0.0]])


def test_functions_and_layers_are_the_same_ops() -> None:
    x = mg.Node([0.25, 0.5])
    for function, layer in ((mg.relu, ReLU), (mg.sigmoid, Sigmoid), (mg.tanh, Tanh), (mg.logit, Logit)):
        assert type(function(x).op) is layer
