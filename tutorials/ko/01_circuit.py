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
# # 1 · 회로: 손으로 계산하는 역전파
#
# 식 하나와 수 세 개로 시작합니다.
#
# > f = (x + y) · z, 여기서 x = −2, y = 5, z = −4
#
# 이 장에서 답할 질문은 이것입니다. **x, y, z 중 하나를 조금 움직이면 f는 얼마나 움직일까요?** 답은 세 수 ∂f/∂x, ∂f/∂y,
# ∂f/∂z입니다. 이 세 수를 서로 무관한 세 가지 방법으로 구해 봅니다. 손으로 계산하고, 그래프로 계산하고, 입력을 실제로
# 움직여 봅니다. 딥러닝의 역전파(backward pass)는 이 안에 다 들어 있습니다. 뒤의 장에서는 수가 행렬로 바뀔 뿐입니다.
#
# 파이썬을 쓸 줄 알고, 함수 그래프의 기울기(slope)가 무엇인지 알면 충분합니다. `python tutorials/ko/01_circuit.py`로
# 실행하거나, jupytext를 써서 노트북으로 여세요([방법](README.md)). 그림은 `out/circuit` 폴더에 저장됩니다. 다른
# 폴더를 원하면 인수로 지정하세요.

# %%
import sys
from pathlib import Path

import numpy as np

import minigraph as mg

