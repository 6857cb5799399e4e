"""How each op is written as operators of ONNX: in evaluate mode, where nothing is dropped and statistics are known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minigraph.arrays import shape_text
from minigraph.formats.onnx.model import Model
from minigraph.graph import Node, Op
from minigraph.layers.activations import GELU, LeakyReLU, Softplus
from minigraph.layers.affine import Affine
from minigraph.layers.attention import Mask
from minigraph.layers.convolution import Conv2D
from minigraph.layers.dropout import Dropout
from minigraph.layers.embedding import Embedding
from minigraph.layers.normalization import BatchNorm, LayerNorm
from minigraph.layers.pooling import AvgPool2D, MaxPool2D
from minigraph.layers.regression import Residual
from minigraph.layers.shape import Flatten
from minigraph.layers.softmax import LogSoftmax, Softmax
from minigraph.ops import (
    Abs,
    Add,
    BroadcastTo,
    Choose,
    Clip,
    Concat,
    Div,
    DropoutMask,
    Erf,
    Exp,
    GetItem,
    Log,
    MatMul,
    Max,
    Maximum,
    Mean,
    Min,
    Minimum,
    Mul,
    Neg,
    Pow,
    ReLU,
    Reshape,
    Sigmoid,
    Sqrt,
    Stack,
    Sub,
    Sum,
    Tanh,
    Transpose,
    Weigh,
    Where,
)

__all__ = ["UNTRAINED", "is_known", "written"]

Rule = Callable[[Model, Any, Node, list[str]], str]  # of a model, an op, the node that it made, its inputs' names

ELEMENTWISE = {
    Abs: "Abs", Add: "Add", Div: "Div", Erf: "Erf", Exp: "Exp", Log: "Log", Mask: "Add", MatMul: "MatMul",
    Maximum: "Max", Minimum: "Min", Mul: "Mul", Neg: "Neg", Pow: "Pow", ReLU: "Relu", Sigmoid: "Sigmoid",
    Softplus: "Softplus", Residual: "Sub", Sqrt: "Sqrt", Sub: "Sub", Tanh: "Tanh", Where: "Where",
}  # fmt: skip
REDUCTIONS = {Max: "ReduceMax", Mean: "ReduceMean", Min: "ReduceMin", Sum: "ReduceSum"}
UNTRAINED = (BatchNorm, Choose, Dropout, Weigh)  # what reads a clock or a mask, and knows what to do without


def is_known(op: Op) -> bool:
    """Whether ONNX has an operator, or two or three, for just this."""
    if isinstance(op, Softmax) and op.groups > 1 or isinstance(op, Softplus) and op.beta != 1:
        return False
    return type(op) in RULES or type(op) in ELEMENTWISE or type(op) in REDUCTIONS


def written(model: Model, op: Op, node: Node, names: list[str]) -> str:
    """The name of the result, or of the input that is the result when nobody trains."""
    if type(op) in ELEMENTWISE:
        return model.emit(ELEMENTWISE[type(op)], *names)
    rule: Rule = _reduction if type(op) in REDUCTIONS else RULES[type(op)]
    return rule(model, op, node, names)


def _reduction(model: Model, op: Any, node: Node, names: list[str]) -> str:
    axes = (op.axis,) if isinstance(op.axis, int) else op.axis
    where = [] if axes is None else [model.integers(*axes)]
    keep, empty = int(op.keepdims), int(axes == ())
    return model.emit(REDUCTIONS[type(op)], *names, *where, keepdims=keep, noop_with_empty_axes=empty)


def _affine(model: Model, op: Affine, node: Node, names: list[str]) -> str:
    if node.value.ndim == 2:
        return model.emit("Gemm", *names)
    product = model.emit("MatMul", *names[:2])
    return model.emit("Add", product, names[2]) if names[2:] else product


def _conv(model: Model, op: Conv2D, node: Node, names: list[str]) -> str:
    at = op.columns
    return model.emit("Conv", *names, kernel_shape=at.kernel, strides=at.stride, pads=[at.padding] * 4)


def _pool(operator: str) -> Rule:
    return lambda model, op, node, names: model.emit(
        operator, *names, kernel_shape=op.windows.kernel, strides=op.windows.stride
    )


def _batch_norm(model: Model, op: BatchNorm, node: Node, names: list[str]) -> str:
    x, _, _, _, mean, variance = (source.value for source in node.inputs)
    op.check_mode(x, np.array(0), mean, variance)
    feature = op.axis % x.ndim
    order = [axis for axis in range(x.ndim) if axis != feature]
    order.insert(1, feature)
    moved = order != list(range(x.ndim))
    start = model.emit("Transpose", names[0], perm=order) if moved else names[0]
    y = model.emit("BatchNormalization", start, *names[2:], epsilon=op.eps)
    return model.emit("Transpose", y, perm=np.argsort(order).tolist()) if moved else y


def _layer_norm(model: Model, op: LayerNorm, node: Node, names: list[str]) -> str:
    return model.emit("LayerNormalization", *names, axis=-1, epsilon=op.eps)


def _embedding(model: Model, op: Embedding, node: Node, names: list[str]) -> str:
    index, table = names
    if node.inputs[0].value.dtype not in (np.int32, np.int64):
        index = model.cast(index, np.dtype(np.int64))
    return model.emit("Gather", table, index, axis=0)


def _dropout(model: Model, op: Op, node: Node, names: list[str]) -> str:
    if isinstance(node.inputs[1].op, DropoutMask):
        return names[0]
    return model.emit("Mul", *names)


def _softmax(model: Model, op: Softmax, node: Node, names: list[str]) -> str:
    z = names[0]
    if op.temperature != 1:
        z = model.emit("Div", z, model.constant(op.temperature, node.value.dtype))
    return model.emit("LogSoftmax" if isinstance(op, LogSoftmax) else "Softmax", z, axis=op.axis)


def _clip(model: Model, op: Clip, node: Node, names: list[str]) -> str:
    bounds = (op.low, op.high)
    return model.emit("Clip", *names, *(model.constant(b, node.value.dtype) if np.isfinite(b) else "" for b in bounds))


def _reshape(model: Model, op: Reshape, node: Node, names: list[str]) -> str:
    return model.emit("Reshape", *names, model.integers(*op.shape), allowzero=int(0 in op.shape))


def _transpose(model: Model, op: Transpose, node: Node, names: list[str]) -> str:
    ndim = node.value.ndim
    if not ndim:
        return names[0]
    return model.emit("Transpose", *names, perm=[axis % ndim for axis in op.axes or range(ndim - 1, -1, -1)])


def _stack(model: Model, op: Stack, node: Node, names: list[str]) -> str:
    axis = op.axis % node.value.ndim
    return model.emit("Concat", *(model.emit("Unsqueeze", name, model.integers(axis)) for name in names), axis=axis)


def _getitem(model: Model, op: GetItem, node: Node, names: list[str]) -> str:
    """Slices first, which keep all axes; then the axes at which one place was taken are dropped, and new ones made."""
    shape = node.inputs[0].shape
    parts: list[Any] = [int(part) if isinstance(part, np.integer) else part for part in op.index]
    if not all(isinstance(part, (int, slice, type(None), type(...))) and type(part) is not bool for part in parts):
        raise ValueError(
            f"to_onnx: {model.title} {op!r} of {shape_text(shape)}: only ints, slices, None and … can be written"
        )
    if ... in parts:
        at, new = parts.index(...), parts.count(None)
        parts[at : at + 1] = [slice(None)] * (len(shape) - len(parts) + new + 1)
    index = [part for part in parts if part is not None]
    largest = np.iinfo(np.int64).max
    starts, stops, steps, axes = [], [], [], []
    for axis, part in enumerate(index):
        cut: slice = slice(part, part + 1 or None) if isinstance(part, int) else part
        if cut == slice(None):
            continue
        step = 1 if cut.step is None else cut.step
        starts.append(cut.start if cut.start is not None else 0 if step > 0 else largest)
        stops.append(cut.stop if cut.stop is not None else largest if step > 0 else -largest)
        steps.append(step)
        axes.append(axis)
    result = names[0]
    if axes:
        result = model.emit("Slice", result, *(model.integers(*values) for values in (starts, stops, axes, steps)))
    if dropped := [axis for axis, part in enumerate(index) if isinstance(part, int)]:
        result = model.emit("Squeeze", result, model.integers(*dropped))
    kept = [part for part in parts if not isinstance(part, int)]
    added = [axis for axis, part in enumerate(kept) if part is None]
    return model.emit("Unsqueeze", result, model.integers(*added)) if added else result


RULES: dict[type[Op], Rule] = {
    Affine: _affine,
    AvgPool2D: _pool("AveragePool"),
    BatchNorm: _batch_norm,
    BroadcastTo: lambda model, op, node, names: model.emit("Expand", *names, model.integers(*op.shape)),
    Choose: lambda model, op, node, names: names[1],
    Clip: _clip,
    Concat: lambda model, op, node, names: model.emit("Concat", *names, axis=op.axis),
    Conv2D: _conv,
    Dropout: _dropout,
    Embedding: _embedding,
    Flatten: lambda model, op, node, names: model.emit("Flatten", *names, axis=1),
    GELU: lambda model, op, node, names: model.emit("Gelu", *names, approximate=op.approximate),
    GetItem: _getitem,
    LayerNorm: _layer_norm,
    LeakyReLU: lambda model, op, node, names: model.emit("LeakyRelu", *names, alpha=op.slope),
    LogSoftmax: _softmax,
    MaxPool2D: _pool("MaxPool"),
    Reshape: _reshape,
    Softmax: _softmax,
    Stack: _stack,
    Transpose: _transpose,
    Weigh: _dropout,
}
