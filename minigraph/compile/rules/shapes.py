"""Sums and means, and the same numbers in another shape, which costs nothing: a view."""

from __future__ import annotations

import math

import numpy as np

from minigraph.arrays import positive_axes
from minigraph.compile.builder import Backward, Builder, lowers
from minigraph.compile.refs import Ref
from minigraph.graph import Node
from minigraph.layers.shape import Flatten
from minigraph.ops import Mean, Reshape, Sum, Transpose


@lowers(Sum)
@lowers(Mean)
def total(b: Builder, node: Node) -> Backward:
    x, y, op = b.value(node.inputs[0]), b.output(node), node.op
    assert isinstance(op, (Sum, Mean))
    axes = positive_axes(op.axis, len(x.shape))
    b.call(np.add.reduce, x, axes, None, y, op.keepdims, writes=(y,))
    share = b.number(1 / max(math.prod(x.shape[axis] for axis in axes), 1), x.dtype)
    if isinstance(op, Mean):
        b.call(np.multiply, y, share, y)

    def backward(u: Ref) -> None:
        if isinstance(op, Mean):
            constant = None if u.constant is None else b.number(u.constant * float(share.constant or 0), u.dtype)
            u = constant or b.elementwise(np.multiply, u, share)
        if u.constant is not None:
            return b.give_ref(node.inputs[0], u)
        kept = tuple(1 if axis in axes else n for axis, n in enumerate(x.shape))
        b.give(node.inputs[0], np.positive, b.reshaped(u, *kept))

    return backward


@lowers(Reshape)
@lowers(Flatten)
def reshape(b: Builder, node: Node) -> Backward:
    x = b.value(node.inputs[0])
    b.refs[node] = b.reshaped(x, *b.values[node].shape)

    def backward(u: Ref) -> None:
        b.give_ref(node.inputs[0], u if u.constant is not None else b.reshaped(u, *x.shape))

    return backward


@lowers(Transpose)
def transpose(b: Builder, node: Node) -> Backward:
    x, op = b.value(node.inputs[0]), node.op
    assert isinstance(op, Transpose)
    axes = tuple(axis % len(x.shape) for axis in op.axes) or tuple(range(len(x.shape)))[::-1]
    back = tuple(int(i) for i in np.argsort(axes))
    b.refs[node] = b.turned(x, axes)
    return lambda u: b.give_ref(node.inputs[0], u if u.constant is not None else b.turned(u, back))
