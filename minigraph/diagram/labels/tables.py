"""An array as a picture: one bold number, a heat table with digits, or swatches where there are too many."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from minigraph.arrays import Array
from minigraph.diagram.labels.boxes import Box, Run, grid, stacked, write
from minigraph.diagram.labels.style import Palette, shade
from minigraph.scene.phrases import Language, translated
from minigraph.scene.text import cells, scalar, size_text, span, special

__all__ = ["WITH_DIGITS", "Style", "array_box", "magnitudes", "range_text"]

WITH_DIGITS = 16  # tables of more elements are shown as swatches
ROWS = COLUMNS = 8


@dataclass(frozen=True)
class Style:
    """How arrays are written. digits: how many stand after the point."""

    palette: Palette
    digits: int = 2
    language: Language = "en"


def array_box(
    array: Array,
    colour: str,
    heat: tuple[str, str],
    style: Style,
    note: str = "",
    largest: float | None = None,
    extra: bool = False,
) -> Box:
    """A scalar; else a table of the last two axes, with `note` and what it leaves out above it.

    largest: what the colours and the common factor are relative to, if not to the array's own. extra: whether scalars
    have one digit more, as losses do.
    """
    if array.ndim == 0:
        number = Run(scalar(float(array), style.digits + extra), colour, 14, bold=True)
        return write(number, width=40, height=22, fill=heat[0], pad=6)
    if not array.size:
        return write(Run(translated("empty", style.language), colour, 9), height=16)
    matrix = array.reshape(1, -1) if array.ndim == 1 else array[(0,) * (array.ndim - 2)]
    largest = _largest(matrix) if largest is None else largest
    notes = [note] if note else []
    if array.ndim > 2:
        which = f"[{', '.join('0' * (array.ndim - 2))}]"
        notes.append(translated("{0} of {1}", style.language).format(which, size_text(array.shape)))
    if matrix.size <= WITH_DIGITS:
        texts, factor = cells(matrix, style.digits, largest)
        notes += [factor] if factor else []
        table = _digits(matrix, texts, heat, style.palette, largest)
    else:
        notes.append(range_text(array, style.language, style.digits))
        table = _swatches(matrix, heat, style.palette, largest)
    return stacked([*(write(Run(note, colour, 9), height=13) for note in notes), table])


def range_text(array: Array, language: Language, digits: int = 2) -> str:
    """`span` in words of that language."""
    return span(array, translated("all NaN or ∞", language), translated("{0} NaN or ∞", language), digits)


def _digits(matrix: Array, texts: list[str], heat: tuple[str, str], palette: Palette, largest: float) -> Box:
    runs = [Run(text, palette.ink) for text in texts]
    width = max(run.width for run in runs) + 8
    fills = [shade(heat, v / (largest or 1.0)) for v in magnitudes(matrix).flat]
    odd = [palette.ink if special(v) else "" for v in map(float, matrix.flat)]
    boxes = [replace(write(run, width, 16, f, right=True), border=b) for run, f, b in zip(runs, fills, odd)]
    return grid([boxes[i : i + matrix.shape[1]] for i in range(0, len(boxes), matrix.shape[1])], palette.background)


def _swatches(matrix: Array, heat: tuple[str, str], palette: Palette, largest: float) -> Box:
    """Colours for size, a minus for sign, ⋯ where rows or columns are left out."""
    rows, columns = _shown(matrix.shape[0], ROWS), _shown(matrix.shape[1], COLUMNS)
    width = 18 if len(columns) <= 5 else 14

    def swatch(i: int | None, j: int | None) -> Box:
        if i is None or j is None:
            return write(Run("⋯", palette.mute, 8), width, 11)
        word = special(float(matrix[i, j]))
        sign = word or ("−" if matrix[i, j] < 0 else "")
        fill = shade(heat, float(magnitudes(matrix[i, j])) / (largest or 1.0))
        cell = write(Run(sign, palette.ink, 6 if word else 7), width, 11, fill) if sign else Box("", width, 11, fill)
        return replace(cell, border=palette.ink if word else "")

    return grid([[swatch(i, j) for j in columns] for i in rows], palette.background)


def magnitudes(array: Array) -> Array:
    """|x|, and 0 for what is not finite: its word says enough."""
    return np.where(np.isfinite(array), np.abs(np.asarray(array, dtype=float)), 0.0)


def _largest(array: Array) -> float:
    return float(magnitudes(array).max(initial=0.0))


def _shown(count: int, most: int) -> list[int | None]:
    """Which rows (or columns) are drawn; None stands for those left out."""
    if count <= most:
        return list(range(count))
    return [*range(most - 2), None, count - 1]
