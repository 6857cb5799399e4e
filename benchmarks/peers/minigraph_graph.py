"""minigraph: the same graph, run node by node and compiled."""

from __future__ import annotations

import numpy as np

import minigraph as mg
from benchmarks.peers import Model, Trainer
from benchmarks.workloads import Workload
from minigraph.layers import (
    GELU,
    L2,
    Affine,
    Attention,
    Conv2D,
    Flatten,
    LayerNorm,
    MaxPool2D,
    ReLU,
    SoftmaxWithLoss,
    Tanh,
)

__all__ = ["COMPILED", "EAGER"]


def classifier(workload: Workload, x: mg.Node, t: mg.Node, w: list[np.ndarray]) -> mg.Node:
    h = x
    for i in range(0, len(w), 2):
        h = affine(w[i], w[i + 1])(ReLU()(h) if i else h)
    return SoftmaxWithLoss()(h, t)


def penalised(workload: Workload, x: mg.Node, t: mg.Node, w: list[np.ndarray]) -> mg.Node:
    layer = affine(w[0])
    return SoftmaxWithLoss()(layer(x), t) + L2(workload.penalty)(layer.parameters[0])


def loss(workload: Workload, x: mg.Node, t: mg.Node, w: list[np.ndarray]) -> mg.Node:
    return SoftmaxWithLoss()(x, t)


def chain(workload: Workload, x: mg.Node, w: list[np.ndarray]) -> mg.Node:
    h = x
    for name, constant in workload.links():
        if constant is None:
            h = Tanh()(h)
        else:
            h = {"multiply": h.__mul__, "add": h.__add__, "subtract": h.__sub__}[name](constant)
    return h.sum()


def convnet(workload: Workload, x: mg.Node, t: mg.Node, w: list[np.ndarray]) -> mg.Node:
    net = mg.Sequential(
        convolution(w[0], w[1]), ReLU(), convolution(w[2], w[3]), ReLU(), MaxPool2D(2), Flatten(), affine(w[4], w[5])
    )
    return SoftmaxWithLoss()(net(x), t)


def attention(workload: Workload, x: mg.Node, t: mg.Node, w: list[np.ndarray]) -> mg.Node:
    n1 = norm(w[0], w[1])(x)
    y = Attention()(*(affine(each)(n1) for each in w[2:5]))
    x1 = x + affine(w[5])(y)
    h = GELU("tanh")(affine(w[8], w[9])(norm(w[6], w[7])(x1)))
    x2 = x1 + affine(w[10], w[11])(h)
    return SoftmaxWithLoss()(affine(w[14], w[15])(norm(w[12], w[13])(x2)), t)


def affine(weight: np.ndarray, bias: np.ndarray | None = None) -> Affine:
    return Affine(*weight.shape, weight=weight, bias=False if bias is None else bias, dtype=weight.dtype)


def convolution(kernels: np.ndarray, bias: np.ndarray) -> Conv2D:
    outputs, inputs, *size = kernels.shape
    return Conv2D(inputs, outputs, (size[0], size[1]), padding=1, weight=kernels, bias=bias, dtype=kernels.dtype)


def norm(gamma: np.ndarray, beta: np.ndarray) -> LayerNorm:
    layer = LayerNorm(len(gamma), dtype=gamma.dtype)
    for parameter, value in zip(layer.parameters, (gamma, beta)):
        parameter.value = value
    return layer


GRAPHS = {
    "classifier": classifier, "penalised": penalised, "loss": loss, "chain": chain, "convnet": convnet,
    "attention": attention,
}  # fmt: skip


class Recorded:
    """A workload's graph, its input, and its parameters in the order of the workload."""

    def __init__(self, workload: Workload) -> None:
        weights = workload.parameters()
        names = ("x", "t")
        leaves = [
            mg.Node(array, name, requires_grad=name == "x" and not weights)
            for array, name in zip(workload.feeds()[0], names)
        ]
        self.graph = mg.Graph(GRAPHS[workload.model](workload, *leaves, weights))
        self.x = leaves[0]
        self.parameters = self._in_order(weights)
        self.optimizer = mg.SGD(self.graph.parameters, workload.learning_rate) if weights else None

    def _in_order(self, weights: list[np.ndarray]) -> list[mg.Node]:
        """The graph lists them as it meets them. No two have the same numbers, so that they can be told apart."""
        found = {parameter.value.tobytes(): parameter for parameter in self.graph.parameters}
        return [found[weight.tobytes()] for weight in weights]


def eager(workload: Workload) -> Trainer:
    recorded = Recorded(workload)
    graph, optimizer, x = recorded.graph, recorded.optimizer, recorded.x

    def step(x: np.ndarray, t: np.ndarray) -> np.ndarray:
        loss = graph.forward(x=x, t=t)
        graph.backward()
        if optimizer is not None:
            optimizer.step()
        return loss

    def chained(x: np.ndarray) -> np.ndarray:
        loss = graph.forward(x=x)
        graph.backward()
        return loss

    def state() -> list[np.ndarray]:
        return [parameter.value for parameter in recorded.parameters] or [np.asarray(x.grad)]

    return Trainer(chained if workload.model == "chain" else step, state)


def compiled(workload: Workload) -> Trainer:
    recorded = Recorded(workload)
    program, x = recorded.graph.compile(recorded.optimizer), recorded.x

    def step(x: np.ndarray, t: np.ndarray) -> np.ndarray:
        return program(x=x, t=t)

    def chained(x: np.ndarray) -> np.ndarray:
        return program(x=x)

    def state() -> list[np.ndarray]:
        return [parameter.value for parameter in recorded.parameters] or [program.gradients[x]]

    return Trainer(chained if workload.model == "chain" else step, state)


EAGER: dict[str, Model] = dict.fromkeys(GRAPHS, eager)
COMPILED: dict[str, Model] = dict.fromkeys(GRAPHS, compiled)
