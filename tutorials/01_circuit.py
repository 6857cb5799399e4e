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
# jupytext ([how](README.md)). Pictures go to `out/circuit`, or to the folder that you give as an argument.

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
# A suffix of `.html` gives a page that walks through the same picture step by step: open it in a browser and press →.
# The last line of the cell shows the picture in a notebook; in a script it does nothing.

# %%
picture = mg.draw(f)
picture.save(folder / "circuit.svg")
picture.save(folder / "circuit.html")
picture

# %% [markdown]
# ## What to keep
#
# 1. A gate needs only its own numbers and the gradient from above: downstream = upstream × local.
# 2. A sum hands on, a product swaps.
# 3. Never believe a gradient that was not compared with a numerical one.
#
# This circuit with these numbers is the first example of many courses, among them the notes of cs231n (Stanford),
# "Backpropagation, Intuitions".

# %%
print(f"\nIn {folder.resolve()}:")
print("  circuit.svg   f = (x + y) · z with its values, gradients and local gradients")
print("  circuit.html  the same, to step through")

# %% [markdown]
# ## Exercises
#
# **1.** You may change one of x, y and z by 0.01, and want f to rise as much as possible. Which one, and which way?
# By how much does f rise? Predict it from the gradients, then move the number.
#
# <details><summary>Answer</summary>
#
# ∂f/∂x = ∂f/∂y = −4 and ∂f/∂z = 3. The largest slope wins, whatever its sign: take x (or y), and go *down*. f rises
# by about 0.01 · 4 = 0.04; here exactly, because f is linear in x. Gradient descent is this, for all inputs at once,
# and downhill.
#
# ```python
# print(round(circuit(np.array([x0 - 0.01, y0, z0])) - f0, 6))  # 0.04
# print(round(circuit(np.array([x0, y0, z0 + 0.01])) - f0, 6))  # 0.03
# ```
#
# </details>

# %% [markdown]
# **2.** Take z = +4 instead of −4. Which of the three gradients change, and why not all of them?
#
# <details><summary>Answer</summary>
#
# ∂f/∂x and ∂f/∂y are z times 1, so both turn from −4 to 4. ∂f/∂z is q = x + y, which doesn't know z: it stays 3. A
# product hands each input the value of the *other* one.
#
# ```python
# x, y, z = mg.Node(-2.0, "x"), mg.Node(5.0, "y"), mg.Node(4.0, "z")
# f = (x + y) * z
# f.backward()
# print(x.grad, y.grad, z.grad)  # 4.0 4.0 3.0
# ```
#
# </details>
