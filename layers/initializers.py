"""What the weights are before training. Every one takes its randomness explicitly: an int seed or a NumPy Generator."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import DTypeLike

from minigraph.arrays import Array, ArrayLike, Seed, shape_text

__all__ = ["Initializer", "he", "initial", "normal", "xavier"]

Shape = tuple[int, ...]
Initializer = Callable[[Shape, np.random.Generator], Array]


def he(shape: Shape, rng: np.random.Generator) -> Array:
    """W ~ N(0, 2/inputs): keeps the variance through a ReLU. Source: He et al. (2015)."""
    return rng.normal(0.0, np.sqrt(2 / fans(shape)[0]), shape)


def xavier(shape: Shape, rng: np.random.Generator) -> Array:
    """W ~ U(±√(6/(inputs + outputs))): for tanh and linear layers. Source: Glorot & Bengio (2010)."""
    limit = np.sqrt(6 / sum(fans(shape)))
    return rng.uniform(-limit, limit, shape)


def normal(shape: Shape, rng: np.random.Generator) -> Array:
    """W[i, d] ~ N(0, 1): for tables whose rows are looked up, where no sum over rows has a variance to keep."""
    return rng.normal(size=shape)


def fans(shape: Shape) -> tuple[int, int]:
    """How many inputs an output has, and outputs an input: of W [inputs, outputs], or kernels [O, C, kh, kw]."""
    if len(shape) == 2:
        return shape[0], shape[1]
    outputs, inputs, *window = shape
    return inputs * math.prod(window), outputs * math.prod(window)


BY_NAME: dict[str, Initializer] = {"he": he, "xavier": xavier, "normal": normal}


def initial(owner: str, given: str | Initializer | ArrayLike, shape: Shape, seed: Seed, dtype: DTypeLike) -> Array:
    """The first value of a weight: by an initializer's name, by a function (shape, rng), or an array of that shape."""
    if isinstance(given, str):
        if given not in BY_NAME:
            raise ValueError(
                f"{owner}: there is no initializer {given!r}; use one of {', '.join(BY_NAME)}, a function or an array"
            )
        given = BY_NAME[given]
    array: Array = np.asarray(given(shape, np.random.default_rng(seed)) if callable(given) else given, dtype=dtype)
    if array.shape != shape:
        raise ValueError(f"{owner}: the given array is {shape_text(array.shape)}, but must be {shape_text(shape)}")
    return array
