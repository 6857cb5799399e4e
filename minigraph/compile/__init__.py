"""A recorded graph as a flat list of NumPy calls on memory that it owns: the same numbers, faster.

`rules` say how each op is computed there; what has no rule runs its own forward and backward.
"""

from __future__ import annotations

from collections.abc import Iterable

from minigraph.compile import rules
from minigraph.compile.program import Program, Reduce
from minigraph.graph import Graph, Node
from minigraph.optim import Optimizer

__all__ = ["Program", "Reduce", "rules"]


def _compile(
    self: Graph,
    optimizer: Optimizer | None = None,
    *,
    wrt: Iterable[Node] | None = None,
    reduce: Reduce | None = None,
) -> Program:
    """This graph as a `Program`: with an optimizer one call of it is a step of training, else forward and backward.

    wrt: without an optimizer, the leaves to compute gradients of; left out, the parameters, or if there are none every
    leaf that wants a gradient.
    reduce: with an optimizer, called between backward and update as ``reduce(loss, vectors)``; the vectors, one for
    each dtype, hold the gradients of all parameters, and it may change them in place.

    >>> w = mg.Parameter(3.0, "w")
    >>> step = mg.Graph(w * w).compile(mg.SGD([w], learning_rate=0.1))
    >>> float(step()), w.value.round(2).item()
    (9.0, 2.4)
    >>> float(step()), w.value.round(2).item()
    (5.76, 1.92)
    """
    return Program(self, optimizer, wrt, reduce)


Graph.compile = _compile  # type: ignore[method-assign]
