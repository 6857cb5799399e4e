"""A compiled graph computes what the graph computes, whatever its rules do, and is no trap for those who use it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zlib import crc32

import numpy as np
import pytest
from cases import CASES, Case
from helpers import Array

import minigraph as mg
from minigraph.compile.rules import linear
from minigraph.layers import (
    L2,
    Affine,
    BatchNorm,
    Dropout,
    Embedding,
    LayerNorm,
    ReLU,
    Softmax,
    SoftmaxWithLoss,
    Tanh,
)

RNG = np.random.default_rng(91)
X, T = RNG.normal(size=(12, 4)), RNG.integers(0, 3, 12)
TOLERANCE = {"float64": 1e-9, "float32": 2e-5}  # relative to the largest number of an array


def close(a: Array, b: Array, tolerance: float) -> None:
    a, b = np.asarray(a), np.asarray(b)
    assert a.shape == b.shape and a.dtype == b.dtype
    largest = max(float(np.abs(b[np.isfinite(b)]).max(initial=0)), 1e-3)
    np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * largest)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_every_op_is_what_it_is_in_the_graph(case: Case, dtype: str) -> None:
    """Its value and every gradient, pulled back from a random upstream, and once more for other numbers."""
    operands = [a.astype(dtype) if a.dtype == np.float64 else a for a in case.operands]
    leaves = tuple(mg.Node(a, f"x{i}", requires_grad=i in case.differentiable) for i, a in enumerate(operands))
    made = case.op.record(leaves)
    rng = np.random.default_rng(crc32(case.id.encode()))  # of its own: tests run in any order
    weights = rng.normal(size=made.shape).astype(dtype)
    graph = mg.Graph((made * weights).sum() if made.shape else made * weights)
    wrt = [leaf for leaf in leaves if leaf in graph.wanted]
    program = graph.compile(wrt=wrt)
    moved = [a * np.asarray(0.99, a.dtype) if a.dtype.kind == "f" and i in case.differentiable else a
             for i, a in enumerate(operands)]  # fmt: skip
    for arrays in (operands, moved, operands):
        feeds = dict(zip(leaves, arrays))
        close(program(feeds), graph.forward(feeds), TOLERANCE[dtype])
        expected = graph.gradients()
        for leaf in wrt:
            close(program.gradients[leaf], expected.get(leaf, np.zeros_like(leaf.value)), TOLERANCE[dtype])


def network(dtype: str = "float64", seed: int = 0, loss: mg.Op | None = None, *more: mg.Op) -> mg.Graph:
    rng = np.random.default_rng(seed)
    layers = mg.Sequential(Affine(4, 5, seed=rng, dtype=dtype), ReLU(), *more, Affine(5, 3, seed=rng, dtype=dtype))
    scores = layers(mg.Node(X.astype(dtype), "x", requires_grad=False))
    return mg.Graph((loss or SoftmaxWithLoss())(scores, mg.Node(T, "t")))


OPTIMIZERS: dict[str, Callable[[Any], mg.Optimizer]] = {
    "SGD": lambda p: mg.SGD(p, 0.1),
    "momentum": lambda p: mg.SGD(p, 0.1, momentum=0.9),
    "Nesterov": lambda p: mg.SGD(p, 0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    "decay": lambda p: mg.SGD(p, 0.1, weight_decay=0.01),
    "AdaGrad": lambda p: mg.AdaGrad(p, 0.1),
    "RMSProp": lambda p: mg.RMSProp(p, 0.01, momentum=0.5, centered=True),
    "Adam": lambda p: mg.Adam(p, 0.01),
    "amsgrad": lambda p: mg.Adam(p, 0.01, amsgrad=True, weight_decay=0.1),
    "AdamW": lambda p: mg.AdamW(p, 0.01),
    "my own": lambda p: Halving(p, 0.1),
}


class Halving(mg.Optimizer):
    """An optimizer of somebody's own, with a memory, which treats the numbers of a parameter together."""

    def __init__(self, parameters: Any, learning_rate: float) -> None:
        super().__init__(parameters, learning_rate)
        self.taken: dict[int, int] = {}

    def update(self, i: int, value: Array, gradient: Array) -> Array:
        self.taken[i] = self.taken.get(i, 0) + 1
        return np.asarray(value - self.learning_rate / self.taken[i] * gradient / (1 + np.linalg.norm(gradient)))


def batches(steps: int) -> list[dict[str, Array]]:
    """Batches of several sizes, in turn."""
    rng = np.random.default_rng(5)
    rows = [rng.permutation(12)[: (12, 5, 5, 1)[n % 4]] for n in range(steps)]
    return [{"x": X[r], "t": T[r]} for r in rows]


