"""Nodes: their values, their arithmetic with numbers and arrays on either side, their names and how they look."""

from __future__ import annotations

import operator
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import Double, network

import minigraph as mg
from minigraph import hints, layers
from minigraph.arrays import put_back_axes, shape_text, sum_to_shape
from minigraph.layers import CrossEntropy, SoftmaxWithLoss
from minigraph.naming import scalar_letters, unique_names
from minigraph.ops import Pow

ROOT = Path(__file__).resolve().parents[1]
OPERATORS = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.matmul]
MATRIX, OTHER = np.array([[1.0, 2.0], [3.0, 4.5]]), np.array([[0.5, 1.5], [2.0, 3.0]])
Binary = Callable[[Any, Any], Any]


@pytest.mark.parametrize("sign", OPERATORS, ids=lambda sign: sign.__name__)
@pytest.mark.parametrize("left, right", [(mg.Node, mg.Node), (mg.Node, np.asarray), (np.asarray, mg.Node)])
def test_operators_take_arrays_on_either_side(sign: Binary, left: Binary, right: Binary) -> None:
    result = sign(left(MATRIX), right(OTHER))
    assert isinstance(result, mg.Node)
    np.testing.assert_array_equal(result.value, sign(MATRIX, OTHER))


@pytest.mark.parametrize("sign", OPERATORS[:-1], ids=lambda sign: sign.__name__)
@pytest.mark.parametrize("number", [3, 2.5, np.float64(2.5), np.float32(2.5), np.array(2.5)], ids=repr)
def test_operators_take_numbers_on_either_side(sign: Binary, number: Any) -> None:
    node = mg.Node(MATRIX)
    np.testing.assert_array_equal(sign(node, number).value, sign(MATRIX, float(number)))
    np.testing.assert_array_equal(sign(number, node).value, sign(float(number), MATRIX))
    scalar = mg.Node(2.0)
    assert sign(scalar, number).item() == sign(2.0, float(number))
    assert sign(number, scalar).item() == sign(float(number), 2.0)


@pytest.mark.parametrize("sign", OPERATORS[:-1], ids=lambda sign: sign.__name__)
@pytest.mark.parametrize("number", [3, 2.5, np.float64(2.5), np.float32(2.5)], ids=repr)
def test_float32_stays_float32_with_numbers(sign: Binary, number: Any) -> None:
    node = mg.Node(MATRIX.astype(np.float32))
    for result in (sign(node, number), sign(number, node)):
        assert result.value.dtype == np.float32
        result.backward(np.ones((2, 2)))
        assert node.grad is not None and node.grad.dtype == np.float32


def test_gradients_flow_from_both_sides_of_a_swapped_operator() -> None:
    x = mg.Node(2.0, "x")
    (10 - 6 / x).backward()
    assert x.grad == 1.5
    (2**x).backward()
    np.testing.assert_allclose(x.grad, 4 * np.log(2), rtol=1e-15)


def test_builtin_sum_adds_nodes() -> None:
    assert sum([mg.Node(1.0), mg.Node(2.0)]).item() == 3


def test_methods_and_functions_are_the_same() -> None:
    x = mg.Node(MATRIX)
    np.testing.assert_array_equal((-x).value, -MATRIX)
    for method, function in ((x.sum, mg.sum), (x.mean, mg.mean), (x.max, mg.max)):
        np.testing.assert_array_equal(method(axis=0, keepdims=True).value, function(x, 0, True).value)
    np.testing.assert_array_equal(mg.reshape(x, 4).value, MATRIX.reshape(4))
    np.testing.assert_array_equal(mg.pick(x, np.array([1, 0])).value, [2, 3])


@pytest.mark.parametrize("function", [mg.exp, mg.log, mg.tanh, mg.neg, mg.sum, mg.mean, mg.max])
def test_functions_take_plain_numbers_and_arrays(function: Callable[[Any], mg.Node]) -> None:
    assert function(1).item() == function(1.0).item() == function(np.array(1.0)).item()


@pytest.mark.parametrize("function", [mg.add, mg.sub, mg.mul, mg.div, mg.pow, mg.maximum])
def test_functions_take_two_plain_numbers(function: Binary) -> None:
    assert function(3, 2).item() == function(3.0, 2.0).item()


