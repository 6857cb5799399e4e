"""How an explanation is written: signs, order and names that mean one thing, and LaTeX that every reader knows."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from cases import CASES, Case
from helpers import Array, Double
from hypothesis import given
from hypothesis import strategies as st
from pictures import circuit, classifier, perceptron
from test_explain import holds
from test_explain import node as by_name

import minigraph as mg
from minigraph.explain import latex
from minigraph.layers import SoftmaxWithLoss
from minigraph.scene.content import Scene

KNOWN = set(
    """_ % $ # & { } \\ , alpha approx backslash bar begin bigl bigr cdot cdots cos ddot dot ell end exp frac geq ge hat
    in infty ldots left le ln log lt mathbf mathrm max min nabla ne odot operatorname oplus partial phi pi pm prime
    quad right sigma sim sin sum surd tanh text tilde times to top Vert wedge Sigma Delta Phi lambda mu theta div beta
    gamma""".split()
)


def assert_is_sound(tex: str) -> None:
    """Balanced braces, \\left and \\right in pairs, environments closed, only known commands, no bare special."""
    commands = re.findall(r"\\([A-Za-z]+|.)", tex, re.DOTALL)
    assert set(commands) - {" "} <= KNOWN, set(commands) - KNOWN
    text = re.sub(r"\\text\{[^{}]*\}", "", tex)
    bare = re.sub(r"\\([A-Za-z]+|.)", lambda found: found[1] if found[1].isalpha() else "", text)
    depth = 0
    for c in bare:
        depth += (c == "{") - (c == "}")
        assert depth >= 0, tex
    assert depth == 0, tex
    assert not set("%$#~\\") & set(bare) and bare.isascii() and bare.replace("\n", "").isprintable(), tex
    assert not re.search(r"\\top[A-Za-z]", tex)
    assert tex.count(r"\left") == tex.count(r"\right")
    assert re.findall(r"\\begin\{(\w+)\}", tex).count("pmatrix") == tex.count(r"\end{pmatrix}")
    assert not re.search(r"\}(_\{[^{}]*\}){2}|\}(\^\{[^{}]*\}){2}|'\^", text), tex


def explained(explanation: object) -> str:
    tex = getattr(explanation, "latex")
    assert tex.startswith("\\begin{aligned}\n") and tex.endswith("\n\\end{aligned}")
    assert_is_sound(tex)
    return str(tex)


@pytest.mark.parametrize(
    "name, tex",
    [
        ("x", "x"), ("W1", "W_{1}"), ("W12", "W_{12}"), ("σ", r"\sigma"), ("ℓ", r"\ell"), ("ŷ", r"\hat{y}"),
        ("loss", r"\mathrm{loss}"), ("손실", r"\text{손실}"), ("a_b", r"\mathrm{a\_b}"), ("100%", r"\mathrm{100\%}"),
        ("$#&{}", r"\mathrm{\$\#\&\{\}}"), ("\\", r"\mathrm{\backslash }"), ("a~b^c", r"\mathrm{a{\sim}b{\wedge}c}"),
        ("my loss", r"\mathrm{my\ loss}"), ("x'", r"\mathrm{x}\text{'}"), ("\n", r"\mathrm{?}"), ("", "?"),
        ("\ud800", r"\mathrm{?}"), ("\u0304", "?"), ("가중치_1", r"\text{가중치}\mathrm{\_1}"),
    ],
)  # fmt: skip
def test_names(name: str, tex: str) -> None:
    assert latex.name(name) == tex
    assert_is_sound(tex)


@pytest.mark.parametrize(
    "formula, tex",
    [
        ("Xᵀ", r"X^{\top}"), ("1/x", r"\frac{1}{x}"), ("−a/b²", r"-\frac{a}{b^{2}}"), ("1 − y²", "1 - y^{2}"),
        ("(P − T)/N", r"\frac{P - T}{N}"), ("−(onehot(t)/P)/N", r"-\frac{\frac{\operatorname{onehot}(t)}{P}}{N}"),
        ("1[Z > 0]", r"\mathbf{1}[Z > 0]"), ("a ≤ b", r"a \le b"), ("y·ln x", r"y \cdot \ln x"),
        ("diag(p) − p pᵀ", r"\operatorname{diag}(p) - p \, p^{\top}"), ("b·a^(b−1)", r"b \cdot a^{b - 1}"),
        ("x^−0.5", "x^{-0.5}"), ("pᵢ(1−pᵢ)", "p_{i} (1 - p_{i})"), ("P = softmax(Y)", r"P = \operatorname{softmax}(Y)"),
        ("Σₙ", r"\sum_{n}"), ("σ(x)", r"\sigma(x)"), ("−1.50·10⁻⁵", r"-1.50 \cdot 10^{-5}"),
        ("∂f/∂x", r"\frac{\partial f}{\partial x}"),
        ("∞", r"\infty"), ("NaN", r"\text{NaN}"), ("(((", "( ( ("), ("_%$#&{}~", r"\_ \% \$ \# \& \{ \} {\sim}"),
        ("x²^3", "x^{23}"), ("⊕", r"\oplus"), ("", ""),
    ],
)  # fmt: skip
def test_formulas(formula: str, tex: str) -> None:
    assert latex.formula(formula) == tex
    assert_is_sound(tex)


@given(st.text(alphabet=st.sampled_from("xW1²ᵀₙ∂Σ()[]{}/^_−-+·× .,'\\%$#&~σ손\u0304🙂\ud800PTNln"), max_size=40))
def test_whatever_stands_in_a_formula_or_a_name(text: str) -> None:
    assert_is_sound(latex.formula(text.replace("\ud800", "�")))
    assert_is_sound(latex.name(text))


def test_brackets_without_end_are_no_formula() -> None:
    assert_is_sound(latex.formula("(" * 5000))
    assert_is_sound(latex.formula("^" * 3000))
    assert_is_sound(latex.formula("∂" * 3000))


def test_matrices() -> None:
    assert latex.matrix(np.array([[1.0, -2.5], [0.0, 3.0]])) == r"\begin{pmatrix} 1 & -2.50 \\ 0 & 3 \end{pmatrix}"
    assert latex.matrix(np.array([1e-5, np.inf])).endswith(r"\infty \end{pmatrix} \times 10^{-5}")


@pytest.mark.parametrize("make", [circuit, classifier, perceptron])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_pictures(make: type, language: str) -> None:
    for depth in (0, 1, 2):
        root = mg.expand(make(), depth)
        root.backward()
        for node in mg.Graph(root).nodes:
            if node.grad is not None:
                explained(mg.explain(node, language=language))  # type: ignore[arg-type]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_every_op_of_the_table(case: Case) -> None:
    root = case.op(*(mg.Node(array, f"x{i}") for i, array in enumerate(case.inputs)))
    root.backward(seed=np.full(root.shape, 1.5))
    for node in mg.Graph(root).nodes:
        if node.grad is not None:
            explained(mg.explain(node))


NAMES = [
    "a_b", "%", "$x$", "#1", "a&b", "{", "}", "\\", "~", "^", "\\frac", "x\ny", "\x00", "\ud800", "x" * 50_000, "손실",
    "가중치_1", "<b>", "|x|", "x\u0304", "²", "xᵀ", "日本", "🙂", "\u202e", "`", '"', "-1", "x^2", "a/b", "(", "]]",
    "∂L/∂x", "Σₙ", " ", "\\\\", "&&", "⋯", "→", "=", "+", "\U000f0000",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name[:12]))
def test_hostile_names(name: str) -> None:
    x = mg.Node(2.0, name)
    f = (x * 3.0 + x) ** x * mg.tanh(x)
    f.backward()
    matrix = mg.Node([[2.0, 1.0]], name)
    total = mg.tanh(matrix / (matrix * matrix)).sum()
    total.name = name
    total.backward()
    for explanation in (mg.explain(x), mg.explain(matrix)):
        explained(explanation)
        assert len(explanation.text) < 20_000
        assert all(line.isprintable() for line in explanation.text.split("\n"))
        explanation.text.encode("utf-8")


SYMBOLS = [
    "σ({0})", "x²³", "^", "a^^2", "x^{2}", "/", "1/", "/2", "((", "))", "[", "{0}ᵀ²", "₁", "²₁²", "\\frac{", "e^−{0}",
    "σ′({0})·(1 − σ({0}))", "{0}'^2", "√{0}", "({0})^({0}^2)", "\n\0", "a" * 5000, "(" * 5000, "∂{0}/∂y", "-{0}",
    "1/{0}/{0}", "{0}^-1", "$", "&", "#~", "{0}₁", "1[{0} ≥ 0]", "−1 if {0} < 0, else 1", "\u0304",
]  # fmt: skip


@pytest.mark.parametrize("symbol", SYMBOLS, ids=lambda symbol: ascii(symbol[:12]))
def test_hostile_local_symbols(symbol: str) -> None:
    class Twice(mg.Op):
        locals = (mg.Local(symbol, lambda op, y, x: 2.0, note=symbol),)

        def forward(self, x: Array) -> Array:
            return 2 * x

        def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array]:
            return (2 * upstream,)

    for start in (2.0, [2.0, 3.0]):
        x = mg.Node(start, "x1")
        total = Twice()(mg.tanh(Twice()(x))).sum()
        total.backward()
        explanation = mg.explain(x)
        explained(explanation)
        assert all(line.isprintable() for line in explanation.text.split("\n"))


def test_a_name_that_is_a_formula_gets_brackets() -> None:
    x = mg.Node(2.0, "a+b")
    f = mg.tanh(x * 3.0)
    f.backward()
    assert mg.explain(x).text.startswith("∂f/∂(a+b) = ∂f/∂q · ∂q/∂(a+b)          (a+b) → q → f\n")


def test_no_formula_leaves_the_derivative() -> None:
    x = mg.Node(3.0, "x")
    f = Double()(mg.tanh(x))
    f.backward()
    assert mg.explain(x).text.splitlines()[1].strip() == "= ∂f/∂q · (1 − q²)"
    f = Double()(x)
    f.backward()
    assert mg.explain(x).text == "∂f/∂x = 2          x → f"


def test_bias_sums_over_the_batch_and_softmax_goes_row_by_row() -> None:
    loss = classifier()
    assert mg.explain(by_name(loss, "b")).text.startswith("∂L/∂b = Σₙ ((P − T)/N) ")
    opened = mg.expand(loss, 1)
    opened.backward()
    text = mg.explain(by_name(opened, "Y")).text
    assert text.startswith("∂L/∂Y = (diag(p) − p pᵀ) (−(T/P)/N)    Y → P → L\n")
    assert "row by row" in text


def test_a_notebook_gets_both() -> None:
    f, loss = circuit(), classifier()
    explanation = mg.explain("x", of=f)
    bundle = explanation._repr_mimebundle_()
    assert bundle["text/plain"] == str(explanation) == repr(explanation)
    assert bundle["text/latex"] == f"$$\n{explanation.latex}\n$$"
    assert "여기서 P = softmax(Y), N = 2" in mg.explain("W", of=loss, language="ko").text


def value_of(text: str, names: dict[str, Any]) -> Array:
    """What a formula gives, if it is evaluated as it stands by NumPy's rules."""
    code = re.sub(r"ones\[([\d×]+)\]", lambda found: f"ones(({found[1].replace('×', ',')},))", text)
    code = re.sub(r"1\[k = (\w+)\]", r"onehot(\1)", code)
    code = re.sub(r"1\[(\w+) = (.*)\]", r"equal(\1, \2)", code)
    for sign, operator in {"⊙": "*", "×": "*", "·": "@", "−": "-", "ᵀ": ".T", "₁": "1"}.items():
        code = code.replace(sign, operator)
    known: dict[str, Any] = {"ones": np.ones, "equal": lambda a, b: (a == b) * 1.0, "onehot": lambda t: np.eye(2)[t]}
    return np.asarray(eval(code, known | names))


