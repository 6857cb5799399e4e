"""Optimizers that give every number a step size of its own, by how large its gradients have been."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from minigraph.arrays import Array
from minigraph.graph import Parameter
from minigraph.optim.needs import at_least_zero, below_one, positive
from minigraph.optim.optimizer import Optimizer, with_decay

__all__ = ["AdaGrad", "Adam", "AdamW", "RMSProp"]


class AdaGrad(Optimizer):
    """g = ∂L/∂θ + λ·θ;  s ← s + g²;  θ ← θ − η·g / (√s + ε).  s is 0 at first.

    learning_rate η, weight_decay λ (the gradient of a penalty ½λ‖θ‖²), epsilon ε (greater than 0).
    Errors: ValueError for a setting out of its range. Source: Duchi, Hazan & Singer (2011).

    >>> w = mg.Parameter([1.0, 1.0], "w")
    >>> (w * [1.0, 100.0]).sum().backward()
    >>> mg.AdaGrad([w], learning_rate=0.1).step()
    >>> np.round(w.value, 6)
    array([0.9, 0.9])
    """

    def __init__(
        self,
        parameters: Iterable[Parameter],
        learning_rate: float = 0.01,
        weight_decay: float = 0.0,
        epsilon: float = 1e-10,
    ) -> None:
        super().__init__(parameters, learning_rate)
        self.weight_decay = at_least_zero(self, "weight_decay", weight_decay)
        self.epsilon = positive(self, "epsilon", epsilon)
        self.squares: dict[int, Array] = {}

    def update(self, i: int, value: Array, gradient: Array) -> Array:
        g = with_decay(gradient, value, self.weight_decay)
        s = self.squares[i] = self.squares.get(i, 0) + g * g
        return value - self.learning_rate * g / (np.sqrt(s) + self.epsilon)


class RMSProp(Optimizer):
    """g = ∂L/∂θ + λ·θ;  s ← α·s + (1 − α)·g²;  u = g / (√s + ε);  v ← μ·v + u;  θ ← θ − η·v.  s and v are 0 at first.

    Centered, it divides by √(s − m²) + ε instead, where m ← α·m + (1 − α)·g is the mean of g: by its deviation.
    learning_rate η, alpha α in [0, 1), momentum μ, weight_decay λ, epsilon ε (greater than 0).
    Errors: ValueError for a setting out of its range.
    Sources: Tieleman & Hinton (2012); centered: Graves (2013); in PyTorch's form: ε is added to the root.

    >>> w = mg.Parameter([1.0, 1.0], "w")
    >>> (w * [1.0, 100.0]).sum().backward()
    >>> mg.RMSProp([w], learning_rate=0.01).step()
    >>> np.round(w.value, 6)
    array([0.9, 0.9])
    """

    def __init__(
        self,
        parameters: Iterable[Parameter],
        learning_rate: float = 0.01,
        alpha: float = 0.99,
        momentum: float = 0.0,
        centered: bool = False,
        weight_decay: float = 0.0,
        epsilon: float = 1e-8,
    ) -> None:
        super().__init__(parameters, learning_rate)
        self.alpha = below_one(self, "alpha", alpha)
        self.momentum = at_least_zero(self, "momentum", momentum)
        self.centered = centered
        self.weight_decay = at_least_zero(self, "weight_decay", weight_decay)
        self.epsilon = positive(self, "epsilon", epsilon)
        self.squares: dict[int, Array] = {}
        self.means: dict[int, Array] = {}
        self.velocity: dict[int, Array] = {}

    def update(self, i: int, value: Array, gradient: Array) -> Array:
        g = with_decay(gradient, value, self.weight_decay)
        s = self.squares[i] = self.alpha * self.squares.get(i, 0) + (1 - self.alpha) * g * g
        if self.centered:
            m = self.means[i] = self.alpha * self.means.get(i, 0) + (1 - self.alpha) * g
            s = np.maximum(s - m * m, 0)  # a variance; rounding can take it below 0
        v = g / (np.sqrt(s) + self.epsilon)
        if self.momentum:
            v = self.velocity[i] = self.momentum * self.velocity.get(i, 0) + v
        return value - self.learning_rate * v


class Adam(Optimizer):
    """m ← β₁·m + (1 − β₁)·g;  v ← β₂·v + (1 − β₂)·g²;  θ ← θ − η·m̂ / (√v̂ + ε).  m and v are 0 at first.

    g = ∂L/∂θ + λ·θ. At the t-th step m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ) make up for having begun at 0.
    With amsgrad v̂ is made from the largest v so far, so that no step size grows.
    learning_rate η, betas (β₁, β₂) in [0, 1), weight_decay λ (the gradient of a penalty ½λ‖θ‖²), epsilon ε (greater
    than 0). Errors: ValueError for a setting out of its range.
    Sources: Kingma & Ba (2015); amsgrad: Reddi, Kale & Kumar (2018).

    >>> w = mg.Parameter([1.0, 1.0], "w")
    >>> (w * [1.0, 100.0]).sum().backward()
    >>> mg.Adam([w], learning_rate=0.1).step()
    >>> np.round(w.value, 6)  # the first step is as long as the learning rate, whatever the gradient
    array([0.9, 0.9])
    """

    def __init__(
        self,
        parameters: Iterable[Parameter],
        learning_rate: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        epsilon: float = 1e-8,
    ) -> None:
        super().__init__(parameters, learning_rate)
        if len(betas) != 2:
            raise ValueError(f"{type(self).__name__}: betas is {betas!r}, but must be two numbers")
        self.betas = below_one(self, "betas[0]", betas[0]), below_one(self, "betas[1]", betas[1])
        self.weight_decay = at_least_zero(self, "weight_decay", weight_decay)
        self.amsgrad = amsgrad
        self.epsilon = positive(self, "epsilon", epsilon)
        self.steps: dict[int, int] = {}
        self.means: dict[int, Array] = {}
        self.squares: dict[int, Array] = {}
        self.largest: dict[int, Array] = {}

    def update(self, i: int, value: Array, gradient: Array) -> Array:
        return value - self.change(i, with_decay(gradient, value, self.weight_decay))

    def change(self, i: int, g: Array) -> Array:
        """η·m̂ / (√v̂ + ε)."""
        b1, b2 = self.betas
        t = self.steps[i] = self.steps.get(i, 0) + 1
        m = self.means[i] = b1 * self.means.get(i, 0) + (1 - b1) * g
        v = self.squares[i] = b2 * self.squares.get(i, 0) + (1 - b2) * g * g
        if self.amsgrad:
            v = self.largest[i] = np.maximum(self.largest.get(i, 0), v)
        return self.learning_rate * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + self.epsilon)


class AdamW(Adam):
    """θ ← θ − η·λ·θ − η·m̂ / (√v̂ + ε): Adam, where the decay goes round the step sizes instead of through g.

    The settings are Adam's; here weight_decay λ is 0.01 by default, and all weights shrink by the same share.
    Source: Loshchilov & Hutter (2019).

    >>> w = mg.Parameter([2.0, -4.0], "w")
    >>> (w * 0.0).sum().backward()
    >>> mg.AdamW([w], learning_rate=0.1, weight_decay=0.5).step()
    >>> w.value
    array([ 1.9, -3.8])
    """

    def __init__(
        self,
        parameters: Iterable[Parameter],
        learning_rate: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        weight_decay: float = 0.01,
        amsgrad: bool = False,
        epsilon: float = 1e-8,
    ) -> None:
        super().__init__(parameters, learning_rate, betas, weight_decay, amsgrad, epsilon)

    def update(self, i: int, value: Array, gradient: Array) -> Array:
        return value - self.learning_rate * self.weight_decay * value - self.change(i, gradient)
