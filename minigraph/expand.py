"""Open the boxes: a graph in which composite ops are replaced by their definition in smaller ops."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from minigraph.graph import Node, Op
from minigraph.naming import is_number, node_names, op_titles
from minigraph.order import topological_order

__all__ = ["Opened", "Place", "Places", "Which", "expand", "is_composite", "open_up"]

Which = int | str | Collection[str]
Place = tuple[int, ...]  # of an op: its number among those of the graph, then among those of each definition around it


def expand(root: Node, which: Which = 1) -> Node:
    """The same computation with ops that have an ``expand`` opened; returns the new root.

    which: how many levels deep (1: every op of `root`, 2: what they open into as well), or the names of what to open:
    "SoftmaxWithLoss", or "Affine 2" for the second Affine, as a diagram calls them. A composite inside another opens if
    both are named.

    Leaves (inputs, parameters) are the very same nodes; every other node is new, and `root` stays as it is. What was
    not opened keeps the name that it had in diagrams of `root`. A new node's ``scope`` names the composites around it:
    the nodes that were opened, outermost first. What a fused op guards against is open again: an expanded softmax
    overflows at logits of 1000, where the fused one does not. Errors: ValueError for a depth below 0, or a name of
    nothing that opens; TypeError for anything else.

    >>> y = mg.Node([[2.0, 1.0, 0.0]], "y")
    >>> opened = mg.expand(Softmax()(y))
    >>> [node.op.name for node in mg.Graph(opened).nodes if node.op]
    ['Exp', 'Sum', 'Div']
    """
    return open_up(root, which).root


def is_composite(node: Node) -> bool:
    """Whether the op of a node may have a definition in smaller ones."""
    return node.op is not None and type(node.op).expand is not Op.expand


class Places(frozenset[Place]):
    """Where composites stand that are open, or to be opened."""


@dataclass(frozen=True)
class Opened:
    """An opened graph, and where its ops and the composites around them stood."""

    root: Node
    places: dict[Node, Place]


def open_up(root: Node, which: Which | Places) -> Opened:
    """As `expand`, which see; or with what stands at these places opened."""
    if isinstance(which, Places):
        return _Opener(0, None, which).all_opened(root)
    if not isinstance(which, (int, np.integer, str, Collection)) or isinstance(which, bool):
        raise TypeError(f"expand: needs a number of levels or names of what to open, got {which!r}")
    if isinstance(which, (int, np.integer)):
        if which < 0:
            raise ValueError(f"expand: depth is {which}, but must be 0 or more")
        return _Opener(int(which), None).all_opened(root)
    wanted = frozenset({which} if isinstance(which, str) else map(str, which))
    opener = _Opener(0, wanted)
    result = opener.all_opened(root)
    if unknown := sorted(wanted - opener.seen.keys()):
        opens = ", ".join(opener.seen) or "nothing"
        raise ValueError(f"expand: nothing here is called {unknown[0]!r}; what opens is {opens}")
    return result


class _Opener:
    """Opens composites down to `depth`, those that are called one of `wanted`, or those at certain places."""

    def __init__(self, depth: int, wanted: frozenset[str] | None, at: Collection[Place] = ()) -> None:
        self.depth, self.wanted, self.at = depth, wanted, at
        self.seen: dict[str, None] = {}  # the names that would have been understood
        self.places: dict[Node, Place] = {}

    def all_opened(self, root: Node) -> Opened:
        return Opened(self.opened(root, {}, (), ()), self.places)

    def opened(self, root: Node, boundary: dict[Node, Node], scope: tuple[Node, ...], around: Place) -> Node:
        """`root` rebuilt on top of `boundary` (old node → new node), its composites opened, new nodes in `scope`."""
        new = dict(boundary)
        order = topological_order(root, until=boundary)
        titles = op_titles(node for node in order if node not in boundary) if self.wanted is not None else {}
        names = {} if scope else node_names(order)
        for number, node in enumerate(order):
            if node in new:
                continue
            if node.op is None:
                new[node] = node
                if is_number(node):  # a number of the definition; any other leaf belongs to somebody
                    node.scope = node.scope or scope
                continue
            inputs, place = tuple(new[source] for source in node.inputs), (*around, number)
            inside = node.op.expand(*inputs) if self._opens(node, titles, place) else None
            if inside is None:
                new[node] = node.op.record(inputs)
                new[node].name, new[node].scope = names.get(node, node.name), (*scope, *node.scope)
                self.places[new[node]] = place
            else:
                kept = {source: source for source in inputs}
                new[node] = self.opened(inside, kept, (*scope, *node.scope, node), place)
                self.places[node] = place
                if new[node] not in kept and new[node].op is not None:
                    new[node].name = names.get(node, node.name or node.op.symbol)
        return new[root]

    def _opens(self, node: Node, titles: dict[Node, str], place: Place) -> bool:
        if self.wanted is None or node.op is None:
            return len(place) <= self.depth or place in self.at
        if not is_composite(node):
            return False
        names = (node.op.name, titles[node], *([node.name] if node.name else []))
        self.seen |= dict.fromkeys(names)
        return not self.wanted.isdisjoint(names)
