"""Cases of the elementwise non-linearities and of log-softmax."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from cases.case import Case, Shape, Twin, text
from helpers import Array, spread

from minigraph.graph import Op
from minigraph.layers import GELU, LeakyReLU, Logit, LogSoftmax, ReLU, Sigmoid, SiLU, Softplus
from minigraph.ops import Erf

__all__ = ["CASES"]

RNG = np.random.default_rng(2025)


def probabilities(rng: np.random.Generator, *shape: int) -> Array:
    """Numbers between 0.06 and 0.94."""
    return np.asarray(0.5 + 0.21 * spread(rng, *shape))


def elementwise() -> Iterator[Case]:
    table: list[tuple[Op, Callable[..., Array], Twin]] = [
        (ReLU(), spread, lambda torch, x: x.relu()),
        (Sigmoid(), spread, lambda torch, x: x.sigmoid()),
        (Logit(), probabilities, lambda torch, p: p.logit()),
        (Erf(), spread, lambda torch, x: x.erf()),
        (LeakyReLU(), spread, lambda torch, x: torch.nn.functional.leaky_relu(x)),
        (LeakyReLU(0.3), spread, lambda torch, x: torch.nn.functional.leaky_relu(x, 0.3)),
        (LeakyReLU(0), spread, lambda torch, x: x.relu()),
        (LeakyReLU(1), spread, lambda torch, x: x * 1),
        (SiLU(), spread, lambda torch, x: torch.nn.functional.silu(x)),
        (Softplus(), spread, lambda torch, x: torch.nn.functional.softplus(x)),
        (Softplus(2.5), spread, lambda torch, x: torch.nn.functional.softplus(x, 2.5)),
        (GELU(), spread, lambda torch, x: torch.nn.functional.gelu(x)),
        (GELU("tanh"), spread, lambda torch, x: torch.nn.functional.gelu(x, approximate="tanh")),
    ]
    for op, make, twin in table:
        for shape in ((), (3,), (2, 3), (2, 1, 3)):
            yield Case(f"{op!r} {text(shape)}", op, (make(RNG, *shape),), twin)
    wide = np.linspace(-6.2, 6.3, 12).reshape(3, 4)
    for op, make, twin in table:
        if make is spread:
            yield Case(f"{op!r} from −6 to 6", op, (wide,), twin)


def log_softmaxes() -> Iterator[Case]:
    settings: list[tuple[Shape, int]] = [
        ((3,), -1), ((3,), 0), ((2, 3), -1), ((2, 3), 0), ((2, 3), 1), ((2, 1), -1), ((2, 3, 4), 1), ((2, 3, 4), -3),
    ]  # fmt: skip
    for shape, axis in settings:

        def twin(torch: Any, x: Any, axis: int = axis) -> Any:
            return x.log_softmax(dim=axis)

        yield Case(f"LogSoftmax {text(shape)} axis={axis}", LogSoftmax(axis), (spread(RNG, *shape),), twin)


CASES: tuple[Case, ...] = (*elementwise(), *log_softmaxes())
