"""Arrays by name in one .npz file."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import numpy as np

from minigraph.arrays import Array, as_numbers
from minigraph.files import write

__all__ = ["read_arrays", "write_arrays"]


def write_arrays(path: str | os.PathLike[str], arrays: Mapping[str, Array]) -> None:
    """Write them whole or not at all."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:  # not np.savez: there an array named "file" would be an argument
        for name, array in arrays.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
    write(path, buffer.getvalue())


def read_arrays(who: str, path: str | os.PathLike[str]) -> dict[str, Array]:
    """What `write_arrays` wrote. Errors: ValueError, in the name of `who`, for any other file."""
    content = Path(path).read_bytes()
    found = {}
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            for member in archive.namelist():
                with archive.open(member) as file:
                    array = np.lib.format.read_array(file, allow_pickle=False)
                found[member.removesuffix(".npy")] = as_numbers(member, array)
    except Exception as error:  # whatever a damaged archive, or one of something else, makes its readers raise
        raise ValueError(f"{who}: {os.fspath(path)} is not an .npz file of real-valued arrays ({error})") from error
    return found
