"""The tools that judge gradients: Jacobians of one edge, numerical gradients, checks that must find what is wrong."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from helpers import Array, Double, network, spread

import minigraph as mg
from minigraph.layers import Affine, ReLU, Softmax, SoftmaxWithLoss

RNG = np.random.default_rng(14)


def test_the_jacobian_of_softmax_is_diag_p_minus_p_p() -> None:
    p = Softmax()(mg.Node(spread(RNG, 2, 3)))
    expected = np.zeros((2, 3, 2, 3))
    for n, row in enumerate(p.value):
        expected[n, :, n, :] = np.diag(row) - np.outer(row, row)
    np.testing.assert_allclose(mg.local_gradient(p), expected, rtol=1e-13, atol=1e-16)


def test_the_jacobians_of_affine() -> None:
    x = mg.Node(spread(RNG, 2, 3))
    y = Affine(3, 4, seed=0)(x)
    w = y.inputs[1].value
    np.testing.assert_allclose(mg.local_gradient(y, 0), np.einsum("nm,io->nomi", np.eye(2), w), rtol=1e-14)
    np.testing.assert_allclose(mg.local_gradient(y, 1), np.einsum("ni,op->noip", x.value, np.eye(4)), rtol=1e-14)
    np.testing.assert_array_equal(mg.local_gradient(y, 2), np.stack([np.eye(4)] * 2))


def test_the_jacobian_of_a_scalar_edge_is_a_number() -> None:
    x, y = mg.Node(3.0), mg.Node(-2.0)
    product = x * y
    assert mg.local_gradient(product, 0).shape == ()
    assert (mg.local_gradient(product, 0), mg.local_gradient(product, 1)) == (-2, 3)


def test_an_edge_without_gradient_has_a_jacobian_of_zeros() -> None:
    z = mg.Node(spread(RNG, 2, 3).astype(np.float32))
    loss = SoftmaxWithLoss()(z, np.array([0, 1]))
    np.testing.assert_array_equal(mg.local_gradient(loss, 1), np.zeros(2))
    assert mg.local_gradient(loss, 0).dtype == np.float32


def test_the_jacobian_is_of_the_values_that_were_computed_last() -> None:
    x = mg.Node(3.0, "x")
    square = x * x
    mg.Graph(square).forward(x=5.0)
    assert mg.local_gradient(square, 0) == 5


def test_a_jacobian_takes_no_more_room_than_it_needs() -> None:
    y = mg.Node(1.0) * np.ones(3000)
    tracemalloc.start()
    jacobian = mg.local_gradient(y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert jacobian.shape == (3000,)
    assert peak < 50 * jacobian.nbytes


def test_numerical_gradient_of_known_functions() -> None:
    x = spread(RNG, 2, 3)
    np.testing.assert_allclose(mg.numerical_gradient(lambda a: (a**3).sum(), x), 3 * x**2, rtol=1e-8)
    np.testing.assert_allclose(mg.numerical_gradient(lambda a: mg.exp(mg.Node(a)).sum(), x), np.exp(x), rtol=1e-8)
    np.testing.assert_allclose(mg.numerical_gradient(np.sin, 0.0), 1, rtol=1e-8)
    for point in (1e6, 1e-6, -1e3, 0.0):
        np.testing.assert_allclose(mg.numerical_gradient(lambda a: a * a, point), 2 * point, rtol=1e-7)
    np.testing.assert_allclose(mg.numerical_gradient(lambda a: (a * a).sum(), [1, 2]), [2, 4], rtol=1e-8)
    assert mg.numerical_gradient(lambda a: a.sum(), np.zeros((0, 2))).shape == (0, 2)


def test_numerical_gradient_does_not_write_to_x() -> None:
    x = spread(RNG, 3)
    x.flags.writeable = False
    mg.numerical_gradient(lambda a: a.sum(), x)


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
    loss = Forgets()(mg.Node(spread(RNG, 3), "x"))
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


class Forgets(Double):
    """Takes the upstream for 1."""

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array, ...]:
        return (np.full_like(x, 2),)


class Half(Double):
    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array, ...]:
        return (upstream,)


class Transposed(mg.Op):
    """A product of square matrices, so that no shape gives the mistake away."""

    def forward(self, a: Array, b: Array) -> Array:
        return a @ b

    def backward(self, upstream: Array, y: Array, a: Array, b: Array) -> tuple[Array, ...]:
        return upstream @ b, a.T @ upstream


class WritesForwards(Double):
    def forward(self, x: Array) -> Array:
        x[x < 0] = 0
        return 2 * x


class WritesBackwards(Double):
    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array, ...]:
        x[...] = 0
        return (2 * upstream,)


class WritesIntoUpstream(ReLU):
    """The mistake that half the courses make: right alone, wrong as soon as somebody else holds the same array."""

    expand = mg.Op.expand

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array, ...]:
        upstream *= x > 0
        return (upstream,)


class WritesIntoOutput(Double):
    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array, ...]:
        y[...] = 0
        return (2 * upstream,)


class AnotherExpand(Double):
    def expand(self, x: mg.Node) -> mg.Node:
        return x * 2.001


class AnotherShape(Double):
    def expand(self, x: mg.Node) -> mg.Node:
        return (x * 2).sum(axis=0)


class ExpandOfAnotherGradient(mg.Op):
    """y = max(x, 0)·x; its expand has the same values, but takes one factor for a constant."""

    def forward(self, x: Array) -> Array:
        return np.maximum(x, 0) * x

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array, ...]:
        return (2 * upstream * np.maximum(x, 0),)

    def expand(self, x: mg.Node) -> mg.Node:
        return mg.maximum(x, 0) * x.value


SQUARE = spread(RNG, 3, 3)
MISTAKES: list[tuple[mg.Op, str]] = [
    (Forgets(), "input 0"), (Half(), "input 0"), (WritesForwards(), "input 0"), (WritesBackwards(), "input 0"),
    (AnotherExpand(), "expand"), (AnotherShape(), "expand"), (ExpandOfAnotherGradient(), "expand"),
]  # fmt: skip


@pytest.mark.parametrize("op, edge", MISTAKES, ids=[row[0].name for row in MISTAKES])
def test_check_op_catches_and_says_where(op: mg.Op, edge: str) -> None:
    report = mg.check_op(op, SQUARE, verbose=False)
    assert not report.ok
    assert {check.edge for check in report.wrong} == {edge}


def test_check_op_catches_a_transposed_factor_at_its_own_input() -> None:
    report = mg.check_op(Transposed(), SQUARE, SQUARE.T + 1, verbose=False)
    assert [check.edge for check in report.wrong] == ["input 0"]


@pytest.mark.parametrize("op", [WritesIntoUpstream(), WritesIntoOutput()], ids=repr)
def test_check_op_catches_an_op_that_writes_into_what_others_hold(op: mg.Op) -> None:
    assert not mg.check_op(op, SQUARE, verbose=False).ok


def test_check_op_tells_who_wrote_where() -> None:
    remarks = [check.remark for check in mg.check_op(WritesBackwards(), SQUARE, verbose=False).wrong]
    assert "forward or backward wrote into its input" in remarks


def test_check_op_does_not_let_the_op_write_into_the_callers_array() -> None:
    mine = SQUARE.copy()
    mg.check_op(WritesBackwards(), mine, verbose=False)
    np.testing.assert_array_equal(mine, SQUARE)


@pytest.mark.parametrize(
    "given", [SQUARE, mg.Node(SQUARE), SQUARE.tolist(), SQUARE.astype("f4")], ids=["array", "node", "list", "float32"]
)
def test_check_op_takes_arrays_nodes_and_lists(given: Any) -> None:
    assert mg.check_op(Affine(3, 2, seed=0), given, verbose=False)
    assert mg.check_op(SoftmaxWithLoss(), given, [0, 1, 2], verbose=False)


@pytest.mark.parametrize("forgotten", [(0,), (1,), (0, 1)])
def test_a_gradient_that_was_left_out_counts_as_zero(forgotten: tuple[int, ...]) -> None:
    class Forgetful(mg.Op):
        def forward(self, a: Array, b: Array) -> Array:
            return a * b

        def backward(self, upstream: Array, y: Array, a: Array, b: Array) -> tuple[Array | None, ...]:
            return tuple(None if i in forgotten else g for i, g in enumerate((upstream * b, upstream * a)))

    report = mg.check_op(Forgetful(), SQUARE, SQUARE + 1, verbose=False)
    assert [check.edge for check in report.wrong] == [f"input {i}" for i in forgotten]


def test_a_function_that_is_flat_almost_everywhere_has_no_gradient() -> None:
    class Floor(mg.Op):
        def forward(self, x: Array) -> Array:
            return np.floor(x)

        def backward(self, upstream: Array, y: Array, x: Array) -> tuple[None]:
            return (None,)

    assert mg.check_op(Floor(), SQUARE, verbose=False)


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
