"""The engine: nodes hold values, ops connect nodes, and a graph replays what was recorded, forwards and backwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import compress
from typing import TYPE_CHECKING, Any, cast
from weakref import ref

import numpy as np

from minigraph.arrays import NUMBERS, Array, ArrayLike, Axis, as_numbers, in_short, shape_text
from minigraph.contract import ArrayFunction
from minigraph.feeding import Feeding
from minigraph.naming import node_names
from minigraph.order import topological_order, way_back

if TYPE_CHECKING:
    from minigraph.compile import Program, Reduce
    from minigraph.compile.flat import Flat
    from minigraph.compile.plan import Plan
    from minigraph.diagram import Diagram
    from minigraph.optim import Optimizer

__all__ = ["Clock", "Constant", "Graph", "Node", "Op", "Operand", "Parameter"]


class Node:
    """A value in the graph: a leaf that somebody gave, or what an op computed from its inputs.

    value: a NumPy array (a scalar is a 0-d array) · grad: ∂output/∂value, None until a backward computed it ·
    grad_of: a weak reference to that output · op, inputs: where the value came from; a leaf has None and () ·
    operands: the very arrays that it was computed from, since an input may have another value by the time backward
    runs · name: for messages, feeds and diagrams · scope: the composite nodes that were opened around it, outermost
    first · requires_grad: whether a leaf wants a gradient; by default every leaf of floating-point numbers does.

    Integer arrays are labels or indices. A single Python number is always taken as a float.

    >>> x = mg.Node(3.0, "x")
    >>> (x * x).backward()
    >>> x.grad
    array(6.)
    """

    __slots__ = (
        "__weakref__", "_value", "grad", "grad_of", "inputs", "name", "op", "operands", "requires_grad", "scope",
    )  # fmt: skip
    __array_ufunc__ = None  # so that ndarray * node asks the node, instead of making an array of nodes

    def __init__(self, value: ArrayLike, name: str | None = None, *, requires_grad: bool | None = None) -> None:
        self.name = name
        self._assign(value)
        differentiable = self.value.dtype.kind == "f"
        if requires_grad and not differentiable:
            raise TypeError(f"{self._who()}: {self.value.dtype} values have no gradient; give floating-point numbers")
        self.requires_grad = differentiable if requires_grad is None else requires_grad
        self.grad: Array | None = None
        self.grad_of: ref[Node] | None = None
        self.op: Op | None = None
        self.inputs: tuple[Node, ...] = ()
        self.operands: tuple[Array, ...] = ()
        self.scope: tuple[Node, ...] = ()

    @property
    def value(self) -> Array:
        return self._value

    @value.setter
    def value(self, value: ArrayLike) -> None:
        self._assign(value)

    def _assign(self, value: ArrayLike) -> None:
        if type(value) is np.ndarray and value.dtype.kind in NUMBERS:
            self._value = value
        else:
            self._value = as_numbers(self._who(), float(value) if type(value) is int else value)

    def _who(self) -> str:
        return f"{type(self).__name__} {self.name}" if self.name else type(self).__name__

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    def item(self) -> float:
        """The value of a one-element node as a Python number."""
        return float(self.value.item())

    __float__ = item

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else str(self)

    def backward(self, seed: ArrayLike | None = None) -> None:
        """∂self/∂n into ``n.grad`` for every node n that self depends on: ``Graph(self).backward(seed)``."""
        Graph(self).backward(seed)

    def __getstate__(self) -> Any:
        _, (own, slots) = self.value, cast(Any, super().__getstate__())
        # it cannot be pickled, and a copy is behind no output, and in no program, yet
        return own, {name: None if name in ("grad_of", "holder") else value for name, value in slots.items()}

    def __repr__(self) -> str:
        kind = type(self).__name__
        origin = f" = {self.op!r}" if self.op else ""
        grad = "not computed" if self.grad is None else f"{self.grad.item():g}" if self.grad.ndim == 0 else "computed"
        return f"<{kind} {self.name or '·'}: {in_short(self.value)}{origin}, grad {grad}>"

    if TYPE_CHECKING:  # minigraph.ops installs these; the engine itself knows no arithmetic

        def __add__(self, other: Operand) -> Node: ...
        def __radd__(self, other: Operand) -> Node: ...
        def __sub__(self, other: Operand) -> Node: ...
        def __rsub__(self, other: Operand) -> Node: ...
        def __mul__(self, other: Operand) -> Node: ...
        def __rmul__(self, other: Operand) -> Node: ...
        def __truediv__(self, other: Operand) -> Node: ...
        def __rtruediv__(self, other: Operand) -> Node: ...
        def __pow__(self, other: Operand) -> Node: ...
        def __rpow__(self, other: Operand) -> Node: ...
        def __matmul__(self, other: Operand) -> Node: ...
        def __rmatmul__(self, other: Operand) -> Node: ...
        def __neg__(self) -> Node: ...
        def sum(self, axis: Axis = None, keepdims: bool = False) -> Node: ...
        def mean(self, axis: Axis = None, keepdims: bool = False) -> Node: ...
        def max(self, axis: Axis = None, keepdims: bool = False) -> Node: ...
        def min(self, axis: Axis = None, keepdims: bool = False) -> Node: ...
        def clip(self, low: float = ..., high: float = ...) -> Node: ...
        def reshape(self, *shape: int | tuple[int, ...]) -> Node: ...
        def transpose(self, *axes: int | tuple[int, ...]) -> Node: ...
        def __abs__(self) -> Node: ...
        def __getitem__(self, index: Any) -> Node: ...
        def __iter__(self) -> Iterator[Node]: ...
        @property
        def T(self) -> Node: ...


class Parameter(Node):
    """A leaf that training changes. An optimizer puts a new array in its place; it never writes into the old one.

    holder: the compiled program that trains it, if there is one. That keeps the numbers in memory of its own, and
    hands out copies.
    """

    __slots__ = ("holder",)

    def __init__(self, value: ArrayLike, name: str | None = None, *, requires_grad: bool = True) -> None:
        self.holder: Flat | None = None
        super().__init__(value, name, requires_grad=requires_grad)

    @property
    def value(self) -> Array:
        if self.holder is not None:
            self.holder.hand_out(self)
        return self._value

    @value.setter
    def value(self, value: ArrayLike) -> None:
        if self.holder is not None:
            self.holder.release()
        self._assign(value)

    def receive(self, value: Array) -> None:
        """What the holder says that the value is."""
        self._value = value


class Constant(Node):
    """A number or an array as it stands in an expression: 2 in 2·x. It is no variable of anybody's."""

    __slots__ = ()


