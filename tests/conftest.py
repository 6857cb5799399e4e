"""What every test shares: PyTorch where it is wanted, and random tests that are the same at every run."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

import pytest
from cases import EVERY, Case
from hypothesis import settings
from reader import Opener, Reader, watched

import minigraph as mg

settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=200)
settings.load_profile("repeatable")

# without the sandbox, which does not start as root or in a container: the pages are our own
SAME_EVERYWHERE = (
    "--no-sandbox", "--hide-scrollbars", "--force-color-profile=srgb", "--font-render-hinting=none",
    "--disable-gpu",  # where there is none, it is imitated, which takes twice as long as doing without
)  # fmt: skip


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--some-cases", type=int, default=1, metavar="N", help="of the table of ops every Nth row only")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves rows of the table of ops out, where they are read for what hardly depends on the op."""
    every, places = config.getoption("--some-cases"), {case.id: n for n, case in enumerate(EVERY)}
    left_out, kept = list[pytest.Item](), list[pytest.Item]()
    for item in items:
        row = getattr(item, "callspec", None) and item.callspec.params.get("case")  # type: ignore[attr-defined]
        is_left_out = isinstance(row, Case) and places[row.id] % every > 0
        (left_out if is_left_out else kept).append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


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
    """The same browser, driven: Playwright without a download of its own."""
    if find_spec("playwright") is None:
        _missing("Playwright")
    sync_api = importlib.import_module("playwright.sync_api")
    with sync_api.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=chromium, args=list(SAME_EVERYWHERE))
        yield started
        started.close()


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """Opens a file in a page of its own, as `watched` has it."""
    with watched(browser) as open_it:
        yield open_it


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """The page of some graphs; the same graphs have one page, since the same graph gives the same bytes."""
    folder, known = tmp_path_factory.mktemp("pages"), dict[str, Path]()

    def page(*roots: mg.Node, **draw: Any) -> Path:
        diagrams = [mg.draw(root, id=f"figure{n}", **draw) for n, root in enumerate(roots)]
        key = repr([draw, *(diagram.source for diagram in diagrams)])
        if key not in known:
            known[key] = mg.save_page(folder / f"{len(known)}.html", *diagrams)
        return known[key]

    return page


@pytest.fixture
def opens(open_page: Callable[..., Any], saved: Callable[..., Path]) -> Opener:
    """opens(graph, …) draws a graph, saves the page, and opens it with what is given besides."""

    def opened(*roots: mg.Node, draw: dict[str, Any] | None = None, **look: Any) -> Reader:
        return Reader(open_page(saved(*roots, **draw or {}), **look))

    return opened


@pytest.fixture
def browser_page(open_page: Callable[..., Any]) -> Any:
    """An empty page 1440 wide, which must end without an error, a word on the console, or a request to any network."""
    return open_page()


@pytest.fixture(scope="session")
def pygraphviz() -> None:
    if find_spec("pygraphviz") is None:
        _missing("pygraphviz")


@pytest.fixture(scope="session")
def resvg() -> None:
    if find_spec("resvg_py") is None:
        _missing("resvg-py")


@pytest.fixture(scope="session")
def mpiexec() -> str:
    """What starts several ranks: pip's mpich puts it beside the interpreter."""
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    if find_spec("mpi4py") is None:
        _missing("mpi4py")
    return shutil.which("mpiexec", path=places) or _missing("mpiexec")


@pytest.fixture(scope="session")
def safetensors() -> Any:
    return _imported("safetensors.numpy")


@pytest.fixture(scope="session")
def onnx() -> Any:
    return _imported("onnx")


@pytest.fixture(scope="session")
def onnxruntime() -> Any:
    return _imported("onnxruntime")


@pytest.fixture(scope="session")
def onnxscript() -> Any:
    return _imported("onnxscript")


def _imported(module: str) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module(module)
    except ImportError:
        _missing(module)


def _missing(what: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing, and in CI that is an error")
    pytest.skip(f"{what} is not installed")
