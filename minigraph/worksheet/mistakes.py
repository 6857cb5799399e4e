"""What students write instead of the right number: each typical mistake, made again on the same graph."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import cached_property, partial

import numpy as np

from minigraph.arrays import Array, sum_to_shape
from minigraph.graph import Node
from minigraph.scene.content import Edge, Scene

__all__ = ["KINDS", "Mistakes", "as_shown"]

KINDS = {
    "sign": "the sign is wrong",
    "upstream": "the upstream gradient is missing: this is the local gradient alone",
    "local": "the local gradient is missing: this is the upstream gradient alone",
    "transposed": "rows and columns are swapped: look at the transpose",
    "mean": "the 1/N of the mean is missing",
    "batch": "the sum over the batch is missing: this is one sample's share",
    "path": "a path is missing: the gradients of all paths are added",
    "activation": "the derivative of the function on the way (of ReLU: its mask) is missing",
    "apply": "this is what goes into the op, not what comes out",
}
CHOICES = 64  # values that one kind of mistake may have at one place


def as_shown(array: Array, digits: int) -> Array:
    """The numbers as a reader sees them, rounded as cards round them."""
    if array.dtype.kind != "f" or not array.size:
        return array
    largest = float(np.abs(array).max())
    power = math.floor(math.log10(largest)) if array.ndim and largest and not 0.05 <= largest < 1e4 else 0
    return np.round(array, digits - power)


class Mistakes:
    """Every typical wrong result for the values and gradients of one scene, by kind."""

    def __init__(self, scene: Scene, digits: int = 2) -> None:
        self.scene, self.digits = scene, digits

    def right(self, node: Node, is_gradient: bool) -> Array:
        return np.asarray(self.scene.gradients[node] if is_gradient else node.value)

    def right_by_hand(self, node: Node, is_gradient: bool) -> Array:
        """The same, computed from numbers that are rounded as they are shown: right too, for who has only those."""
        op = node.op
        if not is_gradient and op is not None:
            operands = tuple(map(self._shown, node.operands))
            return self._tried(lambda: op.run(operands), node.value)
        brought = [
            self._tried(partial(self._pulled_by_hand, edge), edge.downstream(self._up(edge)))
            for edge in self.scene.arrivals(node)
        ]
        return np.asarray(sum(brought)) if brought else self.right(node, is_gradient)

    def _pulled_by_hand(self, edge: Edge) -> Array:
        node, needs = edge.node, tuple(i == edge.i for i in range(len(edge.node.inputs)))
        assert node.op is not None
        operands = tuple(map(self._shown, node.operands))
        pulled = node.op.pull(self._shown(self._up(edge)), self._shown(node.value), operands, needs)[edge.i]
        return np.zeros(edge.source.shape) if pulled is None else pulled

    def _shown(self, array: Array) -> Array:
        return as_shown(array, self.digits)

    def of(self, node: Node, is_gradient: bool) -> dict[str, list[Array]]:
        """Whole arrays of the node's shape: what each kind of mistake makes of them."""
        found: dict[str, list[Array]] = {}
        made = self._of_gradient(node) if is_gradient else self._of_value(node)
        right = self.right(node, is_gradient)
        with np.errstate(all="ignore"):
            for kind, array in (("sign", -right), *self._swapped(right), *made):
                fits = array.shape == node.shape and np.isfinite(array).all()
                if fits and len(found.setdefault(kind, [])) < CHOICES:
                    found[kind].append(array)
        return found

    def _up(self, edge: Edge) -> Array:
        return self.scene.gradients[edge.node]

    @staticmethod
    def _tried(compute: Callable[[], Array], otherwise: Array) -> Array:
        """What an op makes of numbers that it was not recorded with; some it may refuse."""
        try:
            with np.errstate(all="ignore"):
                found = np.asarray(compute())
        except (ValueError, TypeError, IndexError, ArithmeticError):
            return otherwise
        return found if found.shape == otherwise.shape and np.isfinite(found).all() else otherwise

    @staticmethod
    def _swapped(right: Array) -> Iterator[tuple[str, Array]]:
        """The [j, i] element, where there is one."""
        if right.ndim == 2:
            small = min(right.shape)
            for i, j in np.ndindex(small, small):
                if i != j:
                    one = right.copy()
                    one[i, j] = right[j, i]
                    yield "transposed", one

    # gradients

    def _of_gradient(self, node: Node) -> Iterator[tuple[str, Array]]:
        arrivals, right = self.scene.arrivals(node), self.scene.gradients[node]
        for edge in arrivals:
            upstream = self._up(edge)
            rest = right - edge.downstream(upstream)
            for kind, array in self._of_edge(edge, upstream):
                yield kind, rest + array if array.shape == right.shape else array
            if len(arrivals) > 1:
                yield "path", rest
                yield "path", np.asarray(edge.downstream(upstream))
        for edges in self.mean_edges:
            yield "mean", self._followed(dict.fromkeys(edges, self._without_mean)).get(node, right)
        for edge in self.activations:
            yield "activation", self._followed({edge: lambda edge, up: up}).get(node, right)

    def _of_edge(self, edge: Edge, upstream: Array) -> Iterator[tuple[str, Array]]:
        source, rule = edge.source, edge.local.rule if edge.local else ""
        is_matrix_product = rule.startswith("from")
        if rule != "sum rows":
            yield "upstream", np.asarray(edge.downstream(np.ones_like(upstream)))
        if is_matrix_product and edge.numbers is not None and edge.numbers.shape == source.shape:
            yield "upstream", edge.numbers
        if edge not in self.activations and not self._is_mean(edge):
            for alone in self._upstream_alone(edge, upstream):
                yield "local", alone
        if is_matrix_product and edge.numbers is not None and upstream.ndim == 2 and edge.numbers.ndim == 2:
            local = edge.numbers.T
            if rule == "from right" and upstream.shape[1] == local.shape[0]:
                yield "transposed", upstream @ local
            if rule == "from left" and local.shape[1] == upstream.shape[0]:
                yield "transposed", local @ upstream
        for array in self._of_one_sample(edge, upstream):
            yield "batch", array

    def _upstream_alone(self, edge: Edge, upstream: Array) -> Iterator[Array]:
        """The upstream gradient as it is, where its shape, or its sum's, is that of the input."""
        shape = edge.source.shape
        if upstream.shape == shape:
            yield upstream
        elif edge.local is not None and edge.local.rule == "elementwise" and edge.node.op is not None:
            aligned = edge.node.op.align(upstream, *edge.node.operands)
            yield sum_to_shape(np.broadcast_to(aligned, np.broadcast_shapes(aligned.shape, shape)), shape)

    def _of_one_sample(self, edge: Edge, upstream: Array) -> Iterator[Array]:
        """What a single row of the batch brings, where the rows' shares are added."""
        rule = edge.local.rule if edge.local else ""
        is_broadcast = rule == "elementwise" and edge.source.value.size < edge.node.value.size
        if not (is_broadcast or rule in ("from left", "sum rows")) or not upstream.ndim:
            return
        for n in range(len(upstream)) if len(upstream) > 1 else ():
            alone = np.zeros_like(upstream)
            alone[n] = upstream[n]
            yield np.asarray(edge.downstream(alone))

    @cached_property
    def edges(self) -> list[Edge]:
        return [edge for node in self.scene.graph.nodes for edge in self.scene.returns[node]]

    @cached_property
    def activations(self) -> list[Edge]:
        """Edges of functions of each element by itself, whose local gradient is not one number."""
        return [
            edge
            for edge in self.edges
            if edge.local is not None
            and edge.local.rule == "elementwise"
            and len(edge.node.inputs) == 1
            and edge.node.shape == edge.source.shape
            and edge.numbers is not None
            and edge.numbers.shape == edge.source.shape
            and edge.local.symbol not in ("1", "−1")
        ]

    @cached_property
    def mean_edges(self) -> list[list[Edge]]:
        """Edges of each op that divides by N."""
        return [
            found for node in self.scene.ops if (found := [e for e in self.scene.returns[node] if self._is_mean(e)])
        ]

    @staticmethod
    def _is_mean(edge: Edge) -> bool:
        names = ["x"] * len(edge.node.inputs)
        return edge.local is not None and edge.local.text("y", names).endswith("/N")

    @staticmethod
    def _without_mean(edge: Edge, upstream: Array) -> Array:
        assert edge.node.op is not None
        return np.asarray(edge.downstream(upstream) * edge.node.op.count(edge.node.operands[0]))

    def _followed(self, wrong: dict[Edge, Callable[[Edge, Array], Array]]) -> dict[Node, Array]:
        """All gradients as they come out where one edge was got wrong, and everything after it was done right."""
        found = {self.scene.root: self.scene.gradients[self.scene.root]}
        for node in reversed(self.scene.graph.nodes):
            for edge in self.scene.returns[node] if node in found else ():
                brought = wrong[edge](edge, found[node]) if edge in wrong else edge.downstream(found[node])
                found[edge.source] = found[edge.source] + brought if edge.source in found else np.asarray(brought)
        return found

    # values

    def _of_value(self, node: Node) -> Iterator[tuple[str, Array]]:
        assert node.op is not None
        for edge in (Edge(node, i) for i in range(len(node.inputs))):
            if edge in self.activations:
                yield "apply", node.operands[0]
            if edge.local is not None and self._is_mean(edge):
                yield "mean", node.value * node.op.count(node.operands[0])
        a, b = node.operands[:2] if len(node.operands) > 1 else (None, None)
        local = Edge(node, 0).local
        if a is not None and b is not None and local is not None and local.rule == "from right":
            if a.ndim == b.ndim == 2 and b.shape[0] == b.shape[1]:
                rest = node.value - a @ b
                yield "transposed", a @ b.T + rest
