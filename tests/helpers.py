"""What several test files need: arrays without kinks nearby, central differences that owe nothing to the library."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import minigraph as mg
from minigraph.layers import Affine, ReLU, SoftmaxWithLoss

Array = np.ndarray[Any, np.dtype[Any]]


def spread(rng: np.random.Generator, *shape: int) -> Array:
    """Numbers in ±[0.3, 2.1], all different: away from 0, where ReLU has its corner, and from the ties of a maximum."""
    return np.asarray(positive(rng, *shape) * rng.choice([-1.0, 1.0], size=shape))


def positive(rng: np.random.Generator, *shape: int) -> Array:
    """Numbers in [0.3, 2.1], all different."""
    size = int(np.prod(shape))
    return rng.permutation(np.linspace(0.3, 2.0, size) + rng.uniform(0, 0.1)).reshape(shape)


def distribution(rng: np.random.Generator, *shape: int) -> Array:
    """Rows of positive numbers with the sum 1."""
    p = positive(rng, *shape)
    return p / p.sum(axis=-1, keepdims=True)


def central_difference(f: Callable[[Array], Any], x: Array, h: float = 1e-6) -> Array:
    """∂f/∂x of a scalar function f, one element after another."""
    gradient = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        above, below = x.copy(), x.copy()
        above[i] += h
        below[i] -= h
        gradient[i] = (float(f(above)) - float(f(below))) / (2 * h)
    return gradient


def read_only(array: Array) -> Array:
    """A copy that nobody can write to."""
    copy = array.copy()
    copy.flags.writeable = False
    return copy


def subclasses(cls: type) -> Iterator[type]:
    """Every subclass, and theirs."""
    for sub in cls.__subclasses__():
        yield sub
        yield from subclasses(sub)


def network(targets: str = "labels", *, dtype: type = np.float64, seed: int = 3) -> mg.Node:
    """A two-layer network with its loss: 4 features → 5 → 3 classes, 6 rows. targets: "labels" or "one-hot"."""
    rng = np.random.default_rng(seed)
    labels = np.array([0, 2, 1, 1, 0, 2])
    x = mg.Node(spread(rng, 6, 4).astype(dtype), "x")
    t = mg.Node(labels if targets == "labels" else np.eye(3, dtype=dtype)[labels], "t", requires_grad=False)
    hidden = ReLU()(Affine(4, 5, seed=rng, bias=spread(rng, 5), dtype=dtype)(x))
    return SoftmaxWithLoss()(Affine(5, 3, seed=rng, bias=spread(rng, 3), dtype=dtype)(hidden), t)


class Double(mg.Op):
    """y = 2x; the smallest op there is, for tests that want one of their own."""

    def forward(self, x: Array) -> Array:
        return 2 * x

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array, ...]:
        return (2 * upstream,)


class NoReturn(Double):
    """An op through which nobody may go back."""

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array, ...]:
        raise AssertionError("a gradient was computed that nobody wants")


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear))


def contrast(a: str, b: str) -> float:
    dark, light = sorted((luminance(a), luminance(b)))
    return (light + 0.05) / (dark + 0.05)
