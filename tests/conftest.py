"""What every test shares: PyTorch where it is wanted, and random tests that are the same at every run."""

from __future__ import annotations

import importlib
import os
import shutil
import warnings
from importlib.util import find_spec
from typing import Any, NoReturn

import pytest
from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=200)
settings.load_profile("repeatable")


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
def pygraphviz() -> None:
    if find_spec("pygraphviz") is None:
        _missing("pygraphviz")


@pytest.fixture(scope="session")
def resvg() -> None:
    if find_spec("resvg_py") is None:
        _missing("resvg-py")


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
