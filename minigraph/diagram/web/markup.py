"""What an engine drew, as a page has it: moved to where it belongs, in tenths of a point, without namespaces."""

from __future__ import annotations

import re
from xml.etree import ElementTree

__all__ = ["NUMBER", "as_text", "graph_of", "move", "tenths"]

NUMBER = r"-?\d+(?:\.\d+)?"


def graph_of(root: ElementTree.Element) -> tuple[ElementTree.Element, float, float]:
    """The group with the whole graph, and how far everything in it is to be moved."""
    graph = next(group for group in root.iter() if group.get("class") == "graph")
    shift = re.search(rf"translate\(({NUMBER})[ ,]({NUMBER})\)", graph.get("transform", ""))
    assert shift is not None
    return graph, float(shift[1]), float(shift[2])


def move(group: ElementTree.Element, dx: float, dy: float) -> None:
    """Everything in a group, by so much."""

    def moved(match: re.Match[str]) -> str:
        return f"{tenths(float(match[1]) + dx)},{tenths(float(match[2]) + dy)}"

    for element in group.iter():
        for name in ("points", "d"):
            if points := element.get(name):
                element.set(name, re.sub(rf"({NUMBER})[ ,]({NUMBER})", moved, points))
        for name, by in (("x", dx), ("cx", dx), ("y", dy), ("cy", dy)):
            if value := element.get(name):
                element.set(name, tenths(float(value) + by))


def as_text(group: ElementTree.Element) -> str:
    """What is in a group, for a place where its namespaces are known."""
    text = "".join(ElementTree.tostring(child, encoding="unicode") for child in group)
    return re.sub(r' xmlns(:\w+)?="[^"]*"|\n', "", text).replace(" />", "/>")


def tenths(value: float) -> str:
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text
