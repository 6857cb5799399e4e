"""micrograd: every number a node of its own, in Python floats.

It has no exp, log and tanh: they are added here as its author's lecture adds tanh. Networks that would make
more than some ten thousand nodes, images and attention are beyond it.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from micrograd.engine import Value

from benchmarks.peers import Model, Trainer
from benchmarks.workloads import Array, Workload

__all__ = ["MODELS"]


def unary(name: str, function: Callable[[float], float], slope: Callable[[float, float], float]) -> Any:
    """An op of micrograd from f(x) and ∂y/∂x as a function of x and y."""

    def apply(x: Value) -> Value:
        out = Value(function(x.data), (x,), name)

        def backward() -> None:
            x.grad += slope(x.data, out.data) * out.grad

        out._backward = backward
        return out

    return apply


exp = unary("exp", math.exp, lambda x, y: y)
log = unary("log", math.log, lambda x, y: 1 / x)
tanh = unary("tanh", math.tanh, lambda x, y: 1 - y * y)


def cross_entropy(scores: list[Value], label: int) -> Value:
    largest = max(score.data for score in scores)
    exps = [exp(score - largest) for score in scores]
    return log(sum(exps[1:], exps[0])) + largest - scores[label]


def classifier(workload: Workload) -> Trainer:
    if math.prod(workload.sizes[:2]) * workload.batch > 10_000:
        raise NotImplementedError("more than 100,000 nodes, each a number, take seconds a step")
    w: list[Any] = [
        [[Value(a) for a in row] for row in array.tolist()] if array.ndim == 2 else [Value(a) for a in array.tolist()]
        for array in workload.parameters()
    ]
    flat = [value for part in w for row in part for value in (row if isinstance(row, list) else [row])]
    sys.setrecursionlimit(20_000)

    def scores(h: list[Any]) -> list[Value]:
        for i in range(0, len(w), 2):
            h = [value.relu() for value in h] if i else h
            h = [sum((a * b for a, b in zip(column, h)), bias) for column, bias in zip(zip(*w[i]), w[i + 1])]
        return h

    def step(x: list[list[float]], t: list[int]) -> float:
        loss = sum(cross_entropy(scores(row), label) for row, label in zip(x, t)) / len(t)
        for value in flat:
            value.grad = 0
        loss.backward()
        for value in flat:
            value.data -= workload.learning_rate * value.grad
        return loss.data

    def state() -> list[Array]:
        return [np.array([[v.data for v in row] if isinstance(row, list) else row.data for row in part]) for part in w]

    return Trainer(step, state, lambda array: array.tolist())


def chain(workload: Workload) -> Trainer:
    links = [(name, None if constant is None else constant.tolist()) for name, constant in workload.links()]
    acts: dict[str, Callable[[Value, float], Value]] = {
        "multiply": Value.__mul__, "add": Value.__add__, "subtract": Value.__sub__
    }  # fmt: skip
    last: list[Value] = []

    def step(x: list[float]) -> float:
        nonlocal last
        h = last = [Value(number) for number in x]
        for name, constant in links:
            h = [tanh(a) for a in h] if constant is None else [acts[name](a, c) for a, c in zip(h, constant)]
        loss = sum(h[1:], h[0])
        loss.backward()
        return loss.data

    return Trainer(step, lambda: [np.array([value.grad for value in last])], lambda array: array.tolist())


MODELS: dict[str, Model] = {"classifier": classifier, "chain": chain}
