"""minigraph: a computational-graph micro-framework whose backprop can be seen.

Nodes hold NumPy arrays, ops connect them, a graph replays them forwards and backwards, and ``draw`` shows upstream ×
local = downstream on every edge.
"""

from minigraph.checks import GradientReport, check_gradients, check_op
from minigraph.data import batches, load, save
from minigraph.diagram import Diagram, compare, draw, draw_step
from minigraph.expand import expand
from minigraph.explain import Explanation, explain
from minigraph.formulas import Local
from minigraph.gradients import local_gradient, numerical_gradient
from minigraph.graph import Graph, Node, Op, Parameter
from minigraph.ops import (  # fmt: skip
    add, div, exp, log, matmul, max, maximum, mean, mul, neg, pick, pow, reshape, sub, sum, tanh, transpose,
)
from minigraph.optim import SGD, Optimizer
from minigraph.sequential import Sequential

__version__ = "0.1.0"
__all__ = [
    "SGD", "Diagram", "Explanation", "GradientReport", "Graph", "Local", "Node", "Op", "Optimizer", "Parameter",
    "Sequential", "add", "batches", "check_gradients", "check_op", "compare", "div", "draw", "draw_step", "exp",
    "expand", "explain", "load", "local_gradient", "log", "matmul", "max", "maximum", "mean", "mul", "neg",
    "numerical_gradient", "pick", "pow", "reshape", "save", "sub", "sum", "tanh", "transpose",
]  # fmt: skip
