"""What large weights cost: a term to add to a loss, so that it is drawn with its gradient like any other."""

from __future__ import annotations

import numpy as np

from minigraph.arrays import Array
from minigraph.formulas import Local
from minigraph.graph import Node, Op
from minigraph.layers.losses import at_least_zero

__all__ = ["L1", "L2"]


class _Penalty(Op):
    """λ times how large all the weights are together: one number, whatever the shape of W."""

    symbol = "R"

    def __init__(self, strength: float) -> None:
        self.strength = at_least_zero(self.name, "strength λ", strength)
        shown = f"{self.strength:g}"
        self.formula = self.formula.replace("λ", shown)
        self.locals = tuple(Local(local.symbol, local.value, note=f"λ = {shown}") for local in self.locals)


class L2(_Penalty):
    """R = λ Σ W², of weights W of any shape. dW = 2λW × upstream: every weight is pulled to 0 in proportion to itself.

    strength: λ ≥ 0, without a ½; summed over the weights and not averaged, whatever the batch. Use it as
    ``loss + L2(1e-3)(W)``; the bias is usually left out. With plain SGD it is a weight decay of 2λ.
    Errors: ValueError for λ below 0, infinite or NaN. Source: A. Hoerl and R. Kennard, "Ridge regression" (1970).

    >>> W = mg.Parameter([1.0, -2.0], "W")
    >>> penalty = L2(0.1)(W)
    >>> penalty.backward()
    >>> penalty.item(), W.grad
    (0.5, array([ 0.2, -0.4]))
    """

    formula = "λ Σ {0}²"
    locals = (Local("2λ × {0}", lambda op, r, w: 2 * op.strength * w),)

    def forward(self, w: Array) -> Array:
        return np.asarray(self.strength * (w**2).sum())

    def backward(self, upstream: Array, r: Array, w: Array) -> tuple[Array]:
        return (upstream * (2 * self.strength * w),)

    def expand(self, w: Node) -> Node:
        return self.strength * (w**2).sum()


class L1(_Penalty):
    """R = λ Σ |W|, of weights W of any shape. dW = λ sign(W) × upstream: every weight is pulled to 0 alike, and stays.

    At the corner W = 0 the gradient is 0. strength: λ ≥ 0, summed and not averaged. Errors: as `L2`.
    Source: R. Tibshirani, "Regression shrinkage and selection via the lasso" (1996).

    >>> W = mg.Parameter([1.0, -2.0], "W")
    >>> penalty = L1(0.5)(W)
    >>> penalty.backward()
    >>> penalty.item(), W.grad
    (1.5, array([ 0.5, -0.5]))
    """

    formula = "λ Σ |{0}|"
    locals = (Local("λ sign({0})", lambda op, r, w: op.strength * np.sign(w)),)

    def forward(self, w: Array) -> Array:
        return np.asarray(self.strength * np.abs(w).sum())

    def backward(self, upstream: Array, r: Array, w: Array) -> tuple[Array]:
        return (upstream * (self.strength * np.sign(w)),)

    def expand(self, w: Node) -> Node:
        return self.strength * abs(w).sum()
