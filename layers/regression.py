"""How far off a predicted number is."""

from __future__ import annotations

import numpy as np

from minigraph.arrays import Array, sum_to_shape
from minigraph.formulas import Local
from minigraph.graph import Node, Op
from minigraph.layers.losses import _Elementwise
from minigraph.layers.targets import check_values
from minigraph.ops import Sub, sqrt

__all__ = ["MeanAbsoluteError", "MeanSquaredError", "Residual", "RootMeanSquaredError"]


class Residual(Sub):
    """d = x − t elementwise, broadcast, with t taken as given: it may be integers, and gets no gradient. ∂d/∂x = 1.

    Source: C. F. Gauss, "Theoria motus" (1809).
    """

    constants = (1,)
    constant_role = "target"

    def forward(self, x: Array, t: Array) -> Array:
        return x - t.astype(x.dtype, copy=False)

    def backward(self, upstream: Array, d: Array, x: Array, t: Array) -> tuple[Array, None]:  # type: ignore[override]
        return sum_to_shape(upstream, x.shape), None


class MeanSquaredError(_Elementwise):
    """L = (1/N) Σ (x − t)², of predictions x and targets t of one shape with N elements, in the square of their unit.

    t is taken as given. dx = 2(x − t)/N × upstream; there is no ½ that would cancel the 2.
    reduction: "mean" (over all elements, not only over the batch), "sum" or "none". Errors: ValueError for shapes that
    differ (nothing is broadcast), nothing at all, or NaN targets. Source: A.-M. Legendre (1805), least squares.

    >>> MeanSquaredError()([1.0, 5.0], [0.0, 3.0]).item()
    2.5
    """

    formula = "({0} − {1})²"
    locals = (Local("2({0} − {1})", lambda op, loss, x, t: op.slope(x, t)),)

    def forward(self, x: Array, t: Array) -> Array:
        check_values(self.name, x, t)
        return self.reduce(Residual().forward(x, t) ** 2)

    def backward(self, upstream: Array, loss: Array, x: Array, t: Array) -> tuple[Array, None]:
        return self.align(upstream) * self.slope(x, t), None

    def slope(self, x: Array, t: Array) -> Array:
        return 2 * Residual().forward(x, t) * self.scale(x)

    def expand(self, x: Node, t: Node) -> Node:
        return self.reduced(Residual()(x, t) ** 2)


class MeanAbsoluteError(_Elementwise):
    """L = (1/N) Σ |x − t|, of predictions x and targets t of one shape with N elements, in their unit.

    t is taken as given. dx = sign(x − t)/N × upstream, and 0 at the corner x = t.
    reduction: "mean" (over all elements), "sum" or "none". Errors: as `MeanSquaredError`.
    Source: R. Boscovich (1757), least absolute deviations.

    >>> MeanAbsoluteError()([1.0, 5.0], [0.0, 3.0]).item()
    1.5
    """

    formula = "|{0} − {1}|"
    locals = (Local("sign({0} − {1})", lambda op, loss, x, t: op.slope(x, t), note="0 at 0"),)

    def forward(self, x: Array, t: Array) -> Array:
        check_values(self.name, x, t)
        return self.reduce(np.abs(Residual().forward(x, t)))

    def backward(self, upstream: Array, loss: Array, x: Array, t: Array) -> tuple[Array, None]:
        return self.align(upstream) * self.slope(x, t), None

    def slope(self, x: Array, t: Array) -> Array:
        return np.sign(Residual().forward(x, t)) * self.scale(x)

    def expand(self, x: Node, t: Node) -> Node:
        return self.reduced(abs(Residual()(x, t)))


class RootMeanSquaredError(Op):
    """L = √((1/N) Σ (x − t)²), of predictions x and targets t of one shape with N elements, in their unit: one number.

    t is taken as given. dx = (x − t)/(N·L) × upstream, and 0 where L = 0: there is its tip, and 0 is a subgradient.
    No reduction: the root of a mean is neither a mean nor a sum of errors. Opened, the root's own slope at 0 is ∞.
    Errors: as `MeanSquaredError`. Source: C. F. Gauss (1821), the mean error.

    >>> round(RootMeanSquaredError()([1.0, 5.0], [0.0, 3.0]).item(), 3)
    1.581
    """

    constants = (1,)
    formula, symbol = "√(Σ ({0} − {1})² / N)", "L"
    locals = (Local("({0} − {1})/(N {y})", lambda op, loss, x, t: op.slope(loss, x, t), note="0 at 0, N = {N}"),)

    def forward(self, x: Array, t: Array) -> Array:
        check_values(self.name, x, t)
        return np.sqrt(MeanSquaredError().forward(x, t))

    def backward(self, upstream: Array, loss: Array, x: Array, t: Array) -> tuple[Array, None]:
        return upstream * self.slope(loss, x, t), None

    def slope(self, loss: Array, x: Array, t: Array) -> Array:
        return Residual().forward(x, t) / (self.count(x) * loss) if loss else np.zeros_like(x)

    def expand(self, x: Node, t: Node) -> Node:
        return sqrt(MeanSquaredError()(x, t))

    def count(self, x: Array) -> int:
        return x.size
