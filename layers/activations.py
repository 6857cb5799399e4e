"""Elementwise non-linearities. `ReLU`, `Sigmoid` and `Tanh` are primitives, and the very same classes here."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from minigraph.arrays import Array
from minigraph.formulas import Local
from minigraph.graph import Node, Op
from minigraph.ops import Erf, Logit, ReLU, Sigmoid, Tanh, exp, log, maximum, sigmoid, tanh
from minigraph.ops.normal import bell, normal_cdf

__all__ = ["GELU", "LeakyReLU", "Logit", "ReLU", "SiLU", "Sigmoid", "Softplus", "Tanh"]

ROOT, CUBIC = math.sqrt(2 / math.pi), 0.044715  # of GELU by tanh


class LeakyReLU(Op):
    """y = x where x > 0, else a·x, elementwise: no unit is ever dead. ∂y/∂x = 1 where x > 0, else a (at 0 too).

    slope: a, from 0 (which is ReLU) to 1. Errors: ValueError for another slope. Source: A. Maas et al. (2013).

    >>> LeakyReLU(0.1)([-1.0, 2.0]).value
    array([-0.1,  2. ])
    """

    gate, symbol = "leaky", "H"

    def __init__(self, slope: float = 0.01) -> None:
        if not 0 <= slope <= 1:
            raise ValueError(f"LeakyReLU: slope is {slope}, but must be from 0 to 1")
        self.slope, a = float(slope), f"{slope:g}"
        self.formula = f"max({{0}}, {a}{{0}})"
        self.locals = (Local(f"1[{{0}} > 0] + {a} × 1[{{0}} ≤ 0]", lambda op, y, x: op.factor(x)),)

    def forward(self, x: Array) -> Array:
        return np.maximum(x, self.slope * x)

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array]:
        return (upstream * self.factor(x),)

    def expand(self, x: Node) -> Node:
        return maximum(x, self.slope * x)

    def factor(self, x: Array) -> Array:
        return np.where(x > 0, 1, self.slope).astype(x.dtype)


class SiLU(Op):
    """y = x·σ(x) elementwise, also called swish. ∂y/∂x = σ(x)(1 + x(1 − σ(x))). Source: S. Elfwing et al. (2017).

    >>> SiLU()([-1.0, 0.0, 1.0]).value.round(4)
    array([-0.2689,  0.    ,  0.7311])
    """

    formula, gate, symbol = "{0} × σ({0})", "SiLU", "H"
    locals = (Local("σ({0})(1 + {0}(1 − σ({0})))", lambda op, y, x: op.slope(x)),)

    def forward(self, x: Array) -> Array:
        return x * Sigmoid().forward(x)

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array]:
        return (upstream * self.slope(x),)

    def expand(self, x: Node) -> Node:
        return x * sigmoid(x)

    def slope(self, x: Array) -> Array:
        s = Sigmoid().forward(x)
        return s * (1 + x * (1 - s))


class Softplus(Op):
    """y = ln(1 + e^(βx))/β elementwise: a smooth max(x, 0), which it approaches as β grows. ∂y/∂x = σ(βx).

    Right for any finite βx. Errors: ValueError where β is not > 0. Source: C. Dugas et al. (2000).

    >>> Softplus()([-100.0, 0.0, 100.0]).value.round(4)
    array([  0.    ,   0.6931, 100.    ])
    """

    gate, symbol = "softplus", "H"

    def __init__(self, beta: float = 1.0) -> None:
        if not 0 < beta < math.inf:
            raise ValueError(f"Softplus: beta is {beta}, but must be a number > 0")
        self.beta = float(beta)
        b, by = ("", "") if beta == 1 else (f"{beta:g}", f"/{beta:g}")
        self.formula = f"log(1 + exp({b}{{0}})){by}"
        self.locals = (Local(f"σ({b}{{0}})", lambda op, y, x: op.slope(x)),)

    def forward(self, x: Array) -> Array:
        return np.logaddexp(0, self.beta * x) / self.beta

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array]:
        return (upstream * self.slope(x),)

    def expand(self, x: Node) -> Node:
        if self.beta == 1:
            return log(1 + exp(x))
        return log(1 + exp(self.beta * x)) / self.beta

    def slope(self, x: Array) -> Array:
        return Sigmoid().forward(self.beta * x)


class GELU(Op):
    """y = x·Φ(x) elementwise, Φ being the area left of x under the bell curve φ. ∂y/∂x = Φ(x) + x·φ(x).

    approximate: "none" (default), or "tanh" for y = x(1 + t)/2 with t = tanh(√(2/π)(x + 0.044715x³)), and its own
    gradient. Errors: ValueError for another word. Source: D. Hendrycks & K. Gimpel (2016).

    >>> GELU()([-1.0, 0.0, 1.0]).value.round(4)
    array([-0.1587,  0.    ,  0.8413])
    """

    gate, symbol = "GELU", "H"

    def __init__(self, approximate: Literal["none", "tanh"] = "none") -> None:
        if approximate not in ("none", "tanh"):
            raise ValueError(f"GELU: approximate is {approximate!r}, but must be 'none' or 'tanh'")
        self.approximate = approximate
        symbol, self.formula, note = "Φ({0}) + {0} × φ({0})", "{0} × Φ({0})", ""
        if approximate == "tanh":
            symbol, self.formula = "(1 + t)/2 + {0}(1 − t²)t′/2", "{0}(1 + t)/2"
            note = "t = tanh(√(2/π)({0} + 0.044715 × {0}³))"
        self.locals = (Local(symbol, lambda op, y, x: op.slope(x), note=note),)

    def forward(self, x: Array) -> Array:
        if self.approximate == "none":
            return x * normal_cdf(x)
        return x * ((1 + self.inner(x)[0]) / 2)

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array]:
        return (upstream * self.slope(x),)

    def expand(self, x: Node) -> Node:
        if self.approximate == "none":
            return x * (1 + Erf()(x / math.sqrt(2))) / 2
        return x * (1 + tanh(ROOT * (x + CUBIC * x**3))) / 2

    def slope(self, x: Array) -> Array:
        if self.approximate == "none":
            return normal_cdf(x) + x * bell(x)
        t, slope = self.inner(x)
        return (1 + t) / 2 + x * slope / 2

    def inner(self, x: Array) -> tuple[Array, Array]:
        """t and its derivative; beyond ±10 they are ±1 and 0 to the last digit, and x³ could overflow."""
        x = np.clip(x, -10, 10)
        t = np.tanh(ROOT * x * (1 + CUBIC * x * x))  # NumPy takes many times as long for x**3
        return t, (1 - t * t) * ROOT * (1 + 3 * CUBIC * x * x)
