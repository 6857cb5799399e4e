"""What every test shares: PyTorch where it is wanted, and random tests that are the same at every run."""

from __future__ import annotations

import importlib
import os
import shutil
import warnings
from typing import Any

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
        if os.environ.get("CI"):
            pytest.fail("PyTorch is missing, and in CI that is an error")
        pytest.skip("PyTorch is not installed")


@pytest.fixture(scope="session")
def dot() -> str:
    """The system's Graphviz; its absence skips a test on somebody's laptop, but fails it in CI."""
    found = shutil.which("dot")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("Graphviz's dot is missing, and in CI that is an error")
        pytest.skip("Graphviz's dot is not installed")
    return found
