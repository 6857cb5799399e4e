"""How wrong a yes-or-no prediction is, in nats: each element is a question of its own."""

from __future__ import annotations

import numpy as np

from minigraph.arrays import Array
from minigraph.formulas import Local
from minigraph.graph import Node
from minigraph.layers.losses import _Elementwise
from minigraph.layers.targets import as_distribution, check_unit, check_values
from minigraph.ops import Sigmoid, Weigh, log, sigmoid

__all__ = ["BinaryCrossEntropy", "SigmoidWithLoss"]


class BinaryCrossEntropy(_Elementwise):
    """L = −(1/N) Σ (t · ln p + (1 − t) · ln(1 − p)), in nats, of N probabilities p, t of their shape.

    t: 0, 1 or anything between, taken as given. dp = ((1 − t)/(1 − p) − t/p)/N × upstream.
    A prediction of exactly 0 or 1 that is wrong costs ∞, with gradient ±∞, as the maths says; 0 · ln 0 is 0.
    reduction: "mean" (over all elements), "sum" or "none". Errors: ValueError for p or t outside 0 … 1, for shapes that
    differ, and for nothing at all. Source: C. Bishop, "Pattern Recognition and Machine Learning" (2006), eq. 4.90.

    >>> round(BinaryCrossEntropy()([0.5, 0.5], [1.0, 0.0]).item(), 3)
    0.693
    """

    formula = "−({1} ⊙ log {0} + (1 − {1}) ⊙ log(1 − {0}))"
    locals = (Local("((1 − {1})/(1 − {0}) − {1}/{0})", lambda op, loss, p, t: op.slope(p, t)),)

    def forward(self, p: Array, t: Array) -> Array:
        check_values(self.name, p, t)
        check_unit(self.name, "the probabilities", p)
        check_unit(self.name, "the targets", t)
        q = as_distribution(t, p)
        log_yes = np.log(p, where=q > 0, out=np.zeros_like(p))  # 0 · log 0 = 0
        log_no = np.log1p(-p, where=q < 1, out=np.zeros_like(p))
        return self.reduce(-(q * log_yes + (1 - q) * log_no))

    def backward(self, upstream: Array, loss: Array, p: Array, t: Array) -> tuple[Array, None]:
        return self.align(upstream) * self.slope(p, t), None

    def slope(self, p: Array, t: Array) -> Array:
        q = as_distribution(t, p)
        yes = np.divide(q, p, where=q > 0, out=np.zeros_like(p))
        no = np.divide(1 - q, 1 - p, where=q < 1, out=np.zeros_like(p))
        return (no - yes) * self.scale(p)

    def expand(self, p: Node, t: Node) -> Node:
        yes, no = log(p), log(1 - p)
        return self.reduced(-(Weigh()(yes, t) + (no - Weigh()(no, t))))  # t weighs only, so it may be integers


class SigmoidWithLoss(_Elementwise):
    """L = (1/N) Σ (t · ln(1 + e⁻ᶻ) + (1 − t) · ln(1 + eᶻ)), in nats, of N logits z, t of their shape.

    The binary cross-entropy of p = σ(z) = 1/(1 + e⁻ᶻ), right for logits of ±1000. dz = (p − t)/N × upstream.
    t: 0, 1 or anything between, taken as given. reduction: "mean" (over all elements), "sum" or "none".
    Errors: as `BinaryCrossEntropy`, for t. Source: D. Cox, "The regression analysis of binary sequences" (1958).

    >>> round(SigmoidWithLoss()([0.0, 1000.0], [1.0, 1.0]).item(), 3)
    0.347
    """

    formula = "−({1} ⊙ log σ({0}) + (1 − {1}) ⊙ log σ(−{0}))"
    locals = (Local("(P − {1})", lambda op, loss, z, t: op.residual(z, t), note="P = σ({0})"),)

    def forward(self, z: Array, t: Array) -> Array:
        check_values(self.name, z, t)
        check_unit(self.name, "the targets", t)
        q = as_distribution(t, z)
        return self.reduce(q * np.logaddexp(0, -z) + (1 - q) * np.logaddexp(0, z))

    def backward(self, upstream: Array, loss: Array, z: Array, t: Array) -> tuple[Array, None]:
        return self.align(upstream) * self.residual(z, t), None

    def residual(self, z: Array, t: Array) -> Array:
        return (Sigmoid().forward(z) - as_distribution(t, z)) * self.scale(z)

    def expand(self, z: Node, t: Node) -> Node:
        return BinaryCrossEntropy(self.reduction)(sigmoid(z), t)
