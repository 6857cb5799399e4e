"""An image seen through a window that slides over it: what convolution and pooling have in common."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from minigraph.arrays import Array, shape_text
from minigraph.formulas import Local
from minigraph.graph import Op

__all__ = ["Im2Col", "Windows"]

Size = int | tuple[int, int]


def _pair(size: Size) -> tuple[int, ...]:
    return tuple(size) if isinstance(size, (tuple, list)) else (size, size)


class Windows(Op):
    """P[n, c, i, j, a, b] = X[n, c, i·s + a − p, j·s + b − p]: the kernel-sized windows of an image, s apart.

    X: [N, C, H, W], framed by p zeros, P: [N, C, H′, W′, kh, kw] with H′ = ⌊(H + 2p − kh) / s⌋ + 1, and W′ likewise.
    dX: each pixel collects the gradients of the windows that it was in. kernel, stride: one size, or (height, width).
    Errors: ValueError for a stride below 1, X without 4 axes or empty, a window larger than the image.
    Source: V. Dumoulin & F. Visin (2016).
    """

    formula, symbol, laid_back = "windows({0})", "P", "collect"
    locals = (Local("1", lambda op, p, x: 1.0, note="back to its pixels"),)

    def __init__(self, kernel: Size, stride: Size = 1, padding: int = 0, *, owner: str = "") -> None:
        self.owner = owner or self.name
        self.kernel, self.stride, self.padding = _pair(kernel), _pair(stride), padding
        sizes = (*self.kernel, *self.stride, padding)
        whole = len(self.kernel) == len(self.stride) == 2 and all(isinstance(size, (int, np.integer)) for size in sizes)
        if not whole or min(sizes[:4]) < 1 or padding < 0:
            raise ValueError(
                f"{self.owner}: kernel is {kernel}, stride {stride} and padding {padding}; they must be whole numbers, "
                "at least 1, 1 and 0, the first two also as (height, width)"
            )

    def forward(self, x: Array) -> Array:
        return self.cut(x)

    def backward(self, upstream: Array, p: Array, x: Array) -> tuple[Array]:
        return (self.align(upstream, x),)

    def align(self, upstream: Array, *operands: Array) -> Array:
        return self.collect(upstream, operands[0].shape)

    def cut(self, x: Array) -> Array:
        """The windows of x. What all have at (a, b) lies together in memory: NumPy is faster on long rows."""
        if x.ndim != 4 or not x.size or min(self.output(x.shape)) < 1:
            raise ValueError(
                f"{self.owner}: x is {shape_text(x.shape)}, but must be [N, C, H, W], not empty, "
                f"with H and W at least the kernel {self.kernel[0]}×{self.kernel[1]} less {2 * self.padding} of padding"
            )
        n, c = x.shape[:2]
        framed, inside = self.frame(x.shape, x.dtype)
        inside[...] = x
        planes = np.empty((c, *self.kernel, n, *self.output(x.shape)), dtype=x.dtype)
        windows = planes.transpose(3, 0, 4, 5, 1, 2)
        for a, b in np.ndindex(self.kernel):
            windows[..., a, b] = framed[self.seen(a, b, x.shape)]
        return windows

    def output(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """H′ and W′ of an image of that shape."""
        return tuple((n + 2 * self.padding - k) // s + 1 for n, k, s in zip(shape[2:], self.kernel, self.stride))

    def collect(self, windows: Array, shape: tuple[int, ...]) -> Array:
        """An image of that shape, in which each pixel is the sum of what stands for it in the windows."""
        framed, inside = self.frame(shape, windows.dtype)
        for a, b in np.ndindex(self.kernel):  # no two windows have the same pixel at (a, b)
            framed[self.seen(a, b, shape)] += windows[..., a, b]
        return inside

    def frame(self, shape: tuple[int, ...], dtype: DTypeLike) -> tuple[Array, Array]:
        """Zeros for an image of that shape within its padding, and the part of them that is the image."""
        (n, c, h, w), p = shape, self.padding
        framed = np.zeros((n, c, h + 2 * p, w + 2 * p), dtype=dtype)
        return framed, framed[:, :, p : p + h, p : p + w]

    def seen(self, a: int, b: int, shape: tuple[int, ...]) -> tuple[slice, ...]:
        """Where in the framed image the windows have what is at (a, b) in them."""
        (rows, columns), (s, t) = self.output(shape), self.stride
        return np.s_[:, :, a : a + s * rows : s, b : b + t * columns : t]


class Im2Col(Windows):
    """P[n, i, j, ·] = the window at (i, j) of image n, all channels, as one row ("im2col"); see `Windows`.

    X: [N, C, H, W], P: [N, H′, W′, C·kh·kw]. Source: K. Chellapilla et al. (2006).
    """

    formula = "im2col({0})"

    def forward(self, x: Array) -> Array:
        windows = self.cut(x).transpose(0, 2, 3, 1, 4, 5)
        return windows.reshape(*windows.shape[:3], -1)

    def align(self, upstream: Array, *operands: Array) -> Array:
        windows = upstream.reshape(*upstream.shape[:3], -1, *self.kernel)
        return self.collect(windows.transpose(0, 3, 1, 2, 4, 5), operands[0].shape)
