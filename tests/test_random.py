"""Shapes, broadcasting and small graphs that nobody thought of: made up by hypothesis, the same ones at every run."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from helpers import Array, central_difference, positive, spread
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import minigraph as mg
from minigraph.ops import Add, Div, MatMul, Maximum, Mean, Minimum, Mul, Pow, Sub, Sum

SEEDS = st.integers(0, 2**32 - 1)
BINARY: list[mg.Op] = [Add(), Sub(), Mul(), Div(), Maximum(), Minimum(), Pow()]


def holds_to_differences(op: mg.Op, *operands: Array) -> None:
    """Shapes, types and values of every gradient of `op`, against central differences."""
    output = op.run(operands)
    upstream = np.asarray(np.random.default_rng(1).normal(size=output.shape))
    gradients = op.pull(upstream, output, operands, (True,) * len(operands))
    for i, (gradient, operand) in enumerate(zip(gradients, operands)):

        def moved(a: Array, i: int = i) -> float:
            return float((op.run((*operands[:i], a, *operands[i + 1:])) * upstream).sum())

        assert gradient is not None and gradient.shape == operand.shape and gradient.dtype == operand.dtype
        np.testing.assert_allclose(gradient, central_difference(moved, operand), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("op", BINARY, ids=repr)
@given(
    shapes=hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, min_side=1, max_side=3), seed=SEEDS
)
def test_binary_ops_broadcast(op: mg.Op, shapes: hnp.BroadcastableShapes, seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = ((positive if isinstance(op, Pow) else spread)(rng, *shape) for shape in shapes.input_shapes)
    if isinstance(op, (Maximum, Minimum)):
        b = np.asarray(b + (2e-4 if np.abs(a - b).min() < 1e-4 else 0))  # a tie has two slopes
    assert op.run((a, b)).shape == shapes.result_shape
    holds_to_differences(op, a, b)


@given(shapes=hnp.mutually_broadcastable_shapes(signature="(n?,m),(m,k?)->(n?,k?)", max_dims=2, max_side=3), seed=SEEDS)
def test_matrix_products_broadcast(shapes: hnp.BroadcastableShapes, seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = (spread(rng, *shape) for shape in shapes.input_shapes)
    assert MatMul().run((a, b)).shape == shapes.result_shape
    holds_to_differences(MatMul(), a, b)


@pytest.mark.parametrize("make", [Sum, Mean])
@given(shape=hnp.array_shapes(max_dims=4, max_side=3), data=st.data(), seed=SEEDS, keepdims=st.booleans())
def test_reductions_over_any_axes(
    make: type[Sum] | type[Mean], shape: tuple[int, ...], data: st.DataObject, seed: int, keepdims: bool
) -> None:
    axis = data.draw(st.none() | hnp.valid_tuple_axes(len(shape)) | st.integers(-len(shape), len(shape) - 1))
    x = spread(np.random.default_rng(seed), *shape)
    reference = x.sum if make is Sum else x.mean
    np.testing.assert_array_equal(make(axis, keepdims).run((x,)), reference(axis=axis, keepdims=keepdims))
    holds_to_differences(make(axis, keepdims), x)


STEPS: dict[str, Callable[[mg.Node, mg.Node], mg.Node]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: mg.tanh(a) * b,
    "div": lambda a, b: a / (b * b + 1),
    "exp": lambda a, b: mg.exp(mg.tanh(a)),
    "log": lambda a, b: mg.log(a * a + 0.5),
    "neg": lambda a, b: -a,
    "row sums": lambda a, b: a + mg.tanh(b).mean(axis=-1, keepdims=True),
    "product": lambda a, b: a @ mg.tanh(b * 0.5),
    "number": lambda a, b: 0.5 * a - 1 / (a * a + 1),
    "square": lambda a, b: mg.tanh(a) ** 2,
}
STEP = st.tuples(st.sampled_from(sorted(STEPS)), st.integers(0, 99), st.integers(0, 99))


@given(steps=st.lists(STEP, min_size=1, max_size=8), leaves=st.integers(1, 3), seed=SEEDS)
def test_backward_through_random_graphs(steps: list[tuple[str, int, int]], leaves: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    inputs = [mg.Node(spread(rng, *shape), f"x{i}") for i, shape in zip(range(leaves), [(3, 3), (1, 3), (3, 1)])]
    nodes = [inputs[0] + np.zeros((3, 3)), *(inputs[0] + node for node in inputs[1:])]
    for name, i, k in steps:
        nodes.append(STEPS[name](nodes[i % len(nodes)], nodes[k % len(nodes)]))
    graph = mg.Graph(mg.tanh(nodes[-1]).sum() + mg.tanh(nodes[-2]).mean())
    graph.backward()
    for leaf in (node for node in inputs if node in graph.wanted):

        def moved(a: Array, leaf: mg.Node = leaf) -> Array:
            return graph.evaluate(None, {leaf: a})

        np.testing.assert_allclose(leaf.grad, central_difference(moved, leaf.value), rtol=1e-5, atol=1e-7)
    before = graph.output.value
    np.testing.assert_array_equal(graph.forward(), before)
