"""How ops are computed in a program: one function for each, registered for its class."""

from minigraph.compile.rules import elementwise as elementwise
from minigraph.compile.rules import linear as linear
from minigraph.compile.rules import shapes as shapes
