"""How wide a text is, without asking any installed font: so that a diagram has the same layout on every machine.

Thousandths of the font size. The faces are those that every system has in some metric-compatible form: Helvetica
(Arial, Liberation Sans, Arimo) and Times (Liberation Serif, Tinos). Facts from the fonts' own tables.
"""

from __future__ import annotations

import unicodedata

__all__ = ["SANS", "SANS_BOLD", "SERIF_BOLD_ITALIC", "SERIF_ITALIC", "text_width"]

Face = tuple[int, ...]  # the widths of the characters from the space to "~"

SANS: Face = (
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556,
    556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278,
    500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469,
    556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500,
    278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
)
SANS_BOLD: Face = (
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556,
    556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611, 975, 722, 722, 722, 722, 667, 611, 778, 722, 278,
    556, 722, 611, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584,
    556, 333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611, 611, 611, 389, 556,
    333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584,
)
SERIF_ITALIC: Face = (
    250, 333, 420, 500, 500, 833, 778, 214, 333, 333, 500, 675, 250, 333, 250, 278, 500, 500, 500, 500, 500,
    500, 500, 500, 500, 500, 333, 333, 675, 675, 675, 500, 920, 611, 611, 667, 722, 611, 611, 722, 722, 333,
    444, 667, 556, 833, 667, 722, 611, 722, 611, 500, 556, 722, 611, 833, 611, 556, 556, 389, 278, 389, 422,
    500, 333, 500, 500, 444, 500, 444, 278, 500, 500, 278, 278, 444, 278, 722, 500, 500, 500, 500, 389, 389,
    278, 500, 444, 667, 444, 444, 389, 400, 275, 400, 541,
)
SERIF_BOLD_ITALIC: Face = (
    250, 389, 555, 500, 500, 833, 778, 278, 333, 333, 500, 570, 250, 333, 250, 278, 500, 500, 500, 500, 500,
    500, 500, 500, 500, 500, 333, 333, 570, 570, 570, 500, 832, 667, 667, 667, 722, 667, 667, 722, 778, 389,
    500, 667, 611, 889, 722, 722, 611, 722, 667, 556, 611, 722, 667, 889, 667, 611, 611, 333, 278, 333, 570,
    500, 333, 500, 500, 444, 500, 444, 333, 500, 556, 278, 278, 500, 278, 778, 556, 500, 500, 500, 389, 389,
    278, 556, 444, 667, 500, 444, 389, 348, 220, 348, 570,
)

SYMBOLS = {
    "−": 600, "×": 600, "·": 280, "…": 1000, "⋯": 1000, "Σ": 620, "∂": 500, "÷": 550, "→": 1000, "∞": 720, "≤": 550,
    "≥": 550, "≠": 550, "ℓ": 430, "√": 550, "⊙": 840, "⊕": 840, "⊞": 860, "⊟": 860, "ᵀ": 500, "✓": 820, "✗": 760,
}  # fmt: skip


def text_width(text: str, face: Face, size: float) -> float:
    """The width of `text` in points."""
    return sum(_character(c, face) for c in text) * size / 1000


def _character(c: str, face: Face) -> int:
    if " " <= c <= "~":
        return face[ord(c) - 32]
    if c in SYMBOLS:
        return SYMBOLS[c]
    if unicodedata.east_asian_width(c) in "WF":
        return 1000
    if unicodedata.combining(c):
        return 0
    if "SUPERSCRIPT" in (name := unicodedata.name(c, "")) or "SUBSCRIPT" in name or "MODIFIER" in name:
        return 420
    base = unicodedata.normalize("NFD", c)[0]
    return face[ord(base) - 32] if " " <= base <= "~" else 620
