"""A picture of which every place is given: labels, arrows and lines, which the engine (nop2) leaves where they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import graphviz

from minigraph.diagram.labels.boxes import Box, beside

__all__ = ["Extent", "Place", "Sheet", "place"]

Place = tuple[float, float]
DOT = 0.001  # inches: what is there for the ends of a line only


@dataclass(frozen=True)
class Extent:
    """The rectangle that a picture fills; heights grow upwards."""

    left: float
    right: float
    bottom: float
    top: float


class Sheet:
    """DOT text in the making."""

    def __init__(self, background: str) -> None:
        self.dot = graphviz.Digraph("minigraph")
        self.dot.attr("graph", layout="nop2", outputorder="edgesfirst", bgcolor=background, pad="0.2")
        self.dot.attr("node", shape="plain", fontname="Helvetica")
        self.lines = 0

    @property
    def source(self) -> str:
        return str(self.dot.source)

    def put(self, name: str, box: Box, at: Place, kind: str, **more: str) -> None:
        content = beside([box]).content if box.fill else box.content
        self.dot.node(name, f"<{content}>", id=name, pos=place(*at), **more, **{"class": kind})

    def edge(self, tail: str, head: str, pos: str, kind: str, **look: str) -> None:
        self.dot.edge(tail, head, pos=pos, **look, **{"class": kind})

    def line(self, points: Sequence[Place], kind: str, colour: str, width: float) -> None:
        """Straight from point to point, two at least."""
        ends = f"l{self.lines}", f"l{self.lines}e"
        self.lines += 1
        for name, at in zip(ends, (points[0], points[-1])):
            self.point(name, at)
        thirds = [
            place(x + (x2 - x) * part / 3, y + (y2 - y) * part / 3)
            for (x, y), (x2, y2) in zip(points, points[1:])
            for part in (1, 2, 3)
        ]
        pos = " ".join([place(*points[0]), *thirds])
        self.edge(*ends, pos, kind, arrowhead="none", color=colour, penwidth=f"{width:.2f}")

    def disc(self, name: str, at: Place, kind: str, colour: str, radius: float) -> None:
        look = {"shape": "circle", "fixedsize": "true", "width": f"{radius / 36:.4f}", "style": "filled", "label": ""}
        self.dot.node(name, id=name, pos=place(*at), color=colour, fillcolor=colour, **look, **{"class": kind})

    def point(self, name: str, at: Place) -> None:
        """Nothing that can be seen, but the picture reaches there."""
        look = {"shape": "point", "width": f"{DOT}", "style": "invis", "label": ""}
        self.dot.node(name, pos=place(*at), **look)


def place(x: float, y: float) -> str:
    return f"{x + 0.0:.2f},{y + 0.0:.2f}"
