"""How wrong a prediction is, in nats."""

from __future__ import annotations

from dataclasses import replace
from numbers import Real
from reprlib import repr as short
from typing import Literal

import numpy as np

from minigraph.arrays import Array, shape_text
from minigraph.formulas import Local
from minigraph.graph import Node, Op
from minigraph.layers.softmax import LogSoftmax, Softmax
from minigraph.layers.targets import as_distribution, at_targets, check_targets, cross_terms
from minigraph.ops import log, pick

__all__ = [
    "CategoricalCrossEntropy", "CrossEntropy", "NLLLoss", "Reduction", "SoftmaxWithLoss",
    "SparseCategoricalCrossEntropy",
]  # fmt: skip

Reduction = Literal["mean", "sum", "none"]


class _Loss(Op):
    """One number per row ℓ[n], then a reduction: "mean" over the rows (default), their "sum", or "none"."""

    constants, labels_as_one_hot = (1,), True
    symbol = "L"

    def __init__(self, reduction: Reduction = "mean") -> None:
        if reduction not in ("mean", "sum", "none"):
            raise ValueError(f"{self.name}: reduction is {reduction!r}, but must be 'mean', 'sum' or 'none'")
        self.reduction = reduction
        if reduction == "mean":
            self.formula, row = f"{self.formula} / N", self.locals[0]
            self.locals = (replace(row, symbol=f"{row.symbol}/N", note=", ".join(filter(None, (row.note, "N = {N}")))),)

    def reduce(self, rows: Array) -> Array:
        if self.reduction == "none":
            return rows
        return np.asarray(rows.sum() / rows.size if self.reduction == "mean" else rows.sum())

    def scale(self, x: Array) -> float:
        """What the reduction multiplies each row's gradient by: 1/N for a mean over N rows."""
        return 1 / self.count(x) if self.reduction == "mean" else 1.0

    def align(self, upstream: Array, *operands: Array) -> Array:
        return upstream[..., None] if self.reduction == "none" else upstream

    def reduced(self, rows: Node) -> Node:
        """`reduce` on nodes, to end an ``expand`` with."""
        if self.reduction == "none":
            return rows
        rows.name = "ℓ"
        return rows.mean() if self.reduction == "mean" else rows.sum()


def at_least_zero(owner: str, name: str, value: float) -> float:
    """`value` as a Python float: unlike a NumPy one it leaves float32 arrays what they are."""
    if not isinstance(value, Real):
        raise TypeError(f"{owner}: {name} is {short(value)}, but must be a number: 0 or more, and finite")
    if not 0 <= value < np.inf:
        raise ValueError(f"{owner}: {name} is {value}, but must be 0 or more, and finite")
    return float(value)


class _Elementwise(_Loss):
    """A loss in which every element is a row of its own: "mean" is over all elements, "none" has the input's shape."""

    def __init__(self, reduction: Reduction = "mean") -> None:
        if reduction != "none":
            self.formula = f"Σ {self.formula}"
        super().__init__(reduction)

    def count(self, x: Array) -> int:
        return x.size

    def align(self, upstream: Array, *operands: Array) -> Array:
        return upstream


class CrossEntropy(_Loss):
    """L = −(1/N) Σₙ Σ_c t[n, c] · ln p[n, c], in nats, of probabilities p [N, C].

    t: integer labels [N], read as one-hot rows, or distributions [N, C]. dp = −t/(p·N) × upstream; t is taken as given.
    At p = 0 where t > 0 the loss is ∞ and its gradient −∞, as the maths says. reduction: "mean", "sum" or "none".
    Errors: ValueError for labels out of range, targets that are no distributions, shapes that do not fit.
    Source: C. Bishop, "Pattern Recognition and Machine Learning" (2006), section 4.3.4.

    >>> p = mg.Node([[0.5, 0.25, 0.25]], "p")
    >>> loss = CrossEntropy()(p, [0])
    >>> loss.backward()
    >>> round(loss.item(), 3), p.grad[0, 0].item()  # ln 2, and −1/p
    (0.693, -2.0)
    """

    formula = "−Σ {1} ⊙ log {0}"
    locals = (Local("−({1}/{0})", lambda op, loss, p, t: op.ratio(p, t)),)

    def forward(self, p: Array, t: Array) -> Array:
        check_targets(self.name, p, t)
        log_p = np.log(p, where=as_distribution(t, p) > 0, out=np.zeros_like(p))  # 0 · log 0 = 0
        return self.reduce(cross_terms(t, log_p))

    def backward(self, upstream: Array, loss: Array, p: Array, t: Array) -> tuple[Array, None]:
        return self.align(upstream) * self.ratio(p, t), None

    def ratio(self, p: Array, t: Array) -> Array:
        q = as_distribution(t, p)
        return -np.divide(q, p, where=q > 0, out=np.zeros_like(p)) * self.scale(p)

    def expand(self, p: Node, t: Node) -> Node:
        if t.shape == p.shape:
            g = log(p)
            c = at_targets(g, t)
        else:
            c = g = log(pick(p, t))
        g.name = "G"
        return self.reduced(-c)


