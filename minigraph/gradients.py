"""Local gradients, numerical gradients, and the check that holds one against the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigraph.arrays import Array, ArrayLike, Seed, shape_text
from minigraph.graph import Graph, Node, Op

__all__ = ["Check", "GradientReport", "check_gradients", "check_op", "local_gradient", "numerical_gradient"]

LARGEST_JACOBIAN = 10_000_000
ONE_BY_ONE = 256  # inputs up to this many elements are checked element by element, larger ones along random directions
DIRECTIONS = 8
KINK = 1e-3  # slopes left and right of a point that differ by more than this, relatively, are a corner


def local_gradient(node: Node, i: int = 0) -> Array:
    """J[a…, b…] = ∂node[a…]/∂input_i[b…]: the Jacobian of one edge, of shape ``node.shape + input.shape``.

    Made by pulling every basis vector back through the op's own ``backward``. An edge without a gradient gives zeros.
    Errors: ValueError for a leaf, an input that is not there, or more than 10 million entries.
    """
    if node.op is None or not 0 <= i < len(node.inputs):
        raise ValueError(f"local_gradient: {node!r} has {len(node.inputs)} inputs, so there is no input {i}")
    source = node.operands[i]
    if node.value.size * source.size > LARGEST_JACOBIAN:
        raise ValueError(
            f"local_gradient: {shape_text(node.shape + source.shape)} is more than {LARGEST_JACOBIAN:,} entries"
        )
    needs = tuple(k == i for k in range(len(node.inputs)))
    jacobian = np.zeros((node.value.size, *source.shape), dtype=source.dtype if source.dtype.kind == "f" else float)
    for row, basis in enumerate(np.eye(node.value.size, dtype=node.value.dtype)):
        pulled = node.op.pull(basis.reshape(node.shape), node.value, node.operands, needs)[i]
        jacobian[row] = 0 if pulled is None else pulled
    return jacobian.reshape(node.shape + source.shape)


def numerical_gradient(f: Callable[[Array], Any], x: ArrayLike, step: float = 6e-6) -> Array:
    """∂f/∂x[i] ≈ (f(x + hᵢ) − f(x − hᵢ)) / 2hᵢ for each element: central differences, in float64; x is not written to.

    f: an array like x → a scalar (number, 0-d array or node). hᵢ = step · max(|xᵢ|, 0.01); error of the order h².
    """
    point = np.array(x, dtype=np.float64)
    gradient = np.empty_like(point)
    for i in np.ndindex(point.shape):
        left, right = _slopes(f, point, _unit(point, i), step * max(float(abs(point[i])), 0.01))
        gradient[i] = (left + right) / 2
    return gradient


@dataclass(frozen=True)
class Check:
    """One gradient held against finite differences: of which node, through which edge, and how far off (relative,
    L2)."""

    what: str
    edge: str
    error: float
    tolerance: float
    remark: str = ""

    @property
    def ok(self) -> bool:
        return self.error <= self.tolerance


@dataclass(frozen=True)
class GradientReport:
    """The result of a gradient check; true if everything agreed, and printed as a table."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        return all(check.ok for check in self.checks)

    @property
    def wrong(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if not check.ok)

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        wide = max((len(c.what) for c in self.checks), default=0), max((len(c.edge) for c in self.checks), default=0)
        rows = [
            f"{'✓' if c.ok else '✗'}  {c.what:<{wide[0]}}  {c.edge:<{wide[1]}}  {c.error:.1e}  {c.remark}"
            for c in self.checks
        ]
        verdict = (
            f"{len(self.checks)} gradients checked, all right"
            if self.ok
            else f"{len(self.wrong)} of {len(self.checks)} gradients WRONG"
        )
        return "\n".join([*(row.rstrip() for row in rows), verdict])

    def __repr__(self) -> str:
        return f"<GradientReport: {len(self.checks)} checked, {len(self.wrong)} wrong>"


def check_op(
    op: Op, *inputs: ArrayLike, seed: Seed = 0, tolerance: float = 1e-6, verbose: bool = True
) -> GradientReport:
    """Hold ``op.backward`` to finite differences of ``op.forward``, for every input, with a random upstream gradient.

    For people who write layers. Also found: inputs that were written to, and an ``expand`` that is another function.
    The op's own parameters are appended. float64; the error is relative: ‖analytic − numerical‖ / the larger norm.
    Prints a table, unless verbose is False.
    """
    arrays = [np.array(i.value if isinstance(i, Node) else i) for i in (*inputs, *op.parameters)]
    operands = tuple(a if i in op.constants else a.astype(np.float64) for i, a in enumerate(arrays))
    originals = [operand.copy() for operand in operands]
    checks = list(
        _edges(
            op, [f"input {i}" for i in range(len(operands))], op.name, operands, np.random.default_rng(seed), tolerance
        )
    )
    for i, (operand, original) in enumerate(zip(operands, originals)):
        if not np.array_equal(operand, original, equal_nan=True):
            checks.append(Check(op.name, f"input {i}", np.inf, 0.0, "forward or backward wrote into its input"))
    opened = op.expand(*(Node(a) for a in originals))
    if opened is not None:
        checks.append(
            Check(
                op.name,
                "expand",
                _relative(opened.value, op.run(tuple(originals))),
                tolerance,
                "value of expand against forward",
            )
        )
    return _shown(checks, verbose)


