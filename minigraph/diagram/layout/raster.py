"""An SVG for a rasteriser whose fonts are not those the layout reckoned with.

resvg sets a whole text in another font as soon as one character is missing, and that font may be wider. Every text is
therefore cut into plain characters, foreign letters (whole words, since they may join), and symbols one by one, and
each piece put where the layout has its place.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from minigraph.diagram.labels import widths
from minigraph.diagram.layout.svg import SVG

__all__ = ["placed"]

PIECE = re.compile("[ -~]+|[\u1d00-\u2fff\U0001d400-\U0001faff]|[^ -~\u1d00-\u2fff\U0001d400-\U0001faff]+")
BEFORE = {"start": 0.0, "middle": 0.5, "end": 1.0}


def placed(svg: str) -> str:
    root = ElementTree.fromstring(svg)
    for parent in list(root.iter()):
        parent[:] = [
            part for child in parent for part in (_pieces(child) if child.tag == f"{{{SVG}}}text" else [child])
        ]
    return ElementTree.tostring(root, encoding="unicode")


def _pieces(text: ElementTree.Element) -> list[ElementTree.Element]:
    face, size = _face(text), float(text.get("font-size", "14"))
    runs = [(run, widths.text_width(run, face, size)) for run in PIECE.findall(text.text or "")]
    x = float(text.get("x", "0")) - BEFORE[text.get("text-anchor", "start")] * sum(width for _, width in runs)
    pieces = []
    for run, width in runs:
        piece = ElementTree.Element(text.tag, text.attrib | {"x": f"{x + width / 2:.2f}", "text-anchor": "middle"})
        piece.text = run
        if run.isascii():
            piece.attrib |= {"textLength": f"{width:.2f}", "lengthAdjust": "spacingAndGlyphs"}
        if run == "ᵀ":
            piece.attrib.pop("font-weight", None)  # DejaVu Serif Bold, a likely stand-in, has an S in its place
        pieces.append(piece)
        x += width
    return pieces


def _face(text: ElementTree.Element) -> widths.Face:
    bold = text.get("font-weight") == "bold"
    if text.get("font-family", "").startswith("Times"):
        return widths.SERIF_BOLD_ITALIC if bold else widths.SERIF_ITALIC
    return widths.SANS_BOLD if bold else widths.SANS
