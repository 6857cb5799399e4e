"""The non-linearities that are primitives too: functions on nodes, and layers."""

from __future__ import annotations

import numpy as np

from minigraph.arrays import Array
from minigraph.formulas import Local
from minigraph.graph import Node, Op
from minigraph.ops.choices import Maximum
from minigraph.ops.elementwise import Exp, Log

__all__ = ["Logit", "ReLU", "Sigmoid"]


class ReLU(Op):
    """y = max(x, 0) elementwise. ∂y/∂x = 1 where x > 0, else 0 (at 0 itself: 0). Source: Nair & Hinton (2010).

    >>> ReLU()([-1.0, 2.0]).value
    array([0., 2.])
    """

    formula, gate, symbol = "max({0}, 0)", "ReLU", "H"
    locals = (Local("1[{0} > 0]", lambda op, y, x: x > 0, note="mask"),)

    def forward(self, x: Array) -> Array:
        return np.maximum(x, 0)

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array]:
        return (upstream * (x > 0),)

    def expand(self, x: Node) -> Node:
        return Maximum()(x, 0)


class Sigmoid(Op):
    """y = σ(x) = 1/(1 + e⁻ˣ) elementwise: a score to the probability of yes. ∂y/∂x = y(1 − y).

    Computed from e^−|x|, which never overflows: right for any finite x. Source: P.-F. Verhulst (1845).

    >>> Sigmoid()([0.0, 2.0]).value.round(4)
    array([0.5   , 0.8808])
    """

    formula, gate, symbol = "σ({0})", "σ", "P"
    locals = (Local("{y}(1 − {y})", lambda op, y, x: y * (1 - y)),)

    def forward(self, x: Array) -> Array:
        e = np.exp(-np.abs(x))
        return np.where(x >= 0, 1, e) / (1 + e)

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array]:
        return (upstream * (y * (1 - y)),)

    def expand(self, x: Node) -> Node:
        return 1 / (1 + Exp()(-x))


class Logit(Op):
    """y = ln(p/(1 − p)) elementwise, in nats: the logarithm of the odds, the inverse of the sigmoid.

    ∂y/∂p = 1/(p(1 − p)). At p = 0 and 1 it is ∓∞, as the maths says; beyond them NaN. Source: J. Berkson (1944).

    >>> Logit()([0.5, 0.8808]).value.round(4)
    array([0., 2.])
    """

    formula, gate, symbol = "logit({0})", "logit", "Z"
    locals = (Local("1/({0}(1 − {0}))", lambda op, y, p: 1 / (p * (1 - p))),)

    def forward(self, p: Array) -> Array:
        return np.log(p) - np.log1p(-p)

    def backward(self, upstream: Array, y: Array, p: Array) -> tuple[Array]:
        return (upstream / (p * (1 - p)),)

    def expand(self, p: Node) -> Node:
        return Log()(p / (1 - p))
