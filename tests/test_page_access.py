"""A page of steps for everybody: names, roles, focus, contrast, sizes to touch, languages; also as axe-core sees it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import pytest
from helpers import contrast
from pictures import SCRIPT, circuit, classifier
from reader import LOOKS, Reader
from test_page import Opener, opens, saved

import minigraph as mg

__all__ = ["opens", "saved"]

pytestmark = pytest.mark.browser

SMALLEST_TARGET = 24  # pixels: WCAG 2.2, 2.5.8
LEGIBLE = 4.5


PAGES: dict[str, tuple[Callable[[], mg.Node], str]] = {
    "start": (classifier, ""),
    "backward": (classifier, "#step=5"),
    "opened": (classifier, "#step=14&open=3,5,5.1,5.3"),
    "odd": (SCRIPT["overflowing"], "#step=4"),  # with NaN and ∞
}


@pytest.fixture(params=[(look, name) for look in LOOKS for name in PAGES], ids="-".join)
def reader(request: pytest.FixtureRequest, opens: Opener) -> Reader:
    look, name = request.param
    root, hash = PAGES[name]
    return opens(root(), hash=hash, reduced_motion="reduce", **LOOKS[look])


@pytest.fixture(scope="session")
def axe() -> Any:
    return importlib.import_module("axe_playwright_python.sync_playwright").Axe()


def test_axe_has_nothing_to_complain_of(reader: Reader, axe: Any) -> None:
    """Contrast is left to the test below: axe does not know that what is to come is dimmed on purpose."""
    reader.part("card L").focus()
    rules = {"color-contrast": {"enabled": False}}
    found = axe.run(reader.page, options={"rules": rules}).response
    assert not found["violations"], [
        (one["id"], one["help"], [node["html"][:200] for node in one["nodes"][:3]]) for one in found["violations"]
    ]
    assert len(found["passes"]) > 10


HEX = """
  const two = (n) => Number(n).toString(16).padStart(2, "0");
  const hex = (colour) => "#" + colour.match(/[\\d.]+/g).slice(0, 3).map(two).join("");
  const isPaint = (colour) => !/none|transparent|rgba\\(.*, 0\\)/.test(colour);
