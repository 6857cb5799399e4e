"""Every mistake a user can make has its message: which op, what came, what was needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers import Array, Double, network

import minigraph as mg
from minigraph.layers import (  # fmt: skip
    GELU,
    Affine,
    BatchNorm,
    CrossEntropy,
    Dropout,
    Embedding,
    LayerNorm,
    LeakyReLU,
    LogSoftmax,
    PathProduct,
    Sequential,
    Softmax,
    SoftmaxWithLoss,
    Softplus,
    TreeSoftmax,
)
from minigraph.ops import Choose, DropoutMask


def node(*shape: int, name: str | None = None) -> mg.Node:
    return mg.Node(np.ones(shape), name)


def loss_of(targets: Any) -> mg.Node:
    """The loss of 2 rows with 3 classes."""
    return SoftmaxWithLoss()(node(2, 3), np.asarray(targets))


def circuit() -> mg.Graph:
    """L = mean(tanh(x) · w), x being a leaf, the rest unnamed."""
    x, w = node(2, 3, name="x"), mg.Parameter(np.ones(3), "w")
    return mg.Graph((mg.tanh(x) * w).mean())


def feed(**named: Any) -> Callable[[], Any]:
    return lambda: circuit().forward(**named)


def feed_by_node(make: Callable[[mg.Graph], Any], value: Any = 1.0) -> Callable[[], Any]:
    def run() -> Any:
        graph = circuit()
        return graph.forward({make(graph): value})

    return run


class NoForward(mg.Op):
    """An op that somebody began to write."""


class NoBackward(mg.Op):
    def forward(self, x: Array) -> Array:
        return x * 1


class Returns(Double):
    """An op whose backward returns whatever it was given."""

    def __init__(self, result: Any) -> None:
        self.result = result

    def backward(self, upstream: Array, y: Array, x: Array) -> Any:
        return self.result


class AddsIntoIntegers(Double):
    """NumPy refuses this with an exception whose class takes five arguments."""

    def forward(self, x: Array) -> Array:
        y = np.zeros(x.shape, dtype=int)
        y += x
        return y


NAN = float("nan")
THIRDS = [1 / 3] * 3
Row = tuple[str, Callable[[], Any], type[Exception] | tuple[type[Exception], ...], str]

SHAPES: list[Row] = [
    ("Affine", lambda: Affine(785, 50)(node(100, 784)), ValueError,
     r"^Affine: x is \[100, 784\] but W is \[785, 50\]; x\.shape\[-1\] must equal W\.shape\[0\]$"),
    ("Affine of a number", lambda: Affine(2, 3)(1.0), ValueError, r"^Affine: x is \[\] but W is \[2, 3\]"),
    ("Affine on plain arrays", lambda: Affine(2, 3).forward(np.ones(3), np.ones((2, 3))), ValueError,
     r"^Affine: x is \[3\]"),
    ("Affine of two inputs", lambda: Affine(2, 3)(node(2), node(2)), TypeError, r"^Affine"),
    ("Affine sizes", lambda: Affine(0, 3), ValueError, r"^Affine: 0 inputs and 3 outputs"),
    ("MatMul", lambda: node(2, 3) @ node(4, 5), ValueError,
     r"^MatMul: a is \[2, 3\] but b is \[4, 5\]; a\.shape\[-1\] must equal b\.shape"),
    ("MatMul with a number", lambda: node(2, 3) @ 2.0, ValueError, r"^MatMul: a is \[2, 3\] but b is \[\]"),
    ("MatMul of vectors", lambda: node(2) @ node(3), ValueError, r"^MatMul: a is \[2\] but b is \[3\]"),
    ("MatMul batches", lambda: node(2, 3, 4) @ node(5, 4, 2), ValueError, r"^MatMul: .*\[2, 3, 4\], \[5, 4, 2\]"),
    ("Add", lambda: node(2, 3) + node(2), ValueError, r"^Add: the inputs are \[2, 3\], \[2\]; .*broadcast"),
    ("Maximum", lambda: mg.maximum(node(4), node(3)), ValueError, r"^Maximum: the inputs are \[4\], \[3\]"),
    ("Reshape", lambda: mg.reshape(node(2, 3), 4, 2), ValueError, r"^Reshape: the inputs are \[2, 3\]; .*\(4,\s?2\)"),
    ("Sum axis", lambda: node(2, 3).sum(axis=2), ValueError, r"^Sum: the inputs are \[2, 3\]; axis 2"),
    ("Mean axis", lambda: node(2, 3).mean(axis=-3), ValueError, r"^Mean: the inputs are \[2, 3\]; axis -3"),
    ("Max axis twice", lambda: node(2, 3).max(axis=(0, 0)), ValueError, r"^Max: the inputs are \[2, 3\]; duplicate"),
    ("Mean axis of a scalar", lambda: node().mean(axis=1), ValueError, r"^Mean: the inputs are \[\]; axis 1"),
    ("Softmax axis", lambda: Softmax(axis=2)(node(2, 3)), ValueError, r"^Softmax: x is \[2, 3\]; axis 2 must be there"),
    ("Softmax negative axis", lambda: Softmax(axis=-3)(node(2, 3)), ValueError, r"^Softmax: x is \[2, 3\]; axis -3"),
    ("Softmax of a number", lambda: Softmax()(node()), ValueError, r"^Softmax: x is \[\]"),
    ("Softmax groups", lambda: Softmax(groups=2)(node(2, 3)), ValueError, r"^Softmax: x is \[2, 3\].*divisible by 2"),
    ("Softmax no groups", lambda: Softmax(groups=0), ValueError, r"^Softmax: .*groups 0"),
    ("Softmax temperature", lambda: Softmax(temperature=0), ValueError, r"^Softmax: temperature is 0.*must be > 0"),
    ("Softmax temperature NaN", lambda: Softmax(temperature=NAN), ValueError, r"^Softmax: temperature is nan"),
    ("Pick shape", lambda: mg.pick(node(2, 3), np.zeros(3, int)), ValueError,
     r"^Pick: index is int64 \[3\].*shape \[2\]"),
    ("Pick floats", lambda: mg.pick(node(2, 3), np.zeros(2)), ValueError,
     r"^Pick: index is float64 \[2\], but must be int"),
    ("Pick range", lambda: mg.pick(node(2, 3), np.array([0, 3])), ValueError, r"^Pick: index has 0 … 3, .*in 0 … 2"),
    ("Pick negative", lambda: mg.pick(node(2, 3), np.array([-1, 0])), ValueError, r"^Pick: index has -1 … 0"),
]  # fmt: skip

PRIMITIVES: list[Row] = [
    ("Minimum", lambda: mg.minimum(node(4), node(3)), ValueError, r"^Minimum: the inputs are \[4\], \[3\]"),
    ("Min of nothing", lambda: node(0, 3).min(), ValueError, r"^Min: the inputs are \[0, 3\]; zero-size"),
    ("Min axis", lambda: node(2, 3).min(axis=2), ValueError, r"^Min: the inputs are \[2, 3\]; axis 2"),
    ("sqrt of integers", lambda: mg.sqrt(np.arange(3)), TypeError, r"^Sqrt: input 0 is int64"),
    ("Clip bounds", lambda: node(3).clip(1, 0), ValueError, r"^Clip: low is 1 and high 0; low must be ≤ high$"),
    ("Clip NaN", lambda: mg.clip(node(3), NAN), ValueError, r"^Clip: low is nan"),
    ("Where condition", lambda: mg.where(node(3), node(3), node(3)), ValueError,
     r"^Where: the condition is float64 \[3\], but must be bool$"),
    ("Where shapes", lambda: mg.where(np.ones(2, bool), node(3), 0.0), ValueError,
     r"^Where: the inputs are \[2\], \[3\], \[\]; .*broadcast"),
    ("GetItem range", lambda: node(2, 3)[0, 3], IndexError, r"^GetItem: the inputs are \[2, 3\]; index 3 is"),
    ("GetItem axes", lambda: node(2)[0, 0], IndexError, r"^GetItem: the inputs are \[2\]; too many indices"),
    ("GetItem by name", lambda: node(2)["x"], TypeError, r"^GetItem: the index is str, but must be of ints, slices"),
    ("GetItem by floats", lambda: node(2)[[0.0, 1.0]], TypeError, r"^GetItem: the index is float64 \[2\], but must be"),
    ("GetItem by a node", lambda: node(2)[mg.Node(np.array([0, 1]))], TypeError, r"^GetItem: the index is Node, but"),
    ("rows of a scalar", lambda: list(node()), TypeError, r"^Node: a scalar has no rows to go through$"),
    ("Reshape by a tuple", lambda: node(2, 3).reshape((4, 2)), ValueError, r"^Reshape: the inputs are \[2, 3\]"),
    ("Transpose twice", lambda: node(2, 3).transpose(0, 0), ValueError, r"^Transpose: the inputs .*; repeated"),
    ("Transpose axes", lambda: node(2, 3).transpose((1, 0, 2)), ValueError, r"^Transpose: the inputs .*; axes"),
    ("BroadcastTo", lambda: mg.broadcast_to(node(2), 3), ValueError, r"^BroadcastTo: the inputs are \[2\]; .*\(3,\)"),
    ("Concat of nothing", lambda: mg.concat([]), ValueError, r"^Concat: there are 0 arrays; at least 1 is needed$"),
    ("Concat", lambda: mg.concat([node(2, 3), node(2, 4)]), ValueError,
     r"^Concat: the inputs are \[2, 3\], \[2, 4\]; .*must match"),
    ("Concat axis", lambda: mg.concat([node(2), node(2)], axis=1), ValueError, r"^Concat: the inputs .*axis 1"),
    ("Concat of scalars", lambda: mg.concat([node(), node()]), ValueError, r"^Concat: .* \[\], \[\]; zero-dim"),
    ("Concat of another number", lambda: mg.ops.Concat(2)(node(2)), ValueError,
     r"^Concat: there are 1 arrays, but it was made for 2$"),
    ("Stack", lambda: mg.stack([node(2), node(3)]), ValueError, r"^Stack: the inputs are \[2\], \[3\]; .*same shape"),
    ("Stack axis", lambda: mg.stack([node(2), node(2)], axis=2), ValueError, r"^Stack: the inputs are .*axis 2"),
    ("LogSoftmax axis", lambda: LogSoftmax(2)(node(2, 3)), ValueError, r"^LogSoftmax: x is \[2, 3\]; axis 2 must be"),
    ("LogSoftmax of nothing", lambda: LogSoftmax()(node(2, 0)), ValueError, r"^LogSoftmax: x is \[2, 0\]; .*not empty"),
    ("LeakyReLU slope", lambda: LeakyReLU(2.0), ValueError, r"^LeakyReLU: slope is 2\.0, but must be from 0 to 1$"),
    ("LeakyReLU slope NaN", lambda: LeakyReLU(NAN), ValueError, r"^LeakyReLU: slope is nan"),
    ("Softplus beta", lambda: Softplus(0.0), ValueError, r"^Softplus: beta is 0\.0, but must be a number > 0$"),
    ("GELU form", lambda: GELU("erf"), ValueError,  # type: ignore[arg-type]
     r"^GELU: approximate is 'erf', but must be 'none' or 'tanh'$"),
    ("integers in a sigmoid", lambda: mg.sigmoid(np.arange(3)), TypeError, r"^Sigmoid: input 0 is int64"),
]  # fmt: skip

TARGETS: list[Row] = [
    ("label too large", lambda: loss_of([0, 3]), ValueError,
     r"^SoftmaxWithLoss: labels go from 0 to 3, but must lie in 0 … 2 \(3 classes\)$"),
    ("label negative", lambda: loss_of([-1, 0]), ValueError, r"^SoftmaxWithLoss: labels go from -1 to 0"),
    ("float labels", lambda: loss_of([0.0, 1.0]), ValueError,
     r"^SoftmaxWithLoss: the targets are float64 \[2\], but for scores of \[2, 3\] must be integer labels \[2\] or d"),
    ("labels of wrong length", lambda: loss_of([0, 1, 2]), ValueError,
     r"^SoftmaxWithLoss: the targets are int64 \[3\]"),
    ("columns of labels", lambda: loss_of([[0], [1]]), ValueError, r"^SoftmaxWithLoss: the targets are int64 \[2, 1\]"),
    ("sum is not 1", lambda: loss_of([THIRDS, [0.5, 0.4, 0.0]]), ValueError, r"^SoftmaxWithLoss: each row .*sum to 1"),
    ("negative target", lambda: loss_of([THIRDS, [1.5, -0.5, 0]]), ValueError, r"^SoftmaxWithLoss: .*numbers ≥ 0"),
    ("NaN target", lambda: loss_of([THIRDS, [NAN, 0.5, 0.5]]), ValueError, r"^SoftmaxWithLoss: .*no NaN"),
    ("score of no class", lambda: SoftmaxWithLoss()(node(), np.array(0)), ValueError, r"^SoftmaxWithLoss: .*\[\]"),
    ("CrossEntropy label", lambda: CrossEntropy()(node(2, 3), np.array([0, 3])), ValueError,
     r"^CrossEntropy: labels .*3"),
    ("CrossEntropy shape", lambda: CrossEntropy()(node(2, 3), np.ones((2, 4))), ValueError,
     r"^CrossEntropy: .*\[2, 4\]"),
    ("CrossEntropy sum", lambda: CrossEntropy()(node(1, 2), np.ones((1, 2))), ValueError, r"^CrossEntropy: each row"),
    ("CrossEntropy without targets", lambda: CrossEntropy()(node(1, 2)), TypeError, r"^CrossEntropy"),
    ("reduction", lambda: SoftmaxWithLoss("average"), ValueError,
     r"^SoftmaxWithLoss: reduction is 'average', but must be 'mean', 'sum' or 'none'$"),
]  # fmt: skip

VALUES: list[Row] = [
    ("complex node", lambda: mg.Node(1j, "z"), TypeError,
     r"^Node z: the value is complex128, but must be real numbers$"),
    ("string node", lambda: mg.Node("abc", "z"), TypeError, r"^Node z: the value is <U3"),
    ("object node", lambda: mg.Node(None, "z"), TypeError, r"^Node z: the value is object"),
    ("node of a node", lambda: mg.Node(node(), "z"), TypeError,
     r"^NumPy cannot compute with a node"),
    ("node without name", lambda: mg.Node(1j), TypeError, r"^Node: the value is complex128"),
    ("words for labels", lambda: SoftmaxWithLoss()(node(2, 3), ["a", "b"]), TypeError,
     r"^SoftmaxWithLoss: input 1: the value is <U1, but must be real numbers$"),
    ("integers want a gradient", lambda: mg.Node(np.arange(3), "t", requires_grad=True), TypeError,
     r"^Node t: int64 values have no gradient; give floating-point numbers$"),
    ("integers in arithmetic", lambda: node(3) + np.arange(3), TypeError,
     r"^Add: input 1 is int64, .*\.astype\(float\)$"),
    ("bools in arithmetic", lambda: mg.exp(np.array([True])), TypeError, r"^Exp: input 0 is bool"),
    ("integer labels in a layer", lambda: Affine(3, 2)(np.arange(3)), TypeError, r"^Affine: input 0 is int64"),
    ("initializer", lambda: Affine(2, 3, weight="zeros"), ValueError,
     r"^Affine: weight: .*'zeros'; use one of he, xavier"),
    ("weight shape", lambda: Affine(2, 3, weight=np.ones((3, 2))), ValueError,
     r"^Affine: weight: the given array is \[3, 2\], but must be \[2, 3\]$"),
    ("weight function", lambda: Affine(2, 3, weight=lambda shape, rng: np.ones(3)), ValueError,
     r"^Affine: weight: .*\[3\]"),
    ("bias shape", lambda: Affine(2, 3, bias=np.ones(2)), ValueError,
     r"^Affine: bias: the given array is \[2\].*\[3\]"),
    ("Sequential of a number", lambda: Sequential(Double(), 3), TypeError,
     r"^Sequential: 3 is not a layer"),
    ("Sequential of nothing", lambda: Sequential(), ValueError, r"^Sequential: needs at least one layer"),
]  # fmt: skip

FEEDS: list[Row] = [
    ("unknown name", feed(y=1.0), ValueError, r"^Graph: there is no leaf named 'y'; the leaves are x, w$"),
    ("intermediate name", feed(L=1.0), ValueError, r"^Graph: there is no leaf named 'L'"),
    ("intermediate node", feed_by_node(lambda graph: graph.output), ValueError,
     r"^Graph: .* is not a leaf of this graph"),
    ("node of another graph", feed_by_node(lambda graph: node(name="x")), ValueError,
     r"^Graph: .* not a leaf of this graph"),
    ("unknown name in a dict", feed_by_node(lambda graph: "nobody"), ValueError,
     r"^Graph: there is no leaf named 'nobody'"),
    ("NaN", feed(x=[[1, 2, 3], [4, NAN, NAN]]), ValueError, r"^Graph: x has 2 NaN of 6 values, the first at \[1, 1\]$"),
    ("other axes", feed(x=[1.0, 2.0, 3.0]), ValueError,
     r"^Graph: x was recorded as \[2, 3\], fed \[3\]; only sizes may change"),
    ("complex feed", feed(x=np.ones((2, 3)) * 1j), TypeError, r"^Graph: .*x.* complex128"),
    ("strings", feed(x=[["1", "2", "3"]]), TypeError, r"^Graph: .*x.* <U1"),
    ("shape", feed(x=np.ones((2, 4))), ValueError, r"^Mul: the inputs are \[2, 4\], \[3\]"),
    ("evaluate a foreign node", lambda: circuit().evaluate(node(name="h")), ValueError,
     r"^Graph: <Node h.* not part of"),
    ("evaluate unknown name", lambda: circuit().evaluate(None, y=1.0), ValueError,
     r"^Graph: there is no leaf named 'y'"),
    ("labels out of range", lambda: mg.Graph(network()).forward(t=[0, 1, 2, 3, 0, 0]), ValueError,
     r"^SoftmaxWithLoss: labels"),
]  # fmt: skip

BACKWARDS: list[Row] = [
    ("not a scalar", lambda: Double()(node(2, 3, name="x")).backward(), ValueError,
     r"^backward: Y is \[2, 3\], not a scalar; give seed="),
    ("seed shape", lambda: node(2, 3, name="x").backward(np.ones(3)), ValueError,
     r"^backward: seed is \[3\], but x is \[2, 3\]$"),
    ("nothing to differentiate", lambda: Double()(mg.Node(1.0, requires_grad=False)).backward(), ValueError,
     r"^backward: f depends on no node that requires a gradient$"),
    ("no forward", lambda: NoForward()(node()), NotImplementedError, r"^NoForward has no forward$"),
    ("no backward", lambda: NoBackward()(node()).backward(), NotImplementedError, r"^NoBackward has no backward$"),
    ("two gradients", lambda: Returns((1.0, 1.0))(node()).backward(), ValueError,
     r"^Returns\.backward must return a tuple of 1 gradients, one per input; got tuple of 2$"),
    ("no tuple", lambda: Returns(np.ones(3))(node()).backward(), ValueError, r"^Returns\.backward .*; got ndarray$"),
    ("nothing", lambda: Returns(None)(node()).backward(), ValueError, r"^Returns\.backward .*; got NoneType$"),
    ("gradient shape", lambda: Returns((np.ones(2),))(node(2, 3)).sum().backward(), ValueError,
     r"^Returns\.backward: the gradient for input 0 is \[2\], but the input is \[2, 3\]$"),
    ("NumPy's own casting error", lambda: AddsIntoIntegers()(node(2)), TypeError,
     r"^AddsIntoIntegers: .*\[2\].*[Cc]ast"),
    ("negative depth", lambda: mg.expand(node(), -1), ValueError, r"^expand: depth is -1, but must be 0 or more$"),
    ("local gradient of a leaf", lambda: mg.local_gradient(node(name="x")), ValueError,
     r"^local_gradient: <Node x.* 0 inputs"),
    ("local gradient of no input", lambda: mg.local_gradient(-node(), 1), ValueError,
     r"1 inputs, so there is no input 1$"),
    ("local gradient negative", lambda: mg.local_gradient(-node(), -1), ValueError, r"there is no input -1$"),
    ("local gradient too large", lambda: mg.local_gradient(-node(4000)), ValueError,
     r"^local_gradient: \[4000, 4000\] is more than 10,000,000 entries$"),
]  # fmt: skip


def parameter(grad: Any = 1.0) -> mg.Parameter:
    w = mg.Parameter(1.0, "w")
    w.grad = np.asarray(grad) if grad is not None else None
    return w


TRAINING: list[Row] = [
    ("a rate in quotes", lambda: mg.SGD([mg.Parameter(1.0)], "0.1"), TypeError,  # type: ignore[arg-type]
     r"^SGD: learning_rate is '0\.1', but must be a number, 0 or more$"),
    ("no parameters", lambda: mg.SGD([]), ValueError, r"^SGD: there are no parameters to change$"),
    ("no Parameter", lambda: mg.SGD([parameter(), node(name="x")]), TypeError,
     r"^SGD: <Node x.* is not a Parameter$"),
    ("learning rate", lambda: mg.SGD([parameter()], -0.1), ValueError,
     r"^SGD: learning_rate is -0\.1, but must be 0 or more$"),
    ("learning rate NaN", lambda: mg.SGD([parameter()], NAN), ValueError, r"^SGD: learning_rate is nan"),
    ("momentum", lambda: mg.SGD([parameter()], momentum=-1), ValueError, r"^SGD: momentum is -1"),
    ("weight decay", lambda: mg.SGD([parameter()], weight_decay=-1), ValueError, r"^SGD: weight_decay is -1"),
    ("nesterov", lambda: mg.SGD([parameter()], nesterov=True), ValueError,
     r"^SGD: nesterov needs a momentum greater than 0$"),
    ("missing gradient", lambda: mg.SGD([parameter(None)]).step(), ValueError,
     r"^SGD: 'w' has no gradient; call backward\(\)"),
    ("batches of unequal length", lambda: mg.batches(np.ones((3, 2)), np.ones(4), size=2), ValueError,
     r"^batches: x is \[3, 2\] and t is \[4\]; both need the same number of rows, at least 1$"),
    ("batches of nothing", lambda: mg.batches([], [], size=2), ValueError, r"^batches: x is \[0\] and t is \[0\]"),
    ("batches of numbers", lambda: mg.batches(1.0, 2.0, size=2), ValueError, r"^batches: x is \[\] and t is \[\]"),
    ("batches of size 0", lambda: mg.batches([1], [1], size=0), ValueError,
     r"^batches: size is 0, but must be at least 1$"),
]  # fmt: skip


def twice() -> Any:
    graph = circuit()
    return graph.forward({graph["x"]: np.ones((2, 3))}, x=np.ones((2, 3)))


MISUSE: list[Row] = [
    ("masked array", lambda: mg.Node(np.ma.masked_array([1.0, 2.0])), TypeError, r"^Node: the value is a masked array"),
    ("masked array beside a node", lambda: node(2) + np.ma.masked_array([1.0, 2.0]), TypeError, r"^Add: .* masked"),
    ("ragged list", lambda: mg.Node([[1, 2], [3]], "r"), ValueError, r"^Node r: the value is not an array of numbers"),
    ("graph of no node", lambda: mg.Graph(5), TypeError, r"^Graph: needs a node, got int$"),  # type: ignore[arg-type]
    ("array for feeds", lambda: circuit().forward(np.ones(3)), TypeError,  # type: ignore[arg-type]
     r"^Graph: feed by name \(x=…\) or with a dict of leaves; got ndarray$"),
    ("dict first in evaluate", lambda: circuit().evaluate({"x": 1.0}), TypeError,  # type: ignore[arg-type]
     r"^Graph.evaluate: first the node to evaluate .* got dict$"),
    ("fed twice", twice, ValueError, r"^Graph: x is fed twice$"),
    ("unknown node by name", lambda: circuit()["nobody"], KeyError, r"Graph: there is no node 'nobody'; there are x, "),
    ("graph as parameters", lambda: mg.SGD(circuit()), TypeError, r"'Graph' object is not iterable"),
    ("one parameter", lambda: mg.SGD(parameter()), TypeError, r"^SGD: give a list of parameters, not one"),
    ("gradient of another shape", lambda: mg.SGD([parameter(np.ones(4))]).step(), ValueError,
     r"^SGD: 'w' has a gradient of \[4\], but is"),
    ("save of layers", lambda: mg.save("x.npz", Sequential(Affine(2, 2))), TypeError,
     r"^save and load: Affine\(2, 2\) is not a Parameter"),
    ("class for a layer", lambda: Sequential(Affine(2, 2), Softmax), TypeError,
     r"^Sequential: Softmax is a class; make a layer of it: Softmax\(\)$"),
    ("no input for Affine", lambda: Affine(3, 2)(), ValueError, r"^Affine: x is \[3, 2\] but W is \[2\]"),
    ("one input too many", lambda: Affine(3, 2, bias=False)(node(3, 3), node(3, 3)), ValueError,
     r"^Affine: b is \[3, 2\], but must be \[3\]$"),
    ("integer parameter", lambda: mg.Parameter([1, 2], "n"), TypeError, r"^Parameter n: int64 values have no gradient"),
    ("complex gradient", lambda: Returns((np.ones(2) * 1j,))(node(2)).backward(np.ones(2)), TypeError,
     r"^Returns.backward: the gradient for input 0 is complex128, but must be floating-point$"),
]  # fmt: skip

STRUCTURE: list[Row] = [
    ("LayerNorm", lambda: LayerNorm(4)(node(2, 3)), ValueError,
     r"^LayerNorm: x is \[2, 3\] but γ is \[4\]; γ\.shape must equal \(x\.shape\[-1\],\)$"),
    ("LayerNorm of a number", lambda: LayerNorm(4)(node()), ValueError,
     r"^LayerNorm: x is \[\]; axis -1 must be there"),
    ("LayerNorm of nothing", lambda: LayerNorm(4)(node(0, 4)), ValueError, r"^LayerNorm: x is \[0, 4\]; .*empty$"),
    ("LayerNorm sizes", lambda: LayerNorm(0), ValueError, r"^LayerNorm: features is 0 and eps 1e-05; .* ≥ 1"),
    ("LayerNorm of several axes", lambda: LayerNorm((8, 32)), ValueError,  # type: ignore[arg-type]
     r"^LayerNorm: features is \(8, 32\) and eps 1e-05; they must be a count"),
    ("LayerNorm eps", lambda: LayerNorm(2, eps=NAN), ValueError, r"^LayerNorm: features is 2 and eps nan"),
    ("BatchNorm", lambda: BatchNorm(4)(node(2, 3)), ValueError, r"^BatchNorm: x is \[2, 3\] but γ is \[4\]"),
    ("BatchNorm axis", lambda: BatchNorm(4, axis=2)(node(2, 4)), ValueError, r"^BatchNorm: x is \[2, 4\]; axis 2 must"),
    ("BatchNorm of one sample", lambda: BatchNorm(4)(node(1, 4)), ValueError,
     r"^BatchNorm: x is \[1, 4\]; training needs two values of each feature$"),
    ("BatchNorm momentum", lambda: BatchNorm(4, momentum=0), ValueError, r"^BatchNorm: momentum is 0, .*\(0, 1\]"),
    ("BatchNorm without x", lambda: BatchNorm(4)(), TypeError, r"^BatchNorm"),
    ("BatchNorm step", lambda: BatchNorm(4)(node(2, 4), 1.0), ValueError,
     r"^BatchNorm: step is float64 1\.0, but must"),
    ("Dropout of all", lambda: Dropout(1.0), ValueError, r"^Dropout: p is 1\.0, but must lie in \[0, 1\)"),
    ("Dropout of less than nothing", lambda: Dropout(-0.1), ValueError, r"^Dropout: p is -0\.1"),
    ("Dropout NaN", lambda: Dropout(NAN), ValueError, r"^Dropout: p is nan"),
    ("Dropout of integers", lambda: Dropout()(np.arange(3)), TypeError, r"^Dropout: input 0 is int64"),
    ("Dropout of no input", lambda: Dropout()(), TypeError, r"^Dropout"),
    ("Dropout mask", lambda: Dropout()(node(2, 3), node(3)), ValueError,
     r"^Dropout: the mask is \[3\], .* be \[2, 3\]$"),
    ("DropoutMask", lambda: DropoutMask(1.5, 0), ValueError, r"^DropoutMask: p is 1\.5"),
    ("steps", lambda: Choose()(node(), node(), np.arange(3)), ValueError,
     r"^Choose: step is int64 \[3\], but must be one"),
    ("Embedding range", lambda: Embedding(3, 2)(np.array([0, 3])), ValueError,
     r"^Embedding: the index goes from 0 to 3, but must lie in 0 … 2$"),
    ("Embedding negative", lambda: Embedding(3, 2)(np.array([-1])), ValueError,
     r"^Embedding: the index goes from -1 to"),
    ("Embedding floats", lambda: Embedding(3, 2)(node(2)), ValueError, r"^Embedding: the index is float64 \[2\], but"),
    ("Embedding sizes", lambda: Embedding(3, 0), ValueError,
     r"^Embedding: 3 rows of 0 numbers; both must be at least 1$"),
    ("tree", lambda: TreeSoftmax([-1, 2, 0]), ValueError,
     r"^TreeSoftmax: parents is \(-1, 2, 0\); needs .* earlier one"),
    ("tree of nothing", lambda: PathProduct([]), ValueError, r"^PathProduct: parents is \(\)"),
    ("tree in disorder", lambda: TreeSoftmax([-1, 0, -1]), ValueError,
     r"^TreeSoftmax: .*; siblings must stand side by"),
    ("TreeSoftmax", lambda: TreeSoftmax([-1, -1])(node(3)), ValueError,
     r"^TreeSoftmax: x is \[3\], but must be \[\.\.\., 2\], a number for each node of the tree, and not empty$"),
    ("PathProduct of nothing", lambda: PathProduct([-1, -1])(node(0, 2)), ValueError, r"^PathProduct: x is \[0, 2\]"),
]  # fmt: skip

ROWS = [*SHAPES, *PRIMITIVES, *TARGETS, *VALUES, *FEEDS, *BACKWARDS, *TRAINING, *MISUSE, *STRUCTURE]


@pytest.mark.parametrize("call, kind, message", [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_message(call: Callable[[], Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        call()


def test_every_row_has_a_name_of_its_own() -> None:
    assert len({row[0] for row in ROWS}) == len(ROWS)
