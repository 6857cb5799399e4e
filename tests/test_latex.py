"""The LaTeX of an explanation: what MathJax, KaTeX and amsmath know, and nothing that a name could break."""

from __future__ import annotations

import re

import numpy as np
import pytest
from cases import CASES, Case
from helpers import Array
from hypothesis import given
from hypothesis import strategies as st
from pictures import circuit, classifier, perceptron

import minigraph as mg
from minigraph.explain import latex

KNOWN = set(
    """_ % $ # & { } \\ , alpha approx backslash bar begin cdot cdots cos ddot dot ell end exp frac geq ge hat in
    infty ldots left le ln log lt mathbf mathrm max min nabla ne odot operatorname oplus partial phi pi pm prime quad
    right sigma sim sin sum surd tanh text tilde times to top Vert wedge Sigma Delta lambda mu theta div""".split()
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
