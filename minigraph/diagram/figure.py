"""`draw` and the `Diagram` that it gives."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

from minigraph.diagram.content import Scene
from minigraph.diagram.dot import dot_source
from minigraph.diagram.engines import EngineError, render
from minigraph.diagram.look import Detail, Look
from minigraph.diagram.neurons import Neurons
from minigraph.diagram.style import THEMES
from minigraph.diagram.svg import finished
from minigraph.diagram.symbols import Symbols
from minigraph.files import write
from minigraph.graph import Graph, Node

__all__ = ["Detail", "Diagram", "Theme", "View", "draw"]

Theme = Literal["light", "dark"]
View = Literal["graph", "neurons", "neuron-gradients"]
FORMATS = ("svg", "png", "pdf", "dot")


class Diagram:
    """A drawn graph: DOT text, and the pictures that a layout engine makes of it. Shows itself in a notebook."""

    def __init__(self, source: str, title: str, description: str) -> None:
        self.source, self.title, self.description = source, title, description

    def svg(self) -> str:
        """The picture as SVG text; needs no system package."""
        return finished(render(self.source, "svg").decode(), self.title, self.description)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture, whole or not at all, in the format of the suffix; returns the path.

        .svg and .dot need no system package, .png and .pdf need Graphviz's dot. Errors: ValueError for another suffix;
        RuntimeError where no engine is there, with the DOT text saved beside, as .dot.
        """
        target = Path(path)
        format = target.suffix.lower().lstrip(".")
        if format not in FORMATS:
            raise ValueError(
                f"Diagram.save: {target.name!r} has the suffix {target.suffix!r}; "
                f"it must be one of .{', .'.join(FORMATS)}"
            )
        if format == "dot":
            return write(target, self.source.encode())
        try:
            picture = self.svg().encode() if format == "svg" else render(self.source, format)
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
    expand: int = 0,
    detail: Detail = "values",
    theme: Theme = "light",
    view: View = "graph",
    sample: int | None = None,
) -> Diagram:
    """A diagram of everything that `what` depends on: the forward that was computed last, and its gradients.

    Gradients read "not computed" until a backward has run, "stale" where a value has changed since the forward.
    expand: how many levels of composites to open (0: none) · detail: "symbols" (names only), "values", or "full" (the
    numbers of each local gradient too) · theme: "light" or "dark" · view: "neurons" draws a chain of Affine layers as
    units and weights with the values of one sample of the batch, "neuron-gradients" their gradients; `sample` says
    which one (0), and `expand` and `detail` say nothing there. Changes nothing in the graph. Errors: ValueError for
    another detail, theme or view, for a sample that is not there, and for neurons of another kind of network.
    """
    if detail not in ("symbols", "values", "full"):
        raise ValueError(f"draw: detail is {detail!r}, but must be 'symbols', 'values' or 'full'")
    if theme not in THEMES:
        raise ValueError(f"draw: theme is {theme!r}, but must be {' or '.join(map(repr, THEMES))}")
    if view not in ("graph", "neurons", "neuron-gradients"):
        raise ValueError(f"draw: view is {view!r}, but must be 'graph', 'neurons' or 'neuron-gradients'")
    if sample is not None and view == "graph":
        raise ValueError("draw: sample= is for view='neurons' and view='neuron-gradients'")
    root = what.output if isinstance(what, Graph) else what
    if not isinstance(root, Node):
        raise TypeError(f"draw: needs a Node or a Graph, got {type(what).__name__}")
    scene = Scene(root, expand if view == "graph" else 0)
    look = Look(scene, Symbols(scene), THEMES[theme], detail)
    if view != "graph":
        neurons = Neurons(look, view == "neurons", sample)
        return Diagram(neurons.source(), scene.title, neurons.description())
    return Diagram(dot_source(look), scene.title, scene.description())
