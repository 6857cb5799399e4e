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
# # 15 · 손글씨 숫자를 위한 은닉층
#
# 8×8픽셀 이미지, 클래스 열 개, 신경망은 64-32-10입니다. 11장의 소프트맥스 회귀(softmax regression) 아래에 은닉
# 뉴런(hidden unit) 32개짜리 층을 하나 깔았습니다. 이 장에서 새로 나오는 것은 ReLU와 그 마스크(mask), 0도 아니고
# 아주 작지도 않게 시작하는 가중치, 미니배치(mini-batch)에서 나오는 잡음 섞인 기울기(gradient), 모멘텀(momentum),
# 그리고 어느 숫자를 어느 숫자로 잘못 보았는지 알려 주는 표입니다.
#
# `python tutorials/ko/15_mlp_digits.py`로 실행하거나, jupytext를 써서 노트북으로 여세요. 그림은 `out/digits`
# 폴더에 저장됩니다. 다른 폴더를 원하면 인수로 지정하세요.

# %%
import sys
from pathlib import Path

import numpy as np

import minigraph as mg
from minigraph.layers import Affine, ReLU, SoftmaxWithLoss

try:
    from matplotlib.figure import Figure
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split
    from tqdm import tqdm
except ImportError as error:
    sys.exit(f'{error}. Get it with: pip install "minigraph[tutorials]", in a checkout: pip install -e ".[tutorials]"')

# in a notebook the first argument belongs to the kernel and starts with a dash
folder = Path(sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "out/digits")
folder.mkdir(parents=True, exist_ok=True)

# %% [markdown]
# ## 이미지
#
# 여러 사람이 손으로 쓴 숫자 1797개입니다. 픽셀은 0부터 16까지의 정수이므로, 16으로 나누면 0 … 1 사이에 놓입니다.
# 이미지 한 장은 수 64개짜리 행 하나가 됩니다. 5분의 1은 숫자별 비율을 그대로 지켜 따로 떼어 둡니다(held-out).
# 이번에는 정답 레이블(target)로 그냥 정수를 씁니다.

# %%
pixels, labels = load_digits(return_X_y=True)
X, X_test, t, t_test = train_test_split(pixels / 16, labels, test_size=0.2, stratify=labels, random_state=0)
print(f"{len(X)} images to train on, {len(X_test)} to test on, {X.shape[1]} pixels each; this one is a {t[0]}:")
for row in X[0].reshape(8, 8):
    print("   " + "".join(" .:*#"[int(4 * pixel)] * 2 for pixel in row))

# %% [markdown]
# ## ReLU: 열린 문과 닫힌 문
#
# H = max(Z, 0)을 원소별로(element by element) 계산합니다. 국소 미분(local gradient)은 Z > 0인 곳에서 1이고
# 나머지에서는 0입니다. 그래서 되돌아가는 길에서 원소는 저마다 문이 됩니다. 문이 열려 있으면 상류 기울기(upstream
# gradient)가 그대로 지나가고, 닫혀 있으면 아무것도 지나가지 못합니다. 이렇게 꺾이는 곳이 없다면 두 층은 한 층과
# 다를 바 없습니다. 연습 문제 1에서 확인합니다.
#
# 역전파(backward)는 스칼라에서 시작합니다. 여기서는 출력이 벡터이므로 어떤 상류 기울기로 시작할지 `seed`로 알려
# 줍니다.

# %%
demo = mg.Node([-1.5, 0.5, 2.0], "Z")
ReLU()(demo).backward(seed=[10.0, 20.0, 30.0])
print(f"Z = {demo.value}, upstream = [10. 20. 30.], downstream = {demo.grad}")

# %% [markdown]
# ## 신경망
#
# * Y₁ = X · W₁ + b₁을 계산한 다음 H = ReLU(Y₁). W₁의 모양은 64×32
# * Y₂ = H · W₂ + b₂를 계산한 다음 소프트맥스 손실. W₂의 모양은 32×10
#
# `mg.Sequential`은 계층을 차례로 호출합니다. 가중치는 *He* 초깃값(He initialisation)으로 시작합니다. 즉 W[i, o]를
# 분산이 2/(입력의 수)인 정규 분포에서 뽑습니다. 여기에는 두 가지 생각이 깔려 있습니다.
#
# * **모두 같으면 안 됩니다.** 들어오는 가중치도 나가는 가중치도 서로 같은 은닉 뉴런들은 기울기도 같아서, 영영
#   쌍둥이로 남습니다.
# * **너무 작아도, 너무 커도 안 됩니다.** 곱 n개를 더하면 분산이 곱 하나의 n배가 됩니다. ReLU는 그중 절반쯤을
#   없앱니다. 분산을 2/n로 하면 층이 아무리 많아도 신호가 층마다 제 크기를 유지합니다.


