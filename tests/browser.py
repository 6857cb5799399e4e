"""Figures as a real browser draws them, measured: where each text, shape and wire is, and in which colours."""

from __future__ import annotations

import json
import math
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import unescape
from pathlib import Path
from typing import Any

FRAMED = {"tensor", "op", "chip", "unit"}  # kinds of nodes that stand in a frame

Box = tuple[float, float, float, float]  # left, top, right, bottom
Point = tuple[float, float]

# a font a fifth wider than Helvetica, which is what readers get who have none of the fonts that the SVG asks for
WIDE = "body.wide text { font-family: 'DejaVu Sans', Verdana, sans-serif !important }"
QUIET = ("--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync",
         "--disable-component-update", "--disable-extensions", "--hide-scrollbars", "--force-device-scale-factor=1",
         "--host-resolver-rules=MAP * ~NOTFOUND", "--run-all-compositor-stages-before-draw")  # fmt: skip
UNCONFINED = "--no-sandbox"  # the sandbox does not start as root or in a container; the pages are our own


@dataclass(frozen=True)
class Part:
    """A shape or a text as it was drawn. `place`: its position in the order of drawing."""

    place: int
    tag: str
    owner: str
    kind: str
    box: Box
    fill: str
    stroke: str
    dash: str
    width: float
    text: str = ""
    ink: Box = (0, 0, 0, 0)
    points: tuple[Point, ...] = ()
    corners: int = 0
    round: float = 0

    @property
    def is_filled(self) -> bool:
        return self.fill not in ("none", "rgba(0, 0, 0, 0)")

    @property
    def kinds(self) -> list[str]:
        return self.kind.split()

    def covers(self, point: Point) -> bool:
        return self.distance(point) <= 0

    def distance(self, point: Point) -> float:
        """How far a point is from the edge of this shape; negative inside."""
        left, top, right, bottom = self.box
        across, down = (right - left) / 2, (bottom - top) / 2
        corner = min(across, down) if self.tag == "ellipse" else self.round
        x, y = abs(point[0] - left - across) - across + corner, abs(point[1] - top - down) - down + corner
        return math.hypot(max(x, 0), max(y, 0)) + min(max(x, y), 0) - corner


@dataclass(frozen=True)
class Wire:
    """An edge: the nodes at its ends, as DOT says them (tail first), and the line that was drawn."""

    id: str
    tail: str
    head: str
    forward: bool
    parts: tuple[Part, ...]

    @property
    def line(self) -> Part:
        return next(part for part in self.parts if part.tag == "path")

    @property
    def ends(self) -> tuple[str, str]:
        return self.tail.partition(":")[0], self.head.partition(":")[0]

    @property
    def tips(self) -> list[Part]:
        return [part for part in self.parts if part.tag != "path"]


@dataclass(frozen=True)
class Picture:
    """One figure."""

    name: str
    view: Box
    parts: tuple[Part, ...]
    source: str = field(repr=False)

    @cached_property
    def texts(self) -> list[Part]:
        return [part for part in self.parts if part.tag == "text"]

    @cached_property
    def nodes(self) -> dict[str, Part]:
        """The outline of each node, by its id: its frame, or a box around all of it where it has none."""
        found: dict[str, list[Part]] = {}
        for part in self.parts:
            if "node" in part.kinds:
                found.setdefault(part.owner, []).append(part)
        return {name: _outline(parts) for name, parts in found.items()}

    @cached_property
    def captions(self) -> dict[str, Part]:
        """What is written beside the nodes: the title and legend of the figure, and the titles of clusters."""
        found: dict[str, list[Part]] = {}
        for part in self.texts:
            if not {"node", "edge"} & {*part.kinds}:
                found.setdefault(part.owner, []).append(part)
        return {name: _around(parts) for name, parts in found.items()}

    @cached_property
    def wires(self) -> list[Wire]:
        drawn: dict[str, list[Part]] = {}
        for part in self.parts:
            if "edge" in part.kinds:
                drawn.setdefault(part.owner, []).append(part)
        arrows = re.findall(r"^\t+(\S+) -> (\S+)(?: \[(.*)\])?$", self.source, re.MULTILINE)
        found = []
        for n, (tail, head, look) in enumerate(arrows, 1):
            named = re.search(r"\bid=(\w+)", look)
            if parts := drawn.get(named[1] if named else f"edge{n}"):
                found.append(Wire(parts[0].owner, tail, head, "fwd" in parts[0].kinds, tuple(parts)))
        return found

    def ground(self, text: Part) -> Part:
        """What is painted right under the middle of a text."""
        middle = centre(text.box)
        under = self.parts[: text.place]
        return next(p for p in reversed(under) if p.is_filled and p.tag != "text" and p.covers(middle) and not p.points)


