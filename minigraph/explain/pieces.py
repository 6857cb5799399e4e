"""Formulas put together from pieces, in Unicode and in LaTeX at once, with brackets only where a reader needs them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from minigraph.explain import latex

__all__ = ["NOTHING", "Piece", "bracketed", "derivative", "joined", "plain", "prefixed", "product", "width", "words"]

Level = Literal["atom", "quotient", "elementwise", "matrix", "sum"]


@dataclass(frozen=True)
class Piece:
    """A formula in both scripts. level: what holds it together outermost · negative: whether it begins with a minus."""

    text: str
    latex: str
    level: Level = "atom"
    negative: bool = False

    def __bool__(self) -> bool:
        return bool(self.text)


NOTHING = Piece("", "")


def plain(text: str, names: dict[str, tuple[str, str]] | None = None) -> Piece:
    """A formula that stands as it is written. names: what single characters of it stand for, in both scripts."""
    names = names or {}
    text = _without_brackets(text)
    written = "".join(names[c][0] if c in names else c for c in text)
    return Piece(
        written, latex.formula(text, {c: pair[1] for c, pair in names.items()}), _level(text), text.startswith("−")
    )


def words(text: str) -> Piece:
    """A phrase, in which there may be signs."""
    runs = re.split(r"([A-Za-z가-힣0-9 ,.:-]+)", text)  # every second one is of plain words
    written = (f"\\text{{{run}}}" if i % 2 else latex.formula(run) for i, run in enumerate(runs) if run)
    return Piece(text, "".join(written))


def derivative(of: Piece, by: Piece) -> Piece:
    """∂f/∂x."""
    return Piece(f"∂{of.text}/∂{by.text}", rf"\frac{{\partial {of.latex}}}{{\partial {by.latex}}}")


def product(left: Piece, sign: str, right: Piece, level: Level = "elementwise") -> Piece:
    """left · right. A product of one kind needs no brackets in another of its kind."""
    a, b = _factor(left, level, first=True), _factor(right, level, first=False)
    signs = {"·": r"\cdot", "×": r"\times", "⊙": r"\odot", "": r"\,"}
    text = f"{a.text} {sign} {b.text}" if sign else f"{a.text} {b.text}"
    return Piece(text, f"{a.latex} {signs[sign]} {b.latex}", level, a.negative)


def prefixed(sign: str, of: Piece) -> Piece:
    """Σₙ of something: of a whole product as it stands, unless its first brackets could be taken for all of it."""
    unclear = of.level == "sum" or of.negative or (of.level != "atom" and of.text.startswith("("))
    inside = bracketed(of) if unclear else of
    return Piece(f"{sign} {inside.text}", f"{latex.formula(sign)} {inside.latex}", "sum")


def joined(pieces: Iterable[Piece], separator: str = "") -> Piece:
    """Pieces one after another, `separator` (a formula itself) in between."""
    found = [piece for piece in pieces if piece]
    between = {" ": " ", ", ": r",\ ", " = ": " = ", " + ": " + "}.get(separator) or f" {latex.formula(separator)} "
    level: Level = found[0].level if len(found) == 1 else "sum"
    return Piece(separator.join(p.text for p in found), between.join(p.latex for p in found), level)


def bracketed(piece: Piece) -> Piece:
    return Piece(f"({piece.text})", rf"\left({piece.latex}\right)")


def _factor(piece: Piece, level: Level, first: bool) -> Piece:
    """A piece as a factor of a product of this level. A fraction in LaTeX has its bar for brackets."""
    wrapped = bracketed(piece)
    if piece.negative and not first:
        return wrapped
    if piece.level == "quotient":
        bare = r"\frac" in piece.latex and "/" not in piece.latex
        return replace(wrapped, latex=piece.latex, negative=piece.negative) if bare else wrapped
    return piece if piece.level in ("atom", level) else wrapped


def _level(text: str) -> Level:
    """What stands outside all brackets: a sum, a quotient, a product, or nothing that could come apart."""
    depth, signs = 0, ""
    for i, c in enumerate(text):
        depth += (c in "([{") - (c in ")]}")
        if depth == 0 and i and not c.isalnum():
            signs += c
    if re.search("[-+−=<>≤≥]", signs):
        return "sum"
    return "quotient" if "/" in signs else "elementwise" if re.search("[ ·×⊙]", signs) else "atom"


def _without_brackets(text: str) -> str:
    """(P − T) alone needs no brackets."""
    inside, depth = text[1:-1], 0
    if not (text.startswith("(") and text.endswith(")")):
        return text
    for c in inside:
        depth += (c == "(") - (c == ")")
        if depth < 0:
            return text
    return inside


def width(text: str) -> int:
    """How many columns of a terminal a text takes: two for a Korean syllable, none for a combining accent."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
