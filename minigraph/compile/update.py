"""An optimizer's step on whole vectors: all parameters together, in place."""

from __future__ import annotations

from copy import copy
from typing import Any

import numpy as np

from minigraph.arrays import Array
from minigraph.compile.flat import Flat, parts
from minigraph.compile.memory import larger
from minigraph.optim import SGD, AdaGrad, Adam, AdamW, Optimizer, RMSProp

__all__ = ["Update", "update_by"]


def update_by(optimizer: Optimizer, flat: Flat) -> Update:
    """What steps as `optimizer` does. An optimizer of your own takes its own step."""
    known: dict[type[Optimizer], type[Update]] = {
        SGD: _SGD,
        Adam: _Adam,
        AdamW: _Adam,
        AdaGrad: _Worker,
        RMSProp: _Worker,
    }
    return known.get(type(optimizer), Update)(optimizer, flat)


class Update:
    """The optimizer's own step, with gradients that are copied out."""

    def __init__(self, optimizer: Any, flat: Flat) -> None:
        self.optimizer, self.flat = optimizer, flat

    def load(self) -> None:
        """Begin with what the optimizer remembers now."""
        self.shared: list[tuple[str, int, Array]] = []

    @property
    def is_shared(self) -> bool:
        """Whether the optimizer still has what it was given to see; it may have been given other memory since."""
        memory = vars(self.optimizer)
        for name, i, part in self.shared:
            if memory[name].get(i) is not part:
                return False
        return True

    def __call__(self) -> None:
        for parameter, place in self.flat.places.items():
            parameter.grad = place.copy()
        self.flat.release()
        self.optimizer.step()

    def __str__(self) -> str:
        return f"{self.optimizer!r}.step()"

    def vector(self, name: str, k: int) -> Array:
        """What the optimizer remembers of the parameters of the k-th vector, as one, which it goes on seeing."""
        members, memory = self.flat.members[k], getattr(self.optimizer, name)
        found = np.zeros_like(self.flat.vectors[k][0])
        for parameter, part in zip(members, parts(found, members)):
            i = self.optimizer.parameters.index(parameter)
            np.copyto(part, memory.get(i, 0))
            memory[i] = part
            self.shared.append((name, i, part))
        return found


class _Calls(Update):
    """A flat list of calls on the vectors, built anew when a setting changes."""

    built_for: tuple[Any, ...] | None = None

    def load(self) -> None:
        super().load()
        self.built_for = None

    def settings(self) -> tuple[Any, ...]:
        raise NotImplementedError

    def build(self, k: int, theta: Array, g: Array) -> list[tuple[Any, ...]]:
        raise NotImplementedError

    def __call__(self) -> None:
        settings = self.settings()
        if settings != self.built_for or not self.is_shared:
            self.shared = []
            pairs = enumerate(self.flat.vectors)
            self.calls = [(f, args) for k, (theta, g) in pairs for f, *args in self.build(k, theta, g)]
            self.built_for = settings
        self.flat.change()
        for function, arguments in self.calls:
            function(*arguments)

    def __str__(self) -> str:
        if self.built_for is None:
            return super().__str__()
        return "\n".join([repr(self.optimizer), *(f"  {function.__name__}" for function, _ in self.calls)])


class _SGD(_Calls):
    """θ ← θ − η·v in two calls; momentum, weight decay and Nesterov add two each."""

    def settings(self) -> tuple[Any, ...]:
        o = self.optimizer
        return o.learning_rate, o.momentum, o.weight_decay, o.nesterov

    def build(self, k: int, theta: Array, g: Array) -> list[tuple[Any, ...]]:
        rate, momentum, decay = (np.asarray(s, theta.dtype) for s in self.settings()[:3])
        step = np.empty_like(theta)
        calls: list[tuple[Any, ...]] = []
        if decay:  # into memory of its own: the gradients are read after the step
            g, gradient = np.empty_like(theta), g
            calls += [(np.multiply, decay, theta, g), (np.add, gradient, g, g)]
        if momentum:
            v = self.vector("velocity", k)
            calls += [(np.multiply, momentum, v, v), (np.add, v, g, v)]
            if self.optimizer.nesterov:
                calls += [(np.multiply, momentum, v, step), (np.add, g, step, step)]
                g = step
            else:
                g = v
        return [*calls, (np.multiply, rate, g, step), (np.subtract, theta, step, theta)]


