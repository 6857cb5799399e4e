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
    """a + b elementwise, broadcast.

    >>> mg.add(mg.Node([1.0, 2.0]), 10).value
    array([11., 12.])
    """
    return Add()(a, b)


def sub(a: Operand, b: Operand) -> Node:
    """a − b elementwise, broadcast.

    >>> mg.sub(mg.Node([1.0, 2.0]), 10).value
    array([-9., -8.])
    """
    return Sub()(a, b)


def mul(a: Operand, b: Operand) -> Node:
    """a × b elementwise, broadcast.

    >>> mg.mul(mg.Node([1.0, 2.0]), 10).value
    array([10., 20.])
    """
    return Mul()(a, b)


def div(a: Operand, b: Operand) -> Node:
    """a ÷ b elementwise, broadcast.

    >>> mg.div(mg.Node([1.0, 2.0]), 10).value
    array([0.1, 0.2])
    """
    return Div()(a, b)


def pow(a: Operand, b: Operand) -> Node:
    """aᵇ elementwise, broadcast.

    >>> mg.pow(mg.Node([1.0, 2.0]), 3).value
    array([1., 8.])
    """
    return Pow()(a, b)


def matmul(a: Operand, b: Operand) -> Node:
    """The matrix product a·b, with NumPy's rules for vectors and leading axes.

    >>> mg.matmul(mg.Node([[1.0, 2.0], [3.0, 4.0]]), [1.0, 10.0]).value
    array([21., 43.])
    """
    return MatMul()(a, b)


def maximum(a: Operand, b: Operand) -> Node:
    """max(a, b) elementwise, broadcast.

    >>> mg.maximum(mg.Node([1.0, 5.0]), 3).value
    array([3., 5.])
    """
    return Maximum()(a, b)


def minimum(a: Operand, b: Operand) -> Node:
    """min(a, b) elementwise, broadcast.

    >>> mg.minimum(mg.Node([1.0, 5.0]), 3).value
    array([1., 3.])
    """
    return Minimum()(a, b)


def where(condition: Operand, a: Operand, b: Operand) -> Node:
    """a where the condition (bool) holds, else b; elementwise, broadcast.

    >>> mg.where([True, False], mg.Node([1.0, 2.0]), 0).value
    array([1., 0.])
    """
    return Where()(condition, a, b)


def neg(x: Operand) -> Node:
    """−x.

    >>> mg.neg(mg.Node([1.0, 2.0])).value
    array([-1., -2.])
    """
    return Neg()(x)


def exp(x: Operand) -> Node:
    """eˣ elementwise.

    >>> mg.exp(mg.Node([0.0, 1.0])).value
    array([1.        , 2.71828183])
    """
    return Exp()(x)


def log(x: Operand) -> Node:
    """The natural logarithm, elementwise.

    >>> mg.log(mg.Node([1.0, np.e])).value
    array([0., 1.])
    """
    return Log()(x)


def tanh(x: Operand) -> Node:
    """The hyperbolic tangent, elementwise.

    >>> mg.tanh(mg.Node([0.0, 1.0])).value.round(4)
    array([0.    , 0.7616])
    """
    return Tanh()(x)


def sqrt(x: Operand) -> Node:
    """The square root, elementwise.

    >>> mg.sqrt(mg.Node([4.0, 9.0])).value
    array([2., 3.])
    """
    return Sqrt()(x)


def abs(x: Operand) -> Node:
    """|x| elementwise.

    >>> mg.abs(mg.Node([-1.0, 2.0])).value
    array([1., 2.])
    """
    return Abs()(x)


def clip(x: Operand, low: float = -math.inf, high: float = math.inf) -> Node:
    """x, but at least `low` and at most `high`, elementwise.

    >>> mg.clip(mg.Node([-2.0, 0.5, 3.0]), 0, 1).value
    array([0. , 0.5, 1. ])
    """
    return Clip(low, high)(x)


def erf(x: Operand) -> Node:
    """The error function, elementwise.

    >>> mg.erf(mg.Node([0.0, 1.0])).value.round(4)
    array([0.    , 0.8427])
    """
    return Erf()(x)


def relu(x: Operand) -> Node:
    """max(x, 0) elementwise.

    >>> mg.relu(mg.Node([-1.0, 2.0])).value
    array([0., 2.])
    """
    return ReLU()(x)


