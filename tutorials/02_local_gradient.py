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
# # 2 · A node and its local gradient
#
# One gate, looked at closely. What does it know by itself, before anybody asks it for a gradient? Its **local
# gradient**: how its output answers to each of its inputs. For numbers that is a slope, for arrays a table.

# %%
import sys
from pathlib import Path

import numpy as np

import minigraph as mg

# in a notebook the first argument belongs to the kernel and starts with a dash
folder = Path(sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/local_gradient")
folder.mkdir(parents=True, exist_ok=True)

# %% [markdown]
# ## What a node holds
#
# A node has a value, the op that made it, the inputs of that op in order, and a gradient. The gradient is `None`
# until a backward has run. None means "not computed"; it is not a zero.

# %%
a, b = mg.Node(6.0, "a"), mg.Node(2.0, "b")
y = a * b
assert y.value == 12 and y.inputs == (a, b) and y.op.name == "Mul"
assert y.grad is None and a.op is None

# %% [markdown]
# ## Slopes of single gates
#
# `mg.local_gradient(node, i)` is ∂node/∂(its i-th input). It asks that one gate and nobody else. A few to know by
# heart, at a = 6 and b = 2:

# %%
gates = {
    "a + b": (a + b, [1, 1]),
    "a − b": (a - b, [1, -1]),
    "a · b": (a * b, [2, 6]),
    "exp b": (mg.exp(b), [np.exp(2)]),
    "ln a": (mg.log(a), [1 / 6]),
    "max(a, b)": (mg.maximum(a, b), [1, 0]),
}
for name, (node, expected) in gates.items():
    found = [float(mg.local_gradient(node, i)) for i in range(len(node.inputs))]
    print(f"  {name:10} = {node.item():<8.4g} local gradients {np.round(found, 4)}")
    assert np.allclose(found, expected)

# %% [markdown]
# A maximum is a switch: the larger input gets everything, the smaller one nothing.
#
# ## Arrays: a table of slopes
#
# If a gate takes a vector and gives a vector, each output may answer to each input. The slopes form a table, the
# **Jacobian**: J[i, j] = ∂output[i]/∂input[j]. Three gates, three kinds of table:
#
# * exp works on each element by itself. J is diagonal, because no output listens to its neighbour's input.
# * A sum has one output that listens to all alike. J is a row of ones.
# * A matrix product y = M · v mixes. J is M itself.

# %%
v = mg.Node([0.0, 1.0, 2.0], "v")
M = mg.Node([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], "M", requires_grad=False)

w = mg.exp(v)
w.name = "w"
print("∂exp(v)/∂v:")
print(np.round(mg.local_gradient(w), 3))
assert np.allclose(mg.local_gradient(w), np.diag(np.exp(v.value)))
assert np.array_equal(mg.local_gradient(v.sum()), [1, 1, 1])
assert np.array_equal(mg.local_gradient(M @ v, 1), M.value)

# %% [markdown]
# ## downstream = upstream × local, with tables
#
# With a table the product is a sum over the outputs: downstream[j] = Σᵢ upstream[i] · J[i, j], in NumPy `upstream @ J`.
# Normally the upstream gradient comes from a loss. Here we choose it ourselves: `seed`.

# %%
upstream = np.array([1.0, 10.0, 100.0])
w.backward(seed=upstream)
assert np.allclose(v.grad, upstream @ mg.local_gradient(w))

# %% [markdown]
# Training never builds the table of exp. It multiplies the upstream by the diagonal, element by element: the same
# result with 3 numbers instead of 9. For a thousand elements it is a thousand instead of a million. Such shortcuts
# are what the `backward` of a layer is made of.

# %%
assert np.allclose(v.grad, upstream * np.exp(v.value))
picture = mg.draw(w, detail="full")
picture.save(folder / "exp.svg")
picture

# %%
print(f"\nIn {folder.resolve()}:")
print("  exp.svg  exp of a vector, with the numbers of its local gradient")

# %% [markdown]
# ## Exercises
#
# **1.** What are the two local gradients of a / b, in symbols, and at a = 6, b = 2?
#
# <details><summary>Answer</summary>
#
# ∂(a/b)/∂a = 1/b = 0.5 and ∂(a/b)/∂b = −a/b² = −1.5.
#
# ```python
# quotient = a / b
# print(mg.local_gradient(quotient, 0), mg.local_gradient(quotient, 1))  # 0.5 -1.5
# ```
#
# </details>

# %% [markdown]
# **2.** `v[::-1]` turns a vector around. What does its Jacobian look like? What does it do to an upstream gradient?
#
# <details><summary>Answer</summary>
#
# Output i is input 2 − i, so row i has its one 1 at column 2 − i: the unit matrix with its rows turned around. The
# gradient is turned around as well. Whatever moves numbers without changing them moves gradients back the same way.
#
# ```python
# turned = v[::-1]
# turned.backward(seed=upstream)
# print(v.grad)  # [100.  10.   1.]
# assert np.array_equal(mg.local_gradient(turned), np.eye(3)[::-1])
# ```
#
# </details>
