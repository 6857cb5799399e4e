"""The paths from an output back to a node: counted without a walk, and walked one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from minigraph.arrays import Array
from minigraph.graph import Node
from minigraph.scene.content import Edge, Scene

__all__ = ["Path", "Paths", "count_paths", "walk"]


@dataclass(frozen=True, eq=False)
class Path:
    """One way from the output back to a node.

    edges: from the output on · gradients: what ``backward`` sends along this path alone, at the output and after each
    edge.
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


@dataclass(frozen=True, eq=False)
class Paths:
    """What is told of one node: the first paths to it, how many lead to it from each node, and the others' share."""

    node: Node
    listed: tuple[Path, ...]
    counts: dict[Node, int]
    rest: Array | None


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


def walk(scene: Scene, node: Node) -> Iterator[Path]:
    """The paths between the output and `node`, in the order in which a diagram lists what arrives at each node."""
    root = scene.root
    if root is node:
        yield Path((), (scene.gradients[root],))
        return
    edges: list[Edge] = []
    ways = [iter(scene.arrivals(node))]
    while ways:
        edge = next(ways[-1], None)
        if edge is None:
            ways.pop()
            del edges[-1:]
            continue
        edges.append(edge)
        if edge.node is root:
            yield _path(scene, tuple(reversed(edges)))
            edges.pop()
        else:
            ways.append(iter(scene.arrivals(edge.node)))


def _path(scene: Scene, edges: tuple[Edge, ...]) -> Path:
    gradients = [scene.gradients[scene.root]]
    for edge in edges:
        gradients.append(edge.pulled(gradients[-1]))
    return Path(edges, tuple(gradients))
