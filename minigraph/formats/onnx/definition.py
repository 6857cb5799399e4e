"""An operator of an ONNX file: its attributes, inputs and weights, each asked for by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minigraph.arrays import Array, shape_text
from minigraph.formats.onnx.checked import Checked
from minigraph.graph import Constant, Node, Op, Operand, Parameter

__all__ = ["MOST", "Definition", "Function", "Reader", "Value", "Weights", "as_node", "operand", "recorded"]

Value = Node | Array  # arrays are what shapes are computed with, and constants
Function = Callable[..., Value]
Reader = Callable[["Definition"], Function]

MOST = 2**28  # values of one array: a file of a few bytes must not fill the memory


class Weights:
    """The initializers and constants: floating-point arrays become parameters, numbers and integers stay what they are.

    transposed: those which only Gemm reads, and the other way round; they are kept as `Affine` has them · statistics:
    those which only normalise, and get no gradient.
    """

    def __init__(self, file: Checked) -> None:
        self.arrays = {tensor.name: file.array(tensor) for tensor in file.model.graph.initializer}
        self.constants: dict[str, Array] = {}  # of Constant operators
        self.parameters: dict[str, Parameter] = {}
        uses: dict[str, set[str]] = {}
        for node in file.model.graph.node:
            turns = node.op_type == "Gemm" and any(a.name == "transB" and a.i for a in node.attribute)
            norms = node.op_type == "BatchNormalization"
            for i, name in enumerate(node.input):
                use = "transposed" if turns and i == 1 else "statistic" if norms and i > 2 else "other"
                uses.setdefault(name, set()).add(use)
        self.transposed = {name for name, use in uses.items() if use == {"transposed"}}
        self.statistics = {name for name, use in uses.items() if use == {"statistic"}}

    def value(self, name: str) -> Value:
        if name not in self.parameters:
            array = self.arrays[name]
            if array.dtype.kind != "f" or not array.ndim:
                return array
            turned = name in self.transposed and array.ndim == 2
            value, wanted = np.array(array.T if turned else array, order="C"), name not in self.statistics
            self.parameters[name] = Parameter(value, name, requires_grad=wanted)
        return self.parameters[name]

    def __contains__(self, name: str) -> bool:
        return name in self.arrays


class Definition:
    """One operator. What it has and nobody asked for is refused, so that nothing is read differently than meant."""

    def __init__(self, file: Checked, node: Any, weights: Weights) -> None:
        self.operator, self.name = node.op_type, node.name or (node.output[0] if node.output else "")
        self.title = f"{file.who}: {self.operator} (node {self.name!r})"
        if node.domain not in ("", "ai.onnx"):
            raise self.error(f"the operators of {node.domain!r} are not supported")
        self.file = file
        self.inputs, self.outputs, self.weights = list(node.input), list(node.output), weights
        self.attributes = {a.name: self._plain(a) for a in node.attribute}

    def error(self, what: str) -> ValueError:
        return ValueError(f"{self.title}: {what}")

    def take(self, attribute: str, default: Any = None) -> Any:
        return self.attributes.pop(attribute, default)

    def only(self, attribute: str, *allowed: Any) -> None:
        """Ask for an attribute that may only have one of these values, the first being its default."""
        came = self.take(attribute, allowed[0])
        if came not in allowed:
            raise self.error(f"{attribute} is {came}, but must be {' or '.join(map(str, allowed))}")

    def has(self, i: int) -> bool:
        return i < len(self.inputs) and self.inputs[i] != ""

    def fixed(self, i: int) -> Array | None:
        """An input that has to be in the file itself; None if it was left out."""
        if not self.has(i):
            return None
        name, weights = self.inputs[i], self.weights
        found = weights.arrays.get(name, weights.constants.get(name))
        if found is None:
            raise self.error(f"input {i}, {self.inputs[i]!r}, is computed, but must be a constant")
        return found

    def type_of(self, number: int) -> np.dtype[Any]:
        """The NumPy type that a number stands for."""
        return np.dtype(self.file.onnx.helper.tensor_dtype_to_np_dtype(number))

    def whole(self, i: int) -> tuple[int, ...] | None:
        """As `fixed`, integers."""
        array = self.fixed(i)
        if array is None:
            return None
        if array.dtype.kind not in "iu" or array.ndim > 1:
            raise self.error(f"input {i} is {array.dtype} {shape_text(array.shape)}, but must be a row of integers")
        return tuple(int(n) for n in array.reshape(-1))

    def finish(self) -> None:
        """Everything has been asked for."""
        if self.attributes:
            raise self.error(f"{', '.join(self.attributes)}: not supported")

    def _plain(self, attribute: Any) -> Any:
        value = self.file.onnx.helper.get_attribute_value(attribute)
        if isinstance(value, bytes):
            return value.decode("utf-8", "replace")
        if isinstance(value, float):
            return float(str(np.float32(value)))  # 1e-05, as it was written, and not 9.99999975e-06
        if isinstance(value, (int, str)):
            return value
        if attribute.HasField("t"):
            return self.file.array(value)
        return list(value)


def as_node(value: Value) -> Node:
    return value if isinstance(value, Node) else Constant(value, requires_grad=False)


def operand(value: Value) -> Operand:
    """A single number takes the type of its company."""
    return float(value) if isinstance(value, np.ndarray) and not value.ndim and value.dtype != bool else value


def recorded(layer: Op, x: Node, *weights: Node, between: tuple[Node, ...] = ()) -> Node:
    """What a layer makes of x, with weights that are there already."""
    layer.parameters = tuple(weight for weight in weights if isinstance(weight, Parameter))
    return layer.record((x, *between, *weights))
