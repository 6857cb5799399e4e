"""What is timed: small networks, their first weights and their data, the same for every peer."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["QUICK", "WORKLOADS", "Array", "Feed", "Link", "Workload"]

Array = NDArray[Any]
Feed = tuple[Array, ...]
Link = tuple[str, Array | None]  # one node of a chain and its constant
Model = Literal["classifier", "penalised", "loss", "chain", "convnet", "attention"]

ACTS = ("multiply", "add", "tanh", "subtract")


@dataclass(frozen=True)
class Workload:
    """One step: forward, loss, backward and plain SGD; "loss" and "chain" have no parameters and end with a gradient.

    sizes: of classifiers the width of each layer; of "loss" the classes; of "chain" width and number of nodes; of
    "convnet" the channels, then the classes; of "attention" positions, width, hidden width and classes.
    target: how many times as fast as straightforward NumPy the compiled graph should be.
    """

    key: str
    title: str
    model: Model
    batch: int
    sizes: tuple[int, ...]
    learning_rate: float = 0.05
    target: float | None = None
    batches: int = 4  # that take turns, so that nothing can be kept from one step to the next
    dtype: str = "float32"

    penalty = 1e-3  # λ of "penalised"
    pixels = 8  # height and width of an image of "convnet"

    def feeds(self) -> list[Feed]:
        """The batches: inputs and, where there are classes, labels."""
        rng = self._rng("data")
        return [self._feed(rng) for _ in range(self.batches)]

    def parameters(self) -> list[Array]:
        """The first weights, of each layer in turn W [inputs, outputs] and b; kernels are [outputs, inputs, 3, 3]."""
        rng = self._rng("weights")
        if self.model in ("loss", "chain"):
            return []
        if self.model == "attention":
            _, width, hidden, classes = self.sizes
            square, norm = (width, width), [(width,), (width,)]
            shapes: list[tuple[int, ...]] = [*norm, square, square, square, square, *norm, (width, hidden), (hidden,)]
            shapes += [(hidden, width), (width,), *norm, (width, classes), (classes,)]
            arrays = [self._weight(rng, shape) for shape in shapes]
            for gamma in (0, 6, 12):
                arrays[gamma] = arrays[gamma] + arrays[gamma].dtype.type(1)
            return arrays
        if self.model == "convnet":
            *channels, classes = self.sizes
            shapes = [shape for a, b in zip(channels, channels[1:]) for shape in ((b, a, 3, 3), (b,))]
            shapes += [(channels[-1] * (self.pixels // 2) ** 2, classes), (classes,)]
        elif self.model == "penalised":
            shapes = [self.sizes]
        else:
            shapes = [shape for a, b in zip(self.sizes, self.sizes[1:]) for shape in ((a, b), (b,))]
        return [self._weight(rng, shape) for shape in shapes]

    def links(self) -> list[Link]:
        """The nodes of "chain" in turn: multiply and add, tanh, subtract; with constants that keep numbers near 1."""
        rng = self._rng("links")
        width, count = self.sizes
        middle = {"multiply": 1.0, "add": 0.0, "subtract": 0.0}
        links: list[Link] = []
        for i in range(count):
            act = ACTS[i % len(ACTS)]
            constant = self._cast(middle[act] + 0.1 * rng.normal(size=width)) if act in middle else None
            links.append((act, constant))
        return links

    def _feed(self, rng: np.random.Generator) -> Feed:
        if self.model == "chain":
            return (self._cast(rng.normal(size=self.sizes[0])),)
        labels: tuple[int, ...] = (self.batch,)
        shape: tuple[int, ...] = (self.batch, self.sizes[0])
        if self.model == "convnet":
            shape = (self.batch, self.sizes[0], self.pixels, self.pixels)
        elif self.model == "attention":
            labels = (self.batch, self.sizes[0])
            shape = (*labels, self.sizes[1])
        return self._cast(rng.standard_normal(shape, np.float32)), rng.integers(0, self.sizes[-1], labels)

    def _weight(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        fan_in = shape[0] if len(shape) == 2 else int(np.prod(shape[1:])) or 1
        scale = 0.1 if len(shape) == 1 else 1 / np.sqrt(fan_in)
        return self._cast(scale * rng.normal(size=shape))

    def _cast(self, numbers: Array) -> Array:
        """The same float32 numbers, whatever type they are held in."""
        return numbers.astype(np.float32).astype(self.dtype)

    def _rng(self, what: str) -> np.random.Generator:
        return np.random.default_rng(zlib.crc32(f"{self.key} {what}".encode()))


_ALL = (
    Workload("W1", "Iris softmax regression, 150×4 → 3", "classifier", 150, (4, 3), target=2.5),
    Workload("W2", "digits MLP, 32×64 → 32 → 10", "classifier", 32, (64, 32, 10), target=2.0),
    Workload("W3", "MNIST-size MLP, 128×784 → 256 → 128 → 10", "classifier", 128, (784, 256, 128, 10), target=1.03),
    Workload("W4", "cs231n softmax with L2, 500×3073 → 10", "penalised", 500, (3073, 10), 0.01, target=1.5),
    Workload("W5a", "SoftmaxWithLoss alone, 256×32000", "loss", 256, (32000,), target=1.8, batches=3),
    Workload("W5b", "SoftmaxWithLoss alone, 64×50257", "loss", 64, (50257,), target=1.8, batches=3),
    Workload("W6", "a chain of 100 elementwise nodes, 16-vectors", "chain", 1, (16, 100), target=2.8),
    Workload("ConvNet", "two 3×3 convolutions and a max-pool, 32×1×8×8", "convnet", 32, (1, 16, 32, 10)),
    Workload("Attention", "a pre-norm Transformer block, 64×8×32", "attention", 64, (8, 32, 64, 10)),
)
WORKLOADS = {workload.key: workload for workload in _ALL}

_TINY: dict[str, tuple[int, tuple[int, ...]]] = {
    "W1": (15, (4, 3)), "W2": (8, (6, 5, 3)), "W3": (8, (9, 8, 7, 3)), "W4": (20, (30, 4)), "W5a": (8, (50,)),
    "W5b": (3, (70,)), "W6": (1, (4, 12)), "ConvNet": (2, (1, 3, 4, 3)), "Attention": (2, (4, 8, 12, 5)),
}  # fmt: skip
QUICK = {
    key: replace(WORKLOADS[key], title=f"{WORKLOADS[key].title} (tiny)", batch=batch, sizes=sizes)
    for key, (batch, sizes) in _TINY.items()
}
