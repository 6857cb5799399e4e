"""What a diagram shows: the graph as cards (values), gates (ops) and chips (local gradients), not how it looks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from minigraph.arrays import Array
from minigraph.expand import Place, Places, Which, open_up
from minigraph.formulas import Local
from minigraph.gradients import local_gradient
from minigraph.graph import Graph, Node, Parameter
from minigraph.naming import is_number, op_titles
from minigraph.order import topological_order
from minigraph.scene.folding import fold
from minigraph.scene.text import clean

__all__ = ["Edge", "Scene"]

LARGEST_SHOWN = 100_000  # elements of a Jacobian that may be computed for a picture


@dataclass(frozen=True)
class Edge:
    """Input `i` of `node`: where upstream meets the local gradient."""

    node: Node
    i: int

    @property
    def source(self) -> Node:
        return self.node.inputs[self.i]

    @property
    def local(self) -> Local | None:
        locals_ = self.node.op.locals if self.node.op else ()
        return locals_[self.i] if self.i < len(locals_) else None

    def downstream(self, upstream: Array) -> Array:
        """What this edge makes of an upstream gradient, by the very product that its chip shows."""
        node = self.node
        if self.local is None or node.op is None or self.is_huge:
            return self.pulled(upstream)
        with np.errstate(all="ignore"):  # NaN and ∞ are drawn, and marked
            return self.local.apply(node.op, upstream, node.value, node.operands, self.i)

    @property
    def is_huge(self) -> bool:
        """Whether the local gradient is a Jacobian of each row that is too large to be built for a picture."""
        by_row = self.local is not None and self.local.rule == "row by row"
        return by_row and self.node.value.size * self.node.shape[-1] > LARGEST_SHOWN

    def pulled(self, upstream: Array) -> Array:
        """What the engine makes of it, by the op's own backward."""
        node = self.node
        needs = tuple(k == self.i for k in range(len(node.inputs)))
        assert node.op is not None
        with np.errstate(all="ignore"):
            pulled = node.op.pull(upstream, node.value, node.operands, needs)[self.i]
        return np.zeros_like(node.operands[self.i]) if pulled is None else np.asarray(pulled)

    @cached_property
    def numbers(self) -> Array | None:
        """The local gradient in numbers: by its formula, else the Jacobian itself; None if that would be too large."""
        node = self.node
        with np.errstate(all="ignore"):
            if self.local is not None:
                if self.is_huge:
                    return None
                try:
                    return np.asarray(self.local.value(node.op, node.value, *node.operands), dtype=float)
                except Exception as error:  # whatever somebody's own formula may raise
                    raise ValueError(f"{type(node.op).__name__}.locals[{self.i}] has no value here: {error}") from error
            if node.value.size * self.source.value.size > LARGEST_SHOWN:
                return None
            return local_gradient(node, self.i)


