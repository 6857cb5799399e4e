"""Attention with its scores key by key, as [S, N·T]: their maximum and sum over the keys run along long rows.

The products of matrices write and read that layout themselves, through views.
"""

from __future__ import annotations

import math

import numpy as np

from minigraph.arrays import Array
from minigraph.compile.builder import Backward, Builder, lowers
from minigraph.compile.refs import Ref
from minigraph.compile.rules.elementwise import one_type
from minigraph.compile.rules.linear import swapped
from minigraph.compile.rules.refusals import refuse
from minigraph.graph import Node
from minigraph.layers.attention import Attention, causal_mask


def _hides_a_row(top: Array) -> bool:
    return bool(np.isneginf(top).any())


def keys_first(b: Builder, mask: Ref, axes: int) -> Ref:
    """A mask [..., T, S] as [S, ..., T], of that many axes."""
    missing = (None,) * (axes - len(mask.shape))
    return b.view(mask, "{}.by_key", lambda a: np.moveaxis(a[missing], -1, 0))


@lowers(Attention)
def attention(b: Builder, node: Node) -> Backward | None:
    op, (q, k, v, *mask) = node.op, map(b.value, node.inputs)
    assert isinstance(op, Attention)
    if not one_type(b, node) or not q.shape[:-2] == k.shape[:-2] == v.shape[:-2]:
        return None
    leading, (queries, d), keys, dtype = q.shape[:-2], q.shape[-2:], k.shape[-2], q.dtype
    columns = math.prod(leading) * queries
    scale = b.number(1 / math.sqrt(d), dtype)

    def by_row(columns_of_keys: Ref) -> Ref:
        """[S, N·T] as [..., T, S]."""
        split = b.reshaped(columns_of_keys, keys, *leading, queries)
        return b.view(split, "{}.by_row", lambda a: np.moveaxis(a, 0, -1))

    z, top, total = b.new((keys, columns), dtype), b.new((columns,), dtype), b.new((columns,), dtype)
    rows, by_key = by_row(z), b.reshaped(z, keys, *leading, queries)
    b.call(np.matmul, q, swapped(b, k), rows)
    b.call(np.multiply, z, scale, z)
    if op.causal:
        mask.append(b.known(causal_mask(np.zeros((queries, keys), dtype)), "causal"))
    for m in mask:
        b.call(np.add, by_key, keys_first(b, m, len(leading) + 2), by_key)
    b.call(np.maximum.reduce, z, 0, None, top)
    if mask:
        refuse(b, node, _hides_a_row, top)
    b.call(np.subtract, z, top, z)
    b.call(np.exp, z, z)
    ones = b.ones(keys, dtype)
    b.call(np.dot, ones, z, total)
    b.call(np.divide, z, total, z)
    b.call(np.matmul, rows, v, b.output(node))

    def backward(u: Ref) -> None:
        u = b.full(u, b.values[node].shape)
        b.give(node.inputs[2], np.matmul, swapped(b, rows), u)
        if not any(map(b.wants, node.inputs[:2])):
            return
        dz, part, means = b.new(z.shape, dtype), b.new(z.shape, dtype), b.new((columns,), dtype)
        b.call(np.matmul, u, swapped(b, v), by_row(dz))
        b.call(np.multiply, z, dz, part)
        b.call(np.dot, ones, part, means)
        b.call(np.subtract, dz, means, dz)
        b.call(np.multiply, dz, z, dz)
        b.call(np.multiply, dz, scale, dz)
        b.give(node.inputs[0], np.matmul, by_row(dz), k)
        b.give(node.inputs[1], np.matmul, swapped(b, by_row(dz)), q)

    return backward
