"""Numbers and names as they are written in a diagram."""

from __future__ import annotations

import math
import re
from html import escape

import numpy as np

from minigraph.arrays import Array

__all__ = [
    "bracketed", "cells", "clean", "constant", "markup", "pretty", "scalar", "size_text", "span", "special",
    "superscript",
]  # fmt: skip

SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def clean(text: str, longest: int = 40) -> str:
    """User text that no renderer can trip over: no control characters or lone surrogates, and not endless."""
    printable = "".join(c if c.isprintable() else "�" for c in text[:longest])
    return printable if len(text) <= longest else printable[:-1] + "…"


def pretty(name: str) -> str:
    """A name for display: W1 and W_1 are written W₁."""
    name = clean(name)
    numbered = re.fullmatch(r"([^\W\d_]{1,2})_?(\d{1,3})", name)
    return numbered[1] + numbered[2].translate(SUBSCRIPTS) if numbered else name


def markup(text: str) -> str:
    r"""Text for an HTML-like label, in which \N would be the node's id and \G the graph's."""
    return escape(text, quote=True).replace("\\", "\\\\")


def superscript(n: int) -> str:
    return str(n).translate(SUPERSCRIPTS)


def size_text(shape: tuple[int, ...]) -> str:
    """A shape as one says it: 2×3, 5."""
    return "×".join(map(str, shape))


def special(value: float) -> str | None:
    """The word for a number that is none."""
    if math.isnan(value):
        return "NaN"
    return None if math.isfinite(value) else "∞" if value > 0 else "−∞"


def bracketed(number: str) -> str:
    """A factor or later term: a negative one in brackets."""
    return f"({number})" if number.startswith("−") else number


def _minus(digits: str) -> str:
    """A real minus sign, and none before a rounded zero."""
    return digits.replace("-", "−") if digits.strip("-0.") else digits.replace("-", "")


def scalar(value: float, decimals: int = 2) -> str:
    """One number: integers bare, else `decimals`, or as many as it takes; very large or small: a power of ten."""
    if word := special(value):
        return word
    if value == round(value) and abs(value) < 1e5:
        return _minus(str(int(value)))
    if 1e-3 <= abs(value) < 1e5:
        lacking = max(0, -math.floor(math.log10(abs(value))) - 1) if abs(value) < 0.1 else 0
        return _minus(f"{value:.{decimals + lacking}f}")
    mantissa, exponent = f"{value:.2e}".split("e")
    return _minus(mantissa) + "·10" + superscript(int(exponent))


def constant(value: float) -> str:
    """A number of a formula, as one writes it: 0.5, 2, 10⁻³."""
    if word := special(value):
        return word
    mantissa, _, exponent = f"{value:.4g}".partition("e")
    if not exponent:
        return _minus(mantissa)
    sign = mantissa.removesuffix("1")
    power = "10" + superscript(int(exponent))
    return _minus(sign) + power if sign in ("", "-") else _minus(mantissa) + "·" + power


def cells(array: Array, digits: int = 2, largest: float | None = None) -> tuple[list[str], str]:
    """The elements of an array as texts of one style, and their common factor: "×10⁻³", or "" for none.

    largest: the magnitude that the factor is for, if not the array's own: that of several arrays, say.
    """
    values = [float(v) for v in array.flat]
    if largest is None:
        largest = max((abs(v) for v in values if math.isfinite(v)), default=0.0)
    power = 0
    if largest and not 0.05 <= largest < 1e4:
        power = max(math.floor(math.log10(largest)), -307)  # below, the power of ten itself would be 0
    scaled = [v / 10.0**power for v in values]

    def text(v: float) -> str:
        if word := special(v):
            return word
        bare = v == 0 or (not power and v == round(v) and abs(v) < 1e4)
        return _minus(str(int(v)) if bare else f"{v:.{digits}f}")

    return [text(v) for v in scaled], f"×10{superscript(power)}" if power else ""


def span(array: Array, none: str = "all NaN or ∞", some: str = "{0} NaN or ∞", digits: int = 2) -> str:
    """min … max of the finite elements, with what is not finite named after it, in these words."""
    finite = array[np.isfinite(array)]
    if not finite.size:
        return none
    low, high = scalar(float(finite.min()), digits), scalar(float(finite.max()), digits)
    odd = array.size - finite.size
    return (low if low == high else f"{low} … {high}") + (f", {some.format(odd)}" if odd else "")
