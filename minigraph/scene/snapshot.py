"""A graph as it is at this moment, for pictures that are drawn later."""

from __future__ import annotations

from copy import copy

from minigraph.graph import Node
from minigraph.order import topological_order

__all__ = ["snapshot"]


def snapshot(root: Node) -> Node:
    """The same graph of other nodes, which keep these arrays whatever happens to the first ones."""
    twins: dict[Node, Node] = {}
    for node in topological_order(root):
        twins[node] = twin = copy(node)
        twin.inputs = tuple(twins[source] for source in node.inputs)
    return twins[root]
