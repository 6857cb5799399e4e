"""The convolutional layer."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from minigraph.arrays import Array, ArrayLike, Seed, shape_text
from minigraph.formulas import Local
from minigraph.graph import Node, Op, Parameter
from minigraph.layers.initializers import Initializer, initial
from minigraph.layers.windows import Im2Col, Size
from minigraph.ops import reshape, transpose

__all__ = ["Conv2D"]


class Conv2D(Op):
    """Y[n, o, i, j] = Σ_cab X[n, c, i·s + a − p, j·s + b − p] · W[o, c, a, b] + b[o]: one affine map of every window.

    X: [N, C, H, W], W: [O, C, kh, kw], b: [O], Y: [N, O, H′, W′] with H′ = ⌊(H + 2p − kh) / s⌋ + 1, and W′ likewise.
    With P = im2col(X), a row per window, and W as [O, C·kh·kw]: Y = P·Wᵀ + b, dX = dY·W put back where the windows
    were, dW = dYᵀ·P, db = Σ dY. As everywhere in deep learning, the kernel is not flipped.
    kernel, stride: one size, or (height, width). weight, bias, seed: as for `Affine`.
    Errors: ValueError where shapes do not fit.
    Sources: Y. LeCun et al. (1989); as a matrix product, K. Chellapilla et al. (2006).

    >>> conv = Conv2D(1, 1, 2, weight=np.ones((1, 1, 2, 2)))
    >>> conv(np.arange(9.0).reshape(1, 1, 3, 3)).value
    array([[[[ 8., 12.],
             [20., 24.]]]])
    """

    formula, symbol = "{0} ∗ {1} + {2}", "Y"
    locals: tuple[Local, ...] = (
        Local("{1}", lambda op, y, x, w, *b: w.reshape(len(w), -1), "from right", "back to its pixels"),
        Local("im2col({0})ᵀ", lambda op, y, x, w, *b: op.rows(x, w).T[None], "from left"),
        Local("Σₙᵢⱼ", lambda op, y, x, w, b: 1.0, "sum rows"),
    )

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: Size,
        *,
        stride: Size = 1,
        padding: int = 0,
        weight: str | Initializer | ArrayLike = "he",
        bias: bool | ArrayLike = True,
        seed: Seed = None,
        dtype: DTypeLike = np.float64,
    ) -> None:
        if inputs < 1 or outputs < 1:
            raise ValueError(f"Conv2D: {inputs} inputs and {outputs} outputs; each must be at least 1")
        self.columns = Im2Col(kernel, stride, padding, owner=self.name)
        self.inputs, self.outputs, self.kernel = inputs, outputs, kernel
        self.stride, self.padding = stride, padding
        shape = (outputs, inputs, *self.columns.kernel)
        w = Parameter(initial("Conv2D: weight", weight, shape, seed, dtype), "W")
        self.parameters = (w,)
        if bias is False:
            self.formula, self.locals = "{0} ∗ {1}", Conv2D.locals[:2]
        else:
            start = np.zeros(outputs) if bias is True else bias
            self.parameters = (w, Parameter(initial("Conv2D: bias", start, (outputs,), seed, dtype), "b"))

    def forward(self, x: Array, w: Array, b: Array | None = None) -> Array:
        kernel = self.columns.kernel
        if x.ndim != 4 or w.ndim != 4 or x.shape[1] != w.shape[1] or w.shape[2:] != kernel:
            raise ValueError(
                f"Conv2D: x is {shape_text(x.shape)} and W {shape_text(w.shape)}, but x must be [N, C, H, W] "
                f"and W [O, C, {kernel[0]}, {kernel[1]}], with as many channels C"
            )
        if b is not None and b.shape != w.shape[:1]:
            raise ValueError(f"Conv2D: b is {shape_text(b.shape)}, but must be {shape_text(w.shape[:1])}")
        y = w.reshape(len(w), -1) @ self.rows(x, w).T  # (P·Wᵀ)ᵀ, in which a row of pixels stays one in memory
        y = y.reshape(len(w), len(x), *self.columns.output(x.shape)).swapaxes(0, 1)
        return y if b is None else y + b[:, None, None]

    def backward(
        self, upstream: Array, y: Array, x: Array, w: Array, *b: Array, needs: tuple[bool, ...] = (True, True, True)
    ) -> tuple[Array | None, ...]:
        rows = self.align(upstream)
        dx = self.unalign((w.reshape(len(w), -1).T @ rows.T).T, x.shape) if needs[0] else None  # as in forward
        dw = (rows.T @ self.rows(x, w)).reshape(w.shape) if needs[1] else None
        return (dx, dw, rows.sum(axis=0)) if b else (dx, dw)

    def expand(self, x: Node, w: Node, *b: Node) -> Node:
        p, k = self.columns(x), transpose(reshape(w, len(w.value), -1))
        k.name = "K"
        return transpose(p @ k + b[0] if b else p @ k, (0, 3, 1, 2))

    def rows(self, x: Array, w: Array) -> Array:
        """Every window as a row."""
        return self.columns.forward(x).reshape(-1, w[0].size)

    def align(self, upstream: Array, *operands: Array) -> Array:
        return upstream.transpose(0, 2, 3, 1).reshape(-1, upstream.shape[1])

    def unalign(self, product: Array, shape: tuple[int, ...]) -> Array:
        if product.ndim != 2:  # the gradient of W, as [1, C·kh·kw, O], or of b
            return product.T.reshape(shape)
        size = self.columns.output(shape)
        return self.columns.align(product.reshape(shape[0], *size, -1), np.empty(shape))

    def __repr__(self) -> str:
        options = f", stride={self.stride}" * (self.stride != 1) + f", padding={self.padding}" * (self.padding != 0)
        return f"Conv2D({self.inputs}, {self.outputs}, {self.kernel}{options})"
