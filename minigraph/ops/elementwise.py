"""Elementwise arithmetic and functions; two inputs broadcast, and each gradient is summed back to its input's shape.

Written U for the upstream gradient ∂L/∂y. Source: the calculus of one variable.
"""

from __future__ import annotations

import numpy as np

from minigraph.arrays import Array, sum_to_shape
from minigraph.formulas import Local
from minigraph.graph import Op

__all__ = ["Add", "Div", "Exp", "Log", "Mul", "Neg", "Pair", "Pow", "Sqrt", "Sub", "Tanh", "Weigh"]

Pair = tuple[Array, Array]
Some = tuple[Array | None, ...]


def _power(base: str, exponent: str) -> str:
    """base^exponent as one writes it: x, x², x⁻¹, x^0.5."""
    if exponent.lstrip("-").isdigit():
        return base if exponent == "1" else base + exponent.translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{base}^{exponent.replace('-', '−')}"


def _power_rule(y: str, a: str, b: str) -> str:
    """b × a^(b−1), worked out where b is a number: 2 × x, 3 × x²."""
    try:
        lower = f"{float(b.replace('−', '-')) - 1:g}"
    except ValueError:
        return f"{b} × {a}^({b}−1)"
    return b if lower == "0" else f"{b} × {_power(a, lower)}"


class Add(Op):
    """y = a + b, broadcast. ∂y/∂a = 1, ∂y/∂b = 1: a sum hands its gradient on to both."""

    formula, gate, symbol = "{0} + {1}", "+", "Y"
    locals = (Local("1", lambda op, y, a, b: 1.0), Local("1", lambda op, y, a, b: 1.0))

    def forward(self, a: Array, b: Array) -> Array:
        return a + b

    def backward(self, upstream: Array, y: Array, a: Array, b: Array) -> Pair:
        return sum_to_shape(upstream, a.shape), sum_to_shape(upstream, b.shape)


class Sub(Op):
    """y = a − b, broadcast. ∂y/∂a = 1, ∂y/∂b = −1."""

    formula, gate, symbol = "{0} − {1}", "−", "D"
    locals = (Local("1", lambda op, y, a, b: 1.0), Local("−1", lambda op, y, a, b: -1.0))

    def forward(self, a: Array, b: Array) -> Array:
        return a - b

    def backward(self, upstream: Array, y: Array, a: Array, b: Array) -> Pair:
        return sum_to_shape(upstream, a.shape), sum_to_shape(-upstream, b.shape)


class Mul(Op):
    """y = a × b elementwise, broadcast. ∂y/∂a = b, ∂y/∂b = a: a product swaps its inputs."""

    formula, gate, symbol = "{0} × {1}", "×", "M"
    locals = (Local("{1}", lambda op, y, a, b: b), Local("{0}", lambda op, y, a, b: a))

    def forward(self, a: Array, b: Array) -> Array:
        return a * b

    def backward(
        self, upstream: Array, y: Array, a: Array, b: Array, *, needs: tuple[bool, ...] = (True, True)
    ) -> Some:
        return (
            sum_to_shape(upstream * b, a.shape) if needs[0] else None,
            sum_to_shape(upstream * a, b.shape) if needs[1] else None,
        )


class Weigh(Mul):
    """y = a × t elementwise, broadcast, with t taken as given: it may be integers, and gets no gradient. ∂y/∂a = t."""

    constants = (1,)
    constant_role = "target"

    def forward(self, a: Array, t: Array) -> Array:
        return a * t.astype(a.dtype, copy=False)

    def backward(
        self, upstream: Array, y: Array, a: Array, t: Array, *, needs: tuple[bool, ...] = (True, False)
    ) -> Some:
        return sum_to_shape(upstream * t.astype(a.dtype, copy=False), a.shape), None


class Div(Op):
    """y = a ÷ b elementwise, broadcast. ∂y/∂a = 1/b, ∂y/∂b = −a/b²."""

    formula, gate, symbol = "{0} ÷ {1}", "÷", "Q"
    locals = (
        Local("1/{1}", lambda op, y, a, b: 1 / b),
        Local("−{0}/{1}²", lambda op, y, a, b: -a / b**2),
    )

    def forward(self, a: Array, b: Array) -> Array:
        return a / b

    def backward(self, upstream: Array, y: Array, a: Array, b: Array) -> Pair:
        return sum_to_shape(upstream / b, a.shape), sum_to_shape(-upstream * y / b, b.shape)


class Pow(Op):
    """y = aᵇ elementwise, broadcast. ∂y/∂a = b·aᵇ⁻¹ (0 where b = 0), ∂y/∂b = aᵇ·ln a (0 where a = 0)."""

    formula, gate, symbol = "{0}^{1}", "^", "Q"
    locals = (
        Local(_power_rule, lambda op, y, a, b: op.slope(a, b)),
        Local("{y} × ln {0}", lambda op, y, a, b: op.growth(y, a)),
    )

    def forward(self, a: Array, b: Array) -> Array:
        return a**b

    def backward(
        self, upstream: Array, y: Array, a: Array, b: Array, *, needs: tuple[bool, ...] = (True, True)
    ) -> Some:
        return (
            sum_to_shape(upstream * self.slope(a, b), a.shape) if needs[0] else None,
            sum_to_shape(upstream * self.growth(y, a), b.shape) if needs[1] else None,
        )

    def slope(self, a: Array, b: Array) -> Array:
        return b * a ** np.where(b == 0, b, b - 1)

    def growth(self, y: Array, a: Array) -> Array:
        return y * np.log(np.where(a == 0, np.ones_like(a), a))


class Neg(Op):
    """y = −x. ∂y/∂x = −1."""

    formula, gate, symbol = "−{0}", "−1×", "V"
    locals = (Local("−1", lambda op, y, x: -1.0),)

    def forward(self, x: Array) -> Array:
        return -x

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array]:
        return (-upstream,)


class Exp(Op):
    """y = eˣ elementwise. ∂y/∂x = eˣ = y."""

    formula, gate, symbol = "exp {0}", "exp", "E"
    locals = (Local("{y}", lambda op, y, x: y, note="d exp = exp"),)

    def forward(self, x: Array) -> Array:
        return np.exp(x)

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array]:
        return (upstream * y,)


class Log(Op):
    """y = ln x elementwise (natural: nats). ∂y/∂x = 1/x."""

    formula, gate, symbol = "log {0}", "log", "G"
    locals = (Local("1/{0}", lambda op, y, x: 1 / x),)

    def forward(self, x: Array) -> Array:
        return np.log(x)

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array]:
        return (upstream / x,)


class Tanh(Op):
    """y = tanh x elementwise. ∂y/∂x = 1 − y².

    >>> Tanh()([0.0, 1.0]).value.round(4)
    array([0.    , 0.7616])
    """

    formula, gate, symbol = "tanh {0}", "tanh", "H"
    locals = (Local("1 − {y}²", lambda op, y, x: 1 - y**2),)

    def forward(self, x: Array) -> Array:
        return np.tanh(x)

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array]:
        return (upstream * (1 - y**2),)


class Sqrt(Op):
    """y = √x elementwise, for x ≥ 0. ∂y/∂x = 1/(2y): ∞ at 0, as the maths says."""

    formula, gate, symbol = "√({0})", "√", "R"
    locals = (Local("1/(2{y})", lambda op, y, x: 0.5 / y),)

    def forward(self, x: Array) -> Array:
        return np.sqrt(x)

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array]:
        return (upstream * (0.5 / y),)
