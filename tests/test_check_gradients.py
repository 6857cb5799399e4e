"""check_gradients finds what is wrong, where it is, and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import Array, Double, network, spread

import minigraph as mg
from minigraph.layers import Affine, Conv2D, CrossEntropy, Flatten, MaxPool2D, ReLU, SoftmaxWithLoss

RNG = np.random.default_rng(14)


class Wrong(mg.Op):
    """y = tanh x with a gradient that is wrong by `factor`."""

    def __init__(self, factor: float = 2.0) -> None:
        self.factor = factor

    def forward(self, x: Array) -> Array:
        return np.tanh(x)

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array, ...]:
        return (upstream * (1 - y**2) * self.factor,)


@pytest.mark.parametrize("factor", [2.0, -1.0, 0.0, 1.0001])
def test_check_gradients_finds_the_op_that_is_wrong_and_no_other(factor: float) -> None:
    x, y = mg.Node(spread(RNG, 2, 3), "x"), mg.Node(spread(RNG, 2, 3), "y")
    hidden = Affine(3, 3, seed=0)(Wrong(factor)(mg.exp(x))) + mg.tanh(y)
    report = mg.check_gradients(SoftmaxWithLoss()(hidden, np.array([0, 2])), verbose=False)
    assert not report and not report.ok
    assert [(check.what, check.edge) for check in report.wrong] == [("Wrong → Y1", "E"), ("∂L/∂x", "end to end")]
    assert {check.what for check in report.checks} > {"∂L/∂y", "∂L/∂W", "∂L/∂b", "Exp → E", "Affine → Y2"}


@pytest.mark.parametrize("targets", ["labels", "one-hot"])
@pytest.mark.parametrize("depth", [0, 1, 99])
def test_check_gradients_passes_what_is_right(targets: str, depth: int) -> None:
    report = mg.check_gradients(mg.expand(network(targets), depth), verbose=False)
    assert report and report.ok and not report.wrong
    assert {check.what for check in report.checks} >= {"∂L/∂x", "∂L/∂W1", "∂L/∂W2", "∂L/∂b1", "∂L/∂b2"}
    assert not any("t" == check.edge for check in report.checks)


def test_a_constant_exponent_of_a_negative_number_is_no_error() -> None:
    x = mg.Node([-1.5, 2.0], "x")
    assert mg.check_gradients(((x - 1) ** 2).sum(), verbose=False)


def test_a_graph_is_checked_as_its_output_is() -> None:
    graph = mg.Graph(network())
    assert mg.check_gradients(graph, verbose=False) == mg.check_gradients(graph.output, verbose=False)


def test_relu_exactly_at_its_corner_passes() -> None:
    x = mg.Node([-1.0, 0.0, 0.0, 2.0], "x")
    report = mg.check_gradients((ReLU()(x) * [1.0, -2.0, 3.0, 4.0]).sum(), verbose=False)
    assert report.ok
    assert any(check.remark == "2 at a corner" for check in report.checks)


def test_at_a_corner_only_slopes_in_between_pass_and_the_op_itself_is_blamed() -> None:
    class Steep(ReLU):
        def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array, ...]:
            return (upstream * np.where(x == 0, 1.5, x > 0),)

    report = mg.check_gradients(Steep()(mg.Node([-1.0, 0.0, 2.0], "x")).sum(), verbose=False)
    assert [check.what for check in report.wrong] == ["Steep → H"]
    assert [check.remark for check in report.checks if check.edge == "end to end"] == ["1 at a corner"]


@pytest.mark.parametrize("wrong", [False, True])
def test_thousands_of_corners_hide_no_mistake_and_make_none(wrong: bool) -> None:
    """Images full of zeros: units of which half are exactly at 0, and windows in which all pixels are equal."""

    class Unshared(MaxPool2D):
        def share(self, y: Array, x: Array) -> Array:
            return np.asarray(super().share(y, x) > 0, dtype=x.dtype) if wrong else super().share(y, x)

    images = RNG.integers(0, 3, (8, 1, 8, 8)) * (RNG.random((8, 1, 8, 8)) < 0.3)
    maps = ReLU()(Conv2D(1, 4, 3, seed=0)(mg.Node(images / 2, "x")))
    scores = Affine(36, 3, seed=0)(Flatten()(Unshared(2)(maps)))
    report = mg.check_gradients(SoftmaxWithLoss()(scores, mg.Node(np.arange(8) % 3, "t")), verbose=False)
    assert [check.what for check in report.wrong] == (["Unshared → M"] if wrong else []), report


@pytest.mark.parametrize("factor, right", [(1.0, True), (1.001, False)])
def test_large_arrays_are_checked_along_random_directions(factor: float, right: bool) -> None:
    report = mg.check_gradients(Wrong(factor)(mg.Node(RNG.normal(size=(30, 20)), "x")).sum(), verbose=False)
    assert report.ok is right
    remarks = {check.what: check.remark for check in report.checks}
    assert remarks["Wrong → Y"] == remarks["∂L/∂x"] == "8 random directions"


def test_float32_graphs_are_checked_in_float64() -> None:
    report = mg.check_gradients(network(dtype=np.float32), tolerance=1e-7, verbose=False)
    assert report.ok, str(report)


def test_float32_graphs_that_end_in_an_array_are_checked_in_float64_too() -> None:
    x = mg.Node(spread(RNG, 3, 3).astype(np.float32), "x")
    report = mg.check_gradients(x * spread(RNG, 3, 3).astype(np.float32), tolerance=3e-9, verbose=False)
    assert report.ok, str(report)


def test_check_gradients_changes_nothing() -> None:
    graph = mg.Graph(network())
    graph.backward()
    before = [(node.value, node.grad, node.operands) for node in graph.nodes]
    copies = [node.value.copy() for node in graph.nodes]
    mg.check_gradients(graph.output, verbose=False)
    for node, (value, grad, operands), copy in zip(graph.nodes, before, copies):
        assert node.value is value and node.grad is grad and node.operands is operands
        np.testing.assert_array_equal(node.value, copy)


def test_a_check_is_the_same_every_time_and_takes_a_seed() -> None:
    loss = Wrong(2.0)(mg.Node(spread(RNG, 3), "x"))
    reports = [mg.check_gradients(loss, verbose=False, seed=seed) for seed in (0, 0, np.random.default_rng(0), 1)]
    errors = [[check.error for check in report.checks] for report in reports]
    assert errors[0] == errors[1] == errors[2] != errors[3]


def test_the_report_is_printed_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    x = mg.Node(spread(RNG, 3), "x")
    right = mg.check_gradients(mg.exp(x).sum())
    printed = capsys.readouterr().out
    assert printed == f"{right}\n"
    lines = printed.splitlines()
    assert [line[0] for line in lines[:-1]] == ["✓", "✓", "✓"]
    assert lines[0].split()[1:5] == ["Exp", "→", "E", "x"] and lines[-1] == "3 gradients checked, all correct"
    wrong = mg.check_gradients(Wrong()(x).sum())
    printed = capsys.readouterr().out
    assert [line[0] for line in printed.splitlines()[:-1]] == ["✗", "✓", "✗"]
    assert printed.endswith("2 of 3 gradients WRONG\n")
    assert [repr(right), repr(wrong)] == [f"<GradientReport: 3 checked, {n} wrong>" for n in (0, 2)]
    mg.check_gradients(x.sum(), verbose=False)
    mg.check_op(Double(), [1.0], verbose=False)
    assert capsys.readouterr().out == ""
    mg.check_op(Double(), [1.0])
    assert capsys.readouterr().out.startswith("✓  Double  input 0")


def test_a_minimum_is_no_corner() -> None:
    report = mg.check_gradients((mg.Node([0.0, 0.0], "x") ** 2).sum(), verbose=False)
    assert report.ok and not any("corner" in check.remark for check in report.checks)


def test_no_false_alarm_in_the_textbook_setting() -> None:
    """Zero bias, tiny weights, balanced classes: the gradient of b is small, and rounding is not."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        affine = Affine(4, 3, weight=rng.normal(0, 0.01, (4, 3)))
        t = mg.Node(np.eye(3)[np.arange(30) % 3], "T")
        assert mg.check_gradients(SoftmaxWithLoss()(affine(rng.normal(size=(30, 4))), t), verbose=False)


