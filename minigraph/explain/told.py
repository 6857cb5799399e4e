"""What every explanation tells: paths in groups, remarks, and where an op's formula and its backward differ."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain

import numpy as np

from minigraph.arrays import Array
from minigraph.explain import latex
from minigraph.explain.chain import Chain, counted, ends, is_parallel
from minigraph.explain.doubts import Doubt, agree, doubts
from minigraph.explain.layout import in_short
from minigraph.explain.paths import Path, Paths
from minigraph.explain.pieces import NOTHING, Piece, joined, plain, product, words
from minigraph.scene.content import Edge, Scene
from minigraph.scene.text import clean, size_text

__all__ = ["Account", "Group", "repeated", "sentence"]

MOST_DOUBTS = 5
LARGEST_LISTED = 4  # elements within a line of text


@dataclass(frozen=True, eq=False)
class Group:
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


class Account:
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

    def _grouped(self) -> list[Group]:
        found: dict[object, list[Path]] = {}
        for path in self.paths:
            parallel = any(map(is_parallel, path.edges))
            key = (path.nodes, self.in_symbols(path).text, path.gradient.tobytes()) if parallel else path
            found.setdefault(key, []).append(path)
        return [Group(tuple(paths)) for paths in found.values()]

    def arrows(self, group: Group) -> Piece:
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
            notes.append(sentence(self.say("with {0}", "{0}"), found))
        if self.scene.is_seeded:
            notes.append(self._seed())
        notes += map(words, self.chain.laid_out)
        merged = {edge for group in self.groups for edge in group.merged}
        if any(is_parallel(edge) and edge not in merged for edge in edges):
            notes.append(words(self.say("→₁ leads to the first input of its op, →₂ to the second")))
        read = dict.fromkeys(source for edge in edges for source in edge.node.inputs)
        if stale := [self.chain.name(source) for source in read if self.scene.is_stale(source)]:
            notes.append(sentence(self.say("{0} changed after this forward", "{0}"), joined(stale, ", ")))
        notes += map(self._doubt, self.doubts[:MOST_DOUBTS])
        if len(self.doubts) > MOST_DOUBTS:
            notes.append(self.chain.gap(len(self.doubts) - MOST_DOUBTS))
        return [[NOTHING, note] for note in notes]

    def _seed(self) -> Piece:
        root, seed = self.scene.root, self.scene.gradients[self.scene.root]
        began = self.chain.gradient(root)
        if 0 < seed.size <= LARGEST_LISTED:
            began = joined([began, self.in_short(seed)], " = ")
        is_given = seed.size != 1 or seed.item() != 1
        return sentence(
            self.say("{0}, given by backward(seed)" if is_given else "backward began with {0}", "{0}"), began
        )

    def _doubt(self, doubt: Doubt) -> Piece:
        """An op whose formula and backward differ: which, where, and both results."""
        edge, op = doubt.edge, doubt.edge.node.op
        name = clean(op.name) if op else ""
        where = joined([self.chain.name(edge.source), self.chain.name(edge.node)], " → ")
        pieces = [self.in_short(doubt.backward), self.through(edge), self.in_short(doubt.formula)]
        phrase = "✗ {0}, {1}: backward gives {2}, but {3} gives {4}"
        if doubt.backward.size > LARGEST_LISTED:
            phrase += ", up to {5} apart"
        pieces.append(self.chain.number(doubt.distance))
        pattern = self.say(phrase, *(f"{{{k}}}" for k in range(6)))
        return sentence(pattern, Piece(name, latex.name(name)), where, *pieces)

    def in_short(self, array: Array) -> Piece:
        """A number, a small array element by element, and of a large one the range."""
        if not array.ndim:
            return self.chain.number(array)
        if not 0 < array.size <= LARGEST_LISTED:
            return plain(in_short(array))
        rows = "; ".join(
            ", ".join(self.chain.number(value).text for value in row) for row in array.reshape(-1, array.shape[-1])
        )
        return plain(f"[{rows}]" if array.ndim < 3 else f"[{rows}] [{size_text(array.shape)}]")


def repeated(times: int, piece: Piece, sign: str) -> Piece:
    """2 × piece; the piece itself if it comes once."""
    return piece if times == 1 or not piece else product(plain(str(times)), sign, piece)


def _beside(left: Piece, right: Piece) -> Piece:
    return Piece(f"{left.text} {right.text}", rf"{left.latex}\ {right.latex}")


def sentence(pattern: str, *pieces: Piece) -> Piece:
    """Formulas in a phrase that has {0}, {1} … for them."""
    parts = re.split(r"\{(\d)\}", pattern)  # every second one is a number
    text = "".join(pieces[int(part)].text if i % 2 else part for i, part in enumerate(parts))
    tex = "".join(pieces[int(part)].latex if i % 2 else words(part).latex for i, part in enumerate(parts))
    return Piece(text, tex)
