"""IDX files: what MNIST comes in, plain or gzipped, and what only pretends to be one."""

from __future__ import annotations

import gzip
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import Array

import minigraph as mg

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 4, 3)).astype(np.uint8)
CODES = {"u1": 0x08, "i1": 0x09, ">i2": 0x0B, ">i4": 0x0C, ">f4": 0x0D, ">f8": 0x0E}


def idx(array: Array, kind: str = "u1") -> bytes:
    header = struct.pack(f">HBB{array.ndim}I", 0, CODES[kind], array.ndim, *array.shape)
    return header + array.astype(kind).tobytes()


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
@pytest.mark.parametrize("kind", CODES)
def test_every_type_is_read(tmp_path: Path, kind: str, pack: Any) -> None:
    array = IMAGES.astype(float) / 3 if "f" in kind else IMAGES % 100
    (tmp_path / "data").write_bytes(pack(idx(array, kind)))
    read = mg.read_idx(tmp_path / "data")
    assert read.dtype == np.dtype(kind).newbyteorder("=") and read.dtype.isnative
    np.testing.assert_array_equal(read, array.astype(kind))
    read[0] = 0  # it is the caller's own


def test_images_and_labels_go_to_batches(tmp_path: Path) -> None:
    (tmp_path / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(IMAGES)))
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(idx(np.array([0, 1, 2, 3, 9])))
    x = mg.read_idx(str(tmp_path / "t10k-images-idx3-ubyte.gz")).reshape(5, -1) / 255
    t = mg.read_idx(str(tmp_path / "t10k-labels-idx1-ubyte"))
    assert t.tolist() == [0, 1, 2, 3, 9]
    logits = mg.layers.Affine(12, 10, seed=0)(x)
    assert mg.layers.SoftmaxWithLoss()(logits, t).item() > 0
    assert [len(xb) for xb, _ in mg.batches(x, t, size=2)] == [2, 2, 1]


WHOLE = idx(IMAGES)
WRONG = [
    (b"", "begins with nothing; an IDX file begins with 00 00, a type"),
    (b"\x89PNG\r\n", "begins with 89 50 4E 47; an IDX file begins with"),
    (b"\0\0\x07\1\0\0\0\1\0", "begins with 00 00 07 01"),
    (b"\0\0\x08\0", "begins with 00 00 08 00"),
    (WHOLE[:10], "ends within its header, after 10 of 16 bytes"),
    (WHOLE[:-1], r"announces \[5, 4, 3\] uint8, 60 bytes, but has only 59"),
    (WHOLE + b"\0", r"announces \[5, 4, 3\] uint8, 60 bytes, but has more"),
    (gzip.compress(WHOLE[:-7]), r"announces \[5, 4, 3\] uint8, 60 bytes, but has only 53"),
    (gzip.compress(WHOLE + b"\0" * 9), r"announces \[5, 4, 3\] uint8, 60 bytes, but has more"),
    (gzip.compress(WHOLE)[:-12], "is damaged or cut short"),
    (gzip.compress(WHOLE)[:9], "is damaged or cut short"),
    (b"\x1f\x8b" + WHOLE, "is damaged or cut short"),
    (gzip.compress(WHOLE)[:-8] + b"\0" * 8, "is damaged or cut short"),
    (struct.pack(">HBB2I", 0, 8, 2, 2**32 - 1, 2**32 - 1), r"announces .* bytes; max_bytes=1073741824"),
    (struct.pack(">HBB200I", 0, 8, 200, *[1] * 200) + b"\0", "announces 200 axes, but NumPy has at most 64"),
]


@pytest.mark.parametrize("content, message", WRONG, ids=[message for _, message in WRONG])
def test_what_is_no_whole_idx_file_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "data.gz").write_bytes(content)
    with pytest.raises(ValueError, match=f"^read_idx: .*data.gz {message}"):
        mg.read_idx(tmp_path / "data.gz")


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    (tmp_path / "bomb.gz").write_bytes(gzip.compress(idx(np.zeros(100)) + bytes(2**26)))
    tracemalloc.start()
    with pytest.raises(ValueError, match="100 bytes, but has more"):
        mg.read_idx(tmp_path / "bomb.gz")
    with pytest.raises(ValueError, match=r"announces \[100\] uint8, 100 bytes; max_bytes=99"):
        mg.read_idx(tmp_path / "bomb.gz", max_bytes=99)
    assert tracemalloc.get_traced_memory()[1] < 2**22
    tracemalloc.stop()
