"""The steps of a diagram: forward op by op, then the seed, then backward chip by chip; what each shows and says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minigraph.arrays import Array
from minigraph.diagram.labels.look import Look
from minigraph.diagram.web.numbers import Arrays
from minigraph.diagram.web.sentences import Sentences
from minigraph.formulas import filled
from minigraph.graph import Node
from minigraph.scene.content import Edge
from minigraph.scene.folding import Fold
from minigraph.scene.symbols import sum_back
from minigraph.scene.text import size_text

__all__ = ["Step", "steps"]

FIRST_MARK = 0xF0000  # private characters, which no name contains
MOST_TERMS = 6  # arrays of a formula that are all shown in it
Written = list[tuple[str, str]]  # pieces of a formula, and the hue of each
Term = dict[str, Any]  # an array with its name and hue, or a sign


@dataclass
class Step:
    """One press of the button.

    key: what it is, whichever composites are open · reveals: names of the parts that appear with it, "t3.g" for the
    gradient of a card · through: on the way back, the gate, block or fold.
    """

    key: str
    phase: str
    title: str
    equation: Written
    terms: list[Term]
    says: str
    reveals: list[str] = field(default_factory=list)
    through: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "key": self.key, "phase": self.phase, "title": self.title, "equation": self.equation, "terms": self.terms,
            "says": self.says,
        }  # fmt: skip


def steps(look: Look, arrays: Arrays) -> list[Step]:
    """All steps of a scene, the first of which shows what is given."""
    with np.errstate(all="ignore"):  # NaN and ∞ are shown as they are
        return list(_Teller(look, arrays).steps())


class _Teller:
    def __init__(self, look: Look, arrays: Arrays) -> None:
        self.look, self.scene, self.symbols, self.arrays = look, look.scene, look.symbols, arrays
        self.sentences = Sentences(look)
        self.ends = {found.end: found for found in self.scene.folding.folds}

    def steps(self) -> Iterator[Step]:
        given = [node for node in self.scene.nodes if not self._is_reached(node)]
        start = Step("start", "start", self.symbols.say("start"), [], [], self.sentences.start())
        start.reveals = [self._card(node) for node in given]
        yield start
        made = [node for node in self.scene.nodes if self._is_reached(node)]
        for node in made:
            yield self._fold_forward(self.ends[node]) if node in self.ends else self._forward(node)
        root = self.scene.root
        if root in self.scene.gradients:
            yield self._seed(root)
            for node in reversed(made):
                if node in self.ends:
                    yield self._fold_backward(self.ends[node])
                else:
                    yield from (self._backward(edge) for edge in self.scene.returns[node])

    def _is_reached(self, node: Node) -> bool:
        return node in self.ends or (self.scene.is_made_here(node) and node.op is not None)

    # ---- forward ----

    def _forward(self, node: Node) -> Step:
        assert node.op is not None
        title = self.symbols.say("through {0}", self.symbols.gate(node)) if node.op.gate else self.scene.titles[node]
        equation, terms = self._formula(node)
        number, name = self.scene.ids[node], self.symbols.name(node)
        says, reveals = self.sentences.forward(node), [f"o{number}", f"t{number}"]
        if self.scene.root not in self.scene.gradients:  # no way back will show them
            reveals += [f"g{number}_{edge.i}" for edge in self.scene.returns[node]]
        return Step(f"forward {self.scene.names[node]}", "forward", title or name, equation, terms, says, reveals)

    def _formula(self, node: Node) -> tuple[Written, list[Term]]:
        """Y = X·W + b in symbols, and again with the arrays in place of the names."""
        op, names = node.op, self.symbols.inputs(node)
        assert op is not None
        marks = [chr(FIRST_MARK + i) for i in range(len(names) + 1)]
        formula = op.formula.replace("×", self.symbols.gate(node)) if op.gate == "×" else op.formula
        text = filled(formula, *marks[:-1], y=marks[-1]) or f"{op.name}({', '.join(marks[:-1])})"
        known = dict(zip(marks, [*zip(names, node.operands), (self.symbols.name(node), node.value)]))
        pieces = [piece for piece in re.split(f"([{marks[0]}-{marks[-1]}])", text) if piece]
        equation: Written = [(self.symbols.name(node), "forward"), (" = ", "sign")]
        terms: list[Term] = []
        for piece in pieces:
            if piece in known:
                name, array = known[piece]
                equation.append((name, "forward"))
                terms.append(self._array(array, name, "forward"))
            else:
                equation.append((piece, "sign"))
                terms.append({"sign": piece.strip()})
        if sum(piece in known for piece in pieces) > MOST_TERMS:
            terms = [self._array(a, n, "forward") for n, a in dict(zip(names, node.operands)).items()]
        result = self._array(node.value, self.symbols.name(node), "forward")
        return equation, [*terms, {"sign": "="}, result]

    def _fold_forward(self, found: Fold) -> Step:
        number, says = self.scene.ids[found.end], self.sentences.folded(found)
        title = self.symbols.say("{0} more blocks", found.times - 1)
        terms = [
            self._array(found.start.value, self.symbols.name(found.start), "forward"),
            {"sign": f"→ × {found.times - 1} →"},
            self._array(found.end.value, self.symbols.name(found.end), "forward"),
        ]
        reveals = [f"x{number}", f"t{number}"]
        return Step(f"forward {self.scene.names[found.end]}", "forward", title, [], terms, says, reveals)

    # ---- backward ----

    def _seed(self, root: Node) -> Step:
        gradient = self.symbols.gradient(root)
        seed = self.scene.gradients[root]
        equation: Written = [(gradient, "gradient")]
        if not seed.ndim:
            equation += [(" = ", "sign"), (self.look.number(float(seed)), "gradient")]
        title, says = self.symbols.say("where it starts"), self.sentences.seed()
        terms = [self._array(seed, gradient, "gradient")]
        return Step("seed", "backward", title, equation, terms, says, [f"t{self.scene.ids[root]}.g"])

    def _backward(self, edge: Edge) -> Step:
        node, source = edge.node, edge.source
        downstream = edge.downstream(self.scene.gradients[node])
        arrivals = self._arrivals(source)
        nth = arrivals.index(edge) + 1
        reveals = [f"g{self.scene.ids[node]}_{edge.i}", *([f"{self._card(source)}.g"] if nth == len(arrivals) else [])]
        gate, name = self.symbols.gate(node), self.symbols.name(source)
        title = self.symbols.say("through {0}", gate) if gate else self.symbols.say("gradient for {0}", name)
        left, sign, *product = [(term.text, term.kind) for term in self.symbols.statement(edge)]
        if self._is_summed(edge):
            product = [(f"{sum_back(edge)} (", "sign"), *product, (")", "sign")]
        equation: Written = [left, sign, *product]
        terms = [*self._product(edge), *self._sum(edge, downstream, nth, len(arrivals))]
        says, key = self.sentences.backward(edge, nth, len(arrivals)), f"backward {self.scene.names[node]} {edge.i}"
        return Step(key, "backward", title, equation, terms, says, reveals, f"o{self.scene.ids[node]}")

    def _sum(self, edge: Edge, downstream: Array, nth: int, of: int) -> list[Term]:
        """What an edge brings; where several bring something, the last is followed by the sum of all."""
        gradient = self.symbols.gradient(edge.source)
        if of == 1:
            return [self._array(downstream, gradient, "gradient")]
        part = self._array(downstream, self.symbols.say("path {0} of {1}", nth, of), "gradient")
        if nth < of:
            return [part]
        return [part, {"sign": "⊕ →"}, self._array(self.scene.gradients[edge.source], gradient, "gradient")]

    def _arrivals(self, source: Node) -> list[Edge]:
        """The drawn edges that bring a gradient, in the order of the steps."""
        edges = [edge for edge in self.scene.arrivals(source) if self.scene.is_made_here(edge.node)]
        return sorted(edges, key=lambda edge: (-self.scene.ids[edge.node], edge.i))

    def _product(self, edge: Edge) -> list[Term]:
        """Upstream and local gradient, as the op lays them out, with the sign between them, up to the sign that makes
        it an equation."""
        node, numbers, rule = edge.node, edge.numbers, edge.local.rule if edge.local else "from right"
        assert node.op is not None
        upstream = node.op.align(self.scene.gradients[node], *node.operands)
        up = self._array(upstream, self.symbols.gradient(node), "gradient")
        if rule == "sum rows":
            return [{"sign": edge.local.symbol if edge.local else "Σ"}, up, {"sign": "="}]
        if numbers is None:
            return [up, {"sign": f"→ {self.symbols.local(edge)} →"}]
        if rule == "row by row":
            return self._one_row(edge, upstream, numbers)
        if edge.local is None:  # the whole Jacobian, so all axes in a row
            upstream, numbers = upstream.reshape(1, -1), numbers.reshape(upstream.size, edge.source.value.size)
            up = self._array(upstream, up["name"], "gradient")
        local = self._array(numbers, self.symbols.local(edge), "local")
        sign = {"sign": self.symbols.sign(edge)}
        if self._is_summed(edge):
            return [{"sign": f"{sum_back(edge)} ("}, up, sign, local, {"sign": ") ="}]
        if rule == "elementwise":
            return [up, sign, local, {"sign": "="}]
        return [*([up, sign, local] if rule == "from right" else [local, sign, up]), {"sign": "="},
                *self._laid_out(edge, rule, upstream, numbers)]  # fmt: skip

    def _is_summed(self, edge: Edge) -> bool:
        """Whether the source was broadcast, so that its gradient collects those of its copies."""
        is_elementwise = edge.local is not None and edge.local.rule == "elementwise" and edge.numbers is not None
        return is_elementwise and 0 < edge.source.value.size < edge.node.value.size

    def _laid_out(self, edge: Edge, rule: str, upstream: Array, numbers: Array) -> list[Term]:
        """A matrix product that has another shape than the gradient that is made of it."""
        product = upstream @ numbers if rule == "from right" else numbers @ upstream
        if product.shape == edge.source.shape:
            return []
        return [self._array(product, size_text(product.shape), "gradient"), {"sign": "→"}]

    def _one_row(self, edge: Edge, upstream: Array, numbers: Array) -> list[Term]:
        """Row by row: the Jacobian of the first row, or of the one that is looked at, and its row of the gradient."""
        row = self.look.sample or 0
        jacobian = numbers.reshape(-1, *numbers.shape[-2:])
        row = row if row < len(jacobian) else 0
        said = self.symbols.say("row {0}", row)
        name = f"{self.symbols.local(edge)} · {said}" if len(jacobian) > 1 else self.symbols.local(edge)
        up = upstream.reshape(-1, upstream.shape[-1])[row]
        product = self._array((jacobian[row] @ up)[:, None], said, "gradient")
        gradient = self._array(up[:, None], self.symbols.gradient(edge.node), "gradient")
        local = self._array(jacobian[row], name, "local")
        return [local, {"sign": "·"}, gradient, {"sign": "="}, product, {"sign": "→"}]

    def _fold_backward(self, found: Fold) -> Step:
        number = self.scene.ids[found.end]
        shown = {*self.scene.nodes}
        inside = [leaf for node in found.hidden for leaf in node.inputs if leaf.op is None and leaf in shown]
        ends = [found.start, *dict.fromkeys(inside)]
        title = self.symbols.say("back through {0} blocks", found.times - 1)
        terms = [
            self._array(self.scene.gradients[node], self.symbols.gradient(node), "gradient")
            for node in (found.end, found.start)
            if node in self.scene.gradients
        ]
        if len(terms) == 2:
            terms.insert(1, {"sign": f"→ × {found.times - 1} →"})
        reveals = [f"{self._card(node)}.g" for node in ends if not self._arrivals(node)]
        key, says = f"fold back {self.scene.names[found.end]}", self.sentences.folded_back(found)
        return Step(key, "backward", title, [], terms, says, reveals, f"x{number}")

    # ---- parts ----

    def _card(self, node: Node) -> str:
        return f"t{self.scene.ids[node]}"

    def _array(self, array: Array, name: str, kind: str) -> Term:
        return {"array": self.arrays.add(np.asarray(array)), "name": name, "kind": kind}
