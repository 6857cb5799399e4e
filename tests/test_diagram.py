"""What a diagram says is what the graph holds; no label can break it; files are written whole or not at all."""

from __future__ import annotations

import re
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from helpers import Array, Double, network
from pictures import circuit, classifier, perceptron

import minigraph as mg
from minigraph.diagram import engines
from minigraph.diagram.content import Scene
from minigraph.layers import Affine, CrossEntropy, Softmax, SoftmaxWithLoss

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = [
    '<b>"quoted" & more</b>', "{a|b}<c>", "]]>", "--><script>alert(1)</script>", "a\\nb\\l", "\x00\x07", "\ud800",
    "x" * 50_000,
    "javascript:alert(1)", "가중치", "&amp;", "%s%n", "日本語🙂", "",
]  # fmt: skip


def texts(svg: str, inside: str = "") -> list[str]:
    """The visible texts of an SVG, or of the group with the id `inside`."""
    root = ElementTree.fromstring(svg)
    groups = [g for g in root.iter(f"{SVG}g") if g.get("id") == inside] if inside else [root]
    return [(t.text or "") for g in groups for t in g.iter(f"{SVG}text")]


def groups(svg: str, kind: str) -> list[str]:
    """The ids of the groups that have the class `kind`."""
    return [g.get("id", "") for g in ElementTree.fromstring(svg).iter(f"{SVG}g") if kind in g.get("class", "").split()]


def number(text: str) -> float:
    return float(text.replace("−", "-"))


# what it says


def test_circuit_cards_and_chips() -> None:
    svg = mg.draw(circuit()).svg()
    assert texts(svg, "t0") == ["x", "−2", "−4"]
    assert texts(svg, "g4_0") == ["∂f", "∂q", "=", "z", "=", "−4", "1", "×", "(−4)", "=", "−4"]
    assert texts(svg, "g4_1") == ["∂f", "∂z", "=", "q", "=", "3", "1", "×", "3", "=", "3"]
    assert texts(svg, "t4") == ["f", "−12", "1"]


def test_classifier_chips_read_downstream_from_upstream_and_local() -> None:
    svg = mg.draw(classifier()).svg()
    chips = {i: " ".join(texts(svg, i)) for i in groups(svg, "chip")}
    assert chips == {
        "g3_0": "∂L/∂X = ∂L/∂Y · Wᵀ 2×2 = 2×3 · 3×2",
        "g3_1": "∂L/∂W = Xᵀ · ∂L/∂Y 2×3 = 2×2 · 2×3",
        "g3_2": "∂L/∂b = Σₙ ∂L/∂Y 3 = Σ over the batch of 2×3",
        "g5_0": "∂L/∂Y = 1 × (P − T)/N P = softmax(Y), N = 2",
    }


def test_expanded_softmax_with_loss_shows_every_step() -> None:
    svg = mg.draw(classifier(), expand=2).svg()
    chips = [" ".join(texts(svg, i)) for i in groups(svg, "chip")]
    assert "⊙ E d exp = exp" in chips
    assert "⊙ 1/S" in chips
    assert "⊙ −E/S² then Σₖ" in chips
    assert "⊙ 1/P" in chips
    assert "⊙ T" in chips
    assert "× −1" in chips
    assert "× 1/N N = 2" in chips
    assert {"Affine", "SoftmaxWithLoss", "Softmax", "CrossEntropy"} <= set(texts(svg))
    assert "⊕ 2 paths" in texts(svg)


@pytest.mark.parametrize("make", [circuit, classifier, perceptron])
@pytest.mark.parametrize("expand", [0, 1, 2])
def test_every_digit_on_a_card_is_the_graphs(make: Callable[[], mg.Node], expand: int) -> None:
    """Cards of at most 16 elements show value, then gradient, each rounded to what its text can say."""
    scene = Scene(make(), expand)
    svg = mg.draw(make(), expand=expand).svg()
    checked = 0
    for n, node in enumerate(scene.graph.nodes):
        if node.value.size > 16 or not node.name and node.op is None:
            continue
        shown = [number(t) for t in texts(svg, f"t{n}") if re.fullmatch(r"−?\d+(\.\d+)?", t)]
        if node.value.ndim == 1:
            shown = shown[1:]  # the shape of a vector is a bare number too
        gradient = [scene.gradients[node].ravel()] if scene.wants_gradient(node) else []
        expected = np.concatenate([node.value.ravel(), *gradient])
        assert len(shown) == len(expected)
        factor = 10.0 ** -round(np.log10(expected[0] / shown[0])) if shown[0] and expected[0] else 1.0
        assert factor == 1.0
        assert np.allclose(shown, expected, atol=0.00501)
        checked += len(shown)
    assert checked >= 10