def _outline(parts: Sequence[Part]) -> Part:
    shapes = [part for part in parts if part.tag != "text"]
    return max(shapes, key=lambda part: area(part.box)) if FRAMED & {*parts[0].kinds} else _around(parts)


def _around(parts: Sequence[Part]) -> Part:
    """One box around several parts, as high as the ink of its texts."""
    boxes = [part.ink if part.tag == "text" else part.box for part in parts]
    lows, highs = (tuple(pick(box[n] for box in boxes) for n in side) for pick, side in ((min, (0, 1)), (max, (2, 3))))
    return replace(parts[-1], tag="polygon", box=(*lows, *highs), round=0)


def area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def centre(box: Box) -> Point:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def outside(inner: Box, outer: Box) -> float:
    """How far `inner` sticks out of `outer`, in points; negative where there is room."""
    return max(outer[0] - inner[0], outer[1] - inner[1], inner[2] - outer[2], inner[3] - outer[3])


def overlap(a: Box, b: Box) -> float:
    """How deep two boxes are in each other, in points; negative where they are apart."""
    return min(min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1]))


def page(svgs: Mapping[str, str], script: str = "", css: str = "") -> str:
    sections = "".join(f'<section id="{name}">{svg}</section>' for name, svg in svgs.items())
    look = f"body {{ margin: 0 }} section, svg {{ display: block }} {css}"
    return f'<!DOCTYPE html><meta charset="utf-8"><style>{look}</style><body>{sections}<script>{script}</script></body>'


def run(chromium: str, html: str, *options: str, timeout: float = 120) -> str:
    """What Chromium prints for a page of ours, started afresh, with nothing of the user's and without any network."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "page.html"
        path.write_text(html, encoding="utf-8")
        profile = f"--user-data-dir={folder}/profile"
        command = [chromium, *QUIET, UNCONFINED, profile, *options, path.as_uri()]
        done = subprocess.run(command, capture_output=True, timeout=timeout, check=True)
    return done.stdout.decode()


def measured(
    chromium: str, svgs: Mapping[str, str], sources: Mapping[str, str], *options: str
) -> dict[str, dict[str, Picture]]:
    """The figures with the fonts that are there ("own") and with a wider one ("wide")."""
    script = (Path(__file__).parent / "measure.js").read_text(encoding="utf-8")
    dumped = run(chromium, page(svgs, script, WIDE), "--dump-dom", *options)
    found = re.search(r'<pre id="measured">(.*?)</pre>', dumped, re.DOTALL)
    assert found is not None, f"the page did not come to its end: {dumped[:2000]}"
    fonts: dict[str, dict[str, Any]] = json.loads(unescape(found[1]))
    return {
        font: {
            name: Picture(name, tuple(figure["view"]), tuple(_parts(figure["parts"])), sources[name])
            for name, figure in figures.items()
        }
        for font, figures in fonts.items()
    }


def _parts(parts: list[dict[str, Any]]) -> Iterator[Part]:
    for place, part in enumerate(parts):
        part["owner"] = part["owner"].partition("-")[2]  # without the prefix of the figure
        for key in {"box", "ink"} & part.keys():
            part[key] = tuple(part[key])
        part["points"] = tuple(map(tuple, part.get("points", ())))
        yield Part(place=place, **part)