# %%
def network(seed: np.random.Generator) -> tuple[mg.Graph, mg.Node]:
    """A fresh network: its graph, and the node of its scores."""
    layers = mg.Sequential(Affine(64, 32, seed=seed), ReLU(), Affine(32, 10, seed=seed))
    scores = layers(mg.Node(X, "X"))
    return mg.Graph(SoftmaxWithLoss()(scores, mg.Node(t, "T"))), scores


graph, scores = network(np.random.default_rng(0))
print(graph, "with", sum(parameter.value.size for parameter in graph.parameters), "numbers to learn")

# %% [markdown]
# 아무것도 모르면 이미지 한 장에 −ln(1/10) = 2.3026내트(nat)를 치릅니다. 이 신경망은 그보다 조금 위에서
# 시작합니다. 첫 점수(score)가 아주 작지는 않아서 아무 숫자에나 거는 셈인데, 틀린 데 거는 것은 걸지 않는 것보다
# 비싸기 때문입니다.

# %%
print(f"The first loss is {graph.output.item():.4f} nats; knowing nothing costs {np.log(10):.4f} nats")

# %% [markdown]
# 기울기는 언제나 그렇듯이 믿지 않고 확인합니다(10장). 큰 배열은 무작위로 고른 방향을 따라 확인합니다.

# %%
graph.forward(X=X[:8], T=t[:8])
assert mg.check_gradients(graph.output)

# %% [markdown]
# ## 미니배치는 여론 조사
#
# 손실은 이미지에 대한 평균이므로, 기울기도 이미지에 대한 평균입니다. 32장짜리 배치는 그 가운데 일부에게만 물어봅니다.
# 그 답에는 잡음이 섞여 있지만 평균을 내면 옳습니다. 배치의 크기에 비례하는 비중을 두어 한 에폭(epoch)의 기울기를
# 평균하면, 그것이 *바로* 학습 데이터 전체의 기울기입니다. (가중치가 가만히 있는 동안에는 그렇습니다. 학습할 때는
# 배치마다 가중치가 움직입니다.)

# %%
W1 = graph.parameters[0]


def gradient(x_batch: np.ndarray, t_batch: np.ndarray) -> np.ndarray:
    graph.forward(X=x_batch, T=t_batch)
    graph.backward()
    return np.asarray(W1.grad)


whole = gradient(X, t)
polls = [(len(t_batch), gradient(x_batch, t_batch)) for x_batch, t_batch in mg.batches(X, t, size=32, seed=0)]
average = sum(size * answer for size, answer in polls) / len(X)
noise = np.mean([np.linalg.norm(answer - whole) for _, answer in polls]) / np.linalg.norm(whole)
print(f"‖batch − whole‖ / ‖whole‖ is {noise:.2f} for one batch, {np.linalg.norm(average - whole):.0e} for their mean")
assert np.allclose(average, whole)

# %% [markdown]
# ## 모멘텀
#
# 보통의 경사 하강법(gradient descent)은 지난 일을 잊어버립니다. 모멘텀 μ를 쓰면 걸음마다 앞의 걸음들을
# 기억합니다.
#
# > v ← μ · v + ∂L/∂W, W ← W − η · v
#
# 모든 배치가 뜻을 같이하는 방향은 쌓이고, 이쪽저쪽을 가리키는 잡음은 일부가 서로 지워집니다. 기울기가 오랫동안
# 1에 머문다면 v는 1 + μ + μ² + … = 1/(1 − μ)까지 커집니다. μ = 0.9이면 걸음이 최대 열 배까지 길어집니다.

# %%
v = 0.0
velocities = []
for _ in range(50):
    v = 0.9 * v + 1.0
    velocities.append(v)
print(
    "A gradient of 1 for ever, μ = 0.9: v =",
    ", ".join(f"{velocities[step]:.2f}" for step in (0, 1, 2, 9, 49)),
    "after 1, 2, 3, 10, 50 steps",
)

# %% [markdown]
# ## 학습
#
# 이미지 32장짜리 배치로 서른 에폭을 학습합니다. 방법은 세 가지입니다. 짧은 걸음, 모멘텀을 쓴 짧은 걸음, 모멘텀
# 없이 열 배 더 긴 걸음입니다. 셋 모두 같은 가중치에서 출발하고 같은 배치를 봅니다. 진행 막대에는 그 에폭에서
# 배치들의 손실을 평균한 값이 내트 단위로 나옵니다.


