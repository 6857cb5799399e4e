"""Normalising rows and features: every sum is a product with ones, and backward keeps x̂ and σ of forward."""

from __future__ import annotations

import math

import numpy as np

from minigraph.arrays import Array
from minigraph.compile.builder import Backward, Builder, lowers
from minigraph.compile.refs import Ref
from minigraph.compile.rules.elementwise import one_type
from minigraph.compile.rules.linear import sum_of_rows
from minigraph.graph import Node
from minigraph.layers.normalization import BatchNorm, LayerNorm


@lowers(LayerNorm)
def layer_norm(b: Builder, node: Node) -> Backward | None:
    """The mean of a row is a product with ones: sums over a short last axis take NumPy ten times as long.

    mean(dy ⊙ γ) and mean(dy ⊙ γ ⊙ x̂) are the products of dy and of dy ⊙ x̂, which dγ needs anyway, with γ/n.
    """
    if not one_type(b, node):
        return None
    x, gamma, beta = map(b.value, node.inputs)
    assert isinstance(node.op, LayerNorm)
    n, dtype = x.shape[-1], x.dtype
    rows = math.prod(x.shape) // n
    x2, y2 = b.reshaped(x, rows, n), b.reshaped(b.output(node), rows, n)
    share = b.known(np.full(n, 1 / n, dtype), "1/n…")

    mean, sigma = b.new((rows,), dtype), b.new((rows,), dtype)
    b.call(np.dot, x2, b.ones(n, dtype), mean)
    b.call(np.divide, mean, b.number(n, dtype), mean)  # after the sum: as exact as the lesson's mean
    centred = b.elementwise(np.subtract, x2, b.column(mean))
    b.call(np.dot, b.elementwise(np.multiply, centred, centred), share, sigma)
    b.call(np.add, sigma, b.number(node.op.eps, dtype), sigma)
    b.call(np.sqrt, sigma, sigma)
    xhat = b.elementwise(np.divide, centred, b.column(sigma))
    b.call(np.multiply, xhat, gamma, y2)
    b.call(np.add, y2, beta, y2)

    def backward(u: Ref) -> None:
        u2 = b.reshaped(b.full(u, x.shape), rows, n)
        along = b.elementwise(np.multiply, u2, xhat)
        sum_of_rows(b, node.inputs[1], along)
        sum_of_rows(b, node.inputs[2], u2)
        if not b.wants(node.inputs[0]):
            return
        weights = b.elementwise(np.multiply, gamma, share)
        means = b.new((rows,), dtype), b.new((rows,), dtype)
        b.call(np.dot, u2, weights, means[0])
        b.call(np.dot, along, weights, means[1])
        g = b.elementwise(np.multiply, u2, gamma)
        b.call(np.subtract, g, b.column(means[0]), g)
        b.call(np.subtract, g, b.elementwise(np.multiply, xhat, b.column(means[1])), g)
        out = b.open(node.inputs[0])
        b.call(np.divide, g, b.column(sigma), b.reshaped(out, rows, n))
        b.close(node.inputs[0], out)

    return backward


class _Statistics:
    """μ and σ of each feature: those of the batch in training, else the known ones, which depend on nothing.

    share: 1/n in training, else 0, which is what the means in ∂L/∂x are to be multiplied by.
    """

    __name__ = "statistics"

    def __init__(self, op: BatchNorm) -> None:
        self.op = op

    def __call__(
        self, x: Array, step: Array, known: Array, variance: Array, mean: Array, sigma: Array, share: Array
    ) -> None:
        training = self.op.check_mode(x, step, known, variance)
        share[()] = x.shape[1] / x.size if training else 0
        if training:
            np.divide(feature_sums(x), x.size // x.shape[1], mean)  # as exact as the lesson's mean
            centred = x - mean[:, None]
            np.multiply(feature_sums(np.multiply(centred, centred, centred)), share, sigma)
            np.add(sigma, x.dtype.type(self.op.eps), sigma)
        else:
            np.copyto(mean, known)
            np.add(variance, x.dtype.type(self.op.eps), sigma)
        np.sqrt(sigma, sigma)


def feature_sums(x: Array) -> Array:
    """The sum of [left, features, right] over left and right, by two products with ones."""
    left, features, right = x.shape
    if right > 1:
        x = np.dot(x.reshape(-1, right), np.ones(right, x.dtype))
    return np.dot(np.ones(left, x.dtype), x.reshape(left, features))


def _sum_features(x: Array, out: Array) -> None:
    np.copyto(out, feature_sums(x))


@lowers(BatchNorm)
def batch_norm(b: Builder, node: Node) -> Backward | None:
    """One list of calls for training and evaluating, which the step decides anew in each run."""
    x, step, gamma, beta, mean, variance = map(b.value, node.inputs)
    op, dtype = node.op, x.dtype
    assert isinstance(op, BatchNorm)
    if {ref.dtype for ref in (gamma, beta, mean, variance)} != {dtype} or dtype.kind != "f" or step.shape:
        return None
    axis, features = op.axis % len(x.shape), gamma.shape[0]
    whole = math.prod(x.shape[:axis]), features, math.prod(x.shape[axis + 1 :])
    if whole[0] * whole[2] < 3:
        return None  # x̂ is ±1 and ∂L/∂x nothing but rounding: the lesson's own

    def vector() -> Ref:
        return b.new((features,), dtype)

    x3, y3 = b.reshaped(x, *whole), b.reshaped(b.output(node), *whole)
    centre, sigma, share = vector(), vector(), b.new((), dtype)
    b.call(_Statistics(op), x3, step, mean, variance, centre, sigma, share, writes=(centre, sigma, share))
    xhat = b.elementwise(np.subtract, x3, b.column(centre))
    b.call(np.divide, xhat, b.column(sigma), xhat)
    b.call(np.multiply, xhat, b.column(gamma), y3)
    b.call(np.add, y3, b.column(beta), y3)

    def backward(u: Ref) -> None:
        u3 = b.reshaped(b.full(u, x.shape), *whole)
        along, sums = b.elementwise(np.multiply, u3, xhat), (vector(), vector())
        b.call(_sum_features, along, sums[0])
        b.call(_sum_features, u3, sums[1])
        b.give_ref(node.inputs[2], sums[0])
        b.give_ref(node.inputs[3], sums[1])
        if not b.wants(node.inputs[0]):
            return
        means = [b.elementwise(np.multiply, total, share) for total in sums]
        g = b.elementwise(np.subtract, u3, b.column(means[1]))
        b.call(np.subtract, g, b.elementwise(np.multiply, xhat, b.column(means[0])), g)
        out, scale = b.open(node.inputs[0]), b.elementwise(np.divide, gamma, sigma)
        b.call(np.multiply, g, b.column(scale), b.reshaped(out, *whole))
        b.close(node.inputs[0], out)

    return backward
