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
# # 5 · Softmax and its Jacobian
#
# Scores go in, any real numbers. Probabilities come out: positive, with the sum 1.
#
# > pᵢ = exp(yᵢ) / S with S = Σₖ exp(yₖ)
#
# The new thing for backward: every score is in every probability, because every score is in S. So the local gradient
# is a full table.

# %%
import sys
from pathlib import Path

import numpy as np

import minigraph as mg
from minigraph.layers import Softmax

# in a notebook the first argument belongs to the kernel and starts with a dash
folder = Path(sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/softmax")
folder.mkdir(parents=True, exist_ok=True)

y = mg.Node([1.0, 2.0, 0.0], "y")
p = Softmax()(y)
p.name = "p"
print("y =", y.value, " p =", np.round(p.value, 3))
assert np.isclose(p.value.sum(), 1)

# %% [markdown]
# ## Derived: two cases
#
# How does pᵢ answer to yⱼ? By the quotient rule, with ∂S/∂yⱼ = exp(yⱼ). The numerator exp(yᵢ) answers to yⱼ only if
# i and j are the same, so there are two cases.
#
# **i = j**, a probability and its own score:
#
# > ∂pᵢ/∂yᵢ = (exp(yᵢ) · S − exp(yᵢ) · exp(yᵢ)) / S² = pᵢ − pᵢ² = pᵢ (1 − pᵢ)
#
# **i ≠ j**, a probability and the score of another class:
#
# > ∂pᵢ/∂yⱼ = (0 · S − exp(yᵢ) · exp(yⱼ)) / S² = −pᵢ pⱼ
#
# Both in one table: J = diag(p) − p pᵀ. The first part has p on its diagonal, the second is all products pᵢ pⱼ.

# %%
J = mg.local_gradient(p)
print("J = ∂p/∂y:")
print(np.round(J, 3))

P = p.value
for i in range(3):
    for j in range(3):
        assert np.isclose(J[i, j], P[i] * (1 - P[i]) if i == j else -P[i] * P[j])
assert np.allclose(J, np.diag(P) - np.outer(P, P))

# %% [markdown]
# ## Seen
#
# What the table tells:
#
# * The diagonal is positive: raise a score, and its own probability rises. All else is negative: the others pay.
# * Each column has the sum 0. What one class gains, the others lose, since the sum of p stays 1.
# * Each row has the sum 0 too. Raise all scores together, and no probability moves: softmax(y + c) = softmax(y).
# * J is symmetric: score j moves probability i exactly as score i moves probability j.

# %%
assert np.allclose(J.sum(axis=0), 0) and np.allclose(J.sum(axis=1), 0)
assert np.allclose(J, J.T)
assert np.allclose(Softmax().forward(y.value + 100), P)

# %% [markdown]
# ## Backward without the table
#
# For 1000 classes J has a million entries per sample. Nobody builds it. With the upstream gradient u:
#
# > downstreamⱼ = Σᵢ uᵢ · Jᵢⱼ = pⱼ · (uⱼ − Σᵢ uᵢ pᵢ)
#
# The bracket says: upstream minus its average, weighted by p. A class gains only by being better than that average.

# %%
u = np.array([3.0, -1.0, 2.0])
p.backward(seed=u)
short = P * (u - (u * P).sum())
print("downstream =", np.round(short, 3), "for upstream", u)
assert np.allclose(y.grad, short) and np.allclose(short, u @ J)
picture = mg.draw(p, detail="full")
picture.save(folder / "softmax.svg")
picture

# %% [markdown]
# ## Opened
#
# Softmax is made of three gates: exp, Σ and ÷. There is a fork after exp, for each exponential goes into the quotient
# and into the sum. The two paths bring the two terms of the derivative: diag(p) along the straight one, −p pᵀ through
# S.

# %%
opened = mg.expand(p)
opened.backward(seed=u)
assert np.allclose(y.grad, short)
picture = mg.draw(opened)
picture.save(folder / "opened.svg")
picture

# %%
print(f"\nIn {folder.resolve()}:")
print("  softmax.svg  softmax of three scores, with its Jacobian in numbers")
print("  opened.svg   the same by exp, Σ and ÷")

# %% [markdown]
# The name softmax is from J. Bridle (1990); the function is older, Boltzmann's distribution of statistical physics.
#
# ## Exercises
#
# **1.** Two classes. Show that p₀ = σ(y₀ − y₁), where σ(z) = 1 / (1 + exp(−z)). What does J look like?
#
# <details><summary>Answer</summary>
#
# Divide numerator and denominator of exp(y₀) / (exp(y₀) + exp(y₁)) by exp(y₀). With p₁ = 1 − p₀ all four entries have
# the same size: J = p₀(1 − p₀) · [[1, −1], [−1, 1]], the slope of the sigmoid.
#
# ```python
# two = mg.Node([0.3, -0.9], "y")
# p = Softmax()(two)
# s = 1 / (1 + np.exp(-(0.3 + 0.9)))
# print(np.isclose(p.value[0], s))  # True
# print(np.allclose(mg.local_gradient(p), s * (1 - s) * np.array([[1, -1], [-1, 1]])))  # True
# ```
#
# </details>

# %% [markdown]
# **2.** With a temperature, p = softmax(y / T). What becomes of J? What of p if T is very large, or very small?
#
# <details><summary>Answer</summary>
#
# One more gate, a division by T, so by the chain rule J = (diag(p) − p pᵀ) / T with the new p. A large T makes all
# classes equal; a small T gives everything to the largest score, if there is one. In both cases J goes to 0.
#
# ```python
# p = Softmax(temperature=5.0)(y)
# print(np.allclose(mg.local_gradient(p), (np.diag(p.value) - np.outer(p.value, p.value)) / 5))  # True
# print(np.round(Softmax(temperature=100.0).forward(y.value), 2))  # [0.33 0.34 0.33]
# print(np.round(Softmax(temperature=0.1).forward(y.value), 2))  # [0. 1. 0.]
# ```
#
# </details>
