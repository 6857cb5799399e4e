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
# # 11 · 붓꽃으로 하는 소프트맥스 회귀
#
# 꽃 한 송이가 센티미터로 잰 길이 네 개로 들어가고, 세 품종 가운데 하나가 답으로 나옵니다. 그 사이에 있는 신경망은
# 신경망이라 부를 수 있는 가장 작은 것입니다. 가중치(weight)가 12개, 편향(bias)이 3개뿐입니다. 그래도 큰 분류기가
# 하는 일은 여기에 모두 들어 있습니다. 점수(score), 확률, 내트(nat) 단위의 손실(loss), 행렬을 거슬러 흐르는
# 기울기(gradient), 경사 하강법(gradient descent), 그리고 정직한 시험입니다.
#
# `python tutorials/ko/11_softmax_regression_iris.py`로 실행하거나, jupytext를 써서 노트북으로 여세요. 그림과
# 가중치는 `out/iris` 폴더에 저장됩니다. 다른 폴더를 원하면 인수로 지정하세요.

# %%
import sys
from pathlib import Path

import numpy as np

import minigraph as mg
from minigraph.layers import Affine, Softmax, SoftmaxWithLoss

try:
    from matplotlib.figure import Figure
    from sklearn.datasets import load_iris
    from sklearn.model_selection import train_test_split
except ImportError as error:
    sys.exit(f'{error}. Get it with: pip install "minigraph[tutorials]", in a checkout: pip install -e ".[tutorials]"')