def test_small_numbers_are_not_rounded_away() -> None:
    x = mg.Node([1e-5, -2.5e-5], "x")
    svg = mg.draw(x * 3.0).svg()
    assert "×10⁻⁵" in texts(svg, "t0")
    assert "−2.50" in texts(svg, "t0")
    assert "not computed" in texts(svg, "t0")


def test_full_detail_shows_the_local_gradient_in_numbers() -> None:
    loss = classifier()
    svg = mg.draw(loss, detail="full").svg()
    shown = [number(t) for t in texts(svg, "g3_0") if re.fullmatch(r"−?\d+\.\d\d", t)]
    weight = loss.inputs[0].inputs[1].value
    assert loss.inputs[0].grad is not None
    assert np.allclose(shown[:6] + shown[6:], [*loss.inputs[0].grad.ravel(), *weight.T.ravel()], atol=0.00501)


def test_symbols_detail_has_no_numbers_of_arrays() -> None:
    cards = mg.draw(classifier(), expand=2, detail="symbols").svg()
    assert texts(cards, "t0") == ["X", "∂L/∂X"]
    assert not [t for i in groups(cards, "tensor") for t in texts(cards, i) if re.search(r"\d\.\d", t)]


def test_gradients_read_not_computed_before_backward_and_never_zero() -> None:
    svg = mg.draw(classifier(backward=False), expand=1).svg()
    cards = [texts(svg, i) for i in groups(svg, "tensor")]
    assert sum("not computed" in card for card in cards) == len(cards) - 1  # all but the target
    circuit_before = mg.Node(2.0, "x") * 3.0
    assert "not computed" in texts(mg.draw(circuit_before).svg(), "g2_0")


def test_a_target_gets_no_gradient_row_and_no_chip() -> None:
    for depth in (0, 1, 2):
        svg = mg.draw(classifier(), expand=depth).svg()
        target = [i for i in groups(svg, "target")]
        assert len(target) == 1
        assert "∂L/∂T" not in texts(svg)


def test_parallel_edges_are_drawn_twice() -> None:
    x = mg.Node(3.0, "x")
    f = x + x
    f.backward()
    source = mg.draw(f).source
    assert len(re.findall(r"t0:v:e -> o1\b", source)) == 2
    assert len(re.findall(r"t0:g:e -> g1_[01]:w", source)) == 2


def test_drawing_changes_nothing() -> None:
    loss = network("one-hot")
    loss.backward()
    nodes = mg.Graph(loss).nodes
    before = [(n.value, n.grad, n.name, n.scope, n.inputs) for n in nodes]
    for depth in (0, 1, 2):
        mg.draw(loss, expand=depth, detail="full").svg()
    assert all(
        all(a is b for a, b in zip(was, (n.value, n.grad, n.name, n.scope, n.inputs))) for was, n in zip(before, nodes)
    )


def test_expanded_gradients_are_those_of_the_collapsed_graph() -> None:
    loss = network("one-hot")
    loss.backward(seed=2.5)
    scene = Scene(loss, 2)
    leaves = [node for node in scene.graph.nodes if node.op is None and node.grad is not None]
    assert len(leaves) == 5
    for leaf in leaves:
        assert np.allclose(scene.gradients[leaf], leaf.grad, rtol=1e-12, atol=1e-15)


def test_an_op_without_formulas_shows_its_jacobian() -> None:
    y = Double()(mg.Node([1.0, 2.0], "x"))
    y.backward(seed=[1.0, 1.0])
    svg = mg.draw(y, detail="full").svg()
    chip = texts(svg, groups(svg, "chip")[0])
    assert "∂Y/∂x" in chip and "Jacobian 2×2" in chip
    assert chip.count("2") == 2


def test_softmax_chip_shows_the_jacobian_of_a_row() -> None:
    p = Softmax()(mg.Node([[0.0, 1.0], [2.0, -1.0]], "X"))
    p.backward(seed=np.ones((2, 2)))
    svg = mg.draw(p, detail="full").svg()
    assert "(diag(p) − p pᵀ)" in texts(svg) and "0.20" in texts(svg) and "−0.20" in texts(svg)


def test_large_arrays_are_swatches_with_their_range() -> None:
    a = mg.Node(np.linspace(-3, 4, 200 * 50).reshape(200, 50), "A")
    svg = mg.draw(a.mean()).svg()
    card = texts(svg, "t0")
    assert "−3 … 4" in card and "⋯" in card
    assert len(card) < 100