class _Adam(_Calls):
    """Adam and AdamW: the two means, their corrections for the step, the quotient, all in two vectors of scratch."""

    def settings(self) -> tuple[Any, ...]:
        o = self.optimizer
        return o.learning_rate, o.betas, o.weight_decay, o.epsilon, o.amsgrad

    def __call__(self) -> None:
        o = self.optimizer
        indices = [o.parameters.index(parameter) for parameter in self.flat.parameters]
        steps = {o.steps.get(i, 0) for i in indices}
        if len(steps) > 1:  # some have stepped without the others: each needs its own correction
            return Update.__call__(self)
        t = steps.pop() + 1
        o.steps.update(dict.fromkeys(indices, t))
        self.first, self.second = (1 - beta**t for beta in o.betas)
        for of_mean, of_square in self.corrections.values():
            of_mean[()], of_square[()] = self.first, self.second
        super().__call__()

    def load(self) -> None:
        super().load()
        self.corrections: dict[Any, tuple[Array, Array]] = {}

    def build(self, k: int, theta: Array, g: Array) -> list[tuple[Any, ...]]:
        o, dtype = self.optimizer, theta.dtype
        numbers = o.learning_rate, *o.betas, 1 - o.betas[0], 1 - o.betas[1], o.epsilon
        rate, b1, b2, c1, c2, epsilon = (np.array(number, dtype) for number in numbers)
        now = np.array(self.first, dtype), np.array(self.second, dtype)
        first, second = self.corrections.setdefault(dtype, now)
        m, v, step, root = (
            self.vector("means", k),
            self.vector("squares", k),
            np.empty_like(theta),
            np.empty_like(theta),
        )
        calls: list[tuple[Any, ...]] = []
        if o.weight_decay and type(o) is AdamW:
            shrink = np.asarray(o.learning_rate * o.weight_decay, dtype)
            calls += [(np.multiply, shrink, theta, step), (np.subtract, theta, step, theta)]
        elif o.weight_decay:
            g, gradient = np.empty_like(theta), g
            calls += [(np.multiply, np.asarray(o.weight_decay, dtype), theta, g), (np.add, gradient, g, g)]
        calls += [(np.multiply, b1, m, m), (np.multiply, c1, g, step), (np.add, m, step, m)]
        calls += [
            (np.multiply, b2, v, v),
            (np.multiply, c2, g, step),
            (np.multiply, step, g, step),
            (np.add, v, step, v),
        ]
        largest = v
        if o.amsgrad:
            largest = self.vector("largest", k)
            calls += [(larger, largest, v, largest)]
        calls += [(np.divide, largest, second, root), (np.sqrt, root, root), (np.add, root, epsilon, root)]
        calls += [(np.divide, m, first, step), (np.multiply, rate, step, step), (np.divide, step, root, step)]
        return [*calls, (np.subtract, theta, step, theta)]


class _Worker(Update):
    """A copy of the optimizer that takes each vector for one parameter: right where every number is treated alike."""

    def load(self) -> None:
        super().load()
        self.memories = [name for name, value in vars(self.optimizer).items() if isinstance(value, dict)]
        self.states = [{name: self.vector(name, k) for name in self.memories} for k in range(len(self.flat.vectors))]

    def __call__(self) -> None:
        if not self.is_shared:
            self.load()
        self.flat.change()
        for k, (theta, g) in enumerate(self.flat.vectors):
            worker = copy(self.optimizer)
            vars(worker).update({name: {k: state} for name, state in self.states[k].items()})
            np.copyto(theta, worker.update(k, theta, g))
            for name, state in self.states[k].items():
                np.copyto(state, vars(worker)[name][k])
