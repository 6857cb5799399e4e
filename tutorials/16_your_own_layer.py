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
# # 16 · Your own layer
#
# A layer is a class with two methods: `forward`, and a `backward` that gives one gradient per input. Then it can be
# trained, checked, opened and drawn like any other.

# %%
import sys
from pathlib import Path

import numpy as np

import minigraph as mg
from minigraph.layers import Affine, SoftmaxWithLoss

# in a notebook the first argument belongs to the kernel and starts with a dash
folder = Path(sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/own_layer")
folder.mkdir(parents=True, exist_ok=True)

# %% [markdown]
# ## The function
#
# Softsign squashes like tanh, but without an exponential:
#
# > y = x / (1 + |x|), ∂y/∂x = 1 / (1 + |x|)²
#
# `backward` gets the upstream gradient, the output, and the inputs. It must multiply by the upstream, whatever that is,
# and give a tuple: one gradient per input, each of its input's shape. It keeps nothing between calls.


# %%
class Softsign(mg.Op):
    """y = x / (1 + |x|), elementwise. ∂y/∂x = 1 / (1 + |x|)²."""

    def forward(self, x: np.ndarray) -> np.ndarray:
        return x / (1 + abs(x))

    def backward(self, upstream: np.ndarray, y: np.ndarray, x: np.ndarray) -> tuple[np.ndarray]:
        return (upstream / (1 + abs(x)) ** 2,)


# %% [markdown]
# ## Checked
#
# `mg.check_op` holds backward to the slopes of forward, with a random upstream gradient. It also tells an op that
# writes into its inputs, or that remembers something from its last forward.

# %%
rng = np.random.default_rng(0)
assert mg.check_op(Softsign(), rng.normal(size=(4, 3)))

# %% [markdown]
# ## For the diagram
#
# What you add from here on is for readers. `formula` is what the block says, with {0} for the input's name. `symbol` is
# what the output is called. `locals` has one `mg.Local` per input, for the violet chip: the local gradient in symbols,
# and how to compute it. `expand` builds the same function from smaller ops: the definition, for those who open the
# block. Here is the whole class.


# %%
class Softsign(mg.Op):
    """y = x / (1 + |x|), elementwise. ∂y/∂x = 1 / (1 + |x|)²."""

    formula, symbol = "{0} / (1 + |{0}|)", "H"
    locals = (mg.Local("1/(1 + |{0}|)²", lambda op, y, x: 1 / (1 + abs(x)) ** 2),)

    def forward(self, x: np.ndarray) -> np.ndarray:
        return x / (1 + abs(x))

    def backward(self, upstream: np.ndarray, y: np.ndarray, x: np.ndarray) -> tuple[np.ndarray]:
        return (upstream / (1 + abs(x)) ** 2,)

    def expand(self, x: mg.Node) -> mg.Node:
        d = 1 + abs(x)
        d.name = "D"
        return x / d


# %% [markdown]
# None of it can lie: `check_op` now checks that the chip's numbers are what backward does, and that `expand` has the
# same value and the same gradients. Two rows more in the table.

# %%
report = mg.check_op(Softsign(), rng.normal(size=(4, 3)))
assert [check.edge for check in report.checks] == ["input 0", "locals", "expand"]
assert report

# %% [markdown]
# ## In a network

# %%
X, t = rng.normal(size=(60, 2)), np.repeat([0, 1], 30)
X[30:] *= 3  # class 1 lies around class 0: no straight border separates them

net = mg.Sequential(Affine(2, 4, seed=rng), Softsign(), Affine(4, 2, seed=rng))
scores = net(mg.Node(X, "X"))
loss = SoftmaxWithLoss()(scores, mg.Node(t, "T"))
graph = mg.Graph(loss)
sgd = mg.SGD(graph.parameters, learning_rate=0.5)
for _ in range(400):
    graph.forward()
    graph.backward()
    sgd.step()
accuracy = (scores.value.argmax(axis=1) == t).mean()
print(f"loss {loss.item():.3f} nats, accuracy on the training points {accuracy:.3f}")
assert accuracy > 0.85

graph.forward(X=X[[0, 30]], T=t[[0, 30]])
graph.backward()
picture = mg.draw(loss)
picture.save(folder / "network.svg")
picture

# %%
picture = mg.draw(loss, expand=["Softsign"])
picture.save(folder / "opened.svg")
picture

# %%
print(f"\nIn {folder.resolve()}:")
print("  network.svg  two samples through a network with the new layer")
print("  opened.svg   the same, with the new layer opened")

# %% [markdown]
# At the fork of x in the opened picture two paths come together: through the numerator and through |x|. Their sum is
# 1 / (1 + |x|)², which is how to find that formula if you don't see it.
#
# ## Exercises
#
# **1.** Forget the upstream gradient in backward: `return (1 / (1 + abs(x)) ** 2,)`. When does that go unnoticed? What
# does `check_op` say?
#
# <details><summary>Answer</summary>
#
# It is right where the upstream is 1, so it goes unnoticed if the op stands last, right before a plain sum. `check_op`
# uses a random upstream for this reason.
#
# ```python
# class Forgetful(Softsign):
#     def backward(self, upstream, y, x):
#         return (1 / (1 + abs(x)) ** 2,)
#
# x = mg.Node([0.5, -2.0], "x")
# Forgetful()(x).sum().backward()
# print(np.allclose(x.grad, 1 / (1 + abs(x.value)) ** 2))  # True
# print(mg.check_op(Forgetful(), x, verbose=False).ok)  # False
# ```
#
# </details>

# %% [markdown]
# **2.** Write a layer with a weight of its own: y = g ⊙ x, where g has one number per column. Its parameters are a
# tuple `self.parameters`, and arrive in forward and backward after the inputs.
#
# <details><summary>Answer</summary>
#
# g is used in every row, a fork of N paths, so its gradient is a sum over the rows.
#
# ```python
# class Gain(mg.Op):
#     def __init__(self, size):
#         self.parameters = (mg.Parameter(np.ones(size), "g"),)
#
#     def forward(self, x, g):
#         return x * g
#
#     def backward(self, upstream, y, x, g):
#         return upstream * g, (upstream * x).sum(axis=0)
#
# print(mg.check_op(Gain(3), np.random.default_rng(0).normal(size=(5, 3)), verbose=False).ok)  # True
# ```
#
# </details>
