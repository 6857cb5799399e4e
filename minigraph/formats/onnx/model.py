"""A model while it is being written: its operators, weights and inputs, and names for what has none."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import chain, count
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from minigraph.arrays import Array
from minigraph.formats.extras import needed

__all__ = ["INSTALL", "Model"]

INSTALL = 'pip install "minigraph[onnx]"'
OPSET = 20  # the first with Gelu
LARGEST = 2**31 - 1  # bytes, of a protobuf message


class Model:
    """Collects what `to_onnx` writes. `title` names the op that is being written, in the file too.

    floating: the type that all floating-point numbers get; None: the one that they have.
    """

    def __init__(self, taken: Iterable[str], floating: DTypeLike | None = None) -> None:
        self.floating = None if floating is None else np.dtype(floating)
        self.onnx = needed("to_onnx", "onnx", INSTALL)
        self.taken = set(taken)
        self.title = ""
        self.operators: list[Any] = []
        self.weights: list[Any] = []
        self.inputs: list[Any] = []

    def emit(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Add an operator; returns the name of its result."""
        name = self.fresh(self.title)
        self.operators.append(self.onnx.helper.make_node(operator, inputs, [name], name, **attributes))
        return name

    def constant(self, value: ArrayLike, dtype: Any = None) -> str:
        return self.emit("Constant", value=self.tensor(np.asarray(value, dtype), ""))

    def integers(self, *values: int) -> str:
        return self.constant(values, np.int64)

    def cast(self, name: str, dtype: np.dtype[Any]) -> str:
        return self.emit("Cast", name, to=self.element_type(dtype))

    def weight(self, name: str, value: Array) -> str:
        self.weights.append(self.tensor(value, name))
        return name

    def input(self, name: str, value: Array, batched: bool) -> str:
        """An input of that type and shape; the first axis may have any size if it is `batched`."""
        shape: list[int | str] = list(value.shape)
        shape[:1] = ["batch"] if batched else shape[:1]
        info = self.onnx.helper.make_tensor_value_info(name, self.element_type(self.type_of(value)), shape)
        self.inputs.append(info)
        return name

    def rename_last(self, result: str) -> str:
        """Give the result of the last operator the name that it has in diagrams."""
        self.operators[-1].output[0] = result
        return result

    def fresh(self, wish: str) -> str:
        name = next(name for name in chain([wish], (f"{wish}.{n}" for n in count(2))) if name not in self.taken)
        self.taken.add(name)
        return name

    def type_of(self, array: Array) -> np.dtype[Any]:
        """The type that an array has in the file."""
        return self.floating if self.floating and array.dtype.kind == "f" else array.dtype.newbyteorder("=")

    def element_type(self, dtype: np.dtype[Any]) -> int:
        try:
            return int(self.onnx.helper.np_dtype_to_tensor_dtype(dtype))
        except (KeyError, ValueError):
            raise ValueError(f"to_onnx: {self.title} is {dtype}, which ONNX does not have") from None

    def tensor(self, value: Array, name: str) -> Any:
        self.element_type(self.type_of(value))
        plain = np.array(value, self.type_of(value), order="C")
        return self.onnx.numpy_helper.from_array(plain, name)

    def finished(self, result: str, value: Array) -> bytes:
        """The file: only what `result` depends on, checked by onnx itself."""
        self._drop_unused(result)
        helper = self.onnx.helper
        output = helper.make_tensor_value_info(result, self.element_type(self.type_of(value)), None)
        graph = helper.make_graph(self.operators, "minigraph", self.inputs, [output], self.weights)
        opsets = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(
            graph,
            opset_imports=opsets,
            ir_version=helper.find_min_ir_version_for(opsets),
            producer_name="minigraph",
        )
        size = sum(math.prod(w.dims) * helper.tensor_dtype_to_np_dtype(w.data_type).itemsize for w in self.weights)
        if size > LARGEST - 2**20:
            raise ValueError(f"to_onnx: the weights have {size} bytes; one ONNX file holds {LARGEST}")
        inferred = self.onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
        model.graph.output[0].CopyFrom(inferred.graph.output[0])
        self.onnx.checker.check_model(model, full_check=True)
        content: bytes = model.SerializeToString(deterministic=True)
        return content

    def _drop_unused(self, result: str) -> None:
        used = {result}
        kept = []
        for operator in reversed(self.operators):
            if not used.isdisjoint(operator.output):
                used.update(operator.input)
                kept.append(operator)
        self.operators = kept[::-1]
        self.weights = [weight for weight in self.weights if weight.name in used]
        self.inputs = [info for info in self.inputs if info.name in used]
