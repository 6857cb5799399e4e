"""Tensor cards: a node's name, shape and role, its value, and the gradient that arrived."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from minigraph.diagram.labels.boxes import Box, Run, beside, framed, gap, line, stacked, wide, write
from minigraph.diagram.labels.look import Look
from minigraph.graph import Node
from minigraph.scene.text import bracketed, size_text

__all__ = ["card"]

PAD = 8
NARROWEST = 36
TERMS = 4  # terms of a sum that are written out


@dataclass(frozen=True)
class _Parts:
    """What a card is made of, before it is known which way the picture runs."""

    value: Box
    gradient: Box | None = None
    name: Box | None = None
    pills: Box | None = None
    caption: Box | None = None

    @property
    def roomy(self) -> bool:
        """Cards with a name have air around them, those of symbols and bare numbers little."""
        return self.name is not None

    @property
    def head_width(self) -> int:
        return (self.name.width if self.name else 0) + (self.pills.width + 8 if self.pills else 0)

    def head(self, width: int) -> Box:
        """Name and shape on the left, what it is for on the right; centred where nothing is on the right."""
        name, pills = self.name or gap(1, 1), self.pills
        return beside([name, gap(width - name.width - pills.width, 1), pills]) if pills else wide(name, width)


def card(look: Look, node: Node) -> str:
    p = look.palette
    if look.detail == "symbols":
        parts = _symbols(look, node)
    elif look.scene.role(node) == "constant" and not node.value.ndim:
        parts = _Parts(look.array(node, node.value, p.forward, p.forward_heat))
    else:
        parts = _numbers(look, node)
    assemble = _downwards if look.runs_down else _rightwards
    return framed(assemble(look, node, parts), p.rule, p.background)


def _symbols(look: Look, node: Node) -> _Parts:
    p, name = look.palette, look.symbols.name(node)
    value = write(Run(name, p.forward, 14, True, True), height=22, fill=p.forward_heat[0], pad=10)
    if not look.scene.wants_gradient(node):
        return _Parts(value)
    gradient = write(Run(look.symbols.gradient(node), p.backward, 12, True), height=20, fill=p.backward_heat[0], pad=5)
    width = max(value.width, gradient.width)
    return _Parts(*(Box(box.content, width, box.height, box.fill) for box in (value, gradient)))


def _numbers(look: Look, node: Node) -> _Parts:
    p, value = look.palette, look.array(node, node.value, look.palette.forward, look.palette.forward_heat)
    if not look.scene.wants_gradient(node):
        return _Parts(value, None, _name(look, node), _pills(look, node))
    computed = look.scene.gradients.get(node)
    if computed is None:
        gradient = write(Run(look.symbols.say("not computed"), p.backward, 9), height=16, pad=3)
    else:
        gradient = look.array(node, computed, p.backward, p.backward_heat, is_gradient=True)
    lines = _caption(look, node)
    width = max((box.width for box in lines), default=0)
    caption = stacked([beside([box, gap(width - box.width, 1)]) for box in lines]) if lines else None
    return _Parts(value, gradient, _name(look, node), _pills(look, node), caption)


def _name(look: Look, node: Node) -> Box:
    parts = [write(Run(look.symbols.name(node), look.palette.ink, 15, True, True), height=18)]
    if node.value.ndim:
        parts += [gap(5, 1), write(Run(size_text(node.shape), look.palette.mute, 9), height=18)]
    return beside(parts)


def _pills(look: Look, node: Node) -> Box | None:
    """What the value is for, and whether it is the first that is not a finite number."""
    p, role, pills = look.palette, look.scene.role(node), []
    if role and (role != "constant" or node.value.ndim) and not look.scene.is_circuit:
        known = role == "parameter"
        pills.append((look.symbols.say(role), p.ink if known else p.mute, p.parameter if known else p.pill))
    if node in look.origins:
        pills.append((look.symbols.say("first {0}", look.origins[node]), p.on_highlight, p.highlight))
    if node in look.outdated:
        pills.append((look.symbols.say("stale"), p.mute, p.pill))
    elif look.scene.is_stale(node) and not look.scene.wants_gradient(node):
        pills.append((look.symbols.say("changed since"), p.mute, p.pill))
    if node in look.scene.folding.behind:
        behind = look.scene.folding.behind[node]
        says = look.symbols.say("⋯ {0} ops before" if behind > 1 else "⋯ {0} op before", behind)
        pills.append((says, p.mute, p.pill))
    boxes = [write(Run(text, colour, 9), height=14, fill=fill, pad=5) for text, colour, fill in pills]
    if not boxes:
        return None
    return stacked([gap(1, 2), beside([part for box in boxes for part in (gap(4, 1), box)][1:]), gap(1, 2)])


def _caption(look: Look, node: Node) -> list[Box]:
    """Above the gradient: its name, how many paths brought it and what each one did, and whether it is out of date."""
    p, paths = look.palette, look.scene.paths(node)
    first = [Run(look.symbols.gradient(node), p.backward, 9)] if node.value.ndim else []
    if paths > 1:
        first.append(Run(look.symbols.say("⊕ {0} paths", paths), p.mute, 9))
    if look.scene.is_stale(node):
        first.append(Run(look.symbols.say("stale: forward again"), p.mute, 9))
    if node is look.scene.root and look.scene.is_seeded and node in look.scene.gradients:
        first.append(Run(look.symbols.say("given: backward's seed"), p.mute, 9))
    lines = [line(first, 4)] if first else []
    return [*lines, write(Run(_terms(look, node), p.mute, 9))] if paths > 1 else lines


def _terms(look: Look, node: Node) -> str:
    """The sum at a fork: numbers in a circuit, else through which value each term came."""
    edges = look.scene.arrivals(node)
    upstreams = [look.scene.gradients.get(edge.node) for edge in edges]
    numbers = [
        look.number(float(edge.downstream(upstream)))
        for edge, upstream in zip(edges[:TERMS], upstreams)
        if upstream is not None and not node.value.ndim and not edge.node.value.ndim and not look.hides(edge)
    ]
    if len(numbers) == min(len(edges), TERMS):
        return " + ".join([numbers[0], *map(bracketed, numbers[1:]), *(["⋯"] if len(edges) > TERMS else [])])
    users = Counter(look.symbols.name(edge.node) for edge in edges)
    terms = [look.symbols.say("via {0}", name) + (f" (×{n})" if n > 1 else "") for name, n in users.items()]
    return " + ".join([*terms[:TERMS], *(["⋯"] if len(terms) > TERMS else [])])


def _rightwards(look: Look, node: Node, parts: _Parts) -> Box:
    """Value above gradient, both reached from the left and left to the right."""
    value, caption, gradient = parts.value, parts.caption, parts.gradient
    if not parts.roomy:
        boxes = [value, *([gradient] if gradient else [])]
        rows = [_place(look, node, wide(box, box.width + 10), port) for box, port in zip(boxes, "vg")]
        return stacked([gap(1, 5), *rows, gap(1, 5)])
    inner = max(parts.head_width, *(box.width for box in (value, caption, gradient) if box), NARROWEST)
    rows = [gap(1, 6), parts.head(inner), gap(1, 4), _place(look, node, wide(value, inner), "v")]
    if gradient:
        above = beside([caption, gap(inner - caption.width, 1)]) if caption else gap(1, 6)
        rows += [gap(1, 4), above, gap(1, 2), _place(look, node, wide(gradient, inner), "g")]
    return stacked([*(wide(row, inner + 2 * PAD) for row in rows), gap(1, PAD)])


def _downwards(look: Look, node: Node, parts: _Parts) -> Box:
    """Value left of gradient, both reached from above and left downwards."""
    columns, pad = [parts.value], PAD if parts.roomy else 5
    if parts.gradient:
        above = [parts.caption, gap(1, 2)] if parts.caption else []
        columns.append(stacked([*above, parts.gradient]))
    wanted = [max(column.width, NARROWEST if parts.roomy else 0) + 2 * pad for column in columns]
    lacking = max(0, parts.head_width + 2 * pad - sum(wanted))
    widths = [width + lacking // len(columns) for width in wanted]
    height = max(column.height for column in columns)
    top = beside([gap(width, 5).at(f"{port}i") for width, port in zip(widths, "vg")])
    bottom = beside([gap(width, pad).at(port) for width, port in zip(widths, "vg")])
    places = [wide(stacked([gap(1, height - column.height), column]), width) for column, width in zip(columns, widths)]
    middle = beside([_place(look, node, box, port, edges=False) for box, port in zip(places, "vg")])
    head = [wide(parts.head(sum(widths) - 2 * pad), sum(widths)), gap(1, 4)] if parts.roomy else []
    return stacked([top, *head, middle, bottom])


def _place(look: Look, node: Node, box: Box, port: str, edges: bool = True) -> Box:
    """A row (or column) with its name in the SVG, and the ends of edges if they end right here."""
    says = look.tooltip(node, is_gradient=port == "g")
    return box.at(port if edges else "", f"{look.prefix}t{look.scene.ids[node]}_{port}", says)