# in a notebook the first argument belongs to the kernel and starts with a dash
folder = Path(sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/iris")
folder.mkdir(parents=True, exist_ok=True)

# %% [markdown]
# ## 그림 읽는 법
#
# 먼저 1장의 회로 f = (x + y) · z를 범례 삼아 그려 봅시다. 실선 화살표는 값을 앞으로 나르고, 점선 화살표는
# 기울기를 뒤로 나릅니다. 거꾸로 가는 길에 놓인 보라색 칩은 국소 미분(local gradient)입니다.
# 하류(downstream) = 상류(upstream) × 국소(local)입니다.

# %%
x, y, z = mg.Node(-2.0, "x"), mg.Node(5.0, "y"), mg.Node(-4.0, "z")
f = (x + y) * z
f.backward()
print(f"f = {f.item():g}, ∂f/∂x = {x.grad:g}, ∂f/∂y = {y.grad:g}, ∂f/∂z = {z.grad:g}")
picture = mg.draw(f)
picture.save(folder / "circuit.svg")
picture

# %% [markdown]
# ## 꽃
#
# 꽃은 모두 150송이, 품종마다 50송이입니다. 그중 품종마다 열 송이씩 서른 송이를 지금 따로 떼어 두고, 마지막에
# 가서야 꺼내 봅니다.
#
# 특징(feature)은 모두 표준화(standardization)합니다. 즉 평균을 빼고 표준편차로 나눕니다. 그러면 경사 하강법의 한
# 걸음이 네 특징에 고루 알맞습니다. 평균과 표준편차는 학습용 꽃만 가지고 구합니다. 떼어 둔(held-out) 꽃의 정보는
# 학습되는 그 무엇에도 새어 들어가면 안 되는데, 평균도 데이터에서 배우는 값이기 때문입니다.
#
# 정답 레이블(target)은 원-핫(one-hot) 행입니다. 품종 1은 [0, 1, 0]으로 씁니다. 이렇게 하면 정답도 옆에 놓인
# 예측과 마찬가지로 확률 분포가 되고, 그림에도 행렬로 나타납니다. 그냥 정수 레이블을 써도 됩니다.


# %%
def flowers(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """120 flowers to train on and 30 to test on: X and one-hot T of the first, X and T of the second."""
    X, labels = load_iris(return_X_y=True)
    X, X_test, labels, labels_test = train_test_split(X, labels, test_size=30, stratify=labels, random_state=seed)
    mean, deviation = X.mean(axis=0), X.std(axis=0)
    return (X - mean) / deviation, np.eye(3)[labels], (X_test - mean) / deviation, np.eye(3)[labels_test]


X, T, X_test, T_test = flowers(seed=0)
species = load_iris().target_names
features = [name.removesuffix(" (cm)") for name in load_iris().feature_names]
print(f"{len(X)} flowers to train on, {len(X_test)} to test on; features: {', '.join(features)}")

# %% [markdown]
# ## 신경망
#
# 꽃 N송이를 묶은 배치(batch)에 대해 다음을 계산합니다.
#
# * **Affine**(4장): Y = X · W + b. X는 N×4, W는 4×3이고 b는 3개짜리이므로, Y는 N×3입니다. 품종마다 점수가 하나씩
#   나옵니다.
# * **소프트맥스**(softmax, 5장): P[n, k] = exp(Y[n, k]) / Σⱼ exp(Y[n, j]). 각 행이 확률 분포가 됩니다.
# * **교차 엔트로피**(cross-entropy, 6장): L = −(1/N) Σₙ Σₖ T[n, k] · ln P[n, k]. 단위는 내트이고, 꽃에 대한
#   평균입니다.
#
# `SoftmaxWithLoss`는 뒤의 둘을 한 번에 합니다. 그 편이 더 안전하고 기울기도 더 짧습니다(7장과 8장).
#
# 가중치는 아주 작은 난수로 시작합니다. 계층은 가중치를 만들어 줄 함수를 받아, 그 함수에 모양(shape)과 난수
# 생성기를 넘겨줍니다.


# %%
def tiny(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    return rng.normal(0.0, 0.01, shape)


rng = np.random.default_rng(0)
affine = Affine(4, 3, weight=tiny, seed=rng)
W, b = affine.parameters

x, t = mg.Node(X, "X"), mg.Node(T, "T")
scores = affine(x)
loss = SoftmaxWithLoss()(scores, t)
graph = mg.Graph(loss)
print(graph)

# %% [markdown]
# ## 학습 전에 하는 첫 점검
#
# 가중치가 아주 작으면 점수는 0에 가깝고, 소프트맥스는 똑같은 점수 셋을 똑같은 확률 셋으로 바꿉니다. 아무것도
# 모르는 신경망은 품종마다 ⅓씩 걸고, 꽃 한 송이에 −ln(1/3) = 1.0986내트를 치릅니다. 첫 손실이 이 값과 크게
# 다르다면 어딘가 고장 난 것이고, 아무리 학습해도 어디가 고장인지는 알 수 없습니다.

# %%
ignorant = -np.log(1 / 3)
print(f"The first loss is {loss.item():.4f} nats; knowing nothing costs −log(1/3) = {ignorant:.4f} nats")
assert abs(loss.item() - ignorant) < 0.05

# %% [markdown]
# ## 역전파
#
# 회로에서 한 것과 같은 계산이고, 선마다 행렬이 놓였을 뿐입니다. ∂L/∂Y = (P − T)/N, ∂L/∂W = Xᵀ · ∂L/∂Y이고,
# ∂L/∂b는 ∂L/∂Y의 행을 모두 더한 것입니다. 실제 수를 보기 위해 품종마다 꽃을 한 송이씩 골라, NumPy로 한 번,
# 그래프로 한 번 역전파(backward)를 해 봅시다.

# %%
one_of_each = T.argmax(axis=0)  # in each column, the first row that has its 1
X_few, T_few = X[one_of_each], T[one_of_each]
P_few = Softmax().forward(X_few @ W.value + b.value)
dY = (P_few - T_few) / 3

graph.forward(X=X_few, T=T_few)
graph.backward()
assert np.allclose(scores.grad, dY)
assert np.allclose(W.grad, X_few.T @ dY) and np.allclose(b.grad, dY.sum(axis=0))
print("∂L/∂Y = (P − T)/3, one row per flower:")
print(np.round(dY, 3))

# %% [markdown]
# 각 행은 점수 하나를 밀어 올리고 나머지 둘을 밀어 내립니다. 경사 하강법은 기울기와 *반대쪽*으로 가므로, 음수가
# 놓인 자리가 점수를 얻어야 할 품종입니다. 그리고 기울기는 확인하기 전에는 믿지 않습니다(10장).

# %%
graph.forward(X=X[:8], T=T[:8])
assert mg.check_gradients(loss)

# %% [markdown]
# ## 학습 전의 그림
#
# 이번에도 품종마다 한 송이씩 고른 그 세 송이를 씁니다. `collapsed.svg`는 두 계층을 상자로 보여 줍니다.
# `expanded.svg`는 그 상자를 두 단계까지 열어 exp, Σ, ÷, log까지 보여 줍니다. 기울기를 거슬러 따라가 보세요. L에서
# 1로 출발해 Y에는 (P − T)/3으로 도착합니다. 작은 게이트들에 그 식을 알려 준 사람은 아무도 없는데도 말입니다.
#
# `neurons-before.svg`는 같은 신경망을 다른 방식으로 보여 줍니다. 특징이 네 개, 품종이 세 개이고, 가중치 12개가
# 저마다 화살표 하나입니다. 가장 굵은 화살표가 가장 큰 가중치인데, 그래 봐야 아직 0.013입니다. 음수인 가중치는
# 화살표 끝이 속이 빈 동그라미입니다.

# %%
graph.forward(X=X_few, T=T_few)
graph.backward()
picture = mg.draw(loss)
picture.save(folder / "collapsed.svg")
picture

# %%
picture = mg.draw(loss, expand=2)
picture.save(folder / "expanded.svg")
picture

# %%
picture = mg.draw(loss, view="neurons", sample=0)
picture.save(folder / "neurons-before.svg")
picture

# %% [markdown]
# ## 학습
#
# 확률적 경사 하강법(stochastic gradient descent, SGD)은 꽃 20송이를 꺼내 기울기를 계산하고, 그 반대쪽으로 한 걸음
# 갑니다. 학습률(learning rate)을 η라 하면 다음과 같습니다.
#
# > W ← W − η · ∂L/∂W, b ← b − η · ∂L/∂b
#
# 꽃이 120송이이므로 6걸음이면 한 바퀴를 돌고, 그런 다음 꽃을 새로 섞습니다. 이 한 바퀴를 에폭(epoch)이라고
# 합니다. `graph.forward`는 그 배치의 손실을 돌려줍니다. `graph.evaluate`는 다른 입력에 대한 값을 계산하되
# 그래프는 그대로 둡니다.


# %%
def accuracy(X: np.ndarray, T: np.ndarray) -> float:
    """The share of flowers whose highest score is that of their own species."""
    return float((graph.evaluate(scores, X=X).argmax(axis=1) == T.argmax(axis=1)).mean())


sgd = mg.SGD(graph.parameters, learning_rate=0.5)
epochs = 100
batch_losses = []
epoch_losses = [float(graph.evaluate(X=X, T=T))]

print("epoch   loss in nats, mean over all 120   accuracy")
print(f"    0   {epoch_losses[0]:.4f}{accuracy(X, T):35.3f}")
for epoch in range(1, epochs + 1):
    for x_batch, t_batch in mg.batches(X, T, size=20, seed=rng):
        batch_losses.append(float(graph.forward(X=x_batch, T=t_batch)))
        graph.backward()
        sgd.step()
    epoch_losses.append(float(graph.evaluate(X=X, T=T)))
    if epoch in (1, 2, 5, 10) or epoch % 20 == 0:
        print(f"{epoch:5}   {epoch_losses[-1]:.4f}{accuracy(X, T):35.3f}")

# %% [markdown]
# 손실은 처음에는 빠르게, 나중에는 느리게 줄어듭니다. 세토사(setosa)는 쉽지만 나머지 두 품종을 가르는 경계는 오래
# 걸리기 때문입니다. 배치의 손실은 전체 꽃의 손실을 중심으로 오르락내리락합니다. 20송이는 표본이므로 거기서 구한
# 기울기도 추정값입니다. 그래도 내리막을 찾기에는 충분하고, 계산량은 여섯 배 적습니다.

# %%
figure = Figure(figsize=(6, 3.5), layout="constrained")
axes = figure.subplots()
axes.plot(np.arange(len(batch_losses)) / 6, batch_losses, color="#B2DFDB", label="each batch of 20")
axes.plot(epoch_losses, color="#00695C", label="all 120, after each epoch")
axes.axhline(ignorant, color="grey", linestyle="dotted", label="knowing nothing: −ln(1/3)")
axes.set(xlabel="epoch", ylabel="loss (nats, mean)", ylim=(0, None), title="Softmax regression on Iris")
axes.legend()
figure.savefig(folder / "loss.png", dpi=120)

# %% [markdown]
# ## 시험
#
# 이제 지금까지 아무 데도 쓰지 않은 꽃 서른 송이를 꺼냅니다.

# %%
train_accuracy, test_accuracy = accuracy(X, T), accuracy(X_test, T_test)
print(f"Accuracy: {train_accuracy:.3f} on the training flowers, {test_accuracy:.3f} on the held-out ones")

P_test = Softmax().forward(graph.evaluate(scores, X=X_test))
for n in np.flatnonzero(P_test.argmax(axis=1) != T_test.argmax(axis=1)):
    chances = ", ".join(f"{name} {chance:.2f}" for name, chance in zip(species, P_test[n]))
    print(f"  a {species[T_test[n].argmax()]} was misread: {chances}")

# %% [markdown]
# 여기서 `Softmax().forward`를 호출한 것처럼, 계층은 평범한 배열을 받는 함수이기도 합니다.
#
# ## 무엇을 배웠을까요?
#
# 가중치는 읽을 수 있습니다. 열은 품종이고, 행은 표준편차를 단위로 잰 특징입니다. 양수이면 그 특징이 클수록 그
# 품종일 가능성이 커집니다. 두 품종을 비교할 때는 두 열의 차이만이 의미가 있습니다.

# %%
print(f"{'':14}" + "".join(f"{name:>12}" for name in species))
for name, row in zip([*features, "(bias)"], [*W.value, b.value]):
    print(f"{name:14}" + "".join(f"{weight:12.2f}" for weight in row))

# %% [markdown]
# 꽃잎(petal)이 대부분의 일을 합니다. `trained.svg`는 앞의 세 송이를 이 가중치로 계산한 그림입니다. P는 이제 T에
# 가까워서, 되돌아 흐를 기울기가 얼마 남지 않았습니다. `neurons-after.svg`에서는 화살표 12개가 제 굵기를
# 찾았습니다.

# %%
graph.forward(X=X_few, T=T_few)
graph.backward()
picture = mg.draw(loss)
picture.save(folder / "trained.svg")
picture

# %%
picture = mg.draw(loss, view="neurons", sample=0)
picture.save(folder / "neurons-after.svg")
picture

# %% [markdown]
# ## 가중치 저장하기
#
# 학습된 신경망이란 곧 그 매개변수(parameter)입니다. 이름을 붙여 저장해 두면, 모양이 같은 다른 그래프로 읽어 들일
# 수 있습니다.

# %%
mg.save(folder / "iris.npz", graph.parameters)

another = Affine(4, 3)
mg.load(folder / "iris.npz", another.parameters)
scores_again = another(X_test).value
assert np.array_equal(scores_again, graph.evaluate(scores, X=X_test))

# %% [markdown]
# ## 얼마나 운이 좋았던 걸까요?
#
# 서른 송이는 적습니다. 한 송이를 더 맞히느냐 못 맞히느냐가 0.033입니다. 그러니 데이터를 다르게 나누고 첫 가중치도
# 바꿔 가며 다시 물어봅시다. 다음 함수는 이 장 전체를 열두어 줄로 줄인 것이기도 합니다. `graph.compile`은
# 순전파(forward), 역전파, 갱신을 빠른 호출 하나로 묶습니다(17장).


# %%
def held_out_accuracy(seed: int) -> float:
    X, T, X_test, T_test = flowers(seed)
    rng = np.random.default_rng(seed)
    scores = Affine(4, 3, weight=tiny, seed=rng)(mg.Node(X, "X"))
    graph = mg.Graph(SoftmaxWithLoss()(scores, mg.Node(T, "T")))
    step = graph.compile(mg.SGD(graph.parameters, learning_rate=0.5))
    for _ in range(epochs):
        for x_batch, t_batch in mg.batches(X, T, size=20, seed=rng):
            step(X=x_batch, T=t_batch)
    return float((graph.evaluate(scores, X=X_test).argmax(axis=1) == T_test.argmax(axis=1)).mean())


others = np.array([held_out_accuracy(seed) for seed in range(1, 21)])
print(
    f"Twenty other splits: mean {others.mean():.3f}, from {others.min():.3f} to {others.max():.3f};"
    f" {(others >= 0.95).sum()} of them reach 0.95"
)

# %% [markdown]
# 결과로 내놓을 값은 이 평균입니다. 값이 흩어지는 것은 데이터를 나누는 방식 때문입니다. 어려운 꽃 가운데 어느 것을
# 떼어 두게 되었느냐에 달려 있습니다. 첫 가중치는 거의 상관이 없습니다. 이 손실 함수는 볼록(convex)해서 골짜기가
# 하나뿐이기 때문입니다.

# %%
assert test_accuracy >= 0.95, f"held-out accuracy is {test_accuracy:.3f}"

print(f"\nIn {folder.resolve()}:")
for name, what in {
    "circuit.svg": "the key to the pictures: f = (x + y) · z",
    "collapsed.svg": "three flowers through Affine and SoftmaxWithLoss, before training",
    "expanded.svg": "the same, opened down to exp, Σ, ÷ and log",
    "neurons-before.svg": "units and the twelve weights, before training",
    "trained.svg": "the same three flowers, with the trained weights",
    "neurons-after.svg": "units and the twelve weights, after training",
    "loss.png": "the loss of each batch, and of all training flowers after each epoch",
    "iris.npz": "the trained W and b",
}.items():
    print(f"  {name:19} {what}")

# %% [markdown]
# ## 연습 문제
#
# **1.** 가중치를 모두 정확히 0으로 두고 시작해 보세요(`weight=np.zeros((4, 3))`). 첫 손실은 마지막 자리까지
# 정확히 얼마일까요? 학습은 될까요? 은닉층(hidden layer)이 있어도 될까요?
#
# <details><summary>답</summary>
#
# 점수가 모두 0이므로 확률은 모두 정확히 ⅓이고, 손실은 ln 3 = 1.098612…입니다. 학습도 똑같이 잘됩니다.
# ∂L/∂W = Xᵀ · (P − T)/N에는 W라는 인수가 없고, T는 품종마다 다르므로, 세 열은 첫걸음에서 갈라집니다. 은닉층이
# 있으면 그렇지 않습니다. 위층의 가중치가 0이면 아래층 가중치로 가는 기울기를 막아 버립니다. 15장에서 직접 해
# 봅니다.
#
# ```python
# zero = SoftmaxWithLoss()(Affine(4, 3, weight=np.zeros((4, 3)))(X), T)
# again = mg.Graph(zero)
# print(f"{zero.item():.6f}")  # 1.098612
# step = again.compile(mg.SGD(again.parameters, learning_rate=0.5))
# for _ in range(100):
#     last = step()
# print(last < 0.2)  # True
# ```
#
# </details>

# %% [markdown]
# **2.** ∂L/∂W의 각 행을 세 품종에 걸쳐 더하면 0이 됩니다. 왜일까요? 이것은 학습하는 동안 가중치에 어떤 의미가
# 있을까요?
#
# <details><summary>답</summary>
#
# 어느 꽃이든 Σₖ (P − T)[n, k] = 1 − 1 = 0이고, ∂L/∂W = Xᵀ · (P − T)/N은 이런 행들을 섞기만 합니다. 그래서 한
# 걸음을 가도 W의 각 행의 합은 변하지 않습니다. 한 품종이 얻는 만큼 다른 품종들이 잃습니다. 어차피 소프트맥스는 그
# 합을 볼 수 없습니다. softmax(y + c) = softmax(y)이기 때문입니다.
#
# ```python
# first = tiny((4, 3), np.random.default_rng(0))
# print(np.allclose(W.grad.sum(axis=1), 0))  # True
# print(np.allclose(W.value.sum(axis=1), first.sum(axis=1)))  # True
# ```
#
# </details>
