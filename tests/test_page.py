"""Every control of a page of steps, driven in a browser: wide and narrow, light and dark, mouse, keys and fingers."""

from __future__ import annotations

import pytest
from pictures import SCRIPT, classifier
from reader import LOOKS, Opener, Reader, line, until

pytestmark = pytest.mark.browser


@pytest.fixture(params=LOOKS)
def reader(request: pytest.FixtureRequest, opens: Opener) -> Reader:
    return opens(classifier(), still=request.param != "wide", **LOOKS[request.param])


def test_buttons(reader: Reader) -> None:
    assert (reader.step, reader.last) == (0, 7)
    reader.click("step", "step")
    assert reader.step == 2
    reader.click("back")
    assert reader.step == 1
    reader.click("last")
    assert reader.step == 7
    assert reader.find(".mg-do-step").is_disabled() and reader.find(".mg-do-last").is_disabled()
    reader.click("first")
    assert reader.step == 0
    assert reader.find(".mg-do-back").is_disabled() and reader.find(".mg-do-first").is_disabled()


def test_slider_by_mouse(reader: Reader) -> None:
    box = reader.find(".mg-slider").bounding_box()  # it stays there, whatever the panel shows
    for place, step in ((0.99, 7), (3 / 7, 3), (0.01, 0), (0.5, 4)):
        reader.page.mouse.click(box["x"] + box["width"] * place, box["y"] + box["height"] / 2)
        assert reader.step in (step, step - (place == 0.5))


def test_nothing_moves_under_the_finger(reader: Reader) -> None:
    places = set()
    for _ in range(reader.last):
        reader.press("ArrowRight")
        places.add(str(reader.find(".mg-do-step").bounding_box()))
    assert len(places) == 1


def test_slider_by_keyboard(reader: Reader) -> None:
    reader.find(".mg-slider").focus()
    reader.press("ArrowRight", "ArrowRight", "ArrowRight")
    assert reader.step == 3
    reader.press("ArrowLeft")
    assert reader.step == 2
    reader.press("End")
    assert reader.step == 7
    reader.press("Home")
    assert reader.step == 0


def test_keys(reader: Reader) -> None:
    page = reader.page
    reader.press("ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft")
    assert reader.step == 2
    reader.press("End", "ArrowRight")
    assert reader.step == reader.last == 7
    reader.press("Home", "ArrowLeft")
    assert reader.step == 0
    reader.press("e")
    assert len(reader.opened) == 4 and reader.last == 24
    reader.press("E")
    assert not reader.opened
    followed = reader.find(".mg-do-follow").get_attribute("aria-pressed")
    reader.press("f")
    assert {followed, reader.find(".mg-do-follow").get_attribute("aria-pressed")} == {"true", "false"}
    before = page.evaluate("document.documentElement.dataset.theme")
    reader.press("d")
    assert {before, page.evaluate("document.documentElement.dataset.theme")} == {"light", "dark"}
    fit = reader.scale
    reader.press("+", "+")
    assert reader.scale == pytest.approx(fit * 1.3**2)
    reader.press("-")
    assert reader.scale == pytest.approx(fit * 1.3)
    reader.press("0")
    assert reader.scale == pytest.approx(reader.ask("player.stage.wholeScale"))
    reader.press("Control+ArrowRight", "x", "Enter", "Escape")
    assert reader.step == 0


def test_what_a_browser_does_with_its_own_keys_is_left_alone(reader: Reader) -> None:
    reader.page.evaluate("document.addEventListener('keydown', (event) => window.prevented = event.defaultPrevented)")
    for key, prevented in {"ArrowRight": True, "Control+d": False, "Alt+ArrowLeft": False, "Tab": False}.items():
        reader.press(key)
        assert reader.page.evaluate("window.prevented") is prevented, key


