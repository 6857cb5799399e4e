"""The legend at the bottom of a diagram."""

from __future__ import annotations

from minigraph.diagram.boxes import Box, Run, beside, gap, line, stacked, write
from minigraph.diagram.look import Look

__all__ = ["legend"]


def legend(look: Look) -> str:
    p = look.palette
    of = "the loss" if look.scene.role(look.scene.root) == "loss" else look.symbols.end
    shaft, dash = Box("", 20, 2, p.forward), [part for _ in range(3) for part in (Box("", 5, 2, p.backward), gap(2, 1))]
    forward = beside(
        [
            _at_height(shaft, 14),
            write(Run("▶", p.forward, 9), 10, 14),
            gap(4, 1),
            write(Run("forward value", p.forward, 11)),
        ]
    )
    backward = beside([write(Run("◀", p.backward, 9), 10, 14), *(_at_height(box, 14) for box in dash), gap(4, 1),
                       write(Run(f"gradient of {of} (backward)", p.backward, 11))])  # fmt: skip
    local = beside([_at_height(Box("", 9, 9, p.local), 14), gap(4, 1), write(Run("local gradient", p.local, 11))])
    product = [
        ("downstream", p.backward),
        ("=", p.mute),
        ("upstream", p.backward),
        ("×", p.mute),
        ("local", p.local),
    ]
    parts = [forward, backward, local, line([Run(text, colour, 11) for text, colour in product], 5)]
    return stacked([gap(1, 14), beside([box for part in parts for box in (part, gap(28, 1))][:-1])]).content


def _at_height(box: Box, height: int) -> Box:
    """`box` in the middle of a line of text."""
    above = (height - box.height) // 2
    return stacked([gap(1, above), box, gap(1, height - box.height - above)])
