"""Pictures of a graph: values forward, gradients backward, and on every backward edge the local gradient."""

from minigraph.diagram.compare import compare
from minigraph.diagram.drawing import draw
from minigraph.diagram.figure import Diagram, save_page
from minigraph.diagram.step import draw_step
from minigraph.graph import Graph

__all__ = ["Diagram", "compare", "draw", "draw_step", "save_page"]

setattr(Graph, "draw", draw)
