"""Images in a compiled graph: what the table of ops does not try."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers import Array
from hypothesis import given, settings
from hypothesis import strategies as st
from test_compile import TOLERANCE, close, parameters, train

import minigraph as mg
from minigraph.compile.rules import images
from minigraph.layers import (
    Affine,
    AvgPool2D,
    BatchNorm,
    Conv2D,
    Flatten,
    LeakyReLU,
    MaxPool2D,
    ReLU,
    Sigmoid,
    SoftmaxWithLoss,
    Tanh,
)

RNG = np.random.default_rng(17)
X, T = RNG.normal(size=(9, 2, 7, 6)), RNG.integers(0, 3, 9)
STEPS = (9, 4, 1, 9, 4, 4, 1)  # sizes of batches


def convnet(dtype: str = "float64", *more: mg.Op, padding: int = 1, wanted: bool = False) -> mg.Graph:
    rng = np.random.default_rng(0)
    layers = mg.Sequential(
        Conv2D(2, 3, 3, padding=padding, seed=rng, dtype=dtype),
        ReLU(),
        Conv2D(3, 4, (3, 2), padding=padding, stride=(1, 2), seed=rng, dtype=dtype),
        *(more or (ReLU(), MaxPool2D(2))),
        Flatten(),
    )
    features = layers(mg.Node(X.astype(dtype), "x", requires_grad=wanted))
    head = Affine(features.shape[1], 3, seed=rng, dtype=dtype)
    return mg.Graph(SoftmaxWithLoss()(head(features), mg.Node(T, "t")))


def batches(dtype: str = "float64") -> list[dict[str, Array]]:
    rng = np.random.default_rng(3)
    rows = [rng.permutation(9)[:size] for size in STEPS]
    return [{"x": X[r].astype(dtype), "t": T[r]} for r in rows]


def trains_alike(build: Callable[[], mg.Graph], dtype: str = "float64") -> str:
    """Trains two of a kind, one of them compiled, with batches of several sizes in turn. Returns the program's text."""
    eager, compiled = build(), build()
    step = compiled.compile(mg.SGD(compiled.parameters, 0.1, momentum=0.5))
    losses = [float(step(**feed)) for feed in batches(dtype)]
    expected = train(eager, mg.SGD(eager.parameters, 0.1, momentum=0.5), batches(dtype))
    np.testing.assert_allclose(losses, expected, rtol=TOLERANCE[dtype])
    for mine, theirs in zip(parameters(compiled), parameters(eager)):
        close(mine, theirs, 10 * TOLERANCE[dtype])
    return str(step)


def same_gradients(graph: mg.Graph, *feeds: Any) -> mg.Program:
    """With respect to all leaves that want one, for each of the feeds."""
    wrt = [node for node in graph.nodes if node.op is None and node in graph.wanted]
    program = graph.compile(wrt=wrt)
    for feed in feeds or ({},):
        close(program(feed), graph.forward(feed), 1e-9)
        expected = graph.gradients()
        for leaf in wrt:
            close(program.gradients[leaf], expected[leaf], 1e-9)
    return program


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("padding", [0, 1, 2])
def test_a_network_trains_with_batches_of_any_size(padding: int, dtype: str) -> None:
    """Two convolutions, each with a frame of zeros for each size of batch, while plans of other sizes run."""
    trains_alike(lambda: convnet(dtype, padding=padding), dtype)


def test_what_nobody_wants_is_not_computed_and_nothing_is_left_to_the_lesson() -> None:
    text = trains_alike(convnet)
    assert text.count("image_gradient(") == 1 and text.count("kernel_gradient(") == 2
    assert ".forward" not in text and ".backward" not in text


