"""Where NaN or ∞ began, once the loss or a gradient has become one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import compress
from typing import NamedTuple

import numpy as np

from minigraph.arrays import Array, shape_text
from minigraph.graph import Graph, Node, Parameter
from minigraph.scene.findings import NAN, new_word

__all__ = ["NotFiniteError", "refusal"]


class NotFiniteError(FloatingPointError):
    """The loss or a gradient became NaN or ∞. That step was not taken; the graph holds it, so `draw` shows it.

    node: where it began, None if that could not be told · direction: "forward" or "backward" there · epoch, step: when,
    counted from 1, the step over all epochs.
    """

    def __init__(self, message: str, node: Node | None, direction: str, epoch: int, step: int) -> None:
        super().__init__(message)
        self.node, self.direction, self.epoch, self.step = node, direction, epoch, step


class _Origin(NamedTuple):
    node: Node
    direction: str
    said: str


@np.errstate(all="ignore")  # what overflows here has been told already
def refusal(graph: Graph, loss: float, norm: float, epoch: int, step: int) -> NotFiniteError:
    """The error for what the last forward and backward of `graph` computed, which names the first bad node."""
    sick_loss = not np.isfinite(loss)
    ways = (
        (_forwards, _backwards) if sick_loss else (_backwards, _forwards)
    )  # a −∞ that a finite loss masks is no cause
    origin = next((found for way in ways for found in way(graph)), None)
    what = f"the loss is {loss:g}" if sick_loss else f"the loss is {loss:g}, but the norm of its gradients is {norm:g}"
    began = origin.said if origin else "node by node, every value and gradient is finite"
    node, direction = (origin.node, origin.direction) if origin else (None, "")
    message = f"fit: {what} at step {step} (epoch {epoch}); {began}. That step was not taken."
    return NotFiniteError(message, node, direction, epoch, step)


def _forwards(graph: Graph) -> Iterator[_Origin]:
    """The nodes with NaN or ∞ that nothing they were made from has; a leaf's −∞ without a gradient is a mask's."""
    for node in graph.nodes:
        word = new_word(node.value, node.operands)
        may_mask = not (node.op or word == NAN or node.requires_grad or np.isposinf(node.value).any())
        if not word or may_mask:
            continue
        name = graph.names[node]
        if node.op:
            said = f"{word} began at {name} = {node.op!r} going forward, from {_inputs(graph, node, node.operands)}"
        else:
            said = f"{word} began at {name}, " + (
                "a parameter: what was updated before" if isinstance(node, Parameter) else "which was fed so"
            )
        yield _Origin(node, "forward", said)


def _backwards(graph: Graph) -> Iterator[_Origin]:
    """The nodes whose op made NaN or ∞ going back, from an upstream gradient and inputs that had none."""
    for node, (op, needs) in graph.backward_plan.items():
        if node.grad is None:
            continue
        pulled = op.pull(node.grad, node.value, node.operands, needs)
        for source, gradient in compress(zip(node.inputs, pulled), needs):
            word = new_word(gradient, (node.grad, *node.operands)) if gradient is not None else ""
            if word:
                of = f"∂{graph.names[graph.output]}/∂{graph.names[source]}"
                inputs = _inputs(graph, node, node.operands)
                said = f"{word} began in {of}, in the backward of {graph.names[node]} = {op!r}, with {inputs}"
                yield _Origin(node, "backward", said)
    for node in reversed(graph.nodes):  # what no op made, a sum at a fork did
        if node.grad is not None and not np.isfinite(node.grad).all():
            of = f"∂{graph.names[graph.output]}/∂{graph.names[node]}"
            yield _Origin(node, "backward", f"∞ began in {of}, where its paths are summed")


def _inputs(graph: Graph, node: Node, operands: tuple[Array, ...]) -> str:
    """Each input and where its numbers lie."""
    return ", ".join(_range(graph.names[source], array) for source, array in zip(node.inputs, operands))


def _range(name: str, array: Array) -> str:
    if array.ndim == 0 or not array.size:
        return f"{name} {shape_text(array.shape)}" if array.ndim else f"{name} = {array.item():g}"
    return f"{name} {shape_text(array.shape)} in {float(array.min()):g} … {float(array.max()):g}"
