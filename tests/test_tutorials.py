"""Every tutorial runs as it is, from any folder, and writes the files that it names; so does every answer in it."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from pictures import ROOT

LONGEST_CELL = 25
ANSWER = re.compile(r"<details><summary>Answer</summary>\n\n(.*?)\n\n</details>", re.DOTALL)
CODE = re.compile(r"```python\n(.*?)```", re.DOTALL)
PRINTED = re.compile(r"^ *print\(.*\)  # (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Lesson:
    """A tutorial, cut into its cells."""

    path: Path

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def cells(self) -> list[str]:
        return [cell.strip() for cell in self.text.split("\n# %%")[1:]]

    @property
    def code(self) -> list[str]:
        return [cell for cell in self.cells if not cell.startswith("[markdown]")]

    @property
    def prose(self) -> list[str]:
        return [
            "\n".join(line.removeprefix("#").removeprefix(" ") for line in cell.splitlines()[1:])
            for cell in self.cells
            if cell.startswith("[markdown]")
        ]

    @property
    def answers(self) -> list[str]:
        return [answer for cell in self.prose for answer in ANSWER.findall(cell)]


LESSONS = [Lesson(path) for path in sorted((ROOT / "tutorials").glob("*.py"))]
each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.path.stem)


@pytest.mark.thorough
@each_lesson
def test_tutorial_and_its_answers_run(
    lesson: Lesson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(lesson.path), "made"])
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(lesson.text, str(lesson.path), "exec"), names)  # noqa: S102
    named = re.findall(r"^  (\S+\.(?:svg|html|png|npz)) ", capsys.readouterr().out, re.MULTILINE)
    assert named
    assert sorted(path.name for path in (tmp_path / "made").iterdir()) == sorted(named)
    assert [path.name for path in tmp_path.iterdir()] == ["made"]

    for number, answer in enumerate(lesson.answers, start=1):
        (code,) = CODE.findall(answer)
        exec(compile(code, f"{lesson.path.name}, answer {number}", "exec"), names)  # noqa: S102
        assert capsys.readouterr().out.splitlines() == PRINTED.findall(code) != []


@each_lesson
def test_tutorial_is_a_lesson(lesson: Lesson) -> None:
    number = int(lesson.path.stem[:2])
    assert lesson.text.startswith("# ---\n# jupyter:\n") and "format_name: percent" in lesson.text
    titles = [line for cell in lesson.prose for line in cell.splitlines() if line.startswith("# ")]
    outside_code = [title for title in titles if not any(title in answer for answer in lesson.answers)]
    assert len(outside_code) == 1 and outside_code[0].startswith(f"# {number} · ")
    assert [cell.count("\n") + 1 for cell in lesson.code if cell.count("\n") >= LONGEST_CELL] == []
    assert any("assert " in cell for cell in lesson.code)


@each_lesson
def test_tutorial_ends_with_two_exercises_and_their_hidden_answers(lesson: Lesson) -> None:
    exercises = lesson.prose[-2:]
    assert lesson.cells[-1].startswith("[markdown]") and lesson.cells[-2].startswith("[markdown]")
    assert "## Exercises\n\n**1.** " in exercises[0] and exercises[1].startswith("**2.** ")
    assert [len(ANSWER.findall(cell)) for cell in exercises] == [1, 1] and len(lesson.answers) == 2


def test_the_path_has_no_gap_and_the_readme_lists_it() -> None:
    assert [int(lesson.path.stem[:2]) for lesson in LESSONS] == list(range(1, 18))
    readme = (ROOT / "tutorials" / "README.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| \[(\d+) · [^]]+\]\((\w+\.py)\) \|", readme, re.MULTILINE))
    assert list(rows.values()) == [lesson.path.name for lesson in LESSONS]
    for lesson in LESSONS:
        (row,) = re.findall(rf"^.*\]\({lesson.path.name}\).*$", readme, re.MULTILINE)
        (folder,) = re.findall(r'"out/(\w+)"', lesson.text)
        for picture in re.findall(r"`out/(\S+)`", row):
            assert picture.startswith(f"{folder}/") and Path(picture).name in lesson.text
        assert f"# # {row.split('[')[1].split(']')[0]}" in lesson.text


def test_scripts_that_are_named_are_there() -> None:
    for path in (ROOT / "README.md", ROOT / "tutorials" / "README.md", *(lesson.path for lesson in LESSONS)):
        for name in re.findall(r"\b(?:tutorials|examples)/\w+\.py", path.read_text(encoding="utf-8")):
            assert (ROOT / name).exists(), f"{path.name} names {name}"


def test_lessons_that_are_referred_to_come_before_or_exist() -> None:
    for lesson in LESSONS:
        for number in re.findall(r"[Ll]essons? (\d+)", lesson.text):
            assert 1 <= int(number) <= len(LESSONS) and int(number) != int(lesson.path.stem[:2])


def test_code_cells_speak_for_themselves() -> None:
    """Words belong into the text, which is translated: code cells have hardly a comment."""
    for lesson in LESSONS:
        comments = [line for cell in lesson.code for line in cell.splitlines() if line.lstrip().startswith("# ")]
        assert len(comments) <= 2, lesson.path.name
