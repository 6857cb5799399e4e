"""Every tutorial runs as it is, from any folder, and writes the files that it names; one script is one lesson."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from pictures import ROOT

pytestmark = pytest.mark.thorough

SCRIPTS = sorted((ROOT / "tutorials").glob("*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_tutorial_runs_and_writes_what_it_names(script: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error::RuntimeWarning", str(script), "made"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    named = re.findall(r"^  (\S+\.(?:svg|png|npz)) ", done.stdout, re.MULTILINE)
    assert len(named) >= 2
    assert {path.name for path in (tmp_path / "made").iterdir()} == set(named)
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_tutorial_is_a_lesson(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    assert text.startswith("# ---\n# jupyter:\n") and "format_name: percent" in text
    assert text.count("# %% [markdown]\n") >= 5
    assert "# ## Exercises\n" in text
    assert "# <details><summary>Answers</summary>\n" in text.split("# ## Exercises\n")[1]


def test_there_are_tutorials() -> None:
    assert [script.stem for script in SCRIPTS] == ["01_circuit", "02_softmax_regression_iris", "03_mlp_digits"]
