"""The paths that a gradient takes from the output back to a node: counted without a walk, and walked one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from minigraph.arrays import Array
from minigraph.diagram.content import Edge, Scene
from minigraph.graph import Node

__all__ = ["Path", "count_paths", "walk"]


@dataclass(frozen=True, eq=False)
class Path:
    """One way from the output back to a node.

    edges: from the output on · gradients: what arrives along this path alone, at the output and after each edge.
    """

    edges: tuple[Edge, ...]
    gradients: tuple[Array, ...]

    @property
    def gradient(self) -> Array:
        """What this path brings to the node: its share of the node's gradient."""
        return self.gradients[-1]

    @property
    def nodes(self) -> tuple[Node, ...]:
        """From the node to the output, as the values flow."""
        return (*(edge.source for edge in reversed(self.edges)), *(edge.node for edge in self.edges[:1]))


def count_paths(scene: Scene, node: Node) -> dict[Node, int]:
    """How many paths lead from each node that the output depends on back to `node`; without those that none leads from.

    One sum per node, so the number may be astronomical.
    """
    counts = {node: 1}
    for user in scene.graph.nodes:
        total = sum(counts.get(edge.source, 0) for edge in scene.returns[user])
        if total and user is not node:
            counts[user] = total
    return counts


def walk(scene: Scene, node: Node, counts: dict[Node, int]) -> Iterator[Path]:
    """The paths from the output to `node`, one after another; what they share at their beginning is computed once."""
    root = scene.root
    edges: list[Edge] = []
    gradients = [scene.gradients[root]]
    if root is node:
        yield Path((), tuple(gradients))
        return
    ways = [_ways(scene, root, counts)]
    while ways:
        edge = next(ways[-1], None)
        if edge is not None:
            edges.append(edge)
            gradients.append(edge.downstream(gradients[-1]))
            if edge.source is not node:
                ways.append(_ways(scene, edge.source, counts))
                continue
            yield Path(tuple(edges), tuple(gradients))
        else:
            ways.pop()
        if edges:
            edges.pop()
            gradients.pop()


def _ways(scene: Scene, node: Node, counts: dict[Node, int]) -> Iterator[Edge]:
    return (edge for edge in scene.returns[node] if edge.source in counts)
