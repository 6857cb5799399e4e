"""Layers as a user builds them: first weights, Sequential, and how they look."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import Array, Double, spread

import minigraph as mg
from minigraph.layers import (
    Affine,
    BatchNorm,
    CrossEntropy,
    LayerNorm,
    LeakyReLU,
    ReLU,
    Sequential,
    Softmax,
    SoftmaxWithLoss,
    Softplus,
)
from minigraph.layers.initializers import he, xavier


def test_initializers_have_their_variance() -> None:
    rng = np.random.default_rng(0)
    assert he((400, 500), rng).std() == pytest.approx(np.sqrt(2 / 400), rel=0.01)
    uniform = xavier((400, 500), rng)
    limit = np.sqrt(6 / 900)
    assert uniform.std() == pytest.approx(limit / np.sqrt(3), rel=0.01)
    assert np.abs(uniform).max() <= limit


def test_affine_weights_by_seed_generator_function_and_array() -> None:
    def weight(**options: Any) -> Array:
        return Affine(3, 2, **options).parameters[0].value

    np.testing.assert_array_equal(weight(seed=5), weight(seed=5))
    rng = np.random.default_rng(5)
    first, second = weight(seed=rng), weight(seed=rng)
    np.testing.assert_array_equal(first, weight(seed=5))
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(weight(weight=lambda shape, rng: np.full(shape, 7)), np.full((3, 2), 7.0))
    np.testing.assert_array_equal(weight(weight=[[1, 2], [3, 4], [5, 6]]), [[1, 2], [3, 4], [5, 6]])
    assert weight(dtype=np.float32).dtype == np.float32
    assert np.abs(weight(weight="xavier", seed=0)).max() <= np.sqrt(6 / 5)
    np.testing.assert_array_equal(Affine(3, 2).parameters[1].value, [0, 0])
    assert len(Affine(3, 2, bias=False).parameters) == 1


def test_formulas_of_a_loss_divide_by_n_only_for_a_mean() -> None:
    for op, local in ((CrossEntropy, "−(t/p)"), (SoftmaxWithLoss, "(P − t)")):
        for reduction in ("sum", "none"):
            assert op(reduction).locals[0].text("L", ("p", "t")) == local
            assert "N" not in op(reduction).formula + op(reduction).locals[0].note
        assert "N" in op().locals[0].text("L", ("p", "t")) and "N" in op().formula


def test_formulas_tell_the_setting() -> None:
    assert Affine(2, 3, bias=False).formula == "{0}·{1}"
    assert [local.text("Y", "XWb") for local in Affine(2, 3).locals] == ["Wᵀ", "Xᵀ", "Σₙ"]
    warm = Softmax(temperature=2.0)
    assert warm.formula == "softmax({0}/2)"
    assert warm.locals[0].text("P", "x").endswith("/2") and warm.locals[0].note.endswith("/2")


@pytest.mark.parametrize("depth", [0, 1])
@pytest.mark.parametrize("make", [
    lambda two: Softmax(temperature=two), lambda two: LeakyReLU(two / 4), Softplus,
    lambda two: LayerNorm(3, two, np.float32), lambda two: BatchNorm(3, two, dtype=np.float32),
    lambda two: lambda x: mg.clip(x, -two, two),
], ids=["Softmax", "LeakyReLU", "Softplus", "LayerNorm", "BatchNorm", "clip"])  # fmt: skip
def test_settings_that_numpy_made_leave_float32_alone(make: Any, depth: int) -> None:
    x = mg.Node(spread(np.random.default_rng(0), 4, 3).astype(np.float32))
    y = mg.expand(make(np.float64(2))(x), depth)
    y.backward(np.ones(y.shape, np.float32))
    assert x.grad is not None and y.value.dtype == x.grad.dtype == np.float32


def test_sequential_calls_in_order_and_counts_its_layers() -> None:
    net = Sequential(Double(), lambda x: x + 1, Sequential(Double(), ReLU()))
    assert net(mg.Node(3.0)).item() == 14
    assert net(-3.0).item() == 0
    assert len(net) == 3 and list(net)[0] is net[0] and isinstance(net[-1], Sequential)


def test_sequential_has_every_parameter_once_however_nested() -> None:
    shared, other = Affine(3, 3, seed=0), Affine(3, 2, seed=1)
    net = Sequential(shared, Sequential(ReLU(), shared), Sequential(Sequential(other)), mg.tanh)
    assert net.parameters == (*shared.parameters, *other.parameters)
    assert set(mg.Graph(net(mg.Node(spread(np.random.default_rng(0), 2, 3)))).parameters) == set(net.parameters)


def test_repr_of_layers() -> None:
    net = Sequential(Affine(4, 3), ReLU(), Softmax())
    assert repr(net) == "Sequential(Affine(4, 3), ReLU(), Softmax())"
