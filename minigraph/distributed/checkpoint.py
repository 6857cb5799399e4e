"""What training goes on from, as bytes: parameters, what the optimizer remembers, its settings, and notes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np

from minigraph.archive import packed, unpacked
from minigraph.arrays import Array, shape_text
from minigraph.graph import Parameter
from minigraph.optim import Optimizer

__all__ = ["frozen", "thawed"]

ABOUT = "about"


def frozen(parameters: Iterable[Parameter], optimizer: Optimizer, notes: dict[str, Any]) -> bytes:
    """Errors: TypeError for notes that JSON can't write."""
    found = tuple(parameters)
    about = {
        "parameters": _described(found), "optimizer": type(optimizer).__name__,
        "settings": {name: _plain(value) for name, value in optimizer.settings.items()}, "notes": notes,
    }  # fmt: skip
    arrays = {f"parameters/{i}": parameter.value for i, parameter in enumerate(found)}
    for name, memory in _memories(optimizer).items():
        arrays |= {f"optimizer/{name}/{i}": np.asarray(value) for i, value in memory.items()}
    text = json.dumps(about, ensure_ascii=False).encode()
    return packed(arrays | {ABOUT: np.frombuffer(text, np.uint8)})


def thawed(who: str, content: bytes, parameters: Iterable[Parameter], optimizer: Optimizer) -> dict[str, Any]:
    """Puts everything back, bit by bit, and returns the notes. ValueError for another network: nothing has changed."""
    found, arrays = tuple(parameters), unpacked(who, content)
    if ABOUT not in arrays:
        raise ValueError(f"{who} is an .npz file, but no checkpoint")
    about = json.loads(arrays.pop(ABOUT).tobytes())
    came = [*about["parameters"], about["optimizer"]]
    needed = [*_described(found), type(optimizer).__name__]
    if came != needed:
        raise ValueError(f"{who} has {', '.join(came)}; needed are {', '.join(needed)}")
    memories: dict[str, dict[int, Any]] = {name: {} for name in _memories(optimizer)}
    for key, array in arrays.items():
        kind, *name, number = key.split("/")
        if kind == "optimizer":
            # a count is an int again
            memories[name[0]][int(number)] = array if array.ndim or array.dtype.kind == "f" else int(array)
    for i, parameter in enumerate(found):
        parameter.value = arrays[f"parameters/{i}"]
        parameter.grad = None
    settings = {name: tuple(v) if isinstance(v, list) else v for name, v in about["settings"].items()}
    vars(optimizer).update(settings | memories)
    return about["notes"]


def _plain(value: Any) -> Any:
    """A NumPy number as Python's own, which JSON can write."""
    return value.item() if isinstance(value, np.generic) else value


def _memories(optimizer: Optimizer) -> dict[str, dict[int, Array | int]]:
    return {name: value for name, value in vars(optimizer).items() if isinstance(value, dict)}


def _described(parameters: tuple[Parameter, ...]) -> list[str]:
    return [f"{p.name or 'a parameter'} {shape_text(p.shape)} {p.value.dtype}" for p in parameters]
