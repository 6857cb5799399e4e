"""Tensor cards: a node's name, shape and role, its value, and the gradient that arrived."""

from __future__ import annotations

from minigraph.diagram.boxes import Box, Run, beside, framed, gap, line, stacked, wide, write
from minigraph.diagram.look import Look
from minigraph.diagram.text import size_text
from minigraph.graph import Node

__all__ = ["card"]

PAD = 8


def card(look: Look, node: Node) -> str:
    p = look.palette
    rows = _symbol_rows(look, node) if look.detail == "symbols" else _value_rows(look, node)
    return framed(stacked(rows), p.rule, p.background)


def _symbol_rows(look: Look, node: Node) -> list[Box]:
    p, name = look.palette, look.symbols.name(node)
    rows = [write(Run(name, p.forward, 14, True, True), height=22, fill=p.forward_heat[0], pad=10)]
    if look.scene.wants_gradient(node):
        rows.append(
            write(Run(look.symbols.gradient(node), p.backward, 12, True), height=20, fill=p.backward_heat[0], pad=5)
        )
    width = max(row.width for row in rows)
    filled = [Box(row.content, width, row.height, row.fill) for row in rows]
    return [
        gap(1, 5),
        *(wide(row.at(port), width + 10) for row, port in zip(filled, "vg")),
        gap(1, 5),
    ]


def _value_rows(look: Look, node: Node) -> list[Box]:
    p, name = look.palette, _title(look, node)
    pill, value = _pill(look, node), look.array(node.value, p.forward, p.forward_heat)
    caption = gradient = None
    if look.scene.wants_gradient(node):
        remarks = _caption(look, node)
        caption = line(remarks, 4) if remarks else gap(1, 6)
        computed = look.scene.gradients.get(node)
        if computed is None:
            gradient = write(Run("not computed", p.backward, 9), height=16, pad=3)
        else:
            gradient = look.array(computed, p.backward, p.backward_heat)
    if look.scene.role(node) == "constant" and not node.value.ndim:
        return [gap(1, 5), wide(value, value.width + 10).at("v"), gap(1, 5)]
    parts = [value, *([caption] if caption else []), *([gradient] if gradient else [])]
    inner = max(name.width + (pill.width + 8 if pill else 0), *(box.width for box in parts), 36)
    if pill:
        name = beside([name, gap(inner - name.width - pill.width, 1), pill])
    rows = [gap(1, 6), wide(name, inner), gap(1, 4), wide(value, inner).at("v")]
    if caption and gradient:
        rows += [
            gap(1, 4),
            beside([caption, gap(inner - caption.width, 1)]),
            gap(1, 2),
            wide(gradient, inner).at("g"),
        ]
    return [*(wide(row, inner + 2 * PAD) for row in rows), gap(1, PAD)]


def _title(look: Look, node: Node) -> Box:
    p = look.palette
    parts = [write(Run(look.symbols.name(node), p.ink, 15, True, True), height=18)]
    if node.value.ndim:
        parts += [gap(5, 1), write(Run(size_text(node.shape), p.mute, 9), height=18)]
    return beside(parts)


def _pill(look: Look, node: Node) -> Box | None:
    p, role = look.palette, look.scene.role(node)
    if role in ("", "constant") or look.scene.is_circuit:
        return None
    known = role == "parameter"
    pill = write(Run(role, p.ink if known else p.mute, 9), height=14, fill=p.parameter if known else p.pill, pad=5)
    return stacked([gap(1, 2), pill, gap(1, 2)])


def _caption(look: Look, node: Node) -> list[Run]:
    p, paths = look.palette, look.scene.paths(node)
    runs = [Run(look.symbols.gradient(node), p.backward, 9)] if node.value.ndim else []
    if paths > 1:
        runs.append(Run(f"⊕ {paths} paths", p.mute, 9))
    if look.scene.is_stale(node):
        runs.append(Run("stale: forward again", p.mute, 9))
    return runs
