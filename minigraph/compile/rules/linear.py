"""Matrix products into memory that is there already."""

from __future__ import annotations

import numpy as np

from minigraph.compile.builder import Backward, Builder, lowers
from minigraph.compile.refs import Ref
from minigraph.compile.rules.elementwise import one_type
from minigraph.graph import Node
from minigraph.layers.affine import Affine
from minigraph.ops import MatMul

Rows = tuple[Ref, int]


def give_product(b: Builder, node: Node, left: Ref, right: Ref) -> None:
    """Gives a node the matrix product left · right as its gradient, in its own shape."""
    if b.wants(node):
        out = b.open(node)
        b.call(np.dot, left, right, b.reshaped(out, left.shape[0], right.shape[1]))
        b.close(node, out)


def sum_of_rows(b: Builder, node: Node, rows: Ref) -> None:
    """Gives a node [C] the sum of the rows [N, C]: by BLAS, with ones."""
    if b.wants(node):
        b.give(node, np.dot, b.known(np.ones(rows.shape[0], rows.dtype), "1…"), rows)


@lowers(MatMul)
def matmul(b: Builder, node: Node) -> Backward | None:
    """Of two matrices, or of as many matrices on the left as on the right."""
    left, right = map(b.value, node.inputs)
    if len(left.shape) < 2 or left.shape[:-2] != right.shape[:-2] or len(right.shape) < 2 or not one_type(b, node):
        return None
    if len(left.shape) > 2:
        return products(b, node, left, right)
    b.call(np.dot, left, right, b.output(node))

    def backward(u: Ref) -> None:
        whole = b.full(u, b.values[node].shape)
        give_product(b, node.inputs[0], whole, b.transposed(right))
        give_product(b, node.inputs[1], b.transposed(left), whole)

    return backward


def products(b: Builder, node: Node, left: Ref, right: Ref) -> Backward:
    """One matrix product for each place of the leading axes."""
    b.call(np.matmul, left, right, b.output(node))

    def backward(u: Ref) -> None:
        whole = b.full(u, b.values[node].shape)
        b.give(node.inputs[0], np.matmul, whole, swapped(b, right))
        b.give(node.inputs[1], np.matmul, swapped(b, left), whole)

    return backward


def swapped(b: Builder, ref: Ref) -> Ref:
    """[..., n, m] as [..., m, n]."""
    return b.view(ref, "{}.swapaxes(-1, -2)", lambda a: a.swapaxes(-1, -2))


@lowers(Affine)
def affine(b: Builder, node: Node) -> Backward | None:
    if not one_type(b, node) or not b.values[node].size:
        return None
    x, w, *bias = map(b.value, node.inputs)
    inputs, outputs = w.shape
    rows = b.values[node].size // outputs
    x2, y2 = b.reshaped(x, rows, inputs), b.reshaped(b.output(node), rows, outputs)
    b.call(np.dot, x2, w, y2)
    if bias:
        b.call(np.add, y2, bias[0], y2)

    def backward(u: Ref) -> None:
        u2 = b.reshaped(b.full(u, b.values[node].shape), rows, outputs)
        give_product(b, node.inputs[0], u2, b.transposed(w))
        give_product(b, node.inputs[1], b.transposed(x2), u2)
        if bias:
            sum_of_rows(b, node.inputs[2], u2)

    return backward
