"""Gates, blocks and cluster titles: what stands for an op on the forward lane."""

from __future__ import annotations

from collections.abc import Sequence

from minigraph.diagram.boxes import Box, Run, beside, framed, gap, line, stacked, write
from minigraph.diagram.look import Look
from minigraph.diagram.text import clean
from minigraph.graph import Node, Op

__all__ = ["block", "cluster_title", "gate"]


def block(look: Look, node: Node) -> str:
    """A composite as one block: data goes in on the left, out on the right, the other inputs come from below."""
    p, op = look.palette, node.op
    assert op is not None
    title = line(
        [*([Run("⊞", p.mute, 13)] if _opens(node) else []), Run(look.scene.titles[node], p.ink, 14, bold=True)], 5
    )
    middle = [title]
    if op.formula:
        middle.append(line([Run(f"{look.symbols.name(node)} = {look.symbols.formula(node)}", p.ink, 13, True)]))
    width = max(box.width for box in middle) + 16
    backward = [edge.i for edge in look.scene.returns[node]]
    rows = []
    for n, box in enumerate(middle if len(middle) == 2 else [*middle, gap(1, 8)]):
        direction, colour = ("v", p.forward) if n == 0 else ("g", p.backward)
        shown = n == 0 or (0 in backward)
        left = _pin(look, colour, shown).at(f"{direction}0")
        right = _pin(look, colour, n == 0 or node in look.scene.graph.wanted).at(f"{direction}out")
        rows.append(beside([left, stacked([box], width), right], 24))
    pins = [
        _pin(look, colour, True).at(f"{direction}{i}")
        for i in range(1, len(node.inputs))
        for direction, colour in (("v", p.forward), ("g", p.backward))
        if direction == "v" or i in backward
    ]
    rows.append(_spread(pins, rows[0].width))
    return framed(stacked([gap(1, 3), *rows]), p.op_line, p.panel, thick=2)


def _pin(look: Look, colour: str, shown: bool) -> Box:
    return write(Run("•", colour, 7), width=8, height=9) if shown else gap(8, 9)


def gate(look: Look, node: Node) -> str:
    """The sign of a primitive: × is ⊙ between arrays, and "·" is only ever the matrix product."""
    assert node.op is not None
    sign = clean(node.op.gate)
    if sign == "×" and all(operand.ndim for operand in node.operands):
        sign = "⊙"
    size = {1: 22, 4: 11}.get(len(sign), 13)
    return line([Run(sign, look.palette.ink, size, bold=len(sign) == 1)]).content


def cluster_title(look: Look, node: Node) -> str:
    p = look.palette
    return line([Run("⊟", p.mute, 12), Run(look.scene.titles[node], p.ink, 12, bold=True)], 5).content


def _spread(pins: Sequence[Box], width: int) -> Box:
    """The pins of a block's lower side, evenly over its width."""
    if not pins:
        return gap(width, 9)
    free = width - sum(pin.width for pin in pins)
    parts = [part for pin in pins for part in (gap(free // (len(pins) + 1), 1), pin)]
    return beside([*parts, gap(width - sum(part.width for part in parts), 1)])


def _opens(node: Node) -> bool:
    return node.op is not None and type(node.op).expand is not Op.expand
