"""The arguments that all kinds of pictures have in common: what they may be, and what they mean."""

from __future__ import annotations

import re
from typing import Literal

import numpy as np

from minigraph.diagram.labels.look import Detail, Direction
from minigraph.diagram.labels.style import THEMES, Palette, dark_css
from minigraph.graph import Graph, Node
from minigraph.scene.phrases import LANGUAGES, Language

__all__ = ["Detail", "Direction", "Language", "Theme", "View", "as_root", "as_row", "checked", "colours"]

Theme = Literal["light", "dark", "print", "auto"]
View = Literal["graph", "neurons", "neuron-gradients"]
KNOWN = {
    "view": ("graph", "neurons", "neuron-gradients"),
    "detail": ("symbols", "values", "full"),
    "direction": ("LR", "TB"),
    "theme": (*THEMES, "auto"),
    "language": LANGUAGES,
}


def checked(
    who: str,
    *,
    id: str | None = None,
    title: str | None = None,
    titles: tuple[str, str] = ("", ""),
    max_nodes: int | None = None,
    digits: int = 2,
    **options: str,
) -> None:
    """ValueError (or TypeError) for an argument that is none."""
    for name, number, least in (("max_nodes", max_nodes, 1), ("digits", digits, 0)):
        if number is not None and (isinstance(number, bool) or not isinstance(number, int) or number < least):
            raise ValueError(f"{who}: {name} is {number!r}, but must be a whole number, {least} or more")
    if not isinstance(titles, (tuple, list)) or len(titles) != 2 or not all(isinstance(text, str) for text in titles):
        raise ValueError(f"{who}: titles is {titles!r}, but must be two strings")
    for name, text in (("title", title), ("id", id)):
        if text is not None and not isinstance(text, str):
            raise TypeError(f"{who}: {name} is {text!r}, but must be a string")
    for name, value in options.items():
        if value not in KNOWN[name]:
            raise ValueError(f"{who}: {name} is {value!r}, but must be one of {', '.join(map(repr, KNOWN[name]))}")
    if id is not None and not re.fullmatch(r"[A-Za-z][\w-]{0,40}", id, re.ASCII):
        raise ValueError(f"{who}: id is {id!r}, but must be a letter, then at most 40 letters, digits, _ or -")


def as_row(who: str, sample: int | None) -> int | None:
    """`sample` as an int; errors: TypeError for what is none."""
    if sample is None:
        return None
    if isinstance(sample, (bool, np.bool_)) or not isinstance(sample, (int, np.integer)):
        raise TypeError(f"{who}: sample is {sample!r}, but must be an int")
    return int(sample)


def as_root(who: str, what: Node | Graph) -> Node:
    root = what.output if isinstance(what, Graph) else what
    if not isinstance(root, Node):
        raise TypeError(f"{who}: needs a Node or a Graph, got {type(what).__name__}")
    return root


def colours(theme: Theme) -> tuple[Palette, str]:
    """The palette, and the CSS that an SVG gets."""
    return (THEMES["light"], dark_css()) if theme == "auto" else (THEMES[theme], "")
