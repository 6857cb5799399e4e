"""What all labels of one diagram share: the scene, its symbols, the colours, and how much is to be said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from minigraph.arrays import Array
from minigraph.checks import Check
from minigraph.diagram.boxes import Box, Run
from minigraph.diagram.content import Edge, Scene
from minigraph.diagram.style import Palette
from minigraph.diagram.symbols import Symbols, Term
from minigraph.diagram.tables import array_box, range_text
from minigraph.diagram.text import size_text
from minigraph.graph import Node

__all__ = ["Detail", "Direction", "Look"]

Detail = Literal["symbols", "values", "full"]
Direction = Literal["LR", "TB"]


@dataclass(frozen=True)
class Look:
    scene: Scene
    symbols: Symbols
    palette: Palette
    detail: Detail = "values"
    direction: Direction = "LR"
    sample: int | None = None
    title: str | None = None
    prefix: str = ""  # of the ids, where several scenes are in one picture
    checks: Mapping[Edge, Check] = field(default_factory=dict)

    @property
    def runs_down(self) -> bool:
        return self.direction == "TB"

    def array(self, node: Node, array: Array, colour: str, heat: tuple[str, str]) -> Box:
        """The value or gradient of a node, or the one row of it that is looked at."""
        note = ""
        if self.sample is not None and node in self.scene.batched:
            note = self.symbols.say("row {0} of {1}", self.sample, len(array))
            array = array[self.sample : self.sample + 1]
        return self.table(array, colour, heat, note)

    def table(self, array: Array, colour: str, heat: tuple[str, str], note: str = "") -> Box:
        decimals = 2 if self.scene.is_circuit else 3
        return array_box(array, colour, heat, self.palette, decimals, note, self.symbols.language)

    def tooltip(self, node: Node, is_gradient: bool) -> str:
        """What is said when one points at a value or gradient."""
        name = self.symbols.gradient(node) if is_gradient else self.symbols.name(node)
        array = self.scene.gradients.get(node) if is_gradient else node.value
        if array is None or not array.size:
            says = self.symbols.say("not computed" if array is None else "empty")
        else:
            says = range_text(array, self.symbols.language)
        return f"{name} {size_text(node.shape)}: {says}".replace(" :", ":")

    def run(self, term: Term, size: float, sign_size: float) -> Run:
        """A term of a formula in its hue."""
        p = self.palette
        if term.kind == "sign":
            return Run(term.text, p.mute, sign_size)
        is_local = term.kind == "local"
        return Run(term.text, p.local if is_local else p.backward, size, True, bold=is_local)
