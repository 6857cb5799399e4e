"""A graph read as a network of neurons: a chain of layers X·W + b, elementwise functions between, perhaps a loss,
to which penalties of the weights may be added."""

from __future__ import annotations

import operator
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import NoReturn

import numpy as np

from minigraph.arrays import Array
from minigraph.graph import Node, Parameter
from minigraph.naming import is_number
from minigraph.order import topological_order
from minigraph.scene.content import Edge, Scene
from minigraph.scene.text import clean

__all__ = ["Chain", "Layer", "read_chain"]

NEEDS = "draw(view='neurons'): needs a chain of Affine layers with elementwise functions between"


@dataclass(frozen=True)
class Layer:
    """One column of units: z = inputs·weight + bias, then the functions, one after another."""

    weight: Node
    bias: Node | None
    before: Node
    functions: tuple[Node, ...] = ()

    @property
    def after(self) -> Node:
        return self.functions[-1] if self.functions else self.before


@dataclass(frozen=True)
class Chain:
    """What is drawn, and what the loss is.

    chances: what a softmax makes of the last units, as rows · targets: rows of the same size, labels as one-hot ·
    entry: what the loss is computed from, the last units or their softmax · ending: the ops of the loss.
    """

    data: Node
    layers: tuple[Layer, ...]
    chances: Array | None
    targets: Array | None
    loss: Node | None
    entry: Node
    ending: tuple[Node, ...]

    @property
    def columns(self) -> tuple[Node, ...]:
        return (self.data, *(layer.after for layer in self.layers))

    @property
    def batch(self) -> int:
        return len(rows(self.data.value))

    def sample(self, wanted: int | None) -> int:
        """The number of the sample to show; errors: ValueError where the batch has none of that number."""
        try:
            n = 0 if wanted is None else operator.index(wanted)
        except TypeError:
            raise TypeError(f"draw: sample is {wanted!r}, but must be an int") from None
        if not 0 <= n < self.batch:
            raise ValueError(f"draw: sample is {n}, but must lie in 0 … {self.batch - 1} (a batch of {self.batch})")
        return n


def rows(array: Array) -> Array:
    """One row per sample, whatever the leading axes are."""
    return array.reshape(-1, array.shape[-1])


def read_chain(scene: Scene) -> Chain:
    """Errors: ValueError that names the op in the way, for a graph that is no such chain."""
    steps = [node for node in scene.graph.nodes if node.op is not None]
    layers, done = _read_layers(scene, steps)
    if not layers or not (data := done[0].inputs[0]).shape[-1]:
        _refuse(scene, steps, steps)
    last = entry = layers[-1].after
    leaves = {data, *(leaf for layer in layers for leaf in (layer.weight, layer.bias) if leaf)}
    penalties = _penalties(steps, leaves - {data})
    steps = [node for node in steps if node not in penalties]
    ending = rest = [node for node in steps if node not in done]
    after = _only_user(scene, last)
    if after is not None and _is_softmax(after, last):
        entry, rest = after, [node for node in rest if node is not after]
    shared = any(sum(user.node not in penalties for user in scene.users[leaf]) > 1 for leaf in leaves)
    if shared or rest and not _is_loss(scene.root, rest, last):
        _refuse(scene, steps, [node for node in ending if last in node.inputs])
    chances = rows(entry.value) if entry is not last else _softmax_inside(rest, last)
    return Chain(data, tuple(layers), chances, _targets(rest, last), scene.root if rest else None, entry, tuple(rest))


def _penalties(steps: Sequence[Node], weights: Collection[Node]) -> set[Node]:
    """What is computed from nothing but weights, to be added to a loss: it has no place among the units."""
    found: set[Node] = set()
    for node in steps:
        if all(source in weights or source in found or is_number(source) for source in node.inputs):
            found.add(node)
    used = {source for node in steps if node not in found for source in node.inputs}
    return found if all(node.value.size == 1 for node in found & used) else set()


def _read_layers(scene: Scene, steps: Sequence[Node]) -> tuple[list[Layer], list[Node]]:
    """From the first product on, as long as each value is used once: what comes after a fork needs all of it."""
    node = next((step for step in steps if _is_product(step, None)), None)
    layers: list[Layer] = []
    done: list[Node] = []
    while node is not None:
        current = layers[-1].after if layers else None
        if _is_product(node, current):
            layers.append(Layer(node.inputs[1], node.inputs[2] if len(node.inputs) > 2 else None, node))
        elif _adds_bias(node, layers[-1]):
            bias = next(source for source in node.inputs if source is not current)
            layers[-1] = replace(layers[-1], bias=bias, before=node)
        elif current is not None and _is_elementwise(node, current):
            layers[-1] = replace(layers[-1], functions=(*layers[-1].functions, node))
        else:
            break
        done.append(node)
        node = _only_user(scene, node)
    return layers, done


