"""Losses and penalties: the sum is a product of vectors, and backward multiplies what forward kept by a number."""

from __future__ import annotations

import math

import numpy as np

from minigraph.arrays import Array
from minigraph.compile.builder import Backward, Builder, lowers
from minigraph.compile.memory import larger
from minigraph.compile.refs import Ref
from minigraph.compile.rules.activations import in_steps, row_sums, slope_of_softplus, softplus_parts
from minigraph.compile.rules.elementwise import clip_at_zero, in_type, one_type, signs
from minigraph.compile.rules.embedding import take_rows
from minigraph.compile.rules.refusals import is_nan, not_in_unit, refuse
from minigraph.compile.rules.softmax import CheckLabels
from minigraph.graph import Node
from minigraph.layers.binary import BinaryCrossEntropy, SigmoidWithLoss
from minigraph.layers.classification import MulticlassHinge
from minigraph.layers.losses import CrossEntropy, NLLLoss, SparseCategoricalCrossEntropy
from minigraph.layers.regression import MeanAbsoluteError, MeanSquaredError
from minigraph.layers.regularization import L1, L2


def flat(b: Builder, ref: Ref) -> Ref:
    return b.reshaped(ref, math.prod(ref.shape))


def put_sum(b: Builder, numbers: Ref, scale: float, out: Ref, weights: Ref | None = None) -> None:
    """out = scale · Σ numbers ⊙ weights, or without weights scale · Σ numbers."""
    others = flat(b, weights) if weights else b.ones(math.prod(numbers.shape), numbers.dtype)
    b.call(np.dot, flat(b, numbers), others, out)
    if scale != 1:
        b.call(np.multiply, out, b.number(scale, out.dtype), out)


def give_times(b: Builder, node: Node, gradient: Ref, scale: float, u: Ref) -> None:
    """Gives input 0 a gradient that was kept, times a number, times the scalar upstream."""
    if u.constant is not None:
        factor = b.number(scale * u.constant, gradient.dtype)
    else:
        factor = b.elementwise(np.multiply, u, b.number(scale, gradient.dtype))
    if factor.constant == 1:
        b.give_ref(node.inputs[0], gradient)
    else:
        b.give(node.inputs[0], np.multiply, gradient, factor)


@lowers(L2)
def l2(b: Builder, node: Node) -> Backward | None:
    """Σ W² is the product of W with itself."""
    if not one_type(b, node):
        return None
    w, op = b.value(node.inputs[0]), node.op
    assert isinstance(op, L2)
    strength = op.strength
    put_sum(b, w, strength, b.output(node), w)
    return lambda u: give_times(b, node, w, 2 * strength, u)


@lowers(L1)
def l1(b: Builder, node: Node) -> Backward | None:
    if not one_type(b, node):
        return None
    w, op = b.value(node.inputs[0]), node.op
    assert isinstance(op, L1)
    strength = op.strength
    put_sum(b, b.elementwise(np.absolute, w), strength, b.output(node))
    return lambda u: give_times(b, node, signs(b, w), strength, u)


@lowers(MeanSquaredError)
@lowers(MeanAbsoluteError)
def distance(b: Builder, node: Node) -> Backward | None:
    """Σ (x − t)² is the product of x − t with itself, Σ |x − t| that of |x − t| with ones."""
    (x, t), op = map(b.value, node.inputs), node.op
    assert isinstance(op, (MeanSquaredError, MeanAbsoluteError))
    if op.reduction == "none":
        return None
    scale, loss = op.scale(b.values[node.inputs[0]]), b.output(node)
    d = b.elementwise(np.subtract, x, in_type(b, t, x.dtype))
    squared = isinstance(op, MeanSquaredError)
    if squared:
        put_sum(b, d, scale, loss, d)
    else:
        put_sum(b, b.elementwise(np.absolute, d), scale, loss)
    refuse(b, node, is_nan, loss)  # as targets with NaN make it

    def backward(u: Ref) -> None:
        if squared:
            give_times(b, node, d, 2 * scale, u)
        else:
            give_times(b, node, signs(b, d), scale, u)

    return backward


@lowers(SigmoidWithLoss)
def sigmoid_with_loss(b: Builder, node: Node) -> Backward | None:
    """max(z, 0) − t·z + ln(1 + e^−|z|), of which the slope needs the logarithm again: nothing overflows or cancels."""
    (z, t), op = map(b.value, node.inputs), node.op
    assert isinstance(op, SigmoidWithLoss)
    if op.reduction == "none":
        return None
    dtype, scale = z.dtype, op.scale(b.values[node.inputs[0]])
    refuse(b, node, not_in_unit, t)
    q = in_type(b, t, dtype)
    positive, logs = softplus_parts(b, z)
    cost = b.elementwise(np.subtract, positive, b.elementwise(np.multiply, q, z))
    put_sum(b, b.elementwise(np.add, cost, logs), scale, b.output(node))

    def backward(u: Ref) -> None:
        give_times(b, node, b.elementwise(np.subtract, slope_of_softplus(b, z, logs), q), scale, u)

    return backward


