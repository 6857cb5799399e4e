"""Every example runs at reduced size, from any folder, holds to what it claims, and writes the files that it names."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pictures import ROOT

pytestmark = pytest.mark.thorough

SCRIPTS = sorted((ROOT / "examples").glob("*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_example_runs_and_writes_what_it_names(script: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error::RuntimeWarning", str(script), "made", "--quick"]
    one_thread = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # tests run side by side
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=180, check=False, env=one_thread
    )
    assert done.returncode == 0, done.stderr
    named = re.findall(r"^  (\S+\.(?:svg|png|npz)) ", done.stdout, re.MULTILINE)
    assert len(named) >= 2
    assert {path.name for path in (tmp_path / "made").iterdir()} == set(named)
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_example_says_how_to_run_it(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    assert f"`python examples/{script.name} [folder] [--quick]`" in text.split('"""')[1]
