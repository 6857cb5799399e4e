"""A diagram that can be stepped through: its pictures, its steps and its numbers as data, beside a still picture."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import numpy as np

from minigraph.diagram.labels.look import Look
from minigraph.diagram.layout.dot import Writer, canvas
from minigraph.diagram.layout.engines import render_svgs
from minigraph.diagram.web.numbers import Arrays
from minigraph.diagram.web.shell import as_data, document
from minigraph.diagram.web.stage import Part, Stage, Wire, shortened, staged
from minigraph.diagram.web.states import can_open, states
from minigraph.diagram.web.steps import Step, steps
from minigraph.diagram.web.words import WORDS, words
from minigraph.expand import Place, Places
from minigraph.graph import Node, Op
from minigraph.scene.phrases import Language, translated
from minigraph.scene.symbols import Term

__all__ = ["SCRIPTS", "STYLES", "Player", "page"]

STYLES = ("player.css",)
LARGEST_STILL = 200_000  # characters of a picture for readers without scripts
SIGN = re.compile("<text[^>]*>[⊞⊟]</text>")  # of what opens and closes
SCRIPTS = ("numbers.js", "stage.js", "panel.js", "player.js")


class Player:
    """What it takes to step through one diagram.

    look_at: how the graph looks with composites at certain places opened · first: those that are open at first.
    """

    def __init__(
        self, look_at: Callable[[Places], Look], first: Places, title: str, language: Language, theme: str = "light"
    ) -> None:
        self.look_at, self.first, self.title, self.language, self.theme = look_at, first, title, language, theme

    def figure(self, id: str, still: str, at_end: bool = False) -> str:
        """The diagram as a part of a page.

        still: the picture in SVG, for readers without scripts · at_end: begins with everything computed.
        """
        data, still = as_data(self.data(id), **{"class": "mg-data"}), shortened(still)
        if len(still) > LARGEST_STILL:
            says = translated("A diagram of this size needs JavaScript.", self.language)
            still = f"<noscript>{escape(says)}</noscript>"
        start, label = ' data-start="end"' if at_end else "", escape(self.title)
        return (
            f'<section class="mg-player" id="{id}-player" lang="{self.language}" aria-label="{label}"{start}>\n'
            f'<div class="mg-still">{still}</div>\n{data}\n</section>'
        )

    def data(self, id: str) -> dict[str, Any]:
        arrays, shared = Arrays(), _Shared()
        looks = states(self.first, self.look_at)
        writers = [Writer(look, canvas(look)) for look in looks.values()]
        svgs = render_svgs([writer.source() for writer in writers])
        found, offered = [], {place for places in looks for place in places}
        for places, writer, svg in zip(looks, writers, svgs):
            its_steps = steps(writer.look, arrays)
            state = _State(writer, staged(svg), its_steps, shared, arrays, offered).as_json()
            state["open"] = sorted(map(_written, places))
            state["steps"] = [shared.steps.number(step.as_json()) for step in its_steps]
            found.append(state)
        return {
            "id": id,
            "title": self.title,
            "words": words(WORDS, self.language),
            "pieces": shared.pieces.all,
            "told": shared.told.all,
            "steps": shared.steps.all,
            "states": found,
            "arrays": arrays.as_json(),
        }


class _Numbered:
    """Things of one kind, each once."""

    def __init__(self) -> None:
        self.all: list[Any] = []
        self.numbers: dict[str, int] = {}

    def number(self, thing: Any) -> int:
        key = repr(thing)
        if key not in self.numbers:
            self.numbers[key] = len(self.all)
            self.all.append(thing)
        return self.numbers[key]


class _Shared:
    """What is the same in many states: drawn pieces, what is said of parts, and steps."""

    def __init__(self) -> None:
        self.pieces, self.told, self.steps = _Numbered(), _Numbered(), _Numbered()


class _State:
    """One combination of open composites as data: where everything is, and the step with which it appears.

    offered: what is open in any combination.
    """

    def __init__(
        self, writer: Writer, stage: Stage, its_steps: list[Step], shared: _Shared, arrays: Arrays, offered: set[Place]
    ) -> None:
        self.writer, self.stage, self.shared, self.arrays, self.offered = writer, stage, shared, arrays, offered
        self.scene, self.symbols = writer.look.scene, writer.look.symbols
        # what opens in no state: in some, a fold leaves more blocks than where all are closed
        closed = (node for node in self.scene.ops if can_open(node) and not self._opens(node))
        self.shut = {f"o{self.scene.ids[node]}" for node in closed}
        self.shown_at = {part: n for n, step in enumerate(its_steps) for part in step.reveals}
        # the steps of the way back, with the gate, block or fold through which each leads
        self.backs = {n: step.through for n, step in enumerate(its_steps) if step.through}

    def as_json(self) -> dict[str, Any]:
        told = self._told()
        return {
            "size": [self.stage.width, self.stage.height],
            "clusters": [self._cluster(part) for part in self.stage.clusters],
            "nodes": [self._node(part, told[part.name]) for part in self.stage.nodes],
            "wires": [self._wire(wire) for wire in self.stage.wires],
        }

    def _opens(self, node: Node) -> bool:
        return can_open(node) and self.scene.places.get(node) in self.offered

    def _part(self, part: Part, is_shut: bool = False) -> dict[str, Any]:
        """is_shut: without the sign that invites to press it."""
        box = [round(part.x, 1), round(part.y, 1), part.width, part.height]
        markup = SIGN.sub("", part.markup, count=1) if is_shut else part.markup
        return {"box": box, "piece": self.shared.pieces.number(markup), "kinds": part.kinds}

    def _node(self, part: Part, told: dict[str, Any]) -> dict[str, Any]:
        found = self._part(part, part.name in self.shut) | {"at": self.shown_at.get(part.name, 0)}
        if f"{part.name}.g" in self.shown_at:
            found["gradientAt"] = self.shown_at[f"{part.name}.g"]
        return found | {"told": self.shared.told.number(told)}

    def _cluster(self, part: Part) -> dict[str, Any]:
        box = self.writer.boxes[f"cluster_{part.name}"]
        inside = [f"o{self.scene.ids[node]}" for node in self.scene.ops if box in node.scope]
        at = min((self.shown_at.get(name, 0) for name in inside), default=0)
        told = {"at": at, "key": f"box {part.name}", "name": self.scene.titles[box]}
        if box not in self.scene.places:  # it was opened before the graph was drawn, and stays open
            return self._part(part, is_shut=True) | told
        place = _written(self.scene.places[box])
        return self._part(part) | told | {"key": f"box {place}", "place": place}

    def _wire(self, wire: Wire) -> dict[str, Any]:
        """With the steps at which it takes part; the first of them draws it."""
        ends = wire.tail, wire.head
        at = [max(self.shown_at.get(end, 0) for end in ends)]
        if chips := [end for end in ends if end.startswith("g")]:
            at = [self.shown_at.get(chips[0], 0)]
        elif "bwd" in wire.kinds:  # where no backward has run, it comes with what it joins
            at = [n for n, through in self.backs.items() if through in ends] or at
        place = [round(wire.x, 1), round(wire.y, 1)]
        return {"box": place, "piece": self.shared.pieces.number(wire.markup), "kinds": wire.kinds, "at": at}

    def _told(self) -> dict[str, dict[str, Any]]:
        """What a page knows of each node: a key that is the same in all states, its name, its numbers."""
        found: dict[str, dict[str, Any]] = {}
        seen, drawn = Counter[str](), {*self.scene.nodes}
        for node in self.scene.graph.nodes:
            number, name = self.scene.ids[node], self.scene.names[node]
            seen[name] += 1
            key = name if seen[name] == 1 else f"{name} {seen[name]}"
            if node not in drawn:
                continue
            found[f"t{number}"] = {"key": f"card {key}", **self._card(node)}
            if node.op is None:
                continue
            if not self.scene.is_made_here(node):
                found[f"x{number}"] = {"key": f"fold {key}", "name": self.symbols.say("folded blocks")}
                continue
            found[f"o{number}"] = {"key": f"{'gate' if node.op.gate else 'block'} {key}", **self._op(node, node.op)}
            for edge in self.scene.returns[node]:
                chip: dict[str, Any] = {"key": f"chip {key} {edge.i}", "name": _said(self.symbols.statement(edge))}
                if edge.numbers is not None:
                    chip |= {"local": self.arrays.add(np.asarray(edge.numbers)), "symbol": self.symbols.local(edge)}
                found[f"g{number}_{edge.i}"] = chip
        return found

    def _card(self, node: Node) -> dict[str, Any]:
        role = self.scene.role(node)
        card: dict[str, Any] = {"name": self.symbols.name(node), "role": self.symbols.say(role) if role else ""}
        card["value"] = self.arrays.add(node.value)
        if self.scene.wants_gradient(node):
            card["gradientName"] = self.symbols.gradient(node)
            if node in self.scene.gradients:
                card["gradient"] = self.arrays.add(self.scene.gradients[node])
        return card

    def _op(self, node: Node, op: Op) -> dict[str, Any]:
        told = {"name": op.gate or self.scene.titles.get(node, op.name)}
        return told | ({"place": _written(self.scene.places[node])} if self._opens(node) else {})


def _said(terms: Sequence[Term]) -> str:
    return " ".join(term.text for term in terms)


def _written(place: Place) -> str:
    return ".".join(map(str, place))


def page(figures: Sequence[str], title: str, language: Language, theme: str = "light") -> str:
    """A whole page of one figure or several. theme: "dark" stays dark, others follow the reader's system."""
    single = " mg-single" if len(figures) == 1 else ""
    body = f'<main class="mg-page{single}">\n' + "\n".join(figures) + "\n</main>"
    return document(title, language, body, STYLES, SCRIPTS, theme if theme in ("dark", "print") else "")
