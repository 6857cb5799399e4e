"""HIPS autograd: NumPy code on its own NumPy, and value_and_grad of it; the update in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd.numpy as anp
from autograd import value_and_grad

from benchmarks.peers import Model, Trainer
from benchmarks.workloads import Array, Workload

__all__ = ["MODELS"]

Loss = Callable[..., Any]


def cross_entropy(scores: Any, t: Array) -> Any:
    shifted = scores - anp.max(scores, axis=1, keepdims=True)
    return anp.mean(anp.log(anp.sum(anp.exp(shifted), axis=1)) - shifted[anp.arange(len(t)), t])


def classifier(w: list[Any], x: Array, t: Array) -> Any:
    h = anp.dot(x, w[0]) + w[1]
    for i in range(2, len(w), 2):
        h = anp.dot(anp.maximum(h, 0), w[i]) + w[i + 1]
    return cross_entropy(h, t)


def penalised(w: list[Any], x: Array, t: Array) -> Any:
    return cross_entropy(anp.dot(x, w[0]), t) + Workload.penalty * anp.sum(w[0] * w[0])


def loss_alone(w: list[Any], x: Array, t: Array) -> Any:
    return cross_entropy(x, t)


def chain(workload: Workload) -> Loss:
    links = workload.links()
    acts = {"multiply": anp.multiply, "add": anp.add, "subtract": anp.subtract}

    def loss(w: list[Any], h: Any) -> Any:
        for name, constant in links:
            h = anp.tanh(h) if constant is None else acts[name](h, constant)
        return anp.sum(h)

    return loss


def convolution(x: Any, kernels: Any, bias: Any) -> Any:
    n, c, h, w = x.shape
    padded = anp.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)), mode="constant")
    windows = anp.stack([padded[:, :, i : i + h, j : j + w] for i in range(3) for j in range(3)], axis=2)
    rows = anp.reshape(anp.transpose(windows, (0, 3, 4, 1, 2)), (n * h * w, c * 9))
    y = anp.dot(rows, anp.reshape(kernels, (len(kernels), -1)).T) + bias
    return anp.transpose(anp.reshape(y, (n, h, w, -1)), (0, 3, 1, 2))


def convnet(w: list[Any], x: Array, t: Array) -> Any:
    h = anp.maximum(convolution(anp.maximum(convolution(x, w[0], w[1]), 0), w[2], w[3]), 0)
    n, c, height, width = h.shape
    pooled = anp.max(anp.reshape(h, (n, c, height // 2, 2, width // 2, 2)), axis=(3, 5))
    return cross_entropy(anp.dot(anp.reshape(pooled, (n, -1)), w[4]) + w[5], t)


def attention(w: list[Any], x: Array, t: Array) -> Any:
    def norm(x: Any, gamma: Any, beta: Any) -> Any:
        centred = x - anp.mean(x, axis=-1, keepdims=True)
        return gamma * centred / anp.sqrt(anp.mean(centred * centred, axis=-1, keepdims=True) + 1e-5) + beta

    n1 = norm(x, w[0], w[1])
    q, k, v = (anp.matmul(n1, each) for each in w[2:5])
    z = anp.matmul(q, anp.swapaxes(k, -1, -2)) / float(anp.sqrt(x.shape[-1]))
    exps = anp.exp(z - anp.max(z, axis=-1, keepdims=True))
    a = exps / anp.sum(exps, axis=-1, keepdims=True)
    x1 = x + anp.matmul(anp.matmul(a, v), w[5])
    u = anp.matmul(norm(x1, w[6], w[7]), w[8]) + w[9]
    h = 0.5 * u * (1 + anp.tanh(float(anp.sqrt(2 / anp.pi)) * (u + 0.044715 * u * u * u)))
    x2 = x1 + anp.matmul(h, w[10]) + w[11]
    scores = anp.matmul(norm(x2, w[12], w[13]), w[14]) + w[15]
    return cross_entropy(anp.reshape(scores, (-1, scores.shape[-1])), t.reshape(-1))


LOSSES: dict[str, Callable[[Workload], Loss]] = {
    "classifier": lambda workload: classifier, "penalised": lambda workload: penalised,
    "loss": lambda workload: loss_alone, "chain": chain, "convnet": lambda workload: convnet,
    "attention": lambda workload: attention,
}  # fmt: skip


def traced(workload: Workload) -> Trainer:
    loss_of, rate, w = LOSSES[workload.model](workload), workload.learning_rate, workload.parameters()
    by_weights, by_input = value_and_grad(loss_of), value_and_grad(loss_of, argnum=1)
    last: Any = None

    def step(*feed: Array) -> Any:
        loss, gradients = by_weights(w, *feed)
        for each, gradient in zip(w, gradients):
            each -= rate * gradient
        return loss

    def pulled_back(*feed: Array) -> Any:
        nonlocal last
        loss, last = by_input(w, *feed)
        return loss

    return Trainer(step if w else pulled_back, lambda: w or [last])


MODELS: dict[str, Model] = dict.fromkeys(LOSSES, traced)