class Scene:
    """The nodes, gradients, names, roles and clusters of one diagram."""

    def __init__(
        self, root: Node, opened: Which | Places = 0, most: int | None = None, seed: Array | None = None
    ) -> None:
        recorded = topological_order(root)
        self.places: dict[Node, Place] = {node: (number,) for number, node in enumerate(recorded) if node.op}
        if opened != 0:
            found = open_up(root, opened)
            self.graph, self.places = Graph(found.root), found.places
        else:
            self.graph = Graph(root)
        graph, self.root = self.graph, self.graph.output
        self.added = {node for node in graph.nodes if node.op is None}.difference(recorded)  # by what was opened
        if opened != 0:
            _recall(root, graph)
        self.names = graph.names
        self.ids = {node: n for n, node in enumerate(graph.nodes)}
        # not each node's own grad: that may stem from the backward of another output
        start = root.grad if seed is None else seed
        self.gradients = graph.gradients(start) if start is not None and self.root in graph.wanted else {}
        ops = dict.fromkeys(node.op.name for node in topological_order(root) if node.op)
        self.title = clean(" → ".join(ops) or self.names[self.root], 200)
        self.users: dict[Node, list[Edge]] = {node: [] for node in graph.nodes}
        self.returns: dict[Node, list[Edge]] = {node: [] for node in graph.nodes}  # the edges with a chip, by their op
        self.brings: dict[Node, list[Edge]] = {node: [] for node in graph.nodes}  # the same edges, by their input
        for node in graph.nodes:
            for i, source in enumerate(node.inputs):
                edge = Edge(node, i)
                self.users[source].append(edge)
                if self.carries_gradient(edge):
                    self.returns[node].append(edge)
                    self.brings[source].append(edge)
        self.fold(most)

    @cached_property
    def inside(self) -> list[Node]:
        """The nodes that are part of the definition of an opened composite."""
        return [node for node in self.graph.nodes if node.scope]

    @property
    def opened(self) -> Places:
        """The places of the composites that are open."""
        boxes = dict.fromkeys(box for node in self.inside for box in node.scope)
        return Places(self.places[box] for box in boxes if box in self.places)

    def fold(self, most: int | None, troubled: Collection[Node] = ()) -> None:
        """Decide what of a large graph is drawn: at most about `most` values, all of those `troubled` if possible."""
        self.folding = fold(self.graph, most, set(troubled))
        self.nodes = self.folding.cards(self.graph)
        self.ops = [node for node in self.nodes if node.op and self.is_made_here(node)]

    def is_made_here(self, node: Node) -> bool:
        """Whether the op of this node is drawn: not for leaves, nor for what is folded away."""
        return node.op is not None and node not in self.folding.hidden

    def carries_gradient(self, edge: Edge) -> bool:
        return edge.node in self.graph.backward_plan and self.graph.backward_plan[edge.node][1][edge.i]

    def wants_gradient(self, node: Node) -> bool:
        return node in self.graph.wanted

    def is_stale(self, node: Node) -> bool:
        """Whether the value has changed (by an optimizer, say) since the op that reads it computed with it."""
        return any(edge.node.operands[edge.i] is not node.value for edge in self.users[node])

    def arrivals(self, node: Node) -> list[Edge]:
        """The edges that bring a gradient to this node."""
        return self.brings[node]

    def paths(self, node: Node) -> int:
        return len(self.arrivals(node))

    def returns_through_gate(self, node: Node) -> bool:
        """Whether a primitive's gradients are drawn through its gate, with chips between its inputs and the gate.

        So it is in circuits, where branches meet, and where a leaf joins in. Else chips stand below the gate, and the
        way back is a lane of its own: always for one input, and where one input was computed from the other.
        """
        return node in self.joins or (self.is_circuit and len(node.inputs) > 1)

    @cached_property
    def joins(self) -> set[Node]:
        found = set()
        for node in self.ops:
            sources = dict.fromkeys(edge.source for edge in self.returns[node])
            before = {ancestor for source in sources for ancestor in topological_order(source)[:-1]}
            are_branches = len(sources) > 1 and before.isdisjoint(sources)
            if are_branches or any(edge.i and edge.source.op is None for edge in self.returns[node]):
                found.add(node)
        return found

    def main_input(self, node: Node) -> int:
        """The input whose wire is to be straight: a block's first, else the one that took the most steps to compute."""
        if node.op is not None and not node.op.gate:
            return 0
        return max(range(len(node.inputs)), key=lambda i: self.depths[node.inputs[i]])

    @cached_property
    def depths(self) -> dict[Node, int]:
        """How many ops, one after another, it took to compute each node."""
        found: dict[Node, int] = {}
        for node in self.graph.nodes:
            found[node] = 1 + max((found[source] for source in node.inputs), default=-1)
        return found

    def role(self, node: Node) -> str:
        """parameter, loss, constant, input or, where no gradient flows, target, mask, …; "" for an op's output."""
        if isinstance(node, Parameter):
            return "parameter"
        if node.op is not None:
            known = node.op.symbol == "L" or self.names[node] == "L" or "loss" in self.names[node].lower()
            is_loss = node is self.root and not self.is_seeded and known
            return "loss" if is_loss and not self.is_circuit else ""
        if is_number(node) or node in self.added:
            return "constant"
        roles = {self._role_in(edge) for edge in self.users[node]}
        return roles.pop() if len(roles) == 1 else "input"

    def _role_in(self, edge: Edge) -> str:
        """What a leaf is to one of the ops that read it."""
        op = edge.node.op
        if op is None or edge.i not in op.constants:
            return "input"
        return op.constant_role or ("target" if op.symbol == "L" else "input")

    @cached_property
    def is_seeded(self) -> bool:
        """Whether backward began with something else than ∂output/∂output = 1: the gradient of whatever comes after."""
        seed = self.gradients.get(self.root)
        return self.root.value.ndim > 0 or (seed is not None and float(seed) != 1.0)

    @cached_property
    def is_circuit(self) -> bool:
        """Whether all values are scalars."""
        return all(node.value.ndim == 0 for node in self.graph.nodes)

    def cluster(self, node: Node) -> tuple[Node, ...]:
        """The composites around a card: around its op, as far as its users are inside them too; a leaf is outside."""
        if not self.is_made_here(node):
            return ()
        return _shared([node.scope, *([edge.node.scope for edge in self.users[node]] or [()])])

    def chip_cluster(self, edge: Edge) -> tuple[Node, ...]:
        """The composites around a chip: those of its op, or, where it stands between input and gate, those of both.

        Inside, it would push the straight wire of the value out of the cluster's way.
        """
        scope = edge.node.scope
        through_gate = edge.node.op is not None and (not edge.node.op.gate or self.returns_through_gate(edge.node))
        return _shared([scope, self.cluster(edge.source)]) if through_gate else scope

    @cached_property
    def batched(self) -> dict[Node, int]:
        """The nodes whose first axis is the batch, as that of the inputs and targets is, and how long it is."""
        data = [node for node in self.graph.nodes if node.op is None and node.value.ndim and self._may_be_data(node)]
        if not data:
            return {}
        for rows in dict.fromkeys(len(node.value) for node in data):
            grown = self._twice_the_batch([node for node in data if len(node.value) == rows])
            both = [(node, node.value, twice) for node, twice in grown.items() if node.value.ndim and twice.ndim]
            if both:
                return {node: rows for node, value, twice in both if (len(value), len(twice)) == (rows, 2 * rows)}
        return {node: len(data[0].value) for node in data if len(node.value) == len(data[0].value)}

    def _may_be_data(self, leaf: Node) -> bool:
        """Not a parameter, nor what stands where weights do: on the right of a matrix product."""
        as_weight = any(edge.local is not None and edge.local.rule == "from left" for edge in self.users[leaf])
        return not isinstance(leaf, Parameter) and not as_weight

    def _twice_the_batch(self, data: Sequence[Node]) -> dict[Node, Array]:
        """Every value as it would be with each row twice, to see what grows; {} where the graph cannot do it."""
        try:
            with np.errstate(all="ignore"):
                return self.graph.replay({node: np.concatenate([node.value] * 2) for node in data})
        except Exception:  # whatever an op may raise that was made for this batch only
            return {}

    @cached_property
    def titles(self) -> dict[Node, str]:
        """What each op and composite is called."""
        boxes = dict.fromkeys(
            box for node in self.graph.nodes for box in (*node.scope, *([node] if node.op and not node.op.gate else []))
        )
        return {box: clean(title) for box, title in op_titles(boxes).items()}


def _shared(scopes: Sequence[tuple[Node, ...]]) -> tuple[Node, ...]:
    """What all scopes begin with."""
    first, same = scopes[0], 0
    while same < min(map(len, scopes)) and all(scope[same] is first[same] for scope in scopes):
        same += 1
    return first[:same]


def _recall(recorded: Node, opened: Graph) -> None:
    """Give the nodes of an opened graph the values of the recorded forward, where a leaf has changed since.

    An optimizer changes parameters after a backward; opened or closed, a diagram shows the same forward.
    """
    read = {
        source: operand
        for node in topological_order(recorded)
        for source, operand in zip(node.inputs, node.operands)
        if source.op is None
    }
    for node in topological_order(recorded):
        for source, operand in zip(node.inputs, node.operands):
            if source.op is None and read[source] is not operand:
                name = source.name or "a leaf"
                raise ValueError(f"draw: {name} had two values while this was recorded; run forward() and draw again")
    if any(leaf.value is not value for leaf, value in read.items()):
        values = opened.replay(read)
        for node in opened.nodes:
            if node.op is not None:
                node.value, node.operands = values[node], tuple(values[source] for source in node.inputs)
