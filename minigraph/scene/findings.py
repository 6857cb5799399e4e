"""What is wrong or out of date in a graph: where NaN and ∞ began, what changed since, formulas that are not kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from minigraph.arrays import Array
from minigraph.graph import Node
from minigraph.scene.content import LARGEST_SHOWN, Edge, Scene

__all__ = ["NAN", "broken_formulas", "changed_leaves", "edge_origins", "new_word", "origins", "outdated"]

NAN, INFINITE = "NaN", "∞"
CLOSE = 1e-3  # how far, relatively, a formula may be from its backward in float32; wrong ones are further


def origins(scene: Scene) -> dict[Node, str]:
    """Where the values' NaN and ∞ come from: the nodes with one that nothing they were made from has.

    An ∞ in a leaf that wants no gradient, such as the −∞ of a mask, is there on purpose.
    """
    found = ((node, new_word(node.value, node.operands)) for node in scene.graph.nodes)
    return {node: word for node, word in found if word and (node.op or word == NAN or scene.wants_gradient(node))}


def edge_origins(scene: Scene) -> dict[Edge, str]:
    """The edges at which a gradient becomes NaN or ∞, unless that was in the values already."""
    if all(np.isfinite(gradient).all() for gradient in scene.gradients.values()):
        return {}
    found = {}
    for edge in (edge for edges in scene.returns.values() for edge in edges):
        upstream = scene.gradients.get(edge.node)
        if upstream is not None and (word := new_word(edge.downstream(upstream), (upstream, *edge.node.operands))):
            found[edge] = word
    return found


def new_word(made: Array, sources: Iterable[Array]) -> str:
    """What `made` has that none of its sources has."""
    if np.isfinite(made).all():
        return ""
    sources = [source for source in sources if source.dtype.kind == "f"]
    if np.isnan(made).any() and not any(np.isnan(source).any() for source in sources):
        return NAN
    return INFINITE if np.isinf(made).any() and all(np.isfinite(source).all() for source in sources) else ""


def changed_leaves(scene: Scene) -> list[Node]:
    """The leaves that have another value now (an optimizer's, say) than the ops computed with."""
    return [node for node in scene.graph.nodes if node.op is None and scene.is_stale(node)]


def outdated(scene: Scene) -> set[Node]:
    """The values that were computed from what has changed since."""
    old = set(changed_leaves(scene))
    for node in scene.graph.nodes if old else ():
        if not old.isdisjoint(node.inputs):
            old.add(node)
    return {node for node in old if node.op}


def broken_formulas(scene: Scene) -> Mapping[Edge, Array]:
    """The edges whose formula is not what the op's backward does, and what that gives."""
    found: dict[Edge, Array] = {}
    for edge in (edge for node in scene.ops for edge in scene.returns[node]):
        upstream = scene.gradients.get(edge.node)
        if upstream is None or edge.local is None or edge.node.value.size > LARGEST_SHOWN:
            continue
        given = edge.pulled(upstream)
        if not np.allclose(edge.downstream(upstream), given, CLOSE, 1e-6, equal_nan=True):
            found[edge] = given
    return found
