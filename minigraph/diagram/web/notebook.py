"""A page as the output of a notebook's cell: in a frame of its own, over a still picture."""

from __future__ import annotations

import re
from base64 import b64encode
from html import escape

from minigraph.scene.phrases import Language, translated

__all__ = ["framed"]

LARGEST_FRAME = 3_000_000  # characters; a notebook keeps each output in its file, and shows all of them at once
AROUND = 290  # pixels that buttons and panel take of a page
SHORTEST, HIGHEST = 480, 760
WIDE = 900  # pixels that a notebook usually has for a picture


def framed(page: str, svg: str, title: str, language: Language) -> str:
    """HTML that shows `page`; where a viewer takes frames out of what it does not trust, the picture `svg`.

    The frame lies over the picture and hides it. Being a document of its own it shares no name with others, and its
    sandbox lets it reach nothing outside.
    """
    width, height = _size(svg)
    room = min(max(AROUND + height * min(1.0, WIDE / width), SHORTEST), HIGHEST)
    label, source = escape(title), b64encode(svg.encode()).decode()
    image = (
        f'<img src="data:image/svg+xml;base64,{source}" width="{width:.0f}" alt="{label}" style="max-width:100%;'
        f'max-height:{room:.0f}px;object-fit:contain;object-position:left top">'
    )
    if len(page) > LARGEST_FRAME:
        says = translated("Too large for a notebook: .save('page.html') writes the page to step through.", language)
        return f"<div>{image}<p>{escape(says)}</p></div>"
    inside = escape(page, quote=False).replace("'", "&#39;")
    # not a grid, and no margins: marimo wraps frames, and without its frame the picture must not lie on what follows
    return (
        f'<div style="position:relative;min-height:{room:.0f}px">{image}'
        f'<iframe title="{label}" sandbox="allow-scripts" srcdoc=\'{inside}\' '
        'style="position:absolute;left:0;top:0;width:100%;height:100%;border:0;background:#fff"></iframe></div>'
    )


def _size(svg: str) -> tuple[float, float]:
    """Width and height in pixels."""
    found = re.search(r'viewBox="[-\d.]+ [-\d.]+ ([\d.]+) ([\d.]+)"', svg)
    assert found is not None
    return float(found[1]) * 4 / 3, float(found[2]) * 4 / 3
