"""minigraph: a computational-graph micro-framework whose backprop can be seen.

Nodes hold NumPy arrays, ops connect them, a graph replays them forwards and backwards, and ``draw`` shows upstream ×
local = downstream on every edge.
"""

from typing import Any

from minigraph import hints, layers
from minigraph.checks import GradientReport, check_gradients, check_op
from minigraph.compile import Program
from minigraph.data import batches
from minigraph.diagram import Diagram, compare, draw, draw_step, save_page
from minigraph.expand import expand
from minigraph.explain import Explanation, explain
from minigraph.film import Film, Frame, record
from minigraph.formats import (
    OnnxFunction,
    Table,
    from_onnx,
    load,
    load_state_dict,
    read_csv,
    read_idx,
    save,
    state_dict,
    to_onnx,
)
from minigraph.formulas import Local
from minigraph.gradients import local_gradient, numerical_gradient
from minigraph.graph import Clock, Graph, Node, Op, Parameter
from minigraph.ops import (
    abs,
    add,
    broadcast_to,
    clip,
    concat,
    div,
    erf,
    exp,
    getitem,
    log,
    logit,
    matmul,
    max,
    maximum,
    mean,
    min,
    minimum,
    mul,
    neg,
    pick,
    pow,
    relu,
    reshape,
    sigmoid,
    sqrt,
    stack,
    sub,
    sum,
    tanh,
    transpose,
    where,
)
from minigraph.optim import (
    SGD,
    AdaGrad,
    Adam,
    AdamW,
    ConstantRate,
    CosineDecay,
    ExponentialDecay,
    Optimizer,
    ReduceOnPlateau,
    RMSProp,
    Schedule,
    StepDecay,
    clip_grad_norm,
    clip_grad_value,
)
from minigraph.plots import plot_decision_regions, plot_weights
from minigraph.sequential import Sequential
from minigraph.training import History, NotFiniteError, fit
from minigraph.worksheet import Worksheet, worksheet, worksheets

__version__ = "0.1.0"
__all__ = [
    "SGD", "AdaGrad", "Adam", "AdamW", "Clock", "ConstantRate", "CosineDecay", "Diagram", "Explanation",
    "ExponentialDecay", "Film", "Frame", "GradientReport", "Graph", "History", "Local", "Node", "NotFiniteError",
    "OnnxFunction", "Op", "Optimizer", "Parameter", "Program", "RMSProp", "ReduceOnPlateau", "Schedule", "Sequential",
    "StepDecay", "Table", "Worksheet", "abs", "add", "batches", "broadcast_to", "check_gradients", "check_op", "clip",
    "clip_grad_norm", "clip_grad_value", "compare", "concat", "div", "draw", "draw_step", "erf", "exp", "expand",
    "explain", "fit", "from_onnx", "getitem", "load", "load_state_dict", "local_gradient", "log", "logit", "matmul",
    "max", "maximum", "mean", "min", "minimum", "mul", "neg", "numerical_gradient", "pick", "plot_decision_regions",
    "plot_weights", "pow", "read_csv", "read_idx", "record", "relu", "reshape", "save", "save_page", "sigmoid", "sqrt",
    "stack", "state_dict", "sub", "sum", "tanh", "to_onnx", "transpose", "where", "worksheet", "worksheets",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in layers.__all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}: from minigraph.layers import {name}")
    hints.not_here(__name__, name)
