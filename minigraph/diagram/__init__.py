"""Pictures of a graph (values forward, gradients and local gradients backward), and its chain rule in formulas."""

from minigraph.diagram.explain import Explanation, explain
from minigraph.diagram.figure import Diagram, draw
from minigraph.graph import Graph

__all__ = ["Diagram", "Explanation", "draw", "explain"]

setattr(Graph, "draw", draw)