def sigmoid(x: Operand) -> Node:
    """1/(1 + e⁻ˣ) elementwise.

    >>> mg.sigmoid(mg.Node([0.0, 2.0])).value.round(4)
    array([0.5   , 0.8808])
    """
    return Sigmoid()(x)


def logit(p: Operand) -> Node:
    """ln(p/(1 − p)) elementwise: the inverse of `sigmoid`.

    >>> mg.logit(mg.Node([0.5, 0.8808])).value.round(4)
    array([0., 2.])
    """
    return Logit()(p)


def sum(x: Operand, axis: Axis = None, keepdims: bool = False) -> Node:
    """Σ x over `axis` (None: all).

    >>> mg.sum(mg.Node([[1.0, 2.0], [3.0, 4.0]]), axis=0).value
    array([4., 6.])
    """
    return Sum(axis, keepdims)(x)


def mean(x: Operand, axis: Axis = None, keepdims: bool = False) -> Node:
    """The mean of x over `axis` (None: all).

    >>> mg.mean(mg.Node([[1.0, 2.0], [3.0, 4.0]]), axis=0).value
    array([2., 3.])
    """
    return Mean(axis, keepdims)(x)


def max(x: Operand, axis: Axis = None, keepdims: bool = False) -> Node:
    """The largest of x over `axis` (None: all).

    >>> mg.max(mg.Node([[1.0, 2.0], [3.0, 4.0]]), axis=1).value
    array([2., 4.])
    """
    return Max(axis, keepdims)(x)


def min(x: Operand, axis: Axis = None, keepdims: bool = False) -> Node:
    """The smallest of x over `axis` (None: all).

    >>> mg.min(mg.Node([[1.0, 2.0], [3.0, 4.0]]), axis=1).value
    array([1., 3.])
    """
    return Min(axis, keepdims)(x)


def pick(x: Operand, index: Operand) -> Node:
    """x[n, index[n]] for every row n.

    >>> mg.pick(mg.Node([[1.0, 2.0], [3.0, 4.0]]), [1, 0]).value
    array([2., 3.])
    """
    return Pick()(x, index)


def getitem(x: Operand, index: Index) -> Node:
    """x[index], with NumPy's ints, slices, None, … and arrays of integers or bools.

    >>> mg.getitem(mg.Node([1.0, 2.0, 3.0]), slice(None, None, 2)).value
    array([1., 3.])
    """
    return GetItem(index)(x)


def reshape(x: Operand, *shape: int | tuple[int, ...]) -> Node:
    """The same numbers in another shape: ``reshape(x, 2, 3)`` or ``reshape(x, (2, 3))``.

    >>> mg.reshape(mg.Node([1.0, 2.0, 3.0, 4.0]), 2, 2).value
    array([[1., 2.],
           [3., 4.]])
    """
    return Reshape(*shape)(x)


def transpose(x: Operand, *axes: int | tuple[int, ...]) -> Node:
    """x with its axes in this order, or reversed: ``transpose(x)``, ``transpose(x, 0, 2, 1)``.

    >>> mg.transpose(mg.Node([[1.0, 2.0], [3.0, 4.0]])).value
    array([[1., 3.],
           [2., 4.]])
    """
    return Transpose(*axes)(x)


def broadcast_to(x: Operand, *shape: int | tuple[int, ...]) -> Node:
    """x repeated to this shape, by NumPy's rules.

    >>> mg.broadcast_to(mg.Node([1.0, 2.0]), 2, 2).value
    array([[1., 2.],
           [1., 2.]])
    """
    return BroadcastTo(*shape)(x)


def concat(xs: Iterable[Operand], axis: int = 0) -> Node:
    """Several arrays one after another along `axis`.

    >>> mg.concat([mg.Node([1.0, 2.0]), [3.0]]).value
    array([1., 2., 3.])
    """
    parts = tuple(xs)
    return Concat(len(parts), axis)(*parts)


def stack(xs: Iterable[Operand], axis: int = 0) -> Node:
    """Several arrays of one shape side by side along a new axis.

    >>> mg.stack([mg.Node([1.0, 2.0]), [3.0, 4.0]]).value
    array([[1., 2.],
           [3., 4.]])
    """
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
