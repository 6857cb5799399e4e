"""A recorded graph as a flat list of NumPy calls on memory that it owns: the same numbers, faster.

`rules` say how each op is computed there; what has no rule runs its own forward and backward.
"""

from __future__ import annotations

from collections.abc import Iterable

from minigraph.compile import rules
from minigraph.compile.program import Program
from minigraph.graph import Graph, Node
from minigraph.optim import Optimizer

__all__ = ["Program", "rules"]


def _compile(self: Graph, optimizer: Optimizer | None = None, *, wrt: Iterable[Node] | None = None) -> Program:
    """This graph as a `Program`: with an optimizer one call of it is a step of training, else forward and backward.

    wrt: without an optimizer, the leaves to compute gradients of; left out, the parameters, or if there are none every
    leaf that wants a gradient.
    """
    return Program(self, optimizer, wrt)


Graph.compile = _compile  # type: ignore[method-assign]
