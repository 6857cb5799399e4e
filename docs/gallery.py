"""Makes every picture of the README and the docs, one of each kind: python docs/gallery.py [folder].

For each figure the SVG that people see and the DOT text behind it, and a page that shows them all with the line of code
that made each. Tests hold all of it to what the code draws today.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

import minigraph as mg
from minigraph.layers import Affine, Attention, Conv2D, CrossEntropy, Flatten, MaxPool2D, ReLU, Softmax, SoftmaxWithLoss

HERE = Path(__file__).parent


def circuit() -> mg.Node:
    """f = (x + y)·z, the first circuit of every course."""
    x, y, z = mg.Node(-2.0, "x"), mg.Node(5.0, "y"), mg.Node(-4.0, "z")
    f = (x + y) * z
    f.backward()
    return f


def classifier(backward: bool = True) -> mg.Node:
    """A softmax classifier: two samples of two features, three classes."""
    x = mg.Node([[1.0, 2.0], [-1.0, 0.5]], "X")
    t = mg.Node([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]], "T")
    affine = Affine(2, 3, weight=[[0.2, -0.5, 0.8], [0.6, 0.1, -0.4]], bias=[0.1, -0.2, 0.0])
    loss = SoftmaxWithLoss()(affine(x), t)
    if backward:
        loss.backward()
    return loss


def perceptron() -> mg.Node:
    """A multilayer perceptron 4-5-3 on six samples."""
    x = mg.Node(np.sin(np.arange(24.0)).reshape(6, 4), "X")
    t = mg.Node(np.eye(3)[[0, 0, 1, 1, 2, 2]], "T")
    first = Affine(4, 5, weight=np.cos(np.arange(20.0)).reshape(4, 5), bias=0.1 * np.arange(5.0))
    second = Affine(5, 3, weight=np.sin(2 + np.arange(15.0)).reshape(5, 3))
    loss = SoftmaxWithLoss()(mg.Sequential(first, ReLU(), second)(x), t)
    loss.backward()
    return loss


def iris() -> mg.Node:
    """Softmax regression on three flowers of Iris, one of each species: 4 features, 3 classes, 12 weights."""
    x = mg.Node([[5.1, 3.5, 1.4, 0.2], [7.0, 3.2, 4.7, 1.4], [6.3, 3.3, 6.0, 2.5]], "X")
    weight = [[0.42, 0.31, -0.73], [0.95, -0.18, -0.77], [-1.26, 0.11, 1.15], [-0.58, -0.49, 1.07]]
    affine = Affine(4, 3, weight=weight, bias=[0.2, 0.5, -0.7])
    loss = SoftmaxWithLoss()(affine(x), mg.Node([0, 1, 2], "t"))
    loss.backward()
    return loss


def squares() -> mg.Node:
    """f = a² + a·b with a = x + y: every value is used twice, so that gradients are sums."""
    x, y, b = mg.Node(1.0, "x"), mg.Node(2.0, "y"), mg.Node(-4.0, "b")
    a = x + y
    a.name = "a"
    f = a * a + a * b
    f.backward()
    return f


def stale() -> mg.Node:
    """The classifier after a step of SGD: its parameters are newer than its values."""
    loss = classifier()
    mg.SGD(mg.Graph(loss).parameters, learning_rate=0.1).step()
    return loss


class Cube(mg.Op):
    """y = x³, with a backward that forgot the 3."""

    gate, symbol, formula = "x³", "C", "{0}³"
    locals = (mg.Local("{0}²", lambda op, y, x: x**2),)

    def forward(self, x: Any) -> Any:
        return x**3

    def backward(self, upstream: Any, y: Any, x: Any) -> tuple[Any]:
        return (upstream * x**2,)


def wrong() -> mg.Node:
    """A network in which one backward is wrong."""
    x, w = mg.Node([[1.0, 2.0], [-1.0, 0.5]], "X"), mg.Parameter([[0.5, -1.0], [0.25, 2.0]], "W")
    loss = (Cube()(x @ w) * 2.0).mean()
    loss.backward()
    return loss


def overflowing() -> mg.Node:
    """Cross-entropy of a probability that is 0: log gives −∞, and 0 times that is NaN."""
    p = mg.Node([[0.0, 0.25, 0.75], [0.5, 0.5, 0.0]], "P")
    t = mg.Node([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]], "T")
    with np.errstate(all="ignore"):
        loss = mg.expand(CrossEntropy()(p, t))
        loss.backward()
    return loss


def images() -> mg.Node:
    """Two 3×4 images of 2 channels each, in one array of 4 axes, and a larger one."""
    x = mg.Node(np.sin(np.arange(48.0)).reshape(2, 2, 3, 4), "X")
    big = mg.Node(np.cos(np.arange(600.0)).reshape(30, 20), "A")
    loss = (x * 2.0).sum() * big.mean()
    loss.backward()
    return loss


def residual() -> mg.Node:
    """A block with a shortcut: y = x + ReLU(x·W + b)."""
    x = mg.Node([[1.0, -2.0, 0.5], [0.3, 0.8, -1.0]], "X")
    weight = np.cos(np.arange(9.0)).reshape(3, 3)
    loss = (x + ReLU()(Affine(3, 3, weight=weight)(x))).sum()
    loss.backward()
    return loss


def korean() -> mg.Node:
    """The classifier, with Korean names."""
    x, t = mg.Node([[1.0, 2.0], [-1.0, 0.5]], "꽃잎"), mg.Node([1, 0], "품종")
    layer = Affine(2, 3, weight=[[0.2, -0.5, 0.8], [0.6, 0.1, -0.4]], bias=[0.1, -0.2, 0.0])
    weight, bias = layer.parameters
    weight.name, bias.name = "가중치", "편향"
    loss = SoftmaxWithLoss()(layer(x), t)
    loss.name = "손실"
    loss.backward()
    return loss


def deep() -> mg.Node:
    """Thirteen hidden layers."""
    layers = [Affine(3, 4, weight=np.cos(np.arange(12.0)).reshape(3, 4))]
    hidden = [np.sin(k + np.arange(16.0)).reshape(4, 4) for k in range(12)]
    net = mg.Sequential(*layers, *(layer for w in hidden for layer in (ReLU(), Affine(4, 4, weight=w))))
    loss = SoftmaxWithLoss()(net(np.cos(np.arange(6.0)).reshape(2, 3)), np.array([0, 3]))
    loss.backward()
    return loss


def recurrent() -> mg.Node:
    """A recurrent network over 20 steps: hₜ = tanh(xₜ·U + hₜ₋₁·W), with the same U and W at each."""
    u, w = mg.Parameter([[0.5, -0.3]], "U"), mg.Parameter([[0.6, 0.2], [-0.4, 0.7]], "W")
    h = mg.Node([[0.0, 0.0]], "h0")
    for t in range(1, 21):
        h = mg.tanh(mg.Node([[np.sin(t)]], f"x{t}") @ u + h @ w)
    loss = (h * h).mean()
    loss.backward()
    return loss


def woven() -> mg.Node:
    """A circuit of 100 values without any pattern."""
    values = [mg.Node(0.9 + 0.1 * n, f"x{n}") for n in range(4)]
    for n in range(96):
        a, b = values[-1 - n % 3], values[-1 - (n * n) % 4]
        values.append(mg.tanh(a) if n % 7 == 3 else a + 0.5 * b if n % 2 else 1.25 - a * b)
    values[-1].backward()
    return values[-1]


def softmax() -> mg.Node:
    """Softmax by itself, pulled back from a gradient of two rows."""
    p = Softmax()(mg.Node([[0.0, 1.0, 2.0], [2.0, -1.0, 0.5]], "X"))
    p.backward(seed=[[1.0, 0.0, 0.0], [0.0, 0.5, -0.5]])
    return p


def attention() -> mg.Node:
    """Three positions that look at themselves and what came before, pulled back from a gradient on the last."""
    names = {"Q": [[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]], "K": [[1.0, 0.5], [0.0, 1.5], [-1.0, 0.5]],
             "V": [[1.0, 0.0], [0.0, 1.0], [2.0, -1.0]]}  # fmt: skip
    y = Attention(causal=True)(*(mg.Node(value, name) for name, value in names.items()))
    y.backward(seed=[[0.0, 0.0], [0.0, 0.0], [1.0, -1.0]])
    return y


def convnet() -> mg.Node:
    """Convolution and pooling of two images of 5×5 pixels, and two classes."""
    stripes = np.tile([0.0, 1.0, 0.5, 0.0, 1.0], (5, 1))
    x = mg.Node(np.stack([stripes, stripes.T])[:, None], "X")
    edge = Conv2D(1, 1, 2, weight=[[[[1.0, -1.0], [0.5, -1.0]]]], bias=False)
    scores = Affine(4, 2, weight=[[0.5, -0.5], [1.0, 0.0], [-1.0, 0.5], [0.0, 1.0]])
    loss = SoftmaxWithLoss()(mg.Sequential(edge, MaxPool2D(2), Flatten(), scores)(x), mg.Node([0, 1], "t"))
    loss.backward()
    return loss


# name: (what it shows, the line of code that draws it)
FIGURES = {
    "circuit": (
        "A circuit: values, gradients, and on the way back upstream × local = downstream",
        "mg.draw(circuit())",
    ),
    "circuit-dark": ("The same in the dark", "mg.draw(circuit(), theme='dark')"),
    "circuit-print": ("For black and white print", "mg.draw(circuit(), theme='print')"),
    "circuit-down": ("From top to bottom", "mg.draw(circuit(), direction='TB')"),
    "circuit-auto": ("Light or dark, as the system of whoever looks at it", "mg.draw(circuit(), theme='auto')"),
    "forks": ("Values that are used twice: gradients add up, and both terms are named", "mg.draw(squares())"),
    "classifier": ("A softmax classifier", "mg.draw(classifier())"),
    "classifier-full": ("With the numbers of every local gradient", "mg.draw(classifier(), detail='full')"),
    "classifier-dark": ("The same in the dark", "mg.draw(classifier(), detail='full', theme='dark')"),
    "classifier-print": ("The same for print", "mg.draw(classifier(), detail='full', theme='print')"),
    "classifier-expanded": ("Every composite opened, two levels deep", "mg.draw(classifier(), expand=2)"),
    "classifier-symbols": ("The same in symbols only", "mg.draw(classifier(), expand=2, detail='symbols')"),
    "classifier-expanded-full": ("The same with all numbers", "mg.draw(classifier(), expand=2, detail='full')"),
    "classifier-expanded-down": ("From top to bottom", "mg.draw(classifier(), expand=2, direction='TB')"),
    "classifier-before-backward": ("Before backward has run", "mg.draw(classifier(backward=False))"),
    "classifier-stale": ("After a step, before the next forward", "mg.draw(stale())"),
    "classifier-sample": ("One row of the batch", "mg.draw(classifier(), sample=0, detail='full')"),
    "classifier-checked": (
        "Every edge held to finite differences",
        "mg.draw(classifier(), check=True, title='Gradients, checked')",
    ),
    "wrong": ("A wrong backward lights up where it is", "mg.draw(wrong(), check=True)"),
    "overflow": ("Where −∞ and NaN began", "mg.draw(overflowing())"),
    "korean": ("In Korean", "mg.draw(korean(), language='ko', title='분류기: 순전파와 역전파')"),
    "softmax": ("Softmax as one box, with its Jacobian", "mg.draw(softmax(), detail='full')"),
    "perceptron": ("A multilayer perceptron: larger arrays as swatches", "mg.draw(perceptron())"),
    "perceptron-opened": ("One layer opened, by its name", "mg.draw(perceptron(), expand='Affine 2')"),
    "perceptron-down": ("From top to bottom", "mg.draw(perceptron(), direction='TB')"),
    "images": ("Arrays of more than two axes, and large ones", "mg.draw(images())"),
    "convnet": ("Convolution and pooling", "mg.draw(convnet())"),
    "attention": ("Attention, one box with three local gradients", "mg.draw(attention())"),
    "attention-opened": (
        "And its definition, with the mask that hides what comes later",
        "mg.draw(attention(), expand=1)",
    ),
    "residual": ("A shortcut", "mg.draw(residual())"),
    "deep": ("A deep network: repeated blocks folded", "mg.draw(deep())"),
    "recurrent": ("A recurrence, folded", "mg.draw(recurrent(), max_nodes=20)"),
    "woven": ("No pattern to fold: what is nearest to the output", "mg.draw(woven(), max_nodes=16)"),
    "compare": (
        "The fused loss beside its definition, and their gradients",
        "mg.compare(classifier(), mg.expand(classifier(), 2), titles=('fused', 'opened'))",
    ),
    "step": (
        "One step of SGD",
        "mg.draw_step(loss := classifier(), mg.SGD(mg.Graph(loss).parameters, learning_rate=0.5))",
    ),
    "neurons-iris": (
        "Units and weights: 4 features, 3 classes, 12 arrows",
        "mg.draw(iris(), view='neurons', sample=1)",
    ),
    "neurons-iris-dark": ("The same in the dark", "mg.draw(iris(), view='neurons', sample=1, theme='dark')"),
    "neurons-perceptron": ("Units and weights of a perceptron 4-5-3", "mg.draw(perceptron(), view='neurons')"),
    "neurons-gradients": ("And their gradients", "mg.draw(perceptron(), view='neuron-gradients')"),
}


def figure(name: str) -> mg.Diagram:
    """The figure of that name, drawn by the very line of code that the page shows."""
    diagram: mg.Diagram = eval(FIGURES[name][1], globals())
    return diagram


def page() -> str:
    """All figures on one page, in Markdown."""
    parts = [
        "# Gallery",
        "One picture of each kind that minigraph draws, with the line of code that makes it; the networks are in "
        "[gallery.py](gallery.py). `python docs/gallery.py` draws them all again.",
    ]
    for name, (caption, code) in FIGURES.items():
        parts += [
            f"## {caption}",
            f"```python\n{code}.save({name + '.svg'!r})\n```",
            f"![{caption}](pictures/{name}.svg)",
        ]
    return "\n\n".join(parts) + "\n"


def main(folder: Path) -> None:
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    for name in FIGURES:
        diagram = figure(name)
        for suffix in ("svg", "dot"):
            print(diagram.save(folder / "pictures" / f"{name}.{suffix}"))
    (folder / "gallery.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
