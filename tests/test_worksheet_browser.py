"""Worksheets solved in a browser: right answers, wrong ones, and typical mistakes with their hints."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from exercises import GRAPHS, data, network, odd_circuit, squares
from pictures import classifier

import minigraph as mg
from minigraph.layers import Affine, SoftmaxWithLoss
from minigraph.scene.phrases import KOREAN
from minigraph.scene.text import scalar
from minigraph.worksheet.mistakes import KINDS

pytestmark = pytest.mark.browser
Solve = Callable[..., dict[str, dict[str, Any]]]


@pytest.fixture
def opened(browser_page: Any, tmp_path: Path) -> Callable[[mg.Worksheet], Any]:
    def opened(sheet: mg.Worksheet) -> Any:
        browser_page.goto(sheet.save(tmp_path / "sheet.html").as_uri())
        return browser_page

    return opened


TYPE = """(answers) => {
  for (const [name, text] of Object.entries(answers)) {
    const input = document.querySelector(`input[data-cell="${name}"]`);
    input.value = text;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }
}"""


def type_in(page: Any, answers: dict[str, str], key: str = "") -> dict[str, dict[str, Any]]:
    """Fill blanks and check; for each blank its state, and the hint that stands below."""
    page.evaluate(TYPE, answers)
    if key:
        page.press(f'input[data-cell="{next(iter(answers))}"]', key)
    else:
        page.click(".mg-check")
    return dict(page.evaluate("""() => Object.fromEntries([...document.querySelectorAll("input")].map((input) => {
        const line = document.querySelector(`li[data-cell="${input.dataset.cell}"]`);
        return [input.dataset.cell, {state: input.parentElement.className.replace(/mg-blank ?(mg-)?/, ""),
            mark: input.nextSibling.textContent, label: input.getAttribute("aria-label"),
            hint: line ? line.querySelector(".mg-hint").textContent : "", invalid: input.ariaInvalid === "true"}];
    }))"""))


def blank(sheet: mg.Worksheet, name: str, place: int = 0) -> str:
    """The letter of an element of ∂name, or of the value of name."""
    found = sheet.page.asked.items()
    names, is_gradient = sheet.page.scene.names, name.startswith("∂")
    wanted = [
        letter for cell, letter in found if names[cell.node] == name.lstrip("∂") and cell.is_gradient == is_gradient
    ]
    return wanted[place]


@pytest.mark.parametrize("name", GRAPHS)
def test_right_answers_are_all_accepted(name: str, opened: Any) -> None:
    sheet = mg.worksheet(GRAPHS[name](), blank="both")
    page = opened(sheet)
    ways: list[Callable[[float], str]] = [
        lambda v: scalar(v, 2), repr, lambda v: f"{v:.3f}".replace(".", ","), lambda v: f" ({round(v * 997)}/997) ",
    ]  # fmt: skip
    for way in ways if name != "squares" else ways[:2]:
        found = type_in(page, {letter: way(answer) for letter, answer in sheet.answers.items()}, "Enter")
        assert {each["state"] for each in found.values()} == {"right"}, way(0.1)
        assert {each["mark"] for each in found.values()} == {"✓"}
    assert "all right!" in page.inner_text(".mg-score")
    assert page.locator("li").count() == 0


@pytest.mark.parametrize("name", GRAPHS)
def test_wrong_answers_are_refused_without_a_false_hint(name: str, opened: Any) -> None:
    sheet = mg.worksheet(GRAPHS[name](), blank="both")
    cells = {cell["name"]: cell for cell in data(sheet.html())["cells"]}
    page = opened(sheet)
    for off in (0.37, -1.61, 12.3):
        typed = {}
        for letter, answer in sheet.answers.items():
            value = round(answer + off, 3)
            others = [wrong for wrong, _ in cells[letter]["wrong"]]
            while any(abs(value - other) < 0.03 + abs(other) / 50 for other in (*others, answer)):
                value += 0.0917
            typed[letter] = f"{value:.4f}"
        found = type_in(page, typed)
        assert {each["state"] for each in found.values()} == {"wrong"}
        assert {each["hint"] for each in found.values()} == {"not right yet"}
        assert all(each["invalid"] and each["mark"] == "✗" for each in found.values())


def test_typical_mistakes_get_their_hint(opened: Any) -> None:
    def hints(sheet: mg.Worksheet, typed: dict[str, float]) -> dict[str, str]:
        found = type_in(opened(sheet), {letter: f"{value:.4f}" for letter, value in typed.items()})
        return {letter: found[letter]["hint"] for letter in typed}

    def says(kind: str) -> str:
        return KINDS[kind]

    # a circuit with a fork: f = (x + y)·z·x
    sheet = mg.worksheet(odd_circuit())
    x, y, z = -2.3, 5.1, -4.7
    at = {name: blank(sheet, f"∂{name}") for name in "xyz"}
    assert hints(sheet, {at["x"]: (x + y) * z, at["y"]: -x * z, at["z"]: x + y}) == {
        at["x"]: says("path"), at["y"]: says("sign"), at["z"]: says("upstream"),
    }  # fmt: skip
    assert hints(sheet, {at["x"]: x * z, at["y"]: 1, at["z"]: x}) == {
        at["x"]: says("path"), at["y"]: says("upstream"), at["z"]: says("local"),
    }  # fmt: skip

    # Affine and softmax with loss, N = 2
    loss = network()
    graph = mg.Graph(loss)
    sheet = mg.worksheet(loss)
    g = {name: node.grad for node, name in graph.names.items() if node.grad is not None}
    h = graph["H"].value
    w2, b2 = blank(sheet, "∂W2", 2), blank(sheet, "∂b2")
    y1 = blank(sheet, "∂Y1", 1)
    assert hints(sheet, {blank(sheet, "∂Y2"): 2 * g["Y2"][0, 0]})[blank(sheet, "∂Y2")] == says("mean")
    assert hints(sheet, {b2: g["Y2"][1, 0]})[b2] == says("batch")
    assert hints(sheet, {w2: h[1, 1] * g["Y2"][1, 1]})[w2] == says("sign")
    assert hints(sheet, {y1: g["H"][0, 1]})[y1] == says("activation")
    w1 = blank(sheet, "∂W1", 1)
    assert says("transposed") in hints(sheet, {w1: g["W1"][1, 0]})[w1]

    # a single sample's share of the mean
    loss = squares()
    sheet = mg.worksheet(loss)
    w, u = blank(sheet, "∂W"), mg.Graph(loss)["Y"].grad
    assert u is not None
    assert hints(sheet, {w: 1.3 * u[0, 0]})[w] == says("batch")
    assert says("mean") in hints(sheet, {w: 3 * sheet.answers[w]})[w]


def test_the_product_with_the_transposed_factor_is_recognised(opened: Any) -> None:
    x, t = mg.Node([[1.0, 2.0], [-1.0, 0.5]], "X"), mg.Node([0, 1], "t")
    loss = SoftmaxWithLoss()(Affine(2, 2, weight=[[0.2, -0.9], [0.6, 0.4]])(x), t)
    loss.backward()
    sheet, graph = mg.worksheet(loss), mg.Graph(loss)
    u, w = graph["Y"].grad, graph["W"].value
    assert u is not None
    letter = blank(sheet, "∂X")
    found = type_in(opened(sheet), {letter: f"{(u @ w)[0, 0]:.3f}"})
    assert found[letter]["hint"] == KINDS["transposed"]


def test_two_mistakes_that_give_one_number_are_both_named(opened: Any) -> None:
    x, y = mg.Node(3.0, "x"), mg.Node(-1.0, "y")
    f = (x * y) * mg.Node(2.0, "z")
    f.backward()
    sheet = mg.worksheet(f)
    letter = blank(sheet, "∂x")  # 2 × (−1): without the local gradient 2, and with the wrong sign 2
    found = type_in(opened(sheet), {letter: "2"})
    assert found[letter]["hint"] == f"{KINDS['local']}, or {KINDS['sign']}"


def test_rounding_and_what_is_no_number(opened: Any) -> None:
    sheet = mg.worksheet(network())
    letter = blank(sheet, "∂W2")
    assert round(sheet.answers[letter], 2) == 0.52
    page = opened(sheet)
    for typed, hint in {
        "0.5": "rounded too far: give one more digit",
        "about half": "this is not a number: write −0.12 or 1/3",
        "1/0": "this is not a number: write −0.12 or 1/3",
        "1/2/3": "this is not a number: write −0.12 or 1/3",
        "<b>0.52</b>": "this is not a number: write −0.12 or 1/3",
    }.items():
        assert type_in(page, {letter: typed})[letter]["hint"] == hint, typed
    for typed in ("0.52", "0,52", ".523", "+0.52", "52/100", "5.2e-1", "5.2·10⁻¹", "０．５２"):
        assert type_in(page, {letter: typed})[letter]["state"] == "right", typed


def test_the_answer_may_be_seen_after_two_tries(opened: Any) -> None:
    sheet = mg.worksheet(mg.Graph(odd_circuit()))
    page = opened(sheet)
    letter = blank(sheet, "∂z")
    type_in(page, {letter: "77"})
    type_in(page, {letter: "77"})  # the same again is no second try
    assert page.locator(".mg-show").count() == 0
    found = type_in(page, {letter: "78"})
    assert "wrong" in found[letter]["label"]
    page.click(".mg-show")
    found = type_in(page, {})
    assert found[letter]["state"] == "shown" and found[letter]["mark"] == "→"
    assert page.input_value(f'input[data-cell="{letter}"]') == scalar(sheet.answers[letter])
    rest = len(sheet.answers) - 1
    assert page.inner_text(".mg-score") == f"0 of {rest + 1} right · {rest} still empty · 1 looked up"


def test_a_line_leads_to_its_blank_and_typing_takes_the_mark_away(opened: Any) -> None:
    sheet = mg.worksheet(network(), language="ko")
    page = opened(sheet)
    last = list(sheet.answers)[-1]
    page.set_viewport_size({"width": 390, "height": 844})
    type_in(page, {last: "99"})
    page.click(".mg-goto")
    assert page.evaluate("document.activeElement.dataset.cell") == last
    page.keyboard.press("End")
    page.keyboard.type("9")
    assert page.locator(".mg-wrong").count() == 0
    assert page.inner_text(".mg-check") == KOREAN["check"]


SCREENS = [(1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")]


@pytest.mark.parametrize("width, scheme", SCREENS)
def test_inputs_lie_in_their_blanks_on_every_screen(width: int, scheme: str, opened: Any) -> None:
    sheet = mg.worksheet(classifier(), blank="both")
    page = opened(sheet)
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 844})
    page.reload()
    places = page.evaluate(
        """(prefix) => [...document.querySelectorAll("input")].map((input) => {
            const box = (e) => { const r = e.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; };
            const frame = document.getElementById(`${prefix}-blank-${input.dataset.cell}`).querySelector("polygon");
            return [box(input), box(frame), parseFloat(getComputedStyle(input).fontSize)];
        })""",
        sheet.id,
    )
    assert len(places) == len(sheet.answers)
    for (left, top, right, bottom), frame, size in places:
        assert frame[0] < left < right <= frame[2] + 1 and frame[1] - 1 <= top < bottom <= frame[3] + 1
        assert right - left > 35 and bottom - top > 18 and size > 11
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.wait_for_function("scheme => document.documentElement.dataset.theme === scheme", arg=scheme)
    scroller = "(e => e.scrollWidth > e.clientWidth)(document.querySelector('.mg-scroll'))"
    assert page.evaluate(scroller) is (width == 390)
    first = page.locator("input").first.bounding_box()
    assert 0 <= first["x"] and first["x"] + first["width"] <= width  # it begins with what can be answered


def test_paper_has_name_and_blanks_but_no_buttons(opened: Any) -> None:
    page = opened(mg.worksheet(network()))
    type_in(page, {"a": "99"})
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 1030, "height": 700})
    shown = {name: page.locator(name).first.is_visible() for name in (".mg-name", ".mg-tools", ".mg-marks", ".mg-mark")}
    assert shown == {".mg-name": True, ".mg-tools": False, ".mg-marks": False, ".mg-mark": False}
    box = page.locator(".mg-picture").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 1030


def test_everything_is_reached_by_keys_and_has_a_name(opened: Any) -> None:
    sheet = mg.worksheet(odd_circuit())
    page = opened(sheet)
    reached = []
    for _ in range(len(sheet.answers) + 3):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("(e => e.dataset.cell || e.className)(document.activeElement)"))
    assert reached == ["mg-scroll", *sheet.answers, "mg-button mg-check", "mg-button"]
    names = page.evaluate("[...document.querySelectorAll('input')].map((e) => e.getAttribute('aria-label'))")
    assert len({*names}) == len(sheet.answers)
    assert all(name.startswith(f"blank {letter}: ∂f/∂") for letter, name in zip(sheet.answers, names))


def test_the_key_shows_the_answers_and_asks_nothing(browser_page: Any, tmp_path: Path) -> None:
    sheet = mg.worksheet(network())
    browser_page.goto(sheet.key.save(tmp_path / "key.html").as_uri())
    assert browser_page.locator("input").count() == 0
    said = browser_page.locator(".mg-sheet svg text").all_text_contents()
    assert {scalar(answer) for answer in sheet.answers.values()} <= {*said}


def test_hostile_names_run_nothing(browser_page: Any, tmp_path: Path) -> None:
    bad = "</script><img src=x onerror=\"document.title='broken'\">"
    f = mg.Node(1.5, bad) * mg.Node(2.5, "'><b id=bold>")
    f.backward()
    browser_page.goto(mg.worksheet(f, title=bad).save(tmp_path / "sheet.html").as_uri())
    type_in(browser_page, {"a": "7", "b": "8"})
    assert browser_page.title() == bad
    assert browser_page.locator("img, #bold").count() == 0
    assert browser_page.locator("li").count() == 2


def test_every_sheet_of_a_class_can_be_solved(opened: Any) -> None:
    sheets = mg.worksheets(network(), 3, seed=1)
    assert all(one.answers != other.answers for one, other in pairwise(sheets))
    for sheet in sheets:
        found = type_in(opened(sheet), {letter: scalar(answer) for letter, answer in sheet.answers.items()})
        assert {each["state"] for each in found.values()} == {"right"}
        assert np.isfinite([*sheet.answers.values()]).all()
