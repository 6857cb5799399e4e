"""PyTorch eager as its tutorials write it: an nn.Module, a loss and optim.SGD."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from benchmarks.peers import Model, Trainer
from benchmarks.peers.torch_functions import held
from benchmarks.workloads import Array, Workload

__all__ = ["MODELS"]


class Block(nn.Module):
    """A pre-norm Transformer block and the scores on top of it."""

    def __init__(self, width: int, hidden: int, classes: int) -> None:
        super().__init__()
        self.norm1, self.norm2, self.norm3 = nn.LayerNorm(width), nn.LayerNorm(width), nn.LayerNorm(width)
        self.query, self.key, self.value, self.out = (nn.Linear(width, width, bias=False) for _ in range(4))
        self.up, self.down, self.scores = nn.Linear(width, hidden), nn.Linear(hidden, width), nn.Linear(width, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        n1 = self.norm1(x)
        attended = nn.functional.scaled_dot_product_attention(self.query(n1), self.key(n1), self.value(n1))
        x = x + self.out(attended)
        x = x + self.down(nn.functional.gelu(self.up(self.norm2(x)), approximate="tanh"))
        return self.scores(self.norm3(x)).flatten(0, 1)

    def in_order(self) -> list[nn.Module]:
        """The layers in the order of the workload's parameters."""
        return [self.norm1, self.query, self.key, self.value, self.out, self.norm2, self.up, self.down, self.norm3,
                self.scores]  # fmt: skip


def trained(module: nn.Module, layers: list[nn.Module], workload: Workload, penalty: float = 0) -> Trainer:
    """Starts from the workload's weights; a Linear holds its own transposed."""
    places = [(p, isinstance(layer, nn.Linear) and p.ndim == 2) for layer in layers for p in layer.parameters()]
    with torch.no_grad():
        for (p, turned), array in zip(places, workload.parameters(), strict=True):
            p.copy_(torch.from_numpy(array.T if turned else array))
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(module.parameters(), lr=workload.learning_rate)

    def step(x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        optimizer.zero_grad()
        loss = criterion(module(x), t.flatten())
        if penalty:
            loss = loss + penalty * sum((p**2).sum() for p in module.parameters())
        loss.backward()
        optimizer.step()
        return loss

    def state() -> list[Array]:
        return [(p.T if turned else p).detach().numpy() for p, turned in places]

    return Trainer(step, state, held)


def classifier(workload: Workload) -> Trainer:
    layers: list[nn.Module] = []
    for i, (inputs, outputs) in enumerate(zip(workload.sizes, workload.sizes[1:])):
        layers += [*([nn.ReLU()] if i else []), nn.Linear(inputs, outputs)]
    return trained(nn.Sequential(*layers), layers, workload)


def penalised(workload: Workload) -> Trainer:
    layer = nn.Linear(*workload.sizes, bias=False)
    return trained(layer, [layer], workload, workload.penalty)


def convnet(workload: Workload) -> Trainer:
    a, b, c, classes = workload.sizes
    layers = [
        nn.Conv2d(a, b, 3, padding=1), nn.ReLU(), nn.Conv2d(b, c, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(c * (workload.pixels // 2) ** 2, classes),
    ]  # fmt: skip
    return trained(nn.Sequential(*layers), layers, workload)


def attention(workload: Workload) -> Trainer:
    block = Block(*workload.sizes[1:])
    return trained(block, block.in_order(), workload)


def pulled_back(function: Callable[..., torch.Tensor]) -> Trainer:
    """Of a function without parameters: loss.backward(), and the gradient stands at the input."""
    last: Any = None

    def step(x: torch.Tensor, *rest: torch.Tensor) -> torch.Tensor:
        nonlocal last
        x.grad = None
        loss = function(x, *rest)
        loss.backward()
        last = x
        return loss

    return Trainer(step, lambda: [last.grad.numpy()], lambda array: held(array, array.dtype.kind == "f"))


def loss(workload: Workload) -> Trainer:
    return pulled_back(nn.CrossEntropyLoss())


def chain(workload: Workload) -> Trainer:
    links = [(name, None if constant is None else held(constant)) for name, constant in workload.links()]
    acts = {"multiply": torch.mul, "add": torch.add, "subtract": torch.sub}

    def run(h: torch.Tensor) -> torch.Tensor:
        for name, constant in links:
            h = torch.tanh(h) if constant is None else acts[name](h, constant)
        return h.sum()

    return pulled_back(run)


MODELS: dict[str, Model] = {
    "classifier": classifier, "penalised": penalised, "loss": loss, "chain": chain, "convnet": convnet,
    "attention": attention,
}  # fmt: skip
