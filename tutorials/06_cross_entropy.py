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
# # 6 · Entropy and cross-entropy
#
# How wrong is a probability? If it says 0.9 and the thing happens, not very. If it says 0.01 and the thing happens,
# badly. Shannon measured such surprise in 1948; its mean is the loss that nearly every classifier is trained with.

# %%
import sys
from pathlib import Path

import numpy as np

import minigraph as mg
from minigraph.layers import CrossEntropy, cross_entropy, entropy, kl_divergence

# in a notebook the first argument belongs to the kernel and starts with a dash
folder = Path(sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/entropy")
folder.mkdir(parents=True, exist_ok=True)

# %% [markdown]
# ## Surprise
#
# An event of probability p surprises by −log p. What is certain doesn't surprise: −log 1 = 0. Two independent events
# multiply their probabilities, so their surprises add up. The base of the logarithm is only a unit: base 2 gives
# **bits**, base e gives **nats**. One bit is ln 2 = 0.693 nats. Losses are in nats, because the derivative of ln has
# no factor.
#
# **Entropy** is the mean surprise, when things happen as often as they should: H(p) = −Σ pᵢ log pᵢ.

# %%
coin, die, loaded = [1 / 2, 1 / 2], [1 / 6] * 6, [0.9, 0.1]
for name, p in {"fair coin": coin, "fair die": die, "loaded coin, 0.9": loaded}.items():
    print(f"  {name:17} {entropy(p, base=2):.3f} bits = {entropy(p):.3f} nats")

assert np.isclose(entropy(coin, base=2), 1)
assert np.isclose(entropy(die, base=2), np.log2(6))
assert np.isclose(entropy(die), entropy(die, base=2) * np.log(2))

# %% [markdown]
# A fair coin tells you one bit per throw. A die tells more, as there is more to know. The loaded coin tells less: you
# mostly know what comes. Nothing with C outcomes tells more than log C, and it tells that if all are equally likely.
#
# ## Cross-entropy: believing in q while p happens
#
# Things happen with p, but you believe in q. Your surprise is −log qᵢ, and its mean is the **cross-entropy**:
#
# > H(p, q) = −Σ pᵢ log qᵢ = H(p) + KL(p‖q)
#
# It is never less than H(p). What you pay above that, KL(p‖q) ≥ 0, is the price of the wrong belief: 0 only for q = p.
# Throw the loaded coin and see.

# %%
throws = np.random.default_rng(0).choice(2, size=20_000, p=loaded)
for q in ([0.9, 0.1], [0.5, 0.5], [0.1, 0.9]):
    surprise = -np.log(q)[throws].mean()
    print(f"  belief {q}: mean surprise {surprise:.3f} nats, H(p, q) = {cross_entropy(loaded, q):.3f}")
    assert abs(surprise - cross_entropy(loaded, q)) < 0.03
    assert np.isclose(cross_entropy(loaded, q), entropy(loaded) + kl_divergence(loaded, q))

# %% [markdown]
# ## As a loss
#
# In a classifier p is the target t, and q is the network's prediction; from here on that prediction is called p, as in
# most code. A one-hot target has entropy 0 and leaves one term: the loss is −ln of the probability that the true
# class got. For N rows `CrossEntropy` takes the **mean** (`reduction="sum"` adds up).
#
# Its local gradient is −t/p, with 1/N for the mean: 0 where the target is 0, and steep where p is small.

# %%
T = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
p = mg.Node([[0.2, 0.5, 0.3], [0.1, 0.6, 0.3]], "P")
loss = CrossEntropy()(p, mg.Node(T, "T"))
loss.backward()

assert np.isclose(loss.item(), -(np.log(0.5) + np.log(0.1)) / 2)
assert np.allclose(p.grad, -T / p.value / 2)
print(f"loss {loss.item():.3f} nats; ∂L/∂P =")
print(np.round(p.grad, 2) + 0.0)

# %% [markdown]
# The second row gave its true class 0.1 and gets a gradient of −5; the first gave 0.5 and gets −1. Opened, the loss
# is log, ⊙, Σ, −1 and mean, each with a local gradient that you know.

# %%
picture = mg.draw(loss)
picture.save(folder / "cross_entropy.svg")
picture

# %%
picture = mg.draw(loss, expand=1)
picture.save(folder / "opened.svg")
picture

# %%
print(f"\nIn {folder.resolve()}:")
print("  cross_entropy.svg  two predictions and their loss")
print("  opened.svg         the same by log, ⊙, Σ, −1 and mean")

# %% [markdown]
# Sources: C. Shannon, "A mathematical theory of communication" (1948); S. Kullback and R. Leibler, "On information and
# sufficiency" (1951); the book "Deep Learning from Scratch" (K. Saitoh), chapter 4, for the loss.
#
# ## Exercises
#
# **1.** How many bits is a letter, if all 26 are equally likely? How many nats? Letters of English are not equally
# likely: is the true number higher or lower?
#
# <details><summary>Answer</summary>
#
# log₂ 26 = 4.70 bits = 3.26 nats. Lower: equal chances are the maximum.
#
# ```python
# letters = np.full(26, 1 / 26)
# print(f"{entropy(letters, base=2):.2f} {entropy(letters):.2f}")  # 4.70 3.26
# ```
#
# </details>

# %% [markdown]
# **2.** A weather forecast says "rain: 0" and it rains. What is its loss, and what is the gradient? Should a loss
# forgive this by computing log(p + 10⁻⁷), as some code does?
#
# <details><summary>Answer</summary>
#
# −ln 0 = ∞, and −1/0 = −∞: who excludes something pays without limit when it happens. The small number hides this.
# The loss then stops at −ln 10⁻⁷ = 16.1 nats, and a broken network looks like a bad one. Lesson 8 has the real cure.
#
# ```python
# sure = mg.Node([[0.0, 1.0]], "P")
# with np.errstate(divide="ignore"):
#     wrong = CrossEntropy()(sure, [[1.0, 0.0]])
#     wrong.backward()
# print(wrong.item(), sure.grad[0, 0])  # inf -inf
# print(f"{-np.log(0 + 1e-7):.1f}")  # 16.1
# ```
#
# </details>
