"""Large graphs folded: what is left out is counted rightly, and what is drawn is what it was."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from helpers import Array
from pictures import groups, labels
from readings import take_table

import minigraph as mg
from minigraph.layers import Affine, ReLU, SoftmaxWithLoss
from minigraph.naming import is_number
from minigraph.scene.content import Scene
from minigraph.scene.folding import Fold, fold

RNG = np.random.default_rng(11)


def mlp(depth: int, width: int = 3, frozen: int = 0) -> mg.Node:
    """`depth` hidden layers Affine → ReLU of equal shape, then Affine to 2 and the loss."""
    h = mg.Node(RNG.normal(size=(2, width)), "x")
    for n in range(depth):
        layer = Affine(width, width, seed=RNG)
        for parameter in layer.parameters:
            parameter.requires_grad = n >= frozen
        h = ReLU()(layer(h) + 0.1)
    return SoftmaxWithLoss()(Affine(width, 2, seed=RNG)(h), np.array([0, 1]))


def recurrence(steps: int) -> mg.Node:
    u, w = mg.Parameter(RNG.normal(size=(1, 2)), "U"), mg.Parameter(RNG.normal(size=(2, 2)), "W")
    h = mg.Node(np.zeros((1, 2)), "h0")
    for n in range(steps):
        h = mg.tanh(mg.Node(RNG.normal(size=(1, 1)), f"x{n + 1}") @ u + h @ w)
    return h.sum()


def residual(blocks: int) -> mg.Node:
    h = mg.Node(RNG.normal(size=(2, 3)), "x")
    for _ in range(blocks):
        h = h + ReLU()(Affine(3, 3, seed=RNG)(h))
    return h.mean()


def attention(blocks: int) -> mg.Node:
    """Softmax(Q·Kᵀ)·V with a shortcut, of primitives; Kᵀ is a product with the input's transpose, which is given."""
    h = mg.Node(RNG.normal(size=(3, 3)), "x")
    for _ in range(blocks):
        q, k, v = (h @ mg.Parameter(RNG.normal(size=(3, 3)), name) for name in "QKV")
        scores = q @ (k * 0.5)
        e = mg.exp(mg.tanh(scores))
        h = h + (e / e.sum(axis=-1, keepdims=True)) @ v
    return h.mean()


def two_runs() -> mg.Node:
    h = mg.Node(RNG.normal(size=(1, 2)), "x")
    for _ in range(12):
        h = ReLU()(Affine(2, 2, seed=RNG)(h))
    for _ in range(17):
        h = mg.tanh(h) * 0.9
    return h.sum()


def pairs(times: int) -> mg.Node:
    """Blocks of three ops, of which two are alike."""
    h = mg.Node(0.3, "x")
    for _ in range(times):
        h = mg.tanh(mg.tanh(h) * 1.5)
    return h


def sharing(times: int) -> mg.Node:
    s, h = mg.Node(0.5, "s"), mg.Node(0.3, "x")
    for _ in range(times):
        h = mg.tanh(h * s)
    return h


def woven() -> mg.Node:
    """A circuit of 100 values without any pattern."""
    rng = np.random.default_rng(3)
    values = [mg.Node(0.5 + 0.1 * n, f"x{n}") for n in range(4)]
    for _ in range(96):
        a, b = (values[-1 - int(k)] for k in rng.integers(0, 3, 2))
        values.append(mg.tanh(a * b) if rng.random() < 0.3 else a - b if rng.random() < 0.5 else a * b)
    return values[-1]


MAKERS: dict[str, Callable[[], mg.Node]] = {
    "mlp": lambda: mlp(14), "recurrence": lambda: recurrence(20), "residual": lambda: residual(20),
    "attention": lambda: attention(9), "two runs": two_runs, "pairs": lambda: pairs(30), "sharing": lambda: sharing(30),
    "woven": woven,
}  # fmt: skip
BLOCKS = {
    # how many blocks there are, and the ops in one
    "mlp": [(14, 3)], "recurrence": [(20, 4)], "residual": [(20, 3)], "attention": [(9, 11)],
    "two runs": [(12, 2), (17, 2)], "pairs": [(30, 3)], "sharing": [(30, 2)], "woven": [],
}  # fmt: skip


def ran(root: mg.Node) -> mg.Node:
    root.backward(np.ones(root.shape))
    return root


def ops(graph: mg.Graph) -> list[mg.Node]:
    return [node for node in graph.nodes if node.op]


@pytest.mark.parametrize("name", MAKERS)
def test_how_often_a_block_comes_is_counted_rightly(name: str) -> None:
    graph = mg.Graph(MAKERS[name]())
    folds = fold(graph, 30).folds
    came = [(found.times, len([n for n in found.block if n.op])) for found in folds]
    assert len(came) == len(BLOCKS[name])
    for found, (times, size), (blocks, expected) in zip(folds, came, BLOCKS[name]):
        assert size == expected
        assert blocks - 1 <= times <= blocks  # the first block may differ: what comes before it is another
        assert len(found.hidden) == (times - 1) * size


