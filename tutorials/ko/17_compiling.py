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
# # 17 · 컴파일: 프로그램이 된 그래프
#
# 그래프는 노드에서 노드로 옮겨 다니며 새 배열을 만들고, 한 단계마다 파이썬에게 다음에 무엇을 할지 묻습니다.
# 그런데 배열의 모양이 정해져 있으면 대답은 늘 같습니다. 그러니 한 번만 적어 두면 됩니다. NumPy 호출을 차례로
# 늘어놓은 목록으로 말입니다. 이것이 컴파일(compile)입니다.

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
# ## 호출 한 번이 한 걸음
#
# `graph.compile(optimizer)`는 프로그램을 돌려줍니다. 이것을 호출하면 순전파(forward), 역전파(backward),
# 갱신(update)을 하고 손실(loss)을 돌려줍니다.

# %%
graph = network()
step = graph.compile(mg.SGD(graph.parameters, learning_rate=0.1))
first = step(X=X, T=t)
print(f"loss {first:.4f} nats")

# %% [markdown]
# ## 프로그램을 한 줄씩 읽기
#
# 출력해 봅시다. 한 줄이 NumPy 호출 하나입니다. 왼쪽은 결과를 쓸 메모리이고, 오른쪽은 그 호출이 속한 연산입니다.
# %0, %1 …은 몇 번이고 다시 쓰는 메모리입니다. 호출은 모두 아는 것들입니다. 4장의 행렬 곱(b를 W에 행 하나로
# 덧붙이고 X에 1로 된 열을 두어, 편향과 행렬 곱이 호출 하나가 됩니다), 최댓값을 빼는 계산, P − T, 그리고 ReLU의
# 문입니다. 소프트맥스(softmax)는 도중에 N = 32로 나눕니다. 1/32 = 0.03125입니다.

# %%
print(step)

# %% [markdown]
# ## 같은 수
#
# 노드를 하나씩 따라가며 다시 계산한 것과 반올림 오차 안에서 같아야 합니다. 걸음마다의 손실도, 마지막의 가중치도
# 같아야 합니다. 여러분이 그리는 그림과 실행하는 프로그램은 하나의 그래프입니다.

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
# ## 얼마나 빨라질까?
#
# 크기에 달려 있습니다. 배열이 작으면 시간의 대부분은 파이썬이 하는 일에 들고, 컴파일은 바로 그 시간을 아낍니다.
# 배열이 크면 누구든 똑같은 행렬 곱을 기다립니다.


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
# ## 무엇이 남을까?
#
# 매개변수(parameter)는 호출이 끝날 때마다 새 값을 가지므로, `mg.save`와 그림은 전과 같이 쓸 수 있습니다. 중간 노드에는
# 기록할 때의 값이 그대로 남아 있습니다. 기울기(gradient)를 그리려면 먼저 `graph.forward`와 `graph.backward`를 한 번씩
# 하세요.

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
# README에는 PyTorch, JAX, 그리고 NumPy만 쓴 것과 속도를 비교한 결과가 있습니다. `python -m benchmarks`를 실행하면
# 여러분의 컴퓨터에서 잴 수 있습니다.
#
# ## 연습 문제
#
# **1.** 옵티마이저(optimizer) 없이 컴파일해 보세요. 무엇을 얻고, 그것은 어디에 쓸모가 있을까요?
#
# <details><summary>답</summary>
#
# 프로그램은 역전파까지만 하고 멈춥니다. `gradients`에는 매개변수마다 배열이 하나씩 들어 있습니다. 갱신 규칙을
# 직접 만들어 쓰거나 기울기를 자주 들여다볼 때 쓸모가 있습니다.
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
# **2.** 에폭(epoch)의 마지막 배치(batch)는 나머지보다 작을 때가 많습니다. 크기가 다른 배치를 만나면 프로그램은
# 어떻게 할까요? 그 대가는 무엇일까요?
#
# <details><summary>답</summary>
#
# 새 모양에 맞는 목록을 하나 더 만들고, 두 목록을 모두 간직합니다. 새 모양으로 처음 호출할 때는 느리지만
# 그다음부터는 느리지 않습니다.
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
