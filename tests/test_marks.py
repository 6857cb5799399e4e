"""✓ and ✗ of a checked picture, and the marks where NaN and ∞ begin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers import Array, Double, network
from pictures import SCRIPT, circuit, classifier, groups, labels, perceptron, texts

import minigraph as mg
from minigraph.layers import CrossEntropy, ReLU, Softmax, SoftmaxWithLoss
from minigraph.scene.content import Edge, Scene
from minigraph.scene.findings import edge_origins, origins


def signs(root: mg.Node, **look: Any) -> dict[str, str]:
    """✓, ✗ or – of each chip, by its id."""
    shown = labels(mg.draw(root, check=True, **look).source)
    marks = {name: [t[0] for t in each if t[:1] in "✓✗–"] for name, each in shown.items() if name[0] == "g"}
    assert all(len(each) == 1 for each in marks.values())
    return {name: each[0] for name, each in marks.items()}


RIGHT: dict[str, Callable[[], mg.Node]] = {
    "circuit": circuit,
    "forks": SCRIPT["squares"],
    "classifier": classifier,
    "perceptron": perceptron,
    "residual": SCRIPT["residual"],
    "labels": lambda: network("labels"),
    "float32": lambda: network("one-hot", dtype=np.float32),
    "float32 labels": lambda: network("labels", dtype=np.float32),
    "not a scalar": SCRIPT["softmax"],
    "a loss per sample": lambda: SoftmaxWithLoss("none")(mg.Node([[1.0, 2.0], [0.5, -1.0]], "x"), np.array([0, 1])),
    "integer one-hot": lambda: CrossEntropy()(Softmax()(mg.Node([[1.0, 2.0]], "x")), np.array([[0, 1]])),
    "corners": lambda: (ReLU()(mg.Node([[0.0, 1.0, -1.0, 0.0]], "x")) * 2.0).sum(),
    "parallel": lambda: (lambda x: x * x + (x + x))(mg.Node(3.0, "x")),
}


@pytest.mark.parametrize("depth", [0, 1, 3])
@pytest.mark.parametrize("name", RIGHT)
def test_every_edge_of_a_right_network_is_ticked(name: str, depth: int) -> None:
    found = signs(RIGHT[name](), expand=depth, max_nodes=None)
    assert found and set(found.values()) == {"✓"}


class Wrong(Double):
    """2x, and a backward that forgot the 2."""

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array, ...]:
        return (upstream,)


@pytest.mark.parametrize("detail", ["symbols", "values", "full"])
@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_the_wrong_op_is_crossed_and_no_other(detail: Any, direction: Any) -> None:
    x, w = mg.Node([[1.0, 2.0]], "x"), mg.Parameter([[0.5], [2.0]], "W")
    root = mg.tanh(Wrong()(x @ w)).sum()
    wrong = Scene(root).ids[root.inputs[0].inputs[0]]
    found = signs(root, detail=detail, direction=direction)
    assert {name for name, sign in found.items() if sign == "✗"} == {f"g{wrong}_0"}
    chip = texts(mg.draw(root, check=True, detail=detail, direction=direction).svg(), f"g{wrong}_0")
    assert "error 0.50" in chip


def test_what_cannot_be_compared_says_so() -> None:
    x = mg.Node(np.array([1.0]), "x")
    found = signs((x * 2.0 + 1e15).sum())
    assert list(found.values()).count("–") == 1 and "✗" not in found.values()


def test_checking_changes_nothing_and_repeats_itself() -> None:
    root = network("one-hot")
    root.backward(seed=3.0)
    nodes = mg.Graph(root).nodes
    before = [(n.value, n.grad, n.grad_of, n.operands, n.inputs, n.value.tobytes()) for n in nodes]
    first = mg.draw(root, check=True, expand=1).source
    assert first == mg.draw(root, check=True, expand=1).source
    after = [(n.value, n.grad, n.grad_of, n.operands, n.inputs, n.value.tobytes()) for n in nodes]
    assert all(a is b or a == b for old, new in zip(before, after) for a, b in zip(old, new))


def test_a_wrong_gradient_that_is_not_drawn_is_named_below() -> None:
    h = Wrong()(mg.Node([0.5], "x") * 1.5)
    for n in range(50):
        h = mg.tanh(h) * (1.1 + n)  # nothing to fold: only what is near is drawn
    root = h.sum()
    shown = mg.draw(root, check=True, max_nodes=8).svg()
    assert [t for t in texts(shown) if t.startswith("✗ wrong, but not drawn: ∂")]
    assert not [t for t in texts(mg.draw(root, check=True, max_nodes=None).svg()) if "not drawn" in t]


# where NaN and ∞ begin


def first(root: mg.Node, **look: Any) -> dict[str, list[str]]:
    """What is marked as the first NaN or ∞, by the id of its card or chip."""
    shown = labels(mg.draw(root, **look).source)
    marks = {name: [t for t in each if t.startswith("first")] for name, each in shown.items()}
    return {name: each for name, each in marks.items() if each}


def ran(root: mg.Node) -> mg.Node:
    root.backward(np.ones(root.shape))
    return root


@pytest.fixture(autouse=True)
def _silence() -> Any:
    with np.errstate(all="ignore"):
        yield


def test_a_finite_network_has_no_such_mark() -> None:
    assert not first(classifier(), expand=2)


def test_a_logarithm_of_zero_is_marked_once_where_it_was_taken() -> None:
    x = mg.Node([0.0, 1.0], "x")
    root = ran(mg.tanh(mg.log(x) * 2.0 + 1.0).sum())
    assert first(root)["t1"] == ["first ∞"] and not {"t0", "t2", "t3"} & first(root).keys()
    assert origins(Scene(root)) == {mg.Graph(root).nodes[1]: "∞"}


def test_each_origin_is_marked() -> None:
    a, b = mg.Node([0.0], "a"), mg.Node([-1.0], "b")
    root = (mg.log(a) + mg.log(b)).sum()
    assert sorted(mark for each in first(root).values() for mark in each) == ["first NaN", "first ∞"]


@pytest.mark.parametrize("value, word", [(np.nan, "NaN"), (np.inf, "∞"), (-np.inf, "∞")])
def test_a_leaf_that_was_given_so_is_the_origin(value: float, word: str) -> None:
    root = (mg.Node([1.0, value], "x") * 2.0 + 1.0).sum()
    assert first(root) == {"t0": [f"first {word}"]}


def test_a_mask_of_minus_infinity_is_marked_but_nothing_behind_the_softmax_is() -> None:
    scores, mask = mg.Node([[1.0, 2.0]], "s"), mg.Node([[0.0, -np.inf]], "mask")
    root = ran((Softmax()(scores + mask) * 2.0).sum())
    assert {name: each for name, each in first(root).items() if name[0] == "g"} == {}
    assert list(first(root)) == ["t1"]


def test_a_gradient_that_overflows_is_marked_on_the_chip_that_made_it() -> None:
    x = mg.Node([0.0, 4.0], "x")
    root = ran((x**0.5).sum())
    assert first(root) == {"g2_0": ["first ∞ on the way back"]}
    assert edge_origins(Scene(root)) == {Edge(root.inputs[0], 0): "∞"}


def test_what_was_made_of_an_old_nan_is_not_blamed() -> None:
    w = mg.Parameter([np.nan], "w")
    root = (w * 2.0).sum()
    w.value = np.array([1.0])
    assert not first(root)


def test_nan_beside_a_jacobian_that_is_too_large_can_be_drawn() -> None:
    large = Double()(mg.Node(np.ones(4000), "x")).sum()
    root = ran(large + mg.log(mg.Node([0.0], "p")).sum())
    assert "first ∞" in [mark for each in first(root).values() for mark in each]
    wide = Softmax()(mg.Node(np.zeros((300, 3000)), "z"))
    assert first(ran((wide * 1.0).sum() + mg.log(mg.Node([0.0], "p")).sum()))


def test_where_nan_begins_in_a_part_that_is_not_drawn_is_said_below() -> None:
    h = mg.log(mg.Node([-1.0], "x"))
    h.name = "bad"
    for n in range(50):
        h = mg.tanh(h) * (1.1 + n)  # nothing to fold: only what is near is drawn
    svg = mg.draw(h.sum(), max_nodes=8).svg()
    assert "NaN or ∞ begins where nothing is drawn: bad" in texts(svg) and groups(svg, "tensor")
