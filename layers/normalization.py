"""Values of mean 0 and variance 1, then scaled and shifted as training likes: by sample, or by feature over a batch."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from minigraph.arrays import Array, shape_text
from minigraph.formulas import Local
from minigraph.graph import Clock, Graph, Node, Op, Operand, Parameter
from minigraph.ops import Choose, reshape, sqrt
from minigraph.ops.training import is_training

__all__ = ["BatchNorm", "LayerNorm"]


class _Norm(Op):
    """x̂ = (x − μ)/σ with σ = √(σ² + ε); its mean and variance are over the last axis of `rows`, of length n."""

    symbol = "Y"

    def __init__(self, features: int, eps: float = 1e-5, dtype: DTypeLike = np.float64) -> None:
        if not isinstance(features, (int, np.integer)) or features < 1 or not eps > 0:
            raise ValueError(f"{self.name}: features is {features} and eps {eps}; they must be a count ≥ 1, and > 0")
        self.features, self.eps = features, float(eps)
        self.parameters = (Parameter(np.ones(features, dtype), "γ"), Parameter(np.zeros(features, dtype), "β"))

    def check(self, x: Array, axis: int, **weights: Array) -> None:
        if not -x.ndim <= axis < x.ndim or not x.size:
            raise ValueError(f"{self.name}: x is {shape_text(x.shape)}; axis {axis} must be there, and nothing empty")
        for name, weight in weights.items():
            if weight.shape != (x.shape[axis],):
                raise ValueError(
                    f"{self.name}: x is {shape_text(x.shape)} but {name} is {shape_text(weight.shape)}; "
                    f"{name}.shape must equal (x.shape[{axis}],)"
                )

    def standardized(self, rows: Array, weight: Array) -> tuple[Array, Array]:
        """x̂ and σ of each row, as exact as the weights are."""
        rows = rows.astype(np.result_type(rows, weight), copy=False)
        centred = rows - rows.mean(axis=-1, keepdims=True)
        sigma = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + self.eps)
        return centred / sigma, sigma

    def pulled_back(self, g: Array, xhat: Array, sigma: Array) -> Array:
        """∂L/∂x from g = ∂L/∂x̂, less its mean and its part along x̂: moves of x that leave x̂ as it is."""
        along = (g * xhat).mean(axis=-1, keepdims=True)
        return (g - g.mean(axis=-1, keepdims=True) - xhat * along) / sigma

    def slope(self, xhat: Array, sigma: Array) -> Array:
        """∂x̂/∂x = (I − 1/n − x̂ x̂ᵀ/n)/σ of each row: symmetric."""
        n = xhat.shape[-1]
        return (np.eye(n, dtype=xhat.dtype) - (1 + xhat[..., None] * xhat[..., None, :]) / n) / sigma[..., None]


class LayerNorm(_Norm):
    """y = γ ⊙ x̂ + β with x̂ = (x − μ)/√(σ² + ε), μ and σ² being mean and variance over the last axis: of each sample.

    x, y: [..., features], γ (starts as 1), β (starts as 0): [features].
    dβ = Σₙ dy, dγ = Σₙ dy ⊙ x̂, dx = (g − mean g − x̂ · mean(g ⊙ x̂))/√(σ² + ε) with g = dy ⊙ γ.
    It needs no batch, and does the same in training and evaluating. Errors: ValueError where shapes do not fit.
    Source: J. Ba, J. Kiros & G. Hinton (2016).

    >>> LayerNorm(2)([[1.0, 10.0], [3.0, 30.0]]).value.round(3)
    array([[-1.,  1.],
           [-1.,  1.]])
    """

    formula = "{1} ⊙ norm({0}) + {2}"
    locals = (
        Local("∂x̂/∂x · diag({1})", lambda op, y, x, g, b: op.slope(*op.standardized(x, g)) * g, "row by row",
              "∂x̂/∂x = (I − 1/n − x̂ x̂ᵀ/n)/σ"),
        Local("x̂", lambda op, y, x, g, b: op.standardized(x, g)[0], note="x̂ = ({0} − μ)/σ"),
        Local("1", lambda op, y, x, g, b: 1.0, note="broadcast"),
    )  # fmt: skip

    def forward(self, x: Array, gamma: Array, beta: Array) -> Array:
        self.check(x, -1, γ=gamma, β=beta)
        return gamma * self.standardized(x, gamma)[0] + beta

    def backward(self, upstream: Array, y: Array, x: Array, gamma: Array, beta: Array) -> tuple[Array, Array, Array]:
        xhat, sigma = self.standardized(x, gamma)
        rows = tuple(range(x.ndim - 1))
        dx = self.pulled_back(upstream * gamma, xhat, sigma)
        return dx, (upstream * xhat).sum(axis=rows), upstream.sum(axis=rows)

    def expand(self, x: Node, gamma: Node, beta: Node) -> Node:
        centred = x - x.mean(axis=-1, keepdims=True)
        variance = (centred * centred).mean(axis=-1, keepdims=True)
        return gamma * (centred / sqrt(variance + self.eps)) + beta


class BatchNorm(_Norm):
    """y = γ ⊙ (x − μ)/√(σ² + ε) + β, each feature by its own mean μ and variance σ²: over all axes but `axis`.

    x, y: [N, features], or with more axes; for images [N, C, H, W] give axis=1. γ, β, μ, σ²: [features].
    While recording and in `Graph.forward`, μ and σ² are the batch's own, of at least two values each:
    dx = (g − mean g − x̂ · mean(g ⊙ x̂))/√(σ² + ε) with g = dy ⊙ γ.
    In `Graph.evaluate` they are the running statistics, which are constants: dx = g/√(σ² + ε).
    No forward changes those: call ``layer.update(graph)`` after each training step, which takes in the batch of the
    last forward. They are parameters without a gradient: optimizers leave them alone, save and load keep them.
    Errors: ValueError where shapes do not fit, for a batch of one value, for evaluating before the first update.
    Source: S. Ioffe & C. Szegedy (2015), with an exponential average for inference.

    >>> BatchNorm(2)([[1.0, 10.0], [3.0, 30.0]]).value.round(3)
    array([[-1., -1.],
           [ 1.,  1.]])
    """

    constants, remembers = (1, 4, 5), True
    formula = "{2} ⊙ norm({0}; {1}, {4}, {5}) + {3}"
    locals = (
        Local("∂x̂/∂x · {2}", lambda op, y, x, s, g, *rest: op.slope_of_batch(x, s, g, *rest), "row by row",
              "training: (I − 1/n − x̂ x̂ᵀ/n)/σ, else 1/σ"),
        Local("", lambda op, y, *arrays: 0.0),
        Local("x̂", lambda op, y, x, s, g, b, *known: op.normalized(x, s, *known)[0][:, None], "row by row",
              "x̂ = ({0} − μ)/σ"),
        Local("Σₙ", lambda op, y, x, *rest: np.ones_like(op.align(x))[:, None], "row by row"),
    )  # fmt: skip

    def __init__(
        self, features: int, eps: float = 1e-5, momentum: float = 0.1, axis: int = -1, dtype: DTypeLike = np.float64
    ) -> None:
        super().__init__(features, eps, dtype)
        if not 0 < momentum <= 1:
            raise ValueError(f"BatchNorm: momentum is {momentum}, but must lie in (0, 1]: the weight of the last batch")
        self.momentum, self.axis = momentum, axis
        self.mean = Parameter(np.zeros(features, dtype), "μ", requires_grad=False)
        self.variance = Parameter(np.ones(features, dtype), "σ²", requires_grad=False)
        self.parameters = (*self.parameters, self.mean, self.variance)

    def __call__(self, *inputs: Operand) -> Node:
        return super().__call__(*inputs, Clock()) if len(inputs) == 1 else super().__call__(*inputs)

    def update(self, graph: Graph) -> None:
        """μ ← (1 − m)·μ + m·(mean of the batch), σ² likewise (as an estimate: n/(n − 1) times the batch's).

        m is `momentum`; the batch is what this layer had as its input at the last forward of `graph`.
        """
        batches = graph.inputs_of(self)
        if not batches:
            raise ValueError("BatchNorm.update: this layer is not in that graph")
        for x in batches:
            rows = self.align(x)
            new = {self.mean: rows.mean(axis=1), self.variance: rows.var(axis=1, ddof=1)}
            for node, statistic in new.items():
                node.value = (1 - self.momentum) * node.value + self.momentum * statistic.astype(node.value.dtype)

    def forward(self, x: Array, step: Array, gamma: Array, beta: Array, mean: Array, variance: Array) -> Array:
        self.check(x, self.axis, γ=gamma, β=beta, μ=mean, **{"σ²": variance})
        self.check_mode(x, step, mean, variance)
        xhat, _ = self.normalized(x, step, mean, variance)
        return self.unalign(gamma[:, None] * xhat + beta[:, None], x.shape)

    def backward(
        self, upstream: Array, y: Array, x: Array, step: Array, gamma: Array, beta: Array, *known: Array
    ) -> tuple[Array | None, ...]:
        xhat, sigma = self.normalized(x, step, *known)
        u = self.align(upstream)
        g = u * gamma[:, None]
        dx = self.pulled_back(g, xhat, sigma) if step > 0 else g / sigma
        return self.unalign(dx, x.shape), None, (u * xhat).sum(axis=1), u.sum(axis=1), None, None

    def expand(self, x: Node, step: Node, gamma: Node, beta: Node, mean: Node, variance: Node) -> Node:
        feature = self.axis % len(x.shape)
        others = tuple(axis for axis in range(len(x.shape)) if axis != feature)
        sides = (1,) * (len(x.shape) - 1 - feature)  # lines a [features] up with x

        def beside(a: Node) -> Node:
            return reshape(a, -1, *sides) if sides else a

        batch_mean = x.mean(axis=others, keepdims=True)
        apart = x - batch_mean
        batch_variance = (apart * apart).mean(axis=others, keepdims=True)
        centred = x - Choose()(batch_mean, beside(mean), step)
        sigma = sqrt(Choose()(batch_variance, beside(variance), step) + self.eps)
        return beside(gamma) * (centred / sigma) + beside(beta)

    def check_mode(self, x: Array, step: Array, mean: Array, variance: Array) -> bool:
        """Whether this is a step of training. ValueError where there is nothing to normalise by."""
        training = is_training(self.name, step)
        if training and x.size == len(mean):
            raise ValueError(f"BatchNorm: x is {shape_text(x.shape)}; training needs two values of each feature")
        if not training and not mean.any() and (variance == 1).all():
            raise ValueError(
                "BatchNorm: evaluating needs running statistics, but μ and σ² are still 0 and 1, as they were made; "
                "call layer.update(graph) after each training step"
            )
        return training

    def normalized(self, x: Array, step: Array, mean: Array, variance: Array) -> tuple[Array, Array]:
        """x̂ and σ as [features, n] and [features, 1]: by the batch in training, else by what is known."""
        rows = self.align(x)
        if step > 0:
            return self.standardized(rows, mean)
        sigma = np.sqrt(variance + self.eps)[:, None]
        return (rows - mean[:, None]) / sigma, sigma

    def slope_of_batch(self, x: Array, step: Array, gamma: Array, beta: Array, *known: Array) -> Array:
        xhat, sigma = self.normalized(x, step, *known)
        one = np.eye(xhat.shape[-1], dtype=xhat.dtype) / sigma[..., None]
        return (self.slope(xhat, sigma) if step > 0 else one) * gamma[:, None, None]

    def align(self, upstream: Array, *operands: Array) -> Array:
        return np.moveaxis(upstream, self.axis, 0).reshape(upstream.shape[self.axis], -1)

    def unalign(self, product: Array, shape: tuple[int, ...]) -> Array:
        if len(shape) == 1:
            return product.reshape(shape)
        first = [shape[self.axis], *np.delete(shape, self.axis)]
        return np.moveaxis(product.reshape(first), 0, self.axis)
