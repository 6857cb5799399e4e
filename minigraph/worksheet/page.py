"""The page of an exercise: inputs in the blanks of a picture, and what it takes to check them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape
from typing import Any
from xml.etree import ElementTree

from minigraph.arrays import Array
from minigraph.diagram.labels.blanks import LABEL_WIDTH, Cell
from minigraph.diagram.layout.svg import SVG, rectangle
from minigraph.diagram.web.markup import graph_of
from minigraph.diagram.web.shell import as_data, document
from minigraph.diagram.web.words import words
from minigraph.graph import Node
from minigraph.scene.content import Scene
from minigraph.scene.symbols import Symbols
from minigraph.scene.text import scalar
from minigraph.worksheet.mistakes import KINDS, Mistakes

__all__ = ["Page"]

HERE = "minigraph.worksheet"
WORDS = {
    "check": "check",
    "show": "show answer",
    "score": "{0} of {1} right",
    "open": "{0} still empty",
    "lookedUp": "{0} looked up",
    "all": "all right!",
    "dark": "dark",
    "light": "light",
    "right": "right",
    "wrong": "wrong",
    "shown": "answer shown",
    "blank": "blank {0}: {1}",
    "notYet": "not right yet",
    "noNumber": "this is not a number: write −0.12 or 1/3",
    "or": "{0}, or {1}",
    "rounded": "rounded too far: give one more digit",
}
INTRODUCTION = "Fill in the boxes, then press check, or Enter. {0} digits after the point will do, or a fraction: −1/3."
ROUNDING = 1e-9  # of the computer's own, far below what anybody writes


@dataclass(frozen=True)
class Page:
    """answers: whether this is the page of the key, which has nothing to fill in."""

    scene: Scene
    symbols: Symbols
    asked: Mapping[Cell, str]
    digits: int
    title: str
    theme: str
    name_line: bool
    answers: bool = False

    def of_answers(self) -> Page:
        return replace(self, answers=True)

    def answer(self, cell: Cell) -> float:
        """The right number."""
        array = self.scene.gradients[cell.node] if cell.is_gradient else cell.node.value
        return float(array.flat[cell.place])

    def html(self, svg: str, id: str) -> str:
        say = self.symbols.say
        width, height, places = _places(svg, f"{id}-blank-")
        heading = [f"<h1>{escape(self.title)}</h1>"]
        if self.name_line:
            heading.append(f'<p class="mg-name"><span>{say("Name")}</span><span>{say("Date")}</span></p>')
        if self.answers:
            heading.append(f"<p>{say('Answer key')}</p>")
        else:
            heading.append(f'<p class="mg-intro">{escape(say(INTRODUCTION, self.digits))}</p>')
        around = f'style="--width:{width:g};--height:{height:g}"'
        where = escape(say("picture: scroll sideways"))
        picture = (
            f'<div class="mg-scroll" tabindex="0" role="region" aria-label="{where}">'
            f'<div class="mg-picture" {around}>{svg}<div class="mg-inputs"></div></div></div>'
        )
        parts = [*heading, picture]
        if not self.answers:
            data = as_data(self._data(places), **{"class": "mg-data"})
            parts += ['<div class="mg-tools"></div>', f'<ol class="mg-marks" aria-label="{say("results")}"></ol>', data]
        body = f'<main class="mg-sheet" aria-label="{escape(say("worksheet"))}">\n' + "\n".join(parts) + "\n</main>"
        fixed = self.theme if self.theme in ("dark", "print") else ""
        return document(self.title, self.symbols.language, body, [f"{HERE}:sheet.css"], [f"{HERE}:sheet.js"], fixed)

    def _data(self, places: Mapping[str, tuple[float, float, float, float]]) -> dict[str, Any]:
        language = self.symbols.language
        return {
            "words": words(WORDS, language),
            "hints": words(KINDS, language),
            "digits": self.digits,
            "cells": [
                {"name": name, "says": self._says(cell), "place": places[name]} | answer
                for (cell, name), answer in zip(self.asked.items(), self.checks())
            ],
        }

    def _says(self, cell: Cell) -> str:
        """∂L/∂W, row 1, column 2."""
        node, say = cell.node, self.symbols.say
        name = self.symbols.gradient(node) if cell.is_gradient else self.symbols.name(node)
        if not node.value.ndim:
            return name
        if node.value.ndim == 1:
            return f"{name}, {say('element {0}', cell.place + 1)}"
        row, column = divmod(cell.place, node.shape[1])
        return f"{name}, {say('row {0}, column {1}', row + 1, column + 1)}"

    def checks(self) -> list[dict[str, Any]]:
        """For each blank the answer as the key shows it, what else is right, how near is near enough, and the typical
        wrong numbers with the mistakes behind them."""
        mistakes = Mistakes(self.scene, self.digits)
        known: dict[tuple[Node, bool], _Known] = {}
        found = []
        for cell in self.asked:
            array = cell.node, cell.is_gradient
            if array not in known:
                right, by_hand = mistakes.right(*array), mistakes.right_by_hand(*array)
                known[array] = _Known(right, by_hand, mistakes.of(*array))
            found.append(self._answer(known[array], cell))
        return found

    def _answer(self, known: _Known, cell: Cell) -> dict[str, Any]:
        exact, by_hand = (float(array.flat[cell.place]) for array in (known.right, known.by_hand))
        digits = self.digits + (cell.node.value.ndim == 0 and not self.scene.is_circuit)
        shown = scalar(exact, digits)
        near = max(_half_a_unit(shown, digits), abs(exact) / 100, ROUNDING)
        right = {_short(exact), _short(by_hand)}
        if float(f"{exact:.{self.digits}f}"):
            right.add(float(f"{exact:.{self.digits}f}"))
        wrong: dict[float, set[str]] = {}
        for kind, arrays in known.wrong.items():
            for value in {_short(float(array.flat[cell.place])) for array in arrays}:
                if all(abs(value - each) > near for each in (exact, by_hand)):
                    wrong.setdefault(value, set()).add(kind)
        listed = [[value, sorted(kinds)] for value, kinds in sorted(wrong.items())]
        return {"shown": shown, "right": sorted(right), "near": near, "wrong": listed}


@dataclass(frozen=True)
class _Known:
    """An array's right numbers, those from the numbers on the sheet, and the typical wrong ones."""

    right: Array
    by_hand: Array
    wrong: dict[str, list[Array]]


