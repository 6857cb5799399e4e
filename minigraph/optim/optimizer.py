"""Optimizers: change parameters by their gradients."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Iterable
from numbers import Real
from typing import Any

import numpy as np

from minigraph.arrays import Array
from minigraph.graph import Node, Parameter
from minigraph.optim.needs import at_least_zero, gradient_of, parameters_of
from minigraph.optim.stateful import Stateful

__all__ = ["Optimizer"]

STATE = (dict, list, np.ndarray, np.random.Generator)  # what an optimizer may change in place during a step


class Optimizer(Stateful, ABC):
    """Holds parameters; ``step()`` gives each a new value made from its gradient. A subclass writes ``update``.

    What it remembers of the i-th parameter stands under i in a dict of its own.
    There is no zero_grad: a backward replaces the gradients, it does not add to them.
    """

    works_on = "parameters"

    def __init__(self, parameters: Iterable[Parameter], learning_rate: float) -> None:
        self.parameters = parameters_of(self, parameters)
        self.learning_rate = at_least_zero(self, "learning_rate", learning_rate)

    def step(self) -> None:
        """One update of every parameter that requires a gradient.

        Errors: ValueError where a gradient was not computed or has another shape. Whatever fails, nothing has changed.
        """
        gradients = {i: gradient_of(self, p) for i, p in enumerate(self.parameters) if p.requires_grad}
        remembered = {name: dict(value) for name, value in vars(self).items() if isinstance(value, dict)}
        try:
            updated = {i: self._updated(i, gradient) for i, gradient in gradients.items()}
        except BaseException:
            vars(self).update(remembered)
            raise
        for i, value in updated.items():
            self.parameters[i].value = value

    def _updated(self, i: int, gradient: Array) -> Array:
        value = self.parameters[i].value
        # a float64 rate must not widen float32, and NumPy makes scalars of 0-d arrays
        return np.asarray(self.update(i, value, gradient), value.dtype)

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

    @property
    def settings(self) -> dict[str, Any]:
        """Its numbers by name, in the order in which they were set; they may be changed between two steps."""
        return {n: v for n, v in vars(self).items() if isinstance(v, (Real, tuple)) and n != self.works_on}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.settings.items())})"

    @abstractmethod
    def update(self, i: int, value: Array, gradient: Array) -> Array:
        """The new value of the i-th parameter, in a new array."""


def with_decay(gradient: Array, value: Array, weight_decay: float) -> Array:
    """g + λ·θ: with the gradient of the penalty ½λ‖θ‖²."""
    return gradient + weight_decay * value if weight_decay else gradient
