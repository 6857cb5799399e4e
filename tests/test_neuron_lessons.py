"""The neuron view in lessons: what networks written by hand, regressions and large layers look like."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from helpers import Double
from pictures import groups, iris, perceptron, texts
from test_neurons import attributes, drawn, number

import minigraph as mg
from minigraph.diagram.labels.style import THEMES
from minigraph.diagram.neurons.chain import read_chain
from minigraph.diagram.neurons.formula import atom, written
from minigraph.layers import L2, Affine, SoftmaxWithLoss
from minigraph.scene.content import Scene
from minigraph.scene.symbols import Symbols


def sigmoid(x: mg.Node) -> mg.Node:
    return 1 / (1 + mg.exp(-x))


class Swish(Double):
    formula = "swish({0})"


class Cubed(Double):
    formula = "{0}³"


class Odd(Double):
    formula = "{0} + {1}"  # of a second input that there is not


def handmade(activation: Callable[[mg.Node], mg.Node] = sigmoid) -> mg.Node:
    """A classifier with an activation that is written out."""
    x = mg.Node([[0.5, -1.0], [2.0, 0.3]], "X")
    z = Affine(2, 3, weight=[[1.0, -2.0, 0.5], [-1.0, 1.5, 2.0]])(x)
    loss = SoftmaxWithLoss()(Affine(3, 2, seed=0)(activation(z)), np.array([0, 1]))
    loss.backward()
    return loss


def logistic() -> mg.Node:
    """Logistic regression by hand: the loss uses p twice."""
    x = mg.Node([[1.0, 2.0], [-1.0, 0.5], [0.3, -0.7]], "X")
    y = mg.Node([[1.0], [0.0], [1.0]], "y", requires_grad=False)
    p = sigmoid(x @ mg.Parameter([[0.5], [-0.3]], "W") + mg.Parameter([0.2], "b"))
    p.name = "p"
    loss = -(y * mg.log(p) + (1 - y) * mg.log(1 - p)).mean()
    loss.name = "L"
    loss.backward()
    return loss


def regression(outputs: int = 1, reduce: Callable[[mg.Node], mg.Node] = mg.Node.mean) -> mg.Node:
    """Two hidden layers and squares of errors."""
    rng = np.random.default_rng(1)
    x, t = mg.Node(rng.normal(size=(4, 2)), "X"), mg.Node(rng.normal(size=(4, outputs)), "T", requires_grad=False)
    h = mg.tanh(Affine(3, 3, seed=1)(mg.tanh(Affine(2, 3, seed=0)(x))))
    loss = reduce((Affine(3, outputs, seed=2)(h) - t) ** 2)
    loss.backward()
    return loss


def test_an_activation_from_primitives_has_its_brackets() -> None:
    svg = drawn(handmade())
    assert "Q = 1/(1 + exp(−Y₁))" in texts(svg)
    assert [texts(svg, f"z1_{k}") for k in range(2)] == [["1/(1 + exp(−1.50))"], ["1/(1 + exp(−(−2.50)))"]]


@pytest.mark.parametrize(
    "function, formula",
    [
        (lambda z: (z - 1) * 2, "(z − 1) × 2"),
        (lambda z: 2 - (1 - z), "2 − (1 − z)"),
        (lambda z: -((z + 1) ** 2), "−(z + 1)²"),
        (lambda z: (-z) ** 2, "(−z)²"),
        (lambda z: 2 / (3 / z), "2/(3/z)"),
        (lambda z: -(z * 3) / 2, "(−z × 3)/2"),
        (lambda z: (z**2) ** 3, "(z²)³"),
        (lambda z: 2**z, "2^z"),
        (lambda z: mg.tanh(z) ** 2 * -1.5, "tanh(z)² × (−1.5)"),
        (lambda z: 1 - Double()(-z), "1 − Double(−z)"),
        (lambda z: Swish()(z + 1) * 2, "swish(z + 1) × 2"),
        (lambda z: Cubed()(z + 1) * 2, "((z + 1)³) × 2"),
        (lambda z: Odd()(z), "{0} + {1}"),
    ],
)
def test_formulas_have_the_brackets_that_they_need(function: Callable[[mg.Node], mg.Node], formula: str) -> None:
    z = mg.Node([2.0], "z")
    root = function(z)
    steps = [node for node in mg.Graph(root).nodes if node.op]
    term = written(steps, {z: atom("z")}, Symbols(Scene(root)))
    assert term and term.text == formula


def test_what_is_long_has_a_letter_and_the_legend_says_what_it_is() -> None:
    svg = drawn(handmade(lambda z: mg.log(1 + mg.exp(2 * z - 1)) * 0.5 + 3))
    assert "Y₃ = f(Y₁)" in texts(svg) and texts(svg, "z1_0") == ["f(1.50)"]
    assert "f(z) = log(1 + exp(2 × z − 1)) × 0.5 + 3" in texts(svg, "legend")
    endless = drawn(handmade(lambda z: [z := mg.tanh(z * 1.5) for _ in range(30)][-1]))  # noqa: F841
    assert texts(endless, "z1_0") == ["f(1.50)"]
    assert any(text.startswith("f(z) = Mul → Tanh → Mul") for text in texts(endless, "legend"))


def test_the_output_is_the_last_value_before_the_loss_forks() -> None:
    root = logistic()
    chain, svg = read_chain(Scene(root)), drawn(root)
    assert chain.columns[-1].name == "p" and chain.loss is root
    assert "p = 1/(1 + exp(−Y₁))" in texts(svg)
    assert "−mean(y × log(p) + (1 − y) × log(1 − p))" in texts(svg, "loss")
    assert texts(svg, "p0") == ["target = 1"] and texts(drawn(root, sample=1), "p0") == ["target = 0"]


def test_a_hidden_layer_that_the_loss_uses_too_is_refused() -> None:
    h = mg.tanh(Affine(2, 3, seed=0)(mg.Node([[1.0, 2.0]], "X")))
    root = (Affine(3, 1, seed=1)(h) ** 2).sum() + (h**2).sum()
    with pytest.raises(ValueError, match=r"needs a chain of Affine layers.* has two computed inputs"):
        mg.draw(root, view="neurons")


def test_a_second_product_in_the_loss_is_refused() -> None:
    x, w = mg.Node([[1.0, 2.0]], "X"), mg.Node([[1.0], [2.0]], "W")
    other = mg.Node([[3.0]], "A") @ mg.Node([[2.0]], "B")
    with pytest.raises(ValueError, match="Mul → M has two computed inputs"):
        mg.draw((x @ w * other).sum(), view="neurons")


@pytest.mark.parametrize("reduce, together", [(mg.Node.mean, "mean"), (mg.Node.sum, "sum")])
def test_the_loss_says_what_it_is_made_of_and_what_is_the_samples(
    reduce: Callable[[mg.Node], mg.Node], together: str
) -> None:
    root = regression(2, reduce)
    graph, svg = mg.Graph(root), drawn(root, sample=3)
    error = graph.evaluate(read_chain(Scene(root)).columns[-1])[3] - graph["T"].value[3]
    own = float((error**2).mean() if together == "mean" else (error**2).sum())
    said = texts(svg, "loss")
    assert said[1] == ("mean((Y₃ − T)²)" if together == "mean" else "Σ((Y₃ − T)²)")
    assert said[3] == f"{together} over the batch of 4"
    assert number(said[4].removeprefix("sample 3: ")) == pytest.approx(own, abs=0.0006)


def test_a_loss_that_is_neither_a_mean_nor_a_sum_has_no_part_of_a_sample() -> None:
    root = regression(2, lambda squares: squares.mean() ** 0.5)
    assert texts(drawn(root), "loss")[3:] == ["over the batch of 4"]


def test_a_long_loss_is_the_names_of_its_ops() -> None:
    root = regression(1, lambda squares: mg.log(1 + mg.exp(mg.tanh(squares * 0.25) * 3 + 1) ** 2).mean())
    assert texts(drawn(root), "loss")[1].startswith("Sub → Pow → Mul → Tanh → Mul")


def test_targets_stand_beside_their_units_and_lead_to_the_loss() -> None:
    root = regression(2)
    source, svg = mg.draw(root, view="neurons").source, drawn(root)
    t = mg.Graph(root)["T"].value[0]
    assert [number(texts(svg, f"p{k}")[0].removeprefix("target = ")) for k in (0, 1)] == pytest.approx(t, abs=0.006)
    assert "p0 -> loss" in source and "u3_0 -> loss" in source
    back = mg.draw(root, view="neuron-gradients").source
    assert "p0 -> loss" not in back and "u3_0 -> loss" in back


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_a_target_has_the_colour_of_its_role_and_a_bar_its_track(theme: str) -> None:
    source, palette = mg.draw(iris(), view="neurons", theme=theme).source, THEMES[theme]  # type: ignore[arg-type]
    answer = next(text for text in source.split("\n\t") if text.startswith("p0 "))
    assert palette.parameter not in answer and f'BGCOLOR="{palette.pill}"' in answer
    border = palette.rule if theme == "print" else palette.pill
    assert answer.count(f'BORDER="1" COLOR="{border}"') == 2


def test_layers_of_one_letter_are_told_apart() -> None:
    svg = drawn(regression())
    assert [texts(svg, f"u{column}_0")[0] for column in range(4)] == ["x₁", "h₁,₁", "h₂,₁", "y₃,₁"]
    assert "y₃,₁: unit 1 of Y₃" in texts(svg, "legend")
    assert not any("unit 1 of" in text for text in texts(drawn(iris()), "legend"))


def test_gradients_say_of_what_they_are() -> None:
    svg = drawn(perceptron(), "neuron-gradients")
    assert [texts(svg, f"u{column}_0")[0] for column in range(3)] == ["∂L/∂x₁", "∂L/∂h₁", "∂L/∂y₂,₁"]
    assert texts(svg, "b1_0")[0].startswith("∂L/∂b ") and texts(svg, "z1_0")[0].startswith("∂L/∂y₁,₁ ")
    assert any(text.startswith("4×5 = 20 gradients, widest: ") for text in texts(svg))


def test_where_names_of_gradients_are_long_the_legend_says_what_the_short_ones_mean() -> None:
    root = regression()
    root.name = "error"
    svg = drawn(root, "neuron-gradients")
    assert texts(svg, "u0_0")[0] == "∂x₁" and "∂y₃,₁ stands for ∂error/∂y₃,₁" in texts(svg, "legend")


def test_the_legend_is_of_what_is_drawn() -> None:
    y = Affine(2, 2, weight=[[1.0, 2.0], [3.0, 0.5]])(mg.Node([[1.0, 2.0]], "X"))
    assert "positive weight" in texts(drawn(y)) and "negative weight" not in texts(drawn(y))
    assert not any(text.startswith("pale") for text in texts(drawn(y)))


def test_widths_are_those_of_the_arrows_that_are_shown() -> None:
    weight = np.full((20, 2), 0.5)
    weight[3, 1], weight[10, 0] = 1.0, 99.0  # the eleventh unit is left out
    y = Affine(20, 2, weight=weight)(mg.Node(np.ones((1, 20)), "X"))
    assert "20×2 = 40 weights, widest shown: 1" in texts(drawn(y))
    assert attributes(mg.draw(y, view="neurons").source, "w0_3_1")["penwidth"] == "4.20"


@pytest.mark.parametrize("view, kind", [("neurons", "weight"), ("neuron-gradients", "weight-grad")])
def test_in_a_crowd_small_arrows_are_pale(view: str, kind: str) -> None:
    loss = SoftmaxWithLoss()(Affine(8, 7, seed=0)(mg.Node(np.cos(np.arange(16.0)).reshape(2, 8))), np.array([1, 4]))
    loss.backward()
    svg, source = drawn(loss, view), mg.draw(loss, view=view).source  # type: ignore[arg-type]
    weight = read_chain(Scene(loss)).layers[0].weight
    array = weight.value if view == "neurons" else weight.grad
    assert array is not None and len(groups(svg, kind)) == 56
    small = {f"w0_{i}_{o}" for i, o in np.ndindex(8, 7) if abs(array[i, o]) < np.abs(array).max() / 2}
    assert set(groups(svg, "pale")) == small and 0 < len(small) < 56
    assert {attributes(source, name)["color"] for name in small} == {THEMES["light"].rule}
    assert "pale: less than half of the widest" in texts(svg, "legend")


@pytest.mark.parametrize("by_hand", [False, True], ids=["L2", "by hand"])
def test_a_penalty_of_weights_is_part_of_the_loss_and_no_unit(by_hand: bool) -> None:
    plain = handmade()
    weights = [node for node in mg.Graph(plain).parameters if node.value.ndim == 2]
    penalties = [0.05 * (w**2).sum() if by_hand else L2(0.05)(w) for w in weights]
    loss = plain + penalties[0] + penalties[1]
    loss.name = "J"
    mg.Graph(loss).backward()
    chain = read_chain(Scene(loss))
    assert chain.loss is loss and [layer.weight for layer in chain.layers] == weights
    svg = drawn(loss, sample=1)
    assert len(groups(svg, "weight")) == 2 * 3 + 3 * 2 and groups(svg, "unit") == groups(drawn(plain), "unit")
    card = texts(svg, "loss")
    assert card[0] == "J" and "mean over the batch of 2" in card
    own = SoftmaxWithLoss()(chain.columns[-1].value[1:], np.array([1])).item() + sum(p.item() for p in penalties)
    assert number(card[-1].removeprefix("sample 1: ")) == pytest.approx(own, abs=0.001)
    shown = attributes(mg.draw(loss, view="neuron-gradients").source, "w0_0_0")["tooltip"]
    assert shown.startswith(f"∂J/∂W₁[1, 1] = {weights[0].grad[0, 0]:.3f} ")


def test_a_weight_that_the_loss_uses_for_more_than_a_penalty_is_refused() -> None:
    plain = handmade()
    w = mg.Graph(plain).parameters[0]
    with pytest.raises(ValueError, match="uses W1? a second time"):
        mg.draw((plain + w).sum(), view="neurons")