def _only_user(scene: Scene, node: Node) -> Node | None:
    users = scene.users[node]
    return users[0].node if len(users) == 1 else None


def _is_product(node: Node, current: Node | None) -> bool:
    """inputs·W, with or without + b, by its local gradients: that of an Affine, that of a matrix product."""
    rules = [local.rule for local in node.op.locals] if node.op else []
    if rules not in (["from right", "from left"], ["from right", "from left", "sum rows"]):
        return False
    x, weight = node.inputs[:2]
    leaves = all(source.op is None for source in node.inputs[1:])
    follows = x is current if current else x.op is None
    return leaves and follows and weight.value.ndim == 2 and x.shape[-1:] + node.shape[-1:] == weight.shape


def _adds_bias(node: Node, layer: Layer) -> bool:
    if layer.bias or layer.functions or len(node.inputs) != 2 or layer.before not in node.inputs:
        return False
    other = next((source for source in node.inputs if source is not layer.before), layer.before)
    fits = other.op is None and other.shape in (node.shape[-1:], (1, *node.shape[-1:])) and node.shape[-1:]
    is_sum = all((edge.local is not None and np.all(edge.numbers == 1)) for edge in (Edge(node, 0), Edge(node, 1)))
    return bool(fits) and not is_number(other) and is_sum


def _is_elementwise(node: Node, current: Node) -> bool:
    """Whether each output depends on the one element in its place: as the op says, else as its Jacobian shows."""
    others = [source for source in node.inputs if source is not current]
    if len(node.inputs) - len(others) != 1 or not all(map(is_number, others)) or node.shape != current.shape:
        return False
    edge = Edge(node, node.inputs.index(current))
    if edge.local is not None:
        return edge.local.rule == "elementwise"
    jacobian = edge.numbers
    return jacobian is not None and _is_diagonal(jacobian.reshape(node.value.size, -1))


def _is_diagonal(matrix: Array) -> bool:
    return not np.any(matrix - np.diag(np.diagonal(matrix)))


def _is_softmax(node: Node, last: Node) -> bool:
    """Row by row, and each row a distribution, as far as its numbers are finite."""
    rules = [local.rule for local in node.op.locals] if node.op else []
    if node.inputs != (last,) or rules != ["row by row"] or node.shape != last.shape:
        return False
    known = rows(node.value)[np.isfinite(node.value).all(axis=-1).ravel()]
    return bool(np.all(known >= 0) and np.allclose(known.sum(axis=-1), 1))


def _softmax_inside(rest: Sequence[Node], last: Node) -> Array | None:
    """The probabilities that a loss makes of logits for itself: they are in its definition."""
    for node in (node for node in rest if last in node.inputs):
        inside = node.op.expand(*node.inputs) if node.op else None
        found = topological_order(inside, until=node.inputs) if inside is not None else ()
        if (chances := next((each for each in found if _is_softmax(each, last)), None)) is not None:
            return rows(chances.value)
    return None


def _is_loss(root: Node, rest: Sequence[Node], last: Node) -> bool:
    """Whether what comes after the units is one number, or one per sample, and has no parameters of its own."""
    leaves = [source for node in rest for source in node.inputs if source.op is None]
    one_each = root.value.size == 1 or root.shape == last.shape[:-1]
    is_fixed = not any(isinstance(leaf, Parameter) for leaf in leaves) and not any(_is_product(n, None) for n in rest)
    return one_each and is_fixed


def _targets(rest: Sequence[Node], last: Node) -> Array | None:
    for leaf in (source for node in rest for source in node.inputs if source.op is None):
        if leaf.value.dtype.kind in "iu" and leaf.shape == last.shape[:-1]:
            return rows((np.arange(last.shape[-1]) == leaf.value[..., None]).astype(float))
        if leaf.value.ndim and leaf.shape == last.shape:
            return rows(leaf.value)
    return None


def _refuse(scene: Scene, steps: Sequence[Node], rest: Sequence[Node]) -> NoReturn:
    if not steps:
        raise ValueError(f"{NEEDS}; {clean(scene.names[scene.root])} is not computed from anything")
    culprit, why = (rest or steps)[0], "is neither X·W + b with a matrix W, nor elementwise, nor a loss at the end"
    earlier: set[Node] = set()
    for node in steps:
        again = next((source for source in node.inputs if source in earlier), None)
        earlier |= {source for source in node.inputs if source.op is None and not is_number(source)}
        if again or sum(source.op is not None for source in node.inputs) > 1:
            culprit = node
            why = f"uses {clean(scene.names[again])} a second time" if again else "has two computed inputs"
            break
    name = culprit.op.name if culprit.op else ""
    raise ValueError(f"{NEEDS}; {clean(name)} → {clean(scene.names[culprit])} {why}")
