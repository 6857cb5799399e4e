"""The figures of docs/gallery.py, and how tests read an SVG."""

from __future__ import annotations

import re
import runpy
from collections.abc import Callable
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import minigraph as mg

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "pictures"
SCRIPT = runpy.run_path(str(ROOT / "docs" / "gallery.py"))
FIGURES: dict[str, tuple[str, str]] = SCRIPT["FIGURES"]
figure: Callable[[str], mg.Diagram] = cache(SCRIPT["figure"])
circuit: Callable[[], mg.Node] = SCRIPT["circuit"]
classifier: Callable[..., mg.Node] = SCRIPT["classifier"]
perceptron: Callable[[], mg.Node] = SCRIPT["perceptron"]
iris: Callable[[], mg.Node] = SCRIPT["iris"]
SVG = "{http://www.w3.org/2000/svg}"


def plain_id(group: ElementTree.Element) -> str:
    """An id without the prefix of its figure."""
    return group.get("id", "").partition("-")[2]


def texts(svg: str, inside: str = "") -> list[str]:
    """The visible texts of an SVG, or of the group with the id `inside`."""
    root = ElementTree.fromstring(svg)
    groups = [g for g in root.iter(f"{SVG}g") if plain_id(g) == inside] if inside else [root]
    return [(t.text or "") for g in groups for t in g.iter(f"{SVG}text")]


def groups(svg: str, kind: str) -> list[str]:
    """The ids of the groups that have the class `kind`."""
    return [plain_id(g) for g in ElementTree.fromstring(svg).iter(f"{SVG}g") if kind in g.get("class", "").split()]


def number(text: str) -> float:
    return float(text.replace("−", "-"))


def group(svg: str, name: str) -> ElementTree.Element:
    """The group with the id `name`."""
    return next(g for g in ElementTree.fromstring(svg).iter(f"{SVG}g") if plain_id(g) == name)


def labels(source: str) -> dict[str, list[str]]:
    """The texts of every node in DOT text, by its id: what `texts` reads off the SVG, without laying it out."""
    return {name: [t.text or "" for t in cells.iter("FONT") if t.text] for name, cells in _tables(source).items()}


def _tables(source: str) -> dict[str, ElementTree.Element]:
    found = {}
    for start in re.finditer(r"^\s*(\w+) \[label=<", source, re.MULTILINE):
        depth, end = 1, start.end()
        while depth:
            depth += {"<": 1, ">": -1}.get(source[end], 0)
            end += 1
        html = re.sub(r"</?[IB]>", "", source[start.end() : end - 1])
        found[start[1]] = ElementTree.fromstring(f"<X>{html}</X>")
    return found
