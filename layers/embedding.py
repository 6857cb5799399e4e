"""Vectors for words, and for anything else that is counted: a table of rows, looked up by number."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from minigraph.arrays import Array, ArrayLike, Seed, shape_text
from minigraph.formulas import Local
from minigraph.graph import Op, Parameter
from minigraph.layers.initializers import Initializer, initial

__all__ = ["Embedding"]


class Embedding(Op):
    """Y[..., :] = W[index[...], :]: one row of W for each index, as onehot(index)·W but without the product.

    index: integers of any shape, W: [n, d], Y: index.shape + [d]. dW[i] = Σ dY over every place whose index is i: a row
    used twice gets both gradients, one never used gets 0. index has no gradient.
    weight: "normal" (default: N(0, 1)), another initializer's name, a function (shape, rng), or an array.
    Errors: ValueError for an index that is no integer, or outside 0 … n − 1. Source: Y. Bengio et al. (2003).

    >>> embedding = Embedding(3, 2, weight=[[0.0, 0.1], [1.0, 1.1], [2.0, 2.1]])
    >>> embedding([2, 0]).value
    array([[2. , 2.1],
           [0. , 0.1]])
    """

    constants = (0,)
    formula, symbol = "{1}[{0}]", "E"
    locals = (
        Local("0", lambda op, y, index, w: 0.0),
        Local("onehot({0})ᵀ", lambda op, y, index, w: op.one_hot(index, w).T, "from left", "picks rows"),
    )

    def __init__(
        self,
        n: int,
        d: int,
        *,
        weight: str | Initializer | ArrayLike = "normal",
        seed: Seed = None,
        dtype: DTypeLike = np.float64,
    ) -> None:
        if n < 1 or d < 1:
            raise ValueError(f"Embedding: {n} rows of {d} numbers; both must be at least 1")
        self.n, self.d = n, d
        self.parameters = (Parameter(initial("Embedding: weight", weight, (n, d), seed, dtype), "W"),)

    def forward(self, index: Array, w: Array) -> Array:
        if index.dtype.kind not in "iu":
            raise ValueError(
                f"Embedding: the index is {index.dtype} {shape_text(index.shape)}, but must be integers (row numbers)"
            )
        if index.size and (index.min() < 0 or index.max() >= len(w)):
            raise ValueError(
                f"Embedding: the index goes from {index.min()} to {index.max()}, but must lie in 0 … {len(w) - 1}"
            )
        return w[index]

    def backward(self, upstream: Array, y: Array, index: Array, w: Array) -> tuple[None, Array]:
        dw = np.zeros_like(w)
        np.add.at(dw, index, upstream)  # dw[index] += upstream would keep only the last of equal indices
        return None, dw

    def one_hot(self, index: Array, w: Array) -> Array:
        return (np.arange(len(w)) == index.reshape(-1, 1)).astype(w.dtype)

    def align(self, upstream: Array, *operands: Array) -> Array:
        return upstream.reshape(-1, upstream.shape[-1])
