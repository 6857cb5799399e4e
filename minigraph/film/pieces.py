"""Pictures that are alike, as one picture and what of it changes: a page with a hundred of them stays small."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

from minigraph.diagram.layout.svg import SVG, anchored
from minigraph.diagram.web.markup import NUMBER, as_text, graph_of, move, tenths

__all__ = ["alike"]

PIECE = re.compile(r'(?<==")[^"]*(?=")|(?<=>)[^<>]+(?=<)')  # values of attributes, and texts
Changes = list[Any]


def alike(svgs: Sequence[str]) -> dict[str, Any]:
    """box: the viewBox of all · parts: the groups of the pictures, in order of the first picture that has each.

    A part has patterns, lists of texts between which something changes, and for each picture: which pattern, then what
    goes between; 0 where it is as in the picture before, [] where the part is missing.
    """
    pictures = [_groups(svg) for svg in svgs]
    names = list(dict.fromkeys(name for _, groups in pictures for name in groups))
    boxes = [box for box, _ in pictures]
    size = [max(box[axis] for box in boxes) for axis in (2, 3)]
    return {"box": [0, 0, *size], "parts": [_part([groups.get(name) for _, groups in pictures]) for name in names]}


def _part(texts: Sequence[str | None]) -> dict[str, Any]:
    patterns: dict[tuple[str, ...], list[list[str]]] = {}
    where: list[tuple[int, int] | None] = []
    numbers: dict[tuple[str, ...], int] = {}
    for text in texts:
        if text is None:
            where.append(None)
            continue
        pattern = tuple(PIECE.split(text))
        number = numbers.setdefault(pattern, len(numbers))
        found = patterns.setdefault(pattern, [])
        found.append(PIECE.findall(text))
        where.append((number, len(found) - 1))
    written, changes = [], []
    for pattern, rows in patterns.items():
        changing = [n for n, column in enumerate(zip(*rows)) if len(set(column)) > 1]
        written.append(_with_constants(pattern, rows[0], changing))
        changes.append([[row[n] for n in changing] for row in rows])
    frames: list[Any] = []
    before: Any = None
    for place in where:
        now = [] if place is None else [place[0], *changes[place[0]][place[1]]]
        frames.append(0 if now == before else now)
        before = now
    return {"patterns": written, "frames": frames}


def _with_constants(pattern: Sequence[str], values: Sequence[str], changing: Sequence[int]) -> list[str]:
    """The texts between what changes."""
    texts = [pattern[0]]
    for n, value in enumerate(values):
        if n in changing:
            texts.append(pattern[n + 1])
        else:
            texts[-1] += value + pattern[n + 1]
    return texts


def _groups(svg: str) -> tuple[list[float], dict[str, str]]:
    """The viewBox, and each group of nodes and edges as text, in tenths of a point, by its id."""
    root = ElementTree.fromstring(svg)
    anchored(root)
    graph, dx, dy = graph_of(root)
    groups = {}
    for group in graph:
        if group.tag == f"{{{SVG}}}g" and len(group):
            name = group.get("id", "")  # which the text will not have
            groups[name] = _written(group, dx, dy)
    return [float(n) for n in root.get("viewBox", "").split()], groups


def _written(group: ElementTree.Element, dx: float, dy: float) -> str:
    for element in group.iter():
        if element.tag == f"{{{SVG}}}path" and "edge" in group.get("class", ""):
            _straighten(element)
        for name in ("rx", "ry", "stroke-width"):
            if value := element.get(name):
                element.set(name, tenths(float(value)))
        if element.get("font-family", "").startswith("Times"):
            element.set("class", "t")
        for name in ("id", "font-family", "font-style", "{http://www.w3.org/XML/1998/namespace}space"):
            element.attrib.pop(name, None)
    move(group, dx, dy)
    return f'<g class="{group.get("class", "")}">{as_text(group)}</g>'


def _straighten(path: ElementTree.Element) -> None:
    """All arrows here are straight: both ends say where they are."""
    numbers = re.findall(NUMBER, path.get("d", ""))
    path.set("d", f"M{numbers[0]},{numbers[1]}L{numbers[-2]},{numbers[-1]}")
