"""Pooling: one number for each window of an image, channel by channel."""

from __future__ import annotations

import numpy as np

from minigraph.arrays import Array
from minigraph.formulas import Local
from minigraph.graph import Node, Op
from minigraph.layers.windows import Size, Windows
from minigraph.ops import max, mean

__all__ = ["AvgPool2D", "MaxPool2D"]

WINDOW = (-2, -1)  # the axes of a window within P [N, C, H′, W′, kh, kw]


class _Pool(Op):
    """stride: by default the kernel, so that windows lie side by side."""

    def __init__(self, kernel: Size, stride: Size | None = None) -> None:
        self.kernel, self.stride = kernel, kernel if stride is None else stride
        self.windows = Windows(kernel, self.stride, owner=self.name)

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array]:
        return self.windows.backward(upstream[..., None, None] * self.share(y, x), y, x)

    def share(self, y: Array, x: Array) -> Array:
        """∂y/∂P: what part of each window's gradient each of its pixels gets."""
        raise NotImplementedError

    def column(self, y: Array, x: Array) -> Array:
        """The same, each window's as a column that meets one upstream number."""
        return self.share(y, x).reshape(*y.shape, -1, 1)

    def align(self, upstream: Array, *operands: Array) -> Array:
        return upstream[..., None]

    def unalign(self, product: Array, shape: tuple[int, ...]) -> Array:
        return self.windows.collect(product.reshape(*product.shape[:-1], *self.windows.kernel), shape)


class MaxPool2D(_Pool):
    """Y[n, c, i, j] = max_ab X[n, c, i·s + a, j·s + b]: the largest pixel of each window.

    X: [N, C, H, W], Y: [N, C, H′, W′] with H′ = ⌊(H − kh) / s⌋ + 1, and W′ likewise. What no window reaches is left
    out. kernel, stride: one size, or (height, width); the stride is the kernel by default.
    dX: each window's gradient goes to its largest pixel; several equally large share it.
    Errors: ValueError where X does not have 4 axes, or the window does not fit. Source: Zhou & Chellappa (1988).

    >>> MaxPool2D(2)(np.arange(16.0).reshape(1, 1, 4, 4)).value
    array([[[[ 5.,  7.],
             [13., 15.]]]])
    """

    formula, symbol = "max of windows({0})", "M"
    locals = (Local("1[{0} = {y}]", lambda op, y, x: op.column(y, x), "row by row", "in each window"),)

    def forward(self, x: Array) -> Array:
        return np.asarray(self.windows.cut(x).max(axis=WINDOW))

    def share(self, y: Array, x: Array) -> Array:
        largest = (self.windows.cut(x) == y[..., None, None]).astype(x.dtype)
        return largest / largest.sum(axis=WINDOW, keepdims=True)

    def expand(self, x: Node) -> Node:
        return max(self.windows(x), axis=WINDOW)


class AvgPool2D(_Pool):
    """Y[n, c, i, j] = (1/k) Σ_ab X[n, c, i·s + a, j·s + b], k = kh·kw: the mean of each window.

    X: [N, C, H, W], Y: [N, C, H′, W′] with H′ = ⌊(H − kh) / s⌋ + 1, and W′ likewise. What no window reaches is left
    out. kernel, stride: one size, or (height, width); the stride is the kernel by default.
    dX: each pixel gets 1/k of the gradient of every window that it is in.
    Errors: ValueError where X does not have 4 axes, or the window does not fit. Source: Y. LeCun et al. (1989).

    >>> AvgPool2D(2)(np.arange(16.0).reshape(1, 1, 4, 4)).value
    array([[[[ 2.5,  4.5],
             [10.5, 12.5]]]])
    """

    formula, symbol = "mean of windows({0})", "M"
    locals = (Local("1/k", lambda op, y, x: op.column(y, x), "row by row", "in each window"),)

    def forward(self, x: Array) -> Array:
        return np.asarray(self.windows.cut(x).mean(axis=WINDOW))

    def share(self, y: Array, x: Array) -> Array:
        return np.full((*y.shape, *self.windows.kernel), 1 / np.prod(self.windows.kernel), dtype=x.dtype)

    def expand(self, x: Node) -> Node:
        return mean(self.windows(x), axis=WINDOW)
