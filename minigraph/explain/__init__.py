"""The chain rule for one node in formulas and numbers: as text, and as LaTeX."""

from minigraph.explain.explanation import Explanation, explain

__all__ = ["Explanation", "explain"]
