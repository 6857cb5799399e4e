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
# # 2 · 노드와 국소 미분
#
# 게이트(gate) 하나를 자세히 들여다봅시다. 누가 기울기(gradient)를 물어보기 전에, 게이트가 스스로 아는 것은
# 무엇일까요? 바로 **국소 미분**(local gradient)입니다. 입력 하나하나에 출력이 어떻게 반응하는지를 나타냅니다.
# 입출력이 수라면 변화율(slope) 하나이고, 배열이라면 표가 됩니다.

# %%
import sys
from pathlib import Path

import numpy as np

import minigraph as mg

# in a notebook the first argument belongs to the kernel and starts with a dash
folder = Path(sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/local_gradient")
folder.mkdir(parents=True, exist_ok=True)

# %% [markdown]
# ## 노드가 가진 것
#
# 노드(node)는 값과 그 값을 만든 연산(op), 그 연산에 순서대로 들어간 입력, 그리고 기울기를 가지고 있습니다.
# 역전파(backward)를 하기 전까지 기울기는 `None`입니다. None은 ‘아직 계산되지 않음’을 뜻하며 0이 아닙니다.

# %%
a, b = mg.Node(6.0, "a"), mg.Node(2.0, "b")
y = a * b
assert y.value == 12 and y.inputs == (a, b) and y.op.name == "Mul"
assert y.grad is None and a.op is None

# %% [markdown]
# ## 게이트 하나하나의 변화율
#
# `mg.local_gradient(node, i)`의 값은 ∂(노드)/∂(그 노드의 i번째 입력)입니다. 오로지 그 게이트에만 물어보고 다른
# 게이트는 건드리지 않습니다. a = 6, b = 2에서 외워 둘 만한 것을 몇 개 봅시다.

# %%
gates = {
    "a + b": (a + b, [1, 1]),
    "a − b": (a - b, [1, -1]),
    "a · b": (a * b, [2, 6]),
    "exp b": (mg.exp(b), [np.exp(2)]),
    "ln a": (mg.log(a), [1 / 6]),
    "max(a, b)": (mg.maximum(a, b), [1, 0]),
}
for name, (node, expected) in gates.items():
    found = [float(mg.local_gradient(node, i)) for i in range(len(node.inputs))]
    print(f"  {name:10} = {node.item():<8.4g} local gradients {np.round(found, 4)}")
    assert np.allclose(found, expected)

# %% [markdown]
# 최댓값은 스위치와 같습니다. 큰 쪽 입력이 전부 가져가고 작은 쪽은 하나도 받지 못합니다.
#
# ## 배열: 변화율의 표
#
# 게이트가 벡터를 받아 벡터를 내놓으면, 출력 하나하나가 모든 입력에 반응할 수 있습니다. 이 변화율을 모두 모으면 표가
# 되는데, 이것이 **야코비 행렬**(Jacobian)입니다. 즉 J[i, j] = ∂출력[i]/∂입력[j]입니다. 게이트 세 가지와 거기서 나오는
# 표 세 가지를 봅시다.
#
# * exp 게이트는 원소마다 따로 계산합니다. 어떤 출력도 옆자리 입력에 반응하지 않으므로 J는 대각 행렬입니다.
# * 합은 출력이 하나이고, 모든 입력에 똑같이 반응합니다. J는 1로만 이루어진 한 행입니다.
# * 행렬 곱 y = M · v는 입력을 섞습니다. J는 M 자신입니다.

# %%
v = mg.Node([0.0, 1.0, 2.0], "v")
M = mg.Node([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], "M", requires_grad=False)

w = mg.exp(v)
w.name = "w"
print("∂exp(v)/∂v:")
print(np.round(mg.local_gradient(w), 3))
assert np.allclose(mg.local_gradient(w), np.diag(np.exp(v.value)))
assert np.array_equal(mg.local_gradient(v.sum()), [1, 1, 1])
assert np.array_equal(mg.local_gradient(M @ v, 1), M.value)

# %% [markdown]
# ## 표로 쓰는 하류 = 상류 × 국소
#
# 국소 미분이 표이면 이 곱은 모든 출력에 걸친 합이 됩니다. 하류[j] = Σᵢ 상류[i] · J[i, j]이고, NumPy로는
# `upstream @ J`입니다. 상류 기울기(upstream gradient)는 보통 손실(loss)에서 옵니다. 여기서는 우리가 직접 골라
# `seed`로 넣어 줍니다.

# %%
upstream = np.array([1.0, 10.0, 100.0])
w.backward(seed=upstream)
assert np.allclose(v.grad, upstream @ mg.local_gradient(w))

# %% [markdown]
# 학습할 때는 exp의 표를 결코 만들지 않습니다. 상류 기울기에 대각 원소를 원소별로 곱할 뿐입니다. 수 9개 대신 3개로
# 같은 결과를 얻습니다. 원소가 천 개라면 백만 개 대신 천 개입니다. 계층(layer)의 `backward`는 이런 지름길로 이루어져
# 있습니다.

# %%
assert np.allclose(v.grad, upstream * np.exp(v.value))
picture = mg.draw(w, detail="full")
picture.save(folder / "exp.svg")
picture

# %%
print(f"\nIn {folder.resolve()}:")
print("  exp.svg  exp of a vector, with the numbers of its local gradient")

# %% [markdown]
# ## 연습 문제
#
# **1.** a / b의 두 국소 미분은 무엇일까요? 기호로 쓰고, a = 6, b = 2에서의 값도 구해 보세요.
#
# <details><summary>답</summary>
#
# ∂(a/b)/∂a = 1/b = 0.5이고 ∂(a/b)/∂b = −a/b² = −1.5입니다.
#
# ```python
# quotient = a / b
# print(mg.local_gradient(quotient, 0), mg.local_gradient(quotient, 1))  # 0.5 -1.5
# ```
#
# </details>

# %% [markdown]
# **2.** `v[::-1]`은 벡터를 거꾸로 뒤집습니다. 이 연산의 야코비 행렬은 어떻게 생겼을까요? 상류 기울기는 어떻게
# 바뀔까요?
#
# <details><summary>답</summary>
#
# 출력 i는 입력 2 − i와 같습니다. 따라서 i행은 2 − i열만 1이고 나머지는 0입니다. 단위행렬의 행 순서를 뒤집은 것입니다.
# 기울기도 똑같이 뒤집힙니다. 수를 바꾸지 않고 자리만 옮기는 연산은 기울기도 같은 길로 되돌려 옮깁니다.
#
# ```python
# turned = v[::-1]
# turned.backward(seed=upstream)
# print(v.grad)  # [100.  10.   1.]
# assert np.array_equal(mg.local_gradient(turned), np.eye(3)[::-1])
# ```
#
# </details>