def train(graph: mg.Graph, optimizer: mg.Optimizer, feeds: list[dict[str, Array]]) -> list[float]:
    losses = []
    for feed in feeds:
        losses.append(float(graph.forward(**feed)))
        graph.backward()
        optimizer.step()
    return losses


def parameters(graph: mg.Graph) -> list[Array]:
    return [parameter.value for parameter in graph.parameters]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_training_is_the_same_with_every_optimizer_and_any_batch_size(name: str, dtype: str) -> None:
    eager, compiled = network(dtype), network(dtype)
    one, other = OPTIMIZERS[name](eager.parameters), OPTIMIZERS[name](compiled.parameters)
    step, feeds = compiled.compile(other), batches(20)
    close(
        np.array([step(**feed) for feed in feeds]).astype("float64"),
        np.array(train(eager, one, feeds)),
        TOLERANCE[dtype],
    )
    for mine, theirs in zip(parameters(compiled), parameters(eager)):
        close(mine, theirs, 10 * TOLERANCE[dtype])
    assert len(step._plans) == 3


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_eager_and_compiled_steps_may_alternate(name: str) -> None:
    """Parameters and what the optimizer remembers go to and fro; settings may change in between."""
    eager, mixed = network(), network()
    one, other = OPTIMIZERS[name](eager.parameters), OPTIMIZERS[name](mixed.parameters)
    step, feeds = mixed.compile(other), batches(12)
    for n, feed in enumerate(feeds):
        one.learning_rate = other.learning_rate = 0.1 / (1 + n // 3)
        train(eager, one, [feed])
        if n % 4 in (1, 2):
            step(**feed)
        else:
            train(mixed, other, [feed])
        if n == 6:
            mixed.parameters[0].value = eager.parameters[0].value = np.ones((4, 5))
    for mine, theirs in zip(parameters(mixed), parameters(eager)):
        close(mine, theirs, 1e-9)
    for mine, theirs in zip(memory(other), memory(one)):
        close(np.asarray(mine, float), np.asarray(theirs, float), 1e-9)


def memory(optimizer: mg.Optimizer) -> list[Any]:
    dicts = [value for value in vars(optimizer).values() if isinstance(value, dict)]
    return [each[i] for each in dicts for i in sorted(each) if np.any(each[i])]


def test_a_preview_between_compiled_steps_is_what_the_next_step_would_do() -> None:
    graph, twin = network(), network()
    adam, other = mg.Adam(graph.parameters, 0.01), mg.Adam(twin.parameters, 0.01)
    step, feeds = graph.compile(adam), batches(3)
    for feed in feeds:
        step(**feed)
    train(twin, other, feeds)
    for each in (graph, twin):
        each.forward(**feeds[0])
        each.backward()
    for mine, theirs in zip(adam.preview().values(), other.preview().values()):
        close(mine, theirs, 1e-9)


def test_two_programs_train_the_same_parameters_in_turn() -> None:
    eager, graph = network(), network()
    one, other = mg.SGD(eager.parameters, 0.1, momentum=0.9), mg.SGD(graph.parameters, 0.1, momentum=0.9)
    first, second, feeds = graph.compile(other), graph.compile(other), batches(8)
    for n, feed in enumerate(feeds):
        (first if n % 3 else second)(**feed)
    train(eager, one, feeds)
    for mine, theirs in zip(parameters(graph), parameters(eager)):
        close(mine, theirs, 1e-9)


def test_a_layer_used_twice_and_a_penalty() -> None:
    def build() -> mg.Graph:
        shared = Affine(4, 4, seed=1)
        x = mg.Node(X, "x", requires_grad=False)
        h = Tanh()(shared(Tanh()(shared(x))) + x)
        loss = SoftmaxWithLoss()(Affine(4, 3, seed=2)(h), mg.Node(T, "t"))
        return mg.Graph(loss + L2(0.01)(shared.parameters[0]))

    eager, compiled = build(), build()
    step = compiled.compile(mg.SGD(compiled.parameters, 0.1))
    losses = [float(step(**feed)) for feed in batches(6)]
    assert np.allclose(losses, train(eager, mg.SGD(eager.parameters, 0.1), batches(6)), rtol=1e-9)
    for mine, theirs in zip(parameters(compiled), parameters(eager)):
        close(mine, theirs, 1e-9)


def test_dropout_draws_the_masks_of_the_graph_and_batch_norm_its_statistics() -> None:
    def build() -> tuple[mg.Graph, BatchNorm]:
        norm = BatchNorm(5)
        return network("float64", 0, None, norm, Dropout(0.5, seed=3)), norm

    (eager, one), (compiled, other) = build(), build()
    sgd, step = mg.SGD(eager.parameters, 0.1), compiled.compile(mg.SGD(compiled.parameters, 0.1))
    for feed in [feed for feed in batches(16) if len(feed["t"]) > 1]:
        train(eager, sgd, [feed])
        one.update(eager)
        step(**feed)
        other.update(compiled)
    for mine, theirs in zip(parameters(compiled), parameters(eager)):
        close(mine, theirs, 1e-9)
    assert compiled["step1"].value == eager["step1"].value > 10
    close(compiled.evaluate(x=X, t=T), eager.evaluate(x=X, t=T), 1e-9)
    assert step(x=X, t=T, step1=0, step2=0) == pytest.approx(float(eager.forward(x=X, t=T, step1=0, step2=0)), 1e-9)


def test_tokens() -> None:
    def build() -> mg.Graph:
        h = LayerNorm(6)(Embedding(5, 6, seed=0)(mg.Node(RNG.integers(0, 5, (3, 4)), "i")))
        return mg.Graph(SoftmaxWithLoss()(Affine(6, 5, seed=1)(h), mg.Node(np.zeros((3, 4), int), "t")))

    eager, compiled = build(), build()
    one, step = mg.Adam(eager.parameters), compiled.compile(mg.Adam(compiled.parameters))
    for n in (3, 1, 7, 3):
        i = RNG.integers(0, 5, (n, 4))
        train(eager, one, [{"i": i, "t": i[:, ::-1]}])
        step(i=i, t=i[:, ::-1])
    for mine, theirs in zip(parameters(compiled), parameters(eager)):
        close(mine, theirs, 1e-9)


def reshaped() -> None:
    graph = network()
    program = graph.compile(mg.SGD(graph.parameters, 0.1))
    program(x=X, t=T)
    graph.parameters[0].value = np.ones(2)
    program(x=X, t=T)


MISUSE: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "no optimizer": (
        lambda: network().compile(0.1), TypeError, r"^compile: needs an optimizer, .*; got 0\.1$"),  # type: ignore
    "another's parameters": (
        lambda: network().compile(mg.SGD(network().parameters, 0.1)), ValueError,
        r"^compile: W is no leaf behind L that wants a gradient$"),
    "a vector": (
        lambda: network(loss=SoftmaxWithLoss("none")).compile(mg.SGD([mg.Parameter(1.0)])), ValueError, r"^compile: "),
    "both": (
        lambda: (g := network()).compile(mg.SGD(g.parameters), wrt=g.parameters), ValueError, r"^compile: give an opt"),
    "no leaf": (lambda: (g := network()).compile(wrt=[g.output]), ValueError, r"^compile: .* is no leaf behind L"),
    "another shape": (reshaped, ValueError, r"^Program: W is float64 \[2\], but was float64 \[4, 5\]; compile"),
    "too early": (lambda: network().compile().gradients, ValueError, r"^Program: there are no gradients before"),
}  # fmt: skip


