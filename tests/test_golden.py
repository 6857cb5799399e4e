"""The committed pictures are what the code draws: their DOT text to the letter, their SVG in every word and number."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from pictures import FIGURES, FOLDER

import minigraph as mg


def words(svg: str) -> list[str]:
    """What can be read in an SVG, in order."""
    return [text.strip() for element in ElementTree.fromstring(svg).iter() if (text := element.text or "").strip()]


def test_every_picture_has_its_figure_and_every_figure_its_pictures() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {f"{name}.{end}" for name in FIGURES for end in ("svg", "dot")}


@pytest.mark.parametrize("name", FIGURES)
def test_dot_text_is_golden(name: str) -> None:
    golden = (FOLDER / f"{name}.dot").read_text(encoding="utf-8")
    assert FIGURES[name]().source == golden, "changed; if for the better: python docs/pictures.py, look, commit"


@pytest.mark.parametrize("name", FIGURES)
def test_committed_svg_says_what_is_drawn_today(name: str) -> None:
    committed = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    assert words(FIGURES[name]().svg()) == words(committed)


def test_the_same_graph_gives_the_same_bytes() -> None:
    first, second = FIGURES["perceptron"](), FIGURES["perceptron"]()
    assert first.source == second.source
    assert first.svg() == second.svg()


def test_ids_do_not_depend_on_what_else_was_made() -> None:
    before = FIGURES["circuit"]().source
    _ = [mg.Node(1.0) for _ in range(100)]
    assert FIGURES["circuit"]().source == before
