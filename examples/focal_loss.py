"""Focal loss beside cross-entropy where one example in forty is positive: what γ does, and what α does.

Focal loss is −α (1 − p)^γ ln p, with p the probability given to the right class. Two knobs, often taken for one:

- γ takes the easy examples (p near 1) out of the gradient, whatever their class. It does not know which class is rare.
- α is a weight per class. It is what makes a network say "rare" more often: recall rises, precision falls.

So four losses are trained, with and without each knob: the same network, the same first weights, the same batches.
Neither is free: both pull the predicted probabilities away from the true frequencies. Nor do they find more than there
is: average precision, which asks only for the order of the examples, is on the whole no better with γ on these data.
T.-Y. Lin et al. (2017) had many thousands of easy examples for each hard one; there it pays to silence them.

Run it with `python examples/focal_loss.py [folder] [--quick]`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import minigraph as mg
from minigraph.layers import Affine, FocalLoss, ReLU, Softmax, SoftmaxWithLoss

try:
    from matplotlib.figure import Figure
    from matplotlib.ticker import PercentFormatter
    from sklearn.datasets import make_classification
    from sklearn.metrics import average_precision_score
except ImportError as error:
    sys.exit(f'{error}. Get it with: pip install "minigraph[tutorials]", in a checkout: pip install -e ".[tutorials]"')

Array = NDArray[Any]

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("folder", nargs="?", type=Path, default=Path("out/focal_loss"))
parser.add_argument("--quick", action="store_true", help="fewer seeds and examples")
options = parser.parse_args()
folder: Path = options.folder
folder.mkdir(parents=True, exist_ok=True)
seeds, size, epochs = (2, 3000, 6) if options.quick else (8, 6000, 10)

LOSSES = {
    "cross-entropy": SoftmaxWithLoss(),
    "focal, γ = 2": FocalLoss(gamma=2.0),
    "cross-entropy, α": FocalLoss(gamma=0.0, alpha=[1.0, 10.0]),  # γ = 0: what others call class weights
    "focal, γ = 2, α": FocalLoss(gamma=2.0, alpha=[1.0, 10.0]),
}
GAMMAS = [0.0, 0.5, 1.0, 2.0, 5.0]
COLOURS = ["#000000", "#4477AA", "#228833", "#EE7733", "#AA3377"]


def data(seed: int) -> tuple[Array, Array]:
    """Four clusters that overlap; 2 % positives, and 1 % of all labels are drawn at random."""
    return make_classification(
        10 * size, 10, n_informative=6, n_redundant=0, weights=[0.98], flip_y=0.01, random_state=seed
    )


def train(loss: mg.Op, X: Array, t: Array, seed: int) -> tuple[mg.Graph, mg.Node]:
    rng = np.random.default_rng(seed)
    net = mg.Sequential(Affine(10, 32, seed=rng), ReLU(), Affine(32, 2, seed=rng))
    scores = net(mg.Node(X, "X", requires_grad=False))
    graph = mg.Graph(loss(scores, mg.Node(t, "T")))
    sgd = mg.SGD(graph.parameters, learning_rate=0.05, momentum=0.9)
    for _ in range(epochs):
        for x_batch, t_batch in mg.batches(X, t, size=64, seed=rng):
            graph.forward(X=x_batch, T=t_batch)
            graph.backward()
            sgd.step()
    return graph, scores


def loss_and_slope(loss: mg.Op, z: Array, t: Array) -> tuple[Array, Array]:
    """The loss of each example, and the size of its gradient ∂ℓ/∂z."""
    scores = mg.Node(z)
    rows = loss(scores, t)
    rows.backward(np.ones(rows.shape))
    return rows.value, np.abs(np.asarray(scores.grad)).sum(axis=-1)


def measure(z: Array, t: Array) -> dict[str, float]:
    p = Softmax().forward(z)[:, 1]
    said, nats = p > 0.5, SoftmaxWithLoss("none")(z, t).value
    return {
        "recall": said[t == 1].mean(),
        "precision": t[said].mean(),
        "balanced accuracy": (said[t == 1].mean() + (~said[t == 0]).mean()) / 2,
        "average precision": average_precision_score(t, p),
        "−ln p, common class": nats[t == 0].mean(),
        "−ln p, rare class": nats[t == 1].mean(),
        "mean P(rare) / rate": p.mean() / t.mean(),
    }


results: dict[str, list[dict[str, float]]] = {name: [] for name in LOSSES}
shares, examples = [], []
for seed in range(seeds):
    X, t = data(seed)
    X, X_test, t, t_test = X[:size], X[size:], t[:size], t[size:]
    for name, loss in LOSSES.items():
        graph, scores = train(loss, X, t, seed)
        z = graph.evaluate(scores, X=X_test)
        results[name].append(measure(z, t_test))
        if name == "cross-entropy":  # the share of the gradient by how easy an example is, all at these weights
            p = Softmax().forward(z)[np.arange(len(z)), t_test]
            bins = np.digitize(p, [0.1, 0.5, 0.9, 0.99])
            examples.append(np.bincount(bins, minlength=5) / len(z))
            slopes = [loss_and_slope(FocalLoss(gamma, reduction="none"), z, t_test)[1] for gamma in GAMMAS]
            shares.append([np.bincount(bins, slope, minlength=5) / slope.sum() for slope in slopes])
            both = (FocalLoss(gamma=0.0, reduction="none"), SoftmaxWithLoss(reduction="none"))
            focal, plain = (loss_and_slope(op, z, t_test) for op in both)
            assert np.allclose(focal, plain, rtol=0, atol=1e-12), "γ = 0 must be cross-entropy, loss and gradient"

print(f"{seeds} seeds, {size} examples to train on, {9 * size} to test on; mean (lowest … highest)\n")
print(" " * 20 + "".join(f"{name:>24}" for name in LOSSES))
for what in results["cross-entropy"][0]:
    runs = [[result[what] for result in results[name]] for name in LOSSES]
    cells = [f"{np.mean(run):.3f} ({min(run):.2f} … {max(run):.2f})" for run in runs]
    print(f"{what:20}" + "".join(f"{cell:>24}" for cell in cells))

share = np.array(shares)  # [seed, γ, bin]
easy = share[..., 3:].sum(axis=-1)  # p ≥ 0.9
print(f"\nExamples with p ≥ 0.9 are {np.mean(examples, axis=0)[3:].sum():.1%} of all. Their share of the gradient:")
for gamma, column in zip(GAMMAS, easy.T):
    print(f"  γ = {gamma:<3g} {column.mean():6.1%} ({column.min():.1%} … {column.max():.1%})")


def in_every_seed(what: str, more: str, less: str) -> bool:
    return all(a[what] > b[what] for a, b in zip(results[more], results[less]))


assert (np.diff(easy, axis=1) < 0).all(), "each larger γ must take gradient from the easy examples, in every seed"
assert (easy[:, 3] < easy[:, 0] / (2 if options.quick else 4)).all(), "γ = 2 must take most of it"
for more, less in (("cross-entropy, α", "cross-entropy"), ("focal, γ = 2, α", "focal, γ = 2")):
    assert in_every_seed("recall", more, less), "α must raise recall in every seed"
    assert in_every_seed("precision", less, more), "… and it must cost precision"
    assert in_every_seed("mean P(rare) / rate", more, less), "α must exaggerate the rare class"
assert in_every_seed("mean P(rare) / rate", "focal, γ = 2", "cross-entropy"), "γ must pull probabilities to ½"

figure = Figure(figsize=(6, 4), layout="constrained")
axes = figure.subplots()
p = np.linspace(0.005, 1 - 1e-9, 400)
for gamma, colour in zip(GAMMAS, COLOURS):
    z = np.log(np.stack([p, 1 - p], axis=1))
    values, _ = loss_and_slope(FocalLoss(gamma, reduction="none"), z, np.zeros(len(p), int))
    axes.plot(p, values, color=colour, label=f"γ = {gamma:g}" + ", cross-entropy" * (gamma == 0))
axes.set(xlabel="p, the probability given to the right class", ylabel="loss (nats)", xlim=(0, 1), ylim=(0, 5))
axes.set_title(r"Focal loss $-(1 - p)^\gamma\,\ln\,p$")
axes.legend()
figure.savefig(folder / "loss.png", dpi=120)

figure = Figure(figsize=(9, 4), layout="constrained")
axes = figure.subplots()
bars = {"examples": np.mean(examples, axis=0)}
bars |= {f"gradient, γ = {gamma:g}": row for gamma, row in zip(GAMMAS, share.mean(axis=0))}
for i, ((name, heights), colour) in enumerate(zip(bars.items(), ["#BBBBBB", *COLOURS])):
    axes.bar(np.arange(5) + 0.14 * (i - 2.5), heights, 0.13, color=colour, label=name)
axes.set_xticks(range(5), ["p < 0.1", "0.1 … 0.5", "0.5 … 0.9", "0.9 … 0.99", "p > 0.99"])
axes.set(xlabel="hard      ←      p, the probability given to the right class      →      easy", ylabel="share of all")
axes.set_title("Which examples the gradient comes from (in networks trained with cross-entropy)")
axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
axes.legend()
figure.savefig(folder / "gradient_share.png", dpi=120)

Z = mg.Node([[3.0, -1.0], [0.5, 0.0], [1.0, -1.0]], "Z")  # easy, unsure, and wrong: a rare one taken for a common one
batch = FocalLoss(gamma=2.0)(Z, mg.Node([0, 0, 1], "T"))
batch.backward()
mg.draw(batch, digits=3, title="Focal loss of an easy, an unsure and a wrong example").save(folder / "focal.svg")
mg.draw(batch, expand=1, digits=3, title="Focal loss, opened one level").save(folder / "focal_opened.svg")

print(f"\nIn {folder.resolve()}:")
print("  loss.png            the loss against p for five γ")
print("  gradient_share.png  the share of the gradient by how easy an example is")
print("  focal.svg           focal loss of three examples, with its gradient")
print("  focal_opened.svg    the same, opened one level")
