"""Random networks, compiled and not: the same losses, gradients and parameters, whatever is shared, reused or fed."""

from __future__ import annotations

from collections.abc import Callable
from unittest.mock import patch

import numpy as np
import pytest
from helpers import Array
from hypothesis import given, settings
from hypothesis import strategies as st
from test_compile import close

import minigraph as mg
from minigraph.compile.rules import softmax
from minigraph.layers import (
    GELU,
    L2,
    Affine,
    Attention,
    BatchNorm,
    Dropout,
    LayerNorm,
    LeakyReLU,
    MeanSquaredError,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    SoftmaxWithLoss,
    Tanh,
)

WIDTH, CLASSES = 4, 3
Steps = list[tuple[str, int, int]]


def steps_of(seed: int, dtype: str) -> dict[str, Callable[[mg.Node, mg.Node], mg.Node]]:
    """What may be done with two values [N, 4]; layers made here are shared wherever they are used twice."""
    rng = np.random.default_rng(seed)
    shared, other = (Affine(WIDTH, WIDTH, seed=rng, dtype=dtype) for _ in range(2))
    norm, batch_norm = LayerNorm(WIDTH, dtype=dtype), BatchNorm(WIDTH, dtype=dtype)
    dropout, weight = Dropout(0.4, seed=seed), mg.Parameter(rng.normal(size=(WIDTH, WIDTH)).astype(dtype), "M")
    row = rng.normal(size=WIDTH).astype(dtype)
    return {
        "affine": lambda a, b: shared(a),
        "another": lambda a, b: other(a + b),
        "matrix": lambda a, b: a @ weight,
        "twice": lambda a, b: shared(Tanh()(shared(b))),
        "relu": lambda a, b: ReLU()(a),
        "leaky": lambda a, b: LeakyReLU(0.1)(a - b),
        "gelu": lambda a, b: GELU()(b),
        "silu": lambda a, b: SiLU()(a),
        "sigmoid": lambda a, b: Sigmoid()(a) * b,
        "softmax": lambda a, b: Softmax()(a) + b,
        "norm": lambda a, b: norm(a),
        "batch norm": lambda a, b: batch_norm(a),
        "dropout": lambda a, b: dropout(a),
        "attention": lambda a, b: Attention()(a, b, a),
        "square": lambda a, b: a * a - b,
        "thrice": lambda a, b: a + a + a,
        "row": lambda a, b: a * row - row,
        "number": lambda a, b: 0.5 * a - 1 / (b * b + 1),
        "sums": lambda a, b: a + mg.tanh(b).mean(axis=0, keepdims=True) - b.sum(axis=1, keepdims=True),
        "reshape": lambda a, b: mg.reshape(mg.reshape(a, -1, 2) * 2.0, -1, WIDTH),
        "transpose": lambda a, b: (a.T * 0.5).T,
        "parts": lambda a, b: mg.concat([a[:, :2], b[:, 2:]], axis=1),
        "exp": lambda a, b: mg.exp(mg.tanh(a)) / mg.sqrt(b * b + 1.0),
        "where": lambda a, b: mg.where(row > 0, a, b),
        "largest": lambda a, b: mg.maximum(a, b).max(axis=1, keepdims=True) + b,
    }


def build(steps: Steps, seed: int, dtype: str, loss: str) -> mg.Graph:
    rng, known = np.random.default_rng(seed), steps_of(seed, dtype)
    x = mg.Node(rng.normal(size=(6, WIDTH)).astype(dtype), "x")
    nodes = [x, Affine(WIDTH, WIDTH, seed=rng, dtype=dtype)(x)]
    for name, i, k in steps:
        nodes.append(known[name](nodes[-1 - i % len(nodes)], nodes[-1 - k % len(nodes)]))
    h = mg.tanh(nodes[-1]) + mg.tanh(nodes[-2])
    if loss == "squares":
        h = Affine(WIDTH, WIDTH, seed=rng, dtype=dtype)(h)
        return mg.Graph(MeanSquaredError()(h, mg.Node(np.zeros((6, WIDTH), dtype), "t")))
    head = Affine(WIDTH, CLASSES, seed=rng, dtype=dtype)
    scores = head(h) if loss == "head" else head(h) * 2.0
    penalty = L2(0.1)(head.parameters[0])
    return mg.Graph(SoftmaxWithLoss()(scores, mg.Node(rng.integers(0, CLASSES, 6), "t")) + penalty)


