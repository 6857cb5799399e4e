"""The Python of docs/formats.md runs as it stands, and prints what it says it prints."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import pytest
from pictures import ROOT

PAGE = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def run(block: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> set[str]:
    """What files the block left, if it printed what it says."""
    monkeypatch.chdir(folder)
    exec(compile(block, "formats.md", "exec"), {})  # noqa: S102
    said = re.findall(r"^print\(.*\) *# (.*)$", block, re.MULTILINE)
    printed = capsys.readouterr().out.splitlines()
    assert said and [line for line in printed if not line.startswith("[torch.onnx]")] == said
    return {path.name for path in folder.iterdir()}


@pytest.mark.torch
@pytest.mark.thorough
def test_a_pytorch_model_is_drawn(
    torch: Any, onnx: Any, onnxscript: Any, tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch, about what it imports
        assert run(BLOCKS[0], tmp_path, monkeypatch, capsys) == {"model.onnx", "model.svg"}
    assert "2.weight" in (tmp_path / "model.svg").read_text("utf-8")


def test_a_network_goes_out(safetensors: Any, onnx: Any, tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    assert run(BLOCKS[1], tmp_path, monkeypatch, capsys) == {"net.onnx", "net.safetensors"}


def test_data_comes_in(tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    assert len(BLOCKS) == 3
    assert run(BLOCKS[2], tmp_path, monkeypatch, capsys) == {"images.gz", "iris.csv"}
