"""An explanation as blocks: a circuit's chain rule factor by factor, and for arrays product by product with shapes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from minigraph.arrays import Array
from minigraph.diagram.content import Edge, Scene
from minigraph.diagram.phrases import Language
from minigraph.diagram.text import size_text
from minigraph.explain import latex
from minigraph.explain.chain import Chain, counted, ends, is_parallel
from minigraph.explain.doubts import Doubt, agree, doubts
from minigraph.explain.layout import LARGEST_MATRIX, WIDEST, Block, Equation, Table, in_short
from minigraph.explain.paths import Path, Paths
from minigraph.explain.pieces import NOTHING, Piece, bracketed, joined, plain, product, width, words
from minigraph.explain.terms import ONE, Term
from minigraph.graph import Node

__all__ = ["account"]

PATH_GAP = 10
MOST_DOUBTS = 5


def account(scene: Scene, paths: Paths, language: Language, digits: int) -> tuple[str, str]:
    """The explanation as text and as LaTeX."""
    between = [n for n in scene.graph.nodes if n in paths.counts and n in scene.gradients]
    kind = _Circuit if all(n.value.ndim == 0 for n in between) else _Arrays
    blocks = kind(scene, paths, Chain(scene, language, digits)).blocks(between)
    text = "\n\n".join("\n".join(line.rstrip() for line in block.text()) for block in blocks)
    lines = " \\\\\n".join(line for block in blocks for line in block.latex())
    return text, f"\\begin{{aligned}}\n{lines}\n\\end{{aligned}}"


@dataclass(frozen=True, eq=False)
class _Group:
    """Paths that differ only in which input of an op they take, and bring the same: told once, "2 × …"."""

    paths: tuple[Path, ...]

    @property
    def path(self) -> Path:
        return self.paths[0]

    @property
    def gradient(self) -> Array:
        return np.asarray(len(self.paths) * self.path.gradient) if len(self.paths) > 1 else self.path.gradient

    @property
    def merged(self) -> set[Edge]:
        columns = zip(*(path.edges for path in self.paths))
        return {edge for column in map(set, columns) if len(column) > 1 for edge in column}


class _Account:
    """What both kinds have in common."""

    def __init__(self, scene: Scene, paths: Paths, symbols: Chain) -> None:
        self.scene, self.node, self.paths, self.rest = scene, paths.node, paths.listed, paths.rest
        self.counts, self.chain = paths.counts, symbols
        self.say, self.left = self.chain.say, self.chain.gradient(self.node)
        self.total = scene.gradients[self.node]
        self.groups = self._grouped()
        self.doubts = doubts(scene, self.counts)

    def in_symbols(self, path: Path) -> Piece:
        raise NotImplementedError

    def through(self, edge: Edge) -> Piece:
        """∂L/∂node times the local gradient of an edge."""
        raise NotImplementedError

    def is_at_the_end(self, edge: Edge) -> bool:
        """Whether what comes back to it is the 1 that nobody writes."""
        return edge.node is self.scene.root and not self.scene.is_seeded

    def _grouped(self) -> list[_Group]:
        found: dict[object, list[Path]] = {}
        for path in self.paths:
            parallel = any(map(is_parallel, path.edges))
            key = (path.nodes, self.in_symbols(path).text, path.gradient.tobytes()) if parallel else path
            found.setdefault(key, []).append(path)
        return [_Group(tuple(paths)) for paths in found.values()]

    def _arrows(self, group: _Group) -> Piece:
        arrows, times = self.chain.arrows(group.path, group.merged), len(group.paths)
        return arrows if times == 1 else _beside(arrows, words(self.say("({0} equal paths)", times)))

    @property
    def is_consistent(self) -> bool:
        """Whether the shares sum to what backward gave: not if one is no linear function of its upstream gradient."""
        if self.rest is not None or not self.doubts:
            return True
        shares = [path.gradient for path in self.paths]
        return agree(np.asarray(sum(shares)), self.total, max(float(np.abs(share).max(initial=0)) for share in shares))

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
        """What letters mean, what backward began with, what has changed since, and where two answers differ."""
        edges, notes = self.shown_edges(), []
        if definitions := self.chain.definitions(edges):
            found = joined([self.chain.formula(text) for text in definitions], ", ")
            notes.append(_sentence(self.say("with {0}", "{0}"), found))
        if self.scene.is_seeded:
            notes.append(self._seed())
        notes += map(words, self.chain.laid_out)
        merged = {edge for group in self.groups for edge in group.merged}
        if any(is_parallel(edge) and edge not in merged for edge in edges):
            notes.append(words(self.say("→₁ leads to the first input of its op, →₂ to the second")))
        read = dict.fromkeys(source for edge in edges for source in edge.node.inputs)
        if stale := [self.chain.name(source) for source in read if self.scene.is_stale(source)]:
            notes.append(_sentence(self.say("{0} changed after this forward", "{0}"), joined(stale, ", ")))
        notes += map(self._doubt, self.doubts[:MOST_DOUBTS])
        if len(self.doubts) > MOST_DOUBTS:
            notes.append(self.chain.gap(len(self.doubts) - MOST_DOUBTS))
        return [[NOTHING, note] for note in notes]

    def _seed(self) -> Piece:
        root, seed = self.scene.root, self.scene.gradients[self.scene.root]
        began = self.chain.gradient(root)
        if seed.size <= LARGEST_MATRIX:
            began = joined([began, self._in_short(seed)], " = ")
        is_given = seed.size > 1 or seed.item() != 1
        return _sentence(
            self.say("{0}, given by backward(seed)" if is_given else "backward began with {0}", "{0}"), began
        )

    def _doubt(self, doubt: Doubt) -> Piece:
        """An op whose formula and backward differ: which, where, and both results."""
        edge, op = doubt.edge, doubt.edge.node.op
        name = op.name if op else ""
        where = joined([self.chain.name(edge.source), self.chain.name(edge.node)], " → ")
        pieces = [self._in_short(doubt.backward), self.through(edge), self._in_short(doubt.formula)]
        pattern = self.say("✗ {0}, {1}: backward gives {2}, but {3} gives {4}", *(f"{{{k}}}" for k in range(5)))
        return _sentence(pattern, Piece(name, latex.name(name)), where, *pieces)

    def _in_short(self, array: Array) -> Piece:
        """A number, a small array element by element, and of a large one the range."""
        if not array.ndim:
            return self.chain.number(array)
        if array.size > LARGEST_MATRIX:
            return plain(in_short(array))
        rows = "; ".join(
            ", ".join(self.chain.number(value).text for value in row) for row in array.reshape(-1, array.shape[-1])
        )
        return plain(f"[{rows}]" if array.ndim < 3 else f"[{rows}] [{size_text(array.shape)}]")


class _Circuit(_Account):
    """Scalars: ∂f/∂x = ∂f/∂q · ∂q/∂x, then the same in the symbols of the ops, then in numbers."""

    def blocks(self, between: Sequence[Node]) -> list[Block]:
        if len(self.groups) > 1 or self.left_out:
            return [self._head(), self._table(), self._sum()]
        group = self.groups[0]
        derivatives, symbols, numbers, value = self._row(group)
        found = [derivatives, symbols, joined([numbers, value], " = ")]
        found = [p for i, p in enumerate(found) if p and p.text not in (self.left.text, found[i - 1].text)]
        lefts, arrows = [self.left, *[NOTHING] * len(found)], [self._arrows(group), *[NOTHING] * len(found)]
        rows = [[left, _equals(piece), arrow] for left, piece, arrow in zip(lefts, found, arrows)]
        return [Table([*rows, *self.notes()], (1, PATH_GAP))]

    def in_symbols(self, path: Path) -> Piece:
        return self.chain.factors(path, self.chain.local, NOTHING) if path.edges else NOTHING

    def through(self, edge: Edge) -> Piece:
        local = self.chain.local(edge)
        return local if self.is_at_the_end(edge) else product(self.chain.gradient(edge.node), "·", local)

    def _row(self, group: _Group) -> list[Piece]:
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

    def _values(self, group: _Group) -> tuple[Piece, Piece]:
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
        return _sentence(pattern, formula, backward)

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
            rows.append([self._arrows(group), derivatives, *map(_equals, others)])
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


class _Arrays(_Account):
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
            whole = _times(len(group.paths), self.in_symbols(group.path), "×")
            if whole.text == self.left.text or not group.path.edges:
                whole = NOTHING
            sign = ("+" if i else "=") if whole else ""
            right = Piece(f"{sign} {whole.text}", f"{sign} {whole.latex}") if whole else NOTHING
            rows.append([NOTHING if i else self.left, right, self._arrows(group)])
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
        terms = [_times(len(same), self.through(same[0]), "×") for same in alike.values()]
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
        via = _sentence(self.say("via {0}", "{0}"), users)
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


def _times(times: int, piece: Piece, sign: str) -> Piece:
    """2 × piece; the piece itself if it comes once."""
    return piece if times == 1 or not piece else product(plain(str(times)), sign, piece)


def _beside(left: Piece, right: Piece) -> Piece:
    return Piece(f"{left.text} {right.text}", rf"{left.latex}\ {right.latex}")


def _sentence(pattern: str, *pieces: Piece) -> Piece:
    """Formulas in a phrase that has {0}, {1} … for them."""
    parts = re.split(r"\{(\d)\}", pattern)  # every second one is a number
    text = "".join(pieces[int(part)].text if i % 2 else part for i, part in enumerate(parts))
    tex = "".join(pieces[int(part)].latex if i % 2 else words(part).latex for i, part in enumerate(parts))
    return Piece(text, tex)
