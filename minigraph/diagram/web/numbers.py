"""The arrays of a page, each once, as JSON: what is shown of it, its shape and its range."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigraph.arrays import Array
from minigraph.scene.text import special

__all__ = ["Arrays"]

ROOM = 30_000  # numbers on one page; of small arrays all are there, of the others the first rows
DECIMALS = 3  # as many as are shown


Key = tuple[tuple[int, ...], bytes]


class Arrays:
    """Collects arrays; each is known by its number."""

    def __init__(self) -> None:
        self.found: list[Array] = []
        self.numbers: dict[Key, int] = {}

    def add(self, array: Array) -> int:
        array = np.asarray(array, dtype=float)
        key = _key(array)
        if key not in self.numbers:
            self.numbers[key] = len(self.found)
            self.found.append(array)
        return self.numbers[key]

    def as_json(self) -> list[dict[str, Any]]:
        most = fair_share([array.size for array in self.found])
        turned = self._turned(most)
        return [{"turned": turned[n]} if n in turned else described(array, most) for n, array in enumerate(self.found)]

    def _turned(self, most: int) -> dict[int, int]:
        """Arrays that are there in full as the transpose of an earlier one."""
        found = {}
        for n, array in enumerate(self.found):
            if array.ndim == 2 and min(array.shape) > 1 and array.size <= most:
                before = self.numbers.get(_key(array.T), n)
                if before < n and before not in found:
                    found[n] = before
        return found


def _key(array: Array) -> Key:
    """The same for arrays that differ by rounding only, as those of a composite and of its definition do."""
    largest = float(np.abs(array[np.isfinite(array)]).max(initial=0.0))
    decimals = 11 - math.floor(math.log10(largest)) if largest else 0
    rounded = np.round(array, decimals) if abs(decimals) < 290 else array
    return array.shape, (rounded + 0.0).tobytes()


def fair_share(sizes: list[int]) -> int:
    """The size up to which arrays are whole, so that all of them fit."""
    room, left = ROOM, sorted(sizes)
    while left and left[0] * len(left) <= room:
        room -= left.pop(0)
    return max(room // len(left), 16) if left else ROOM


def described(array: Array, most: int) -> dict[str, Any]:
    """shape · data: its first rows, flat, as many as there is room for, as integers times ten to the power of `e` ·
    range: least, mean and greatest of what is finite · odd: how many are not."""
    flat = array.ravel()
    finite = flat[np.isfinite(flat)]
    row = array.shape[-1] if array.ndim else 1
    kept = flat if flat.size <= most else flat[: max(most // max(row, 1), 1) * row][: 4 * most]
    found: dict[str, Any] = {"shape": array.shape} | _in_short(kept)
    if finite.size:
        low, high = float(finite.min()), float(finite.max())
        with np.errstate(over="ignore"):
            mean = float(finite.mean())
        found["range"] = [number(v) for v in (low, 0.0 if abs(mean) < 1e-12 * max(-low, high) else mean, high)]
    if finite.size < flat.size:
        found["odd"] = int(flat.size - finite.size)
    return found


def _in_short(values: Array) -> dict[str, Any]:
    if values.size < 2:
        return {"data": [number(v) for v in values]}
    finite = np.isfinite(values)
    largest = float(np.abs(values[finite]).max(initial=0.0))
    power = math.floor(math.log10(largest)) if largest and not 0.05 <= largest < 1e4 else 0
    if not -290 < power < 290:
        return {"data": [number(v) for v in values]}
    exponent = power - DECIMALS
    whole = [_mantissa(v, exponent) if math.isfinite(v) else v for v in values.tolist()]
    while exponent < 0 and all(v % 10 == 0 for v in whole if math.isfinite(v)):
        whole, exponent = [v // 10 if isinstance(v, int) else v for v in whole], exponent + 1
    return {"data": [v if math.isfinite(v) else special(v) for v in whole], "e": exponent}


def _mantissa(value: float, exponent: int) -> float:
    """An integer, or a little more where only rounding makes the value one: 0.0002 is shown as 0.000, not as 0."""
    rounded = round(value / 10.0**exponent)
    looks_whole = not rounded or (exponent <= 0 and rounded % 10**-exponent == 0)
    if not looks_whole or rounded * 10.0**exponent == value:
        return rounded
    return rounded + math.copysign(0.1, value)


def number(value: float) -> float | int | str:
    """Six digits of it; for what is no finite number the word that stands on cards."""
    if word := special(float(value)):
        return word
    short = float(f"{value:.6g}")
    return int(short) if math.isfinite(short) and short == int(short) and abs(short) < 1e15 else short
