"""The calls of a graph for leaves of certain shapes, in memory that they own."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

import numpy as np
from numpy import ndarray

from minigraph.arrays import Array, shape_text
from minigraph.compile.builder import Backward, Builder, rule_for
from minigraph.compile.memory import Call, allocate
from minigraph.compile.refs import Feed, Ref
from minigraph.compile.rules.chains import chains, lower_chain
from minigraph.graph import Clock, Graph, Node, Op

__all__ = ["Plan"]

Bound = tuple[Any, list[Any]]


class Plan:
    """A flat list of calls, forwards and then backwards, on numbered buffers. Feeds are exchanged between two runs.

    values: all values of the graph for these leaves, which say shapes and types · places: where the gradients of the
    wanted leaves are to stand · memory: where the values of those leaves stand · fed: constants that somebody feeds.
    """

    def __init__(
        self,
        graph: Graph,
        values: Mapping[Node, Array],
        memory: Mapping[Node, Array],
        places: Mapping[Node, Array],
        fed: Container[Node] = (),
    ) -> None:
        builder = Builder(graph, values, memory, places, fed)
        ways_back = _forwards(builder)
        half = len(builder.calls)
        if places:
            _backwards(builder, ways_back)
        self.graph, self.places = graph, places
        output = builder.refs[graph.output]
        self.remembered = {node: builder.refs[node.inputs[0]] for node in graph.nodes if node.op and node.op.remembers}
        self.buffers = allocate(builder.calls, [output, *self.remembered.values()])
        bound = [(call.function, self._bound(call)) for call in builder.calls]
        self.calls, self.forward, self.backward = builder.calls, bound[:half], bound[half:]
        self.feeds = {node: ref for node, ref in builder.refs.items() if isinstance(ref, Feed) and node.op is None}
        self.by_name = {graph.names[node]: ref for node, ref in self.feeds.items() if not isinstance(node, Clock)}
        self.clocks = [node for node in self.feeds if isinstance(node, Clock)]
        self.given_steps: dict[Node, Array] = {}
        self._output = output

    @property
    def result(self) -> Array:
        return self._output.resolved

    def accepts(self, named: Mapping[str, Any]) -> bool:
        """Binds these arrays, and what the other leaves are now; False if a leaf is of another kind than they were."""
        by_name = self.by_name
        for name, array in named.items():
            ref = by_name.get(name)
            if ref is None or type(array) is not ndarray or array.shape != ref.shape or array.dtype is not ref.dtype:
                return False
            ref.bind(array)
        if len(named) < len(self.feeds) - len(self.clocks):
            for node, ref in self.feeds.items():
                if ref.name not in named and not isinstance(node, Clock):
                    if node.value.shape != ref.shape or node.value.dtype != ref.dtype:
                        return False
                    ref.bind(node.value)
        self.given_steps = {}
        return True

    def bind(self, leaves: Mapping[Node, Array], fed: Mapping[Node, Array]) -> None:
        """The slow way: any leaves, which fit."""
        for node, ref in self.feeds.items():
            ref.bind(leaves[node])
        self.given_steps = {clock: fed[clock] for clock in self.clocks if clock in fed}

    def next_steps(self) -> list[tuple[Node, Array]]:
        """What each clock shows in this run."""
        steps: list[tuple[Node, Array]] = [
            (clock, self.given_steps.get(clock, np.asarray(clock.value + 1))) for clock in self.clocks
        ]
        for clock, step in steps:
            self.feeds[clock].bind(step)
        return steps

    def refuse_nan(self) -> None:
        """ValueError where NaN was fed, as the graph says it."""
        for node, ref in self.feeds.items():
            if ref.array is not None and ref.array is not node.value:
                self.graph.feeding.checked(node, ref.array)

    def inputs_of(self, nodes: list[Node]) -> list[Array]:
        """The first inputs of nodes whose op asks for them later, as they were in the last run."""
        return [self.remembered[node].resolved.copy() for node in nodes]

    def _bound(self, call: Call) -> list[Any]:
        """The arguments as arrays; those that see a feed are noted there, to be exchanged."""
        arguments: list[Any] = []
        for i, argument in enumerate(call.arguments):
            if not isinstance(argument, Ref):
                arguments.append(argument)
            elif isinstance(argument.root, Feed):
                if argument is argument.root:
                    argument.root.uses.append((arguments, i))
                else:
                    argument.root.views.append((arguments, i, argument))
                arguments.append(None)
            else:
                arguments.append(argument.resolved)
        return arguments

    def __str__(self) -> str:
        lines, half = [], len(self.forward)
        width = max((len(str(call)) for call in self.calls), default=0)
        for n, call in enumerate(self.calls):
            if n in (0, half):
                lines.append("forward" if n < half else "backward")
            lines.append(f"  {str(call):<{min(width, 60)}}  {call.note}".rstrip())
        sizes = ", ".join(f"%{n} {buffer.nbytes:,} B" for n, buffer in enumerate(self.buffers))
        fed = ", ".join(f"{ref.name} {shape_text(ref.shape)} {ref.dtype}" for ref in self.feeds.values())
        return "\n".join([f"plan for {fed or 'no feeds'}; {sizes or 'no buffers'}", *lines])


def _forwards(builder: Builder) -> list[tuple[Node, Backward]]:
    """Emits the calls of every node; an op that another one takes in with itself waits for it."""
    ways_back: list[tuple[Node, Backward]] = []

    def lower(node: Node, after: Op | None = None) -> bool:
        assert node.op is not None
        rule = rule_for(node.op, after)
        ops = f"{after.name}, {node.op.name}" if after else node.op.name
        builder.note = f"{ops} → {builder.graph.names[node]}"
        way_back = rule(builder, node) if rule else None
        if way_back is None and after is not None:
            return False
        ways_back.append((node, way_back or by_the_lesson(builder, node)))
        return True

    waiting: set[Node] = set()
    chained = chains(builder)
    inside = {node for nodes in chained.values() for node in nodes}
    for node in (node for node in builder.graph.nodes if node.op is not None):
        if node in inside:
            if node in chained:
                builder.note = f"chain → {builder.graph.names[node]}"
                ways_back.append((node, lower_chain(builder, chained[node])))
            continue
        first = node.inputs[0] if node.inputs else None
        if first is not None and first in waiting and lower(node, first.op):
            waiting.remove(first)
            continue
        for source in node.inputs:
            if source in waiting:
                waiting.remove(source)
                lower(source)
        if _is_taken_in(builder, node):
            waiting.add(node)
        else:
            lower(node)
    return ways_back


def _is_taken_in(builder: Builder, node: Node) -> bool:
    """Whether there is a rule for the only op that reads this node, as its first input, together with this one."""
    if not builder.has_one_user(node):
        return False
    user = builder.users[node][0]
    return user.op is not None and user.inputs[0] is node and rule_for(user.op, node.op) is not None


def _backwards(builder: Builder, ways_back: list[tuple[Node, Backward]]) -> None:
    output = builder.graph.output
    builder.give_ref(output, builder.number(1.0, builder.values[output].dtype))
    for node, way_back in reversed(ways_back):
        if builder.wants(node) and node in builder.gradients:
            builder.note = f"{builder.graph.names[node]} →"
            way_back(builder.gradients[node])
    for node in builder.places:
        if node not in builder.gradients:
            builder.give_ref(node, builder.number(0.0, builder.values[node].dtype))


def by_the_lesson(builder: Builder, node: Node) -> Backward:
    """The op's own forward and backward, for ops without a rule."""
    op = node.op
    assert op is not None
    operands = [builder.value(source) for source in node.inputs]
    rank = builder.values[node].ndim
    out = builder.output(node, like=next((ref for ref in operands if len(ref.shape) == rank), None))
    builder.call(_Forward(op), *operands, out)

    def backward(upstream: Ref) -> None:
        needs = tuple(i not in op.constants and builder.wants(source) for i, source in enumerate(node.inputs))
        places = [
            (source, builder.open(source, builder.value(source)))
            for source, needed in zip(node.inputs, needs)
            if needed
        ]
        writes = tuple(ref for _, ref in places)
        whole = builder.full(upstream, out.shape)
        builder.call(_Backward(op, needs), whole, out, *operands, *writes, writes=writes)
        for source, ref in places:
            builder.close(source, ref)

    return backward


