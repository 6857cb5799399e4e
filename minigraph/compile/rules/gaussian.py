"""Φ in float64 by the lesson's formulas (`ops/normal.py`), a piece at a time and in place."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from minigraph.arrays import Array
from minigraph.compile.rules.elementwise import clip
from minigraph.ops.normal import LIMITS, MIDDLE, NEAR, normal_cdf

__all__ = ["put_normal_cdf"]

PIECE = 1 << 14  # numbers at a time: what is in work stays in the cache of a core


def put_normal_cdf(x: Array, out: Array) -> None:
    """out = Φ(x)."""
    numbers, results = x.reshape(-1), out.reshape(-1)
    scratch = np.empty((5, min(PIECE, x.size)), x.dtype)
    for start in range(0, x.size, PIECE):
        part = numbers[start : start + PIECE]
        _put(part, results[start : start + PIECE], scratch[:, : part.size])


def _put(x: Array, out: Array, scratch: Array) -> None:
    size, s, square, top, bottom = scratch
    np.absolute(x, size)
    np.multiply(size, math.sqrt(0.5), size)
    if not np.maximum.reduce(size) <= LIMITS[1]:
        return np.copyto(out, normal_cdf(x))  # far out there is another formula, seldom needed
    clip(size, LIMITS[0], LIMITS[1], s)
    _polynomial(MIDDLE[0], s, top)
    _polynomial(MIDDLE[1], s, bottom)
    np.divide(top, bottom, top)
    np.multiply(s, s, square)
    np.negative(square, square)
    np.exp(square, square)
    np.multiply(square, 0.5, square)
    np.multiply(top, square, top)  # the tail, Φ(−|x|)
    right = x > 0
    np.subtract(right, top, out)
    np.absolute(out, out)  # 1 − tail right of 0, else the tail
    near = size <= LIMITS[0]
    clip(x, -LIMITS[0] * math.sqrt(2), LIMITS[0] * math.sqrt(2), s)
    np.multiply(s, math.sqrt(0.5), s)
    np.multiply(s, s, square)
    _polynomial(NEAR[0], square, top)
    _polynomial(NEAR[1], square, bottom)
    np.divide(top, bottom, top)
    np.multiply(top, s, top)
    np.add(top, 1, top)
    np.multiply(top, 0.5, top)
    np.copyto(out, top, where=near)


def _polynomial(coefficients: Sequence[float], t: Array, out: Array) -> None:
    """By Horner, highest power first."""
    np.multiply(t, coefficients[0], out)
    for c in coefficients[1:-1]:
        np.add(out, c, out)
        np.multiply(out, t, out)
    np.add(out, coefficients[-1], out)
