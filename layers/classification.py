"""Losses of classifiers that weigh an example by how wrong it is: what is easy, or far enough away, counts less."""

from __future__ import annotations

from reprlib import repr as short

import numpy as np

from minigraph.arrays import Array, ArrayLike, shape_text
from minigraph.formulas import Local
from minigraph.graph import Node
from minigraph.layers.losses import Reduction, _Loss, at_least_zero
from minigraph.layers.softmax import LogSoftmax, Softmax
from minigraph.layers.targets import as_distribution, at_targets, check_one_hot, check_targets, cross_terms
from minigraph.ops import log, maximum, reshape

__all__ = ["FocalLoss", "MulticlassHinge"]


class FocalLoss(_Loss):
    """L = −(1/N) Σₙ Σ_c t[n, c] · α[c] · (1 − p[n, c])^γ · ln p[n, c], in nats, of logits z [N, C], p = softmax(z).

    What the network is sure of counts less; γ = 0 is `SoftmaxWithLoss`. t as there. Right for logits of ±1000.
    dz = (p Σ_c G − G)/N × upstream, with G = t·α·((1 − p)^γ − γ·p·(1 − p)^(γ−1)·ln p).
    gamma: γ ≥ 0 · alpha: None (all 1), the weight ≥ 0 of each class [C], or one number for all of them; the paper's α
    of two classes is [1 − α, α], and γ = 0 with α is what others call class weights. The mean is over N rows, not over
    their weights. reduction: "mean", "sum" or "none". Errors: as `CrossEntropy`, and ValueError for γ < 0, α < 0 or not
    one per class. Source: T.-Y. Lin et al., "Focal loss for dense object detection" (2017).

    >>> logits = [[0.0, np.log(9)]]  # p = [0.1, 0.9]
    >>> round(SoftmaxWithLoss()(logits, [1]).item(), 4), round(FocalLoss(gamma=2)(logits, [1]).item(), 4)
    (0.1054, 0.0011)
    """

    locals = (Local("(P Σₖ G − G)", lambda op, loss, z, t: op.slope(z, t)),)

    def __init__(self, gamma: float = 2.0, alpha: ArrayLike | None = None, reduction: Reduction = "mean") -> None:
        self.gamma = gamma = at_least_zero("FocalLoss", "gamma", gamma)
        needed = f"FocalLoss: alpha is {short(alpha)}, but must be a number ≥ 0, or one for each class"
        try:
            weights = np.asarray(1.0 if alpha is None else alpha, dtype=float)
        except (TypeError, ValueError) as error:
            raise TypeError(needed) from error
        if weights.ndim > 1 or not weights.size or not (weights >= 0).all() or np.isinf(weights).any():
            raise ValueError(needed)
        self.alpha = None if alpha is None else tuple(weights.tolist()) if weights.ndim else float(weights)
        of = "{1}" if alpha is None else "α ⊙ {1}"
        self.formula = f"−Σ {of} ⊙ (1 − softmax({{0}}))^{gamma:g} ⊙ log softmax({{0}})"
        note = f"P = softmax({{0}}), G = {of} ⊙ (1 − P)^{gamma:g} ⊙ (1 − {gamma:g} P log(P)/(1 − P))"
        self.locals = (Local("(P Σₖ G − G)", FocalLoss.locals[0].value, note=note),)
        super().__init__(reduction)

    def forward(self, z: Array, t: Array) -> Array:
        check_targets(self.name, z, t)
        log_p = LogSoftmax().forward(z)
        rest = -np.expm1(log_p)  # 1 − p, exact where p is nearly 1
        return self.reduce(cross_terms(t, rest**self.gamma * log_p * self.weights(z)))

    def backward(self, upstream: Array, loss: Array, z: Array, t: Array) -> tuple[Array, None]:
        return self.align(upstream) * self.slope(z, t), None

    def slope(self, z: Array, t: Array) -> Array:
        q = as_distribution(t, z)
        log_p = np.where(q > 0, LogSoftmax().forward(z), 0)
        p, rest = np.exp(log_p), -np.expm1(log_p)
        p_log_p = np.multiply(p, log_p, where=p > 0, out=np.zeros_like(z))  # 0 · log 0 = 0
        ratio = np.divide(p_log_p, rest, where=rest > 0, out=-np.ones_like(z))  # p ln p / (1 − p) → −1 as p → 1
        g = q * self.weights(z) * rest**self.gamma * (1 - self.gamma * ratio)
        return (Softmax().forward(z) * g.sum(axis=-1, keepdims=True) - g) * self.scale(z)

    def expand(self, z: Node, t: Node) -> Node:
        p = Softmax()(z)
        g = (1 - p) ** self.gamma * log(p)
        if self.alpha is not None:
            g = g * Node(self.weights(z.value), "α", requires_grad=False)
        return self.reduced(-at_targets(g, t))

    def weights(self, z: Array) -> Array:
        """α in the type of z."""
        weights = np.asarray(1.0 if self.alpha is None else self.alpha, dtype=z.dtype)
        if weights.ndim and weights.size != z.shape[-1]:
            raise ValueError(
                f"FocalLoss: alpha has {weights.size} weight{'s' * (weights.size > 1)}, "
                f"but the scores are {shape_text(z.shape)}; there must be {z.shape[-1]}, one for each class"
            )
        return weights


