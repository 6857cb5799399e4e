"""A graph as a program: one call is a whole step of training."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from minigraph.arrays import Array, ArrayLike, shape_text
from minigraph.compile.flat import Flat
from minigraph.compile.plan import Plan
from minigraph.compile.update import update_by
from minigraph.graph import Constant, Graph, Node, Parameter
from minigraph.optim import Optimizer

__all__ = ["Program", "Reduce"]

Reduce = Callable[[Any, list[Array]], None]


class Program:
    """``program(x=…, t=…)``: forward, backward and, with an optimizer, its step; returns the output's value.

    The same as ``graph.forward(x=…, t=…)``, ``graph.backward()`` and ``optimizer.step()``, up to rounding, as a flat
    list of NumPy calls in memory of its own; one list for each combination of shapes, made when that first comes.
    Without an optimizer it stops after the backward, with `gradients`; where the output is no scalar, before it.

    What you are given is yours: the result, a parameter's ``value`` and the `gradients` are new arrays. Parameters have
    their new values after each call, and the optimizer its memory; either may be used and changed in between. Inner
    nodes and other leaves of the graph stay as they were recorded. Feeds are read and never written; what is not fed
    keeps its value. A feed with NaN is refused before anything has changed, if the NaN reaches the output.
    Numbers in expressions and the settings of ops, such as a temperature, are read when a list is made; an optimizer's
    are read at each call.

    before_update: called with the output's value and all gradients in a few vectors, which it may change in place; if
    it raises, nothing was updated.

    >>> w, x = mg.Parameter([1.0, 2.0], "w"), mg.Node([3.0, 4.0], "x")
    >>> program = mg.Graph((w * x).sum()).compile()
    >>> float(program(x=[5.0, 6.0]))
    17.0
    >>> program.gradients[w]
    array([5., 6.])
    """

    def __init__(
        self,
        graph: Graph,
        optimizer: Optimizer | None = None,
        wrt: Iterable[Node] | None = None,
        reduce: Reduce | None = None,
    ) -> None:
        if reduce is not None and (optimizer is None or not callable(reduce)):
            raise TypeError(f"compile: reduce is {reduce!r}; it must be a function, and needs an optimizer beside it")
        self.graph, self.optimizer, self._reduce = graph, optimizer, reduce
        self._wanted = _wanted(graph, optimizer, wrt)
        self._flat = Flat(node for node in self._wanted if isinstance(node, Parameter))
        self._update = update_by(optimizer, self._flat) if optimizer is not None else None
        self._plans: dict[Any, Plan] = {}
        self._fed: set[Node] = set()  # constants that were fed: no constants for the plans from then on
        self._plan: Plan | None = None
        self.before_update: Callable[[float, list[Array]], None] | None = None

    def __call__(self, feeds: Mapping[Node | str, ArrayLike] | None = None, /, **named: ArrayLike) -> Any:
        plan, flat = self._plan, self._flat
        if feeds is not None or plan is None or not plan.accepts(named):
            fed = self.graph.feeding(feeds, named)
            if any(node in flat.memory for node in fed):
                return self._with_parameters(fed)
            plan = self._plan = self._planned(fed)
        if not flat.holds:
            self._take()
        elif flat.lent:
            flat.take_back()
        steps = plan.next_steps() if plan.clocks else ()
        try:
            for function, arguments in plan.forward:
                function(*arguments)
        except ValueError:
            plan.refuse_nan()  # the graph would have said so before any op could refuse what came of it
            raise
        result = plan.result
        value = result.copy() if result.ndim else result[()]
        if np.isnan(value).any() if result.ndim else value != value:
            plan.refuse_nan()
        for function, arguments in plan.backward:
            function(*arguments)
        if self._reduce is not None:
            self._reduce(value, [gradients for _, gradients in flat.vectors])
        if self._update is not None:
            if self.before_update is not None:
                self.before_update(value.item(), [gradients for _, gradients in self._flat.vectors])
            self._update()
        for clock, step in steps:
            clock.value = step
        self.graph.last_run = plan
        return value

    @property
    def value(self) -> Array:
        """The output's value at the last run."""
        if self._plan is None:
            raise ValueError("Program: there is no value before the first run")
        return self._plan.result.copy()

    @property
    def gradients(self) -> dict[Node, Array]:
        """∂output/∂node of the last run, for every parameter that it computed one for, or leaf of ``wrt``."""
        if self._plan is None:
            raise ValueError("Program: there are no gradients before the first run")
        return {node: self._place(self._plan, node).copy() for node in self._wanted}

    def _with_parameters(self, fed: dict[Node, Array]) -> Any:
        """A run with other values of parameters, which they keep unless it fails."""
        before = {node: node.value for node in fed if node in self._flat.memory}
        try:
            for node in before:
                node.value = fed[node]
            return self({node: array for node, array in fed.items() if node not in before})
        except BaseException:
            for node, value in before.items():
                node.value = value
            raise

    def _place(self, plan: Plan, node: Node) -> Array:
        return self._flat.places[node] if isinstance(node, Parameter) else plan.places[node]

    def _take(self) -> None:
        self._flat.take()
        if self._update is not None:
            self._update.load()

    def _planned(self, fed: Mapping[Node, Array]) -> Plan:
        """The plan for these leaves, bound to them."""
        self._fed.update(node for node in fed if isinstance(node, Constant))
        leaves = {node: node.value for node in self.graph.nodes if node.op is None} | dict(fed)
        kinds = (
            (node.shape, value.dtype.str, value.shape)
            for node, value in leaves.items()
            if node not in self._flat.memory
        )
        key = len(self._fed), *kinds
        plan = self._plans.get(key)
        if plan is None:
            values = self.graph.replay(self.graph.next_step() | leaves)
            others = {
                n: np.zeros(values[n].shape, values[n].dtype) for n in self._wanted if not isinstance(n, Parameter)
            }
            plan = Plan(self.graph, values, self._flat.memory, {**self._flat.places, **others}, self._fed)
            self._plans[key] = plan
        plan.bind(leaves, fed)
        return plan

    def __str__(self) -> str:
        plan = self._plan or self._planned({})
        update = [f"  {line}" for line in str(self._update).splitlines()] if self._update is not None else []
        return "\n".join([str(plan), *(["update"] if update else []), *update])

    def __repr__(self) -> str:
        return f"<Program {self.graph.names[self.graph.output]}: {len(self._plans)} plans>"


