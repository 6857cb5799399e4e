"""The last touch on an SVG: every text is anchored in its box, so that no font can push it out of place.

Layout engines guess how wide a text is, and guess wrong for ∂ or −, or for a font that the reader does not have. Each
text cell of our labels therefore has a background, if only a transparent one: the engine writes it as a polygon in
front of the text, and that rectangle is known exactly.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from minigraph.diagram.labels.boxes import INSET

__all__ = ["SVG", "anchored", "finished", "rectangle"]

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
SANS = "Helvetica, Arial, 'Liberation Sans', 'Nanum Gothic', 'Malgun Gothic', 'Apple SD Gothic Neo', sans-serif"
SERIF = "Times, 'Times New Roman', 'Liberation Serif', 'Nanum Myeongjo', Batang, serif"
CAP_HEIGHT = 0.71
NOTHING = ("none", "transparent")


def finished(svg: str, title: str, description: str, prefix: str, css: str = "") -> str:
    """`svg` as a layout engine wrote it, made readable with any font and to a screen reader; its ids get a prefix."""
    root = ElementTree.fromstring(svg)
    anchored(root)
    for group in root.iter(f"{{{SVG}}}g"):
        if "id" in group.attrib:
            group.set("id", f"{prefix}-{group.get('id')}")
    root.set("role", "img")
    root.set("id", prefix)
    parts = [("title", title), ("desc", description), *([("style", css)] if css else [])]
    for position, (tag, text) in enumerate(parts):
        element = ElementTree.Element(f"{{{SVG}}}{tag}")
        element.text = text
        root.insert(position, element)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def anchored(root: ElementTree.Element) -> None:
    """Every text of a picture is put in its place, and what an engine said of it for itself is taken away."""
    ElementTree.register_namespace("", SVG)
    ElementTree.register_namespace("xlink", XLINK)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag == f"{{{SVG}}}title":  # the engine's node ids, which a browser would show as tooltips
                parent.remove(child)
    for group in list(root.iter(f"{{{SVG}}}g")):
        _unlink(group)
        _anchor(group)


def _unlink(group: ElementTree.Element) -> None:
    """What has a tooltip came as a link, to itself or to nowhere: the tooltip stays, as the <title> that browsers show.

    A link to itself is a row of a card, which keeps its id.
    """
    for place, child in enumerate(list(group)):
        link = child.find(f"{{{SVG}}}a")
        if link is None or not link.get(f"{{{XLINK}}}title"):
            continue
        tooltip = ElementTree.Element(f"{{{SVG}}}title")
        tooltip.text = link.get(f"{{{XLINK}}}title")
        if link.get(f"{{{XLINK}}}href"):
            child[:] = [tooltip, *link]
            child.set("id", child.get("id", "").removeprefix("a_"))
            child.set("class", "row")
        else:
            group.remove(child)
            group[place:place] = [tooltip, *link]


def _anchor(group: ElementTree.Element) -> None:
    box = None
    for child in list(group):
        if child.tag == f"{{{SVG}}}text":
            size = float(child.get("font-size", "10"))
            child.set("font-family", SERIF if child.get("font-family", "").startswith("Times") else SANS)
            if box is not None:
                left, top, right, bottom, filled = box
                digits = filled and size == 10
                child.set("text-anchor", "end" if digits else "middle")
                child.set("x", _short(right - INSET if digits else (left + right) / 2))
                child.set("y", _short((top + bottom) / 2 + CAP_HEIGHT * size / 2))
            box = None
        elif not _is_outline(child):
            box = rectangle(child)
            if box is not None and not box[4]:
                group.remove(child)


def rectangle(element: ElementTree.Element) -> tuple[float, float, float, float, bool] | None:
    """left, top, right, bottom of a cell's background, and whether it is to be seen."""
    if element.tag != f"{{{SVG}}}polygon":
        return None
    numbers = [float(n) for n in re.split(r"[ ,]", element.get("points", ""))]
    xs, ys = numbers[::2], numbers[1::2]
    return min(xs), min(ys), max(xs), max(ys), element.get("fill") not in NOTHING


def _is_outline(element: ElementTree.Element) -> bool:
    """Whether it is the line around a cell, which says nothing new of where the cell is."""
    polygon = element.tag == f"{{{SVG}}}polygon"
    return polygon and element.get("fill") in NOTHING and element.get("stroke") not in NOTHING


def _short(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
