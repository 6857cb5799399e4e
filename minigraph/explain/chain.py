"""The chain rule in symbols: what edges and paths contribute, written with a scene's own names."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from minigraph.explain import latex
from minigraph.diagram.content import Edge, Scene
from minigraph.explain.paths import Path
from minigraph.diagram.phrases import Language
from minigraph.explain.pieces import NOTHING, Piece, derivative, joined, plain, prefixed, product
from minigraph.diagram.symbols import Symbols, sum_back
from minigraph.diagram.text import pretty, scalar, size_text, superscript
from minigraph.graph import Node
from minigraph.naming import is_number

__all__ = ["Chain", "counted", "number"]

FIRST_MARK = 0xF0000  # private characters, which no printable name contains
LONGEST = 200  # characters of a formula, which an op's author may have made endless
ENDS = 5  # how much of either end of a long path is shown
T = TypeVar("T")


class _Marked(Symbols):
    """Formulas with one character in place of each node's name, so that they can be read whatever the names are."""

    def __init__(self, scene: Scene, language: Language) -> None:
        super().__init__(scene, language)
        self.marks: dict[Node, str] = {}
        self.written: dict[str, tuple[str, str]] = {}

    def name(self, node: Node) -> str:
        if is_number(node):
            return super().name(node)
        if node not in self.marks:
            mark = self.marks[node] = chr(FIRST_MARK + len(self.marks))
            given = self.scene.names[node]
            written = pretty(given), latex.name(given)
            self.written[mark] = written if _is_one_word(given) else (f"({written[0]})", f"({written[1]})")
        return self.marks[node]


class Chain:
    """Writes the gradients, factors and products of one scene as pieces."""

    def __init__(self, scene: Scene, language: Language = "en") -> None:
        self.scene, self.symbols = scene, _Marked(scene, language)
        self.say = self.symbols.say

    def formula(self, text: str) -> Piece:
        """A formula of `symbols`, with the names in it."""
        kept = "".join(c if c.isprintable() or c in self.symbols.written else "�" for c in text[:LONGEST])
        return plain(kept if len(text) <= LONGEST else kept[:-1] + "…", self.symbols.written)

    def name(self, node: Node) -> Piece:
        return self.formula(self.symbols.name(node))

    def gradient(self, node: Node) -> Piece:
        return derivative(self.formula(self.symbols.end), self.name(node))

    def local(self, edge: Edge) -> Piece:
        """The local gradient of an edge in symbols; where its op says nothing of it, as the derivative that it is."""
        known = self.symbols.formula_of_local(edge)
        return self.formula(known) if known else derivative(self.name(edge.node), self.name(edge.source))

    def factor(self, edge: Edge, target: Node) -> Piece:
        """∂a/∂b of an edge, or its local gradient where that could be taken for another edge's, or for the whole."""
        whole = edge.node is self.scene.root and edge.source is target and not self.scene.is_seeded
        if whole or is_parallel(edge):
            return self.local(edge)
        return derivative(self.name(edge.node), self.name(edge.source))

    def start(self, node: Node) -> Piece:
        """What the way back to `node` starts from: nothing, if that is a 1, else ∂L/∂f."""
        return self.gradient(self.scene.root) if self.scene.is_seeded and node is not self.scene.root else NOTHING

    def through(self, edge: Edge, upstream: Piece) -> Piece:
        """What an edge makes of `upstream` (nothing stands for the 1 at the output), in the order of the product."""
        rule, local = edge.local.rule if edge.local else "from right", self.local(edge)
        if rule == "sum rows":
            return prefixed("Σₙ", upstream or plain("1"))
        if rule == "elementwise":
            found = local
            if upstream and upstream.text != "1":
                found = upstream if local.text == "1" else product(upstream, self.symbols.sign(edge), local)
        elif not upstream:
            found = local
        elif rule == "row by row":
            found = product(local, "", upstream, "matrix")
        else:
            found = product(*((upstream, "·", local) if rule == "from right" else (local, "·", upstream)), "matrix")
        back = _sum_back(edge)
        return prefixed(back, found) if back else found

    def along(self, path: Path) -> Piece:
        """The whole product of a path, from the output on."""
        return self._nested(path.edges, self.start(path.nodes[0] if path.edges else self.scene.root))

    def _nested(self, edges: Sequence[Edge], upstream: Piece) -> Piece:
        first, left_out, last = ends(edges)
        for edge in first:
            upstream = self.through(edge, upstream)
        if left_out:
            alike = all(edge.local is not None and edge.local.rule == "elementwise" for edge in edges)
            gap = self.gap(left_out)
            upstream = product(upstream, "⊙", gap) if alike else joined([upstream, gap], " ")
        for edge in last:
            upstream = self.through(edge, upstream)
        return upstream

    def factors(self, path: Path, write: Callable[[Edge], Piece], start: Piece) -> Piece:
        """The product of a path of scalars, one factor per edge."""
        first, left_out, last = ends(path.edges)
        found = [start, *map(write, first), *([self.gap(left_out)] if left_out else []), *map(write, last)]
        factors = [piece for piece in found if piece]
        whole = factors[0]
        for piece in factors[1:]:
            whole = product(whole, "·", piece)
        return whole

    def gap(self, left_out: int) -> Piece:
        more = self.say("{0} more", counted(left_out))
        return Piece(f"⋯ {more} ⋯", rf"\cdots\ \text{{{more}}}\ \cdots")

    def arrows(self, path: Path) -> Piece:
        """x → q → f; →₁ and →₂ tell apart two edges between the same nodes."""
        first, left_out, last = ends(path.edges[::-1])
        before, after = (
            "".join(self.symbols.name(edge.source) + _arrow(edge) for edge in part) for part in (first, last)
        )
        after += self.symbols.name(self.scene.root)
        if not left_out:
            return plain(before + after, self.symbols.written)
        return joined(
            [
                plain(before.strip(), self.symbols.written),
                self.gap(left_out),
                plain(f"→ {after}", self.symbols.written),
            ],
            " ",
        )

    def step_shape(self, edges: Sequence[Edge]) -> Piece:
        """The shape of a gradient, and of the factors of a matrix product."""
        source, node = edges[0].source, edges[0].node
        if not source.value.ndim:
            return NOTHING
        own, upstream = f"[{size_text(source.shape)}]", f"[{size_text(node.shape)}]"
        edge = edges[0]
        if len(edges) == 1 and edge.local is not None:
            if edge.local.rule == "sum rows":
                return plain(f"{own} = Σₙ {upstream}")
            if edge.local.rule.startswith("from") and node.value.ndim == 2 and len(_shape(edge)) == 2:
                factors = [upstream, f"[{size_text(_shape(edge))}]"]
                return plain(f"{own} = {' · '.join(factors if edge.local.rule == 'from right' else factors[::-1])}")
        return plain(own)

    def definitions(self, edges: Sequence[Edge]) -> list[str]:
        """The remarks of the ops that define a letter (P = softmax(Y), N = 2), unless two of them define it twice."""
        found = dict.fromkeys(r for edge in edges for r in self.symbols.remarks(edge) if _defined(r))
        letters = [_defined(remark) for remark in found]
        return [remark for remark in found if letters.count(_defined(remark)) == 1]

    def other_remarks(self, edge: Edge, definitions: Sequence[str]) -> list[str]:
        found = [remark for remark in self.symbols.remarks(edge) if remark not in definitions]
        if edge.local is not None and edge.local.rule == "row by row":
            found.append(self.say("row by row"))
        return found


