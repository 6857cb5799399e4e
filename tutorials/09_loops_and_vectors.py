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
# # 9 · Loops against vectors
#
# The softmax loss three times: with Python loops, one sample at a time, and all at once. The numbers agree; the time
# does not. This is the exercise `softmax.py` of cs231n's first assignment, where you write the first and the last.

# %%
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np

import minigraph as mg
from minigraph.layers import L2, Affine, SoftmaxWithLoss

# in a notebook the first argument belongs to the kernel and starts with a dash
folder = Path(sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/loops")
folder.mkdir(parents=True, exist_ok=True)

# %% [markdown]
# 200 samples of 40 features, ten classes. The labels are random: only numbers and times matter here.

# %%
rng = np.random.default_rng(0)
N, D, C, reg = 200, 40, 10, 1e-3
X, t = rng.normal(size=(N, D)), rng.integers(C, size=N)
W0 = 0.1 * rng.normal(size=(D, C))

# %% [markdown]
# ## As the formula reads
#
# The loss is a **mean** over N samples, in nats, plus reg · Σ W². Σ W² is a sum, without ½, so its gradient is
# 2 · reg · W. For each sample and class, one score and one column of dW. The scores are shifted by their maximum, as
# in lesson 8.


# %%
def with_loops(W: np.ndarray) -> tuple[float, np.ndarray]:
    loss, dW = 0.0, np.zeros_like(W)
    for n in range(N):
        scores = [sum(X[n, d] * W[d, c] for d in range(D)) for c in range(C)]
        highest = max(scores)
        exps = [np.exp(score - highest) for score in scores]
        total = sum(exps)
        for c in range(C):
            p = exps[c] / total
            if c == t[n]:
                loss -= np.log(p)
            for d in range(D):
                dW[d, c] += X[n, d] * (p - (c == t[n]))
    return float(loss / N + reg * (W * W).sum()), dW / N + 2 * reg * W


# %% [markdown]
# ## One sample at a time
#
# The loops over d and c become products: x · W for the scores, and an outer product for dW. The 1 of the one-hot
# target is subtracted where it stands: p[t] −= 1.


# %%
def one_by_one(W: np.ndarray) -> tuple[float, np.ndarray]:
    loss, dW = 0.0, np.zeros_like(W)
    for x, label in zip(X, t):
        scores = x @ W
        p = np.exp(scores - scores.max())
        p /= p.sum()
        loss -= np.log(p[label])
        p[label] -= 1
        dW += np.outer(x, p)
    return float(loss / N + reg * (W * W).sum()), dW / N + 2 * reg * W


# %% [markdown]
# ## All at once
#
# The last loop becomes a row axis. `keepdims` keeps maximum and sum as columns, so that they broadcast over the
# classes. And the sum of all outer products is one matrix product, Xᵀ · (P − T): lesson 4 in a new dress.


# %%
def vectorised(W: np.ndarray) -> tuple[float, np.ndarray]:
    scores = X @ W
    P = np.exp(scores - scores.max(axis=1, keepdims=True))
    P /= P.sum(axis=1, keepdims=True)
    rows = np.arange(N)
    loss = -np.log(P[rows, t]).mean()
    P[rows, t] -= 1
    return float(loss + reg * (W * W).sum()), X.T @ P / N + 2 * reg * W


# %% [markdown]
# ## And by a graph
#
# `L2(reg)` is the penalty as a node. W is used twice, by Affine and by L2, so its gradient has two paths.

# %%
affine = Affine(D, C, weight=W0, bias=False)
W = affine.parameters[0]
scores = affine(mg.Node(X, "X", requires_grad=False))
loss = SoftmaxWithLoss()(scores, mg.Node(t, "T")) + L2(reg)(W)
graph = mg.Graph(loss)
program = graph.compile(wrt=[W])


def by_graph() -> tuple[float, np.ndarray]:
    graph.forward()
    graph.backward()
    return loss.item(), W.grad


def compiled() -> tuple[float, np.ndarray]:
    return float(program()), program.gradients[W]


# %% [markdown]
# ## The same numbers, in less time
#
# The best of a few runs each, as a ratio to the vectorised one. Most of the first one's time is Python taking single
# numbers out of arrays. The ratios depend on your machine and on the sizes: the more work is in one NumPy call, the
# less it matters who calls it.


# %%
def seconds(work: Callable[[], object], runs: int) -> float:
    times = []
    for _ in range(runs):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return min(times)


# %%
ways = {
    "with loops": (lambda: with_loops(W0), 1),
    "one by one": (lambda: one_by_one(W0), 5),
    "vectorised": (lambda: vectorised(W0), 50),
    "by a graph": (by_graph, 50),
    "graph, compiled": (compiled, 50),
}
right, slope = vectorised(W0)
for work, _ in ways.values():
    found, dW = work()
    assert np.isclose(found, right, rtol=1e-12) and np.allclose(dW, slope, rtol=1e-9)

times = {name: seconds(work, runs) for name, (work, runs) in ways.items()}
for name, time in times.items():
    print(f"  {name:16} {time / times['vectorised']:8.1f} × the time of the vectorised one")
assert times["with loops"] > times["vectorised"]

picture = mg.draw(loss, sample=0)
picture.save(folder / "softmax_l2.svg")
picture

# %%
print(f"\nIn {folder.resolve()}:")
print("  softmax_l2.svg  softmax regression with L2; the first of 200 samples")

# %% [markdown]
# Nobody gets it right at the first go. That is why the loops are worth writing: they are slow, but easy to believe,
# and the fast version must agree with them to the last digits.
#
# ## Exercises
#
# **1.** `P[rows, t] -= 1` picks one number per row. Write P − T with a one-hot matrix T instead. And why does
# `P[:, t] -= 1` do something else?
#
# <details><summary>Answer</summary>
#
# `np.eye(C)[t]` takes row t[n] of the unit matrix for each sample. `P[:, t]` means: of *all* rows the columns in t.
# Two index arrays side by side are read in pairs, a slice and an array are not.
#
# ```python
# P = np.full((3, 4), 0.25)
# few = np.array([2, 0, 1])
# Q = P.copy()
# Q[np.arange(3), few] -= 1
# print(np.array_equal(Q, P - np.eye(4)[few]))  # True
# print(P[np.arange(3), few].shape, P[:, few].shape)  # (3,) (3, 3)
# ```
#
# </details>

# %% [markdown]
# **2.** The division by N stands at the end. What goes wrong if you forget it in dW but not in the loss? Which test
# would tell you?
#
# <details><summary>Answer</summary>
#
# The gradient of the data is N times too long, here 200 times. It still points downhill, so a small learning rate may
# hide the mistake, until you change the batch size. The penalty's part is not too long, so reg seems to do nothing. A
# comparison with finite differences tells at once.
#
# ```python
# by_moving = mg.numerical_gradient(lambda W: vectorised(W)[0], W0)
# forgot = (slope - 2 * reg * W0) * N + 2 * reg * W0
# print(np.allclose(by_moving, slope, atol=1e-7), np.allclose(by_moving, forgot, atol=1e-7))  # True False
# ```
#
# </details>
