"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable

from minigraph.arrays import Array
from minigraph.graph import Parameter
from minigraph.optim.needs import at_least_zero
from minigraph.optim.optimizer import Optimizer, with_decay

__all__ = ["SGD"]


class SGD(Optimizer):
    """g = ∂L/∂θ + λ·θ;  v ← μ·v + g (v = g at the first step);  θ ← θ − η·v, or θ − η·(g + μ·v) with Nesterov.

    learning_rate η, momentum μ, weight_decay λ (the gradient of a penalty ½λ‖θ‖²). Without momentum v = g.
    Sources: Robbins & Monro (1951); Polyak (1964); Nesterov (1983); in PyTorch's form: η multiplies v at each step.

    >>> w = mg.Parameter(1.0, "w")
    >>> (w * w).backward()
    >>> mg.SGD([w], learning_rate=0.1).step()
    >>> w.value
    array(0.8)
    """

    def __init__(
        self,
        parameters: Iterable[Parameter],
        learning_rate: float = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, learning_rate)
        self.momentum = at_least_zero(self, "momentum", momentum)
        if nesterov and not momentum:
            raise ValueError("SGD: nesterov needs a momentum greater than 0")
        self.nesterov = nesterov
        self.weight_decay = at_least_zero(self, "weight_decay", weight_decay)
        self.velocity: dict[int, Array] = {}

    def update(self, i: int, value: Array, gradient: Array) -> Array:
        g = with_decay(gradient, value, self.weight_decay)
        if self.momentum:
            v = self.velocity[i] = self.momentum * self.velocity[i] + g if i in self.velocity else g.copy()
            g = g + self.momentum * v if self.nesterov else v
        return value - self.learning_rate * g
