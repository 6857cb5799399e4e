"""The primitives as functions on nodes (``exp(x)``, ``sum(x, axis=0)``), and the operators of `Node` (``x @ w + b``).

Importing this module teaches `Node` its arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator

from minigraph.arrays import Axis
from minigraph.graph import Node, Operand
from minigraph.ops.activations import Logit, ReLU, Sigmoid
from minigraph.ops.choices import Abs, Clip, Maximum, Minimum, Where
from minigraph.ops.elementwise import Add, Div, Exp, Log, Mul, Neg, Pow, Sqrt, Sub, Tanh, Weigh
from minigraph.ops.indexing import BroadcastTo, GetItem, Index, Pick, Reshape, Transpose
from minigraph.ops.joining import Concat, Stack
from minigraph.ops.linear import MatMul
from minigraph.ops.normal import Erf
from minigraph.ops.reductions import Max, Mean, Min, Sum
from minigraph.ops.training import Choose, DropoutMask

__all__ = [
    "Abs", "Add", "BroadcastTo", "Choose", "Clip", "Concat", "Div", "DropoutMask", "Erf", "Exp", "GetItem", "Log",
    "Logit", "MatMul", "Max", "Maximum", "Mean", "Min", "Minimum", "Mul", "Neg", "Pick", "Pow", "ReLU", "Reshape",
    "Sigmoid", "Sqrt", "Stack", "Sub", "Sum", "Tanh", "Transpose", "Weigh", "Where", "abs", "add", "broadcast_to",
    "clip", "concat", "div", "erf", "exp", "getitem", "log", "logit", "matmul", "max", "maximum", "mean", "min",
    "minimum", "mul", "neg", "pick", "pow", "relu", "reshape", "sigmoid", "sqrt", "stack", "sub", "sum", "tanh",
    "transpose", "where",
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


def minimum(a: Operand, b: Operand) -> Node:
    """min(a, b) elementwise, broadcast."""
    return Minimum()(a, b)


def where(condition: Operand, a: Operand, b: Operand) -> Node:
    """a where the condition (bool) holds, else b; elementwise, broadcast."""
    return Where()(condition, a, b)


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


def sqrt(x: Operand) -> Node:
    """The square root, elementwise."""
    return Sqrt()(x)


def abs(x: Operand) -> Node:
    """|x| elementwise."""
    return Abs()(x)


def clip(x: Operand, low: float = -math.inf, high: float = math.inf) -> Node:
    """x, but at least `low` and at most `high`, elementwise."""
    return Clip(low, high)(x)


def erf(x: Operand) -> Node:
    """The error function, elementwise."""
    return Erf()(x)


def relu(x: Operand) -> Node:
    """max(x, 0) elementwise."""
    return ReLU()(x)


def sigmoid(x: Operand) -> Node:
    """1/(1 + e⁻ˣ) elementwise."""
    return Sigmoid()(x)


def logit(p: Operand) -> Node:
    """ln(p/(1 − p)) elementwise: the inverse of `sigmoid`."""
    return Logit()(p)


def sum(x: Operand, axis: Axis = None, keepdims: bool = False) -> Node:
    """Σ x over `axis` (None: all)."""
    return Sum(axis, keepdims)(x)


def mean(x: Operand, axis: Axis = None, keepdims: bool = False) -> Node:
    """The mean of x over `axis` (None: all)."""
    return Mean(axis, keepdims)(x)


def max(x: Operand, axis: Axis = None, keepdims: bool = False) -> Node:
    """The largest of x over `axis` (None: all)."""
    return Max(axis, keepdims)(x)


def min(x: Operand, axis: Axis = None, keepdims: bool = False) -> Node:
    """The smallest of x over `axis` (None: all)."""
    return Min(axis, keepdims)(x)


def pick(x: Operand, index: Operand) -> Node:
    """x[n, index[n]] for every row n."""
    return Pick()(x, index)


def getitem(x: Operand, index: Index) -> Node:
    """x[index], with NumPy's ints, slices, None, … and arrays of integers or bools."""
    return GetItem(index)(x)


def reshape(x: Operand, *shape: int | tuple[int, ...]) -> Node:
    """The same numbers in another shape: ``reshape(x, 2, 3)`` or ``reshape(x, (2, 3))``."""
    return Reshape(*shape)(x)


def transpose(x: Operand, *axes: int | tuple[int, ...]) -> Node:
    """x with its axes in this order, or reversed: ``transpose(x)``, ``transpose(x, 0, 2, 1)``."""
    return Transpose(*axes)(x)


def broadcast_to(x: Operand, *shape: int | tuple[int, ...]) -> Node:
    """x repeated to this shape, by NumPy's rules."""
    return BroadcastTo(*shape)(x)


def concat(xs: Iterable[Operand], axis: int = 0) -> Node:
    """Several arrays one after another along `axis`."""
    parts = tuple(xs)
    return Concat(len(parts), axis)(*parts)


def stack(xs: Iterable[Operand], axis: int = 0) -> Node:
    """Several arrays of one shape side by side along a new axis."""
    parts = tuple(xs)
    return Stack(len(parts), axis)(*parts)


def _rows(x: Node) -> Iterator[Node]:
    if not x.shape:
        raise TypeError("Node: a scalar has no rows to go through")
    return (getitem(x, i) for i in range(x.shape[0]))


def _swapped(function: Callable[[Operand, Operand], Node]) -> Callable[[Operand, Operand], Node]:
    return lambda self, other: function(other, self)


for _sign, _function in {"add": add, "sub": sub, "mul": mul, "truediv": div, "pow": pow, "matmul": matmul}.items():
    setattr(Node, f"__{_sign}__", _function)
    setattr(Node, f"__r{_sign}__", _swapped(_function))
for _method in (sum, mean, max, min, clip, reshape, transpose):
    setattr(Node, _method.__name__, _method)
for _name, _special in {"__neg__": neg, "__abs__": abs, "__getitem__": getitem, "__iter__": _rows}.items():
    setattr(Node, _name, _special)
setattr(Node, "T", property(transpose))
