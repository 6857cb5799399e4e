"""Boxes of known size, stacked into Graphviz's HTML-like labels.

Every size is ours, from `widths`, so that the layout engine has nothing to measure: a cell is FIXEDSIZE, a row is
exactly as wide as its cells. What is narrower than its place is centred by empty cells.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from minigraph.diagram import widths
from minigraph.diagram.text import markup

__all__ = ["Box", "Run", "beside", "framed", "gap", "grid", "line", "stacked", "wide", "write"]

EMPTY = ""
SEEN_BY_SVG = "transparent"  # see svg.py: it finds each text's box by the background in front of it


@dataclass(frozen=True)
class Run:
    """A piece of text in one style."""

    text: str
    colour: str
    size: float = 10
    serif: bool = False  # serif runs are maths and always italic
    bold: bool = False

    @property
    def width(self) -> int:
        if self.serif:
            face = widths.SERIF_BOLD_ITALIC if self.bold else widths.SERIF_ITALIC
        else:
            face = widths.SANS_BOLD if self.bold else widths.SANS
        return math.ceil(widths.text_width(self.text, face, self.size))

    @property
    def html(self) -> str:
        inner = markup(self.text)
        inner = f"<B>{inner}</B>" if self.bold else inner
        inner = f"<I>{inner}</I>" if self.serif else inner
        face = "Times" if self.serif else "Helvetica"
        return f'<FONT FACE="{face}" POINT-SIZE="{self.size:g}" COLOR="{self.colour}">{inner}</FONT>'


@dataclass(frozen=True)
class Box:
    """A rectangle of points with something in it."""

    content: str
    width: int
    height: int
    fill: str = ""
    port: str = ""
    align: str = ""

    def cell(self) -> str:
        fill = f' BGCOLOR="{self.fill}"' if self.fill else ""
        port = f' PORT="{self.port}"' if self.port else ""
        align = f' ALIGN="{self.align}"' if self.align else ""
        return (
            f'<TD FIXEDSIZE="TRUE" WIDTH="{self.width}" HEIGHT="{self.height}"{fill}{port}{align}>{self.content}</TD>'
        )

    def at(self, port: str) -> Box:
        return replace(self, port=port)


def gap(width: int, height: int) -> Box:
    return Box(EMPTY, width, height)


def write(run: Run, width: int = 0, height: int = 0, fill: str = "", align: str = "", pad: int = 0) -> Box:
    """A run in a box that is at least as wide as the run."""
    height = height or math.ceil(run.size * 1.3)
    return Box(run.html, max(width, run.width + 2 * pad), height, fill or SEEN_BY_SVG, align=align)


def line(runs: Sequence[Run], space: int = 0) -> Box:
    """Runs on one line, each in a cell of its own, so that no engine has to know the width of the one before."""
    parts = [part for run in runs for part in (gap(space, 1), write(run))]
    return beside(parts[1:] if space else [p for p in parts if p.width])


def beside(boxes: Sequence[Box], height: int = 0) -> Box:
    """Boxes from left to right, all made as high as the highest."""
    height = max([height, *(box.height for box in boxes)])
    row = "".join(replace(box, height=height).cell() for box in boxes)
    return Box(_table(f"<TR>{row}</TR>"), sum(box.width for box in boxes), height)


def wide(box: Box, width: int, align: str = "") -> Box:
    """`box` in a place of `width`: in the middle, or flush with align "LEFT". Its port spans the whole place."""
    free = width - box.width
    if free <= 0:
        return box
    before = 0 if align == "LEFT" else free // 2
    sides = [gap(before, 1), replace(box, port=""), gap(free - before, 1)]
    return beside([side for side in sides if side.width]).at(box.port)


def stacked(boxes: Sequence[Box], width: int = 0) -> Box:
    """Boxes from top to bottom, each centred in the widest."""
    width = max([width, *(box.width for box in boxes)])
    rows = "".join(f"<TR>{wide(box, width).cell()}</TR>" for box in boxes)
    return Box(_table(rows), width, sum(box.height for box in boxes))


def grid(rows: Sequence[Sequence[Box]], spacing: int = 1) -> Box:
    """A table of equal cells with lines of the background between them."""
    body = "".join(f"<TR>{''.join(box.cell() for box in row)}</TR>" for row in rows)
    first = rows[0][0]
    width = len(rows[0]) * (first.width + spacing) + spacing
    return Box(_table(body, spacing), width, len(rows) * (first.height + spacing) + spacing)


def framed(box: Box, colour: str, fill: str, thick: float = 1, inside: tuple[int, int] = (0, 0)) -> str:
    """A whole label: `box` in a rounded frame, with (horizontal, vertical) space around it."""
    across, down = inside
    padded = beside([gap(across, 1), box, gap(across, 1)]) if across else box
    padded = stacked([gap(1, down), padded, gap(1, down)]) if down else padded
    body = padded.content if padded.content.startswith("<TABLE") else _table(f"<TR>{padded.cell()}</TR>")
    return body.replace(
        '<TABLE BORDER="0"', f'<TABLE BORDER="{thick:g}" STYLE="ROUNDED" COLOR="{colour}" BGCOLOR="{fill}"', 1
    )  # fmt: skip


def _table(rows: str, spacing: int = 0) -> str:
    return f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="{spacing}" CELLPADDING="0">{rows}</TABLE>'
