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
# # 3 · The chain rule, and forks
#
# Along a path the local gradients multiply. Where a value goes two ways, the two paths add up. These two sentences
# are the whole of backpropagation; here are both in numbers.

# %%
import sys
from pathlib import Path

import minigraph as mg

# in a notebook the first argument belongs to the kernel and starts with a dash
folder = Path(sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/forks")
folder.mkdir(parents=True, exist_ok=True)

# %% [markdown]
# ## A chain: one neuron
#
# > s = 1 / (1 + exp(−(w · x + b)))  with w = 2, x = 1, b = −2
#
# Cut it into gates: a = w · x + b, n = −a, e = exp(n), d = 1 + e, s = 1/d. From s back to b there is one path:
#
# | gate | s = 1/d | d = 1 + e | e = exp(n) | n = −a | a = … + b |
# |---|---|---|---|---|---|
# | local gradient | −1/d² = −¼ | 1 | e = 1 | −1 | 1 |
#
# Their product is ∂s/∂b = ¼. In symbols it is e/d². Since s = 1/d and 1 − s = e/d, that is s · (1 − s).

# %%
w, x, b = mg.Node(2.0, "w"), mg.Node(1.0, "x"), mg.Node(-2.0, "b")
a = w * x + b
n = -a
e = mg.exp(n)
d = 1 + e
s = 1 / d
for name, node in {"a": a, "n": n, "e": e, "d": d, "s": s}.items():
    node.name = name

product = 1.0
for node, i in ((s, 1), (d, 1), (e, 0), (n, 0), (a, 1)):  # each gate, and which of its inputs lies on the path
    product *= float(mg.local_gradient(node, i))

s.backward()
print(
    f"product of the local gradients {product:g}, the graph says {b.grad:g}, s(1 − s) = {s.item() * (1 - s.item()):g}"
)
assert product == b.grad == s.item() * (1 - s.item())
picture = mg.draw(s)
picture.save(folder / "neuron.svg")
picture

# %% [markdown]
# ## A fork: x is used twice
#
# > g = (x + y) · x  with x = −2, y = 5
#
# A change of x now reaches g by two paths: through the sum q, and straight into the product. Both happen at the same
# time, so their effects on g **add up**:
#
# * through q: ∂g/∂q × ∂q/∂x = x × 1 = −2
# * straight: ∂g/∂x with q held still = q = 3
# * together: ∂g/∂x = −2 + 3 = 1
#
# School calculus agrees: g = x² + x · y, so ∂g/∂x = 2x + y = −4 + 5 = 1.

# %%
x, y = mg.Node(-2.0, "x"), mg.Node(5.0, "y")
q = x + y
g = q * x
q.name, g.name = "q", "g"
g.backward()

through_q = float(q.grad) * float(mg.local_gradient(q, 0))
straight = float(g.grad) * float(mg.local_gradient(g, 1))
print(f"∂g/∂x = {through_q:g} (through q) + {straight:g} (straight); the graph says {x.grad:g}")
assert x.grad == through_q + straight == 2 * x.item() + y.item()
assert abs(mg.numerical_gradient(lambda x: (x + 5) * x, -2.0) - x.grad) < 1e-6

# %% [markdown]
# `mg.explain` writes the same down, path by path. On the page, step back with → and watch x.grad grow by one path
# after the other.

# %%
print(mg.explain(x))
picture = mg.draw(g)
picture.save(folder / "fork.svg")
picture.save(folder / "fork.html")
picture

# %% [markdown]
# Not convinced that the two must be summed? Cut the fork. Give each path an x of its own with the same value. The
# forward pass can't tell the difference; the backward pass now shows the two parts separately.

# %%
x_sum, x_product = mg.Node(-2.0, "x of the sum"), mg.Node(-2.0, "x of the product")
cut = (x_sum + mg.Node(5.0, "y")) * x_product
cut.backward()
print(f"cut in two: {x_sum.grad:g} and {x_product.grad:g}")
assert cut.item() == g.item() and x_sum.grad + x_product.grad == x.grad

# %% [markdown]
# So a fork in the forward pass is a sum in the backward pass. Every weight that is used more than once lives by this
# rule: a bias that is added to every row of a batch, a filter that slides over an image, a recurrent cell. The
# smallest fork is x + x: both pins of one gate hold the same node, and its gradient is 2, not 1.

# %%
x = mg.Node(-2.0, "x")
(x + x).backward()
assert x.grad == 2

print(f"\nIn {folder.resolve()}:")
print("  neuron.svg  one neuron: five gates between s and b")
print("  fork.svg    g = (x + y) · x: two paths back to x")
print("  fork.html   the same, to step through")

# %% [markdown]
# ## Exercises
#
# **1.** k = (x + y) · z + x · y with x = −2, y = 5, z = −4. Find ∂k/∂x, ∂k/∂y and ∂k/∂z on paper, path by path.
#
# <details><summary>Answer</summary>
#
# x has two paths. Through (x + y) · z it gets z = −4, through x · y it gets y = 5, together 1. Likewise ∂k/∂y = z + x
# = −6. z has one path: ∂k/∂z = x + y = 3. The last + hands its upstream gradient 1 on to both.
#
# ```python
# x, y, z = mg.Node(-2.0, "x"), mg.Node(5.0, "y"), mg.Node(-4.0, "z")
# k = (x + y) * z + x * y
# k.backward()
# print(x.grad, y.grad, z.grad)  # 1.0 -6.0 3.0
# ```
#
# </details>

# %% [markdown]
# **2.** How many paths lead from c = x · x · x back to x, and what does each bring at x = 2?
#
# <details><summary>Answer</summary>
#
# Three, one for each place where x stands. Each brings the product of the other two: 2 · 2 = 4. Together 12, which is
# the 3x² of school. The rule for powers is a fork with n equal branches.
#
# ```python
# x = mg.Node(2.0, "x")
# (x * x * x).backward()
# print(x.grad)  # 12.0
# ```
#
# </details>
