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
STEP = 6e-6  # the cube root of float64's epsilon, where rounding and truncation cost a central difference the same
ONE_BY_ONE = 256  # inputs up to this many elements are checked element by element, larger ones along random directions
DIRECTIONS = 8
SMALL = 1e-3  # gradients below this are compared by their difference: the rounding of a zero is no error
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
    for row, where in enumerate(np.ndindex(node.shape)):
        basis = np.zeros_like(node.value)
        basis[where] = 1
        pulled = node.op.pull(basis, node.value, node.operands, needs)[i]
        jacobian[row] = 0 if pulled is None else pulled
    return jacobian.reshape(node.shape + source.shape)


def numerical_gradient(f: Callable[[Array], Any], x: ArrayLike, step: float = STEP) -> Array:
    """∂f/∂x[i] ≈ (f(x + hᵢeᵢ) − f(x − hᵢeᵢ)) / (2hᵢ) for each element: central differences, in float64.

    f: an array like x → a scalar (number, 0-d array or node). hᵢ = step · max(|xᵢ|, 0.01); error of the order h².
    """
    point = np.array(x, dtype=np.float64)
    gradient = np.empty_like(point)
    for i in np.ndindex(point.shape):
        left, right, _ = _slopes(f, point, _unit(point, i), step * max(float(abs(point[i])), 0.01))
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
            f"{len(self.checks)} gradients checked, all correct"
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

    For people who write layers. Also found: an op that writes into what it was given, and an ``expand`` that is another
    function or has another gradient. The op's own parameters are appended. float64; the error is relative:
    ‖analytic − numerical‖ / the larger norm. Prints a table, unless verbose is False.
    """
    arrays = [np.array(i.value if isinstance(i, Node) else i) for i in (*inputs, *op.parameters)]
    operands = tuple(a if i in op.constants else a.astype(np.float64) for i, a in enumerate(arrays))
    check = _Checker(seed, tolerance)
    names = [f"input {i}" for i in range(len(operands))]
    needs = tuple(i not in op.constants for i in range(len(operands)))
    upstream, output, gradients = check.edges(op, op.name, names, _copies(operands), needs)

    given = upstream, output, *operands
    lent = _copies(given)
    op.pull(lent[0], lent[1], lent[2:], needs)
    op.run(lent[2:])
    for name, before, after in zip(("the upstream", "the output", *names), given, lent):
        if not np.array_equal(before, after, equal_nan=True):
            check.add(op.name, name, np.inf, remark="forward or backward wrote into its input")

    nodes = [Node(operand, requires_grad=need) for operand, need in zip(operands, needs)]
    opened = op.expand(*nodes)
    if opened is not None:
        errors = [_relative(opened.value, output)]
        if opened.shape == output.shape and any(needs):
            defined = Graph(opened).gradients(upstream)
            pairs = ((defined.get(node), gradient) for node, gradient in zip(nodes, gradients))
            errors += [_relative(a, b) for a, b in pairs if a is not None and b is not None]
        check.add(op.name, "expand", max(errors), remark="its value and gradients")
    return check.report(verbose)


def check_gradients(
    root: Node | Graph, *, seed: Seed = 0, tolerance: float = 1e-6, verbose: bool = True
) -> GradientReport:
    """Check every gradient behind `root` against central differences in float64, and say which op is wrong.

    First each edge by itself: the op's ``backward`` with a random upstream, against its own ``forward``, so that a
    mistake shows at the op that made it. Then ∂root/∂leaf end to end, for each parameter and each other leaf that wants
    a gradient. The error is relative: ‖analytic − numerical‖ / the larger norm. At a corner (ReLU at 0) any slope
    between those on the left and on the right is right; end to end, directions into a corner are left out. Large arrays
    are checked along random directions. Changes nothing in the graph. Prints a table, unless verbose is False.
    """
    graph = root if isinstance(root, Graph) else Graph(root)
    output, names, check = graph.output, graph.names, _Checker(seed, tolerance)
    exact = {n: n.value.astype(np.float64) for n in graph.nodes if n.op is None and n.value.dtype.kind == "f"}
    values = graph.replay(exact)
    for node, (op, needs) in reversed(graph.backward_plan.items()):
        edges = [names[source] for source in node.inputs]
        check.edges(op, f"{op.name} → {names[node]}", edges, tuple(values[n] for n in node.inputs), needs)
    upstream = check.rng.normal(size=output.shape) if output.value.ndim else np.ones(())
    ends = graph.gradients(upstream, values)
    for leaf in (node for node in graph.nodes if node.op is None and node in graph.wanted):

        def end_to_end(moved: Array, leaf: Node = leaf) -> Any:
            return (graph.replay({**exact, leaf: moved})[output] * upstream).sum()

        gradient = ends.get(leaf, np.zeros_like(exact[leaf]))
        what = f"∂{names[output]}/∂{names[leaf]}"
        check.slopes(what, "end to end", end_to_end, exact[leaf], gradient, corners_count=False)
    return check.report(verbose)


class _Checker:
    """Makes checks, all with one random generator and one tolerance, and collects them."""

    def __init__(self, seed: Seed, tolerance: float) -> None:
        self.rng, self.tolerance = np.random.default_rng(seed), tolerance
        self.checks: list[Check] = []

    def add(self, what: str, edge: str, error: float, *, rounding: float = 0.0, remark: str = "") -> None:
        self.checks.append(Check(what, edge, error, self.tolerance + rounding, remark))

    def report(self, verbose: bool) -> GradientReport:
        report = GradientReport(tuple(self.checks))
        if verbose:
            print(report)
        return report

    def edges(
        self, op: Op, what: str, names: list[str], operands: tuple[Array, ...], needs: tuple[bool, ...]
    ) -> tuple[Array, Array, tuple[Array | None, ...]]:
        """One check for each input of `op` that needs a gradient; returns (upstream, output, gradients)."""
        output = op.run(operands)
        upstream = self.rng.normal(size=output.shape)
        gradients = op.pull(upstream.copy(), output.copy(), operands, needs)
        for i, gradient in enumerate(gradients):
            if not needs[i]:
                continue

            def along(moved: Array, i: int = i) -> Any:
                return (op.run((*operands[:i], moved, *operands[i + 1 :])) * upstream).sum()

            none_is_zero = np.zeros_like(operands[i]) if gradient is None else gradient
            self.slopes(what, names[i], along, operands[i], none_is_zero)
        return upstream, output, gradients

    def slopes(
        self, what: str, edge: str, f: Callable[[Array], Any], x: Array, gradient: Array, corners_count: bool = True
    ) -> None:
        """One check: is `gradient` the gradient of the scalar function f at x?"""
        one_by_one = x.size <= ONE_BY_ONE
        directions = [_unit(x, i) for i in np.ndindex(x.shape)] if one_by_one else list(self._directions(x))
        analytic, numerical, rounding, corners = [], [], [], 0
        for direction in directions:
            h = STEP * (max(float(abs(x * direction).max()), 0.01) if one_by_one else 1.0)
            left, right, noise = _slopes(f, x, direction, h)
            slope, low, high = float((gradient * direction).sum()), min(left, right) - noise, max(left, right) + noise
            if high - low > KINK * max(abs(left), abs(right), SMALL) + 4 * noise:
                corners += 1
                if not corners_count:
                    continue
                numerical.append(min(max(slope, low), high))
            else:
                numerical.append((left + right) / 2)
            analytic.append(slope)
            rounding.append(noise)
        remarks = [] if one_by_one else [f"{DIRECTIONS} random directions"]
        remarks += [f"{corners} at a corner"] if corners else []
        a, b = np.array(analytic), np.array(numerical)
        self.add(what, edge, _relative(a, b), rounding=_share(np.array(rounding), a, b), remark=", ".join(remarks))

    def _directions(self, x: Array) -> Iterator[Array]:
        return (self.rng.normal(size=x.shape) for _ in range(DIRECTIONS))


def _slopes(f: Callable[[Array], Any], x: Array, direction: Array, h: float) -> tuple[float, float, float]:
    """The slopes of f at x along `direction`, from the left and the right, and how far rounding may put them off."""
    before, here, after = (float(f(x + s * direction)) for s in (-h, 0.0, h))
    return (here - before) / h, (after - here) / h, 4 * np.finfo(np.float64).eps * abs(here) / h


def _unit(x: Array, i: tuple[int, ...]) -> Array:
    unit = np.zeros(x.shape)
    unit[i] = 1.0
    return unit


def _copies(arrays: tuple[Array, ...]) -> tuple[Array, ...]:
    return tuple(array.copy() for array in arrays)


def _relative(a: Array, b: Array) -> float:
    """‖a − b‖ / max(‖a‖, ‖b‖, 10⁻³); the floor keeps the rounding of a zero gradient from looking like an error."""
    return _share(a - b, a, b) if a.shape == b.shape else np.inf


def _share(part: Array, a: Array, b: Array) -> float:
    share = np.linalg.norm(part) / max(float(np.linalg.norm(a)), float(np.linalg.norm(b)), SMALL)
    return float(share) if np.isfinite(share) else np.inf
