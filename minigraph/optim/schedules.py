"""Schedules: what the learning rate is, from step to step."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

from minigraph.optim.needs import at_least_one, at_least_zero, below_one, positive
from minigraph.optim.optimizer import Optimizer
from minigraph.optim.stateful import Stateful

__all__ = ["ConstantRate", "CosineDecay", "ExponentialDecay", "ReduceOnPlateau", "Schedule", "StepDecay"]


class Schedule(Stateful, ABC):
    """Sets ``optimizer.learning_rate`` to its value at t = 0 at once, and at t = 1, 2, … at each ``step()``.

    Call ``step()`` once per epoch or once per batch: that is what t counts. η₀, here `start`, is the learning rate that
    the optimizer had. During the first `warmup` steps the rate is η₀·(t + 1)/warmup; then t counts from 0 again.
    A subclass sets its own settings, then calls this ``__init__``, and writes ``rate``.
    """

    works_on = "optimizer"

    def __init__(self, optimizer: Optimizer, warmup: int = 0) -> None:
        self.optimizer, self.t = _optimizer(self, optimizer), 0
        self.start = optimizer.learning_rate
        self.warmup = at_least_one(self, "warmup", warmup) if warmup else 0
        self._set()

    def step(self) -> None:
        self.t += 1
        self._set()

    def _set(self) -> None:
        t = self.t - self.warmup
        self.optimizer.learning_rate = self.rate(t) if t >= 0 else self.start * (self.t + 1) / self.warmup

    @abstractmethod
    def rate(self, t: int) -> float:
        """The learning rate t steps after the warm-up."""


class ConstantRate(Schedule):
    """η = η₀, after a warm-up if there is one."""

    def rate(self, t: int) -> float:
        return self.start


class StepDecay(Schedule):
    """η = η₀ · γ^⌊t/n⌋: multiplied by factor γ `every` n steps.

    >>> sgd = mg.SGD([mg.Parameter(0.0)], learning_rate=1.0)
    >>> schedule, rates = mg.StepDecay(sgd, every=2, factor=0.5), []
    >>> for epoch in range(5):
    ...     rates.append(sgd.learning_rate)
    ...     schedule.step()
    >>> rates
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    def __init__(self, optimizer: Optimizer, every: int, factor: float = 0.1, warmup: int = 0) -> None:
        self.every = at_least_one(self, "every", every)
        self.factor = positive(self, "factor", factor)
        super().__init__(optimizer, warmup)

    def rate(self, t: int) -> float:
        return self.start * self.factor ** (t // self.every)


class ExponentialDecay(Schedule):
    """η = η₀ · γᵗ: multiplied by factor γ at each step.

    >>> sgd = mg.SGD([mg.Parameter(0.0)], learning_rate=8.0)
    >>> schedule = mg.ExponentialDecay(sgd, factor=0.5)
    >>> schedule.step()
    >>> sgd.learning_rate
    4.0
    """

    def __init__(self, optimizer: Optimizer, factor: float, warmup: int = 0) -> None:
        self.factor = positive(self, "factor", factor)
        super().__init__(optimizer, warmup)

    def rate(self, t: int) -> float:
        return self.start * self.factor**t


class CosineDecay(Schedule):
    """η = η₁ + ½(η₀ − η₁)(1 + cos(πt/T)): from η₀ down to lowest η₁ in T steps, and η₁ from then on.

    Source: Loshchilov & Hutter (2017), without restarts. The warm-up: Goyal et al. (2017).

    >>> sgd = mg.SGD([mg.Parameter(0.0)], learning_rate=1.0)
    >>> schedule, rates = mg.CosineDecay(sgd, steps=4), []
    >>> for epoch in range(5):
    ...     rates.append(round(sgd.learning_rate, 3))
    ...     schedule.step()
    >>> rates
    [1.0, 0.854, 0.5, 0.146, 0.0]
    """

    def __init__(self, optimizer: Optimizer, steps: int, lowest: float = 0.0, warmup: int = 0) -> None:
        self.steps = at_least_one(self, "steps", steps)
        self.lowest = at_least_zero(self, "lowest", lowest)
        super().__init__(optimizer, warmup)

    def rate(self, t: int) -> float:
        share = (1 + math.cos(math.pi * min(t / self.steps, 1))) / 2
        return self.lowest + (self.start - self.lowest) * share


class ReduceOnPlateau(Stateful):
    """η ← max(γ·η, η₁) when the loss was not better than the best so far in more than `patience` steps on end.

    Better is: loss < best − threshold·|best|; NaN never is. factor γ in [0, 1), lowest η₁. After a reduction the count
    begins anew. Call ``step(loss)`` once per epoch, preferably with a loss on data that were not trained on.

    >>> sgd = mg.SGD([mg.Parameter(0.0)], learning_rate=1.0)
    >>> schedule = mg.ReduceOnPlateau(sgd, factor=0.5, patience=1)
    >>> for loss in (3.0, 2.0, 2.0, 2.0):
    ...     schedule.step(loss)
    >>> sgd.learning_rate
    0.5
    """

    works_on = "optimizer"

    def __init__(
        self,
        optimizer: Optimizer,
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        lowest: float = 0.0,
    ) -> None:
        self.optimizer = _optimizer(self, optimizer)
        self.factor = below_one(self, "factor", factor)
        self.patience = at_least_zero(self, "patience", patience)
        self.threshold = at_least_zero(self, "threshold", threshold)
        self.lowest = at_least_zero(self, "lowest", lowest)
        self.best, self.waited = math.inf, 0

    def step(self, loss: float) -> None:
        margin = self.threshold * abs(self.best) if math.isfinite(self.best) else 0
        if float(loss) < self.best - margin:
            self.best, self.waited = float(loss), 0
        else:
            self.waited += 1
        if self.waited > self.patience:
            rate = self.optimizer.learning_rate
            self.optimizer.learning_rate, self.waited = min(rate, max(self.factor * rate, self.lowest)), 0


def _optimizer(owner: object, optimizer: Optimizer) -> Optimizer:
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(owner).__name__}: needs an optimizer, such as SGD, got {type(optimizer).__name__}")
    return optimizer
