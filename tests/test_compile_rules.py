"""Rules of a compiled graph at the edge: bad values in a later run, evaluating, other lengths, huge numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers import Array

import minigraph as mg
from minigraph.layers import (
    GELU,
    L1,
    L2,
    Affine,
    Attention,
    BatchNorm,
    BinaryCrossEntropy,
    CrossEntropy,
    Dropout,
    Embedding,
    LayerNorm,
    LogSoftmax,
    MeanAbsoluteError,
    MeanSquaredError,
    MulticlassHinge,
    NLLLoss,
    Sigmoid,
    SigmoidWithLoss,
    SiLU,
    Softmax,
    SoftmaxWithLoss,
    Softplus,
    SparseCategoricalCrossEntropy,
)

RNG = np.random.default_rng(17)
X = RNG.normal(size=(6, 4))
LABELS = RNG.integers(0, 3, 6)
UNIT = RNG.uniform(size=(6, 3))
OUT_OF_RANGE = r"labels go from -?\d to -?\d, but must lie in 0 … 2 \(3 classes\)$"


def scores(t: Array, loss: mg.Op, *more: mg.Op) -> mg.Graph:
    layers = mg.Sequential(Affine(4, 3, seed=0), *more)
    return mg.Graph(loss(layers(mg.Node(X, "x", requires_grad=False)), mg.Node(t, "t")))


def tokens(n: int) -> mg.Graph:
    h = Embedding(n, 4, seed=0)(mg.Node(np.array([[0, 2], [2, 1], [1, 1]]), "i"))
    return mg.Graph((h * h * np.arange(8.0).reshape(2, 4)).sum())


def masked(mask: Array) -> mg.Graph:
    x = mg.Node(X.reshape(2, 3, 4), "x", requires_grad=False)
    y = Attention(masked=True)(*(Affine(4, 4, seed=seed)(x) for seed in range(3)), mg.Node(mask, "m"))
    return mg.Graph((y * y).sum())


OPEN = np.zeros((3, 3))
CLOSED = np.where(np.eye(3) > 0, -np.inf, 0.0)
HIDDEN = np.where(np.arange(3)[:, None] == 1, -np.inf, OPEN)
WITH_NAN = np.where(UNIT == UNIT[2, 1], np.nan, UNIT)
REFUSED: dict[str, tuple[Callable[[], mg.Graph], dict[str, Array], dict[str, Array], str]] = {
    f"{type(loss).__name__}, {what}": (
        lambda loss=loss, more=more: scores(LABELS, loss, *more),  # type: ignore[misc]
        {"t": LABELS}, {"t": t}, f"^{type(loss).__name__}: {OUT_OF_RANGE}")
    for loss, more in ((SoftmaxWithLoss(), ()), (CrossEntropy(), (Softmax(),)), (NLLLoss(), (LogSoftmax(),)),
                       (SparseCategoricalCrossEntropy(), (Softmax(),)), (MulticlassHinge(), ()))
    for what, t in (("too large", LABELS + 1), ("negative", LABELS - 3))
} | {
    "an index too large": (
        lambda: tokens(3), {}, {"i": np.full((3, 2), 3)}, r"^Embedding: the index goes from 3 to 3, "),
    "a negative index": (lambda: tokens(3), {}, {"i": np.full((3, 2), -1)}, r"^Embedding: the index goes from -1 to"),
    "an index of a large table": (lambda: tokens(99), {}, {"i": np.full((3, 2), 99)}, r"but must lie in 0 … 98$"),
    "an index that is no integer": (lambda: tokens(3), {}, {"i": np.ones((3, 2))}, r"^Embedding: the index is float64"),
    "no distribution": (
        lambda: scores(np.eye(3)[LABELS], SoftmaxWithLoss()), {}, {"t": UNIT}, r"^SoftmaxWithLoss: each row of the"),
    "a negative distribution": (
        lambda: scores(np.eye(3)[LABELS], SoftmaxWithLoss()), {}, {"t": np.array([[2.0, -1.0, 0.0]] * 6)},
        r"^SoftmaxWithLoss: each row of the targets must be a distribution"),
    "a target above 1": (
        lambda: scores(UNIT, SigmoidWithLoss()), {}, {"t": UNIT + 1}, r"^SigmoidWithLoss: the targets go from 1\."),
    "a target below 0": (
        lambda: scores(UNIT, SigmoidWithLoss()), {}, {"t": -UNIT}, r"^SigmoidWithLoss: the targets go from -0\."),
    "a target that is NaN": (
        lambda: scores(UNIT, SigmoidWithLoss()), {}, {"t": WITH_NAN}, r"^SigmoidWithLoss: the targets have 1 NaN"),
    "another target above 1": (
        lambda: scores(UNIT, BinaryCrossEntropy(), Sigmoid()), {}, {"t": UNIT + 1}, r"^BinaryCrossEntropy: the tar"),
    "no probability": (
        lambda: scores(UNIT, BinaryCrossEntropy(), LeakyOne()), {}, {"x": X * 999},
        r"^BinaryCrossEntropy: the probabilities go from -"),
    "a NaN that some op meets first": (
        lambda: scores(UNIT, BinaryCrossEntropy(), Sigmoid()), {}, {"x": np.where(X == X[0, 0], np.nan, X)},
        r"^Graph: x has 1 NaN of 24 values, the first at \[0, 0\]$"),
    "a NaN to be near": (
        lambda: scores(UNIT, MeanSquaredError()), {}, {"t": WITH_NAN}, r"^MeanSquaredError: the targets have 1 NaN"),
    "another NaN to be near": (
        lambda: scores(UNIT, MeanAbsoluteError()), {}, {"t": WITH_NAN}, r"^MeanAbsoluteError: the targets have 1 NaN"),
    "another shape to be near": (
        lambda: scores(UNIT, MeanSquaredError()), {}, {"t": UNIT[:, :1]}, r"^MeanSquaredError: the predictions are"),
    "a mask that hides everything": (
        lambda: masked(OPEN), {"m": CLOSED}, {"m": HIDDEN}, r"^Attention: .*; Mask: a row of scores is all"),
    "a mask of bools": (
        lambda: masked(OPEN), {"m": CLOSED}, {"m": OPEN > 0}, r"^Attention: .*; Mask: the mask is bool \[3, 3\], but"),
}  # fmt: skip


class LeakyOne(mg.Op):
    """½ + z/100: a probability where z is near 0."""

    def forward(self, z: Array) -> Array:
        return z / 100 + 0.5

    def backward(self, upstream: Array, y: Array, z: Array) -> tuple[Array]:
        return (upstream / 100,)


@pytest.mark.parametrize("case", REFUSED)
def test_bad_values_are_refused_in_a_later_run_too(case: str) -> None:
    build, good, bad, message = REFUSED[case]
    graph, twin = build(), build()
    program = graph.compile(mg.SGD(graph.parameters, 0.01))
    program(**good)
    before = [parameter.value for parameter in graph.parameters]
    with pytest.raises(ValueError, match=message):
        twin.forward(**bad)
    with pytest.raises(ValueError, match=message):
        program(**bad)
    assert all(np.array_equal(a, p.value) for a, p in zip(before, graph.parameters, strict=True))
    program(**good)
    assert not np.array_equal(before[0], graph.parameters[0].value)


def image_network() -> tuple[mg.Graph, BatchNorm]:
    norm = BatchNorm(3, axis=1)
    x = mg.Node(RNG.normal(size=(5, 3, 2, 2)), "x")
    return mg.Graph((norm(x) * np.arange(60.0).reshape(5, 3, 2, 2)).sum()), norm


def test_batch_norm_trains_and_evaluates_in_one_program() -> None:
    """The step decides in each run, whatever it was when the calls were listed."""
    graph, norm = image_network()
    program = graph.compile(wrt=[graph["x"], *norm.parameters[:2]])
    with pytest.raises(ValueError, match=r"^BatchNorm: evaluating needs running statistics"):
        program(step=0)
    program(step=1)
    norm.update(graph)
    for step in (0, 3, 0, 2):
        value = program(step=step)
        assert value == pytest.approx(float(graph.forward(step=step)), rel=1e-9)
        for node, gradient in graph.gradients().items():
            if node in program.gradients:
                np.testing.assert_allclose(program.gradients[node], gradient, rtol=1e-9, atol=1e-9)
    with pytest.raises(ValueError, match=r"^BatchNorm: step is int64 -1"):
        program(step=-1)
    with pytest.raises(ValueError, match=r"^BatchNorm: .* training needs two values"):
        program(x=np.ones((1, 3, 1, 1)), step=1)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("mask", [False, True])
def test_attention_of_another_length(causal: bool, mask: bool) -> None:
    """Causal masks are made for each length; heads are a leading axis."""

    def build() -> mg.Graph:
        x = mg.Node(RNG.normal(size=(2, 3, 4)), "x")
        heads = [mg.transpose(mg.reshape(Affine(4, 4, seed=seed)(x), 2, -1, 2, 2), 0, 2, 1, 3) for seed in range(3)]
        masks = [mg.Node(np.zeros((1, 1)), "m")] if mask else []
        y = Attention(causal, masked=mask)(*heads, *masks)
        return mg.Graph((y * y).sum())

    graph = build()
    program = graph.compile(wrt=[graph["x"], *graph.parameters])
    for length in (3, 5, 1, 3):
        feeds = {"x": RNG.normal(size=(2, length, 4))}
        if mask:
            feeds["m"] = RNG.normal(size=(length, length))
        assert program(**feeds) == pytest.approx(float(graph.forward(**feeds)), rel=1e-9)
        for node, gradient in graph.gradients().items():
            if node in program.gradients:
                np.testing.assert_allclose(program.gradients[node], gradient, rtol=1e-9, atol=1e-12)


EXTREME = np.array([[1000.0, -1000.0, 0.0], [-1000.0, -1000.0, -1000.0], [1000.0, 999.0, 1000.0], [1e30, 0.0, -1e30]])


def values(z: mg.Node) -> mg.Node:
    return mg.Node(np.eye(4, dtype=z.value.dtype), requires_grad=False)


OPS: dict[str, Callable[[mg.Node], mg.Node]] = {
    "softmax": Softmax(), "temperature": Softmax(temperature=3.0), "log softmax": LogSoftmax(),
    "softplus": Softplus(), "softplus 2": Softplus(2.0), "SiLU": SiLU(), "GELU": GELU(), "GELU by tanh": GELU("tanh"),
    "layer norm": LayerNorm(3), "L1": L1(0.1), "loss": lambda z: SoftmaxWithLoss()(z, np.array([1, 0, 2, 0])),
    "loss sum": lambda z: SoftmaxWithLoss("sum")(z, np.array([1, 0, 2, 2])),
    "loss of distributions": lambda z: SoftmaxWithLoss()(z, np.eye(3)[[1, 0, 2, 0]]),
    "sigmoid loss": lambda z: SigmoidWithLoss()(z, np.array([[1, 0, 1], [1, 0, 0], [0, 0, 1], [1, 1, 0]])),
    "sigmoid loss, no cost": lambda z: SigmoidWithLoss()(z, (EXTREME > 0) * 1.0),
    "hinge": lambda z: MulticlassHinge()(z, np.array([1, 0, 2, 0])),
    "distance": lambda z: MeanAbsoluteError()(z, np.zeros(EXTREME.shape, int)),
    "attention": lambda z: Attention()(z, z, values(z)),
    "causal attention": lambda z: Attention(causal=True)(z, z, values(z)),
}  # fmt: skip


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", OPS)
def test_huge_numbers_are_as_exact_as_in_the_graph(name: str, dtype: str) -> None:
    """Neither NaN nor a warning, which would be an error here."""
    rows = EXTREME[:3] / 30 if "attention" in name else EXTREME[:3] if name == "layer norm" else EXTREME
    rows = np.concatenate([rows, rows[:1]])[:4]
    z = mg.Node(rows.astype(dtype), "z")
    y = OPS[name](z) if name != "layer norm" else LayerNorm(3, dtype=dtype)(z)
    y = y if not y.shape else (y * np.arange(1.0, 1 + y.value.size).reshape(y.shape).astype(dtype)).sum()
    graph = mg.Graph(y)
    program = graph.compile(wrt=[z])
    assert ".forward" not in str(program) and ".backward" not in str(program)
    value, expected, exact = program(), graph.forward(), graph.gradients()[z]
    assert value.dtype == program.gradients[z].dtype == dtype
    tolerance = 1e-9 if dtype == "float64" else 2e-5
    np.testing.assert_allclose(value, expected, rtol=tolerance)
    assert np.isfinite(program.gradients[z]).all()
    np.testing.assert_allclose(program.gradients[z], exact, rtol=tolerance, atol=tolerance * np.abs(exact).max())


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_gelu_is_right_everywhere(dtype: str) -> None:
    """In float64 where it is tiny too; in float32 to 1e-7 of x. Next to far ones and by themselves."""
    x = mg.Node(np.concatenate([np.linspace(-12, 12, 4801), [-1e30, 1e30]]).astype(dtype), "x")
    program = mg.Graph(GELU()(x)).compile()
    for part in (x.value, x.value[1600:3200]):
        tails = np.array([math.erfc(-float(v) / math.sqrt(2)) / 2 for v in part])
        exact = (2e-7, 1e-6) if dtype == "float32" else (1e-13, 0)
        np.testing.assert_allclose(program(x=part), part * tails, *exact)


@pytest.mark.parametrize("t", [np.array([0, 2]), np.eye(3)[[0, 2]], np.array([[0.5, 0.0, 0.5]] * 2)], ids=str)
def test_a_class_may_be_masked_with_minus_infinity(t: Array) -> None:
    z = mg.Node([[0.0, -np.inf, 0.0], [1.0, -np.inf, 2.0]], "z")
    graph = mg.Graph(SoftmaxWithLoss()(z, t))
    program = graph.compile(wrt=[z])
    for scores in (z.value, z.value[:, [0, 2, 1]], -np.abs(z.value) - 1e300):
        assert program(z=scores) == pytest.approx(float(graph.forward(z=scores)), rel=1e-12)
        np.testing.assert_allclose(program.gradients[z], graph.gradients()[z], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("p, t", [([1.0, 0.0], [1, 0]), ([1.0, 0.0], [0, 1]), ([0.5, 1.0], [0, 1])])
def test_certain_probabilities_cost_nothing_or_infinitely_much(p: list[float], t: list[int]) -> None:
    x = mg.Node(p, "p")
    with np.errstate(divide="ignore"):
        graph = mg.Graph(BinaryCrossEntropy()(x, np.array(t)))
        program = graph.compile(wrt=[x])
        np.testing.assert_array_equal(program(), graph.output.value)
        np.testing.assert_array_equal(program.gradients[x], graph.gradients()[x])


@pytest.mark.parametrize("n", [3, 99])
def test_every_row_of_a_table_gets_the_gradient_of_all_its_places(n: int) -> None:
    graph = tokens(n)
    program = graph.compile(wrt=graph.parameters)
    w = graph.parameters[0]
    for index in ([[0, 2], [2, 1], [1, 1]], [[0, 0], [0, 0]], [[1, 2]]):
        for dtype in (np.int64, np.uint8, np.uint64):
            i = np.array(index, dtype)
            program(i=i)
            graph.forward(i=i)
            np.testing.assert_allclose(program.gradients[w], graph.gradients()[w], rtol=1e-12)


def test_dropout_by_a_mask_of_ones_own() -> None:
    x, m = mg.Node(X, "x"), mg.Node((X > 0) * 2.0, "m")
    graph = mg.Graph((Dropout(0.5)(x, m) * X).sum())
    program = graph.compile(wrt=[x])
    assert program() == pytest.approx(float(graph.output.value))
    np.testing.assert_allclose(program.gradients[x], graph.gradients()[x])
    with pytest.raises(ValueError, match=r"^Dropout: the mask is \[4\], but must be \[6, 4\]$"):
        program(m=np.ones(4))


SCALARS: dict[str, Callable[[mg.Node], mg.Node]] = {
    name: make for name, make in OPS.items() if "loss" in name or name in ("L1", "hinge", "distance")
} | {
    "L2": L2(0.1), "square": lambda z: MeanSquaredError("sum")(z, np.ones(z.shape)),
    "binary": lambda z: BinaryCrossEntropy()(Sigmoid()(z), np.eye(4)[:, :3]),
    "labels": lambda z: CrossEntropy()(Softmax()(z), np.array([1, 0, 2, 0])),
    "labels in nats": lambda z: NLLLoss("sum")(LogSoftmax()(z), np.array([1, 0, 2, 0])),
    "head": lambda z: SoftmaxWithLoss()(Affine(3, 3, seed=0)(z), np.array([1, 0, 2, 0])),
}  # fmt: skip


@pytest.mark.parametrize("name", SCALARS)
def test_a_loss_may_be_computed_with(name: str) -> None:
    """Its upstream is then a number that another run changes."""
    z = mg.Node(RNG.normal(size=(4, 3)), "z")
    loss = SCALARS[name](z)
    graph = mg.Graph(loss * loss)
    program = graph.compile(wrt=[z])
    for scores in (z.value, RNG.normal(size=(4, 3))):
        assert program(z=scores) == pytest.approx(float(graph.forward(z=scores)), rel=1e-9)
        np.testing.assert_allclose(program.gradients[z], graph.gradients()[z], rtol=1e-9, atol=1e-12)


MIXED: dict[str, Callable[[mg.Node], mg.Node]] = {
    "layer norm": LayerNorm(4), "batch norm": BatchNorm(4), "affine": Affine(4, 2, seed=0),
    "attention": lambda x: Attention()(x, x * 1.0, mg.Node(X, "v")),
    "dropout": lambda x: Dropout()(x, mg.Node((X > 0) * 2.0, "m")),
    "matmul": lambda x: mg.reshape(x, 2, 3, 4) @ mg.Node(RNG.normal(size=(2, 4, 5)), "y"),
    "broadcast matmul": lambda x: mg.reshape(x, 2, 3, 4) @ mg.Node(X[:4].astype(np.float32), "y"),
    "broadcast attention": lambda x: Attention()(mg.reshape(x, 2, 3, 4), mg.reshape(x, 1, 6, 4), mg.reshape(x, 6, 4)),
    "no distribution along the rows": Softmax(axis=0), "nor its logarithm": LogSoftmax(axis=0),
    "groups": Softmax(groups=2),
    "two of each": lambda x: BatchNorm(12, dtype=np.float32)(mg.reshape(x, 2, 12)),
}  # fmt: skip


@pytest.mark.parametrize("name", MIXED)
def test_what_the_rules_leave_out_is_done_by_the_lesson(name: str) -> None:
    """Arrays of several types, or that broadcast, and other axes."""
    x = mg.Node(X.astype(np.float32), "x")
    y = MIXED[name](x)
    graph = mg.Graph((y * y).sum())
    program = graph.compile(wrt=[x])
    assert ".forward" in str(program)
    value, expected = program(), graph.forward()
    assert value.dtype == expected.dtype and value == pytest.approx(float(expected), rel=1e-5)
    np.testing.assert_allclose(program.gradients[x], graph.gradients()[x], rtol=2e-4, atol=1e-4)


def transformer(dtype: str) -> mg.Graph:
    """Token and position, attention, an MLP, and shortcuts, as in the example."""
    rng = np.random.default_rng(0)
    i = mg.Node(rng.integers(0, 5, (4, 3)), "i")

    def affine(inputs: int, outputs: int, **more: Any) -> mg.Op:
        return Affine(inputs, outputs, seed=rng, dtype=dtype, **more)

    x = Embedding(5, 8, seed=rng, dtype=dtype)(i) + Embedding(3, 8, seed=rng, dtype=dtype)(np.arange(3))
    h = LayerNorm(8, dtype=dtype)(x)
    x = x + affine(8, 8)(Attention(causal=True)(*(affine(8, 8, bias=False)(h) for _ in range(3))))
    x = x + affine(16, 8)(GELU()(affine(8, 16)(LayerNorm(8, dtype=dtype)(x))))
    loss = SoftmaxWithLoss()(affine(8, 5)(LayerNorm(8, dtype=dtype)(x)), mg.Node(np.zeros((4, 3), int), "t"))
    return mg.Graph(loss + L2(1e-3)(h.op.parameters[0]))  # type: ignore[union-attr]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_transformer_learns_the_same(dtype: str) -> None:
    eager, compiled = transformer(dtype), transformer(dtype)
    one, step = mg.SGD(eager.parameters, 0.1), compiled.compile(mg.SGD(compiled.parameters, 0.1))
    assert ".forward" not in str(step) and ".backward" not in str(step)
    for n in (4, 4, 2, 4, 1):
        i = RNG.integers(0, 5, (n, 3))
        feeds = {"i": i, "t": i[:, ::-1]}
        expected = eager.forward(**feeds)
        eager.backward()
        one.step()
        value = step(**feeds)
        assert value.dtype == dtype
        assert value == pytest.approx(float(expected), rel=1e-9 if dtype == "float64" else 1e-5)
    for mine, theirs in zip(compiled.parameters, eager.parameters, strict=True):
        assert mine.value.dtype == dtype
        np.testing.assert_allclose(mine.value, theirs.value, rtol=0, atol=1e-9 if dtype == "float64" else 1e-5)
