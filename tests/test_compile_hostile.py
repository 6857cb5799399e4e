"""A program in rough hands: what is written to, exchanged, copied, interrupted or looked at in odd ways."""

from __future__ import annotations

import copy
import os
import signal
from collections.abc import Callable
from unittest.mock import patch

import numpy as np
import pytest
from helpers import Array
from test_compile import OPTIMIZERS, T, X, batches, close, network, parameters, train

import minigraph as mg
from minigraph.compile.rules import softmax
from minigraph.compile.update import _Adam
from minigraph.layers import Affine, BatchNorm, ReLU, SigmoidWithLoss, SoftmaxWithLoss, Softplus

RNG = np.random.default_rng(3)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_gradients_after_a_step_are_those_of_the_loss(name: str) -> None:
    """Without the decay and the momentum that the optimizer adds."""
    graph, twin = network(), network()
    program, other = graph.compile(OPTIMIZERS[name](graph.parameters)), OPTIMIZERS[name](twin.parameters)
    for feed in batches(3):
        program(**feed)
        train(twin, other, [feed])
        for mine, theirs in zip(graph.parameters, twin.parameters):
            assert theirs.grad is not None
            close(program.gradients[mine], theirs.grad, 1e-9)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_what_an_optimizer_remembers_may_be_forgotten(name: str) -> None:
    graph, twin = network(), network()
    mine, theirs = OPTIMIZERS[name](graph.parameters), OPTIMIZERS[name](twin.parameters)
    program, feeds = graph.compile(mine), batches(9)
    for n, feed in enumerate(feeds):
        program(**feed)
        train(twin, theirs, [feed])
        for optimizer in (mine, theirs):
            for key, value in list(vars(optimizer).items()):
                if isinstance(value, dict) and n == 2:
                    value.clear()
                elif isinstance(value, dict) and n == 5:
                    setattr(optimizer, key, {})
    for a, b in zip(parameters(graph), parameters(twin)):
        close(a, b, 1e-9)


def test_a_schedule_does_not_pile_up_memory() -> None:
    graph = network()
    adam = mg.Adam(graph.parameters, 0.01)
    program = graph.compile(adam)
    for n in range(8):
        adam.learning_rate = 0.01 / (n + 1)
        program(x=X, t=T)
    update = program._update
    assert isinstance(update, _Adam) and len(update.corrections) == 1 and len(update.shared) == 8


ODD: dict[str, Callable[[mg.Node], mg.Node]] = {
    "itself": lambda x: x,
    "transposed": lambda x: x.T,
    "reshaped": lambda x: mg.reshape(x, -1),
    "both": lambda x: mg.reshape(x.T, -1),
    "axes": lambda x: mg.reshape(x, -1, 1, 3),
}


@pytest.mark.parametrize("how", ODD)
@pytest.mark.parametrize("order", ["C", "F"])
def test_an_output_that_is_a_feed_looked_at(how: str, order: str) -> None:
    x = mg.Node(np.ones((2, 3)), "x")
    graph = mg.Graph(ODD[how](x))
    program = graph.compile()
    for n in (2, 2, 1, 2):
        feed = np.array(RNG.normal(size=(n, 3)), order=order)  # type: ignore[call-overload]
        value = program(x=feed)
        assert np.array_equal(value, graph.evaluate(x=feed)) and not np.shares_memory(value, feed)


def test_a_leaf_that_is_written_into_between_runs() -> None:
    """Also where it is copied to be looked at in another shape."""
    x = mg.Node(np.asfortranarray(np.ones((2, 3))), "x")
    graph = mg.Graph((mg.reshape(x, -1) * np.arange(6.0)).sum())
    program = graph.compile()
    assert program() == 15.0
    x.value[:] = 2.0
    assert program() == 30.0


def test_batch_norm_of_a_feed_looked_at_knows_the_last_batch() -> None:
    norm, x = BatchNorm(3), mg.Node(RNG.normal(size=(4, 3, 1)), "x")
    graph = mg.Graph((norm(mg.reshape(x, -1, 3)) * 2.0).sum())
    program = graph.compile()
    for shift in range(3):
        feed = RNG.normal(size=(4, 3, 1)) + shift
        program(x=feed)
        assert np.array_equal(graph.inputs_of(norm)[0], feed.reshape(-1, 3))


@pytest.mark.parametrize("trained", [True, False])
def test_a_parameter_that_is_written_into(trained: bool) -> None:
    graph, twin = network(), network()
    program = graph.compile(mg.SGD(graph.parameters, 0.1)) if trained else graph.compile()
    other = mg.SGD(twin.parameters, 0.1 if trained else 0.0)
    for feed in batches(5):
        assert program(**feed) == pytest.approx(train(twin, other, [feed])[0], 1e-9)
        for each in (graph, twin):
            each.parameters[1].value[0] += 0.5
            each.parameters[0].value[:, 1] = 0.0
    for mine, theirs in zip(parameters(graph), parameters(twin)):
        close(mine, theirs, 1e-9)


def test_a_parameter_that_is_fed_keeps_that_value_as_in_the_graph() -> None:
    graph, twin = network(), network()
    program, other = graph.compile(mg.SGD(graph.parameters, 0.1)), mg.SGD(twin.parameters, 0.1)
    name = graph.names[graph.parameters[1]]
    for n, feed in enumerate(batches(6)):
        more = {name: RNG.normal(size=5)} if n % 2 else {}
        assert program(**feed, **more) == pytest.approx(train(twin, other, [feed | more])[0], 1e-9)
    for mine, theirs in zip(parameters(graph), parameters(twin)):
        close(mine, theirs, 1e-9)
    before = copy.deepcopy(parameters(graph))
    for bad in ({"t": T + 1, name: np.ones(5)}, {name: np.ones(4)}):
        with pytest.raises(ValueError, match="labels go from|b is float64"):
            program(bad)
        assert all(np.array_equal(a, b) for a, b in zip(before, parameters(graph)))


