"""check_op catches the mistakes that people who write layers make."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import Array, Double, spread

import minigraph as mg
from minigraph.layers import Affine, ReLU, SoftmaxWithLoss

RNG = np.random.default_rng(14)


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


def test_check_op_catches_an_op_that_remembers_its_last_forward() -> None:
    class Remembers(mg.Op):
        def forward(self, x: Array) -> Array:
            self.mask = x > 0
            return np.where(self.mask, x, 0.0)

        def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array]:
            return (upstream * self.mask,)

    assert not mg.check_op(Remembers(), SQUARE, verbose=False)


def test_check_op_catches_a_formula_that_is_not_what_backward_does() -> None:
    class Twice(mg.Op):
        locals = (mg.Local("3", lambda op, y, x: 3.0),)

        def forward(self, x: Array) -> Array:
            return 2 * x

        def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array]:
            return (2 * upstream,)

    assert [check.edge for check in mg.check_op(Twice(), SQUARE, verbose=False).wrong] == ["locals"]


def test_check_op_catches_needs_that_change_a_gradient() -> None:
    class Partial(mg.Op):
        def forward(self, a: Array, b: Array) -> Array:
            return a * b

        def backward(self, u: Array, y: Array, a: Array, b: Array, *, needs: tuple[bool, ...]) -> tuple[Array, Array]:
            return (u * b, u * a) if all(needs) else (u * a, u * b)

    assert not mg.check_op(Partial(), SQUARE, SQUARE + 1, verbose=False)


def test_check_op_wants_an_op() -> None:
    with pytest.raises(TypeError, match=r"^check_op: needs an op, such as Softmax\(\)"):
        mg.check_op(ReLU, SQUARE)  # type: ignore[arg-type]


def test_a_parameter_that_nothing_would_train_is_found() -> None:
    class Scale(mg.Op):
        """a·x."""

        def __init__(self, is_trained: bool) -> None:
            self.a = mg.Parameter(2.0, "a")
            self.parameters = (self.a,) if is_trained else ()

        def forward(self, x: Any, a: Any = None) -> Any:
            return x * (self.a.value if a is None else a)

        def backward(self, upstream: Any, y: Any, x: Any, a: Any = None) -> Any:
            if a is None:
                return (upstream * self.a.value,)
            return upstream * a, np.sum(upstream * x)

    assert mg.check_op(Scale(True), np.arange(3.0), verbose=False).ok
    report = mg.check_op(Scale(False), np.arange(3.0), verbose=False)
    assert [check.edge for check in report.wrong] == ["a"] and "nothing trains it" in str(report)
