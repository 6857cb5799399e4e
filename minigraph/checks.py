"""Is a gradient right? Every backward held against finite differences of its own forward."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from minigraph.arrays import Array, ArrayLike, Seed
from minigraph.contract import EXPECTED
from minigraph.gradients import STEP, slopes, unit
from minigraph.graph import Graph, Node, Op, Parameter

__all__ = ["Check", "GradientReport", "check_edges", "check_gradients", "check_op"]

ONE_BY_ONE = 256  # inputs up to this many elements are checked element by element, larger ones along random directions
DIRECTIONS = 8
STEPS = (1.0, 0.1, 10.0, 0.01, 100.0, 1e-3, 1e4, 1e-4)  # times the usual: where one crosses a corner, another may not
KINK = 1e-3  # slopes left and right of a point that differ by more than this, relatively, are a corner
SMALL = 1e-3  # gradients below this part of the output are compared with it: the rounding of a zero is no error
NEAR = 0.1  # how far from x, relatively, a point is that stands in for it where x itself is at a corner
UNDECIDABLE = 0.1  # rounding as large as this part of a gradient lets anything pass


@dataclass(frozen=True)
class Check:
    """One gradient held against finite differences: of which node, through which edge, and how far off (relative, L2).

    tolerance: how far it may be off, the rounding of the difference quotient included.
    compared: False where that is not possible: rounding hides the gradient, or every direction runs into a corner.
    """

    what: str
    edge: str
    error: float
    tolerance: float
    remark: str = ""
    compared: bool = True

    @property
    def ok(self) -> bool:
        return self.error <= self.tolerance or not self.compared


@dataclass(frozen=True)
class GradientReport:
    """The result of a gradient check; true if nothing was wrong, and printed as a table."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        return not self.wrong

    @property
    def wrong(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if not check.ok)

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        what, edge = (max((len(getattr(c, name)) for c in self.checks), default=0) for name in ("what", "edge"))
        rows = []
        for c in self.checks:
            sign, error = ("✓" if c.ok else "✗", f"{c.error:.1e}") if c.compared else ("–", "not compared:")
            rows.append(f"{sign}  {c.what:<{what}}  {c.edge:<{edge}}  {error}  {c.remark}".rstrip())
        compared = sum(check.compared for check in self.checks)
        verdict = (
            f"{len(self.wrong)} of {compared} gradients WRONG"
            if self.wrong
            else f"{compared} gradients checked, all correct"
        )
        left_out = len(self.checks) - compared
        return "\n".join([*rows, verdict + (f"; {left_out} could not be compared" if left_out else "")])

    def __repr__(self) -> str:
        return f"<GradientReport: {len(self.checks)} checked, {len(self.wrong)} wrong>"


