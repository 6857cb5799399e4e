"""Activations of several ufuncs each, and softmax along rows. What forward found is kept for the slope."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from minigraph.compile.builder import Backward, Builder, lowers
from minigraph.compile.refs import Ref
from minigraph.compile.rules.elementwise import at_most_zero, clip, clip_at_zero, give_through, logistic, output
from minigraph.compile.rules.gaussian import put_normal_cdf
from minigraph.graph import Node
from minigraph.layers.activations import CUBIC, GELU, ROOT, SiLU, Softplus
from minigraph.layers.softmax import LogSoftmax, Softmax
from minigraph.ops.normal import SATURATED

FEW = 64  # columns up to which the maximum of each row is found faster in a transposed copy

# erfc(s) ≈ (a₁t + … + a₅t⁵)·e^(−s²) with t = 1/(1 + ps), to 1.5e-7: C. Hastings, "Approximations for digital
# computers" (1955), as M. Abramowitz & I. Stegun have it (7.1.26); here for erfc(s)/2, highest power first
HASTINGS = tuple(a / 2 for a in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592))
HASTINGS_P = 0.3275911


def in_steps(b: Builder, start: Ref, steps: Iterable[tuple[Any, Ref | float]]) -> Ref:
    """start, then function(…, operand) again and again, in place from the second step on."""
    for function, operand in steps:
        other = operand if isinstance(operand, Ref) else b.number(operand, start.dtype)
        start = b.elementwise(function, start, other)
    return start


@lowers(GELU)
def gelu(b: Builder, node: Node) -> Backward | None:
    op, x = node.op, b.value(node.inputs[0])
    assert isinstance(op, GELU)
    if op.approximate == "tanh":
        return _gelu_by_tanh(b, node)
    return _gelu_in_float32(b, node) if x.dtype == np.float32 else _gelu_exact(b, node)


def _gelu_in_float32(b: Builder, node: Node) -> Backward:
    """x·Φ(x) = max(x, 0) − |x|·tail with the tail Φ(−|x|) = erfc(|x|/√2)/2, which needs the e^(−x²/2) of the slope."""
    x, y = b.value(node.inputs[0]), output(b, node)
    zero, one = (b.number(c, x.dtype) for c in (0.0, 1.0))
    size = b.new(x.shape, x.dtype, like=x)
    b.call(clip, b.elementwise(np.absolute, x), zero, b.number(2 * SATURATED, x.dtype), size)  # its square is a number
    e = b.elementwise(np.exp, in_steps(b, size, ((np.multiply, size), (np.multiply, -0.5))))
    t = b.elementwise(np.divide, one, in_steps(b, size, ((np.multiply, HASTINGS_P / math.sqrt(2)), (np.add, 1.0))))
    first, *rest = HASTINGS
    tail = in_steps(b, t, ((np.multiply, first), *(step for a in rest for step in ((np.add, a), (np.multiply, t)))))
    tail = b.elementwise(np.multiply, tail, e)
    positive = b.new(x.shape, x.dtype, like=x)
    clip_at_zero(b, x, positive)
    b.call(np.subtract, positive, b.elementwise(np.multiply, size, tail), y)

    def backward(u: Ref) -> None:
        area = b.new(x.shape, x.dtype, like=x)
        b.call(np.greater, x, zero, area)
        area = in_steps(b, area, ((np.subtract, tail),))
        area = b.elementwise(np.absolute, area)  # 1 − tail right of 0, else the tail
        height = in_steps(b, e, ((np.multiply, x), (np.multiply, 1 / math.sqrt(2 * math.pi))))
        give_through(b, node, 0, np.multiply, u, b.elementwise(np.add, area, height))

    return backward


def _gelu_exact(b: Builder, node: Node) -> Backward:
    """Φ is computed once, and kept for the slope."""
    x, y = b.value(node.inputs[0]), output(b, node)
    area = b.new(x.shape, x.dtype)
    b.call(put_normal_cdf, x, area)
    b.call(np.multiply, x, area, y)

    def backward(u: Ref) -> None:
        bounded = b.new(x.shape, x.dtype, like=x)
        b.call(clip, x, b.number(-2 * SATURATED, x.dtype), b.number(2 * SATURATED, x.dtype), bounded)
        e = b.elementwise(np.exp, in_steps(b, bounded, ((np.multiply, bounded), (np.multiply, -0.5))))
        slope = in_steps(b, e, ((np.multiply, 1 / math.sqrt(2 * math.pi)), (np.multiply, x), (np.add, area)))
        give_through(b, node, 0, np.multiply, u, slope)

    return backward


def _gelu_by_tanh(b: Builder, node: Node) -> Backward:
    """With h = (1 + t)/2 the slope is h·(1 + 2x(1 − h)·√(2/π)(1 + 3·0.044715x²))."""
    x, y = b.value(node.inputs[0]), output(b, node)
    bounded = b.new(x.shape, x.dtype, like=x)
    b.call(clip, x, b.number(-10.0, x.dtype), b.number(10.0, x.dtype), bounded)
    square = b.elementwise(np.multiply, bounded, bounded)
    inner = in_steps(b, square, ((np.multiply, ROOT * CUBIC), (np.add, ROOT), (np.multiply, bounded)))
    h = in_steps(b, b.elementwise(np.tanh, inner), ((np.add, 1.0), (np.multiply, 0.5)))
    b.call(np.multiply, x, h, y)

    def backward(u: Ref) -> None:
        rest = b.elementwise(np.subtract, b.number(1.0, x.dtype), h)
        slope = in_steps(b, square, (
            (np.multiply, 6 * ROOT * CUBIC), (np.add, 2 * ROOT), (np.multiply, bounded), (np.multiply, rest),
            (np.add, 1.0), (np.multiply, h),
        ))  # fmt: skip
        give_through(b, node, 0, np.multiply, u, slope)

    return backward


@lowers(SiLU)
def silu(b: Builder, node: Node) -> Backward:
    """The slope is s + y(1 − s), s being σ(x)."""
    x, y = b.value(node.inputs[0]), output(b, node)
    s = b.new(x.shape, x.dtype, like=x)
    logistic(b, x, s)
    b.call(np.multiply, x, s, y)

    def backward(u: Ref) -> None:
        rest = b.elementwise(np.subtract, b.number(1.0, x.dtype), s)
        give_through(b, node, 0, np.multiply, u, in_steps(b, rest, ((np.multiply, y), (np.add, s))))

    return backward


@lowers(Softplus)
def softplus(b: Builder, node: Node) -> Backward:
    """The slope is σ(z), with z = βx."""
    x, y, op = b.value(node.inputs[0]), output(b, node), node.op
    assert isinstance(op, Softplus)
    z = x if op.beta == 1 else b.elementwise(np.multiply, x, b.number(op.beta, x.dtype))
    whole = b.new(x.shape, x.dtype, like=x) if op.beta != 1 else y
    positive, logs = softplus_parts(b, z)
    b.call(np.add, positive, logs, whole)
    if op.beta != 1:
        b.call(np.divide, whole, b.number(op.beta, x.dtype), y)

    def backward(u: Ref) -> None:
        give_through(b, node, 0, np.multiply, u, slope_of_softplus(b, z, logs))

    return backward


def softplus_parts(b: Builder, z: Ref) -> tuple[Ref, Ref]:
    """max(z, 0) and ln(1 + e^−|z|), of which ln(1 + e^z) is the sum: ten times as fast as np.logaddexp, as exact."""
    positive = b.new(z.shape, z.dtype, like=z)
    clip_at_zero(b, z, positive)
    e = b.elementwise(np.exp, b.elementwise(np.negative, b.elementwise(np.absolute, z)))
    return positive, b.elementwise(np.log1p, e)


def slope_of_softplus(b: Builder, z: Ref, logs: Ref) -> Ref:
    """σ(z) = e^(min(z, 0) − ln(1 + e^−|z|)), also at ±∞."""
    return b.elementwise(np.exp, b.elementwise(np.subtract, at_most_zero(b, z), logs))


def as_rows(b: Builder, ref: Ref) -> Ref:
    """[..., C] as [N, C]."""
    classes = ref.shape[-1]
    return b.reshaped(ref, math.prod(ref.shape) // classes, classes)


def shifted(b: Builder, z: Ref) -> Ref:
    """Rows [N, C] less their maxima. Along few columns a maximum is slow: the copy turns them into long rows first."""
    n, classes = z.shape
    top = b.new((n,), z.dtype)
    if classes <= FEW:
        turned = b.new((classes, n), z.dtype)
        b.call(np.copyto, turned, b.transposed(z), writes=(turned,))
        b.call(np.maximum.reduce, turned, 0, None, top)
    else:
        b.call(np.maximum.reduce, z, 1, None, top)
    return b.elementwise(np.subtract, z, b.column(top))


def row_sums(b: Builder, rows: Ref) -> Ref:
    """[N, C] → [N]: a product with ones."""
    sums = b.new(rows.shape[:1], rows.dtype)
    b.call(np.dot, rows, b.ones(rows.shape[1], rows.dtype), sums)
    return sums


@lowers(Softmax)
def softmax(b: Builder, node: Node) -> Backward | None:
    """Along the last axis, in rows."""
    x, op = b.value(node.inputs[0]), node.op
    assert isinstance(op, Softmax)
    if op.groups > 1 or op.from_end(len(x.shape)) != -1:
        return None
    by = b.number(1 / op.temperature, x.dtype)
    z, p = shifted(b, as_rows(b, x)), as_rows(b, b.output(node))
    if op.temperature != 1:
        z = b.elementwise(np.divide, z, b.number(op.temperature, x.dtype))
    e = b.elementwise(np.exp, z)
    b.call(np.divide, e, b.column(row_sums(b, e)), p)

    def backward(u: Ref) -> None:
        rows = as_rows(b, b.full(u, x.shape))
        sums = row_sums(b, b.elementwise(np.multiply, rows, p))
        g = b.elementwise(np.subtract, rows, b.column(sums))
        if op.temperature != 1:
            g = b.elementwise(np.multiply, g, by)
        out = b.open(node.inputs[0])
        b.call(np.multiply, g, p, as_rows(b, out))
        b.close(node.inputs[0], out)

    return backward


@lowers(LogSoftmax)
def log_softmax(b: Builder, node: Node) -> Backward | None:
    """Along the last axis, in rows; e^y is what forward has before the logarithm, divided by its sum."""
    x, op = b.value(node.inputs[0]), node.op
    assert isinstance(op, LogSoftmax)
    if op.from_end(len(x.shape)) != -1:
        return None
    z, y = shifted(b, as_rows(b, x)), as_rows(b, b.output(node))
    e = b.elementwise(np.exp, z)
    sums = row_sums(b, e)
    b.call(np.subtract, z, b.column(b.elementwise(np.log, sums)), y)

    def backward(u: Ref) -> None:
        rows = as_rows(b, b.full(u, x.shape))
        share = b.elementwise(np.divide, row_sums(b, rows), sums)
        out = b.open(node.inputs[0])
        b.call(np.subtract, rows, b.elementwise(np.multiply, e, b.column(share)), as_rows(b, out))
        b.close(node.inputs[0], out)

    return backward
