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
# # 10 · Gradient checking: find the bug
#
# A wrong backward seldom crashes. The loss falls a little more slowly, the accuracy is a little worse, and you look
# for the reason everywhere else. So every gradient is compared with one that can't be wrong: the slope of the forward
# pass.

# %%
import sys
from pathlib import Path

import numpy as np

import minigraph as mg
from minigraph.layers import Affine, SoftmaxWithLoss

# in a notebook the first argument belongs to the kernel and starts with a dash
folder = Path(sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/gradient_checking")
folder.mkdir(parents=True, exist_ok=True)

# %% [markdown]
# ## How to measure a slope
#
# > one-sided: (f(x + h) − f(x)) / h, central: (f(x + h) − f(x − h)) / 2h
#
# The error of the first shrinks like h, that of the second like h². But h can't be as small as you like: f(x + h) and
# f(x − h) agree in more and more digits, and their difference keeps only the others. Try it on tanh at 0.7:

# %%
x0 = 0.7
true = 1 - np.tanh(x0) ** 2
errors = []
print("       h   one-sided   central")
for h in (1e-1, 1e-3, 1e-5, 1e-7, 1e-9, 1e-11):
    one_sided = abs((np.tanh(x0 + h) - np.tanh(x0)) / h - true)
    errors.append(abs((np.tanh(x0 + h) - np.tanh(x0 - h)) / (2 * h) - true))
    print(f"  {h:6.0e}     {one_sided:.0e}     {errors[-1]:.0e}")
assert np.argmin(errors) == 2

# %% [markdown]
# The best h for central differences in float64 is near 6 · 10⁻⁶, the cube root of the precision. In float32 there are
# too few digits for any of this: check in float64.
#
# And compare *relatively*: ‖analytic − numerical‖ / the larger norm. A difference of 10⁻⁴ is much for gradients of
# 10⁻³, and nothing for gradients of 1000. Below 10⁻⁶ is right; 10⁻² is a mistake in a formula.
#
# ## A planted bug
#
# Here is tanh as somebody wrote it. Nothing crashes: the gradient has the right shape and even the right sign.


# %%
class Squash(mg.Op):
    """y = tanh x, with a mistake in backward: it should be 1 − y²."""

    def forward(self, x: np.ndarray) -> np.ndarray:
        return np.tanh(x)

    def backward(self, upstream: np.ndarray, y: np.ndarray, x: np.ndarray) -> tuple[np.ndarray]:
        return (upstream * (1 - y),)


def network(squash: mg.Op) -> mg.Node:
    rng = np.random.default_rng(0)
    x, t = mg.Node(rng.normal(size=(3, 2)), "X"), mg.Node([0, 1, 2], "T")
    first, second = Affine(2, 3, seed=rng), Affine(3, 3, seed=rng)
    return SoftmaxWithLoss()(second(squash(first(x))), t)


# %% [markdown]
# ## Found
#
# End to end, a bug in one op spoils the gradients of everything below it: X, W1 and b1 are all wrong, though Affine is
# innocent. So `mg.check_gradients` checks each edge by itself first: each op's backward, with a random upstream,
# against the slopes of its own forward. Only the guilty op is ✗ there.

# %%
loss = network(Squash())
loss.backward()
report = mg.check_gradients(loss)

edges = [check.what for check in report.wrong if check.edge != "end to end"]
ends = [check.what for check in report.wrong if check.edge == "end to end"]
assert len(edges) == 1 and edges[0].startswith("Squash")
assert ends == ["∂L/∂X", "∂L/∂W1", "∂L/∂b1"]

# %% [markdown]
# `draw(check=True)` writes the same on the chips: ✗ lights up where the bug is, ✓ everywhere else.

# %%
picture = mg.draw(loss, check=True)
picture.save(folder / "bug.svg")
picture

# %% [markdown]
# ## Mended


# %%
class Mended(Squash):
    """y = tanh x."""

    def backward(self, upstream: np.ndarray, y: np.ndarray, x: np.ndarray) -> tuple[np.ndarray]:
        return (upstream * (1 - y**2),)


mended = network(Mended())
mended.backward()
assert mg.check_gradients(mended, verbose=False)
picture = mg.draw(mended, check=True)
picture.save(folder / "mended.svg")
picture

# %%
print(f"\nIn {folder.resolve()}:")
print("  bug.svg     ✗ where the backward is wrong")
print("  mended.svg  ✓ on every edge")

# %% [markdown]
# Check a few samples, before training and again after some steps, without dropout, and with the penalty once on and
# once off. The notes of cs231n ("Neural Networks Part 3") have a list of such advice; the book "Deep Learning from
# Scratch" does the check in chapter 5.
#
# ## Exercises
#
# **1.** An Affine layer without bias, whose backward forgets a transpose somewhere, would crash, unless everything is
# square. Plant `x @ upstream` for dW with 3×3 matrices, and let `mg.check_op` find it.
#
# <details><summary>Answer</summary>
#
# `check_op` takes one op and its inputs. Only input 1, the weights, is wrong. Square test cases hide mistakes from the
# shapes, so choose sizes that all differ.
#
# ```python
# class Product(mg.Op):
#     def forward(self, x, w):
#         return x @ w
#
#     def backward(self, upstream, y, x, w):
#         return upstream @ w.T, x @ upstream
#
# rng = np.random.default_rng(0)
# report = mg.check_op(Product(), rng.normal(size=(3, 3)), rng.normal(size=(3, 3)), verbose=False)
# print([check.edge for check in report.wrong])  # ['input 1']
# ```
#
# </details>

# %% [markdown]
# **2.** What is the slope of ReLU at exactly 0? What do central differences say, and is backward's answer a bug?
#
# <details><summary>Answer</summary>
#
# There is a corner: the slope is 0 on the left and 1 on the right. Central differences give their mean, ½; backward
# gives 0. Both are fine, as is anything between. `check_gradients` knows corners and accepts what lies between the two
# slopes.
#
# ```python
# x = mg.Node(0.0, "x")
# y = mg.relu(x)
# y.backward()
# print(x.grad, float(mg.numerical_gradient(lambda x: np.maximum(x, 0), 0.0)))  # 0.0 0.5
# print(mg.check_gradients(y, verbose=False).ok)  # True
# ```
#
# </details>
