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
# # 10 · 기울기 확인: 버그 찾기
#
# 역전파(backward)가 틀렸다고 해서 프로그램이 멈추는 일은 드뭅니다. 손실이 조금 더디게 줄고 정확도가 조금 나쁠
# 뿐이어서, 엉뚱한 곳에서만 원인을 찾게 됩니다. 그래서 모든 기울기(gradient)를 틀릴 수 없는 값과 비교합니다.
# 순전파(forward)에서 입력을 조금씩 움직여 잰 변화율(slope)이 바로 그것입니다.

# %%
import sys
from pathlib import Path

import numpy as np

import minigraph as mg
from minigraph.layers import Affine, SoftmaxWithLoss

# in a notebook the first argument belongs to the kernel and starts with a dash
folder = Path(sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/gradient_checking")
folder.mkdir(parents=True, exist_ok=True)

# %% [markdown]
# ## 변화율을 재는 법
#
# > 전방 차분(one-sided): (f(x + h) − f(x)) / h, 중앙 차분(central): (f(x + h) − f(x − h)) / 2h
#
# 전방 차분의 오차는 h에 비례해서, 중앙 차분의 오차는 h²에 비례해서 줄어듭니다. 그렇다고 h를 한없이 작게 할 수는
# 없습니다. h가 작아질수록 f(x + h) 값과 f(x − h) 값은 점점 더 많은 자릿수가 같아지고, 둘을 빼면 나머지 자릿수만
# 남기 때문입니다. tanh 함수로 x = 0.7에서 시험해 봅시다.

# %%
x0 = 0.7
true = 1 - np.tanh(x0) ** 2
errors = []
print("       h   one-sided   central")
for h in (1e-1, 1e-3, 1e-5, 1e-7, 1e-9, 1e-11):
    one_sided = abs((np.tanh(x0 + h) - np.tanh(x0)) / h - true)
    errors.append(abs((np.tanh(x0 + h) - np.tanh(x0 - h)) / (2 * h) - true))
    print(f"  {h:6.0e}     {one_sided:.0e}     {errors[-1]:.0e}")
assert np.argmin(errors) == 2

# %% [markdown]
# float64에서 중앙 차분에 가장 알맞은 h는 6 · 10⁻⁶ 근처로, 부동소수점 정밀도의 세제곱근입니다. float32는 유효
# 숫자가 너무 적어서 이런 계산을 할 수 없습니다. 기울기는 float64로 확인하세요.
#
# 그리고 비교는 *상대적으로* 합니다. 즉 ‖해석적 기울기 − 수치 기울기‖ / (두 기울기의 노름(norm) 중 큰 것)을 봅니다.
# 차이가 10⁻⁴라면 크기가 10⁻³인 기울기에는 큰 오차이고, 1000인 기울기에는 아무것도 아닙니다. 10⁻⁶ 미만이면 맞은 것이고,
# 10⁻²이면 어딘가 식이 틀린 것입니다.
#
# ## 버그 심기
#
# 다음은 누군가가 직접 구현한 tanh입니다. 오류는 나지 않습니다. 기울기는 모양도 맞고 부호까지 맞습니다.


# %%
class Squash(mg.Op):
    """y = tanh x, with a mistake in backward: it should be 1 − y²."""

    def forward(self, x: np.ndarray) -> np.ndarray:
        return np.tanh(x)

    def backward(self, upstream: np.ndarray, y: np.ndarray, x: np.ndarray) -> tuple[np.ndarray]:
        return (upstream * (1 - y),)


def network(squash: mg.Op) -> mg.Node:
    rng = np.random.default_rng(0)
    x, t = mg.Node(rng.normal(size=(3, 2)), "X"), mg.Node([0, 1, 2], "T")
    first, second = Affine(2, 3, seed=rng), Affine(3, 3, seed=rng)
    return SoftmaxWithLoss()(second(squash(first(x))), t)


# %% [markdown]
# ## 찾았습니다
#
# 입력에서 손실까지 한꺼번에(end to end) 확인하면, 연산 하나에 든 버그가 그보다 입력 쪽에 있는 기울기를 모두
# 망칩니다. Affine에는 잘못이 없는데도 X, W1, b1의 기울기가 모두 틀립니다. 그래서 `mg.check_gradients`는 먼저
# 간선(edge)을 하나씩 따로 확인합니다. 연산마다 무작위 상류 기울기(upstream)를 넣은 backward의 결과를 그 연산
# 자신의 순전파에서 잰 변화율과 비교하는 것입니다. 여기서는 범인인 연산에만 ✗가 붙습니다.

# %%
loss = network(Squash())
loss.backward()
report = mg.check_gradients(loss)

edges = [check.what for check in report.wrong if check.edge != "end to end"]
ends = [check.what for check in report.wrong if check.edge == "end to end"]
assert len(edges) == 1 and edges[0].startswith("Squash")
assert ends == ["∂L/∂X", "∂L/∂W1", "∂L/∂b1"]

# %% [markdown]
# `draw(check=True)`라고 하면 같은 결과가 그림의 칩에 표시됩니다. 버그가 있는 곳에는 ✗가 켜지고, 나머지는 모두
# ✓입니다.

# %%
picture = mg.draw(loss, check=True)
picture.save(folder / "bug.svg")
picture

# %% [markdown]
# ## 고쳤습니다


# %%
class Mended(Squash):
    """y = tanh x."""

    def backward(self, upstream: np.ndarray, y: np.ndarray, x: np.ndarray) -> tuple[np.ndarray]:
        return (upstream * (1 - y**2),)


mended = network(Mended())
mended.backward()
assert mg.check_gradients(mended, verbose=False)
picture = mg.draw(mended, check=True)
picture.save(folder / "mended.svg")
picture

# %%
print(f"\nIn {folder.resolve()}:")
print("  bug.svg     ✗ where the backward is wrong")
print("  mended.svg  ✓ on every edge")

# %% [markdown]
# 기울기 확인(gradient checking)은 샘플 몇 개로, 학습 전에 한 번, 몇 단계 학습한 뒤에 다시 한 번 하세요.
# 드롭아웃(dropout)은 끄고, 페널티 항(penalty)은 한 번은 켜고 한 번은 끕니다. cs231n의 강의 노트("Neural Networks Part
# 3")에 이런 조언이 모여 있고, 사이토 고키의 『밑바닥부터 시작하는 딥러닝』("Deep Learning from Scratch")은 5장에서
# 기울기를 확인합니다.
#
# ## 연습 문제
#
# **1.** 편향(bias)이 없는 Affine 계층의 backward에서 어딘가 전치(transpose)를 빠뜨렸다면, 모두 정사각 행렬이 아닌
# 한 오류가 나서 멈춥니다. 3×3 행렬을 쓰고 dW 자리에 `x @ upstream`이라는 버그를 심은 다음, `mg.check_op`으로
# 찾아보세요.
#
# <details><summary>답</summary>
#
# `check_op`은 연산 하나와 그 입력을 받습니다. 틀린 것은 1번 입력, 즉 가중치뿐입니다. 정사각 행렬로 시험하면 모양이
# 드러내 줄 실수가 숨어 버리므로, 크기는 모두 서로 다르게 고르세요.
#
# ```python
# class Product(mg.Op):
#     def forward(self, x, w):
#         return x @ w
#
#     def backward(self, upstream, y, x, w):
#         return upstream @ w.T, x @ upstream
#
# rng = np.random.default_rng(0)
# report = mg.check_op(Product(), rng.normal(size=(3, 3)), rng.normal(size=(3, 3)), verbose=False)
# print([check.edge for check in report.wrong])  # ['input 1']
# ```
#
# </details>

# %% [markdown]
# **2.** 정확히 0에서 ReLU의 변화율은 얼마일까요? 중앙 차분은 뭐라고 답하며, backward의 답은 버그일까요?
#
# <details><summary>답</summary>
#
# 0은 그래프가 꺾이는 점입니다. 변화율이 왼쪽에서는 0, 오른쪽에서는 1입니다. 중앙 차분은 둘의 평균인 ½이라고
# 답하고, backward는 0이라고 답합니다. 둘 다 괜찮고, 그 사이의 어떤 값도 괜찮습니다. `check_gradients`는 꺾이는
# 점을 알아보고, 양쪽 변화율 사이에 있는 값이면 맞다고 합니다.
#
# ```python
# x = mg.Node(0.0, "x")
# y = mg.relu(x)
# y.backward()
# print(x.grad, float(mg.numerical_gradient(lambda x: np.maximum(x, 0), 0.0)))  # 0.0 0.5
# print(mg.check_gradients(y, verbose=False).ok)  # True
# ```
#
# </details>
