"""What every test shares: PyTorch where it is wanted, and random tests that are the same at every run."""

from __future__ import annotations

import importlib
import os
import shutil
import warnings
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=200)
settings.load_profile("repeatable")

# without the sandbox, which does not start as root or in a container: the pages are our own
SAME_EVERYWHERE = ("--no-sandbox", "--hide-scrollbars", "--force-color-profile=srgb", "--font-render-hinting=none")


@pytest.fixture(scope="session")
def torch() -> Any:
    """PyTorch; its absence skips a test on somebody's laptop, but fails it in CI, where parity has to be proved."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what torch deprecates in its own imports is not ours to fix
            return importlib.import_module("torch")
    except ImportError:
        _missing("PyTorch")


@pytest.fixture(scope="session")
def dot() -> str:
    """The system's Graphviz; its absence skips a test on somebody's laptop, but fails it in CI."""
    return shutil.which("dot") or _missing("Graphviz's dot")


@pytest.fixture(scope="session")
def chromium() -> str:
    """A browser that measures what it has drawn; its absence skips a test on somebody's laptop, but fails it in CI."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next(filter(None, map(shutil.which, names)), None) or _missing("Chromium")


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Any]:
    """One browser for all tests of a process, driven by Playwright."""
    if find_spec("playwright") is None:
        _missing("playwright")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=list(SAME_EVERYWHERE))
        yield started
        started.close()


def is_inside(url: str) -> bool:
    """Whether what a page asks for is a part of itself."""
    return url.startswith(("data:", "about:srcdoc"))


@pytest.fixture
def browser_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """Opens a file in a page of its own: browser_page(path, width=390, height=844, dark=True, hash="#step=3", …).

    What else is given goes to Playwright's `new_context`. No page may say anything on the console, raise an error, open
    a dialog, or ask for anything but its own file.
    """
    opened, heard = [], []

    def open_it(
        path: Path, *, width: int = 1440, height: int = 860, dark: bool = False, hash: str = "", **context: Any
    ) -> Any:
        scheme = "dark" if dark else "light"
        made = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, **context)
        opened.append(made)
        page = made.new_page()
        own = path.resolve().as_uri()
        page.on("console", lambda message: heard.append(f"console: {message.type}: {message.text}"))
        page.on("pageerror", lambda error: heard.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (heard.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda asked: asked.url.partition("#")[0] == own or is_inside(asked.url) or heard.append(f"request: {asked.url}"))
        page.goto(own + hash)
        return page

    yield open_it
    for context in opened:
        context.close()
    assert not heard, "\n".join(heard)


@pytest.fixture(scope="session")
def pygraphviz() -> None:
    if find_spec("pygraphviz") is None:
        _missing("pygraphviz")


@pytest.fixture(scope="session")
def resvg() -> None:
    if find_spec("resvg_py") is None:
        _missing("resvg-py")


def _missing(what: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing, and in CI that is an error")
    pytest.skip(f"{what} is not installed")