# in a notebook the first argument belongs to the kernel and starts with a dash
folder = Path(sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/circuit")
folder.mkdir(parents=True, exist_ok=True)

# %% [markdown]
# ## 손으로 하는 순전파
#
# 먼저 순전파(forward)입니다. 식을 한 가지 일만 하는 게이트(gate)로 나눕니다. 덧셈의 결과에도 이름이 필요하므로 q라고
# 부르겠습니다.
#
# * q = x + y
# * f = q · z

# %%
x0, y0, z0 = -2.0, 5.0, -4.0

q0 = x0 + y0
f0 = q0 * z0

print("Forward")
print(f"  q = x + y = {x0:g} + {y0:g} = {q0:g}")
print(f"  f = q · z = {q0:g} · ({z0:g}) = {f0:g}")

# %% [markdown]
# ## 손으로 하는 역전파
#
# 이제 f에서 입력 쪽으로 거슬러 올라갑니다. 모든 게이트가 똑같은 작은 규칙을 따릅니다.
#
# * **상류 기울기**(upstream gradient) ∂f/∂(내 출력)을 전해 받습니다.
# * **국소 미분**(local gradient) ∂(내 출력)/∂(내 입력)은 스스로 압니다. 자기 단자에 있는 수만 있으면 구할 수
#   있습니다.
# * **하류 기울기**(downstream gradient) ∂f/∂(내 입력)을 넘겨줍니다. 하류 = 상류 × 국소입니다.
#
# 연쇄 법칙(chain rule)을 게이트 하나씩 적용한 것입니다. 한 게이트의 하류 기울기는 바로 앞 게이트의 상류 기울기가
# 됩니다. 출발점인 f에서는 ∂f/∂f = 1입니다. f가 1만큼 움직이면 f도 1만큼 움직이니까요.
#
# 이 회로의 국소 미분은 다음과 같습니다.
#
# | 게이트 | 국소 미분 | 말로 하면 |
# |---|---|---|
# | f = q · z | ∂f/∂q = z, ∂f/∂z = q | 곱셈은 두 입력을 서로 바꿔 줍니다 |
# | q = x + y | ∂q/∂x = 1, ∂q/∂y = 1 | 덧셈은 기울기를 양쪽에 그대로 넘깁니다 |

# %%
df_df = 1.0

df_dq = df_df * z0
df_dz = df_df * q0

dq_dx = dq_dy = 1.0
df_dx = df_dq * dq_dx
df_dy = df_dq * dq_dy

print("Backward           upstream × local = downstream")
print(f"  start  ∂f/∂f                       {df_df:3g}")
print(f"  gate · ∂f/∂q = {df_df:8g} × {z0:5g} = {df_dq:10g}    (local: z)")
print(f"  gate · ∂f/∂z = {df_df:8g} × {q0:5g} = {df_dz:10g}    (local: q)")
print(f"  gate + ∂f/∂x = {df_dq:8g} × {dq_dx:5g} = {df_dx:10g}    (local: 1)")
print(f"  gate + ∂f/∂y = {df_dq:8g} × {dq_dy:5g} = {df_dy:10g}    (local: 1)")

# %% [markdown]
# 하나를 소리 내어 읽어 봅시다. ∂f/∂x = −4, 즉 x를 아주 조금 키우면 f는 그 네 배만큼 작아집니다. 작아질 수밖에
# 없습니다. q는 커지는데, 그 q에 음수인 z를 곱하기 때문입니다.
#
# ## 정말일까요? 입력을 움직여 봅시다
#
# 미분(derivative)은 곧 기울기이니, 기울기를 재어 보면 됩니다. x를 오른쪽으로 조금, 왼쪽으로 조금 옮긴 다음 나눕니다.
#
# > ∂f/∂x ≈ (f(x + h) − f(x − h)) / 2h
#
# 이 방법은 게이트도 연쇄 법칙도 모릅니다. 그래서 훌륭한 증인이 됩니다. 하지만 신경망(neural network)에 쓰기에는
# 턱없이 느립니다. 가중치(weight) 하나마다 순전파를 두 번씩 해야 하기 때문입니다. 역전파는 한 번 거슬러 올라가며 모든
# 기울기(gradient)를 구합니다.


# %%
def circuit(point: np.ndarray) -> float:
    x, y, z = point
    return float((x + y) * z)


h = 1e-5
by_moving_x = (circuit(np.array([x0 + h, y0, z0])) - circuit(np.array([x0 - h, y0, z0]))) / (2 * h)
print(f"Moving x by ±{h:g}: f moves by {by_moving_x:.6f} per unit of x; by hand it was {df_dx:g}")

# the same for each input, with a step that suits the size of each number
numerical = mg.numerical_gradient(circuit, [x0, y0, z0])

# %% [markdown]
# ## 같은 계산을 그래프로
#
# `Node`는 자기가 어디서 왔는지 기억하는 값입니다. 노드(node)로 산술 연산을 하면 그 자리에서 계산될 *뿐만 아니라*
# 게이트도 기록됩니다. 그다음 `f.backward()`가 위에서 손으로 한 대로 거슬러 올라갑니다.

# %%
x, y, z = mg.Node(x0, "x"), mg.Node(y0, "y"), mg.Node(z0, "z")
q = x + y
f = q * z
q.name, f.name = "q", "f"

print(f"f = {f.item():g}, and before backward x.grad is {x.grad}: not zero, just not computed")
f.backward()

by_hand = {"x": df_dx, "y": df_dy, "z": df_dz}
by_graph = {node.name: float(node.grad) for node in (x, y, z)}

print("        by hand   graph   numerical")
for name, moved in zip(by_hand, numerical):
    print(f"  ∂f/∂{name} {by_hand[name]:8g}{by_graph[name]:8g}{moved:15.9f}")
    assert by_graph[name] == by_hand[name]
    assert abs(moved - by_hand[name]) < 1e-6
assert f.item() == f0 and q.grad == df_dq and f.grad == df_df

# %% [markdown]
# 중간에 있는 노드도 기울기를 간직합니다. `q.grad`의 값은 −4입니다. 그리고 `f.backward()`를 다시 호출해도 두 배가 되지
# 않고 같은 수가 나옵니다. 깜박 잊고 빠뜨릴 `zero_grad`가 아예 없습니다.
#
# ## 그림으로
#
# `mg.draw`는 이 모든 것을 한눈에 보여 줍니다. 값은 실선 화살표를 따라 앞으로 흐릅니다. 기울기는 점선 화살표를 따라
# 거꾸로 흐르며 저마다 보라색 칩(chip)을 하나씩 지납니다. 칩에는 그 간선(edge)의 국소 미분이, 칩 아래에는
# 상류 × 국소 = 하류가 적혀 있습니다. 확장자를 `.html`로 하면 같은 그림을 한 단계씩 따라가는 페이지가 됩니다.
# 브라우저에서 열고 → 키를 누르세요. 셀의 마지막 줄은 노트북에 그림을 띄우는 줄이며, 스크립트에서는 아무 일도 하지
# 않습니다.

# %%
picture = mg.draw(f)
picture.save(folder / "circuit.svg")
picture.save(folder / "circuit.html")
picture

# %% [markdown]
# ## 기억할 것
#
# 1. 게이트에 필요한 것은 자기 수와 위에서 내려온 기울기뿐입니다. 하류 = 상류 × 국소.
# 2. 덧셈은 그대로 넘기고, 곱셈은 서로 바꿉니다.
# 3. 수치로 구한 기울기(numerical gradient)와 비교해 보지 않은 기울기는 절대 믿지 마세요.
#
# 이 회로는 수까지 그대로 여러 강의의 첫 예제로 쓰입니다. 스탠퍼드 cs231n의 강의 노트 "Backpropagation, Intuitions"도
# 그중 하나입니다.

# %%
print(f"\nIn {folder.resolve()}:")
print("  circuit.svg   f = (x + y) · z with its values, gradients and local gradients")
print("  circuit.html  the same, to step through")

# %% [markdown]
# ## 연습 문제
#
# **1.** x, y, z 가운데 하나를 0.01만큼 바꿀 수 있고, f는 되도록 많이 커져야 합니다. 어느 것을 어느 쪽으로 바꿔야
# 할까요? f는 얼마나 커질까요? 기울기를 보고 예측한 다음 실제로 움직여 보세요.
#
# <details><summary>답</summary>
#
# ∂f/∂x = ∂f/∂y = −4이고 ∂f/∂z = 3입니다. 부호와 상관없이 기울기의 크기가 가장 큰 쪽이 이깁니다. 따라서 x(또는 y)를
# 골라 *줄여야* 합니다. f는 약 0.01 · 4 = 0.04만큼 커집니다. 여기서는 f가 x에 대해 선형이므로 정확히 그만큼입니다. 모든
# 입력에 대해 한꺼번에, 그리고 내리막 쪽으로 이렇게 하는 것이 경사 하강법(gradient descent)입니다.
#
# ```python
# print(round(circuit(np.array([x0 - 0.01, y0, z0])) - f0, 6))  # 0.04
# print(round(circuit(np.array([x0, y0, z0 + 0.01])) - f0, 6))  # 0.03
# ```
#
# </details>

# %% [markdown]
# **2.** z = −4 대신 z = +4라고 합시다. 세 기울기 가운데 어느 것이 바뀔까요? 왜 전부 바뀌지는 않을까요?
#
# <details><summary>답</summary>
#
# ∂f/∂x와 ∂f/∂y는 z에 1을 곱한 값이므로 둘 다 −4에서 4로 바뀝니다. ∂f/∂z는 q = x + y인데, 여기에는 z가 들어 있지
# 않으므로 그대로 3입니다. 곱셈은 각 입력에 *상대* 입력의 값을 건네줍니다.
#
# ```python
# x, y, z = mg.Node(-2.0, "x"), mg.Node(5.0, "y"), mg.Node(4.0, "z")
# f = (x + y) * z
# f.backward()
# print(x.grad, y.grad, z.grad)  # 4.0 4.0 3.0
# ```
#
# </details>