class CategoricalCrossEntropy(CrossEntropy):
    """L = −(1/N) Σₙ Σ_c t[n, c] · ln p[n, c]: `CrossEntropy` for targets [N, C] that are one-hot or distributions.

    In nats, of probabilities p [N, C]; the name by which Keras users look for it. Everything else as `CrossEntropy`.
    Errors: ValueError for integer labels, which `SparseCategoricalCrossEntropy` takes.

    >>> round(CategoricalCrossEntropy()([[0.5, 0.5]], [[1.0, 0.0]]).item(), 3)
    0.693
    """

    def forward(self, p: Array, t: Array) -> Array:
        if t.ndim < p.ndim:
            raise ValueError(
                f"{self.name}: the targets are {t.dtype} {shape_text(t.shape)}, but must be distributions "
                f"{shape_text(p.shape)}; SparseCategoricalCrossEntropy takes labels, and one_hot makes rows of them"
            )
        return super().forward(p, t)


class SparseCategoricalCrossEntropy(CrossEntropy):
    """L = −(1/N) Σₙ ln p[n, t[n]]: `CrossEntropy` for targets [N] that are integer labels.

    In nats, of probabilities p [N, C]; the name by which Keras users look for it. Everything else as `CrossEntropy`.
    Errors: ValueError for one-hot rows and distributions, which `CategoricalCrossEntropy` takes.

    >>> round(SparseCategoricalCrossEntropy()([[0.5, 0.5]], [0]).item(), 3)
    0.693
    """

    def forward(self, p: Array, t: Array) -> Array:
        if t.ndim >= p.ndim > 0:
            raise ValueError(
                f"{self.name}: the targets are {t.dtype} {shape_text(t.shape)}, but must be integer labels "
                f"{shape_text(p.shape[:-1])}; CategoricalCrossEntropy takes one-hot rows and distributions"
            )
        return super().forward(p, t)


class NLLLoss(_Loss):
    """L = −(1/N) Σₙ Σ_c t[n, c] · g[n, c], in nats, of log-probabilities g = ln p [N, C]: the negative log-likelihood.

    t: integer labels [N], read as one-hot rows, or distributions [N, C]; taken as given. dg = −t/N × upstream.
    Of g = ln softmax(z) it is `SoftmaxWithLoss` of z. Nothing makes sure that Σ exp(g) is 1.
    reduction: "mean", "sum" or "none". Errors: as `CrossEntropy`.
    Source: R. Fisher, "On the mathematical foundations of theoretical statistics" (1922), for the likelihood.

    >>> round(NLLLoss()(np.log([[0.5, 0.25, 0.25]]), [0]).item(), 3)
    0.693
    """

    formula = "−Σ {1} ⊙ {0}"
    locals = (Local("−{1}", lambda op, loss, g, t: op.weights(g, t)),)

    def forward(self, g: Array, t: Array) -> Array:
        check_targets(self.name, g, t)
        return self.reduce(cross_terms(t, g))

    def backward(self, upstream: Array, loss: Array, g: Array, t: Array) -> tuple[Array, None]:
        return self.align(upstream) * self.weights(g, t), None

    def weights(self, g: Array, t: Array) -> Array:
        return -as_distribution(t, g) * self.scale(g)

    def expand(self, g: Node, t: Node) -> Node:
        return self.reduced(-at_targets(g, t))


class SoftmaxWithLoss(_Loss):
    """L = −(1/N) Σₙ Σ_c t[n, c] · ln softmax(z)[n, c], in nats, of logits z [N, C].

    By ln softmax(z) = z − max z − ln Σ exp(z − max z): right for logits of ±1000.
    dz = (p − t)/N × upstream, with p = softmax(z).
    t: integer labels [N], read as one-hot rows, or distributions [N, C]; it is taken as given and gets no gradient.
    reduction: "mean", "sum" or "none". Errors: as `CrossEntropy`.
    Source: the log-sum-exp form, e.g. I. Goodfellow et al., "Deep Learning" (2016), section 4.1.

    >>> y = mg.Node([[2.0, 1.0, 0.0]], "y")
    >>> loss = SoftmaxWithLoss()(y, [0])
    >>> loss.backward()
    >>> round(loss.item(), 3), y.grad.round(3)  # the gradient is softmax(y) − t
    (0.408, array([[-0.335,  0.245,  0.09 ]]))
    """

    formula = "−Σ {1} ⊙ log softmax({0})"
    locals = (Local("(P − {1})", lambda op, loss, z, t: op.residual(z, t), note="P = softmax({0})"),)

    def forward(self, z: Array, t: Array) -> Array:
        check_targets(self.name, z, t)
        return self.reduce(cross_terms(t, LogSoftmax().forward(z)))

    def backward(self, upstream: Array, loss: Array, z: Array, t: Array) -> tuple[Array, None]:
        return self.align(upstream) * self.residual(z, t), None

    def residual(self, z: Array, t: Array) -> Array:
        q = as_distribution(t, z)
        return (Softmax().forward(z) * q.sum(axis=-1, keepdims=True) - q) * self.scale(z)  # Σ q is 1, up to rounding

    def expand(self, z: Node, t: Node) -> Node:
        p = Softmax()(z)
        return CrossEntropy(self.reduction)(p, t)
