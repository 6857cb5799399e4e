"""How a graph's nodes, formulas and local gradients are written: the symbols that chips, blocks and texts share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from minigraph.formulas import filled
from minigraph.graph import Node
from minigraph.naming import is_number
from minigraph.scene.content import Edge, Scene
from minigraph.scene.phrases import Language, translated
from minigraph.scene.text import clean, constant, pretty, scalar, size_text

__all__ = ["Symbols", "Term", "sum_back"]

AFTER = ("L", "J", "C", "E")  # names for what is not drawn, but gradients are of


@dataclass(frozen=True)
class Term:
    """A piece of a formula, and which of the three hues it has; signs between the pieces have none."""

    text: str
    kind: Literal["gradient", "local", "sign"]


class Symbols:
    """Writes the formulas of one scene with the scene's own names."""

    def __init__(self, scene: Scene, language: Language = "en") -> None:
        self.scene, self.language = scene, language

    def say(self, phrase: str, *values: object) -> str:
        return translated(phrase, self.language).format(*values)

    def name(self, node: Node) -> str:
        """The name; a bare number is written as a number."""
        if is_number(node):
            return constant(float(node.value))
        return pretty(self.scene.names[node])

    @property
    def end(self) -> str:
        """What the gradients are of: the output, or what comes after it where backward began with another than 1."""
        if not self.scene.is_seeded:
            return self.name(self.scene.root)
        return next((letter for letter in AFTER if letter not in self.scene.names.values()), "L′")

    def gradient(self, node: Node) -> str:
        return f"∂{self.end}/∂{self.name(node)}"

    def inputs(self, node: Node) -> list[str]:
        """The names of an op's inputs for its formulas, in which integer labels stand for one-hot rows."""
        op, names = node.op, [self.name(source) for source in node.inputs]
        if op is not None and op.labels_as_one_hot:
            for i in op.constants:
                if node.operands[i].ndim < node.operands[0].ndim:
                    names[i] = f"onehot({names[i]})"
        return names

    def formula(self, node: Node) -> str:
        """The output in symbols, without "Y ="; "" for an op that says nothing of it."""
        assert node.op is not None
        return clean(filled(node.op.formula, *self.inputs(node), y=self.name(node)), 120)

    def gate(self, node: Node) -> str:
        """The sign of a primitive: × is ⊙ between arrays, and "·" is only ever the matrix product."""
        assert node.op is not None
        sign = clean(node.op.gate)
        return "⊙" if sign == "×" and all(operand.ndim for operand in node.operands) else sign

    def local(self, edge: Edge) -> str:
        """The local gradient in symbols: its formula, or ∂Y/∂X where the op has none."""
        known = self.formula_of_local(edge)
        return known or f"∂{self.name(edge.node)}/∂{self.name(edge.source)}"

    def formula_of_local(self, edge: Edge) -> str:
        if edge.local is None:
            return ""
        return edge.local.text(self.name(edge.node), self.inputs(edge.node))

    def sign(self, edge: Edge) -> str:
        """ "·" is the matrix product, "⊙" elementwise, "×" with a number."""
        if edge.local is None or edge.local.rule != "elementwise":
            return "·"
        if edge.node.value.ndim == 0 and edge.source.value.ndim == 0:
            return "×"
        by_number = edge.node.value.ndim == 0 or (edge.numbers is not None and edge.numbers.ndim == 0)
        return "×" if by_number and self.formula_of_local(edge) != "1" else "⊙"

    def product(self, edge: Edge, upstream: str) -> list[Term]:
        """`upstream` and the local gradient, in the order in which they multiply; "" leaves upstream to the reader."""
        rule = edge.local.rule if edge.local else "from right"
        up = [Term(upstream, "gradient")] if upstream else []
        local = self.local(edge)
        factor, sign = Term(f"({local})" if _is_sum(local) else local, "local"), Term(self.sign(edge), "sign")
        if rule == "from left":
            return [factor, sign, *up]
        if rule in ("sum rows", "row by row"):
            return [factor, *(up or [Term(self.gradient(edge.node), "gradient")])]
        return [*up, sign, factor]

    def statement(self, edge: Edge) -> list[Term]:
        """∂L/∂X = ∂L/∂Y · Wᵀ, or += where other paths add to it."""
        adds = Term("=" if self.scene.paths(edge.source) == 1 else "+=", "sign")
        return [Term(self.gradient(edge.source), "gradient"), adds, *self.product(edge, self.upstream(edge.node))]

    def upstream(self, node: Node) -> str:
        """∂L/∂Y; at the end of the way back simply the number that it starts from."""
        seed = self.scene.gradients.get(node)
        if node is self.scene.root and seed is not None and seed.ndim == 0:
            return scalar(float(seed))
        return self.gradient(node)

    def note(self, edge: Edge) -> str:
        """The second row: shapes of a matrix product, the op's own remark, and what broadcasting makes necessary."""
        local, upstream, source = edge.local, size_text(edge.node.shape), size_text(edge.source.shape)
        if local is None:
            return self.say("Jacobian {0}", size_text(edge.node.shape + edge.source.shape))
        if local.rule == "sum rows" and local.symbol != "Σₙ":
            return f"{source} = {local.symbol} {upstream}"
        if local.rule == "sum rows":
            batch = edge.node.value.ndim > 1
            return self.say("{0} = Σ over the batch of {1}" if batch else "a batch of one row", source, upstream)
        if (
            local.rule.startswith("from")
            and edge.numbers is not None
            and edge.numbers.ndim == 2
            and edge.node.value.ndim == 2
        ):
            factors = [upstream, size_text(edge.numbers.shape)]
            return f"{source} = {' · '.join(factors if local.rule == 'from right' else factors[::-1])}"
        remarks = [*self.remarks(edge), *filter(None, [self.which_input(edge)])]
        if local.rule == "elementwise" and edge.source.value.size < edge.node.value.size:
            remarks.append(self.say("then {0}", sum_back(edge)))
        return ", ".join(remarks)

    def which_input(self, edge: Edge) -> str:
        """Where one value is several inputs of an op, each of its chips is for one of them."""
        same = [i for i, source in enumerate(edge.node.inputs) if source is edge.source]
        if len(same) == 1:
            return ""
        return self.say("as input {0} of {1}", edge.i + 1, len(edge.node.inputs))

    def remarks(self, edge: Edge) -> list[str]:
        """What the op itself says of this local gradient: P = softmax(Y), N = 2."""
        note = edge.local.note if edge.local else ""
        return [self._remark(edge, part) for part in note.split(", ")] if note else []

    def _remark(self, edge: Edge, remark: str) -> str:
        op = edge.node.op
        if remark.startswith("all "):
            return self.say("all {0}", remark.removeprefix("all "))
        rows = op.count(edge.node.operands[0]) if op is not None else 1
        return filled(translated(remark, self.language), *self.inputs(edge.node), y=self.name(edge.node), N=rows)


def _is_sum(formula: str) -> bool:
    """Whether a formula would come apart as a factor: 1 − y², but not (p − t)/N."""
    depth = 0
    for before, sign in zip(formula, formula[1:]):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(before, 0)
        if not depth and before == " " and sign in "+−":
            return True
    return False


def sum_back(edge: Edge) -> str:
    """Which sum brings a broadcast gradient back: Σₙ over the rows, Σₖ within them, Σ over all."""
    big, small = edge.node.shape, edge.source.shape
    small = (1,) * (len(big) - len(small)) + small
    axes = [axis for axis, (a, b) in enumerate(zip(big, small)) if a != b]
    if len(axes) == len(big):
        return "Σ"
    return "Σₖ" if axes == [len(big) - 1] else "Σₙ" if axes == [0] and len(big) == 2 else "Σ"
