"""Graph.forward and Graph.evaluate: the record run again on other arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import network, spread

import minigraph as mg
from minigraph.layers import Affine, ReLU, SoftmaxWithLoss

RNG = np.random.default_rng(12)


def by_hand(graph: mg.Graph, x: Any, labels: Any) -> float:
    """The loss of `network` with other inputs, by its layers on plain arrays."""
    w1, b1, w2, b2 = (parameter.value for parameter in graph.parameters)
    hidden = ReLU().forward(Affine(4, 5).forward(np.asarray(x), w1, b1))
    return float(SoftmaxWithLoss().forward(Affine(5, 3).forward(hidden, w2, b2), np.asarray(labels)))


@pytest.mark.parametrize("rows", [1, 6, 17])
@pytest.mark.parametrize("how", ["by name", "by node", "by name in a dict", "both ways"])
def test_forward_runs_on_new_arrays_of_any_batch_size(rows: int, how: str) -> None:
    graph = mg.Graph(network())
    x, labels = spread(RNG, rows, 4), RNG.integers(3, size=rows)
    nodes = {name: graph[name] for name in ("x", "t", "Y2")}
    if how == "by name":
        result = graph.forward(x=x, t=labels)
    elif how == "by node":
        result = graph.forward({nodes["x"]: x, nodes["t"]: labels})
    elif how == "by name in a dict":
        result = graph.forward({"x": x, "t": labels})
    else:
        result = graph.forward({nodes["x"]: x}, t=labels)
    assert result is graph.output.value
    assert result == pytest.approx(by_hand(graph, x, labels), rel=1e-14)
    for node in graph.nodes:
        assert all(operand is source.value for operand, source in zip(node.operands, node.inputs, strict=True))
    graph.backward()
    fresh = SoftmaxWithLoss()(mg.Node(nodes["Y2"].value), labels)
    fresh.backward()
    np.testing.assert_array_equal(nodes["Y2"].grad, fresh.inputs[0].grad)
    assert nodes["x"].grad is not None and nodes["x"].grad.shape == (rows, 4)


@pytest.mark.parametrize("kind", [np.float32, np.int64, list], ids=["float32", "int64", "list"])
def test_feeds_take_the_type_of_their_leaf(kind: Any) -> None:
    x = mg.Node(np.zeros(2), "x")
    graph = mg.Graph(x * 0.5)
    fed = [1, 3] if kind is list else np.array([1, 3], dtype=kind)
    np.testing.assert_array_equal(graph.forward(x=fed), [0.5, 1.5])
    assert x.value.dtype == graph.output.value.dtype == np.float64


def test_a_float32_graph_stays_float32_when_fed_float64() -> None:
    graph = mg.Graph(network(dtype=np.float32))
    assert graph.forward(x=spread(RNG, 6, 4)).dtype == np.float32
    graph.backward()
    for node in graph.nodes:
        assert node.grad is None or node.grad.dtype == np.float32


def test_labels_are_fed_as_list_and_as_any_integers() -> None:
    graph = mg.Graph(network())
    expected = graph.forward(t=[2, 1, 0, 0, 1, 2])
    assert graph.forward(t=np.array([2, 1, 0, 0, 1, 2], dtype=np.uint8)) == expected


def test_infinities_are_fed_without_a_warning() -> None:
    graph = mg.Graph(-mg.Node(np.zeros(2), "x"))
    np.testing.assert_array_equal(graph.forward(x=[np.inf, -np.inf]), [-np.inf, np.inf])


def test_huge_numbers_are_fed_without_a_warning() -> None:
    graph = mg.Graph(-mg.Node(np.zeros(2), "x"))
    np.testing.assert_array_equal(graph.forward(x=[1.5e308, 1.5e308]), [-1.5e308, -1.5e308])


def test_forward_makes_gradients_not_computed() -> None:
    graph = mg.Graph(network())
    graph.backward()
    graph.forward()
    assert all(node.grad is None for node in graph.nodes)


def test_forward_without_feeds_takes_new_parameter_values() -> None:
    w = mg.Parameter(2.0, "w")
    graph = mg.Graph(w * 3.0)
    w.value = np.array(5.0)
    assert graph.forward() == 15


def test_forward_does_not_write_into_what_it_was_fed() -> None:
    graph = mg.Graph(network())
    x = spread(RNG, 6, 4)
    x.flags.writeable = False
    graph.forward(x=x)
    graph.backward()
    assert graph.nodes[0].value is x


def test_python_numbers_that_became_leaves_keep_their_value() -> None:
    x = mg.Node(1.0, "x")
    graph = mg.Graph(x * 2 + 1)
    assert graph.forward(x=10.0) == 21


def test_a_bare_number_that_stands_twice_cannot_be_fed_by_name() -> None:
    x = mg.Node(1.0, "x")
    graph = mg.Graph(x * 2 + x / 2)
    with pytest.raises(ValueError, match="'2'"):
        graph.forward(**{"2": 4.0})


def test_evaluate_changes_nothing() -> None:
    graph = mg.Graph(network())
    graph.backward()
    before = [(node.value, node.grad, node.operands) for node in graph.nodes]
    x, labels = spread(RNG, 3, 4), np.array([0, 1, 2])
    assert graph.evaluate(None, x=x, t=labels) == pytest.approx(by_hand(graph, x, labels), rel=1e-14)
    for node, (value, grad, operands) in zip(graph.nodes, before):
        assert node.value is value and node.grad is grad and node.operands is operands


def test_evaluate_of_an_inner_node_needs_no_labels() -> None:
    graph = mg.Graph(network())
    scores = graph["Y2"]
    assert graph.evaluate(scores, x=spread(RNG, 17, 4)).shape == (17, 3)
    np.testing.assert_array_equal(graph.evaluate(scores), scores.value)


def test_evaluate_takes_leaves_by_node() -> None:
    x = mg.Node(2.0, "x")
    graph = mg.Graph(x * x)
    assert graph.evaluate(graph.output, {x: 5.0}) == 25
    assert graph.evaluate() == 4


def test_leaves_may_have_the_names_of_the_arguments() -> None:
    node, feeds = mg.Node(2.0, "node"), mg.Node(3.0, "feeds")
    graph = mg.Graph(node * feeds)
    assert graph.forward(node=5.0, feeds=7.0) == 35
    assert graph.evaluate(None, node=1.0, feeds=4.0) == 4
