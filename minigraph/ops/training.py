"""What is otherwise while training: functions of the step that a `Clock` counts, which is 0 when nobody trains."""

from __future__ import annotations

import numpy as np

from minigraph.arrays import Array, shape_text
from minigraph.formulas import Local
from minigraph.graph import Op

__all__ = ["Choose", "DropoutMask", "drop_probability", "is_training"]


def is_training(owner: str, step: Array) -> bool:
    """Whether this step is one of training. ValueError for anything but a single integer from 0 on."""
    if step.ndim or step.dtype.kind not in "iu" or step < 0:
        raise ValueError(
            f"{owner}: step is {step.dtype} {step if not step.ndim else shape_text(step.shape)}, "
            "but must be one integer: 0 for evaluating, 1, 2, … for training"
        )
    return bool(step > 0)


def drop_probability(owner: str, p: float) -> float:
    """p, if it is a probability below 1."""
    if not 0 <= p < 1:
        raise ValueError(f"{owner}: p is {p}, but must lie in [0, 1): the probability to drop a value")
    return p


class Choose(Op):
    """y = a at a step of training (step > 0), b when evaluating (step = 0). The chosen one gets the whole gradient.

    step: one integer, as a `Clock` counts. Errors: ValueError for another.
    """

    constants = (2,)
    formula, gate, symbol = "{0} if {2} > 0 else {1}", "?", "C"
    locals = (
        Local("1[{2} > 0]", lambda op, y, a, b, step: step > 0),
        Local("1[{2} = 0]", lambda op, y, a, b, step: step == 0),
    )

    def forward(self, a: Array, b: Array, step: Array) -> Array:
        return a if is_training(self.name, step) else b

    def backward(self, upstream: Array, y: Array, a: Array, b: Array, step: Array) -> tuple[Array, Array, None]:
        return (upstream, np.zeros_like(b), None) if step > 0 else (np.zeros_like(a), upstream, None)


class DropoutMask(Op):
    """M[i] = 0 with probability p, else 1/(1−p), one M[i] for each x[i]; when evaluating (step = 0), M[i] = 1.

    So the mean of x ⊙ M is that of x. M is drawn from (seed, step): anew at each step, the same for the same step. Only
    the shape and type of x matter: no gradient flows. Errors: ValueError for p outside [0, 1), a step of another kind.
    """

    constants = (0, 1)
    formula, symbol = "mask({0}, {1})", "M"

    def __init__(self, p: float, seed: int) -> None:
        self.p, self.seed = drop_probability(self.name, p), seed

    def forward(self, x: Array, step: Array) -> Array:
        dtype = x.dtype if x.dtype.kind == "f" else np.float64
        if not is_training(self.name, step):
            return np.ones(x.shape, dtype)
        kept = np.random.default_rng([self.seed, int(step)]).random(x.shape) >= self.p
        return (kept / (1 - self.p)).astype(dtype)

    def backward(self, upstream: Array, m: Array, x: Array, step: Array) -> tuple[None, None]:
        return None, None
