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
# # 12 · L2: what a penalty does to weights
#
# Some data can be separated without a mistake. Then softmax is never content: it makes the weights larger and larger,
# to be surer and surer. A penalty on large weights ends that race.
#
# > loss = cross-entropy + λ · Σ W²

# %%
import sys
from pathlib import Path

import numpy as np

import minigraph as mg
from minigraph.layers import L2, Affine, SoftmaxWithLoss

# in a notebook the first argument belongs to the kernel and starts with a dash
folder = Path(sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/l2")
folder.mkdir(parents=True, exist_ok=True)

# %% [markdown]
# ## Data without a doubt
#
# Three clouds of points, so far apart that straight borders separate them.

# %%
rng = np.random.default_rng(0)
centres = np.array([[0.0, 2.0], [-1.7, -1.0], [1.7, -1.0]])
t = np.repeat([0, 1, 2], 20)
X = centres[t] + 0.4 * rng.normal(size=(60, 2))

# %% [markdown]
# ## The gradient of the penalty
#
# d(λw²)/dw = 2λw: a pull back to 0, in proportion to the weight. W is now used twice, by the layer and by the penalty.
# That is a fork, so the two gradients add up: ∂loss/∂W = Xᵀ · (P − T)/N + 2λ · W.
#
# Mind the conventions. Here λ has no ½ and Σ W² is a **sum** over the weights, whatever the batch, while the
# cross-entropy is a **mean** over the samples, in nats. Some libraries write ½λ. The bias is left out: it only moves
# the borders and makes nobody surer.


# %%
def network(penalty: mg.Op | None) -> tuple[mg.Graph, mg.Parameter]:
    affine = Affine(2, 3, weight=np.zeros((2, 3)))
    W = affine.parameters[0]
    loss = SoftmaxWithLoss()(affine(mg.Node(X, "X", requires_grad=False)), mg.Node(t, "T"))
    return mg.Graph(loss if penalty is None else loss + penalty(W)), W


graph, W = network(L2(0.01))
W.value = rng.normal(size=(2, 3))
graph.forward()
graph.backward()
total = W.grad

plain, V = network(None)
V.value = W.value
plain.forward()
plain.backward()
assert np.allclose(total, V.grad + 2 * 0.01 * W.value)

# %% [markdown]
# ## Training, with and without
#
# The same steps from the same start, with three strengths λ. Watch the length of W, ‖W‖ = √(Σ W²).

# %%
norms = {}
print("  steps" + "".join(f"{steps:10}" for steps in (100, 1000, 4000)) + "    ‖W‖")
for strength in (0.0, 0.001, 0.01):
    graph, W = network(L2(strength))
    step = graph.compile(mg.SGD(graph.parameters, learning_rate=0.3))
    norms[strength] = []
    for k in range(1, 4001):
        step()
        if k in (100, 1000, 4000):
            norms[strength].append(float(np.linalg.norm(W.value)))
    print(f"  λ = {strength:<5g}" + "".join(f"{norm:8.2f}  " for norm in norms[strength]))
    graph.forward()
    cross_entropy = graph.output.inputs[0]  # the loss is a sum; the units are drawn of its first part
    mg.draw(cross_entropy, view="neurons", sample=0, title=f"λ = {strength:g}").save(
        folder / f"lambda-{strength:g}.svg"
    )

free, weak, strong = norms.values()
assert free[2] > free[1] + 1 > free[0] + 2  # still growing
assert abs(strong[2] - strong[1]) < 1e-3  # at rest
assert strong[2] < weak[2] < free[2]

# %% [markdown]
# Without a penalty ‖W‖ goes on growing, slowly, like a logarithm: each further step makes the network a little surer
# of what it knows. With λ there is a place where the two pulls are equal, and there W stays.

# %%
cross_entropy.backward()
assert np.allclose(W.grad, -2 * strength * W.value, atol=1e-4)
print("at rest the gradient of the data is −2λW:", np.round(W.grad.ravel(), 3))

graph.backward()
assert abs(W.grad).max() < 1e-4
picture = mg.draw(graph, sample=0)
picture.save(folder / "fork.svg")
picture

# %% [markdown]
# ## Weight decay
#
# A step of SGD with the penalty is W ← W − η · (∂L/∂W + 2λ · W). The last part shrinks W by the factor 1 − 2ηλ at each
# step. So for plain SGD a penalty of λ and a `weight_decay` of 2λ are the same. For Adam they are not.

# %%
by_penalty, W = network(L2(0.01))
by_decay, V = network(None)
first = mg.SGD([W], learning_rate=0.3)
second = mg.SGD([V], learning_rate=0.3, weight_decay=0.02)
for _ in range(20):
    for graph, optimizer in ((by_penalty, first), (by_decay, second)):
        graph.forward()
        graph.backward()
        optimizer.step()
assert np.allclose(W.value, V.value)

print(f"\nIn {folder.resolve()}:")
print("  lambda-0.svg      the weights after 4000 steps without a penalty")
print("  lambda-0.001.svg  with λ = 0.001")
print("  lambda-0.01.svg   with λ = 0.01")
print("  fork.svg          at rest with λ = 0.01: the two paths back to W cancel")

# %% [markdown]
# The idea is ridge regression: A. Hoerl and R. Kennard (1970). The book "Deep Learning from Scratch" has
# it in chapter 6 as weight decay, with ½λ.
#
# ## Exercises
#
# **1.** Take the **sum** over the samples as the loss (`SoftmaxWithLoss("sum")`). Which λ now leads to the same W as
# λ = 0.01 did with the mean over 60 samples?
#
# <details><summary>Answer</summary>
#
# The sum is 60 times the mean, so the penalty must be 60 times as strong too: λ = 0.6. The whole loss is then 60 times
# the old one, with the same minimum. The learning rate must be 60 times smaller.
#
# ```python
# ends = []
# for reduction, strength, rate in (("mean", 0.01, 0.3), ("sum", 0.6, 0.3 / 60)):
#     affine = Affine(2, 3, weight=np.zeros((2, 3)))
#     graph = mg.Graph(SoftmaxWithLoss(reduction)(affine(X), t) + L2(strength)(affine.parameters[0]))
#     step = graph.compile(mg.SGD(graph.parameters, learning_rate=rate))
#     for _ in range(1000):
#         step()
#     ends.append(affine.parameters[0].value)
# print(np.allclose(*ends))  # True
# ```
#
# </details>

# %% [markdown]
# **2.** `L1` punishes Σ |W| instead. Add a feature of pure noise to X and train with L2 and with L1. What happens to
# the weights of the noise?
#
# <details><summary>Answer</summary>
#
# L2 pulls less and less near 0, so small weights stay small, but not 0. L1 pulls with the same force λ everywhere. What
# the data does not want that much goes to 0 (up to the length of a step, which jumps over it): a selection of features.
#
# ```python
# from minigraph.layers import L1
#
# noisy = np.column_stack([X, np.random.default_rng(1).normal(size=60)])
# near_zero = []
# for penalty in (L2(0.02), L1(0.02)):
#     affine = Affine(3, 3, weight=np.zeros((3, 3)))
#     graph = mg.Graph(SoftmaxWithLoss()(affine(noisy), t) + penalty(affine.parameters[0]))
#     step = graph.compile(mg.SGD(graph.parameters, learning_rate=0.1))
#     for _ in range(3000):
#         step()
#     near_zero.append(bool(abs(affine.parameters[0].value[2]).max() < 0.003))
# print(near_zero)  # [False, True]
# ```
#
# </details>
