"""Piecewise functions: at every element one case holds, and its input alone gets the gradient.

Source: the calculus of one variable, with the slope at a corner, where there is none, set by convention.
"""

from __future__ import annotations

import math

import numpy as np

from minigraph.arrays import Array, shape_text, sum_to_shape
from minigraph.formulas import Local
from minigraph.graph import Op
from minigraph.ops.elementwise import Pair

__all__ = ["Abs", "Clip", "Maximum", "Minimum", "Where"]


class Maximum(Op):
    """y = max(a, b) elementwise, broadcast. The gradient goes to the larger input; at a tie, to b."""

    formula, gate, symbol = "max({0}, {1})", "max", "H"
    locals = (
        Local("1[{0} > {1}]", lambda op, y, a, b: a > b, note="mask"),
        Local("1[{0} ≤ {1}]", lambda op, y, a, b: a <= b, note="mask"),
    )

    def forward(self, a: Array, b: Array) -> Array:
        return np.maximum(a, b)

    def backward(self, upstream: Array, y: Array, a: Array, b: Array) -> Pair:
        return sum_to_shape(upstream * (a > b), a.shape), sum_to_shape(upstream * (a <= b), b.shape)


class Minimum(Op):
    """y = min(a, b) elementwise, broadcast. The gradient goes to the smaller input; at a tie, to b."""

    formula, gate, symbol = "min({0}, {1})", "min", "H"
    locals = (
        Local("1[{0} < {1}]", lambda op, y, a, b: a < b, note="mask"),
        Local("1[{0} ≥ {1}]", lambda op, y, a, b: a >= b, note="mask"),
    )

    def forward(self, a: Array, b: Array) -> Array:
        return np.minimum(a, b)

    def backward(self, upstream: Array, y: Array, a: Array, b: Array) -> Pair:
        return sum_to_shape(upstream * (a < b), a.shape), sum_to_shape(upstream * (a >= b), b.shape)


class Abs(Op):
    """y = |x| elementwise. ∂y/∂x = sign x (at 0: 0)."""

    formula, gate, symbol = "|{0}|", "|·|", "A"
    locals = (Local("sign({0})", lambda op, y, x: np.sign(x)),)

    def forward(self, x: Array) -> Array:
        return np.abs(x)

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array]:
        return (upstream * np.sign(x),)


class Clip(Op):
    """y = min(max(x, low), high) elementwise. ∂y/∂x = 1 where low ≤ x ≤ high (the bounds included), else 0.

    Left out, a bound is infinite. Errors: ValueError where low is not ≤ high.
    """

    gate, symbol = "clip", "H"

    def __init__(self, low: float = -math.inf, high: float = math.inf) -> None:
        if not low <= high:
            raise ValueError(f"Clip: low is {low} and high {high}; low must be ≤ high")
        self.low, self.high = float(low), float(high)
        least, most = (f"{bound:g}".replace("-", "−").replace("inf", "∞") for bound in (low, high))
        self.formula = f"clip({{0}}, {least}, {most})"
        self.locals = (Local(f"1[{least} ≤ {{0}} ≤ {most}]", lambda op, y, x: y == x, note="mask"),)

    def forward(self, x: Array) -> Array:
        return np.clip(x, self.low, self.high)

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array]:
        return (upstream * (x == y),)


class Where(Op):
    """y = a where c holds, else b: elementwise, broadcast. ∂y/∂a = 1[c], ∂y/∂b = 1[not c]; c gets no gradient.

    c: bool, an array or a leaf node that can be fed. Errors: ValueError for anything but bool.
    """

    constants = (0,)
    constant_role = "condition"
    formula, gate, symbol = "where({0}, {1}, {2})", "where", "H"
    locals = (
        Local("0", lambda op, y, c, a, b: 0.0),
        Local("1[{0}]", lambda op, y, c, a, b: c, note="mask"),
        Local("1[not {0}]", lambda op, y, c, a, b: ~c, note="mask"),
    )

    def forward(self, c: Array, a: Array, b: Array) -> Array:
        if c.dtype != bool:
            raise ValueError(f"Where: the condition is {c.dtype} {shape_text(c.shape)}, but must be bool")
        return np.where(c, a, b)

    def backward(self, upstream: Array, y: Array, c: Array, a: Array, b: Array) -> tuple[None, Array, Array]:
        return None, sum_to_shape(upstream * c, a.shape), sum_to_shape(upstream * ~c, b.shape)
