"""An explanation as blocks: a circuit's chain rule factor by factor, and for arrays product by product with shapes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain

import numpy as np

from minigraph.arrays import Array
from minigraph.explain.chain import Chain, counted, ends, is_parallel, number
from minigraph.diagram.content import Edge, Scene
from minigraph.explain.layout import LARGEST_MATRIX, WIDEST, Block, Equation, Table, in_short
from minigraph.explain.paths import Path
from minigraph.diagram.phrases import Language
from minigraph.explain.pieces import NOTHING, Piece, bracketed, joined, plain, width, words
from minigraph.graph import Node

__all__ = ["account"]

PATH_GAP = 10


def account(
    scene: Scene, node: Node, paths: tuple[Path, ...], counts: dict[Node, int], rest: Array | None, language: Language
) -> tuple[str, str]:
    """The explanation as text and as LaTeX."""
    between = [n for n in scene.graph.nodes if n in counts and n in scene.gradients]
    kind = _Circuit if all(n.value.ndim == 0 for n in between) else _Arrays
    blocks = kind(scene, node, paths, counts, rest, language).blocks(between)
    text = "\n\n".join("\n".join(line.rstrip() for line in block.text()) for block in blocks)
    lines = " \\\\\n".join(line for block in blocks for line in block.latex())
    return text, f"\\begin{{aligned}}\n{lines}\n\\end{{aligned}}"


class _Account:
    """What both kinds have in common."""

    def __init__(
        self,
        scene: Scene,
        node: Node,
        paths: tuple[Path, ...],
        counts: dict[Node, int],
        rest: Array | None,
        language: Language,
    ) -> None:
        self.scene, self.node, self.paths, self.rest = scene, node, paths, rest
        self.counts, self.chain = counts, Chain(scene, language)
        self.say, self.left = self.chain.say, self.chain.gradient(node)
        self.total = scene.gradients[node]

    @property
    def left_out(self) -> int:
        return self.counts[self.scene.root] - len(self.paths)

    @property
    def more_paths(self) -> Piece:
        phrase = "… and {0} more path, together" if self.left_out == 1 else "… and {0} more paths, together"
        return words(self.say(phrase, counted(self.left_out)))

    def shown_edges(self) -> list[Edge]:
        """The edges that are written out, each once."""
        parts = [part for path in self.paths for part in ends(path.edges)[::2]]
        return list(dict.fromkeys(chain.from_iterable(parts)))

    def notes(self) -> list[list[Piece]]:
        """What letters mean, what backward began with, and what has changed since."""
        edges, notes = self.shown_edges(), []
        if definitions := self.chain.definitions(edges):
            notes.append(_sentence(self.say("with {0}", "{0}"), [self.chain.formula(text) for text in definitions]))
        if self.scene.is_seeded:
            root, seed = self.scene.root, self.scene.gradients[self.scene.root]
            began = [self.chain.gradient(root), *([] if seed.ndim else [number(seed)])]
            notes.append(_sentence(self.say("backward began with {0}", "{0}"), [joined(began, " = ")]))
        if any(is_parallel(edge) for edge in edges):
            notes.append(words(self.say("→₁, →₂ … say as which input")))
        read = dict.fromkeys(source for edge in edges for source in edge.node.inputs)
        if stale := [self.chain.name(source) for source in read if self.scene.is_stale(source)]:
            notes.append(_sentence(self.say("{0} changed after this forward", "{0}"), stale))
        return [[NOTHING, note] for note in notes]


class _Circuit(_Account):
    """Scalars: ∂f/∂x = ∂f/∂q · ∂q/∂x, then the same in the symbols of the ops, then in numbers."""

    def blocks(self, between: Sequence[Node]) -> list[Block]:
        if len(self.paths) > 1 or self.left_out:
            return [self._head(), self._table(), self._sum()]
        path = self.paths[0]
        derivatives, symbols, numbers, value = self._row(path)
        found = [derivatives, symbols, joined([numbers, value], " = ")]
        found = [p for i, p in enumerate(found) if p and p.text not in (self.left.text, found[i - 1].text)]
        lefts, arrows = [self.left, *[NOTHING] * len(found)], [self.chain.arrows(path), *[NOTHING] * len(found)]
        rows = [[left, _equals(piece), arrow] for left, piece, arrow in zip(lefts, found, arrows)]
        return [Table([*rows, *self.notes()], (1, PATH_GAP))]

    def _row(self, path: Path) -> list[Piece]:
        """The product of a path in derivatives, in symbols and in numbers, and its value; NOTHING for what repeats."""
        value, seeded, start = number(path.gradient), self.scene.is_seeded, self.chain.start(self.node)
        if not path.edges:
            return [NOTHING, NOTHING, NOTHING, value]
        seed = number(self.scene.gradients[self.scene.root]) if seeded else NOTHING
        derivatives = self.chain.factors(path, lambda edge: self.chain.factor(edge, self.node), start)
        symbols = self.chain.factors(path, self.chain.local, start)
        numbers = self.chain.factors(path, _number_of, seed)
        return [
            derivatives,
            symbols if symbols.text not in (derivatives.text, numbers.text) else NOTHING,
            numbers if numbers.text != value.text else NOTHING,
            value,
        ]

    def _head(self) -> Table:
        terms = [self._row(path)[0] for path in self.paths]
        whole = joined([bracketed(term) if term.level != "atom" or term.negative else term for term in terms], " + ")
        if self.left_out or width(whole.text) + width(self.left.text) > WIDEST - 3:
            whole = words(self.say("Σ over {0} paths", counted(self.counts[self.scene.root])))
        return Table([[self.left, _equals(whole)], *self.notes()], (1,))

    def _table(self) -> Table:
        """One row per path; the numbers of all of them stand in line."""
        rows = []
        for path in self.paths:
            derivatives, *others = self._row(path)
            rows.append([self.chain.arrows(path), derivatives, *map(_equals, others)])
        if self.rest is not None:
            rows.append([self.more_paths, NOTHING, NOTHING, NOTHING, _equals(number(self.rest))])
        return Table(rows, (4, 1, 1, 1), indent=2)

    def _sum(self) -> Table:
        shares = [path.gradient for path in self.paths] + ([] if self.rest is None else [self.rest])
        terms = [number(share) for share in shares]
        whole = joined([bracketed(term) if term.negative and i else term for i, term in enumerate(terms)], " + ")
        return Table([[self.left, _equals(joined([whole, number(self.total)], " = "))]], (1,))


class _Arrays(_Account):
    """Arrays: the nested product of each path, then backward node by node with the shapes, then the numbers."""

    def blocks(self, between: Sequence[Node]) -> list[Block]:
        steps, blocks = self._steps(between), [self._head()]
        if len(steps.rows) > 1:
            blocks.append(steps)
        return [*blocks, self._numbers()]

    def _head(self) -> Block:
        rows = []
        for i, path in enumerate(self.paths):
            whole = self.chain.along(path)
            if whole.text == self.left.text or not path.edges:
                whole = NOTHING
            sign = ("+" if i else "=") if whole else ""
            right = Piece(f"{sign} {whole.text}", f"{sign} {whole.latex}") if whole else NOTHING
            rows.append([NOTHING if i else self.left, right, self.chain.arrows(path)])
        if self.rest is not None:
            more, rest = self.more_paths, plain(in_short(self.rest))
            rows.append([NOTHING, Piece(f"+ {more.text} {rest.text}", rf"+ {more.latex}\ {rest.latex}")])
        return Table([*rows, *self.notes()], (1, 4))

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
        edges = [edge for edge in self.scene.users[node] if self.scene.carries_gradient(edge)]
        shown, left_out, last = ends(edges)
        terms = [self._term(edge) for edge in shown]
        if left_out:
            terms += [self.chain.gap(left_out), *map(self._term, last)]
        terms = [bracketed(t) if t.negative and i or _is_open(t, terms) else t for i, t in enumerate(terms)]
        remarks = dict.fromkeys(remark for edge in shown for remark in self.chain.other_remarks(edge, definitions))
        said = joined(map(self._remark, remarks), ", ") if remarks else NOTHING
        return [
            self.chain.gradient(node),
            _equals(joined(terms, " + ")),
            self.chain.step_shape(edges),
            said,
        ]

    def _remark(self, remark: str) -> Piece:
        return self.chain.formula(remark) if re.search(r"[^\w ,-]", remark) else words(remark)

    def _term(self, edge: Edge) -> Piece:
        at_the_end = edge.node is self.scene.root and not self.scene.is_seeded
        return self.chain.through(edge, NOTHING if at_the_end else self.chain.gradient(edge.node))

    def _numbers(self) -> Equation:
        """The numbers: of the last product where it can be read as it stands, of the paths' shares, or of the total."""
        plain_total = Equation(self.left, (plain("="), self.total))
        shares = [path.gradient for path in self.paths] + ([] if self.rest is None else [self.rest])
        if self.total.size > LARGEST_MATRIX:
            return plain_total
        parts: list[Piece | Array] = [plain("=")]
        if len(shares) > 1:
            for share in shares:
                parts += [share, plain("+")]
            parts.pop()
        else:
            parts += self._last_product()
        full = Equation(self.left, (*parts, plain("="), self.total))
        return full if len(parts) > 1 and full.fits else plain_total

    def _last_product(self) -> list[Piece | Array]:
        path = self.paths[0]
        edge = path.edges[-1] if path.edges else None
        if edge is None or edge.local is None or edge.numbers is None or path.edges[0] is edge:
            return []
        upstream, local, rule = path.gradients[-2], edge.numbers, edge.local.rule
        same = rule == "elementwise" and upstream.shape == local.shape == self.total.shape
        if not (same or (rule.startswith("from") and upstream.ndim == local.ndim == self.total.ndim == 2)):
            return []
        if max(upstream.size, local.size) > LARGEST_MATRIX:
            return []
        sign = plain(self.chain.symbols.sign(edge))
        return [local, sign, upstream] if rule == "from left" else [upstream, sign, local]


def _is_open(term: Piece, terms: Sequence[Piece]) -> bool:
    """Whether it is a sum beside other terms, which could be taken for a part of it."""
    return term.level == "sum" and len(terms) > 1


def _equals(piece: Piece) -> Piece:
    return Piece(f"= {piece.text}", f"= {piece.latex}") if piece else NOTHING


def _number_of(edge: Edge) -> Piece:
    return plain("?") if edge.numbers is None else number(np.asarray(edge.numbers))


def _sentence(pattern: str, pieces: Sequence[Piece]) -> Piece:
    """Formulas in a phrase that has {0} for them."""
    before, _, after = pattern.partition("{0}")
    inside = joined(pieces, ", ")
    return Piece(f"{before}{inside.text}{after}", f"{words(before).latex}{inside.latex}{words(after).latex}")