"""
CONTRASTS = f"() => {{{HEX}" + """
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const { backgroundColor } = getComputedStyle(node);
      if (isPaint(backgroundColor)) return hex(backgroundColor);
    }
    return "#ffffff";
  };
  const found = [];
  const texts = document.createTreeWalker(document.querySelector(".mg-player"), NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { parentElement: parent, textContent } = texts.currentNode;
    if (!textContent.trim() || parent.closest("svg, script, noscript, [hidden]") || !parent.checkVisibility()) continue;
    found.push([textContent.trim(), hex(getComputedStyle(parent).color), ground(parent)]);
  }
  return found;
}"""


def test_every_text_of_bar_panel_and_tooltip_is_legible(reader: Reader) -> None:
    reader.part("card L").focus()
    texts = reader.page.evaluate(CONTRASTS)
    assert len(texts) > 12
    faint = [(text, colour, ground) for text, colour, ground in texts if contrast(colour, ground) < LEGIBLE]
    assert not faint


PAINTED = f"() => {{{HEX}" + """
  const found = [];
  for (const text of document.querySelectorAll(".mg-svg text")) {
    if (text.closest(".mg-future")) continue;
    const { x, y, width, height } = text.getBoundingClientRect();
    const under = document.elementsFromPoint(x + width / 2, y + height / 2)
      .find((node) => ["path", "polygon", "ellipse"].includes(node.tagName) && isPaint(getComputedStyle(node).fill));
    if (!under) continue;
    found.push([text.textContent, hex(getComputedStyle(text).fill), hex(getComputedStyle(under).fill)]);
  }
  return found;
}"""


@pytest.mark.parametrize("dark", [False, True])
def test_every_text_of_the_picture_is_legible(opens: Opener, dark: bool) -> None:
    reader = opens(classifier(), reduced_motion="reduce", dark=dark, hash="#step=24&open=3,5,5.1,5.3")
    reader.press("f", "0")
    texts = reader.page.evaluate(PAINTED)
    assert len(texts) > 40
    assert not [(text, colour, ground) for text, colour, ground in texts if contrast(colour, ground) < LEGIBLE]


def test_every_control_has_a_name_and_says_what_it_is(reader: Reader) -> None:
    controls = reader.page.evaluate("""() => [...document.querySelectorAll("button, input, [tabindex], [role]")]
            .filter((node) => node.checkVisibility())
            .map((node) => [node.tagName, node.getAttribute("role"), node.getAttribute("aria-label")])""")
    assert len(controls) > 15
    for tag, role, label in controls:
        assert label or role in ("tooltip",), (tag, role)
        assert tag in ("BUTTON", "INPUT") or role, (tag, label)
    assert reader.find('[role="tooltip"], [aria-live="polite"]').count() == 2
    assert reader.find(".mg-slider").get_attribute("aria-valuetext").startswith(f"{reader.step}/{reader.last}")


def test_what_opens_says_whether_it_is_open(opens: Opener) -> None:
    reader = opens(classifier(), hash="#step=0&open=5")
    parts = reader.find(".mg-opens").all()
    assert {part.get_attribute("aria-label"): part.get_attribute("aria-expanded") for part in parts} == {
        "collapse SoftmaxWithLoss": "true", "expand Affine": "false", "expand Softmax": "false",
        "expand CrossEntropy": "false",
    }  # fmt: skip
    assert reader.find(".mg-opens[role=button]").count() == 4
    assert reader.find(".mg-do-follow").get_attribute("aria-pressed") in ("true", "false")


def test_the_focus_goes_through_bar_picture_and_controls(opens: Opener) -> None:
    reader = opens(classifier(), hash="#step=3")
    places = []
    for _ in range(60):
        reader.press("Tab")
        place = reader.ask(
            "document.activeElement === document.body ? '' :"
            " [['.mg-bar', 'bar'], ['.mg-stage', 'picture'], ['.mg-controls', 'controls'], ['.mg-panel', 'panel']]"
            ".find(([query]) => document.activeElement.closest(query))?.[1]"
        )
        if not place:
            break
        places.append(place)
        marks = reader.ask("['outlineStyle', 'filter'].map((name) => getComputedStyle(document.activeElement)[name])")
        assert marks != ["none", "none"], "the focus is not to be seen"
    assert list(dict.fromkeys(places)) == ["bar", "picture", "controls", "panel"]
    assert places == sorted(places, key=["bar", "picture", "controls", "panel"].index)
    assert places.count("picture") == reader.find(".mg-part").count()


def test_a_keyboard_is_enough(opens: Opener) -> None:
    """From the first Tab to an opened block, its numbers, and the last step."""
    reader = opens(classifier())
    while reader.ask("document.activeElement.mgTold?.key") != "block L":
        reader.press("Tab")
    reader.press("Enter")
    assert reader.opened == ["5"]
    while reader.ask("document.activeElement.mgTold?.key") != "card P":
        reader.press("Tab")
    assert reader.tip.startswith("P")
    reader.press("End")
    assert reader.step == reader.last


def test_on_a_phone_everything_is_large_enough_to_be_touched(opens: Opener) -> None:
    reader = opens(classifier(), **LOOKS["narrow"])
    for control in reader.find("button:visible, input:visible").all():
        box = control.bounding_box()
        assert min(box["width"], box["height"]) >= SMALLEST_TARGET, (control.get_attribute("aria-label"), box)
    width = reader.page.evaluate("document.documentElement.scrollWidth")
    assert width == 390, "nothing sticks out to the side"


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_page_says_its_language(opens: Opener, language: str) -> None:
    reader = opens(circuit(), draw={"language": language})
    assert reader.page.evaluate("document.documentElement.lang") == language
    assert reader.page.title()
    label = {"en": "to the start", "ko": "처음으로"}[language]
    assert reader.find(".mg-do-first").get_attribute("aria-label") == label
    sentence = reader.find(".mg-sentence")
    assert sentence.evaluate("e => getComputedStyle(e).wordBreak") == "keep-all", "Korean breaks between words"