def test_a_product_can_be_evaluated_as_it_is_written() -> None:
    X, W, c = (
        mg.Node(a, name)
        for a, name in (([[1.0, 2.0], [3.0, 5.0]], "X"), ([[0.5, 2.0], [1.0, 4.0]], "W"), ([3.0, 7.0], "c"))
    )
    t = mg.Node(np.array([0, 1]), "t", requires_grad=False)
    for loss, by in (
        (mg.log(mg.pick(X, t)).mean(), X),
        ((X.max(axis=1) * c).sum(), X),
        ((X.sum(axis=1) * c).sum(), X),
        ((X @ (W * W)).sum(), W),
        ((0.1 * (X @ W)).mean(), W),
        ((mg.reshape(X, 4) * mg.Node([1.0, 2.0, 3.0, 4.0], "d")).sum(), X),
    ):
        loss.backward()
        text = mg.explain(by).text
        line, count = text.splitlines()[0], re.search(r"N = (\d+)", text)
        names: dict[str, Any] = {name.replace("₁", "1"): n.value for n, name in mg.Graph(loss).names.items()}
        names |= {"N": int(count[1]) if count else 0, "reshape": lambda a: a.reshape(2, 2)}
        found = value_of(line.partition(" = ")[2].split("    ")[0], names)
        np.testing.assert_allclose(np.broadcast_to(found, by.shape), by.grad, err_msg=line)


