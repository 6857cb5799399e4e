"""Several arrays to one."""

from __future__ import annotations

import numpy as np

from minigraph.arrays import Array
from minigraph.formulas import Local
from minigraph.graph import Op

__all__ = ["Concat", "Stack"]


class _Join(Op):
    """`parts` arrays, joined along `axis`: each gets the piece of the gradient that it gave of the output."""

    symbol = "J"

    def __init__(self, parts: int, axis: int = 0) -> None:
        if parts < 1:
            raise ValueError(f"{self.name}: there are {parts} arrays; at least 1 is needed")
        self.parts, self.axis = parts, axis
        self.formula = f"{self.name.lower()}({', '.join(f'{{{i}}}' for i in range(parts))})"
        self.locals = tuple(map(self.local, range(parts)))

    def local(self, i: int) -> Local:
        raise NotImplementedError

    def check(self, xs: tuple[Array, ...]) -> None:
        if len(xs) != self.parts:
            raise ValueError(f"{self.name}: there are {len(xs)} arrays, but it was made for {self.parts}")


class Concat(_Join):
    """y = [x₀, x₁, …] one after another along `axis`, an axis that all have. ∂y/∂xᵢ: rows of the identity.

    Errors: ValueError where the other axes differ in size, or there is no such axis.
    """

    gate = "concat"

    def local(self, i: int) -> Local:
        return Local(f"I[{{{i}}}]", lambda op, y, *xs: op.rows(y, xs, i), "row by row", "rows of the identity")

    def forward(self, *xs: Array) -> Array:
        self.check(xs)
        return np.concatenate(xs, axis=self.axis)

    def backward(self, upstream: Array, y: Array, *xs: Array) -> tuple[Array, ...]:
        return tuple(np.split(upstream, self.cuts(xs), axis=self.axis))

    def cuts(self, xs: tuple[Array, ...]) -> Array:
        """Where along the axis one array ends and the next begins."""
        return np.cumsum([x.shape[self.axis] for x in xs])[:-1]

    def rows(self, y: Array, xs: tuple[Array, ...], i: int) -> Array:
        """For each slice of y, the rows of the identity that take xᵢ out of it."""
        slices = self.align(y)
        own = np.split(np.eye(slices.shape[-1]), self.cuts(xs))[i]
        return np.broadcast_to(own, (*slices.shape[:-1], *own.shape))

    def align(self, upstream: Array, *operands: Array) -> Array:
        return np.moveaxis(upstream, self.axis, -1)

    def unalign(self, product: Array, shape: tuple[int, ...]) -> Array:
        return np.moveaxis(product, -1, self.axis)


class Stack(_Join):
    """y[i] = xᵢ, side by side along a new axis at `axis`. ∂y[k]/∂xᵢ = 1 for k = i, else 0.

    Errors: ValueError where the shapes differ, or there is no such place for an axis.
    """

    gate = "stack"

    def local(self, i: int) -> Local:
        return Local(f"1[k = {i}]", lambda op, y, *xs: op.one_hot(i, y), note="one-hot")

    def forward(self, *xs: Array) -> Array:
        self.check(xs)
        return np.stack(xs, axis=self.axis)

    def backward(self, upstream: Array, y: Array, *xs: Array) -> tuple[Array, ...]:
        return tuple(self.align(upstream))

    def align(self, upstream: Array, *operands: Array) -> Array:
        return np.moveaxis(upstream, self.axis, 0)

    def one_hot(self, i: int, y: Array) -> Array:
        return (np.arange(self.parts) == i).astype(y.dtype).reshape(-1, *[1] * (y.ndim - 1))
