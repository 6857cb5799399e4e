"""The page of a film in a browser: its numbers are those that were recorded, wherever one scrubs to."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from films import HOSTILE, broken, classifier, trained, unusual
from pictures import texts

import minigraph as mg

pytestmark = pytest.mark.browser

Open = Callable[..., Any]


# the colour of some cells that no point of the data is near to, with the place of each
PAINTED = """() => {
  const canvas = document.querySelector(".mg-plane"), size = canvas.width;
  const { side, points, box } = JSON.parse(document.querySelector(".mg-data").textContent).plane;
  const paint = canvas.getContext("2d").getImageData(0, 0, size, size).data, found = [];
  const [left, right, bottom, top] = box;
  for (let n = 0; n < side * side; n += 7) {
    const [x, y] = [(n % side + 0.5) / side, (Math.floor(n / side) + 0.5) / side];
    const at = [left + (right - left) * x, top - (top - bottom) * y];
    const away = points.map(([a, b]) => Math.hypot((a - at[0]) / (right - left), (b - at[1]) / (top - bottom)));
    const pixel = 4 * (Math.floor(y * size) * size + Math.floor(x * size));
    if (Math.min(...away) > 0.02) found.push([...at, paint.slice(pixel, pixel + 3).join()]);
  }
  return found;
}"""


def scrub(page: Any, frame: int) -> None:
    page.locator(".mg-slider").evaluate("(s, n) => { s.value = n; s.dispatchEvent(new Event('input')); }", frame)


def number(text: str) -> float:
    """As cells write it: a real minus, and three digits."""
    return {"NaN": np.nan, "∞": np.inf, "−∞": -np.inf}[text] if text in ("NaN", "∞", "−∞") else float(
        text.replace("−", "-"))  # fmt: skip


def tables(page: Any) -> list[list[str]]:
    """The cells of each table of parameters and gradients, in order; words where there is none."""
    return page.eval_on_selector_all(
        ".mg-parameter .mg-term",
        "all => all.map(f => [...f.querySelectorAll('td, .mg-number')].map(c => c.textContent))",
    )


def factors(page: Any) -> list[float]:
    """What the numbers of each table are multiplied by."""
    notes = page.eval_on_selector_all(
        ".mg-parameter .mg-term", "all => all.map(f => f.querySelector('.mg-tables .mg-note')?.textContent || '')"
    )
    plain = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    return [10.0 ** int(note.removeprefix("×10").translate(plain)) if note else 1.0 for note in notes]


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("make", [classifier, unusual])
def test_tables_are_what_was_recorded(tmp_path: Path, open_page: Open, make: Any, compiled: bool) -> None:
    film = trained(make(), 9, every=2, compiled=compiled)
    frames, page = list(film), open_page(film.save(tmp_path / "film.html"))
    for at in (0, 3, len(frames) - 1, 1):
        scrub(page, at)
        frame, shown = frames[at], iter(zip(tables(page), factors(page)))
        for node, value in frame.parameters.items():
            for array in (value, frame.gradients.get(node)):
                cells, factor = next(shown)
                if array is None:
                    assert cells == []
                    continue
                found = np.array([number(cell) for cell in cells]) * factor
                assert np.allclose(found, array.ravel(), atol=0.00051 * factor)


def test_units_and_arrows_are_those_of_the_frame(tmp_path: Path, open_page: Open) -> None:
    film = trained(classifier(), 40, every=10)
    frames, page = list(film), open_page(film.save(tmp_path / "film.html"))
    weight = film.graph["W1"]
    for at in (4, 0, 2):
        scrub(page, at)
        titles = page.eval_on_selector_all(".mg-network .weight title", "all => all.map(t => t.textContent)")
        assert len(titles) == 8 + 8
        for title, value in zip(titles, frames[at].parameters[weight].ravel()):
            assert title.startswith("W₁[") and f"= {value:.3f}".replace("-", "−")[:5] in title
        widths = page.eval_on_selector_all(
            ".mg-network .weight path", "all => all.map(p => +p.getAttribute('stroke-width') || 1)"
        )
        most = max(np.abs(frame.parameters[weight]).max() for frame in frames)
        assert np.allclose(widths[:8], 0.7 + 3.5 * np.abs(frames[at].parameters[weight].ravel()) / most, atol=0.06)


def test_the_curve_has_all_points_and_tells_them(tmp_path: Path, open_page: Open) -> None:
    film = trained(classifier(), 30, every=3)
    frames, page = list(film), open_page(film.save(tmp_path / "film.html"))
    points = [tuple(map(float, p.split(","))) for p in page.get_attribute(".mg-loss", "points").split()]
    assert len(points) == len(frames) == 11
    losses = np.array([frame.loss for frame in frames], dtype=float)
    heights = np.array([y for _, y in points])
    assert np.allclose((heights.max() - heights) / np.ptp(heights), (losses - losses.min()) / np.ptp(losses), atol=0.01)
    scrub(page, 4)
    mark = page.locator(".mg-mark")
    assert [float(mark.get_attribute(name)) for name in ("cx", "cy")] == pytest.approx(points[4], abs=0.1)
    box = page.locator(".mg-curve").bounding_box()
    x = box["x"] + points[7][0] / 520 * box["width"]
    page.mouse.move(x, box["y"] + box["height"] / 2)
    assert page.text_content(".mg-told") == f"after step 21 · its loss: {losses[7]:.3f}"
    page.mouse.click(x, box["y"] + box["height"] / 2)
    assert page.text_content(".mg-caption") == f"after step 21 · its loss: {losses[7]:.3f}"


def test_without_a_loss_or_with_none_but_0_the_axis_goes_from_0_to_1(tmp_path: Path, open_page: Open) -> None:
    w = mg.Parameter([0.0, 0.0], "w")
    for output, losses in (((w * 2.0).sum(), 1), (w * 2.0, 0)):
        film = mg.record(mg.Graph(output))
        page = open_page(film.save(tmp_path / "film.html"))
        assert page.locator(".mg-curve text[text-anchor=end]").all_text_contents()[:3] == ["0", "0.50", "1"]
        assert page.locator(".mg-loss-alone").count() == losses
        (frame,) = film.frames(tmp_path)
        assert {"0", "1"} <= {*texts(frame.read_text("utf-8"))}


def test_regions_are_painted_as_they_are(tmp_path: Path, open_page: Open) -> None:
    film = trained(classifier(), 60, every=30)
    page = open_page(film.save(tmp_path / "film.html"))
    frame = list(film)[-1]
    page.keyboard.press("End")
    w1, b1, w2, b2 = frame.parameters.values()
    found = page.evaluate(PAINTED)
    scores = np.maximum(np.array([[x, y] for x, y, _ in found]) @ w1 + b1, 0) @ w2 + b2
    colours = [{colour for (*_, colour), k in zip(found, scores.argmax(axis=1)) if k == each} for each in (0, 1)]
    assert len(found) > 50 and [len(of) for of in colours] == [1, 1] and colours[0] != colours[1]


def test_keys_and_buttons(tmp_path: Path, open_page: Open) -> None:
    film = trained(classifier(), 20, every=5)
    page = open_page(film.save(tmp_path / "film.html"), still=False)

    def step() -> int:
        return int(re.findall(r"step (\d+)", page.text_content(".mg-caption"))[0])

    for key, expected in [
        ("ArrowRight", 5), ("ArrowRight", 10), ("ArrowLeft", 5), ("End", 20), ("ArrowRight", 20), ("Home", 0),
        ("ArrowLeft", 0),
    ]:  # fmt: skip
        page.keyboard.press(key)
        assert step() == expected
    assert page.locator(".mg-do-back").is_disabled()
    for name, expected in [("step", 5), ("last", 20), ("back", 15), ("first", 0)]:
        page.click(f".mg-do-{name}")
        assert step() == expected
    page.locator("body").click(position={"x": 5, "y": 60})
    page.keyboard.press(" ")
    assert page.text_content(".mg-do-play") == "pause" and page.get_attribute(".mg-caption", "aria-live") == "off"
    page.locator(".mg-do-play", has_text="play").wait_for()
    assert step() == 20 and page.get_attribute(".mg-caption", "aria-live") == "polite"
    page.keyboard.press("d")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("make", [classifier, unusual])
def test_it_fits_the_window_and_has_names(
    tmp_path: Path, open_page: Open, width: int, dark: bool, make: Any
) -> None:  # fmt: skip
    film = trained(make(), 4, every=2)
    page = open_page(film.save(tmp_path / "film.html", language="ko"), width=width, dark=dark)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.get_attribute("html", "data-theme") == ("dark" if dark else "light")
    nameless = page.eval_on_selector_all(
        "button, input, svg, canvas, section, [role]",
        "all => all.filter(e => !e.getAttribute('aria-label')).map(e => e.outerHTML.slice(0, 80))",
    )
    assert nameless == []
    assert page.text_content(".mg-caption").startswith("0단계") and page.get_attribute("html", "lang") == "ko"
    for name in ("first", "back", "step", "last", "play", "dark"):
        box = page.locator(f".mg-do-{name}").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width and box["height"] >= 28


def test_it_plays_slowly_for_those_who_want_no_motion(tmp_path: Path, open_page: Open) -> None:
    film = trained(classifier(), 4, every=1)
    for still, steps in ((True, (0, 1)), (False, (3, 4))):
        page = open_page(film.save(tmp_path / "film.html"), still=still)
        page.clock.install()
        page.reload()
        page.click(".mg-do-play")
        for milliseconds, step in zip((500, 600), steps):
            page.clock.run_for(milliseconds)
            assert f"step {step}" in page.text_content(".mg-caption")


def test_nothing_hostile_gets_through(tmp_path: Path, open_page: Open) -> None:
    film = broken()
    page = open_page(film.save(tmp_path / "film.html", title="<img src=x onerror=alert(1)>"))
    page.keyboard.press("End")
    assert page.text_content("h1") == "<img src=x onerror=alert(1)>"
    assert page.locator("img, script:not([type])").count() == 1  # the page's own
    assert page.text_content("figcaption") == HOSTILE
    assert page.text_content(".mg-caption") == "after step 5 · its loss: NaN"
    found = [number(cell) for cell in tables(page)[0]]
    assert np.array_equal(found, [np.nan, 1, np.inf, -2], equal_nan=True)
    assert "mg-unknown" in page.get_attribute(".mg-mark", "class")


def test_what_wants_no_gradient_has_none(tmp_path: Path, open_page: Open) -> None:
    graph = mg.Graph((mg.Parameter([1.0, 2.0], "w") * mg.Parameter([3.0, 4.0], "fixed", requires_grad=False)).sum())
    page = open_page(trained(graph, 2, every=1).save(tmp_path / "film.html"))
    assert page.locator("figcaption").all_text_contents() == ["w", f"∂{graph.names[graph.output]}/∂w", "fixed"]


def test_a_theme_that_was_asked_for_stays(tmp_path: Path, open_page: Open) -> None:
    page = open_page(mg.record(classifier()).save(tmp_path / "film.html", theme="dark"))
    assert page.get_attribute("html", "data-theme") == "dark"
