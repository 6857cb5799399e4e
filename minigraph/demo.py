"""Softmax regression, trained and drawn: what ``python -m minigraph`` shows."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from minigraph.arrays import Array
from minigraph.data import batches
from minigraph.diagram import draw
from minigraph.graph import Graph, Node
from minigraph.layers import Affine, SoftmaxWithLoss
from minigraph.optim import SGD

__all__ = ["demo"]


def demo(folder: Path) -> None:
    """Trains, prints how it went, and writes pictures into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    title, X, labels = iris() or clouds()
    rng = np.random.default_rng(0)
    order = rng.permutation(len(X))
    train, held_out = order[: len(X) * 4 // 5], order[len(X) * 4 // 5 :]

    x, t = Node(X[train], "X"), Node(labels[train], "t")
    scores = Affine(X.shape[1], 3, seed=rng)(x)
    loss = SoftmaxWithLoss()(scores, t)
    graph = Graph(loss)
    sgd = SGD(graph.parameters, learning_rate=0.5)
    print(f"{title}\n\nepoch   loss (nats)")
    for epoch in range(41):
        if epoch % 10 == 0:
            print(f"{epoch:5}   {float(graph.evaluate(X=X[train], t=labels[train])):.4f}")
        for xb, tb in batches(X[train], labels[train], size=20, seed=rng):
            graph.forward(X=xb, t=tb)
            graph.backward()
            sgd.step()
    right = graph.evaluate(scores, X=X[held_out]).argmax(axis=1) == labels[held_out]
    print(f"\n{right.sum()} of {len(right)} held-out samples are classified correctly.")

    few = [int(np.flatnonzero(labels == k)[0]) for k in range(3)]  # so that their numbers can be read
    graph.forward(X=X[few], t=labels[few])
    graph.backward()
    network = draw(loss)
    pictures = {
        "network.svg": (network, "one sample of each class, forward and backward"),
        "opened.svg": (draw(loss, expand=2), "the same, with the layers opened down to exp, Σ and log"),
        "neurons.svg": (draw(loss, view="neurons", sample=0), "units and weights, for the first of them"),
        "network.html": (network, "step through it: open this one in a browser"),
    }
    print(f"\nIn {folder.resolve()}:")
    for name, (diagram, what) in pictures.items():
        diagram.save(folder / name)
        print(f"  {name:13} {what}")


def iris() -> tuple[str, Array, Array] | None:
    """Iris in standard deviations from the mean, where scikit-learn is installed."""
    try:
        from sklearn.datasets import load_iris
    except ImportError:
        return None
    X, labels = load_iris(return_X_y=True)
    return "Softmax regression on Iris: 150 flowers, 4 features, 3 species", (X - X.mean(0)) / X.std(0), labels


def clouds() -> tuple[str, Array, Array]:
    """Three clouds of points in the plane."""
    rng = np.random.default_rng(0)
    labels = np.arange(150) % 3
    angle = 2 * np.pi * labels / 3
    X = 2 * np.stack([np.cos(angle), np.sin(angle)], axis=1) + rng.normal(size=(150, 2))
    title = 'Softmax regression on 150 points of three clouds (for Iris: pip install "minigraph[tutorials]")'
    return title, X, labels
