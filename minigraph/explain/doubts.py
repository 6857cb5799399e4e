"""Where an op's formula for a local gradient is not what its ``backward`` does: a bug of one of the two."""

from __future__ import annotations

import math
from collections.abc import Container
from dataclasses import dataclass

import numpy as np

from minigraph.arrays import Array
from minigraph.graph import Node
from minigraph.scene.content import LARGEST_SHOWN, Edge, Scene

__all__ = ["Doubt", "agree", "doubts"]

MOST_PULLS = 64  # for a Jacobian that nothing else needs


@dataclass(frozen=True, eq=False)
class Doubt:
    """An edge, what its formula makes of the upstream gradient, and what ``backward`` makes of it."""

    edge: Edge
    formula: Array
    backward: Array

    @property
    def distance(self) -> float:
        return float(np.abs(self.formula - self.backward).max(initial=0.0))


def doubts(scene: Scene, behind: Container[Node]) -> list[Doubt]:
    """The edges with two answers, from the output on; of those that lead to a node in `behind`."""
    found = []
    for node in reversed(scene.graph.nodes):
        for edge in scene.returns[node] if node in scene.gradients else ():
            if edge.source in behind and (doubt := _doubt(edge, scene.gradients[node])):
                found.append(doubt)
    return found


def _doubt(edge: Edge, upstream: Array) -> Doubt | None:
    formula, backward = _by_formula(edge, upstream), edge.pulled(upstream)
    if formula is None or agree(formula, backward, _size(edge, upstream)):
        return None
    return Doubt(edge, formula, backward)


def _by_formula(edge: Edge, upstream: Array) -> Array | None:
    """None where that would take a huge Jacobian."""
    node, local = edge.node, edge.local
    if local is None:
        if node.value.size > MOST_PULLS or edge.numbers is None:
            return None
        return np.asarray(np.tensordot(upstream, edge.numbers, axes=upstream.ndim))
    if local.rule == "row by row" and node.value.size * math.prod(node.shape[-1:]) > LARGEST_SHOWN:
        return None
    if edge.numbers is None:
        return None
    try:
        return np.asarray(edge.downstream(upstream)).reshape(edge.source.shape)
    except Exception as error:  # whatever somebody's own formula may raise
        raise ValueError(f"{type(node.op).__name__}.locals[{edge.i}] does not fit here: {error}") from error


def agree(a: Array, b: Array, size: float = 0.0) -> bool:
    """Whether two results are equal up to rounding. size: of what they were summed from, which may have cancelled."""
    digits = max(math.sqrt(np.finfo(np.result_type(x, np.float16)).eps) for x in (a, b))
    scale = max([size, *(float(np.abs(x[np.isfinite(x)]).max(initial=0.0)) for x in (a, b))])
    return bool(np.allclose(a, b, rtol=digits, atol=digits * scale, equal_nan=True))


def _size(edge: Edge, upstream: Array) -> float:
    """How large the terms of the product are."""
    sizes = [np.abs(x[np.isfinite(x)]).max(initial=0.0) for x in (np.asarray(edge.numbers), upstream)]
    return float(np.prod(sizes))
