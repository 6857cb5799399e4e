"""Which composites of a diagram a reader can open, and which combinations of them are on the page."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import product

from minigraph.diagram.labels.look import Look
from minigraph.expand import Place, Places, is_composite
from minigraph.graph import Node
from minigraph.scene.content import Scene

__all__ = ["can_open", "states"]

MOST_STATES = 24  # pictures on one page, and what was open at first; of more, one composite is open at a time, or all
MOST_COMPOSITES = 60
MOST_VALUES = 160  # of a picture with everything opened


def can_open(node: Node) -> bool:
    """Whether an op is drawn as a block that has a definition inside."""
    return is_composite(node) and node.op is not None and not node.op.gate


def states(first: Places, look_at: Callable[[Places], Look]) -> dict[Places, Look]:
    """The combinations of what is open, `first` before the others, and how each looks."""
    looks: dict[Places, Look] = {first: look_at(first)}
    closed = looks[first].scene if not first else look_at(Places()).scene
    inside = _inside(closed, look_at)
    for places in _combinations(inside):
        if places not in looks:
            look = look_at(places)
            if places <= look.scene.opened and (len(looks) < 2 or len(look.scene.nodes) <= MOST_VALUES):
                looks[places] = look
    return looks


def _closed(scene: Scene) -> list[Place]:
    return [scene.places[node] for node in scene.ops if can_open(node) and node in scene.places]


def _inside(closed: Scene, look_at: Callable[[Places], Look]) -> dict[Place, list[Place]]:
    """Each composite that is drawn while all are closed, and each one inside it; () stands for the whole graph."""
    found: dict[Place, list[Place]] = {(): _closed(closed)}
    level = found[()][:MOST_COMPOSITES]
    while level and len(found) < MOST_COMPOSITES:
        scene = look_at(Places(place for places in found.values() for place in places)).scene
        inner = _closed(scene)
        for place in level:
            if place not in scene.opened:  # it has no definition for these settings
                found[place[:-1]].remove(place)
            else:
                found[place] = [each for each in inner if each[:-1] == place]
        level = [each for place in level for each in found.get(place, ())]
    return found


def _combinations(inside: dict[Place, list[Place]]) -> Iterator[Places]:
    every = [place for places in inside.values() for place in places]
    if _count((), inside) <= MOST_STATES:
        yield from _all((), inside)
        return
    yield Places()
    for place in every[: MOST_STATES - 3]:
        yield Places(place[:n] for n in range(1, len(place) + 1))
    yield Places(inside[()])
    yield Places(every)


def _count(place: Place, inside: dict[Place, list[Place]]) -> int:
    """How many combinations there are inside a place, itself being open."""
    return math.prod(1 + _count(inner, inside) for inner in inside.get(place, ()))


def _all(place: Place, inside: dict[Place, list[Place]]) -> Iterator[Places]:
    choices = []
    for inner in inside.get(place, ()):
        choices.append([Places(), *(Places({inner}) | more for more in _all(inner, inside))])
    for chosen in product(*choices):
        yield Places(each for places in chosen for each in places)
