"""The chain rule for one node: every path from the output back to it, in symbols and in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

import numpy as np

from minigraph.arrays import Array, shape_text
from minigraph.explain.account import account
from minigraph.explain.paths import Path, Paths, count_paths, walk
from minigraph.graph import Graph, Node
from minigraph.naming import is_number
from minigraph.scene.content import Scene
from minigraph.scene.phrases import LANGUAGES, Language

__all__ = ["Explanation", "explain"]

MOST_DIGITS = 12
WALKED = 1000  # paths that are walked where a difference does not tell what they bring


@dataclass(frozen=True, eq=False, repr=False)
class Explanation:
    """∂output/∂node = Σ over the paths of the product along each.

    node, output: of what, and where the paths begin · gradient: the total, an array of the node's shape ·
    paths: the first of them, with their edges and what each brings · count: how many there are in all ·
    rest: what the paths that are not listed bring together, None if all are · text, latex: to read.
    """

    node: Node
    output: Node
    gradient: Array
    paths: tuple[Path, ...]
    count: int
    rest: Array | None
    text: str
    latex: str

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return f"$$\n{self.latex}\n$$"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": self.text, "text/latex": self._repr_latex_()}


def explain(
    node: Node | str,
    of: Node | Graph | None = None,
    *,
    most: int = 8,
    language: Language = "en",
    digits: int = 2,
) -> Explanation:
    """∂of/∂node by the chain rule: one product per path from `of` back to the node, summed where paths meet.

    node: the node, or its name in the graph of `of`. of: the output, or its graph; left out, the one whose backward
    last filled ``node.grad``. The numbers are those of that backward; where `of` has not run its own, ∂of/∂of = 1 is
    taken. most: how many paths are written out. digits: decimals of single numbers. Where the formula that an op gives
    for its local gradient is not what its ``backward`` does, both results are told, and ``.gradient`` is backward's.
    Changes nothing in the graph. Errors: TypeError and ValueError for what is no node of the graph or gets no gradient.

    >>> x, y = mg.Node(-2.0, "x"), mg.Node(5.0, "y")
    >>> f = (x + y) * x
    >>> f.backward()
    >>> print(mg.explain(x))
    ∂f/∂x = (∂f/∂q · ∂q/∂x) + q
    <BLANKLINE>
      x → q → f    ∂f/∂q · ∂q/∂x = x · 1 = −2 · 1 = −2
      x → f        q                              = 3
    <BLANKLINE>
    ∂f/∂x = −2 + 3 = 1
    """
    _check_options(most, language, digits)
    node = _node(node, of)
    root = _output(node, of)
    with np.errstate(all="ignore"):
        scene = _scene(root, node)
        counts = count_paths(scene, node)
        listed = tuple(islice(walk(scene, node), most))
        gradient, rest = scene.gradients[node], None
        if counts[root] > len(listed):
            rest = np.asarray(gradient - sum(path.gradient for path in listed))
            if not np.isfinite(rest).all() and counts[root] <= WALKED:  # ∞ − ∞ says nothing of what is left
                rest = np.asarray(sum(path.gradient for path in islice(walk(scene, node), most, None)))
        text, latex = account(scene, Paths(node, listed, counts, rest), language, digits)
    return Explanation(node, root, gradient, listed, counts[root], rest, text, latex)


def _check_options(most: int, language: str, digits: int) -> None:
    if isinstance(most, bool) or not isinstance(most, int) or most < 1:
        raise ValueError(f"explain: most is {most!r}, but must be a number of paths, at least 1")
    if language not in LANGUAGES:
        raise ValueError(f"explain: language is {language!r}, but must be one of {', '.join(LANGUAGES)}")
    if isinstance(digits, bool) or not isinstance(digits, int) or not 0 <= digits <= MOST_DIGITS:
        raise ValueError(f"explain: digits is {digits!r}, but must be a number of decimals, 0 to {MOST_DIGITS}")


def _node(node: Node | str, of: Node | Graph | None) -> Node:
    """The node itself, or the one of that name behind `of`."""
    if isinstance(node, Node):
        return node
    if not isinstance(node, str):
        raise TypeError(f"explain: needs a node or the name of one, got {type(node).__name__}")
    if of is None:
        raise TypeError(f"explain: {node!r} is only a name; pass of=, the output or the graph that the node is in")
    graph = of if isinstance(of, Graph) else Graph(_as_output(of))
    try:
        return graph[node]
    except KeyError:
        known = ", ".join(graph.names.values())
        raise ValueError(f"explain: there is no node {node!r}; there are {known}") from None


def _as_output(of: Node) -> Node:
    if not isinstance(of, Node):
        raise TypeError(f"explain: of must be a node or a Graph, got {type(of).__name__}")
    return of


def _output(node: Node, of: Node | Graph | None) -> Node:
    if isinstance(of, Graph):
        return of.output
    if of is not None:
        return _as_output(of)
    who, run = _named(node), "run loss.backward(), or pass of=loss"
    if node.grad_of is None:
        raise ValueError(f"explain: no backward has reached {who}; {run}")
    output = node.grad_of()
    if output is None:
        raise ValueError(
            f"explain: the output whose backward reached {who} no longer exists; keep it in a variable, such as loss, "
            f"and call explain({who}, of=loss)"
        )
    if output.grad is None or (node.grad is None and node in Graph(output).wanted):
        raise ValueError(f"explain: {who} has no gradient since the last forward; {run}")
    return output


def _scene(root: Node, node: Node) -> Scene:
    """What the gradients are read from: the backward that `root` began, or one that begins with 1."""
    graph = Graph(root)
    if node not in graph.names:
        raise ValueError(f"explain: {_not_behind(node, graph)}")
    if node not in graph.wanted:
        raise ValueError(f"explain: {graph.names[node]} gets no gradient: {_why(graph, node)}")
    own = root.grad is not None and root.grad_of is not None and root.grad_of() is root
    if not own and root.value.size != 1:
        name, shape = graph.names[root], shape_text(root.shape)
        raise ValueError(f"explain: {name} is {shape}, not a scalar; run {name}.backward(seed=…) first")
    scene = Scene(root, 0)
    if not own:
        scene.gradients = scene.graph.gradients()
    if node not in scene.gradients:
        raise ValueError(f"explain: {graph.names[node]} gets no gradient: no op that reads it gives one")
    return scene


def _not_behind(node: Node, graph: Graph) -> str:
    ahead = Graph(node).names
    if graph.output in ahead:
        who, end = ahead[node], ahead[graph.output]
        return f"{who} is not behind {end}: did you mean explain({end}, {who})?"
    return f"{_named(node)} is not behind {graph.names[graph.output]}: no path leads from one to the other"


def _why(graph: Graph, node: Node) -> str:
    uses = [(user.op, i) for user in graph.nodes for i, source in enumerate(user.inputs) if source is node]
    if uses and all(op is not None and i in op.constants for op, i in uses):
        return f"{', '.join(dict.fromkeys(op.name for op, _ in uses if op))} takes it as given (a target, or an index)"
    if node.value.dtype.kind != "f":
        return f"it holds {node.value.dtype}, and only floating-point numbers have one"
    if node.op is None:
        return "it is a constant" if is_number(node) or not node.name else "it was made with requires_grad=False"
    if not any(source.requires_grad for source in Graph(node).nodes):
        return "it depends on no leaf that requires one"
    return "every path to it leads through a target or an index"


def _named(node: Node) -> str:
    """As a diagram of its graph names it; a leaf without a name and a graph by its shape."""
    output = node.grad_of() if node.grad_of is not None else None
    if output is None and node.op is None:
        return node.name or f"a leaf of shape {shape_text(node.shape)} without a name"
    return Graph(output or node).names[node]
