"""Composites opened into their definition: the same numbers, all leaves kept, and the chain rule at every node."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import Array, Double, network, spread

import minigraph as mg
from minigraph.layers import Affine, CrossEntropy, ReLU, Softmax, SoftmaxWithLoss

RNG = np.random.default_rng(13)
KINDS = ["labels", "one-hot"]
every_kind = pytest.mark.parametrize("targets", KINDS)


def ops(graph: mg.Graph) -> list[str]:
    return [node.op.name for node in graph.nodes if node.op]


LAYERS = ["Affine", "ReLU", "Affine"]
OPENED = ["MatMul", "Add", "Maximum", "MatMul", "Add"]


@pytest.mark.parametrize(
    "targets, depth, expected",
    [
        ("labels", 0, [*LAYERS, "SoftmaxWithLoss"]),
        ("labels", 1, [*OPENED, "Softmax", "CrossEntropy"]),
        ("labels", 2, [*OPENED, "Exp", "Sum", "Div", "Pick", "Log", "Neg", "Mean"]),
        ("labels", 99, [*OPENED, "Exp", "Sum", "Div", "Pick", "Log", "Neg", "Mean"]),
        ("one-hot", 1, [*OPENED, "Softmax", "CrossEntropy"]),
        ("one-hot", 2, [*OPENED, "Exp", "Sum", "Div", "Log", "Weigh", "Sum", "Neg", "Mean"]),
    ],
)  # fmt: skip
def test_each_level_opens_one_layer_of_boxes(targets: str, depth: int, expected: list[str]) -> None:
    assert ops(mg.Graph(mg.expand(network(targets), depth))) == expected


@every_kind
@pytest.mark.parametrize("depth", [0, 1, 2, 99])
def test_same_loss_and_same_gradients_at_every_leaf(targets: str, depth: int) -> None:
    closed = mg.Graph(network(targets))
    opened = mg.Graph(mg.expand(closed.output, depth))
    np.testing.assert_allclose(opened.output.value, closed.output.value, rtol=1e-14)
    leaves = [node for node in closed.nodes if node.op is None]
    assert set(leaves) <= set(opened.nodes)
    assert opened.parameters == closed.parameters
    expected, found = closed.gradients(), opened.gradients()
    for leaf in leaves:
        assert (leaf in expected) is (leaf in found)
        if leaf in expected:
            np.testing.assert_allclose(found[leaf], expected[leaf], rtol=1e-11, atol=1e-15)


def test_the_closed_graph_stays_as_it_is() -> None:
    closed = mg.Graph(network())
    closed.backward()
    before = [(n.value, n.grad, n.op, n.inputs, n.operands, n.name, n.scope, n.requires_grad) for n in closed.nodes]
    mg.Graph(mg.expand(closed.output, 99)).backward()
    assert [node.grad is not None for node in closed.nodes] == [entry[1] is not None for entry in before]
    for node, (value, _, *others) in zip(closed.nodes, before):
        assert node.value is value
        assert [node.op, node.inputs, node.operands, node.name, node.scope, node.requires_grad] == others


def test_only_leaves_are_shared() -> None:
    closed = mg.Graph(network())
    for depth in (0, 1, 99):
        opened = mg.Graph(mg.expand(closed.output, depth))
        assert all(node.op is None for node in set(closed.nodes) & set(opened.nodes))


def test_scopes_tell_which_boxes_were_opened() -> None:
    loss = network("one-hot")
    loss.name = "loss"
    first, relu, second = (node for node in mg.Graph(loss).nodes if node.op and node is not loss)
    opened = mg.Graph(mg.expand(loss, 1))
    scopes = {op: [node.scope for node in opened.nodes if node.op and node.op.name == op] for op in set(ops(opened))}
    assert scopes == {
        "MatMul": [(first,), (second,)], "Add": [(first,), (second,)], "Maximum": [(relu,)],
        "Softmax": [(loss,)], "CrossEntropy": [(loss,)],
    }  # fmt: skip
    assert opened.output.name == "loss"
    for node in opened.nodes:
        assert node.op or node.scope == (() if node.name else (relu,))  # the 0 in max(x, 0) is a leaf of the box


def test_scopes_nest_outermost_first() -> None:
    loss = network("one-hot")
    opened = mg.Graph(mg.expand(loss, 2))
    inner = {node.op.name: [box.op.name for box in node.scope if box.op] for node in opened.nodes if node.op}
    assert inner["Exp"] == inner["Div"] == ["SoftmaxWithLoss", "Softmax"]
    assert inner["Log"] == inner["Mean"] == ["SoftmaxWithLoss", "CrossEntropy"]
    assert all(node.scope[0] is loss for node in opened.nodes if node.op and node.op.name in ("Exp", "Log"))


def test_opening_in_two_steps_keeps_the_boxes_of_the_first() -> None:
    loss = network("one-hot")

    def boxes(root: mg.Node) -> list[list[str]]:
        return [[box.op.name for box in node.scope if box.op] for node in mg.Graph(root).nodes]

    once = mg.expand(loss, 1)
    assert boxes(mg.expand(once, 0)) == boxes(once)
    assert boxes(mg.expand(once, 1)) == boxes(mg.expand(loss, 2))


@every_kind
@pytest.mark.parametrize("depth", [1, 99])
def test_an_opened_graph_replays_with_another_batch_size(targets: str, depth: int) -> None:
    closed = mg.Graph(network(targets))
    opened = mg.Graph(mg.expand(closed.output, depth))
    labels = RNG.integers(3, size=9)
    feeds: dict[str, Any] = {"x": spread(RNG, 9, 4), "t": labels if targets == "labels" else np.eye(3)[labels]}
    assert opened.forward(**feeds) == pytest.approx(closed.evaluate(None, **feeds), rel=1e-14)
    opened.backward()
    found = {parameter: parameter.grad for parameter in opened.parameters}
    closed.forward(**feeds)
    closed.backward()
    for parameter, gradient in found.items():
        np.testing.assert_allclose(gradient, parameter.grad, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize(
    "op, shape",
    [
        (Softmax(), (5, 4)), (Softmax(temperature=2.0), (5, 4)), (Softmax(axis=0), (5, 4)), (Softmax(groups=2), (5, 4)),
        (Softmax(axis=1, groups=2), (5, 4, 3)), (CrossEntropy("none"), (5, 4)), (SoftmaxWithLoss("sum"), (5, 4)),
        (Affine(4, 2, seed=0), (5, 7, 4)), (ReLU(), (5,)),
    ],
    ids=[
        "softmax", "temperature", "axis 0", "groups", "groups of axis 1", "CrossEntropy", "SoftmaxWithLoss", "Affine",
        "ReLU",
    ],
)  # fmt: skip
def test_every_opened_layer_replays_with_another_batch_size(op: mg.Op, shape: tuple[int, ...]) -> None:
    x = mg.Node(np.full((3, *shape[1:]), 0.25), "x")
    targets = (mg.Node(np.zeros(3, int), "t"),) if 1 in op.constants else ()
    opened = mg.Graph(mg.expand(op(x, *targets), 99))
    new, labels = np.abs(spread(RNG, *shape)), np.array([0, 1, 2, 3, 0])
    feeds: dict[str, Any] = {"x": new, "t": labels} if targets else {"x": new}
    expected = op.forward(*feeds.values(), *(parameter.value for parameter in op.parameters))
    np.testing.assert_allclose(opened.forward(**feeds), expected, rtol=1e-13)


def chain_rule(graph: mg.Graph) -> dict[mg.Node, Array]:
    """Σ over a node's consumers of upstream × local, as the edges of a diagram show it, for every inner node."""
    sums: dict[mg.Node, Array] = {}
    for consumer in graph.nodes:
        for i, source in enumerate(consumer.inputs):
            if source in graph.wanted and consumer.op and i not in consumer.op.constants:
                assert consumer.grad is not None
                local = consumer.op.locals[i]
                part = local.apply(consumer.op, consumer.grad, consumer.value, consumer.operands, i)
                sums[source] = sums.get(source, np.zeros(source.shape)) + part
    return sums


