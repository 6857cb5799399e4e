"""Matrix products into memory that is there already."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from time import perf_counter
from typing import Any

import numpy as np

from minigraph.arrays import Array
from minigraph.compile.builder import Backward, Builder, lowers
from minigraph.compile.refs import Feed, Ref
from minigraph.compile.rules.elementwise import clip_at_zero, one_type, where_positive
from minigraph.graph import Node
from minigraph.layers.affine import Affine
from minigraph.ops import MatMul, ReLU

LONG = 1 << 18  # numbers of an input from which on trying out is worth its time
WIDE = 512  # inputs from which on BLAS is faster with the scores as rows, which are turned then
SMALL = 1 << 16  # bytes of an input up to which copying it costs less than adding a bias does


def give_product(b: Builder, node: Node, left: Ref, right: Ref) -> None:
    """Gives a node the matrix product left · right as its gradient, in its own shape."""
    if not b.wants(node):
        return
    value = b.value(node)
    out = b.open(node, value if len(value.shape) == 2 else None)
    if out.axes == (1, 0):  # it lies transposed, as the value does: (l·r)ᵀ = rᵀ·lᵀ
        b.call(np.dot, b.transposed(right), b.transposed(left), b.transposed(out))
    else:
        b.call(np.dot, left, right, b.reshaped(out, left.shape[0], right.shape[1]))
    b.close(node, out)


def sum_of_rows(b: Builder, node: Node, rows: Ref) -> None:
    """Gives a node [C] the sum of the rows [N, C]: by BLAS, with ones."""
    if b.wants(node):
        b.give(node, np.dot, b.ones(rows.shape[0], rows.dtype), rows)


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


class Stacked:
    """X·W + b as one product: X with a column of ones, W with b as one more row, which they are in the flat vector.

    The inputs of an affine op (x, w, b). A feed is copied beside its ones at each run; `hidden` writes there at once.
    """

    def __init__(self, b: Builder, inputs: Sequence[Node], values: Array, gradients: Array | None) -> None:
        self.nodes = inputs[1:]
        self.x = b.with_ones[inputs[0]] if inputs[0] in b.with_ones else self._beside_ones(b, b.value(inputs[0]))
        both = "[" + "; ".join(str(b.value(node)) for node in self.nodes) + "]"
        self.w = b.known(values, both)
        self.gradient = b.known(gradients, f"∂{both}") if gradients is not None else None

    def _beside_ones(self, b: Builder, x: Ref) -> Ref:
        n, k = x.shape
        whole = b.known(np.ones((n, k + 1), x.dtype), f"[{x} 1]")
        place = b.view(whole, "{}[:, :-1]", lambda a: a[:, :-1])
        b.call(np.copyto, place, x, writes=(place,))
        return whole

    @classmethod
    def of(cls, b: Builder, inputs: Sequence[Node]) -> Stacked | None:
        """Where it can be done and pays: a small feed, and weights that lie one behind the other."""
        x = b.value(inputs[0])
        is_feed = isinstance(x, Feed) and len(x.shape) == 2 and is_small(x.shape) and not b.wants(inputs[0])
        values = cls.weights(b, inputs)
        if values is None or not (is_feed or inputs[0] in b.with_ones):
            return None
        return cls(b, inputs, values, behind(*(b.places.get(node) for node in inputs[1:])))

    @staticmethod
    def weights(b: Builder, inputs: Sequence[Node]) -> Array | None:
        """[W; b], where they lie so."""
        return behind(*(b.value(node).array for node in inputs[1:])) if len(inputs) == 3 else None

    def backward(self, b: Builder, rows: Ref) -> bool:
        """Gives W and b their gradients, if they are to stand together and nothing is there yet."""
        if self.gradient is None or any(node in b.gradients for node in self.nodes):
            return False
        b.give_all(self.nodes, self.gradient, np.dot, b.transposed(self.x), rows)
        return True


def is_small(shape: tuple[int, ...]) -> bool:
    return math.prod(shape) * 8 <= SMALL


class Wide:
    """X·W where X has many columns and W few: as rows, and where that pays with columns of zeros up to sixteen.

    BLAS works through sixteen columns at once; what it makes of ten depends on the processor, so it is tried out.
    """

    LINE = 16

    def __init__(self, b: Builder, x: Ref, w: Ref) -> None:
        (n, inputs), self.columns, self.x = x.shape, w.shape[1], x
        whole = -(-self.columns // self.LINE) * self.LINE
        self.width = whole if padding_pays(n, inputs, self.columns, whole, x.dtype) else self.columns
        product = b.new((n, self.width), x.dtype)
        if self.width == self.columns:
            b.call(np.dot, x, w, product)
        else:
            padded = b.known(np.zeros((self.width, inputs), x.dtype), f"[{w} 0].T")
            place = b.view(padded, "{}[:n]", lambda a: a[: self.columns])
            b.call(np.copyto, place, b.transposed(w), writes=(place,))
            b.call(np.dot, x, b.transposed(padded), product)
        self.product = self.used(b, product)

    def used(self, b: Builder, padded: Ref) -> Ref:
        return b.view(padded, "{}[:, :n]", lambda a: a[:, : self.columns])

    def backward(self, b: Builder, node: Node, rows: Ref) -> None:
        """Gives W, which is `node`, Xᵀ · rows."""
        if self.width == self.columns:
            give_product(b, node, b.transposed(self.x), rows)
        elif b.wants(node):
            padded = b.known(np.zeros((self.x.shape[0], self.width), rows.dtype), "[rows 0]")
            place = self.used(b, padded)
            b.call(np.copyto, place, rows, writes=(place,))
            product = b.new((self.x.shape[1], self.width), rows.dtype)
            b.call(np.dot, b.transposed(self.x), padded, product)
            b.give(node, np.positive, self.used(b, product))


@cache
def padding_pays(n: int, inputs: int, columns: int, whole: int, dtype: np.dtype[Any]) -> bool:
    """Whether both products are clearly faster with `whole` columns than with `columns`, copies included."""
    if columns == whole or n * inputs < LONG:
        return False
    x = np.ones((n, inputs), dtype)
    w, rows = np.ones((whole, inputs), dtype), np.ones((n, whole), dtype)
    few, some = np.ones((inputs, columns), dtype), np.ones((n, columns), dtype)

    def as_it_is() -> None:
        np.dot(x, few)
        np.dot(x.T, some)

    def padded() -> None:
        np.copyto(w[:columns], few.T)
        np.dot(x, w.T)
        np.copyto(few, np.dot(x.T, rows)[:, :columns])

    def seconds(function: Callable[[], None]) -> float:
        start = perf_counter()
        function()
        return perf_counter() - start

    pairs = [(seconds(as_it_is), seconds(padded)) for _ in range(5)]
    return min(after for _, after in pairs) < 0.95 * min(before for before, _ in pairs)


def behind(w: Array | None, bias: Array | None) -> Array | None:
    """[W; b] as one array, if b lies right behind W in the same vector."""
    if w is None or bias is None or w.base is None or w.base is not bias.base:
        return None
    start = (w.ctypes.data - w.base.ctypes.data) // w.itemsize
    if bias.ctypes.data != w.ctypes.data + w.nbytes or w.base.ndim != 1:
        return None
    found: Array = w.base[start : start + w.size + bias.size].reshape(-1, bias.size)
    return found


class ByClass:
    """X·W + b class-major, as [C, N]: all leading axes of X are rows.

    The inputs of an affine op, and the memory for it.
    """

    def __init__(self, b: Builder, inputs: Sequence[Node], z: Ref) -> None:
        x, w, *bias = map(b.value, inputs)
        self.inputs, self.z, self.x = inputs, z, b.reshaped(x, z.shape[1], w.shape[0])
        self.wide = Wide(b, self.x, w) if w.shape[0] >= WIDE else None
        self.stacked = Stacked.of(b, inputs) if self.wide is None else None
        if self.stacked:
            b.call(np.dot, b.transposed(self.stacked.w), b.transposed(self.stacked.x), z)
            return
        if self.wide is not None:
            b.call(np.copyto, z, b.transposed(self.wide.product), writes=(z,))
        else:
            b.call(np.dot, b.transposed(w), b.transposed(self.x), z)
        if bias:
            b.call(np.add, z, b.column(bias[0]), z)

    def backward(self, b: Builder, gradient: Ref) -> None:
        """Gives the inputs theirs, by a gradient [C, N]."""
        x, w, *bias = self.inputs
        rows = b.transposed(gradient)
        give_product(b, x, rows, b.transposed(b.value(w)))
        if self.stacked and self.stacked.backward(b, rows):
            return
        if self.wide is not None:
            self.wide.backward(b, w, rows)
        else:
            give_product(b, w, b.transposed(self.x), rows)
        if bias:
            b.give(bias[0], np.dot, gradient, b.ones(gradient.shape[1], gradient.dtype))


@lowers(ReLU, after=Affine)
def hidden(b: Builder, node: Node) -> Backward | None:
    """A small hidden layer before another affine op, as [C + 1, N] with a row of ones: the next bias is in the product.

    ReLU leaves the ones alone; gradients come back class-major as well.
    """
    users, scores, value = b.users[node], node.inputs[0], b.values[node]
    next_inputs = users[0].inputs if len(users) == 1 and type(users[0].op) is Affine else ()
    if value.ndim != 2 or not one_type(b, scores) or next_inputs[:1] != (node,) or node is b.graph.output:
        return None
    if Stacked.weights(b, next_inputs) is None or not is_small(value.shape):
        return None
    n, classes = value.shape
    product = ByClass(b, scores.inputs, b.new((classes, n), value.dtype))
    whole = b.known(np.ones((classes + 1, n), value.dtype), f"[{b.graph.names[node]}; 1]")
    y = b.view(whole, "{}[:-1]", lambda a: a[:-1])
    clip_at_zero(b, product.z, y)
    b.refs[node], b.with_ones[node] = b.transposed(y), b.transposed(whole)

    def backward(u: Ref) -> None:
        gradient = b.elementwise(np.multiply, b.transposed(b.full(u, value.shape)), where_positive(b, y))
        product.backward(b, gradient)

    return backward


@lowers(Affine)
def affine(b: Builder, node: Node) -> Backward | None:
    if not one_type(b, node) or not b.values[node].size:
        return None
    x, w, *bias = map(b.value, node.inputs)
    inputs, outputs = w.shape
    rows = b.values[node].size // outputs
    x2, y2 = b.reshaped(x, rows, inputs), b.reshaped(b.output(node), rows, outputs)
    if stacked := Stacked.of(b, node.inputs):
        b.call(np.dot, stacked.x, stacked.w, y2)
    else:
        b.call(np.dot, x2, w, y2)
        if bias:
            b.call(np.add, y2, bias[0], y2)

    def backward(u: Ref) -> None:
        u2 = b.reshaped(b.full(u, b.values[node].shape), rows, outputs)
        give_product(b, node.inputs[0], u2, b.transposed(w))
        if stacked and stacked.backward(b, u2):
            return
        give_product(b, node.inputs[1], b.transposed(x2), u2)
        if bias:
            sum_of_rows(b, node.inputs[2], u2)

    return backward
