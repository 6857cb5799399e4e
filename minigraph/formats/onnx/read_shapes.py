"""Operators of ONNX that rearrange, and those that compute the shapes to which they do it."""

from __future__ import annotations

import numpy as np

from minigraph.arrays import shape_text
from minigraph.formats.onnx.definition import MOST, Definition, Function, Reader, Value, as_node, recorded
from minigraph.graph import Node
from minigraph.layers.embedding import Embedding
from minigraph.layers.shape import Flatten
from minigraph.ops import BroadcastTo, Concat, GetItem, Reshape, Transpose

__all__ = ["SHAPES"]


def _reshape(d: Definition) -> Function:
    d.take("allowzero")  # it matters for empty arrays only, which no layer takes

    def reader(x: Value, target: Value) -> Value:
        if isinstance(target, Node):
            raise d.error("the new shape is fed, but must be a constant, or come from Shape")
        sizes = [x.shape[i] if not size and i < len(x.shape) else int(size) for i, size in enumerate(target)]
        if isinstance(x, np.ndarray):
            return x.reshape(sizes)
        if x.value.size and len(sizes) > 1 and sizes[0] != -1:
            if sizes == [x.shape[0], -1]:
                return Flatten()(x)
            # another batch must be of another size or refused: with −1 further back its rows would be mixed
            sizes = list(Reshape(*sizes).run((x.value,)).shape)
            if sizes[0] == x.shape[0]:
                sizes[0] = -1
        return Reshape(*sizes)(x)

    return reader


def _transpose(d: Definition) -> Function:
    return Transpose(*d.take("perm", ()))


def _concat(d: Definition) -> Function:
    axis = d.take("axis")

    def concat(*inputs: Value) -> Value:
        arrays = [value for value in inputs if isinstance(value, np.ndarray)]
        return np.concatenate(arrays, axis) if len(arrays) == len(inputs) else Concat(len(inputs), axis)(*inputs)

    return concat


def _unsqueeze(d: Definition) -> Function:
    axes = d.whole(1) or ()

    def unsqueeze(x: Value, _: Value) -> Value:
        if isinstance(x, np.ndarray):
            return np.expand_dims(x, axes)
        new = {axis % (x.value.ndim + len(axes)) for axis in axes}
        return GetItem(tuple(None if i in new else slice(None) for i in range(x.value.ndim + len(axes))))(x)

    return unsqueeze


def _squeeze(d: Definition) -> Function:
    axes = d.whole(1)

    def squeeze(x: Value, *_: Value) -> Value:
        if isinstance(x, np.ndarray):
            return np.squeeze(x, axes)
        at = {axis % x.value.ndim for axis in axes} if axes else {i for i, size in enumerate(x.shape) if size == 1}
        if any(x.shape[axis] != 1 for axis in at):
            raise d.error(f"axes {sorted(at)} of {shape_text(x.shape)} are not all 1")
        return GetItem(tuple(0 if i in at else slice(None) for i in range(x.value.ndim)))(x)

    return squeeze


def _slice(d: Definition) -> Function:
    starts, ends = d.whole(1) or (), d.whole(2) or ()
    axes = d.whole(3) or tuple(range(len(starts)))
    steps = d.whole(4) or (1,) * len(starts)
    if not len(starts) == len(ends) == len(axes) == len(steps) or 0 in steps:
        raise d.error(f"starts {starts}, ends {ends}, axes {axes} and steps {steps} do not go together")

    def cut(x: Value, *_: Value) -> Value:
        index = [slice(None)] * len(x.shape)
        for axis, *bounds in zip(axes, starts, ends, steps):
            index[axis] = slice(*bounds)
        return x[tuple(index)] if isinstance(x, np.ndarray) else GetItem(tuple(index))(x)

    return cut


def _expand(d: Definition) -> Function:
    shape = d.whole(1) or ()

    def expand(x: Value, _: Value) -> Node:
        whole = np.broadcast_shapes(x.shape, shape)
        if np.prod(whole, dtype=float) > MOST:
            raise d.error(f"the shape {shape_text(whole)} has more than {MOST} values")
        return BroadcastTo(whole)(x)

    return expand


def _shape(d: Definition) -> Function:
    start, end = d.take("start", 0), d.take("end")
    return lambda x: np.array(x.shape[start:end], np.int64)


def _gather(d: Definition) -> Function:
    axis = d.take("axis", 0)

    def gather(x: Value, index: Value) -> Value:
        if isinstance(index, Node):
            table = as_node(x)
            if axis or table.value.ndim != 2:
                raise d.error(f"axis is {axis} of {shape_text(x.shape)}; only rows of a matrix can be looked up")
            layer = Embedding(*table.shape, weight=table.value, dtype=table.value.dtype)
            return recorded(layer, index, table)
        if isinstance(x, Node):
            at = (slice(None),) * (axis % x.value.ndim)
            return GetItem((*at, index if index.ndim else int(index)))(x)
        return np.take(x, index, axis)

    return gather


def _flatten(d: Definition) -> Function:
    d.only("axis", 1)
    return Flatten()


SHAPES: dict[str, Reader] = {
    "Concat": _concat,
    "Expand": _expand,
    "Flatten": _flatten,
    "Gather": _gather,
    "Reshape": _reshape,
    "Shape": _shape,
    "Slice": _slice,
    "Squeeze": _squeeze,
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
}
