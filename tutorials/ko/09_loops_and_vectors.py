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
# # 9 · 반복문과 벡터화
#
# 소프트맥스(softmax) 손실(loss)을 세 가지로 구현합니다. 파이썬 반복문(loop)으로, 샘플 하나씩, 그리고 한꺼번에
# 계산합니다. 수는 모두 같지만 걸리는 시간은 다릅니다. cs231n의 첫 과제에 있는 `softmax.py`가 바로 이 연습이며,
# 거기서는 첫째 것과 마지막 것을 작성합니다.

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
# 특징(feature)이 40개인 샘플이 200개, 클래스는 열 개입니다. 레이블은 무작위입니다. 여기서 중요한 것은 수와
# 시간뿐입니다.

# %%
rng = np.random.default_rng(0)
N, D, C, reg = 200, 40, 10, 1e-3
X, t = rng.normal(size=(N, D)), rng.integers(C, size=N)
W0 = 0.1 * rng.normal(size=(D, C))

# %% [markdown]
# ## 공식 그대로
#
# 손실은 N개 샘플의 **평균**이고 단위는 내트(nat)이며, 여기에 reg · Σ W²을 더합니다. Σ W²은 ½이 붙지 않은 합이므로
# 기울기(gradient)는 2 · reg · W입니다. 샘플과 클래스의 짝마다 점수(score) 하나와 dW의 열 하나를 계산합니다.
# 점수에서는 8장처럼 최댓값을 뺍니다.


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
# ## 샘플 하나씩
#
# d와 c에 대한 반복문은 곱으로 바뀝니다. 점수는 x · W이고, dW는 외적(outer product)입니다. 원-핫(one-hot) 정답
# 레이블의 1은 그것이 있는 자리에서만 뺍니다: p[t] −= 1.


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
# ## 한꺼번에
#
# 마지막 반복문은 배열의 행 축이 됩니다. `keepdims`를 쓰면 최댓값과 합이 열로 남아서 클래스 방향으로
# 브로드캐스트(broadcast)됩니다. 그리고 모든 외적의 합은 행렬 곱 하나, Xᵀ · (P − T)입니다. 4장에서 본 것이 옷만
# 갈아입고 나왔습니다.


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
# ## 그리고 그래프로
#
# `L2(reg)`는 페널티 항(penalty)을 노드로 만든 것입니다. W는 Affine과 L2에서 한 번씩 모두 두 번 쓰이므로, W의
# 기울기에는 경로가 둘입니다.

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
# ## 같은 수를 더 짧은 시간에
#
# 방법마다 몇 번씩 실행해 가장 빠른 것을 골라, 벡터화한(vectorised) 것에 대한 비율로 나타냅니다. 첫째 방법의 시간은
# 대부분 파이썬이 배열에서 수를 하나씩 꺼내는 데 들어갑니다. 비율은 컴퓨터와 배열의 크기에 따라 달라집니다. NumPy 호출
# 한 번에 하는 일이 많을수록, 누가 호출하는지는 덜 중요해집니다.


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
# 단번에 제대로 만드는 사람은 없습니다. 그래서 반복문은 써 볼 만합니다. 느리지만 믿기 쉽고, 빠른 구현이 맞으려면 그
# 결과가 마지막 자리까지 반복문의 결과와 같아야 합니다.
#
# ## 연습 문제
#
# **1.** `P[rows, t] -= 1`은 행마다 수를 하나씩 고릅니다. 이것 대신 원-핫 행렬 T를 써서 P − T를 작성해 보세요. 그리고
# `P[:, t] -= 1`은 왜 다른 일을 할까요?
#
# <details><summary>답</summary>
#
# `np.eye(C)[t]`는 샘플마다 단위행렬의 t[n]행을 가져옵니다. `P[:, t]`는 *모든* 행에서 t에 있는 열들을 뜻합니다. 인덱스
# 배열 두 개가 나란히 있으면 짝을 지어 읽지만, 슬라이스와 배열은 그렇지 않습니다.
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
# **2.** N으로 나누는 것은 맨 끝에 있습니다. 손실에서는 나누고 dW에서는 잊어버리면 무엇이 잘못될까요? 어떤 검사를 하면
# 알 수 있을까요?
#
# <details><summary>답</summary>
#
# 데이터에서 온 기울기가 N배(여기서는 200배) 길어집니다. 그래도 방향은 여전히 내리막이므로, 학습률(learning rate)이
# 작으면 실수가 드러나지 않을 수 있습니다. 배치 크기를 바꾸기 전까지는 말입니다. 페널티 항의 몫은 길어지지 않으므로
# reg는 아무 효과가 없는 것처럼 보입니다. 유한 차분(finite differences)과 비교하면 바로 알 수 있습니다.
#
# ```python
# by_moving = mg.numerical_gradient(lambda W: vectorised(W)[0], W0)
# forgot = (slope - 2 * reg * W0) * N + 2 * reg * W0
# print(np.allclose(by_moving, slope, atol=1e-7), np.allclose(by_moving, forgot, atol=1e-7))  # True False
# ```
#
# </details>
