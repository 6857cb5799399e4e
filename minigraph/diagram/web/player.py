"""A diagram that can be stepped through: its pictures, its steps and its numbers as data, beside a still picture."""

from __future__ import annotations

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
from minigraph.graph import Node
from minigraph.scene.phrases import Language, translated
from minigraph.scene.symbols import Term

__all__ = ["SCRIPTS", "STYLES", "Player", "page"]

STYLES = ("player.css",)
LARGEST_STILL = 200_000  # characters of a picture for readers without scripts
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
        self.shown_at = {part: n for n, step in enumerate(its_steps) for part in step.reveals}
        # the steps of the way back, with the gate, block or fold through which each leads
        self.backs = {n: step.through for n, step in enumerate(its_steps) if step.through}

    def as_json(self) -> dict[str, Any]:
        told = self._told()
        return {
            "size": [self.stage.width, self.stage.height],
            "clusters": [self._part(part) | self._cluster(part.name) for part in self.stage.clusters],
            "nodes": [
                self._part(part) | self._shown(part.name) | {"told": self.shared.told.number(told[part.name])}
                for part in self.stage.nodes
            ],
            "wires": [self._wire(wire) for wire in self.stage.wires],
        }

    def _part(self, part: Part) -> dict[str, Any]:
        box = [round(part.x, 1), round(part.y, 1), part.width, part.height]
        return {"box": box, "piece": self.shared.pieces.number(part.markup), "kinds": part.kinds}

    def _shown(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = {"at": self.shown_at.get(name, 0)}
        if f"{name}.g" in self.shown_at:
            found["gradientAt"] = self.shown_at[f"{name}.g"]
        return found

    def _cluster(self, name: str) -> dict[str, Any]:
        box = self.writer.boxes[f"cluster_{name}"]
        inside = [f"o{self.scene.ids[node]}" for node in self.scene.ops if box in node.scope]
        at = min((self.shown_at.get(part, 0) for part in inside), default=0)
        found = {"at": at, "key": f"box {name}", "name": self.scene.titles[box]}
        if box in self.scene.places:  # else it was opened before the graph was drawn, and stays open
            found["place"] = _written(self.scene.places[box])
            found["key"] = f"box {found['place']}"
        return found

    def _wire(self, wire: Wire) -> dict[str, Any]:
        """With the steps at which it takes part; the first of them draws it."""
        ends = wire.tail, wire.head
        if "fwd" in wire.kinds:
            at = [max(self.shown_at.get(end, 0) for end in ends)]
        elif chips := [end for end in ends if end.startswith("g")]:
            at = [self.shown_at.get(chips[0], 0)]
        else:
            at = [n for n, through in self.backs.items() if through in ends] or [len(self.shown_at)]
        place = [round(wire.x, 1), round(wire.y, 1)]
        return {"box": place, "piece": self.shared.pieces.number(wire.markup), "kinds": wire.kinds, "at": at}

    def _told(self) -> dict[str, dict[str, Any]]:
        """What a page knows of each node: a key that is the same in all states, its name, its numbers."""
        found: dict[str, dict[str, Any]] = {}
        names = self.scene.names
        seen: dict[str, int] = {}
        for node in self.scene.graph.nodes:
            number, name = self.scene.ids[node], names[node]
            seen[name] = seen.get(name, 0) + 1
            key = name if seen[name] == 1 else f"{name} {seen[name]}"
            found[f"t{number}"] = {"key": f"card {key}", **self._card(node)}
            kind = "gate" if node.op is not None and node.op.gate else "block"
            found[f"o{number}"] = {"key": f"{kind} {key}", **self._op(node)}
            found[f"x{number}"] = {"key": f"fold {key}", "name": self.symbols.say("folded blocks")}
            for edge in self.scene.returns[node]:
                chip: dict[str, Any] = {"key": f"chip {key} {edge.i}", "name": _said(self.symbols.statement(edge))}
                if edge.numbers is not None:
                    chip |= {"local": self.arrays.add(np.asarray(edge.numbers)), "symbol": self.symbols.local(edge)}
                found[f"g{number}_{edge.i}"] = chip
        return found

    def _card(self, node: Node) -> dict[str, Any]:
        if node not in self.scene.nodes:
            return {}
        role = self.scene.role(node)
        card: dict[str, Any] = {"name": self.symbols.name(node), "role": self.symbols.say(role) if role else ""}
        card["value"] = self.arrays.add(node.value)
        if self.scene.wants_gradient(node):
            card["gradientName"] = self.symbols.gradient(node)
            if node in self.scene.gradients:
                card["gradient"] = self.arrays.add(self.scene.gradients[node])
        return card

    def _op(self, node: Node) -> dict[str, Any]:
        if node.op is None:
            return {}
        op: dict[str, Any] = {"name": node.op.gate or self.scene.titles.get(node, node.op.name)}
        # in some states a fold leaves more blocks than where all are closed, and these open in none
        if can_open(node) and self.scene.places.get(node) in self.offered:
            op["place"] = _written(self.scene.places[node])
        return op


def _said(terms: Sequence[Term]) -> str:
    return " ".join(term.text for term in terms)


def _written(place: Place) -> str:
    return ".".join(map(str, place))


def page(figures: Sequence[str], title: str, language: Language, theme: str = "light") -> str:
    """A whole page of one figure or several. theme: "dark" stays dark, others follow the reader's system."""
    single = " mg-single" if len(figures) == 1 else ""
    body = f'<main class="mg-page{single}">\n' + "\n".join(figures) + "\n</main>"
    return document(title, language, body, STYLES, SCRIPTS, theme if theme in ("dark", "print") else "")
