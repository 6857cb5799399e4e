"""Backward through graphs of every form: forks, shared layers, deep chains, and gradients that nobody wants."""

from __future__ import annotations

import gc
from typing import Any

import numpy as np
import pytest
from helpers import Array, Double, NoReturn, central_difference, network, spread

import minigraph as mg
from minigraph.layers import Affine, ReLU, Softmax, SoftmaxWithLoss

RNG = np.random.default_rng(11)


def test_the_circuit_of_every_course() -> None:
    x, y, z = mg.Node(-2.0, "x"), mg.Node(5.0, "y"), mg.Node(-4.0, "z")
    q = x + y
    f = q * z
    f.backward()
    assert [f.item(), x.grad, y.grad, z.grad, q.grad, f.grad] == [-12, -4, -4, 3, -4, 1]


def test_a_node_used_thrice_gets_three_gradients() -> None:
    x = mg.Node(3.0, "x")
    y = x + x + x
    y.backward()
    assert (y.item(), x.grad) == (9, 3)
    assert [node.inputs.count(x) for node in mg.Graph(y).nodes] == [0, 2, 1]


def test_a_square_as_a_product() -> None:
    x = mg.Node([3.0, -2.0], "x")
    (x * x).sum().backward()
    np.testing.assert_array_equal(x.grad, [6, -4])


def test_a_diamond_adds_up_over_its_paths() -> None:
    x = mg.Node(0.7, "x")
    a = mg.exp(x)
    b = mg.tanh(a)
    (a * b + x / b).backward()

    def f(v: Array) -> Any:
        e = np.exp(v)
        return e * np.tanh(e) + v / np.tanh(e)

    np.testing.assert_allclose(x.grad, central_difference(f, np.asarray(0.7)), rtol=1e-8)


def test_a_layer_used_twice_sums_the_gradients_of_its_parameters() -> None:
    layer = Affine(3, 3, seed=1, bias=[0.1, 0.2, 0.3])
    x = mg.Node(spread(RNG, 2, 3), "x")
    loss = (mg.tanh(layer(mg.tanh(layer(x)))) ** 2).sum()
    graph = mg.Graph(loss)
    assert graph.parameters == layer.parameters
    graph.backward()
    for parameter in layer.parameters:

        def moved(a: Array, parameter: mg.Node = parameter) -> Array:
            return graph.evaluate(loss, {parameter: a})

        numerical = central_difference(moved, parameter.value)
        np.testing.assert_allclose(parameter.grad, numerical, rtol=1e-7, atol=1e-9)


def test_a_second_backward_gives_the_same_not_the_double() -> None:
    graph = mg.Graph(network())
    graph.backward()
    first = {node: node.grad for node in graph.nodes}
    graph.backward()
    for node, grad in first.items():
        np.testing.assert_array_equal(node.grad, grad)


def test_backward_goes_from_any_seed() -> None:
    x = mg.Node([1.0, 2.0, 3.0], "x")
    y = x * x
    y.backward([1, 0, 0])
    np.testing.assert_array_equal(x.grad, [2, 0, 0])
    y.backward([0, 10, 1])
    np.testing.assert_array_equal(x.grad, [0, 40, 6])
    np.testing.assert_array_equal(y.grad, [0, 10, 1])


def test_one_element_needs_no_seed_whatever_its_shape() -> None:
    x = mg.Node([[3.0]], "x")
    (x * x).backward()
    np.testing.assert_array_equal(x.grad, [[6.0]])


def test_a_leaf_is_its_own_gradient() -> None:
    x = mg.Node(5.0)
    x.backward()
    assert x.grad == 1


def test_backward_from_the_middle_says_nothing_of_what_came_after() -> None:
    x = mg.Node(2.0, "x")
    middle = x * x
    end = mg.exp(middle)
    middle.backward()
    assert (x.grad, middle.grad, end.grad) == (4, 1, None)


def test_intermediate_gradients_are_kept_and_the_graph_too() -> None:
    graph = mg.Graph(network())
    assert all(node.grad is None for node in graph.nodes)
    graph.backward()
    without = [node.name for node in graph.nodes if node.grad is None]
    assert without == ["t"]
    for node in graph.nodes:
        assert node.grad is None or node.grad.shape == node.shape


class HandsOn(mg.Op):
    """y = a + b, which gives the very same array to both inputs."""

    def forward(self, a: Array, b: Array) -> Array:
        return a + b

    def backward(self, upstream: Array, y: Array, a: Array, b: Array) -> tuple[Array, Array]:
        return upstream, upstream


def test_forks_never_write_into_arrays_that_somebody_else_holds() -> None:
    x = mg.Node(np.ones(3), "x")
    a = Double()(x)
    b = HandsOn()(a, x)
    seed = np.array([1.0, 2.0, 3.0])
    HandsOn()(b, HandsOn()(a, b)).backward(seed)
    np.testing.assert_array_equal(seed, [1, 2, 3])
    assert a.grad is not None and b.grad is not None
    np.testing.assert_array_equal(b.grad, 2 * seed)
    np.testing.assert_array_equal(a.grad, 3 * seed)
    np.testing.assert_array_equal(x.grad, 8 * seed)


def test_gradients_that_nobody_wants_are_not_computed() -> None:
    data = mg.Node(np.ones(3), "data", requires_grad=False)
    x = mg.Node(np.ones(3), "x")
    NoReturn()(NoReturn()(data)) + 1
    ((NoReturn()(data) + 1) * x).sum().backward()
    np.testing.assert_array_equal(x.grad, [3, 3, 3])
    assert data.grad is None
    (x + data).sum().backward()  # a sum has the gradient of both at no cost, and hands it to one
    assert data.grad is None