def _half_a_unit(shown: str, digits: int) -> float:
    """Half a unit of the last digit that is shown; of a bare integer, of the last one that could be."""
    mantissa, _, power = shown.partition("·10")
    decimals = len(mantissa.partition(".")[2]) or digits
    exponent = int(power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))) if power else 0
    return float(0.5 * 10.0 ** (exponent - decimals))


def _short(value: float) -> float:
    return float(f"{value:.9g}") + 0.0


def _places(svg: str, prefix: str) -> tuple[float, float, dict[str, tuple[float, float, float, float]]]:
    """The size of a picture, and where in it each blank is: left, top, width and height, without its label."""
    root = ElementTree.fromstring(svg)
    across, down, width, height = (float(n) for n in root.get("viewBox", "").split())
    graph, dx, dy = graph_of(root)
    places = {}
    for group in graph.iter(f"{{{SVG}}}g"):
        name = group.get("id", "")
        if name.startswith(prefix):
            box = next(found for child in group.iter() if (found := rectangle(child)) is not None)
            left, top = box[0] + dx - across + LABEL_WIDTH, box[1] + dy - down
            size = box[2] - box[0] - LABEL_WIDTH, box[3] - box[1]
            places[name.removeprefix(prefix)] = round(left, 2), round(top, 2), round(size[0], 2), round(size[1], 2)
    return width, height, places
