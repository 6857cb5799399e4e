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
# # 8 · Why shift by the maximum, why fuse
#
# The formulas of the last lessons are right, and in floating point they break. A score of 1000 is enough. Two small
# rewrites mend it; neither changes a single value on paper.

# %%
import sys
from pathlib import Path

import numpy as np

import minigraph as mg
from minigraph.layers import CrossEntropy, Softmax, SoftmaxWithLoss

# in a notebook the first argument belongs to the kernel and starts with a dash
folder = Path(sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/overflow")
folder.mkdir(parents=True, exist_ok=True)

# %% [markdown]
# ## Too large
#
# float64 ends at 1.8 · 10³⁰⁸, so exp overflows to ∞ from 710 on. Then softmax divides ∞ by ∞, which is NaN: not a
# number. A NaN spreads through everything that is computed from it, forward and backward.

# %%
y = np.array([1000.0, 999.0, 0.0])
with np.errstate(all="ignore"):
    e = np.exp(y)
    naive = e / e.sum()
print("exp(y) =", e, "  softmax by its definition =", naive)
assert np.isnan(naive[:2]).all()

# %% [markdown]
# ## Shift by the maximum
#
# A constant c added to all scores cancels: exp(yᵢ + c) / Σ exp(yₖ + c) = exp(yᵢ) / Σ exp(yₖ). Take c = −max y. Now the
# largest exponent is 0, so nothing overflows, and the sum is at least 1, so nothing is divided by 0.

# %%
e = np.exp(y - y.max())
shifted = e / e.sum()
print("shifted:", np.round(shifted, 3))
assert np.allclose(shifted, [1 / (1 + np.exp(-1)), 1 / (1 + np.exp(1)), 0])
assert np.array_equal(shifted, Softmax().forward(y))

# %% [markdown]
# ## Too small
#
# Not yet safe: the last probability, exp(−1000), is below the smallest float64 and became exactly 0. If that was the
# true class, cross-entropy takes ln 0 = −∞. Backward then multiplies the −∞ of −t/p by a Jacobian entry of 0: NaN
# again. The true gradient is harmless: p − t = [0.731, 0.269, −1].

# %%
T = [[0.0, 0.0, 1.0]]
z = mg.Node([y], "Y")
with np.errstate(all="ignore"):
    two_ops = CrossEntropy()(Softmax()(z), mg.Node(T, "T"))
    two_ops.backward()
print("softmax, then cross-entropy: loss", two_ops.item(), " gradient", z.grad[0])
assert np.isinf(two_ops.item()) and np.isnan(z.grad).any()
picture = mg.draw(two_ops, title="Two ops: ∞ and NaN")
picture.save(folder / "two_ops.svg")
picture

# %% [markdown]
# The picture marks where ∞ and NaN began, each once, and not all the places where they spread to.
#
# ## Fuse
#
# Do both in one op, and the logarithm meets the exponential before either can do harm:
#
# > ln pᵢ = yᵢ − ln Σₖ exp(yₖ) = (yᵢ − max y) − ln Σₖ exp(yₖ − max y)
#
# No number in this is huge, and the sum under ln is at least 1. For backward lesson 7 has the formula: P − T, without
# any division. That is why libraries offer a loss that takes *scores* (logits).

# %%
one_op = SoftmaxWithLoss()(z, mg.Node(T, "T"))
one_op.backward()
print(f"fused: loss {one_op.item():.4f} nats, gradient", np.round(z.grad[0], 3))
assert np.isclose(one_op.item(), 1000 + np.log(1 + np.exp(-1)))
assert np.allclose(z.grad, shifted - T)
picture = mg.draw(one_op, title="One op: P − T")
picture.save(folder / "one_op.svg")
picture

# %% [markdown]
# ## The trick that only hides it
#
# A popular patch is ln(p + 10⁻⁷). The loss is finite, but wrong: it stops at 16.1 nats where the truth is 1000.3. And
# the gradient of the scores is 0 where learning is needed most: the network is as wrong as can be, and nothing moves.

# %%
z = mg.Node([y], "Y")
patched = -(mg.log(Softmax()(z) + 1e-7) * T).sum()
patched.backward()
print(f"patched: loss {patched.item():.1f} nats, gradient", z.grad[0] + 0.0)
assert patched.item() < 16.2 and not z.grad.any()

print(f"\nIn {folder.resolve()}:")
print("  two_ops.svg  ∞ and NaN, marked where they began")
print("  one_op.svg   the same scores through the fused loss")

# %% [markdown]
# The shift and the sum under the logarithm are in I. Goodfellow et al., "Deep Learning" (2016), section 4.1; the notes
# of cs231n have the shift in "Linear classification".
#
# ## Exercises
#
# **1.** From which score on does exp overflow, in float64 and in float32?
#
# <details><summary>Answer</summary>
#
# At the logarithm of the largest number: 709.8 and 88.7. In float32, which most training uses, a score of 89 is enough.
#
# ```python
# print([round(float(np.log(np.finfo(t).max)), 1) for t in (np.float64, np.float32)])  # [709.8, 88.7]
# ```
#
# </details>

# %% [markdown]
# **2.** ln Σ exp(y) of y = [1000, 1000] is 1000 + ln 2. Write a function that says so, and find its gradient.
#
# <details><summary>Answer</summary>
#
# Shift, and add the maximum afterwards. Its gradient is softmax(y): P, without the −T. The loss is this function minus
# the true score, which is one more way to see P − T.
#
# ```python
# def log_sum_exp(y):
#     return float(y.max() + np.log(np.exp(y - y.max()).sum()))
#
# two = np.array([1000.0, 1000.0])
# print(f"{log_sum_exp(two):.4f}")  # 1000.6931
# print(np.round(mg.numerical_gradient(log_sum_exp, two), 4))  # [0.5 0.5]
# ```
#
# </details>