class MulticlassHinge(_Loss):
    """L = (1/N) Σₙ Σ_{c ≠ y} max(0, s[n, c] − s[n, y] + Δ), of scores s [N, C], y the right class of row n.

    A class that is Δ below the right one adds nothing, neither loss nor gradient; softmax always asks for more.
    ds = (v − t Σ_c v)/N × upstream, v = 1 at each class c ≠ y within the margin; at the corner, exactly Δ below, v = 0.
    t: integer labels [N] or one-hot rows [N, C]; taken as given. delta: the margin Δ ≥ 0, in units of the scores.
    reduction: "mean", "sum" or "none". Errors: as `CrossEntropy`, and ValueError for rows not one-hot, or Δ < 0.
    Source: J. Weston and C. Watkins, "Support vector machines for multi-class pattern recognition" (1999).

    >>> MulticlassHinge()([[3.0, 2.5, 0.0]], [0]).item()
    0.5
    """

    def __init__(self, delta: float = 1.0, reduction: Reduction = "mean") -> None:
        self.delta = delta = at_least_zero("MulticlassHinge", "delta", delta)
        self.formula = f"Σ (1 − {{1}}) ⊙ max(0, {{0}} − Σₖ {{1}} ⊙ {{0}} + {delta:g})"
        note = f"V = (1 − {{1}}) ⊙ 1[{{0}} − S + {delta:g} > 0], S = Σₖ {{1}} ⊙ {{0}}"
        self.locals = (Local("(V − {1} Σₖ V)", lambda op, loss, s, t: op.slope(s, t), note=note),)
        super().__init__(reduction)

    def forward(self, s: Array, t: Array) -> Array:
        check_targets(self.name, s, t)
        if t.ndim == s.ndim:
            check_one_hot(self.name, t)
        return self.reduce(self.beyond(s, t).sum(axis=-1))

    def backward(self, upstream: Array, loss: Array, s: Array, t: Array) -> tuple[Array, None]:
        return self.align(upstream) * self.slope(s, t), None

    def slope(self, s: Array, t: Array) -> Array:
        v = (self.beyond(s, t) > 0).astype(s.dtype)
        return (v - as_distribution(t, s) * v.sum(axis=-1, keepdims=True)) * self.scale(s)

    def beyond(self, s: Array, t: Array) -> Array:
        """By how much each wrong class reaches into the margin below the right one."""
        right = -cross_terms(t, s)[..., None]
        return np.where(as_distribution(t, s) > 0, 0, np.maximum(s - right + self.delta, 0))

    def expand(self, s: Node, t: Node) -> Node:
        right = reshape(at_targets(s, t), *((-1,) if len(s.shape) > 1 else ()), *s.shape[1:-1], 1)
        reach = maximum(s - right + self.delta, 0).sum(axis=-1)
        return self.reduced(reach - self.delta)  # the right class is Δ above itself less Δ, always