@pytest.mark.parametrize("name", MAKERS)
def test_what_is_hidden_is_a_repetition_of_what_is_drawn(name: str) -> None:
    for found in fold(mg.Graph(MAKERS[name]()), 30).folds:
        drawn, hidden = (Counter((repr(n.op), n.shape) for n in nodes) for nodes in (found.block, found.hidden))
        assert hidden == Counter({look: (found.times - 1) * count for look, count in drawn.items()})
        assert found.block[-1] is found.start and found.end in found.hidden and found.start not in found.hidden


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("most", [12, 40])
def test_every_number_that_is_drawn_is_the_graphs(name: str, most: int) -> None:
    root = ran(MAKERS[name]())
    graph = mg.Graph(root)
    shown = labels(mg.draw(root, max_nodes=most).source)
    cards = [n for n in range(len(graph.nodes)) if f"t{n}" in shown]
    assert 3 <= len(cards) < len(graph.nodes)
    for n in cards:
        node, texts = graph.nodes[n], shown[f"t{n}"]
        if is_number(node):
            continue
        if node not in graph.wanted:
            assert "not computed" not in texts and node.grad is None
            continue
        assert node.grad is not None
        rest = texts[2 if node.value.ndim else 1 :]
        rest = [text for text in rest if not text.startswith("⋯")]
        value, rest = take_table(rest, node.value)
        assert value.shows(node.value)
        captions = [at for at, text in enumerate(rest) if text.startswith(("∂", "⊕", "via")) or " + " in text]
        gradient, rest = take_table(rest[captions[-1] + 1 if captions else 0 :], node.grad)
        assert gradient.shows(node.grad) and not rest, texts


@pytest.mark.parametrize("name", MAKERS)
def test_gates_and_chips_are_those_of_the_ops_that_are_not_hidden(name: str) -> None:
    root = ran(MAKERS[name]())
    scene = Scene(root, most=25)
    shown = labels(mg.draw(root, max_nodes=25).source)
    drawn = [node for node in ops(scene.graph) if node not in scene.folding.hidden]
    assert {t for t in shown if t[0] == "o"} == {f"o{scene.ids[node]}" for node in drawn}
    chips = {f"g{scene.ids[n]}_{i}" for n in drawn for i, need in enumerate(scene.graph.backward_plan[n][1]) if need}
    assert {t for t in shown if t[0] == "g"} == chips
    for node in drawn:
        assert {f"t{scene.ids[n]}" for n in (node, *node.inputs)} <= shown.keys()


@pytest.mark.parametrize("name", MAKERS)
def test_nothing_is_folded_up_to_the_limit_or_without_one(name: str) -> None:
    root = MAKERS[name]()
    size = len(mg.Graph(root).nodes)
    assert mg.draw(root, max_nodes=size).source == mg.draw(root, max_nodes=None).source
    assert len([t for t in labels(mg.draw(root, max_nodes=None).source) if t[0] == "t"]) == size
    assert mg.draw(root, max_nodes=size - 1).source != mg.draw(root, max_nodes=None).source


@pytest.mark.parametrize("name", MAKERS)
def test_a_folded_picture_is_the_same_each_time_and_can_be_laid_out(name: str) -> None:
    root = ran(MAKERS[name]())
    for direction in ("LR", "TB"):
        first = mg.draw(root, max_nodes=20, direction=direction)  # type: ignore[arg-type]
        assert first.source == mg.draw(root, max_nodes=20, direction=direction).source  # type: ignore[arg-type]
        assert len(groups(first.svg(), "folded")) == len(Scene(root, most=20).folding.folds)


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("most", [4, 10, 25, 60])
def test_there_are_about_as_many_cards_as_were_asked_for(name: str, most: int) -> None:
    scene = Scene(MAKERS[name](), most=most)
    assert len(scene.nodes) <= max(most, 4) + 2 * len(scene.folding.folds)
    assert scene.root in scene.nodes


def test_the_fold_says_how_many_parameters_and_numbers_are_hidden() -> None:
    root = ran(mlp(14))
    shown = labels(mg.draw(root, max_nodes=30).source)
    (texts,) = (each for name, each in shown.items() if name[0] == "x")
    (found,) = fold(mg.Graph(root), 30).folds
    more = found.times - 1
    assert texts == [
        f"× {found.times}", "Add → ReLU → Affine", f"the one before and {more} more",
        f"{2 * more} parameters, {12 * more} numbers",
    ]  # fmt: skip
    shown = labels(mg.draw(recurrence(20), max_nodes=20).source)
    assert [len(each) for name, each in shown.items() if name[0] == "x"] == [3]  # those of a recurrence are all drawn