def test_play_and_pause(reader: Reader) -> None:
    reader.page.clock.install()
    reader.page.reload()
    reader.click("play")
    assert reader.find(".mg-do-play").get_attribute("aria-label") == "pause"
    assert reader.find(".mg-sentence").get_attribute("aria-live") == "off"
    reader.page.clock.run_for(2 * 1800 + 50)
    assert reader.step == 2
    reader.page.locator("body").press("Space")
    assert reader.find(".mg-do-play").get_attribute("aria-label") == "play"
    assert reader.find(".mg-sentence").get_attribute("aria-live") == "polite"
    reader.page.clock.run_for(5 * 1800)
    assert reader.step == 2
    reader.page.evaluate("document.activeElement.blur()")
    reader.press("Space")
    reader.page.clock.run_for(1850)
    assert reader.step == 3
    reader.press("ArrowLeft")  # who steps by hand ends the film
    reader.page.clock.run_for(5 * 1800)
    assert reader.step == 2
    reader.press("Space")
    reader.page.clock.run_for(9 * 1800)
    assert reader.step == 7
    assert reader.find(".mg-do-play").get_attribute("aria-label") == "play"
    reader.press("Space")  # from the end it begins again
    assert reader.step == 0


def test_theme_follows_the_system_until_the_button_is_pressed(reader: Reader) -> None:
    page = reader.page
    ground = "getComputedStyle(document.body).backgroundColor"
    grounds = {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 23, 29)"}
    for scheme in ("dark", "light", "dark"):
        page.emulate_media(color_scheme=scheme)
        until(lambda scheme=scheme: page.evaluate(ground) == grounds[scheme], scheme)
    reader.click("dark")
    assert page.evaluate(ground) == grounds["light"]
    assert reader.find(".mg-do-dark").inner_text() == "dark"
    page.emulate_media(color_scheme="light")
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(ground) == grounds["light"]
    reader.press("d")
    assert page.evaluate(ground) == grounds["dark"]


def test_zoom_by_buttons(reader: Reader) -> None:
    before = reader.scale
    reader.click("in")
    assert reader.scale == pytest.approx(1.3 * before)
    reader.click("out", "out")
    assert reader.scale == pytest.approx(before / 1.3)
    reader.click("fit")
    assert reader.scale == pytest.approx(reader.ask("player.stage.wholeScale"))


def test_zoom_by_wheel_stays_where_the_mouse_is(reader: Reader) -> None:
    reader.click("fit")
    reader.settle()
    left, top, width, height = reader.box("block L")
    x, y = left + width / 2, top + height / 2
    before = reader.scale
    reader.page.mouse.move(x, y)
    reader.page.mouse.wheel(0, -200)
    until(lambda: reader.scale > 1.2 * before, "zoom")
    reader.settle()
    left, top, width, height = reader.box("block L")
    assert (left + width / 2, top + height / 2) == pytest.approx((x, y), abs=2)
    reader.page.mouse.wheel(0, 100_000)
    until(lambda: reader.scale == pytest.approx(0.05), "the smallest")


def test_drag_pans_and_is_no_click(reader: Reader) -> None:
    reader.settle()
    left, top, width, height = reader.box("block Y")
    x, y = left + width / 2, top + height / 2
    reader.page.mouse.move(x, y)
    reader.page.mouse.down()
    reader.page.mouse.move(x + 40, y + 30, steps=4)
    reader.page.mouse.up()
    reader.settle()
    assert reader.box("block Y")[:2] == pytest.approx((left + 40, top + 30), abs=2)
    assert not reader.opened and reader.step == 0


@pytest.mark.parametrize("look", ["narrow", "narrow-dark"])
def test_fingers(opens: Opener, look: str) -> None:
    reader = opens(classifier(), **LOOKS[look])
    x, y = reader.middle(".mg-sentence")
    reader.touch(line((x + 90, y), (x - 90, y + 8)))
    assert reader.step == 1
    reader.touch(line((x + 90, y), (x - 90, y)))
    reader.touch(line((x - 90, y), (x + 90, y)))
    assert reader.step == 1
    reader.touch(line((x, y + 60), (x + 10, y - 60)))  # up, which scrolls
    reader.touch(line((x, y), (x + 20, y)))  # too short
    assert reader.step == 1
    x, y = reader.middle(".mg-stage")
    before = reader.scale
    reader.touch(line((x - 30, y), (x - 90, y)), line((x + 30, y), (x + 90, y)))
    assert reader.scale == pytest.approx(3 * before, rel=0.2)
    view = reader.ask("player.stage.view")
    reader.touch(line((x, y + 20), (x + 50, y - 20)))
    after = reader.ask("player.stage.view")
    assert (after["x"] - view["x"], after["y"] - view["y"]) == pytest.approx((50, -40), abs=1)
    assert reader.step == 1 and not reader.opened