class Square(mg.Op):
    """y = x², with a bug: locals are right, backward forgets the 2."""

    locals = (mg.Local("2·{0}", lambda op, y, x: 2 * x),)

    def forward(self, x: Array) -> Array:
        return x * x

    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array]:
        return (upstream * x,)


class Forgets(Double):
    def backward(self, upstream: Array, y: Array, x: Array) -> tuple[Array]:
        return (np.full_like(x, 2.0),)


def test_a_backward_that_differs_from_its_formula() -> None:
    x, X = mg.Node(3.0, "x"), mg.Node([[1.0, 2.0]], "X")
    f = Square()(x)
    f.backward()
    assert mg.explain(x).text == (
        "∂f/∂x = 2·x          x → f\n"
        "      = 6, but backward gives 3\n"
        "      ✗ Square, x → f: backward gives 3, but 2·x gives 6"
    )
    q = x * 5.0
    f = Square()(q) * 2.0 + q
    f.backward()
    text = mg.explain(x).text
    assert "✗ Square, q → r: backward gives 30, but ∂f/∂r · 2·q gives 60\n" in text
    assert "300, but backward gives 150\n" in text and text.endswith("∂f/∂x = 150 + 5 = 155")
    holds(mg.explain(x), x.grad)
    loss = Square()(X).sum()
    loss.backward()
    text = mg.explain(X).text
    assert "✗ Square, X → Y: backward gives [1, 2], but ∂L/∂Y ⊙ 2·X gives [2, 4]\n" in text
    assert text.endswith("\n∂L/∂X = [ 1  2 ]")
    holds(mg.explain(X), X.grad)
    f = Forgets()(x * 2.0 + x) * 5.0
    f.backward()
    assert "✗ Forgets, r → s: backward gives 2, but ∂f/∂s · ∂s/∂r gives 10\n" in mg.explain(x).text


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rounding_is_no_bug(dtype: type) -> None:
    for case in CASES:
        arrays = (a.astype(dtype) if a.dtype.kind == "f" else a for a in case.inputs)
        root = case.op(*(mg.Node(array, f"x{i}") for i, array in enumerate(arrays)))
        root.backward(seed=np.random.default_rng(0).normal(size=root.shape))
        assert not [n for n in mg.Graph(root).nodes if n.grad is not None and "backward gives" in mg.explain(n).text]


