"""Trainings that are filmed in tests."""

from __future__ import annotations

from typing import Any

import numpy as np
from helpers import Array

import minigraph as mg
from minigraph.layers import CrossEntropy, Softmax, SoftmaxWithLoss

HOSTILE = "</script><script>alert(1)</script>\"'&<b>"


def moons(count: int = 40) -> tuple[Array, Array]:
    """Two interleaved half circles, and which of them each point is of."""
    rng = np.random.default_rng(0)
    angle, label = rng.uniform(0, np.pi, count), np.arange(count) % 2
    x = np.where(label == 0, np.cos(angle), 1 - np.cos(angle))
    y = np.where(label == 0, np.sin(angle), 0.5 - np.sin(angle))
    return np.stack([x, y], axis=1) + rng.normal(0, 0.1, (count, 2)), label


def classifier(hidden: int = 4, classes: int = 2, names: tuple[str, ...] = ("W1", "b1", "W2", "b2")) -> mg.Graph:
    """2-4-2 by default, on the moons."""
    points, labels = moons()
    rng = np.random.default_rng(1)
    arrays = rng.normal(0, 1, (2, hidden)), np.zeros(hidden), rng.normal(0, 0.5, (hidden, classes)), np.zeros(classes)
    w1, b1, w2, b2 = (mg.Parameter(array, name) for array, name in zip(arrays, names))
    x, t = mg.Node(points, "x", requires_grad=False), mg.Node(labels, "t")
    loss = SoftmaxWithLoss()(mg.relu(x @ w1 + b1) @ w2 + b2, t)
    loss.name = "L"
    return mg.Graph(loss)


def trained(graph: mg.Graph, steps: int, *, compiled: bool = False, rate: float = 0.3, **how: Any) -> mg.Film:
    optimizer = mg.SGD(graph.parameters, rate)
    if compiled:
        program = graph.compile(optimizer)
        film = mg.record(program, **how)
        for _ in range(steps):
            program()
            film()
        return film
    film = mg.record(graph, **how)
    for _ in range(steps):
        graph.forward()
        graph.backward()
        optimizer.step()
        film()
    return film


def unusual() -> mg.Graph:
    """No chain of layers: a way around the first."""
    rng = np.random.default_rng(2)
    points = rng.normal(size=(12, 3))
    x, a = mg.Node(points, "x", requires_grad=False), mg.Parameter(rng.normal(size=(3, 4)), "A")
    b = mg.Parameter(rng.normal(size=(7, 1)), "B")
    y = mg.concat([mg.tanh(x @ a), x], axis=1) @ b
    loss = ((y - mg.Node(points.sum(axis=1, keepdims=True), "t")) ** 2).mean()
    loss.name = "L"
    return mg.Graph(loss)


def broken() -> mg.Film:
    """Hostile names, and NaN and ∞ among the weights of the last frame."""
    points, labels = moons(20)
    w, b = mg.Parameter(np.eye(2), HOSTILE), mg.Parameter(np.zeros(2), "b")
    x = mg.Node(points, "x <i>", requires_grad=False)
    graph = mg.Graph(CrossEntropy()(Softmax()(x @ w + b), mg.Node(labels, "t")))
    film = trained(graph, 4, every=1)
    w.value = np.array([[np.nan, 1.0], [np.inf, -2.0]])
    film(float("nan"))
    return film