@lowers(BinaryCrossEntropy)
def binary_cross_entropy(b: Builder, node: Node) -> Backward | None:
    """0 · ln 0 is 0: where t is 0, ln p is taken of 1 instead, and where t is 1, ln(1 − p) likewise."""
    (p, t), op = map(b.value, node.inputs), node.op
    assert isinstance(op, BinaryCrossEntropy)
    if op.reduction == "none":
        return None
    dtype, scale, loss = p.dtype, op.scale(b.values[node.inputs[0]]), b.output(node)
    refuse(b, node, not_in_unit, p)
    refuse(b, node, not_in_unit, t)
    one, q, unused = b.number(1.0, dtype), in_type(b, t, dtype), b.new(p.shape, dtype)
    rest = b.elementwise(np.subtract, one, q)
    b.call(np.equal, q, b.number(0.0, dtype), unused)
    yes = b.elementwise(larger, p, unused)
    b.call(np.less, q, one, unused)
    no = b.elementwise(np.negative, b.elementwise(np.multiply, p, unused))
    parts = b.new((), dtype), b.new((), dtype)
    put_sum(b, b.elementwise(np.log, yes), -scale, parts[0], q)
    put_sum(b, b.elementwise(np.log1p, no), -scale, parts[1], rest)
    b.call(np.add, *parts, loss)

    def backward(u: Ref) -> None:
        falling = b.elementwise(np.divide, rest, b.elementwise(np.add, no, one))
        give_times(b, node, b.elementwise(np.subtract, falling, b.elementwise(np.divide, q, yes)), scale, u)

    return backward


def places_of_labels(b: Builder, node: Node) -> tuple[Ref, Ref] | None:
    """Where x[n, t[n]] stands in x as a vector, and these numbers; None where t is no labels."""
    (x, t), op = map(b.value, node.inputs), node.op
    assert op is not None
    if not t.shape or len(t.shape) + 1 != len(x.shape):
        return None
    count, classes = math.prod(t.shape), x.shape[-1]
    labels, where, picked = b.reshaped(t, count), b.new((count,), np.intp), b.new((count,), x.dtype)
    CheckLabels.call(b, op, labels, classes)
    b.call(_add_index, b.known(np.arange(count) * classes, f"0, {classes}…"), labels, where)
    b.call(take_rows, flat(b, x), where, picked)
    return where, picked


def _add_index(starts: Array, labels: Array, out: Array) -> None:
    np.add(starts, labels, out=out, casting="unsafe")


def _put(numbers: Array, where: Array, out: Array) -> None:
    out[where] = numbers


def _put_alone(numbers: Array, where: Array, out: Array) -> None:
    out.fill(0)
    out[where] = numbers


@lowers(CrossEntropy)
@lowers(SparseCategoricalCrossEntropy)
@lowers(NLLLoss)
def cross_entropy(b: Builder, node: Node) -> Backward | None:
    """Of labels: only one number of each row takes part."""
    op, x = node.op, b.value(node.inputs[0])
    assert isinstance(op, (CrossEntropy, NLLLoss))
    if op.reduction == "none" or (found := places_of_labels(b, node)) is None:
        return None
    where, picked = found
    scale = op.scale(b.values[node.inputs[0]])
    put_sum(b, picked if isinstance(op, NLLLoss) else b.elementwise(np.log, picked), -scale, b.output(node))

    def backward(u: Ref) -> None:
        share = b.elementwise(np.multiply, u, b.number(-scale, x.dtype))
        share = share if isinstance(op, NLLLoss) else b.elementwise(np.divide, share, picked)
        if b.wants(node.inputs[0]):
            out = b.open(node.inputs[0])
            b.call(_put_alone, share, where, flat(b, out))
            b.close(node.inputs[0], out)

    return backward


@lowers(MulticlassHinge)
def multiclass_hinge(b: Builder, node: Node) -> Backward | None:
    """Of labels: row by row, with 0 put at the right class."""
    op, s = node.op, b.value(node.inputs[0])
    assert isinstance(op, MulticlassHinge)
    if op.reduction == "none" or (found := places_of_labels(b, node)) is None:
        return None
    (where, right), scale, dtype = found, op.scale(b.values[node.inputs[0]]), s.dtype
    rows = b.reshaped(s, where.shape[0], s.shape[-1])
    reach = in_steps(b, rows, ((np.subtract, b.column(right)), (np.add, op.delta)))
    beyond, zero = b.new(rows.shape, dtype), b.number(0.0, dtype)
    clip_at_zero(b, reach, beyond)
    b.call(_put, zero, where, flat(b, beyond))
    put_sum(b, beyond, scale, b.output(node))

    def backward(u: Ref) -> None:
        v = b.new(rows.shape, dtype)
        b.call(np.greater, beyond, zero, v)
        b.call(_put, b.elementwise(np.negative, row_sums(b, v)), where, flat(b, v))
        give_times(b, node, b.reshaped(v, *s.shape), scale, u)

    return backward
