"""The error function, and with it the bell curve φ(x) = e^(−x²/2)/√(2π) and the area Φ(x) to its left.

To about one unit in the last place of float64. Source: W. J. Cody, "Rational Chebyshev approximations for the error
function" (1969), whose three intervals and coefficients these are.
"""

from __future__ import annotations

import math

import numpy as np

from minigraph.arrays import Array
from minigraph.formulas import Local
from minigraph.graph import Op

__all__ = ["Erf", "bell", "erf", "normal_cdf"]

# numerators and denominators, highest power first: |x| ≤ 0.46875 in x², |x| ≤ 4 in |x|, beyond in 1/x²
NEAR = (
    (1.85777706184603153e-1, 3.16112374387056560, 1.13864154151050156e2, 3.77485237685302021e2, 3.20937758913846947e3),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3),
)
MIDDLE = (
    (2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1, 2.98635138197400131e2,
     8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3, 1.23033935479799725e3),
    (1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3,
     3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3),
)  # fmt: skip
FAR = (
    (1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1,
     1.60837851487422766e-2, 6.58749161529837803e-4),
    (1.0, 2.56852019228982242, 1.87295284992346725, 5.27905102951428412e-1, 6.05183413124413191e-2,
     2.33520497626869185e-3),
)  # fmt: skip
LIMITS = 0.46875, 4.0
SATURATED = 30.0  # where erfc is 0 in float64, and its square is still a number


def _ratio(tables: tuple[tuple[float, ...], ...], t: Array) -> Array:
    top, bottom = (np.polyval(np.asarray(table, dtype=t.dtype), t) for table in tables)
    return np.asarray(top / bottom)


def _tail(x: Array) -> Array:
    """erfc(x) = 1 − erf(x), for x > 0.46875 without the cancellation."""
    x = np.clip(x, LIMITS[0], SATURATED)
    coarse = np.trunc(x * 16) / 16  # e^(−x²) in two factors: the first exponent is exact, the second small
    bell = np.exp(-coarse * coarse) * np.exp(-(x - coarse) * (x + coarse))
    far = np.maximum(x, LIMITS[1])
    t = 1 / (far * far)
    return bell * np.where(x <= LIMITS[1], _ratio(MIDDLE, x), (1 / math.sqrt(math.pi) - t * _ratio(FAR, t)) / far)


def _near(x: Array) -> Array:
    """erf(x), for |x| ≤ 0.46875."""
    x = np.clip(x, -LIMITS[0], LIMITS[0])
    return x * _ratio(NEAR, x * x)


def erf(x: Array) -> Array:
    """erf(x) = 2/√π ∫₀ˣ e^(−t²) dt, elementwise."""
    size = np.abs(x)
    return np.where(size <= LIMITS[0], _near(x), np.copysign(1 - _tail(size), x))


def normal_cdf(x: Array) -> Array:
    """Φ(x) = (1 + erf(x/√2))/2, elementwise; exact where it is tiny too."""
    t = x / math.sqrt(2)
    tail = _tail(np.abs(t)) / 2
    return np.where(np.abs(t) <= LIMITS[0], (1 + _near(t)) / 2, np.where(t > 0, 1 - tail, tail))


def bell(x: Array) -> Array:
    """φ(x) = e^(−x²/2)/√(2π), elementwise: the derivative of Φ."""
    x = np.clip(x, -2 * SATURATED, 2 * SATURATED)
    return np.exp(-x * x / 2) / math.sqrt(2 * math.pi)


class Erf(Op):
    """y = erf x = 2/√π ∫₀ˣ e^(−t²) dt elementwise, from −1 to 1. ∂y/∂x = 2/√π · e^(−x²). Source: see the module."""

    formula, gate, symbol = "erf({0})", "erf", "H"
    locals = (Local("2/√π × exp(−{0}²)", lambda op, y, x: op.slope(x)),)

    def forward(self, x: Array) -> Array:
        return erf(x)

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array]:
        return (upstream * self.slope(x),)

    def slope(self, x: Array) -> Array:
        return 2 * math.sqrt(2) * bell(x * math.sqrt(2))
