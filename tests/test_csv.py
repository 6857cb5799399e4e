"""CSV files: numbers as x, classes as t, and errors that say where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigraph as mg

IRIS = """sepal length,sepal width,species
5.1,3.5,setosa

6.3,3.3,virginica
7.0,3.2,"versi,color"
4.9,3.0,setosa
"""


def read(tmp_path: Path, text: str | bytes, **options: Any) -> mg.Table:
    (tmp_path / "data.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return mg.read_csv(tmp_path / "data.csv", **options)


@pytest.mark.parametrize("label", ["species", 2, -1])
def test_numbers_and_classes(tmp_path: Path, label: Any) -> None:
    table = read(tmp_path, IRIS, label=label)
    np.testing.assert_array_equal(table.x, [[5.1, 3.5], [6.3, 3.3], [7.0, 3.2], [4.9, 3.0]])
    assert table.t is not None and table.t.tolist() == [0, 2, 1, 0] and table.t.dtype.kind == "i"
    assert table.columns == ("sepal length", "sepal width")
    assert table.classes == ("setosa", "versi,color", "virginica")
    assert sum(len(xb) for xb, _ in mg.batches(table.x, table.t, size=3)) == 4


def test_without_header_or_label(tmp_path: Path) -> None:
    table = read(tmp_path, b"\xef\xbb\xbf1;2.5;-3e2\r\n4; 5 ;6\r\n", delimiter=";")
    assert table.x.tolist() == [[1, 2.5, -300], [4, 5, 6]] and table.x.dtype == np.float64
    assert table[1:] == (None, ("0", "1", "2"), ())


def test_a_header_of_numbers_has_to_be_announced(tmp_path: Path) -> None:
    years = "2001,2002,label\n1,2,a\n3,4,b\n"
    assert read(tmp_path, years, label="label").columns == ("2001", "2002")
    assert read(tmp_path, years, label=2, header=True).x.tolist() == [[1, 2], [3, 4]]
    assert read(tmp_path, years, label=2).classes == ("a", "b", "label")
    assert read(tmp_path, "1,a\n2,b\n", label=1, header=False).x.tolist() == [[1], [2]]


def test_classes_that_are_numbers_are_sorted_by_size(tmp_path: Path) -> None:
    table = read(tmp_path, "7,10\n8,9\n9,10\n6,-1\n", label=1)
    assert table.classes == ("-1", "9", "10") and table.t is not None and table.t.tolist() == [2, 1, 2, 0]


WRONG: list[tuple[str | bytes, dict[str, Any], str]] = [
    ("a,b\n1,2\n3,\n", {}, "line 3, column 'b': '', but must be a number"),
    ("a,b\n1,2\n\n3,4\nNA,5\n", {}, "line 5, column 'a': 'NA', but must be a number"),
    ("a,b\n1,nan\n", {}, "line 2, column 'b': 'nan', but must be a number"),
    ("a,b\n1,1_000\n", {}, "line 2, column 'b': '1_000', but must be a number"),
    ('a,b\n1,"2\n3"\n5,x\n', {}, r"line 3, column 'b': '2\\n3', but must be a number"),
    ("1,2\n3,x\n", {}, "line 2, column '1': 'x', but must be a number"),
    ("a,c\n1,u\n2, \n", {"label": "c"}, "line 3, column 'c': the class is missing"),
    ("a,b\n1,2\n3\n", {}, "line 3 has 1 cells, but the first has 2"),
    ("a,b\n1,2,3\n", {}, "line 2 has 3 cells, but the first has 2"),
    ("5.1,,a\n4.9,3,b\n", {"label": -1}, "the first line has '5.1', a number, and '', which is none; header=True says"),
    ("5.1,NA\n4.9,3\n", {"header": False}, "line 1, column '1': 'NA', but must be a number"),
    ("1,nan\n2,3\n3,NaN\n", {"label": 1}, "line 1, column '1': the class is missing"),
    ("x;y\n1;2\n", {}, "has one column only with delimiter=','; is delimiter=';' meant"),
    ("1,2\n", {"delimiter": ";;"}, "delimiter is ';;', but must be one character"),
    ("1,2\n", {"delimiter": "\n"}, r"delimiter is '\\n', but must be one character"),
    ("", {}, "has no rows"),
    ("\n\n", {}, "has no rows"),
    ("a,b\n", {}, "has a header, but no rows"),
    ("c\nu\n", {"label": 0, "header": True}, "has no column but the label"),
    ("a,b\n1,2\n", {"label": "c"}, "label is 'c', but must be the name of one column; there is 'a', 'b'"),
    ("a,a\n1,2\n", {"label": "a"}, "label is 'a', but must be the name of one column; there is 'a', 'a'"),
    ("1,2\n", {"label": "1", "header": False}, "there is no header"),
    ("a,b\n1,2\n", {"label": 2}, r"label is column 2, but there are 2: 0 … 1"),
    (b"a,b\n1,\xff\n", {}, "is not UTF-8 text of cells"),
    ('a,b\n1,"2\n', {}, "is not UTF-8 text of cells"),
]


@pytest.mark.parametrize("text, options, message", WRONG)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, text: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^read_csv: .*data.csv,? ?.*{message}"):
        read(tmp_path, text, **options)


def test_a_class_may_be_called_nan_among_words(tmp_path: Path) -> None:
    table = read(tmp_path, "1,Nan\n2,Ann\n", label=1)
    assert table.classes == ("Ann", "Nan")
    with pytest.raises(TypeError, match="label is 1.0, but must be the name or the number of a column"):
        read(tmp_path, "1,2\n", label=1.0)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere.csv"):
        mg.read_csv(tmp_path / "nowhere.csv")
