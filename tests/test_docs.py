"""The Python on the pages of the docs runs as it stands, and prints what it says it prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pictures import ROOT

OTHERS = {"formats", "distributed"}  # they need PyTorch and mpiexec, and have tests of their own
PAGES = sorted(
    page
    for page in (ROOT / "docs").glob("*.md")
    if page.stem not in OTHERS and "```python\nimport" in page.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        exec(compile(block, page.name, "exec"), names)  # noqa: S102
        printed, promised = capsys.readouterr().out, re.findall(r"^print\(.*\) +# (.*)$", block, re.MULTILINE)
        assert not promised or printed == "".join(f"{text}\n" for text in promised)


def test_the_pages_with_python_are_known() -> None:
    assert {"faq", "inside"} <= {page.stem for page in PAGES}


def test_every_public_name_is_in_the_reference() -> None:
    import minigraph

    text = "\n".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs" / "api").glob("*.md"))
    documented = set(re.findall(r"auto(?:class|function):: minigraph\.(\w+)$", text, re.MULTILINE))
    assert set(minigraph.__all__) == documented
