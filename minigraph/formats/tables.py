"""CSV files: a table of numbers, with a column of classes."""

from __future__ import annotations

import csv
import os
from typing import NamedTuple

import numpy as np

from minigraph.arrays import Array

__all__ = ["Table", "read_csv"]


class Table(NamedTuple):
    """x: [rows, columns], float64 · t: [rows], each row's class as a number, or None · columns: the names of those of
    x · classes: what the numbers in t stand for.
    """

    x: Array
    t: Array | None
    columns: tuple[str, ...]
    classes: tuple[str, ...]


def read_csv(
    path: str | os.PathLike[str],
    *,
    label: str | int | None = None,
    header: bool | None = None,
    delimiter: str = ",",
) -> Table:
    """Numeric columns as x and, if there is a `label` column, its classes as integers t: ready for `batches`.

    | option | |
    |---|---|
    | `label` | the column of classes, by name or by number (−1: the last); every other column must be numbers |
    | `header` | whether the first line has names; None: it has if none of its cells, but the label's, is a number |
    | `delimiter` | `","`, `";"`, `"\\t"`, … |

    Classes are numbered in sorted order, by size if all are numbers. The file is UTF-8; empty lines are skipped.
    Errors: ValueError with line and column where a value is missing, is no number or is NaN, or a line is too short;
    where the first line has numbers and other things, and nobody says what it is.

    >>> from pathlib import Path
    >>> _ = Path("iris.csv").write_text("length,species\\n5.1,setosa\\n6.3,virginica\\n")
    >>> iris = mg.read_csv("iris.csv", label="species")
    >>> iris.x.tolist(), iris.t.tolist(), iris.classes
    ([[5.1], [6.3]], [0, 1], ('setosa', 'virginica'))
    """
    who = f"read_csv: {os.fspath(path)}"
    lines, rows = _rows(who, path, delimiter)
    at = _number(who, label, rows[0], header)
    if header is None:
        header = isinstance(label, str) or _has_names(who, [cell for i, cell in enumerate(rows[0]) if i != at])
    names = [cell.strip() for cell in rows[0]] if header else [str(i) for i in range(len(rows[0]))]
    lines, rows = lines[header:], rows[header:]
    if not rows:
        raise ValueError(f"{who} has a header, but no rows")
    columns = dict(enumerate(zip(*rows)))
    classes, t = _classes(who, columns.pop(at), names[at], lines) if at is not None else ((), None)
    if not columns:
        raise ValueError(f"{who} has no column but the label")
    x = np.stack([_numbers(who, cells, names[i], lines) for i, cells in columns.items()], axis=1)
    return Table(x, t, tuple(names[i] for i in columns), classes)


def _rows(who: str, path: str | os.PathLike[str], delimiter: str) -> tuple[list[int], list[list[str]]]:
    """The rows that are not empty, all of one length, and the line that each ends on."""
    if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '"\r\n':
        raise ValueError(f"{who}: delimiter is {delimiter!r}, but must be one character, such as ';'")
    lines, rows = [], []
    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        try:
            for row in reader:
                if row:
                    lines.append(reader.line_num)
                    rows.append(row)
        except (csv.Error, UnicodeDecodeError) as error:
            raise ValueError(f"{who}, after line {reader.line_num}, is not UTF-8 text of cells ({error})") from error
    if not rows:
        raise ValueError(f"{who} has no rows")
    meant = [other for other in ",;\t" if all(len(row) == 1 and other in row[0] for row in rows)]
    if meant:
        raise ValueError(f"{who} has one column only with delimiter={delimiter!r}; is delimiter={meant[0]!r} meant?")
    for line, row in zip(lines, rows):
        if len(row) != len(rows[0]):
            raise ValueError(f"{who} line {line} has {len(row)} cells, but the first has {len(rows[0])}")
    return lines, rows


def _number(who: str, label: str | int | None, first: list[str], header: bool | None) -> int | None:
    """Which column is the label's."""
    if label is None:
        return None
    if isinstance(label, str):
        names = [cell.strip() for cell in first]
        if header is False or names.count(label) != 1:
            there = "no header" if header is False else ", ".join(map(repr, names))
            raise ValueError(f"{who}: label is {label!r}, but must be the name of one column; there is {there}")
        return names.index(label)
    if not isinstance(label, (int, np.integer)):
        raise TypeError(f"{who}: label is {label!r}, but must be the name or the number of a column")
    if not -len(first) <= label < len(first):
        raise ValueError(f"{who}: label is column {label}, but there are {len(first)}: 0 … {len(first) - 1}")
    return label % len(first)


def _has_names(who: str, cells: list[str]) -> bool:
    """Whether a line is a header: a row with a missing value must not pass for one."""
    numbers = list(map(_is_number, cells))
    if any(numbers) and not all(numbers):
        raise ValueError(
            f"{who}: the first line has {cells[numbers.index(True)]!r}, a number, and {cells[numbers.index(False)]!r}, "
            "which is none; header=True says that these are names, header=False that they are values"
        )
    return not any(numbers)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell  # Python's own notation, 1_000, is nobody else's


def _numbers(who: str, cells: tuple[str, ...], name: str, lines: list[int]) -> Array:
    try:
        numbers = np.array(list(map(float, cells)))
    except ValueError:
        numbers = np.array([np.nan])
    if np.isnan(numbers).any() or "_" in "".join(cells):
        wrong = next(i for i, cell in enumerate(cells) if not _is_number(cell) or np.isnan(float(cell)))
        raise ValueError(f"{who} line {lines[wrong]}, column {name!r}: {cells[wrong]!r}, but must be a number")
    return numbers


def _classes(who: str, cells: tuple[str, ...], name: str, lines: list[int]) -> tuple[tuple[str, ...], Array]:
    found = [cell.strip() for cell in cells]
    by_size = all(map(_is_number, set(found) - {""}))
    missing = [not cell or by_size and np.isnan(float(cell)) for cell in found]
    if any(missing):
        raise ValueError(f"{who} line {lines[missing.index(True)]}, column {name!r}: the class is missing")
    classes = tuple(sorted(set(found), key=lambda cell: (float(cell) if by_size else 0.0, cell)))
    numbers = {cell: number for number, cell in enumerate(classes)}
    return classes, np.array([numbers[cell] for cell in found])
