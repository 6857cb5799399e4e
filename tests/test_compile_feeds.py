"""A program is no trap: what it is fed is taken as the graph takes it, and what it hands out is yours."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from helpers import Array
from test_compile import T, X, batches, close, network, parameters, train

import minigraph as mg
from minigraph.layers import Affine, SoftmaxWithLoss


class TestFeeds:
    """Of another type or order they are converted or refused, never silently wrong."""

    @pytest.mark.parametrize("x", [
        pytest.param(X.astype(np.float32), id="float32"), pytest.param(np.asfortranarray(X), id="Fortran"),
        pytest.param(np.repeat(X, 2, axis=0)[::2], id="strided"), pytest.param(X[::-1].copy()[::-1], id="reversed"),
        pytest.param(X.astype(">f8"), id="other byte order"), pytest.param(X.tolist(), id="list"),
        pytest.param((X * 8).astype(int), id="integers"),
    ])  # fmt: skip
    @pytest.mark.parametrize("t", [
        pytest.param(T.astype(np.int32), id="int32"), pytest.param(T.astype(np.uint8), id="uint8"),
        pytest.param(np.repeat(T, 2)[::2], id="strided"), pytest.param(np.eye(3)[T], id="one-hot"),
        pytest.param(np.eye(3, dtype=np.float32)[T], id="one-hot float32"), pytest.param(T.tolist(), id="list"),
    ])  # fmt: skip
    def test_as_the_graph_takes_them(self, x: Any, t: Any) -> None:
        graph, twin = network(), network()
        program = graph.compile(mg.SGD(graph.parameters, 0.1))
        program(x=X, t=T)
        train(twin, mg.SGD(twin.parameters, 0.1), [{"x": X, "t": T}])
        assert program(x=x, t=t) == pytest.approx(float(twin.forward(x=x, t=t)), 1e-12)
        assert program(x=X, t=T) == pytest.approx(
            train(twin, mg.SGD(twin.parameters, 0.1), [{"x": x, "t": t}, {"x": X, "t": T}])[-1], 1e-12
        )

    def test_by_node_and_left_out(self) -> None:
        graph = network()
        program = graph.compile()
        whole = program()
        assert whole == pytest.approx(float(graph.output.value), 1e-12)
        part = program({graph["x"]: X[:2], graph["t"]: T[:2]})
        assert part == pytest.approx(float(graph.evaluate(x=X[:2], t=T[:2])), 1e-12)
        assert program() == whole and program(x=X) == whole
        graph["x"].value = X + 1.0
        assert program() == pytest.approx(float(graph.evaluate()), 1e-12) != whole

    def test_leaves_without_a_name(self) -> None:
        """They may be fed by node, or given another value, and even a number in an expression may be fed."""
        x, t = mg.Node(X), mg.Node(T)
        graph = mg.Graph(SoftmaxWithLoss()(Affine(4, 3, seed=0)(x * 2.0), t))
        (two,) = (node for node in graph.nodes if node.op is None and not node.shape)
        program = graph.compile()
        for feeds in ({}, {x: X[:5], t: T[:5]}, {two: 3.0}, {x: -X}, {two: 1.0, x: X[:1], t: T[:1]}, {}):
            assert program(feeds) == pytest.approx(float(graph.evaluate(None, feeds)), 1e-12)
        x.value, t.value = X[::-1].copy(), T[::-1].copy()
        assert program() == pytest.approx(float(graph.evaluate()), 1e-12)

    def test_they_are_not_written_to_and_not_remembered(self) -> None:
        graph = network()
        program = graph.compile(mg.SGD(graph.parameters, 0.1))
        x, t = X.copy(), T.copy()
        x.flags.writeable = t.flags.writeable = False
        first = program(x=x, t=t)
        assert np.array_equal(x, X) and np.array_equal(t, T)
        changed = X.copy()
        program(x=changed, t=T)
        changed *= 2
        twin = network()
        train(twin, mg.SGD(twin.parameters, 0.1), [{"x": X, "t": T}] * 2)
        assert program(x=changed, t=T) == pytest.approx(float(twin.forward(x=2 * X, t=T)), 1e-9)
        assert first == pytest.approx(float(network().output.value))

    @pytest.mark.parametrize("feeds, message", [
        ({"x": X, "t": T + 1}, r"^SoftmaxWithLoss: labels go from 1 to 3, but must lie in 0 … 2 \(3 classes\)$"),
        ({"x": X, "t": T - 1}, r"^SoftmaxWithLoss: labels go from -1 to 1"),
        ({"x": X, "t": T[:3]}, r"^SoftmaxWithLoss: the targets are int64 \[3\]"),
        ({"x": X[:, :3], "t": T}, r"^Affine: x is \[12, 3\] but W is \[4, 5\]"),
        ({"x": X[0], "t": T}, r"^Graph: x was recorded as \[12, 4\], fed \[4\]"),
        ({"x": X, "y": T}, r"^Graph: there is no leaf named 'y'; the leaves are x, .*t$"),
        ({"x": np.where(X == X[2, 1], np.nan, X), "t": T}, r"^Graph: x has 1 NaN of 48 values, the first at \[2, 1\]$"),
    ])  # fmt: skip
    def test_bad_ones_are_refused_and_nothing_has_changed(self, feeds: dict[str, Array], message: str) -> None:
        graph = network()
        program = graph.compile(mg.SGD(graph.parameters, 0.1, momentum=0.9))
        program(x=X, t=T)
        before = copy.deepcopy(parameters(graph))
        with pytest.raises(ValueError, match=message):
            program(feeds)
        assert all(np.array_equal(a, b) for a, b in zip(before, parameters(graph)))
        twin = network()
        train(twin, mg.SGD(twin.parameters, 0.1, momentum=0.9), [{"x": X, "t": T}])
        assert program(x=X, t=T) == pytest.approx(float(twin.forward(x=X, t=T)), 1e-9)


class TestArrays:
    """What is handed out belongs to whoever asked."""

    def test_results_and_gradients_stay_what_they_were(self) -> None:
        x = mg.Node(X, "x")
        graph = mg.Graph((x * x).sum(axis=1))
        program = graph.compile()
        first = program()
        kept = first.copy()
        program(x=2 * X)
        assert np.array_equal(first, kept)
        first[:] = 0
        assert np.array_equal(program(x=X), kept)

        total = mg.Graph((x * x).sum()).compile()
        total()
        gradient = total.gradients[x]
        total(x=3 * X)
        assert np.array_equal(gradient, 2 * X)
        gradient[:] = 0
        assert np.array_equal(total.gradients[x], 6 * X)

    def test_parameters_read_between_steps_stay_what_they_were(self) -> None:
        graph = network()
        before = graph.parameters[0].value
        kept = [before.copy()]
        program, values = graph.compile(mg.SGD(graph.parameters, 0.1)), [before]
        for feed in batches(4):
            program(**feed)
            values.append(graph.parameters[0].value)
            kept.append(values[-1].copy())
        assert all(np.array_equal(a, b) for a, b in zip(values, kept))
        assert len({id(value) for value in values}) == 5 and not np.array_equal(values[1], values[2])
        assert graph.parameters[0].value is values[-1]

    def test_the_record_stays_and_knows_that_parameters_have_changed(self) -> None:
        """A backward or a picture of the recorded forward is as right as it was."""
        graph, twin = network(), network()
        recorded = [node.value for node in graph.nodes if node.op]
        program = graph.compile(mg.SGD(graph.parameters, 0.1))
        for feed in batches(3):
            program(**feed)
        assert all(a is node.value for a, node in zip(recorded, (node for node in graph.nodes if node.op)))
        graph.backward()
        twin.backward()
        for mine, theirs in zip(graph.nodes, twin.nodes):
            assert mine.grad is theirs.grad is None or np.array_equal(mine.grad, theirs.grad)
        assert "stale" in mg.draw(graph).source

    def test_a_copy_of_a_parameter_is_in_no_program(self) -> None:
        graph = network()
        program = graph.compile(mg.SGD(graph.parameters, 0.1))
        program(x=X, t=T)
        twin = copy.deepcopy(graph.parameters[0])
        assert np.array_equal(twin.value, graph.parameters[0].value)
        program(x=X, t=T)
        assert not np.array_equal(twin.value, graph.parameters[0].value)

    def test_an_evaluation_sees_the_trained_parameters(self) -> None:
        graph, twin = network(), network()
        program = graph.compile(mg.SGD(graph.parameters, 0.1))
        for feed in batches(5):
            program(**feed)
        train(twin, mg.SGD(twin.parameters, 0.1), batches(5))
        close(graph.evaluate(x=X, t=T), twin.evaluate(x=X, t=T), 1e-9)


def test_reduce_stands_between_backward_and_update() -> None:
    graph, twice = network(), network()
    seen = []

    def double(loss: float, vectors: list[Array]) -> None:
        seen.append(float(loss))
        for vector in vectors:
            vector *= 2

    program = graph.compile(mg.SGD(graph.parameters, 0.1), reduce=double)
    losses = [float(program()) for _ in range(3)]
    step = twice.compile(mg.SGD(twice.parameters, 0.2))
    assert losses == seen == pytest.approx([float(step()) for _ in range(3)])
    for ours, theirs in zip(graph.parameters, twice.parameters):
        np.testing.assert_allclose(ours.value, theirs.value, rtol=1e-12)
        np.testing.assert_allclose(program.gradients[ours], 2 * step.gradients[theirs], rtol=1e-12)
    with pytest.raises(TypeError, match="compile: reduce is .*; it must be a function, and needs an optimizer"):
        graph.compile(reduce=double)
