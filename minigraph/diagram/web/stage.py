"""What an engine drew, taken apart: cards, gates, chips, wires and clusters that a page can move, dim and light up."""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.etree import ElementTree

from minigraph.diagram.labels.style import LIGHT
from minigraph.diagram.layout.svg import SVG, anchored
from minigraph.diagram.web.markup import NUMBER, as_text, graph_of, move, tenths

__all__ = ["Part", "Stage", "Wire", "shortened", "staged"]

FRAME = 2  # elements of a card that are its frame
Rectangle = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True)
class Part:
    """A card, gate, chip or cluster: the name that the DOT text gives it, its classes, place and size, and what is in
    it, drawn from its upper left corner on."""

    name: str
    kinds: str
    x: float
    y: float
    width: float
    height: float
    markup: str


@dataclass(frozen=True)
class Wire:
    """An edge from one part to another, drawn from where it begins. kinds: fwd or bwd."""

    tail: str
    head: str
    kinds: str
    x: float
    y: float
    markup: str


@dataclass(frozen=True)
class Stage:
    width: float
    height: float
    clusters: tuple[Part, ...]
    nodes: tuple[Part, ...]
    wires: tuple[Wire, ...]


def staged(svg: str) -> Stage:
    """A picture as a layout engine wrote it."""
    root = ElementTree.fromstring(svg)
    graph, *offset = graph_of(root)
    groups = [group for group in graph if group.tag == f"{{{SVG}}}g"]
    names = {group: group.findtext(f"{{{SVG}}}title", "") for group in groups}
    anchored(root)
    found: dict[str, list[Part]] = {"cluster": [], "node": []}
    wires = []
    for group in groups:
        kind, *rest = group.get("class", "").split()
        if kind == "edge":
            ends = [end.partition(":")[0] for end in names[group].split("->")]
            line = next(element.get("d", "") for element in group.iter(f"{{{SVG}}}path"))
            x, y = (float(n) for n in re.findall(NUMBER, line)[:2])
            markup = _written(group, -x, -y)
            wires.append(Wire(ends[0], ends[1], " ".join(rest), x + offset[0], y + offset[1], markup))
        else:
            if "tensor" in rest:
                _gather_caption(group)
            left, top, right, bottom = _extent(group)
            markup = _written(group, -left, -top)
            size = round(right - left, 1), round(bottom - top, 1)
            name = names[group].removeprefix("cluster_")
            found[kind].append(Part(name, " ".join(rest), left + offset[0], top + offset[1], *size, markup))
    width, height = (float(n) for n in root.get("viewBox", "").split()[2:])
    return Stage(width, height, tuple(found["cluster"]), tuple(found["node"]), tuple(wires))


def _gather_caption(card: ElementTree.Element) -> None:
    """What stands between a card's value and its gradient is about the gradient, and comes and goes with it."""
    rows = {group.get("id", "")[-1:]: group for group in card if group.get("class") == "row"}
    for kind, group in rows.items():
        del group.attrib["id"]
        group.remove(group[0])  # its tooltip, in place of which the page has one with all numbers
        group.set("data-row", kind)
    if "v" not in rows or "g" not in rows:
        return
    (*_, low), (left, top, right, bottom) = _extent(rows["v"]), _extent(rows["g"])
    above = [element for element in list(card)[FRAME:] if element not in rows.values()]
    for element in above:
        x1, y1, x2, y2 = _extent(element)
        inside = low <= (y1 + y2) / 2 <= top or (left <= (x1 + x2) / 2 <= right and top <= (y1 + y2) / 2 <= bottom)
        if inside and element.tag != f"{{{SVG}}}path":
            card.remove(element)
            rows["g"].append(element)


