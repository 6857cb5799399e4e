"""What a diagram says is what the graph holds."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from cases import CASES, Case
from helpers import Double, network
from pictures import circuit, classifier, groups, number, perceptron, texts

import minigraph as mg
from minigraph.layers import Affine, CrossEntropy, Softmax, SoftmaxWithLoss
from minigraph.scene.content import Scene


def test_circuit_cards_and_chips() -> None:
    svg = mg.draw(circuit()).svg()
    assert texts(svg, "t0") == ["x", "−2", "−4"]
    assert texts(svg, "g4_0") == ["∂f", "∂q", "=", "z", "=", "−4", "1", "×", "(−4)", "=", "−4"]
    assert texts(svg, "g4_1") == ["∂f", "∂z", "=", "q", "=", "3", "1", "×", "3", "=", "3"]
    assert texts(svg, "t4") == ["f", "−12", "1"]


def test_classifier_chips_read_downstream_from_upstream_and_local() -> None:
    svg = mg.draw(classifier()).svg()
    chips = {i: " ".join(texts(svg, i)) for i in groups(svg, "chip")}
    assert chips == {
        "g3_0": "∂L/∂X = ∂L/∂Y · Wᵀ 2×2 = 2×3 · 3×2",
        "g3_1": "∂L/∂W = Xᵀ · ∂L/∂Y 2×3 = 2×2 · 2×3",
        "g3_2": "∂L/∂b = Σₙ ∂L/∂Y 3 = Σ over the batch of 2×3",
        "g5_0": "∂L/∂Y = 1 × (P − T)/N P = softmax(Y), N = 2",
    }


def test_expanded_softmax_with_loss_shows_every_step() -> None:
    svg = mg.draw(classifier(), expand=2).svg()
    chips = [" ".join(texts(svg, i)) for i in groups(svg, "chip")]
    assert "⊙ E d exp = exp" in chips
    assert "⊙ 1/S" in chips
    assert "⊙ −E/S² then Σₖ" in chips
    assert "⊙ 1/P" in chips
    assert "⊙ T" in chips
    assert "× −1" in chips
    assert "× 1/N N = 2" in chips
    assert {"Affine", "SoftmaxWithLoss", "Softmax", "CrossEntropy"} <= set(texts(svg))
    assert "⊕ 2 paths" in texts(svg)


@pytest.mark.parametrize("make", [circuit, classifier, perceptron])
@pytest.mark.parametrize("expand", [0, 1, 2])
def test_every_digit_on_a_card_is_the_graphs(make: Callable[[], mg.Node], expand: int) -> None:
    """Cards of at most 16 elements show value, then gradient, each rounded to what its text can say."""
    scene = Scene(make(), expand)
    svg = mg.draw(make(), expand=expand).svg()
    checked = 0
    for n, node in enumerate(scene.graph.nodes):
        if node.value.size > 16 or not node.name and node.op is None:
            continue
        shown = [number(t) for t in texts(svg, f"t{n}") if re.fullmatch(r"−?\d+(\.\d+)?", t)]
        if node.value.ndim == 1:
            shown = shown[1:]  # the shape of a vector is a bare number too
        gradient = [scene.gradients[node].ravel()] if scene.wants_gradient(node) else []
        expected = np.concatenate([node.value.ravel(), *gradient])
        assert len(shown) == len(expected)
        assert np.allclose(shown, expected, atol=0.00501)
        checked += len(shown)
    assert checked >= 10


def test_small_numbers_are_not_rounded_away() -> None:
    x = mg.Node([1e-5, -2.5e-5], "x")
    svg = mg.draw(x * 3.0).svg()
    assert "×10⁻⁵" in texts(svg, "t0")
    assert "−2.50" in texts(svg, "t0")
    assert "not computed" in texts(svg, "t0")


@pytest.mark.parametrize("chip, card, order", [("g3_0", "t0", "upstream · local"), ("g3_1", "t1", "local · upstream")])
def test_the_matrices_on_a_chip_multiply_to_the_card_it_points_to(chip: str, card: str, order: str) -> None:
    svg = mg.draw(classifier(), detail="full").svg()
    on_chip = [number(t) for t in texts(svg, chip) if re.fullmatch(r"−?\d+(\.\d\d)?", t)]
    (rows, inner), columns = ((2, 3), 2) if order == "upstream · local" else ((2, 2), 3)
    left = np.reshape(on_chip[: rows * inner], (rows, inner))
    right = np.reshape(on_chip[rows * inner :], (inner, columns))
    on_card = [number(t) for t in texts(svg, card) if re.fullmatch(r"−?\d+(\.\d\d)?", t)][-rows * columns :]
    assert np.allclose((left @ right).ravel(), on_card, atol=0.03)  # what rounding to two digits leaves


def test_symbols_detail_has_no_numbers_of_arrays() -> None:
    cards = mg.draw(classifier(), expand=2, detail="symbols").svg()
    assert texts(cards, "t0") == ["X", "∂L/∂X"]
    assert not [t for i in groups(cards, "tensor") for t in texts(cards, i) if re.search(r"\d\.\d", t)]


def test_gradients_read_not_computed_before_backward_and_never_zero() -> None:
    svg = mg.draw(classifier(backward=False), expand=1).svg()
    cards = [texts(svg, i) for i in groups(svg, "tensor")]
    assert sum("not computed" in card for card in cards) == len(cards) - 1  # all but the target
    circuit_before = mg.Node(2.0, "x") * 3.0
    assert "not computed" in texts(mg.draw(circuit_before).svg(), "g2_0")


def test_a_target_gets_no_gradient_row_and_no_chip() -> None:
    for depth in (0, 1, 2):
        svg = mg.draw(classifier(), expand=depth).svg()
        target = [i for i in groups(svg, "target")]
        assert len(target) == 1
        assert "∂L/∂T" not in texts(svg)


def test_parallel_edges_are_drawn_twice() -> None:
    x = mg.Node(3.0, "x")
    f = x + x
    f.backward()
    source = mg.draw(f).source
    assert len(re.findall(r"t0:v:e -> o1\b", source)) == 2
    assert len(re.findall(r"t0:g:e -> g1_[01]:w", source)) == 2


def test_drawing_changes_nothing() -> None:
    loss = network("one-hot")
    loss.backward()
    nodes = mg.Graph(loss).nodes
    before = [(n.value, n.grad, n.name, n.scope, n.inputs) for n in nodes]
    for depth in (0, 1, 2):
        mg.draw(loss, expand=depth, detail="full").svg()
    assert all(
        all(a is b for a, b in zip(was, (n.value, n.grad, n.name, n.scope, n.inputs))) for was, n in zip(before, nodes)
    )


def test_expanded_gradients_are_those_of_the_collapsed_graph() -> None:
    loss = network("one-hot")
    loss.backward(seed=2.5)
    scene = Scene(loss, 2)
    leaves = [node for node in scene.graph.nodes if node.op is None and node.grad is not None]
    assert len(leaves) == 5
    for leaf in leaves:
        assert np.allclose(scene.gradients[leaf], leaf.grad, rtol=1e-12, atol=1e-15)


def test_an_op_without_formulas_shows_its_jacobian() -> None:
    y = Double()(mg.Node([1.0, 2.0], "x"))
    y.backward(seed=[1.0, 1.0])
    svg = mg.draw(y, detail="full").svg()
    chip = texts(svg, groups(svg, "chip")[0])
    assert "∂Y/∂x" in chip and "Jacobian 2×2" in chip
    assert chip.count("2") == 2


def test_softmax_chip_shows_the_jacobian_of_a_row() -> None:
    p = Softmax()(mg.Node([[0.0, 1.0], [2.0, -1.0]], "X"))
    p.backward(seed=np.ones((2, 2)))
    svg = mg.draw(p, detail="full").svg()
    assert "(diag(p) − p pᵀ)" in texts(svg) and "0.20" in texts(svg) and "−0.20" in texts(svg)


def test_large_arrays_are_swatches_with_their_range() -> None:
    a = mg.Node(np.linspace(-3, 4, 200 * 50).reshape(200, 50), "A")
    svg = mg.draw(a.mean()).svg()
    card = texts(svg, "t0")
    assert "−3 … 4" in card and "⋯" in card
    assert len(card) < 100


def test_nan_and_infinity_are_said_in_words() -> None:
    a = mg.Node([[np.nan, np.inf, -np.inf, 1.0]], "A")
    assert {"NaN", "∞", "−∞"} <= set(texts(mg.draw(a).svg(), "t0"))
    big = mg.Node(np.full((5, 5), np.nan), "B")
    assert "all NaN or ∞" in texts(mg.draw(big).svg(), "t0")


@pytest.mark.parametrize("shape", [(), (1,), (3,), (1, 1), (2, 3, 4), (1, 2, 1, 2), (0,), (2, 0)])
def test_every_shape_can_be_drawn(shape: tuple[int, ...]) -> None:
    y = mg.Node(np.ones(shape), "x") * 2.0
    y.backward(seed=np.ones(shape))
    assert groups(mg.draw(y, detail="full").svg(), "tensor")


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_losses_of_every_reduction_can_be_drawn_open_and_closed(reduction: str) -> None:
    p = Softmax()(mg.Node([[0.0, 1.0], [2.0, -1.0]], "X"))
    loss = CrossEntropy(reduction)(p, np.array([0, 1]))  # type: ignore[arg-type]
    loss.backward(seed=np.ones(loss.shape))
    for depth in (0, 1, 2):
        assert mg.draw(loss, expand=depth, detail="full").svg()
    formula = "−(onehot(C)/P)/N" if reduction == "mean" else "−(onehot(C)/P)"
    assert formula in texts(mg.draw(loss).svg())


@pytest.mark.thorough
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_every_op_of_the_table_can_be_drawn(case: Case) -> None:
    node = case.op(*(mg.Node(array, f"x{i}") for i, array in enumerate(case.inputs)))
    assert "not computed" in mg.draw(node, detail="full").source
    node.backward(seed=np.ones(node.shape))
    for detail in ("symbols", "values", "full"):
        assert mg.draw(node, expand=1, detail=detail).source  # type: ignore[arg-type]


def test_edges_that_carry_no_gradient_have_no_chip() -> None:
    z = mg.Node([[1.0, 2.0]], "z")
    loss = SoftmaxWithLoss()(z, Softmax()(z))
    loss.backward()
    svg = mg.draw(loss).svg()
    assert len(groups(svg, "chip")) == 1
    assert not [t for t in texts(svg) if "paths" in t]


def test_a_seed_makes_it_the_gradient_of_what_comes_after() -> None:
    y = mg.Node([1.0, 2.0], "x") * 3.0
    y.backward(seed=[1.0, 10.0])
    svg = mg.draw(y).svg()
    assert "∂L/∂x" in texts(svg, "t0") and "∂M/∂x" not in texts(svg)
    assert "gradient of L (backward)" in texts(svg)


def test_after_a_step_stale_values_are_marked_and_an_opened_diagram_is_consistent() -> None:
    loss = network("one-hot")
    loss.backward()
    mg.SGD(mg.Graph(loss).parameters, 0.5).step()
    closed = mg.draw(loss).svg()
    stale = [i for i in groups(closed, "parameter") if "stale: forward again" in texts(closed, i)]
    assert len(stale) == 4
    opened = mg.draw(loss, expand=1).svg()
    assert texts(opened, groups(opened, "loss")[0]) == texts(closed, groups(closed, "loss")[0])
    for node in mg.Graph(mg.expand(loss, 1)).nodes:
        if node.op is not None:
            np.testing.assert_array_equal(node.value, node.op.run(tuple(source.value for source in node.inputs)))
    mg.Graph(loss).forward()
    loss.backward()
    assert "stale: forward again" not in mg.draw(loss, expand=1).source


def test_equal_layers_are_numbered() -> None:
    svg = mg.draw(perceptron()).svg()
    assert {"Affine 1", "Affine 2", "W₁", "b₂"} <= set(texts(svg))


def test_a_shared_weight_gets_a_share_from_each_path() -> None:
    layer = Affine(2, 2, seed=0)
    y = layer(layer(mg.Node([[1.0, 2.0]], "x")))
    total = y.sum()
    total.backward()
    chips = [" ".join(texts(mg.draw(total).svg(), i)) for i in groups(mg.draw(total).svg(), "chip")]
    assert sum(" ∂L/∂W += " in f" {chip}" for chip in chips) == 2
    assert sum(" ∂L/∂x = " in f" {chip}" for chip in chips) == 1


def test_integer_labels_stand_for_one_hot_rows_in_formulas() -> None:
    loss = SoftmaxWithLoss()(mg.Node([[1.0, 2.0]], "Y"), mg.Node([1], "t"))
    loss.backward()
    shown = texts(mg.draw(loss).svg())
    assert "(P − onehot(t))/N" in shown and "L = −Σ onehot(t) ⊙ log softmax(Y) / N" in shown


def test_symbols_of_a_circuit_have_no_numbers() -> None:
    svg = mg.draw(circuit(), detail="symbols").svg()
    assert texts(svg, "g4_0") == ["∂f", "∂q", "=", "z"]
    assert texts(svg, "g2_0") == ["∂q", "∂x", "=", "1"]
