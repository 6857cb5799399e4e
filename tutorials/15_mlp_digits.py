# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 15 · A hidden layer for handwritten digits
#
# Images of 8×8 pixels, ten classes, 64-32-10: the softmax regression of lesson 11 with a layer of 32 hidden units
# below it. New in this lesson: ReLU and its mask, weights that start neither zero nor tiny, noisy gradients from
# mini-batches, momentum, and a table that says which digit was taken for which.
#
# Run it with `python tutorials/15_mlp_digits.py`, or open it as a notebook with jupytext. Pictures go to
# `out/digits`, or to the folder that you give as an argument.

# %%
import sys
from pathlib import Path

import numpy as np

import minigraph as mg
from minigraph.layers import Affine, ReLU, SoftmaxWithLoss

try:
    from matplotlib.figure import Figure
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split
    from tqdm import tqdm
except ImportError as error:
    sys.exit(f'{error}. Get it with: pip install "minigraph[tutorials]", in a checkout: pip install -e ".[tutorials]"')

# in a notebook the first argument belongs to the kernel and starts with a dash
folder = Path(sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/digits")
folder.mkdir(parents=True, exist_ok=True)

# %% [markdown]
# ## The images
#
# 1797 digits by many hands. A pixel is an integer from 0 to 16; divided by 16 it lies in 0 … 1. Each image becomes
# one row of 64 numbers. A fifth of them is held out, with the same share of every digit. This time the targets are
# plain integer labels.

# %%
pixels, labels = load_digits(return_X_y=True)
X, X_test, t, t_test = train_test_split(pixels / 16, labels, test_size=0.2, stratify=labels, random_state=0)
print(f"{len(X)} images to train on, {len(X_test)} to test on, {X.shape[1]} pixels each; this one is a {t[0]}:")
for row in X[0].reshape(8, 8):
    print("   " + "".join(" .:*#"[int(4 * pixel)] * 2 for pixel in row))

# %% [markdown]
# ## ReLU: open or closed
#
# H = max(Z, 0), element by element. Its local gradient is 1 where Z > 0 and 0 elsewhere. So on the way back each
# element is a door: open, and the upstream gradient passes unchanged; closed, and nothing passes. Without the bend
# two layers would be worth one, as exercise 1 shows.
#
# Backward starts at a scalar. Here the output is a vector, so we say which upstream gradient to start with: `seed`.

# %%
demo = mg.Node([-1.5, 0.5, 2.0], "Z")
ReLU()(demo).backward(seed=[10.0, 20.0, 30.0])
print(f"Z = {demo.value}, upstream = [10. 20. 30.], downstream = {demo.grad}")

# %% [markdown]
# ## The network
#
# * Y₁ = X · W₁ + b₁, then H = ReLU(Y₁), with W₁ of 64×32
# * Y₂ = H · W₂ + b₂, then the softmax loss, with W₂ of 32×10
#
# `mg.Sequential` calls its layers one after the other. The weights start with *He* initialisation: W[i, o] is drawn
# from a normal distribution with variance 2/inputs. Two thoughts are behind it:
#
# * **Not all equal.** Hidden units whose weights are equal, in and out, get equal gradients and stay twins for ever.
# * **Not too small, not too large.** A sum of n products has n times their variance. ReLU removes about half. With
#   2/n the signal keeps its size from layer to layer, however many there are.


# %%
def network(seed: np.random.Generator) -> tuple[mg.Graph, mg.Node]:
    """A fresh network: its graph, and the node of its scores."""
    layers = mg.Sequential(Affine(64, 32, seed=seed), ReLU(), Affine(32, 10, seed=seed))
    scores = layers(mg.Node(X, "X"))
    return mg.Graph(SoftmaxWithLoss()(scores, mg.Node(t, "T"))), scores


graph, scores = network(np.random.default_rng(0))
print(graph, "with", sum(parameter.value.size for parameter in graph.parameters), "numbers to learn")

# %% [markdown]
# Knowing nothing costs −ln(1/10) = 2.3026 nats per image. This network starts a little above it. Its first scores
# are not tiny, so it bets on digits at random, and a wrong bet costs more than no bet.

# %%
print(f"The first loss is {graph.output.item():.4f} nats; knowing nothing costs {np.log(10):.4f} nats")

# %% [markdown]
# The gradients, as always, are not believed but checked (lesson 10). Large arrays are checked along random directions.

# %%
graph.forward(X=X[:8], T=t[:8])
assert mg.check_gradients(graph.output)

# %% [markdown]
# ## A mini-batch is an opinion poll
#
# The loss is a mean over images, so its gradient is a mean over images too. A batch of 32 asks only some of them. Its
# answer is noisy, but right on average: weigh each batch by its size, and the mean of one epoch's gradients *is* the
# gradient of the whole training set. (As long as the weights stand still. In training they move after every batch.)

# %%
W1 = graph.parameters[0]


def gradient(x_batch: np.ndarray, t_batch: np.ndarray) -> np.ndarray:
    graph.forward(X=x_batch, T=t_batch)
    graph.backward()
    return np.asarray(W1.grad)


whole = gradient(X, t)
polls = [(len(t_batch), gradient(x_batch, t_batch)) for x_batch, t_batch in mg.batches(X, t, size=32, seed=0)]
average = sum(size * answer for size, answer in polls) / len(X)
noise = np.mean([np.linalg.norm(answer - whole) for _, answer in polls]) / np.linalg.norm(whole)
print(f"‖batch − whole‖ / ‖whole‖ is {noise:.2f} for one batch, {np.linalg.norm(average - whole):.0e} for their mean")
assert np.allclose(average, whole)

# %% [markdown]
# ## Momentum
#
# Plain gradient descent forgets. With momentum μ each step remembers the ones before it:
#
# > v ← μ · v + ∂L/∂W and W ← W − η · v
#
# Directions that all batches agree on add up; noise, which points here and there, cancels in part. If the gradient
# stays 1 for long, v grows to 1 + μ + μ² + … = 1/(1 − μ). With μ = 0.9 the steps become up to ten times as long.

# %%
v = 0.0
velocities = []
for _ in range(50):
    v = 0.9 * v + 1.0
    velocities.append(v)
print(
    "A gradient of 1 for ever, μ = 0.9: v =",
    ", ".join(f"{velocities[step]:.2f}" for step in (0, 1, 2, 9, 49)),
    "after 1, 2, 3, 10, 50 steps",
)

# %% [markdown]
# ## Training
#
# Thirty epochs in batches of 32 images. Three ways: short steps, short steps with momentum, and steps ten times as
# long without it. All start from the same weights and see the same batches. The bar shows the mean loss of the
# epoch's batches, in nats.


# %%
def train(graph: mg.Graph, sgd: mg.SGD, epochs: int = 30) -> list[float]:
    """The mean loss of each epoch's batches."""
    rng = np.random.default_rng(1)  # goes on from epoch to epoch, so each has an order of its own
    losses = []
    progress = tqdm(range(epochs), desc=f"η = {sgd.learning_rate:g}, μ = {sgd.momentum:g}", unit="epoch")
    for _ in progress:
        batch_losses = []
        for x_batch, t_batch in mg.batches(X, t, size=32, seed=rng):
            batch_losses.append(float(graph.forward(X=x_batch, T=t_batch)))
            graph.backward()
            sgd.step()
        losses.append(float(np.mean(batch_losses)))
        progress.set_postfix(loss=f"{losses[-1]:.4f}", refresh=False)
    return losses


# %% [markdown]
# The three, side by side.

# %%
short, _ = network(np.random.default_rng(0))
long, _ = network(np.random.default_rng(0))
graph, scores = network(np.random.default_rng(0))
hidden = scores.inputs[0]  # a node knows its inputs: one step back from the scores
closed_at_start = graph.evaluate(hidden, X=X) <= 0

curves = {
    "η = 0.1": train(short, mg.SGD(short.parameters, learning_rate=0.1)),
    "η = 1": train(long, mg.SGD(long.parameters, learning_rate=1.0)),
    "η = 0.1, momentum 0.9": train(graph, mg.SGD(graph.parameters, learning_rate=0.1, momentum=0.9)),
}

figure = Figure(figsize=(6, 3.5), layout="constrained")
axes = figure.subplots()
for label, losses in curves.items():
    print(f"{label:22} loss of the last epoch {losses[-1]:.4f} nats")
    axes.semilogy(range(1, len(losses) + 1), losses, label=label)
axes.axhline(np.log(10), color="grey", linestyle="dotted", label="knowing nothing: −ln(1/10)")
axes.set(xlabel="epoch", ylabel="loss (nats, mean over the batches)", title="A hidden layer on digits")
axes.legend()
figure.savefig(folder / "loss.png", dpi=120)

# %% [markdown]
# Momentum wins clearly over the same η without it. But most of the gain here is the longer step: η = 1 comes nearly
# as far, only with jumps. Where a valley is narrow, so that one long step across it would fly out, momentum does what
# a large η can't. We go on with the network that was trained with momentum.
#
# ## The exam
#
# The held-out images were not used until here. Scores are enough for a decision: softmax does not change their order.

# %%
predicted = graph.evaluate(scores, X=X_test).argmax(axis=1)
accuracy = float((predicted == t_test).mean())
print(
    f"Accuracy: {(graph.evaluate(scores, X=X).argmax(axis=1) == t).mean():.3f} on the training images,"
    f" {accuracy:.3f} on the {len(X_test)} held-out ones"
)

# %% [markdown]
# One number hides where the mistakes are. In a confusion matrix the row is the true digit and the column is the
# answer. Right answers stand on the diagonal.

# %%
confusion = np.zeros((10, 10), dtype=int)
np.add.at(confusion, (t_test, predicted), 1)

print("true \\ answer" + "".join(f"{digit:4}" for digit in range(10)) + "   misread")
for digit, row in enumerate(confusion):
    counts = "".join(f"{count or '·':>4}" for count in row)
    print(f"{digit:13}{counts}   {row.sum() - row[digit]} of {row.sum()}")

# %% [markdown]
# ## What do the hidden units do?
#
# A unit should be open for some images and closed for others. One that is closed for every image is dead: no
# gradient passes, so it can't come back. Some are born dead here, because pixels are never negative: with mostly
# negative weights where the ink is, Y₁ stays below 0. Others were killed by a long step. That is the price of a
# closed door with a gradient of exactly 0.

# %%
closed = graph.evaluate(hidden, X=X) <= 0
print(f"Doors open: {1 - closed_at_start.mean():.0%} before training, {1 - closed.mean():.0%} after it")
print(f"Dead units: {closed_at_start.all(axis=0).sum()} of 32 before, {closed.all(axis=0).sum()} after")

# %% [markdown]
# ## The picture
#
# Four held-out images through the trained network, the first of them misread. Look at ∂L/∂Y₂ = (P − T)/4: the three
# rows that were read right are almost 0. The gradient of a trained network comes from its mistakes.

# %%
right = predicted == t_test
rows = np.concatenate([np.flatnonzero(~right)[:1], np.flatnonzero(right)[:3]])
graph.forward(X=X_test[rows], T=t_test[rows])
graph.backward()
print("size of ∂L/∂Y₂ per image:", np.round(np.linalg.norm(scores.grad, axis=1), 4))
picture = mg.draw(graph)
picture.save(folder / "network.svg")
picture

# %%
assert accuracy >= 0.95, f"held-out accuracy is {accuracy:.3f}"

print(f"\nIn {folder.resolve()}:")
print("  network.svg  the trained network on four held-out images, the first one misread")
print("  loss.png     the loss per epoch, for the three ways to train")

# %% [markdown]
# ## Exercises
#
# **1.** Remove the ReLU. Why can 64-32-10 now do no more than a single layer 64-10? Count the numbers in both. Then
# train it. Why does the accuracy drop so little?
#
# <details><summary>Answer</summary>
#
# (X · W₁ + b₁) · W₂ + b₂ = X · (W₁ · W₂) + (b₁ · W₂ + b₂). That is one Affine layer with other names: 2410 numbers do
# the work of 650. The accuracy drops little because these digits are small and tidy: flat borders between the classes
# almost suffice. Train with several seeds to see what the bend is worth: about one image in a hundred.
#
# ```python
# first, last = Affine(64, 32, seed=0), Affine(32, 10, seed=1)
# flat = last(first(mg.Node(X, "X")))
# numbers = [W1, b1, W2, b2] = [p.value for p in (*first.parameters, *last.parameters)]
# print(np.allclose(flat.value, X @ (W1 @ W2) + (b1 @ W2 + b2)))  # True
# print(sum(array.size for array in numbers), 64 * 10 + 10)  # 2410 650
# ```
#
# </details>

# %% [markdown]
# **2.** Start with all weights 0 (`weight=np.zeros((64, 32))` and `weight=np.zeros((32, 10))`). Lesson 11 could do
# that. What happens here, and which gradients are exactly 0?
#
# <details><summary>Answer</summary>
#
# The loss stays at about ln 10 and the accuracy at about one in ten. All of H is 0, so ∂L/∂W₂ = Hᵀ · ∂L/∂Y₂ is exactly
# 0. W₂ is 0, so ∂L/∂H = ∂L/∂Y₂ · W₂ᵀ is exactly 0, and with it ∂L/∂W₁ and ∂L/∂b₁. Nothing in this circle can start.
# Only b₂ has a gradient: it learns how frequent each digit is, which helps nobody.
#
# ```python
# zero = mg.Sequential(Affine(64, 32, weight=np.zeros((64, 32))), ReLU(), Affine(32, 10, weight=np.zeros((32, 10))))
# SoftmaxWithLoss()(zero(X), t).backward()
# print([bool(p.grad.any()) for p in zero.parameters])  # [False, False, False, True]
# ```
#
# </details>
