"""The chain rule in symbols: what edges and paths contribute, written with a scene's own names."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Container, Sequence
from typing import TypeVar

import numpy as np

from minigraph.explain import latex
from minigraph.explain.paths import Path
from minigraph.explain.pieces import NOTHING, Piece, bracketed, derivative, joined, plain, prefixed, product, words
from minigraph.explain.terms import Term, put_back, sign
from minigraph.graph import Node
from minigraph.naming import is_number
from minigraph.scene.content import Edge, Scene
from minigraph.scene.phrases import Language
from minigraph.scene.symbols import Symbols, sum_back
from minigraph.scene.text import constant, pretty, scalar, size_text, superscript

__all__ = ["Chain", "counted", "ends", "is_parallel"]

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
            return constant(float(node.value))
        if node not in self.marks:
            mark = self.marks[node] = chr(FIRST_MARK + len(self.marks))
            given = self.scene.names[node]
            written = pretty(given), latex.name(given)
            self.written[mark] = written if _is_one_word(given) else (f"({written[0]})", f"({written[1]})")
            self.written[_inside(mark)] = written
        return self.marks[node]

    def formula_of_local(self, edge: Edge) -> str:
        """With −2 in brackets where it is put into a formula, and the output lined up with the input."""
        local, names = edge.local, self.inputs(edge.node)
        if local is None:
            return ""
        index = put_back(edge)
        output = self.name(edge.node) + (index if index.startswith("[") else "")
        if isinstance(local.symbol, str):
            names = [f"({name})" if re.search("[−·]", name) else name for name in names]
        return local.text(output, names)


class Chain:
    """Writes the gradients, factors and products of one scene as pieces."""

    def __init__(self, scene: Scene, language: Language = "en", digits: int = 2) -> None:
        self.scene, self.symbols, self.digits = scene, _Marked(scene, language), digits
        self.say = self.symbols.say
        self.laid_out: dict[str, None] = {}  # what has to be said of axes

    def number(self, value: object) -> Piece:
        return plain(scalar(float(np.asarray(value, dtype=float)), self.digits))

    def formula(self, text: str) -> Piece:
        """A formula of `symbols`, with the names in it."""
        kept = "".join(c if c.isprintable() or c in self.symbols.written else "�" for c in text[:LONGEST])
        called = re.sub(r"(?<=\w\()([\U000F0000-\U000FFFFD])(?=\))", lambda found: _inside(found[1]), kept)
        return plain(called if len(text) <= LONGEST else called[:-1] + "…", self.symbols.written)

    def name(self, node: Node) -> Piece:
        return self.formula(self.symbols.name(node))

    def gradient(self, node: Node) -> Piece:
        return derivative(self.formula(self.symbols.end), self.name(node))

    def local(self, edge: Edge) -> Piece:
        """The local gradient of an edge in symbols; where its op says nothing of it, as the derivative that it is."""
        if known := self.symbols.formula_of_local(edge):
            return self.formula(known)
        by = bracketed(words(self.say("input {0}", edge.i + 1))) if is_parallel(edge) else self.name(edge.source)
        return derivative(self.name(edge.node), by)

    def factor(self, edge: Edge, target: Node) -> Piece:
        """∂a/∂b of an edge, or its local gradient where that could be taken for another edge's, or for the whole."""
        whole = edge.node is self.scene.root and edge.source is target and not self.scene.is_seeded
        if whole or is_parallel(edge):
            return self.local(edge)
        return derivative(self.name(edge.node), self.name(edge.source))

    def start(self, node: Node) -> Piece:
        """What the way back to `node` starts from: nothing, if that is a 1, else ∂L/∂f."""
        return self.gradient(self.scene.root) if self.scene.is_seeded and node is not self.scene.root else NOTHING

    def through(self, edge: Edge, upstream: Term) -> Term:
        """What an edge makes of `upstream` (nothing stands for the 1 at the output), in the order of the product."""
        rule, local, node = edge.local.rule if edge.local else "from right", self.local(edge), edge.node
        if rule == "elementwise":
            found = self._elementwise(edge, upstream, local)
        elif not upstream.piece and rule != "sum rows":
            found = Term(local, edge.source.shape)
        elif edge.local is None and not node.value.ndim:
            found = Term(product(upstream.piece, "×", local), edge.source.shape)
        else:
            found = Term(_contracted(rule, upstream.filled(node.shape).piece, local), edge.source.shape)
        back = _sum_back(edge)
        if not back:
            return found
        self._note_kept_axes(edge, back)
        whole = found.filled(node.shape) if rule == "elementwise" else found
        return Term(prefixed(back, whole.piece), edge.source.shape)

    def _elementwise(self, edge: Edge, upstream: Term, local: Piece) -> Term:
        shape, up = _shape(edge), upstream.lined_up(edge)
        if up is not upstream and put_back(edge).startswith("["):
            self.laid_out[self.say("{0} puts an axis back, as in NumPy", put_back(edge))] = None
        if up.piece.text in ("", "1"):
            return Term(local, shape)
        if local.text == "1":
            return up
        return Term(product(up.piece, sign(up.shape, shape), local), np.broadcast_shapes(up.shape, shape))

    def _note_kept_axes(self, edge: Edge, back: str) -> None:
        shape, whole = edge.source.shape, edge.node.shape
        kept = [axis for axis, (a, b) in enumerate(zip(shape, whole)) if a != b] if len(shape) == len(whole) else []
        if kept and kept != list(range(len(kept))):
            self.laid_out[self.say("{0} keeps the axis it sums over, with length 1", back)] = None

    def along(self, path: Path) -> Piece:
        """The whole product of a path, from the output on."""
        start = self.start(path.nodes[0] if path.edges else self.scene.root)
        return self._nested(path.edges, Term(start, self.scene.root.shape if start else ())).piece

    def _nested(self, edges: Sequence[Edge], upstream: Term) -> Term:
        first, left_out, last = ends(edges)
        for edge in first:
            upstream = self.through(edge, upstream)
        if left_out:
            alike = all(edge.local is not None and edge.local.rule == "elementwise" for edge in edges)
            gap, piece = self.gap(left_out), upstream.piece
            piece = product(piece, "⊙", gap) if alike else joined([piece, gap], " ")
            upstream = Term(piece, last[0].node.shape)
        for edge in last:
            upstream = self.through(edge, upstream)
        return upstream

    def factors(self, path: Path, write: Callable[[Edge], Piece], start: Piece, times: int = 1) -> Piece:
        """The product of a path of scalars, one factor per edge; `times` is how many paths have it."""
        first, left_out, last = ends(path.edges)
        start = start if times == 1 else product(plain(str(times)), "·", start) if start else plain(str(times))
        found = [start, *map(write, first), *([self.gap(left_out)] if left_out else []), *map(write, last)]
        factors = [piece for piece in found if piece]
        whole = factors[0]
        for piece in factors[1:]:
            whole = product(whole, "·", piece)
        return whole

    def gap(self, left_out: int) -> Piece:
        more = self.say("{0} more", counted(left_out))
        return Piece(f"⋯ {more} ⋯", rf"\cdots\ \text{{{more}}}\ \cdots")

    def arrows(self, path: Path, merged: Container[Edge] = ()) -> Piece:
        """x → q → f; →₁ and →₂ tell apart two edges between the same nodes, unless they are told as one."""
        first, left_out, last = ends(path.edges[::-1])
        before, after = (
            "".join(self.symbols.name(edge.source) + _arrow(edge, merged) for edge in part) for part in (first, last)
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
        edge, own = edges[0], edges[0].source.shape
        if not own:
            return NOTHING
        if len(edges) == 1 and edge.local is not None:
            if edge.local.rule == "sum rows":
                return plain(f"{_sized(own)} = {edge.local.symbol} {_sized(edge.node.shape)}")
            upstream = _laid_out(edge)
            if edge.local.rule.startswith("from") and len(upstream) == 2 and len(_shape(edge)) == 2:
                factors = [_sized(upstream), _sized(_shape(edge))]
                return plain(f"{_sized(own)} = {' · '.join(factors[:: 1 if edge.local.rule == 'from right' else -1])}")
        return plain(_sized(own))

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
    """Whether a name can stand in a product or under ᵀ without brackets, as "a + b", "2x" and "Kᵀ" cannot."""
    above = any(unicodedata.decomposition(c).startswith(("<super>", "<fraction>")) for c in name)
    letters = all(c.isalnum() or c in "_.'′" or unicodedata.combining(c) for c in name)
    return letters and not above and not name[:1].isdigit()


def _inside(mark: str) -> str:
    """The mark of a name that has the brackets of a function around it already: softmax(a b)."""
    return chr(ord(mark) + 0x10000)


def is_parallel(edge: Edge) -> bool:
    return edge.node.inputs.count(edge.source) > 1


def _arrow(edge: Edge, merged: Container[Edge]) -> str:
    subscript = str(edge.i + 1).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))
    return f" →{subscript} " if is_parallel(edge) and edge not in merged else " → "


def _contracted(rule: str, upstream: Piece, local: Piece) -> Piece:
    """The product of a rule that sums over an axis."""
    if rule == "sum rows":
        return prefixed(local.text, upstream)
    if rule == "row by row":
        return product(local, "", upstream, "matrix")
    return product(*((upstream, "·", local) if rule == "from right" else (local, "·", upstream)), "matrix")


def _sized(shape: tuple[int, ...]) -> str:
    return f"[{size_text(shape)}]"


def _laid_out(edge: Edge) -> tuple[int, ...]:
    """The shape in which an op multiplies the upstream gradient: a vector as a row or a column."""
    if edge.node.op is None:
        return edge.node.shape
    return edge.node.op.align(np.broadcast_to(0.0, edge.node.shape), *edge.node.operands).shape


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
    upstream, numbers = _laid_out(edge), _shape(edge)
    axes = math.prod(np.broadcast_shapes(upstream[:-2], numbers[:-2]))
    rows, columns = (upstream[-2], numbers[-1]) if local.rule == "from right" else (numbers[-2], upstream[-1])
    return "Σ" if axes * rows * columns > edge.source.value.size else ""
