"""Convolution, pooling and attention as a user meets them: wrong inputs, other sizes, first weights, known answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers import spread

import minigraph as mg
from minigraph.layers import (  # fmt: skip
    Affine,
    Attention,
    AvgPool2D,
    Conv2D,
    Flatten,
    MaxPool2D,
    ReLU,
    Sequential,
    SoftmaxWithLoss,
)
from minigraph.layers.initializers import he, xavier

RNG = np.random.default_rng(7)
HIDDEN = -np.inf


def node(*shape: int) -> mg.Node:
    return mg.Node(np.ones(shape))


Row = tuple[str, Callable[[], Any], str]

ROWS: list[Row] = [
    ("channels", lambda: Conv2D(3, 2, 3)(node(1, 1, 5, 5)),
     r"^Conv2D: x is \[1, 1, 5, 5\] and W \[2, 3, 3, 3\], but x must be \[N, C, H, W\] and W \[O, C, 3, 3\], with as"),
    ("no axis for the batch", lambda: Conv2D(3, 2, 3)(node(3, 5, 5)), r"^Conv2D: x is \[3, 5, 5\] and W"),
    ("kernel too large", lambda: Conv2D(1, 2, 5)(node(1, 1, 4, 6)),
     r"^Conv2D: x is \[1, 1, 4, 6\], but must be \[N, C, H, W\], not empty, with H and W at least the kernel 5×5"),
    ("too little padding", lambda: Conv2D(1, 2, 5, padding=1)(node(1, 1, 2, 6)), r"kernel 5×5 less 2 of padding$"),
    ("no image", lambda: Conv2D(1, 2, 3)(node(0, 1, 4, 4)), r"^Conv2D: x is \[0, 1, 4, 4\], but must be .* not empty"),
    ("stride 0", lambda: Conv2D(1, 2, 3, stride=0),
     r"^Conv2D: kernel is 3, stride 0 and padding 0; they must be whole"),
    ("kernel 0", lambda: Conv2D(1, 2, (3, 0)), r"^Conv2D: kernel is \(3, 0\), stride 1 and padding 0"),
    ("kernel of three", lambda: Conv2D(1, 2, (3, 3, 3)), r"^Conv2D: kernel is \(3, 3, 3\)"),  # type: ignore[arg-type]
    ("half a stride", lambda: Conv2D(1, 2, 3, stride=0.5), r"^Conv2D: .* stride 0\.5"),  # type: ignore[arg-type]
    ("padding", lambda: Conv2D(1, 2, 3, padding=-1), r"^Conv2D: .* padding -1"),
    ("no outputs", lambda: Conv2D(1, 0, 3), r"^Conv2D: 1 inputs and 0 outputs; each must be at least 1$"),
    ("weights", lambda: Conv2D(1, 2, 3, weight=np.ones((2, 1, 3))), r"^Conv2D: weight: .*\[2, 1, 3\].*\[2, 1, 3, 3\]$"),
    ("bias", lambda: Conv2D(1, 2, 1).forward(np.ones((1, 1, 2, 2)), np.ones((2, 1, 1, 1)), np.ones(3)),
     r"^Conv2D: b is \[3\], but must be \[2\]$"),
    ("MaxPool2D of a matrix", lambda: MaxPool2D(2)(node(4, 4)),
     r"^MaxPool2D: x is \[4, 4\], but must be \[N, C, H, W\]"),
    ("MaxPool2D too large", lambda: MaxPool2D(3)(node(1, 1, 2, 4)), r"^MaxPool2D: x is \[1, 1, 2, 4\]"),
    ("MaxPool2D stride", lambda: MaxPool2D(2, 0), r"^MaxPool2D: kernel is 2, stride 0"),
    ("MaxPool2D of nothing", lambda: MaxPool2D(2)(node(0, 1, 4, 4)), r"^MaxPool2D: x is \[0, 1, 4, 4\], .* not empty"),
    ("AvgPool2D of a matrix", lambda: AvgPool2D(2)(node(4, 4)), r"^AvgPool2D: x is \[4, 4\]"),
    ("AvgPool2D stride", lambda: AvgPool2D(2, -1), r"^AvgPool2D: kernel is 2, stride -1"),
    ("Flatten of a number", lambda: Flatten()(1.0), r"^Flatten: x is \[\], but must be \[N, …\] and not empty$"),
    ("Flatten of nothing", lambda: Flatten()(node(0, 2)), r"^Flatten: x is \[0, 2\]"),
    ("d", lambda: Attention()(node(3, 2), node(4, 5), node(4, 2)),
     r"^Attention: Q is \[3, 2\], K \[4, 5\] and V \[4, 2\]; they must be .* with the same d and the same S"),
    ("S", lambda: Attention()(node(3, 2), node(4, 2), node(5, 2)),
     r"^Attention: Q is \[3, 2\], K \[4, 2\] and V \[5, 2\]"),
    ("a vector", lambda: Attention()(node(2), node(4, 2), node(4, 2)), r"^Attention: Q is \[2\]"),
    ("empty", lambda: Attention()(node(0, 3, 2), node(0, 3, 2), node(0, 3, 2)), r"^Attention: Q is .* not empty$"),
    ("no keys", lambda: Attention()(node(3, 2), node(0, 2), node(0, 2)), r"^Attention: .* not empty$"),
    ("batches", lambda: Attention()(node(3, 2, 2), node(4, 2, 2), node(4, 2, 2)),
     r"^Attention: the inputs are \[3, 2, 2\]"),
    ("no mask", lambda: Attention(masked=True)(node(3, 2), node(3, 2), node(3, 2)),
     r"^Attention: 3 inputs came, but masked=True needs Q, K, V and a mask$"),
    ("a mask", lambda: Attention()(node(3, 2), node(3, 2), node(3, 2), node(3, 3)),
     r"^Attention: 4 inputs came, but masked=False needs Q, K and V$"),
    ("mask of true and false", lambda: Attention(masked=True)(*[node(3, 2)] * 3, np.ones((3, 3), dtype=bool)),
     r"^Attention: .* the mask is bool \[3, 3\], but for scores of \[3, 3\] must be floating-point numbers"),
    ("mask of another shape", lambda: Attention(masked=True)(*[node(3, 2)] * 3, np.zeros((2, 3, 3))),
     r"^Attention: .* the mask is float64 \[2, 3, 3\], but for scores of \[3, 3\]"),
    ("all hidden", lambda: Attention(masked=True)(*[node(2, 2)] * 3, np.array([[0, 0], [HIDDEN, HIDDEN]])),
     r"^Attention: .* a row of scores is all −∞"),
    ("all hidden by both", lambda: Attention(True, True)(*[node(2, 2)] * 3, np.array([[HIDDEN, 0], [0, 0]])),
     r"^Attention: .* a row of scores is all −∞"),
]  # fmt: skip


@pytest.mark.parametrize("call, message", [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_message(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_a_convolution_by_hand() -> None:
    x = np.arange(9.0).reshape(1, 1, 3, 3)
    edge = Conv2D(1, 1, (1, 2), weight=[[[[-1, 1]]]])  # not flipped: right minus left
    np.testing.assert_array_equal(edge(x).value, np.ones((1, 1, 3, 2)))
    box = Conv2D(1, 1, 2, weight=np.ones((1, 1, 2, 2)), bias=[10])
    np.testing.assert_array_equal(box(x).value, [[[[18, 22], [30, 34]]]])


def test_a_kernel_of_the_whole_image_is_affine() -> None:
    x, w, b = spread(RNG, 3, 2, 4, 5), spread(RNG, 6, 2, 4, 5), spread(RNG, 6)
    affine = Affine(40, 6, weight=w.reshape(6, -1).T, bias=b)
    whole = Conv2D(2, 6, (4, 5), weight=w, bias=b)
    np.testing.assert_allclose(Flatten()(whole(x)).value, affine(Flatten()(x)).value, rtol=1e-12)


def test_pixels_that_tie_for_the_maximum_share_its_gradient() -> None:
    x = mg.Node([[[[3.0, 1.0], [3.0, 2.0]]]])
    MaxPool2D(2)(x).backward([[[[8.0]]]])
    np.testing.assert_array_equal(x.grad, [[[[4, 0], [4, 0]]]])


def test_kernels_start_with_the_variance_of_their_window() -> None:
    rng = np.random.default_rng(0)
    assert he((200, 50, 3, 3), rng).std() == pytest.approx(np.sqrt(2 / 450), rel=0.01)
    assert xavier((20, 30, 3, 3), rng).max() == pytest.approx(np.sqrt(6 / (270 + 180)), rel=0.01)


@pytest.mark.parametrize("depth", [0, 1, 2, 99])
def test_other_batches_and_other_sizes_replay(depth: int) -> None:
    conv, pool = Conv2D(2, 3, 3, padding=1, seed=0), AvgPool2D(2)
    x = mg.Node(spread(RNG, 2, 2, 4, 4), "x")
    graph = mg.Graph(mg.expand(pool(conv(x)), depth))
    other = spread(RNG, 5, 2, 8, 6)
    np.testing.assert_allclose(graph.forward(x=other), pool(conv(other)).value, rtol=1e-12)
    assert graph.output.shape == (5, 3, 4, 3)


def test_a_network_of_images_learns() -> None:
    x, t = spread(RNG, 6, 1, 6, 6), np.array([0, 1, 2, 0, 1, 2])
    net = Sequential(Conv2D(1, 4, 3, seed=0), MaxPool2D(2), ReLU(), Flatten(), Affine(16, 3, seed=1))
    graph = mg.Graph(SoftmaxWithLoss()(net(mg.Node(x, "x")), t))
    assert mg.check_gradients(graph, verbose=False)
    first, sgd = graph.forward(), mg.SGD(graph.parameters, 0.1)
    for _ in range(60):
        graph.forward()
        graph.backward()
        sgd.step()
    assert graph.forward() < 0.1 * first


def test_causal_attention_does_not_look_ahead() -> None:
    q, k, v = (spread(RNG, 4, 3) for _ in range(3))
    before = Attention(causal=True)(q, k, v).value
    k[2:], v[2:] = 9.0, -9.0
    np.testing.assert_array_equal(Attention(causal=True)(q, k, v).value[:2], before[:2])
    np.testing.assert_allclose(before[0], Attention()(q[:1], k[:1], v[:1] * 0 + before[0]).value[0])


def test_opened_causal_attention_refuses_another_length() -> None:
    q, k, v = (mg.Node(spread(RNG, 4, 3), name) for name in "qkv")
    graph = mg.Graph(mg.expand(Attention(causal=True)(q, k, v)))
    with pytest.raises(ValueError, match=r"^Mask: the mask is float64 \[4, 4\], but for scores of \[1, 1\]"):
        graph.forward(q=np.ones((1, 3)), k=np.ones((1, 3)), v=np.ones((1, 3)))


def test_a_mask_does_not_change_the_type() -> None:
    q = mg.Node(np.ones((2, 2), dtype=np.float32), "q")
    masked = Attention(masked=True)(q, q, q, np.zeros((2, 2)))
    assert masked.value.dtype == mg.expand(masked).value.dtype == np.float32


def test_repr() -> None:
    net = [
        Conv2D(3, 8, 3, padding=1),
        Conv2D(1, 2, (3, 2), stride=2),
        MaxPool2D(2),
        AvgPool2D(3, 1),
        Attention(causal=True),
    ]
    assert list(map(repr, net)) == [
        "Conv2D(3, 8, 3, padding=1)", "Conv2D(1, 2, (3, 2), stride=2)", "MaxPool2D(kernel=2, stride=2)",
        "AvgPool2D(kernel=3, stride=1)", "Attention(causal=True)",
    ]  # fmt: skip
