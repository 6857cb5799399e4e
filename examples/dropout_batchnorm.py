"""Dropout and BatchNorm against overfitting, and what they do differently in training and in evaluating.

An MLP 64-256-256-10 gets only 200 of the handwritten digits and learns them by heart. Beside it, the same MLP with
BatchNorm before and Dropout after each ReLU. One split says little, so both train on several: the means count.
Then assertions, on the last network: what `graph.forward`, `graph.evaluate` and `layer.update` do, and what they don't.

Run it with `python examples/dropout_batchnorm.py [folder] [--quick]`.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

import minigraph as mg
from minigraph.layers import Affine, BatchNorm, Dropout, ReLU, SoftmaxWithLoss

try:
    from matplotlib.figure import Figure
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split
except ImportError as error:
    sys.exit(f'{error}. Get it with: pip install "minigraph[tutorials]", in a checkout: pip install -e ".[tutorials]"')

parser = argparse.ArgumentParser(description="Dropout and BatchNorm against overfitting")
parser.add_argument("folder", type=Path, nargs="?", default=Path("out/dropout_batchnorm"), help="where the pictures go")
parser.add_argument("--quick", action="store_true", help="3 splits instead of 6, 15 epochs instead of 40")
options = parser.parse_args()
folder, splits, epochs = options.folder, *((3, 15) if options.quick else (6, 40))
folder.mkdir(parents=True, exist_ok=True)
pixels, labels = load_digits(return_X_y=True)


def train(with_both: bool, seed: int) -> tuple[mg.Graph, mg.Node, list[BatchNorm], np.ndarray]:
    """A trained network: graph, scores, BatchNorms; and of each epoch loss and accuracy, on both kinds of images."""
    X, X_test, t, t_test = train_test_split(pixels / 16, labels, train_size=200, stratify=labels, random_state=seed)
    rng = np.random.default_rng(seed)
    norms = [BatchNorm(256), BatchNorm(256)] if with_both else []
    layers = []
    for i, inputs in enumerate((64, 256)):
        # no bias before a BatchNorm, which would only subtract it again
        layers += [Affine(inputs, 256, bias=not with_both, seed=rng), *norms[i : i + 1], ReLU()]
        layers += [Dropout(0.5, seed=rng)] if with_both else []
    scores = mg.Sequential(*layers, Affine(256, 10, seed=rng))(mg.Node(X[:2], "X", requires_grad=False))
    graph = mg.Graph(SoftmaxWithLoss()(scores, mg.Node(t[:2], "T")))
    sgd = mg.SGD(graph.parameters, learning_rate=0.02, momentum=0.9)
    history = []
    for _ in range(epochs):
        for x_batch, t_batch in mg.batches(X, t, size=20, seed=rng):
            graph.forward(X=x_batch, T=t_batch)
            graph.backward()
            sgd.step()
            for norm in norms:
                norm.update(graph)  # no forward changes the running statistics
        measured = []
        for images, answers in (X, t), (X_test, t_test):
            right = graph.evaluate(scores, X=images).argmax(axis=1) == answers
            measured += [float(graph.evaluate(None, X=images, T=answers)), right.mean()]
        history.append(measured)
    return graph, scores, norms, np.array(history)


start = time.perf_counter()
plain = np.array([train(False, seed)[-1] for seed in range(splits)])  # [split, epoch, what was measured]
trained = [train(True, seed) for seed in range(splits)]
both = np.array([history for *_, history in trained])
print(f"200 images to train on, 1597 held out; mean of {splits} splits, after {epochs} epochs:")
for name, measured in ("plain", plain), ("with BatchNorm and Dropout", both):
    loss, accuracy, test_loss, test_accuracy = measured[:, -1].mean(axis=0)
    print(f"  {name:26}  accuracy {accuracy:.3f}, held out {test_accuracy:.3f};"
          f" loss {loss:.4f} nats, held out {test_loss:.3f}")  # fmt: skip
gains = both[:, -1, 3] - plain[:, -1, 3]
print(f"  held out, both gain {100 * gains.mean():.1f} points on average, {100 * gains.min():.1f} to"
      f" {100 * gains.max():.1f}; {(gains > 0).sum()} of {splits} splits gain")  # fmt: skip
print(f"Training took {time.perf_counter() - start:.1f} seconds.")

# Evaluating: no mask, and the running statistics. So it is a function of the image alone.
graph, scores, norms, _ = trained[-1]
images, answers = pixels[:100] / 16, labels[:100]
statistics = [(norm.mean.value, norm.variance.value) for norm in norms]
evaluated = graph.evaluate(scores, X=images)
assert np.array_equal(evaluated, graph.evaluate(scores, X=images))
alone = graph.evaluate(scores, X=images[:1])
assert np.allclose(alone, evaluated[:1], rtol=1e-12, atol=1e-12)
rounding = abs(alone - evaluated[:1]).max()  # a matrix product of another size may add in another order
print("\nEvaluated twice: the same, bit for bit.")
print(f"One image alone, or among 99 others: the same, up to rounding ({rounding:.0e}).")

# Training: a mask drawn anew each time, and each image is measured by its batch.
graph.forward(X=images, T=answers)
first = scores.value
graph.forward(X=images, T=answers)
assert not np.array_equal(first, scores.value) and not np.array_equal(first, evaluated)
again, noise = abs(first - scores.value).max(), abs(first - evaluated).max()
print(f"Forward twice: scores differ by up to {again:.1f}, and from those evaluated by up to {noise:.1f}.")

# The running statistics: as they were through all this; update takes in the batch of the last forward.
for norm, (mean, variance) in zip(norms, statistics):
    assert norm.mean.value is mean and norm.variance.value is variance
    batch = next(node for node in graph.nodes if node.op is norm).inputs[0].value
    norm.update(graph)
    assert np.allclose(norm.mean.value, 0.9 * mean + 0.1 * batch.mean(axis=0))
    assert np.allclose(norm.variance.value, 0.9 * variance + 0.1 * batch.var(axis=0, ddof=1))
print("Forward and evaluate left the running statistics alone; update moved them a tenth of the way to the batch's.")

figure = Figure(figsize=(9, 3.4), layout="constrained")
loss_axes, accuracy_axes = figure.subplots(1, 2)
for name, measured, colour in ("plain", plain, "C0"), ("with both", both, "C1"):
    loss, accuracy, test_loss, test_accuracy = measured.mean(axis=0).T
    for axes, seen, unseen in (loss_axes, loss, test_loss), (accuracy_axes, accuracy, test_accuracy):
        axes.plot(range(1, epochs + 1), seen, colour, linestyle="dotted", label=f"{name}, training images")
        axes.plot(range(1, epochs + 1), unseen, colour, label=f"{name}, held-out images")
        axes.set_xlabel("epoch")
loss_axes.set(yscale="log", ylabel=f"loss (nats, mean of {splits} splits)")
accuracy_axes.set(ylabel="accuracy", ylim=(0.85, 1.005))
accuracy_axes.legend(loc="lower right")
figure.savefig(folder / "curves.png", dpi=120)

# The first block of the network in training, on three images: everything that the first Dropout's output depends on
graph.forward(X=images[:3], T=answers[:3])
graph.backward()
dropped = next(node for node in graph.nodes if isinstance(node.op, Dropout))
mg.draw(dropped, title="Affine, BatchNorm, ReLU and Dropout in training").save(folder / "training.svg")

enough = 0.0 if options.quick else 0.005
assert gains.mean() > enough, f"both should gain more than {enough} in held-out accuracy; they gain {gains.mean():.4f}"

print(f"\nIn {folder.resolve()}:")
print("  curves.png    loss and accuracy per epoch, of both networks")
print("  training.svg  the first block in training, with the mask as a node of its own")