def test_shared_weights_are_drawn_once_with_all_their_paths() -> None:
    root = ran(recurrence(20))
    graph = mg.Graph(root)
    shown = labels(mg.draw(root, max_nodes=20).source)
    for name in "UW":
        n = graph.nodes.index(graph[name])
        assert "⊕ 20 paths" in shown[f"t{n}"]
        assert any(t.startswith("via ") and t.endswith(" + ⋯") for t in shown[f"t{n}"])
    source = mg.draw(root, max_nodes=20).source
    assert len(re.findall(r"x\d+:side", source)) == 4  # U and W reach into the fold, and get gradients out of it


def test_ops_before_the_edge_of_the_picture_are_counted() -> None:
    root = woven()
    scene = Scene(root, most=16)
    assert scene.folding.behind
    for node, count in scene.folding.behind.items():
        assert count == len(ops(mg.Graph(node)))
        says = f"⋯ {count} op{'s' * (count > 1)} before"
        assert says in labels(mg.draw(root, max_nodes=16).source)[f"t{scene.ids[node]}"]


def chain(sizes: list[int]) -> mg.Node:
    h = mg.Node(RNG.normal(size=(1, sizes[0])), "x")
    for a, b in pairwise(sizes):
        h = ReLU()(Affine(a, b, seed=RNG)(h))
    return h.sum()


@pytest.mark.parametrize(
    "root",
    [
        pytest.param(lambda: chain(list(range(2, 30))), id="other shapes"),
        pytest.param(lambda: powers([float(n) for n in range(2, 32)]), id="other numbers"),
        pytest.param(lambda: powers([2.0, 3.0] * 1 + [5.0, 7.0, 11.0] * 2, 40), id="only twice"),
    ],
)
def test_what_is_not_alike_is_not_folded(root: Callable[[], mg.Node]) -> None:
    assert not fold(mg.Graph(root()), 10).folds


def powers(factors: list[float], more: int = 0) -> mg.Node:
    h = mg.Node(0.1, "x")
    for factor in [*factors, *map(float, range(100, 100 + more))]:
        h = mg.tanh(h) * factor
    return h


def test_frozen_layers_are_not_folded_with_those_that_train() -> None:
    root = mlp(20, frozen=10)
    graph = mg.Graph(root)
    for found in fold(graph, 20).folds:
        flows = {graph.backward_plan[n][1] if n in graph.backward_plan else None for n in found.hidden}
        assert flows == {graph.backward_plan[n][1] if n in graph.backward_plan else None for n in found.block}
    assert len(fold(graph, 20).folds) == 2


def test_a_chain_inside_an_opened_composite_is_folded_too() -> None:
    class Tower(mg.Op):
        """y = tanh(…tanh(x)…)."""

        def forward(self, x: Array) -> Array:
            for _ in range(30):
                x = np.tanh(x)
            return x

        def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array]:
            for _ in range(30):
                upstream, x = upstream, np.tanh(x)
                upstream = upstream * (1 - x**2)
            return (upstream,)

        def expand(self, x: mg.Node) -> mg.Node:
            for _ in range(30):
                x = mg.tanh(x)
            return x

    root = ran((Tower()(mg.Node([[0.5, 1.0]], "x")) * 2.0).sum())
    shown = labels(mg.draw(root, expand=1, max_nodes=10).source)
    assert [texts[0] for name, texts in shown.items() if name[0] == "x"] == [
        "× 29"
    ]  # all but the first, which reads a leaf
    assert mg.draw(root, expand=1, max_nodes=10).svg().count("Tower")


def test_ids_are_those_of_the_whole_graph() -> None:
    root = ran(mlp(14))
    whole, folded = (labels(mg.draw(root, max_nodes=most).source) for most in (None, 20))
    same = [name for name in folded if name[0] in "togx" and name in whole]
    assert len(same) > 20 and all(whole[name] == folded[name] for name in same)
    assert {name for name in folded if name not in whole} == {f"x{Scene(root, most=20).ids[only_fold(root).end]}"}


def only_fold(root: mg.Node) -> Fold:
    (found,) = fold(mg.Graph(root), 20).folds
    return found


@pytest.mark.parametrize("regular", [True, False])
def test_a_chain_of_20000_values_is_drawn_at_once_and_without_recursion(regular: bool) -> None:
    h, turns = mg.Node(0.5, "x"), np.random.default_rng(0).random(20_000)
    for n in range(20_000):
        h = mg.tanh(h) if (n % 2 if regular else turns[n] < 0.5) else -h
    h.backward()
    start = time.perf_counter()
    diagram = mg.draw(h)
    assert time.perf_counter() - start < 10  # about 1 s; more means that something is quadratic
    assert len(groups(diagram.svg(), "tensor")) <= 42
