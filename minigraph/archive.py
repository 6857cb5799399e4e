"""Arrays by name in one .npz file, without pickles."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from io import BytesIO

import numpy as np

from minigraph.arrays import Array, as_numbers

__all__ = ["packed", "unpacked"]


def packed(arrays: Mapping[str, Array]) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:  # not np.savez: there an array named "file" would be an argument
        for name, array in arrays.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
    return buffer.getvalue()


def unpacked(who: str, content: bytes) -> dict[str, Array]:
    """ValueError for bytes that `packed` has not made; `who` begins its message."""
    found: dict[str, Array] = {}
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            for member in archive.namelist():
                with archive.open(member) as file:
                    array = np.lib.format.read_array(file, allow_pickle=False)
                found[member.removesuffix(".npy")] = as_numbers(member, array)
    except Exception as error:  # whatever a damaged archive, or one of something else, makes its readers raise
        raise ValueError(f"{who} is not an .npz file of real-valued arrays ({error})") from error
    return found
