"""What a lowering rule works with: the values of nodes as refs, calls on them, and gradients handed back."""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from minigraph.arrays import Array
from minigraph.compile.memory import Call
from minigraph.compile.refs import Feed, Look, Ref, known
from minigraph.graph import Constant, Graph, Node, Op

__all__ = ["Backward", "Builder", "Rule", "lowers", "rule_for"]

Backward = Callable[[Ref], None]  # takes ∂output/∂node and gives each wanted input its gradient
Rule = Callable[["Builder", Node], Backward | None]

RULES: dict[tuple[type[Op], type[Op] | None], Rule] = {}


def lowers(op: type[Op], after: type[Op] | None = None) -> Callable[[Rule], Rule]:
    """Registers a rule for an op, or for an op together with the one that makes its first input.

    A rule holds for that very class: a subclass may compute something else. It emits the forward calls and the value
    of the node, and returns what emits the backward calls. Where it returns None it has emitted nothing: the case is
    not its own.
    """

    def register(rule: Rule) -> Rule:
        RULES[op, after] = rule
        return rule

    return register


def rule_for(op: Op, after: Op | None = None) -> Rule | None:
    return RULES.get((type(op), type(after) if after else None))


class Builder:
    """Collects the calls of a plan, for leaves of certain shapes.

    values: every node's value as the op computes it, which says all shapes and types · wanted: the leaves whose
    gradient is to be computed · places: where a wanted gradient is to stand, if that is given.
    """

    def __init__(
        self,
        graph: Graph,
        values: Mapping[Node, Array],
        fixed: Mapping[Node, Array],
        places: Mapping[Node, Array],
        fed: Container[Node] = (),
    ) -> None:
        self.graph, self.values, self.places, self.fed = graph, values, places, fed
        self.calls: list[Call] = []
        self.note = ""
        self.refs: dict[Node, Ref] = {}
        self.gradients: dict[Node, Ref] = {}
        self.with_ones: dict[Node, Ref] = {}  # values [N, K] that are part of an [N, K + 1] which ends in ones
        self._places: dict[Node, Ref] = {}
        self._own: set[Node] = set()  # nodes whose gradient is in memory of its own, and may be added to in place
        self.users: dict[Node, list[Node]] = {node: [] for node in graph.nodes}
        self.paths: set[Node] = set(places)  # the nodes whose gradient leads to a wanted one
        for node in graph.nodes:
            for i, source in enumerate(node.inputs):
                self.users[source].append(node)
                if node.op is not None and i not in node.op.constants and source in self.paths:
                    self.paths.add(node)
            if node.op is None:
                self.refs[node] = self._leaf(node, values[node], fixed.get(node))

    def _leaf(self, node: Node, value: Array, memory: Array | None) -> Ref:
        name = self.graph.names[node]
        if memory is not None:
            return known(memory, name)
        if isinstance(node, Constant) and node not in self.fed:
            return known(value, name, float(value) if value.ndim == 0 and value.dtype.kind == "f" else None)
        return Feed(value.shape, value.dtype, name)

    # ---- refs ----

    def value(self, node: Node) -> Ref:
        return self.refs[node]

    def new(self, shape: tuple[int, ...], dtype: DTypeLike, like: Ref | None = None) -> Ref:
        """Memory of the plan, to be written by a call before any reads it.

        like: a ref with as many axes, which follow each other in memory as those of the new one shall.
        """
        axes = like.axes if like is not None else tuple(range(len(shape)))
        memory = Ref(tuple(shape[axis] for axis in axes), np.dtype(dtype), "?")
        return self.turned(memory, tuple(axes.index(axis) for axis in range(len(axes))))

    def output(self, node: Node, like: Ref | None = None) -> Ref:
        """Memory for the value of a node."""
        value = self.values[node]
        ref = self.refs[node] = self.new(value.shape, value.dtype, like)
        return ref

    def known(self, array: Array, name: str) -> Ref:
        """An array that never changes."""
        return known(array, name)

    def ones(self, count: int, dtype: DTypeLike) -> Ref:
        """A vector whose product with another one is the sum of that, by BLAS."""
        return known(np.ones(count, dtype), "1…")

    def number(self, value: float, dtype: DTypeLike) -> Ref:
        """A constant as a 0-d array, which ufuncs take faster than a Python number."""
        return known(np.asarray(value, dtype), f"{value:g}", value)

    def view(self, ref: Ref, name: str, look: Look) -> Ref:
        """A ref looked at differently, by something like ``lambda a: a.T``; {} in the name stands for its name.

        What is no view of the memory but a copy, as some reshapes are, is copied at each run.
        """
        memory = np.empty(ref.root.shape, ref.root.dtype)
        seen = look(ref.seen_in(memory))
        if not np.may_share_memory(seen, memory) and memory.size and not isinstance(ref.root, Feed):
            copied = self.new(ref.shape, ref.dtype)
            self.call(np.copyto, copied, ref, writes=(copied,))
            return self.view(copied, name, look)
        if (seen.shape, seen.dtype, seen.strides) == (memory.shape, memory.dtype, memory.strides):
            return ref.root  # looked at twice, as by .T.T
        return ref.viewed(name, look, seen.shape)

    def reshaped(self, ref: Ref, *shape: int) -> Ref:
        """The same numbers in another shape."""
        return ref if ref.shape == shape else self.view(ref, "{}." + f"reshape{shape}", lambda a: a.reshape(shape))

    def turned(self, ref: Ref, axes: tuple[int, ...]) -> Ref:
        """Its axes in another order."""
        if axes == tuple(range(len(axes))):
            return ref
        return self.view(ref, "{}" + f".transpose{axes}", lambda a: a.transpose(axes))

    def transposed(self, ref: Ref) -> Ref:
        return self.view(ref, "{}.T", lambda a: a.T)

    def column(self, ref: Ref) -> Ref:
        """[N] as [N, 1]."""
        return self.view(ref, "{}[:, None]", lambda a: a[:, None])

    def full(self, ref: Ref, shape: tuple[int, ...], dtype: DTypeLike | None = None) -> Ref:
        """A ref in that shape, and in that type if one is given: a known constant as an array that is made once."""
        dtype = np.dtype(dtype or ref.dtype)
        if ref.shape == shape and ref.dtype == dtype:
            return ref
        if ref.constant is not None:
            return known(np.full(shape, ref.constant, dtype), f"{ref.constant:g}…", ref.constant)
        whole = self.new(shape, dtype)
        self.call(np.copyto, whole, ref, writes=(whole,))
        return whole

    # ---- calls ----

    def call(self, function: Any, *arguments: Any, writes: tuple[Ref, ...] | None = None) -> None:
        """``function(*arguments)`` at each run. By default it writes into its last argument."""
        call = Call(function, arguments, (arguments[-1],) if writes is None else writes, self.note)
        if call.by_element and writes is None:
            arguments = self._as_they_lie(arguments)
            call = Call(function, arguments, (arguments[-1],), self.note)
        self.calls.append(call)

    def _as_they_lie(self, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
        """Arrays of one shape whose axes lie in one other order, each as it lies: ufuncs are faster on one piece."""
        arrays = [a for a in arguments if isinstance(a, Ref) and a.shape]
        if not arrays or arrays[-1].base is None or len({a.shape for a in arrays}) > 1:
            return arguments
        memory = {a: self.turned(a, arrays[-1].axes) for a in arrays}
        whole = all(turned is a.root for a, turned in memory.items())
        return tuple(memory.get(a, a) if isinstance(a, Ref) else a for a in arguments) if whole else arguments

    def elementwise(self, function: Any, *arguments: Ref) -> Ref:
        """function(arguments) in new memory of the shape that broadcasting gives."""
        shape = np.broadcast_shapes(*(a.shape for a in arguments))
        like = next((a for a in arguments if a.shape == shape), None)
        out = self.new(shape, np.result_type(*(a.dtype for a in arguments)), like)
        self.call(function, *arguments, out)
        return out

    # ---- gradients ----

    def wants(self, node: Node) -> bool:
        return node in self.paths

    def has_one_user(self, node: Node) -> bool:
        return len(self.users[node]) == 1 and node is not self.graph.output

    def give(self, node: Node, function: Any, *arguments: Any) -> None:
        """Adds function(*arguments, out) to the gradient of a node; nothing happens if nobody wants that."""
        if self.wants(node):
            out = self.open(node, self.refs[node] if isinstance(function, np.ufunc) else None)
            self.call(function, *arguments, out)
            self.close(node, out)

    def give_ref(self, node: Node, ref: Ref) -> None:
        """Adds what is there already, or broadcasts to the node, to the gradient of a node."""
        if not self.wants(node):
            return
        shape, before = self.values[node].shape, self.gradients.get(node)
        ref = ref if ref.constant is not None else self.full(ref, shape, self.values[node].dtype)
        if before is not None:
            if before.constant is not None and ref.constant is not None:
                self.gradients[node] = self.number(before.constant + ref.constant, before.dtype)
            else:
                total = before if node in self._own else self.new(shape, self.values[node].dtype)
                self.call(np.add, before, ref, total)
                self._hold(node, total)
        elif node in self.places:
            place = self._place(node)
            if ref is not place:
                self.call(np.copyto, place, ref, writes=(place,))
            self._hold(node, place)
        else:
            self.gradients[node] = ref

    def give_all(self, nodes: Iterable[Node], out: Ref, function: Any, *arguments: Any) -> None:
        """The first gradients of several nodes, whose places are parts of `out`, by one call."""
        self.call(function, *arguments, out)
        for node in nodes:
            self._hold(node, self._place(node))

    def open(self, node: Node, like: Ref | None = None) -> Ref:
        """Where to write a gradient of `node`, in its shape; `close` after the call that does."""
        value = self.values[node]
        if node in self.gradients:
            return self.new(value.shape, value.dtype, like)
        out = self._place(node) if node in self.places else self.new(value.shape, value.dtype, like)
        self._hold(node, out)
        return out

    def close(self, node: Node, written: Ref) -> None:
        if written is not self.gradients[node]:
            self.give_ref(node, written)

    def give_back(self, node: Node, ref: Ref, whole: tuple[int, ...]) -> None:
        """Adds to the gradient of a node what was broadcast from it to the shape `whole`, summed back to its own."""
        shape = self.values[node].shape
        if not self.wants(node) or shape == whole:
            return self.give_ref(node, ref)
        if ref.constant is not None:
            times = math.prod(whole) / max(math.prod(shape), 1)
            return self.give_ref(node, self.number(ref.constant * times, ref.dtype))
        ref = self.full(ref, whole, self.values[node].dtype)
        extra = len(ref.shape) - len(shape)
        axes = tuple(range(extra)) + tuple(
            extra + i for i, n in enumerate(shape) if n == 1 and ref.shape[extra + i] != 1
        )
        out = self.open(node)
        inner = tuple(n for i, n in enumerate(ref.shape) if i not in axes)
        target = self.reshaped(out, *inner) if inner != shape else out
        if axes == (0,) and len(ref.shape) == 2:
            ones = self.ones(ref.shape[0], ref.dtype)
            self.call(np.dot, ones, ref, target)
        else:
            self.call(np.add.reduce, ref, axes, None, target)
        self.close(node, out)

    def ahead(self, node: Node) -> Ref:
        """Memory for the gradient of `node` by its only user: filled before the way back, given (`give_ref`) on it."""
        only = node in self.places and self.has_one_user(node)
        return self._place(node) if only else self.new(self.values[node].shape, self.values[node].dtype)

    def _place(self, node: Node) -> Ref:
        if node not in self._places:
            self._places[node] = known(self.places[node], f"∂{self.graph.names[node]}")
        return self._places[node]

    def _hold(self, node: Node, ref: Ref) -> None:
        self.gradients[node] = ref
        self._own.add(node)
