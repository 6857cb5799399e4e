"""Optimizers: change parameters by their gradients."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Iterable

import numpy as np

from minigraph.arrays import Array, shape_text
from minigraph.graph import Node, Parameter

__all__ = ["SGD", "Optimizer"]

STATE = (dict, list, np.ndarray, np.random.Generator)  # what an optimizer may change in place during a step


class Optimizer(ABC):
    """Holds parameters; ``step()`` gives each a new value made from its gradient. A subclass writes ``update``.

    There is no zero_grad: a backward replaces the gradients, it does not add to them.
    """

    def __init__(self, parameters: Iterable[Parameter], learning_rate: float) -> None:
        if isinstance(parameters, Parameter):
            raise TypeError(f"{type(self).__name__}: give a list of parameters, not one parameter")
        self.parameters = tuple(dict.fromkeys(parameters))  # one that was given twice still takes one step
        if not self.parameters:
            raise ValueError(f"{type(self).__name__}: there are no parameters to change")
        for parameter in self.parameters:
            if not isinstance(parameter, Parameter):
                raise TypeError(f"{type(self).__name__}: {parameter!r} is not a Parameter")
        self.learning_rate = _at_least_zero(self, "learning_rate", learning_rate)

    def step(self) -> None:
        """One update of every parameter that requires a gradient.

        Errors: ValueError where a gradient was not computed or has another shape; then nothing has changed.
        """
        gradients = {i: self._gradient(p) for i, p in enumerate(self.parameters) if p.requires_grad}
        updated = {i: self.update(i, self.parameters[i].value, gradient) for i, gradient in gradients.items()}
        for i, value in updated.items():
            old = self.parameters[i].value
            self.parameters[i].value = value.astype(old.dtype, copy=False)  # a float64 rate must not widen float32

    def preview(self) -> dict[Node, Array]:
        """The values that ``step()`` would give. It takes the step and takes it back: nothing has changed after it."""
        values, own = [parameter.value for parameter in self.parameters], dict(vars(self))
        kept = {id(parameter): parameter for parameter in self.parameters}
        try:
            vars(self).update({n: copy.deepcopy(value, kept) for n, value in own.items() if isinstance(value, STATE)})
            self.step()
            return {parameter: parameter.value for parameter in self.parameters if parameter.requires_grad}
        finally:
            vars(self).clear()
            vars(self).update(own)
            for parameter, value in zip(self.parameters, values):
                parameter.value = value

    def _gradient(self, parameter: Parameter) -> Array:
        name = f"{type(self).__name__}: {parameter.name or parameter!r}"
        if parameter.grad is None:
            raise ValueError(f"{name} has no gradient; call backward() after each forward()")
        if parameter.grad.shape != parameter.shape:
            came, needed = shape_text(parameter.grad.shape), shape_text(parameter.shape)
            raise ValueError(f"{name} has a gradient of {came}, but is {needed}")
        return parameter.grad

    @abstractmethod
    def update(self, i: int, value: Array, gradient: Array) -> Array:
        """The new value of the i-th parameter, in a new array."""


class SGD(Optimizer):
    """g = ∂L/∂θ + λ·θ;  v ← μ·v + g (v = g at the first step);  θ ← θ − η·v, or θ − η·(g + μ·v) with Nesterov.

    learning_rate η, momentum μ, weight_decay λ (the gradient of a penalty ½λ‖θ‖²). Without momentum v = g.
    Sources: Robbins & Monro (1951); Polyak (1964); Nesterov (1983); in PyTorch's form: η multiplies v at each step.
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
        self.momentum = _at_least_zero(self, "momentum", momentum)
        self.weight_decay = _at_least_zero(self, "weight_decay", weight_decay)
        if nesterov and not momentum:
            raise ValueError("SGD: nesterov needs a momentum greater than 0")
        self.nesterov = nesterov
        self.velocity: dict[int, Array] = {}

    def update(self, i: int, value: Array, gradient: Array) -> Array:
        g = gradient + self.weight_decay * value if self.weight_decay else gradient
        if self.momentum:
            v = self.velocity[i] = self.momentum * self.velocity[i] + g if i in self.velocity else g.copy()
            g = g + self.momentum * v if self.nesterov else v
        return value - self.learning_rate * g

    def __repr__(self) -> str:
        settings = ("learning_rate", "momentum", "nesterov", "weight_decay")
        return f"SGD({', '.join(f'{name}={getattr(self, name)!r}' for name in settings)})"


def _at_least_zero(owner: Optimizer, name: str, value: float) -> float:
    if not value >= 0:
        raise ValueError(f"{type(owner).__name__}: {name} is {value}, but must be 0 or more")
    return value