def test_shares_that_do_not_sum_to_what_backward_gave() -> None:
    x = mg.Node(3.0, "x")
    y = Forgets()(x)
    f = y * 2.0 + y * 3.0
    f.backward()
    assert mg.explain(x).gradient == 2 and mg.explain(x).text.endswith("∂f/∂x = 2 + 2 = 4, but backward gives 2")


def test_a_number_is_multiplied_by_a_cross_and_arrays_elementwise_by_a_circle() -> None:
    w = mg.Node([[1.0, 2.0], [3.0, 4.0]], "W")
    loss = (0.1 * (w * w)).sum()
    loss.backward()
    assert mg.explain(w).text.startswith("∂L/∂W = 2 × 0.1 × W  ")
    loss = (0.1 * w * w * mg.tanh(w)).sum()
    loss.backward()
    text = mg.explain(w).text
    assert "H ⊙ W × 0.1 " in text and "H ⊙ M₁ " in text and "∂L/∂M₁ × 0.1" in text
    assert "0.1 ⊙" not in text and "⊙ 0.1" not in text


def test_one_order_everywhere() -> None:
    x = mg.Node([[1.0, 2.0]], "X")
    s, p = x.sum(axis=-1, keepdims=True), mg.exp(x)
    s.name, p.name = "S", "P"
    loss = (p / s).sum()  # P is behind the first input of ÷, S behind the second
    loss.backward()
    explanation = mg.explain(x)
    arrivals = [edge.node for edge in Scene(loss).arrivals(x)]
    assert [path.edges[-1].node for path in explanation.paths] == arrivals == [p, s]
    head, steps, numbers = explanation.text.split("\n\n")
    assert head.index("X → P") < head.index("X → S")
    assert "  ∂L/∂X = ∂L/∂P ⊙ P + ∂L/∂S     [1×2]    via P: d exp = exp, via S: broadcast" in steps
    first = " ".join(f"{v:.2f}" for v in explanation.paths[0].gradient.ravel())
    assert " ".join(numbers.partition("[ ")[2].partition(" ]")[0].replace("−", "-").split()) == first


