"""Scores to probabilities."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from minigraph.arrays import Array, shape_text
from minigraph.formulas import Local
from minigraph.graph import Node, Op
from minigraph.ops import exp, log, reshape

__all__ = ["LogSoftmax", "Softmax"]


class Softmax(Op):
    """p[i] = exp(x[i]/T) / Σⱼ exp(x[j]/T) along `axis`: every slice becomes a distribution.

    ∂p[i]/∂x[j] = p[i](1 − p[i])/T where i = j, else −p[i]p[j]/T. Shifted by the maximum: right for any finite x.
    temperature: T > 0; above 1 flattens, below 1 sharpens · groups: `axis` is cut into that many equal runs, each a
    distribution of its own. Errors: ValueError for an axis that is not there, or not divisible by the groups.
    Source: J. Bridle (1990).

    >>> Softmax()([2.0, 1.0, 0.0]).value.round(3)
    array([0.665, 0.245, 0.09 ])
    >>> Softmax()([1000.0, 1000.0]).value
    array([0.5, 0.5])
    """

    formula, symbol = "softmax({0})", "P"
    locals = (
        Local("(diag(p) − p pᵀ)", lambda op, p, x: op.jacobian(p), "row by row", "pᵢ(1−pᵢ) if i = j, −pᵢpⱼ else"),
    )

    def __init__(self, axis: int = -1, temperature: float = 1.0, groups: int = 1) -> None:
        if not temperature > 0 or groups < 1:
            raise ValueError(f"Softmax: temperature is {temperature} and groups {groups}; they must be > 0 and ≥ 1")
        self.axis, self.temperature, self.groups = axis, float(temperature), groups
        if temperature != 1:
            by = f"/{temperature:g}"
            self.formula, jacobian = f"softmax({{0}}{by})", Softmax.locals[0]
            self.locals = (replace(jacobian, symbol=f"{jacobian.symbol}{by}", note=f"{jacobian.note}, all {by}"),)

    def forward(self, x: Array) -> Array:
        z, k = self.split(x)
        e = np.exp(
            (z - z.max(axis=k, keepdims=True)) / self.temperature
        )  # the shift cancels; it only prevents overflow
        return (e / e.sum(axis=k, keepdims=True)).reshape(x.shape)

    def backward(self, upstream: Array, p: Array, x: Array) -> tuple[Array]:
        (u, k), (p, k) = self.split(upstream), self.split(p)
        dx = p * (u - (u * p).sum(axis=k, keepdims=True)) / self.temperature
        return (dx.reshape(x.shape),)

    def expand(self, x: Node) -> Node:
        z = x if self.temperature == 1 else x / self.temperature
        parts, k = self.split(x.value)
        cut, whole = parts.shape, x.shape
        if len(whole) + k:  # the first axis is not the one that is cut, so a replay may have another batch size
            cut, whole = (-1, *cut[1:]), (-1, *whole[1:])
        e = exp(z if self.groups == 1 else reshape(z, *cut))
        p = e / e.sum(axis=k, keepdims=True)
        return p if self.groups == 1 else reshape(p, *whole)

    def split(self, x: Array) -> tuple[Array, int]:
        """x with `axis` cut into (groups, length), and that length's axis counted from the end."""
        k = self.from_end(x.ndim)
        if not -x.ndim <= k < 0 or not x.size or x.shape[k] % self.groups:
            raise ValueError(
                f"{self.name}: x is {shape_text(x.shape)}; axis {self.axis} must be there, not empty, "
                f"and divisible by {self.groups} groups"
            )
        parts = (self.groups, x.shape[k] // self.groups) if self.groups > 1 else (x.shape[k],)
        return x.reshape(x.shape[: x.ndim + k] + parts + x.shape[x.ndim + k + 1 :]), k

    def from_end(self, ndim: int) -> int:
        return self.axis - ndim if self.axis >= 0 else self.axis

    def jacobian(self, p: Array) -> Array:
        rows = self.align(p)
        return (np.eye(rows.shape[-1]) * rows[..., None] - rows[..., None] * rows[..., None, :]) / self.temperature

    def align(self, upstream: Array, *operands: Array) -> Array:
        parts, k = self.split(upstream)
        return np.moveaxis(parts, k, -1)

    def unalign(self, product: Array, shape: tuple[int, ...]) -> Array:
        return np.moveaxis(product, -1, self.from_end(len(shape))).reshape(shape)


class LogSoftmax(Softmax):
    """y[i] = ln softmax(x)[i] = x[i] − ln Σⱼ exp(x[j]) along `axis`, in nats.

    ∂y[i]/∂x[j] = 1[i = j] − p[j], with p = exp(y). Shifted by the maximum: right for any finite x, where the logarithm
    of a softmax that came out as 0 would be −∞. Errors: ValueError for an axis that is not there, or empty.
    Source: the log-sum-exp form, e.g. I. Goodfellow et al., "Deep Learning" (2016), section 4.1.

    >>> LogSoftmax()([1000.0, 0.0]).value
    array([    0., -1000.])
    """

    formula, symbol = "log softmax({0})", "G"
    locals = (Local("(I − p 1ᵀ)", lambda op, y, x: op.jacobian(y), "row by row", "p = exp({y})"),)

    def __init__(self, axis: int = -1) -> None:
        super().__init__(axis)

    def forward(self, x: Array) -> Array:
        z, k = self.split(x)
        shifted = z - z.max(axis=k, keepdims=True)
        return shifted - np.log(np.exp(shifted).sum(axis=k, keepdims=True))

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array]:
        return (upstream - np.exp(y) * upstream.sum(axis=self.axis, keepdims=True),)

    def expand(self, x: Node) -> Node:
        return log(Softmax(self.axis)(x))

    def jacobian(self, y: Array) -> Array:
        p = np.exp(self.align(y))
        return np.eye(p.shape[-1]) - p[..., None]
