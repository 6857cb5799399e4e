"""What goes in and out of files, and to other libraries: parameters, graphs, data."""

from minigraph.formats.idx import read_idx
from minigraph.formats.onnx import OnnxFunction, from_onnx, to_onnx
from minigraph.formats.parameters import load, save
from minigraph.formats.state_dict import load_state_dict, state_dict
from minigraph.formats.tables import Table, read_csv

__all__ = [
    "OnnxFunction", "Table", "from_onnx", "load", "load_state_dict", "read_csv", "read_idx", "save", "state_dict",
    "to_onnx",
]  # fmt: skip
