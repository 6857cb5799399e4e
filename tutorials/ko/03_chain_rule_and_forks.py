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
# # 3 · 연쇄 법칙과 분기
#
# 한 경로 위에서는 국소 미분(local gradient)을 곱합니다. 이것이 연쇄 법칙(chain rule)입니다. 값이 두 길로 갈라지면 두
# 경로를 더합니다. 이 두 가지가 역전파(backpropagation)의 전부입니다. 둘 다 실제 수로 확인해 봅시다.

# %%
import sys
from pathlib import Path

import minigraph as mg

# in a notebook the first argument belongs to the kernel and starts with a dash
folder = Path(sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/forks")
folder.mkdir(parents=True, exist_ok=True)

# %% [markdown]
# ## 한 줄로 이어진 경로: 뉴런 하나
#
# > s = 1 / (1 + exp(−(w · x + b))), 여기서 w = 2, x = 1, b = −2
#
# 게이트(gate)로 나누면 a = w · x + b, n = −a, e = exp(n), d = 1 + e, s = 1/d입니다. s에서 b까지 되돌아가는 경로는
# 하나뿐입니다.
#
# | 게이트 | s = 1/d | d = 1 + e | e = exp(n) | n = −a | a = … + b |
# |---|---|---|---|---|---|
# | 국소 미분 | −1/d² = −¼ | 1 | e = 1 | −1 | 1 |
#
# 모두 곱하면 ∂s/∂b = ¼입니다. 기호로 쓰면 e/d²입니다. s = 1/d이고 1 − s = e/d이므로, 이것은 s · (1 − s)와 같습니다.

# %%
w, x, b = mg.Node(2.0, "w"), mg.Node(1.0, "x"), mg.Node(-2.0, "b")
a = w * x + b
n = -a
e = mg.exp(n)
d = 1 + e
s = 1 / d
for name, node in {"a": a, "n": n, "e": e, "d": d, "s": s}.items():
    node.name = name

product = 1.0
for node, i in ((s, 1), (d, 1), (e, 0), (n, 0), (a, 1)):  # each gate, and which of its inputs lies on the path
    product *= float(mg.local_gradient(node, i))

s.backward()
print(
    f"product of the local gradients {product:g}, the graph says {b.grad:g}, s(1 − s) = {s.item() * (1 - s.item()):g}"
)
assert product == b.grad == s.item() * (1 - s.item())
picture = mg.draw(s)
picture.save(folder / "neuron.svg")
picture

# %% [markdown]
# ## 분기: x를 두 번 씁니다
#
# > g = (x + y) · x, 여기서 x = −2, y = 5
#
# 이번에는 x의 변화가 두 경로로 g에 이릅니다. 하나는 합 q를 거치고, 하나는 곱셈으로 곧장 들어갑니다. 이렇게 값이
# 갈라지는 곳을 분기(fork)라고 합니다. 두 가지 일이 동시에 일어나므로, g에 미치는 효과는 **더해집니다**.
#
# * q를 거쳐서: ∂g/∂q × ∂q/∂x = x × 1 = −2
# * 곧장: q를 고정했을 때 ∂g/∂x = q = 3
# * 합쳐서: ∂g/∂x = −2 + 3 = 1
#
# 학교에서 배운 미적분으로 풀어도 같습니다. g = x² + x · y이므로 ∂g/∂x = 2x + y = −4 + 5 = 1입니다.

# %%
x, y = mg.Node(-2.0, "x"), mg.Node(5.0, "y")
q = x + y
g = q * x
q.name, g.name = "q", "g"
g.backward()

through_q = float(q.grad) * float(mg.local_gradient(q, 0))
straight = float(g.grad) * float(mg.local_gradient(g, 1))
print(f"∂g/∂x = {through_q:g} (through q) + {straight:g} (straight); the graph says {x.grad:g}")
assert x.grad == through_q + straight == 2 * x.item() + y.item()
assert abs(mg.numerical_gradient(lambda x: (x + 5) * x, -2.0) - x.grad) < 1e-6

# %% [markdown]
# `mg.explain`은 같은 계산을 경로별로 적어 줍니다. 페이지를 열고 → 키로 한 단계씩 거슬러 가며, x.grad에 경로가 하나씩
# 더해지는 모습을 지켜보세요.

# %%
print(mg.explain(x))
picture = mg.draw(g)
picture.save(folder / "fork.svg")
picture.save(folder / "fork.html")
picture

# %% [markdown]
# 둘을 더해야 한다는 것이 아직 미덥지 않은가요? 그러면 분기를 잘라 봅시다. 경로마다 값이 같은 x를 따로 하나씩 줍니다.
# 순전파(forward)에서는 차이가 드러나지 않지만, 역전파에서는 이제 두 몫이 따로따로 나타납니다.

# %%
x_sum, x_product = mg.Node(-2.0, "x of the sum"), mg.Node(-2.0, "x of the product")
cut = (x_sum + mg.Node(5.0, "y")) * x_product
cut.backward()
print(f"cut in two: {x_sum.grad:g} and {x_product.grad:g}")
assert cut.item() == g.item() and x_sum.grad + x_product.grad == x.grad

# %% [markdown]
# 그러니 순전파의 분기는 역전파의 합입니다. 두 번 이상 쓰이는 가중치는 모두 이 규칙을 따릅니다. 배치(batch)의 모든
# 행에 더해지는 편향(bias), 이미지 위를 미끄러지는 필터(filter), 순환 셀(recurrent cell)이 그렇습니다. 가장 작은
# 분기는 x + x입니다. 한 게이트의 두 단자에 같은 노드가 연결되어 있고, 기울기는 1이 아니라 2입니다.

# %%
x = mg.Node(-2.0, "x")
(x + x).backward()
assert x.grad == 2

print(f"\nIn {folder.resolve()}:")
print("  neuron.svg  one neuron: five gates between s and b")
print("  fork.svg    g = (x + y) · x: two paths back to x")
print("  fork.html   the same, to step through")

# %% [markdown]
# ## 연습 문제
#
# **1.** k = (x + y) · z + x · y이고 x = −2, y = 5, z = −4입니다. ∂k/∂x, ∂k/∂y, ∂k/∂z를 경로별로 종이에 구해 보세요.
#
# <details><summary>답</summary>
#
# x에는 경로가 둘 있습니다. (x + y) · z를 거쳐 z = −4를 받고, x · y를 거쳐 y = 5를 받으므로 합은 1입니다. 마찬가지로
# ∂k/∂y = z + x = −6입니다. z의 경로는 하나이므로 ∂k/∂z = x + y = 3입니다. 마지막 + 게이트는 상류 기울기 1을 양쪽에
# 그대로 넘깁니다.
#
# ```python
# x, y, z = mg.Node(-2.0, "x"), mg.Node(5.0, "y"), mg.Node(-4.0, "z")
# k = (x + y) * z + x * y
# k.backward()
# print(x.grad, y.grad, z.grad)  # 1.0 -6.0 3.0
# ```
#
# </details>

# %% [markdown]
# **2.** c = x · x · x에서 x로 되돌아가는 경로는 몇 개일까요? x = 2일 때 각 경로는 얼마를 가져올까요?
#
# <details><summary>답</summary>
#
# x가 나오는 자리마다 하나씩, 모두 세 개입니다. 각 경로는 나머지 두 x의 곱인 2 · 2 = 4를 가져옵니다. 모두 합하면
# 12이고, 학교에서 배운 3x²과 같습니다. 거듭제곱의 미분 공식은 똑같은 가지 n개로 갈라지는 분기인 셈입니다.
#
# ```python
# x = mg.Node(2.0, "x")
# (x * x * x).backward()
# print(x.grad)  # 12.0
# ```
#
# </details>
