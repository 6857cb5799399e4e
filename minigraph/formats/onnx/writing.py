"""A graph out of minigraph into an ONNX file."""

from __future__ import annotations

import os
from collections.abc import Collection

import numpy as np
from numpy.typing import DTypeLike

from minigraph.expand import expand, is_composite
from minigraph.files import write
from minigraph.formats.onnx.model import Model
from minigraph.formats.onnx.operators import UNTRAINED, is_known, written
from minigraph.graph import Clock, Constant, Graph, Node, Op, Parameter
from minigraph.naming import is_number, node_names, op_titles
from minigraph.ops import DropoutMask
from minigraph.order import topological_order

__all__ = ["to_onnx"]


def to_onnx(
    path: str | os.PathLike[str],
    output: Node | Graph,
    *,
    batch: Collection[str] | None = None,
    dtype: DTypeLike | None = None,
) -> None:
    """Write what computes `output`, as `Graph.evaluate` does it, as an ONNX file (opset 20), whole or not at all.

    | here | in the file |
    |---|---|
    | parameters | initializers of the same names |
    | other leaves (`mg.Node(X, "x")`) | inputs |
    | numbers and bare arrays | constants |
    | `Dropout` | nothing |
    | `BatchNorm` | its running statistics, whatever step it was given |
    | `Affine` | Gemm; MatMul and Add where x is no matrix |
    | `Conv2D`, `MaxPool2D`, `AvgPool2D`, `Flatten` | Conv, MaxPool, AveragePool, Flatten |
    | `LayerNorm`, `Embedding` | LayerNormalization, Gather |
    | `Softmax`, `LogSoftmax`, `ReLU`, `LeakyReLU`, `GELU`, `Sigmoid`, `Tanh`, `Softplus` | the operator of that name |
    | primitives, but `pick` and indexing by arrays | the operator of that name |
    | any other composite (`Attention`, `SiLU`, …) | its definition, if that consists of the above |

    batch: the inputs whose first axis may have any size; None: those whose first axis is as long as the first input's.
    dtype: the type of all floating-point numbers; None: as they are. Runtimes are made for float32: onnxruntime has no
    Conv of float64.
    Errors: ValueError for an op that ONNX has no operator for, by name, before anything is written.

    >>> x = mg.Node(np.ones((1, 4)), "x")
    >>> mg.to_onnx("net.onnx", Affine(4, 3, seed=0)(x))
    >>> mg.from_onnx("net.onnx").inputs
    ('x',)
    """
    if dtype is not None and np.dtype(dtype).kind != "f":
        raise ValueError(f"to_onnx: dtype is {np.dtype(dtype)}, but must be of floating-point numbers")
    root = output.output if isinstance(output, Graph) else output
    if not isinstance(root, Node) or root.op is None:
        raise TypeError(f"to_onnx: needs a node that an op made, or a Graph, got {output!r}")
    given = set(topological_order(root))
    root = _opened(root)
    nodes = topological_order(root)
    names, titles = node_names(nodes), op_titles(nodes)
    _refuse_unknown(nodes, names)
    model = Model(names.values(), dtype)
    inputs = [node for node in nodes if node in given and _is_input(node)]
    free = _batched(inputs, names, batch)
    values: dict[Node, str] = {}
    known: set[str] = set()
    for node in nodes:
        name = names[node]
        model.title = titles.get(node, name)
        if node.op is not None and not isinstance(node.op, DropoutMask):
            result = written(model, node.op, node, _operands(model, node.op, node, names, values))
            values[node] = result if result in known else model.rename_last(name)
        elif isinstance(node, Parameter):
            values[node] = model.weight(name, node.value)
        elif node in inputs:
            values[node] = model.input(name, node.value, name in free)
        elif node.op is None and not isinstance(node, Clock):
            values[node] = model.constant(node.value)
        known.add(values.get(node, name))
    if root not in values:
        raise ValueError(f"to_onnx: {names[root]} is only there in training")
    if values[root] != names[root]:  # it ended in a Dropout
        model.title = titles[root]
        model.emit("Identity", values[root])
        model.rename_last(names[root])
    if not inputs:
        raise ValueError("to_onnx: nothing can be fed: call the network on a named leaf, net(mg.Node(X, 'x'))")
    write(path, model.finished(names[root], root.value))


def _opened(root: Node) -> Node:
    """`root` with composites opened that ONNX has nothing for."""
    tried: set[str] = set()
    while (
        closed := {
            node.op.name
            for node in topological_order(root)
            if node.op and not is_known(node.op) and is_composite(node)
        }
        - tried
    ):
        tried |= closed
        root = expand(root, closed)
    return root


def _refuse_unknown(nodes: tuple[Node, ...], names: dict[Node, str]) -> None:
    unknown = [node for node in nodes if node.op and not is_known(node.op) and not isinstance(node.op, DropoutMask)]
    if unknown:
        found = ", ".join(f"{node.op.name} (node {names[node]})" for node in unknown if node.op)
        raise ValueError(f"to_onnx: {found}: there is no ONNX operator for this")


def _is_input(node: Node) -> bool:
    return node.op is None and not isinstance(node, (Parameter, Constant, Clock)) and not is_number(node)


def _batched(inputs: list[Node], names: dict[Node, str], batch: Collection[str] | None) -> set[str]:
    """The names of the inputs whose first axis is free."""
    with_axes = {names[node]: node.shape[0] for node in inputs if node.value.ndim}
    if batch is None:
        first = next(iter(with_axes.values()), None)
        return {name for name, size in with_axes.items() if size == first}
    if isinstance(batch, str) or not isinstance(batch, Collection) or not with_axes.keys() >= set(batch):
        raise ValueError(f"to_onnx: batch is {batch!r}, but must be names among {', '.join(with_axes) or 'nothing'}")
    return set(batch)


def _operands(model: Model, op: Op, node: Node, names: dict[Node, str], values: dict[Node, str]) -> list[str]:
    """What the inputs are called, each converted to the type of the result: NumPy promotes, ONNX does not."""
    found = []
    for source in node.inputs:
        if source not in values and not isinstance(op, UNTRAINED):
            what = f"{op.name} (node {names[node]})"
            raise ValueError(f"to_onnx: {what} reads {names[source]}, which is only there in training")
        name, kind = values.get(source, ""), source.value.dtype.kind
        weighs = kind in "iub" and type(op).constant_role in ("mask", "target")
        target = model.type_of(node.value)
        if name and model.type_of(source.value) != target and (kind == "f" or weighs):
            name = model.cast(name, target)
        found.append(name)
    return found
