"""Straightforward NumPy, as in the solutions of a course: forward and backward by hand, new arrays at every line.

In the manner of cs231n and "Deep Learning from Scratch": no memory made beforehand, no index arrays kept, the
probabilities copied before the labels are subtracted.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from benchmarks.peers import Model, Trainer
from benchmarks.peers.numpy_attention import attention
from benchmarks.peers.numpy_convnet import convnet
from benchmarks.peers.numpy_softmax import softmax_with_loss
from benchmarks.workloads import Array, Link, Workload

__all__ = ["MODELS"]


def softmax_regression(x: Array, t: Array, parameters: list[Array], rate: float) -> float:
    W, b = parameters
    scores = x @ W + b
    loss, d = softmax_with_loss(scores, t)
    dW = x.T @ d
    db = d.sum(axis=0)
    W -= rate * dW
    b -= rate * db
    return loss


def two_layers(x: Array, t: Array, parameters: list[Array], rate: float) -> float:
    W1, b1, W2, b2 = parameters
    h = np.maximum(x @ W1 + b1, 0)
    scores = h @ W2 + b2
    loss, d = softmax_with_loss(scores, t)
    dW2 = h.T @ d
    db2 = d.sum(axis=0)
    dh = (d @ W2.T) * (h > 0)
    dW1 = x.T @ dh
    db1 = dh.sum(axis=0)
    for parameter, gradient in zip(parameters, (dW1, db1, dW2, db2)):
        parameter -= rate * gradient
    return loss


def three_layers(x: Array, t: Array, parameters: list[Array], rate: float) -> float:
    W1, b1, W2, b2, W3, b3 = parameters
    h1 = np.maximum(x @ W1 + b1, 0)
    h2 = np.maximum(h1 @ W2 + b2, 0)
    scores = h2 @ W3 + b3
    loss, d = softmax_with_loss(scores, t)
    dW3 = h2.T @ d
    db3 = d.sum(axis=0)
    dh2 = (d @ W3.T) * (h2 > 0)
    dW2 = h1.T @ dh2
    db2 = dh2.sum(axis=0)
    dh1 = (dh2 @ W2.T) * (h1 > 0)
    dW1 = x.T @ dh1
    db1 = dh1.sum(axis=0)
    for parameter, gradient in zip(parameters, (dW1, db1, dW2, db2, dW3, db3)):
        parameter -= rate * gradient
    return loss


def penalised(x: Array, t: Array, parameters: list[Array], rate: float) -> float:
    (W,) = parameters
    loss, d = softmax_with_loss(x @ W, t)
    loss += Workload.penalty * np.sum(W * W)
    dW = x.T @ d + 2 * Workload.penalty * W
    W -= rate * dW
    return loss


def chain(x: Array, links: list[Link]) -> tuple[float, Array]:
    """The sum of the last node, and its gradient with respect to x."""
    values = [x]
    for name, constant in links:
        h = values[-1]
        if name == "multiply":
            values.append(h * constant)
        elif name == "add":
            values.append(h + constant)
        elif name == "subtract":
            values.append(h - constant)
        else:
            values.append(np.tanh(h))
    loss = np.sum(values[-1])
    d = np.ones_like(values[-1])
    for (name, constant), y in zip(reversed(links), reversed(values)):
        if name == "multiply":
            d = d * constant
        elif name == "tanh":
            d = d * (1 - y**2)
    return loss, d


def trained(step: Callable[[Array, Array, list[Array], float], float], workload: Workload) -> Trainer:
    parameters, rate = workload.parameters(), workload.learning_rate
    return Trainer(lambda x, t: step(x, t, parameters, rate), lambda: parameters)


def classifier(workload: Workload) -> Trainer:
    layers = {2: softmax_regression, 3: two_layers, 4: three_layers}
    return trained(layers[len(workload.sizes)], workload)


def pulled_back(run: Callable[..., tuple[float, Array]]) -> Trainer:
    """Of something that returns loss and gradient."""
    last = np.empty(0)

    def step(*feed: Array) -> float:
        nonlocal last
        loss, last = run(*feed)
        return loss

    return Trainer(step, lambda: [last])


MODELS: dict[str, Model] = {
    "classifier": classifier,
    "penalised": partial(trained, penalised),
    "loss": lambda workload: pulled_back(softmax_with_loss),
    "chain": lambda workload: pulled_back(partial(chain, links=workload.links())),
    "convnet": partial(trained, convnet),
    "attention": partial(trained, attention),
}