def _wanted(graph: Graph, optimizer: Optimizer | None, wrt: Iterable[Node] | None) -> tuple[Node, ...]:
    """The leaves that a program computes the gradient of."""
    if optimizer is not None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"compile: needs an optimizer, such as mg.SGD(graph.parameters); got {optimizer!r}")
        if wrt is not None:
            raise ValueError("compile: give an optimizer or wrt, not both: an optimizer says which gradients it needs")
        wanted: tuple[Node, ...] = tuple(p for p in optimizer.parameters if p.requires_grad)
    elif wrt is not None:
        wanted = tuple(dict.fromkeys(wrt))
    else:
        wanted = tuple(p for p in graph.parameters if p.requires_grad)
        wanted = wanted or tuple(node for node in graph.nodes if node.op is None and node in graph.wanted)
    for node in wanted:
        if node not in graph.wanted or node.op is not None:
            name = node.name or repr(node)
            raise ValueError(f"compile: {name} is no leaf behind {graph.names[graph.output]} that wants a gradient")
    if graph.output.value.size != 1:
        if optimizer is not None or wrt is not None:
            shape = shape_text(graph.output.shape)
            raise ValueError(f"compile: {graph.names[graph.output]} is {shape}, not a scalar, so it has no gradients")
        return ()
    return wanted
