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
# # 4 · Affine: 모양이 결정합니다
#
# > Y = X · W + b
#
# N행짜리 배치(batch)가 가중치(weight) 행렬 하나를 통과합니다. 세 기울기(gradient)의 공식은 모두 짧고, 외울 필요도
# 없습니다. 모양(shape)을 맞추다 보면 쓸 수 있는 식이 하나씩밖에 남지 않습니다.

# %%
import sys
from pathlib import Path

import numpy as np

import minigraph as mg
from minigraph.layers import Affine

# in a notebook the first argument belongs to the kernel and starts with a dash
folder = Path(sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/affine")
folder.mkdir(parents=True, exist_ok=True)

# %% [markdown]
# ## 순전파
#
# 특징(feature)이 2개인 샘플 3개와 출력 4개를 쓰겠습니다. X의 모양은 3×2, W의 모양은 2×4이고 b에는 수가 4개 있으므로,
# Y의 모양은 3×4입니다. 역전파를 시작할 곳이 있어야 하니 Y의 가중합을 손실(loss)로 삼습니다. 즉 L = Σ G ⊙ Y이고, ⊙는
# 원소별 곱입니다. 그러면 Y가 무엇이든 기울기 ∂L/∂Y는 G입니다. 앞으로 ∂L/∂Y를 dY로, ∂L/∂W를 dW로 줄여 쓰고, 나머지도
# 마찬가지로 줄여 씁니다.

# %%
rng = np.random.default_rng(0)
X, G = rng.normal(size=(3, 2)), rng.normal(size=(3, 4))

affine = Affine(2, 4, seed=rng)
W, b = affine.parameters
x = mg.Node(X, "X")
y = affine(x)
loss = (y * mg.Node(G, "G", requires_grad=False)).sum()
loss.backward()

dY = y.grad
assert np.array_equal(dY, G)
print("X", X.shape, " W", W.shape, " b", b.shape, " Y", y.shape)

# %% [markdown]
# ## 모양으로 구하는 역전파
#
# 기울기는 그 주인과 모양이 같습니다. 그리고 dY(3×4)와, 곱셈에서 짝이었던 것으로 만들어집니다.
#
# * **dW**: 2×4이고, X(3×2)와 dY(3×4)로 만듭니다. 모양이 맞는 것은 Xᵀ · dY뿐입니다: 2×3 · 3×4.
# * **dX**: 3×2이고, dY(3×4)와 W(2×4)로 만듭니다. 모양이 맞는 것은 dY · Wᵀ뿐입니다: 3×4 · 4×2.
# * **db**: 수가 4개이고, dY(3×4)로 만듭니다. 행이 없어져야 하므로 Σₙ dY[n]입니다.

# %%
assert np.allclose(W.grad, X.T @ dY)
assert np.allclose(x.grad, dY @ W.value.T)
assert np.allclose(b.grad, dY.sum(axis=0))

# %% [markdown]
# ## 왜 맞을까요?
#
# 모양은 기억을 돕는 수단이지 증명이 아닙니다. 증명은 3장에 있습니다. 가중치 하나 W[i, o]는 모든 샘플에서 한 번씩
# 쓰이므로, 경로가 N개인 분기(fork)가 됩니다. 경로 n에서는 X[n, i]가 곱해져 Y[n, o]에 이릅니다.
#
# > ∂L/∂W[i, o] = Σₙ X[n, i] · dY[n, o]
#
# 이것은 글자 하나까지 그대로 행렬 곱 Xᵀ · dY입니다. X도 마찬가지이며, 이번에는 모든 출력 o로 갈라집니다. 편향(bias)은
# 가장 단순한 분기입니다. b[o]는 모든 행에 국소 미분(local gradient) 1로 더해졌으므로, 경로들을 그저 더하면 됩니다.

# %%
dW = np.zeros((2, 4))
for n in range(3):
    for i in range(2):
        for o in range(4):
            dW[i, o] += X[n, i] * dY[n, o]
assert np.allclose(dW, W.grad)

# %% [markdown]
# 이번에는 공식을 전혀 모르는 증인을 불러 봅시다.

# %%
by_moving = mg.numerical_gradient(lambda w: ((X @ w + b.value) * G).sum(), W.value)
print(f"dW by moving each weight: differs by {abs(by_moving - W.grad).max():.0e}")
assert np.allclose(by_moving, W.grad)

# %% [markdown]
# 그림에서는 칩마다 자기가 나타내는 곱이 적혀 있습니다. Wᵀ는 오른쪽에서 곱하고, Xᵀ는 왼쪽에서 곱하며, Σₙ은 행에 걸쳐
# 더합니다. `expand`는 Affine을 열어 · 와 + 두 게이트(gate)로 펼칩니다.

# %%
picture = mg.draw(loss)
picture.save(folder / "affine.svg")
picture

# %%
picture = mg.draw(loss, expand=1)
picture.save(folder / "opened.svg")
picture

# %%
print(f"\nIn {folder.resolve()}:")
print("  affine.svg  three samples through one Affine layer")
print("  opened.svg  the same, with the layer opened into · and +")

# %% [markdown]
# 행렬의 미분 규칙은 M. Giles의 "Collected matrix derivative results"(2008)에 정리되어 있습니다. 사이토 고키의
# 『밑바닥부터 시작하는 딥러닝』("Deep Learning from Scratch") 5장에서도 이 계층(layer)을 유도합니다.
#
# ## 연습 문제
#
# **1.** 다른 라이브러리에서는 가중치의 행과 열을 바꾸어 저장합니다. V의 모양이 4×2이고 Y = X · Vᵀ + b라면, dV는
# 무엇일까요?
#
# <details><summary>답</summary>
#
# dV는 4×2이고, dY(3×4)와 X(3×2)로 만듭니다. 모양이 맞는 것은 dYᵀ · X뿐입니다. 이것은 (Xᵀ · dY)ᵀ와 같습니다.
# V = Wᵀ이니 당연한 결과입니다.
#
# ```python
# v = mg.Node(W.value.T, "V")
# (X @ v.T + b).backward(seed=G)
# print(np.allclose(v.grad, dY.T @ X), np.allclose(v.grad, W.grad.T))  # True True
# ```
#
# </details>

# %% [markdown]
# **2.** 모든 샘플이 두 번씩 나온다고 합시다. 6행짜리 배치이고, 3행부터 5행까지는 0행부터 2행까지와 같습니다. 손실이
# 행에 걸친 합이라면 dW는 어떻게 될까요? 평균이라면 어떻게 될까요?
#
# <details><summary>답</summary>
#
# 똑같은 경로가 두 배로 늘어납니다. 그래서 합이라면 dW가 두 배가 됩니다. 평균이라면 3 대신 6으로 나누므로 dW는
# 그대로입니다. 평균을 쓰면 배치 크기를 바꿔도 학습률(learning rate)을 그대로 둘 수 있는 까닭이 여기에 있습니다.
#
# ```python
# twice = mg.Node(np.vstack([X, X]), "X")
# (affine(twice) * np.vstack([G, G])).sum().backward()
# print(np.allclose(W.grad, 2 * (X.T @ G)))  # True
# ((affine(twice) * np.vstack([G, G])).sum() / 6).backward()
# print(np.allclose(W.grad, X.T @ G / 3))  # True
# ```
#
# </details>
