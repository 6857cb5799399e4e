"""A reader of pages: what is pressed, clicked, touched and seen, through Playwright."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Box = tuple[float, float, float, float]  # left, top, width, height

LOOKS = {
    "wide": {}, "wide-dark": {"dark": True},
    "narrow": {"width": 390, "height": 844, "has_touch": True},
    "narrow-dark": {"width": 390, "height": 844, "has_touch": True, "dark": True},
}  # fmt: skip


@contextmanager
def watched(browser: Any) -> Iterator[Callable[..., Any]]:
    """Opens files, each in a page of its own: open_it(path, width=390, height=844, dark=True, hash="#step=3", …).

    still: for a reader who wants no motion, which spares the time that moving things take. What else is given goes to
    Playwright's `new_context`; without a path the page is empty. No page may say anything on the console, raise an
    error, open a dialog, or ask for anything but the file that it was sent to.
    """
    opened, heard = [], []

    def listen(page: Any) -> None:
        page.on("console", lambda message: heard.append(f"console: {message.type}: {message.text}"))
        page.on("pageerror", lambda error: heard.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (heard.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda asked: None if _is_its_own(asked) else heard.append(f"request: {asked.url}"))

    def open_it(
        path: Path | None = None,
        *,
        width: int = 1440,
        height: int = 860,
        dark: bool = False,
        still: bool = True,
        hash: str = "",
        **context: Any,
    ) -> Any:
        likes = {"color_scheme": "dark" if dark else "light", "reduced_motion": "reduce" if still else "no-preference"}
        made = browser.new_context(viewport={"width": width, "height": height}, **likes, **context)
        opened.append(made)
        page = made.new_page()
        listen(page)
        if path is not None:
            page.goto(path.resolve().as_uri() + hash)
        return page

    yield open_it
    for context in opened:
        context.close()
    assert not heard, "\n".join(heard)


def _is_its_own(request: Any) -> bool:
    """Whether a page asks for itself, or for what is inside it."""
    own: bool = request.is_navigation_request() and request.url.startswith("file:")
    return own or request.url.startswith(("data:", "about:srcdoc"))


def until(holds: Callable[[], Any], what: str = "it", seconds: float = 10) -> None:
    """Waits until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"{what} did not come within {seconds} seconds"
        time.sleep(0.02)


@dataclass
class Reader:
    """One figure of a page. number: its place on the page."""

    page: Any
    number: int = 0

    @property
    def section(self) -> Any:
        return self.page.locator(".mg-player").nth(self.number)

    def find(self, query: str) -> Any:
        return self.section.locator(query)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def click(self, *names: str) -> None:
        """Presses buttons: first, back, step, last, play, expand, follow, dark, out, fit, in."""
        for name in names:
            self.find(f".mg-do-{name}").click()

    def ask(self, question: str) -> Any:
        """What a script in the page answers, to which the figure is known as `player`."""
        return self.page.evaluate(f"() => {{ const player = players[{self.number}]; return {question}; }}")

    @property
    def step(self) -> int:
        """As the slider and the head of the panel say."""
        step = int(self.find(".mg-slider").input_value())
        assert f" {step}/{self.last}" in self.find(".mg-head").inner_text()
        return step

    @property
    def last(self) -> int:
        return int(self.find(".mg-slider").get_attribute("max"))

    @property
    def opened(self) -> list[str]:
        return self.ask("player.stage.state.open")

    @property
    def scale(self) -> float:
        return self.ask("player.stage.view.scale")

    @property
    def tip(self) -> str:
        """What the tooltip says; "" if there is none."""
        tip = self.find(".mg-tip")
        return tip.inner_text() if tip.is_visible() else ""

    def part(self, key: str) -> Any:
        """A card, gate, chip or box by its key."""
        place = self.ask(f"[...player.section.querySelectorAll('.mg-part')].findIndex((p) => p.mgTold.key === {key!r})")
        assert place >= 0, key
        return self.find(".mg-part").nth(place)

    def opens(self) -> list[tuple[str, str]]:
        """What can be opened or closed: the key of the part, and its place."""
        return [
            (key, place)
            for key, place in self.ask(
                "[...player.section.querySelectorAll('.mg-opens')].map(({ mgTold: part }) => [part.key, part.place])"
            )
        ]

    def box(self, key: str) -> Box:
        found = self.part(key).bounding_box()
        return found["x"], found["y"], found["width"], found["height"]

    def middle(self, query: str) -> tuple[float, float]:
        found = self.find(query).bounding_box()
        return found["x"] + found["width"] / 2, found["y"] + found["height"] / 2

    def settle(self) -> None:
        """Waits for what moves or fades."""
        until(lambda: self.ask("document.getAnimations().every((one) => one.playState !== 'running' || "
                               "one.animationName === 'mg-march')"), "rest")  # fmt: skip

    def touch(self, *tracks: Sequence[tuple[float, float]]) -> None:
        """Fingers, each along a track of points; all have as many."""
        client = self.page.context.new_cdp_session(self.page)
        for moment, points in enumerate(zip(*tracks)):
            kind = "touchMove" if moment else "touchStart"
            fingers = [{"x": x, "y": y, "id": n} for n, (x, y) in enumerate(points)]
            client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})
        client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        client.detach()


def line(start: tuple[float, float], end: tuple[float, float], points: int = 6) -> list[tuple[float, float]]:
    steps = [n / (points - 1) for n in range(points)]
    return [(start[0] + (end[0] - start[0]) * n, start[1] + (end[1] - start[1]) * n) for n in steps]


Opener = Callable[..., Reader]  # the fixture `opens`