def check_gradients(root: Node, *, seed: Seed = 0, tolerance: float = 1e-6, verbose: bool = True) -> GradientReport:
    """Check every gradient behind `root` against central differences in float64, and say which op is wrong.

    First each edge by itself: the op's ``backward`` with a random upstream, against its own ``forward``, so that a
    mistake shows
    at the op that made it. Then ∂root/∂leaf end to end for each parameter and each other leaf that wants a gradient.
    The error is relative: ‖analytic − numerical‖ / the larger norm. At a corner (ReLU at 0) any slope between the one
    on the left and the one on the right is right. Large arrays are checked along random directions. Changes nothing in
    the graph. Prints a table, unless verbose is False.
    """
    graph = Graph(root)
    rng = np.random.default_rng(seed)
    checks: list[Check] = []
    exact = {n: n.value.astype(np.float64) for n in graph.nodes if n.op is None and n.value.dtype.kind == "f"}
    values = graph.replay(exact)
    for node in graph.nodes:
        if node.op is not None and node in graph.wanted:
            edges = [graph.names[source] for source in node.inputs]
            operands = tuple(values[source] for source in node.inputs)
            checks.extend(_edges(node.op, edges, f"{node.op.name} → {graph.names[node]}", operands, rng, tolerance))
    upstream = rng.normal(size=root.shape) if root.value.ndim else np.ones(())
    ends = graph.gradients(upstream, values)
    for leaf in (node for node in graph.nodes if node.op is None and node in graph.wanted):

        def end_to_end(moved: Array, leaf: Node = leaf) -> Any:
            return (graph.replay({**exact, leaf: moved})[root] * upstream).sum()

        gradient = ends.get(leaf, np.zeros_like(exact[leaf]))
        error, remark = _compare(end_to_end, exact[leaf], gradient, rng)
        checks.append(Check(f"∂{graph.names[root]}/∂{graph.names[leaf]}", "end to end", error, tolerance, remark))
    return _shown(checks, verbose)


def _shown(checks: list[Check], verbose: bool) -> GradientReport:
    report = GradientReport(tuple(checks))
    if verbose:
        print(report)
    return report


def _edges(
    op: Op, edges: list[str], what: str, operands: tuple[Array, ...], rng: np.random.Generator, tolerance: float
) -> Iterator[Check]:
    """One check for each input of `op` that can have a gradient."""
    output = op.run(operands)
    upstream = rng.normal(size=output.shape)
    needs = tuple(i not in op.constants for i in range(len(operands)))
    gradients = op.pull(upstream, output, operands, needs)
    for i, (edge, operand, gradient) in enumerate(zip(edges, operands, gradients)):
        if gradient is None or not needs[i]:
            continue

        def along(moved: Array, i: int = i) -> Any:
            return (op.run((*operands[:i], moved, *operands[i + 1 :])) * upstream).sum()

        error, remark = _compare(along, operand, gradient, rng)
        yield Check(what, edge, error, tolerance, remark)


def _compare(
    f: Callable[[Array], Any], x: Array, gradient: Array, rng: np.random.Generator
) -> tuple[float, str]:
    """The relative error of `gradient` as the gradient of the scalar function f at x, and a remark."""
    if x.size <= ONE_BY_ONE:
        directions, remark = [_unit(x, i) for i in np.ndindex(x.shape)], ""
    else:
        directions, remark = [rng.normal(size=x.shape) for _ in range(DIRECTIONS)], f"{DIRECTIONS} random directions"
    analytic = np.array([(gradient * direction).sum() for direction in directions])
    numerical = np.empty_like(analytic)
    corners = 0
    for n, direction in enumerate(directions):
        scale = max(abs(x * direction).max(), 0.01) if x.size <= ONE_BY_ONE else 1.0
        left, right = _slopes(f, x, direction, 6e-6 * scale)
        numerical[n] = (left + right) / 2
        if abs(left - right) > KINK * max(abs(left), abs(right), 1.0) and min(left, right) <= analytic[n] <= max(
            left, right
        ):
            numerical[n] = analytic[n]
            corners += 1
    return _relative(analytic, numerical), remark or (f"{corners} at a corner" if corners else "")


def _slopes(f: Callable[[Array], Any], x: Array, direction: Array, h: float) -> tuple[float, float]:
    """The slopes of f at x along `direction`, from the left and from the right."""
    before, here, after = (float(f(x + s * direction)) for s in (-h, 0.0, h))
    return (here - before) / h, (after - here) / h


def _unit(x: Array, i: tuple[int, ...]) -> Array:
    unit = np.zeros(x.shape)
    unit[i] = 1.0
    return unit


def _relative(a: Array, b: Array) -> float:
    """‖a − b‖ / max(‖a‖, ‖b‖, 10⁻³); the floor keeps the rounding of a zero gradient from looking like an error."""
    if a.shape != b.shape or not np.isfinite(a - b).all():
        return np.inf
    return float(np.linalg.norm(a - b) / max(float(np.linalg.norm(a)), float(np.linalg.norm(b)), 1e-3))
