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
# # 13 · 오래 학습하기 전에 하는 점검
#
# 학습하지 못하는 신경망은 오류 메시지를 내지 않습니다. 몇 초면 끝나는 질문 네 가지로 실수를 대부분 찾아낼 수
# 있습니다. 네 질문 모두 답을 미리 알고 있는 것들입니다. 이런 점검을 영어로 sanity check라고 합니다.

# %%
import sys
from pathlib import Path

import numpy as np

import minigraph as mg
from minigraph.layers import L2, Affine, ReLU, SoftmaxWithLoss

# in a notebook the first argument belongs to the kernel and starts with a dash
folder = Path(sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/sanity")
folder.mkdir(parents=True, exist_ok=True)

# %% [markdown]
# 클래스는 열 개이고, 클래스마다 20차원 공간에 점들이 한 무리씩 모여 있습니다. 신경망은 20-32-10입니다.

# %%
C = 10
rng = np.random.default_rng(0)
centres = rng.normal(size=(C, 20))
labels = rng.integers(C, size=800)
points = centres[labels] + 0.8 * rng.normal(size=(800, 20))
X, t, X_test, t_test = points[:600], labels[:600], points[600:], labels[600:]


def network(scale: float = 0.01, strength: float = 0.0) -> tuple[mg.Graph, mg.Node]:
    """A fresh network, whose last weights are about as large as `scale`."""
    rng = np.random.default_rng(1)
    last = Affine(32, C, weight=scale * rng.normal(size=(32, C)))
    scores = mg.Sequential(Affine(20, 32, seed=rng), ReLU(), last)(mg.Node(X, "X"))
    loss = SoftmaxWithLoss()(scores, mg.Node(t, "T"))
    return mg.Graph(loss + L2(strength)(last.parameters[0]) if strength else loss), scores


# %% [markdown]
# ## 1. 첫 손실이 −ln(1/C)인가?
#
# 아무것도 모르면 C개의 클래스에 확률을 1/C씩 주고, 평균 −ln(1/C) = ln C 내트(nat)를 치릅니다. 클래스가 열 개이면
# 2.3026입니다. 첫 손실이 이보다 훨씬 크면 아무것도 배우기 전에 점수(score)부터 크다는 뜻입니다. 자신만만한
# 헛소리인 셈입니다. 훨씬 작으면 축약 방식(reduction)이나 클래스의 수가 생각과 다르다는 뜻입니다.

# %%
small, large = network()[0].output.item(), network(scale=3.0)[0].output.item()
print(f"ln {C} = {np.log(C):.4f}; first loss {small:.4f} with small last weights, {large:.1f} with large ones")
assert abs(small - np.log(C)) < 0.02 and large > 2 * np.log(C)

# %% [markdown]
# 페널티 항(penalty)이 있으면 첫 손실은 정확히 λ · Σ W²만큼 *커야* 합니다. λ를 바꿔도 달라지는 것이 없다면 페널티 항이
# 연결되어 있지 않은 것입니다.

# %%
with_penalty = network(strength=0.5)[0]
W2 = with_penalty.parameters[2]
assert np.isclose(with_penalty.output.item() - small, 0.5 * (W2.value**2).sum())

# %% [markdown]
# ## 2. 한 걸음 가면 손실이 줄어드는가?
#
# 기울기(gradient)는 오르막을 가리킵니다. 그 반대쪽으로 충분히 짧게 한 걸음 가면 같은 배치(batch)의 손실이 줄어듭니다.
# 매개변수(parameter)를 모두 묶어 θ라 하면 약 η · ‖∂L/∂θ‖²만큼 줄어듭니다. `mg.draw_step`은 이것을 수치로 보여 줍니다.

# %%
graph, scores = network()
graph.backward()
squared = sum(float((p.grad**2).sum()) for p in graph.parameters)
before = graph.output.item()
sgd = mg.SGD(graph.parameters, learning_rate=1e-3)
sgd.step()
lowered = before - float(graph.forward())
print(f"one step of η = 0.001 lowered the loss by {lowered:.2e}; the gradient promised {1e-3 * squared:.2e}")
assert np.isclose(lowered, 1e-3 * squared, rtol=0.02)

small_net = mg.Graph(SoftmaxWithLoss()(Affine(2, 3, seed=0)(mg.Node(X[:5, :2], "X")), mg.Node([0, 1, 2, 0, 1], "T")))
small_net.backward()
picture = mg.draw_step(small_net, mg.SGD(small_net.parameters, learning_rate=0.5))
picture.save(folder / "step.svg")
picture

# %% [markdown]
# ## 3. 샘플 다섯 개를 외울 수 있는가?
#
# 가중치가 넉넉한 신경망이라면 어느 것이든 외울 수 있고, 손실은 거의 0까지 내려가야 합니다. 다섯 개도 버겁다면
# 버그가 있는 것이고, 데이터를 늘려도 소용없습니다. 레이블(label)이 제 행과 어긋나 있거나, 기울기가 도착하지 않는
# 곳이 있거나, 옵티마이저(optimizer)가 받지 못한 매개변수가 있는 것입니다.


# %%
def train(graph: mg.Graph, x: np.ndarray, labels: np.ndarray, steps: int) -> float:
    step = graph.compile(mg.SGD(graph.parameters, learning_rate=0.3))
    return [float(step(X=x, T=labels)) for _ in range(steps)][-1]


graph, scores = network()
by_heart = train(graph, X[:5], t[:5], 300)
print(f"five samples: loss {by_heart:.4f} nats after 300 steps")
assert by_heart < 0.01

# %% [markdown]
# ## 4. 레이블을 뒤섞으면 실패하는가?
#
# 학습용 샘플마다 다른 샘플의 레이블을 붙여 줍니다. 이제 배울 것이 남아 있지 않으므로, 떼어 둔(held-out)
# 데이터에서 정확도(accuracy)는 아무렇게나 찍는 수준인 1/C 정도로 떨어져야 하고, 손실은 ln C보다 낮을 수 없습니다.
# 그래도 잘 맞힌다면, 여러분이 모르는 길로 정답이 신경망에 새어 들어가고 있는 것입니다.


# %%
def held_out(training_labels: np.ndarray) -> tuple[float, float]:
    graph, scores = network()
    train(graph, X, training_labels, 200)
    right = graph.evaluate(scores, X=X_test).argmax(axis=1) == t_test
    return float(right.mean()), float(graph.evaluate(X=X_test, T=t_test))


for name, training_labels in {"true labels": t, "shuffled": rng.permutation(t)}.items():
    accuracy, loss = held_out(training_labels)
    print(f"  {name:12} held-out accuracy {accuracy:.3f}, loss {loss:.3f} nats")
    assert accuracy > 0.9 if training_labels is t else accuracy < 0.25 and loss > np.log(C)

print(f"\nIn {folder.resolve()}:")
print("  step.svg  one step of a small network in numbers: W − η · ∂L/∂W, and the loss before and after")

# %% [markdown]
# 점검 1과 3, 그리고 페널티 항을 넣은 점검은 cs231n의 강의 노트 "Neural Networks Part 3"에 나옵니다.
#
# ## 연습 문제
#
# **1.** 샘플 열 개 중 아홉은 클래스 0이고 하나는 클래스 1입니다. 신경망이 클래스의 빈도 말고는 아무것도 배우지
# 못한다면, 손실은 어디까지 내려갈까요? 언제부터 정말로 배우기 시작했다고 할 수 있을까요?
#
# <details><summary>답</summary>
#
# 손실은 ln 2 = 0.693에서 시작해, 편향(bias)만으로 빈도의 엔트로피(entropy)인 H(0.9, 0.1) = 0.325내트까지
# 내려갑니다. 0.325 아래로 내려간 만큼만 입력에서 배운 것입니다. 이때 정확도는 벌써 0.9이지만, 이 값은 아무것도
# 말해 주지 않습니다.
#
# ```python
# uneven = np.repeat([0, 1], [90, 10])
# bias = mg.Parameter(np.zeros(2), "b")
# rare = mg.Graph(SoftmaxWithLoss()(np.zeros((100, 2)) + bias, uneven))
# step = rare.compile(mg.SGD([bias], learning_rate=1.0))
# print(f"{[step() for _ in range(200)][-1]:.3f}")  # 0.325
# ```
#
# </details>

# %% [markdown]
# **2.** 버그를 심어 봅시다. 레이블을 입력에 대해 한 행 밀어 놓습니다(`np.roll(t, 1)`). 네 점검 중 어느 것이
# 알아챌까요?
#
# <details><summary>답</summary>
#
# 앞의 셋은 알아채지 못합니다. 샘플 다섯 개는 레이블이 무엇이든 외울 수 있기 때문입니다. 그러나 떼어 둔 데이터의
# 정확도가 레이블을 뒤섞었을 때와 같습니다. 원래 레이블로도, 뒤섞은 레이블로도 똑같이 못 맞힌다면, 그것이 바로
# 단서입니다. 짝이 맞아야 할 것들이 서로 떨어져 버린 것입니다.
#
# ```python
# accuracy, loss = held_out(np.roll(t, 1))
# print(accuracy < 0.25, loss > np.log(C))  # True True
# ```
#
# </details>