def test_nan_and_infinity_are_said_in_words() -> None:
    a = mg.Node([[np.nan, np.inf, -np.inf, 1.0]], "A")
    assert {"NaN", "∞", "−∞"} <= set(texts(mg.draw(a).svg(), "t0"))
    big = mg.Node(np.full((5, 5), np.nan), "B")
    assert "all NaN or ∞" in texts(mg.draw(big).svg(), "t0")


@pytest.mark.parametrize("shape", [(), (1,), (3,), (1, 1), (2, 3, 4), (1, 2, 1, 2), (0,), (2, 0)])
def test_every_shape_can_be_drawn(shape: tuple[int, ...]) -> None:
    y = mg.Node(np.ones(shape), "x") * 2.0
    y.backward(seed=np.ones(shape))
    assert groups(mg.draw(y, detail="full").svg(), "tensor")


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_losses_of_every_reduction_can_be_drawn_open_and_closed(reduction: str) -> None:
    p = Softmax()(mg.Node([[0.0, 1.0], [2.0, -1.0]], "X"))
    loss = CrossEntropy(reduction)(p, np.array([0, 1]))  # type: ignore[arg-type]
    loss.backward(seed=np.ones(loss.shape))
    for depth in (0, 1, 2):
        assert mg.draw(loss, expand=depth, detail="full").svg()
    formula = {"mean": "−t/(P·N)", "sum": "−t/P", "none": "−t/P"}[reduction].replace("t", "C")
    assert formula in texts(mg.draw(loss).svg())


def test_equal_layers_are_numbered() -> None:
    svg = mg.draw(perceptron()).svg()
    assert {"Affine 1", "Affine 2", "W₁", "b₂"} <= set(texts(svg))


# the SVG


def test_svg_is_described_for_those_who_cannot_see_it() -> None:
    root = ElementTree.fromstring(mg.draw(circuit()).svg())
    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title") == "Add → Mul"
    assert root.findtext(f"{SVG}desc") == "Forward: q = Add(x, y); f = Mul(q, z). Backward: from f to x, y, z."


def test_svg_classes_tell_what_is_what() -> None:
    svg = mg.draw(classifier()).svg()
    assert len(groups(svg, "parameter")) == 2
    assert len(groups(svg, "input")) == len(groups(svg, "target")) == len(groups(svg, "loss")) == 1
    assert len(groups(svg, "composite")) == 2
    assert len(groups(svg, "chip")) == 4
    assert len(groups(svg, "fwd")) == 7
    assert len([i for i in groups(svg, "bwd") if i.startswith("edge")]) == 10


def test_text_is_anchored_in_its_box_for_any_font() -> None:
    root = ElementTree.fromstring(mg.draw(classifier(), detail="full").svg())
    anchors = {t.text: t.get("text-anchor") for t in root.iter(f"{SVG}text")}
    assert anchors["Affine"] == "middle" and anchors["−0.50"] == "end"
    assert "start" not in anchors.values()


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_stay_text(name: str) -> None:
    x = mg.Node([[1.0, 2.0]], name)
    loss = SoftmaxWithLoss()(Affine(2, 2, seed=0)(x), mg.Node([1], name))
    loss.backward()
    for detail in ("symbols", "values", "full"):
        diagram = mg.draw(loss, expand=1, detail=detail)  # type: ignore[arg-type]
        root = ElementTree.fromstring(diagram.svg())
        tags = {element.tag.removeprefix(SVG) for element in root.iter()}
        assert tags <= {"svg", "g", "path", "polygon", "ellipse", "text", "title", "desc", "polyline"}
        assert not any("href" in key or key.startswith("on") for element in root.iter() for key in element.keys())
        assert max(map(len, texts(diagram.svg()))) < 200


# files and engines


def test_saves_svg_and_dot(tmp_path: Path) -> None:
    diagram = mg.draw(circuit())
    assert diagram.save(tmp_path / "a.svg") == tmp_path / "a.svg"
    assert (tmp_path / "a.svg").read_text(encoding="utf-8") == diagram.svg()
    diagram.save(str(tmp_path / "b.DOT"))
    assert (tmp_path / "b.DOT").read_text(encoding="utf-8") == diagram.source
    assert stat.S_IMODE((tmp_path / "a.svg").stat().st_mode) & 0o044 == 0o044 & ~_umask()


