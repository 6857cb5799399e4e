"""Gates, blocks and cluster titles: what stands for an op on the forward lane."""

from __future__ import annotations

from collections.abc import Sequence

from minigraph.diagram.labels.boxes import Box, Run, beside, framed, gap, line, stacked, wide, write
from minigraph.diagram.labels.look import Look
from minigraph.expand import is_composite
from minigraph.graph import Node, Parameter
from minigraph.scene.folding import Fold
from minigraph.scene.text import clean

__all__ = ["block", "cluster_title", "folded", "gate"]

CLEAR_OF_WIRES = (
    240  # running down, wires come through a cluster's upper edge: this widens it, to the left, for its title
)


def block(look: Look, node: Node) -> str:
    """A composite as one block: data goes in where values come from and out opposite, other inputs at the side."""
    p, op = look.palette, node.op
    assert op is not None
    title = [Run(look.scene.titles[node], p.ink, 14, bold=True)]
    middle = [line([Run("⊞", p.mute, 13), *title] if is_composite(node) else title, 5)]
    if op.formula:
        middle.append(line([Run(f"{look.symbols.name(node)} = {look.symbols.formula(node)}", p.ink, 13, True)]))
    backward = [edge.i for edge in look.scene.returns[node]]
    main = [
        (_pin(look, p.forward, True).at("v0"), _pin(look, p.forward, True).at("vout")),
        (
            _pin(look, p.backward, 0 in backward).at("g0"),
            _pin(look, p.backward, node in look.scene.graph.wanted).at("gout"),
        ),
    ]
    others = [
        _pin(look, colour, True).at(f"{direction}{i}")
        for i in range(1, len(node.inputs))
        for direction, colour in (("v", p.forward), ("g", p.backward))
        if direction == "v" or i in backward
    ]
    width = max(box.width for box in middle) + 16
    lines = middle if len(middle) == 2 else [*middle, gap(1, 8)]
    if look.runs_down:
        rows = [_spread([pair[0] for pair in main], width), *(beside([stacked([box], width)], 22) for box in lines)]
        body = stacked([*rows, _spread([pair[1] for pair in main], width)])
        whole = beside([body, _spread_down(others, body.height)])
    else:
        rows = [beside([pins[0], stacked([box], width), pins[1]], 24) for box, pins in zip(lines, main)]
        whole = stacked([gap(1, 3), *rows, _spread(others, rows[0].width)])
    return framed(whole, p.op_line, p.panel, thick=2)


def _pin(look: Look, colour: str, shown: bool) -> Box:
    return write(Run("•", colour, 7), width=8, height=9) if shown else gap(8, 9)


def gate(look: Look, node: Node) -> str:
    """The sign of a primitive."""
    sign = look.symbols.gate(node)
    size = {1: 22, 4: 11}.get(len(sign), 13)
    return line([Run(sign, look.palette.ink, size, bold=len(sign) == 1)]).content


def folded(look: Look, found: Fold) -> str:
    """What stands for a block that is drawn once and comes many times."""
    p, say = look.palette, look.symbols.say
    ops = " → ".join(dict.fromkeys(clean(node.op.name) for node in found.block if node.op))
    rows = [
        line([Run(f"× {found.times}", p.ink, 16, bold=True)]),
        line([Run(clean(ops, 60), p.ink, 11)]),
        line([Run(say("the one before and {0} more", found.times - 1), p.mute, 9)]),
    ]
    parameters = {n for node in found.hidden for n in node.inputs if isinstance(n, Parameter)} - {*look.scene.nodes}
    if parameters:
        numbers = sum(parameter.value.size for parameter in parameters)
        rows.append(line([Run(say("{0} parameters, {1} numbers", len(parameters), f"{numbers:,}"), p.mute, 9)]))
    width = max(row.width for row in rows) + 24
    if look.runs_down:
        top, bottom = (
            beside([gap(width // 2, 6).at(f"v{end}"), gap(width - width // 2, 6).at(f"g{end}")]) for end in ("", "o")
        )
        return framed(stacked([top, *(wide(row, width) for row in rows), bottom]), p.op_line, p.panel, thick=2)
    halves = stacked([gap(1, 6), *rows[:2]]), stacked([*rows[2:], gap(1, 6)])
    body = [wide(half, width).at(port) for half, port in zip(halves, "vg")]
    return framed(stacked([*body, gap(width, 1).at("side")]), p.op_line, p.panel, thick=2)


def cluster_title(look: Look, node: Node) -> str:
    p = look.palette
    title = line([Run("⊟", p.mute, 12), Run(look.scene.titles[node], p.ink, 12, bold=True)], 5)
    return (beside([title, gap(CLEAR_OF_WIRES, 1)]) if look.runs_down else title).content


def _spread(pins: Sequence[Box], width: int) -> Box:
    """The pins of a block's lower side, evenly over its width."""
    if not pins:
        return gap(width, 9)
    free = width - sum(pin.width for pin in pins)
    parts = [part for pin in pins for part in (gap(free // (len(pins) + 1), 1), pin)]
    return beside([*parts, gap(width - sum(part.width for part in parts), 1)])


def _spread_down(pins: Sequence[Box], height: int) -> Box:
    """The pins of a block's right side, evenly over its height."""
    free = height - sum(pin.height for pin in pins)
    parts = [part for pin in pins for part in (gap(9, free // (len(pins) + 1)), pin)]
    return stacked([*parts, gap(9, height - sum(part.height for part in parts))])