def test_what_a_backward_did_not_reach_is_not_computed_instead_of_stale() -> None:
    x, y = mg.Node(2.0, "x"), mg.Node(3.0, "y")
    product = x * y
    product.backward()
    x.requires_grad = False
    product.backward()
    assert (x.grad, y.grad) == (None, 2)


class Watched(Affine):
    """Writes down which gradients it was asked for, and which it computed."""

    asked: list[tuple[bool, ...]]
    computed: list[list[bool]]

    def backward(self, upstream: Array, y: Array, x: Array, w: Array, *b: Array, needs: Any = None) -> Any:
        gradients = super().backward(upstream, y, x, w, *b, needs=needs)
        self.asked.append(needs)
        self.computed.append([gradient is not None for gradient in gradients])
        return gradients


@pytest.mark.parametrize("wanted", [False, True])
def test_the_first_layer_leaves_out_dx_if_nobody_wants_it(wanted: bool) -> None:
    layer = Watched(4, 3, seed=0)
    layer.asked, layer.computed = [], []
    x = mg.Node(spread(RNG, 2, 4), "x", requires_grad=wanted)
    SoftmaxWithLoss()(layer(x), np.array([0, 1])).backward()
    assert layer.asked == [(wanted, True, True)]
    assert layer.computed == [[wanted, True, True]]
    assert (x.grad is not None) is wanted


def test_an_input_without_gradient_by_the_op_stays_not_computed() -> None:
    class Floor(mg.Op):
        def forward(self, x: Array) -> Array:
            return np.floor(x)

        def backward(self, upstream: Array, y: Array, x: Array) -> tuple[None]:
            return (None,)

    x, y = mg.Node(0.5, "x"), mg.Node(2.0, "y")
    inner = mg.exp(x)
    loss = Floor()(inner) * y
    loss.backward()
    assert (x.grad, inner.grad, y.grad) == (None, None, 1.0)
    assert mg.check_gradients(loss, verbose=False)


def test_constants_of_an_op_want_nothing_even_if_they_are_floats() -> None:
    t = mg.Node(np.eye(3), "t")
    z = mg.Node(spread(RNG, 3, 3), "z")
    SoftmaxWithLoss()(z, t).backward()
    assert t.grad is None and z.grad is not None


def test_what_leads_only_to_a_constant_is_not_wanted() -> None:
    teacher, z = mg.Node(spread(RNG, 2, 3), "teacher"), mg.Node(spread(RNG, 2, 3), "z")
    graph = mg.Graph(SoftmaxWithLoss()(z, NoReturn()(Softmax()(teacher)) * 0.5))
    graph.backward()
    assert graph.wanted == {z, graph.output}
    assert {node for node in graph.nodes if node.grad is not None} == graph.wanted


def test_20000_nodes_deep_there_is_no_limit() -> None:
    x = mg.Node(1.0, "x")
    y = x
    for _ in range(10_000):
        y = -mg.tanh(y)
    graph = mg.Graph(y)
    assert len(graph.nodes) == 20_001
    before = y.item()
    y.backward()
    assert x.grad is not None and 0 < x.grad < 1e-4
    assert graph.forward(x=1.0) == before
    assert len(set(graph.names.values())) == 20_001
    opened = mg.expand(y, 99)
    assert opened.item() == before and len(mg.Graph(opened).nodes) == 20_001
    del graph, opened, y
    gc.collect()
    assert x.item() == 1


def test_20000_composites_open() -> None:
    x = mg.Node(1.0, "x")
    y = x
    for _ in range(20_000):
        y = ReLU()(y)
    opened = mg.expand(y)
    assert len(mg.Graph(opened).nodes) == 40_001
    opened.backward()
    assert x.grad == 1


def test_the_order_is_inputs_first_and_always_the_same() -> None:
    nodes = mg.Graph(network()).nodes
    for i, node in enumerate(nodes):
        assert all(source in nodes[:i] for source in node.inputs)
    again = mg.Graph(network()).nodes
    assert [repr(node) for node in nodes] == [repr(node) for node in again]


def test_nodes_are_found_by_the_names_that_a_diagram_shows() -> None:
    graph = mg.Graph(network())
    assert graph["W2"] is graph.parameters[2] and graph["L"] is graph.output
    with pytest.raises(KeyError, match="no node 'W3'; there are x, W1, b1, Y1"):
        graph["W3"]


def test_parameters_come_in_order_of_use() -> None:
    graph = mg.Graph(network())
    assert [graph.names[parameter] for parameter in graph.parameters] == ["W1", "b1", "W2", "b2"]
    assert repr(graph) == "<Graph L: 10 nodes, 4 parameters>"


def test_backward_through_what_another_graph_recomputed_is_refused() -> None:
    x = mg.Node(1.0, "x")
    h = mg.exp(x)
    a, b = h * 2.0, h * h
    mg.Graph(a).forward(x=3.0)
    with pytest.raises(ValueError, match=r"^backward: q was recomputed by another graph .* call this graph's forward"):
        b.backward()
    mg.Graph(b).forward()
    b.backward()
    np.testing.assert_allclose(x.grad, 2 * np.exp(6.0))


def test_gradients_at_other_values_take_a_seed_of_their_shape() -> None:
    x = mg.Node(np.ones((2, 3)), "x")
    graph = mg.Graph(x * 2.0)
    values = graph.replay({x: np.ones((5, 3))})
    seed = np.arange(15.0).reshape(5, 3)
    np.testing.assert_array_equal(graph.gradients(seed, values)[x], 2 * seed)