@pytest.mark.parametrize("size", [1, 3000, 20000])
def test_windows_are_cut_a_block_at_a_time(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of one place, of a part of a row, of some rows."""
    monkeypatch.setattr(images._Blocks, "BYTES", size)
    trains_alike(convnet)
    same_gradients(convnet(wanted=True), *batches())


AFTER_CONVOLUTION: dict[str, tuple[mg.Op, ...]] = {
    "average": (ReLU(), AvgPool2D(2)),
    "side by side, some pixels left out": (ReLU(), MaxPool2D(3)),
    "overlapping": (ReLU(), MaxPool2D(3, stride=1)),
    "overlapping means": (AvgPool2D((2, 3), stride=(1, 2)),),
    "apart": (MaxPool2D(2, stride=3),),
    "means apart": (AvgPool2D(1, stride=2),),
    "one pixel": (MaxPool2D(1),),
    "maximum before ReLU": (MaxPool2D(2), ReLU()),
    "pooled twice": (ReLU(), MaxPool2D(2, stride=1), MaxPool2D(2)),
    "mean of the largest": (ReLU(), MaxPool2D(2, stride=1), AvgPool2D(2)),
    "other functions": (Tanh(), LeakyReLU(0.1), MaxPool2D(2), Sigmoid()),
    "normalized": (BatchNorm(4, axis=1), ReLU(), MaxPool2D(2)),
    "a third convolution": (LeakyReLU(0.1), Conv2D(4, 2, 1, bias=False, seed=5)),
}


@pytest.mark.parametrize("case", AFTER_CONVOLUTION)
def test_what_follows_a_convolution(case: str) -> None:
    same_gradients(convnet("float64", *AFTER_CONVOLUTION[case], wanted=True), *batches())


@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize("pool", [MaxPool2D(2), MaxPool2D(3, stride=2), MaxPool2D(2, stride=1), MaxPool2D((1, 3))])
def test_equally_large_pixels_share(pool: mg.Op, relu: bool) -> None:
    """Also zeros, below which ReLU has put everything."""
    x = mg.Node(RNG.integers(-2, 2, (3, 2, 6, 7)).astype(float), "x")
    y = pool(ReLU()(x) if relu else x)
    same_gradients(mg.Graph((y * RNG.normal(size=y.shape)).sum()), {}, {x: RNG.integers(-9, 1, (3, 2, 6, 7)) * 1.0})


def test_a_relu_that_others_read_too_is_not_put_behind_the_pool() -> None:
    x = mg.Node(X, "x")
    h = ReLU()(x)
    graph = mg.Graph((MaxPool2D(2)(h) * 3.0).sum() + (h * h).sum())
    assert "ReLU → " in str(same_gradients(graph))


def test_shared_kernels() -> None:
    shared = Conv2D(2, 2, 3, padding=1, seed=1)
    x = mg.Node(X, "x")
    h = shared(ReLU()(shared(x)) + x)
    same_gradients(mg.Graph((h * h).sum()), *({x: X[:n]} for n in STEPS))


def test_images_read_by_two_layers() -> None:
    x = mg.Node(X, "x")
    y = Conv2D(2, 3, 3, seed=1)(x) * Conv2D(2, 3, 3, padding=1, seed=2)(MaxPool2D(3, stride=1)(x))
    same_gradients(mg.Graph((y * y).sum() + AvgPool2D(2)(x).sum()), *({x: X[:n]} for n in STEPS))


def test_a_constant_gradient() -> None:
    x = mg.Node(X, "x")
    for op in (Conv2D(2, 3, 3, padding=1, seed=1), MaxPool2D(2), AvgPool2D(3)):
        same_gradients(mg.Graph(op(x).sum()))


def test_kernels_that_are_computed() -> None:
    x, k = mg.Node(X, "x"), mg.Node(RNG.normal(size=(3, 3, 2, 4)), "k")
    y = Conv2D(2, 4, 3, bias=False, seed=0).record((x, k.transpose(3, 2, 0, 1)))
    same_gradients(mg.Graph((y * y).sum()))


@pytest.mark.parametrize("name", ["x", None])
def test_leaves_in_fortran_order_that_want_a_gradient(name: str | None) -> None:
    x = mg.Node(np.asfortranarray(X[:, 0, :, 0]), name)
    y = Tanh()(Affine(7, 3, seed=0)(x)) @ RNG.normal(size=(3, 2))
    same_gradients(mg.Graph((y * y).sum() + (x @ RNG.normal(size=(7, 2))).sum()))


@pytest.mark.parametrize("x", [
    pytest.param(np.asfortranarray(X), id="Fortran"), pytest.param(np.repeat(X, 2, axis=3)[..., ::2], id="strided"),
    pytest.param(X[:, ::-1].copy()[:, ::-1], id="reversed"),
    pytest.param(X.transpose(1, 2, 3, 0).copy().transpose(3, 0, 1, 2), id="side by side"),
    pytest.param(np.broadcast_to(X[:1], X.shape), id="broadcast"),
])  # fmt: skip
@pytest.mark.parametrize("padding", [0, 1])
def test_feeds_in_any_order(x: Array, padding: int) -> None:
    """The plan is made for one in C order, or for this one."""
    for first, second in (X, x), (x, X):
        graph = convnet(padding=padding, wanted=True)
        kept = second.copy()
        same_gradients(graph, {"x": first, "t": T}, {"x": second, "t": T})
        assert np.array_equal(second, kept)
    for op in (MaxPool2D(2), AvgPool2D(3, stride=2)):
        leaf = mg.Node(x, "x")
        y = op(leaf)
        same_gradients(mg.Graph((y * y).sum()), {}, {leaf: X}, {leaf: x})


LAYERS = {
    "conv": lambda rng, c: Conv2D(c, 2, 3, padding=2, bias=bool(c > 2), seed=rng),
    "wide": lambda rng, c: Conv2D(c, 3, (1, 2), padding=1, stride=(2, 1), seed=rng),
    "relu": lambda rng, c: ReLU(),
    "tanh": lambda rng, c: Tanh(),
    "max": lambda rng, c: MaxPool2D(2),
    "overlapping": lambda rng, c: MaxPool2D((2, 3), stride=1),
    "mean": lambda rng, c: AvgPool2D(2, stride=1),
    "norm": lambda rng, c: BatchNorm(c, axis=1),
}


@given(names=st.lists(st.sampled_from(sorted(LAYERS)), min_size=1, max_size=6), seed=st.integers(0, 99))
@settings(max_examples=80, deadline=None)
def test_any_layers_one_after_the_other(names: list[str], seed: int) -> None:
    """As far as the images are large enough; each layer's images are also looked at by the loss."""
    rng = np.random.default_rng(seed)
    h = mg.Node(rng.normal(size=(3, 2, 7, 8)), "x")
    loss = (h * h).mean()
    for name in names:
        if min(h.shape[2:]) > 2:
            h = LAYERS[name](rng, h.shape[1])(h)
            loss = loss + (h * rng.normal(size=h.shape[1:])).sum() if seed % 2 else loss
    weights = rng.normal(size=(h.value[0].size, 2))
    same_gradients(mg.Graph(loss + mg.tanh(Flatten()(h) @ weights).sum()), {}, {"x": rng.normal(size=(5, 2, 7, 8))})


def test_without_a_loss_images_come_out_in_c_order_and_are_the_callers() -> None:
    x = mg.Node(X, "x")
    graph = mg.Graph(MaxPool2D(2)(Conv2D(2, 3, 3, padding=1, seed=0)(x)))
    program = graph.compile()
    first = program(x=X)
    kept = first.copy()
    program(x=-X)
    assert np.array_equal(first, kept) and first.flags.c_contiguous
    close(first, graph.evaluate(x=X), 1e-12)


def test_kernels_of_another_type_are_left_to_the_lesson() -> None:
    x = mg.Node(X.astype("float32"), "x", requires_grad=False)
    y = Conv2D(2, 3, 3, seed=0)(x)
    assert "Conv2D.forward" in str(same_gradients(mg.Graph((y * y).sum())))