def test_a_python_number_is_a_float_and_an_array_is_what_it_is() -> None:
    assert mg.Node(3).value.dtype == np.float64 and mg.Node(3).requires_grad
    labels = mg.Node(np.array([1, 2]))
    assert labels.value.dtype == np.int64 and not labels.requires_grad
    assert not mg.Node(np.array([True])).requires_grad
    assert mg.Node([1, 2]).value.dtype == np.int64
    assert mg.Node(np.ones(2, np.float32)).requires_grad


def test_a_node_takes_no_copy() -> None:
    assert mg.Node(MATRIX).value is MATRIX


@pytest.mark.parametrize("value", [2.5, 3, np.array(3), np.array([[4.0]]), np.array([7]), np.float32(1.5), True])
def test_float_of_a_one_element_node(value: Any) -> None:
    assert float(mg.Node(value)) == float(np.asarray(value).item())


def test_item_of_many_is_refused() -> None:
    with pytest.raises(ValueError):
        mg.Node(MATRIX).item()


def test_repr_tells_value_origin_and_gradient() -> None:
    x, y = mg.Node(-2.0, "x"), mg.Node(5.0)
    product = x * y
    assert repr(x) == "<Node x: -2, grad not computed>"
    assert repr(y) == "<Node ·: 5, grad not computed>"
    assert repr(product) == "<Node ·: -10 = Mul(), grad not computed>"
    product.backward()
    assert repr(x) == "<Node x: -2, grad 5>"
    matrix = mg.Parameter(MATRIX.astype(np.float32), "W")
    assert repr(matrix) == "<Parameter W: [2, 2] float32 [[1. 2. ] [3. 4.5]], grad not computed>"
    matrix.sum(axis=0).backward(np.ones(2))
    assert repr(matrix) == "<Parameter W: [2, 2] float32 [[1. 2. ] [3. 4.5]], grad computed>"
    assert repr(matrix.sum(axis=0)) == "<Node ·: [2] float32 [4. 6.5] = Sum(axis=0), grad not computed>"


def test_zero_loss_is_not_minus_zero() -> None:
    assert repr(CrossEntropy()(mg.Node([[1.0, 1e-9]]), np.array([0]))).startswith("<Node ·: 0 ")
    assert repr(SoftmaxWithLoss()(mg.Node([[900.0, 0.0]]), np.eye(2)[[0]])).startswith("<Node ·: 0 ")


def names(output: mg.Node) -> list[str]:
    """The names in the order of the graph."""
    graph = mg.Graph(output)
    return [graph.names[node] for node in graph.nodes]


def test_names_are_unique_short_and_those_that_were_given() -> None:
    assert names(network()) == ["x", "W1", "b1", "Y1", "H", "W2", "b2", "Y2", "t", "L"]


def test_scalar_circuits_get_letters() -> None:
    x, y, z = mg.Node(-2.0, "x"), mg.Node(5.0, "y"), mg.Node(-4.0, "z")
    assert names((x + y) * z) == ["x", "y", "q", "z", "f"]
    assert names(mg.exp(mg.Node(1.0, "q") * 2)) == ["q", "2", "r", "f"]
    assert names(-mg.Node(1.0, "f")) == ["f", "q"]
    assert names(mg.Node(1.0) * mg.Node(2.0) + 3) == ["a", "b", "q", "3", "f"]


@pytest.mark.parametrize("seed", range(5))
def test_names_are_unique_whatever_was_given(seed: int) -> None:
    rng = np.random.default_rng(seed)
    node = mg.Node(np.ones(2), "Y")
    for _ in range(30):
        node = Double()(node) + mg.Node(np.ones(2), str(rng.choice(["Y", "Y1", "Y2", "W", "W1", "C", ""])))
        node.name = str(rng.choice(["Y", "Y3", "", "", ""]))
    graph = mg.Graph(node)
    assert len(set(graph.names.values())) == len(graph.nodes) == len(graph.names)


@pytest.mark.parametrize(
    "wishes, given",
    [
        (["W", "b"], ["W", "b"]), (["W", "W"], ["W1", "W2"]), (["W", "W1", "W"], ["W2", "W1", "W3"]), ([], []),
        (["W", "W", "W1", "W1"], ["W1", "W2", "W11", "W12"]),
    ],
)  # fmt: skip
def test_unique_names_are_numbered_in_order(wishes: list[str], given: list[str]) -> None:
    assert unique_names(wishes) == given


def test_letters_do_not_end() -> None:
    letters = scalar_letters(["q", "s2"], "qrs")
    assert [next(letters) for _ in range(5)] == ["r", "s", "s1", "s3", "s4"]


