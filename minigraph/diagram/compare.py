"""Two graphs in one picture, and whether they come to the same value and the same gradients."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from minigraph.arrays import Array, shape_text
from minigraph.diagram.figure import Diagram
from minigraph.diagram.labels.boxes import Box, Run, columns, gap, stacked, write
from minigraph.diagram.labels.legend import headline, legend
from minigraph.diagram.labels.look import Look
from minigraph.diagram.layout.dot import Writer, canvas
from minigraph.diagram.options import Detail, Direction, Language, Theme, as_root, checked, colours
from minigraph.graph import Graph, Node
from minigraph.scene.content import Scene
from minigraph.scene.symbols import Symbols
from minigraph.scene.text import clean, scalar

__all__ = ["compare"]

ROUNDING = {4: 1e-4, 2: 0.05}  # by the bytes of a number: differences up to these are rounding
ROUNDING_OF_FLOAT64 = 1e-9


@dataclass(frozen=True)
class _Pair:
    """Something that both graphs have: its name, and its two arrays."""

    name: str
    is_gradient: bool
    a: Array | None
    b: Array | None

    @cached_property
    def difference(self) -> float:
        """‖a − b‖ / the larger norm; NaN where either holds NaN, and ∞ where only one does hold that."""
        if self.a is None or self.b is None:
            return np.inf
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
        coarsest = min(array.dtype.itemsize for array in (self.a, self.b) if array is not None)
        return self.difference <= ROUNDING.get(coarsest, ROUNDING_OF_FLOAT64)


@np.errstate(all="ignore")  # NaN and ∞ are drawn and marked
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
    digits: int = 2,
    id: str | None = None,
) -> Diagram:
    """Two graphs in one picture, one above the other ("LR") or side by side ("TB"), and whether they agree.

    Below them stand both outputs and the gradients of every leaf that both have (the same node, or one of the same
    name and shape) with "=" or "≠" between, and the difference: ‖A − B‖ / the larger norm. Typical:
    ``mg.compare(loss, mg.expand(loss, 2), titles=("fused", "opened"))``. Both backwards start from what that of `a`
    (else `b`) started from, else from 1; nothing in the graphs changes. The other arguments are those of `draw`.
    Errors: ValueError where the outputs differ in shape.

    >>> y, t = mg.Node([[2.0, 1.0, 0.0]], "y"), mg.Node([0], "t")
    >>> two, one = CrossEntropy()(Softmax()(y), t), SoftmaxWithLoss()(y, t)
    >>> two.backward()
    >>> one.backward()
    >>> mg.compare(two, one, titles=("two ops", "one op")).save("compare.svg").name
    'compare.svg'
    """
    checked(
        "compare",
        max_nodes=max_nodes,
        titles=titles,
        digits=digits,
        detail=detail,
        direction=direction,
        theme=theme,
        language=language,
        id=id,
    )
    roots, (palette, css) = (as_root("compare", a), as_root("compare", b)), colours(theme)
    if roots[0].shape != roots[1].shape:
        came = " and ".join(shape_text(root.shape) for root in roots)
        raise ValueError(f"compare: the outputs are {came}, but must have the same shape")
    seed = next((root.grad for root in roots if root.grad is not None), np.ones(roots[0].shape))
    looks = []
    for root, title, prefix in zip(roots, titles, "ab"):
        symbols = Symbols(Scene(root, most=max_nodes, seed=seed), language)
        heading = clean(title, 60)
        looks.append(
            Look(symbols.scene, symbols, palette, detail, direction, title=heading, prefix=prefix, digits=digits)
        )
    pairs = _pairs(*looks)
    dot = canvas(looks[0], stacked([gap(1, 10), _table(looks[0], pairs, titles), legend(looks[0])]))
    for look in looks if direction == "TB" else looks[::-1]:  # running to the right, Graphviz stacks from below
        first = f"{look.prefix}t{look.scene.ids[look.scene.nodes[0]]}"
        dot.node(
            f"{look.prefix}_title", label=f"<{headline(look, look.title or '').content}>", id=f"{look.prefix}_title"
        )
        Writer(look, dot).write()
        dot.edge(f"{look.prefix}_title", first, style="invis")
    with dot.subgraph() as first_column:
        first_column.attr(rank="min")
        for look in looks:
            first_column.node(f"{look.prefix}_title")
    says = "; ".join(f"{pair.name} {'=' if pair.is_equal else '≠'}, {scalar(pair.difference)}" for pair in pairs)
    heading = f"{looks[0].title} | {looks[1].title}"
    return Diagram(str(dot.source), heading, clean(f"{heading}: {says}", 8000), id, css)


def _pairs(first: Look, second: Look) -> list[_Pair]:
    a, b = first.scene, second.scene
    pairs = [_Pair(first.symbols.name(a.root), False, a.root.value, b.root.value)]
    ours, theirs = ([n for n in s.graph.nodes if n.op is None and n.name] for s in (a, b))
    names = Counter(node.name for node in theirs)
    counted = {name for name, n in Counter(node.name for node in ours).items() if names[name] == n}
    by_name = {name: iter([n for n in theirs if n.name == name and n not in a.ids]) for name in counted}
    for node in (node for node in a.graph.nodes if node.op is None):
        twin = node if node in b.ids else next(by_name.get(node.name or "", iter(())), None)
        if twin is not None and node.shape == twin.shape and (node in a.gradients or twin in b.gradients):
            pairs.append(_Pair(first.symbols.gradient(node), True, a.gradients.get(node), b.gradients.get(twin)))
    return pairs


def _verdict(look: Look, pair: _Pair, titles: tuple[str, str]) -> str:
    if pair.a is None or pair.b is None:
        return look.symbols.say("only in {0}", clean(titles[pair.a is None], 60))
    says = "equal to within {0}, relatively" if pair.is_equal else "DIFFERENT by {0}, relatively"
    return look.symbols.say(says, scalar(pair.difference))


def _array(look: Look, array: Array | None, colour: str, heat: tuple[str, str], largest: float) -> Box:
    """Both in one scale, so that their digits and colours can be compared."""
    if array is None:
        return write(Run(look.symbols.say("not computed"), colour, 9), height=16, pad=3)
    return look.table(array, colour, heat, largest=largest)


def _table(look: Look, pairs: list[_Pair], titles: tuple[str, str]) -> Box:
    """One row a pair: name, array of A, = or ≠, array of B, how far apart."""
    p = look.palette
    rows: list[list[Box]] = []
    for pair in pairs:
        colour, heat = (p.backward, p.backward_heat) if pair.is_gradient else (p.forward, p.forward_heat)
        sign = Run("=" if pair.is_equal else "≠", p.ink, 15, bold=True)
        verdict = Run(_verdict(look, pair, titles), p.mute if pair.is_equal else p.on_highlight, 10)
        sizes = [np.abs(array[np.isfinite(array)]).max(initial=0.0) for array in (pair.a, pair.b) if array is not None]
        largest = float(max(sizes))
        rows.append(
            [
                write(Run(pair.name, colour, 13, True)),
                _array(look, pair.a, colour, heat, largest),
                write(sign, 24, 20),
                _array(look, pair.b, colour, heat, largest),
                write(verdict, height=16, fill="" if pair.is_equal else p.highlight, pad=4),
            ]
        )
    head = [gap(1, 1), *(write(Run(clean(title, 60), p.ink, 11, bold=True)) for title in titles), gap(1, 1)]
    rows.insert(0, [head[0], head[1], gap(24, 1), head[2], head[3]])
    return stacked([part for line in columns(rows, 12) for part in (line, gap(1, 6))])
