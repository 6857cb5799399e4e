"""The neuron view: every unit and weight of a chain of Affine layers, each with the number that the graph holds."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree import ElementTree

import numpy as np
import pytest
from helpers import Double, network
from pictures import SVG, group, groups, iris, perceptron, texts

import minigraph as mg
from minigraph.diagram.labels.style import THEMES
from minigraph.diagram.neurons.chain import read_chain
from minigraph.layers import Affine, CrossEntropy, ReLU, Softmax, SoftmaxWithLoss
from minigraph.scene.content import Scene

VIEWS = ("neurons", "neuron-gradients")


def drawn(root: mg.Node, view: str = "neurons", **how: object) -> str:
    return mg.draw(root, view=view, **how).svg()  # type: ignore[arg-type]


def number(text: str) -> float:
    """The number that a text says, powers of ten too."""
    digits, _, power = text.replace("−", "-").partition("·10")
    return float(digits) * 10.0 ** int(power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")) or 0)


def attributes(source: str, name: str) -> dict[str, str]:
    """The attributes of the node or edge with the id `name`, but for its label."""
    found = next(text for text in re.split(r"\n\t", source) if re.search(rf"\bid={name}\b", text))
    return {key: a or b for key, a, b in re.findall(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s\]<]+))', found)}


@pytest.mark.parametrize("view, kind", [("neurons", "weight"), ("neuron-gradients", "weight-grad")])
def test_there_is_one_arrow_for_each_weight(view: str, kind: str) -> None:
    assert groups(drawn(iris(), view), kind) == [f"w0_{i}_{o}" for i in range(4) for o in range(3)]
    both = [f"w0_{i}_{o}" for i in range(4) for o in range(5)] + [f"w1_{i}_{o}" for i in range(5) for o in range(3)]
    assert groups(drawn(perceptron(), view), kind) == both


def test_units_have_their_kinds() -> None:
    svg = drawn(perceptron())
    assert [len(groups(svg, kind)) for kind in ("unit", "input", "hidden", "output")] == [12, 4, 5, 3]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("make", [iris, perceptron, network])
def test_width_grows_with_size_and_the_head_tells_the_sign(view: str, make: Callable[[], mg.Node]) -> None:
    root = make()
    if root.grad is None:
        root.backward()
    source = mg.draw(root, view=view).source  # type: ignore[arg-type]
    for n, layer in enumerate(read_chain(Scene(root, 0)).layers):
        array = layer.weight.value if view == "neurons" else layer.weight.grad
        assert array is not None
        arrows = {at: attributes(source, f"w{n}_{at[0]}_{at[1]}") for at in np.ndindex(array.shape)}
        widths = [float(arrows[at]["penwidth"]) for at in sorted(arrows, key=lambda at: abs(array[at]))]
        assert widths == sorted(widths)
        assert min(widths) >= 0.7 and max(widths) == 4.2
        for at, arrow in arrows.items():
            assert arrow["arrowhead" if view == "neurons" else "arrowtail"] == ("odot" if array[at] < 0 else "normal")
            assert (arrow.get("style") == "dashed") == (view == "neuron-gradients")


@pytest.mark.parametrize("sample", range(6))
@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("targets", ["labels", "one-hot"])
def test_units_show_the_numbers_of_their_sample(sample: int, view: str, targets: str) -> None:
    root = network(targets)
    root.backward()
    svg = drawn(root, view, sample=sample)
    chain = read_chain(Scene(root, 0))
    for column, node in enumerate(chain.columns):
        array = node.value if view == "neurons" else node.grad
        assert array is not None
        shown = [number(texts(svg, f"u{column}_{k}")[1]) for k in range(node.shape[-1])]
        np.testing.assert_allclose(shown, array[sample], atol=0.00501)
    assert chain.targets is not None
    marked = [k for k in range(3) if "target" in texts(svg, f"p{k}")]
    assert marked == [int(chain.targets[sample].argmax())]
    p = Softmax()(mg.Node(chain.columns[-1].value)).value[sample]
    np.testing.assert_allclose([number(texts(svg, f"p{k}")[1]) for k in range(3)], p, atol=0.00501)


def test_a_unit_says_what_its_activation_was_made_from_and_its_bias() -> None:
    root = network()
    svg, (first, _) = drawn(root, sample=2), read_chain(Scene(root, 0)).layers
    assert first.bias is not None
    for k in range(5):
        (made,), (bias,) = texts(svg, f"z1_{k}"), texts(svg, f"b1_{k}")
        assert number(made.removeprefix("ReLU(").removesuffix(")")) == pytest.approx(
            first.before.value[2, k], abs=0.006
        )
        assert number(bias.removeprefix("b ")) == pytest.approx(first.bias.value[k], abs=0.006)
    root.backward()
    svg = drawn(root, "neuron-gradients", sample=2)
    assert first.before.grad is not None and first.bias.grad is not None
    for k in range(5):
        assert number(texts(svg, f"z1_{k}")[0].split()[1]) == pytest.approx(first.before.grad[2, k], abs=0.006)
        assert number(texts(svg, f"b1_{k}")[0].split()[1]) == pytest.approx(first.bias.grad[k], abs=0.006)


@pytest.mark.parametrize("view", VIEWS)
def test_few_arrows_have_their_numbers_and_every_arrow_has_them_as_a_tooltip(view: str) -> None:
    root = iris()
    weight = read_chain(Scene(root, 0)).layers[0].weight
    array = weight.value if view == "neurons" else weight.grad
    assert array is not None
    svg = drawn(root, view)
    for i, o in np.ndindex(4, 3):
        assert number(texts(svg, f"n0_{i}_{o}")[0]) == pytest.approx(array[i, o], abs=0.00501)
        title = group(svg, f"w0_{i}_{o}").findtext(f"{SVG}title") or ""
        name = "W" if view == "neurons" else "∂L/∂W"
        assert title.startswith(f"{name}[{i + 1}, {o + 1}] = ") and title.endswith(f"(x{'₁₂₃₄'[i]} → y{'₁₂₃'[o]})")
        assert number(title.split(" = ")[1].split()[0]) == pytest.approx(array[i, o], abs=0.000501)
    assert "a" not in {element.tag.removeprefix(SVG) for element in ElementTree.fromstring(svg).iter()}


def test_before_backward_gradients_read_not_computed() -> None:
    svg = drawn(network(), "neuron-gradients")
    units = groups(svg, "unit")
    assert len(units) == 12
    assert all(texts(svg, unit)[1:] == ["not", "computed"] for unit in units)
    assert not groups(svg, "number")
    source = mg.draw(network(), view="neuron-gradients").source
    arrow = attributes(source, "w0_0_0")
    assert arrow["color"] == THEMES["light"].rule and arrow["penwidth"] == "0.70"
    assert "∂L/∂W₁[1, 1]: not computed" in arrow["tooltip"]


def test_data_that_wants_no_gradient_shows_none() -> None:
    x = mg.Node([[1.0, 2.0]], "X", requires_grad=False)
    loss = SoftmaxWithLoss()(Affine(2, 2, seed=0)(x), mg.Node([1]))
    loss.backward()
    assert texts(drawn(loss, "neuron-gradients"), "u0_0") == ["x₁"]


def test_long_columns_show_the_first_six_the_last_and_the_right_class() -> None:
    rng = np.random.default_rng(0)
    net = mg.Sequential(Affine(784, 30, seed=0), ReLU(), Affine(30, 100, seed=1))
    loss = SoftmaxWithLoss()(net(mg.Node(rng.normal(size=(2, 784)), "X")), np.array([57, 3]))
    svg = drawn(loss)
    assert groups(svg, "input") == [f"u0_{k}" for k in (0, 1, 2, 3, 4, 5, 783)]
    assert groups(svg, "output") == [f"u2_{k}" for k in (0, 1, 2, 3, 4, 5, 57, 99)]
    assert len(groups(svg, "weight")) == 7 * 7 + 7 * 8
    assert not groups(svg, "number")
    assert {"777 more", "23 more", "51 more", "41 more", "784 inputs, 7 shown"} <= set(texts(svg))
    assert any(text.startswith("784×30 = 23,520 weights, widest shown: ") for text in texts(svg))
    assert "target" in texts(svg, "p57")
    assert "⋮" in texts(drawn(loss, sample=1)) and groups(drawn(loss, sample=1), "output")[-1] == "u2_99"


def test_a_circle_without_neurons_is_refused_by_name() -> None:
    x = mg.Node(np.ones((2, 3)), "X")
    first = Affine(3, 3, seed=0)
    needs = r"draw\(view='neurons'\): needs a chain of Affine layers with elementwise functions between; "
    cases = {
        "Add → q is neither X·W": (mg.Node(1.0, "x") + mg.Node(2.0, "y")) * 3.0,
        "Mul → M has two computed inputs": (
            Affine(3, 2, seed=0)(x) * Affine(3, 2, seed=1)(mg.Node(np.ones((2, 3))))
        ).sum(),
        "Affine → Y2 uses W a second time": first(first(x)),
        "Add → Y2 uses X a second time": Affine(3, 2, seed=1)(first(x) + x).sum(),
        "Mean → m is neither": Affine(3, 2, seed=1)(first(x).mean(axis=-1, keepdims=True) * np.ones((2, 3))),
        "x is not computed": mg.Node([1.0], "x"),
        "Softmax → P is neither": Affine(3, 2, seed=1)(Softmax()(first(x))),
    }
    for message, root in cases.items():
        with pytest.raises(ValueError, match=needs + message):
            mg.draw(root, view="neurons")


@pytest.mark.parametrize("sample, error", [(6, ValueError), (-1, ValueError), (0.5, TypeError), ("1", TypeError)])
def test_a_sample_that_is_not_there_is_refused(sample: int, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"draw: sample is (6|-1), but must lie in 0 … 5|sample is .*, but must be an int"):
        mg.draw(network(), view="neurons", sample=sample)


def test_an_unknown_view_is_refused() -> None:
    with pytest.raises(ValueError, match="view is 'tree', but must be one of 'graph', 'neurons', 'neuron-gradients'"):
        mg.draw(network(), view="tree")  # type: ignore[arg-type]


def by_hand() -> mg.Node:
    """The same kind of network, from primitives: X @ W + b, tanh, and a squared error."""
    rng = np.random.default_rng(1)
    x, t = mg.Node(rng.normal(size=(5, 3)), "X"), mg.Node(rng.normal(size=(5, 1)), "T")
    w, b = mg.Parameter(rng.normal(size=(3, 2)), "W"), mg.Parameter([0.5, -0.5], "b")
    h = mg.tanh(x @ w + b)
    return ((h @ mg.Parameter([[1.0], [2.0]], "V") - t) ** 2).mean()


def test_primitives_make_layers_too() -> None:
    root = by_hand()
    root.backward()
    svg = drawn(root, sample=3)
    assert len(groups(svg, "weight")) == 6 + 2
    assert texts(svg, "z1_0")[0].startswith("tanh(") and texts(svg, "b1_1") == ["b −0.50"]
    target = mg.Graph(root)["T"].value[3, 0]
    assert number(texts(svg, "p0")[0].removeprefix("target = ")) == pytest.approx(target, abs=0.006)
    assert len(groups(drawn(root, "neuron-gradients"), "weight-grad")) == 8


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_losses_of_every_reduction_and_a_softmax_of_its_own(reduction: str) -> None:
    z = Affine(2, 3, seed=0)(mg.Node([[1.0, 2.0], [3.0, -1.0]], "X"))
    loss = CrossEntropy(reduction)(Softmax()(z), np.array([[0.2, 0.3, 0.5], [0.0, 1.0, 0.0]]))  # type: ignore[arg-type]
    loss.backward(seed=np.ones(loss.shape))
    svg = drawn(loss, sample=0)
    assert texts(svg, "p2")[-1] == "target = 0.50" and "softmax" in texts(svg)
    shown = loss.value if reduction != "none" else loss.value[0]
    assert number(texts(svg, "loss")[2]) == pytest.approx(float(shown), abs=0.0006)
    assert (f"{reduction} over the batch of 2" in texts(svg)) == (reduction != "none")
    assert [k for k in range(3) if "target" in texts(drawn(loss, "neuron-gradients", sample=1), f"p{k}")] == [1]


@pytest.mark.parametrize("shape", [(3,), (1, 3), (2, 2, 3)])
def test_rows_are_all_leading_axes_and_no_loss_is_needed(shape: tuple[int, ...]) -> None:
    x = mg.Node(np.arange(float(np.prod(shape))).reshape(shape), "X")
    y = Double()(Affine(3, 2, seed=0, bias=False)(x))
    last = int(np.prod(shape[:-1])) - 1
    svg = drawn(y, sample=last)
    assert number(texts(svg, "u0_2")[1]) == x.value.reshape(-1, 3)[last, 2]
    assert texts(svg, "z1_0")[0].startswith("Double(")
    assert not groups(svg, "loss")


def test_tiny_numbers_on_arrows_are_short_but_whole() -> None:
    y = Affine(1, 2, weight=[[-4.6e-5, 2.51e7]])(mg.Node([[1.0]], "X"))
    svg = drawn(y)
    assert [texts(svg, f"n0_0_{o}") for o in (0, 1)] == [["−5·10⁻⁵"], ["3·10⁷"]]


def test_weights_that_are_no_numbers_are_named() -> None:
    y = Affine(2, 2, weight=[[np.nan, np.inf], [-1.0, 0.0]])(mg.Node([[1.0, 1.0]], "X"))
    svg = drawn(y)
    assert [texts(svg, f"n0_{i}_{o}")[0] for i, o in np.ndindex(2, 2)] == ["NaN", "∞", "−1", "0"]
    assert "widest: 1" in " ".join(texts(svg))


def test_after_a_step_the_weights_are_marked_as_stale() -> None:
    root = network()
    root.backward()
    mg.SGD(mg.Graph(root).parameters, 0.5).step()
    assert sum("stale: forward again" in text for text in texts(drawn(root))) == 2


@pytest.mark.parametrize(
    "name", ['<b>"x" & y</b>', "a\\nb\\N", "]]>", "\x00", "x" * 50_000, "가중치", "&amp;", "日本語🙂", "{0}"]
)
def test_hostile_names_stay_text(name: str) -> None:
    layer = Affine(2, 2, seed=0)
    for parameter in layer.parameters:
        parameter.name = name
    loss = SoftmaxWithLoss()(layer(mg.Node([[1.0, 2.0]], name)), mg.Node([1], name))
    loss.backward()
    for view in VIEWS:
        svg = drawn(loss, view)
        root = ElementTree.fromstring(svg)
        tags = {element.tag.removeprefix(SVG) for element in root.iter()}
        assert tags <= {"svg", "g", "path", "polygon", "ellipse", "text", "title", "desc", "polyline"}
        assert not any("href" in key or key.startswith("on") for element in root.iter() for key in element.keys())
        assert max(map(len, texts(svg))) < 120
    assert "(1 → y₁)" in (group(svg, "w0_0_0").findtext(f"{SVG}title") or "") or len(name) < 3


def test_tooltips_say_names_as_they_are() -> None:
    x = mg.Node([[1.0]], "X")
    y = Affine(1, 1, weight=[[2.0]])(x)
    y.inputs[1].name = r"a\N&<b>"
    assert group(drawn(y), "w0_0_0").findtext(f"{SVG}title") == r"a\N&<b>[1, 1] = 2 (x₁ → y₁)"


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("view", VIEWS)
def test_every_colour_is_of_the_theme(view: str, theme: str) -> None:
    source = mg.draw(iris(), view=view, theme=theme).source  # type: ignore[arg-type]
    other = mg.draw(iris(), view=view, theme="dark" if theme == "light" else "light").source  # type: ignore[arg-type]
    colour = re.compile("#[0-9A-F]{6}")
    assert colour.sub("", source) == colour.sub("", other)
    assert set(colour.findall(source)) & set(colour.findall(other)) <= {"#FFFFFF"}  # the paper of light and print


def test_the_same_network_gives_the_same_bytes_and_drawing_changes_nothing() -> None:
    root = network()
    root.backward()
    before = [(node.value, node.grad, node.name, node.inputs, node.scope) for node in mg.Graph(root).nodes]
    first, second = drawn(root), drawn(network())
    assert first == second
    drawn(root, "neuron-gradients")
    after = [(node.value, node.grad, node.name, node.inputs, node.scope) for node in mg.Graph(root).nodes]
    assert all(a is b for was, now in zip(before, after) for a, b in zip(was, now))


def test_the_picture_is_described_for_those_who_cannot_see_it() -> None:
    text = mg.draw(iris(), view="neurons", sample=1).description
    assert text.startswith(
        "Neurons, sample 1 (of 0 … 2); 4 inputs: x₁ = 7, x₂ = 3.20, x₃ = 4.70, x₄ = 1.40; 12 weights W;"
    )
    assert text.endswith("3 outputs: y₁ = −0.55, y₂ = 1.92, y₃ = −1.37; L = 0.238.")
