"""The committed pictures are what the code draws: their DOT text to the letter, their SVG in every word and number."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from pictures import FIGURES, FOLDER, SCRIPT, figure

import minigraph as mg


def words(svg: str) -> list[str]:
    """What can be read in an SVG, in order."""
    return [text.strip() for element in ElementTree.fromstring(svg).iter() if (text := element.text or "").strip()]


def test_every_picture_has_its_figure_and_every_figure_its_pictures() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {f"{name}.{end}" for name in FIGURES for end in ("svg", "dot")}


@pytest.mark.parametrize("name", FIGURES)
def test_dot_text_is_golden(name: str) -> None:
    golden = (FOLDER / f"{name}.dot").read_text(encoding="utf-8")
    assert figure(name).source == golden, "changed; if for the better: python docs/gallery.py, look, commit"


@pytest.mark.parametrize("name", FIGURES)
def test_committed_svg_says_what_is_drawn_today(name: str) -> None:
    committed = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    assert words(figure(name).svg()) == words(committed)


def test_the_page_shows_all_figures_with_their_code() -> None:
    assert (FOLDER.parent / "gallery.md").read_text(encoding="utf-8") == SCRIPT["page"]()


def test_the_same_graph_gives_the_same_bytes() -> None:
    first, second = SCRIPT["figure"]("perceptron"), SCRIPT["figure"]("perceptron")
    assert first.source == second.source
    assert first.svg() == second.svg()


def test_ids_do_not_depend_on_what_else_was_made() -> None:
    before = SCRIPT["figure"]("circuit").source
    _ = [mg.Node(1.0) for _ in range(100)]
    assert SCRIPT["figure"]("circuit").source == before