class Clock(Node):
    """A leaf that counts training steps: 1 while recording, one more at each `Graph.forward`, 0 in `Graph.evaluate`.

    What differs between training and evaluating is a function of it, so there is no mode to switch, and a replay, an
    expanded graph and a gradient check meet the same step. It may be fed as any leaf: 0 means "not training".
    """

    __slots__ = ()

    def __init__(self, name: str = "step") -> None:
        super().__init__(np.array(1), name)


Operand = Node | ArrayLike


class Op(ArrayFunction):
    """A differentiable function of arrays. A subclass writes ``forward`` and ``backward``; the rest is optional.

    ``forward(*inputs)`` gives the output. ``backward(upstream, output, *inputs)`` gives one gradient per input, of that
    input's shape: exactly the vector–Jacobian product of this forward for any `upstream`; None for an input without a
    gradient. Neither writes to its arguments nor keeps anything between calls. A ``backward`` that declares ``needs``
    is told which gradients somebody wants (one bool per input) and may leave out the others.
    ``expand(*nodes)`` builds the same function from smaller ops: it is the definition, the pair above the optimisation.
    Calling an op on nodes (or numbers, or arrays) computes at once and records the result as a new node.

    For diagrams: ``gate`` is the sign on its circle ("" draws a block with the op's name), ``symbol`` what its output
    is called, ``formula`` the output with {0}, {1} for the names of the inputs ("{0}·{1}"), and ``locals`` one
    `mg.Local` per input that gets a gradient, for its chip; without it the chip shows the Jacobian.
    """

    parameters: tuple[Parameter, ...] = ()  # appended to the inputs

    def expand(self, *inputs: Any) -> Node | None:
        return None

    def update(self, graph: Graph) -> None:
        """After a step of training: what it learns from the batch by other means than gradients."""

    def __call__(self, *inputs: Operand) -> Node:
        return self.record((*self._as_nodes(inputs), *self.parameters))

    def record(self, inputs: tuple[Node, ...]) -> Node:
        """A new node: what this op makes of the values that `inputs` have now."""
        operands = tuple(node.value for node in inputs)
        result = Node(self.run(operands), requires_grad=False)
        result.op, result.inputs, result.operands = self, inputs, operands
        return result

    def _as_nodes(self, inputs: tuple[Operand, ...]) -> list[Node]:
        """Inputs as nodes: others become constants."""
        return [given if isinstance(given, Node) else self._constant(i, inputs) for i, given in enumerate(inputs)]

    def _constant(self, i: int, inputs: tuple[Operand, ...]) -> Node:
        """A bare number takes the type of its company: float32 stays float32."""
        given = cast(ArrayLike, inputs[i])
        if not isinstance(given, (int, float, np.integer)) or i in self.constants:
            return Constant(as_numbers(f"{self.name}: input {i}", given), requires_grad=False)
        floats = [n.value.dtype for n in inputs if isinstance(n, Node) and n.value.dtype.kind == "f"]
        return Constant(np.asarray(given, np.result_type(*floats) if floats else np.float64), requires_grad=False)


