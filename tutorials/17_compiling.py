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
# # 17 · Compiling: the graph as a program
#
# A graph walks from node to node, makes new arrays and asks Python at each step what comes next. But for arrays of
# given shapes the answer is always the same. So it can be written down once, as a flat list of NumPy calls.

# %%
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np

import minigraph as mg
from minigraph.layers import Affine, ReLU, SoftmaxWithLoss

# in a notebook the first argument belongs to the kernel and starts with a dash
folder = Path(sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/compiled")
folder.mkdir(parents=True, exist_ok=True)

rng = np.random.default_rng(0)
X = rng.normal(size=(32, 6))
t = X[:, :3].argmax(axis=1)


def network() -> mg.Graph:
    net = mg.Sequential(Affine(6, 8, seed=1), ReLU(), Affine(8, 3, seed=2))
    return mg.Graph(SoftmaxWithLoss()(net(mg.Node(X, "X", requires_grad=False)), mg.Node(t, "T")))


# %% [markdown]
# ## One call is one step
#
# `graph.compile(optimizer)` gives a program. Calling it does forward, backward and update, and returns the loss.

# %%
graph = network()
step = graph.compile(mg.SGD(graph.parameters, learning_rate=0.1))
first = step(X=X, T=t)
print(f"loss {first:.4f} nats")

# %% [markdown]
# ## The program, call by call
#
# Print it. Each line is one NumPy call: on the left the memory that it writes into, on the right the op that it belongs
# to. %0, %1 … are memory that is used again and again. You know the calls: the products of lesson 4 (b is one more row
# of W, and X has a column of ones, so that bias and product are one call), the shift by the maximum, P − T, the doors
# of ReLU. The softmax is divided by N = 32 on the way: 1/32 = 0.03125.

# %%
print(step)

# %% [markdown]
# ## The same numbers
#
# It must come to the same as replaying node by node, up to rounding: the loss of every step, and the weights at the
# end. The picture you draw and the program you run are one graph.

# %%
replayed, compiled = network(), network()
sgd = mg.SGD(replayed.parameters, learning_rate=0.1, momentum=0.9)
step = compiled.compile(mg.SGD(compiled.parameters, learning_rate=0.1, momentum=0.9))

for x_batch, t_batch in mg.batches(np.tile(X, (10, 1)), np.tile(t, 10), size=32, seed=0):
    by_replay = replayed.forward(X=x_batch, T=t_batch)
    replayed.backward()
    sgd.step()
    assert np.isclose(step(X=x_batch, T=t_batch), by_replay, rtol=1e-12)

for a, b in zip(replayed.parameters, compiled.parameters):
    assert np.allclose(a.value, b.value, rtol=1e-10)

# %% [markdown]
# ## How much faster?
#
# It depends on the size. For small arrays Python's own work is most of the time, and that is what compiling saves. For
# large ones everybody waits for the same matrix products.


# %%
def one_replay() -> None:
    replayed.forward(X=X, T=t)
    replayed.backward()
    sgd.step()


def one_call() -> None:
    step(X=X, T=t)


def seconds(work: Callable[[], None], runs: int = 100) -> float:
    times = []
    for _ in range(runs):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return min(times)


print(f"replaying takes {seconds(one_replay) / seconds(one_call):.1f} × the time of the program")

# %% [markdown]
# ## What it keeps
#
# The parameters have their new values after each call, so `mg.save` and pictures work as before. Inner nodes keep what
# was recorded: before you draw gradients, do one `graph.forward` and `graph.backward`.

# %%
compiled.forward(X=X, T=t)
compiled.backward()
picture = mg.draw(compiled, sample=0)
picture.save(folder / "trained.svg")
picture

# %%
print(f"\nIn {folder.resolve()}:")
print("  trained.svg  the network after training by the program; the first of 32 samples")

# %% [markdown]
# The README compares the speed with PyTorch, JAX and plain NumPy; `python -m benchmarks` measures it on your machine.
#
# ## Exercises
#
# **1.** Compile without an optimizer. What do you get, and what is it good for?
#
# <details><summary>Answer</summary>
#
# The program stops after backward; `gradients` has one array per parameter. Good for an update rule of your own, or for
# looking at gradients often.
#
# ```python
# program = compiled.compile()
# program(X=X, T=t)
# W1 = compiled.parameters[0]
# print(np.allclose(program.gradients[W1], W1.grad))  # True
# ```
#
# </details>

# %% [markdown]
# **2.** The last batch of an epoch is often smaller. What does the program do with a batch of another size, and what
# does that cost?
#
# <details><summary>Answer</summary>
#
# It makes a second list, for the new shapes, and keeps both. The first call with new shapes is slow, later ones are
# not.
#
# ```python
# def once(rows):
#     start = perf_counter()
#     step(X=X[:rows], T=t[:rows])
#     return perf_counter() - start
#
# slow, quick = once(7), min(once(7) for _ in range(20))
# print(slow > quick)  # True
# ```
#
# </details>
