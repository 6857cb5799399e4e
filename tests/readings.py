"""How tests read numbers off a picture: what a text says, and how far its rounding lets the truth be from it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from helpers import Array
from pictures import number

NUMBER = r"−?\d+(?:\.\d+)?"
DIGITS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
WORDS = {"NaN": np.nan, "∞": np.inf, "−∞": -np.inf}


@dataclass(frozen=True)
class Reading:
    """A number as it stands on a picture."""

    value: float
    slack: float  # half of its last digit; an integer is exact

    def fits(self, truth: float) -> bool:
        if not np.isfinite(self.value) or not np.isfinite(truth):
            return self.value == truth or (np.isnan(self.value) and np.isnan(truth))
        return bool(abs(self.value - truth) <= self.slack * (1 + 1e-9) + 1e-9 * abs(truth))


def read(text: str, power: int = 0) -> Reading | None:
    """What a text says, times 10 to the `power`; None if it is no number. A factor may stand in brackets."""
    text = text.removeprefix("(").removesuffix(")")
    if text in WORDS:
        return Reading(WORDS[text], 0.0)
    found = re.fullmatch(rf"({NUMBER})(?:·10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?", text)
    if not found:
        return None
    exponent = int(found[2].translate(DIGITS)) if found[2] else 0
    decimals = len(found[1].partition(".")[2])
    slack = 0.5 * 10.0**-decimals if decimals else 0.0
    scale = 10.0 ** (power + exponent)
    return Reading(number(found[1]) * scale, slack * scale)


def says(text: str, truth: float) -> bool:
    """Whether `text` is this number, rounded as it says."""
    reading = read(text)
    return reading is not None and reading.fits(truth)


@dataclass
class Table:
    """An array as it was found on a card or chip: its digits, or (where there are too many) its least and largest."""

    readings: list[Reading]
    ends: tuple[Reading, Reading] | None = None

    def shows(self, array: Array) -> bool:
        if self.ends is not None:
            finite = array[np.isfinite(array)]
            return self.ends[0].fits(float(finite.min())) and self.ends[1].fits(float(finite.max()))
        values = drawn(array).ravel()
        return len(values) == len(self.readings) and all(r.fits(float(v)) for r, v in zip(self.readings, values))


def drawn(array: Array) -> Array:
    """Of an array of more than two axes, the first matrix is what is drawn."""
    return array[(0,) * (array.ndim - 2)] if array.ndim > 2 else array


def take_table(texts: list[str], array: Array) -> tuple[Table, list[str]]:
    """The table of an array like this one that `texts` begin with, and what comes after it."""
    power, ends = 0, None
    has_digits = drawn(array).size <= 16
    while texts and (read(texts[0]) is None or not has_digits):
        head, texts = texts[0], texts[1:]
        if factor := re.fullmatch(r"×10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", head):
            power = int(factor[1].translate(DIGITS))
        elif not has_digits and (low_high := [read(part) for part in head.split(" … ")]) and None not in low_high:
            found = [reading for reading in low_high if reading is not None]
            ends = found[0], found[-1]
            break
    if ends is not None:
        while texts and texts[0] in ("−", "⋯", "NaN", "∞", "−∞"):
            texts = texts[1:]
        return Table([], ends), texts
    count = drawn(array).size
    readings = [reading for text in texts[:count] if (reading := read(text, power))]
    return Table(readings), texts[count:]
