"""The examples in the docstrings print what they say they print, and whoever looks up a name finds one."""

from __future__ import annotations

import inspect
from doctest import DocTestFinder, DocTestRunner
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigraph as mg
from minigraph import layers
from minigraph.sklearn import GraphClassifier

PUBLIC: dict[str, Any] = {
    **{f"mg.{name}": getattr(mg, name) for name in mg.__all__},
    **{name: getattr(layers, name) for name in layers.__all__},
    "mg.Graph.compile": mg.Graph.compile,
    "mg.sklearn.GraphClassifier": GraphClassifier,
}
READ = {"np": np, "mg": mg, **{name: getattr(layers, name) for name in layers.__all__}}  # as docs/api/index.md says
NEEDS_ONNX = {"mg.to_onnx", "mg.from_onnx"}
MADE_BY_OTHERS = {
    "mg.Explanation", "mg.Film", "mg.Frame", "mg.GradientReport", "mg.History", "mg.NotFiniteError", "mg.OnnxFunction",
    "mg.Table", "mg.Worksheet",
}  # fmt: skip
BASES = {
    "mg.Op",
    "mg.Optimizer",
    "mg.Schedule",
    "mg.ConstantRate",
    "mg.Parameter",
    "mg.Clock",
}  # mg.Local defines an Op
PICTURES = {"mg.plot_decision_regions", "mg.plot_weights"}


def example(name: str) -> str:
    return inspect.getdoc(PUBLIC[name]) or ""


@pytest.mark.parametrize("name", [name for name in PUBLIC if ">>>" in example(name)])
def test_example(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if name in NEEDS_ONNX:
        request.getfixturevalue("onnx")
    monkeypatch.chdir(tmp_path)
    (test,) = DocTestFinder(recurse=False).find(PUBLIC[name], name, globs=dict(READ))
    said: list[str] = []
    result = DocTestRunner(verbose=False).run(test, out=said.append)
    assert result.attempted and not result.failed, "".join(said)


def test_names_without_an_example_are_known() -> None:
    assert {name for name in PUBLIC if ">>>" not in example(name)} == MADE_BY_OTHERS | BASES | PICTURES
