"""ONNX: graphs out of minigraph, and into it. See https://onnx.ai/onnx/operators for what its operators mean."""

from minigraph.formats.onnx.reading import OnnxFunction, from_onnx
from minigraph.formats.onnx.writing import to_onnx

__all__ = ["OnnxFunction", "from_onnx", "to_onnx"]