def test_a_vector_is_a_row_or_a_column_of_the_matrix_product() -> None:
    m, x = mg.Node(np.ones((3, 2)), "M"), mg.Node([1.0, 2.0], "x")
    loss = mg.tanh(m @ x).sum()
    loss.backward()
    assert "  ∂L/∂M = ∂L/∂Z · xᵀ          [3×2] = [3×1] · [1×2]\n" in mg.explain(m).text
    assert "  ∂L/∂x = Mᵀ · ∂L/∂Z          [2] = [2×3] · [3×1]\n" in mg.explain(x).text


@pytest.mark.parametrize("name", ["a·b", "a b", "a+b", "x/y", "Kᵀ", "x²", "2x", "½"])
def test_names_that_are_formulas_are_bracketed_wherever_they_are_factors(name: str) -> None:
    k, v = mg.Node([[1.0, 2.0], [3.0, 5.0]], name), mg.Node([[1.0], [2.0]], "V")
    loss = (mg.tanh(k @ v) / mg.Node(-2.0, requires_grad=False)).sum()
    loss.backward()
    assert f"∂L/∂V = ({name})ᵀ · " in mg.explain(v).text
    assert mg.explain(k).text.startswith(f"∂L/∂({name}) = ") and f"({name}) → Z" in mg.explain(k).text
    assert "(1/(−2))" in mg.explain(k).text
    loss = SoftmaxWithLoss()(k, np.array([0, 1]))
    loss.backward()
    assert f"with P = softmax({name}), N = 2" in mg.explain(k).text


def test_digits() -> None:
    x = mg.Node(3.0, "x")
    f = mg.tanh(x * 0.12345)
    f.backward()
    assert "· 0.123" in mg.explain(x, digits=3).text and "· 0.12345 " in mg.explain(x, digits=5).text
    assert "· 0.12 " in mg.explain(x).text


def recurrent() -> mg.Node:
    """Four steps of a recurrent network: h = tanh(x·Wx + h·Wh + b), and a classifier of the last h."""
    rng = np.random.default_rng(0)
    sizes = {"Wx": (3, 4), "Wh": (4, 4), "Wo": (4, 3)}
    wx, wh, wo = (mg.Node(rng.normal(size=size), name) for name, size in sizes.items())
    h = mg.Node(np.zeros((2, 4)), "h0")
    for k in range(1, 5):
        h = mg.tanh(mg.Node(rng.normal(size=(2, 3)), f"x{k}") @ wx + h @ wh + mg.Node(np.zeros(4), f"b{k}"))
        h.name = f"h{k}"
    return SoftmaxWithLoss()(h @ wo, np.array([0, 1]))


def test_no_line_is_wider_than_a_page() -> None:
    a, s = mg.Node(0.5, "a"), mg.Node(0.3, "s")
    for _ in range(5):
        s = mg.tanh(a * s + a)
    for explanation in (mg.explain("Wh", of=recurrent()), mg.explain("Wx", of=recurrent()), mg.explain(a, of=s)):
        tex = explained(explanation)
        for line in tex.splitlines()[1:-1]:
            assert latex.extent(line.replace("&", "").removesuffix(r"\\")) <= 100, line
        assert max(map(len, explanation.text.splitlines())) <= 110
    assert "Σ over" in explanation.text and r"\sum" not in tex  # the sum itself, on several lines
    assert tex.splitlines()[1].startswith(r"\frac{\partial f}{\partial a} & = \bigl(\frac{\partial f}")
    assert tex.splitlines()[2].startswith(r"& \quad ")


def test_where_a_formula_is_broken() -> None:
    assert latex.broken(r"a \cdot b", 80) == [r"a \cdot b"]
    assert latex.broken(r"aaaa \cdot \left(bbbb + \frac{c + c}{d}\right)", 8) == [
        "aaaa", r"\cdot \bigl(bbbb", r"+ \frac{c + c}{d}\bigr)"
    ]  # fmt: skip
    assert latex.broken(r"2.46 \cdot 10^{-5} \cdot 3333", 8) == [r"2.46 \cdot 10^{-5}", r"\cdot 3333"]
    assert latex.extent(r"\frac{\partial L}{\partial \mathrm{Wh}} \cdot x_{1}^{\top}") < 14
