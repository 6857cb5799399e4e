"""Elementwise non-linearities."""

from __future__ import annotations

import numpy as np

from minigraph.arrays import Array
from minigraph.formulas import Local
from minigraph.graph import Node, Op
from minigraph.ops import maximum

__all__ = ["ReLU"]


class ReLU(Op):
    """y = max(x, 0) elementwise. ∂y/∂x = 1 where x > 0, else 0 (at 0 itself: 0). Source: Nair & Hinton (2010)."""

    formula, gate, symbol = "max({0}, 0)", "ReLU", "H"
    locals = (Local("1[{0} > 0]", lambda op, y, x: x > 0, note="mask"),)

    def forward(self, x: Array) -> Array:
        return np.maximum(x, 0)

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array]:
        return (upstream * (x > 0),)

    def expand(self, x: Node) -> Node:
        return maximum(x, 0)
