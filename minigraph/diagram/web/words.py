"""The words on a page's buttons and what a screen reader is told, by the names that the scripts use."""

from __future__ import annotations

from collections.abc import Mapping

from minigraph.scene.phrases import Language, translated

__all__ = ["SHARED", "WORDS", "words"]

SHARED = {  # by all pages that are stepped through
    "first": "to the start",
    "back": "back",
    "last": "to the end",
    "play": "play",
    "pause": "pause",
    "dark": "dark",
    "light": "light",
    "notComputed": "not computed",
    "range": "min {0} · mean {1} · max {2}",
    "odd": "{0} NaN or ∞",
    "some": "the first {0} of {1} numbers",
    "empty": "empty",
    "slice": "[{0}] of {1}",
}
WORDS = SHARED | {
    "start": "start",
    "forward": "forward",
    "backward": "backward",
    "step": "step",
    "slider": "step of {0}",
    "expandAll": "expand all",
    "collapseAll": "collapse all",
    "expand": "expand {0}",
    "collapse": "collapse {0}",
    "follow": "follow",
    "fit": "fit",
    "zoomIn": "zoom in",
    "zoomOut": "zoom out",
    "hint": "← → step · Home End · Space play · E expand · F follow · D dark · 0 fit",
    "hover": "point at a card, or tap it, for all its numbers",
    "stepOf": "{0}/{1}",
    "value": "value",
    "comesAt": "comes at step {0}",
    "diagram": "diagram: {0}",
    "controls": "steps",
    "panel": "what happens at this step",
    "legendForward": "forward value",
    "legendBackward": "gradient",
    "legendLocal": "local gradient",
    "downstream": "downstream",
    "upstream": "upstream",
    "times": "local",
}


def words(table: Mapping[str, str], language: Language) -> dict[str, str]:
    """A table of English phrases in a page's language."""
    return {name: translated(text, language) for name, text in table.items()}
