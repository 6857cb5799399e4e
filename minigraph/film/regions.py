"""Decision regions: which class a network gives to each point of the plane, where its input has two features."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigraph.arrays import Array
from minigraph.diagram.web.numbers import number
from minigraph.film.story import Frame, Story
from minigraph.graph import Clock, Graph, Node, Parameter
from minigraph.naming import is_number

__all__ = ["Plane", "plane"]

SIDE = 56  # points of the grid along each axis
AROUND = 0.08  # how far it goes beyond the data, as a part of their range
POINTS = 1000  # of the data that are drawn
CLASSES = 6  # that have colours of their own


@dataclass(frozen=True)
class Plane:
    """data: the leaf with the points · scores: the node with a column per class, or with one number, which is `limit`
    on the boundary of two classes · answers: the right class of each point."""

    story: Story
    data: Node
    scores: Node
    limit: float | None
    answers: Array

    @property
    def box(self) -> tuple[float, float, float, float]:
        """left, right, bottom, top."""
        points = self.story.batch[self.data]
        low, high = points.min(axis=0), points.max(axis=0)
        more = AROUND * np.where(high > low, high - low, 1.0)
        (left, bottom), (right, top) = (low - more).tolist(), (high + more).tolist()
        return left, right, bottom, top

    def grid(self) -> Array:
        """The middles of the cells, row by row from the top left."""
        left, right, bottom, top = self.box
        steps = (np.arange(SIDE) + 0.5) / SIDE
        x, y = np.meshgrid(left + (right - left) * steps, top - (top - bottom) * steps)
        return np.stack([x.ravel(), y.ravel()], axis=1).astype(self.data.value.dtype)

    def classes(self, frame: Frame, points: Array) -> Array:
        """The class of each point; −1 where the network says NaN, or nothing."""
        try:
            values = self.story.values(frame, self.scores, {self.data: points})[self.scores]
        except ValueError:
            return np.full(len(points), -1)
        if self.limit is None:
            return np.where(np.isnan(values).any(axis=-1), -1, values.argmax(axis=-1))
        flat = values.ravel()
        return np.where(np.isnan(flat), -1, (flat > self.limit).astype(int))

    def as_json(self) -> dict[str, Any]:
        points, grid, frames = self.story.batch[self.data], self.grid(), self.story.frames
        right = [int(np.sum(self.classes(frame, points) == self.answers)) for frame in frames]
        shown = points[:POINTS]
        return {
            "box": [number(v) for v in self.box],
            "side": SIDE,
            "axes": self.story.graph.names[self.data],
            "frames": [runs(self.classes(frame, grid)) for frame in frames],
            "points": [[number(x), number(y), int(k)] for (x, y), k in zip(shown, self.answers)],
            "right": right,
            "of": len(points),
        }


def runs(classes: Array) -> list[int]:
    """Class and how often it comes, again and again: most cells are as the one before."""
    starts = np.flatnonzero(np.diff(classes, prepend=classes[0] - 1))
    lengths = np.diff(starts, append=len(classes))
    return np.stack([classes[starts], lengths], axis=1).ravel().tolist()


def plane(story: Story) -> Plane | None:
    """None for a graph that does not sort points of the plane into classes."""
    for data, scores, target, join in _joins(story.graph):
        points, answers = story.batch[data], _answers(story.batch[target], scores)
        if answers is None or len(points) < 1 or not np.isfinite(points).all():
            continue
        limit = None if scores.value.ndim == 2 and scores.shape[1] > 1 else _limit(story.batch[target], join)
        found = Plane(story, data, scores, limit, answers)
        if len(answers) == len(points) and _works(found):
            return found
    return None


def _joins(graph: Graph) -> Iterator[tuple[Node, Node, Node, Node]]:
    """Where what was computed of a leaf of points and of parameters meets a leaf of targets: these two leaves, what was
    computed, and the op's output."""
    leaves = [n for n in graph.nodes if n.op is None and not isinstance(n, (Parameter, Clock)) and not is_number(n)]
    for data in leaves:
        if data.value.ndim != 2 or data.shape[1] != 2 or data.value.dtype.kind != "f":
            continue
        after, learns = {data}, set[Node](graph.parameters)
        for node in graph.nodes:
            after |= {node} if not after.isdisjoint(node.inputs) else set()
            learns |= {node} if not learns.isdisjoint(node.inputs) else set()
            for target in (n for n in node.inputs if n in leaves and n is not data):
                for scores in (n for n in node.inputs if n in after and n in learns):
                    if scores.shape[:1] == data.shape[:1] and scores.value.ndim <= 2:
                        yield data, scores, target, node


def _answers(target: Array, scores: Node) -> Array | None:
    """The class of each row, from labels, one-hot rows, or numbers of two kinds."""
    count = scores.shape[1] if scores.value.ndim == 2 else 1
    if count > CLASSES:
        return None
    if count > 1:
        if target.dtype.kind in "iu" and target.ndim == 1:
            return target
        is_one_hot = target.shape[1:] == (count,) and np.isin(target, (0, 1)).all() and (target.sum(axis=1) == 1).all()
        return np.asarray(target.argmax(axis=1)) if is_one_hot else None
    is_of_two_kinds = np.isin(target, (0, 1)).all() or np.isin(target, (-1, 1)).all()
    return (target.ravel() > 0).astype(int) if is_of_two_kinds else None


def _limit(target: Array, join: Node) -> float:
    """½ between 0 and 1; 0 between −1 and 1, and for logits: what a loss takes the sigmoid of."""
    takes_sigmoid = join.op is not None and "σ({0})" in join.op.formula
    return 0.0 if (target < 0).any() or takes_sigmoid else 0.5


def _works(found: Plane) -> bool:
    """Whether the trained network takes other points than those of its batch, and as many as one likes."""
    grid = found.grid()
    try:
        values = found.story.values(found.story.frames[-1], found.scores, {found.data: grid})
    except (ValueError, IndexError):
        return False
    return values[found.scores].shape[:1] == grid.shape[:1]
