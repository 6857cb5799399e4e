"""Pictures of numbers, by matplotlib: losses, decision regions, weights as images, in the colours of the diagrams."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from itertools import cycle
from typing import Any

import numpy as np

from minigraph.arrays import Array, ArrayLike, as_numbers, shape_text
from minigraph.diagram.labels.style import LIGHT
from minigraph.graph import Graph, Node

__all__ = ["plot_curves", "plot_decision_regions", "plot_weights"]

# of one lightness, so that no class seems to matter more; the first three are the diagrams' own
CLASSES = (LIGHT.forward, LIGHT.backward, LIGHT.local, "#1F5FA8", "#8A6100", "#A3246B", "#4B6B1E", "#5B6672")
MARKERS = "os^Dv<ph"  # so that classes can be told apart without their colours
REGION = 0.22  # how much of its class's colour a region has
GRID = 200  # points along each axis
MARGIN = 0.08  # of the data's width, around them
PER_ROW = 10  # images in a row


def plot_curves(curves: Mapping[str, Sequence[float]], metrics: Mapping[str, Sequence[float]], best: int = 0) -> Any:
    """Curves over epochs on one pair of axes and metrics on another, as a Figure; a line at the `best` epoch."""
    groups = [group for group in (curves, metrics) if any(len(values) for values in group.values())]
    if not groups:
        raise ValueError("History.plot: there is nothing to draw before the end of the first epoch")
    figure = _figure(5 * len(groups), 3.4)
    for axes, group in zip(figure.subplots(1, len(groups), squeeze=False)[0], groups):
        shown = {name: values for name, values in group.items() if len(values)}
        for (name, values), colour, dashes in zip(shown.items(), cycle(CLASSES), cycle(("-", "--", ":", "-."))):
            marker = "o" if len(values) == 1 else None
            epochs = range(1, len(values) + 1)
            axes.plot(epochs, values, dashes, color=colour, linewidth=1.8, label=_plain(name), marker=marker)
        if best:
            axes.axvline(best, color=LIGHT.rule, linewidth=1, zorder=0, label=f"best epoch: {best}")
        _label(axes, "epoch", "loss" if group is curves else "")
        axes.xaxis.get_major_locator().set_params(integer=True)
        _legend(axes)
    return figure


def plot_decision_regions(
    model: Graph | Node | Callable[[Array], ArrayLike], X: ArrayLike, t: ArrayLike, *, axes: Any = None
) -> Any:
    """Which class is predicted where, for two features: regions, and the points X [N, 2] of classes t [N] on them.

    model: the node of the scores or probabilities [N, K] · or a function of such points that gives them, or a class
    each [N] · or a graph, whose loss has the scores as its first input. In a graph the points are fed to the only leaf
    that has two columns and is no parameter, and nothing changes. [N, 1] is the score of class 1, a probability if all
    lie in [0, 1].
    axes: matplotlib's, to draw on. Returns their Figure. Errors: ValueError where shapes do not fit.
    """
    points, classes = as_numbers("plot_decision_regions: X", X), np.asarray(t)
    if points.ndim != 2 or points.shape[1] != 2 or classes.shape != points.shape[:1] or not len(points):
        raise ValueError(
            f"plot_decision_regions: X is {shape_text(points.shape)} and t is {shape_text(classes.shape)}; "
            "needs X of [N, 2], two features, and one class for each row"
        )
    if not np.isfinite(points).all():
        raise ValueError("plot_decision_regions: X has NaN or ∞, but must be finite numbers")
    if not isinstance(model, (Graph, Node)) and not callable(model):
        raise TypeError(f"plot_decision_regions: needs a graph, node or function such as model.predict; got {model!r}")
    predict = _predictor(model) if isinstance(model, (Graph, Node)) else model
    low, high = points.min(axis=0), points.max(axis=0)
    margin = MARGIN * np.where(high > low, high - low, 1.0)
    across, up = (np.linspace(a, b, GRID) for a, b in zip(low - margin, high + margin))
    grid = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    names = np.unique(classes)
    predicted = _classes(np.asarray(predict(grid)), len(grid), names)
    every = np.union1d(names, predicted)
    colours = {name: CLASSES[i % len(CLASSES)] for i, name in enumerate(every)}

    figure = _figure(5.4, 4.2) if axes is None else axes.figure
    axes = figure.subplots() if axes is None else axes
    image = np.array([_mixed(colours[name], REGION) for name in predicted]).reshape(GRID, GRID, 3)
    edges = across[0], across[-1], up[0], up[-1]
    axes.imshow(image, origin="lower", extent=edges, aspect="auto", interpolation="nearest")
    for i, name in enumerate(every):
        rows = points[classes == name]
        if len(rows):
            axes.scatter(
                *rows.T, s=26, c=colours[name], marker=MARKERS[i % len(MARKERS)], edgecolors=LIGHT.background,
                linewidths=0.7, label=_plain(str(name)),
            )  # fmt: skip
    _label(axes, "x₁", "x₂")
    _legend(axes, title="class", loc="upper left", bbox_to_anchor=(1.01, 1), borderaxespad=0)  # off the points
    return figure


def plot_weights(
    weights: Node | ArrayLike, shape: tuple[int, int] | None = None, *, names: Sequence[str] | None = None
) -> Any:
    """Each column of W [D, K] as an image, a template of what its unit looks for; orange is positive, teal negative.

    shape: height × width of an image, left out where D is a square number (784: 28 × 28). One scale for all: white is
    0, and full colour the largest |w|. W of [H, W, K], or [H, W] for one image, needs no shape · names: above them.
    Returns a Figure. Errors: ValueError where D numbers do not fill the shape.
    """
    node = weights if isinstance(weights, Node) else None
    array = as_numbers("plot_weights", weights.value if isinstance(weights, Node) else weights)
    images = _images(array, shape)
    count = len(images)
    titles = [str(k) if count > 1 else "" for k in range(count)] if names is None else list(names)
    if len(titles) != count:
        raise ValueError(f"plot_weights: there are {count} images, but {len(titles)} names")
    largest = float(np.abs(images).max(initial=0)) or 1.0
    columns = min(count, PER_ROW if count > PER_ROW else (count + 1) // 2 if count > 5 else count)
    lines = math.ceil(count / columns)
    figure = _figure(max(1.3 * columns + 0.9, 2.6), 1.55 * lines + 0.4)
    colours = import_module("matplotlib.colors").LinearSegmentedColormap.from_list(
        "minigraph", [LIGHT.forward, LIGHT.forward_heat[1], LIGHT.background, LIGHT.backward_heat[1], LIGHT.backward]
    )
    cells = figure.subplots(lines, columns, squeeze=False)
    for axes in cells.flat[count:]:
        axes.set_axis_off()
    for axes, image, title in zip(cells.flat, images, titles):
        shown = axes.imshow(image, cmap=colours, vmin=-largest, vmax=largest, interpolation="nearest")
        axes.set_title(_plain(title), fontsize=9, color=LIGHT.ink)
        axes.set(xticks=[], yticks=[])
        for spine in axes.spines.values():
            spine.set_color(LIGHT.rule)
    bar = figure.colorbar(shown, ax=cells, fraction=0.04, label=_plain((node and node.name) or "weight"))
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=8, colors=LIGHT.mute)
    return figure


def _images(array: Array, shape: tuple[int, int] | None) -> Array:
    """[K, height, width]."""
    if shape is None and array.ndim == 3:
        images = np.moveaxis(array, -1, 0)
    elif array.ndim == 2 and (shape or math.isqrt(len(array)) ** 2 == len(array)):
        height, width = shape or (math.isqrt(len(array)),) * 2
        if height * width != len(array):
            needed = f"{height} × {width} needs {height * width}"
            raise ValueError(
                f"plot_weights: the columns of {shape_text(array.shape)} have {len(array)} numbers; {needed}"
            )
        images = array.T.reshape(-1, height, width)
    elif array.ndim == 2 and shape is None:
        images = array[None]
    else:
        raise ValueError(f"plot_weights: weights are {shape_text(array.shape)}; needs [D, K], [H, W, K] or [H, W]")
    if not images.size or not np.isfinite(images).all():
        raise ValueError(f"plot_weights: weights {shape_text(array.shape)} must be finite numbers, at least one")
    return images


def _predictor(model: Graph | Node) -> Callable[[Array], Array]:
    scores = model if isinstance(model, Node) else model.output.inputs[0] if model.output.inputs else model.output
    if scores.value.ndim != 2:
        raise ValueError(
            f"plot_decision_regions: the first input of {model!r} is {shape_text(scores.shape)}, "
            "no scores [N, K]; give the node of the scores instead of the graph"
        )
    graph = Graph(scores)
    leaves = [n for n in graph.feeding.leaves.values() if n not in graph.parameters and n.value.ndim == 2]
    fitting = [leaf for leaf in leaves if leaf.shape[1] == 2]
    if len(fitting) != 1:
        came = ", ".join(f"{graph.names[n]} {shape_text(n.shape)}" for n in leaves) or "none"
        raise ValueError(
            f"plot_decision_regions: {graph.names[scores]} must depend on one leaf of [N, 2]; there are: {came}"
        )
    return lambda points: graph.evaluate(None, {fitting[0]: points})


def _classes(found: Array, rows: int, names: Array) -> Array:
    """A class for each row of scores; columns stand for the classes of t in order, or for 0, 1, … if those are numbers
    below the count of columns."""
    if found.shape == (rows,):
        if found.dtype.kind == "f" and not np.isin(found, names).all() and np.any(found % 1):
            raise ValueError(
                f"plot_decision_regions: the model gave {shape_text(found.shape)} numbers, {found.min():g} … "
                f"{found.max():g}, which are no classes; scores of one class must be [{rows}, 1]"
            )
        return found
    if found.shape == (rows, 1):
        half = 0.5 if found.min() >= 0 and found.max() <= 1 else 0.0
        column = (found[:, 0] > half).astype(int)
        count = 2
    elif found.ndim == 2 and len(found) == rows:
        column, count = found.argmax(axis=1), found.shape[1]
    else:
        raise ValueError(
            f"plot_decision_regions: the model gave {shape_text(found.shape)} for {rows} points; "
            f"needs scores [{rows}, K] or one class each, [{rows}]"
        )
    if names.dtype.kind in "iub" and 0 <= names.min() and names.max() < count:
        return column
    if len(names) != count:
        raise ValueError(f"plot_decision_regions: the model has {count} classes, but t has {len(names)}")
    return names[column]


def _figure(width: float, height: float) -> Any:
    """A Figure of its own, which no window and no global state knows of."""
    try:
        figures = import_module("matplotlib.figure")
    except ImportError as error:
        raise ImportError('plots need matplotlib: pip install "minigraph[plot]"') from error
    return figures.Figure(figsize=(width, height), layout="constrained", facecolor=LIGHT.background, dpi=120)


def _label(axes: Any, across: str, up: str) -> None:
    axes.set_xlabel(across, color=LIGHT.ink)
    axes.set_ylabel(up, color=LIGHT.ink)
    axes.tick_params(colors=LIGHT.mute, labelsize=9)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(LIGHT.rule)


def _legend(axes: Any, **options: Any) -> None:
    legend = axes.legend(fontsize=9, edgecolor=LIGHT.rule, labelcolor=LIGHT.ink, framealpha=0.9, **options)
    legend.get_title().set_color(LIGHT.ink)


def _mixed(colour: str, share: float) -> tuple[float, ...]:
    """A colour thinned with white."""
    return tuple(1 - share * (1 - int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))


def _plain(text: str) -> str:
    """Text in which matplotlib sees no formula, and no wish to be left out of a legend, which _ is at the start."""
    return text.replace("$", r"\$").replace("_", " _", text.startswith("_"))
