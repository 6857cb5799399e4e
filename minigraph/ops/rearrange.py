"""The axes of an array in another order."""

from __future__ import annotations

import numpy as np

from minigraph.arrays import Array, shape_text
from minigraph.formulas import Local
from minigraph.graph import Op

__all__ = ["Transpose"]


class Transpose(Op):
    """y.shape[i] = x.shape[axes[i]]: the axes in another order; without `axes`, backwards, as x.T.

    ∂y/∂x = 1: the gradient is given its old order back. Errors: ValueError where `axes` are not each axis of x once.
    """

    formula, gate, symbol = "transpose {0}", "transpose", "R"
    locals = (Local("1", lambda op, y, x: 1.0, note="transposed back"),)

    def __init__(self, *axes: int) -> None:
        self.axes = axes

    def forward(self, x: Array) -> Array:
        return x.transpose(self.order(x))

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array]:
        return (self.align(upstream, x),)

    def align(self, upstream: Array, *operands: Array) -> Array:
        return upstream.transpose(np.argsort(self.order(operands[0])))

    def order(self, x: Array) -> tuple[int, ...]:
        """The axes as they are counted from the front."""
        axes = self.axes or tuple(range(x.ndim))[::-1]
        if sorted(axis % x.ndim if -x.ndim <= axis < x.ndim else -1 for axis in axes) != list(range(x.ndim)):
            raise ValueError(f"Transpose: x is {shape_text(x.shape)}, but axes {axes} are not each of its axes once")
        return tuple(axis % x.ndim for axis in axes)
