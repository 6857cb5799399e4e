"""The words of pages: each one that a script asks for is there, and each that is there is asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import pytest

from minigraph.diagram.web import player, shell, words
from minigraph.film import page as film_page
from minigraph.film import words as film_words
from minigraph.worksheet import page as worksheet_page

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
