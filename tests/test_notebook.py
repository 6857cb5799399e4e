"""Diagrams as the output of notebook cells: what each front end gets, and that several do not meddle with another."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from pictures import SVG, circuit, classifier
from reader import until

import minigraph as mg
from minigraph.diagram.layout.engines import render

STRIPPED = {"script", "style", "iframe", "svg", "form", "object", "embed"}


class Sanitizer(HTMLParser):
    """What viewers leave of an output that they do not trust: no frame, script or style, nor a `style` attribute."""

    def __init__(self) -> None:
        super().__init__()
        self.kept, self.inside = "", 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in STRIPPED:
            self.inside += 1
        elif not self.inside:
            kept = "".join(f' {name}="{value}"' for name, value in attrs if name in ("src", "alt", "width", "title"))
            self.kept += f"<{tag}{kept}>"

    def handle_endtag(self, tag: str) -> None:
        if tag in STRIPPED:
            self.inside -= 1
        elif not self.inside:
            self.kept += f"</{tag}>"

    def handle_data(self, data: str) -> None:
        if not self.inside:
            self.kept += data


def sanitized(html: str) -> str:
    reader = Sanitizer()
    reader.feed(html)
    reader.close()
    return reader.kept


def notebook(*outputs: str) -> str:
    cells = "".join(f'<div class="cell">{output}</div>' for output in outputs)
    return f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Notebook</title><body>{cells}</body></html>'


def test_the_bundle_has_the_picture_the_page_and_a_line_of_text() -> None:
    diagram = mg.draw(circuit())
    bundle = diagram._repr_mimebundle_()
    assert list(bundle) == ["text/plain", "image/svg+xml", "text/html"]
    assert bundle["image/svg+xml"] == diagram.svg() == diagram._repr_svg_()
    assert bundle["text/html"] == diagram._repr_html_()
    assert repr(diagram) == bundle["text/plain"]


def test_the_picture_is_drawn_once_for_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    monkeypatch.setattr("minigraph.diagram.figure.render", lambda *args: drawn.append(args) or render(*args))
    assert "text/html" in mg.draw(circuit())._repr_mimebundle_()
    assert len(drawn) == 1


def test_a_front_end_gets_what_it_asks_for() -> None:
    diagram = mg.draw(circuit())
    assert list(diagram._repr_mimebundle_(include={"image/svg+xml"})) == ["image/svg+xml"]
    assert list(diagram._repr_mimebundle_(exclude={"text/html"})) == ["text/plain", "image/svg+xml"]


def test_what_has_no_steps_is_a_picture() -> None:
    loss = classifier()
    for diagram in (mg.draw(loss, view="neurons"), mg.compare(loss, loss),
                    mg.draw_step(loss, mg.SGD(mg.Graph(loss).parameters, learning_rate=0.1))):  # fmt: skip
        assert list(diagram._repr_mimebundle_()) == ["text/plain", "image/svg+xml"]
        assert diagram._repr_html_() is None and diagram._repr_svg_()


def test_the_frame_holds_the_page_and_can_reach_nothing_else() -> None:
    diagram = mg.draw(circuit(), title="'\"<b>&amp;")
    html = diagram._repr_html_() or ""
    frame = re.search(r"<iframe (.*?)srcdoc='(.*?)' style=", html, re.DOTALL)
    assert frame is not None
    assert 'sandbox="allow-scripts"' in frame[1] and "<b>" not in frame[1]
    assert unescape(frame[2]).replace(' data-start="end"', "") == diagram.html()


def test_without_the_frame_there_is_the_picture_once() -> None:
    diagram = mg.draw(classifier())
    left = sanitized(diagram._repr_html_() or "")
    (image,) = re.findall(r'<img src="data:image/svg\+xml;base64,([^"]+)"', left)
    assert b64decode(image).decode() == diagram.svg()
    assert 'alt="Affine → SoftmaxWithLoss"' in left
    assert re.sub(r"<[^>]*>", "", left).strip() == ""  # nothing of the page is left as text


def test_a_page_too_large_for_a_notebook_is_a_picture_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minigraph.diagram.web.notebook.LARGEST_FRAME", 1000)
    html = mg.draw(circuit())._repr_html_() or ""
    assert "<iframe" not in html and html.count("<img ") == 1
    assert ".save(&#x27;page.html&#x27;) writes the page" in html
    assert "단계별 페이지" in (mg.draw(circuit(), language="ko")._repr_html_() or "")


def test_the_picture_in_the_frame_needs_no_names_of_the_notebook() -> None:
    """Pictures that a notebook has put into its own document must not share ids."""
    one, other = mg.draw(circuit()).svg(), mg.draw(classifier()).svg()
    ids = [{e.get("id") for e in ElementTree.fromstring(svg).iter(f"{SVG}g") if e.get("id")} for svg in (one, other)]
    assert ids[0] and not ids[0] & ids[1]


@pytest.mark.browser
def test_two_diagrams_in_one_notebook_are_stepped_through_on_their_own(
    open_page: Callable[..., Any], tmp_path: Path
) -> None:
    path = tmp_path / "notebook.html"
    outputs = [mg.draw(root)._repr_html_() or "" for root in (circuit(), circuit(), classifier())]
    path.write_text(notebook(*outputs), encoding="utf-8")
    page = open_page(path, width=1000, height=2200)
    frames = [page.frame_locator("iframe").nth(n) for n in range(3)]

    def at() -> list[str]:
        return [frame.locator(".mg-slider").input_value() for frame in frames]

    assert at() == ["7", "7", "7"], "a notebook shows the whole picture first"
    frames[0].locator(".mg-do-back").click()
    assert at() == ["6", "7", "7"]
    frames[2].locator(".mg-sentence").click()  # where the focus is, the keys go
    for key in ("ArrowLeft", "ArrowLeft", "ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
    assert at() == ["6", "7", "5"]
    frames[1].locator(".mg-do-first").click()
    page.keyboard.press("ArrowRight")
    assert at() == ["6", "1", "5"]
    for n, cell in enumerate(page.locator(".cell").all()):
        around, frame = cell.bounding_box(), page.locator("iframe").nth(n).bounding_box()
        assert frame["width"] == around["width"] and frame["height"] >= 480
        image = cell.locator("img").bounding_box()
        assert image["x"] >= frame["x"] and image["x"] + image["width"] <= frame["x"] + frame["width"] + 1
        assert image["y"] + image["height"] <= frame["y"] + frame["height"] + 1, "the picture looks out"


@pytest.mark.browser
def test_a_frame_is_as_wide_as_the_notebook(open_page: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "notebook.html"
    path.write_text(notebook(mg.draw(circuit())._repr_html_() or ""), encoding="utf-8")
    page = open_page(path, width=1200)
    inside = next(frame for frame in page.frames if frame != page.main_frame)
    scales = []
    for width in (1200, 500):
        page.set_viewport_size({"width": width, "height": 900})
        until(lambda width=width: inside.evaluate("innerWidth") == width - 16, f"{width} pixels")
        until(lambda: inside.evaluate("players[0].stage.size[0] === innerWidth"), "the new size")
        scales.append(inside.evaluate("players[0].stage.wholeScale"))
    assert scales[1] < scales[0]


@pytest.mark.browser
def test_the_sanitized_picture_is_seen(open_page: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "notebook.html"
    outputs = [sanitized(mg.draw(root)._repr_html_() or "") for root in (circuit(), classifier())]
    path.write_text(notebook(*outputs), encoding="utf-8")
    page = open_page(path)
    sizes = page.evaluate("[...document.images].map(({ naturalWidth, complete }) => complete && naturalWidth)")
    assert len(sizes) == 2 and all(size > 300 for size in sizes)
