"""What of a large graph is drawn: of repeated blocks the first, and of what is still too much the part near the output.

A chain of values that everything passes through cuts a graph into segments. Segments of the same structure in a row are
a repeated block (layers of one kind, steps of one recurrence), whatever runs beside or across inside each.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np

from minigraph.graph import Graph, Node, Op, Parameter
from minigraph.naming import is_number
from minigraph.order import topological_order

__all__ = ["Fold", "Folding", "fold"]

FEWEST = 3  # blocks in a row that are worth folding
LONGEST = 32  # segments in a block
Segment = tuple[Node, ...]


@dataclass(frozen=True)
class Fold:
    """A block that comes `times` times in a row: drawn once, while `hidden` is left out between `start` and `end`."""

    start: Node
    end: Node
    times: int
    block: Segment
    hidden: frozenset[Node]


@dataclass
class Folding:
    """Which ops are not drawn, and what stands for them."""

    folds: list[Fold] = field(default_factory=list)
    hidden: set[Node] = field(default_factory=set)  # nodes whose op is not drawn
    behind: dict[Node, int] = field(default_factory=dict)  # values at the edge of the picture: ops that lie behind them

    def cards(self, graph: Graph) -> list[Node]:
        """The nodes whose value is drawn."""
        if not self.hidden:
            return list(graph.nodes)
        shown = [node for node in graph.nodes if node.op and node not in self.hidden]
        kept = {graph.output, *shown, *self.behind, *(source for node in shown for source in node.inputs)}
        kept |= {node for found in self.folds for node in (found.start, found.end)}
        return [node for node in graph.nodes if node in kept]


def fold(graph: Graph, most: int | None, troubled: set[Node] | None = None) -> Folding:
    """Folds until at most about `most` values are drawn; None draws everything. No block with trouble is folded."""
    folding = Folding()
    if most is None or len(graph.nodes) <= most:
        return folding
    segments = _segments(graph)
    folding.folds = _repeats(graph, segments, troubled or set())
    for found in folding.folds:
        folding.hidden |= found.hidden
    if len(folding.cards(graph)) > most:
        _keep_the_near(graph, folding, most)
    return folding


def _segments(graph: Graph) -> list[Segment]:
    """The ops, each as late as it can be, cut after every value that alone is used by what follows."""
    distance = dict.fromkeys(graph.nodes, 0)  # of the longest way to the output
    for node in reversed(graph.nodes):
        for source in node.inputs:
            distance[source] = max(distance[source], distance[node] + 1)
    ops = sorted((node for node in graph.nodes if node.op), key=lambda node: -distance[node])
    place = {node: n for n, node in enumerate(ops)}
    last_use = dict.fromkeys(ops, -1)
    for node in ops:
        last_use |= {source: place[node] for source in node.inputs if source.op}
    segments, start, reach = [], 0, -1
    for n, node in enumerate(ops):
        if reach <= n:  # nothing before this node is used behind it
            segments.append(tuple(ops[start : n + 1]))
            start = n + 1
        reach = max(reach, last_use[node])
    return segments


def _repeats(graph: Graph, segments: Sequence[Segment], troubled: set[Node]) -> list[Fold]:
    users: dict[Node, set[int]] = {}
    for n, segment in enumerate(segments):
        for node in segment:
            for source in node.inputs:
                users.setdefault(source, set()).add(n)
    looks = [
        _structure(graph, segments, n, users) if troubled.isdisjoint(segment) else n
        for n, segment in enumerate(segments)
    ]
    folds, n = [], 0
    while n < len(segments):
        period, times = _best_period(looks, n)
        if times < FEWEST:
            n += 1
            continue
        block = [node for segment in segments[n : n + period] for node in segment]
        rest = [node for segment in segments[n + period : n + period * times] for node in segment]
        folds.append(Fold(block[-1], rest[-1], times, tuple(block), frozenset(rest)))
        n += period * times
    return folds


def _best_period(looks: Sequence[Hashable], n: int) -> tuple[int, int]:
    """(segments in a block, blocks in a row) from segment n on: what hides most, with the shortest block."""
    best, most = (1, 1), 0
    for period in range(1, min(LONGEST, (len(looks) - n) // FEWEST) + 1):
        times = 1
        while looks[n : n + period] == looks[n + period * times : n + period * (times + 1)]:
            times += 1
        if times >= FEWEST and period * (times - 1) > most:
            best, most = (period, times), period * (times - 1)
    return best


def _structure(graph: Graph, segments: Sequence[Segment], n: int, users: dict[Node, set[int]]) -> Hashable:
    """What two segments must have in common to be the same block: ops, shapes, wiring, where gradients flow, and leaves
    that they share.
    """
    before = segments[n - 1][-1] if n else None
    numbers: dict[Node, int] = {node: k for k, node in enumerate(segments[n])}

    def seen_as(source: Node) -> Hashable:
        if source is before:
            return "before"
        if source.op is None and (is_number(source) or len(users[source]) > 1):
            return source.value.item() if is_number(source) else source
        known = source in numbers
        return numbers.setdefault(source, len(numbers)), known, isinstance(source, Parameter), source.shape

    def way_back(node: Node) -> Hashable:
        return graph.backward_plan[node][1] if node in graph.backward_plan else None

    return tuple((_settings(node.op), node.shape, way_back(node), *map(seen_as, node.inputs)) for node in segments[n])


def _settings(op: Op | None) -> Hashable:
    """What an op is, as far as it is not in its inputs: its type, and its attributes where those are not nodes."""
    own = {name: value for name, value in vars(op).items() if name != "parameters"}
    return type(op), tuple((name, _as_key(value)) for name, value in sorted(own.items()))


def _as_key(value: object) -> Hashable:
    if isinstance(value, np.ndarray):
        return value.shape, value.tobytes()
    return value if isinstance(value, (str, int, float, bool, tuple, type(None))) else id(value)


def _keep_the_near(graph: Graph, folding: Folding, most: int) -> None:
    """Leave out the ops that are furthest from the output, until few enough values are left."""
    fold_at = {found.end: found for found in folding.folds}
    level, shown, seen = [graph.output], 1, {graph.output}
    kept: set[Node] = set()
    while level:
        following: list[Node] = []
        for node in level:
            if node.op is None:
                continue
            sources = (fold_at[node].start,) if node in fold_at else node.inputs
            fresh = [source for source in dict.fromkeys(sources) if source not in seen]
            if shown + len(fresh) > most and kept:
                continue
            kept.add(node)
            seen.update(fresh)
            shown += len(fresh)
            following += fresh
        level = following
    folding.folds = [found for found in folding.folds if found.end in kept]
    folding.hidden |= {node for node in graph.nodes if node.op and node not in kept}
    ends = {found.end for found in folding.folds}
    for node in seen:
        if node.op and node not in kept and node not in ends:
            folding.behind[node] = sum(n.op is not None for n in topological_order(node))
