"""The primitives as functions on nodes (``exp(x)``, ``sum(x, axis=0)``), and the operators of `Node` (``x @ w + b``).

Importing this module teaches `Node` its arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from minigraph.arrays import Axis
from minigraph.graph import Node, Operand
from minigraph.ops.elementwise import Add, Div, Exp, Log, Maximum, Mul, Neg, Pow, Sub, Tanh, Weigh
from minigraph.ops.indexing import Pick, Reshape
from minigraph.ops.linear import MatMul
from minigraph.ops.rearrange import Transpose
from minigraph.ops.reductions import Max, Mean, Sum

__all__ = [
    "Add", "Div", "Exp", "Log", "MatMul", "Max", "Maximum", "Mean", "Mul", "Neg", "Pick", "Pow", "Reshape", "Sub",
    "Sum", "Tanh", "Transpose", "Weigh", "add", "div", "exp", "log", "matmul", "max", "maximum", "mean", "mul", "neg",
    "pick", "pow", "reshape", "sub", "sum", "tanh", "transpose",
]  # fmt: skip


def add(a: Operand, b: Operand) -> Node:
    """a + b elementwise, broadcast."""
    return Add()(a, b)


def sub(a: Operand, b: Operand) -> Node:
    """a − b elementwise, broadcast."""
    return Sub()(a, b)


def mul(a: Operand, b: Operand) -> Node:
    """a × b elementwise, broadcast."""
    return Mul()(a, b)


def div(a: Operand, b: Operand) -> Node:
    """a ÷ b elementwise, broadcast."""
    return Div()(a, b)


def pow(a: Operand, b: Operand) -> Node:
    """aᵇ elementwise, broadcast."""
    return Pow()(a, b)


def matmul(a: Operand, b: Operand) -> Node:
    """The matrix product a·b, with NumPy's rules for vectors and leading axes."""
    return MatMul()(a, b)


def maximum(a: Operand, b: Operand) -> Node:
    """max(a, b) elementwise, broadcast."""
    return Maximum()(a, b)


def neg(x: Operand) -> Node:
    """−x."""
    return Neg()(x)


def exp(x: Operand) -> Node:
    """eˣ elementwise."""
    return Exp()(x)


def log(x: Operand) -> Node:
    """The natural logarithm, elementwise."""
    return Log()(x)


def tanh(x: Operand) -> Node:
    """The hyperbolic tangent, elementwise."""
    return Tanh()(x)


def sum(x: Operand, axis: Axis = None, keepdims: bool = False) -> Node:
    """Σ x over `axis` (None: all)."""
    return Sum(axis, keepdims)(x)


def mean(x: Operand, axis: Axis = None, keepdims: bool = False) -> Node:
    """The mean of x over `axis` (None: all)."""
    return Mean(axis, keepdims)(x)


def max(x: Operand, axis: Axis = None, keepdims: bool = False) -> Node:
    """The largest of x over `axis` (None: all)."""
    return Max(axis, keepdims)(x)


def pick(x: Operand, index: Operand) -> Node:
    """x[n, index[n]] for every row n."""
    return Pick()(x, index)


def reshape(x: Operand, *shape: int) -> Node:
    """The same numbers in another shape."""
    return Reshape(*shape)(x)


def transpose(x: Operand, axes: Sequence[int] = ()) -> Node:
    """The axes of x in this order; without `axes`, backwards."""
    return Transpose(*axes)(x)


def _swapped(function: Callable[[Operand, Operand], Node]) -> Callable[[Operand, Operand], Node]:
    return lambda self, other: function(other, self)


for _sign, _function in {"add": add, "sub": sub, "mul": mul, "truediv": div, "pow": pow, "matmul": matmul}.items():
    setattr(Node, f"__{_sign}__", _function)
    setattr(Node, f"__r{_sign}__", _swapped(_function))
for _name, _method in {"__neg__": neg, "sum": sum, "mean": mean, "max": max}.items():
    setattr(Node, _name, _method)
