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
# # 11 · Softmax regression on Iris
#
# A flower comes in as four lengths in centimetres. Out comes one of three species. The network between is the
# smallest one that deserves the name: twelve weights and three biases. Everything that a large classifier does is
# already here: scores, probabilities, a loss in nats, gradients through matrices, gradient descent, an honest test.
#
# Run it with `python tutorials/11_softmax_regression_iris.py`, or open it as a notebook with jupytext. Pictures and
# weights go to `out/iris`, or to the folder that you give as an argument.

# %%
import sys
from pathlib import Path

import numpy as np

import minigraph as mg
from minigraph.layers import Affine, Softmax, SoftmaxWithLoss

try:
    from matplotlib.figure import Figure
    from sklearn.datasets import load_iris
    from sklearn.model_selection import train_test_split
except ImportError as error:
    sys.exit(f'{error}. Get it with: pip install "minigraph[tutorials]", in a checkout: pip install -e ".[tutorials]"')

# in a notebook the first argument belongs to the kernel and starts with a dash
folder = Path(sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/iris")
folder.mkdir(parents=True, exist_ok=True)

# %% [markdown]
# ## How to read the pictures
#
# First the circuit of lesson 1 as a key: f = (x + y) · z. Solid arrows carry values forward. Dashed arrows carry
# gradients back. A violet chip on the way back holds the local gradient: downstream = upstream × local.

# %%
x, y, z = mg.Node(-2.0, "x"), mg.Node(5.0, "y"), mg.Node(-4.0, "z")
f = (x + y) * z
f.backward()
print(f"f = {f.item():g}, ∂f/∂x = {x.grad:g}, ∂f/∂y = {y.grad:g}, ∂f/∂z = {z.grad:g}")
picture = mg.draw(f)
picture.save(folder / "circuit.svg")
picture

# %% [markdown]
# ## The flowers
#
# 150 flowers, 50 of each species. Thirty of them, ten of each species, are put away now and looked at only at the
# end.
#
# Each feature is standardised: minus its mean, divided by its standard deviation. Then a step of gradient descent
# suits all four features equally well. Mean and deviation come from the training flowers alone. The held-out ones
# must not leak into anything that is learned, and a mean is learned.
#
# The targets are one-hot rows: species 1 is written [0, 1, 0]. A target is then a probability distribution like the
# prediction beside it, and shows as a matrix in the pictures. Plain integer labels would do as well.


# %%
def flowers(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """120 flowers to train on and 30 to test on: X and one-hot T of the first, X and T of the second."""
    X, labels = load_iris(return_X_y=True)
    X, X_test, labels, labels_test = train_test_split(X, labels, test_size=30, stratify=labels, random_state=seed)
    mean, deviation = X.mean(axis=0), X.std(axis=0)
    return (X - mean) / deviation, np.eye(3)[labels], (X_test - mean) / deviation, np.eye(3)[labels_test]


X, T, X_test, T_test = flowers(seed=0)
species = load_iris().target_names
features = [name.removesuffix(" (cm)") for name in load_iris().feature_names]
print(f"{len(X)} flowers to train on, {len(X_test)} to test on; features: {', '.join(features)}")

# %% [markdown]
# ## The network
#
# For a batch of N flowers:
#
# * **Affine** (lesson 4): Y = X · W + b. X is N×4, W is 4×3, b has 3, so Y is N×3: one score per species.
# * **Softmax** (lesson 5): P[n, k] = exp(Y[n, k]) / Σⱼ exp(Y[n, j]). Each row becomes a probability distribution.
# * **Cross-entropy** (lesson 6): L = −(1/N) Σₙ Σₖ T[n, k] · ln P[n, k], in nats, a mean over the flowers.
#
# `SoftmaxWithLoss` does the last two in one step, which is safer and has a shorter gradient (lessons 7 and 8).
#
# The weights start tiny and random. The layer asks a function for them, and gives it a shape and a random generator.


# %%
def tiny(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    return rng.normal(0.0, 0.01, shape)


rng = np.random.default_rng(0)
affine = Affine(4, 3, weight=tiny, seed=rng)
W, b = affine.parameters

x, t = mg.Node(X, "X"), mg.Node(T, "T")
scores = affine(x)
loss = SoftmaxWithLoss()(scores, t)
graph = mg.Graph(loss)
print(graph)

# %% [markdown]
# ## A first check, before any training
#
# Tiny weights give scores near 0, and softmax turns three equal scores into three equal probabilities. A network
# that knows nothing bets ⅓ on each species and pays −ln(1/3) = 1.0986 nats per flower. If your first loss is far
# from this, something is broken, and no training will tell you what.

# %%
ignorant = -np.log(1 / 3)
print(f"The first loss is {loss.item():.4f} nats; knowing nothing costs −log(1/3) = {ignorant:.4f} nats")
assert abs(loss.item() - ignorant) < 0.05

# %% [markdown]
# ## Backward
#
# The same game as in the circuit, with a matrix on each wire: ∂L/∂Y = (P − T)/N, ∂L/∂W = Xᵀ · ∂L/∂Y, and ∂L/∂b is the
# sum of the rows of ∂L/∂Y. To see the numbers, take one flower of each species, by NumPy and by the graph.

# %%
one_of_each = T.argmax(axis=0)  # in each column, the first row that has its 1
X_few, T_few = X[one_of_each], T[one_of_each]
P_few = Softmax().forward(X_few @ W.value + b.value)
dY = (P_few - T_few) / 3

graph.forward(X=X_few, T=T_few)
graph.backward()
assert np.allclose(scores.grad, dY)
assert np.allclose(W.grad, X_few.T @ dY) and np.allclose(b.grad, dY.sum(axis=0))
print("∂L/∂Y = (P − T)/3, one row per flower:")
print(np.round(dY, 3))

# %% [markdown]
# Each row pushes one score up and the other two down: gradient descent goes *against* the gradient, so the negative
# number is the species that should gain. And no gradient is believed before it was checked (lesson 10).

# %%
graph.forward(X=X[:8], T=T[:8])
assert mg.check_gradients(loss)

# %% [markdown]
# ## The pictures, before training
#
# The same three flowers, one of each species. `collapsed.svg` shows the two layers as boxes. `expanded.svg` opens
# them two levels deep, down to exp, Σ, ÷ and log. Follow the gradient back: it starts as 1 at L and arrives at Y as
# (P − T)/3, without anybody having told the small gates of that formula.
#
# `neurons-before.svg` shows the same network another way: four features, three species, and an arrow for each of the
# twelve weights. The widest arrow is the largest weight, still only 0.013. Negative ones end in an open circle.

# %%
graph.forward(X=X_few, T=T_few)
graph.backward()
picture = mg.draw(loss)
picture.save(folder / "collapsed.svg")
picture

# %%
picture = mg.draw(loss, expand=2)
picture.save(folder / "expanded.svg")
picture

# %%
picture = mg.draw(loss, view="neurons", sample=0)
picture.save(folder / "neurons-before.svg")
picture

# %% [markdown]
# ## Training
#
# Stochastic gradient descent: take 20 flowers, compute the gradient, go a step against it. With the learning rate η:
#
# > W ← W − η · ∂L/∂W and b ← b − η · ∂L/∂b
#
# 120 flowers make 6 steps, then the flowers are shuffled anew. One such round is an epoch. `graph.forward` returns
# the loss of the batch. `graph.evaluate` computes a value for other inputs and leaves the graph as it was.


# %%
def accuracy(X: np.ndarray, T: np.ndarray) -> float:
    """The share of flowers whose highest score is that of their own species."""
    return float((graph.evaluate(scores, X=X).argmax(axis=1) == T.argmax(axis=1)).mean())


sgd = mg.SGD(graph.parameters, learning_rate=0.5)
epochs = 100
batch_losses = []
epoch_losses = [float(graph.evaluate(X=X, T=T))]

print("epoch   loss in nats, mean over all 120   accuracy")
print(f"    0   {epoch_losses[0]:.4f}{accuracy(X, T):35.3f}")
for epoch in range(1, epochs + 1):
    for x_batch, t_batch in mg.batches(X, T, size=20, seed=rng):
        batch_losses.append(float(graph.forward(X=x_batch, T=t_batch)))
        graph.backward()
        sgd.step()
    epoch_losses.append(float(graph.evaluate(X=X, T=T)))
    if epoch in (1, 2, 5, 10) or epoch % 20 == 0:
        print(f"{epoch:5}   {epoch_losses[-1]:.4f}{accuracy(X, T):35.3f}")

# %% [markdown]
# The loss falls fast, then slowly: setosa is easy, the border between the other two takes long. The loss of a batch
# jumps up and down around that of all flowers: 20 flowers are a sample, so their gradient is an estimate. It is good
# enough to go downhill, and six times cheaper.

# %%
figure = Figure(figsize=(6, 3.5), layout="constrained")
axes = figure.subplots()
axes.plot(np.arange(len(batch_losses)) / 6, batch_losses, color="#B2DFDB", label="each batch of 20")
axes.plot(epoch_losses, color="#00695C", label="all 120, after each epoch")
axes.axhline(ignorant, color="grey", linestyle="dotted", label="knowing nothing: −ln(1/3)")
axes.set(xlabel="epoch", ylabel="loss (nats, mean)", ylim=(0, None), title="Softmax regression on Iris")
axes.legend()
figure.savefig(folder / "loss.png", dpi=120)

# %% [markdown]
# ## The exam
#
# Now the thirty flowers that had no part in any of this.

# %%
train_accuracy, test_accuracy = accuracy(X, T), accuracy(X_test, T_test)
print(f"Accuracy: {train_accuracy:.3f} on the training flowers, {test_accuracy:.3f} on the held-out ones")

P_test = Softmax().forward(graph.evaluate(scores, X=X_test))
for n in np.flatnonzero(P_test.argmax(axis=1) != T_test.argmax(axis=1)):
    chances = ", ".join(f"{name} {chance:.2f}" for name, chance in zip(species, P_test[n]))
    print(f"  a {species[T_test[n].argmax()]} was misread: {chances}")

# %% [markdown]
# A layer is a function of plain arrays too, as `Softmax().forward` shows here.
#
# ## What did it learn?
#
# The weights can be read. A column is a species, a row is a feature in standard deviations. Positive: more of this
# feature speaks for this species. For a pair of species only the difference between their columns counts.

# %%
print(f"{'':14}" + "".join(f"{name:>12}" for name in species))
for name, row in zip([*features, "(bias)"], [*W.value, b.value]):
    print(f"{name:14}" + "".join(f"{weight:12.2f}" for weight in row))

# %% [markdown]
# The petals do most of the work. The same three flowers as before, with these weights, are in `trained.svg`: P is now
# close to T, so little gradient is left to flow back. In `neurons-after.svg` the twelve arrows have found their sizes.

# %%
graph.forward(X=X_few, T=T_few)
graph.backward()
picture = mg.draw(loss)
picture.save(folder / "trained.svg")
picture

# %%
picture = mg.draw(loss, view="neurons", sample=0)
picture.save(folder / "neurons-after.svg")
picture

# %% [markdown]
# ## Keep the weights
#
# A trained network is its parameters. Saved under their names, they can be read into another graph of the same
# shapes.

# %%
mg.save(folder / "iris.npz", graph.parameters)

another = Affine(4, 3)
mg.load(folder / "iris.npz", another.parameters)
scores_again = another(X_test).value
assert np.array_equal(scores_again, graph.evaluate(scores, X=X_test))

# %% [markdown]
# ## How much of this was luck?
#
# Thirty flowers are few: one of them more or less is 0.033. So ask again with other splits and other first weights.
# This function is also the whole lesson in a dozen lines. `graph.compile` makes one quick call of forward, backward
# and update (lesson 17).


# %%
def held_out_accuracy(seed: int) -> float:
    X, T, X_test, T_test = flowers(seed)
    rng = np.random.default_rng(seed)
    scores = Affine(4, 3, weight=tiny, seed=rng)(mg.Node(X, "X"))
    graph = mg.Graph(SoftmaxWithLoss()(scores, mg.Node(T, "T")))
    step = graph.compile(mg.SGD(graph.parameters, learning_rate=0.5))
    for _ in range(epochs):
        for x_batch, t_batch in mg.batches(X, T, size=20, seed=rng):
            step(X=x_batch, T=t_batch)
    return float((graph.evaluate(scores, X=X_test).argmax(axis=1) == T_test.argmax(axis=1)).mean())


others = np.array([held_out_accuracy(seed) for seed in range(1, 21)])
print(
    f"Twenty other splits: mean {others.mean():.3f}, from {others.min():.3f} to {others.max():.3f};"
    f" {(others >= 0.95).sum()} of them reach 0.95"
)

# %% [markdown]
# The mean is the number to quote. The spread comes from the split: which of the hard flowers happened to be held out.
# The first weights hardly matter, because this loss is convex and has one valley.

# %%
assert test_accuracy >= 0.95, f"held-out accuracy is {test_accuracy:.3f}"

print(f"\nIn {folder.resolve()}:")
for name, what in {
    "circuit.svg": "the key to the pictures: f = (x + y) · z",
    "collapsed.svg": "three flowers through Affine and SoftmaxWithLoss, before training",
    "expanded.svg": "the same, opened down to exp, Σ, ÷ and log",
    "neurons-before.svg": "units and the twelve weights, before training",
    "trained.svg": "the same three flowers, with the trained weights",
    "neurons-after.svg": "units and the twelve weights, after training",
    "loss.png": "the loss of each batch, and of all training flowers after each epoch",
    "iris.npz": "the trained W and b",
}.items():
    print(f"  {name:19} {what}")

# %% [markdown]
# ## Exercises
#
# **1.** Start with all weights exactly 0 (`weight=np.zeros((4, 3))`). What is the first loss, to the last digit? Does
# it train? Would it with a hidden layer?
#
# <details><summary>Answer</summary>
#
# All scores are 0, so every probability is exactly ⅓ and the loss is ln 3 = 1.098612…. It trains just as well. ∂L/∂W =
# Xᵀ · (P − T)/N has no factor W, and T differs from species to species, so the three columns part at the first step.
# With a hidden layer it would not: zero weights above block the gradient to the weights below. Lesson 15 tries it.
#
# ```python
# zero = SoftmaxWithLoss()(Affine(4, 3, weight=np.zeros((4, 3)))(X), T)
# again = mg.Graph(zero)
# print(f"{zero.item():.6f}")  # 1.098612
# step = again.compile(mg.SGD(again.parameters, learning_rate=0.5))
# for _ in range(100):
#     last = step()
# print(last < 0.2)  # True
# ```
#
# </details>

# %% [markdown]
# **2.** Each row of ∂L/∂W, summed over the three species, gives 0. Why? What does it mean for the weights during
# training?
#
# <details><summary>Answer</summary>
#
# Σₖ (P − T)[n, k] = 1 − 1 = 0 for every flower, and ∂L/∂W = Xᵀ · (P − T)/N only mixes those rows. So a step never
# changes the sum of a row of W: what one species gains, the others lose. Softmax can't see that sum anyway, because
# softmax(y + c) = softmax(y).
#
# ```python
# first = tiny((4, 3), np.random.default_rng(0))
# print(np.allclose(W.grad.sum(axis=1), 0))  # True
# print(np.allclose(W.value.sum(axis=1), first.sum(axis=1)))  # True
# ```
#
# </details>