@pytest.mark.parametrize("case", MISUSE)
def test_misuse_is_refused(case: str) -> None:
    call, kind, message = MISUSE[case]
    with pytest.raises(kind, match=message):
        call()


def test_without_scalar_there_is_only_a_forward() -> None:
    x = mg.Node(X, "x")
    p = Softmax()(Affine(4, 3, seed=0)(x))
    program = mg.Graph(p).compile()
    close(program(x=X[:5]), p.op.run((mg.Graph(p).evaluate(p.inputs[0], x=X[:5]),)), 1e-12)  # type: ignore[union-attr]
    assert program.gradients == {} and "backward" not in str(program)


def test_a_program_can_be_read() -> None:
    graph = network("float32")
    text = str(graph.compile(mg.SGD(graph.parameters, 0.1)))
    assert text.startswith("plan for x [12, 4] float32, t [12] int64; %0 ")
    assert (
        "%0 = dot([W1; b1].T, [x 1].T)" in text and "  Affine, ReLU → H" in text and "∂[W1; b1] = dot([x 1].T, " in text
    )
    assert "forward" in text and "backward" in text and "SGD(learning_rate=0.1" in text


@pytest.mark.parametrize("wanted", [("x", "W1", "b1", "W2", "b2", "W3", "b3"), ("W2",), ("b1", "b3"), ("x",)])
@pytest.mark.parametrize("biased", [True, False])
def test_hidden_layers_keep_their_ones(wanted: tuple[str, ...], biased: bool) -> None:
    """Two hidden layers beside ones, or without: values and gradients, run after run and for other batches."""

    def build() -> mg.Graph:
        rng = np.random.default_rng(3)
        sizes = [4, 7, 5, 3]
        affine = [Affine(a, b, bias=biased or a > 4, seed=rng) for a, b in zip(sizes, sizes[1:])]
        layers = mg.Sequential(affine[0], ReLU(), affine[1], ReLU(), affine[2])
        return mg.Graph(SoftmaxWithLoss()(layers(mg.Node(X, "x")), mg.Node(T, "t")))

    eager, compiled = build(), build()
    names = [name for name in wanted if name in compiled.names.values()]
    program = compiled.compile(wrt=[compiled[name] for name in names])
    for rows in (12, 5, 12):
        feed = {"x": X[:rows] - 0.1 * rows, "t": T[:rows]}
        close(np.asarray(program(**feed)), eager.forward(**feed), 1e-9)
        gradients = eager.gradients()
        for name in names:
            close(program.gradients[compiled[name]], gradients[eager[name]], 1e-9)


