"""Reading a page of steps: links, several figures, tooltips, what is dimmed, motion, paper, speed, without scripts."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pictures import SCRIPT, circuit, classifier
from reader import LOOKS, Opener, Reader, until

import minigraph as mg

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    "hash, step, opened",
    [
        ("#step=7", 7, []),
        ("#step=3&open=5", 3, ["5"]),
        ("#step=12&open=3,5,5.1,5.3", 12, ["3", "5", "5.1", "5.3"]),
        ("#step=99", 7, []),
        ("#step=-3", 0, []),
        ("#step=two&open=nothing", 0, []),
        ("#elsewhere", 0, []),
        ("#%E0%A4%A", 0, []),
    ],
)
def test_links(opens: Opener, hash: str, step: int, opened: list[str]) -> None:
    reader = opens(classifier(), hash=hash)
    assert (reader.step, sorted(reader.opened)) == (step, opened)


def test_the_address_says_where_one_is(opens: Opener) -> None:
    reader = opens(classifier(), hash="#step=2")
    reader.press("ArrowRight")
    assert reader.page.url.endswith("#step=3")
    reader.press("e")
    step, opened = reader.step, sorted(reader.opened)
    reader.page.reload()
    assert (reader.step, sorted(reader.opened)) == (step, opened)
    reader.page.evaluate("location.hash = '#step=1'")
    until(lambda: reader.step == 1 and not reader.opened, "the step of the new address")


def test_several_figures_on_one_page(opens: Opener) -> None:
    first = opens(circuit(), classifier(), SCRIPT["squares"]())
    second, third = Reader(first.page, 1), Reader(first.page, 2)
    first.press("ArrowRight")
    assert (first.step, second.step, third.step) == (1, 0, 0)
    second.click("step", "step")
    second.press("ArrowRight", "e")
    assert (first.step, second.step, third.step) == (1, 11, 0)  # the same moment, with everything open
    assert second.opened and first.page.url.partition("#")[2].endswith("in=figure1")
    third.find(".mg-panel").click()
    third.press("End")
    assert (first.step, second.step, third.step) == (1, 11, third.last)
    third.page.goto(third.page.url.partition("#")[0] + "#step=4&in=figure2")
    third.page.reload()
    assert (first.step, second.step, third.step) == (0, 0, 4)
    third.press("d")
    assert {reader.find(".mg-do-dark").inner_text() for reader in (first, second, third)} == {"light"}
    y = third.page.evaluate("scrollY")
    x, top = third.middle(".mg-stage")
    third.page.mouse.move(x, top)
    third.page.mouse.wheel(0, -150)
    until(lambda: third.page.evaluate("scrollY") < y, "scrolling")  # with others around, the wheel is the page's


def test_pages_name_nothing_twice(opens: Opener) -> None:
    reader = opens(circuit(), classifier())
    ids = reader.page.evaluate("[...document.querySelectorAll('[id]')].map(({ id }) => id)")
    assert len(ids) == len(set(ids))


def test_a_tooltip_comes_by_mouse_and_by_focus_and_goes(opens: Opener) -> None:
    reader = opens(classifier())
    reader.part("card X").hover()
    assert reader.tip.startswith("X input") and "∂L/∂X 2×2\n\ncomes at step 5" in reader.tip
    assert "min −1 · mean 0.625 · max 2" in reader.tip
    x, y = reader.middle(".mg-foot")
    reader.page.mouse.move(x, y)
    until(lambda: not reader.tip, "its end")
    reader.part("card b").focus()
    assert reader.tip.startswith("b parameter")
    reader.press("End")
    assert "comes at step" not in reader.tip and "−0.214" in reader.tip
    reader.press("Escape")
    assert not reader.tip
    reader.part("chip Y 0").hover()
    assert "Wᵀ" in reader.tip and "0.800" in reader.tip


def test_a_tooltip_has_all_numbers_and_stays_in_the_window(opens: Opener) -> None:
    rng = np.random.default_rng(0)
    x = mg.Node(rng.normal(size=(30, 20)), "x")
    loss = mg.tanh(x).sum()
    loss.backward()
    for look in LOOKS.values():
        reader = opens(loss, **look)
        reader.press("End", "0")
        for key in ("card x", "card L"):
            reader.part(key).focus()
            tip, stage = reader.find(".mg-tip").bounding_box(), reader.find(".mg-stage").bounding_box()
            assert tip["x"] >= stage["x"] and tip["x"] + tip["width"] <= stage["x"] + stage["width"] + 1
            assert tip["y"] >= stage["y"] and tip["y"] + tip["height"] <= stage["y"] + stage["height"] + 1
        reader.part("card x").focus()
        cells = reader.find(".mg-tip .mg-forward td").all_inner_texts()
        shown = np.array([float(cell.replace("−", "-")) for cell in cells])
        np.testing.assert_allclose(shown, x.value.ravel(), atol=0.00051)


OPACITY = """(group) => {
  let found = 1;
  for (let node = group; node && node.nodeType === 1; node = node.parentNode) found *= getComputedStyle(node).opacity;
  return found;
}"""


@pytest.mark.parametrize("look", LOOKS)
def test_what_is_to_come_is_faint_and_what_was_is_not(opens: Opener, look: str) -> None:
    reader = opens(classifier(), hash="#step=4&open=5", **LOOKS[look])
    opacities = reader.ask(
        f"[...player.section.querySelectorAll('.mg-part, .mg-row, .mg-wire')].map((part) => "
        f"[part.className.baseVal, ({OPACITY})(part)])"
    )
    assert {"mg-future" in kinds for kinds, _ in opacities} == {True, False}
    for kinds, opacity in opacities:
        if "mg-future" in kinds:
            assert 0.10 <= opacity <= 0.13, kinds
        elif "mg-row" not in kinds:
            assert opacity == 1, kinds


def test_where_it_happens_is_in_sight_at_every_step(opens: Opener) -> None:
    reader = opens(SCRIPT["perceptron"](), **LOOKS["narrow"])
    stage = reader.find(".mg-stage").bounding_box()
    steps = reader.ask(
        "[...Array(player.last).keys()].map((n) => { player.go(n + 1);"
        " return [...player.section.querySelectorAll('.mg-part.mg-now, .mg-row.mg-now')].map((part) => "
        "{ const { x, y, width, height } = part.getBoundingClientRect(); return [x + width / 2, y + height / 2]; }); })"
    )
    assert len(steps) == reader.last == reader.step
    for step, boxes in enumerate(steps, 1):
        inside = [
            stage["x"] <= x <= stage["x"] + stage["width"] and stage["y"] <= y <= stage["y"] + stage["height"]
            for x, y in boxes
        ]
        assert boxes and any(inside), step


def test_who_wants_no_motion_gets_none(opens: Opener) -> None:
    for moves in (False, True):
        reader = opens(classifier(), still=not moves, hash="#step=5")
        reader.click("step")
        style = reader.ask(
            "[...player.section.querySelectorAll('.mg-svg, .mg-part, .mg-row, .mg-wire, .mg-wire path')].map((part) => "
            "{ const { transitionDuration, animationName } = getComputedStyle(part);"
            " return transitionDuration !== '0s' || animationName !== 'none'; })"
        )
        assert any(style) is moves
        assert bool(reader.ask("document.getAnimations().length")) is moves


def test_on_paper_there_are_no_buttons_and_colours_are_light(opens: Opener) -> None:
    reader = opens(classifier(), hash="#step=5", dark=True)
    reader.page.emulate_media(media="print")
    assert not reader.page.locator("button:visible, input:visible").count()
    assert reader.find(".mg-sentence").is_visible() and reader.find(".mg-svg").is_visible()
    assert reader.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert reader.ask("getComputedStyle(player.section.querySelector('.mg-head')).color") == "rgb(31, 41, 51)"
    paper = reader.page.pdf(format="A4", landscape=True)
    assert paper.count(b"/Type /Page\n") == 1 or paper.count(b"/Type /Page ") + paper.count(b"/Type /Page/") == 1


def test_without_scripts_the_picture_is_still_there(open_page: Callable[..., Any], tmp_path: Path) -> None:
    page = open_page(mg.draw(classifier()).save(tmp_path / "page.html"), java_script_enabled=False)
    assert page.locator(".mg-still svg").is_visible()
    assert page.locator(".mg-still svg text").count() > 20


def test_the_page_forbids_itself_any_network(browser: Any, tmp_path: Path) -> None:
    page, asked = browser.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(mg.draw(circuit()).save(tmp_path / "page.html").as_uri())
    policy = page.locator("meta[http-equiv='Content-Security-Policy']").get_attribute("content")
    assert policy.startswith("default-src 'none'; ")
    fetched = page.evaluate("fetch('https://example.org/').then(() => 'came', () => 'refused')")
    assert fetched == "refused" and len(asked) == 1
    page.close()


def chain(times: int) -> mg.Node:
    """tanh of a product, `times` times: 2·times ops."""
    h = mg.Node(0.5, "h")
    for n in range(times):
        h = mg.tanh(h * mg.Parameter(1.0 + 0.01 * n, f"w{n}"))
    h.backward()
    return h


def test_a_step_in_a_graph_of_200_ops_takes_less_than_50_ms(open_page: Callable[..., Any], tmp_path: Path) -> None:
    page = open_page(mg.draw(chain(100), max_nodes=None).save(tmp_path / "page.html"), hash="#step=100")
    assert page.evaluate("players[0].last") > 400
    best = min(frames(page) for _ in range(3))
    assert best < 50, f"a step takes {best:.0f} ms"


def frames(page: Any) -> float:
    """The median of the times from a click to the frame after it, in milliseconds."""
    return statistics.median(page.evaluate("""async () => {
                const times = [];
                for (let n = 0; n < 20; n++) {
                    const start = performance.now();
                    document.querySelector(".mg-do-step").click();
                    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
                    times.push(performance.now() - start);
                }
                return times;
            }"""))
