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
# # 6 · 엔트로피와 교차 엔트로피
#
# 어떤 확률이 얼마나 틀렸는지는 어떻게 말할 수 있을까요? 0.9라고 했는데 그 일이 일어났다면 별로 틀리지 않았습니다.
# 0.01이라고 했는데 일어났다면 크게 틀렸습니다. 1948년에 섀넌(Shannon)은 이런 놀라움을 수로 나타냈습니다. 그 평균은
# 거의 모든 분류기의 학습에 쓰이는 손실(loss)이기도 합니다.

# %%
import sys
from pathlib import Path

import numpy as np

import minigraph as mg
from minigraph.layers import CrossEntropy, cross_entropy, entropy, kl_divergence

# in a notebook the first argument belongs to the kernel and starts with a dash
folder = Path(sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/entropy")
folder.mkdir(parents=True, exist_ok=True)

# %% [markdown]
# ## 놀라움
#
# 확률이 p인 사건의 놀라움(surprise)은 −log p입니다. 확실한 일은 놀랍지 않습니다: −log 1 = 0. 서로 독립인 두 사건은
# 확률이 곱해지므로 놀라움은 더해집니다. 로그의 밑은 단위일 뿐입니다. 밑이 2이면 **비트**(bit), 밑이 e이면 **내트**(nat)입니다.
# 1비트는 ln 2 = 0.693내트입니다. 손실은 내트로 잽니다. ln의 미분에는 상수 배가 붙지 않기 때문입니다.
#
# 일이 제 확률대로 일어날 때 놀라움의 평균이 **엔트로피**(entropy)입니다: H(p) = −Σ pᵢ log pᵢ.

# %%
coin, die, loaded = [1 / 2, 1 / 2], [1 / 6] * 6, [0.9, 0.1]
for name, p in {"fair coin": coin, "fair die": die, "loaded coin, 0.9": loaded}.items():
    print(f"  {name:17} {entropy(p, base=2):.3f} bits = {entropy(p):.3f} nats")

assert np.isclose(entropy(coin, base=2), 1)
assert np.isclose(entropy(die, base=2), np.log2(6))
assert np.isclose(entropy(die), entropy(die, base=2) * np.log(2))

# %% [markdown]
# 공정한 동전(fair coin)은 한 번 던질 때마다 1비트를 알려 줍니다. 주사위는 알아낼 것이 더 많으니 더 많이 알려 줍니다.
# 한쪽으로 치우친 동전(loaded coin)은 덜 알려 줍니다. 무엇이 나올지 대개 알고 있으니까요. 결과가 C가지라면 그 무엇도
# log C보다 많이 알려 주지 못하며, 모든 결과의 확률이 같을 때 꼭 log C만큼 알려 줍니다.
#
# ## 교차 엔트로피: p대로 일어나는데 q라고 믿을 때
#
# 일은 p대로 일어나는데 우리는 q라고 믿습니다. 이때 놀라움은 −log qᵢ이고, 그 평균이 **교차
# 엔트로피**(cross-entropy)입니다.
#
# > H(p, q) = −Σ pᵢ log qᵢ = H(p) + KL(p‖q)
#
# 교차 엔트로피는 H(p)보다 작아지는 일이 없습니다. H(p)보다 더 치르는 몫 KL(p‖q) ≥ 0은 잘못된 믿음의 대가이며, q = p일
# 때만 0이 됩니다. 치우친 동전을 던져서 확인해 봅시다.

# %%
throws = np.random.default_rng(0).choice(2, size=20_000, p=loaded)
for q in ([0.9, 0.1], [0.5, 0.5], [0.1, 0.9]):
    surprise = -np.log(q)[throws].mean()
    print(f"  belief {q}: mean surprise {surprise:.3f} nats, H(p, q) = {cross_entropy(loaded, q):.3f}")
    assert abs(surprise - cross_entropy(loaded, q)) < 0.03
    assert np.isclose(cross_entropy(loaded, q), entropy(loaded) + kl_divergence(loaded, q))

# %% [markdown]
# ## 손실로 쓰기
#
# 분류기에서 p에 해당하는 것은 정답 레이블(target) t이고, q에 해당하는 것은 신경망의 예측입니다. 여기서부터는 대부분의
# 코드처럼 이 예측을 p라고 부릅니다. 원-핫(one-hot) 정답 레이블은 엔트로피가 0이고 항을 하나만 남깁니다. 그래서 손실은
# 정답 클래스가 받은 확률에 −ln을 취한 값이 됩니다. 행이 N개라면 `CrossEntropy`는 **평균**을
# 냅니다(`reduction="sum"`이면 더합니다).
#
# 국소 미분(local gradient)은 −t/p이고, 평균이므로 1/N이 붙습니다. 정답 레이블이 0인 곳에서는 0이고, p가 작은 곳에서는
# 가파릅니다.

# %%
T = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
p = mg.Node([[0.2, 0.5, 0.3], [0.1, 0.6, 0.3]], "P")
loss = CrossEntropy()(p, mg.Node(T, "T"))
loss.backward()

assert np.isclose(loss.item(), -(np.log(0.5) + np.log(0.1)) / 2)
assert np.allclose(p.grad, -T / p.value / 2)
print(f"loss {loss.item():.3f} nats; ∂L/∂P =")
print(np.round(p.grad, 2) + 0.0)

# %% [markdown]
# 둘째 행은 정답 클래스에 0.1을 주어서 −5라는 기울기(gradient)를 받습니다. 첫째 행은 0.5를 주어서 −1을 받습니다. 펼쳐
# 보면 이 손실은 log, ⊙, Σ, −1, 평균으로 이루어져 있고, 국소 미분은 하나같이 이미 아는 것들입니다.

# %%
picture = mg.draw(loss)
picture.save(folder / "cross_entropy.svg")
picture

# %%
picture = mg.draw(loss, expand=1)
picture.save(folder / "opened.svg")
picture

# %%
print(f"\nIn {folder.resolve()}:")
print("  cross_entropy.svg  two predictions and their loss")
print("  opened.svg         the same by log, ⊙, Σ, −1 and mean")

# %% [markdown]
# 출처: C. Shannon, "A mathematical theory of communication"(1948). S. Kullback, R. Leibler, "On information and
# sufficiency"(1951). 손실에 관해서는 사이토 고키의 『밑바닥부터 시작하는 딥러닝』("Deep Learning from Scratch") 4장.
#
# ## 연습 문제
#
# **1.** 알파벳 26자가 모두 같은 확률로 나온다면 한 글자는 몇 비트일까요? 몇 내트일까요? 영어 글자가 나오는 확률은
# 서로 다릅니다. 실제 값은 이보다 클까요, 작을까요?
#
# <details><summary>답</summary>
#
# log₂ 26 = 4.70비트 = 3.26내트입니다. 실제 값은 더 작습니다. 확률이 모두 같을 때가 최대이기 때문입니다.
#
# ```python
# letters = np.full(26, 1 / 26)
# print(f"{entropy(letters, base=2):.2f} {entropy(letters):.2f}")  # 4.70 3.26
# ```
#
# </details>

# %% [markdown]
# **2.** 일기 예보에서 "비: 0"이라고 했는데 비가 옵니다. 이 예보의 손실은 얼마이고, 기울기는 얼마일까요? 어떤 코드에서
# 하듯이 log(p + 10⁻⁷)을 계산해서 이것을 눈감아 주어야 할까요?
#
# <details><summary>답</summary>
#
# −ln 0 = ∞이고 −1/0 = −∞입니다. 절대 없다고 단언한 일이 일어나면 치를 값에는 한도가 없습니다. 작은 수를 더하면 이
# 사실이 가려집니다. 손실은 −ln 10⁻⁷ = 16.1내트에서 멈추고, 고장 난 신경망이 그저 성능이 나쁜 신경망처럼 보입니다.
# 제대로 된 해결책은 8장에 있습니다.
#
# ```python
# sure = mg.Node([[0.0, 1.0]], "P")
# with np.errstate(divide="ignore"):
#     wrong = CrossEntropy()(sure, [[1.0, 0.0]])
#     wrong.backward()
# print(wrong.item(), sure.grad[0, 0])  # inf -inf
# print(f"{-np.log(0 + 1e-7):.1f}")  # 16.1
# ```
#
# </details>
