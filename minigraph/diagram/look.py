"""What all labels of one diagram share: the scene, its symbols, the colours, and how much is to be said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from minigraph.arrays import Array
from minigraph.diagram.boxes import Box, Run
from minigraph.diagram.content import Scene
from minigraph.diagram.style import Palette
from minigraph.diagram.symbols import Symbols, Term
from minigraph.diagram.tables import array_box

__all__ = ["Detail", "Look"]

Detail = Literal["symbols", "values", "full"]


@dataclass(frozen=True)
class Look:
    scene: Scene
    symbols: Symbols
    palette: Palette
    detail: Detail = "values"

    def array(self, array: Array, colour: str, heat: tuple[str, str]) -> Box:
        return array_box(array, colour, heat, self.palette, decimals=2 if self.scene.is_circuit else 3)

    def run(self, term: Term, size: float, sign_size: float) -> Run:
        """A term of a formula in its hue."""
        p = self.palette
        if term.kind == "sign":
            return Run(term.text, p.mute, sign_size)
        is_local = term.kind == "local"
        return Run(term.text, p.local if is_local else p.backward, size, True, bold=is_local)
