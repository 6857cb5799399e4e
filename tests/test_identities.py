"""Numbers that one knows beforehand, and equations between layers that hold for every input."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from helpers import Array, distribution, spread

import minigraph as mg
from minigraph.layers import Affine, CrossEntropy, ReLU, Sequential, Softmax, SoftmaxWithLoss

RNG = np.random.default_rng(15)
Z = 3 * spread(RNG, 6, 4)
LABELS = np.array([0, 3, 1, 2, 2, 0])
ONE_HOT = np.eye(4)[LABELS]


def loss_and_gradient(op: mg.Op, scores: Array, targets: Any) -> tuple[Array, Array]:
    x = mg.Node(scores)
    loss = op(x, targets)
    loss.backward(np.ones(loss.shape))
    assert x.grad is not None
    return loss.value, x.grad


def test_ten_classes_and_tiny_weights_cost_minus_log_of_a_tenth() -> None:
    rng = np.random.default_rng(0)
    for net in (
        Affine(50, 10, weight=1e-4 * rng.normal(size=(50, 10))),
        Sequential(Affine(50, 20, seed=rng), ReLU(), Affine(20, 10, weight=1e-3 * rng.normal(size=(20, 10)))),
    ):
        loss = SoftmaxWithLoss()(net(rng.normal(size=(64, 50))), rng.integers(10, size=64))
        assert abs(loss.item() - 2.3026) < 0.02


@pytest.mark.parametrize("classes", [1, 2, 10, 1000])
def test_equal_scores_cost_log_of_the_number_of_classes(classes: int) -> None:
    loss = SoftmaxWithLoss()(mg.Node(np.full((3, classes), 7.0)), np.zeros(3, int))
    assert loss.item() == pytest.approx(math.log(classes), rel=1e-14, abs=1e-14)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_cross_entropy_of_softmax_is_softmax_with_loss(reduction: Any) -> None:
    z = mg.Node(Z)
    chained = CrossEntropy(reduction)(Softmax()(z), LABELS)
    chained.backward(np.ones(chained.shape))
    loss, gradient = loss_and_gradient(SoftmaxWithLoss(reduction), Z, LABELS)
    np.testing.assert_allclose(chained.value, loss, rtol=1e-13)
    np.testing.assert_allclose(z.grad, gradient, rtol=1e-11, atol=1e-15)


def test_the_gradient_of_cross_entropy_is_by_probabilities_not_by_logits() -> None:
    p = distribution(RNG, 6, 4)
    np.testing.assert_allclose(loss_and_gradient(CrossEntropy(), p, LABELS)[1], -ONE_HOT / p / 6, rtol=1e-14)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("op, scores", [(SoftmaxWithLoss, Z), (CrossEntropy, Softmax().forward(Z))], ids=["z", "p"])
def test_integer_and_one_hot_targets_agree(op: Any, scores: Array, reduction: str) -> None:
    loss, gradient = loss_and_gradient(op(reduction), scores, LABELS)
    for targets in (ONE_HOT, ONE_HOT.astype(int), ONE_HOT > 0, ONE_HOT.astype(np.float32)):
        other, other_gradient = loss_and_gradient(op(reduction), scores, targets)
        np.testing.assert_allclose(other, loss, rtol=1e-14)
        np.testing.assert_allclose(other_gradient, gradient, rtol=1e-14)


@pytest.mark.parametrize("depth", [0, 99])
@pytest.mark.parametrize("targets", [LABELS, ONE_HOT, ONE_HOT.astype(int)], ids=["labels", "float64", "int64"])
def test_a_loss_has_the_type_of_its_scores_whatever_the_targets_are(targets: Array, depth: int) -> None:
    z = mg.Node(Z.astype(np.float32))
    loss = mg.expand(SoftmaxWithLoss()(z, targets), depth)
    loss.backward()
    assert z.grad is not None and loss.value.dtype == z.grad.dtype == np.float32


def test_reductions_are_sum_and_mean_of_the_rows() -> None:
    for targets in (LABELS, distribution(RNG, 6, 4)):
        (rows, each), (total, summed), (mean, averaged) = (
            loss_and_gradient(SoftmaxWithLoss(reduction), Z, targets) for reduction in ("none", "sum", "mean")
        )  # fmt: skip
        assert rows.shape == (6,)
        np.testing.assert_allclose([total, mean], [rows.sum(), rows.mean()], rtol=1e-14)
        np.testing.assert_allclose(summed, each, rtol=1e-14)
        np.testing.assert_allclose(averaged, each / 6, rtol=1e-14)


def test_leading_axes_are_rows() -> None:
    flat = loss_and_gradient(SoftmaxWithLoss(), Z, LABELS)
    cube = loss_and_gradient(SoftmaxWithLoss(), Z.reshape(2, 3, 4), LABELS.reshape(2, 3))
    np.testing.assert_allclose(cube[0], flat[0], rtol=1e-14)
    np.testing.assert_allclose(cube[1].reshape(6, 4), flat[1], rtol=1e-14)
    layer = Affine(4, 2, seed=0)
    np.testing.assert_allclose(layer(Z.reshape(2, 3, 4)).value.reshape(6, 2), layer(Z).value, rtol=1e-14)


def test_the_cross_entropy_of_a_distribution_with_itself_is_its_entropy() -> None:
    coin, die = CrossEntropy(), np.full((1, 6), 1 / 6)
    assert coin(mg.Node([[0.5, 0.5]]), np.array([[0.5, 0.5]])).item() / math.log(2) == pytest.approx(1, rel=1e-14)
    assert coin(mg.Node(die), die).item() / math.log(2) == pytest.approx(math.log2(6), rel=1e-14)


def test_a_prediction_equal_to_the_target_has_no_gradient_at_the_logits() -> None:
    targets = Softmax().forward(Z)
    np.testing.assert_allclose(loss_and_gradient(SoftmaxWithLoss(), Z, targets)[1], 0, atol=1e-16)


def test_a_certain_right_answer_costs_nothing() -> None:
    assert CrossEntropy()(mg.Node(ONE_HOT), ONE_HOT).item() == 0


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("shift", [-700.0, 1e-3, 5.0, 1e6])
def test_softmax_does_not_see_a_shift(axis: int, shift: float) -> None:
    np.testing.assert_allclose(Softmax(axis).forward(Z + shift), Softmax(axis).forward(Z), rtol=1e-9)


def test_softmax_makes_distributions_along_its_axis_and_groups() -> None:
    np.testing.assert_allclose(Softmax(axis=0).forward(Z).sum(axis=0), 1, rtol=1e-14)
    np.testing.assert_allclose(Softmax(groups=2).forward(Z).reshape(6, 2, 2).sum(axis=-1), 1, rtol=1e-14)
    for options in ({"axis": 0}, {"axis": -1}, {"groups": 2}, {"temperature": 0.3}):
        p = Softmax(**options).forward(Z)
        assert (p > 0).all()


def test_groups_are_softmaxes_of_their_own() -> None:
    parts = [Softmax().forward(part) for part in np.split(Z, 2, axis=1)]
    np.testing.assert_allclose(Softmax(groups=2).forward(Z), np.concatenate(parts, axis=1), rtol=1e-14)


def test_temperature_divides_the_scores() -> None:
    np.testing.assert_allclose(Softmax(temperature=2.5).forward(Z), Softmax().forward(Z / 2.5), rtol=1e-13)
    np.testing.assert_allclose(Softmax(temperature=1e9).forward(Z), 0.25, rtol=1e-7)
    np.testing.assert_allclose(Softmax(temperature=1e-9).forward(Z), np.eye(4)[Z.argmax(axis=1)], atol=1e-15)


def test_the_logarithm_of_softmax_is_the_score_minus_log_sum_exp() -> None:
    log_sum_exp = np.log(np.exp(Z).sum(axis=1, keepdims=True))
    np.testing.assert_allclose(np.log(Softmax().forward(Z)), Z - log_sum_exp, rtol=1e-12)
    rows = SoftmaxWithLoss("none")(mg.Node(Z), LABELS).value
    np.testing.assert_allclose(rows, (log_sum_exp - Z)[np.arange(6), LABELS][...], rtol=1e-12)


def test_a_softmax_of_two_is_a_sigmoid_of_the_difference() -> None:
    p = Softmax().forward(Z[:, :2])
    np.testing.assert_allclose(p[:, 0], 1 / (1 + np.exp(Z[:, 1] - Z[:, 0])), rtol=1e-13)


def test_the_rows_of_a_softmax_jacobian_sum_to_zero() -> None:
    jacobian = mg.local_gradient(Softmax()(mg.Node(Z[0])))
    np.testing.assert_allclose(jacobian.sum(axis=1), 0, atol=1e-16)
    np.testing.assert_allclose(jacobian, jacobian.T, rtol=1e-13)


def test_affine_by_hand() -> None:
    x, w, b = np.array([[1.0, 2.0]]), np.array([[1.0, 0.0, -1.0], [2.0, 1.0, 0.5]]), np.array([0.1, 0.2, 0.3])
    layer = Affine(2, 3, weight=w, bias=b)
    np.testing.assert_allclose(layer.forward(x, w, b), [[5.1, 2.2, 0.3]], rtol=1e-14)
    upstream = np.array([[1.0, 10.0, 100.0]])
    dx, dw, db = layer.backward(upstream, layer.forward(x, w, b), x, w, b)
    np.testing.assert_array_equal(dx, [[-99, 62]])
    np.testing.assert_array_equal(dw, [[1, 10, 100], [2, 20, 200]])
    np.testing.assert_array_equal(db, [1, 10, 100])
