"""Any state of numbers, texts, arrays, lists and dicts in one .npz file: arrays as they are, the rest as JSON."""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np

from minigraph.archives import read_arrays, write_arrays
from minigraph.arrays import Array

__all__ = ["read_state", "write_state"]

OUTLINE = "outline"  # what the member with the JSON is called


def write_state(path: str | os.PathLike[str], state: dict[str, Any]) -> None:
    """Write it whole or not at all. Errors: TypeError for what cannot be kept, which says where it stands."""
    arrays: dict[str, Array] = {}
    outline = json.dumps(_outlined(state, "state", arrays))
    write_arrays(path, {OUTLINE: np.frombuffer(outline.encode(), np.uint8), **arrays})


def read_state(who: str, path: str | os.PathLike[str]) -> dict[str, Any]:
    """What `write_state` wrote. Errors: ValueError, in the name of `who`, for any other file."""
    arrays = read_arrays(who, path)
    try:
        return dict(_restored(json.loads(arrays[OUTLINE].tobytes()), arrays))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{who}: {os.fspath(path)} is an .npz file, but no checkpoint") from error


def _outlined(value: Any, where: str, arrays: dict[str, Array]) -> Any:
    """`value` in what JSON knows; its arrays go to `arrays`, and their names stand in their place."""
    if value is None or isinstance(value, (bool, int, float, str)) and not isinstance(value, np.generic):
        return value
    if isinstance(value, (np.ndarray, np.generic)):
        arrays[where] = np.asarray(value)
        return {"array" if isinstance(value, np.ndarray) else "scalar": where}
    if isinstance(value, np.random.Generator):
        return {"generator": _outlined(value.bit_generator.state, where, arrays)}
    if isinstance(value, dict):  # as pairs, since JSON would make texts of the keys
        return {"dict": [[key, _outlined(v, f"{where}.{key}", arrays)] for key, v in value.items()]}
    if isinstance(value, (list, tuple)):
        found = [_outlined(v, f"{where}.{i}", arrays) for i, v in enumerate(value)]
        return found if isinstance(value, list) else {"tuple": found}
    raise TypeError(f"checkpoint: {where} is {value!r}, but only numbers, texts, arrays, lists and dicts can be kept")


def _restored(outline: Any, arrays: dict[str, Array]) -> Any:
    if isinstance(outline, list):
        return [_restored(value, arrays) for value in outline]
    if not isinstance(outline, dict):
        return outline
    ((kind, value),) = outline.items()
    if kind == "dict":
        return {key: _restored(v, arrays) for key, v in value}
    if kind == "tuple":
        return tuple(_restored(v, arrays) for v in value)
    if kind == "generator":
        return generator(_restored(value, arrays))
    return arrays[value] if kind == "array" else arrays[value][()]


def generator(state: dict[str, Any]) -> np.random.Generator:
    """A generator that goes on from there."""
    kind = state["bit_generator"]
    if kind not in ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"):
        raise ValueError(f"{kind!r} is none of NumPy's generators")
    bits = getattr(np.random, kind)()
    bits.state = state
    return np.random.Generator(bits)
