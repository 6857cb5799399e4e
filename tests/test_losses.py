"""Losses: equations between them, numbers known beforehand, edges, and what they refuse."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers import Array, distribution, spread

import minigraph as mg
from minigraph.layers import (
    L1,
    L2,
    Affine,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    CrossEntropy,
    FocalLoss,
    MeanAbsoluteError,
    MeanSquaredError,
    MulticlassHinge,
    NLLLoss,
    RootMeanSquaredError,
    SigmoidWithLoss,
    Softmax,
    SoftmaxWithLoss,
    SparseCategoricalCrossEntropy,
    from_one_hot,
    one_hot,
)

RNG = np.random.default_rng(15)
Z = 3 * spread(RNG, 6, 4)
LABELS = np.array([0, 3, 1, 2, 2, 0])
NAN = float("nan")


def loss_and_gradient(op: Callable[..., mg.Node], x: Any, t: Any) -> tuple[Array, Array]:
    node = mg.Node(x)
    loss = op(node, t)
    loss.backward(np.ones(loss.shape))
    assert node.grad is not None
    return loss.value, node.grad


def assert_same(a: tuple[Array, Array], b: tuple[Array, Array]) -> None:
    np.testing.assert_allclose(a[0], b[0], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(a[1], b[1], rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("t", [LABELS, one_hot(LABELS, 4), distribution(RNG, 6, 4)], ids=["labels", "one-hot", "soft"])
class TestTheSameAsCrossEntropyOfLogits:
    def test_nll_of_log_softmax(self, t: Array, reduction: Any) -> None:
        chained = loss_and_gradient(lambda z, t: NLLLoss(reduction)(mg.log(Softmax()(z)), t), Z, t)
        assert_same(chained, loss_and_gradient(SoftmaxWithLoss(reduction), Z, t))

    def test_focal_loss_with_gamma_zero(self, t: Array, reduction: Any) -> None:
        for alpha in (None, 1.0, np.ones(4)):
            focal = loss_and_gradient(FocalLoss(0.0, alpha, reduction), Z, t)
            assert_same(focal, loss_and_gradient(SoftmaxWithLoss(reduction), Z, t))

    def test_what_keras_calls_it(self, t: Array, reduction: Any) -> None:
        p, op = Softmax().forward(Z), SparseCategoricalCrossEntropy if t.ndim == 1 else CategoricalCrossEntropy
        assert_same(loss_and_gradient(op(reduction), p, t), loss_and_gradient(CrossEntropy(reduction), p, t))


def test_two_classes_are_one_question() -> None:
    t = np.array([0, 1, 1, 0, 1, 0])
    two = loss_and_gradient(SoftmaxWithLoss(), Z[:, :2], t)
    one = loss_and_gradient(SigmoidWithLoss(), Z[:, 1] - Z[:, 0], t)
    assert_same((two[0], two[1][:, 1]), one)
    p = 1 / (1 + np.exp(-Z))
    yes = (Z > 1).astype(float)
    chained = loss_and_gradient(BinaryCrossEntropy(), p, yes)
    assert_same((chained[0], chained[1] * p * (1 - p)), loss_and_gradient(SigmoidWithLoss(), Z, yes))


@pytest.mark.parametrize("classes", [1, 2, 10])
def test_not_knowing_costs_minus_log_of_one_over_the_classes(classes: int) -> None:
    z, t = mg.Node(np.zeros((3, classes))), np.zeros(3, int)
    assert NLLLoss()(mg.log(Softmax()(z)), t).item() == pytest.approx(-math.log(1 / classes), rel=1e-14, abs=1e-14)
    assert MulticlassHinge()(z, t).item() == classes - 1
    guess = FocalLoss(2.0)(z, t).item()
    assert guess == pytest.approx((1 - 1 / classes) ** 2 * math.log(classes), rel=1e-14, abs=1e-14)


def test_beyond_the_margin_hinge_is_content_and_softmax_is_not() -> None:
    s, t = [[10.0, -2.0, 3.0]], np.array([0])
    hinge, softmax = loss_and_gradient(MulticlassHinge(), s, t), loss_and_gradient(SoftmaxWithLoss(), s, t)
    assert hinge[0] == 0 and not hinge[1].any()
    assert softmax[0] > 0 and softmax[1].all()


def test_the_hinge_of_cs231n() -> None:
    s, t = [[13.0, -7.0, 11.0], [3.2, 5.1, -1.7]], np.array([0, 0])
    loss, gradient = loss_and_gradient(MulticlassHinge(10.0, "none"), s, t)
    np.testing.assert_allclose(loss, [8, 11.9 + 5.1], rtol=1e-14)
    np.testing.assert_array_equal(gradient, [[-1, 0, 1], [-2, 1, 1]])


@pytest.mark.parametrize("depth", [0, 1])
def test_corners_have_gradient_zero(depth: int) -> None:
    def gradient(op: mg.Op, x: Any, t: Any) -> Array:
        return loss_and_gradient(lambda x, t: mg.expand(op(x, t), depth), x, t)[1]

    np.testing.assert_array_equal(gradient(MulticlassHinge(), [[3.0, 2.0, 2.5]], np.array([0])), [[-1, 0, 1]])
    np.testing.assert_array_equal(gradient(MeanAbsoluteError("sum"), [1.0, 2.0, 3.0], [2.0, 2.0, 2.0]), [-1, 0, 1])
    w = mg.Node([0.0, -2.0, 3.0])
    mg.expand(L1(0.5)(w), depth).backward()
    np.testing.assert_array_equal(w.grad, [0, -0.5, 0.5])


def test_the_root_has_a_gradient_where_nothing_is_wrong() -> None:
    loss, gradient = loss_and_gradient(RootMeanSquaredError(), [1.0, 2.0], np.array([1, 2]))
    assert loss == 0
    np.testing.assert_array_equal(gradient, [0, 0])
    loss, gradient = loss_and_gradient(RootMeanSquaredError(), [3.0, 0.0], np.array([0.0, 4.0]))
    assert loss == pytest.approx(math.sqrt(12.5), rel=1e-15)
    np.testing.assert_allclose(gradient, [3 / (2 * loss), -4 / (2 * loss)], rtol=1e-14)


def test_means_of_elementwise_losses_are_over_all_elements() -> None:
    x, t = [[1.0, 2.0], [3.0, 5.0]], np.array([[1, 1], [1, 1]])
    assert MeanSquaredError()(mg.Node(x), t).item() == (0 + 1 + 4 + 16) / 4
    assert MeanAbsoluteError()(mg.Node(x), t).item() == (0 + 1 + 2 + 4) / 4


def test_a_penalty_is_drawn_and_adds_its_gradient() -> None:
    layer = Affine(3, 4, seed=0)
    w = layer.parameters[0]
    data = SoftmaxWithLoss()(layer(Z[:, :3]), LABELS)
    data.backward()
    before = np.array(w.grad)
    loss = data + L2(0.25)(w)
    loss.backward()
    np.testing.assert_allclose(w.grad, before + 2 * 0.25 * w.value, rtol=1e-13)
    svg = mg.draw(loss).svg()
    assert "L2" in svg and "2λ × W" in svg and "λ = 0.25" in svg
    assert mg.check_gradients(loss, verbose=False)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_focal_loss_of_huge_logits(gamma: float) -> None:
    z = [[1000.0, -1000.0], [-1000.0, 1000.0], [1000.0, 1000.0]]
    loss, gradient = loss_and_gradient(FocalLoss(gamma, reduction="none"), z, np.array([0, 0, 0]))
    np.testing.assert_allclose(loss, [0, 2000, 0.5**gamma * math.log(2)], rtol=1e-13)
    np.testing.assert_allclose(gradient[:2], [[0, 0], [-1, 1]], atol=1e-13)
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_focal_loss_of_what_is_impossible(gamma: float) -> None:
    z, t = [[-np.inf, 1.0, 2.0]], np.array([0])
    loss, gradient = loss_and_gradient(FocalLoss(gamma), z, t)
    assert loss == np.inf
    np.testing.assert_allclose(gradient, loss_and_gradient(SoftmaxWithLoss(), z, t)[1], rtol=1e-14)


def test_alpha_weighs_the_classes() -> None:
    plain = FocalLoss(2.0, reduction="none")(mg.Node(Z), LABELS).value
    alpha = np.array([0.5, 1.0, 2.0, 0.0])
    weighed = FocalLoss(2.0, alpha, reduction="none")(mg.Node(Z), LABELS).value
    np.testing.assert_allclose(weighed, alpha[LABELS] * plain, rtol=1e-14)
    np.testing.assert_allclose(FocalLoss(2.0, 3.0, "none")(mg.Node(Z), LABELS).value, 3 * plain, rtol=1e-14)


def test_sigmoid_with_loss_of_huge_logits() -> None:
    z, t = [1000.0, 1000.0, -1000.0, -1000.0, 0.0], np.array([1, 0, 1, 0, 1])
    loss, gradient = loss_and_gradient(SigmoidWithLoss("none"), z, t)
    np.testing.assert_allclose(loss, [0, 1000, 1000, 0, math.log(2)], rtol=1e-15)
    np.testing.assert_allclose(gradient, [0, 1, -1, 0, -0.5], rtol=1e-15)


def test_hinge_of_huge_scores_and_of_one_class() -> None:
    s, t = [[1000.0, -1000.0], [-1000.0, 1000.0]], np.array([0, 0])
    np.testing.assert_array_equal(MulticlassHinge(reduction="none")(mg.Node(s), t).value, [0, 2001])
    for op in (MulticlassHinge(), FocalLoss(0.5), FocalLoss(2.0)):
        loss, gradient = loss_and_gradient(op, [[3.0], [-9.0]], t)
        assert loss == 0 and not gradient.any()


def test_binary_probabilities_of_exactly_zero_and_one() -> None:
    loss, gradient = loss_and_gradient(BinaryCrossEntropy("none"), [0.0, 1.0], np.array([0, 1]))
    np.testing.assert_array_equal(loss, [0, 0])
    np.testing.assert_array_equal(gradient, [1, -1])
    p = mg.Node([0.0, 1.0])
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        wrong = BinaryCrossEntropy("none")(p, np.array([1, 0]))
        wrong.backward(np.ones(2))
    np.testing.assert_array_equal(wrong.value, [np.inf, np.inf])
    np.testing.assert_array_equal(p.grad, [-np.inf, np.inf])


def test_nll_of_what_is_impossible() -> None:
    loss, gradient = loss_and_gradient(NLLLoss("none"), [[0.0, -np.inf], [0.0, -np.inf]], np.array([0, 1]))
    np.testing.assert_array_equal(loss, [0, np.inf])
    np.testing.assert_array_equal(gradient, [[-1, 0], [0, -1]])


def test_one_hot_and_back() -> None:
    np.testing.assert_array_equal(one_hot([2, 0], 3), [[0, 0, 1], [1, 0, 0]])
    np.testing.assert_array_equal(one_hot(1, 2), [0, 1])
    labels = RNG.integers(5, size=(4, 2))
    for kind in (float, int, bool):
        np.testing.assert_array_equal(from_one_hot(one_hot(labels, 5).astype(kind)), labels)
    assert one_hot(np.zeros(0, int), 3).shape == (0, 3)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_formulas_say_the_reduction(reduction: Any) -> None:
    op = MeanSquaredError(reduction)
    assert op.locals[0].text("L", ("x", "t")) == "2(x − t)" + "/N" * (reduction == "mean")
    assert op.formula.startswith("Σ") is (reduction != "none") and op.formula.endswith("/ N") is (reduction == "mean")


def x(*shape: int) -> mg.Node:
    return mg.Node(np.full(shape, 0.5))


REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: NLLLoss()(x(2, 3), np.array([0, 3])), r"^NLLLoss: labels go from 0 to 3, but must lie in 0 … 2"),
    (lambda: FocalLoss()(x(2, 3), np.array([0, -1])), r"^FocalLoss: labels go from -1 to 0, but must lie in 0 … 2"),
    (lambda: MulticlassHinge()(x(2, 3), np.array([0, 9])), r"^MulticlassHinge: labels go from 0 to 9, but must lie"),
    (lambda: MulticlassHinge()(x(1, 2), [[0.5, 0.5]]), r"^MulticlassHinge: each row .* must be one-hot: a single 1"),
    (lambda: CategoricalCrossEntropy()(x(2, 3), np.array([0, 1])),
     r"^CategoricalCrossEntropy: the targets are int64 \[2\], but must be distributions \[2, 3\]; Sparse.* labels"),
    (lambda: SparseCategoricalCrossEntropy()(x(1, 2), [[0, 1]]),
     r"^SparseCategoricalCrossEntropy: the targets are int64 \[1, 2\], but must be integer labels \[1\]; Cat"),
    (lambda: SparseCategoricalCrossEntropy()(x(2, 3), [0.0, 1.0]), r"^SparseCategoricalCrossEntropy: .* float64 \[2\]"),
    (lambda: BinaryCrossEntropy()(mg.Node([0.5, 1.5]), [0, 1]),
     r"^BinaryCrossEntropy: the probabilities go from 0\.5 to 1\.5, but must lie in 0 … 1$"),
    (lambda: BinaryCrossEntropy()(mg.Node([-0.5, 1.0]), [0, 1]), r"^BinaryCrossEntropy: the probabilities go from -0"),
    (lambda: BinaryCrossEntropy()(mg.Node([NAN, 1.0]), [0, 1]), r"^BinaryCrossEntropy: the probabilities go from nan"),
    (lambda: BinaryCrossEntropy()(x(2), [0, 2]), r"^BinaryCrossEntropy: the targets go from 0 to 2, but must lie in"),
    (lambda: SigmoidWithLoss()(x(2), [-1, 1]), r"^SigmoidWithLoss: the targets go from -1 to 1, but must lie in 0 … 1"),
    (lambda: MeanSquaredError()(x(2, 1), np.zeros(2)),
     r"^MeanSquaredError: the predictions are \[2, 1\] and the targets \[2\]; both must have the same shape"),
    (lambda: MeanAbsoluteError()(x(2), [0.0, NAN]), r"^MeanAbsoluteError: the targets have 1 NaN of 2 values"),
    (lambda: RootMeanSquaredError()(x(2), np.zeros(3)), r"^RootMeanSquaredError: the predictions are .* and .*3"),
    (lambda: FocalLoss(-1.0), r"^FocalLoss: gamma is -1\.0, but must be 0 or more"),
    (lambda: FocalLoss(NAN), r"^FocalLoss: gamma is nan"),
    (lambda: FocalLoss(alpha=[0.5, -1.0]), r"^FocalLoss: alpha is \[0\.5, -1\.0\], but must be a number ≥ 0"),
    (lambda: FocalLoss(alpha=[1.0, 2.0])(x(2, 3), [0, 1]),
     r"^FocalLoss: alpha has 2 weights, but the scores are \[2, 3\]; there must be 3, one for each class$"),
    (lambda: FocalLoss(alpha=[2.0])(x(2, 3), [0, 1]), r"^FocalLoss: alpha has 1 weight, but .* there must be 3, one"),
    (lambda: FocalLoss(alpha=-np.ones(99)), r"^FocalLoss: alpha is array\(.{1,40}\), but must be a number ≥ 0, or"),
    (lambda: MulticlassHinge()(x(2, 3), [0.0, 1.0]),
     r"^MulticlassHinge: the targets are float64 \[2\], but for scores of \[2, 3\] must be integer labels \[2\] or "
     r"distributions \[2, 3\]; \.astype\(int\) makes labels of them$"),
    (lambda: FocalLoss()(x(2, 3), np.eye(4)[:2]), r"^FocalLoss: the targets are float64 \[2, 4\], .* \[2, 3\]$"),
    (lambda: SoftmaxWithLoss()(x(2, 3), [[1, 0, 0], [1, 1, 0]]),
     r"^SoftmaxWithLoss: each row of the targets must be a distribution.*; row 1 is \[1, 1, 0\], with sum 2$"),
    (lambda: FocalLoss()(x(1, 2), [[NAN, 1.0]]), r"^FocalLoss: each row .*; row 0 is \[nan, 1\], with sum nan$"),
    (lambda: NLLLoss()(x(2), [np.inf, -np.inf]), r"^NLLLoss: each row .*; row 0 is \[inf, -inf\], with sum nan$"),
    (lambda: CrossEntropy()(x(2, 2, 8), np.full((2, 2, 8), 0.25)),
     r"^CrossEntropy: .*; row 0, 0 is \[0\.25, 0\.25, 0\.25, 0\.25, 0\.25, 0\.25, …\], with sum 2$"),
    (lambda: MulticlassHinge(-0.5), r"^MulticlassHinge: delta is -0\.5, but must be 0 or more"),
    (lambda: L2(-0.1), r"^L2: strength λ is -0\.1, but must be 0 or more"),
    (lambda: L1(NAN), r"^L1: strength λ is nan"),
    (lambda: one_hot([0, 3], 3), r"^one_hot: labels go from 0 to 3, but must lie in 0 … 2 \(3 classes\)$"),
    (lambda: one_hot([0], 0), r"^one_hot: there are 0 classes, but there must be at least 1$"),
    (lambda: from_one_hot([[0.5, 0.5]]), r"^from_one_hot: each row of the targets must be one-hot"),
    (lambda: from_one_hot([[0, 1], [1, 1]]), r"^from_one_hot: .* must be one-hot.*; row 1 is \[1, 1\], with sum 2$"),
    (lambda: from_one_hot(1), r"^from_one_hot: the targets are a single number"),
]  # fmt: skip


@pytest.mark.parametrize("call, message", REFUSED, ids=[row[1][:60] for row in REFUSED])
def test_message(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


NO_NUMBERS: list[tuple[Callable[[], Any], str]] = [
    (lambda: one_hot([0.0, 1.0], 2), r"^one_hot: the labels are float64, but must be integers$"),
    (lambda: one_hot([0, 1], 2.5), r"^one_hot: classes is 2\.5, but must be an integer$"),  # type: ignore[arg-type]
    (lambda: FocalLoss("sum"), r"^FocalLoss: gamma is 'sum', but must be a number: 0 or"),  # type: ignore[arg-type]
    (lambda: FocalLoss(2.0, "sum"), r"^FocalLoss: alpha is 'sum', but must be a number ≥ 0, or one for each class$"),
    (lambda: FocalLoss(alpha={0: 1.0}), r"^FocalLoss: alpha is {0: 1\.0}, but must be"),  # type: ignore[arg-type]
    (lambda: MulticlassHinge([1.0]), r"^MulticlassHinge: delta is \[1\.0\], but must be a"),  # type: ignore[arg-type]
    (lambda: L2(None), r"^L2: strength λ is None, but must be a number: 0 or more"),  # type: ignore[arg-type]
]  # fmt: skip


@pytest.mark.parametrize("call, message", NO_NUMBERS, ids=[row[1][:60] for row in NO_NUMBERS])
def test_what_is_no_number_is_refused(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        call()


@pytest.mark.parametrize("depth", [0, 1])
def test_settings_that_numpy_made_leave_float32_alone(depth: int) -> None:
    two = np.float64(2)
    for op in (FocalLoss(two), FocalLoss(two, two), FocalLoss(2, np.ones(4)), MulticlassHinge(two), L2(two), L1(two)):
        z = mg.Node(Z.astype(np.float32))
        loss = mg.expand(op(z) if isinstance(op, (L1, L2)) else op(z, LABELS), depth)
        loss.backward()
        assert z.grad is not None and loss.value.dtype == z.grad.dtype == np.float32


ROWS = (NLLLoss, FocalLoss, MulticlassHinge, CategoricalCrossEntropy, SparseCategoricalCrossEntropy)
EACH = (BinaryCrossEntropy, SigmoidWithLoss, MeanSquaredError, MeanAbsoluteError)


@pytest.mark.parametrize("make", [*ROWS, *EACH], ids=lambda make: make.__name__)
def test_an_unknown_reduction_and_an_empty_batch_are_refused(make: Any) -> None:
    with pytest.raises(ValueError, match=rf"^{make.__name__}: reduction is 'average', but must be 'mean', 'sum' or 'n"):
        make(reduction="average")
    labels = make in ROWS and make is not CategoricalCrossEntropy
    with pytest.raises(ValueError, match=rf"^{make.__name__}: .*\[0, 3\].*not (be )?empty"):
        make()(mg.Node(np.zeros((0, 3))), np.zeros(0, int) if labels else np.zeros((0, 3)))
