"""Random networks: each number on a picture is the graph's; upstream × local, summed over the paths, is downstream.

Numbers are read off the labels of the DOT text; that an SVG says the same is tested once, at the end.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, get_args

import numpy as np
import pytest
from helpers import Array, spread
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import classifier, groups, labels, texts
from readings import read, says, take_table

import minigraph as mg
from minigraph.diagram.options import Detail, Direction, Language, Theme
from minigraph.gradients import local_gradient
from minigraph.layers import Affine, CrossEntropy, ReLU, Softmax, SoftmaxWithLoss
from minigraph.naming import is_number
from minigraph.scene.content import Edge, Scene

pytestmark = pytest.mark.thorough

SEEDS = st.integers(0, 2**32 - 1)
CHOICE = st.integers(0, 99)

SCALARS: dict[str, Callable[[mg.Node, mg.Node], mg.Node]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: mg.tanh(a) * b,
    "twice": lambda a, b: a + a,
    "square": lambda a, b: mg.tanh(a) * mg.tanh(a),
    "same": lambda a, b: a * a,
    "div": lambda a, b: a / (b * b + 1),
    "exp": lambda a, b: mg.exp(mg.tanh(a)),
    "log": lambda a, b: mg.log(a * a + 0.5),
    "neg": lambda a, b: -b,
    "power": lambda a, b: (a * a + 0.5) ** 1.5,
    "max": lambda a, b: mg.maximum(a, b),
    "relu": lambda a, b: ReLU()(a),
    "small": lambda a, b: a * 1e-4,
    "large": lambda a, b: a * 12345.0,
}
TENSORS: dict[str, Callable[[mg.Node, mg.Node], mg.Node]] = {
    **{name: SCALARS[name] for name in SCALARS if name != "large"},
    "product": lambda a, b: a @ mg.tanh(b),
    "rows": lambda a, b: a + mg.tanh(b).sum(axis=-1, keepdims=True),
    "columns": lambda a, b: a * mg.tanh(b).mean(axis=0),
    "largest": lambda a, b: a - b.max(axis=1, keepdims=True),
    "affine": lambda a, b: Affine(3, 3, seed=1, bias=[0.5, -1.0, 0.0], dtype=a.value.dtype)(mg.tanh(a)),
    "softmax": lambda a, b: Softmax()(a),
    "cool": lambda a, b: Softmax(axis=0, temperature=2.0)(b),
    "all": lambda a, b: a * mg.tanh(b.sum()),
    "wide": lambda a, b: (mg.reshape(mg.tanh(a), 3, 3, 1) * mg.reshape(b, 3, 1, 3)).sum(axis=2) * b,
}
STEPS = st.lists(st.tuples(CHOICE, CHOICE, CHOICE), min_size=1, max_size=7)
TYPES = st.sampled_from([np.float64, np.float32])


def circuit_of(steps: list[tuple[int, int, int]], rng: np.random.Generator, dtype: type) -> mg.Node:
    nodes = [mg.Node(spread(rng).astype(dtype), f"x{n}") for n in range(3)]
    for name, i, k in steps:
        nodes.append(list(SCALARS.values())[name % len(SCALARS)](nodes[-1 - i % len(nodes)], nodes[k % len(nodes)]))
    return nodes[-1] * 1.0


def network_of(steps: list[tuple[int, int, int]], rng: np.random.Generator, dtype: type, end: int) -> mg.Node:
    leaves = [mg.Node(spread(rng, *shape).astype(dtype), f"x{n}") for n, shape in enumerate([(3, 3), (1, 3), (3, 1)])]
    nodes = [leaves[0], leaves[0] * leaves[1], leaves[0] + leaves[2]]
    for name, i, k in steps:
        nodes.append(list(TENSORS.values())[name % len(TENSORS)](nodes[-1 - i % len(nodes)], nodes[k % len(nodes)]))
    last = nodes[-1]
    ends = [
        lambda: mg.tanh(last).mean(),
        lambda: SoftmaxWithLoss()(last, np.array([0, 2, 1])),
        lambda: CrossEntropy("sum")(Softmax()(last), np.eye(3)[[1, 1, 0]]),
        lambda: last * 2.0,
        lambda: SoftmaxWithLoss("none")(last, np.full((3, 3), 1 / 3)),
    ]
    return ends[end % len(ends)]()


def drawn_truth(root: mg.Node, depth: int) -> tuple[mg.Graph, dict[mg.Node, Array]]:
    """The graph that a picture opened so deep has to show, with its gradients, by the engine alone."""
    graph = mg.Graph(mg.expand(root, depth)) if depth else mg.Graph(root)
    return graph, graph.gradients(root.grad)


def check_cards(graph: mg.Graph, gradients: dict[mg.Node, Array], shown: dict[str, list[str]]) -> int:
    """Value and gradient of every card; returns how many arrays were read."""
    seen = 0
    for n, node in enumerate(graph.nodes):
        rest = shown[f"t{n}"]
        if is_number(node):
            assert len(rest) == 1 and says(rest[0], node.item())
            continue
        head = 2 if node.value.ndim else 1  # name and shape
        value, rest = take_table(rest[head:], node.value)
        assert value.shows(node.value), (node, shown[f"t{n}"])
        seen += 1
        if node not in graph.wanted:
            assert not rest
            continue
        rest = check_fork(graph, gradients, node, rest)
        if node.value.ndim:
            assert rest[0].startswith("∂")
            rest = rest[1:]
        gradient, rest = take_table(rest, gradients[node])
        assert gradient.shows(gradients[node]), (node, shown[f"t{n}"])
        assert not rest
        seen += 1
    return seen


def check_fork(graph: mg.Graph, gradients: dict[mg.Node, Array], node: mg.Node, rest: list[str]) -> list[str]:
    """⊕ n paths: n is the number of edges that bring a gradient; terms in numbers add up to the gradient.

    Returns the texts without those of the fork.
    """
    paths = sum(source is node for user, _, source in gradient_edges(graph))
    plus = [text for text in rest if text.startswith("⊕")]
    assert plus == ([f"⊕ {paths} paths"] if paths > 1 else [])
    if paths < 2:
        return rest
    at = rest.index(plus[0])
    terms = rest[at + 1].split(" + ")
    readings = [read(term) for term in terms]
    if node.value.ndim or None in readings:
        assert sum(int(n) for t in terms for n in re.findall(r"\(×(\d+)\)$", t) or "1" * (t != "⋯")) == paths or (
            len(terms) == 5 and terms[-1] == "⋯"
        )
    else:
        assert len(terms) == min(paths, 5) and (terms[-1] == "⋯") == (paths > 4)
    if None not in readings:
        total, slack = sum(r.value for r in readings if r), sum(r.slack for r in readings if r)
        truth = float(gradients[node])
        assert abs(total - truth) <= slack + rounding(gradients[node]) * sum(abs(r.value) for r in readings if r)
    elif node.value.ndim:
        assert all(term == "⋯" or term.startswith("via ") for term in terms)
    return rest[:at] + rest[at + 2 :]


def gradient_edges(graph: mg.Graph) -> list[tuple[mg.Node, int, mg.Node]]:
    """(user, which input, source) of every edge that brings a gradient."""
    return [
        (node, i, node.inputs[i])
        for node, (_, needs) in graph.backward_plan.items()
        for i, needed in enumerate(needs)
        if needed
    ]


def rounding(array: Array) -> float:
    return 1e-9 if array.dtype == np.float64 else 1e-4


def check_chips(graph: mg.Graph, gradients: dict[mg.Node, Array], shown: dict[str, list[str]]) -> int:
    """upstream × local = downstream on every chip, and the chips that point to a card add up to its gradient."""
    ids = {node: n for n, node in enumerate(graph.nodes)}
    sums = {node: np.zeros(node.shape) for node in graph.wanted}
    sizes = {node: np.zeros(node.shape) for node in graph.wanted}
    slacks = dict.fromkeys(graph.wanted, 0.0)
    for node, i, source in gradient_edges(graph):
        chip, upstream = shown.pop(f"g{ids[node]}_{i}"), gradients[node]
        brought = Edge(node, i).downstream(upstream)
        jacobian = local_gradient(node, i)
        by_engine = np.tensordot(upstream, jacobian, axes=upstream.ndim)
        scale = rounding(upstream) * (1 + np.abs(jacobian).max(initial=0) * np.abs(upstream).max(initial=0))
        np.testing.assert_allclose(brought, by_engine, rtol=rounding(upstream), atol=scale)
        sums[source], sizes[source] = sums[source] + by_engine, sizes[source] + abs(by_engine)
        if node.value.ndim == source.value.ndim == 0:
            uses = node.inputs.count(source)
            assert (chip[-1] == f"as input {i + 1} of {len(node.inputs)}") == (uses > 1)
            up, times, local, equals, down = chip[-6:-1] if uses > 1 else chip[-5:]
            assert (times, equals) == ("×", "=")
            assert says(up, float(upstream)) and says(local, float(jacobian)) and says(down, float(brought))
            slacks[source] += getattr(read(down), "slack")
    for node in graph.wanted - {graph.output}:
        np.testing.assert_allclose(
            sums[node], gradients[node], rtol=0, atol=float(rounding(node.value) * (1 + sizes[node].max(initial=0)))
        )
    assert not [name for name in shown if name.startswith("g")], "a chip on an edge that carries no gradient"
    return len(sums)


def holds(root: mg.Node, depth: int, seed: Any, **look: Any) -> None:
    root.backward(seed)
    graph, gradients = drawn_truth(root, depth)
    shown = labels(mg.draw(root, expand=depth, max_nodes=None, **look).source)
    assert check_cards(graph, gradients, shown) and check_chips(graph, gradients, shown)
    if not depth:
        for node in graph.wanted:
            np.testing.assert_array_equal(node.grad, gradients[node])


@given(steps=STEPS, rng=SEEDS, dtype=TYPES, seed=st.sampled_from([None, 1.0, 2.5, -0.001]), depth=st.integers(0, 2))
def test_circuits_say_what_the_engine_computed(
    steps: list[tuple[int, int, int]], rng: int, dtype: type, seed: float | None, depth: int
) -> None:
    holds(circuit_of(steps, np.random.default_rng(rng), dtype), depth, seed)


@given(steps=STEPS, rng=SEEDS, dtype=TYPES, depth=st.integers(0, 3), end=CHOICE, seeded=st.booleans())
def test_networks_say_what_the_engine_computed(
    steps: list[tuple[int, int, int]], rng: int, dtype: type, depth: int, end: int, seeded: bool
) -> None:
    random = np.random.default_rng(rng)
    with np.errstate(all="ignore"):
        root = network_of(steps, random, dtype, end)
        seed = spread(random, *root.shape) if seeded or root.value.ndim else None
        holds(root, depth, seed)


@given(steps=STEPS, rng=SEEDS, end=CHOICE, depth=st.integers(0, 2))
@settings(max_examples=30)
def test_the_same_numbers_in_every_direction_theme_language_and_detail(
    steps: list[tuple[int, int, int]], rng: int, end: int, depth: int
) -> None:
    random = np.random.default_rng(rng)
    root = network_of(steps, random, np.float64, end)
    root.backward(spread(random, *root.shape))

    def numbers(**look: Any) -> dict[str, list[str]]:
        found = labels(mg.draw(root, expand=depth, max_nodes=None, **look).source)
        return {
            name: [t for t in each if re.search(r"\d", t)]
            for name, each in found.items()
            if name[0] == "t" or look.get("detail") != "full"
        }

    expected = numbers()
    for direction in get_args(Direction):
        for theme in get_args(Theme):
            assert numbers(direction=direction, theme=theme) == expected
    cards = {name: each for name, each in expected.items() if name[0] == "t"}
    assert numbers(detail="full") == cards
    korean = {
        name: [re.sub("경로 (\\d+)개", r"\1 paths", t) for t in each] for name, each in numbers(language="ko").items()
    }
    assert {name: [read(t) for t in each] for name, each in korean.items() if name[0] == "t"} == {
        name: [read(t) for t in each] for name, each in cards.items()
    }
    assert get_args(Language) == ("en", "ko") and get_args(Detail) == ("symbols", "values", "full")


@given(steps=STEPS, rng=SEEDS, end=CHOICE, depth=st.integers(0, 2))
@settings(max_examples=60)
def test_the_numbers_on_a_full_chip_are_the_local_gradient(
    steps: list[tuple[int, int, int]], rng: int, end: int, depth: int
) -> None:
    """Elementwise chips hold the derivative of each element, matrix chips a factor of the product, as an array."""
    random = np.random.default_rng(rng)
    root = network_of(steps, random, np.float64, end)
    root.backward(spread(random, *root.shape))
    scene = Scene(root, depth)
    shown = labels(mg.draw(root, expand=depth, max_nodes=None, detail="full").source)
    for edge in (edge for edges in scene.returns.values() for edge in edges):
        numbers = edge.numbers
        if numbers is None or not numbers.ndim or numbers.size > 16 or edge.local is None:
            continue
        chip = shown[f"g{scene.ids[edge.node]}_{edge.i}"]
        starts = [take_table(chip[at:], numbers)[0] for at in range(len(chip))]
        matrix = numbers if numbers.ndim < 3 else numbers[(0,) * (numbers.ndim - 2)]
        if matrix.size == numbers.size:
            assert any(table.shows(matrix) for table in starts), chip


def test_a_small_number_beside_large_ones_and_the_powers_of_ten() -> None:
    for scale in (1e-300, 1e-12, 1e-3, 0.05, 1.0, 9999.0, 1e4, 1e30, 1e300):
        x = mg.Node(np.array([1.0, -2.5, 0.125, 0.0]) * scale, "x")
        (x * 3.0).backward(seed=np.ones(4))
        card = labels(mg.draw(x * 3.0).source)["t0"]
        assert take_table(card[2:], x.value)[0].shows(x.value), card
        lone = mg.Node(0.125 * scale, "s")
        assert says(labels(mg.draw(lone * 2.0).source)["t0"][1], lone.item())


@pytest.mark.parametrize("shape", [(5, 4), (17,), (30, 20), (2, 5, 5), (3, 2, 6, 4)])
@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e7])
def test_swatches_name_the_least_and_largest_of_the_whole_array(shape: tuple[int, ...], scale: float) -> None:
    rng = np.random.default_rng(5)
    x = mg.Node(rng.normal(size=shape) * scale, "x")
    y = x * 3.0
    y.backward(seed=rng.normal(size=shape))
    card = labels(mg.draw(y).source)["t0"]
    value, rest = take_table(card[2:], x.value)
    gradient, rest = take_table(rest[1:], x.value)
    assert x.grad is not None and value.ends and value.shows(x.value) and gradient.shows(x.grad) and not rest


@pytest.mark.parametrize("direction", get_args(Direction))
def test_an_svg_says_what_its_dot_text_says(direction: Direction) -> None:
    diagram = mg.draw(classifier(), expand=2, detail="full", direction=direction)
    svg, shown = diagram.svg(), labels(diagram.source)
    for name in (*groups(svg, "tensor"), *groups(svg, "chip"), *groups(svg, "op")):
        assert texts(svg, name) == shown[name]
    assert len(shown) > 30


def test_a_sum_is_bracketed_where_it_is_a_factor() -> None:
    x = mg.Node([[1.0, 2.0]], "x")
    loss = mg.tanh(x).sum()
    loss.backward()
    diagram = mg.draw(loss)
    assert labels(diagram.source)["g1_0"] == ["⊙", "(1 − H²)"]
    assert "∂L/∂x = ∂L/∂H ⊙ (1 − H²)" in diagram.description
