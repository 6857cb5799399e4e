"""A small convolutional network reads handwritten digits of 8×8 pixels, at least 98 % of those it never saw.

Two convolutions, a maximum over 2×2, dropout and one Affine layer. A kernel sees 3×3 neighbouring pixels and is the
same everywhere in the image, so both convolutions together have fewer weights than the last layer.

Run it with `python examples/convnet_digits.py [folder] [--quick]`. --seed decides everything random: the images held
out, the first weights, the batches and the masks.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

import minigraph as mg
from minigraph.layers import Affine, Conv2D, Dropout, Flatten, MaxPool2D, ReLU, SoftmaxWithLoss

try:
    from matplotlib.figure import Figure
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split
except ImportError as error:
    sys.exit(f'{error}. Get it with: pip install "minigraph[tutorials]", in a checkout: pip install -e ".[tutorials]"')

parser = argparse.ArgumentParser(description="A small convolutional network on handwritten digits")
parser.add_argument("folder", type=Path, nargs="?", default=Path("out/convnet_digits"), help="where the pictures go")
parser.add_argument("--quick", action="store_true", help="4 epochs instead of 30, and 94 % will do")
parser.add_argument("--seed", type=int, default=0)
options = parser.parse_args()
folder, epochs, enough = options.folder, 4 if options.quick else 30, 0.94 if options.quick else 0.98
folder.mkdir(parents=True, exist_ok=True)

# An image is [C, H, W], here of one channel: grey. A fifth is held out, with the same share of every digit.
pixels, labels = load_digits(return_X_y=True)
images = pixels.reshape(-1, 1, 8, 8) / 16
X, X_test, t, t_test = train_test_split(images, labels, test_size=0.2, stratify=labels, random_state=options.seed)

rng = np.random.default_rng(options.seed)
net = mg.Sequential(
    Conv2D(1, 16, 3, padding=1, seed=rng),  # padding 1 keeps 8×8
    ReLU(),
    Conv2D(16, 32, 3, padding=1, seed=rng),
    ReLU(),
    MaxPool2D(2),  # 4×4
    Flatten(),
    Dropout(0.5, seed=rng),
    Affine(32 * 4 * 4, 10, seed=rng),
)
x = mg.Node(X[:2], "X", requires_grad=False)  # nobody needs the gradient of the pixels
scores = net(x)
graph = mg.Graph(SoftmaxWithLoss()(scores, mg.Node(t[:2], "T")))
adam = mg.Adam(graph.parameters, learning_rate=0.003)
schedule = mg.CosineDecay(adam, steps=epochs)
count = sum(parameter.value.size for parameter in graph.parameters)
print(f"{len(X)} images to train on, {len(X_test)} held out; {count} numbers to learn")


def exam(images: np.ndarray, answers: np.ndarray) -> tuple[float, float]:
    """Loss and accuracy, without dropout."""
    predicted = graph.evaluate(scores, X=images).argmax(axis=1)
    return float(graph.evaluate(None, X=images, T=answers)), float((predicted == answers).mean())


history = []
seconds = 0.0
for epoch in range(1, epochs + 1):
    start = time.perf_counter()
    for x_batch, t_batch in mg.batches(X, t, size=32, seed=rng):
        graph.forward(X=x_batch, T=t_batch)
        graph.backward()
        adam.step()
    schedule.step()
    seconds += time.perf_counter() - start
    history.append((*exam(X, t), *exam(X_test, t_test)))  # to look at; nothing is chosen by the held-out images
    if epoch in (1, 2, 4) or epoch % 10 == 0:
        print(
            f"epoch {epoch:2}: loss {history[-1][0]:.4f} nats, held out {history[-1][2]:.4f};"
            f" accuracy {history[-1][1]:.3f}, held out {history[-1][3]:.3f}"
        )

accuracy = history[-1][3]
print(f"Held-out accuracy {accuracy:.4f}: {round((1 - accuracy) * len(t_test))} of {len(t_test)} misread.")
print(f"Training took {seconds:.1f} seconds, {1000 * seconds / (epochs * -(-len(X) // 32)):.1f} ms a step.")

# The curves
figure = Figure(figsize=(9, 3.4), layout="constrained")
loss_axes, accuracy_axes = figure.subplots(1, 2)
train_loss, train_accuracy, test_loss, test_accuracy = zip(*history)
steps = range(1, epochs + 1)
for axes, train, test in (loss_axes, train_loss, test_loss), (accuracy_axes, train_accuracy, test_accuracy):
    axes.plot(steps, train, label="training images")
    axes.plot(steps, test, linestyle="dashed", label="held-out images")
    axes.set_xlabel("epoch")
    axes.legend()
loss_axes.set(yscale="log", ylabel="loss (nats, without dropout)")
accuracy_axes.axhline(enough, color="grey", linewidth=0.8)
accuracy_axes.set(ylabel="accuracy", ylim=(min(0.9, *test_accuracy) - 0.01, 1.005))
figure.savefig(folder / "curves.png", dpi=120)

# The 16 kernels of the first convolution, on one scale: red where ink counts for a kernel, blue where against it
kernels = graph.parameters[0].value[:, 0]
limit = np.abs(kernels).max()
figure = Figure(figsize=(8, 2.4), layout="constrained")
grid = figure.subplots(2, 8)
for axes, kernel in zip(grid.flat, kernels):
    image = axes.imshow(kernel, cmap="RdBu_r", vmin=-limit, vmax=limit)
    axes.set(xticks=[], yticks=[])
figure.colorbar(image, ax=grid, label="weight")
figure.savefig(folder / "kernels.png", dpi=120)

# The diagrams, on two held-out images. A part of a graph can be drawn alone, here all that Y₁ depends on.
graph.forward(X=X_test[:2], T=t_test[:2])
graph.backward()
mg.draw(graph, direction="TB").save(folder / "network.svg")
mg.draw(graph["Y1"], expand=1, title="The first convolution, opened").save(folder / "convolution.svg")

assert accuracy >= enough, f"held-out accuracy is {accuracy:.4f}, but should be at least {enough}"

print(f"\nIn {folder.resolve()}:")
print("  curves.png       loss and accuracy per epoch")
print("  kernels.png      the 16 kernels of the first convolution")
print("  network.svg      the trained network on two held-out images")
print("  convolution.svg  its first convolution, opened: windows in rows, and one matrix product")
