"""The frame of every page: one file with its styles, scripts and data inside, which asks no network for anything."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

from minigraph.diagram.labels.style import DARK, LEVELS, LIGHT, dark_rules, shade
from minigraph.scene.phrases import Language

__all__ = ["asset", "as_data", "document", "palette_css"]

POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; font-src data:"


def document(
    title: str, language: Language, body: str, styles: Sequence[str] = (), scripts: Sequence[str] = (), theme: str = ""
) -> str:
    """A whole page. body: HTML · styles, scripts: names of assets · theme: "light", "dark", or "" for the system's."""
    css = "\n".join([palette_css(), *map(asset, ("base.css", *styles))])
    script = "\n".join(['"use strict";', *map(asset, ("theme.js", *scripts))])
    chosen = f' data-theme="{theme}" data-fixed-theme="{theme}"' if theme else ""
    return f"""<!DOCTYPE html>
<html lang="{language}"{chosen}>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>
{css}
</style>
</head>
<body>
{body}
<script>
{script}
</script>
</body>
</html>
"""


@cache
def asset(name: str) -> str:
    """A style sheet or a script, without indents and lines of comment: of this package, or "another.package:name"."""
    package, _, file = name.rpartition(":")
    text = (files(package or __package__) / "assets" / file).read_text(encoding="utf-8")
    return "\n".join(line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("//"))


def as_data(value: Any, **attributes: str) -> str:
    """JSON in an element that shows nothing; no text in it can end the element, or be taken for markup."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    marks = "".join(f' {name}="{escape(content)}"' for name, content in attributes.items())
    return f'<script type="application/json"{marks}>{text}</script>'


@cache
def palette_css() -> str:
    """The colours as variables (--ink, --forward, --forward-0 … --forward-8 for sizes), light and dark."""
    light, dark = (";".join(f"--{name}:{colour}" for name, colour in _variables(palette)) for palette in (LIGHT, DARK))
    pictures = dark_rules('[data-theme="dark"] svg ')
    return f':root{{{light}}}\n@media screen{{[data-theme="dark"]{{color-scheme:dark;{dark}}}{pictures}}}'


def _variables(palette: Any) -> list[tuple[str, str]]:
    found = []
    for name, colour in vars(palette).items():
        if isinstance(colour, str):
            found.append((name.replace("_", "-"), colour))
        else:
            direction = name.removesuffix("_heat")
            found += [(f"{direction}-{n}", shade(colour, (n / (LEVELS - 1)) ** 1.25)) for n in range(LEVELS)]
    return found
