"""The last touch on an SVG: every text is anchored in its box, so that no font can push it out of place.

Layout engines guess how wide a text is, and guess wrong for ∂ or −, or for a font that the reader does not have. Each
text cell of our labels therefore has a background, if only a transparent one: the engine writes it as a polygon in
front of the text, and that rectangle is known exactly.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from minigraph.diagram.boxes import INSET

__all__ = ["finished"]

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
SANS = "Helvetica, Arial, 'Liberation Sans', 'Nanum Gothic', 'Malgun Gothic', 'Apple SD Gothic Neo', sans-serif"
SERIF = "Times, 'Times New Roman', 'Liberation Serif', 'Nanum Myeongjo', Batang, serif"
CAP_HEIGHT = 0.71


def finished(svg: str, title: str, description: str) -> str:
    """`svg` as a layout engine wrote it, made readable with any font and to a screen reader."""
    ElementTree.register_namespace("", SVG)
    ElementTree.register_namespace("xlink", XLINK)
    root = ElementTree.fromstring(svg)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag == f"{{{SVG}}}title":  # the engine's node ids, which a browser would show as tooltips
                parent.remove(child)
    for group in list(root.iter(f"{{{SVG}}}g")):
        _tooltip(group)
    for group in root.iter(f"{{{SVG}}}g"):
        _anchor(group)
    root.set("role", "img")
    for position, (tag, text) in enumerate((("title", title), ("desc", description))):
        element = ElementTree.Element(f"{{{SVG}}}{tag}")
        element.text = text
        root.insert(position, element)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _tooltip(group: ElementTree.Element) -> None:
    """A `tooltip` of the DOT text: engines write it as a link to nowhere; readers and browsers know <title>."""
    for place, child in enumerate(list(group)):
        link = child.find(f"{{{SVG}}}a")
        if link is not None and link.get(f"{{{XLINK}}}title") and not link.get(f"{{{XLINK}}}href"):
            title = ElementTree.Element(f"{{{SVG}}}title")
            title.text = link.get(f"{{{XLINK}}}title")
            group.remove(child)
            group[place:place] = [title, *link]


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
        else:
            box = _rectangle(child)
            if box is not None and not box[4]:
                group.remove(child)


def _rectangle(element: ElementTree.Element) -> tuple[float, float, float, float, bool] | None:
    """left, top, right, bottom of a cell's background, and whether it is to be seen."""
    if element.tag != f"{{{SVG}}}polygon":
        return None
    numbers = [float(n) for n in re.split(r"[ ,]", element.get("points", ""))]
    xs, ys = numbers[::2], numbers[1::2]
    seen = element.get("fill") not in ("none", "transparent")
    if not seen and element.get("stroke") not in ("none", "transparent"):
        return None
    return min(xs), min(ys), max(xs), max(ys), seen


def _short(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