# %%
def train(graph: mg.Graph, sgd: mg.SGD, epochs: int = 30) -> list[float]:
    """The mean loss of each epoch's batches."""
    rng = np.random.default_rng(1)  # goes on from epoch to epoch, so each has an order of its own
    losses = []
    progress = tqdm(range(epochs), desc=f"η = {sgd.learning_rate:g}, μ = {sgd.momentum:g}", unit="epoch")
    for _ in progress:
        batch_losses = []
        for x_batch, t_batch in mg.batches(X, t, size=32, seed=rng):
            batch_losses.append(float(graph.forward(X=x_batch, T=t_batch)))
            graph.backward()
            sgd.step()
        losses.append(float(np.mean(batch_losses)))
        progress.set_postfix(loss=f"{losses[-1]:.4f}", refresh=False)
    return losses


# %% [markdown]
# 세 가지를 나란히 놓고 봅시다.

# %%
short, _ = network(np.random.default_rng(0))
long, _ = network(np.random.default_rng(0))
graph, scores = network(np.random.default_rng(0))
hidden = scores.inputs[0]  # a node knows its inputs: one step back from the scores
closed_at_start = graph.evaluate(hidden, X=X) <= 0

curves = {
    "η = 0.1": train(short, mg.SGD(short.parameters, learning_rate=0.1)),
    "η = 1": train(long, mg.SGD(long.parameters, learning_rate=1.0)),
    "η = 0.1, momentum 0.9": train(graph, mg.SGD(graph.parameters, learning_rate=0.1, momentum=0.9)),
}

figure = Figure(figsize=(6, 3.5), layout="constrained")
axes = figure.subplots()
for label, losses in curves.items():
    print(f"{label:22} loss of the last epoch {losses[-1]:.4f} nats")
    axes.semilogy(range(1, len(losses) + 1), losses, label=label)
axes.axhline(np.log(10), color="grey", linestyle="dotted", label="knowing nothing: −ln(1/10)")
axes.set(xlabel="epoch", ylabel="loss (nats, mean over the batches)", title="A hidden layer on digits")
axes.legend()
figure.savefig(folder / "loss.png", dpi=120)

# %% [markdown]
# 같은 η라면 모멘텀을 쓴 쪽이 뚜렷하게 이깁니다. 하지만 여기서 얻은 이득은 대부분 걸음이 길어진 덕분입니다.
# η = 1도 거의 비슷한 데까지 갑니다. 다만 들쭉날쭉합니다. 골짜기가 좁아서 가로질러 길게 한 걸음 내디디면 밖으로
# 튀어 나가는 곳에서는, η를 키워서는 할 수 없는 일을 모멘텀이 해냅니다. 앞으로는 모멘텀으로 학습한 신경망을
# 씁니다.
#
# ## 시험
#
# 떼어 둔 이미지는 여기까지 한 번도 쓰지 않았습니다. 답을 정하는 데는 점수면 충분합니다. 소프트맥스를 거쳐도
# 순서는 바뀌지 않기 때문입니다.

# %%
predicted = graph.evaluate(scores, X=X_test).argmax(axis=1)
accuracy = float((predicted == t_test).mean())
print(
    f"Accuracy: {(graph.evaluate(scores, X=X).argmax(axis=1) == t).mean():.3f} on the training images,"
    f" {accuracy:.3f} on the {len(X_test)} held-out ones"
)

# %% [markdown]
# 수 하나만 봐서는 어디서 틀렸는지 알 수 없습니다. 혼동 행렬(confusion matrix)에서 행은 실제 숫자이고 열은
# 신경망의 답입니다. 맞은 답은 대각선 위에 놓입니다.

# %%
confusion = np.zeros((10, 10), dtype=int)
np.add.at(confusion, (t_test, predicted), 1)

print("true \\ answer" + "".join(f"{digit:4}" for digit in range(10)) + "   misread")
for digit, row in enumerate(confusion):
    counts = "".join(f"{count or '·':>4}" for count in row)
    print(f"{digit:13}{counts}   {row.sum() - row[digit]} of {row.sum()}")

# %% [markdown]
# ## 은닉 뉴런은 무슨 일을 할까?
#
# 뉴런은 어떤 이미지에는 열리고 어떤 이미지에는 닫혀야 합니다. 모든 이미지에 닫혀 있는 뉴런은 죽은 것입니다.
# 기울기가 지나가지 못하니 되살아날 수도 없습니다. 여기서는 태어날 때부터 죽어 있는 뉴런도 있습니다. 픽셀은 음수가
# 되는 일이 없으므로, 잉크가 묻은 자리의 가중치가 대부분 음수이면 Y₁이 줄곧 0 아래에 머물기 때문입니다. 다른
# 뉴런들은 긴 걸음 한 번에 죽었습니다. 기울기가 정확히 0인 닫힌 문의 대가입니다.

