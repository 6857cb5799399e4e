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
# # 7 · 전체 계산 그래프에서 y − t까지
#
# 소프트맥스(softmax)에 이어 교차 엔트로피(cross-entropy)를 붙이면 작은 게이트(gate) 여덟 개가 됩니다. 그런데
# 점수(score)에 대한 기울기(gradient)는 어떤 공식보다도 짧습니다. 예측에서 정답을 빼면 됩니다. 『밑바닥부터 시작하는
# 딥러닝』("Deep Learning from Scratch")에서는 예측을 y라 하여 y − t로 씁니다. 여기서는 예측이 P이고, Y는 점수입니다.
# 모든 게이트를 하나씩 거슬러 올라가며 이 식이 나타나는 모습을 지켜봅시다.

# %%
import sys
from pathlib import Path

import numpy as np

import minigraph as mg
from minigraph.layers import SoftmaxWithLoss

# in a notebook the first argument belongs to the kernel and starts with a dash
folder = Path(sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/prediction_minus_truth")
folder.mkdir(parents=True, exist_ok=True)

# %% [markdown]
# ## 게이트별 순전파
#
# 샘플은 두 개, 클래스는 세 개입니다. S에는 샘플마다 수가 하나씩 있으므로 S는 열이고, L은 두 샘플의 손실(loss)을
# 평균한 값입니다.

# %%
Y = np.array([[1.0, 2.0, 0.0], [0.5, -1.0, 0.3]])
T = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
N = len(Y)

E = np.exp(Y)
S = E.sum(axis=1, keepdims=True)
P = E / S
G = np.log(P)
losses = -(T * G).sum(axis=1)
L = losses.mean()
print(f"L = {L:.4f} nats, the mean of {np.round(losses, 4)}")

# %% [markdown]
# ## 게이트별 역전파
#
# ∂L/∂G를 줄여서 dG로 쓰고, 나머지도 마찬가지입니다. 손실에서부터 거꾸로 읽어 가면, 국소 미분(local gradient)은 모두
# 앞 장들에서 본 것입니다.
#
# | 게이트 | 그 아래에 도착하는 기울기 |
# |---|---|
# | 평균, −1, Σ, ⊙ T | dG = −T / N |
# | G = ln P | dP = dG / P = −T / (P · N) |
# | P = E / S, S 쪽으로 | dS = Σₖ dP · (−E / S²) = Σₖ T / (S · N) = 1 / (S · N) |
# | P = E / S, E 쪽으로 | dP / S = −T / (E · N) |
# | S = Σ E, 모든 E에 똑같이 | 1 / (S · N) |
# | E에서의 분기: 더하기 | dE = 1 / (S · N) − T / (E · N) |
# | E = exp Y | dY = dE · E = (E / S − T) / N = **(P − T) / N** |
#
# 셋째 줄에서는 Σₖ T = 1임을 썼습니다. 정답 레이블(target)은 확률 분포이기 때문입니다. 마지막 줄의 E / S는 다시
# P입니다. 한 경로는 P를, 다른 경로는 −T를 가져왔고, 분기(fork)에서 둘이 더해졌습니다.

# %%
dG = -T / N
dP = dG / P
dS = (dP * (-E / S**2)).sum(axis=1, keepdims=True)
dE = dP / S + dS
dY = dE * E

assert np.allclose(dS, 1 / (S * N))
assert np.allclose(dY, (P - T) / N)
print("dY = (P − T)/N:")
print(np.round(dY, 3))

# %% [markdown]
# ## 아무것도 알려 주지 않은 그래프로 같은 계산을
#
# `SoftmaxWithLoss`는 역전파가 짧은 연산 하나입니다. `mg.expand`는 이 연산을 그 정의에 나오는 작은 게이트들로
# 바꿉니다. 이 게이트들은 자기 변화율밖에 모르지만 같은 수에 도착합니다. 우리가 손으로 구한 기울기가 하나도 빠짐없이
# 그래프 안에 있습니다.

# %%
y = mg.Node(Y, "Y")
fused = SoftmaxWithLoss()(y, mg.Node(T, "T"))
small_gates = mg.expand(fused, 2)
small_gates.backward()

graph = mg.Graph(small_gates)
for name, by_hand in {"G": dG, "P": dP, "S": dS, "E": dE, "Y": dY}.items():
    assert np.allclose(graph[name].grad, by_hand), name

fused.backward()
assert np.isclose(fused.item(), L) and np.allclose(y.grad, dY)

# %% [markdown]
# `full.svg`를 보거나 `full.html`을 한 단계씩 따라가 보세요. L에서 Y까지 되돌아가는 긴 길입니다. `fused.svg`는 짧은
# 길이며, 칩에 (P − T)/N이 적혀 있습니다.

# %%
picture = mg.draw(fused, expand=2)
picture.save(folder / "full.svg")
picture.save(folder / "full.html")
picture

# %%
picture = mg.draw(fused)
picture.save(folder / "fused.svg")
picture

# %%
print(f"\nIn {folder.resolve()}:")
print("  full.svg   softmax and cross-entropy opened, down to exp, Σ, ÷ and log")
print("  full.html  the same, to step through")
print("  fused.svg  the two as one op")

# %% [markdown]
# ## 이 식이 뜻하는 것
#
# 점수의 기울기는 그 클래스의 확률이 마땅한 값보다 얼마나 높은지를 나타냅니다. 정답 클래스에서는 P − 1 < 0이므로
# 점수가 위로 밀려 올라가고, 나머지는 아래로 밀려 내려갑니다. 그 크기는 모두 1/N보다 작습니다. 잘 예측한 샘플은 가만히
# 놓아둡니다. 각 행의 합은 0입니다. 그리고 P로 나누는 곳이 남아 있지 않으니, P가 아주 작아도 탈이 없습니다.
#
# 모든 게이트를 하나씩 지나는 과정은 앞서 말한 책의 부록 A에 있습니다. J. Bridle(1990)은 소프트맥스 출력을
# 가능도(likelihood)로 학습시켰는데, 그것이 바로 이 손실입니다.
#
# ## 연습 문제
#
# **1.** 정답 레이블이 꼭 원-핫(one-hot)일 필요는 없습니다. t = [0.7, 0.2, 0.1]이어도 여전히 P − T일까요? 기울기는
# 언제 0이 될까요?
#
# <details><summary>답</summary>
#
# 그렇습니다. 유도하면서 쓴 것은 Σₖ T = 1뿐입니다. 기울기는 P = T인 곳에서 0입니다. 그때 손실은 0이 아니라 t의
# 엔트로피(entropy)인 0.80내트입니다.
#
# ```python
# t = np.array([[0.7, 0.2, 0.1]])
# z = mg.Node(np.log(t), "z")  # scores whose softmax is t
# soft = SoftmaxWithLoss()(z, t)
# soft.backward()
# print(np.allclose(z.grad, 0), round(soft.item(), 2))  # True 0.8
# ```
#
# </details>

# %% [markdown]
# **2.** 누군가 한 행에 정답 클래스를 두 개 주어 T = [1, 1, 0]이고, 따라서 Σₖ T = 2라고 합시다. 공식은 어떻게
# 바뀔까요? 작은 게이트들로 손실을 만들어(`SoftmaxWithLoss`는 이런 T를 받아 주지 않습니다) 확인해 보세요.
#
# <details><summary>답</summary>
#
# 표의 셋째 줄이 이제 2 / (S · N)이 되므로 dY = (2P − T) / N입니다. 일반적으로는 (P · Σₖ T − T) / N입니다.
#
# ```python
# t = np.array([[1.0, 1.0, 0.0]])
# z = mg.Node([[1.0, 2.0, 0.0]], "z")
# e = mg.exp(z)
# p = e / e.sum(axis=1, keepdims=True)
# (-(t * mg.log(p)).sum()).backward()
# print(np.allclose(z.grad, 2 * p.value - t))  # True
# ```
#
# </details>
