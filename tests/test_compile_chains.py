"""Long chains of small elementwise ops, whose slopes are multiplied at once on the way back."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from helpers import Array
from test_compile import close

import minigraph as mg

RNG = np.random.default_rng(17)
X, ROW = RNG.normal(size=(3, 4)), RNG.normal(size=4) / 2
Link = Callable[[mg.Node], mg.Node]
LINKS: dict[str, Link] = {
    "times": lambda h: h * ROW,
    "times from left": lambda h: 1.25 * h,
    "plus": lambda h: h + ROW,
    "minus": lambda h: h - 0.5,
    "from": lambda h: ROW - h,
    "negative": lambda h: -h,
    "tanh": mg.tanh,
    "relu": mg.relu,
}


def chain(names: list[str], end: Link) -> mg.Graph:
    h = mg.Node(X, "x")
    for name in names:
        h = LINKS[name](h)
    return mg.Graph(end(h))


def agrees(graph: mg.Graph, x: Array) -> str:
    """Holds a program to its graph at x, and returns what it reads like."""
    program = graph.compile(wrt=[graph["x"]])
    for feed in (x, 2 * x, -x[:1], x):
        close(np.asarray(program(x=feed)), graph.forward(x=feed), 1e-9)
        close(program.gradients[graph["x"]], graph.gradients()[graph["x"]], 1e-9)
    return str(program)


@pytest.mark.parametrize("end", [
    pytest.param(lambda h: h.sum(), id="upstream 1"), pytest.param(lambda h: (h * h).mean(), id="any upstream"),
    pytest.param(lambda h: (h @ h.T).sum(), id="read twice"),
])  # fmt: skip
@pytest.mark.parametrize("seed", range(6))
def test_any_links(seed: int, end: Link) -> None:
    names = [str(name) for name in np.random.default_rng(seed).choice(sorted(LINKS), 24)]
    text = agrees(chain(names, end), X)
    assert "multiply.reduce" in text and text.count("chain →") == 24


@pytest.mark.parametrize("names", [["times", "plus", "from"] * 4, ["relu", "minus"] * 5, ["tanh"] * 9])
def test_links_of_one_kind(names: list[str]) -> None:
    text = agrees(chain(names, lambda h: h.sum()), X)
    assert "chain →" in text and ("multiply.reduce" in text) is (names[0] != "times")


def test_what_is_no_chain() -> None:
    """Too short, too large, read by others too, of another shape, or with a factor that is no number."""
    short = chain(["tanh", "times"] * 3, lambda h: h.sum())
    assert "chain" not in agrees(short, X)
    assert "chain" not in agrees(chain(["tanh"] * 9, lambda h: h.sum()), RNG.normal(size=(2000, 4)))

    x = mg.Node(X, "x")
    h, parts = x, []
    for n in range(12):
        h = mg.tanh(h * 0.9)
        parts += [h] if n % 3 == 2 else []
    assert "chain" not in agrees(mg.Graph(sum(parts, start=parts[0]).sum()), X)

    wide = mg.Node(X[0], "x")
    h = wide
    for n in range(10):
        h = h * np.ones((n % 3 + 1, 4))[:1] if n == 5 else mg.tanh(h)
    assert "chain" not in agrees(mg.Graph(h.sum()), X[0])

    huge = mg.Node(X / 1e200, "x")
    h = huge
    for _ in range(12):
        h = mg.tanh(h) * 1e40
    assert "chain" not in str(mg.Graph(h.sum()).compile())


def test_a_constant_that_is_fed_takes_its_link_out() -> None:
    graph = chain(["tanh", "plus"] * 10, lambda h: h.sum())
    row = [node for node in graph.nodes if node.op is None and node.shape == (4,)][5]
    program = graph.compile(wrt=[graph["x"]])
    for feeds in ({}, {row: ROW * 3}, {row: ROW * 4}):
        close(np.asarray(program(feeds)), graph.evaluate(None, feeds), 1e-9)
