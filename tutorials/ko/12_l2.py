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
# # 12 · L2: 페널티 항은 가중치에 무슨 일을 할까
#
# 하나도 틀리지 않고 나눌 수 있는 데이터가 있습니다. 이런 데이터 앞에서 소프트맥스(softmax)는 만족할 줄을 모릅니다.
# 점점 더 확신하려고 가중치를 끝없이 키웁니다. 큰 가중치에 페널티(penalty)를 매기면 이 끝없는 경쟁이 멈춥니다.
#
# > 손실 = 교차 엔트로피 + λ · Σ W²

# %%
import sys
from pathlib import Path

import numpy as np

import minigraph as mg
from minigraph.layers import L2, Affine, SoftmaxWithLoss

# in a notebook the first argument belongs to the kernel and starts with a dash
folder = Path(sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/l2")
folder.mkdir(parents=True, exist_ok=True)

# %% [markdown]
# ## 헷갈릴 것이 없는 데이터
#
# 점들이 세 무리로 모여 있는데, 서로 멀찍이 떨어져 있어서 곧은 경계만으로 나눌 수 있습니다.

# %%
rng = np.random.default_rng(0)
centres = np.array([[0.0, 2.0], [-1.7, -1.0], [1.7, -1.0]])
t = np.repeat([0, 1, 2], 20)
X = centres[t] + 0.4 * rng.normal(size=(60, 2))

# %% [markdown]
# ## 페널티 항의 기울기
#
# d(λw²)/dw = 2λw, 즉 가중치에 비례하는 세기로 0 쪽으로 당기는 힘입니다. W는 이제 계층에서 한 번, 페널티 항에서 한 번,
# 모두 두 번 쓰입니다. 분기(fork)이므로 두 기울기(gradient)를 더합니다. ∂loss/∂W = Xᵀ · (P − T)/N + 2λ · W.
#
# 관례를 조심하세요. 여기서 λ에는 ½이 붙지 않습니다. 그리고 Σ W²은 배치와 상관없이 가중치에 대한 **합**인 반면, 교차
# 엔트로피(cross-entropy)는 샘플에 대한 **평균**이고 단위는 내트(nat)입니다. ½λ로 쓰는 라이브러리도 있습니다.
# 편향(bias)에는 페널티를 매기지 않습니다. 편향은 경계를 옮길 뿐, 더 확신하게 만들지는 않기 때문입니다.


# %%
def network(penalty: mg.Op | None) -> tuple[mg.Graph, mg.Parameter]:
    affine = Affine(2, 3, weight=np.zeros((2, 3)))
    W = affine.parameters[0]
    loss = SoftmaxWithLoss()(affine(mg.Node(X, "X", requires_grad=False)), mg.Node(t, "T"))
    return mg.Graph(loss if penalty is None else loss + penalty(W)), W


graph, W = network(L2(0.01))
W.value = rng.normal(size=(2, 3))
graph.forward()
graph.backward()
total = W.grad

plain, V = network(None)
V.value = W.value
plain.forward()
plain.backward()
assert np.allclose(total, V.grad + 2 * 0.01 * W.value)

# %% [markdown]
# ## 페널티 항이 있을 때와 없을 때의 학습
#
# 같은 출발점에서 같은 횟수만큼, 페널티의 세기 λ만 세 가지로 바꿔 가며 학습합니다. W의 길이 ‖W‖ = √(Σ W²)을 지켜보세요.

# %%
norms = {}
print("  steps" + "".join(f"{steps:10}" for steps in (100, 1000, 4000)) + "    ‖W‖")
for strength in (0.0, 0.001, 0.01):
    graph, W = network(L2(strength))
    step = graph.compile(mg.SGD(graph.parameters, learning_rate=0.3))
    norms[strength] = []
    for k in range(1, 4001):
        step()
        if k in (100, 1000, 4000):
            norms[strength].append(float(np.linalg.norm(W.value)))
    print(f"  λ = {strength:<5g}" + "".join(f"{norm:8.2f}  " for norm in norms[strength]))
    graph.forward()
    cross_entropy = graph.output.inputs[0]  # the loss is a sum; the units are drawn of its first part
    mg.draw(cross_entropy, view="neurons", sample=0, title=f"λ = {strength:g}").save(
        folder / f"lambda-{strength:g}.svg"
    )

free, weak, strong = norms.values()
assert free[2] > free[1] + 1 > free[0] + 2  # still growing
assert abs(strong[2] - strong[1]) < 1e-3  # at rest
assert strong[2] < weak[2] < free[2]

# %% [markdown]
# 페널티 항이 없으면 ‖W‖는 로그 함수처럼 느리게, 그러나 계속 커집니다. 걸음을 옮길 때마다 신경망은 이미 아는 것을
# 조금씩 더 확신하게 됩니다. λ가 있으면 양쪽에서 당기는 힘이 같아지는 자리가 생기고, W는 거기에 머뭅니다.

# %%
cross_entropy.backward()
assert np.allclose(W.grad, -2 * strength * W.value, atol=1e-4)
print("at rest the gradient of the data is −2λW:", np.round(W.grad.ravel(), 3))

graph.backward()
assert abs(W.grad).max() < 1e-4
picture = mg.draw(graph, sample=0)
picture.save(folder / "fork.svg")
picture

# %% [markdown]
# ## 가중치 감쇠
#
# 페널티 항이 있을 때 확률적 경사 하강법(SGD)의 한 걸음은 W ← W − η · (∂L/∂W + 2λ · W)입니다. 마지막 항은 걸음마다 W를
# 1 − 2ηλ배로 줄입니다. 그래서 보통의 SGD에서는 세기가 λ인 페널티 항과 크기가 2λ인 가중치 감쇠(`weight_decay`)가 서로
# 같습니다. Adam에서는 같지 않습니다.

# %%
by_penalty, W = network(L2(0.01))
by_decay, V = network(None)
first = mg.SGD([W], learning_rate=0.3)
second = mg.SGD([V], learning_rate=0.3, weight_decay=0.02)
for _ in range(20):
    for graph, optimizer in ((by_penalty, first), (by_decay, second)):
        graph.forward()
        graph.backward()
        optimizer.step()
assert np.allclose(W.value, V.value)

print(f"\nIn {folder.resolve()}:")
print("  lambda-0.svg      the weights after 4000 steps without a penalty")
print("  lambda-0.001.svg  with λ = 0.001")
print("  lambda-0.01.svg   with λ = 0.01")
print("  fork.svg          at rest with λ = 0.01: the two paths back to W cancel")

# %% [markdown]
# 이 생각의 뿌리는 A. Hoerl과 R. Kennard의 능형 회귀(ridge regression, 1970)입니다. 사이토 고키의 『밑바닥부터
# 시작하는 딥러닝』("Deep Learning from Scratch")은 6장에서 이것을 가중치 감쇠(weight decay)라는 이름으로, ½λ를
# 써서 다룹니다.
#
# ## 연습 문제
#
# **1.** 샘플에 대한 **합**을 손실로 써 보세요(`SoftmaxWithLoss("sum")`). 샘플 60개의 평균을 쓸 때 λ = 0.01로 얻은
# 것과 같은 W가 나오려면, 이제 λ는 얼마여야 할까요?
#
# <details><summary>답</summary>
#
# 합은 평균의 60배이므로 페널티 항도 60배가 되어야 합니다. 즉 λ = 0.6입니다. 그러면 전체 손실이 이전의 60배가 되고
# 최솟값의 위치는 그대로입니다. 학습률(learning rate)은 60분의 1로 줄여야 합니다.
#
# ```python
# ends = []
# for reduction, strength, rate in (("mean", 0.01, 0.3), ("sum", 0.6, 0.3 / 60)):
#     affine = Affine(2, 3, weight=np.zeros((2, 3)))
#     graph = mg.Graph(SoftmaxWithLoss(reduction)(affine(X), t) + L2(strength)(affine.parameters[0]))
#     step = graph.compile(mg.SGD(graph.parameters, learning_rate=rate))
#     for _ in range(1000):
#         step()
#     ends.append(affine.parameters[0].value)
# print(np.allclose(*ends))  # True
# ```
#
# </details>

# %% [markdown]
# **2.** `L1`은 Σ |W|에 페널티를 매깁니다. 순전히 잡음뿐인 특징(feature)을 X에 하나 더하고, L2로 한 번, L1으로 한 번
# 학습해 보세요. 잡음에 붙은 가중치는 어떻게 될까요?
#
# <details><summary>답</summary>
#
# L2는 0에 가까울수록 당기는 힘이 약해집니다. 그래서 작은 가중치는 작은 채로 남을 뿐 0이 되지는 않습니다. L1은
# 어디서나 똑같은 힘 λ로 당깁니다. 데이터가 그만큼 필요로 하지 않는 가중치는 0으로 갑니다(한 걸음의 길이 때문에
# 0을 이리저리 건너뛰는 만큼은 남습니다). 쓸모 있는 특징이 저절로 골라지는 셈입니다.
#
# ```python
# from minigraph.layers import L1
#
# noisy = np.column_stack([X, np.random.default_rng(1).normal(size=60)])
# near_zero = []
# for penalty in (L2(0.02), L1(0.02)):
#     affine = Affine(3, 3, weight=np.zeros((3, 3)))
#     graph = mg.Graph(SoftmaxWithLoss()(affine(noisy), t) + penalty(affine.parameters[0]))
#     step = graph.compile(mg.SGD(graph.parameters, learning_rate=0.1))
#     for _ in range(3000):
#         step()
#     near_zero.append(bool(abs(affine.parameters[0].value[2]).max() < 0.003))
# print(near_zero)  # [False, True]
# ```
#
# </details>
