"""Pictures of a graph: values forward, gradients backward, and on every backward edge the local gradient."""

from minigraph.diagram.figure import Diagram, draw
from minigraph.graph import Graph

__all__ = ["Diagram", "draw"]

setattr(Graph, "draw", draw)
