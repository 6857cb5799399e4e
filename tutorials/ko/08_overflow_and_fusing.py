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
# # 8 · 왜 최댓값을 빼고, 왜 연산을 합칠까
#
# 지금까지 본 공식은 모두 옳지만, 부동소수점으로 계산하면 망가집니다. 점수(score)가 1000이기만 해도 그렇습니다. 식을
# 두 군데만 조금 고쳐 쓰면 됩니다. 수식으로 따지면 어느 쪽도 값을 하나도 바꾸지 않습니다.

# %%
import sys
from pathlib import Path

import numpy as np

import minigraph as mg
from minigraph.layers import CrossEntropy, Softmax, SoftmaxWithLoss

# in a notebook the first argument belongs to the kernel and starts with a dash
folder = Path(sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/overflow")
folder.mkdir(parents=True, exist_ok=True)

# %% [markdown]
# ## 너무 클 때
#
# float64로 나타낼 수 있는 수는 1.8 · 10³⁰⁸까지이므로, exp는 710부터 오버플로(overflow)하여 ∞가 됩니다. 그러면
# 소프트맥스(softmax)는 ∞를 ∞로 나누게 되고, 결과는 수가 아니라는 뜻의 NaN(not a number)입니다. NaN은
# 순전파(forward)에서든 역전파(backward)에서든 그 값으로 계산한 모든 것에 퍼집니다.

# %%
y = np.array([1000.0, 999.0, 0.0])
with np.errstate(all="ignore"):
    e = np.exp(y)
    naive = e / e.sum()
print("exp(y) =", e, "  softmax by its definition =", naive)
assert np.isnan(naive[:2]).all()

# %% [markdown]
# ## 최댓값만큼 빼기
#
# 모든 점수에 상수 c를 더하면 약분되어 사라집니다: exp(yᵢ + c) / Σ exp(yₖ + c) = exp(yᵢ) / Σ exp(yₖ). 여기서
# c = −max y로 둡니다. 그러면 가장 큰 지수가 0이므로 오버플로가 일어나지 않고, 합은 1 이상이므로 0으로 나누는 일도
# 없습니다.

# %%
e = np.exp(y - y.max())
shifted = e / e.sum()
print("shifted:", np.round(shifted, 3))
assert np.allclose(shifted, [1 / (1 + np.exp(-1)), 1 / (1 + np.exp(1)), 0])
assert np.array_equal(shifted, Softmax().forward(y))

# %% [markdown]
# ## 너무 작을 때
#
# 아직 안심할 수 없습니다. 마지막 확률 exp(−1000)은 float64의 가장 작은 수보다도 작아서 정확히 0이 되었습니다. 이것이
# 정답 클래스였다면 교차 엔트로피(cross-entropy)는 ln 0 = −∞를 계산합니다. 그러면 역전파는 −t/p의 −∞에 야코비
# 행렬(Jacobian)의 원소 0을 곱하게 되고, 또다시 NaN이 나옵니다. 참된 기울기(gradient)는 아무 문제가 없는
# p − t = [0.731, 0.269, −1]입니다.

# %%
T = [[0.0, 0.0, 1.0]]
z = mg.Node([y], "Y")
with np.errstate(all="ignore"):
    two_ops = CrossEntropy()(Softmax()(z), mg.Node(T, "T"))
    two_ops.backward()
print("softmax, then cross-entropy: loss", two_ops.item(), " gradient", z.grad[0])
assert np.isinf(two_ops.item()) and np.isnan(z.grad).any()
picture = mg.draw(two_ops, title="Two ops: ∞ and NaN")
picture.save(folder / "two_ops.svg")
picture

# %% [markdown]
# 그림에는 ∞와 NaN이 퍼져 나간 모든 곳이 아니라, 처음 생긴 곳만 각각 한 번씩 표시됩니다.
#
# ## 합치기
#
# 둘을 한 연산에서 처리하면(fuse), 어느 쪽도 탈을 일으키기 전에 로그와 지수 함수가 만납니다.
#
# > ln pᵢ = yᵢ − ln Σₖ exp(yₖ) = (yᵢ − max y) − ln Σₖ exp(yₖ − max y)
#
# 이 식에는 터무니없이 큰 수가 나오지 않고, ln 안의 합은 1 이상입니다. 역전파에는 7장의 공식 P − T를 쓰면 되고,
# 여기에는 나눗셈이 아예 없습니다. 라이브러리가 *점수*(로짓, logit)를 그대로 받는 손실을 제공하는 까닭이 이것입니다.

# %%
one_op = SoftmaxWithLoss()(z, mg.Node(T, "T"))
one_op.backward()
print(f"fused: loss {one_op.item():.4f} nats, gradient", np.round(z.grad[0], 3))
assert np.isclose(one_op.item(), 1000 + np.log(1 + np.exp(-1)))
assert np.allclose(z.grad, shifted - T)
picture = mg.draw(one_op, title="One op: P − T")
picture.save(folder / "one_op.svg")
picture

# %% [markdown]
# ## 문제를 감출 뿐인 요령
#
# ln(p + 10⁻⁷)로 땜질하는 방법이 널리 쓰입니다. 손실은 유한해지지만 틀린 값입니다. 참값은 1000.3인데 16.1내트에서
# 멈춥니다. 게다가 학습이 가장 필요한 곳에서 점수의 기울기가 0입니다. 신경망은 더할 나위 없이 틀렸는데, 아무것도
# 움직이지 않습니다.

# %%
z = mg.Node([y], "Y")
patched = -(mg.log(Softmax()(z) + 1e-7) * T).sum()
patched.backward()
print(f"patched: loss {patched.item():.1f} nats, gradient", z.grad[0] + 0.0)
assert patched.item() < 16.2 and not z.grad.any()

print(f"\nIn {folder.resolve()}:")
print("  two_ops.svg  ∞ and NaN, marked where they began")
print("  one_op.svg   the same scores through the fused loss")

# %% [markdown]
# 최댓값을 빼는 것과 로그 안의 합은 I. Goodfellow 외, "Deep Learning"(2016) 4.1절에 있습니다. 최댓값을 빼는 것은
# cs231n 강의 노트의 "Linear classification"에도 있습니다.
#
# ## 연습 문제
#
# **1.** exp는 점수가 얼마일 때부터 오버플로할까요? float64와 float32에서 각각 구해 보세요.
#
# <details><summary>답</summary>
#
# 가장 큰 수의 로그에서부터, 즉 709.8과 88.7에서부터입니다. 학습에는 대부분 float32를 쓰는데, 거기서는 점수가 89이기만
# 해도 오버플로합니다.
#
# ```python
# print([round(float(np.log(np.finfo(t).max)), 1) for t in (np.float64, np.float32)])  # [709.8, 88.7]
# ```
#
# </details>

# %% [markdown]
# **2.** y = [1000, 1000]이면 ln Σ exp(y)는 1000 + ln 2입니다. 이 값을 내놓는 함수를 작성하고, 그 기울기를 구해
# 보세요.
#
# <details><summary>답</summary>
#
# 최댓값을 빼서 계산한 뒤 다시 더합니다. 이 함수의 기울기는 softmax(y), 즉 −T가 없는 P입니다. 손실은 이 함수에서 정답
# 클래스의 점수를 뺀 것이므로, P − T를 이렇게 볼 수도 있습니다.
#
# ```python
# def log_sum_exp(y):
#     return float(y.max() + np.log(np.exp(y - y.max()).sum()))
#
# two = np.array([1000.0, 1000.0])
# print(f"{log_sum_exp(two):.4f}")  # 1000.6931
# print(np.round(mg.numerical_gradient(log_sum_exp, two), 4))  # [0.5 0.5]
# ```
#
# </details>
