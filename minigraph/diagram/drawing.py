"""`draw`: a graph as a diagram."""

from __future__ import annotations

import numpy as np

from minigraph.checks import check_edges
from minigraph.diagram.description import described
from minigraph.diagram.figure import Diagram
from minigraph.diagram.labels.look import Look
from minigraph.diagram.layout.dot import dot_source
from minigraph.diagram.neurons import Neurons
from minigraph.diagram.options import Detail, Direction, Language, Theme, View, as_root, as_row, checked, colours
from minigraph.diagram.web.player import Player
from minigraph.expand import Places, Which
from minigraph.graph import Graph, Node
from minigraph.scene.content import Edge, Scene
from minigraph.scene.snapshot import snapshot
from minigraph.scene.symbols import Symbols
from minigraph.scene.text import clean

__all__ = ["draw"]


@np.errstate(all="ignore")  # NaN and ∞ are drawn and marked
def draw(
    what: Node | Graph,
    *,
    view: View = "graph",
    expand: Which = 0,
    detail: Detail = "values",
    check: bool = False,
    sample: int | None = None,
    max_nodes: int | None = 40,
    direction: Direction = "LR",
    theme: Theme = "light",
    language: Language = "en",
    title: str | None = None,
    digits: int = 2,
    id: str | None = None,
) -> Diagram:
    """A diagram of everything that `what` depends on: the forward that was computed last, and its gradients.

    Gradients read "not computed" until a backward has run, "stale" where a value has changed since the forward; where
    NaN or ∞ was made first is marked.

    - expand: how many levels of composites to open (0: none), or the names of those to open ("Affine 2").
    - detail: "symbols" (names only), "values", or "full" (the numbers of each local gradient too).
    - check: compare every edge's gradient with finite differences; ✓ or ✗ and the relative error on its chip.
    - view: "graph"; "neurons" draws a chain of small Affine layers as units and weights, with the values of one sample,
      "neuron-gradients" with its gradients. Expand, detail, check, max_nodes and direction say nothing there. What is
      computed from weights alone, such as L2, is a term of the loss, and not drawn.
    - sample: show this row of the batch only. Parameters and their gradients stay whole.
    - max_nodes: a graph of more values is folded: of repeated blocks the first is drawn, and of what is still too much
      the part nearest to the output. None draws everything.
    - direction: "LR", or "TB" for top to bottom.
    - theme: "light", "dark", "print" (no hues), or "auto": light, and an SVG turns dark where its reader's system is.
    - language: of the words on it, "en" or "ko" · title: stands above it · digits: after the decimal point.
    - id: what the ids in its SVG begin with.

    Changes nothing in the graph. Errors: ValueError for another value of any of these.

    >>> x, y, z = mg.Node(-2.0, "x"), mg.Node(5.0, "y"), mg.Node(-4.0, "z")
    >>> f = (x + y) * z
    >>> f.backward()
    >>> mg.draw(f).save("circuit.svg").name
    'circuit.svg'
    """
    checked(
        "draw",
        max_nodes=max_nodes,
        title=title,
        digits=digits,
        view=view,
        detail=detail,
        direction=direction,
        theme=theme,
        language=language,
        id=id,
    )
    root, (palette, css), sample = as_root("draw", what), colours(theme), as_row("draw", sample)
    if view != "graph":
        scene = Scene(root)
        neurons = Neurons(
            Look(scene, Symbols(scene, language), palette, title=title, digits=digits), view == "neurons", sample
        )
        return Diagram(neurons.source(), clean(title, 200) if title else scene.title, neurons.description(), id, css)

    root = snapshot(root)  # a page may be saved after the next step

    def look_at(opened: Which | Places) -> Look:
        scene = Scene(root, opened)
        _check_sample(scene, sample)
        checks = {Edge(*place): found for place, found in check_edges(scene.graph).items()} if check else {}
        symbols = Symbols(scene, language)
        look = Look(scene, symbols, palette, detail, direction, sample, title, digits=digits, checks=checks)
        wrong = [edge.node for edge, found in checks.items() if not found.ok]
        # what a reader of a page opens is drawn, however much there is of it already
        most = None if max_nodes is None else max_nodes + len(scene.inside) * isinstance(opened, Places)
        scene.fold(most, {*wrong, *look.origins, *(edge.node for edge in look.edge_origins)})
        return look

    look = look_at(expand)
    heading = clean(title, 200) if title else look.scene.title
    player = Player(np.errstate(all="ignore")(look_at), look.scene.opened, heading, language, theme)
    return Diagram(dot_source(look), heading, described(look.symbols), id, css, player)


def _check_sample(scene: Scene, sample: int | None) -> None:
    if sample is None:
        return
    rows = min(scene.batched.values(), default=0)
    if not 0 <= sample < rows:
        has = f"the batch has rows 0 to {rows - 1}" if rows else "no input here has a batch axis"
        raise ValueError(f"draw: sample is {sample}, but {has}")
