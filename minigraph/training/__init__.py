"""The usual loop around a graph: `fit`, with what it saw, what it keeps on disk, and where NaN began."""

from minigraph.training.fit import fit
from minigraph.training.history import History
from minigraph.training.watch import NotFiniteError

__all__ = ["History", "NotFiniteError", "fit"]
