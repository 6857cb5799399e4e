"""docs/names.md: every layer of ours has its row, and every row as many cells as its table."""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path

import minigraph.layers

LINES = (Path(__file__).parent.parent / "docs" / "names.md").read_text(encoding="utf-8").splitlines()


def test_every_layer_is_in_the_table_of_names() -> None:
    ours = re.findall(r"`(\w+)", " ".join(line.split(" | ")[0] for line in LINES if line.startswith("| `")))
    assert set(minigraph.layers.__all__) - set(ours) == set()


def test_every_row_is_as_wide_as_its_table() -> None:
    for is_row, lines in groupby(LINES, key=lambda line: line.startswith("|")):
        assert not is_row or len({len(re.findall(r"(?<!\\)\|", line)) for line in lines}) == 1