def _umask() -> int:
    return int(subprocess.run(["sh", "-c", "umask"], capture_output=True, text=True, check=True).stdout, 8)


@pytest.mark.dot
@pytest.mark.parametrize("suffix, magic", [("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_saves_png_and_pdf_with_dot(tmp_path: Path, dot: str, suffix: str, magic: bytes) -> None:
    path = mg.draw(classifier(), expand=2, detail="full").save(tmp_path / f"a.{suffix}")
    assert path.read_bytes().startswith(magic)


@pytest.mark.dot
def test_svg_by_dot_where_graphviz_pure_is_missing(dot: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pure = mg.draw(classifier()).svg()
    monkeypatch.setattr(engines, "_graphviz_pure", lambda: None)
    by_dot = mg.draw(classifier()).svg()
    assert by_dot != pure
    assert sorted(texts(by_dot)) == sorted(texts(pure))


@pytest.mark.parametrize("suffix", ["png", "pdf"])
def test_without_dot_the_error_says_what_to_install_and_the_dot_text_is_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    monkeypatch.setattr(engines.shutil, "which", lambda name: None)
    diagram = mg.draw(circuit())
    message = rf"a\.{suffix} was not drawn: {suffix} needs .*apt install graphviz.*a\.dot"
    with pytest.raises(RuntimeError, match=message):
        diagram.save(tmp_path / f"a.{suffix}")
    assert [path.name for path in tmp_path.iterdir()] == ["a.dot"]
    assert (tmp_path / "a.dot").read_text(encoding="utf-8") == diagram.source
    diagram.save(tmp_path / "a.svg")


def test_without_any_engine_svg_says_so_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines.shutil, "which", lambda name: None)
    monkeypatch.setattr(engines, "_graphviz_pure", lambda: None)
    with pytest.raises(RuntimeError, match="pip install graphviz-pure"):
        mg.draw(circuit()).save(tmp_path / "a.svg")


def test_an_engine_that_hangs_or_fails_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "SECONDS", 0.2)
    with pytest.raises(RuntimeError, match="took more than 0.2 seconds"):
        engines._run(["sleep", "5"], "")
    with pytest.raises(RuntimeError, match="failed with 1"):
        engines._run(["false"], "")
    with pytest.raises(RuntimeError, match="could not be started"):
        engines._run(["/nowhere/dot"], "")
    with pytest.raises(engines.EngineError, match="failed"):
        engines.render("digraph {", "svg")


def test_wrong_suffix_detail_and_argument_are_refused(tmp_path: Path) -> None:
    diagram = mg.draw(circuit())
    message = r"'a\.gif' has the suffix '\.gif'; it must be one of \.svg, \.png, \.pdf, \.dot"
    with pytest.raises(ValueError, match=message):
        diagram.save(tmp_path / "a.gif")
    with pytest.raises(ValueError, match="detail is 'all'"):
        mg.draw(circuit(), detail="all")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="depth is -1"):
        mg.draw(circuit(), expand=-1)
    with pytest.raises(TypeError, match="needs a Node or a Graph, got float"):
        mg.draw(3.0)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_an_unwritable_path_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        mg.draw(circuit()).save(tmp_path / "no" / "such" / "a.svg")
    (tmp_path / "a.svg").mkdir()
    with pytest.raises(OSError):
        mg.draw(circuit()).save(tmp_path / "a.svg")
    assert [path.name for path in tmp_path.iterdir()] == ["a.svg"]


def test_shows_itself_in_a_notebook() -> None:
    diagram = mg.Graph(circuit()).draw(detail="symbols")
    assert diagram._repr_svg_() == diagram.svg()
    assert diagram._repr_mimebundle_()["image/svg+xml"] == diagram.svg()
    assert repr(diagram) in diagram._repr_mimebundle_()["text/plain"]


def test_a_large_layer_is_drawn_quickly_and_small() -> None:
    rng = np.random.default_rng(0)
    net = mg.Sequential(Affine(784, 256, seed=0), Affine(256, 10, seed=1))
    loss = SoftmaxWithLoss()(net(rng.normal(size=(128, 784))), rng.integers(0, 10, 128))
    loss.backward()
    source = mg.draw(loss, expand=2, detail="full").source
    assert len(source) < 600_000


def test_one_array_is_one_card() -> None:
    array: Array = np.arange(4.0)
    svg = mg.draw(mg.Node(array, "v")).svg()
    assert texts(svg, "t0") == ["v", "4", "input", "0", "1", "2", "3", "∂v/∂v", "not computed"]
