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
# # 14 · Softmax against SVM
#
# Two losses for the same scores. Softmax asks for probability 1. A support vector machine (SVM) asks that the right
# score lead by a margin, and then it is content. The difference is easiest to see in the gradients.

# %%
import sys
from pathlib import Path

import numpy as np

import minigraph as mg
from minigraph.layers import MulticlassHinge, Softmax, SoftmaxWithLoss

# in a notebook the first argument belongs to the kernel and starts with a dash
folder = Path(sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/svm")
folder.mkdir(parents=True, exist_ok=True)

# %% [markdown]
# ## The hinge loss
#
# > ℓ = Σ max(0, s[c] − s[y] + Δ) over all c ≠ y, with Δ = 1
#
# s are the scores and y is the right class. A wrong class costs something only if it comes nearer than Δ to the right
# one. Its local gradients are those of a maximum: 1 for each wrong class within the margin, and minus their number for
# the right class. Nats have no part in it: the unit is that of the scores.

# %%
s = mg.Node([[2.0, 1.5, -0.5]], "scores")
t = mg.Node([0], "T")
hinge, softmax = MulticlassHinge()(s, t), SoftmaxWithLoss()(s, t)

for name, loss in {"hinge": hinge, "softmax": softmax}.items():
    loss.backward()
    print(f"  {name:8} loss {loss.item():.4f}, gradient of the scores {np.round(s.grad[0], 3)}")
picture = mg.draw(softmax, digits=3)
picture.save(folder / "softmax.svg")
picture

# %%
hinge.backward()
assert hinge.item() == 0.5 and np.array_equal(s.grad, [[-1, 1, 0]])
assert mg.check_gradients(hinge, verbose=False)
picture = mg.draw(hinge, digits=3)
picture.save(folder / "hinge.svg")
picture

# %% [markdown]
# The third class is 2.5 behind, more than Δ: the hinge doesn't see it, neither in the loss nor in the gradient. Softmax
# pushes it further down all the same, a little.
#
# ## When is it enough?
#
# Raise the right score and look at the length of the gradient. From a lead of Δ on the hinge loss is 0, exactly.
# Softmax is never content; its gradient only gets small, like exp(−lead).

# %%
graphs = {"hinge": mg.Graph(hinge), "softmax": mg.Graph(softmax)}
lengths: dict[str, list[float]] = {name: [] for name in graphs}
print("  lead      hinge    softmax   (length of the gradient)")
for lead in (-1.0, 0.0, 0.5, 1.5, 5.0, 10.0):
    for name, graph in graphs.items():
        graph.forward(scores=[[1.5 + lead, 1.5, -0.5]])
        graph.backward()
        lengths[name].append(float(np.linalg.norm(s.grad)))
    print(f"  {lead:4g} {lengths['hinge'][-1]:10.4f} {lengths['softmax'][-1]:10.6f}")
assert lengths["hinge"][3:] == [0, 0, 0]
assert lengths["softmax"][-1] > 0 and lengths["softmax"] == sorted(lengths["softmax"], reverse=True)

# %% [markdown]
# So a sample far on the right side has no say in where an SVM's border lies. In softmax every sample has a say, though
# a weak one. `examples/hinge_and_softmax.py` trains both and shows the borders move.
#
# ## What the scores mean
#
# Softmax turns scores into probabilities, and differences of scores have a meaning: sᵢ − sⱼ = ln(pᵢ / pⱼ). So twice the
# scores are another opinion, a surer one. The hinge knows margins only. Its scores are right or wrong by a distance,
# and no probability can be read off.

# %%
P = Softmax().forward(s.value)[0]
assert np.isclose(np.log(P[0] / P[1]), s.value[0, 0] - s.value[0, 1])

# %% [markdown]
# ## Opened
#
# The hinge is made of gates that you know: −, +, max and Σ. `pick` takes the score of the right class out of its row,
# and the −1 near the end is for that class itself, which is Δ above itself less Δ. The scores are those of the
# beginning.

# %%
graphs["hinge"].forward(scores=[[2.0, 1.5, -0.5]])
graphs["hinge"].backward()
picture = mg.draw(hinge, expand=1)
picture.save(folder / "opened.svg")
picture

# %%
print(f"\nIn {folder.resolve()}:")
print("  hinge.svg    three scores and their hinge loss")
print("  softmax.svg  the same scores under softmax and cross-entropy")
print("  opened.svg   the hinge loss by −, +, max and Σ")

# %% [markdown]
# This hinge loss is that of J. Weston and C. Watkins (1999). The comparison follows the notes of cs231n, "Linear
# classification".
#
# ## Exercises
#
# **1.** What is the first loss of an SVM with C classes, when all scores are about 0? (Lesson 13 asked the same of
# softmax.)
#
# <details><summary>Answer</summary>
#
# Each of the C − 1 wrong classes is level with the right one and costs Δ: C − 1 for Δ = 1. For ten classes 9, where
# softmax has ln 10 = 2.303.
#
# ```python
# level = np.zeros((4, 10))
# print(MulticlassHinge()(level, [0, 1, 2, 3]).item())  # 9.0
# print(round(SoftmaxWithLoss()(level, [0, 1, 2, 3]).item(), 3))  # 2.303
# ```
#
# </details>

# %% [markdown]
# **2.** Add 100 to all scores. Then multiply them by 100. What do the two losses say?
#
# <details><summary>Answer</summary>
#
# Adding changes neither: both see differences only. Multiplied, the right class leads by 50, so the hinge is 0, and
# softmax has a loss of 10⁻²²: it believes the scores. Under a hinge, weights can therefore simply grow until all
# margins are met; a penalty, as in lesson 12, is what gives Δ a meaning.
#
# ```python
# first = np.array([[2.0, 1.5, -0.5]])
# losses = [op(first * 100, [0]).item() for op in (MulticlassHinge(), SoftmaxWithLoss())]
# print(losses[0] == 0, losses[1] < 1e-15)  # True True
# for op in (MulticlassHinge(), SoftmaxWithLoss()):
#     assert np.isclose(op(first, [0]).item(), op(first + 100, [0]).item())
# ```
#
# </details>