def test_hidden_values_stand_above_ones() -> None:
    x = mg.Node(X, "x", requires_grad=False)
    h = ReLU()(Affine(5, 4, seed=1)(ReLU()(Affine(4, 5, seed=0)(x))))
    graph = mg.Graph(SoftmaxWithLoss()(Affine(4, 3, seed=2)(h), mg.Node(T, "t")))
    text = str(graph.compile(mg.SGD(graph.parameters, 0.1)))
    assert text.count("; 1][:-1] = clip(") == 2 and "[:, None]" not in text, "no bias is added as a column"


def test_gradients_nobody_wants_are_not_computed() -> None:
    """dX of the first layer, where x is data that wants no gradient or an optimizer does not ask for it."""
    x = mg.Node(X, "x")
    graph = mg.Graph(SoftmaxWithLoss()(Affine(4, 3, seed=0)(x), mg.Node(T, "t")))
    assert "∂x" not in str(graph.compile(mg.SGD(graph.parameters, 0.1)))
    assert "∂x" in str(graph.compile(wrt=[x]))


@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("inputs, bias", [(511, True), (512, True), (600, False)])
def test_a_head_with_many_inputs(inputs: int, bias: bool, padded: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linear, "padding_pays", lambda *sizes: padded)

    def build() -> mg.Graph:
        x = mg.Node(np.random.default_rng(4).normal(size=(6, inputs)), "x")
        return mg.Graph(SoftmaxWithLoss()(Affine(inputs, 3, bias=bias, seed=0)(x), mg.Node([0, 1, 2, 0, 1, 2], "t")))

    eager, compiled = build(), build()
    program = compiled.compile(wrt=[compiled["x"], *compiled.parameters])
    eager.backward()
    close(np.asarray(program()), eager.output.value, 1e-9)
    for mine, theirs in zip((compiled["x"], *compiled.parameters), (eager["x"], *eager.parameters)):
        assert theirs.grad is not None
        close(program.gradients[mine], theirs.grad, 1e-9)


def test_whether_padding_pays_is_tried_out_for_long_products_only() -> None:
    linear.padding_pays.cache_clear()
    assert linear.padding_pays(500, 3000, 16, 16, np.dtype("float32")) is False
    assert linear.padding_pays(2, 600, 3, 16, np.dtype("float32")) is False
    assert linear.padding_pays(500, 600, 3, 16, np.dtype("float32")) in (False, True)


def test_deep_graphs_compile_without_recursion() -> None:
    x = mg.Node(X, "x")
    h = x
    for n in range(3000):
        h = mg.reshape(h, 6, 8) if n % 3 == 0 else mg.reshape(h, 12, 4) if n % 3 == 1 else h * 1.0001
    graph = mg.Graph((h * h).sum())
    program = graph.compile()
    close(np.asarray(program(x=2 * X)), graph.forward(x=2 * X), 1e-9)
    close(program.gradients[x], graph.gradients()[x], 1e-9)


def test_memory_serves_again() -> None:
    """A chain that runs in place needs one buffer, however long it is."""
    h = x = mg.Node(X, "x")
    for n in range(50):
        h = h * 2.0 - 1.0
    program = mg.Graph(h.sum()).compile(wrt=[x])
    program()
    assert program._plan is not None and len(program._plan.buffers) == 2
