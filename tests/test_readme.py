"""The README's Python runs as it stands, in one go, and prints what it says it prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pictures import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


Run = tuple[dict[str, object], list[str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Every block, one after another in one namespace; what they define, and what each printed."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    printed = []
    for block in BLOCKS:
        exec(compile(block, "README.md", "exec"), names)  # noqa: S102
        printed.append(capsys.readouterr().out)
    return names, printed


def test_readme_runs(run: Run, tmp_path: Path) -> None:
    _, printed = run
    assert len(BLOCKS) == 7
    for block, text in zip(BLOCKS[:2], printed):
        assert [f"{said}\n" for said in re.findall(r"^print\(.*\) *# (.*)$", block, re.MULTILINE)] == [text]
    assert "✗" not in printed[3] and printed[3].count("✓") == 13
    explained = re.findall(r"^# (∂.*)$", BLOCKS[3], re.MULTILINE)
    assert len(explained) == 1 and f"{explained[0]}\n" in printed[3]
    pictures = {f"{name}.svg" for name in ("circuit", "net", "open", "checked", "both", "step")}
    written = {"net.npz", "net.html", "lecture.html", *pictures}
    assert {path.name for path in tmp_path.iterdir()} == written


def test_the_buggy_layer_is_caught_as_shown_and_the_mend_mends_it(run: Run) -> None:
    names, printed = run
    shown = re.search(r"# (✗  Softplus.*)\n", README)
    assert shown and printed[5].splitlines()[0] == shown[1]
    mend = re.search(r"`(return \(upstream.*?\))` fixes it", README)
    assert mend
    fixed = BLOCKS[5].replace("return (1 / (1 + np.exp(-x)),)", mend[1]).replace("assert not", "assert")
    assert fixed != BLOCKS[5]
    exec(compile(fixed, "README.md", "exec"), names)  # noqa: S102


def test_readme_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
