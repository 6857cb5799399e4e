"""The arrays of a page, each once, as JSON: what is shown of it, its shape and its range."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigraph.arrays import Array
from minigraph.scene.text import special

__all__ = ["Arrays"]

LARGEST, LEAST = 2000, 60  # numbers of an array that are on the page: of small arrays all, of the others the first rows
IN_ALL = 60_000


class Arrays:
    """Collects arrays; each is known by its number."""

    def __init__(self) -> None:
        self.found: list[Array] = []
        self.numbers: dict[tuple[Any, ...], int] = {}

    def add(self, array: Array) -> int:
        array = np.ascontiguousarray(array)
        key = array.shape, array.dtype.str, array.tobytes()
        if key not in self.numbers:
            self.numbers[key] = len(self.found)
            self.found.append(array)
        return self.numbers[key]

    def as_json(self) -> list[dict[str, Any]]:
        most = min(LARGEST, max(LEAST, IN_ALL // max(len(self.found), 1)))
        return [described(array, most) for array in self.found]


def described(array: Array, most: int) -> dict[str, Any]:
    """shape · data: its first rows, flat, as many as there is room for · range: least, mean and greatest of what is
    finite · odd: how many are not."""
    flat = array.astype(float).ravel()
    finite = flat[np.isfinite(flat)]
    row = array.shape[-1] if array.ndim else 1
    kept = flat if flat.size <= most else flat[: max(most // max(row, 1), 1) * row][: 4 * most]
    found: dict[str, Any] = {"shape": array.shape, "data": [number(v) for v in kept]}
    if finite.size:
        with np.errstate(over="ignore"):
            found["range"] = [number(v) for v in (finite.min(), finite.mean(), finite.max())]
    if finite.size < flat.size:
        found["odd"] = flat.size - finite.size
    return found


def number(value: float) -> float | int | str:
    """Six digits of it; for what is no finite number the word that stands on cards."""
    if word := special(float(value)):
        return word
    short = float(f"{value:.6g}")
    return int(short) if math.isfinite(short) and short == int(short) and abs(short) < 1e15 else short
