"""Attention: every query looks at all keys, and takes a mean of their values."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from minigraph.arrays import Array, shape_text, sum_to_shape
from minigraph.formulas import Local
from minigraph.graph import Node, Op
from minigraph.layers.softmax import Softmax
from minigraph.ops import transpose

__all__ = ["Attention", "Mask"]


class Mask(Op):
    """Y = Z + M, broadcast to the shape of Z, with M taken as given: 0 lets a score pass, −∞ hides it. ∂Y/∂Z = 1."""

    formula, gate, symbol = "{0} + {1}", "+", "H"
    constants = (1,)
    constant_role = "mask"
    locals = (Local("1", lambda op, y, z, m: 1.0),)

    def forward(self, z: Array, m: Array) -> Array:
        fits = m.ndim <= z.ndim and all(a in (1, b) for a, b in zip(m.shape[::-1], z.shape[::-1]))
        if m.dtype.kind != "f" or not fits:
            raise ValueError(
                f"Mask: the mask is {m.dtype} {shape_text(m.shape)}, but for scores of {shape_text(z.shape)} must be "
                "floating-point numbers that broadcast to them: 0 to show, −∞ to hide"
            )
        y = z + m.astype(z.dtype, copy=False)
        if np.isneginf(y.max(axis=-1, initial=-np.inf)).any():
            raise ValueError("Mask: a row of scores is all −∞, but each must have something to look at")
        return y

    def backward(self, upstream: Array, y: Array, z: Array, m: Array) -> tuple[Array, None]:
        return upstream, None


class Attention(Op):
    """Y = softmax(Q·Kᵀ/√d + M)·V: row t of Y is a mean of the rows of V, weighed by how well Q[t] fits each key.

    Q: [..., T, d], K: [..., S, d], V: [..., S, v], M: [..., T, S], Y: [..., T, v]; leading axes broadcast.
    With A = softmax(…) and dZ = A ⊙ (dY·Vᵀ − Σₛ A ⊙ dY·Vᵀ)/√d: dQ = dZ·K, dK = dZᵀ·Q, dV = Aᵀ·dY.
    causal: hides from each query the keys behind it. masked: M is a fourth input; 0 shows, −∞ hides, no gradient.
    Errors: ValueError where shapes do not fit, or a row of M hides everything. Source: A. Vaswani et al. (2017).

    >>> values = [[1.0], [2.0]]
    >>> Attention()([[0.0]], [[0.0], [0.0]], values).value  # both keys fit alike
    array([[1.5]])
    >>> Attention()([[9.0]], [[9.0], [0.0]], values).value.round(3)
    array([[1.]])
    """

    formula, symbol = "softmax({0}·{1}ᵀ/√d)·{2}", "Y"
    constants = (3,)
    constant_role = "mask"
    locals: tuple[Local, ...] = (
        Local("{1}ᵀ(diag(a) − a aᵀ){2}/√d", lambda op, y, *qkv: op.by_query(*qkv), "row by row", "a: a row of softmax"),
        Local("(diag(a) − a aᵀ){2} ⊗ {0}/√d", lambda op, y, *qkv: op.by_key(*qkv), "row by row", "a: a row of softmax"),
        Local("softmax({0}·{1}ᵀ/√d)ᵀ", lambda op, y, *qkv: op.weights(*qkv).swapaxes(-1, -2), "from left"),
    )

    def __init__(self, causal: bool = False, masked: bool = False) -> None:
        self.causal, self.masked = causal, masked
        scores = "{0}·{1}ᵀ/√d + {3}" if masked else "{0}·{1}ᵀ/√d"
        weights = f"softmax(causal({scores}))" if causal else f"softmax({scores})"
        self.formula = f"{weights}·{{2}}"
        self.locals = (*Attention.locals[:2], replace(Attention.locals[2], symbol=f"{weights}ᵀ"))

    def forward(self, q: Array, k: Array, v: Array, *mask: Array) -> Array:
        return self.weights(q, k, v, *mask) @ v

    def backward(
        self, upstream: Array, y: Array, q: Array, k: Array, v: Array, *mask: Array
    ) -> tuple[Array | None, ...]:
        a = self.weights(q, k, v, *mask)
        dz = Softmax().backward(upstream @ v.swapaxes(-1, -2), a, a)[0] / math.sqrt(q.shape[-1])
        dq, dk, dv = dz @ k, dz.swapaxes(-1, -2) @ q, a.swapaxes(-1, -2) @ upstream
        gradients = (sum_to_shape(g, x.shape) for g, x in zip((dq, dk, dv), (q, k, v)))
        return (*gradients, *(None for _ in mask))

    def expand(self, q: Node, k: Node, v: Node, *mask: Node) -> Node:
        self.check(q.value, k.value, v.value, *mask)
        last_two_swapped = (*range(k.value.ndim - 2), -1, -2)
        z = q @ transpose(k, last_two_swapped) / math.sqrt(q.shape[-1])
        z.name = "F"
        if self.causal:
            z = Mask()(z, Node(causal_mask(z.value), "M", requires_grad=False))
        for m in mask:
            z = Mask()(z, m)
        a = Softmax()(z)
        a.name = "A"
        return a @ v

    def weights(self, q: Array, k: Array, v: Array, *mask: Array) -> Array:
        """A[..., t, s]: how much of value s query t takes; each row a distribution."""
        self.check(q, k, v, *mask)
        z = q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1])
        for m in (*([causal_mask(z)] if self.causal else []), *mask):
            z = Mask().forward(z, m)
        return Softmax().forward(z)

    def check(self, q: Array, k: Array, v: Array, *mask: object) -> None:
        if len(mask) != self.masked:
            needed = "Q, K, V and a mask" if self.masked else "Q, K and V"
            raise ValueError(f"Attention: {3 + len(mask)} inputs came, but masked={self.masked} needs {needed}")
        fits = min(q.ndim, k.ndim, v.ndim) > 1 and q.shape[-1] == k.shape[-1] and k.shape[-2] == v.shape[-2]
        if not fits or not q.size or not v.size:
            raise ValueError(
                f"Attention: Q is {shape_text(q.shape)}, K {shape_text(k.shape)} and V {shape_text(v.shape)}; they "
                "must be [..., T, d], [..., S, d] and [..., S, v] with the same d and the same S, and not empty"
            )

    def by_query(self, q: Array, k: Array, v: Array, *mask: Array) -> Array:
        """∂Y[..., t, j]/∂Q[..., t, i] as [..., t, i, j]."""
        return k.swapaxes(-1, -2)[..., None, :, :] @ self.by_score(q, k, v, *mask)

    def by_key(self, q: Array, k: Array, v: Array, *mask: Array) -> Array:
        """∂Y[..., t, j]/∂K[..., s, i] as [..., t, (s i), j]."""
        jacobian = self.by_score(q, k, v, *mask)[..., :, None, :] * q[..., :, None, :, None]
        return jacobian.reshape(*jacobian.shape[:-3], -1, jacobian.shape[-1])

    def by_score(self, q: Array, k: Array, v: Array, *mask: Array) -> Array:
        """∂Y[..., t, j]/∂(Q·Kᵀ)[..., t, s] as [..., t, s, j]."""
        return Softmax().jacobian(self.weights(q, k, v, *mask)) @ v[..., None, :, :] / math.sqrt(q.shape[-1])

    def unalign(self, product: Array, shape: tuple[int, ...]) -> Array:
        if product.shape[-1] != shape[-1]:  # by_key: every query has its share in every key
            product = product.sum(axis=-2).reshape(*product.shape[:-2], *shape[-2:])
        return sum_to_shape(product, shape)


def causal_mask(scores: Array) -> Array:
    """0 where key s is not behind query t, else −∞."""
    return np.where(np.tri(*scores.shape[-2:]) > 0, 0, -np.inf).astype(scores.dtype)
