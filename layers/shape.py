"""Layers that only change the shape."""

from __future__ import annotations

from minigraph.arrays import Array, shape_text
from minigraph.ops import Reshape

__all__ = ["Flatten"]


class Flatten(Reshape):
    """Y[n, ·] = all numbers of X[n] in one row: from images [N, C, H, W] to what `Affine` takes, [N, C·H·W].

    The gradient is given its old shape back. Errors: ValueError for x without axes, or empty.

    >>> Flatten()(np.ones((10, 3, 8, 8))).shape
    (10, 192)
    """

    formula, gate, symbol = "flatten {0}", "flatten", "F"

    def __init__(self) -> None:
        super().__init__(-1)

    def forward(self, x: Array) -> Array:
        if not x.ndim or not x.size:
            raise ValueError(f"Flatten: x is {shape_text(x.shape)}, but must be [N, …] and not empty")
        return x.reshape(len(x), -1)
