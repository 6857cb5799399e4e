"""NaN and ∞ in training: where they began is named, and nothing was learnt from them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import minigraph as mg
from minigraph.layers import Affine, Dropout, SoftmaxWithLoss
from tests.helpers import Array

X = np.linspace(0.5, 3.0, 24).reshape(12, 2)


class Blank(mg.Op):
    """y = x, with a backward that gives NaN where the clock shows 5, which is in the fourth step."""

    constants = (1,)

    def forward(self, x: Array, step: Array) -> Array:
        return x

    def backward(self, upstream: Array, y: Array, x: Array, step: Array) -> tuple[Array, None]:
        return (upstream * (np.nan if step == 5 else 1.0), None)


def logarithm() -> mg.Node:
    """log(w·x), which falls to where it is not defined."""
    w = mg.Parameter(np.array([0.1, 0.1]), "w")
    product = mg.Node(X, "x", requires_grad=False) * w
    product.name = "product"
    return mg.log(product).mean()


def root() -> mg.Node:
    """√ at 0: a value, but no slope."""
    w = mg.Parameter(np.array([0.0, 0.0]), "w")
    return mg.sqrt(mg.Node(X, "x", requires_grad=False) * w).mean()


def blank() -> mg.Node:
    layer = Affine(2, 3, seed=0)
    logits = Dropout(0.2, seed=1)(Blank()(layer(mg.Node(X, "x", requires_grad=False)), mg.Clock()))
    return SoftmaxWithLoss()(logits, mg.Node(np.arange(12) % 3, "t"))


def growth() -> mg.Node:
    """(w·x)⁴, whose steps overshoot more each time."""
    w = mg.Parameter(np.array([1.0, 1.0]), "w")
    return ((mg.Node(X, "x", requires_grad=False) * w) ** 4).mean()


def masked() -> mg.Node:
    """A −∞ that stands for "not this one" is no cause, even where something else went wrong later."""
    w = mg.Parameter(np.array([0.0, 0.0]), "w")
    mask = mg.Node(np.where(np.arange(24).reshape(12, 2) % 2, -np.inf, 0.0), "mask", requires_grad=False)
    shares = mg.exp(mg.Node(X, "x", requires_grad=False) * w + mask)
    return mg.sqrt(shares - shares).mean()


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
@pytest.mark.parametrize(
    "make, rate, direction, op, message",
    [
        (logarithm, 0.3, "forward", "Log", r"the loss is nan at step \d+ \(epoch \d+\); NaN began at .* = Log\(\) "
         r"going forward, from product \[4, 2\] in -.* … "),
        (root, 0.1, "backward", "Sqrt", r"the loss is 0, but the norm of its gradients is (inf|nan) at step 1 "
         r"\(epoch 1\); (∞|NaN) began in ∂.*, in the backward of .* = Sqrt\(\), with .* \[4, 2\] in 0 … 0"),
        (blank, 0.1, "backward", "Blank", r"at step 4 \(epoch 2\); "
         r"NaN began in ∂L/∂Y1?, in the backward of .* = Blank"),
        (growth, 1.0, "forward", None, r"(∞|NaN) began at "),
        (masked, 0.1, "backward", "Sqrt", r"in the backward of .* = Sqrt\(\)"),
    ],
    ids=["log", "sqrt", "backward", "diverged", "mask"],
)  # fmt: skip
def test_the_first_bad_node_is_named(
    make: Callable[[], mg.Node], rate: float, direction: str, op: str | None, message: str, compiled: bool
) -> None:
    graph = mg.Graph(make())
    data = {name: graph[name].value for name in ("x", "t", "mask") if name in graph.names.values()}
    sgd = mg.SGD(graph.parameters, rate)
    with np.errstate(all="ignore"), pytest.raises(mg.NotFiniteError, match=message) as caught:
        mg.fit(graph, data, 400, sgd, batch_size=4, shuffle=False, compile=compiled)
    error = caught.value
    assert error.direction == direction and error.node is not None
    assert op is None or type(error.node.op).__name__ == op
    assert "That step was not taken." in str(error) and error.step >= 1
    if op is not None:
        assert all(np.isfinite(parameter.value).all() for parameter in graph.parameters)
    mg.draw(graph)  # the graph holds the step that failed: a picture marks the same place


def test_eager_and_compiled_stop_at_the_same_step() -> None:
    found = []
    for compiled in (False, True):
        graph = mg.Graph(logarithm())
        with np.errstate(all="ignore"), pytest.raises(mg.NotFiniteError) as caught:
            mg.fit(graph, {"x": X}, 400, mg.SGD(graph.parameters, 0.3), seed=0, batch_size=4, compile=compiled)
        found.append((caught.value.step, caught.value.epoch, str(caught.value)))
    assert found[0] == found[1]


def test_a_parameter_that_was_bad_before_is_the_first() -> None:
    graph = mg.Graph(growth())
    graph["w"].value = np.array([np.inf, 1.0])
    with np.errstate(all="ignore"), pytest.raises(mg.NotFiniteError, match="∞ began at w, a parameter") as caught:
        mg.fit(graph, {"x": X}, 1, mg.SGD(graph.parameters))
    assert caught.value.node is graph["w"] and caught.value.step == 1


def test_a_sum_at_a_fork_that_overflows() -> None:
    w = mg.Parameter(np.array(1e-300), "w")
    graph = mg.Graph(w * 1e308 + w * 1e308 + mg.Node(X, "x", requires_grad=False).mean())
    with np.errstate(all="ignore"), pytest.raises(
        mg.NotFiniteError, match="∞ began in ∂f/∂w, where its paths"
    ) as caught:
        mg.fit(graph, {"x": X}, 1, mg.SGD(graph.parameters))
    assert caught.value.node is w and caught.value.direction == "backward"


@pytest.mark.parametrize("requires_grad", [True, False])
def test_what_was_fed_is_the_first(requires_grad: bool) -> None:
    x = mg.Node(X, "x", requires_grad=requires_grad)
    graph = mg.Graph((x * mg.Parameter(np.ones(2), "w")).mean())
    with np.errstate(all="ignore"), pytest.raises(mg.NotFiniteError, match="∞ began at x, which was fed so"):
        mg.fit(graph, {"x": np.where(X > 2.9, np.inf, X)}, 1, mg.SGD(graph.parameters))