class _Forward:
    """An op's ``forward`` into memory."""

    def __init__(self, op: Op) -> None:
        self.op, self.__name__ = op, f"{op.name}.forward"

    def __call__(self, *arrays: Array) -> None:
        found, out = self.op.run(arrays[:-1]), arrays[-1]
        if found.shape != out.shape:  # which could be broadcast without a word
            came, was = shape_text(found.shape), shape_text(out.shape)
            raise ValueError(
                f"{self.op.name}: forward gave {came}, but {was} before for inputs of these shapes: "
                "a program needs shapes that follow from those of the leaves; use Graph.forward"
            )
        np.copyto(out, found)


class _Backward:
    """An op's ``backward`` into memory: (upstream, output, *operands, *memory of the gradients that are needed)."""

    def __init__(self, op: Op, needs: tuple[bool, ...]) -> None:
        self.op, self.needs, self.__name__ = op, needs, f"{op.name}.backward"

    def __call__(self, *arrays: Array) -> None:
        operands = arrays[2 : 2 + len(self.needs)]
        found = self.op.pull(arrays[0], arrays[1], operands, self.needs)
        wanted = [gradient for gradient, needed in zip(found, self.needs) if needed]
        for place, gradient in zip(arrays[2 + len(self.needs) :], wanted):
            np.copyto(place, 0 if gradient is None else gradient)
