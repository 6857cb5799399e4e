"""What each operator of ONNX is here: a function of its inputs, made once from its attributes."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from minigraph.arrays import Array
from minigraph.formats.onnx.definition import Definition, Function, Reader, Value, operand
from minigraph.formats.onnx.read_layers import LAYERS
from minigraph.formats.onnx.read_shapes import SHAPES
from minigraph.graph import Op
from minigraph.layers.activations import GELU, LeakyReLU, Softplus
from minigraph.layers.softmax import LogSoftmax, Softmax
from minigraph.ops import (
    Abs,
    Add,
    Clip,
    Div,
    Erf,
    Exp,
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
    Sigmoid,
    Sqrt,
    Sub,
    Sum,
    Tanh,
    Weigh,
    Where,
)

__all__ = ["READERS"]


def _plain(op: Op) -> Reader:
    return lambda definition: lambda *inputs: op(*map(operand, inputs))


def _arithmetic(op: Op) -> Reader:
    """As `_plain`; of integers that are no nodes, which are sizes, an array of integers: Div drops the fraction."""

    def reader(definition: Definition) -> Function:
        def function(*inputs: Value) -> Value:
            sizes = [value for value in inputs if isinstance(value, np.ndarray) and value.dtype.kind in "iu"]
            if len(sizes) == len(inputs):
                with np.errstate(all="ignore"):
                    return np.trunc(op.forward(*sizes)).astype(sizes[0].dtype)
            return op(*map(operand, inputs))

        return function

    return reader


def _several(op: Op) -> Reader:
    return lambda definition: lambda *inputs: reduce(lambda a, b: op(operand(a), operand(b)), inputs)


def _same(definition: Definition) -> Function:
    return lambda x: x


def _reduction(kind: Callable[[Any, bool], Op]) -> Reader:
    def reader(d: Definition) -> Function:
        axes, keep = d.take("axes") or d.whole(1), bool(d.take("keepdims", 1))
        if d.take("noop_with_empty_axes", 0) and not axes:
            return lambda x, *_: x
        op = kind(tuple(axes) if axes else None, keep)
        return lambda x, *_: op(x)

    return reader


def _along_axis(kind: Callable[[int], Op]) -> Reader:
    def reader(d: Definition) -> Function:
        return kind(d.take("axis", -1))

    return reader


def _clip(d: Definition) -> Function:
    low, high = d.fixed(1), d.fixed(2)
    op = Clip(-np.inf if low is None else float(low), np.inf if high is None else float(high))
    return lambda x, *_: op(x)


def _leaky_relu(d: Definition) -> Function:
    return LeakyReLU(d.take("alpha", 0.01))


def _gelu(d: Definition) -> Function:
    return GELU(d.take("approximate", "none"))


def _cast(d: Definition) -> Function:
    dtype = d.type_of(d.take("to"))
    d.take("saturate")

    def cast(x: Value) -> Value:
        if isinstance(x, np.ndarray):
            return x.astype(dtype)
        came = x.value.dtype
        if dtype.kind == "f" and came.kind != "f":
            return Weigh()(np.ones((), dtype), x)
        if dtype.kind != came.kind and (dtype.kind not in "iu" or came.kind not in "iu"):
            raise d.error(f"from {came} to {dtype}, but must be to floating-point numbers, or between integers")
        return x  # NumPy goes on in the wider type by itself

    return cast


def _constant(d: Definition) -> Function:
    kinds = ("value", "value_float", "value_floats", "value_int", "value_ints")
    found = [d.take(kind) for kind in kinds if kind in d.attributes]
    if len(found) != 1:
        raise d.error(f"needs one of {', '.join(kinds)}")
    value: Array = np.asarray(found[0])
    if value.dtype == np.float64 and not isinstance(found[0], np.ndarray):
        value = value.astype(np.float32)
    d.weights.constants[d.outputs[0]] = value
    return lambda: value


READERS: dict[str, Reader] = {
    "Add": _arithmetic(Add()), "Div": _arithmetic(Div()), "Mul": _arithmetic(Mul()), "Sub": _arithmetic(Sub()),
    "Abs": _plain(Abs()), "Erf": _plain(Erf()), "Exp": _plain(Exp()), "Log": _plain(Log()), "MatMul": _plain(MatMul()),
    "Neg": _plain(Neg()), "Pow": _plain(Pow()), "Relu": _plain(ReLU()), "Sigmoid": _plain(Sigmoid()),
    "Softplus": _plain(Softplus()), "Sqrt": _plain(Sqrt()), "Tanh": _plain(Tanh()), "Where": _plain(Where()),
    "GlobalAveragePool": _plain(Mean((2, 3), True)),
    "Max": _several(Maximum()), "Min": _several(Minimum()), "Sum": _several(Add()),
    "ReduceMax": _reduction(Max), "ReduceMean": _reduction(Mean), "ReduceMin": _reduction(Min),
    "ReduceSum": _reduction(Sum),
    "Softmax": _along_axis(Softmax), "LogSoftmax": _along_axis(LogSoftmax),
    "LeakyRelu": _leaky_relu, "Gelu": _gelu, "Clip": _clip,
    "Identity": _same, "Cast": _cast, "Constant": _constant,
    **LAYERS, **SHAPES,
}  # fmt: skip
