"""Boxes of known size, stacked into Graphviz's HTML-like labels.

Every size is ours, from `widths`, so that the layout engine has nothing to measure: cells and tables are FIXEDSIZE, and
what is narrower than its cell stands in the middle of it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from minigraph.diagram.labels import widths
from minigraph.scene.text import markup

__all__ = ["Box", "Run", "beside", "columns", "framed", "gap", "grid", "line", "stacked", "wide", "write"]

INSET = 4  # between digits and the right side of their cell
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
        if not self.text:
            return ""
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
    right: bool = False  # text flush right, as digits are
    border: str = ""  # the colour of a line around it
    anchor: tuple[str, str] = ("", "")  # the id of this place in an SVG, and what is said when one points at it

    def cell(self) -> str:
        fill = f' BGCOLOR="{self.fill}"' if self.fill else ""
        port = f' PORT="{self.port}"' if self.port else ""
        side = f' ALIGN="RIGHT" CELLPADDING="{INSET}"' if self.right else ""
        border = f' BORDER="1" COLOR="{self.border}"' if self.border else ""
        return f"<TD {self._size}{fill}{port}{side}{border}{self._anchor}>{self.content}</TD>"

    @property
    def _size(self) -> str:
        return f'FIXEDSIZE="TRUE" WIDTH="{self.width}" HEIGHT="{self.height}"'

    @property
    def _anchor(self) -> str:
        name, says = self.anchor
        return f' ID="{name}" HREF="#{name}" TITLE="{markup(says)}"' if name else ""

    def at(self, port: str, name: str = "", says: str = "") -> Box:
        """This box as a place where edges end, and one that has a name in an SVG."""
        return replace(self, port=port, anchor=(name, says))


def gap(width: int, height: int) -> Box:
    return Box("", width, height)


def write(run: Run, width: int = 0, height: int = 0, fill: str = "", right: bool = False, pad: int = 0) -> Box:
    """A run in a box that is at least as wide as the run."""
    height = height or math.ceil(run.size * 1.3)
    return Box(run.html, max(width, run.width + 2 * pad), height, fill or SEEN_BY_SVG, right=right)


def line(runs: Sequence[Run], space: int = 0) -> Box:
    """Runs on one line, each in a cell of its own, so that no engine has to know the width of the one before."""
    parts = [part for run in runs for part in (gap(space, 1), write(run))]
    parts = parts[1:] if space else [part for part in parts if part.width]
    return beside(parts or [gap(1, 1)])  # Graphviz knows no row without a cell


def beside(boxes: Sequence[Box], height: int = 0) -> Box:
    """Boxes from left to right, all made as high as the highest."""
    height = max([height, *(box.height for box in boxes)])
    row = "".join(replace(box, height=height).cell() for box in boxes)
    width = sum(box.width for box in boxes)
    return Box(_table(f"<TR>{row}</TR>", width, height), width, height)


def wide(box: Box, width: int) -> Box:
    """`box` in the middle of a place of `width`. Its port spans the whole place."""
    if box.width >= width:
        return box
    bare = not box.content or (box.content.startswith("<TABLE") and not box.fill)
    inner = box.content if bare else beside([replace(box, port="", anchor=("", ""))]).content
    return Box(inner, width, box.height, port=box.port, anchor=box.anchor)


def stacked(boxes: Sequence[Box], width: int = 0) -> Box:
    """Boxes from top to bottom, each centred in the widest."""
    width = max([width, *(box.width for box in boxes)])
    height = sum(box.height for box in boxes)
    rows = "".join(f"<TR>{wide(box, width).cell()}</TR>" for box in boxes)
    return Box(_table(rows, width, height), width, height)


def columns(rows: Sequence[Sequence[Box]], pad: int = 0) -> list[Box]:
    """Lines of boxes that stand below each other in columns, each in the middle of its place."""
    widths = [max(row[column].width for row in rows) + pad for column in range(len(rows[0]))]
    return [beside([stacked([wide(box, width)]) for box, width in zip(row, widths)]) for row in rows]


def grid(rows: Sequence[Sequence[Box]], lines: str, spacing: int = 1) -> Box:
    """A table of equal cells with lines of that colour around them."""
    body = "".join(f"<TR>{''.join(box.cell() for box in row)}</TR>" for row in rows)
    first = rows[0][0]
    width = len(rows[0]) * (first.width + spacing) + spacing
    height = len(rows) * (first.height + spacing) + spacing
    return Box(_table(body, width, height, spacing, lines), width, height)


def framed(box: Box, colour: str, fill: str, thick: float = 1, inside: tuple[int, int] = (0, 0)) -> str:
    """A whole label: `box` in a rounded frame, with (horizontal, vertical) space around it."""
    across, down = inside
    row = (
        f"<TR>{Box(box.content, box.width + 2 * across, box.height + 2 * down).cell()}</TR>" if across else box.content
    )
    look = f'BORDER="{thick:g}" STYLE="ROUNDED" COLOR="{colour}" BGCOLOR="{fill}"'
    if across:
        return f'<TABLE {look} CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">{row}</TABLE>'
    bare = box.content.index(" BORDER=")  # ports must lie at the frame: the outermost table itself becomes the frame
    return "<TABLE" + box.content[bare:].replace('BORDER="0"', look, 1)


def _table(rows: str, width: int, height: int, spacing: int = 0, fill: str = "") -> str:
    size = Box("", width, height)._size + (f' BGCOLOR="{fill}"' if fill else "")
    return f'<TABLE {size} BORDER="0" CELLBORDER="0" CELLSPACING="{spacing}" CELLPADDING="0">{rows}</TABLE>'
