"""The same exercise with other numbers: a graph recorded again on small friendly ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from minigraph.arrays import Array
from minigraph.graph import Clock, Constant, Graph, Node, Parameter

__all__ = ["variant"]

TRIES = 60  # of each way to draw numbers, the freest first
SMALLEST, EASY = 0.01, 0.05  # an array of which no number is as large says nothing, or is tedious
LARGEST = 20
Draw = Callable[[Array, np.random.Generator], Array]


def variant(root: Node, rng: np.random.Generator) -> Node:
    """`root` with other leaves, after forward and backward; the nodes of `root` stay as they are.

    Small integers where a leaf has integers, else one decimal; none is 0, nor twice in one array as far as possible.
    Labels become other labels, one-hot rows other one-hot rows; constants of the formula stay. Where an op takes only
    positive numbers, or only those that were there, so it gets them. Errors: ValueError where nothing would do.
    """
    graph = Graph(root)
    for draw, least in WAYS:
        for _ in range(TRIES):
            drawn = {leaf: array for leaf in graph.nodes if (array := _redrawn(graph, leaf, draw, rng)) is not None}
            try:
                with np.errstate(all="ignore"):
                    found = _recorded(graph, drawn)
            except (ValueError, TypeError, IndexError):
                continue
            if _is_exercise(found, least):
                return found.output
    raise ValueError("worksheets: no other numbers were found for which every value and gradient is finite and not 0")


def _recorded(graph: Graph, leaves: dict[Node, Array]) -> Graph:
    """The graph on other leaves, all its nodes new."""
    new: dict[Node, Node] = {}
    for node in graph.nodes:
        if node.op is not None:
            new[node] = node.op.record(tuple(new[source] for source in node.inputs))
            new[node].name, new[node].scope = node.name, node.scope
        elif isinstance(node, Clock):
            new[node] = node
        else:
            value = leaves.get(node, node.value)
            kind = Parameter if isinstance(node, Parameter) else Constant if isinstance(node, Constant) else Node
            new[node] = kind(value, node.name, requires_grad=node.requires_grad)
    found = Graph(new[graph.output])
    found.backward(graph.output.grad)
    return found


def _redrawn(graph: Graph, leaf: Node, draw: Draw, rng: np.random.Generator) -> Array | None:
    """Other numbers for a leaf; None for one that keeps its own."""
    if leaf.op is not None or isinstance(leaf, (Clock, Constant)) or not leaf.value.size:
        return None
    uses = [(node, i) for node in graph.nodes for i, source in enumerate(node.inputs) if source is leaf]
    fixed = [(node, i) for node, i in uses if node.op is not None and i in node.op.constants]
    if leaf.value.dtype.kind != "f":
        scores = [node.operands[0] for node, _ in fixed if node.op and node.op.labels_as_one_hot]
        are_labels = scores and leaf.value.dtype.kind in "iu" and all(leaf.value.ndim < s.ndim for s in scores)
        return rng.integers(0, scores[0].shape[-1], leaf.shape, dtype=leaf.value.dtype) if are_labels else None
    if not np.isfinite(leaf.value).all():  # a mask
        return None
    if fixed and (np.isin(leaf.value, (0, 1)).all() or _is_distribution(leaf.value)):
        return rng.permuted(leaf.value, axis=-1)
    return draw(leaf.value, rng).astype(leaf.value.dtype) if fixed or leaf.requires_grad else None


def _is_distribution(array: Array) -> bool:
    return array.ndim > 0 and bool((array >= 0).all()) and np.allclose(array.sum(axis=-1), 1)


def _any_sign(array: Array, rng: np.random.Generator) -> Array:
    return _magnitudes(array, rng) * rng.choice([-1.0, 1.0], size=array.shape)


def _same_signs(array: Array, rng: np.random.Generator) -> Array:
    return _magnitudes(array, rng) * np.where(array < 0, -1.0, 1.0)


def _shuffled(array: Array, rng: np.random.Generator) -> Array:
    return rng.permuted(array, axis=-1) if array.ndim else array


def _magnitudes(array: Array, rng: np.random.Generator) -> Array:
    """Numbers about as large as those of `array`, each another one while there are enough."""
    largest = min(float(np.abs(array).max()), LARGEST)
    is_whole = bool((array == np.round(array)).all()) and largest >= 1
    there = np.arange(1, max(round(largest), 9) + 1) if is_whole else np.arange(1, max(round(10 * largest), 9) + 1) / 10
    times = -(-array.size // len(there))
    pool = np.concatenate([rng.permutation(there) for _ in range(times)])
    return pool[: array.size].reshape(array.shape)


WAYS = [(_any_sign, EASY), (_same_signs, EASY), (_any_sign, SMALLEST), (_same_signs, SMALLEST), (_shuffled, SMALLEST)]


def _is_exercise(graph: Graph, least: float) -> bool:
    """Whether all numbers are finite and no array vanishes.

    Where numbers are to be easy, none is so small that two decimals do not show it, and no two scalars are equal in
    size, or a mistake could give the right number.
    """
    arrays = list(_made(graph))
    if not all(np.isfinite(array).all() and np.abs(array).max(initial=0) >= least for array in arrays):
        return False
    scalars = [abs(float(node.value)) for node in graph.nodes if not node.value.ndim]
    is_easy = len({*scalars}) == len(scalars) and all(np.abs(a[a != 0]).min(initial=1) >= SMALLEST for a in arrays)
    return is_easy or least < EASY


def _made(graph: Graph) -> Iterator[Array]:
    for node in graph.nodes:
        if node.op is not None:
            yield node.value
        if node.grad is not None:
            yield node.grad
