"""How an explanation is laid out: tables of formulas and equations of arrays, in lines of text and of LaTeX."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from minigraph.arrays import Array
from minigraph.explain import latex
from minigraph.explain.pieces import Piece, plain, width
from minigraph.scene.text import cells, scalar, size_text, span

__all__ = ["LARGEST_MATRIX", "WIDEST", "Block", "Equation", "Table", "in_short"]

LARGEST_MATRIX = 16  # elements; of larger arrays the shape and the range are shown
WIDEST = 100  # columns
PAGE = 80  # about as many characters of a formula as a page is wide


@dataclass(frozen=True)
class Table:
    """Rows of pieces, aligned in columns. gaps: how many spaces there are at least before each column but the first."""

    rows: Sequence[Sequence[Piece]]
    gaps: Sequence[int]
    indent: int = 0

    def text(self) -> list[str]:
        # a row's last piece has nothing after it to keep in line
        used = [[width(row[k].text) for row in self.rows if any(row[k + 1 :])] for k in range(len(self.gaps) + 1)]
        widths = [max(column, default=0) for column in used]
        lines = [self._line(row, widths) for row in self.rows]
        if max(map(width, lines)) > WIDEST:
            lines = [line for row in self.rows for line in self._stacked(row)]
        return [" " * self.indent + line for line in lines]

    def _line(self, row: Sequence[Piece], widths: Sequence[int]) -> str:
        line, at = "", 0
        for k, piece in enumerate(row):
            at += self.gaps[k - 1] if k and any(any(row[k : k + 1]) for row in self.rows) else 0
            if piece:
                line += " " * (at - width(line)) + piece.text
            at += widths[k]
        return line

    def _stacked(self, row: Sequence[Piece]) -> list[str]:
        """A row that is too wide for one line: what stands beside the equation goes under it."""
        start = max(width(row[0].text) for row in self.rows) + self.gaps[0]
        first, rest = row[0].text, [piece for piece in row[1:] if piece]
        if not is_relation(rest[0]) and first:
            room = WIDEST - 6 - self.indent
            lines = (" " * (6 if k else 4) + line for piece in rest for k, line in enumerate(_wrapped(piece, room)))
            return [first, *lines]
        room = WIDEST - start - 2 - self.indent
        right = [
            " " * (2 if i or k else 0) + line
            for i, piece in enumerate(rest)
            for k, line in enumerate(_wrapped(piece, room))
        ]
        return [_padded(first if not k else "", start) + line for k, line in enumerate(right)]

    def latex(self) -> list[str]:
        return [line for row in self.rows for line in _aligned(row)]


@dataclass(frozen=True)
class Equation:
    """Arrays and signs beside one another, after what they are: ∂L/∂W = [ … ] · [ … ]."""

    left: Piece
    parts: Sequence[Piece | Array]

    def text(self) -> list[str]:
        blocks = [[self.left.text], *(_rows(part) for part in self.parts)]
        height = max(map(len, blocks))
        widths = [max(map(width, block), default=0) for block in blocks]
        placed = [_in_the_middle(block, height) for block in blocks]
        return [" ".join(_padded(block[i], w) for block, w in zip(placed, widths)).rstrip() for i in range(height)]

    def latex(self) -> list[str]:
        lines = latex.broken(" ".join(_latex(part) for part in self.parts), PAGE - latex.extent(self.left.latex))
        return [f"{self.left.latex} & {lines[0]}", *(rf"& \quad {line}" for line in lines[1:])]

    @property
    def fits(self) -> bool:
        return all(width(line) <= WIDEST for line in self.text())


Block = Table | Equation


def _aligned(row: Sequence[Piece]) -> list[str]:
    """A row for the columns of ``aligned``: relations stay in theirs, what stands beside them gets one of its own."""
    line, right = row[0].latex, [piece for piece in row[1:] if piece]
    for k, piece in enumerate(right):
        relation = is_relation(piece)
        line += (
            (" &" if not k else "" if relation else " &&") + ("" if relation or k else r" \quad") + f" {piece.latex}"
        )
    return [line.strip()] if latex.extent(line) <= PAGE else _broken(row[0], right)


def _broken(left: Piece, right: Sequence[Piece]) -> list[str]:
    """A row that is too wide for a page: the pieces under one another, and the longest in several lines."""
    if left and right and not is_relation(right[0]):
        left, right = Piece("", ""), [left, *right]
    room = PAGE - latex.extent(left.latex)
    lines: list[str] = []
    for piece in right:
        for k, part in enumerate(latex.broken(piece.latex, room)):
            inside = k or lines
            lines.append(rf"& \quad {part}" if inside else f"{left.latex} & {part}".strip())
    return lines


def _wrapped(piece: Piece, room: int) -> list[str]:
    """A formula in lines of text, broken before its signs."""
    lines = [""]
    for part in re.split(r" (?=[-+=·×⊙→⋯] )", piece.text) if width(piece.text) > room else [piece.text]:
        if lines[-1] and width(lines[-1]) + 1 + width(part) > room:
            lines.append("")
        lines[-1] += f" {part}" if lines[-1] else part
    return lines


def is_relation(piece: Piece) -> bool:
    return piece.text.startswith(("=", "+"))


def _rows(part: Piece | Array) -> list[str]:
    if isinstance(part, Piece):
        return [part.text]
    if not _is_written_out(part):
        return [in_short(part)]
    texts, factor = cells(part)
    columns = part.shape[-1] if part.ndim else 1
    rows = [texts[i : i + columns] for i in range(0, len(texts), columns)]
    wide = [max(map(len, column)) for column in zip(*rows)]
    lines = ["  ".join(text.rjust(w) for text, w in zip(row, wide)) for row in rows]
    if len(lines) == 1:
        framed = [f"[ {lines[0]} ]"]
    else:
        left, right = ("⎡", *"⎢" * (len(lines) - 2), "⎣"), ("⎤", *"⎥" * (len(lines) - 2), "⎦")
        framed = [" ".join(parts) for parts in zip(left, lines, right)]
    middle, beside = (len(framed) - 1) // 2, factor + (f" [{size_text(part.shape)}]" if part.ndim > 2 else "")
    return [line + (beside if i == middle else " " * len(beside)) for i, line in enumerate(framed)]


def _latex(part: Piece | Array) -> str:
    if isinstance(part, Piece):
        return part.latex
    if not _is_written_out(part):
        return r" \quad ".join(plain(text).latex for text in in_short(part).split("  "))
    return latex.matrix(part.reshape(-1, part.shape[-1]) if part.ndim else part)


def _is_written_out(array: Array) -> bool:
    return 0 < array.size <= LARGEST_MATRIX and array.ndim > 0


def in_short(array: Array) -> str:
    if not array.ndim:
        return scalar(float(array))
    return f"[{size_text(array.shape)}]" + (f"  {span(np.asarray(array, dtype=float))}" if array.size else "")


def _in_the_middle(block: list[str], height: int) -> list[str]:
    above = (height - len(block)) // 2 if len(block) > 1 else (height - 1) // 2
    return [*[""] * above, *block, *[""] * (height - above - len(block))]


def _padded(line: str, columns: int) -> str:
    return line + " " * (columns - width(line))
