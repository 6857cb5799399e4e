"""Networks that go to ONNX files and come back, with one batch for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from helpers import Array, positive

import minigraph as mg
from minigraph.layers import (
    GELU,
    Affine,
    Attention,
    AvgPool2D,
    BatchNorm,
    Conv2D,
    Dropout,
    Embedding,
    Flatten,
    LayerNorm,
    LeakyReLU,
    Logit,
    LogSoftmax,
    MaxPool2D,
    ReLU,
    Sequential,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)

Network = Callable[[Any], mg.Node]
RNG = np.random.default_rng(0)
ROWS, IMAGES = RNG.normal(size=(6, 4)), RNG.normal(size=(3, 2, 8, 8))
WORDS, STEPS = RNG.integers(0, 7, (3, 5)), RNG.normal(size=(3, 5, 4))


def rows(dtype: Any) -> Network:
    return Sequential(
        Affine(4, 5, seed=0, dtype=dtype), BatchNorm(5, dtype=dtype), ReLU(), Dropout(0.5, seed=0),
        Affine(5, 4, seed=1, bias=False, dtype=dtype), Tanh(), Affine(4, 3, seed=1, dtype=dtype), LogSoftmax(),
        Dropout(0.1, seed=1),
    )  # fmt: skip


def images(dtype: Any) -> Network:
    return Sequential(
        Conv2D(2, 3, 3, padding=1, seed=0, dtype=dtype), BatchNorm(3, axis=1, eps=1e-3, dtype=dtype), LeakyReLU(0.1),
        MaxPool2D(2), Conv2D(3, 2, (2, 1), stride=(1, 2), bias=False, seed=2, dtype=dtype), AvgPool2D((3, 1)),
        Flatten(), Affine(4, 3, seed=1, dtype=dtype), Softmax(temperature=2),
    )  # fmt: skip


def words(dtype: Any) -> Network:
    return Sequential(
        Embedding(7, 4, seed=0, dtype=dtype), LayerNorm(4, dtype=dtype), Affine(4, 5, seed=0, dtype=dtype),
        BatchNorm(5, dtype=dtype), GELU(), GELU("tanh"), SiLU(), Softplus(), Softplus(2.0),
        lambda x: mg.concat([x[:, 0], x[:, ::-1, 1:-1].mean(-1), x[..., None, -1][:, -1]], axis=1),
    )  # fmt: skip


def attention(dtype: Any) -> Network:
    weights = Affine(4, 4, seed=0, dtype=dtype)
    heads = Attention(causal=True)
    return Sequential(
        weights, lambda x: heads(x, x, x), Sigmoid(), Logit(), Softmax(axis=1, groups=5),
        lambda x: mg.stack([x, mg.transpose(x, 0, 2, 1).T.T.reshape(-1, 5, 4)], axis=-1).max(3, keepdims=True),
    )  # fmt: skip


def arithmetic(dtype: Any) -> Network:
    a, b = mg.Parameter(positive(RNG, 4).astype(dtype), "a"), mg.Parameter(positive(RNG, 4, 4).astype(dtype), "B")

    def function(x: mg.Node) -> mg.Node:
        y = mg.exp(-abs(x) / 2) * a - 3 / a + mg.log(a) ** 2 - mg.sqrt(a)
        z = mg.where(np.array([True, False, True, False]), y @ b, mg.erf(y)).clip(-2, 5).clip(low=-1)
        z = mg.maximum(z, y) + mg.minimum(z, 0.5) + mg.broadcast_to(a.sum(keepdims=True), (1, 4))
        return z.min(axis=(0, 1), keepdims=True) + z - z.mean() + (z @ a).reshape(-1, 1) + z.sum(1, keepdims=True)

    return function


NETWORKS: dict[str, tuple[Callable[[Any], Network], Array]] = {
    "rows": (rows, ROWS), "images": (images, IMAGES), "words": (words, WORDS), "attention": (attention, STEPS),
    "arithmetic": (arithmetic, ROWS),
}  # fmt: skip


def recorded(name: str, dtype: Any = np.float64) -> mg.Node:
    """What a network makes of its batch, its running statistics being known."""
    make, batch = NETWORKS[name]
    x = mg.Node(batch.astype(dtype) if batch.dtype.kind == "f" else batch, "x")
    graph = mg.Graph(make(dtype)(x))
    norms = {node.op for node in graph.nodes if isinstance(node.op, BatchNorm)}
    for norm in norms:
        norm.update(graph)
    return graph.output
