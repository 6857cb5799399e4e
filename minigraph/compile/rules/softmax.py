"""The softmax loss, with its gradient in the same go: the scores are read once, while they are in the cache.

A head with few classes keeps its scores class-major, as [C, N]: maximum and sum over the classes are then ufuncs over
long rows. A large vocabulary is worked off a few rows at a time.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from minigraph.arrays import Array
from minigraph.compile.builder import Backward, Builder, lowers
from minigraph.compile.refs import Ref
from minigraph.compile.rules.activations import as_rows, row_sums, shifted
from minigraph.compile.rules.elementwise import clip, in_type, one_type
from minigraph.compile.rules.linear import ByClass
from minigraph.compile.rules.refusals import refuse
from minigraph.compile.threads import in_parts, workers
from minigraph.graph import Node, Op
from minigraph.layers.affine import Affine
from minigraph.layers.losses import SoftmaxWithLoss
from minigraph.layers.targets import check_labels

FEW = 64  # classes up to which a head is class-major
LOWEST, HUGE = -1e30, 1e15  # e^LOWEST is 0; a loss below HUGE has no LOWEST in it, not even as a mean


class CheckLabels:
    """Labels out of range are refused, as the lesson does it. They are seen without a sign: negative ones are huge."""

    __name__ = "check_labels"

    def __init__(self, op: Op, classes: int) -> None:
        self.name, self.classes = op.name, classes

    @classmethod
    def call(cls, b: Builder, op: Op, labels: Ref, classes: int) -> None:
        unsigned = np.dtype(f"u{labels.dtype.itemsize}")
        b.call(cls(op, classes), b.view(labels, "{}", lambda a: a.view(unsigned)), labels, writes=())

    def __call__(self, unsigned: Array, labels: Array) -> None:
        if unsigned[unsigned.argmax()] >= self.classes:
            check_labels(self.name, labels, self.classes)


@lowers(SoftmaxWithLoss, after=Affine)
def head(b: Builder, node: Node) -> Backward | None:
    """Affine and SoftmaxWithLoss together, for few classes; all leading axes are rows."""
    scores, labels = node.inputs
    op, t, values = node.op, b.value(labels), b.values[scores]
    assert isinstance(op, SoftmaxWithLoss)
    classes, dtype = values.shape[-1], values.dtype
    fits = t.shape and len(t.shape) + 1 == values.ndim and classes <= FEW and op.reduction != "none"
    if not fits or not one_type(b, scores):
        return None
    n = math.prod(t.shape)
    z, whole = class_major(b, classes, n, dtype)
    product = ByClass(b, scores.inputs, z)
    gradient = columns(b, node, z, whole, b.reshaped(t, n), op.scale(values))
    loss = b.value(node)
    b.call(_Finite(op, scores.op), loss, *map(b.value, scores.inputs), b.value(labels), writes=(loss,))

    def backward(u: Ref) -> None:
        if u.constant != 1:
            b.call(np.multiply, gradient, u, gradient)
        product.backward(b, gradient)

    return backward


def class_major(b: Builder, classes: int, n: int, dtype: DTypeLike) -> tuple[Ref, Ref]:
    """Memory for scores as [C, N], and the same with one row more, where `columns` puts ln Σ e^z."""
    whole = b.new((classes + 1, n), dtype)
    return b.view(whole, "{}[:-1]", lambda a: a[:-1]), whole


def columns(b: Builder, node: Node, z: Ref, whole: Ref, t: Ref, scale: float, masked: bool = False) -> Ref:
    """The loss of `class_major` scores, which are overwritten, and its gradient (p − t) × scale, as [C, N].

    masked: whether scores may be −∞. The loss is one product: of z with −scale at the targets, of ln Σ e^z with scale.
    """
    (classes, n), dtype, op = z.shape, z.dtype, node.op
    assert op is not None
    CheckLabels.call(b, op, t, classes)
    weights = b.known(np.full((classes + 1, n), scale, dtype), "weights")
    chosen = b.view(weights, "{}[:-1]", lambda a: a[:-1])
    b.call((np.eye(classes, dtype=dtype) * dtype.type(-scale)).take, t, 1, chosen, "clip", writes=(chosen,))

    top, total, e = b.new((n,), dtype), b.new((n,), dtype), b.new(z.shape, dtype)
    b.call(np.maximum.reduce, z, 0, None, top)
    b.call(np.subtract, z, top, z)
    if masked:
        _bound(b, z)
    b.call(np.exp, z, e)
    b.call(np.dot, b.ones(classes, dtype), e, total)
    b.call(np.log, total, b.view(whole, "{}[-1]", lambda a: a[-1]))
    b.call(np.dot, *(b.reshaped(a, (classes + 1) * n) for a in (whole, weights)), b.output(node))

    b.call(np.multiply, e, b.elementwise(np.divide, b.number(scale, dtype), total), e)
    b.call(np.add, e, chosen, e)
    return e


class _Rows:
    """The softmax loss of scores [N, C] and its gradient, some rows at a time, in several threads where it is long."""

    __name__ = "softmax_with_loss"
    BYTES = 1 << 19  # of scores at a time: with their gradient they stay in the second cache of a core
    PLAIN = 60  # maxima up to which e^z needs no shift: its sum is neither 0 nor ∞, even as float32
    LONG = 1 << 20  # elements from which on a second thread pays: about half a millisecond

    def __init__(self, scale: float, shape: tuple[int, int], dtype: np.dtype[Any]) -> None:
        n, classes = shape
        self.scale = np.asarray(scale, dtype)
        self.step = max(1, self.BYTES // (classes * dtype.itemsize))
        self.ones = np.ones(classes, dtype)  # BLAS sums faster than add.reduce
        self.all = np.arange(n)
        self.top, self.sums, self.share = (np.empty((n, 1), dtype) for _ in range(3))
        self.parts = min(workers(), n) if n * classes >= self.LONG else 1

    def __call__(self, z: Array, labels: Array, gradient: Array, loss: Array) -> None:
        in_parts(lambda rows: self.some(z, gradient, rows), len(z), self.parts)
        where = self.all, labels
        costs = np.log(self.sums[:, 0]) + (self.top[:, 0] - z[where])  # row by row, where large scores cancel
        loss[()] = costs.sum() * self.scale
        gradient[where] -= self.scale

    def some(self, z: Array, gradient: Array, rows: slice) -> None:
        """The gradient of these rows, but for the targets; the maximum and the sum of each."""
        for start in range(rows.start, rows.stop, self.step):
            some = slice(start, min(start + self.step, rows.stop))
            part, out, top, sums, share = z[some], gradient[some], self.top[some], self.sums[some], self.share[some]
            np.max(part, axis=1, keepdims=True, out=top)
            if np.abs(top).max() < self.PLAIN:
                top.fill(0)
                np.exp(part, out)
            else:
                np.subtract(part, top, out)
                np.exp(out, out)
            np.dot(out, self.ones, sums[:, 0])
            np.divide(self.scale, sums, share)
            np.multiply(out, share, out)


@lowers(SoftmaxWithLoss)
def rows(b: Builder, node: Node) -> Backward | None:
    """The scores as they stand, with labels; few classes are turned class-major first."""
    scores, labels = node.inputs
    op, z, t = node.op, b.value(scores), b.value(labels)
    assert isinstance(op, SoftmaxWithLoss)
    if op.reduction == "none" or not t.shape:
        return None
    if len(t.shape) == len(z.shape):
        return of_distributions(b, node)
    n, classes = math.prod(t.shape), z.shape[-1]
    scale, z2, t2 = op.scale(b.values[scores]), b.reshaped(z, n, classes), b.reshaped(t, n)
    if classes <= FEW:
        turned, whole = class_major(b, classes, n, z.dtype)
        b.call(np.copyto, turned, b.transposed(z2), writes=(turned,))
        split = b.reshaped(columns(b, node, turned, whole, t2, scale, masked=True), classes, *t.shape)
        b.call(_Finite(op), b.value(node), z, t, writes=(b.value(node),))
        return lambda u: _give_scaled(b, scores, b.view(split, "{}.by_row", lambda a: np.moveaxis(a, 0, -1)), u)
    gradient, loss = b.ahead(scores), b.output(node)
    gradient2 = b.reshaped(gradient, n, classes)
    CheckLabels.call(b, op, t2, classes)
    b.call(_Rows(scale, (n, classes), z.dtype), z2, t2, gradient2, loss, writes=(gradient2, loss))

    def backward(u: Ref) -> None:
        if u.constant != 1:
            b.call(np.multiply, gradient, u, gradient)
        b.give_ref(scores, gradient)

    return backward


def of_distributions(b: Builder, node: Node) -> Backward:
    """Targets that are one-hot or other distributions: Σₙ Σt · ln Σ e^z − Σ t ⊙ z, with z less its maximum."""
    scores, op = node.inputs[0], node.op
    (z, t), loss = map(b.value, node.inputs), b.output(node)
    assert isinstance(op, SoftmaxWithLoss)
    scale, dtype, q = op.scale(b.values[scores]), z.dtype, as_rows(b, in_type(b, t, z.dtype))
    sums = row_sums(b, q)
    refuse(b, node, _has_negative, q)
    refuse(b, node, _sums_not_to_one, sums)
    shift = shifted(b, as_rows(b, z))
    _bound(b, shift)
    e = b.elementwise(np.exp, shift)
    total = row_sums(b, e)
    cost, right = b.new((), dtype), b.new((), dtype)
    b.call(np.dot, sums, b.elementwise(np.log, total), cost)
    b.call(np.dot, *(b.reshaped(a, math.prod(z.shape)) for a in (q, shift)), right)
    b.call(np.subtract, cost, right, loss)
    b.call(np.multiply, loss, b.number(scale, dtype), loss)
    b.call(_Finite(op), loss, z, t, writes=(loss,))

    def backward(u: Ref) -> None:
        share = b.elementwise(np.divide, sums, total)
        g = b.elementwise(np.multiply, e, b.column(share))
        g = b.elementwise(np.subtract, g, q)
        factor = b.elementwise(np.multiply, b.number(scale, dtype), b.full(u, ()))
        b.give(scores, np.multiply, b.reshaped(g, *z.shape), factor)

    return backward


def _has_negative(q: Array) -> bool:
    return not np.minimum.reduce(q, None) >= 0


def _sums_not_to_one(sums: Array) -> bool:
    return not (np.minimum.reduce(sums) > 0.9995 and np.maximum.reduce(sums) < 1.0005)


def _bound(b: Builder, shifted: Ref) -> None:
    """A bound on scores less their maximum: a target of 0 times −∞ would be NaN."""
    b.call(clip, shifted, b.number(LOWEST, shifted.dtype), b.number(0.0, shifted.dtype), shifted)


class _Finite:
    """The lesson's loss where this one is so large that a bounded score may be in it, or NaN, as 0 times −∞ makes it.

    before: the op that makes the scores, where its inputs come in their place.
    """

    __name__ = "unless_huge"

    def __init__(self, op: Op, before: Op | None = None) -> None:
        self.op, self.before = op, before

    def __call__(self, loss: Array, *operands: Array) -> None:
        if not loss < HUGE:
            *scores, t = operands
            z = self.before.run(tuple(scores)) if self.before else scores[0]
            np.copyto(loss, self.op.run((z, t)))


def _give_scaled(b: Builder, scores: Node, gradient: Ref, u: Ref) -> None:
    if u.constant == 1:
        b.give_ref(scores, gradient)
    else:
        b.give(scores, np.multiply, gradient, u)
