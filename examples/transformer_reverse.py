"""A Transformer block that learns to reverse strings of eight digits: 31415926 → 62951413.

The block has one head and is written out below as a function of nodes: query, key, value, attention, an MLP, and a
shortcut around both. In training it meets fewer than 40,000 of the 100,000,000 strings, then reverses those it never
met. It was not told where to look; the picture of its attention shows that position t looks at position 7 − t.

Run it with `python examples/transformer_reverse.py [folder] [--quick]`. --quick: strings of four digits, and fewer
steps. --seed: other weights and other strings.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

import minigraph as mg
from minigraph.layers import GELU, Affine, Attention, Embedding, LayerNorm, SoftmaxWithLoss

try:
    from matplotlib.figure import Figure
except ImportError as error:
    sys.exit(f'{error}. Get it with: pip install "minigraph[tutorials]", in a checkout: pip install -e ".[tutorials]"')

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("folder", nargs="?", type=Path, default=Path("out/transformer_reverse"))
parser.add_argument("--quick", action="store_true")
parser.add_argument("--seed", type=int, default=0)
options = parser.parse_args()
folder: Path = options.folder
folder.mkdir(parents=True, exist_ok=True)

length, steps, needed = (4, 200, 0.9) if options.quick else (8, 600, 0.99)
d, hidden, batch, warmup = 32, 64, 64, 50
rng = np.random.default_rng(options.seed)


def digits(numbers: np.ndarray) -> np.ndarray:
    """[N] → [N, length], most significant digit first."""
    return numbers[:, None] // 10 ** np.arange(length)[::-1] % 10


# ---- the model: 1 layer, 1 head, float32 ----


def named(layer: mg.Op, *names: str) -> mg.Op:
    """The layer, with its parameters called that in diagrams."""
    for parameter, name in zip(layer.parameters, names, strict=True):
        parameter.name = name
    return layer


def projection(name: str) -> mg.Op:
    return named(Affine(d, d, weight="xavier", bias=False, seed=rng, dtype=np.float32), name)


token = named(Embedding(10, d, seed=rng, dtype=np.float32), "Wtoken")
position = named(Embedding(length, d, seed=rng, dtype=np.float32), "Wposition")
query, key, value, output = (projection(name) for name in ("Wq", "Wk", "Wv", "Wo"))
up = named(Affine(d, hidden, seed=rng, dtype=np.float32), "Wup", "bup")
down = named(Affine(hidden, d, seed=rng, dtype=np.float32), "Wdown", "bdown")
scores = named(Affine(d, 10, weight="xavier", seed=rng, dtype=np.float32), "Wscores", "bscores")
norm1, norm2, norm3 = (LayerNorm(d, dtype=np.float32) for _ in range(3))


def block(x0: mg.Node) -> mg.Node:
    """[N, T, d] → [N, T, d]. Positions meet in the attention only; all the rest treats each of them by itself."""
    n1 = norm1(x0)
    q, k, v = query(n1), key(n1), value(n1)
    y = Attention()(q, k, v)  # softmax(Q·Kᵀ/√d)·V
    x1 = x0 + output(y)
    n2 = norm2(x1)
    x2 = x1 + down(GELU()(up(n2)))
    for node, name in zip((x0, n1, q, k, v, y, x1, n2, x2), ("X0", "N1", "Q", "K", "V", "Y", "X1", "N2", "X2")):
        node.name = name
    return x2


test = rng.choice(10**length, 1000, replace=False)  # held out: no batch may have any of them
x, t = mg.Node(digits(test), "x"), mg.Node(digits(test)[:, ::-1], "t")
logits = scores(norm3(block(token(x) + position(mg.Node(np.arange(length), "position")))))
logits.name = "logits"
graph = mg.Graph(SoftmaxWithLoss()(logits, t))
print(graph, "with", sum(parameter.value.size for parameter in graph.parameters), "numbers to learn")

# ---- training, on strings that are drawn afresh for each step ----


def exact_match() -> float:
    """The share of the held-out strings of which every digit is right."""
    return float((graph.evaluate(logits, x=digits(test)).argmax(axis=-1) == digits(test)[:, ::-1]).all(axis=-1).mean())


adam = mg.AdamW(graph.parameters, learning_rate=3e-3)
schedule = mg.CosineDecay(adam, steps=steps - warmup, warmup=warmup)
start, losses, seen, exact = time.perf_counter(), [], [], {0: exact_match()}
for step in range(1, steps + 1):
    numbers = rng.integers(10**length, size=batch)
    numbers = numbers[~np.isin(numbers, test)]
    seen.append(numbers)
    losses.append(float(graph.forward(x=digits(numbers), t=digits(numbers)[:, ::-1])))
    graph.backward()
    mg.clip_grad_norm(graph.parameters, 1.0)
    adam.step()
    schedule.step()
    if step % 20 == 0:
        exact[step] = exact_match()
    if step % 100 == 0:
        print(f"step {step}: loss {losses[-1]:.4f} nats a digit, {exact[step]:.1%} of the held-out strings reversed")

met = np.unique(np.concatenate(seen))
assert not np.isin(test, met).any(), "a held-out string was trained on"
print(f"{time.perf_counter() - start:.1f} s; {len(met)} of the {10**length} strings were met, none of the {len(test)}")

# ---- where does it look? ----

opened = mg.Graph(mg.expand(logits, "Attention"))  # the same network, with the softmax of its attention in reach
attention = opened.evaluate(opened["A"], x=digits(test)).mean(axis=0)
share = np.fliplr(attention).diagonal().mean()
print(f"Position t looks at position {length - 1} − t with {share:.1%} of its attention")

figure = Figure(figsize=(4.6, 4), layout="constrained")
axes = figure.subplots()
figure.colorbar(axes.imshow(attention, cmap="Greens", vmin=0, vmax=1), label="attention (each row sums to 1)")
axes.set(xlabel="looks at position", ylabel="position", title=f"Attention, mean over {len(test)} strings")
axes.set(xticks=range(length), yticks=range(length))
figure.savefig(folder / "attention.png", dpi=120)

figure = Figure(figsize=(6, 5), layout="constrained")
above, below = figure.subplots(2, sharex=True)
above.semilogy(range(1, steps + 1), losses)
above.axhline(np.log(10), color="grey", linestyle="dotted", label="knowing nothing: ln 10")
above.set(ylabel="loss (nats a digit)", title=f"Learning to reverse {length} digits")
above.legend()
below.plot(list(exact), [100 * share for share in exact.values()])
below.set(xlabel="step", ylabel="held-out strings reversed (%)", ylim=(-3, 103))
figure.savefig(folder / "learning.png", dpi=120)

# ---- the block on one held-out string ----

one = digits(test[:1])
graph.forward(x=one, t=one[:, ::-1])
graph.backward()
print("For example", "".join(map(str, one[0])), "→", "".join(map(str, logits.value[0].argmax(axis=-1))))
mg.draw(graph, direction="TB", title=f"A Transformer block that reverses {length} digits").save(folder / "block.svg")

q, k, v = (mg.Node(graph[name].value, name) for name in "QKV")  # the middle of the block alone, opened
y = Attention()(q, k, v)
y.name = "Y"
y.backward(seed=graph["Y"].grad)
mg.draw(y, expand="Attention", title="Attention, opened: A is where each position looks").save(folder / "attention.svg")

assert exact[steps] >= needed, f"only {exact[steps]:.1%} of the held-out strings were reversed; {needed:.0%} are needed"
assert share >= 0.9, f"only {share:.1%} of the attention is where the digits come from"

print(f"\nIn {folder.resolve()}:")
print("  attention.png  how much each position looks at each other, mean over the held-out strings")
print("  learning.png   the loss, and the held-out strings reversed, from step to step")
print("  block.svg      the network on one string, with its gradients, from top to bottom")
print("  attention.svg  its attention, opened: find the anti-diagonal in A")
