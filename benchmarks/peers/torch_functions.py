"""PyTorch without modules: loss(parameters, batch), the gradients asked for, SGD in place.

Eager, that is the leanest step that still uses autograd: nothing is accumulated or reset, and the update runs on
aliases of the parameters that autograd does not watch. Compiled, the whole step is one graph, with C++ around it.
"""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch.nn import functional as F

from benchmarks.peers import Model, Trainer
from benchmarks.workloads import Array, Workload

__all__ = ["COMPILED", "EAGER", "held"]

Tensors = list[torch.Tensor]


class Loss(Protocol):
    def __call__(self, w: Tensors, x: torch.Tensor, *rest: torch.Tensor) -> torch.Tensor: ...


def held(array: Array, wants_gradient: bool = False) -> torch.Tensor:
    return torch.from_numpy(array.copy(order="C")).requires_grad_(wants_gradient)


def classifier(workload: Workload) -> Loss:
    def loss(w: Tensors, x: torch.Tensor, *rest: torch.Tensor) -> torch.Tensor:
        h = torch.addmm(w[1], x, w[0])
        for i in range(2, len(w), 2):
            h = torch.addmm(w[i + 1], F.relu(h), w[i])
        return F.cross_entropy(h, rest[0])

    return loss


def penalised(workload: Workload) -> Loss:
    def loss(w: Tensors, x: torch.Tensor, *rest: torch.Tensor) -> torch.Tensor:
        return F.cross_entropy(F.linear(x, w[0]), rest[0]) + workload.penalty * (w[0] * w[0]).sum()

    return loss


def loss_alone(workload: Workload) -> Loss:
    return lambda w, x, *rest: F.cross_entropy(x, rest[0])


def loss_as_difference(workload: Workload) -> Loss:
    """What torch.compile makes faster code of than of cross_entropy while it fits the caches; eager it is slower."""

    def loss(w: Tensors, x: torch.Tensor, *rest: torch.Tensor) -> torch.Tensor:
        return (torch.logsumexp(x, 1) - x.gather(1, rest[0][:, None])[:, 0]).mean()

    return loss


def chain(workload: Workload) -> Loss:
    links = [(name, None if constant is None else held(constant)) for name, constant in workload.links()]
    acts = {"multiply": torch.mul, "add": torch.add, "subtract": torch.sub}

    def loss(w: Tensors, x: torch.Tensor, *rest: torch.Tensor) -> torch.Tensor:
        h = x
        for name, constant in links:
            h = torch.tanh(h) if constant is None else acts[name](h, constant)
        return h.sum()

    return loss


def convnet(workload: Workload) -> Loss:
    def loss(w: Tensors, x: torch.Tensor, *rest: torch.Tensor) -> torch.Tensor:
        h = F.relu(F.conv2d(x, w[0], w[1], padding=1))
        h = F.max_pool2d(F.relu(F.conv2d(h, w[2], w[3], padding=1)), 2)
        return F.cross_entropy(torch.addmm(w[5], h.flatten(1), w[4]), rest[0])

    return loss


def attention(workload: Workload) -> Loss:
    def loss(w: Tensors, x: torch.Tensor, *rest: torch.Tensor) -> torch.Tensor:
        rows, width = x.flatten(0, 1), x.shape[-1]
        n1 = F.layer_norm(rows, (width,), w[0], w[1])
        q, k, v = ((n1 @ each).view_as(x) for each in w[2:5])
        x1 = torch.addmm(rows, F.scaled_dot_product_attention(q, k, v).flatten(0, 1), w[5])
        h = F.gelu(torch.addmm(w[9], F.layer_norm(x1, (width,), w[6], w[7]), w[8]), approximate="tanh")
        x2 = x1 + torch.addmm(w[11], h, w[10])
        scores = torch.addmm(w[15], F.layer_norm(x2, (width,), w[12], w[13]), w[14])
        return F.cross_entropy(scores, rest[0].flatten())

    return loss


LOSSES = {
    "classifier": classifier, "penalised": penalised, "loss": loss_alone, "chain": chain, "convnet": convnet,
    "attention": attention,
}  # fmt: skip


def compiled_loss(workload: Workload) -> Loss:
    small = workload.model == "loss" and workload.batch <= 64
    return loss_as_difference(workload) if small else LOSSES[workload.model](workload)


def weights(workload: Workload) -> list[Array]:
    """The long thin matrix of "penalised" is held as [outputs, inputs]: its gradient takes half the time so."""
    return [array.T if workload.model == "penalised" else array for array in workload.parameters()]


def numpy_of(tensors: Any, workload: Workload) -> list[Array]:
    arrays = [tensor.detach().numpy() for tensor in tensors]
    return [array.T if workload.model == "penalised" else array for array in arrays]


def eager(workload: Workload) -> Trainer:
    loss_of, rate = LOSSES[workload.model](workload), workload.learning_rate
    w = [held(array, True) for array in weights(workload)]
    unwatched = [each.detach() for each in w]
    last: Any = None

    def step(*feed: torch.Tensor) -> torch.Tensor:
        loss = loss_of(w, *feed)
        for each, gradient in zip(unwatched, torch.autograd.grad(loss, w)):
            each.sub_(gradient, alpha=rate)
        return loss

    def pulled_back(*feed: torch.Tensor) -> torch.Tensor:
        nonlocal last
        loss = loss_of(w, *feed)
        last = torch.autograd.grad(loss, feed[0])
        return loss

    if w:
        return Trainer(step, lambda: numpy_of(w, workload), held)
    return Trainer(pulled_back, lambda: numpy_of(last, workload), lambda array: held(array, array.dtype.kind == "f"))


def compiled(workload: Workload) -> Trainer:
    loss_of, rate = compiled_loss(workload), workload.learning_rate
    w = [held(array) for array in weights(workload)]
    by_weights = torch.func.grad_and_value(loss_of)
    by_input = torch.func.grad_and_value(loss_of, argnums=1)
    last: Any = None

    def whole(w: Tensors, *feed: torch.Tensor) -> tuple[Any, torch.Tensor]:
        if not w:
            return by_input(w, *feed)
        gradients, loss = by_weights(w, *feed)
        for each, gradient in zip(w, gradients):
            each.sub_(gradient, alpha=rate)
        return None, loss

    fast = torch.compile(whole, fullgraph=True, dynamic=False, options={"cpp_wrapper": True})
    torch.set_grad_enabled(False)  # one check less at each call

    def step(*feed: torch.Tensor) -> torch.Tensor:
        nonlocal last
        last, loss = fast(w, *feed)
        return loss

    return Trainer(step, lambda: numpy_of(w or [last], workload), held)


EAGER: dict[str, Model] = dict.fromkeys(LOSSES, eager)
COMPILED: dict[str, Model] = dict.fromkeys(LOSSES, compiled)
