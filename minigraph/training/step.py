"""One step of training, node by node or compiled, held to finite numbers and a largest gradient norm."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from minigraph.arrays import Array
from minigraph.graph import Graph, Op
from minigraph.optim import Optimizer
from minigraph.optim.clip import norm_of
from minigraph.training.watch import refusal

__all__ = ["Step"]


class Step:
    """``step(feeds, epoch, number)`` takes a step and returns the loss before it and ‖∂L/∂θ‖, NaN if nobody needs it.

    With `watch` a loss or norm that is not finite raises NotFiniteError, and the parameters are what they were.
    """

    def __init__(self, graph: Graph, optimizer: Optimizer, compiled: bool, max_norm: float | None, watch: bool) -> None:
        self.graph, self.optimizer, self.max_norm, self.watch = graph, optimizer, max_norm, watch
        self.trained = [parameter for parameter in optimizer.parameters if parameter.requires_grad]
        self.learning = [op for op in dict.fromkeys(node.op for node in graph.nodes) if op and _learns(op)]
        self.program = graph.compile(optimizer) if compiled else None
        self.is_held = watch or max_norm is not None
        if self.program is not None and self.is_held:
            self.program.before_update = self._before_update
        self.norm = math.nan

    def __call__(self, feeds: dict[str, Array], epoch: int, number: int) -> tuple[float, float]:
        self.now = feeds, epoch, number
        loss = self._node_by_node(feeds) if self.program is None else self.program(**feeds).item()
        for op in self.learning:
            op.update(self.graph)
        return loss, self.norm

    def _node_by_node(self, feeds: dict[str, Array]) -> float:
        loss = self.graph.forward(**feeds).item()
        self.graph.backward()
        if self.is_held:
            gradients = {p: p.grad for p in self.trained if p.grad is not None}
            factor = self._factor(loss, gradients.values())
            if factor < 1:
                for parameter, gradient in gradients.items():
                    parameter.grad = np.asarray(gradient * factor, gradient.dtype)
        self.optimizer.step()
        return loss

    def _before_update(self, loss: float, gradients: list[Array]) -> None:
        factor = self._factor(loss, gradients)
        if factor < 1:
            for gradient in gradients:
                gradient *= factor

    def _factor(self, loss: float, gradients: Iterable[Array]) -> float:
        """What to multiply the gradients by."""
        self.norm = norm_of(gradients)
        if self.watch and not (math.isfinite(loss) and math.isfinite(self.norm)):
            feeds, epoch, number = self.now
            if self.program is not None:
                with np.errstate(all="ignore"):
                    self.graph.forward(**feeds)  # the same step: the clocks go on only once it is taken
                    self.graph.backward()
            raise refusal(self.graph, loss, self.norm, epoch, number)
        return self.max_norm / self.norm if self.max_norm is not None and self.norm > self.max_norm else 1.0


def _learns(op: Op) -> bool:
    return type(op).update is not Op.update
