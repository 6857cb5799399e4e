"""Many numbers to fewer: sum, mean, maximum and minimum over axes."""

from __future__ import annotations

import math

import numpy as np

from minigraph.arrays import Array, Axis, positive_axes, put_back_axes, shape_text
from minigraph.formulas import Local
from minigraph.graph import Op

__all__ = ["Max", "Mean", "Min", "Sum"]


class _Reduction(Op):
    """Over `axis` (None: all axes, or an int, or a tuple), as NumPy does it; keepdims keeps the reduced axes as 1."""

    def __init__(self, axis: Axis = None, keepdims: bool = False) -> None:
        self.axis, self.keepdims = axis, keepdims

    def align(self, upstream: Array, *operands: Array) -> Array:
        return put_back_axes(upstream, self.axis, operands[0].ndim)


class Sum(_Reduction):
    """y = Σ x over `axis`. ∂y/∂x = 1: every term gets the whole upstream gradient (broadcast)."""

    formula, symbol = "Σ {0}", "S"
    locals = (Local("1", lambda op, y, x: 1.0, note="broadcast"),)

    @property
    def gate(self) -> str:  # type: ignore[override]
        return {0: "Σₙ", -1: "Σₖ"}.get(self.axis, "Σ") if isinstance(self.axis, int) else "Σ"

    def forward(self, x: Array) -> Array:
        return np.asarray(x.sum(axis=self.axis, keepdims=self.keepdims))

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array]:
        return (np.broadcast_to(self.align(upstream, x), x.shape),)


class Mean(_Reduction):
    """y = Σ x / N over `axis`, N being how many are averaged. ∂y/∂x = 1/N."""

    formula, gate, symbol = "mean {0}", "mean", "m"
    locals = (Local("1/N", lambda op, y, x: 1 / op.count(x), note="N = {N}"),)

    def forward(self, x: Array) -> Array:
        if not self.count(x):
            raise ValueError(f"Mean: x is {shape_text(x.shape)}; a mean needs at least one element")
        return np.asarray(x.mean(axis=self.axis if x.ndim else None, keepdims=self.keepdims))

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array]:
        return (np.broadcast_to(self.align(upstream, x) / self.count(x), x.shape),)

    def count(self, x: Array) -> int:
        return math.prod(x.shape[axis] for axis in positive_axes(self.axis, x.ndim))


class _Extreme(_Reduction):
    """One of the elements. The gradient goes to it; several that are equally extreme share it equally."""

    symbol = "M"
    locals = (Local("1[{0} = {y}]", lambda op, y, x: op.share(y, x), note="shared at a tie"),)

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array]:
        return (self.align(upstream, x) * self.share(y, x),)

    def share(self, y: Array, x: Array) -> Array:
        extreme = (x == self.align(y, x)).astype(x.dtype)
        return extreme / extreme.sum(axis=self.axis, keepdims=True)


class Max(_Extreme):
    """y = max x over `axis`. The gradient goes to the largest; several equally large share it equally."""

    formula, gate = "max {0}", "max"

    def forward(self, x: Array) -> Array:
        return np.asarray(x.max(axis=self.axis, keepdims=self.keepdims))


class Min(_Extreme):
    """y = min x over `axis`. The gradient goes to the smallest; several equally small share it equally."""

    formula, gate = "min {0}", "min"

    def forward(self, x: Array) -> Array:
        return np.asarray(x.min(axis=self.axis, keepdims=self.keepdims))