def number(value: object) -> Piece:
    return plain(scalar(float(np.asarray(value, dtype=float))))


def counted(count: int) -> str:
    """A count with thousands set apart, or its order of magnitude where nobody would read the digits."""
    if count < 10**6:
        return f"{count:,}"
    exponent = math.floor(math.log10(count))
    return f"{count // 10 ** (exponent - 3) / 1000:.2f}·10{superscript(exponent)}"


def ends(items: Sequence[T]) -> tuple[Sequence[T], int, Sequence[T]]:
    """The beginning, how many are left out, and the end."""
    if len(items) <= 2 * ENDS + 2:
        return items, 0, ()
    return items[:ENDS], len(items) - 2 * ENDS, items[-ENDS:]


def _is_one_word(name: str) -> bool:
    """Whether a name can stand in a product without brackets, as "a + b" cannot."""
    return all(c.isalnum() or c in "_.'′" or unicodedata.combining(c) for c in name)


def is_parallel(edge: Edge) -> bool:
    return edge.node.inputs.count(edge.source) > 1


def _arrow(edge: Edge) -> str:
    subscript = str(edge.i + 1).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))
    return f" →{subscript} " if is_parallel(edge) else " → "


def _defined(remark: str) -> str:
    """P of "P = softmax(Y)"; "" for a remark that defines nothing."""
    found = re.match(r"(\w+) = ", remark)
    return found[1] if found else ""


def _shape(edge: Edge) -> tuple[int, ...]:
    """Of the local gradient's numbers."""
    return () if edge.numbers is None else edge.numbers.shape


def _sum_back(edge: Edge) -> str:
    """Σ where what was broadcast is summed back."""
    op, local = edge.node.op, edge.local
    if op is None or local is None:
        return ""
    if local.rule == "elementwise":
        return sum_back(edge) if 0 < edge.source.value.size < edge.node.value.size else ""
    if not local.rule.startswith("from") or len(_shape(edge)) < 2:
        return ""
    upstream = op.align(np.broadcast_to(0.0, edge.node.shape), *edge.node.operands).shape
    numbers = _shape(edge)
    axes = math.prod(np.broadcast_shapes(upstream[:-2], numbers[:-2]))
    rows, columns = (upstream[-2], numbers[-1]) if local.rule == "from right" else (numbers[-2], upstream[-1])
    return "Σ" if axes * rows * columns > edge.source.value.size else ""
