"""IDX files, in which MNIST and Fashion-MNIST come. Format: Y. LeCun, C. Cortes & C. Burges, the MNIST page (1998)."""

from __future__ import annotations

import gzip
import math
import os
import struct
import zlib
from io import BufferedIOBase

import numpy as np

from minigraph.arrays import Array, shape_text

__all__ = ["read_idx"]

TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
GZIP = b"\x1f\x8b"


def read_idx(path: str | os.PathLike[str], *, max_bytes: int = 2**30) -> Array:
    """The array in an IDX file, plain or gzipped: images [N, 28, 28] as uint8, or labels [N], ready for `batches`.

    | byte 3 | 08 | 09 | 0B | 0C | 0D | 0E |
    |---|---|---|---|---|---|---|
    | type | uint8 | int8 | int16 | int32 | float32 | float64 |

    No more is unpacked than the header announces. Errors: ValueError for another file, a length other than announced,
    more than `max_bytes`.

    >>> from pathlib import Path
    >>> _ = Path("labels").write_bytes(bytes.fromhex("00 00 08 01  00 00 00 03  05 00 04"))
    >>> mg.read_idx("labels")
    array([5, 0, 4], dtype=uint8)
    """
    who = f"read_idx: {os.fspath(path)}"
    with open(path, "rb") as file:
        packed = file.read(2) == GZIP
        file.seek(0)
        try:
            return _read(who, gzip.GzipFile(fileobj=file) if packed else file, max_bytes)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise ValueError(f"{who} is damaged or cut short ({error})") from error


def _read(who: str, file: BufferedIOBase, max_bytes: int) -> Array:
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in TYPES or not magic[3]:
        known = ", ".join(f"{number:02X}" for number in TYPES)
        raise ValueError(
            f"{who} begins with {magic.hex(' ').upper() or 'nothing'}; an IDX file begins with 00 00, "
            f"a type ({known}) and a number of axes from 1 on"
        )
    dtype, axes = np.dtype(TYPES[magic[2]]), magic[3]
    sizes = file.read(4 * axes)
    if len(sizes) < 4 * axes:
        raise ValueError(f"{who} ends within its header, after {4 + len(sizes)} of {4 + 4 * axes} bytes")
    shape = struct.unpack(f">{axes}I", sizes)
    announced = math.prod(shape) * dtype.itemsize
    if announced > max_bytes:
        raise ValueError(f"{who} announces {shape_text(shape)} {dtype.name}, {announced} bytes; max_bytes={max_bytes}")
    if axes > 64:
        raise ValueError(f"{who} announces {axes} axes, but NumPy has at most 64")
    data = bytearray(file.read(announced + 1))
    if len(data) != announced:
        came = "more" if len(data) > announced else f"only {len(data)}"
        raise ValueError(f"{who} announces {shape_text(shape)} {dtype.name}, {announced} bytes, but has {came}")
    return np.frombuffer(data, dtype).reshape(shape).astype(dtype.newbyteorder("="), copy=False)
