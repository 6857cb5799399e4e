"""The same numbers, fewer of them or in another arrangement."""

from __future__ import annotations

import numpy as np

from minigraph.arrays import Array, shape_text
from minigraph.formulas import Local
from minigraph.graph import Op

__all__ = ["Pick", "Reshape"]


class Pick(Op):
    """y[n] = x[n, index[n]]: one element of each row, by its label. ∂y[n]/∂x[n, k] = 1 for k = index[n], else 0."""

    constants = (1,)
    formula, gate, symbol = "{0}[n, {1}]", "pick", "c"
    locals = (Local("1[k = {1}]", lambda op, y, x, index: op.one_hot(x, index), note="one-hot"),)

    def forward(self, x: Array, index: Array) -> Array:
        if index.dtype.kind not in "iu" or index.shape != x.shape[:-1]:
            raise ValueError(
                f"Pick: index is {index.dtype} {shape_text(index.shape)}, "
                f"but must be integers of shape {shape_text(x.shape[:-1])}"
            )
        if index.size and (index.min() < 0 or index.max() >= x.shape[-1]):
            raise ValueError(f"Pick: index has {index.min()} … {index.max()}, but must lie in 0 … {x.shape[-1] - 1}")
        return np.take_along_axis(x, index[..., None], axis=-1)[..., 0]

    def backward(self, upstream: Array, y: Array, x: Array, index: Array) -> tuple[Array, None]:
        return self.align(upstream) * self.one_hot(x, index), None

    def align(self, upstream: Array, *operands: Array) -> Array:
        return upstream[..., None]

    def one_hot(self, x: Array, index: Array) -> Array:
        return (np.arange(x.shape[-1]) == index[..., None]).astype(x.dtype)


class Reshape(Op):
    """The same numbers in another shape; one size may be −1. The gradient is given its old shape back."""

    formula, gate, symbol = "reshape {0}", "reshape", "R"
    locals = (Local("1", lambda op, y, x: 1.0, note="reshape"),)

    def __init__(self, *shape: int) -> None:
        self.shape = shape

    def forward(self, x: Array) -> Array:
        return x.reshape(self.shape)

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array]:
        return (upstream.reshape(x.shape),)

    def align(self, upstream: Array, *operands: Array) -> Array:
        return upstream.reshape(operands[0].shape)
