"""Plots: what they show is what was given, in the colours of the diagrams."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_hex

import minigraph as mg
from minigraph.diagram.labels.style import LIGHT
from minigraph.layers import Affine, SoftmaxWithLoss
from minigraph.plots import CLASSES
from tests.helpers import contrast

X = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
T = np.array([0, 1, 2, 2])


def classifier() -> mg.Graph:
    """Scores −x₁ − x₂, −x₁ + x₂ and 2x₁: the three classes of X."""
    layer = Affine(2, 3, weight=np.array([[-1.0, -1, 2], [-1, 1, 0]]))
    return mg.Graph(SoftmaxWithLoss()(layer(mg.Node(X, "x")), mg.Node(T, "t")))


def texts(axes: Any) -> list[str]:
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_a_history_draws_its_curves() -> None:
    history = mg.History(
        loss=[3.0, 2.0, 1.0], validation_loss=[3.0, 2.5, 2.7], metrics={"_accuracy $": [0.1, 0.5, 0.4]}, best_epoch=2
    )
    figure = history.plot()
    losses, metrics = figure.axes
    assert [list(line.get_ydata()) for line in losses.lines[:2]] == [[3.0, 2.0, 1.0], [3.0, 2.5, 2.7]]
    assert list(losses.lines[0].get_xdata()) == [1, 2, 3] and list(losses.lines[2].get_xdata()) == [2, 2]
    assert losses.lines[0].get_color() == LIGHT.forward
    assert texts(losses) == ["loss", "validation loss", "best epoch: 2"]
    assert texts(metrics) == [r" _accuracy \$", "best epoch: 2"]
    figure.canvas.draw()
    assert len(mg.History(loss=[1.0]).plot().axes) == 1
    many = mg.History(loss=[1.0], metrics={str(k): [1.0] for k in range(20)}).plot()
    assert len(many.axes[1].lines) == 20
    with pytest.raises(ValueError, match="History.plot: there is nothing to draw before the end of the first epoch"):
        mg.History().plot()


@pytest.mark.parametrize("kind", ["graph", "node", "scores", "classes", "names"])
def test_regions_are_the_classes_that_are_predicted(kind: str) -> None:
    graph = classifier()
    before = graph["x"].value
    scores = graph.output.inputs[0]
    words = np.array(["a", "b", "c"])
    models: dict[str, Any] = {
        "graph": graph,
        "node": scores,
        "scores": lambda points: graph.evaluate(scores, x=points),
        "classes": lambda points: graph.evaluate(scores, x=points).argmax(axis=1),
        "names": lambda points: words[graph.evaluate(scores, x=points).argmax(axis=1)],
    }
    figure = mg.plot_decision_regions(models[kind], X, words[T] if kind == "names" else T)
    (axes,) = figure.axes
    image = axes.images[0].get_array()
    corners = [image[0, 0], image[-1, 0], image[0, -1], image[-1, -1]]  # as X has them
    for corner, label in zip(corners, T):
        ink = np.array([int(CLASSES[label][i : i + 2], 16) / 255 for i in (1, 3, 5)])
        np.testing.assert_allclose(corner, 1 - 0.22 * (1 - ink))
    assert [len(points.get_offsets()) for points in axes.collections] == [1, 1, 2]
    assert texts(axes) == (["a", "b", "c"] if kind == "names" else ["0", "1", "2"])
    assert graph["x"].value is before
    figure.canvas.draw()


def test_two_classes_by_one_score_on_axes_of_yours() -> None:
    axes = mg.History(loss=[1.0]).plot().subplots()
    for score in (lambda p: p[:, :1], lambda p: 1 / (1 + np.exp(-p[:, :1]))):
        assert mg.plot_decision_regions(score, X, X[:, 0] > 0, axes=axes) is axes.figure
        image = axes.images[-1].get_array()
        assert (image[:, :99] == image[0, 0]).all() and (image[:, 101:] == image[0, -1]).all()
        assert not np.array_equal(image[0, 0], image[0, -1])


def test_classes_below_zero_are_the_columns_in_order() -> None:
    figure = mg.plot_decision_regions(lambda p: p[:, :1], X, np.where(X[:, 0] > 0, 1, -1))
    (axes,) = figure.axes
    assert texts(axes) == ["-1", "1"]
    for column, label in ((0, 0), (-1, 1)):  # the region has the colour of the points on it
        ink = np.array([int(CLASSES[label][i : i + 2], 16) / 255 for i in (1, 3, 5)])
        np.testing.assert_allclose(axes.images[0].get_array()[0, column], 1 - 0.22 * (1 - ink))


def test_templates_are_the_columns_on_one_scale() -> None:
    W = mg.Parameter(np.arange(-12.0, 12.0).reshape(4, 6), "W")
    figure = mg.plot_weights(W, names=["$x", *"bcdef"])
    images = [axes.images[0] for axes in figure.axes if axes.images]
    assert len(images) == 6 and figure.axes[0].get_title() == r"\$x"
    for k, image in enumerate(images):
        np.testing.assert_array_equal(image.get_array(), W.value[:, k].reshape(2, 2))
        assert image.get_clim() == (-12, 12)
    colours = [to_hex(images[0].cmap(share)).upper() for share in (0.0, 0.5, 1.0)]
    assert colours[0] == LIGHT.forward and colours[2] == LIGHT.backward and contrast(colours[1], "#FFFFFF") < 1.02
    figure.canvas.draw()
    for weights, shape, count, size in (
        (np.zeros((784, 25)), None, 25, (28, 28)),
        (np.ones((6, 2)), (2, 3), 2, (2, 3)),
        (np.ones((3, 5, 4)), None, 4, (3, 5)),
        (np.ones((3, 5)), None, 1, (3, 5)),
    ):
        found = [axes.images[0] for axes in mg.plot_weights(weights, shape).axes if axes.images]
        assert len(found) == count and all(image.get_array().shape == size for image in found)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: mg.plot_decision_regions(classifier(), X[:, :1], T), r"X is \[4, 1\] and t is \[4\]; needs X of"),
        (lambda: mg.plot_decision_regions(classifier(), X * np.nan, T), "X has NaN or ∞, but must be finite numbers"),
        (lambda: mg.plot_decision_regions(classifier(), X, T[1:]), r"t is \[3\]"),
        (lambda: mg.plot_decision_regions(lambda p: p[1:], X, T), r"the model gave \[39999, 2\] for 40000 points"),
        (lambda: mg.plot_decision_regions(lambda p: p[:, 0], X, T), r"numbers, -1.16 … 1.16, which are no classes; "),
        (lambda: mg.plot_decision_regions(lambda p: p, X, ["a", "b", "c", "c"]), "has 2 classes, but t has 3"),
        (lambda: mg.plot_decision_regions(mg.Node(np.ones((2, 3)), "x") * 2.0, X, T), r"there are: x \[2, 3\]"),
        (
            lambda: mg.plot_decision_regions(mg.Graph(classifier().output * 2.0), X, T),
            r"is \[\], no scores \[N, K\]; give the",
        ),
        (lambda: mg.plot_weights(np.ones((6, 2)), (2, 2)), r"the columns of \[6, 2\] have 6 numbers; 2 × 2 needs 4"),
        (lambda: mg.plot_weights(np.ones(6)), r"weights are \[6\]; needs \[D, K\]"),
        (lambda: mg.plot_weights(np.full((4, 2), np.nan)), "must be finite numbers"),
        (lambda: mg.plot_weights(np.ones((4, 2)), names=["a"]), "there are 2 images, but 1 names"),
    ],
)
def test_what_cannot_be_drawn_is_said(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_an_estimator_is_no_function() -> None:
    with pytest.raises(TypeError, match="needs a graph, node or function such as model.predict; got <object"):
        mg.plot_decision_regions(object(), X, T)  # type: ignore[arg-type]


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r'pip install "minigraph\[plot\]"'):
        mg.History(loss=[1.0]).plot()


def test_the_colours_of_classes_can_be_read_on_white_and_told_apart() -> None:
    assert all(contrast(colour, LIGHT.background) >= 4.5 for colour in CLASSES)
    assert len(set(CLASSES)) == len(CLASSES)
