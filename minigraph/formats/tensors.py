"""Arrays by name in one .safetensors file: a header of names, types and shapes, then the numbers; no code in it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from minigraph.arrays import Array
from minigraph.files import write
from minigraph.formats.extras import needed

__all__ = ["read_tensors", "write_tensors"]

INSTALL = 'pip install "minigraph[safetensors]"'
RESERVED = "__metadata__"  # in the header, what is said of the file as a whole
TYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1", "BOOL": "?",
}  # fmt: skip


def write_tensors(path: str | os.PathLike[str], arrays: Mapping[str, Array]) -> None:
    """Write them whole or not at all. Errors: ValueError for a name or a type that the format does not have."""
    numpy = needed("save", "safetensors.numpy", INSTALL)
    if RESERVED in arrays:
        raise ValueError(f"save: a parameter is named {RESERVED}, which a .safetensors file keeps for itself")
    for name, array in arrays.items():
        if array.dtype.newbyteorder("<") not in map(np.dtype, TYPES.values()):
            raise ValueError(f"save: {name} is {array.dtype}, but a .safetensors file holds {', '.join(TYPES)}")
    # the format has no strides and no byte order, and its writer takes memory as it lies there
    plain = {name: np.array(a, a.dtype.newbyteorder("<"), order="C") for name, a in arrays.items()}
    write(path, numpy.save(plain))


def read_tensors(who: str, path: str | os.PathLike[str]) -> dict[str, Array]:
    """The arrays of such a file; bfloat16, which NumPy lacks, as float32, exactly.

    Errors: ValueError, in the name of `who`, for any other file, or a type that NumPy has nothing for.
    """
    safetensors = needed(who, "safetensors", INSTALL)
    content = Path(path).read_bytes()
    try:
        found: list[tuple[str, dict[str, Any]]] = safetensors.deserialize(content)
    except safetensors.SafetensorError as error:
        raise ValueError(f"{who}: {os.fspath(path)} is not a .safetensors file ({error})") from error
    for name, entry in found:
        if entry["dtype"] not in TYPES:
            raise ValueError(f"{who}: {name} is {entry['dtype']} in {os.fspath(path)}, but must be {', '.join(TYPES)}")
    return {name: _array(**entry) for name, entry in found}


def _array(dtype: str, shape: list[int], data: bytes) -> Array:
    stored = np.frombuffer(data, TYPES[dtype]).reshape(shape)
    if dtype == "BF16":  # the upper half of a float32
        return (stored.astype(np.uint32) << 16).view(np.float32)
    return stored.astype(stored.dtype.newbyteorder("="))
