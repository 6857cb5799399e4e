"""Rows of a table by number, and the masks of Dropout."""

from __future__ import annotations

import math

import numpy as np

from minigraph.arrays import Array
from minigraph.compile.builder import Backward, Builder, lowers
from minigraph.compile.refs import Ref
from minigraph.compile.rules.elementwise import give_through, one_type
from minigraph.compile.rules.refusals import refuse
from minigraph.graph import Node
from minigraph.layers.dropout import Dropout
from minigraph.layers.embedding import Embedding

FEW = 32  # rows of a table up to which a product with one-hot rows is the fastest sum


def take_rows(table: Array, index: Array, out: Array) -> None:
    table.take(index, 0, out, "clip")  # checked before; "raise" would copy what it takes


@lowers(Embedding)
def embedding(b: Builder, node: Node) -> Backward | None:
    """W[index]; backward is a product with one-hot rows, or for a larger table adds number by number.

    Adding to single numbers of a vector is a fast path of NumPy, five times as fast as adding to rows.
    """
    index, table, op = *map(b.value, node.inputs), node.op
    assert isinstance(op, Embedding)
    count, (n, d), dtype = math.prod(index.shape), table.shape, table.dtype
    if not count:
        return None
    places, rows = b.reshaped(index, count), b.reshaped(b.output(node), count, d)
    unsigned = np.dtype(f"u{index.dtype.itemsize}")
    seen = b.view(places, "{}", lambda a: a.view(unsigned))  # without a sign, where negative ones are huge
    refuse(b, node, lambda seen: seen[seen.argmax()] >= n, seen)
    b.call(take_rows, table, places, rows)

    def backward(u: Ref) -> None:
        if not b.wants(node.inputs[1]):
            return
        u2, out = b.reshaped(b.full(u, b.values[node].shape), count, d), b.open(node.inputs[1])
        if n <= FEW:
            one_hot = b.new((count, n), dtype)
            b.call(take_rows, b.known(np.eye(n, dtype=dtype), "eye"), places, one_hot)
            b.call(np.dot, b.transposed(one_hot), u2, out)
        else:
            where = b.new((count, d), np.intp)
            columns = b.known(np.arange(d), f"0…{d - 1}")
            b.call(_places, b.column(places), columns, where)
            b.call(_add_at, b.reshaped(where, count * d), b.reshaped(u2, count * d), b.reshaped(out, n * d))
        b.close(node.inputs[1], out)

    return backward


def _places(index: Array, columns: Array, out: Array) -> None:
    """Where the numbers of these rows stand in the table as a vector."""
    np.multiply(index, len(columns), out=out, casting="unsafe")
    np.add(out, columns, out)


def _add_at(places: Array, numbers: Array, out: Array) -> None:
    out.fill(0)
    np.add.at(out, places, numbers)


@lowers(Dropout)
def dropout(b: Builder, node: Node) -> Backward | None:
    if not one_type(b, node):
        return None
    x, mask = map(b.value, node.inputs)
    b.call(np.multiply, x, mask, b.output(node))
    return lambda u: give_through(b, node, 0, np.multiply, u, mask)
