"""Every tutorial runs as it is, from any folder, and writes the files that it names; so does every answer in it.

The Korean edition has the same code, so it need not run again: it has to be the same lesson in other words.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from pictures import ROOT

LONGEST_CELL = 25
ANSWER = re.compile(r"<details><summary>(?:Answer|답)</summary>\n\n(.*?)\n\n</details>", re.DOTALL)
CODE = re.compile(r"```python\n(.*?)```", re.DOTALL)
FENCED = re.compile(r"```.*?```", re.DOTALL)
SPAN_OR_NUMBER = re.compile(r"`[^`]+`|\$[^$]+\$|\d+(?:\.\d+)?")
SYMBOLS = re.compile(r"[^\s()]*[^\x00-\x7f][^\s()]*")
WORD = re.compile(r"[A-Za-z]{4}")
HANGUL = re.compile(r"[가-힣]")
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
    def code_between_prose(self) -> list[str]:
        return ["[markdown]" if cell.startswith("[markdown]") else cell for cell in self.cells]

    @property
    def in_korean(self) -> Lesson:
        return Lesson(self.path.parent / "ko" / self.path.name)

    @property
    def answers(self) -> list[str]:
        return [answer for cell in self.prose for answer in ANSWER.findall(cell)]


def heading_levels(text: str) -> list[str]:
    return re.findall(r"^#+(?= )", FENCED.sub("", text), re.MULTILINE)


def left_out(english: str, korean: str) -> list[str]:
    """The code, formulas and numbers of a text that its translation does not have."""
    english, korean = (" ".join(FENCED.sub("", text).split()) for text in (english, korean))
    korean = korean.replace("tutorials/ko/", "tutorials/")
    missing = Counter(SPAN_OR_NUMBER.findall(english)) - Counter(SPAN_OR_NUMBER.findall(korean))
    symbols = [part.strip(".,:;*?") for part in SYMBOLS.findall(english)]
    return [*missing, *(part for part in symbols if part not in korean and not WORD.search(part))]


LESSONS = [Lesson(path) for path in sorted((ROOT / "tutorials").glob("*.py"))]
KOREAN = [Lesson(path) for path in sorted((ROOT / "tutorials" / "ko").glob("*.py"))]
READMES = [ROOT / "tutorials" / "README.md", ROOT / "tutorials" / "ko" / "README.md"]
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


@pytest.mark.parametrize("lessons", [LESSONS, KOREAN], ids=["English", "Korean"])
def test_the_path_has_no_gap_and_the_readme_lists_it(lessons: list[Lesson]) -> None:
    assert [int(lesson.path.stem[:2]) for lesson in lessons] == list(range(1, 18))
    readme = lessons[0].path.with_name("README.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| \[(\d+) · [^]]+\]\((\w+\.py)\) \|", readme, re.MULTILINE))
    assert list(rows.values()) == [lesson.path.name for lesson in lessons]
    for lesson in lessons:
        (row,) = re.findall(rf"^.*\]\({lesson.path.name}\).*$", readme, re.MULTILINE)
        (folder,) = re.findall(r'"out/(\w+)"', lesson.text)
        for picture in re.findall(r"`out/(\S+)`", row):
            assert picture.startswith(f"{folder}/") and Path(picture).name in lesson.text
        assert f"# # {row.split('[')[1].split(']')[0]}" in lesson.text


def test_scripts_that_are_named_are_there() -> None:
    for path in (ROOT / "README.md", *READMES, *(lesson.path for lesson in LESSONS + KOREAN)):
        for name in re.findall(r"\b(?:tutorials/(?:ko/)?|examples/)\w+\.py", path.read_text(encoding="utf-8")):
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


def test_every_lesson_has_its_korean_twin() -> None:
    assert [lesson.path.name for lesson in KOREAN] == [lesson.path.name for lesson in LESSONS]


@each_lesson
def test_editions_have_the_same_code(lesson: Lesson) -> None:
    korean = lesson.in_korean
    assert korean.text.split("# %%")[0] == lesson.text.split("# %%")[0]
    assert korean.code_between_prose == lesson.code_between_prose
    assert [CODE.findall(answer) for answer in korean.answers] == [CODE.findall(answer) for answer in lesson.answers]


@each_lesson
def test_korean_cells_say_the_same_in_korean(lesson: Lesson) -> None:
    korean = lesson.in_korean
    for english, translated in zip(lesson.prose, korean.prose, strict=True):
        assert HANGUL.search(FENCED.sub("", translated)), translated
        assert heading_levels(translated) == heading_levels(english), translated
        assert left_out(english, translated) == [], translated


@each_lesson
def test_korean_lesson_ends_with_two_exercises_and_their_hidden_answers(lesson: Lesson) -> None:
    exercises = lesson.in_korean.prose[-2:]
    assert "## 연습 문제\n\n**1.** " in exercises[0] and exercises[1].startswith("**2.** ")
    assert [len(ANSWER.findall(cell)) for cell in exercises] == [1, 1] and len(lesson.in_korean.answers) == 2
    assert all("<summary>답</summary>" in cell for cell in exercises)


def test_korean_readme_says_the_same() -> None:
    english, korean = (readme.read_text(encoding="utf-8") for readme in READMES)
    assert heading_levels(korean) == heading_levels(english)
    assert left_out(english, korean) == []


def test_what_a_translation_leaves_out_is_found() -> None:
    english = "Lesson 4: `W.grad` is $x^2$, so ∂L/∂W = Xᵀ · dY. The softmax of it is 0.5."
    assert left_out(english, "4장: `W.grad`의 값은 $x^2$이므로 ∂L/∂W = Xᵀ · dY입니다. 소프트맥스는 0.5입니다.") == []
    missing = ["4", "`W.grad`", "$x^2$", "0.5", "∂L/∂W", "Xᵀ"]
    assert left_out(english, "`W.value`의 값은 ∂L/∂X = X · dY입니다.") == missing