@every_kind
@pytest.mark.parametrize("depth", [0, 1, 2, 99])
def test_upstream_times_local_adds_up_to_the_gradient_at_every_node(targets: str, depth: int) -> None:
    graph = mg.Graph(mg.expand(network(targets), depth))
    graph.backward()
    sums = chain_rule(graph)
    assert set(sums) == graph.wanted - {graph.output}
    for node, total in sums.items():
        np.testing.assert_allclose(total, node.grad, rtol=1e-12, atol=1e-15)


@every_kind
@pytest.mark.parametrize("depth", [0, 1, 2])
def test_the_way_back_ends_in_p_minus_t_over_n(targets: str, depth: int) -> None:
    z = mg.Node(spread(RNG, 5, 3), "z")
    labels = np.array([0, 1, 2, 2, 1])
    loss = mg.expand(SoftmaxWithLoss()(z, labels if targets == "labels" else np.eye(3)[labels]), depth)
    loss.backward()
    np.testing.assert_allclose(z.grad, (Softmax().forward(z.value) - np.eye(3)[labels]) / 5, rtol=1e-10, atol=1e-15)


class Same(Double):
    """y = x: its definition is its input."""

    def forward(self, x: Array) -> Array:
        return x * 1

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array, ...]:
        return (upstream,)

    def expand(self, x: mg.Node) -> mg.Node:
        return x


class Wrapped(Same):
    symbol = "V"

    def expand(self, x: mg.Node) -> mg.Node:
        return Same()(x)


@pytest.mark.parametrize("op", [Same(), Wrapped()], ids=repr)
@pytest.mark.parametrize("depth", [1, 2])
def test_a_box_with_nothing_in_it_leaves_its_input_alone(op: mg.Op, depth: int) -> None:
    x = mg.Node(2.0, "x")
    opened = mg.expand(op(x), depth)
    assert (x.name, x.op, x.scope) == ("x", None, ())
    assert (opened is x) is (type(op) is Same or depth == 2)
    assert ops(mg.Graph(mg.expand(mg.tanh(op(mg.exp(x))), 99))) == ["Exp", "Tanh"]


def test_a_shared_box_is_opened_once() -> None:
    x = mg.Node([[1.0, 2.0]], "x")
    p = Softmax()(x)
    opened = mg.Graph(mg.expand((p * p).sum()))
    assert ops(opened).count("Exp") == 1
    multiplied = next(node for node in opened.nodes if node.op and node.op.name == "Mul")
    assert multiplied.inputs[0] is multiplied.inputs[1]


def test_a_leaf_expands_to_itself() -> None:
    x = mg.Node(1.0, "x")
    assert mg.expand(x, 5) is x
