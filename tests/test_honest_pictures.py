"""What pictures own up to: formulas that are not kept, values out of date, engines that fail, bad arguments."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import Array
from pictures import circuit, classifier, groups, texts

import minigraph as mg
from minigraph.diagram.layout import engines
from minigraph.layers import Affine, Softmax


class Square(mg.Op):
    """y = x², whose formula is right and whose backward forgot the 2."""

    gate, symbol, formula = "x²", "S", "{0}²"
    locals = (mg.Local("2 × {0}", lambda op, y, x: 2 * x),)

    def forward(self, x: Array) -> Array:
        return x**2

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array]:
        return (upstream * x,)


class Cut(mg.Op):
    """y = x, and no gradient."""

    def forward(self, x: Array) -> Array:
        return x.copy()

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[None]:
        return (None,)


@pytest.mark.parametrize("check", [False, True])
def test_a_formula_that_backward_does_not_keep_is_told_on_its_chip(check: bool) -> None:
    f = Square()(mg.Node(3.0, "x")) + 1.0
    f.backward()
    svg = mg.draw(f, check=check).svg()
    chips = {name: texts(svg, name) for name in groups(svg, "chip")}
    assert [name for name, shown in chips.items() if "but backward gives 3" in shown] == ["g1_0"]
    assert texts(svg, "t0")[-1] == "3"


def test_arrays_too_are_held_to_their_backward() -> None:
    y = Square()(mg.Node([1.0, 2.0], "x"))
    y.backward(seed=[1.0, 1.0])
    assert "but backward gives ≠" in texts(mg.draw(y).svg())


def test_no_formula_of_the_library_is_doubted() -> None:
    for depth in (0, 1, 2):
        assert "but backward gives" not in mg.draw(classifier(), expand=depth, detail="full").source


def test_what_was_computed_before_a_change_is_stale_and_the_legend_says_what_changed() -> None:
    x, y = mg.Node(2.0, "x"), mg.Node(3.0, "y")
    q = x * y
    f = q + 1.0
    f.backward()
    x.value = np.array(5.0)
    svg = mg.draw(f).svg()
    assert [name for name in groups(svg, "tensor") if "stale" in texts(svg, name)] == ["t2", "t4"]
    assert "x changed after this forward: stale values and all gradients are from before" in texts(svg)


def test_a_change_in_data_without_a_gradient_is_marked_too() -> None:
    x = mg.Node([[1.0, 2.0]], "x", requires_grad=False)
    loss = Affine(2, 2, seed=0)(x).sum()
    loss.backward()
    x.value = x.value + 1.0
    assert "changed since" in texts(mg.draw(loss).svg(), "t0")


def test_a_gradient_that_only_one_graph_has_is_no_equality() -> None:
    x, w = mg.Node([1.0, 2.0], "x"), mg.Node([3.0, 4.0], "w")
    diagram = mg.compare((x * w).sum(), (Cut()(x) * w).sum())
    shown = texts(diagram.svg())
    assert "only in A" in shown and "∂L/∂x ≠" in diagram.description


def test_leaves_are_paired_by_given_names_and_not_by_numbers_that_names_got() -> None:
    one = (mg.Node([1.0], "W1") * mg.Node([2.0], "W2")).sum()
    other = (mg.Node([3.0], "W") * mg.Node([4.0], "W")).sum()
    assert "∂" not in mg.compare(one, other).description


def test_a_notebook_whose_engines_fail_says_so_once_and_shows_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def fails(*arguments: Any) -> bytes:
        calls.append(arguments)
        raise engines.EngineError("no engine today")

    monkeypatch.setattr("minigraph.diagram.figure.render", fails)
    diagram = mg.draw(circuit())
    bundle = diagram._repr_mimebundle_()
    assert list(bundle) == ["text/plain"] and "no engine today" in bundle["text/plain"] and len(calls) == 1
    assert diagram._repr_svg_() is None


def test_digits_are_those_after_the_point() -> None:
    loss = classifier()
    shown = texts(mg.draw(loss, digits=4).svg())
    assert "0.2000" in shown and f"{loss.item():.5f}" in shown and "0.20" not in shown


def test_one_nan_beside_a_large_softmax_costs_no_memory() -> None:
    p = Softmax()(mg.Node(np.zeros((50, 3000)), "z"))
    with np.errstate(all="ignore"):
        loss = (p * mg.log(mg.Node(0.0, "x"))).sum()
        loss.backward()
    assert "first ∞" in mg.draw(loss).source


@pytest.mark.parametrize(
    "options, message",
    [
        ({"max_nodes": 0}, "draw: max_nodes is 0, but must be a whole number, 1 or more"),
        ({"max_nodes": True}, "max_nodes is True"),
        ({"digits": -1}, "draw: digits is -1, but must be a whole number, 0 or more"),
        ({"title": 5}, "draw: title is 5, but must be a string"),
        ({"id": 5}, "draw: id is 5, but must be a string"),
        ({"expand": 1.5}, "expand: needs a number of levels or names of what to open, got 1.5"),
        ({"expand": None}, "got None"),
    ],
)
def test_bad_arguments_are_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        mg.draw(circuit(), **options)


def test_levels_may_be_numbers_of_numpy() -> None:
    assert mg.draw(classifier(), expand=np.int64(2)).source == mg.draw(classifier(), expand=2).source  # type: ignore


def test_a_leaf_that_changed_while_it_was_recorded_cannot_be_opened_truly() -> None:
    w = mg.Parameter([1.0], "w")
    first = w * 2.0
    w.value = np.array([5.0])
    with pytest.raises(ValueError, match="w had two values while this was recorded"):
        mg.draw((first + w).sum(), expand=1)


def test_a_step_needs_an_optimizer() -> None:
    with pytest.raises(TypeError, match="draw_step: needs an optimizer, such as SGD, got float"):
        mg.draw_step(classifier(), 0.1)  # type: ignore[arg-type]