class Graph:
    """What `output` depends on, in topological order: replays on new arrays, and walks back for the gradients.

    The record is frozen: Python's own branches and loops were decided while recording and are not decided again. Names
    and ``requires_grad`` are read once too, so set them before.

    >>> x = mg.Node([1.0, 2.0], "x")
    >>> graph = mg.Graph((x * x).sum())
    >>> graph.forward(x=[3.0, 4.0])
    array(25.)
    >>> graph.gradients()[x]
    array([6., 8.])
    """

    __iter__ = None  # a graph has named nodes, but is no sequence of them

    def __init__(self, output: Node) -> None:
        if not isinstance(output, Node):
            raise TypeError(f"Graph: needs a node, got {type(output).__name__}")
        self.output = output
        self.last_run: Plan | None = None  # the program that ran last, if that was not `forward`
        self.nodes = topological_order(output)
        self.parameters = tuple(node for node in self.nodes if isinstance(node, Parameter))
        self.backward_plan = way_back(self.nodes)
        sources = (source for node, (_, needs) in self.backward_plan.items() for source in compress(node.inputs, needs))
        self.wanted = {*sources, *([output] if output.requires_grad or output in self.backward_plan else [])}

    @cached_property
    def names(self) -> dict[Node, str]:
        """A name for every node, each once: the given ones, else by the op (P for a softmax), else a letter."""
        return node_names(self.nodes)

    def __getitem__(self, name: str) -> Node:
        """The node of that name; given names and those that a diagram shows."""
        for node, known in self.names.items():
            if known == name:
                return node
        raise KeyError(f"Graph: there is no node {name!r}; there are {', '.join(self.names.values())}")

    def forward(self, feeds: Mapping[Node | str, ArrayLike] | None = None, /, **named: ArrayLike) -> Array:
        """Recompute every value with new leaves, by name (``x=…``) or by node (``{x: …}``); returns the output's value.

        Other batch sizes are fine. Gradients become "not computed". A training step begins: every `Clock` goes on by
        one. NaN is refused here (a Node may hold it). If anything fails, nothing has changed.
        """
        values = self.replay(self.next_step() | self.feeding(feeds, named))
        self.last_run = None
        for node in self.nodes:
            if node.op is not None:
                node._value = values[node]  # held to the contract already
            elif values[node] is not node.value:
                node.value = values[node]
            node.grad, node.operands = None, tuple(values[source] for source in node.inputs)
        return self.output.value

    def evaluate(
        self, node: Node | None = None, feeds: Mapping[Node | str, ArrayLike] | None = None, /, **named: ArrayLike
    ) -> Array:
        """What `node` (left out: the output) would be with these leaves, not training. Changes nothing in it."""
        target = self.output if node is None else node
        if not isinstance(target, Node):
            raise TypeError(
                f"Graph.evaluate: first the node to evaluate (or None), then the feeds; got {type(node).__name__}"
            )
        if target not in self.names:
            raise ValueError(f"Graph: {target!r} is not part of this graph")
        resting = {clock: np.zeros_like(clock.value) for clock in self.clocks}
        return self.replay(resting | self.feeding(feeds, named), until=target)[target]

    def replay(self, leaves: Mapping[Node, Array], until: Node | None = None) -> dict[Node, Array]:
        """Every node's value, as it would be with these `leaves`. Changes nothing in the graph."""
        values: dict[Node, Array] = {}
        for node in self.nodes if until is None else topological_order(until):
            if node.op is None:
                values[node] = np.asarray(leaves.get(node, node.value))
            else:
                values[node] = node.op.run(tuple(values[source] for source in node.inputs))
        return values

    def gradients(self, seed: ArrayLike | None = None, values: Mapping[Node, Array] | None = None) -> dict[Node, Array]:
        """∂output/∂node for every node that wants one, where ∂output/∂output is `seed`. Changes nothing in the graph.

        values: where to take the derivative, as `replay` gives them; left out, the values that were computed last.
        """
        gradients = {self.output: self._seed(seed, (values or {}).get(self.output, self.output.value))}
        for node, (op, needs) in self.backward_plan.items():
            upstream = gradients.get(node)
            if upstream is None:
                continue
            if values is None:
                output, operands = node._value, node.operands
                self._refuse_if_recomputed(node)
            else:
                output, operands = values[node], tuple(values[source] for source in node.inputs)
            for source, gradient, needed in zip(node.inputs, op.pull(upstream, output, operands, needs), needs):
                if needed and gradient is not None:
                    # a new array at a fork: += would write into what an op, or another node, still holds
                    gradients[source] = np.asarray(gradients[source] + gradient if source in gradients else gradient)
        return gradients

    def backward(self, seed: ArrayLike | None = None) -> None:
        """Fill ``grad`` of every node that wants one, inner ones too. A second call gives the same, not double."""
        gradients = self.gradients(seed)
        end = ref(self.output)
        for node in self.nodes:
            node.grad, node.grad_of = gradients.get(node), end

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"last_run": None}  # a program cannot be pickled

    if TYPE_CHECKING:  # installed by minigraph.diagram and minigraph.compile

        def draw(self, **options: Any) -> Diagram: ...

        def compile(
            self, optimizer: Optimizer | None = None, *, wrt: Iterable[Node] | None = None, reduce: Reduce | None = None
        ) -> Program: ...

    def next_step(self) -> dict[Node, Array]:
        """What the clocks show at the next step of training."""
        return {clock: np.asarray(clock.value + 1) for clock in self.clocks}

    def inputs_of(self, op: Op) -> list[Array]:
        """The first input of an op at the last forward, once for each node that it made; of a compiled one too."""
        made = [node for node in self.nodes if node.op is op]
        return self.last_run.inputs_of(made) if self.last_run is not None else [node.operands[0] for node in made]

    def __repr__(self) -> str:
        return f"<Graph {self.names[self.output]}: {len(self.nodes)} nodes, {len(self.parameters)} parameters>"

    @cached_property
    def clocks(self) -> list[Clock]:
        return [node for node in self.nodes if isinstance(node, Clock)]

    @cached_property
    def feeding(self) -> Feeding:
        return Feeding(self.nodes, self.names)

    def _refuse_if_recomputed(self, node: Node) -> None:
        """A leaf may change after a forward (an optimizer does that); an inner value that did is of another forward."""
        for source, operand in zip(node.inputs, node.operands):
            if source.op is not None and source._value is not operand:
                raise ValueError(
                    f"backward: {self.names[source]} was recomputed by another graph after {self.names[node]} was "
                    "computed from it; call this graph's forward() first"
                )

    def _seed(self, seed: ArrayLike | None, value: Array) -> Array:
        output = self.output
        if output not in self.wanted:
            raise ValueError(f"backward: {self.names[output]} depends on no node that requires a gradient")
        if seed is None and value.size != 1:
            raise ValueError(
                f"backward: {self.names[output]} is {shape_text(value.shape)}, not a scalar; "
                "give seed=, an array of that shape"
            )
        start = np.ones_like(value) if seed is None else np.asarray(seed, dtype=value.dtype)
        if start.shape != value.shape:
            raise ValueError(
                f"backward: seed is {shape_text(start.shape)}, but {self.names[output]} is {shape_text(value.shape)}"
            )
        return start
