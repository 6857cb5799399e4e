"""Arrays some of whose numbers the reader is to find: empty boxes in the exercise, answers in the key.

Both have the same sizes, and none depends on how long a single answer is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from minigraph.arrays import Array
from minigraph.diagram.labels.boxes import Box, Run, beside, grid, write
from minigraph.diagram.labels.style import Palette, shade
from minigraph.graph import Node
from minigraph.scene.content import Edge
from minigraph.scene.text import scalar

__all__ = ["LABEL_WIDTH", "Cell", "Hidden", "table_with_blanks"]

LABEL_WIDTH = 15  # at the left of a blank, for what it is called


@dataclass(frozen=True)
class Cell:
    """One number of a diagram: element `place`, counted flat, of the value or of the gradient of a node."""

    node: Node
    is_gradient: bool
    place: int


@dataclass(frozen=True)
class Hidden:
    """Which numbers of a diagram its reader does not see.

    asked: those to be found, and what each is called · withheld: (node, whether its gradient) of arrays that nobody
    asks for, but which would give others away · room: the width of every blank · answers: whether this is the key.
    """

    asked: Mapping[Cell, str]
    withheld: Collection[tuple[Node, bool]] = ()
    room: int = 36
    answers: bool = False

    @cached_property
    def arrays(self) -> set[tuple[Node, bool]]:
        """Those of which any number is not shown."""
        return {(cell.node, cell.is_gradient) for cell in self.asked} | set(self.withheld)

    def hides(self, node: Node, is_gradient: bool) -> bool:
        return (node, is_gradient) in self.arrays

    def hides_local(self, edge: Edge) -> bool:
        """Whether the numbers of a chip would give away what its edge brings, or what it was computed from."""
        values = any(self.hides(node, False) for node in (edge.node, *edge.node.inputs))
        return values or self.hides(edge.source, True) or self.hides(edge.node, True)

    def number(self, text: str, colour: str, size: float, bold: bool = False) -> Box:
        """A number of a chip: a question mark in the exercise."""
        return write(Run(text if self.answers else "?", colour, size, bold=bold), width=self.room)


def table_with_blanks(
    hidden: Hidden, node: Node, is_gradient: bool, array: Array, heat: tuple[str, str], palette: Palette, digits: int,
    prefix: str = "",
) -> Box:  # fmt: skip
    """An array of at most two axes, its given numbers all in one shade, which says nothing of those that are not."""
    p, is_scalar = palette, array.ndim == 0
    size, height = (13, 24) if is_scalar else (10, 19)
    width = hidden.room + LABEL_WIDTH + 8 * is_scalar

    def cell(place: int, value: float) -> Box:
        text, name = scalar(value, digits), hidden.asked.get(Cell(node, is_gradient, place))
        if name is not None:
            label = write(Run(name, p.mute, 8), LABEL_WIDTH - 2, height - 2)
            answer = Run(text if hidden.answers else "", p.ink, size, bold=True)
            inside = beside([label, write(answer, width - LABEL_WIDTH, height - 2)])
            fill = p.parameter if hidden.answers else p.background
            return Box(inside.content, width, height, fill, border=p.op_line, anchor=(f"{prefix}blank-{name}", name))
        if (node, is_gradient) in hidden.withheld:
            return write(Run(text if hidden.answers else "", p.mute, size), width, height, p.pill)
        return replace(
            write(Run(text, p.ink, size, bold=is_scalar), width, height, shade(heat, 0)), right=not is_scalar
        )

    boxes = [cell(place, float(value)) for place, value in enumerate(np.asarray(array).flat)]
    columns = array.shape[-1] if array.ndim else 1
    return grid([boxes[i : i + columns] for i in range(0, len(boxes), columns)], p.background, spacing=2)