def feeds(seed: int, dtype: str, loss: str) -> list[dict[str, Array]]:
    """Batches of 6, 2, 6 and 7."""
    rng = np.random.default_rng(seed + 1)
    targets = [rng.normal(size=(n, WIDTH)).astype(dtype) if loss == "squares" else rng.integers(0, CLASSES, n)
               for n in (6, 2, 6, 7)]  # fmt: skip
    return [{"x": rng.normal(size=(len(t), WIDTH)).astype(dtype), "t": t} for t in targets]


STEP = st.tuples(st.sampled_from(sorted(steps_of(0, "float64"))), st.integers(0, 99), st.integers(0, 99))


@pytest.mark.parametrize("loss", ["head", "scores", "squares"])
@pytest.mark.parametrize("dtype, tolerance", [("float64", 1e-8), ("float32", 2e-3)])
@given(steps=st.lists(STEP, min_size=1, max_size=9), seed=st.integers(0, 2**16))
@settings(max_examples=60, deadline=None)
def test_random_networks_train_alike(dtype: str, tolerance: float, loss: str, steps: Steps, seed: int) -> None:
    """Four steps of SGD with momentum, on batches of three sizes; float32 as far as its rounding lets one compare."""
    eager, compiled = (build(steps, seed, dtype, loss) for _ in range(2))
    one, other = (mg.SGD(g.parameters, 0.01, momentum=0.9) for g in (eager, compiled))
    program = compiled.compile(other)
    for feed in feeds(seed, dtype, loss):
        expected = eager.forward(**feed)
        eager.backward()
        one.step()
        close(np.asarray(program(**feed)), expected, tolerance)
        for parameter, gradient in program.gradients.items():
            twin = eager.parameters[compiled.parameters.index(parameter)].grad  # type: ignore[arg-type]
            close(gradient, np.zeros_like(gradient) if twin is None else twin, tolerance)
    for mine, theirs in zip(compiled.parameters, eager.parameters):
        close(mine.value, theirs.value, tolerance)


@given(steps=st.lists(STEP, min_size=1, max_size=9), seed=st.integers(0, 2**16))
@settings(max_examples=60, deadline=None)
def test_gradients_of_the_input_of_random_networks(steps: Steps, seed: int) -> None:
    graph, twin = (build(steps, seed, "float64", "scores") for _ in range(2))
    program = graph.compile(wrt=[graph["x"]])
    for feed in feeds(seed, "float64", "scores"):
        close(np.asarray(program(**feed)), twin.forward(**feed), 1e-8)
        close(program.gradients[graph["x"]], twin.gradients()[twin["x"]], 1e-8)


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_give_what_one_gives(threads: int) -> None:
    rng = np.random.default_rng(7)
    z, t = mg.Node(rng.normal(size=(7, 500)), "z"), mg.Node(rng.integers(0, 500, 7), "t")
    graph = mg.Graph(SoftmaxWithLoss()(z, t))
    with patch.object(softmax, "workers", lambda: threads), patch.object(softmax._Rows, "LONG", 1):
        with patch.object(softmax._Rows, "BYTES", 500 * 8):
            program = graph.compile()
            for shift in (0.0, 1.0):
                close(np.asarray(program(z=z.value + shift, t=t.value)), graph.forward(z=z.value + shift), 1e-12)
                close(program.gradients[z], graph.gradients()[z], 1e-12)
