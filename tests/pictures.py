"""The figures of docs/gallery.py, and how tests read an SVG."""

from __future__ import annotations

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
