"""Multiclass hinge beside softmax with cross-entropy: what does one more point do that is already right?

Two linear classifiers learn the same 24 points of three classes, one with MulticlassHinge, one with SoftmaxWithLoss.
Then a point comes that lies far inside the region of its class. The hinge loss asks only that the right score be
Δ = 1 above every other. Where it is, there is nothing to gain: loss and gradient are exactly 0, and no border moves.
Cross-entropy asks for probability 1, which no finite scores give: the gradient P − T shrinks with the distance, but
never to 0 (in floating point not before scores lie hundreds apart). So every point has a say in where the borders lie.

Both sum over the points. A mean would divide by 25 instead of 24 and so change even where nothing is added.

Run it with `python examples/hinge_and_softmax.py [folder] [--quick]`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import minigraph as mg
from minigraph.layers import Affine, MulticlassHinge, SoftmaxWithLoss

try:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
except ImportError as error:
    sys.exit(f'{error}. Get it with: pip install "minigraph[tutorials]", in a checkout: pip install -e ".[tutorials]"')

Array = NDArray[Any]

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("folder", nargs="?", type=Path, default=Path("out/hinge_and_softmax"))
parser.add_argument("--quick", action="store_true", help="fewer further steps")
options = parser.parse_args()
folder: Path = options.folder
folder.mkdir(parents=True, exist_ok=True)
further, least_turn = (40, 2.0) if options.quick else (300, 7.0)

rng = np.random.default_rng(0)
centres = np.array([[0.0, 1.5], [-1.4, -0.8], [1.4, -0.8]])
t = np.repeat([0, 1, 2], 8)
X = centres[t] + 0.5 * rng.normal(size=(24, 2))
x_extra, t_extra = np.array([[-2.4, 2.5]]), np.array([0])
X_more, t_more = np.vstack([X, x_extra]), np.append(t, t_extra)


class Classifier:
    """Scores Y = X·W + b under a loss, trained by gradient descent on all points at once."""

    def __init__(self, loss: mg.Op) -> None:
        self.layer = Affine(2, 3, weight=np.zeros((2, 3)))
        self.scores = self.layer(mg.Node(X, "X", requires_grad=False))
        self.graph = mg.Graph(loss(self.scores, mg.Node(t, "T")))
        self.sgd = mg.SGD(self.graph.parameters, learning_rate=0.02)

    def measure(self, x: Array, labels: Array) -> tuple[float, Array]:
        """The loss, and ∂L/∂W."""
        loss = float(self.graph.forward(X=x, T=labels))
        self.graph.backward()
        return loss, np.array(self.layer.parameters[0].grad)

    def train(self, x: Array, labels: Array, steps: int) -> None:
        for _ in range(steps):
            self.measure(x, labels)
            self.sgd.step()

    @property
    def state(self) -> tuple[Array, ...]:
        return tuple(parameter.value for parameter in self.layer.parameters)

    @state.setter
    def state(self, values: tuple[Array, ...]) -> None:
        for parameter, value in zip(self.layer.parameters, values):
            parameter.value = value


def turned(before: tuple[Array, ...], after: tuple[Array, ...]) -> float:
    """By how many degrees the border between the classes 0 and 1 turned."""
    a, b = (state[0][:, 0] - state[0][:, 1] for state in (before, after))
    return float(np.degrees(np.arccos(np.clip(a @ b / np.linalg.norm(a) / np.linalg.norm(b), -1, 1))))


classifiers = {"hinge": Classifier(MulticlassHinge(reduction="sum")), "softmax": Classifier(SoftmaxWithLoss("sum"))}
before, after, gradients = {}, {}, {}

for name, classifier in classifiers.items():
    print(f"{name}:")
    classifier.train(X, t, 4)  # half-way, while some points still cost something
    for when in ("half-way", "trained"):
        (loss, slope), (loss_more, slope_more) = classifier.measure(X, t), classifier.measure(X_more, t_more)
        own, _ = classifier.measure(x_extra, t_extra)
        gradients[name] = np.array(classifier.scores.grad)[0]
        gap = classifier.scores.value[0, 0] - classifier.scores.value[0, 1:].max()
        print(f"  {when}: the extra point's score is {gap:.2f} above the next; its own loss is {own:.4g}")
        print(f"    loss of 24 points {loss:.6f}, with it {loss_more:.6f}; ∂L/∂W changes by up to"
              f" {abs(slope_more - slope).max():.2g}")  # fmt: skip
        if name == "hinge":
            assert gap > 1, "the extra point must be beyond the margin"
            assert own == 0 and not gradients[name].any(), "beyond the margin hinge has neither loss nor gradient"
            assert np.isclose(loss_more, loss, rtol=1e-13, atol=0) and np.allclose(
                slope_more, slope, rtol=0, atol=1e-13
            )
            assert (loss > 0) == (
                when == "half-way"
            ), "half-way something must be left to learn, and in the end nothing"
        else:
            assert own > 0 and gradients[name].all() and loss_more > loss, "cross-entropy is never content"
            assert abs(slope_more - slope).max() > 1e-3
        if when == "half-way":
            classifier.train(X, t, 16)

    before[name] = classifier.state
    ends = {}
    for title, points in {"the 24 points": (X, t), "all 25": (X_more, t_more), "it alone": (x_extra, t_extra)}.items():
        classifier.state = before[name]
        classifier.train(*points, further)
        ends[title] = after[name] = classifier.state
        print(f"  {further} further steps on {title} turn the border between 0 and 1 by"
              f" {turned(before[name], classifier.state):.1f}°")  # fmt: skip
    if name == "hinge":
        assert all(np.array_equal(a, b) for end in ends.values() for a, b in zip(before[name], end)), "a border moved"
    else:
        assert turned(ends["the 24 points"], ends["all 25"]) > 0.1, "the point must make a difference among the others"
        assert turned(before[name], ends["it alone"]) > least_turn, "the point alone must turn its border visibly"

    classifier.state = before[name]
    classifier.measure(x_extra, t_extra)
    mg.draw(classifier.graph, digits=3, title=f"The extra point under {name}").save(folder / f"{name}.svg")

P = np.exp(classifiers["softmax"].scores.value[0])
P /= P.sum()
assert np.allclose(gradients["softmax"], P - [1, 0, 0], rtol=1e-12), "softmax with cross-entropy has ∂L/∂Y = P − T"

COLOURS = ["#4477AA", "#228833", "#AA3377"]
grid = np.stack(np.meshgrid(np.linspace(-3.2, 3.2, 400), np.linspace(-2.6, 3.2, 400)), axis=-1)


def draw_borders(axes: Axes, state: tuple[Array, ...], **style: Any) -> None:
    """Where two scores are equal, and the third is below."""
    Y = grid @ state[0] + state[1]
    for i, j, third in ((0, 1, 2), (0, 2, 1), (1, 2, 0)):
        gap = np.where(Y[..., third] > np.maximum(Y[..., i], Y[..., j]), np.nan, Y[..., i] - Y[..., j])
        axes.contour(grid[..., 0], grid[..., 1], gap, levels=[0], **style)


figure = Figure(figsize=(10, 7.2), layout="constrained")
panels = figure.subplots(2, 2, height_ratios=(3, 1))
for column, (name, title) in enumerate(
    {"hinge": "Multiclass hinge, Δ = 1", "softmax": "Softmax, cross-entropy"}.items()
):
    axes, bars = panels[:, column]
    region = (grid @ after[name][0] + after[name][1]).argmax(axis=-1)
    axes.contourf(grid[..., 0], grid[..., 1], region, levels=[-0.5, 0.5, 1.5, 2.5], colors=COLOURS, alpha=0.13)
    draw_borders(axes, after[name], colors="#EE7733", linewidths=4)
    draw_borders(axes, before[name], colors="black", linewidths=1.4, linestyles="dashed")
    axes.scatter(*X.T, c=[COLOURS[c] for c in t], s=26)
    axes.scatter(*x_extra.T, c=COLOURS[0], s=260, marker="*", edgecolors="black", zorder=3)
    axes.annotate("the extra point", x_extra[0], (10, 8), textcoords="offset points")
    for c, place in enumerate(([0.2, 2.8], [-2.9, -2.2], [2.3, -2.2])):
        axes.text(*place, f"class {c}", color=COLOURS[c], weight="bold")
    axes.set(title=title, aspect="equal", xticks=[], yticks=[])
    if name == "hinge":
        Y = grid @ before[name][0] + before[name][1]
        margin = Y[..., 0] - Y[..., 1:].max(axis=-1)
        axes.contour(grid[..., 0], grid[..., 1], margin, levels=[1], colors=COLOURS[:1], linestyles="dotted")

    drawn = bars.bar([f"class {c}" for c in range(3)], gradients[name], color=COLOURS, width=0.5)
    bars.bar_label(drawn, [f"{g:+.4f}".replace("-", "−") if g else "exactly 0" for g in gradients[name]], padding=3)
    bars.axhline(0, color="black", linewidth=0.8)
    reach = 1.7 * abs(gradients["softmax"]).max()
    bars.set(ylim=(-reach, reach), title="its gradient on the scores, " + ("∂L/∂Y = P − T" if column else "∂L/∂Y"))
lines = [
    Line2D([], [], color="black", linewidth=1.4, linestyle="dashed", label="borders before"),
    Line2D([], [], color="#EE7733", linewidth=4, label=f"after {further} steps on the extra point alone"),
    Line2D([], [], color=COLOURS[0], linestyle="dotted", label="beyond it, score 0 leads by more than Δ"),
]
figure.legend(handles=lines, loc="outside upper center", ncols=3)
figure.savefig(folder / "borders.png", dpi=110)

print(f"\nIn {folder.resolve()}:")
print("  borders.png  the borders of both before and after, and the gradient of the extra point below")
print("  hinge.svg    the hinge loss of the extra point: 0 all the way back")
print("  softmax.svg  the cross-entropy of the extra point: P − T goes back to W and b")
