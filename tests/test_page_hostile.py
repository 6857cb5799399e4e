"""Pages of steps about graphs that mean no good: names with markup, endless names, huge arrays, NaN."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from reader import Reader
from webpage import HOSTILE, WALK, hostile

import minigraph as mg
from minigraph.layers import Affine, SoftmaxWithLoss

pytestmark = pytest.mark.browser

FOREIGN = "img, iframe, b:not(.mg-tip b), style:not(head style), object, embed, a"


def test_names_with_markup_stay_text_whatever_is_done(open_page: Callable[..., Any], tmp_path: Path) -> None:
    diagrams = [mg.draw(hostile(name), id=f"f{n}", title=name) for n, name in enumerate(HOSTILE)]
    page = open_page(mg.save_page(tmp_path / "page.html", *diagrams, title=HOSTILE[0]))
    figures, scripts = page.evaluate("[players.length, document.scripts.length]")
    assert figures == len(HOSTILE)
    walked = page.evaluate(WALK)
    assert page.title() == HOSTILE[0]
    page.evaluate("players.forEach((player) => { player.toggleAll(); player.go(player.last); })")
    assert page.locator(FOREIGN).count() == 0
    assert page.evaluate("document.scripts.length") == scripts
    handlers = page.evaluate(
        "[...document.querySelectorAll('*')].flatMap((node) => [...node.attributes])"
        ".filter(({ name }) => name.startsWith('on') || name === 'href').length"
    )
    assert handlers == 0
    for states, name in zip(walked, HOSTILE):
        assert all(step["says"] for state in states for step in state["steps"]), name
    shown = page.locator(".mg-title").all_inner_texts()
    assert shown[1] == HOSTILE[1] and "alert(1)" in shown[0]


def test_long_names_break_no_layout(open_page: Callable[..., Any], tmp_path: Path) -> None:
    for name in ("x" * 5000, "wörter " * 300, "그림" * 200):
        page = open_page(mg.draw(hostile(name), title=name).save(tmp_path / "page.html"), width=390, height=844)
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        reader = Reader(page)
        reader.press("End")
        assert reader.find(".mg-stage").bounding_box()["height"] >= 180
        assert reader.find(".mg-do-step").is_visible()


def test_large_arrays_and_what_is_no_number(open_page: Callable[..., Any], tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(1000, 100))
    values[0, :3] = np.nan, np.inf, -np.inf
    with np.errstate(all="ignore"):
        loss = SoftmaxWithLoss()(Affine(100, 10, seed=1)(mg.Node(values, "X")), rng.integers(0, 10, 1000))
        loss.backward()
    path = mg.draw(loss).save(tmp_path / "page.html")
    assert path.stat().st_size < 1_000_000
    reader = Reader(open_page(path))
    for _ in range(reader.last):
        reader.press("ArrowRight")
    reader.part("card X").focus()
    assert all(word in reader.tip for word in ("NaN", "∞", "−∞", "3 NaN or ∞", "of 100000 numbers"))
    assert reader.find(".mg-tip .mg-forward td.mg-odd").count() == 3


def test_empty_arrays_are_said_to_be_empty(open_page: Callable[..., Any], tmp_path: Path) -> None:
    x = mg.Node(np.zeros((0, 3)), "x")
    loss = (x * 2.0).sum()
    loss.backward()
    reader = Reader(open_page(mg.draw(loss).save(tmp_path / "page.html")))
    reader.press("ArrowRight")
    assert "empty" in reader.find(".mg-terms").inner_text()
    reader.part("card x").focus()
    assert reader.tip.startswith("x input") and "empty" in reader.tip
