"""Which numbers of a diagram are asked for."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from minigraph.diagram.labels.blanks import Cell
from minigraph.graph import Node
from minigraph.scene.content import Scene
from minigraph.scene.text import pretty

__all__ = ["Blank", "chosen", "letters"]

Blank = str | float | Collection[str]
KINDS = ("gradients", "values", "both")
ALPHABET = "abcdefghijklmnopqrstuvwxyz"


def chosen(scene: Scene, blank: Blank, seed: int) -> list[Cell]:
    """The cells that `blank` asks for, in the order in which they are computed: forward, then backward."""
    values = [node for node in scene.nodes if node.op is not None and scene.is_made_here(node)]
    gradients = [n for n in reversed(scene.nodes) if n in scene.gradients and n is not scene.root]
    if isinstance(blank, str) and blank in KINDS:
        parts = {"gradients": ([], gradients), "values": (values, []), "both": (values, gradients)}
        return _cells(*parts[blank])
    if isinstance(blank, (int, float)) and not isinstance(blank, bool):
        return _share(_cells(values, gradients), blank, seed)
    names = [blank] if isinstance(blank, str) else blank
    if not isinstance(names, Collection) or not names or not all(isinstance(name, str) for name in names):
        raise TypeError(
            f"worksheet: blank is {blank!r}, but must be 'gradients', 'values', 'both', a share such as 0.3, or names"
        )
    known = _by_name(scene, values, gradients)
    for name in names:
        if name not in known:
            raise ValueError(
                f"worksheet: blank names {name!r}, but what can be blanked here is {', '.join(known)}; leaves are given"
            )
    wanted = {known[name] for name in names}
    return [cell for cell in _cells(values, gradients) if (cell.node, cell.is_gradient) in wanted]


def letters(count: int) -> list[str]:
    """What the blanks are called, so that answers can be read aloud: a … z, then a1 … z1, a2 …"""
    return [ALPHABET[n % 26] + (str(n // 26) if n >= 26 else "") for n in range(count)]


def _cells(values: Collection[Node], gradients: Collection[Node]) -> list[Cell]:
    forward = [Cell(node, False, place) for node in values for place in range(node.value.size)]
    return forward + [Cell(node, True, place) for node in gradients for place in range(node.value.size)]


def _share(cells: list[Cell], share: float, seed: int) -> list[Cell]:
    if not 0 < share <= 1:
        raise ValueError(f"worksheet: blank is {share!r}, but a share of all numbers must be above 0 and at most 1")
    count = max(1, round(share * len(cells)))
    places = np.random.default_rng(seed).permutation(len(cells))[:count]
    return [cells[place] for place in sorted(places)]


def _by_name(scene: Scene, values: list[Node], gradients: list[Node]) -> dict[str, tuple[Node, bool]]:
    """Everything that can be blanked: Z, and ∂Z for its gradient, as the diagram writes names and as they were given.

    Who has no ∂ at hand may write dZ, where nothing is called that.
    """
    known: dict[str, tuple[Node, bool]] = {}
    for nodes, sign in ((values, ""), (gradients, "∂")):
        for node in nodes:
            known.setdefault(sign + scene.names[node], (node, bool(sign)))
    shown = dict(known)
    for node in values:
        shown.setdefault(pretty(scene.names[node]), (node, False))
    for node in gradients:
        name = scene.names[node]
        for other in (f"∂{pretty(name)}", f"d{name}", f"∂{scene.names[scene.root]}/∂{name}"):
            shown.setdefault(other, (node, True))
    return shown