def test_sum_to_shape_is_the_reverse_of_broadcasting() -> None:
    for shape in ((), (3,), (1, 3), (2, 1), (2, 3), (1, 1)):
        result = sum_to_shape(np.ones((4, 2, 3)), shape)
        assert result.shape == shape and result.sum() == 24


def test_shapes_in_words_and_axes_put_back() -> None:
    assert [shape_text(shape) for shape in ((), (3,), (2, 3))] == ["[]", "[3]", "[2, 3]"]
    assert put_back_axes(np.ones(3), (-1, 0), 3).shape == (1, 3, 1)
    assert put_back_axes(np.ones((2, 1)), 1, 2).shape == (2, 1)


def test_powers_are_written_as_on_a_blackboard() -> None:
    texts = [Pow.locals[0].text("y", ("x", exponent)) for exponent in ("2", "3", "1", "−1", "0.5", "n")]
    assert texts == ["2 × x", "3 × x²", "1", "−1 × x⁻²", "0.5 × x^−0.5", "n × x^(n−1)"]


@pytest.mark.parametrize("kind", [mg.Node, mg.Parameter])
@pytest.mark.parametrize("given", [5, 2.5, np.float64(2.5), [1.0, 2.0], np.float32(3)])
def test_a_value_that_is_assigned_becomes_an_array(kind: type[mg.Node], given: Any) -> None:
    node = kind(1.0, "w")
    node.value = given
    assert type(node.value) is np.ndarray
    np.testing.assert_array_equal(node.value, given)
    repr(node)
    mg.draw(node * 2.0)


@pytest.mark.parametrize("kind", [mg.Node, mg.Parameter])
@pytest.mark.parametrize("given", ["one", None, [[1.0], [2.0, 3.0]], 1j, np.array(["a"]), np.array([None])])
def test_what_is_no_number_cannot_be_assigned(kind: type[mg.Node], given: Any) -> None:
    node = kind(1.0, "w")
    with pytest.raises((TypeError, ValueError), match=f"{kind.__name__} w: the value is"):
        node.value = given
    assert node.item() == 1.0


def test_a_step_of_plain_python() -> None:
    w = mg.Parameter(1.0, "w")
    graph = mg.Graph((w - 3.0) ** 2)
    for _ in range(50):
        graph.forward()
        graph.backward()
        assert w.grad is not None
        w.value = w.value - 0.2 * w.grad
    assert abs(w.item() - 3) < 1e-6 and f"{w:.2f}" == "3.00"


def test_a_node_of_few_numbers_shows_them() -> None:
    assert "[[1. 2.]]" in repr(mg.Node([[1.0, 2.0]])) and f"{mg.Node([[1.0, 2.0]])}" == repr(mg.Node([[1.0, 2.0]]))
    assert "[0" not in repr(mg.Node(np.zeros(100)))


@pytest.mark.parametrize(
    "wrong, says",
    [
        (lambda n: n.tanh(), r"Node has no attribute 'tanh'; write minigraph.tanh\(node\)"),
        (lambda n: n.data, "Node has no attribute 'data'; write node.value"),
        (lambda n: n.nothing_known, "Node has no attribute 'nothing_known'$"),
        (lambda n: mg.Affine, "from minigraph.layers import Affine"),
        (lambda n: mg.nothing_known, "module 'minigraph' has no attribute 'nothing_known'$"),
        (lambda n: layers.nothing_known, "module 'minigraph.layers' has no attribute 'nothing_known'$"),
    ],
)
def test_habits_from_elsewhere_get_a_hint(wrong: Any, says: str) -> None:
    with pytest.raises(AttributeError, match=says):
        wrong(mg.Node(2.0))


def test_names_from_elsewhere_lead_to_ours() -> None:
    table = (ROOT / "docs" / "names.md").read_text("utf-8")
    for foreign, ours in hints.LAYERS.items():
        assert hasattr(layers, ours)
        assert f"`{foreign}" in table or foreign in ("MAE", "MSE", "RMSE")
        for module in ("minigraph", "minigraph.layers"):
            with pytest.raises(ImportError, match=f"{module} has no {foreign}: here it is minigraph.layers.{ours};"):
                exec(f"from {module} import {foreign}")


def test_a_node_is_no_array() -> None:
    node = mg.Node([1.0, 2.0])
    with pytest.raises(TypeError, match="NumPy cannot compute with a node"):
        np.array(node)
    assert node in [node] and node not in [mg.Node([1.0, 2.0])]