def test_gradients_of_part_of_the_shape_or_of_a_mask() -> None:
    """What a rule hands back may be smaller than the node, or of bools."""
    x = mg.Node(RNG.normal(size=(3, 4)), "x")
    h = x * 2.0
    for output in (
        ReLU()(h).sum() + ReLU()(h).sum(),
        (mg.reshape(h.sum(axis=1), -1, 1) * np.array([3.0])).sum(),
        (mg.reshape(h, 3, 2, 2).T * np.arange(4.0).reshape(2, 2, 1)).sum(),
        (mg.transpose(mg.reshape(h, -1, 2, 2), 0, 2, 1) * np.arange(4.0).reshape(2, 2)).sum(),
        (ReLU()(Affine(4, 1, seed=0)(h))).sum(),
    ):
        graph = mg.Graph(output)
        program = graph.compile(wrt=[x])
        program()
        close(program.gradients[x], graph.gradients()[x], 1e-12)


def test_copies_after_compiled_steps() -> None:
    x = mg.Node(X, "x")
    graph = mg.Graph((Affine(4, 3, seed=0)(x) ** 2.0).mean())
    adam = mg.Adam(graph.parameters)
    program = graph.compile(adam)
    program(x=X)
    twin, its = copy.deepcopy((graph, adam))
    assert twin.last_run is None  # which would keep all arrays of the plan, and cannot be pickled
    other = twin.compile(its)
    for _ in range(2):
        assert other(x=X) == program(x=X)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("classes", [3, 100])
@pytest.mark.parametrize("size", [1e4, 1e30])
def test_one_large_score_does_not_swallow_the_other_rows(classes: int, size: float, dtype: str) -> None:
    z = np.full((4, classes), 0.5, dtype)
    z[0, 1] = size
    graph = mg.Graph(SoftmaxWithLoss()(mg.Node(z, "z"), mg.Node([1, 0, 2, 0], "t")))
    close(graph.compile()(), graph.forward(), 1e-6)


def test_a_class_that_is_switched_off_by_its_bias() -> None:
    """Its score is −∞ and its probability 0; the loss of the others is a number."""
    layer = Affine(4, 3, seed=0)
    layer.parameters[1].value = np.array([0.0, 0.0, -np.inf])
    graph = mg.Graph(SoftmaxWithLoss()(layer(mg.Node(X, "x")), mg.Node(T % 2, "t")))
    program = graph.compile()
    with np.errstate(invalid="ignore"):
        close(program(), graph.forward(), 1e-12)
    for parameter, gradient in program.gradients.items():
        close(gradient, graph.gradients()[parameter], 1e-12)


@pytest.mark.parametrize("output", [Softplus(), Softplus(2.5), SigmoidWithLoss()], ids=repr)
def test_slopes_at_infinity(output: mg.Op) -> None:
    x = mg.Node(np.array([np.inf, -np.inf, 1.0]), "x")
    with np.errstate(invalid="ignore"):
        made = output(x, np.array([1.0, 0.0, 0.0])) if isinstance(output, SigmoidWithLoss) else output(x)
        graph = mg.Graph(made.sum())
        program = graph.compile(wrt=[x])
        program()
        close(program.gradients[x], graph.gradients()[x], 1e-12)


class Positive(mg.Op):
    """The positive numbers of x: how many they are, no shape says."""

    def forward(self, x: Array) -> Array:
        return x[x > 0]

    def backward(self, upstream: Array, output: Array, x: Array) -> tuple[Array]:
        gradient = np.zeros_like(x)
        gradient[x > 0] = upstream
        return (gradient,)


def test_an_op_whose_shape_depends_on_numbers_is_refused() -> None:
    x = mg.Node([1.0, 2.0, 3.0], "x")
    program = mg.Graph(Positive()(x).sum()).compile()
    assert program() == 6.0
    with pytest.raises(ValueError, match=r"^Positive: forward gave \[1\], but \[3\] before"):
        program(x=np.array([1.0, -2.0, -3.0]))


class Interrupted(mg.Op):
    """y = x, unless somebody presses Ctrl-C."""

    when = ""

    def forward(self, x: Array) -> Array:
        if Interrupted.when == "forward":
            raise KeyboardInterrupt
        return x * 1.0

    def backward(self, upstream: Array, output: Array, x: Array) -> tuple[Array]:
        if Interrupted.when == "backward":
            raise KeyboardInterrupt
        return (upstream,)


@pytest.mark.parametrize("when", ["forward", "backward"])
def test_an_interrupted_run_changes_nothing(when: str) -> None:
    graph, twin = network("float64", 0, None, Interrupted()), network("float64", 0, None, Interrupted())
    program, other = graph.compile(mg.SGD(graph.parameters, 0.1, momentum=0.9)), mg.SGD(twin.parameters, 0.1, 0.9)
    for feed in batches(4):
        with patch.object(Interrupted, "when", when), pytest.raises(KeyboardInterrupt):
            program(x=X * 2, t=T)
        assert program(**feed) == pytest.approx(train(twin, other, [feed])[0], 1e-9)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_process_has_threads_of_its_own() -> None:
    z, t = mg.Node(RNG.normal(size=(7, 500)), "z"), mg.Node(RNG.integers(0, 500, 7), "t")
    with patch.object(softmax, "workers", lambda: 2), patch.object(softmax._Rows, "LONG", 1):
        program = mg.Graph(SoftmaxWithLoss()(z, t)).compile()
        program()
        child = os.fork()
        if not child:
            signal.alarm(10)
            program()
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
