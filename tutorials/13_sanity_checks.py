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
# # 13 · Sanity checks, before you train for long
#
# A network that doesn't learn gives no error message. Four questions take seconds and find most mistakes. Each has an
# answer that you know beforehand.

# %%
import sys
from pathlib import Path

import numpy as np

import minigraph as mg
from minigraph.layers import L2, Affine, ReLU, SoftmaxWithLoss

# in a notebook the first argument belongs to the kernel and starts with a dash
folder = Path(sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/sanity")
folder.mkdir(parents=True, exist_ok=True)

# %% [markdown]
# Ten classes, each a cloud of points in 20 dimensions, and a network 20-32-10.

# %%
C = 10
rng = np.random.default_rng(0)
centres = rng.normal(size=(C, 20))
labels = rng.integers(C, size=800)
points = centres[labels] + 0.8 * rng.normal(size=(800, 20))
X, t, X_test, t_test = points[:600], labels[:600], points[600:], labels[600:]


def network(scale: float = 0.01, strength: float = 0.0) -> tuple[mg.Graph, mg.Node]:
    """A fresh network, whose last weights are about as large as `scale`."""
    rng = np.random.default_rng(1)
    last = Affine(32, C, weight=scale * rng.normal(size=(32, C)))
    scores = mg.Sequential(Affine(20, 32, seed=rng), ReLU(), last)(mg.Node(X, "X"))
    loss = SoftmaxWithLoss()(scores, mg.Node(t, "T"))
    return mg.Graph(loss + L2(strength)(last.parameters[0]) if strength else loss), scores


# %% [markdown]
# ## 1. Is the first loss −ln(1/C)?
#
# Who knows nothing gives each of C classes the probability 1/C and pays −ln(1/C) = ln C nats, in the mean. For ten
# classes 2.3026. Much more means that the scores are large before anything was learned: confident nonsense. Much less
# means that the reduction, or the number of classes, is not what you think.

# %%
small, large = network()[0].output.item(), network(scale=3.0)[0].output.item()
print(f"ln {C} = {np.log(C):.4f}; first loss {small:.4f} with small last weights, {large:.1f} with large ones")
assert abs(small - np.log(C)) < 0.02 and large > 2 * np.log(C)

# %% [markdown]
# With a penalty the first loss must be *larger*, by λ · Σ W² exactly. If λ changes nothing, it isn't connected.

# %%
with_penalty = network(strength=0.5)[0]
W2 = with_penalty.parameters[2]
assert np.isclose(with_penalty.output.item() - small, 0.5 * (W2.value**2).sum())

# %% [markdown]
# ## 2. Does one step lower the loss?
#
# A gradient points uphill. A short enough step against it lowers the loss of the same batch: by about η · ‖∂L/∂θ‖², all
# parameters θ together. `mg.draw_step` shows it in numbers.

# %%
graph, scores = network()
graph.backward()
squared = sum(float((p.grad**2).sum()) for p in graph.parameters)
before = graph.output.item()
sgd = mg.SGD(graph.parameters, learning_rate=1e-3)
sgd.step()
lowered = before - float(graph.forward())
print(f"one step of η = 0.001 lowered the loss by {lowered:.2e}; the gradient promised {1e-3 * squared:.2e}")
assert np.isclose(lowered, 1e-3 * squared, rtol=0.02)

small_net = mg.Graph(SoftmaxWithLoss()(Affine(2, 3, seed=0)(mg.Node(X[:5, :2], "X")), mg.Node([0, 1, 2, 0, 1], "T")))
small_net.backward()
picture = mg.draw_step(small_net, mg.SGD(small_net.parameters, learning_rate=0.5))
picture.save(folder / "step.svg")
picture

# %% [markdown]
# ## 3. Can it learn five samples by heart?
#
# Any network with enough weights can, and the loss must go to nearly 0. If five samples are too hard, there is a bug,
# and more data won't help: labels that don't belong to their rows, a gradient that does not arrive, a parameter that
# the optimizer doesn't have.


# %%
def train(graph: mg.Graph, x: np.ndarray, labels: np.ndarray, steps: int) -> float:
    step = graph.compile(mg.SGD(graph.parameters, learning_rate=0.3))
    return [float(step(X=x, T=labels)) for _ in range(steps)][-1]


graph, scores = network()
by_heart = train(graph, X[:5], t[:5], 300)
print(f"five samples: loss {by_heart:.4f} nats after 300 steps")
assert by_heart < 0.01

# %% [markdown]
# ## 4. Does it fail with shuffled labels?
#
# Give every training sample the label of another one. There is nothing left to learn, so on held-out data the accuracy
# must fall to about chance, 1/C, and the loss can't be better than ln C. If it still does well, the answers reach the
# network by a way that you don't know of.


# %%
def held_out(training_labels: np.ndarray) -> tuple[float, float]:
    graph, scores = network()
    train(graph, X, training_labels, 200)
    right = graph.evaluate(scores, X=X_test).argmax(axis=1) == t_test
    return float(right.mean()), float(graph.evaluate(X=X_test, T=t_test))


for name, training_labels in {"true labels": t, "shuffled": rng.permutation(t)}.items():
    accuracy, loss = held_out(training_labels)
    print(f"  {name:12} held-out accuracy {accuracy:.3f}, loss {loss:.3f} nats")
    assert accuracy > 0.9 if training_labels is t else accuracy < 0.25 and loss > np.log(C)

print(f"\nIn {folder.resolve()}:")
print("  step.svg  one step of a small network in numbers: W − η · ∂L/∂W, and the loss before and after")

# %% [markdown]
# Checks 1 and 3, and the one with the penalty, are in the notes of cs231n, "Neural Networks Part 3".
#
# ## Exercises
#
# **1.** Nine of ten samples are of class 0, one of ten is of class 1. How low does the loss get if the network learns
# nothing but how frequent the classes are? When has it really begun to learn?
#
# <details><summary>Answer</summary>
#
# It starts at ln 2 = 0.693 and gets to the entropy of the frequencies, H(0.9, 0.1) = 0.325 nats, by the bias alone.
# Only what is below 0.325 was learned from the inputs. Its accuracy is 0.9 by then, which says nothing.
#
# ```python
# uneven = np.repeat([0, 1], [90, 10])
# bias = mg.Parameter(np.zeros(2), "b")
# rare = mg.Graph(SoftmaxWithLoss()(np.zeros((100, 2)) + bias, uneven))
# step = rare.compile(mg.SGD([bias], learning_rate=1.0))
# print(f"{[step() for _ in range(200)][-1]:.3f}")  # 0.325
# ```
#
# </details>

# %% [markdown]
# **2.** Plant a bug: the labels are shifted by one row against the inputs (`np.roll(t, 1)`). Which of the four checks
# notice it?
#
# <details><summary>Answer</summary>
#
# Not the first three: five samples are learned by heart with any labels. But the held-out accuracy is that of shuffled
# labels. So true and shuffled labels do equally badly, and that is the sign: what belongs together was torn apart.
#
# ```python
# accuracy, loss = held_out(np.roll(t, 1))
# print(accuracy < 0.25, loss > np.log(C))  # True True
# ```
#
# </details>
