"""The fully connected layer."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from minigraph.arrays import Array, ArrayLike, Seed, shape_text
from minigraph.formulas import Local
from minigraph.graph import Node, Op, Parameter
from minigraph.layers.initializers import Initializer, initial

__all__ = ["Affine"]


class Affine(Op):
    """Y[..., o] = Σᵢ X[..., i] · W[i, o] + b[o], or Y = X·W + b.

    X: [..., inputs], W: [inputs, outputs], b: [outputs], Y: [..., outputs].
    dX = dY·Wᵀ, dW = Xᵀ·dY, db = Σₙ dY, the rows n being all leading axes together.
    weight: "he" (default), "xavier", a function (shape, rng), or an array.
    bias: True (zeros), False (none), or an array. seed: an int or a NumPy Generator.
    Errors: ValueError where shapes do not fit. Source: the matrix rules of M. Giles (2008).

    >>> affine = Affine(2, 2, weight=[[1.0, 2.0], [3.0, 4.0]], bias=[0.5, 0.5])
    >>> affine([[1.0, 10.0]]).value
    array([[31.5, 42.5]])
    """

    formula, symbol = "{0}·{1} + {2}", "Y"
    locals: tuple[Local, ...] = (
        Local("{1}ᵀ", lambda op, y, x, w, *b: w.T, "from right"),
        Local("{0}ᵀ", lambda op, y, x, w, *b: x.reshape(-1, w.shape[0]).T, "from left"),
        Local("Σₙ", lambda op, y, x, w, b: 1.0, "sum rows"),
    )

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        weight: str | Initializer | ArrayLike = "he",
        bias: bool | ArrayLike = True,
        seed: Seed = None,
        dtype: DTypeLike = np.float64,
    ) -> None:
        if inputs < 1 or outputs < 1:
            raise ValueError(f"Affine: {inputs} inputs and {outputs} outputs; each must be at least 1")
        self.inputs, self.outputs = inputs, outputs
        w = Parameter(initial("Affine: weight", weight, (inputs, outputs), seed, dtype), "W")
        self.parameters = (w,)
        if bias is False:
            self.formula, self.locals = "{0}·{1}", Affine.locals[:2]
        else:
            start = np.zeros(outputs) if bias is True else bias
            self.parameters = (w, Parameter(initial("Affine: bias", start, (outputs,), seed, dtype), "b"))

    def forward(self, x: Array, w: Array, b: Array | None = None) -> Array:
        if not x.ndim or w.ndim != 2 or x.shape[-1] != w.shape[0]:
            raise ValueError(
                f"Affine: x is {shape_text(x.shape)} but W is {shape_text(w.shape)}; x.shape[-1] must equal W.shape[0]"
            )
        if b is None:
            return x @ w
        if b.shape != w.shape[1:]:
            raise ValueError(f"Affine: b is {shape_text(b.shape)}, but must be {shape_text(w.shape[1:])}")
        return x @ w + b

    def backward(
        self, upstream: Array, y: Array, x: Array, w: Array, *b: Array, needs: tuple[bool, ...] = (True, True, True)
    ) -> tuple[Array | None, ...]:
        rows = self.align(upstream)
        dx = upstream @ w.T if needs[0] else None
        dw = x.reshape(-1, w.shape[0]).T @ rows if needs[1] else None
        return (dx, dw, rows.sum(axis=0)) if b else (dx, dw)

    def expand(self, x: Node, w: Node, *b: Node) -> Node:
        return x @ w + b[0] if b else x @ w

    def align(self, upstream: Array, *operands: Array) -> Array:
        return upstream.reshape(-1, upstream.shape[-1])

    def __repr__(self) -> str:
        return f"Affine({self.inputs}, {self.outputs})"
