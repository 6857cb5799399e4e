"""The SVG that everybody can read and no label can break, and its files, written whole or not at all."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from helpers import Array, Double
from pictures import SVG, circuit, classifier, groups, texts

import minigraph as mg
from minigraph.layers import Affine, SoftmaxWithLoss

HOSTILE = [
    '<b>"quoted" & more</b>', "{a|b}<c>", "]]>", "--><script>alert(1)</script>", "a\\nb\\l", "\x00\x07", "\ud800",
    "x" * 50_000,
    "javascript:alert(1)", "가중치", "&amp;", "%s%n", "日本語🙂", "",
]  # fmt: skip


def test_svg_is_described_for_those_who_cannot_see_it() -> None:
    root = ElementTree.fromstring(mg.draw(circuit()).svg())
    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title") == "Add → Mul"
    assert root.findtext(f"{SVG}desc") == (
        "Forward: q = Add(x, y); f = Mul(q, z). "
        "Backward: ∂f/∂q = 1 × z; ∂f/∂z = 1 × q; ∂f/∂x = ∂f/∂q × 1; ∂f/∂y = ∂f/∂q × 1."
    )


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


def test_hostile_names_of_ops_stay_text() -> None:
    name = '<b>"]]>&{x}|' + "y" * 500
    op = type(name, (Double,), {"formula": "<i>&{0}", "gate": "", "expand": lambda self, x: x + x})()
    y = op(mg.Node([1.0, 2.0], "x"))
    y.backward(seed=[1.0, 1.0])
    for depth in (0, 1):
        shown = texts(mg.draw(y, expand=depth).svg())
        assert any(t.startswith('<b>"]]>&{x}|yyy') and len(t) < 60 for t in shown)
    gated = type("Gated", (Double,), {"gate": "<&>"})()(mg.Node(1.0))
    assert "<&>" in texts(mg.draw(gated).svg())


def test_saves_svg_and_dot(tmp_path: Path) -> None:
    diagram = mg.draw(circuit())
    assert diagram.save(tmp_path / "a.svg") == tmp_path / "a.svg"
    assert (tmp_path / "a.svg").read_text(encoding="utf-8") == diagram.svg()
    diagram.save(str(tmp_path / "b.DOT"))
    assert (tmp_path / "b.DOT").read_text(encoding="utf-8") == diagram.source
    assert stat.S_IMODE((tmp_path / "a.svg").stat().st_mode) & 0o044 == 0o044 & ~_umask()


def _umask() -> int:
    return int(subprocess.run(["sh", "-c", "umask"], capture_output=True, text=True, check=True).stdout, 8)


def test_wrong_suffix_detail_and_argument_are_refused(tmp_path: Path) -> None:
    diagram = mg.draw(circuit())
    message = r"'a\.gif' has the suffix '\.gif'; it must be one of \.svg, \.html, \.png, \.pdf, \.dot"
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


def test_a_large_layer_gives_a_small_diagram() -> None:
    rng = np.random.default_rng(0)
    net = mg.Sequential(Affine(784, 256, seed=0), Affine(256, 10, seed=1))
    loss = SoftmaxWithLoss()(net(rng.normal(size=(128, 784))), rng.integers(0, 10, 128))
    loss.backward()
    source = mg.draw(loss, expand=2, detail="full").source
    assert len(source) < 600_000


def test_one_array_is_one_card() -> None:
    array: Array = np.arange(4.0)
    svg = mg.draw(mg.Node(array, "v")).svg()
    assert texts(svg, "t0") == ["v", "4", "input", "0", "1", "2", "3", "∂L/∂v", "not computed"]
