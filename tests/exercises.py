"""Small graphs for worksheets, and how tests read what is made of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

from pictures import SVG, circuit, classifier

import minigraph as mg
from minigraph.layers import Affine, MeanSquaredError, ReLU, Sigmoid, SoftmaxWithLoss


def odd_circuit() -> mg.Node:
    """A circuit with a fork, none of whose numbers is like another."""
    x, y, z = mg.Node(-2.3, "x"), mg.Node(5.1, "y"), mg.Node(-4.7, "z")
    f = (x + y) * z * x
    f.backward()
    return f


def network() -> mg.Node:
    x, t = mg.Node([[1.0, 2.0], [-1.0, 0.5]], "X"), mg.Node([[0.0, 1.0], [1.0, 0.0]], "T")
    first = Affine(2, 3, weight=[[0.2, -0.5, 0.8], [0.6, 0.1, -0.4]], bias=[0.1, -0.2, 0.3])
    second = Affine(3, 2, weight=[[0.7, -0.3], [0.4, 0.9], [-0.6, 0.5]])
    loss = SoftmaxWithLoss()(mg.Sequential(first, ReLU(), second)(x), t)
    loss.backward()
    return loss


def squares() -> mg.Node:
    """A batch mean: three samples, one output."""
    x, t = mg.Node([[1.3, 0.4], [-0.7, 2.1], [0.9, -1.6]], "X"), mg.Node([[0.3], [1.7], [-0.8]], "T")
    loss = MeanSquaredError()(Sigmoid()(Affine(2, 1, weight=[[0.6], [-1.1]], bias=[0.25])(x)), t)
    loss.backward()
    return loss


GRAPHS: dict[str, Callable[[], mg.Node]] = {
    "circuit": circuit, "fork": odd_circuit, "classifier": classifier, "network": network, "squares": squares,
}  # fmt: skip


def words(svg: str) -> list[str]:
    """Everything in an SVG that can be read, pointed at or told."""
    return [text for element in ElementTree.fromstring(svg).iter() if (text := (element.text or "").strip())]


def numbers(text: str) -> set[str]:
    return set(re.findall(r"[-−]?\d+\.?\d*", text))


def data(html: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" class="mg-data">(.*?)</script>', html)
    assert found
    return dict(json.loads(found[1]))


def geometry(svg: str) -> list[str]:
    """Every shape of a picture, without its colours."""
    kinds = ("points", "d", "cx", "cy", "rx", "ry", "transform", "viewBox", "width", "height")
    shapes = (e for e in ElementTree.fromstring(svg).iter() if e.tag != f"{SVG}text")
    return [f"{e.tag} {[e.get(kind) for kind in kinds]}" for e in shapes]
