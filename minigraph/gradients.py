"""Gradients looked at one by one: the Jacobian of an edge, and slopes by finite differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minigraph.arrays import Array, ArrayLike, shape_text
from minigraph.graph import Node

__all__ = ["STEP", "local_gradient", "numerical_gradient", "slopes", "unit"]

LARGEST_JACOBIAN = 10_000_000
STEP = 6e-6  # the cube root of float64's epsilon, where rounding and truncation cost a central difference the same


def local_gradient(node: Node, i: int = 0) -> Array:
    """J[a…, b…] = ∂node[a…]/∂input_i[b…]: the Jacobian of one edge, of shape ``node.shape + input.shape``.

    Made by pulling every basis vector back through the op's own ``backward``. An edge without a gradient gives zeros.
    Errors: ValueError for a leaf, an input that is not there, or more than 10 million entries.

    >>> a, b = mg.Node(6.0, "a"), mg.Node(2.0, "b")
    >>> mg.local_gradient(a / b, 0), mg.local_gradient(a / b, 1)
    (array(0.5), array(-1.5))
    >>> mg.local_gradient(mg.Node([1.0, 2.0], "v") ** 2)
    array([[2., 0.],
           [0., 4.]])
    """
    if node.op is None or not 0 <= i < len(node.inputs):
        raise ValueError(f"local_gradient: {node!r} has {len(node.inputs)} inputs, so there is no input {i}")
    source = node.operands[i]
    if node.value.size * source.size > LARGEST_JACOBIAN:
        raise ValueError(
            f"local_gradient: {shape_text(node.shape + source.shape)} is more than {LARGEST_JACOBIAN:,} entries"
        )
    needs = tuple(k == i for k in range(len(node.inputs)))
    jacobian = np.zeros((node.value.size, *source.shape), dtype=source.dtype if source.dtype.kind == "f" else float)
    for row, where in enumerate(np.ndindex(node.shape)):
        pulled = node.op.pull(unit(node.value, where), node.value, node.operands, needs)[i]
        jacobian[row] = 0 if pulled is None else pulled
    return jacobian.reshape(node.shape + source.shape)


def numerical_gradient(f: Callable[[Array], Any], x: ArrayLike, step: float = STEP) -> Array:
    """∂f/∂x[i] ≈ (f(x + hᵢeᵢ) − f(x − hᵢeᵢ)) / (2hᵢ) for each element: central differences, in float64.

    f: an array like x → a scalar (number, 0-d array or node); x is not written to. hᵢ = step · |xᵢ|, but at least
    step · 0.01, unless xᵢ is nearer to 0 than that and not 0. Error of the order h².

    >>> np.round(mg.numerical_gradient(lambda x: (x**2).sum(), [1.0, 2.0]), 6)
    array([2., 4.])
    """
    point = np.array(x, dtype=np.float64)
    gradient = np.empty_like(point)
    for i in np.ndindex(point.shape):
        size = abs(float(point[i]))
        left, right, _ = slopes(f, point, unit(point, i), step * (size if 0 < size < 2 * step else max(size, 0.01)))
        gradient[i] = (left + right).sum() / 2
    return gradient


def slopes(f: Callable[[Array], Any], x: Array, direction: Array, h: float) -> tuple[Array, Array, Array]:
    """The slopes of each element of f at x along `direction`: from the left, from the right, and their rounding."""
    with np.errstate(all="ignore"):
        before, here, after = (_terms(f(x + s * direction)) for s in (-h, 0.0, h))
        rounding = 8 * np.finfo(np.float64).eps * np.abs(here) / h
        return (here - before) / h, (after - here) / h, rounding


def unit(like: Array, i: tuple[int, ...]) -> Array:
    """The basis vector eᵢ in the shape and type of an array."""
    e = np.zeros_like(like)
    e[i] = 1
    return e


def _terms(value: Any) -> Array:
    return np.asarray(value.value if isinstance(value, Node) else value, dtype=np.float64).ravel()
