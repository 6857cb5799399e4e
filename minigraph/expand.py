"""Open the boxes: a graph in which composite ops are replaced by their definition in smaller ops."""

from __future__ import annotations

from minigraph.graph import Node
from minigraph.naming import is_number
from minigraph.order import topological_order

__all__ = ["expand"]


def expand(root: Node, depth: int = 1) -> Node:
    """The same computation with every op that has an ``expand`` opened, `depth` levels deep; returns the new root.

    Leaves (inputs, parameters) are the very same nodes; every other node is new, and `root` stays as it is. A new
    node's ``scope`` names the composites around it: the nodes that were opened, outermost first. What a fused op guards
    against is open again: an expanded softmax overflows at logits of 1000, where the fused one does not.
    """
    if depth < 0:
        raise ValueError(f"expand: depth is {depth}, but must be 0 or more")
    return _opened(root, {}, depth, ())


def _opened(root: Node, boundary: dict[Node, Node], depth: int, scope: tuple[Node, ...]) -> Node:
    """`root` rebuilt on top of `boundary` (old node → new node), its composites opened, new nodes inside `scope`."""
    new = dict(boundary)
    for node in topological_order(root, until=boundary):
        if node in new:
            continue
        if node.op is None:
            new[node] = node
            if is_number(node):  # a number of the definition; any other leaf belongs to somebody
                node.scope = node.scope or scope
            continue
        inputs = tuple(new[source] for source in node.inputs)
        inside = node.op.expand(*inputs) if depth else None
        if inside is None:
            new[node] = node.op.record(inputs)
            new[node].name, new[node].scope = node.name, (*scope, *node.scope)
        else:
            kept = {source: source for source in inputs}
            new[node] = _opened(inside, kept, depth - 1, (*scope, *node.scope, node))
            if new[node] not in kept and new[node].op is not None:
                new[node].name = node.name or node.op.symbol
    return new[root]
