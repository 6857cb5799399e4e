"""A graph out of an ONNX file into minigraph: so that what PyTorch exported can be drawn with its local gradients."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigraph.arrays import as_numbers, shape_text
from minigraph.formats.onnx.checked import Checked
from minigraph.formats.onnx.definition import MOST, Definition, Function, Value, Weights
from minigraph.formats.onnx.readers import READERS
from minigraph.graph import Node, Operand, Parameter

__all__ = ["OnnxFunction", "from_onnx"]

BROADCAST = ("Add", "Div", "Max", "Min", "Mul", "Pow", "Sub", "Sum", "Where")


@dataclass(frozen=True)
class Step:
    """One operator: its kind, what it is called in errors, what it takes and gives, and what it does."""

    operator: str
    title: str
    inputs: tuple[str, ...]
    result: str
    function: Function


class OnnxFunction:
    """A function of nodes, as a layer is: calling it computes at once, and records the ops of minigraph.

    inputs: the names of what it takes, in order · parameters: those of the file, by its names.
    """

    def __init__(self, file: Checked, output: str | None) -> None:
        graph = file.model.graph
        self._file, self._weights = file.who, Weights(file)
        self._expected = {info.name: info for info in graph.input if info.name not in self._weights}
        self.inputs = tuple(self._expected)
        self._output = _chosen(file, output)
        self._steps = [self._step(file, node) for node in _needed_for(self._output, graph.node)]

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return tuple(self._weights.parameters.values())

    def __call__(self, *inputs: Operand, **named: Operand) -> Node:
        given = dict(zip(self.inputs, inputs)) | named
        if len(given) != len(inputs) + len(named) or given.keys() != set(self.inputs):
            came = ", ".join([f"{len(inputs)} by position" * bool(inputs), *named]).strip(", ") or "none"
            raise TypeError(f"{self._file} takes {', '.join(self.inputs)}; came: {came}")
        values: dict[str, Value] = {name: self._input(name, value) for name, value in given.items()}
        for step in self._steps:
            values[step.result] = self._run(step, [self._value(name, values) for name in step.inputs])
        result = self._value(self._output, values)
        if not isinstance(result, Node):
            raise ValueError(f"{self._file}: {self._output} depends on no input")
        return result

    def __repr__(self) -> str:
        return f"<OnnxFunction of {', '.join(self.inputs)}: {len(self._steps)} operators>"

    def _step(self, file: Checked, node: Any) -> Step:
        definition = Definition(file, node, self._weights)
        reader = READERS.get(definition.operator)
        if reader is None:
            raise definition.error("there is no such op here")
        for name in definition.inputs:
            if name in self._weights:
                self._weights.value(name)  # a parameter from now on, if it is one at all
        with _named(definition.title):
            function = reader(definition)
        definition.finish()
        return Step(definition.operator, definition.title, tuple(definition.inputs), definition.outputs[0], function)

    def _value(self, name: str, values: dict[str, Value]) -> Value | None:
        if not name:
            return None
        if name in values:
            return values[name]
        if name in self._weights:
            return self._weights.value(name)
        raise ValueError(f"{self._file}: {name!r} is no first output of any operator, and others are not supported")

    def _run(self, step: Step, inputs: list[Value | None]) -> Value:
        while inputs and inputs[-1] is None:
            inputs.pop()
        with _named(step.title):
            self._limit(step, _size(step.operator, [value.shape for value in inputs if value is not None]))
            result = step.function(*inputs)
        array = result.value if isinstance(result, Node) else np.asarray(result)  # NumPy makes scalars of 0-d arrays
        self._limit(step, array.size)
        return result if isinstance(result, Node) else array

    def _limit(self, step: Step, size: int) -> None:
        if size > MOST:
            raise ValueError(f"{step.title}: the result has {size} values; at most {MOST} are supported")

    def _input(self, name: str, given: Operand) -> Node:
        """A node for an input, if it has the shape that the file asks for."""
        array = as_numbers(f"{self._file}: {name}", given.value if isinstance(given, Node) else given)
        node = given if isinstance(given, Node) else Node(array, name, requires_grad=False)
        expected = self._expected[name].type.tensor_type
        if not expected.HasField("shape"):
            return node
        sizes = [axis.dim_value if axis.HasField("dim_value") else None for axis in expected.shape.dim]
        if len(sizes) != array.ndim or any(n not in (None, came) for n, came in zip(sizes, array.shape)):
            wanted = ", ".join("any" if n is None else str(n) for n in sizes)
            raise ValueError(f"{self._file}: {name} is {shape_text(array.shape)}, but must be [{wanted}]")
        return node


def from_onnx(path: str | os.PathLike[str], *, output: str | None = None) -> OnnxFunction:
    """The network in an ONNX file, as a function of nodes: ``net = from_onnx(path)``, then ``net(x)`` as any layer.

    | in the file (opset 13 or later) | here |
    |---|---|
    | initializers: arrays of floating-point numbers | parameters of the same names (`mg.Parameter`) |
    | constants, integers, single numbers | constants |
    | Gemm | `Affine`; its W is turned, where PyTorch wrote transB=1 |
    | Conv, MaxPool, AveragePool, GlobalAveragePool | `Conv2D` and so on: two axes, no groups, no dilation |
    | BatchNormalization | `BatchNorm` with its running statistics, in training too |
    | Dropout, Identity, Cast within floating-point numbers | nothing |
    | LayerNormalization of the last axis, Gather, Flatten | `LayerNorm`, `Embedding`, `Flatten` |
    | Softmax LogSoftmax Relu LeakyRelu Gelu Sigmoid Softplus Tanh | the layer of that name |
    | Abs Add Clip Div Erf Exp Log MatMul Max Min Mul Neg Pow Sqrt Sub Sum Where | the primitive of that name |
    | ReduceMax ReduceMean ReduceMin ReduceSum | `max`, `mean`, `min`, `sum` |
    | Concat Expand Reshape Transpose | `concat`, `broadcast_to`, `reshape`, `transpose` |
    | Slice Squeeze Unsqueeze | `x[…]` |
    | Constant, Shape | constants, with which sizes are computed: those of the batch that the network is called on |

    output: which one, where the file has several. No other file is opened, and nothing in this one is run: it may come
    from anywhere. Errors: ValueError for any other operator or setting, by its name and the node's.

    >>> x = mg.Node(np.ones((1, 4)), "x")
    >>> y = Affine(4, 3, seed=0)(x)
    >>> mg.to_onnx("net.onnx", y)
    >>> net = mg.from_onnx("net.onnx")
    >>> np.allclose(net(x).value, y.value)
    True
    """
    return OnnxFunction(Checked(path), output)


@contextmanager
def _named(title: str) -> Iterator[None]:
    """Errors within say which operator it was."""
    try:
        yield
    except (ValueError, TypeError, IndexError, KeyError, OverflowError) as error:
        if str(error).startswith(title):
            raise
        raise ValueError(f"{title}: {error}") from error


def _size(operator: str, shapes: list[tuple[int, ...]]) -> int:
    """How many values the result will have, of an operator that can make more of them than it is given."""
    if operator == "Concat":
        return sum(map(math.prod, shapes))
    if operator in ("MatMul", "Gemm") and min(map(len, shapes[:2])) > 1:
        (*a, rows, shared), (*b, height, width) = shapes[:2]
        return math.prod(np.broadcast_shapes(tuple(a), tuple(b))) * rows * (height * width // max(shared, 1))
    return math.prod(np.broadcast_shapes(*shapes)) if operator in BROADCAST else 0


def _chosen(file: Checked, output: str | None) -> str:
    names = [info.name for info in file.model.graph.output]
    if output is None and len(names) == 1:
        return str(names[0])
    if output is None or output not in names:
        raise ValueError(f"{file.who}: output is {output!r}, but must be one of {', '.join(names)}")
    return output


def _needed_for(output: str, nodes: Any) -> list[Any]:
    """The operators that `output` depends on, in the order of the file, which is topological."""
    used, kept = {output}, []
    for node in reversed(nodes):
        if not used.isdisjoint(node.output):
            used.update(node.input)
            kept.append(node)
    return kept[::-1]
