"""`draw` and the `Diagram` that it gives."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, Literal
from zlib import crc32

from minigraph.checks import check_edges
from minigraph.diagram.content import Edge, Scene
from minigraph.diagram.description import described
from minigraph.diagram.dot import dot_source
from minigraph.diagram.engines import EngineError, render
from minigraph.diagram.look import Detail, Direction, Look
from minigraph.diagram.phrases import LANGUAGES, Language
from minigraph.diagram.style import THEMES, dark_css
from minigraph.diagram.svg import finished
from minigraph.diagram.symbols import Symbols
from minigraph.diagram.text import clean
from minigraph.expand import Which
from minigraph.files import write
from minigraph.graph import Graph, Node

__all__ = ["Detail", "Diagram", "Theme", "draw"]

Theme = Literal["light", "dark", "auto", "print"]
FORMATS = ("svg", "png", "pdf", "dot")


class Diagram:
    """A drawn graph: DOT text, and the pictures that a layout engine makes of it. Shows itself in a notebook."""

    def __init__(self, source: str, title: str, description: str, id: str | None = None, css: str = "") -> None:
        self.source, self.title, self.description, self.css = source, title, description, css
        self.id = id or f"mg{crc32(source.encode()):08x}"

    def svg(self, engine: str | None = None) -> str:
        """The picture as SVG text; needs no system package. Its ids begin with `self.id`, so that pictures can meet.

        engine: as for `save`.
        """
        return finished(render(self.source, "svg", engine).decode(), self.title, self.description, self.id, self.css)

    def save(self, path: str | os.PathLike[str], engine: str | None = None) -> Path:
        """Write the picture, whole or not at all, in the format of the suffix; returns the path.

        .dot and .svg need no system package. The engines, the first that is installed being taken:

        - .svg: "graphviz-pure", "dot", "pygraphviz"
        - .png: "dot", "pygraphviz", "resvg", "graphviz-pure" (which has few symbols, and warns of those it lacks)
        - .pdf: "dot", "pygraphviz"

        engine: takes this one and no other. So does the environment variable MINIGRAPH_ENGINE, but only for formats
        that the engine can do. An engine that fails is passed over with a RuntimeWarning, unless you asked for it.
        Errors: ValueError for another suffix or engine; RuntimeError where no engine is there, or none could draw, with
        the DOT text saved beside, as .dot.
        """
        target = Path(path)
        format = target.suffix.lower().lstrip(".")
        if format not in FORMATS:
            raise ValueError(
                f"Diagram.save: {target.name!r} has the suffix {target.suffix!r}; "
                f"it must be one of .{', .'.join(FORMATS)}"
            )
        if format == "dot":
            if engine is not None:
                raise ValueError(f"Diagram.save: {target.name!r} is the DOT text as it is, and needs no engine")
            return write(target, self.source.encode())
        try:
            picture = self.svg(engine).encode() if format == "svg" else render(self.source, format, engine)
        except EngineError as error:
            rescued = write(target.with_suffix(".dot"), self.source.encode())
            raise EngineError(f"{target} was not drawn: {error}. The DOT text is in {rescued}") from error
        return write(target, picture)

    def _repr_svg_(self) -> str:
        return self.svg()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"image/svg+xml": self.svg(), "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"<Diagram: {len(self.source):,} characters of DOT; .save('picture.svg')>"


def draw(
    what: Node | Graph,
    *,
    expand: Which = 0,
    detail: Detail = "values",
    check: bool = False,
    sample: int | None = None,
    max_nodes: int | None = 40,
    direction: Direction = "LR",
    theme: Theme = "light",
    language: Language = "en",
    title: str | None = None,
    id: str | None = None,
) -> Diagram:
    """A diagram of everything that `what` depends on: the forward that was computed last, and its gradients.

    Gradients read "not computed" until a backward has run, "stale" where a value has changed since the forward; where
    NaN or ∞ was made first is marked.

    - expand: how many levels of composites to open (0: none), or the names of those to open ("Affine 2").
    - detail: "symbols" (names only), "values", or "full" (the numbers of each local gradient too).
    - check: compare every edge's gradient with finite differences; ✓ or ✗ and the relative error on its chip.
    - sample: show this row of the batch only. Parameters and their gradients stay whole.
    - max_nodes: a graph of more values is folded: of repeated blocks the first is drawn, and of what is still too much
      the part nearest to the output. None draws everything.
    - direction: "LR", or "TB" for top to bottom.
    - theme: "light", "dark", "print" (no hues), or "auto": light, and an SVG turns dark where its reader's system is.
    - language: of the words on it, "en" or "ko" · title: stands above it · id: what the ids in its SVG begin with.

    Changes nothing in the graph. Errors: ValueError for another value of any of these.
    """
    for name, value, known in (
        ("detail", detail, ("symbols", "values", "full")),
        ("direction", direction, ("LR", "TB")),
        ("theme", theme, (*THEMES, "auto")),
        ("language", language, LANGUAGES),
    ):
        if value not in known:
            raise ValueError(f"draw: {name} is {value!r}, but must be one of {', '.join(map(repr, known))}")
    if id is not None and not re.fullmatch(r"[A-Za-z][\w-]{0,40}", id, re.ASCII):
        raise ValueError(f"draw: id is {id!r}, but must be a letter, then at most 40 letters, digits, _ or -")
    root = what.output if isinstance(what, Graph) else what
    if not isinstance(root, Node):
        raise TypeError(f"draw: needs a Node or a Graph, got {type(what).__name__}")
    scene = Scene(root, expand, max_nodes)
    symbols = Symbols(scene, language)
    _check_sample(scene, sample)
    checks = {Edge(*place): found for place, found in check_edges(scene.graph).items()} if check else {}
    palette = THEMES["light" if theme == "auto" else theme]
    look = Look(scene, symbols, palette, detail, direction, sample, title, checks=checks)
    heading = clean(title, 200) if title else scene.title
    return Diagram(dot_source(look), heading, described(symbols), id, dark_css() if theme == "auto" else "")


def _check_sample(scene: Scene, sample: int | None) -> None:
    if sample is None:
        return
    rows = min(scene.batched.values(), default=0)
    if not 0 <= sample < rows:
        has = f"the batch has rows 0 to {rows - 1}" if rows else "no input here has a batch axis"
        raise ValueError(f"draw: sample is {sample}, but {has}")
