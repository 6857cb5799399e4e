"""Networks of 200 nodes: drawn at once, and small enough to be read."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import numpy as np
import pytest
from pictures import groups

import minigraph as mg
from minigraph.layers import Affine, ReLU, SoftmaxWithLoss

SECONDS = 2.0
LONGEST = 7000  # points along the way of the values: max_nodes cards in a row, with their chips between them
BROADEST = 2000  # and across it, so that a screen shows a whole column


def deep_mlp() -> mg.Node:
    """Fifty hidden layers."""
    rng = np.random.default_rng(0)
    layers = [part for _ in range(50) for part in (Affine(4, 4, weight=rng.normal(size=(4, 4))), ReLU())]
    return SoftmaxWithLoss()(mg.Sequential(*layers)(rng.normal(size=(3, 4))), np.array([0, 1, 3]))


def long_recurrence() -> mg.Node:
    """hₜ = tanh(xₜ·U + hₜ₋₁·W) over 40 steps."""
    u, w = mg.Parameter([[0.5, -0.3]], "U"), mg.Parameter([[0.6, 0.2], [-0.4, 0.7]], "W")
    h = mg.Node([[0.0, 0.0]], "h0")
    for t in range(40):
        h = mg.tanh(mg.Node([[np.sin(t)]], f"x{t}") @ u + h @ w)
    return (h * h).mean()


def woven() -> mg.Node:
    """A circuit in which nothing repeats: which values are used, and how, is drawn by lot."""
    rng = np.random.default_rng(3)
    values = [mg.Node(float(x), f"x{n}") for n, x in enumerate(rng.uniform(0.5, 1.0, 8))]
    for _ in range(232):
        a, b = (values[-1 - k] for k in rng.integers(0, 6, 2))
        values.append([a + b, a * b, mg.tanh(a), mg.tanh(a + b)][rng.integers(4)])
    total = values[-1]
    for value in values[-6:-1]:
        total = total + value
    return total


@pytest.mark.parametrize("make", [deep_mlp, long_recurrence, woven])
@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_two_hundred_nodes_are_drawn_at_once_and_fit_on_a_screen(make: Callable[[], mg.Node], direction: str) -> None:
    output = make()
    output.backward()
    assert len(mg.Graph(output).nodes) >= 200
    before = time.perf_counter()
    svg = mg.draw(output, direction=direction).svg()  # type: ignore[arg-type]
    took = time.perf_counter() - before
    width, height = (float(size) for size in re.findall(r'(?:width|height)="([\d.]+)pt"', svg)[:2])
    assert took < SECONDS, f"{took:.1f} s"
    along, across = (width, height) if direction == "LR" else (height, width)
    assert along < LONGEST and across < BROADEST, f"{along:.0f} × {across:.0f} points"
    assert 8 <= len(groups(svg, "tensor")) <= 60
