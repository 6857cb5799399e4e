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
# # 5 · 소프트맥스와 야코비 행렬
#
# 점수(score)가 들어가면 확률이 나옵니다. 점수는 어떤 실수여도 되고, 확률은 모두 양수이며 합이 1입니다.
#
# > pᵢ = exp(yᵢ) / S, 여기서 S = Σₖ exp(yₖ)
#
# 역전파(backward)에서 새로운 점이 하나 있습니다. 점수는 하나도 빠짐없이 S에 들어 있으므로, 결국 모든 확률에 들어 있는
# 셈입니다. 그래서 국소 미분(local gradient)이 빈 곳 없이 꽉 찬 표가 됩니다.

# %%
import sys
from pathlib import Path

import numpy as np

import minigraph as mg
from minigraph.layers import Softmax

# in a notebook the first argument belongs to the kernel and starts with a dash
folder = Path(sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/softmax")
folder.mkdir(parents=True, exist_ok=True)

y = mg.Node([1.0, 2.0, 0.0], "y")
p = Softmax()(y)
p.name = "p"
print("y =", y.value, " p =", np.round(p.value, 3))
assert np.isclose(p.value.sum(), 1)

# %% [markdown]
# ## 유도: 두 가지 경우
#
# pᵢ는 yⱼ에 어떻게 반응할까요? 몫의 미분법을 씁니다. 이때 ∂S/∂yⱼ = exp(yⱼ)입니다. 분자 exp(yᵢ)는 i와 j가 같을 때만
# yⱼ에 반응하므로, 두 가지 경우로 나뉩니다.
#
# **i = j**, 확률과 그 자신의 점수:
#
# > ∂pᵢ/∂yᵢ = (exp(yᵢ) · S − exp(yᵢ) · exp(yᵢ)) / S² = pᵢ − pᵢ² = pᵢ (1 − pᵢ)
#
# **i ≠ j**, 확률과 다른 클래스의 점수:
#
# > ∂pᵢ/∂yⱼ = (0 · S − exp(yᵢ) · exp(yⱼ)) / S² = −pᵢ pⱼ
#
# 둘을 표 하나로 모으면 야코비 행렬(Jacobian) J = diag(p) − p pᵀ가 됩니다. 앞의 항은 대각선에 p가 놓인 행렬이고, 뒤의 항은
# 모든 곱 pᵢ pⱼ를 모은 행렬입니다.

# %%
J = mg.local_gradient(p)
print("J = ∂p/∂y:")
print(np.round(J, 3))

P = p.value
for i in range(3):
    for j in range(3):
        assert np.isclose(J[i, j], P[i] * (1 - P[i]) if i == j else -P[i] * P[j])
assert np.allclose(J, np.diag(P) - np.outer(P, P))

# %% [markdown]
# ## 눈으로 보기
#
# 표에서 읽을 수 있는 것은 다음과 같습니다.
#
# * 대각 원소는 양수입니다. 점수를 올리면 그 점수의 확률이 올라갑니다. 나머지는 모두 음수입니다. 다른 클래스들이
#   그만큼 내놓습니다.
# * 각 열의 합은 0입니다. p의 합은 늘 1이므로, 한 클래스가 얻는 만큼 다른 클래스들이 잃습니다.
# * 각 행의 합도 0입니다. 모든 점수를 한꺼번에 같은 만큼 올려도 확률은 하나도 움직이지 않습니다:
#   softmax(y + c) = softmax(y).
# * J는 대칭입니다. 점수 j가 확률 i를 움직이는 정도는 점수 i가 확률 j를 움직이는 정도와 정확히 같습니다.

# %%
assert np.allclose(J.sum(axis=0), 0) and np.allclose(J.sum(axis=1), 0)
assert np.allclose(J, J.T)
assert np.allclose(Softmax().forward(y.value + 100), P)

# %% [markdown]
# ## 표 없이 하는 역전파
#
# 클래스가 1000개라면 J의 원소는 샘플 하나에 백만 개나 됩니다. 이런 표는 아무도 만들지 않습니다. 상류
# 기울기(upstream gradient)를 u라 하면 다음과 같습니다.
#
# > 하류ⱼ = Σᵢ uᵢ · Jᵢⱼ = pⱼ · (uⱼ − Σᵢ uᵢ pᵢ)
#
# 괄호 안은 상류 기울기에서, p로 가중한 상류 기울기의 평균을 뺀 것입니다. 어떤 클래스든 이 평균보다 나아야만 득을
# 봅니다.

# %%
u = np.array([3.0, -1.0, 2.0])
p.backward(seed=u)
short = P * (u - (u * P).sum())
print("downstream =", np.round(short, 3), "for upstream", u)
assert np.allclose(y.grad, short) and np.allclose(short, u @ J)
picture = mg.draw(p, detail="full")
picture.save(folder / "softmax.svg")
picture

# %% [markdown]
# ## 펼쳐 보기
#
# 소프트맥스(softmax)는 세 게이트(gate) exp, Σ, ÷로 이루어져 있습니다. exp 다음에 분기(fork)가 있습니다. 각 지수 함수
# 값이 나눗셈에도, 합에도 들어가기 때문입니다. 두 경로가 미분의 두 항을 하나씩 가져옵니다. 곧장 가는 경로가 diag(p)를,
# S를 거치는 경로가 −p pᵀ를 가져옵니다.

# %%
opened = mg.expand(p)
opened.backward(seed=u)
assert np.allclose(y.grad, short)
picture = mg.draw(opened)
picture.save(folder / "opened.svg")
picture

# %%
print(f"\nIn {folder.resolve()}:")
print("  softmax.svg  softmax of three scores, with its Jacobian in numbers")
print("  opened.svg   the same by exp, Σ and ÷")

# %% [markdown]
# 소프트맥스라는 이름은 J. Bridle(1990)이 붙였습니다. 함수 자체는 더 오래되었으며, 통계물리학의 볼츠만 분포가 바로
# 그것입니다.
#
# ## 연습 문제
#
# **1.** 클래스가 두 개일 때 p₀ = σ(y₀ − y₁)임을 보이세요. 여기서 σ(z) = 1 / (1 + exp(−z))입니다. J는 어떻게
# 생겼을까요?
#
# <details><summary>답</summary>
#
# exp(y₀) / (exp(y₀) + exp(y₁))의 분자와 분모를 exp(y₀)로 나눕니다. p₁ = 1 − p₀이므로 네 원소의 크기가 모두 같습니다.
# 즉 J = p₀(1 − p₀) · [[1, −1], [−1, 1]]이고, 앞에 곱한 p₀(1 − p₀)는 시그모이드 함수의 변화율입니다.
#
# ```python
# two = mg.Node([0.3, -0.9], "y")
# p = Softmax()(two)
# s = 1 / (1 + np.exp(-(0.3 + 0.9)))
# print(np.isclose(p.value[0], s))  # True
# print(np.allclose(mg.local_gradient(p), s * (1 - s) * np.array([[1, -1], [-1, 1]])))  # True
# ```
#
# </details>

# %% [markdown]
# **2.** 온도(temperature) T가 있으면 p = softmax(y / T)입니다. J는 어떻게 바뀔까요? T가 아주 크거나 아주 작으면 p는
# 어떻게 될까요?
#
# <details><summary>답</summary>
#
# T로 나누는 게이트가 하나 늘었습니다. 따라서 연쇄 법칙(chain rule)에 따라 새로운 p에 대해 J = (diag(p) − p pᵀ) /
# T입니다. T가 크면 모든 클래스가 같아지고, T가 작으면 가장 큰 점수가 확률을 전부 가져갑니다(가장 큰 점수가
# 하나뿐이라면 말입니다). 어느 쪽이든 J는 0에 가까워집니다.
#
# ```python
# p = Softmax(temperature=5.0)(y)
# print(np.allclose(mg.local_gradient(p), (np.diag(p.value) - np.outer(p.value, p.value)) / 5))  # True
# print(np.round(Softmax(temperature=100.0).forward(y.value), 2))  # [0.33 0.34 0.33]
# print(np.round(Softmax(temperature=0.1).forward(y.value), 2))  # [0. 1. 0.]
# ```
#
# </details>