# %%
closed = graph.evaluate(hidden, X=X) <= 0
print(f"Doors open: {1 - closed_at_start.mean():.0%} before training, {1 - closed.mean():.0%} after it")
print(f"Dead units: {closed_at_start.all(axis=0).sum()} of 32 before, {closed.all(axis=0).sum()} after")

# %% [markdown]
# ## 그림
#
# 떼어 둔 이미지 네 장을 학습된 신경망에 통과시킵니다. 첫째 이미지는 잘못 읽은 것입니다. ∂L/∂Y₂ = (P − T)/4를
# 보세요. 제대로 읽은 세 행은 거의 0입니다. 학습된 신경망의 기울기는 그 신경망의 실수에서 나옵니다.

# %%
right = predicted == t_test
rows = np.concatenate([np.flatnonzero(~right)[:1], np.flatnonzero(right)[:3]])
graph.forward(X=X_test[rows], T=t_test[rows])
graph.backward()
print("size of ∂L/∂Y₂ per image:", np.round(np.linalg.norm(scores.grad, axis=1), 4))
picture = mg.draw(graph)
picture.save(folder / "network.svg")
picture

# %%
assert accuracy >= 0.95, f"held-out accuracy is {accuracy:.3f}"

print(f"\nIn {folder.resolve()}:")
print("  network.svg  the trained network on four held-out images, the first one misread")
print("  loss.png     the loss per epoch, for the three ways to train")

# %% [markdown]
# ## 연습 문제
#
# **1.** ReLU를 빼 보세요. 이제 64-32-10은 왜 한 층짜리 64-10보다 나을 것이 없을까요? 양쪽에서 수가 몇 개인지 세어
# 보세요. 그다음 학습시켜 보세요. 정확도(accuracy)는 왜 이렇게 조금밖에 떨어지지 않을까요?
#
# <details><summary>답</summary>
#
# (X · W₁ + b₁) · W₂ + b₂ = X · (W₁ · W₂) + (b₁ · W₂ + b₂)입니다. 이름만 다를 뿐 Affine 계층 하나와 같습니다. 수
# 2410개가 650개의 일을 하는 셈입니다. 정확도가 조금밖에 떨어지지 않는 것은 이 숫자들이 작고 말끔해서 클래스
# 사이의 경계가 평평해도 거의 충분하기 때문입니다. ReLU의 꺾임이 얼마만 한 값어치를 하는지는 여러 시드(seed)로
# 학습해 보면 알 수 있습니다. 이미지 백 장에 한 장 정도입니다.
#
# ```python
# first, last = Affine(64, 32, seed=0), Affine(32, 10, seed=1)
# flat = last(first(mg.Node(X, "X")))
# numbers = [W1, b1, W2, b2] = [p.value for p in (*first.parameters, *last.parameters)]
# print(np.allclose(flat.value, X @ (W1 @ W2) + (b1 @ W2 + b2)))  # True
# print(sum(array.size for array in numbers), 64 * 10 + 10)  # 2410 650
# ```
#
# </details>

# %% [markdown]
# **2.** 가중치를 모두 0으로 두고 시작해 보세요(`weight=np.zeros((64, 32))`, `weight=np.zeros((32, 10))`).
# 11장에서는 그래도 괜찮았습니다. 여기서는 어떻게 되고, 어느 기울기가 정확히 0일까요?
#
# <details><summary>답</summary>
#
# 손실은 ln 10 근처에, 정확도는 열에 하나 정도에 머뭅니다. H가 모두 0이므로 ∂L/∂W₂ = Hᵀ · ∂L/∂Y₂는 정확히 0입니다.
# W₂가 0이므로 ∂L/∂H = ∂L/∂Y₂ · W₂ᵀ도 정확히 0이고, 따라서 ∂L/∂W₁과 ∂L/∂b₁도 0입니다. 이 고리 안에서는 아무것도
# 시작될 수 없습니다. 기울기가 있는 것은 b₂뿐입니다. b₂는 숫자마다 얼마나 자주 나오는지를 배우지만, 그것은
# 아무에게도 도움이 되지 않습니다.
#
# ```python
# zero = mg.Sequential(Affine(64, 32, weight=np.zeros((64, 32))), ReLU(), Affine(32, 10, weight=np.zeros((32, 10))))
# SoftmaxWithLoss()(zero(X), t).backward()
# print([bool(p.grad.any()) for p in zero.parameters])  # [False, False, False, True]
# ```
#
# </details>
