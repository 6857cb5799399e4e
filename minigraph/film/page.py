"""The page of a film: its frames as data, and the scripts that scrub through them."""

from __future__ import annotations

from html import escape
from typing import Any

from minigraph.diagram.layout.engines import render_svgs
from minigraph.diagram.web.numbers import Arrays, number
from minigraph.diagram.web.shell import as_data, document
from minigraph.diagram.web.words import words
from minigraph.film.pictures import Pictures
from minigraph.film.pieces import alike
from minigraph.film.regions import plane
from minigraph.film.story import Story
from minigraph.film.words import WORDS
from minigraph.graph import Node
from minigraph.scene.text import clean

__all__ = ["film_page"]

SCRIPTS = ("numbers.js", *(f"minigraph.film:{name}.js" for name in ("network", "curve", "plane", "film")))
PARAMETERS = 24  # that have tables; of more, the first ones


def film_page(story: Story, pictures: Pictures, theme: str = "") -> str:
    """theme: "light", "dark" or "print" stays so; "" follows the reader's system."""
    name = pictures.title or pictures.symbols.say("training: {0}", pictures.symbols.name(story.graph.output))
    title = clean(name, 200)
    data = as_data(_data(story, pictures, title), **{"class": "mg-data"})
    body = (
        f'<main class="mg-page"><section class="mg-film" lang="{pictures.language}" aria-label="{escape(title)}">\n'
        f"{data}\n</section></main>"
    )
    return document(title, pictures.language, body, ("minigraph.film:film.css",), SCRIPTS, theme)


def _data(story: Story, pictures: Pictures, title: str) -> dict[str, Any]:
    found, neurons = plane(story), [sheet.source for sheet, _ in pictures.neurons()]
    parameters, arrays = story.graph.parameters[:PARAMETERS], Arrays()
    told = [_parameter(story, pictures, node, arrays) for node in parameters]
    return {
        "title": title,
        "words": words(WORDS, pictures.language),
        "steps": [frame.step for frame in story.frames],
        "losses": [None if frame.loss is None else number(frame.loss) for frame in story.frames],
        "captions": [pictures.caption(frame) for frame in story.frames],
        "parameters": told,
        "arrays": arrays.as_json(),
        "left": len(story.graph.parameters) - len(parameters),
        "network": alike(render_svgs(neurons)) if neurons else None,
        "plane": found.as_json() if found else None,
    }


def _parameter(story: Story, pictures: Pictures, node: Node, arrays: Arrays) -> dict[str, Any]:
    return {
        "name": pictures.symbols.name(node),
        "gradientName": pictures.symbols.gradient(node),
        "values": [arrays.add(frame.parameters[node]) for frame in story.frames],
        "gradients": (
            [arrays.add(g[node]) if node in g else None for g in (frame.gradients for frame in story.frames)]
            if node.requires_grad
            else None
        ),
        "widest": [number(v) for v in story.widest[node]],
    }
