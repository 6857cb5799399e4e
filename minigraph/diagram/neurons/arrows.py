"""Where the units and arrows of the neuron view lie: numbers only, which no engine and no font can change."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from minigraph.diagram.layout.sheet import Place, place

__all__ = ["PITCH", "RADIUS", "Arrow", "between", "fan", "height", "numbers_at", "shown", "spread"]

RADIUS = 24
PITCH = 88  # between the centres of neighbouring units
SHOWN = 10  # longer columns leave units out
NUMBERED = 20  # layers with more arrows have their numbers as tooltips only
CLEAR = 9.0  # how far the number of one arrow must be from the next arrow
HALF = 15  # half of a number's width
HEAD = 36  # between a circle and the middle of a number, so that heads are not covered
NEAREST, FARTHEST = 260, 460  # between two columns


@dataclass(frozen=True)
class Arrow:
    """A straight arrow; one that runs back has its head at the start."""

    start: Place
    end: Place
    width: float = 1.2
    negative: bool = False
    back: bool = False
    pointed: bool = True

    @property
    def shape(self) -> str:
        return "none" if not self.pointed else "odot" if self.negative else "normal"

    @property
    def size(self) -> float:
        """Graphviz's arrowsize: heads are stroked as thick as the line, so thick ones need little more."""
        return (self.width + 4) / 8 if self.negative else (0.5 * self.width + 4) / 7

    def at_x(self, x: float) -> float:
        (x1, y1), (x2, y2) = self.start, self.end
        return y1 + (y2 - y1) * (x - x1) / (x2 - x1)

    def pos(self) -> str:
        """The attribute `pos`: the tip of the head, and the line as a spline."""
        (x, y), (x2, y2) = self.start, self.end
        length = math.hypot(x2 - x, y2 - y)
        tip = 1.5 + self.width / 2  # the stroke around the head reaches farther than its corner
        head = tip + (8 if self.negative else 10) * self.size

        def at(distance: float) -> str:
            return place(x + (x2 - x) * distance / length, y + (y2 - y) * distance / length)

        first, last = (head, length) if self.back else (0.0, length - head)
        if not self.pointed:
            first, last = 0.0, length
        points = " ".join(at(first + (last - first) * part / 3) for part in range(4))
        return (
            points if not self.pointed else f"s,{at(tip)} {points}" if self.back else f"e,{at(length - tip)} {points}"
        )


def shown(count: int, wanted: int | None = None) -> list[int | None]:
    """Which units of a column are drawn: all, or the first six, the `wanted` one and the last, None for each gap."""
    if count <= SHOWN:
        return list(range(count))
    units: list[int | None] = []
    for k in sorted({*range(6), count - 1, *([] if wanted is None else [wanted])}):
        units += [k] if not units or units[-1] == k - 1 else [None, k]
    return units


def height(slot: int, slots: int) -> float:
    return ((slots - 1) / 2 - slot) * PITCH


def spread(place: int, count: int) -> float:
    """How far above its unit's centre the arrow in that place touches the circle: no two at the same point."""
    return height(place, count) / PITCH * (min(14.0, 1.5 * RADIUS / (count - 1)) if count > 1 else 0.0)


def fan(start: Place, end: Place, leaves: float, arrives: float) -> tuple[Place, Place]:
    """From circle to circle, at these heights above the two centres."""
    out, into = (math.sqrt(RADIUS**2 - offset**2) for offset in (leaves, arrives))
    return (start[0] + out, start[1] + leaves), (end[0] - into, end[1] + arrives)


def between(sources: Sequence[int | None], targets: Sequence[int | None]) -> float:
    """The distance of two columns: the smallest in which numbers can stand on the arrows, or none is too steep."""
    fitting = (d for d in range(NEAREST, FARTHEST + 1, 20) if numbers_at(len(sources), len(targets), d) is not None)
    if None not in (*sources, *targets) and (found := next(fitting, None)):
        return float(found)
    return min(max(0.45 * PITCH * (len(sources) + len(targets) - 2), NEAREST), FARTHEST - 40.0)


@cache
def numbers_at(sources: int, targets: int, distance: float) -> float | None:
    """How far from the left column the numbers of all arrows stand above each other with most space; None: too little.

    Each stands on its own arrow; near one column arrows come apart as far as they do anywhere.
    """
    if sources * targets > NUMBERED:
        return None
    arrows = [
        Arrow(*fan((0, height(i, sources)), (distance, height(o, targets)), spread(o, targets), spread(i, sources)))
        for i in range(sources)
        for o in range(targets)
    ]
    space, x = max((round(_clearance(arrows, x), 1), -x) for x in range(RADIUS + HEAD, int(distance) - RADIUS - HEAD))
    return -x if space >= CLEAR else None


def _clearance(arrows: Sequence[Arrow], x: float) -> float:
    """The least height between the middle of a number at `x` and an arrow that passes it, which is a neighbour's."""
    least, inorder = float(PITCH), sorted(arrows, key=lambda arrow: arrow.at_x(x))
    for pair in zip(inorder, inorder[1:]):
        for mine, other in (pair, pair[::-1]):
            left, right = other.at_x(x - HALF) - mine.at_x(x), other.at_x(x + HALF) - mine.at_x(x)
            least = min(least, 0.0 if left * right < 0 else min(abs(left), abs(right)))
    return least
