"""ONNX files come from anywhere: what is refused before any of it is used."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from minigraph.arrays import NUMBERS, Array
from minigraph.formats.extras import needed
from minigraph.formats.onnx.model import INSTALL, LARGEST

__all__ = ["Checked"]

OLDEST = 13  # before it, Softmax meant something else, and axes stood elsewhere


class Checked:
    """A model that holds all its numbers itself, has no control flow, and is valid for onnx."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.onnx = needed("from_onnx", "onnx", INSTALL)
        self.who = f"from_onnx: {os.fspath(path)}"
        size = os.stat(path).st_size
        if size > LARGEST:
            raise ValueError(f"{self.who} has {size} bytes; an ONNX file has at most {LARGEST}")
        content = Path(path).read_bytes()
        try:
            self.model = self.onnx.ModelProto.FromString(content)
        except Exception as error:  # DecodeError, of whichever protobuf onnx brought along
            raise ValueError(f"{self.who} is not an ONNX file ({error})") from error
        self._refuse()
        try:
            self.onnx.checker.check_model(self.model)
        except (self.onnx.checker.ValidationError, UnicodeDecodeError) as error:  # its texts quote the file's names
            raise ValueError(f"{self.who} is not a valid ONNX model ({error})") from error

    def array(self, tensor: Any) -> Array:
        """The numbers of a tensor."""
        what = f"{self.who}: {tensor.name or 'a constant'}"
        try:
            dtype = np.dtype(self.onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type))
        except KeyError:
            dtype = np.dtype(object)
        if dtype.kind not in NUMBERS:
            kinds = {number: name for name, number in self.onnx.TensorProto.DataType.items()}
            kind = kinds.get(tensor.data_type, f"of type {tensor.data_type}")
            raise ValueError(f"{what} is {kind}, but must be floating-point numbers, integers or bool")
        try:
            array: Array = self.onnx.numpy_helper.to_array(tensor)
        except (ValueError, OverflowError) as error:
            raise ValueError(f"{what} has not the numbers that its shape {list(tensor.dims)} needs") from error
        return array

    def _refuse(self) -> None:
        version = next((opset.version for opset in self.model.opset_import if opset.domain in ("", "ai.onnx")), 0)
        if version < OLDEST:
            raise ValueError(f"{self.who} is written for opset {version or 'none'}; {OLDEST} or later is needed")
        if self.model.functions:
            names = ", ".join(function.name for function in self.model.functions)
            raise ValueError(f"{self.who} has functions of its own ({names}), which are not supported")
        if self.model.graph.sparse_initializer:
            raise ValueError(f"{self.who} has sparse weights, which are not supported")
        for tensor in self._tensors():
            if tensor.data_location == self.onnx.TensorProto.EXTERNAL or tensor.external_data:
                raise ValueError(
                    f"{self.who}: {tensor.name or 'a constant'} is kept in another file; no other file is opened, "
                    "so write the model with external_data=False"
                )

    def _tensors(self) -> Iterator[Any]:
        yield from self.model.graph.initializer
        for node in self.model.graph.node:
            for attribute in node.attribute:
                if attribute.HasField("g") or attribute.graphs:
                    raise ValueError(f"{self.who}: {node.op_type} (node {node.name!r}) is control flow: not supported")
                if attribute.HasField("sparse_tensor") or attribute.sparse_tensors:
                    raise ValueError(f"{self.who}: {node.op_type} (node {node.name!r}) is sparse: not supported")
                yield from (attribute.t, *attribute.tensors)
