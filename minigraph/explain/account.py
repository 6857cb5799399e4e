"""An explanation as blocks: a circuit's chain rule factor by factor, and for arrays product by product with shapes."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from minigraph.arrays import Array
from minigraph.explain.chain import Chain, counted, ends
from minigraph.explain.layout import LARGEST_MATRIX, WIDEST, Block, Equation, Table, in_short
from minigraph.explain.paths import Path, Paths
from minigraph.explain.pieces import NOTHING, Piece, bracketed, joined, plain, product, width, words
from minigraph.explain.terms import ONE, Term
from minigraph.explain.told import Account, Group, repeated, sentence
from minigraph.graph import Node
from minigraph.scene.content import Edge, Scene
from minigraph.scene.phrases import Language

__all__ = ["account"]

PATH_GAP = 10


def account(scene: Scene, paths: Paths, language: Language, digits: int) -> tuple[str, str]:
    """The explanation as text and as LaTeX."""
    between = [n for n in scene.graph.nodes if n in paths.counts and n in scene.gradients]
    kind = _Circuit if all(n.value.ndim == 0 for n in between) else _Arrays
    blocks = kind(scene, paths, Chain(scene, language, digits)).blocks(between)
    text = "\n\n".join("\n".join(line.rstrip() for line in block.text()) for block in blocks)
    lines = " \\\\\n".join(line for block in blocks for line in block.latex())
    return text, f"\\begin{{aligned}}\n{lines}\n\\end{{aligned}}"


class _Circuit(Account):
    """Scalars: ∂f/∂x = ∂f/∂q · ∂q/∂x, then the same in the symbols of the ops, then in numbers."""

    def blocks(self, between: Sequence[Node]) -> list[Block]:
        if len(self.groups) > 1 or self.left_out:
            return [self._head(), self._table(), self._sum()]
        group = self.groups[0]
        derivatives, symbols, numbers, value = self._row(group)
        found = [derivatives, symbols, joined([numbers, value], " = ")]
        found = [p for i, p in enumerate(found) if p and p.text not in (self.left.text, found[i - 1].text)]
        lefts, arrows = [self.left, *[NOTHING] * len(found)], [self.arrows(group), *[NOTHING] * len(found)]
        rows = [[left, _equals(piece), arrow] for left, piece, arrow in zip(lefts, found, arrows)]
        return [Table([*rows, *self.notes()], (1, PATH_GAP))]

    def in_symbols(self, path: Path) -> Piece:
        return self.chain.factors(path, self.chain.local, NOTHING) if path.edges else NOTHING

    def through(self, edge: Edge) -> Piece:
        local = self.chain.local(edge)
        return local if self.is_at_the_end(edge) else product(self.chain.gradient(edge.node), "·", local)

    def _row(self, group: Group) -> list[Piece]:
        """The product of a path in derivatives, in symbols and in numbers, and its value; NOTHING for what repeats."""
        path, start = group.path, self.chain.start(self.node)
        formula, value = self._values(group)
        if not path.edges:
            return [NOTHING, NOTHING, NOTHING, value]
        seed = self.chain.number(self.scene.gradients[self.scene.root]) if self.scene.is_seeded else NOTHING
        times = len(group.paths)
        derivatives = self.chain.factors(path, lambda edge: self.chain.factor(edge, self.node), start, times)
        symbols = self.chain.factors(path, self.chain.local, start, times)
        numbers = self.chain.factors(path, self._number_of, seed, times)
        return [
            derivatives,
            symbols if symbols.text not in (derivatives.text, numbers.text) else NOTHING,
            numbers if numbers.text != formula.text else NOTHING,
            value,
        ]

    def _number_of(self, edge: Edge) -> Piece:
        return plain("?") if edge.numbers is None else self.chain.number(edge.numbers)

    def _values(self, group: Group) -> tuple[Piece, Piece]:
        """What the formulas of a path give, and the same with what backward gives, where that is something else."""
        backward = self.chain.number(group.gradient)
        if not any(doubt.edge in group.path.edges for doubt in self.doubts):
            return backward, backward
        factors = [float(edge.numbers) for edge in group.path.edges if edge.numbers is not None]
        product_ = len(group.paths) * float(self.scene.gradients[self.scene.root]) * float(np.prod(factors))
        formula = self.chain.number(product_)
        return formula, self._two_answers(formula, backward)

    def _two_answers(self, formula: Piece, backward: Piece) -> Piece:
        pattern = self.say("{0}, but backward gives {1}", "{0}", "{1}")
        return sentence(pattern, formula, backward)

    def _head(self) -> Table:
        terms = [self._row(group)[0] for group in self.groups]
        whole = joined([bracketed(term) if term.level != "atom" or term.negative else term for term in terms], " + ")
        if self.left_out:
            whole = joined([whole, self.chain.gap(self.left_out)], " + ")
        if self.left_out or width(whole.text) + width(self.left.text) > WIDEST - 3:
            whole = Piece(self.say("Σ over {0} paths", counted(self.counts[self.scene.root])), whole.latex)
        return Table([[self.left, _equals(whole)], *self.notes()], (1,))

    def _table(self) -> Table:
        """One row per path; the numbers of all of them stand in line."""
        rows = []
        for group in self.groups:
            derivatives, *others = self._row(group)
            rows.append([self.arrows(group), derivatives, *map(_equals, others)])
        if self.rest is not None:
            rows.append([self.more_paths, NOTHING, NOTHING, NOTHING, _equals(self.chain.number(self.rest))])
        return Table(rows, (4, 1, 1, 1), indent=2)

    def _sum(self) -> Table:
        shares = [group.gradient for group in self.groups] + ([] if self.rest is None else [self.rest])
        terms, total = [self.chain.number(share) for share in shares], self.chain.number(self.total)
        whole = joined([bracketed(term) if term.negative and i else term for i, term in enumerate(terms)], " + ")
        if not self.is_consistent:
            total = self._two_answers(self.chain.number(sum(shares)), total)
        return Table([[self.left, _equals(joined([whole, total], " = "))]], (1,))


class _Arrays(Account):
    """Arrays: the nested product of each path, then backward node by node with the shapes, then the numbers."""

    def blocks(self, between: Sequence[Node]) -> list[Block]:
        steps, blocks = self._steps(between), [self._head()]
        if len(steps.rows) > 1:
            blocks.append(steps)
        return [*blocks, self._numbers()]

    def in_symbols(self, path: Path) -> Piece:
        return self.chain.along(path)

    def _head(self) -> Block:
        rows = []
        for i, group in enumerate(self.groups):
            whole = repeated(len(group.paths), self.in_symbols(group.path), "×")
            if whole.text == self.left.text or not group.path.edges:
                whole = NOTHING
            sign = ("+" if i else "=") if whole else ""
            right = Piece(f"{sign} {whole.text}", f"{sign} {whole.latex}") if whole else NOTHING
            rows.append([NOTHING if i else self.left, right, self.arrows(group)])
        if self.rest is not None:
            more, rest = self.more_paths, self._rest_in_short(self.rest)
            rows.append([NOTHING, Piece(f"+ {more.text} {rest.text}", rf"+ {more.latex}\ {rest.latex}")])
        return Table([*rows, *self.notes()], (1, 4))

    def _rest_in_short(self, rest: Array) -> Piece:
        return plain(in_short(rest)) if rest.ndim else self.chain.number(rest)

    def _steps(self, between: Sequence[Node]) -> Table:
        """∂L/∂n from the gradients of the nodes that read n, for every n on the way."""
        way = [n for n in reversed(between) if n is not self.scene.root]
        definitions = self.chain.definitions(self.shown_edges())
        first, left_out, last = ends(way)
        rows = [self._step(n, definitions) for n in first]
        if left_out:
            rows.append([NOTHING, self.chain.gap(left_out)])
        return Table([*rows, *(self._step(n, definitions) for n in last)], (1, 4, 4), indent=2)

    def _step(self, node: Node, definitions: Sequence[str]) -> list[Piece]:
        edges = self.scene.arrivals(node)
        alike: dict[tuple[Node, str], list[Edge]] = {}  # both inputs of W ⊙ W
        first, left_out, last = ends(edges)
        for edge in (*first, *last):
            alike.setdefault((edge.node, self.through(edge).text), []).append(edge)
        terms = [repeated(len(same), self.through(same[0]), "×") for same in alike.values()]
        terms = [bracketed(t) if t.negative and i or _is_open(t, terms) else t for i, t in enumerate(terms)]
        if left_out:
            terms.insert(len(first), self.chain.gap(left_out))
        return [
            self.chain.gradient(node),
            _equals(joined(terms, " + ")),
            self.chain.step_shape(edges),
            self._said([same[0] for same in alike.values()], definitions),
        ]

    def _said(self, edges: Sequence[Edge], definitions: Sequence[str]) -> Piece:
        """The remarks of the ops, each with the term that it is about, if it is not about all of them."""
        about: dict[str, list[Edge]] = {}
        for edge in edges:
            for remark in self.chain.other_remarks(edge, definitions):
                about.setdefault(remark, []).append(edge)
        return joined([self._attached(remark, its, len(edges)) for remark, its in about.items()], ", ")

    def _attached(self, remark: str, edges: Sequence[Edge], terms: int) -> Piece:
        said = self.chain.formula(remark) if re.search(r"[^\w ,-]", remark) else words(remark)
        if len(edges) == terms:
            return said
        users = joined([self.chain.name(node) for node in dict.fromkeys(edge.node for edge in edges)], ", ")
        via = sentence(self.say("via {0}", "{0}"), users)
        return Piece(f"{via.text}: {said.text}", f"{via.latex}{words(': ').latex}{said.latex}")

    def through(self, edge: Edge) -> Piece:
        upstream = ONE if self.is_at_the_end(edge) else Term(self.chain.gradient(edge.node), edge.node.shape)
        return self.chain.through(edge, upstream).piece

    def _numbers(self) -> Equation:
        """The numbers: of the last product where it can be read as it stands, of the paths' shares, or of the total."""
        plain_total = Equation(self.left, (plain("="), self._numeral(self.total)))
        if self.total.size > LARGEST_MATRIX or not self.is_consistent:
            return plain_total
        parts: list[Piece | Array] = [plain("=")]
        if len(self.groups) > 1 or self.rest is not None:
            for group in self.groups:
                parts += [self._numeral(group.gradient), plain("+")]
            parts = parts[:-1] if self.rest is None else [*parts, self._numeral(self.rest)]
        elif len(self.paths) > 1:
            parts += [plain(str(len(self.paths))), plain("×"), self._numeral(self.paths[0].gradient)]
        else:
            parts += self._last_product()
        full = Equation(self.left, (*parts, plain("="), self._numeral(self.total)))
        return full if len(parts) > 1 and full.fits else plain_total

    def _numeral(self, array: Array) -> Piece | Array:
        return array if array.ndim else self.chain.number(array)

    def _last_product(self) -> list[Piece | Array]:
        path = self.paths[0]
        edge = path.edges[-1] if path.edges else None
        if edge is None or edge.local is None or edge.numbers is None or path.edges[0] is edge:
            return []
        if any(doubt.edge == edge for doubt in self.doubts):
            return []
        upstream, local, rule = path.gradients[-2], edge.numbers, edge.local.rule
        same = rule == "elementwise" and upstream.shape == local.shape == self.total.shape
        if not (same or (rule.startswith("from") and upstream.ndim == local.ndim == self.total.ndim == 2)):
            return []
        if max(upstream.size, local.size) > LARGEST_MATRIX:
            return []
        sign = plain("·" if rule != "elementwise" else "⊙" if local.ndim else "×")
        return [local, sign, upstream] if rule == "from left" else [upstream, sign, local]


def _is_open(term: Piece, terms: Sequence[Piece]) -> bool:
    """Whether it is a sum beside other terms, which could be taken for a part of it."""
    return term.level == "sum" and len(terms) > 1


def _equals(piece: Piece) -> Piece:
    return Piece(f"= {piece.text}", f"= {piece.latex}") if piece else NOTHING
