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
# # 14 · 소프트맥스와 SVM
#
# 같은 점수(score)에 매기는 두 가지 손실입니다. 소프트맥스(softmax)는 정답의 확률이 1이 되기를 바랍니다. 서포트
# 벡터 머신(support vector machine, SVM)은 정답의 점수가 일정한 마진(margin)만큼 앞서기를 바라고, 그만큼 앞서면
# 만족합니다. 둘의 차이는 기울기(gradient)에서 가장 잘 보입니다.

# %%
import sys
from pathlib import Path

import numpy as np

import minigraph as mg
from minigraph.layers import MulticlassHinge, Softmax, SoftmaxWithLoss

# in a notebook the first argument belongs to the kernel and starts with a dash
folder = Path(sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/svm")
folder.mkdir(parents=True, exist_ok=True)

# %% [markdown]
# ## 힌지 손실
#
# > ℓ = Σ max(0, s[c] − s[y] + Δ), c ≠ y인 모든 c에 걸쳐, 여기서 Δ = 1
#
# s는 점수이고 y는 정답 클래스입니다. 이것을 힌지 손실(hinge loss)이라고 합니다. 오답 클래스는 정답 클래스에 Δ보다
# 더 가까이 다가왔을 때만 손실에 들어갑니다. 국소 미분(local gradient)은 최댓값 함수의 국소 미분 그대로입니다.
# 마진 안으로 들어온 오답 클래스는 저마다 1이고, 정답 클래스는 그 개수에 음의 부호를 붙인 값입니다. 내트(nat)와는
# 상관이 없습니다. 단위는 점수의 단위입니다.

# %%
s = mg.Node([[2.0, 1.5, -0.5]], "scores")
t = mg.Node([0], "T")
hinge, softmax = MulticlassHinge()(s, t), SoftmaxWithLoss()(s, t)

for name, loss in {"hinge": hinge, "softmax": softmax}.items():
    loss.backward()
    print(f"  {name:8} loss {loss.item():.4f}, gradient of the scores {np.round(s.grad[0], 3)}")
picture = mg.draw(softmax, digits=3)
picture.save(folder / "softmax.svg")
picture

# %%
hinge.backward()
assert hinge.item() == 0.5 and np.array_equal(s.grad, [[-1, 1, 0]])
assert mg.check_gradients(hinge, verbose=False)
picture = mg.draw(hinge, digits=3)
picture.save(folder / "hinge.svg")
picture

# %% [markdown]
# 셋째 클래스는 2.5만큼 뒤처져 있고, 이는 Δ보다 큽니다. 힌지 손실은 이 클래스를 보지 못합니다. 손실에도 기울기에도
# 나타나지 않습니다. 소프트맥스는 그래도 이 클래스를 조금 더 밀어 내립니다.
#
# ## 언제 만족할까?
#
# 정답의 점수를 올리면서 기울기의 길이를 봅시다. 앞선 차이(lead)가 Δ에 이르면 그때부터 힌지 손실은 정확히 0입니다.
# 소프트맥스는 만족하는 법이 없습니다. 기울기가 exp(−lead)처럼 작아질 뿐입니다.

# %%
graphs = {"hinge": mg.Graph(hinge), "softmax": mg.Graph(softmax)}
lengths: dict[str, list[float]] = {name: [] for name in graphs}
print("  lead      hinge    softmax   (length of the gradient)")
for lead in (-1.0, 0.0, 0.5, 1.5, 5.0, 10.0):
    for name, graph in graphs.items():
        graph.forward(scores=[[1.5 + lead, 1.5, -0.5]])
        graph.backward()
        lengths[name].append(float(np.linalg.norm(s.grad)))
    print(f"  {lead:4g} {lengths['hinge'][-1]:10.4f} {lengths['softmax'][-1]:10.6f}")
assert lengths["hinge"][3:] == [0, 0, 0]
assert lengths["softmax"][-1] > 0 and lengths["softmax"] == sorted(lengths["softmax"], reverse=True)

# %% [markdown]
# 그래서 경계에서 멀리 떨어져 제 쪽에 잘 놓인 샘플은 SVM의 경계를 정하는 데 발언권이 없습니다. 소프트맥스에서는
# 모든 샘플에 발언권이 있습니다. 약할지라도 말입니다. `examples/hinge_and_softmax.py`는 둘을 모두 학습시켜 경계가
# 움직이는 모습을 보여 줍니다.
#
# ## 점수의 의미
#
# 소프트맥스는 점수를 확률로 바꾸고, 점수의 차이에는 의미가 있습니다. sᵢ − sⱼ = ln(pᵢ / pⱼ)입니다. 그래서 점수를
# 두 배로 하면 다른 의견, 더 확신하는 의견이 됩니다. 힌지 손실은 마진밖에 모릅니다. 그 점수는 얼마만큼의 차이로
# 맞았는지, 또는 틀렸는지만 말해 줍니다. 거기서 확률을 읽어 낼 수는 없습니다.

# %%
P = Softmax().forward(s.value)[0]
assert np.isclose(np.log(P[0] / P[1]), s.value[0, 0] - s.value[0, 1])

# %% [markdown]
# ## 열어 보면
#
# 힌지 손실은 여러분이 아는 게이트(gate)로 이루어져 있습니다. −, +, max, Σ입니다. `pick`은 각 행에서 정답 클래스의
# 점수를 꺼냅니다. 끝 무렵의 −1은 정답 클래스 자신의 몫입니다. 자기 자신과 비교하면 꼭 Δ만큼이 더해지므로, 그 Δ를
# 도로 빼는 것입니다. 점수는 처음에 쓴 그대로입니다.

# %%
graphs["hinge"].forward(scores=[[2.0, 1.5, -0.5]])
graphs["hinge"].backward()
picture = mg.draw(hinge, expand=1)
picture.save(folder / "opened.svg")
picture

# %%
print(f"\nIn {folder.resolve()}:")
print("  hinge.svg    three scores and their hinge loss")
print("  softmax.svg  the same scores under softmax and cross-entropy")
print("  opened.svg   the hinge loss by −, +, max and Σ")

# %% [markdown]
# 이 힌지 손실은 J. Weston과 C. Watkins(1999)의 것입니다. 두 손실의 비교는 cs231n의 강의 노트 "Linear
# classification"을 따랐습니다.
#
# ## 연습 문제
#
# **1.** 클래스가 C개인 SVM에서 점수가 모두 0에 가까울 때 첫 손실은 얼마일까요? (13장에서는 소프트맥스에 대해 같은
# 것을 물었습니다.)
#
# <details><summary>답</summary>
#
# C − 1개의 오답 클래스는 모두 정답 클래스와 점수가 같으므로 저마다 Δ만큼 손실을 보탭니다. Δ = 1이면 C − 1입니다.
# 클래스가 열 개이면 9이고, 소프트맥스라면 ln 10 = 2.303입니다.
#
# ```python
# level = np.zeros((4, 10))
# print(MulticlassHinge()(level, [0, 1, 2, 3]).item())  # 9.0
# print(round(SoftmaxWithLoss()(level, [0, 1, 2, 3]).item(), 3))  # 2.303
# ```
#
# </details>

# %% [markdown]
# **2.** 모든 점수에 100을 더해 보세요. 그다음에는 100을 곱해 보세요. 두 손실은 각각 어떻게 될까요?
#
# <details><summary>답</summary>
#
# 더할 때는 둘 다 변하지 않습니다. 둘 다 점수의 차이만 보기 때문입니다. 곱하면 정답 클래스가 50만큼 앞서므로 힌지
# 손실은 0이고, 소프트맥스의 손실은 10⁻²²입니다. 점수를 그대로 믿는 것입니다. 따라서 힌지 손실에서는 가중치를 그저
# 키우기만 해도 모든 마진을 채울 수 있습니다. Δ에 의미를 주는 것은 12장에서 본 것과 같은 페널티 항(penalty)입니다.
#
# ```python
# first = np.array([[2.0, 1.5, -0.5]])
# losses = [op(first * 100, [0]).item() for op in (MulticlassHinge(), SoftmaxWithLoss())]
# print(losses[0] == 0, losses[1] < 1e-15)  # True True
# for op in (MulticlassHinge(), SoftmaxWithLoss()):
#     assert np.isclose(op(first, [0]).item(), op(first + 100, [0]).item())
# ```
#
# </details>