NEAR_BORDERS = {
    "log near 0": lambda: mg.log(mg.Node([1e-8, 0.5], "p")).sum(),
    "square root near 0": lambda: (mg.Node([1e-8, 4.0], "p") ** 0.5).sum(),
    "certain prediction": lambda: CrossEntropy()(mg.Node([[1 - 1e-8, 1e-8]], "p"), [1]),
    "small divisors": lambda: (1.0 / mg.Node(np.full((30, 20), 0.01), "x")).sum(),
    "large inputs": lambda: Affine(4, 3, seed=0)(mg.Node(RNG.normal(size=(30, 4)) * 1e5, "x")).sum(),
}


@pytest.mark.parametrize("make", NEAR_BORDERS.values(), ids=NEAR_BORDERS)
def test_no_false_alarm_near_the_border_of_the_domain(make: Any) -> None:
    report = mg.check_gradients(make(), verbose=False)
    assert report.ok, str(report)


@pytest.mark.parametrize("seed", range(6))
def test_no_false_alarm_in_a_wide_relu_network(seed: int) -> None:
    rng = np.random.default_rng(seed)
    net = mg.Sequential(Affine(20, 100, seed=rng), ReLU(), Affine(100, 3, seed=rng))
    loss = SoftmaxWithLoss()(net(mg.Node(rng.normal(size=(500, 20)), "x")), rng.integers(0, 3, 500))
    report = mg.check_gradients(loss, verbose=False)
    assert report.ok, str(report)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_is_wrong(value: float) -> None:
    report = mg.check_gradients((mg.Node([1.0, value], "x") * 2.0).sum(), verbose=False)
    assert not report.ok
    assert {check.remark for check in report.wrong} == {"not finite"}


def test_what_rounding_hides_is_not_called_correct() -> None:
    report = mg.check_op(Wrong(2.0), np.array([1e-30]), verbose=False)
    assert not report.ok

    class Offset(mg.Op):
        def forward(self, x: Array) -> Array:
            return x + 1e22

        def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array]:
            return (2 * upstream,)

    report = mg.check_op(Offset(), np.array([1.0]), verbose=False)
    assert [check.compared for check in report.checks] == [False]
    assert "– " in str(report) and "could not be compared" in str(report)
