"""Makes every picture of the README and the docs: python docs/pictures.py [folder].

For each figure the SVG that people see and the DOT text behind it; tests hold both to what the code draws today.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

import minigraph as mg
from minigraph.layers import Affine, ReLU, SoftmaxWithLoss

HERE = Path(__file__).parent / "pictures"


def circuit() -> mg.Node:
    """f = (x + y)·z, the first circuit of every course."""
    x, y, z = mg.Node(-2.0, "x"), mg.Node(5.0, "y"), mg.Node(-4.0, "z")
    f = (x + y) * z
    f.backward()
    return f


def classifier(backward: bool = True) -> mg.Node:
    """A softmax classifier: two samples of two features, three classes."""
    x = mg.Node([[1.0, 2.0], [-1.0, 0.5]], "X")
    t = mg.Node([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]], "T")
    affine = Affine(2, 3, weight=[[0.2, -0.5, 0.8], [0.6, 0.1, -0.4]], bias=[0.1, -0.2, 0.0])
    loss = SoftmaxWithLoss()(affine(x), t)
    if backward:
        loss.backward()
    return loss


def perceptron() -> mg.Node:
    """A multilayer perceptron 4-5-3 on six samples."""
    x = mg.Node(np.sin(np.arange(24.0)).reshape(6, 4), "X")
    t = mg.Node(np.eye(3)[[0, 0, 1, 1, 2, 2]], "T")
    first = Affine(4, 5, weight=np.cos(np.arange(20.0)).reshape(4, 5), bias=0.1 * np.arange(5.0))
    second = Affine(5, 3, weight=np.sin(2 + np.arange(15.0)).reshape(5, 3))
    loss = SoftmaxWithLoss()(mg.Sequential(first, ReLU(), second)(x), t)
    loss.backward()
    return loss


def iris() -> mg.Node:
    """Softmax regression on three flowers of Iris, one of each species: 4 features, 3 classes, 12 weights."""
    x = mg.Node([[5.1, 3.5, 1.4, 0.2], [7.0, 3.2, 4.7, 1.4], [6.3, 3.3, 6.0, 2.5]], "X")
    weight = [[0.42, 0.31, -0.73], [0.95, -0.18, -0.77], [-1.26, 0.11, 1.15], [-0.58, -0.49, 1.07]]
    affine = Affine(4, 3, weight=weight, bias=[0.2, 0.5, -0.7])
    loss = SoftmaxWithLoss()(affine(x), mg.Node([0, 1, 2], "t"))
    loss.backward()
    return loss


FIGURES: dict[str, Callable[[], mg.Diagram]] = {
    "circuit": lambda: mg.draw(circuit()),
    "circuit-dark": lambda: mg.draw(circuit(), theme="dark"),
    "classifier": lambda: mg.draw(classifier()),
    "classifier-dark": lambda: mg.draw(classifier(), detail="full", theme="dark"),
    "classifier-full": lambda: mg.draw(classifier(), detail="full"),
    "classifier-symbols": lambda: mg.draw(classifier(), expand=2, detail="symbols"),
    "classifier-expanded": lambda: mg.draw(classifier(), expand=2),
    "classifier-before-backward": lambda: mg.draw(classifier(backward=False)),
    "perceptron": lambda: mg.draw(perceptron()),
    "neurons-iris": lambda: mg.draw(iris(), view="neurons", sample=1),
    "neurons-iris-dark": lambda: mg.draw(iris(), view="neurons", sample=1, theme="dark"),
    "neurons-perceptron": lambda: mg.draw(perceptron(), view="neurons"),
    "neurons-gradients": lambda: mg.draw(perceptron(), view="neuron-gradients"),
}


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in FIGURES.items():
        diagram = make()
        for suffix in ("svg", "dot"):
            print(diagram.save(folder / f"{name}.{suffix}"))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