def test_a_tap_opens_a_block_and_shows_the_numbers_of_a_card(opens: Opener) -> None:
    reader = opens(classifier(), **LOOKS["narrow"])
    reader.click("fit")
    reader.part("block L").tap()
    assert reader.opened == ["5"]
    reader.click("fit")
    reader.part("card W").tap()
    assert reader.tip.startswith("W parameter") and "−0.500" in reader.tip
    reader.click("step")
    assert reader.tip, "what was tapped stays"
    reader.press("Escape")
    assert not reader.tip


def test_a_click_on_a_block_and_on_its_cluster(reader: Reader) -> None:
    reader.page.emulate_media(reduced_motion="reduce")
    reader.press("ArrowRight", "ArrowRight", "0")
    reader.part("block L").click()
    assert reader.opened == ["5"]
    assert reader.ask("player.data.steps[player.stage.state.steps[player.number]].key") == "forward L"
    reader.press("f", "0")
    left, top, width, height = reader.box("box 5")
    assert reader.find('[aria-expanded="true"]').get_attribute("aria-label") == "collapse SoftmaxWithLoss"
    reader.page.mouse.click(left + width / 2, top + height - 3)
    assert not reader.opened
    assert reader.step == 2


def test_enter_opens_and_closes_and_the_focus_stays(reader: Reader) -> None:
    reader.part("block Y").focus()
    reader.press("Enter")
    assert reader.opened == ["3"]
    assert reader.ask("document.activeElement.mgTold.key") == "box 3"
    reader.press("e")
    assert not reader.opened
    assert reader.ask("document.activeElement.mgTold.key") == "block Y"


def test_every_composite_opens_and_closes_in_every_state(opens: Opener) -> None:
    reader = opens(classifier())
    states = reader.ask("player.data.states.map(({ open }) => open)")
    assert len(states) == 10
    for state in map(sorted, states):
        for key, place in show(reader, state):
            show(reader, state)
            reader.part(key).focus()
            reader.press("Enter")
            if place in state:
                expected = [other for other in state if other != place and not other.startswith(f"{place}.")]
            else:
                expected = sorted([*state, place])
            assert sorted(reader.opened) == expected, f"{key} of {state}"
            assert reader.find(".mg-opens").count() == len(reader.opens())


PRESSED = """player.data.states.map((state) => {
  player.setState(state, 0);
  const places = [...player.section.querySelectorAll(".mg-opens")].map((part) => part.mgTold.place);
  return [state.open, places.map((place) => {
    player.setState(state, 0);
    player.press([...player.section.querySelectorAll(".mg-opens")].find((part) => part.mgTold.place === place));
    return [place, player.stage.state.open];
  })];
})"""


@pytest.mark.parametrize("name", ["perceptron", "attention", "convnet", "residual", "deep"])
def test_what_is_pressed_opens_or_closes_in_every_state_of_other_networks(opens: Opener, name: str) -> None:
    """Where not all combinations are on the page, what is pressed opens alone, with what lies around it."""
    reader = opens(SCRIPT[name]())
    pressed = reader.ask(PRESSED)
    states = [set(state) for state, _ in pressed]
    for state, results in pressed:
        assert results
        for place, opened in results:
            inside = {other for other in state if f"{other}.".startswith(f"{place}.")}
            wanted = {*state} - inside if inside else {*state, place}
            assert (place in opened) is not bool(inside), f"{place} of {state}"
            assert set(opened) == wanted or wanted not in states


def show(reader: Reader, state: list[str]) -> list[tuple[str, str]]:
    """Opens these; returns what can be opened or closed then."""
    reader.page.evaluate(f"location.hash = 'step=0&open={','.join(state)}'")
    until(lambda: sorted(reader.opened) == state, f"the state {state}")
    return reader.opens()


def test_the_button_for_all(reader: Reader) -> None:
    reader.click("expand")
    assert len(reader.opened) == 4
    assert reader.find(".mg-do-expand").get_attribute("aria-label") == "collapse all"
    reader.click("expand")
    assert not reader.opened
    assert reader.find(".mg-do-expand").get_attribute("aria-label") == "expand all"


def test_the_moment_stays_when_something_opens(opens: Opener) -> None:
    reader = opens(classifier(), hash="#step=4")
    keys = []
    for _ in range(2):
        reader.press("e")
        keys.append(reader.ask("player.data.steps[player.stage.state.steps[player.number]].key"))
    assert keys == ["backward L 0", "backward L 0"]
    assert reader.step == 4
