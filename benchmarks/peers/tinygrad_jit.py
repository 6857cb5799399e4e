"""tinygrad: the whole step under TinyJit, with its optimizer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from tinygrad import Context, Tensor, TinyJit
from tinygrad.nn.optim import SGD

from benchmarks.peers import Model, Trainer
from benchmarks.workloads import Array, Workload

__all__ = ["MODELS"]

Loss = Callable[..., Tensor]


def held(array: Array) -> Tensor:
    return Tensor(array if array.dtype.kind == "f" else array.astype(np.int32)).realize()


def classifier(w: list[Tensor], x: Tensor, t: Tensor) -> Tensor:
    h = x @ w[0] + w[1]
    for i in range(2, len(w), 2):
        h = h.relu() @ w[i] + w[i + 1]
    return h.sparse_categorical_crossentropy(t)


def penalised(w: list[Tensor], x: Tensor, t: Tensor) -> Tensor:
    return (x @ w[0]).sparse_categorical_crossentropy(t) + Workload.penalty * (w[0] * w[0]).sum()


def loss_alone(w: list[Tensor], x: Tensor, t: Tensor) -> Tensor:
    return x.sparse_categorical_crossentropy(t)


def chain(workload: Workload) -> Loss:
    links = [(name, None if constant is None else held(constant)) for name, constant in workload.links()]
    acts: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
        "multiply": Tensor.mul, "add": Tensor.add, "subtract": Tensor.sub
    }  # fmt: skip

    def loss(w: list[Tensor], h: Tensor) -> Tensor:
        for name, constant in links:
            h = h.tanh() if constant is None else acts[name](h, constant)
        return h.sum()

    return loss


def convnet(w: list[Tensor], x: Tensor, t: Tensor) -> Tensor:
    h = x.conv2d(w[0], w[1], padding=1).relu().conv2d(w[2], w[3], padding=1).relu().max_pool2d(2)
    return (h.flatten(1) @ w[4] + w[5]).sparse_categorical_crossentropy(t)


def attention(w: list[Tensor], x: Tensor, t: Tensor) -> Tensor:
    n1 = x.layernorm() * w[0] + w[1]
    q, k, v = (n1 @ each for each in w[2:5])
    x1 = x + q.scaled_dot_product_attention(k, v) @ w[5]
    x2 = x1 + ((x1.layernorm() * w[6] + w[7]) @ w[8] + w[9]).gelu() @ w[10] + w[11]
    scores = (x2.layernorm() * w[12] + w[13]) @ w[14] + w[15]
    return scores.flatten(0, 1).sparse_categorical_crossentropy(t.flatten())


LOSSES: dict[str, Callable[[Workload], Loss]] = {
    "classifier": lambda workload: classifier, "penalised": lambda workload: penalised,
    "loss": lambda workload: loss_alone, "chain": chain, "convnet": lambda workload: convnet,
    "attention": lambda workload: attention,
}  # fmt: skip


def jitted(workload: Workload) -> Trainer:
    loss_of = LOSSES[workload.model](workload)
    w = [held(array) for array in workload.parameters()]
    optimizer = SGD(w, lr=workload.learning_rate) if w else None
    last: Any = None

    @TinyJit
    def whole(*feed: Tensor) -> Tensor:
        optimizer.zero_grad()
        with Context(TRAINING=1):
            loss = loss_of(w, *feed).backward()
            return loss.realize(*optimizer.schedule_step())

    @TinyJit
    def gradient(*feed: Tensor) -> tuple[Tensor, ...]:
        loss = loss_of(w, *feed)
        (found,) = loss.gradient(feed[0])
        return loss.realize(found), found

    def step(*feed: Tensor) -> Tensor:
        return whole(*feed)

    def pulled_back(*feed: Tensor) -> Tensor:
        nonlocal last
        loss, last = gradient(*feed)
        return loss

    def state() -> list[Array]:
        return [each.numpy() for each in (w or [last])]

    Tensor.training = True
    return Trainer(step if w else pulled_back, state, held, lambda loss: loss.item())


MODELS: dict[str, Model] = dict.fromkeys(LOSSES, jitted)
