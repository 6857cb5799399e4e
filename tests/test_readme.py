"""The README's Python runs as it stands, in one go, and prints what it says it prints."""

from __future__ import annotations

import io
import re
from contextlib import chdir, redirect_stdout
from pathlib import Path

import pytest
from pictures import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


Run = tuple[dict[str, object], list[str], Path]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Every block, one after another in one namespace: what they define, what each printed, and where they wrote."""
    folder = tmp_path_factory.mktemp("readme")
    names: dict[str, object] = {}
    printed = []
    with chdir(folder):
        for block in BLOCKS:
            with redirect_stdout(io.StringIO()) as said:
                exec(compile(block, "README.md", "exec"), names)  # noqa: S102
            printed.append(said.getvalue())
    return names, printed, folder


def test_readme_runs(run: Run) -> None:
    _, printed, folder = run
    assert len(BLOCKS) == 7
    for block, text in zip(BLOCKS[:2], printed):
        assert [f"{said}\n" for said in re.findall(r"^print\(.*\) *# (.*)$", block, re.MULTILINE)] == [text]
    assert "✗" not in printed[3] and printed[3].count("✓") == 13
    explained = re.findall(r"^# (∂.*)$", BLOCKS[3], re.MULTILINE)
    assert len(explained) == 1 and f"{explained[0]}\n" in printed[3]
    pictures = {f"{name}.svg" for name in ("circuit", "net", "open", "checked", "both", "step")}
    written = {"net.npz", "net.html", "lecture.html", *pictures}
    assert {path.name for path in folder.iterdir()} == written


def test_the_buggy_layer_is_caught_as_shown_and_the_mend_mends_it(run: Run) -> None:
    names, printed, _ = run
    shown = re.search(r"# (✗  Softplus.*)\n", README)
    assert shown and printed[5].splitlines()[0] == shown[1]
    mend = re.search(r"`(return \(upstream.*?\))` fixes it", README)
    assert mend
    fixed = BLOCKS[5].replace("return (1 / (1 + np.exp(-x)),)", mend[1]).replace("assert not", "assert")
    assert fixed != BLOCKS[5]
    exec(compile(fixed, "README.md", "exec"), names)  # noqa: S102
