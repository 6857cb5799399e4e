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
# # 1 · A circuit: backpropagation by hand
#
# One formula, three numbers:
#
# > f = (x + y) · z  with x = −2, y = 5, z = −4
#
# The question of this lesson: **if I move x, y or z a little, how much does f move?** The answers are three numbers,
# ∂f/∂x, ∂f/∂y and ∂f/∂z. We find them in three ways that know nothing of each other: by hand, by a graph, and by
# really moving the inputs. All of deep learning's backward pass is in here; later lessons only make the numbers into
# matrices.
#
# You need Python and the idea of a slope. Run it with `python tutorials/01_circuit.py`, or open it as a notebook with
# jupytext. Pictures go to `out/circuit`, or to the folder that you give as an argument.

# %%
import sys
from pathlib import Path

import numpy as np

import minigraph as mg

# in a notebook the first argument belongs to the kernel and starts with a dash
folder = Path(sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/circuit")
folder.mkdir(parents=True, exist_ok=True)

# %% [markdown]
# ## Forward, by hand
#
# Cut the formula into gates that do one thing each. The sum needs a name, so call it q:
#
# * q = x + y
# * f = q · z

# %%
x0, y0, z0 = -2.0, 5.0, -4.0

q0 = x0 + y0
f0 = q0 * z0

print("Forward")
print(f"  q = x + y = {x0:g} + {y0:g} = {q0:g}")
print(f"  f = q · z = {q0:g} · ({z0:g}) = {f0:g}")

# %% [markdown]
# ## Backward, by hand
#
# Now walk from f back to the inputs. Every gate plays the same small game:
#
# * It is told the **upstream** gradient: ∂f/∂(my output).
# * It knows its **local** gradient: ∂(my output)/∂(my input). For this it needs only the numbers at its own pins.
# * It hands on the **downstream** gradient: ∂f/∂(my input) = upstream × local.
#
# That is the chain rule, one gate at a time. The downstream gradient of one gate is the upstream gradient of the gate
# before it. At f itself the walk starts with ∂f/∂f = 1: if f moves by one, f moves by one.
#
# The local gradients here:
#
# | gate | local gradients | in words |
# |---|---|---|
# | f = q · z | ∂f/∂q = z, ∂f/∂z = q | a product swaps its inputs |
# | q = x + y | ∂q/∂x = 1, ∂q/∂y = 1 | a sum hands its gradient on to both |

# %%
df_df = 1.0

df_dq = df_df * z0
df_dz = df_df * q0

dq_dx = dq_dy = 1.0
df_dx = df_dq * dq_dx
df_dy = df_dq * dq_dy

print("Backward           upstream × local = downstream")
print(f"  start  ∂f/∂f                       {df_df:3g}")
print(f"  gate · ∂f/∂q = {df_df:8g} × {z0:5g} = {df_dq:10g}    (local: z)")
print(f"  gate · ∂f/∂z = {df_df:8g} × {q0:5g} = {df_dz:10g}    (local: q)")
print(f"  gate + ∂f/∂x = {df_dq:8g} × {dq_dx:5g} = {df_dx:10g}    (local: 1)")
print(f"  gate + ∂f/∂y = {df_dq:8g} × {dq_dy:5g} = {df_dy:10g}    (local: 1)")

# %% [markdown]
# Read one of them aloud. ∂f/∂x = −4: raise x by a hair, and f falls four times as much. It must fall, because q rises
# and q is multiplied by a negative z.
#
# ## Is it true? Move the inputs
#
# A derivative is a slope, so measure the slope. Put x a little to the right and a little to the left, and divide:
#
# > ∂f/∂x ≈ (f(x + h) − f(x − h)) / 2h
#
# This knows nothing of gates and of chain rules, which is why it makes such a good witness. It is also hopelessly
# slow for a network: two forward passes for each single weight. Backpropagation gets all of them in one walk.


# %%
def circuit(point: np.ndarray) -> float:
    x, y, z = point
    return float((x + y) * z)


h = 1e-5
by_moving_x = (circuit(np.array([x0 + h, y0, z0])) - circuit(np.array([x0 - h, y0, z0]))) / (2 * h)
print(f"Moving x by ±{h:g}: f moves by {by_moving_x:.6f} per unit of x; by hand it was {df_dx:g}")

# the same for each input, with a step that suits the size of each number
numerical = mg.numerical_gradient(circuit, [x0, y0, z0])

# %% [markdown]
# ## The same, by a graph
#
# A `Node` is a value that remembers where it came from. Arithmetic on nodes computes at once *and* writes down the
# gate. `f.backward()` then does the walk from above.

# %%
x, y, z = mg.Node(x0, "x"), mg.Node(y0, "y"), mg.Node(z0, "z")
q = x + y
f = q * z
q.name, f.name = "q", "f"

print(f"f = {f.item():g}, and before backward x.grad is {x.grad}: not zero, just not computed")
f.backward()

by_hand = {"x": df_dx, "y": df_dy, "z": df_dz}
by_graph = {node.name: float(node.grad) for node in (x, y, z)}

print("        by hand   graph   numerical")
for name, moved in zip(by_hand, numerical):
    print(f"  ∂f/∂{name} {by_hand[name]:8g}{by_graph[name]:8g}{moved:15.9f}")
    assert by_graph[name] == by_hand[name]
    assert abs(moved - by_hand[name]) < 1e-6
assert f.item() == f0 and q.grad == df_dq and f.grad == df_df

# %% [markdown]
# Nodes in the middle keep their gradient too: `q.grad` is −4. And calling `f.backward()` again gives the same
# numbers, not the double. There is no `zero_grad` to forget.
#
# ## The picture
#
# `mg.draw` shows all of this at once. Values run forward along the solid arrows. Gradients run back along the dashed
# ones, and each passes a violet chip: the local gradient of that edge, with upstream × local = downstream below it.

# %%
mg.draw(f).save(folder / "circuit.svg")

# %% [markdown]
# ## One edge at a time: `mg.local_gradient`
#
# `mg.local_gradient(node, i)` is the number on a chip: ∂node/∂(its i-th input), by itself, whatever happens further
# up. With it we can do the walk again and check every edge of the graph.

# %%
print("Every edge, from f back:  upstream × local = downstream")
for node in reversed(mg.Graph(f).nodes):
    for i, source in enumerate(node.inputs):
        upstream, local = float(node.grad), float(mg.local_gradient(node, i))
        print(f"  {node.name} → {source.name}    ∂f/∂{node.name} × ∂{node.name}/∂{source.name}"
              f" = {upstream:g} × {local:g} = {upstream * local:g}")
        assert upstream * local == source.grad

# %% [markdown]
# For arrays a local gradient is a whole table, the Jacobian: J[a, b] = ∂output[a]/∂input[b]. A gate that works on
# each element by itself has zeros off the diagonal, because no output listens to its neighbour's input:

# %%
v = mg.Node([0.0, 1.0, 2.0], "v")
jacobian = mg.local_gradient(mg.exp(v))
print("∂exp(v)/∂v for v = [0, 1, 2]: a diagonal of exp(v)")
print(np.round(jacobian, 3))
assert np.allclose(jacobian, np.diag(np.exp(v.value)))

# %% [markdown]
# Training never builds this table. It multiplies upstream by the diagonal, element by element: the same result.
#
# ## A fork: x is used twice
#
# Let x go two ways:
#
# > g = (x + y) · x
#
# A change of x now reaches g by two paths: through the sum q, and straight into the product. Both happen at the same
# time, so their effects on g **add up**:
#
# * through q: ∂g/∂q × ∂q/∂x = x × 1 = −2
# * straight: ∂g/∂x with q held still = q = 3
# * together: ∂g/∂x = −2 + 3 = 1
#
# School calculus agrees: g = x² + x·y, so ∂g/∂x = 2x + y = −4 + 5 = 1.

# %%
x, y = mg.Node(x0, "x"), mg.Node(y0, "y")
q = x + y
g = q * x
q.name, g.name = "q", "g"
g.backward()

through_q = float(q.grad) * float(mg.local_gradient(q, 0))
straight = float(g.grad) * float(mg.local_gradient(g, 1))
both = through_q + straight
print(f"∂g/∂x = {through_q:g} (through q) + {straight:g} (straight) = {both:g}; the graph says {x.grad:g}")
assert x.grad == both == 2 * x0 + y0
assert abs(mg.numerical_gradient(lambda x: (x + y0) * x, x0) - x.grad) < 1e-6

mg.draw(g).save(folder / "fork.svg")

# %% [markdown]
# Not convinced that the two must be summed? Cut the fork. Give each path an x of its own with the same value. The
# forward pass can't tell the difference; the backward pass now shows the two parts separately.

# %%
x_sum, x_product = mg.Node(x0, "x of the sum"), mg.Node(x0, "x of the product")
cut = (x_sum + mg.Node(y0, "y")) * x_product
cut.backward()
print(f"Cut in two: {x_sum.name} gets {x_sum.grad:g}, {x_product.name} gets {x_product.grad:g}")
assert cut.item() == g.item()
assert x_sum.grad + x_product.grad == x.grad

# %% [markdown]
# So a fork in the forward pass is a sum in the backward pass. Every weight that is used more than once lives by this
# rule: a bias that is added to every row of a batch, a filter that slides over an image, a recurrent cell.
#
# The smallest fork is x + x. Both pins of one gate hold the same node, and its gradient is 2, not 1:

# %%
x = mg.Node(x0, "x")
(x + x).backward()
print(f"∂(x + x)/∂x = {x.grad:g}")
assert x.grad == 2

# %% [markdown]
# ## What to keep
#
# 1. A gate needs only its own numbers and the gradient from above: downstream = upstream × local.
# 2. A sum hands on, a product swaps, a fork adds up.
# 3. Never believe a gradient that was not compared with a numerical one.

# %%
print(f"\nIn {folder.resolve()}:")
print("  circuit.svg   f = (x + y) · z with its values, gradients and local gradients")
print("  fork.svg      g = (x + y) · x: two paths back to x")

# %% [markdown]
# ## Exercises
#
# 1. k = (x + y) · z + x · y, with the same three numbers. Find ∂k/∂x, ∂k/∂y and ∂k/∂z on paper, path by path. Then
#    check with a graph.
# 2. A neuron: s = 1 / (1 + exp(−(w·x + b))) with w = 2, x = 1, b = −2. Draw its gates, multiply the local gradients
#    from s back to b, and show that the product is s · (1 − s).

# %% [markdown]
# <details><summary>Answers</summary>
#
# **1.** x has two paths. Through (x + y) · z it gets z = −4, through x · y it gets y = 5, together 1 = ∂k/∂x.
# Likewise ∂k/∂y = z + x = −4 − 2 = −6. z has one path: ∂k/∂z = x + y = 3. The last + hands its upstream gradient 1
# on to both.
#
# ```python
# x, y, z = mg.Node(-2.0, "x"), mg.Node(5.0, "y"), mg.Node(-4.0, "z")
# k = (x + y) * z + x * y
# k.backward()
# print(x.grad, y.grad, z.grad)  # 1.0 -6.0 3.0
# ```
#
# **2.** The gates: m = w·x = 2, a = m + b = 0, n = −a = 0, e = exp(n) = 1, d = 1 + e = 2, s = 1/d = 0.5. From s back:
#
# | gate | s = 1/d | d = 1 + e | e = exp(n) | n = −a | a = m + b |
# |---|---|---|---|---|---|
# | local gradient | −1/d² = −¼ | 1 | e = 1 | −1 | 1 |
#
# Their product is ∂s/∂b = ¼. In symbols it is e/d². Since s = 1/d and 1 − s = e/d, that is s · (1 − s) = ½ · ½ = ¼.
# One more gate, the product, swaps: ∂s/∂w = ¼ · x = ¼ and ∂s/∂x = ¼ · w = ½.
#
# ```python
# w, x, b = mg.Node(2.0, "w"), mg.Node(1.0, "x"), mg.Node(-2.0, "b")
# s = 1 / (1 + mg.exp(-(w * x + b)))
# s.backward()
# print(s.item(), b.grad, w.grad, x.grad)  # 0.5 0.25 0.25 0.5
# ```
#
# </details>