def _extent(element: ElementTree.Element) -> Rectangle:
    """The rectangle around an element; a text counts as the point where it is anchored."""
    xs: list[float] = []
    ys: list[float] = []
    for child in element.iter():
        if numbers := [float(n) for n in re.findall(NUMBER, child.get("points") or child.get("d") or "")]:
            xs += numbers[::2]
            ys += numbers[1::2]
        elif child.tag == f"{{{SVG}}}ellipse":
            x, y, rx, ry = (float(child.get(name, "0")) for name in ("cx", "cy", "rx", "ry"))
            xs += [x - rx, x + rx]
            ys += [y - ry, y + ry]
        elif child.tag == f"{{{SVG}}}text" and child is element:
            xs.append(float(child.get("x", "0")))
            ys.append(float(child.get("y", "0")))
    return (min(xs), min(ys), max(xs), max(ys)) if xs else (0.0, 0.0, 0.0, 0.0)


def _written(group: ElementTree.Element, dx: float, dy: float) -> str:
    """The elements in a group as text, moved, without what the page's style sheet says."""
    move(group, dx, dy)
    _shorten(group, is_wire="edge" in group.get("class", "").split())
    return as_text(group)


def shortened(svg: str) -> str:
    """A finished picture without what the page's style sheet says."""
    root = ElementTree.fromstring(svg)
    _shorten(root, is_wire=False)
    return re.sub(r"\n", "", ElementTree.tostring(root, encoding="unicode")).replace(" />", "/>")


def _shorten(group: ElementTree.Element, is_wire: bool) -> None:
    for parent in list(group.iter()):
        if parent.get("class") == "row":
            _merge_cells(parent)
        before = None
        for element in list(parent):
            attributes = element.attrib
            # what is filled comes a second time, for its outline
            if before is not None and before.get("d") and before.get("d") == attributes.get("d"):
                before.set("stroke", attributes.get("stroke", "none"))
                before.attrib |= {name: attributes[name] for name in ("stroke-width",) if name in attributes}
                parent.remove(element)
                continue
            before = element
            if attributes.get("stroke") == "none" and attributes.get("fill") not in (None, "none"):
                del attributes["stroke"]
            if element.tag == f"{{{SVG}}}text":
                if attributes.pop("font-family", "").startswith("Times"):
                    attributes["class"] = "t"
                    attributes.pop("font-style", "")
                attributes.pop("{http://www.w3.org/XML/1998/namespace}space", "")
                attributes["font-size"] = tenths(float(attributes.get("font-size", "10")))
                for name, usual in (("font-size", "10"), ("fill", LIGHT.ink.lower()), ("text-anchor", "middle")):
                    if attributes.get(name) == usual:
                        del attributes[name]
            elif is_wire:
                for name in ("stroke-width", "stroke-dasharray"):
                    attributes.pop(name, "")
                if attributes.get("fill") == "none":
                    del attributes["fill"]
            elif corners := _corners(attributes.get("points", "")):
                _as_path(element, corners)


def _merge_cells(row: ElementTree.Element) -> None:
    """The cells of one colour as one path; texts come after all of them."""
    merged: dict[str | None, ElementTree.Element] = {}
    for cell in [element for element in row if element.get("stroke") == "none"]:
        if corners := _corners(cell.get("points", "")):
            _as_path(cell, corners)
            first = merged.setdefault(cell.get("fill"), cell)
            if first is not cell:
                first.set("d", first.get("d", "") + cell.get("d", ""))
            row.remove(cell)
    for place, cell in enumerate(merged.values()):
        row.insert(place, cell)


def _as_path(polygon: ElementTree.Element, corners: Rectangle) -> None:
    left, top, right, bottom = map(tenths, corners)
    polygon.tag = f"{{{SVG}}}path"
    polygon.set("d", f"M{left},{top}H{right}V{bottom}H{left}z")
    del polygon.attrib["points"]


def _corners(points: str) -> Rectangle | None:
    """left, top, right, bottom, if the points are those of an upright rectangle."""
    numbers = [float(n) for n in re.findall(NUMBER, points)]
    xs, ys = numbers[:8:2], numbers[1:8:2]
    if len(numbers) != 10 or len({*xs}) != 2 or len({*ys}) != 2:
        return None
    return min(xs), min(ys), max(xs), max(ys)
