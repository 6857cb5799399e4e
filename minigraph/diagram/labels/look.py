"""What all labels of one diagram share: the scene, its symbols, the colours, and how much is to be said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from minigraph.arrays import Array
from minigraph.checks import Check
from minigraph.diagram.labels.blanks import Hidden, table_with_blanks
from minigraph.diagram.labels.boxes import Box, Run
from minigraph.diagram.labels.style import Palette
from minigraph.diagram.labels.tables import Style, array_box, range_text
from minigraph.graph import Node
from minigraph.scene.content import Edge, Scene
from minigraph.scene.findings import broken_formulas, changed_leaves, edge_origins, origins, outdated
from minigraph.scene.symbols import Symbols, Term
from minigraph.scene.text import scalar, size_text

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
    digits: int = 2
    checks: Mapping[Edge, Check] = field(default_factory=dict)
    hidden: Hidden | None = None

    @cached_property
    def origins(self) -> dict[Node, str]:
        return origins(self.scene)

    @cached_property
    def edge_origins(self) -> dict[Edge, str]:
        return edge_origins(self.scene)

    @cached_property
    def broken_formulas(self) -> Mapping[Edge, Array]:
        return broken_formulas(self.scene)

    @cached_property
    def changed(self) -> list[Node]:
        return changed_leaves(self.scene)

    @cached_property
    def outdated(self) -> set[Node]:
        return outdated(self.scene)

    @property
    def runs_down(self) -> bool:
        return self.direction == "TB"

    def array(self, node: Node, array: Array, colour: str, heat: tuple[str, str], is_gradient: bool = False) -> Box:
        """The value or gradient of a node, or the one row of it that is looked at."""
        if self.hidden is not None and self.hidden.hides(node, is_gradient):
            digits = self.digits + (array.ndim == 0 and not self.scene.is_circuit)
            return table_with_blanks(self.hidden, node, is_gradient, array, heat, self.palette, digits, self.prefix)
        note = ""
        if self.sample is not None and node in self.scene.batched:
            note = self.symbols.say("row {0} (of 0 … {1})", self.sample, len(array) - 1)
            array = array[self.sample : self.sample + 1]
        return self.table(array, colour, heat, note)

    def table(
        self, array: Array, colour: str, heat: tuple[str, str], note: str = "", largest: float | None = None
    ) -> Box:
        style = Style(self.palette, self.digits, self.symbols.language)
        return array_box(array, colour, heat, style, note, largest, extra=not self.scene.is_circuit)

    def hides(self, edge: Edge) -> bool:
        """Whether the numbers of a chip are the reader's to find."""
        return self.hidden is not None and self.hidden.hides_local(edge)

    def number(self, value: float) -> str:
        return scalar(value, self.digits)

    def tooltip(self, node: Node, is_gradient: bool) -> str:
        """What is said when one points at a value or gradient."""
        name = self.symbols.gradient(node) if is_gradient else self.symbols.name(node)
        array = self.scene.gradients.get(node) if is_gradient else node.value
        if self.hidden is not None and self.hidden.hides(node, is_gradient):
            says = self.symbols.say("to be found")
        elif array is None or not array.size:
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
