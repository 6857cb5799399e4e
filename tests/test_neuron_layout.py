"""Where things lie in the neuron view: straight columns, straight arrows, and nothing on anything else."""

from __future__ import annotations

import re

import numpy as np
import pytest
from helpers import Array
from pictures import SVG, group, groups, iris, perceptron
from test_neuron_lessons import handmade, logistic, regression
from test_neurons import VIEWS, by_hand, drawn

import minigraph as mg
from minigraph.diagram.neurons.arrows import PITCH, RADIUS, Arrow, between, fan, height, numbers_at, shown, spread


def centres(svg: str) -> dict[str, tuple[float, float]]:
    """The centre of each unit's circle."""
    found = {}
    for name in groups(svg, "unit"):
        circle = group(svg, name).find(f"{SVG}ellipse")
        assert circle is not None
        found[name] = float(circle.get("cx", "")), float(circle.get("cy", ""))
    return found


@pytest.mark.dot
@pytest.mark.parametrize("engine", ["graphviz-pure", "dot"])
@pytest.mark.parametrize("view", VIEWS)
def test_columns_are_straight_and_units_in_order_with_any_engine(engine: str, view: str, dot: str) -> None:
    found = centres(mg.draw(perceptron(), view=view).svg(engine))  # type: ignore[arg-type]
    for column, count in enumerate((4, 5, 3)):
        xs, ys = zip(*(found[f"u{column}_{k}"] for k in range(count)))
        assert max(xs) - min(xs) < 0.1
        assert np.allclose(np.diff(ys), PITCH, atol=0.1)
        assert abs(np.mean(ys) - np.mean([found["u0_0"][1], found["u0_3"][1]])) < 0.1
    assert found["u0_0"][0] < found["u1_0"][0] < found["u2_0"][0]


def test_values_and_gradients_have_the_same_places() -> None:
    root = perceptron()
    assert centres(drawn(root)) == centres(drawn(root, "neuron-gradients"))


@pytest.mark.parametrize("view", VIEWS)
def test_arrows_are_straight_and_reach_from_circle_to_circle(view: str) -> None:
    svg = drawn(perceptron(), view)
    found = centres(svg)
    for name in groups(svg, "weight" if view == "neurons" else "weight-grad"):
        column, i, o = map(int, name[1:].split("_"))
        path = group(svg, name).find(f"{SVG}path")
        assert path is not None
        points = np.array([float(n) for n in re.findall(r"-?[\d.]+", path.get("d", ""))]).reshape(-1, 2)
        along, across = (points - points[0]), np.diff(points[[0, -1]], axis=0)[0]
        assert np.abs(along[:, 0] * across[1] - along[:, 1] * across[0]).max() / np.hypot(*across) < 0.05
        ends = [np.hypot(*(points[place] - found[unit])) - RADIUS
                for place, unit in ((0, f"u{column}_{i}"), (-1, f"u{column + 1}_{o}"))]  # fmt: skip
        plain, pointed = ends if view == "neurons" else ends[::-1]
        assert abs(plain) < 0.1 and 0 < pointed < 25


@pytest.mark.parametrize("size", [(i, o) for i in range(1, 11) for o in range(1, 11) if i * o <= 20])
def test_numbers_on_arrows_never_touch_each_other_or_another_arrow(size: tuple[int, int]) -> None:
    sources, targets = size
    distance = between(range(sources), range(targets))
    x = numbers_at(sources, targets, distance)
    assert x is not None
    arrows = [
        Arrow(*fan((0, height(i, sources)), (distance, height(o, targets)), spread(o, targets), spread(i, sources)))
        for i in range(sources)
        for o in range(targets)
    ]
    for mine in arrows:
        for other in arrows:
            for at in (x - 15, x, x + 15):
                assert mine is other or abs(other.at_x(at) - mine.at_x(x)) > 8.9


def test_which_units_are_shown() -> None:
    assert shown(10) == list(range(10))
    assert shown(11) == [0, 1, 2, 3, 4, 5, None, 10]
    assert shown(11, 10) == shown(11, 3) == shown(11)
    assert shown(20, 6) == [0, 1, 2, 3, 4, 5, 6, None, 19]
    assert shown(20, 18) == [0, 1, 2, 3, 4, 5, None, 18, 19]


@pytest.mark.parametrize("view", VIEWS)
def test_nothing_lies_on_something_else(view: str) -> None:
    """No text or circle covers another; only the numbers lie on their arrows."""
    for root in (iris(), perceptron(), by_hand(), logistic(), handmade(), regression(2), regression(6)):
        boxes = _boxes(mg.draw(root, view=view).source)  # type: ignore[arg-type]
        for a, first in boxes.items():
            for b, second in boxes.items():
                assert a >= b or not _overlap(first, second), (a, b)


def _boxes(source: str) -> dict[str, Array]:
    """left, bottom, right, top of each node, by its place and the size of its outermost table."""
    found = {}
    for text in re.findall(r"\n\t(\w+ \[label=.*?\])\n(?=\t\w|\})", source, flags=re.DOTALL):
        name = text.split()[0]
        x, y = map(float, re.findall(r'pos="(-?[\d.]+),(-?[\d.]+)"', text)[-1])
        table = re.search(r'WIDTH="(\d+)" HEIGHT="(\d+)"', text)
        assert table
        wide, high = (2 * RADIUS, 2 * RADIUS) if name.startswith("u") else map(float, table.groups())
        found[name] = np.array([x - wide / 2, y - high / 2, x + wide / 2, y + high / 2])
    return found


def _overlap(a: Array, b: Array) -> bool:
    return bool(np.all(a[:2] < b[2:] - 0.01) and np.all(b[:2] < a[2:] - 0.01))
