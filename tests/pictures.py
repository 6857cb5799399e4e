"""The figures of docs/pictures.py, for the tests that look at them."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path

import minigraph as mg

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "pictures"
SCRIPT = runpy.run_path(str(ROOT / "docs" / "pictures.py"))
FIGURES: dict[str, Callable[[], mg.Diagram]] = SCRIPT["FIGURES"]
circuit: Callable[[], mg.Node] = SCRIPT["circuit"]
classifier: Callable[..., mg.Node] = SCRIPT["classifier"]
perceptron: Callable[[], mg.Node] = SCRIPT["perceptron"]
