"""The `Diagram` that drawing gives: DOT text, and the files that layout engines make of it."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path
from zlib import crc32

from minigraph.diagram.labels.style import SCOPE
from minigraph.diagram.layout.engines import EngineError, render
from minigraph.diagram.layout.svg import finished
from minigraph.diagram.web.notebook import framed
from minigraph.diagram.web.player import Player, page
from minigraph.files import write

__all__ = ["Diagram", "save_page"]

FORMATS = ("svg", "html", "png", "pdf", "dot")
SHOWN = frozenset({"text/plain", "image/svg+xml", "text/html"})  # in a notebook


class Diagram:
    """A drawn graph: DOT text, and the pictures that a layout engine makes of it. Shows itself in a notebook.

    >>> picture = mg.draw(mg.exp(mg.Node(0.0, "x")))
    >>> picture.svg()[:4], picture.source[:7]
    ('<svg', 'digraph')
    """

    def __init__(
        self, source: str, title: str, description: str, id: str | None = None, css: str = "",
        player: Player | None = None,
    ) -> None:  # fmt: skip
        self.source, self.title, self.description, self.player = source, title, description, player
        self.id = id or f"mg{crc32((source + css).encode()):08x}"
        self.css = css.replace(SCOPE, f"#{self.id} ")

    def svg(self, engine: str | None = None) -> str:
        """The picture as SVG text; needs no system package. Its ids begin with `self.id`, so that pictures can meet.

        engine: as for `save`.
        """
        return finished(render(self.source, "svg", engine).decode(), self.title, self.description, self.id, self.css)

    def html(self) -> str:
        """A whole page that steps through the graph, forward and backward, in any browser and without a network.

        Errors: ValueError for a picture that has no steps: of `compare`, `draw_step` or neurons.
        """
        return _page([self], self.title)

    def figure(self) -> str:
        """What of `html` is this diagram's: for pages with several."""
        if self.player is None:
            raise ValueError("Diagram.html: only what draw makes of a graph has steps; save this picture as .svg")
        return self.player.figure(self.id, self.svg())

    def save(self, path: str | os.PathLike[str], engine: str | None = None) -> Path:
        """Write the picture, whole or not at all, in the format of the suffix; returns the path.

        .dot, .svg and .html need no system package. .html is a page to step through, which is one file and asks no
        network for anything: of what `draw` makes of a graph. The engines, the first that is installed being taken:

        - .svg: "graphviz-pure", "dot", "pygraphviz"
        - .png: "dot", "pygraphviz", "resvg", "graphviz-pure" (which has few symbols, and warns of those it lacks)
        - .pdf: "dot", "pygraphviz"

        engine: takes this one and no other. So does the environment variable MINIGRAPH_ENGINE, but only for formats
        that the engine can do. An engine that fails is passed over with a RuntimeWarning, unless you asked for it.
        Errors: ValueError for another suffix or engine; RuntimeError where no engine is there, or none could draw, with
        the DOT text saved beside, as .png.dot.
        """
        target = Path(path)
        format = target.suffix.lower().lstrip(".")
        if format not in FORMATS:
            raise ValueError(
                f"Diagram.save: {target.name!r} has the suffix {target.suffix!r}; "
                f"it must be one of .{', .'.join(FORMATS)}"
            )
        if format in ("dot", "html"):
            if engine is not None:
                raise ValueError(f"Diagram.save: {target.name!r} is written by no engine that you could choose")
            return write(target, (self.source if format == "dot" else self.html()).encode())
        try:
            picture = self.svg(engine).encode() if format == "svg" else render(self.source, format, engine)
        except EngineError as error:
            rescued = write(target.with_name(f"{target.name}.dot"), self.source.encode())
            raise EngineError(f"{target} was not drawn: {error}. The DOT text is in {rescued}") from error
        return write(target, picture)

    def _repr_svg_(self) -> str | None:
        """None where it cannot be drawn: a notebook then shows what `_repr_mimebundle_` says of it."""
        return self._repr_mimebundle_({"image/svg+xml"}).get("image/svg+xml")

    def _repr_html_(self) -> str | None:
        """The page to step through, in a frame; None where there is none: a notebook then shows the picture."""
        return self._repr_mimebundle_({"text/html"}).get("text/html")

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, str]:
        """The picture, the page to step through in a frame, and a line of text."""
        kinds = SHOWN.intersection(include or SHOWN).difference(exclude or ())
        bundle = {"text/plain": repr(self)}
        try:
            bundle["image/svg+xml"] = svg = self.svg()
            if self.player is not None and "text/html" in kinds:
                language, theme = self.player.language, self.player.theme
                whole = page([self.player.figure(self.id, svg, at_end=True)], self.title, language, theme)
                bundle["text/html"] = framed(whole, svg, self.title, language)
        except EngineError as error:
            bundle["text/plain"] += f"\n{error}"
        return {kind: shown for kind, shown in bundle.items() if kind in kinds}

    def __repr__(self) -> str:
        return f"<Diagram: {len(self.source):,} characters of DOT; .save('picture.svg')>"


def save_page(path: str | os.PathLike[str], *diagrams: Diagram, title: str | None = None) -> Path:
    """One interactive page (.html) of several diagrams, below each other, each with its own steps; returns the path.

    title: of the whole page, else the first diagram's. Errors: TypeError for what is no Diagram; ValueError for none,
    for two with one id, for one that has no steps (of `compare`, `draw_step` or neurons), and for another suffix.

    >>> x = mg.Node(2.0, "x")
    >>> mg.save_page("two.html", mg.draw(x * x, id="square"), mg.draw(mg.exp(x), id="exp")).name
    'two.html'
    """
    target = Path(path)
    if target.suffix.lower() != ".html":
        raise ValueError(f"save_page: {target.name!r} has the suffix {target.suffix!r}; it must be .html")
    for diagram in diagrams:
        if not isinstance(diagram, Diagram):
            raise TypeError(f"save_page: needs diagrams, as draw gives them, got {type(diagram).__name__}")
    ids = [diagram.id for diagram in diagrams]
    if twice := sorted({id for id in ids if ids.count(id) > 1}):
        raise ValueError(f"save_page: two diagrams have the id {twice[0]!r}; draw one of them with another id=")
    if not diagrams:
        raise ValueError("save_page: needs at least one diagram")
    return write(target, _page(diagrams, title or diagrams[0].title).encode())


def _page(diagrams: Sequence[Diagram], title: str) -> str:
    figures = [diagram.figure() for diagram in diagrams]
    players = [diagram.player for diagram in diagrams if diagram.player is not None]
    return page(figures, title, players[0].language, players[0].theme)
