"""Two graphs in one picture, and whether they come to the same value and the same gradients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minigraph.arrays import Array, shape_text
from minigraph.diagram.boxes import Box, Run, beside, gap, stacked, wide, write
from minigraph.diagram.content import Scene
from minigraph.diagram.dot import Writer, canvas
from minigraph.diagram.figure import Diagram
from minigraph.diagram.legend import headline, legend
from minigraph.diagram.look import Look
from minigraph.diagram.options import Detail, Direction, Language, Theme, as_root, checked, colours
from minigraph.diagram.symbols import Symbols
from minigraph.diagram.text import clean, scalar
from minigraph.graph import Graph, Node

__all__ = ["compare"]

ROUNDING = {4: 1e-4, 2: 0.05}  # by the bytes of a number: differences up to these are rounding
ROUNDING_OF_FLOAT64 = 1e-9


@dataclass(frozen=True)
class _Pair:
    """Something that both graphs have: its name, and its two arrays."""

    name: str
    is_gradient: bool
    a: Array
    b: Array

    @property
    def difference(self) -> float:
        """‖a − b‖ / the larger norm; NaN where either holds NaN, and ∞ where only one does hold that."""
        a, b = self.a.astype(float), self.b.astype(float)
        if np.isnan(a).any() or np.isnan(b).any():
            return np.nan
        endless = np.isinf(a) | np.isinf(b)
        if not np.array_equal(a[endless], b[endless]):
            return np.inf
        a, b = np.where(endless, 0.0, a), np.where(endless, 0.0, b)
        largest = max(float(np.abs(a).max(initial=0)), float(np.abs(b).max(initial=0)))
        if not largest:
            return 0.0
        # by a power of two, which rounds nothing: squares of very large or small numbers would be ∞ or 0
        a, b = (np.ldexp(array, -int(np.frexp(largest)[1])) for array in (a, b))
        return float(np.linalg.norm(a - b)) / max(float(np.linalg.norm(a)), float(np.linalg.norm(b)))

    @property
    def is_equal(self) -> bool:
        coarsest = min(self.a.dtype.itemsize, self.b.dtype.itemsize)
        return self.difference <= ROUNDING.get(coarsest, ROUNDING_OF_FLOAT64)


def compare(
    a: Node | Graph,
    b: Node | Graph,
    *,
    titles: tuple[str, str] = ("A", "B"),
    detail: Detail = "values",
    max_nodes: int | None = 40,
    direction: Direction = "LR",
    theme: Theme = "light",
    language: Language = "en",
    id: str | None = None,
) -> Diagram:
    """Two graphs in one picture, one above the other ("LR") or side by side ("TB"), and whether they agree.

    Below them stand both outputs and the gradients of every leaf that both have (the same node, or one of the same
    name and shape) with "=" or "≠" between, and the difference: ‖A − B‖ / the larger norm. Typical:
    ``mg.compare(loss, mg.expand(loss, 2), titles=("fused", "opened"))``. Both backwards start from what that of `a`
    (else `b`) started from, else from 1; nothing in the graphs changes. The other arguments are those of `draw`.
    Errors: ValueError where the outputs differ in shape.
    """
    checked("compare", detail=detail, direction=direction, theme=theme, language=language, id=id)
    roots, (palette, css) = (as_root("compare", a), as_root("compare", b)), colours(theme)
    if len(titles) != 2:
        raise ValueError(f"compare: titles are {titles!r}, but must be two")
    if roots[0].shape != roots[1].shape:
        came = " and ".join(shape_text(root.shape) for root in roots)
        raise ValueError(f"compare: the outputs are {came}, but must have the same shape")
    seed = next((root.grad for root in roots if root.grad is not None), np.ones(roots[0].shape))
    looks = []
    for root, title, prefix in zip(roots, titles, "ab"):
        symbols = Symbols(Scene(root, most=max_nodes, seed=seed), language)
        heading = clean(title, 60)
        looks.append(Look(symbols.scene, symbols, palette, detail, direction, title=heading, prefix=prefix))
    pairs = _pairs(*looks)
    dot = canvas(looks[0], stacked([gap(1, 10), _table(looks[0], pairs, titles), legend(looks[0])]))
    for look in looks if direction == "TB" else looks[::-1]:  # running to the right, Graphviz stacks from below
        first = f"{look.prefix}t{look.scene.ids[look.scene.nodes[0]]}"
        dot.node(
            f"{look.prefix}_title", label=f"<{headline(look, look.title or '').content}>", id=f"{look.prefix}_title"
        )
        Writer(look, dot).write()
        dot.edge(f"{look.prefix}_title", first, style="invis")
    says = "; ".join(f"{pair.name} {'=' if pair.is_equal else '≠'}, {scalar(pair.difference)}" for pair in pairs)
    heading = f"{looks[0].title} | {looks[1].title}"
    return Diagram(str(dot.source), heading, clean(f"{heading}: {says}", 8000), id, css)


def _pairs(first: Look, second: Look) -> list[_Pair]:
    a, b = first.scene, second.scene
    pairs = [_Pair(first.symbols.name(a.root), False, a.root.value, b.root.value)]
    by_name = {b.names[node]: node for node in b.graph.nodes if node.op is None and node not in a.ids}
    for node in a.graph.nodes:
        twin = node if node in b.ids else by_name.get(a.names[node])
        if node.op is None and twin is not None and node in a.gradients and twin in b.gradients:
            if node.shape == twin.shape:
                pairs.append(_Pair(first.symbols.gradient(node), True, a.gradients[node], b.gradients[twin]))
    return pairs


def _table(look: Look, pairs: list[_Pair], titles: tuple[str, str]) -> Box:
    """One row a pair: name, array of A, = or ≠, array of B, how far apart."""
    p = look.palette
    rows = []
    for pair in pairs:
        colour, heat = (p.backward, p.backward_heat) if pair.is_gradient else (p.forward, p.forward_heat)
        sign = Run("=" if pair.is_equal else "≠", p.ink, 15, bold=True)
        says = look.symbols.say(
            "equal: difference {0}" if pair.is_equal else "DIFFERENT by {0}", scalar(pair.difference)
        )
        verdict = Run(says, p.mute if pair.is_equal else p.on_highlight, 10)
        rows.append(
            [
                write(Run(pair.name, colour, 13, True)),
                look.table(pair.a, colour, heat),
                write(sign, 24, 20),
                look.table(pair.b, colour, heat),
                write(verdict, height=16, fill="" if pair.is_equal else p.highlight, pad=4),
            ]
        )
    head = [gap(1, 1), *(write(Run(clean(title, 60), p.ink, 11, bold=True)) for title in titles), gap(1, 1)]
    rows.insert(0, [head[0], head[1], gap(24, 1), head[2], head[3]])
    widths = [max(row[column].width for row in rows) + 12 for column in range(5)]
    lines = [beside([stacked([wide(box, width)]) for box, width in zip(row, widths)]) for row in rows]
    return stacked([part for text in lines for part in (text, gap(1, 6))])
