"""The words of pages: those that scripts ask for are there, and no others; Korean pages speak Korean."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence

import pytest
from pictures import ROOT, SCRIPT
from webpage import data_of

import minigraph as mg
from minigraph.diagram.web import player, shell, words
from minigraph.film import page as film_page
from minigraph.film import words as film_words
from minigraph.scene.phrases import KOREAN
from minigraph.worksheet import page as worksheet_page

WEB = ROOT / "minigraph" / "diagram" / "web"

BY_PHASE = {"start", "forward", "backward"}  # words[step.phase]
BY_STATE = {"right", "wrong", "shown"}  # words[state]


@pytest.mark.parametrize(
    "table, scripts, computed",
    [
        (words.WORDS, player.SCRIPTS, BY_PHASE),
        (film_words.WORDS, film_page.SCRIPTS, set()),
        (worksheet_page.WORDS, ["minigraph.worksheet:sheet.js"], BY_STATE),
    ],
)
def test_scripts_ask_for_all_words_of_their_table_and_no_others(
    table: Mapping[str, str], scripts: Sequence[str], computed: set[str]
) -> None:
    asked = set(re.findall(r"\bwords\.(\w+)", "\n".join(map(shell.asset, scripts))))
    assert asked | computed == table.keys()


def test_words_are_said_in_the_language_of_the_page() -> None:
    table = {"play": "play", "other": "nothing that has a translation"}
    assert words.words(table, "en") == table
    assert words.words(table, "ko") == table | {"play": "재생"}


def phrases() -> Iterator[tuple[str, str]]:
    """Every phrase that a page of steps may say, and the file that has it."""
    for path in sorted(WEB.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("say", "translated")) and node.args:
                yield from ((text, path.name) for text in strings(node.args[0]))
            elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ON_GATES":
                yield from ((text, path.name) for text in strings(node.value))
    yield from ((text, "words.py") for text in words.WORDS.values())


def strings(tree: ast.AST) -> list[str]:
    keys = {id(key) for node in ast.walk(tree) if isinstance(node, ast.Dict) for key in node.keys}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in keys
    ]


def test_every_phrase_of_a_page_is_there_in_korean() -> None:
    found = dict(phrases())
    assert len(found) > 70
    without = {text.replace(", element by element", ""): file for text, file in found.items() if text.startswith("{")}
    for text, file in (found | without).items():
        if re.search("[A-Za-z]{2}", re.sub(r"\{\d\}", "", text)):
            assert text in KOREAN, f"{file}: {text!r}"
            blanks = [set(re.findall(r"\{\d\}", each)) for each in (text, KOREAN[text])]
            assert blanks[0] == blanks[1], text


@pytest.mark.parametrize("name", ["classifier", "squares", "attention", "convnet", "deep", "residual", "recurrent"])
def test_a_korean_page_says_no_english_sentence(name: str) -> None:
    html = mg.draw(SCRIPT[name](), language="ko", title="그림").html()
    (found,) = data_of(html)
    assert '<html lang="ko">' in html
    for step in found["steps"]:
        for said in (step["says"], step["title"]):
            english = re.findall(r"[A-Za-z]{4,}", said)
            known = {word for part in found["told"] for word in re.findall(r"[A-Za-z]+", part.get("name", ""))}
            assert not [word for word in english if word not in known | {"backward", "ReLU", "tanh"}], said
    assert any("다" in step["says"] for step in found["steps"])
