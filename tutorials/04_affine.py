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
# # 4 · Affine: the shapes decide
#
# > Y = X · W + b
#
# A batch of N rows goes through one matrix of weights. The three gradients have short formulas, and you need not
# learn them: their shapes leave only one way to write each.

# %%
import sys
from pathlib import Path

import numpy as np

import minigraph as mg
from minigraph.layers import Affine

# in a notebook the first argument belongs to the kernel and starts with a dash
folder = Path(sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/affine")
folder.mkdir(parents=True, exist_ok=True)

# %% [markdown]
# ## Forward
#
# Three samples of two features, four outputs: X is 3×2, W is 2×4, b has 4 numbers, so Y is 3×4. To have something to
# walk back from, take a loss that is a weighted sum of Y: L = Σ G ⊙ Y, where ⊙ multiplies element by element. Its
# gradient ∂L/∂Y is G, whatever Y is. We write dY for ∂L/∂Y, dW for ∂L/∂W and so on.

# %%
rng = np.random.default_rng(0)
X, G = rng.normal(size=(3, 2)), rng.normal(size=(3, 4))

affine = Affine(2, 4, seed=rng)
W, b = affine.parameters
x = mg.Node(X, "X")
y = affine(x)
loss = (y * mg.Node(G, "G", requires_grad=False)).sum()
loss.backward()

dY = y.grad
assert np.array_equal(dY, G)
print("X", X.shape, " W", W.shape, " b", b.shape, " Y", y.shape)

# %% [markdown]
# ## Backward, by shapes
#
# A gradient has the shape of what it belongs to, and it is made of dY (3×4) and of what stood beside it in the
# product:
#
# * **dW** is 2×4, made of X (3×2) and dY (3×4). Only Xᵀ · dY fits: 2×3 · 3×4.
# * **dX** is 3×2, made of dY (3×4) and W (2×4). Only dY · Wᵀ fits: 3×4 · 4×2.
# * **db** has 4 numbers, made of dY (3×4). The rows must go: Σₙ dY[n].

# %%
assert np.allclose(W.grad, X.T @ dY)
assert np.allclose(x.grad, dY @ W.value.T)
assert np.allclose(b.grad, dY.sum(axis=0))

# %% [markdown]
# ## Why it is true
#
# Shapes are a memory aid, not a proof. The proof is lesson 3: one weight W[i, o] is used once for every sample, which
# is a fork of N paths. On path n it is multiplied by X[n, i] and ends in Y[n, o]:
#
# > ∂L/∂W[i, o] = Σₙ X[n, i] · dY[n, o]
#
# And that is, letter by letter, the matrix product Xᵀ · dY. The same for X, which forks to all outputs o. The bias is
# the plainest fork: b[o] was added to every row with local gradient 1, so its paths just add up.

# %%
dW = np.zeros((2, 4))
for n in range(3):
    for i in range(2):
        for o in range(4):
            dW[i, o] += X[n, i] * dY[n, o]
assert np.allclose(dW, W.grad)

# %% [markdown]
# And the witness that knows no formula:

# %%
by_moving = mg.numerical_gradient(lambda w: ((X @ w + b.value) * G).sum(), W.value)
print(f"dW by moving each weight: differs by {abs(by_moving - W.grad).max():.0e}")
assert np.allclose(by_moving, W.grad)

# %% [markdown]
# In the picture each chip says which product it stands for: Wᵀ from the right, Xᵀ from the left, Σₙ over the rows.
# `expand` opens Affine into its two gates, · and +.

# %%
picture = mg.draw(loss)
picture.save(folder / "affine.svg")
picture

# %%
picture = mg.draw(loss, expand=1)
picture.save(folder / "opened.svg")
picture

# %%
print(f"\nIn {folder.resolve()}:")
print("  affine.svg  three samples through one Affine layer")
print("  opened.svg  the same, with the layer opened into · and +")

# %% [markdown]
# The matrix rules are collected in M. Giles, "Collected matrix derivative results" (2008); the book "Deep Learning
# from Scratch" (K. Saitoh), chapter 5, derives this layer too.
#
# ## Exercises
#
# **1.** Other libraries store the weights the other way round: Y = X · Vᵀ + b with V of 4×2. What is dV?
#
# <details><summary>Answer</summary>
#
# dV is 4×2, made of dY (3×4) and X (3×2): only dYᵀ · X fits. It is (Xᵀ · dY)ᵀ, as it must be, because V = Wᵀ.
#
# ```python
# v = mg.Node(W.value.T, "V")
# (X @ v.T + b).backward(seed=G)
# print(np.allclose(v.grad, dY.T @ X), np.allclose(v.grad, W.grad.T))  # True True
# ```
#
# </details>

# %% [markdown]
# **2.** Every sample comes twice: a batch of six, in which rows 3 to 5 repeat rows 0 to 2. What happens to dW if the
# loss is a sum over the rows? And if it is a mean?
#
# <details><summary>Answer</summary>
#
# Twice as many equal paths: under the sum dW doubles. The mean divides by 6 instead of 3, so dW stays. That is why a
# mean lets you keep your learning rate when the batch size changes.
#
# ```python
# twice = mg.Node(np.vstack([X, X]), "X")
# (affine(twice) * np.vstack([G, G])).sum().backward()
# print(np.allclose(W.grad, 2 * (X.T @ G)))  # True
# ((affine(twice) * np.vstack([G, G])).sum() / 6).backward()
# print(np.allclose(W.grad, X.T @ G / 3))  # True
# ```
#
# </details>
