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
# # 16 · 나만의 계층 만들기
#
# 계층(layer)은 메서드 두 개를 가진 클래스입니다. 하나는 `forward`이고, 다른 하나는 입력마다 기울기(gradient)를
# 하나씩 내는 `backward`입니다. 이것만 있으면 다른 계층과 똑같이 학습하고, 확인하고, 열어 보고, 그릴 수 있습니다.

# %%
import sys
from pathlib import Path

import numpy as np

import minigraph as mg
from minigraph.layers import Affine, SoftmaxWithLoss

# in a notebook the first argument belongs to the kernel and starts with a dash
folder = Path(sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/own_layer")
folder.mkdir(parents=True, exist_ok=True)

# %% [markdown]
# ## 함수
#
# 소프트사인(softsign)은 tanh처럼 값을 좁은 범위로 눌러 넣지만 지수 함수를 쓰지 않습니다.
#
# > y = x / (1 + |x|), ∂y/∂x = 1 / (1 + |x|)²
#
# `backward`는 상류 기울기(upstream gradient)와 출력과 입력을 받습니다. 상류 기울기가 무엇이든 반드시 그것을
# 곱해야 하고, 결과는 튜플로 돌려줘야 합니다. 튜플에는 입력마다 기울기가 하나씩 들어가며, 기울기의 모양은 그
# 입력의 모양과 같습니다. 호출과 호출 사이에 기억해 두는 것은 없습니다.


# %%
class Softsign(mg.Op):
    """y = x / (1 + |x|), elementwise. ∂y/∂x = 1 / (1 + |x|)²."""

    def forward(self, x: np.ndarray) -> np.ndarray:
        return x / (1 + abs(x))

    def backward(self, upstream: np.ndarray, y: np.ndarray, x: np.ndarray) -> tuple[np.ndarray]:
        return (upstream / (1 + abs(x)) ** 2,)


# %% [markdown]
# ## 확인하기
#
# `mg.check_op`은 무작위 상류 기울기를 넣어, backward의 결과를 forward에서 잰 변화율과 맞춰 봅니다. 입력에 값을
# 덮어쓰는 연산이나 지난번 forward에서 무언가를 기억해 두는 연산도 찾아냅니다.

# %%
rng = np.random.default_rng(0)
assert mg.check_op(Softsign(), rng.normal(size=(4, 3)))

# %% [markdown]
# ## 그림을 위하여
#
# 여기서부터 덧붙이는 것은 읽는 사람을 위한 것입니다. `formula`는 블록에 적히는 식이고, {0} 자리에는 입력의 이름이
# 들어갑니다. `symbol`은 출력의 이름입니다. `locals`에는 보라색 칩에 쓸 `mg.Local`이 입력마다 하나씩 들어갑니다.
# 국소 미분(local gradient)을 기호로 적은 것과 그것을 계산하는 방법입니다. `expand`는 같은 함수를 더 작은 연산으로
# 조립합니다. 블록을 열어 보는 사람에게 보여 줄 정의입니다. 전체 클래스는 다음과 같습니다.


# %%
class Softsign(mg.Op):
    """y = x / (1 + |x|), elementwise. ∂y/∂x = 1 / (1 + |x|)²."""

    formula, symbol = "{0} / (1 + |{0}|)", "H"
    locals = (mg.Local("1/(1 + |{0}|)²", lambda op, y, x: 1 / (1 + abs(x)) ** 2),)

    def forward(self, x: np.ndarray) -> np.ndarray:
        return x / (1 + abs(x))

    def backward(self, upstream: np.ndarray, y: np.ndarray, x: np.ndarray) -> tuple[np.ndarray]:
        return (upstream / (1 + abs(x)) ** 2,)

    def expand(self, x: mg.Node) -> mg.Node:
        d = 1 + abs(x)
        d.name = "D"
        return x / d


# %% [markdown]
# 이렇게 덧붙인 것도 거짓을 말할 수는 없습니다. 이제 `check_op`은 칩의 수가 backward의 결과와 맞는지, `expand`의
# 값과 기울기가 원래 연산과 같은지도 확인합니다. 표에 두 줄이 늘어납니다.

# %%
report = mg.check_op(Softsign(), rng.normal(size=(4, 3)))
assert [check.edge for check in report.checks] == ["input 0", "locals", "expand"]
assert report

# %% [markdown]
# ## 신경망에 넣기

# %%
X, t = rng.normal(size=(60, 2)), np.repeat([0, 1], 30)
X[30:] *= 3  # class 1 lies around class 0: no straight border separates them

net = mg.Sequential(Affine(2, 4, seed=rng), Softsign(), Affine(4, 2, seed=rng))
scores = net(mg.Node(X, "X"))
loss = SoftmaxWithLoss()(scores, mg.Node(t, "T"))
graph = mg.Graph(loss)
sgd = mg.SGD(graph.parameters, learning_rate=0.5)
for _ in range(400):
    graph.forward()
    graph.backward()
    sgd.step()
accuracy = (scores.value.argmax(axis=1) == t).mean()
print(f"loss {loss.item():.3f} nats, accuracy on the training points {accuracy:.3f}")
assert accuracy > 0.85

graph.forward(X=X[[0, 30]], T=t[[0, 30]])
graph.backward()
picture = mg.draw(loss)
picture.save(folder / "network.svg")
picture

# %%
picture = mg.draw(loss, expand=["Softsign"])
picture.save(folder / "opened.svg")
picture

# %%
print(f"\nIn {folder.resolve()}:")
print("  network.svg  two samples through a network with the new layer")
print("  opened.svg   the same, with the new layer opened")

# %% [markdown]
# 열어 본 그림에서 x의 분기(fork)를 보면 두 경로가 만납니다. 하나는 분자를 지나고, 다른 하나는 |x|를 지납니다.
# 둘을 더하면 1 / (1 + |x|)²입니다. 이 식이 바로 떠오르지 않을 때는 이렇게 구하면 됩니다.
#
# ## 연습 문제
#
# **1.** backward에서 상류 기울기를 빠뜨려 보세요. `return (1 / (1 + abs(x)) ** 2,)`처럼 말입니다. 어떤 때에
# 들키지 않고 지나갈까요? `check_op`은 뭐라고 할까요?
#
# <details><summary>답</summary>
#
# 상류 기울기가 1인 곳에서는 맞는 답입니다. 그래서 이 연산이 맨 끝에, 즉 단순한 합 바로 앞에 놓이면 들키지 않습니다.
# `check_op`이 무작위 상류 기울기를 쓰는 것은 이 때문입니다.
#
# ```python
# class Forgetful(Softsign):
#     def backward(self, upstream, y, x):
#         return (1 / (1 + abs(x)) ** 2,)
#
# x = mg.Node([0.5, -2.0], "x")
# Forgetful()(x).sum().backward()
# print(np.allclose(x.grad, 1 / (1 + abs(x.value)) ** 2))  # True
# print(mg.check_op(Forgetful(), x, verbose=False).ok)  # False
# ```
#
# </details>

# %% [markdown]
# **2.** 자기 가중치를 가진 계층을 만들어 보세요. y = g ⊙ x이고, g에는 열마다 수가 하나씩 있습니다. 계층의
# 매개변수(parameter)는 튜플 `self.parameters`에 넣으며, forward와 backward에는 입력 다음에 전달됩니다.
#
# <details><summary>답</summary>
#
# g는 모든 행에 쓰입니다. 경로가 N개인 분기이므로, 기울기는 행에 걸쳐 더한 합입니다.
#
# ```python
# class Gain(mg.Op):
#     def __init__(self, size):
#         self.parameters = (mg.Parameter(np.ones(size), "g"),)
#
#     def forward(self, x, g):
#         return x * g
#
#     def backward(self, upstream, y, x, g):
#         return upstream * g, (upstream * x).sum(axis=0)
#
# print(mg.check_op(Gain(3), np.random.default_rng(0).normal(size=(5, 3)), verbose=False).ok)  # True
# ```
#
# </details>
