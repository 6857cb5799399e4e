"""The matrix product. Source: M. Giles, "Collected matrix derivative results" (2008)."""

from __future__ import annotations

import numpy as np

from minigraph.arrays import Array, shape_text, sum_to_shape
from minigraph.formulas import Local
from minigraph.graph import Op

__all__ = ["MatMul"]


class MatMul(Op):
    """Y[..., n, k] = Σₘ A[..., n, m] · B[..., m, k]. ∂L/∂A = U·Bᵀ, ∂L/∂B = Aᵀ·U.

    As in NumPy, a vector on the left is a row, a vector on the right is a column, and leading axes are broadcast.
    """

    formula, gate, symbol = "{0}·{1}", "·", "Z"
    locals = (
        Local("{1}ᵀ", lambda op, y, a, b: op.as_matrices(a, b)[1].swapaxes(-1, -2), "from right"),
        Local("{0}ᵀ", lambda op, y, a, b: op.as_matrices(a, b)[0].swapaxes(-1, -2), "from left"),
    )

    def forward(self, a: Array, b: Array) -> Array:
        if not a.ndim or not b.ndim or a.shape[-1] != b.shape[-2 if b.ndim > 1 else 0]:
            raise ValueError(
                f"MatMul: a is {shape_text(a.shape)} but b is {shape_text(b.shape)}; "
                f"a.shape[-1] must equal b.shape[{-2 if b.ndim > 1 else 0}]"
            )
        return np.asarray(a @ b)

    def backward(
        self, upstream: Array, y: Array, a: Array, b: Array, *, needs: tuple[bool, ...] = (True, True)
    ) -> tuple[Array | None, ...]:
        (left, right), u = self.as_matrices(a, b), self.align(upstream, a, b)
        return (
            self.unalign(u @ right.swapaxes(-1, -2), a.shape) if needs[0] else None,
            self.unalign(left.swapaxes(-1, -2) @ u, b.shape) if needs[1] else None,
        )

    def unalign(self, product: Array, shape: tuple[int, ...]) -> Array:
        if len(shape) > 1:
            return sum_to_shape(product, shape)
        return product.sum(axis=tuple(range(product.ndim - 2))).reshape(shape)

    def as_matrices(self, a: Array, b: Array) -> tuple[Array, Array]:
        return a[None] if a.ndim == 1 else a, b[:, None] if b.ndim == 1 else b

    def align(self, upstream: Array, *operands: Array) -> Array:
        a, b = operands
        columns = upstream[..., None] if b.ndim == 1 else upstream
        return columns[..., None, :] if a.ndim == 1 else columns