def check_op(
    op: Op, *inputs: ArrayLike, seed: Seed = 0, tolerance: float = 1e-6, verbose: bool = True
) -> GradientReport:
    """Hold ``op.backward`` to finite differences of ``op.forward``, for every input, with a random upstream gradient.

    For people who write layers. Also found: an op that writes into what it was given, that remembers its last forward,
    or whose ``needs`` changes a gradient; a Parameter that nothing would train; an ``expand`` of another value or
    gradient; a formula (``locals``) that is not what backward does. The op's own parameters are appended. float64; the
    error is relative: ‖analytic − numerical‖ / the larger norm. Prints a table, unless verbose is False.

    >>> class Square(mg.Op):
    ...     def forward(self, x):
    ...         return x**2
    ...     def backward(self, upstream, y, x):
    ...         return (upstream * x,)  # the 2 is missing
    >>> [check.edge for check in mg.check_op(Square(), [1.0, 2.0], verbose=False).wrong]
    ['input 0']
    """
    if not isinstance(op, Op):
        raise TypeError(f"check_op: needs an op, such as Softmax(); got {op!r}")
    arrays = [np.array(i.value if isinstance(i, Node) else i) for i in (*inputs, *op.parameters)]
    operands = tuple(a if i in op.constants else a.astype(np.float64) for i, a in enumerate(arrays))
    check = _Checker(seed, tolerance)
    names = [f"input {i}" for i in range(len(operands))]
    needs = tuple(i not in op.constants for i in range(len(operands)))
    upstream, output, gradients = check.edges(op, op.name, names, _copies(operands), needs)
    wanted = [(i, gradient) for i, gradient in enumerate(gradients) if gradient is not None and needs[i]]

    given = upstream, output, *operands
    lent = _copies(given)
    op.pull(lent[0], lent[1], lent[2:], needs)
    op.run(lent[2:])
    for name, before, after in zip(("the upstream", "the output", *names), given, lent):
        if not np.array_equal(before, after, equal_nan=True):
            check.add(op.name, name, np.inf, remark="forward or backward wrote into its input")

    for i, gradient in wanted:
        alone = op.pull(upstream, output, operands, tuple(k == i for k in range(len(operands))))[i]
        if alone is None or not np.array_equal(alone, gradient, equal_nan=True):
            check.add(op.name, names[i], np.inf, remark="another gradient when it is the only one in needs")
    for name, found in vars(op).items():
        if isinstance(found, Parameter) and found not in op.parameters:
            check.add(op.name, name, np.inf, remark="a Parameter that is not in self.parameters: nothing trains it")
    if op.locals:
        drawn = [
            _relative(op.locals[i].apply(op, upstream, output, operands, i), g) for i, g in wanted if i < len(op.locals)
        ]
        check.add(op.name, "locals", max(drawn, default=0.0), remark="the formulas of its chips")

    nodes = [Node(operand, requires_grad=need) for operand, need in zip(operands, needs)]
    opened = op.expand(*nodes)
    if opened is not None:
        errors = [_relative(opened.value, output)]
        if opened.shape == output.shape and any(needs):
            defined = Graph(opened).gradients(upstream)
            errors += [_relative(defined[nodes[i]], gradient) for i, gradient in wanted if nodes[i] in defined]
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
    are checked along random directions. What is not finite is wrong. Changes nothing in the graph. Prints a table,
    unless verbose is False.

    >>> loss = SoftmaxWithLoss()(Affine(2, 3, seed=0)(np.ones((4, 2))), [0, 1, 2, 0])
    >>> report = mg.check_gradients(loss, verbose=False)
    >>> report.ok, len(report.checks)
    (True, 5)
    """
    graph = root if isinstance(root, Graph) else Graph(root)
    output, names, check = graph.output, graph.names, _Checker(seed, tolerance)
    exact = _in_float64(graph)
    values = graph.replay(exact)
    check.every_edge(graph, values)
    upstream = check.rng.normal(size=output.shape) if output.value.ndim else np.ones(())
    for leaf in (node for node in graph.nodes if node.op is None and node in graph.wanted):

        def value(moved: Array, leaf: Node = leaf) -> Array:
            return graph.replay({**exact, leaf: moved})[output] * upstream

        def gradient(moved: Array, leaf: Node = leaf) -> Array:
            found = graph.gradients(upstream, graph.replay({**exact, leaf: moved}))
            return found.get(leaf, np.zeros_like(moved))

        check.end_to_end(f"∂{names[output]}/∂{names[leaf]}", value, exact[leaf], gradient)
    return check.report(verbose)


def check_edges(graph: Graph, *, seed: Seed = 0, tolerance: float = 1e-6) -> dict[tuple[Node, int], Check]:
    """The first half of `check_gradients`, for each input of each node by itself: (node, which input) → its check."""
    check = _Checker(seed, tolerance)
    return dict(zip(check.every_edge(graph, graph.replay(_in_float64(graph))), check.checks))


class _Checker:
    """Makes checks, all with one random generator and one tolerance, and collects them."""

    def __init__(self, seed: Seed, tolerance: float) -> None:
        self.rng, self.tolerance = np.random.default_rng(seed), tolerance
        self.checks: list[Check] = []

    def add(
        self, what: str, edge: str, error: float, *, rounding: float = 0.0, remark: str = "", compared: bool = True
    ) -> None:
        self.checks.append(Check(what, edge, error, self.tolerance + rounding, remark, compared))

    def report(self, verbose: bool) -> GradientReport:
        report = GradientReport(tuple(self.checks))
        if verbose:
            print(report)
        return report

    def every_edge(self, graph: Graph, values: Mapping[Node, Array]) -> list[tuple[Node, int]]:
        """Checks each edge of the way back; returns which ones, in the order of their checks."""
        checked = []
        for node, (op, needs) in reversed(graph.backward_plan.items()):
            names = [graph.names[source] for source in node.inputs]
            self.edges(op, f"{op.name} → {graph.names[node]}", names, tuple(values[n] for n in node.inputs), needs)
            checked += [(node, i) for i, needed in enumerate(needs) if needed]
        return checked

    def edges(
        self, op: Op, what: str, names: list[str], operands: tuple[Array, ...], needs: tuple[bool, ...]
    ) -> tuple[Array, Array, tuple[Array | None, ...]]:
        """One check for each input of `op` that needs a gradient; returns (upstream, output, gradients)."""
        output = op.run(operands)
        upstream = self.rng.normal(size=output.shape)
        with suppress(Exception), np.errstate(all="ignore"):  # an op that remembers a forward now remembers this one
            op.run(tuple(o if i in op.constants else np.roll(o, 1) for i, o in enumerate(operands)))
        gradients = op.pull(upstream.copy(), output.copy(), operands, needs)
        for i, gradient in enumerate(gradients):
            if not needs[i]:
                continue

            def along(moved: Array, i: int = i) -> Array:
                return op.run((*operands[:i], moved, *operands[i + 1 :])) * upstream

            none_is_zero = np.zeros_like(operands[i]) if gradient is None else gradient
            self.checks.append(self.slopes(what, names[i], along, operands[i], none_is_zero))
        return upstream, output, gradients

    def end_to_end(self, what: str, f: Callable[[Array], Array], x: Array, gradient: Callable[[Array], Array]) -> None:
        """Is `gradient` that of Σ f at x? Where corners are in the way, at a point near x instead."""
        check = self.slopes(what, "end to end", f, x, gradient(x), corners_count=False)
        if not (check.ok and check.compared) and x.size and np.isfinite(check.error):
            near = x + self.rng.uniform(-NEAR, NEAR, x.shape) * max(float(abs(x).max()), 0.01)
            with suppress(*EXPECTED), np.errstate(all="ignore"):  # what near x there may be no value of f
                other = self.slopes(what, "end to end", f, near, gradient(near), corners_count=False)
                if other.ok and other.compared:
                    check = replace(other, remark=", ".join(filter(None, (other.remark, "beside a corner"))))
        self.checks.append(check)

    def slopes(
        self,
        what: str,
        edge: str,
        f: Callable[[Array], Array],
        x: Array,
        gradient: Array,
        corners_count: bool = True,
    ) -> Check:
        """One check: is `gradient` the gradient of Σ f at x?"""
        with np.errstate(all="ignore"):
            value = f(x)
            floor = SMALL * min(1.0, float(np.linalg.norm(value)))
        if not np.isfinite(value).all() or not np.isfinite(gradient).all():
            return Check(what, edge, np.inf, self.tolerance, "not finite")
        one_by_one = x.size <= ONE_BY_ONE
        directions = [unit(x, i) for i in np.ndindex(x.shape)] if one_by_one else self._directions(x)
        if corners_count and x.size > 1:
            directions.append(np.ones_like(x))  # what is tied moves together and stays tied: often no corner
        analytic, numerical, rounding, corners = [], [], [], 0
        for direction in directions:
            slope = float((gradient * direction).sum())
            found = self._best_slopes(f, x, direction, slope, floor)
            corners += found.corner
            if corners_count or not found.corner:
                analytic.append(slope)
                numerical.append(found.nearest(slope))
                rounding.append(found.noise)
        remarks = [] if one_by_one else [f"{DIRECTIONS} random directions"]
        remarks += [f"{corners} at a corner"] if corners else []
        a, b = np.array(analytic), np.array(numerical)
        hidden = _share(np.array(rounding), a, b, floor)
        if hidden > UNDECIDABLE:
            remarks.append("rounding hides it")
        compared = bool(analytic or not corners) and not UNDECIDABLE < hidden < np.inf
        error = _share(a - b, a, b, floor)
        return Check(what, edge, error, self.tolerance + hidden, ", ".join(remarks), compared)

    def _best_slopes(
        self, f: Callable[[Array], Array], x: Array, direction: Array, slope: float, floor: float
    ) -> _Slopes:
        """The slopes by the usual step, or another, which may not cross a corner that this one crossed."""
        size = float(abs(x * direction).max()) if x.size else 0.0
        usual = STEP * (max(size, 0.01) if x.size <= ONE_BY_ONE else 1.0)
        best, best_miss = _Slopes(-np.inf, np.inf, 0.0, False), np.inf
        for factor in STEPS:
            found = _slopes_between(f, x, direction, usual * factor)
            miss = abs(found.nearest(slope) - slope)
            scale = max(abs(slope), floor)
            if miss + found.noise < best_miss:
                best, best_miss = found, miss + found.noise
            if miss <= 0.1 * self.tolerance * scale + found.noise and found.noise <= 100 * self.tolerance * scale:
                break
        return best

    def _directions(self, x: Array) -> list[Array]:
        return [self.rng.normal(size=x.shape) for _ in range(DIRECTIONS)]


@dataclass(frozen=True)
class _Slopes:
    """What the slope of Σ f may be: one number, up to rounding (`noise`), or at a corner anything from low to high."""

    low: float
    high: float
    noise: float
    corner: bool

    def nearest(self, slope: float) -> float:
        by = self.noise if self.corner else 0.0
        return min(max(slope, self.low - by), self.high + by)


def _slopes_between(f: Callable[[Array], Array], x: Array, direction: Array, h: float) -> _Slopes:
    """Each element of f has one slope, or, at a corner, those between left and right; then the sum of all."""
    left, right, noise = slopes(f, x, direction, h)
    gap, middle = abs(left - right), (left + right) / 2
    corner = gap > KINK * np.maximum(abs(left), abs(right)) + 4 * noise
    if corner.any():  # at a corner the slopes differ as much at another step, on a curve ∝ h
        further = slopes(f, x, direction, 8 * h)
        ratio = np.divide(abs(further[0] - further[1]), gap, where=corner, out=np.zeros_like(gap))
        corner &= (ratio > 0.5) & (ratio < 2.0)
    low = np.where(corner, np.minimum(left, right), middle).sum()
    high = np.where(corner, np.maximum(left, right), middle).sum()
    return _Slopes(float(low), float(high), float(np.linalg.norm(noise)), bool(corner.any()))


def _in_float64(graph: Graph) -> dict[Node, Array]:
    """The leaves as the recorded forward read them: an optimizer may have changed them since."""
    read = {source: array for node in graph.nodes for source, array in zip(node.inputs, node.operands)}
    leaves = ((node, read.get(node, node.value)) for node in graph.nodes if node.op is None)
    return {node: array.astype(np.float64) for node, array in leaves if array.dtype.kind == "f"}


def _copies(arrays: tuple[Array, ...]) -> tuple[Array, ...]:
    return tuple(array.copy() for array in arrays)


def _relative(a: Array, b: Array) -> float:
    return _share(a - b, a, b, SMALL) if a.shape == b.shape else np.inf


def _share(part: Array, a: Array, b: Array, floor: float) -> float:
    """‖part‖ / max(‖a‖, ‖b‖, floor), and 0 of nothing."""
    size = float(np.linalg.norm(part))
    share = size / max(float(np.linalg.norm(a)), float(np.linalg.norm(b)), floor) if size else 0.0
    return share if np.isfinite(share) else np.inf
