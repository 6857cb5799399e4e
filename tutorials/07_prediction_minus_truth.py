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
# # 7 · From the full diagram to y − t
#
# Softmax, then cross-entropy, is eight small gates. Their gradient on the scores is the shortest formula of all:
# prediction minus truth. The book "Deep Learning from Scratch" writes y − t, with y for the prediction; here the
# prediction is P, and Y are the scores. We walk back through every gate and watch it appear.

# %%
import sys
from pathlib import Path

import numpy as np

import minigraph as mg
from minigraph.layers import SoftmaxWithLoss

# in a notebook the first argument belongs to the kernel and starts with a dash
folder = Path(sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/prediction_minus_truth")
folder.mkdir(parents=True, exist_ok=True)

# %% [markdown]
# ## Forward, gate by gate
#
# Two samples, three classes. S has one number per sample, so it is a column, and L is the mean over the samples.

# %%
Y = np.array([[1.0, 2.0, 0.0], [0.5, -1.0, 0.3]])
T = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
N = len(Y)

E = np.exp(Y)
S = E.sum(axis=1, keepdims=True)
P = E / S
G = np.log(P)
losses = -(T * G).sum(axis=1)
L = losses.mean()
print(f"L = {L:.4f} nats, the mean of {np.round(losses, 4)}")

# %% [markdown]
# ## Backward, gate by gate
#
# dG is short for ∂L/∂G, and so on. Read from the loss back, the local gradients are known from the lessons before:
#
# | gate | what arrives below it |
# |---|---|
# | mean, −1, Σ, ⊙ T | dG = −T / N |
# | G = ln P | dP = dG / P = −T / (P · N) |
# | P = E / S, towards S | dS = Σₖ dP · (−E / S²) = Σₖ T / (S · N) = 1 / (S · N) |
# | P = E / S, towards E | dP / S = −T / (E · N) |
# | S = Σ E, to every E alike | 1 / (S · N) |
# | the fork at E: add | dE = 1 / (S · N) − T / (E · N) |
# | E = exp Y | dY = dE · E = (E / S − T) / N = **(P − T) / N** |
#
# In the third row Σₖ T = 1 was used: a target is a distribution. In the last E / S is P again. One path brought P, the
# other brought −T, and the fork added them.

# %%
dG = -T / N
dP = dG / P
dS = (dP * (-E / S**2)).sum(axis=1, keepdims=True)
dE = dP / S + dS
dY = dE * E

assert np.allclose(dS, 1 / (S * N))
assert np.allclose(dY, (P - T) / N)
print("dY = (P − T)/N:")
print(np.round(dY, 3))

# %% [markdown]
# ## The same, by a graph that was told nothing
#
# `SoftmaxWithLoss` is one op with a short backward. `mg.expand` replaces it by the small gates of its definition.
# Those know only their own slopes, and arrive at the same numbers. Every one of ours is in the graph.

# %%
y = mg.Node(Y, "Y")
fused = SoftmaxWithLoss()(y, mg.Node(T, "T"))
small_gates = mg.expand(fused, 2)
small_gates.backward()

graph = mg.Graph(small_gates)
for name, by_hand in {"G": dG, "P": dP, "S": dS, "E": dE, "Y": dY}.items():
    assert np.allclose(graph[name].grad, by_hand), name

fused.backward()
assert np.isclose(fused.item(), L) and np.allclose(y.grad, dY)

# %% [markdown]
# Look at `full.svg`, or step through `full.html`: the long way from L back to Y. `fused.svg` is the short one, with
# (P − T)/N on its chip.

# %%
picture = mg.draw(fused, expand=2)
picture.save(folder / "full.svg")
picture.save(folder / "full.html")
picture

# %%
picture = mg.draw(fused)
picture.save(folder / "fused.svg")
picture

# %%
print(f"\nIn {folder.resolve()}:")
print("  full.svg   softmax and cross-entropy opened, down to exp, Σ, ÷ and log")
print("  full.html  the same, to step through")
print("  fused.svg  the two as one op")

# %% [markdown]
# ## What it means
#
# The gradient of a score is how much too high its probability is. The true class has P − 1 < 0 and is pushed up, the
# others are pushed down, all by less than 1/N. A sample that is predicted well is left in peace. Each row has the sum
# 0. And no division by P is left over, so a tiny P does no harm.
#
# The walk through every gate is in the book's appendix A. J. Bridle (1990) trained softmax outputs by their likelihood,
# which is this loss.
#
# ## Exercises
#
# **1.** The target need not be one-hot. For t = [0.7, 0.2, 0.1], is it still P − T? When is the gradient 0?
#
# <details><summary>Answer</summary>
#
# Yes: only Σₖ T = 1 was used. The gradient is 0 where P = T. The loss is then not 0, but the entropy of t: 0.80 nats.
#
# ```python
# t = np.array([[0.7, 0.2, 0.1]])
# z = mg.Node(np.log(t), "z")  # scores whose softmax is t
# soft = SoftmaxWithLoss()(z, t)
# soft.backward()
# print(np.allclose(z.grad, 0), round(soft.item(), 2))  # True 0.8
# ```
#
# </details>

# %% [markdown]
# **2.** Somebody gives two true classes per row, T = [1, 1, 0], so Σₖ T = 2. What becomes of the formula? Build the
# loss from small gates (`SoftmaxWithLoss` refuses such a T) and check.
#
# <details><summary>Answer</summary>
#
# The third row of the table now gives 2 / (S · N), so dY = (2P − T) / N; in general (P · Σₖ T − T) / N.
#
# ```python
# t = np.array([[1.0, 1.0, 0.0]])
# z = mg.Node([[1.0, 2.0, 0.0]], "z")
# e = mg.exp(z)
# p = e / e.sum(axis=1, keepdims=True)
# (-(t * mg.log(p)).sum()).backward()
# print(np.allclose(z.grad, 2 * p.value - t))  # True
# ```
#
# </details>
