"""Long chains of small elementwise ops: forwards one ufunc after another, backwards all slopes at once.

dx = u · Π f'ₖ: the outputs that slopes are made of lie in one array, so a hundred ops need a handful of calls to go
back. It pays where a call costs more than its numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minigraph.arrays import Array
from minigraph.compile.builder import Backward, Builder
from minigraph.compile.refs import Ref
from minigraph.compile.rules.elementwise import clip_at_zero, one_type
from minigraph.graph import Constant, Node, Op
from minigraph.ops import Add, Mul, Neg, ReLU, Sub, Tanh

__all__ = ["chains", "lower_chain"]

SHORTEST = 8  # ops
LARGEST = 4096  # numbers

UFUNCS: dict[type[Op], Any] = {Add: np.add, Sub: np.subtract, Mul: np.multiply, Neg: np.negative, Tanh: np.tanh}
CURVED: tuple[type[Op], ...] = (Tanh, ReLU)


def chains(b: Builder) -> dict[Node, list[Node]]:
    """The chains of a graph, by their last node: each node made of the one before, which nobody else reads."""
    ending: dict[Node, list[Node]] = {}
    for node in b.graph.nodes:
        moving = _moving(b, node)
        if moving is None:
            continue
        goes_on = moving in ending and b.has_one_user(moving)
        ending[node] = [*(ending.pop(moving) if goes_on else ()), node]
    long = {last: nodes for last, nodes in ending.items() if len(nodes) >= SHORTEST}
    with np.errstate(over="ignore"):  # such a chain goes back step by step
        return {last: nodes for last, nodes in long.items() if np.isfinite(_factor(b, nodes)).all()}


def _moving(b: Builder, node: Node) -> Node | None:
    """The input of a link of a chain, the others of which are constants; None for any other node."""
    if type(node.op) not in (*UFUNCS, ReLU) or not one_type(b, node):
        return None
    moving = [source for source in node.inputs if not isinstance(source, Constant) or source in b.fed]
    if len(moving) != 1 or b.values[moving[0]].shape != b.values[node].shape:
        return None
    return moving[0] if 0 < b.values[node].ndim and b.values[node].size <= LARGEST else None


def lower_chain(b: Builder, nodes: Sequence[Node]) -> Backward:
    start = _moving(b, nodes[0])
    assert start is not None
    value = b.values[start]
    curved = [node for kind in CURVED for node in nodes if type(node.op) is kind]
    outputs = b.new((len(curved), *value.shape), value.dtype)
    for node in nodes:
        assert node.op is not None
        out = _row(b, outputs, curved.index(node)) if node in curved else b.new(value.shape, value.dtype)
        b.refs[node] = out
        if isinstance(node.op, ReLU):
            clip_at_zero(b, b.value(node.inputs[0]), out)
        else:
            b.call(UFUNCS[type(node.op)], *map(b.value, node.inputs), out)
    factor = _factor(b, nodes)

    def backward(u: Ref) -> None:
        slopes = [b.known(factor, "factors")]
        if curved:
            slopes.append(_product(b, outputs, sum(isinstance(node.op, Tanh) for node in curved)))
        whole = slopes[0] if len(slopes) == 1 else b.elementwise(np.multiply, *slopes)
        if u.constant == 1:
            b.give_ref(start, whole)
        else:
            b.give(start, np.multiply, u, whole)

    return backward


def _row(b: Builder, outputs: Ref, k: int) -> Ref:
    return b.view(outputs, f"{{}}[{k}]", lambda a: a[k])


def _factor(b: Builder, nodes: Sequence[Node]) -> Array:
    """What the straight ops of a chain multiply a gradient by."""
    value = b.values[nodes[0]]
    factor = np.ones(value.shape, value.dtype)
    for node in nodes:
        moving = _moving(b, node)
        if isinstance(node.op, Mul):
            factor *= next(b.values[source] for source in node.inputs if source is not moving)
        elif isinstance(node.op, Neg) or (isinstance(node.op, Sub) and node.inputs[1] is moving):
            factor *= -1
    return factor


def _product(b: Builder, outputs: Ref, bends: int) -> Ref:
    """Π slopes: 1 − y² of the first outputs, which tanh made, and 1[y > 0] of the others."""
    slopes, product = b.new(outputs.shape, outputs.dtype), b.new(outputs.shape[1:], outputs.dtype)
    if bends:
        y, s = (b.view(a, f"{{}}[:{bends}]", lambda a: a[:bends]) for a in (outputs, slopes))
        b.call(np.multiply, y, y, s)
        b.call(np.subtract, b.number(1.0, s.dtype), s, s)
    if bends < outputs.shape[0]:
        y, s = (b.view(a, f"{{}}[{bends}:]", lambda a: a[bends:]) for a in (outputs, slopes))
        b.call(np.sign, y, s)
    b.call(np.multiply.reduce, slopes, 0, None, product)
    return product
